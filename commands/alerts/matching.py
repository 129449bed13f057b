"""Alerts that name the same container, ship, paper or company. Who may be shown such a match is not decided here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from commands.alerts.facts import slot_of, slot_of_kind
from commands.alerts.showing.terms import SLOT_WORDS
from commands.base import Context
from commands.document import Inline, Message, Text, _, joined
from storage.alerts import (
    TELLING_KINDS,
    Alert,
    AlertMarks,
    AlertMatches,
    Alerts,
    Fact,
    Mark,
    Outline,
    Outlines,
    marks_of,
)
from storage.base import Transaction

EACH = 20
"""Alerts that are looked at for one thing that is named, the newest: what is in more of them tells little."""

MOST = 20
"""Alerts that count as matches of one, the most telling and then the newest."""

_MOST_NAMED = 30
_SAME_DAY = timedelta(days=1)


A = TypeVar("A", Alert, Outline)


@dataclass(frozen=True, slots=True)
class Match(Generic[A]):
    """Another alert that names the same; in outline where it is only counted or named by its number."""

    other: A
    marks: Sequence[Mark]
    """What both name, the most telling first."""

    @property
    def is_telling(self) -> bool:
        """Whether it is likely the same shipment, and not only the same ship or the same company."""
        return len(self.marks) > 1 or any(mark.kind in TELLING_KINDS for mark in self.marks)

    def is_duplicate(self, now: datetime) -> bool:
        """Whether it was raised within a day about what is likely the same shipment, and goes on."""
        sent = self.other.circulated_at
        return self.is_telling and self.other.is_open and sent is not None and now - sent < _SAME_DAY


async def find_matches(alert: Alert, tx: Transaction) -> Sequence[Match[Alert]]:
    """Return the alerts of the same series that name what this one names; never drafts or what was withdrawn."""
    return await _loaded(await _found(alert, tx), tx)


async def find_outlined(alert: Alert, tx: Transaction) -> Sequence[Match[Outline]]:
    """Return the same alerts, each in outline."""
    return await _outlined(await _found(alert, tx), tx)


async def find_ids(alert: Alert, tx: Transaction) -> Sequence[int]:
    """Return the ids of these alerts, without reading what stands in them."""
    return _ranked(await _found(alert, tx))


async def _found(alert: Alert, tx: Transaction) -> dict[int, list[Mark]]:
    found: dict[int, list[Mark]] = {}
    named = list(marks_of(alert.current_facts))[:_MOST_NAMED]
    for mark, others in (await AlertMarks(tx).newest_with(alert.series, named, limit=EACH + 1)).items():
        for other in others:
            if other != alert.id:
                found.setdefault(other, []).append(mark)
    return found


async def known_matches(alert: Alert, tx: Transaction) -> Sequence[Match[Outline]]:
    """Return those matches of an alert that were found when it or the other was sent or corrected, and still stand."""
    pairs = await AlertMatches(tx).of(alert, limit=2 * MOST)
    return await _outlined(await _among(alert, [pair.other_id for pair in pairs], tx), tx)


async def matches_among(alert: Alert, ids: Sequence[int], tx: Transaction) -> Sequence[Match[Alert]]:
    """Return those of these alerts that name what this one names."""
    return await _loaded(await _among(alert, ids, tx), tx)


async def _among(alert: Alert, ids: Sequence[int], tx: Transaction) -> dict[int, list[Mark]]:
    if not ids:
        return {}
    own = list(marks_of(alert.current_facts))
    found: dict[int, list[Mark]] = {}
    for other, mark in await AlertMarks(tx).of(ids):
        if mark in own:
            found.setdefault(other, []).append(mark)
    return {other: sorted(marks, key=own.index) for other, marks in found.items()}


def _ranked(found: dict[int, list[Mark]]) -> list[int]:
    def rank(alert_id: int) -> tuple[bool, int]:
        return not any(mark.kind in TELLING_KINDS for mark in found[alert_id]), -alert_id

    return sorted(found, key=rank)[:MOST]


async def _loaded(found: dict[int, list[Mark]], tx: Transaction) -> Sequence[Match[Alert]]:
    ids = _ranked(found)
    others = await Alerts(tx).several(ids)
    return [Match(others[alert_id], tuple(found[alert_id])) for alert_id in ids]


async def _outlined(found: dict[int, list[Mark]], tx: Transaction) -> Sequence[Match[Outline]]:
    ids = _ranked(found)
    others = {outline.id: outline for outline in await Outlines(tx).several(ids)}
    return [Match(others[alert_id], tuple(found[alert_id])) for alert_id in ids]


def shared_words(alert: Alert, match: Match[Alert]) -> Inline:
    """Name what both alerts name, as it stands in the first; and how it is written in the other where that differs.

    Only for who may see both.
    """
    own, theirs = marks_of(alert.current_facts), marks_of(match.other.current_facts)
    return joined(_shared(own[mark], theirs[mark]) for mark in match.marks if mark in own and mark in theirs)


def _shared(own: Fact, theirs: Fact) -> Inline:
    if own.shown.casefold() == theirs.shown.casefold():
        return named_words(own)
    return _("{what} (written {other} there)", what=named_words(own), other=Text(theirs.shown))


def named_words(fact: Fact) -> Inline:
    """Name what an alert names: "Container CSQU3054383"."""
    return _("{name} {value}", name=SLOT_WORDS[slot_of(fact)], value=Text(fact.shown))


def kinds_words(match: Match[A]) -> Sequence[Message]:
    """Say of what kinds is what both alerts name."""
    return list(dict.fromkeys(SLOT_WORDS[slot_of_kind(mark.kind)] for mark in match.marks))


async def remember(alert: Alert, matches: Sequence[Match[A]], context: Context) -> None:
    """Keep which alerts may come to be named before readers of this one, and it before theirs."""
    if matches:
        await AlertMatches(context.tx).pair(alert, [match.other.id for match in matches], context.now)
