"""Figures: what was raised, what came of it, how long it took, who owes feedback."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter

from commands.arguments import Country, Option
from commands.base import Args, Capability, Context, Post, Role, RoomView, Subject
from commands.document import Code, Doc, Moment, Strong, _, doc
from commands.figures.drawing import chart
from commands.figures.period import Period, TimeSpan, days_before
from commands.figures.reading import Progress, is_still_seen, read_on
from commands.figures.words import figures_words, heading
from commands.visibility import ALERT
from storage.ids import CountryCode, EventId, RoomId, UserId
from storage.members import Member, Members
from storage.rooms import Rooms
from storage.timers import Timer

__all__ = ["capability"]

capability = Capability("figures", _("Figures of the alerts"))

USUAL_DAYS = 30
"""The period when none is given."""


class Stats(Args):
    country: Annotated[CountryCode | None, Country(), Option()] = None
    period: Annotated[TimeSpan | None, Period(), Option()] = None
    chart: Annotated[bool, Option()] = False


@capability.command(
    "alert stats",
    role=Role.OFFICIAL,
    reads=True,
    summary=_("Figures: raised, acknowledged, confirmed, outcomes, quantities, times"),
    examples=["alert stats", "alert stats country=GH period=2026", "alert stats period=2026-Q3 chart=yes"],
)
async def stats(args: Stats, context: Context) -> Doc:
    """Count the alerts of a period that this member may see in this room; many of them bit by bit, by a clock."""
    span = args.period or days_before(context.now, USUAL_DAYS, context.zone)
    progress = Progress.begin(span, args.country, context.now)
    progress = await read_on(progress, context.member, context.room, context.tx)
    asked = Asked(
        span.since, span.until, context.zone.key, args.chart, context.room.id, context.member.user_id,
        context.thread_root, context.source, sorted(_stands_for(context.room)), _standing(context.member),
    )  # fmt: skip
    if not progress.is_done:
        subject = f"figures:{context.member.user_id}:{context.source}"
        await context.timers().schedule(COUNT, subject, context.now, asked.dump(progress))
        return doc(
            _("{heading}: these are many alerts. I count them, and the figures follow here.",
              heading=Strong(heading(span, args.country))),
            notice=True,
        )  # fmt: skip
    if args.chart and progress.figures is not None and progress.figures.raised:
        await _post_chart(asked, progress, None, context)
    return _answer(asked, progress, context.prefix)


COUNT = "figures.count"


@capability.timer(COUNT)
async def go_on(timer: Timer, context: Context) -> None:
    """Count on; begin anew when who asked may see something else meanwhile, and say the figures at the end."""
    asked, progress = Asked.load(timer.payload)
    timer.payload = {}  # what is done is not kept
    member = await Members(context.tx).get(asked.user)
    if member is None or member.role < Role.OFFICIAL:
        return
    bindings = await Rooms(context.tx).of_room(asked.room)
    direct = not asked.stands_for
    room = RoomView(asked.room, direct=direct and not bindings, bindings=bindings)
    if sorted(_stands_for(room)) != asked.stands_for or _standing(member) != asked.standing:
        asked = replace(asked, stands_for=sorted(_stands_for(room)), standing=_standing(member))
        progress = Progress.begin(asked.span, progress.country, progress.as_of)
    progress = await read_on(progress, member, room, context.tx)
    if progress.is_done and not await is_still_seen(progress, member, room, context.tx):
        progress = Progress.begin(asked.span, progress.country, progress.as_of)  # a marking became stricter meanwhile
    if not progress.is_done:
        await context.timers().schedule(COUNT, timer.subject, context.now, asked.dump(progress))
        return
    person = asked.user if room.direct else None
    await context.post(
        Post(
            doc=_answer(asked, progress, context.prefix),
            room=asked.room,
            person=person,
            thread_root=asked.thread_root,
            reply_to=None if asked.thread_root else asked.source,
            origin=asked.user,
        )
    )
    if asked.chart and progress.figures is not None and progress.figures.raised:
        await _post_chart(asked, progress, person, context)


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asked for figures, of what time, and where."""

    since: datetime
    until: datetime
    zone: str
    chart: bool
    room: RoomId
    user: UserId
    thread_root: EventId | None
    source: EventId | None
    stands_for: list[str]
    standing: str

    @property
    def span(self) -> TimeSpan:
        zone = ZoneInfo(self.zone)
        return TimeSpan(self.since.astimezone(zone), self.until.astimezone(zone))

    def dump(self, progress: Progress) -> dict[str, Any]:
        return {"asked": _ADAPTER.dump_python(self, mode="json"), "progress": progress.dump()}

    @classmethod
    def load(cls, row: dict[str, Any]) -> "tuple[Asked, Progress]":
        return _ADAPTER.validate_python(row["asked"]), Progress.load(row["progress"])


_ADAPTER = TypeAdapter(Asked)


def _stands_for(room: RoomView) -> set[str]:
    return {f"{binding.kind.value} {binding.value}" for binding in room.bindings}


def _standing(member: Member) -> str:
    return f"{member.role.name} {member.country or '-'}"


def _answer(asked: Asked, progress: Progress, prefix: str) -> Doc:
    figures = progress.figures
    title = doc(Strong(heading(asked.span, progress.country)))
    other = Code(f"{prefix}alert stats period=2026 country=GH")
    small = _(
        "As of {when}. Exercises are not counted. Another period or country: {example}",
        when=Moment(progress.as_of, ZoneInfo(asked.zone)),
        example=other,
    )
    if figures is None or not (figures.raised or figures.withdrawn or figures.merged):
        return title + doc(_("None."), small)
    words = title + figures_words(figures) + doc(small)
    return words.naming(_named(progress))


def _named(progress: Progress) -> Sequence[Subject]:
    return [Subject(ALERT, alert) for alert in progress.named]


async def _post_chart(asked: Asked, progress: Progress, person: UserId | None, context: Context) -> None:
    assert progress.figures is not None
    made = await asyncio.to_thread(chart, progress.figures, asked.span, progress.country)
    made = replace(made, caption=made.caption.naming(_named(progress)))
    reply_to = None if asked.thread_root else asked.source
    await context.post(
        Post(room=asked.room, person=person, file=made, thread_root=asked.thread_root, reply_to=reply_to)
    )
