"""Reading the alerts of a time a few at a time, so that nobody waits for whoever asks about years.

How far it has come is a row of the clocks: figures so far, and from where to go on. A restart loses nothing of it.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from commands.base import RoomView
from commands.figures.counting import Figures, count
from commands.figures.period import TimeSpan, in_utc
from commands.visibility import may_see
from storage.alerts import Outlines
from storage.base import Transaction
from storage.figures import Counted
from storage.ids import CountryCode
from storage.members import Member

AT_ONCE = 100
"""Alerts that are looked at in one transaction."""

FEW = 20
"""Figures of at most so many alerts say of each nearly what a list would: they name them, and go with them."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the figures of a time are counted."""

    since: datetime
    """What was circulated before is counted."""
    until: datetime
    as_of: datetime
    """When it was asked: what is overdue is so at this moment."""
    country: CountryCode | None
    after: int = 0
    """Of what was circulated at `since`, the id up to which it is counted."""
    figures: Figures | None = None
    is_done: bool = False
    counted: tuple[int, ...] = ()
    """The ids of the first alerts that were counted, at most one more than `FEW`."""

    @property
    def named(self) -> tuple[int, ...]:
        """The ids of the alerts of which these figures are, where they are few."""
        return self.counted if len(self.counted) <= FEW else ()

    @classmethod
    def begin(cls, span: TimeSpan, country: CountryCode | None, now: datetime) -> "Progress":
        since, until = in_utc(span)
        return cls(since, until, now, country)

    def dump(self) -> dict[str, Any]:
        """Return it as it stands in a row."""
        return dict(_ADAPTER.dump_python(self, mode="json"))

    @classmethod
    def load(cls, row: dict[str, Any]) -> "Progress":
        return _ADAPTER.validate_python(row)


_ADAPTER = TypeAdapter(Progress)


async def read_on(progress: Progress, member: Member, room: RoomView, tx: Transaction) -> Progress:
    """Count the next alerts that this member may see in this room; no other leaves a trace in any number."""
    found, following = await Counted(tx).circulated(
        progress.since, progress.until, country=progress.country, after=progress.after, limit=AT_ONCE
    )
    seen = [alert for alert in found if may_see(alert, member, room)]
    figures = count(seen, progress.as_of, country=progress.country)
    counted = (*progress.counted, *(alert.id for alert in seen))[: FEW + 1]
    if progress.figures is not None:
        figures = progress.figures + figures
    if following is None:
        return replace(progress, figures=figures, counted=counted, is_done=True)
    return replace(progress, figures=figures, counted=counted, since=following.at, after=following.id)


async def is_still_seen(progress: Progress, member: Member, room: RoomView, tx: Transaction) -> bool:
    """Whether this member may still see, in this room, the alerts that these figures name."""
    named = await Outlines(tx).several(progress.named)
    return all(may_see(alert, member, room) for alert in named)
