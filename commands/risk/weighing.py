"""Weighing one alert for one reader, and the words for it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from functools import reduce
from zoneinfo import ZoneInfo

from commands.document import Doc, Message, Moment, Strong, _, _n, bullets, doc
from commands.risk.lines import TABLE
from commands.risk.profile import EarlierCase, Input, Scored, profile
from commands.shipment import Kind, Place, Shipment
from storage.alerts import Alert, Mark, marks_of
from storage.base import Transaction
from storage.risk import EarlierCases, RiskWeights

_RECURRENT = (Kind.CONTAINER, Kind.VESSEL, Kind.COMPANY)
_WASTE = (Kind.BASEL, Kind.EWC, Kind.HS)
_ENDS = (Place.ORIGIN, Place.DESTINATION)
_LOOKED_AT = 20
"""Earlier cases that are looked at; of those only what may be seen here counts."""

_RAISED, _HIGH = 3, 6
"""Points from which the risk is called raised, and high."""


class Band(StrEnum):
    """How much that is, in a word."""

    LOW = "low"
    RAISED = "raised"
    HIGH = "high"


def band_of(points: int) -> Band:
    if points >= _HIGH:
        return Band.HIGH
    return Band.RAISED if points >= _RAISED else Band.LOW


def band_words(band: Band) -> Message:
    words = {Band.LOW: _("low"), Band.RAISED: _("raised"), Band.HIGH: _("high")}
    return words[band]


async def assess(alert: Alert, may_show: Callable[[Alert], bool], now: datetime, tx: Transaction) -> Sequence[Scored]:
    """Return every line of the profile for an alert; earlier cases count as far as they may be shown to the reader."""
    shipment = Shipment.of(alert)
    named = {mark: fact.shown for mark, fact in marks_of(shipment.all(*_RECURRENT)).items()}
    waste = {kind.value: shipment.values(kind) for kind in _WASTE}
    cases = EarlierCases(tx)
    earlier = await cases.naming(alert, list(named), limit=_LOOKED_AT)
    similar = await cases.on_the_same_lane(
        alert,
        waste,
        origins=shipment.countries(Place.ORIGIN),
        destinations=shipment.countries(Place.DESTINATION),
        limit=_LOOKED_AT,
    )
    given = Input(
        shipment,
        now.date(),
        [_case(one, named) for one in earlier if may_show(one)],
        [EarlierCase(one.number, ()) for one in similar if may_show(one)],
    )
    return profile(given, await RiskWeights(tx).current())


def _case(case: Alert, named: Mapping[Mark, str]) -> EarlierCase:
    there = marks_of(Shipment.of(case).all(*_RECURRENT))
    return EarlierCase(case.number, [shown for mark, shown in named.items() if mark in there])


def counts_for(case: Alert, alert: Alert) -> bool:
    """Whether an earlier case may count in a line about recurrence: it names the same, or went the same way."""
    if case.series != alert.series or case.id == alert.id:
        return False
    one, two = Shipment.of(case), Shipment.of(alert)
    if marks_of(one.all(*_RECURRENT)).keys() & marks_of(two.all(*_RECURRENT)).keys():
        return True
    same_waste = any(set(one.values(kind)) & set(two.values(kind)) for kind in _WASTE)
    return same_waste and all(set(one.countries(end)) & set(two.countries(end)) for end in _ENDS)


def points_of(lines: Sequence[Scored]) -> int:
    return sum(line.points for line in lines)


def outcome_of(lines: Sequence[Scored]) -> str:
    """Return in short what each line came to, to tell whether anything changed."""
    marks = {True: "y", False: "n", None: "?"}
    return " ".join(f"{line.line.value}:{line.weight}{marks[line.result.applies]}" for line in lines)


def in_words(alert: Alert, lines: Sequence[Scored], now: datetime, zone: ZoneInfo) -> Doc:
    """Say what counts, what is not known and what does not apply.

    What counts has a line each, the most telling first. It is read on a telephone: what is not known has a line for
    each source, and what does not apply is one paragraph.
    """
    points = points_of(lines)
    counted = sorted((line for line in lines if line.result.applies), key=lambda line: -line.points)
    cleared = [line for line in lines if line.result.applies is False]
    unknown = [line for line in lines if line.result.applies is None]
    could_add = sum(line.weight for line in unknown)
    heading = Strong(
        _n("Risk of alert {number}: {count} point, {band}", "Risk of alert {number}: {count} points, {band}", points,
           number=alert.number, band=band_words(band_of(points)))
    )  # fmt: skip
    when = Moment(now, zone)
    exercise = [Strong(_("EXERCISE."))] if alert.is_exercise else []
    words = doc(
        *exercise,
        heading,
        _("From what is known on {when}. Advice, and no finding: one line alone proves nothing.", when=when),
    )
    if counted:
        words += doc(Strong(_("These count:")), bullets(_line(line) for line in counted))
    if unknown:
        open_ = _n(
            "Not known ({count} more point at most). To find out:",
            "Not known ({count} more points at most). To find out:",
            could_add,
        )
        words += doc(Strong(open_), bullets(_by_source(unknown)))
    if cleared:
        words += doc(Strong(_("These do not apply, 0 points:")), reduce(_after, _by_source(cleared)))
    return words


def _by_source(lines: Sequence[Scored]) -> Sequence[Message]:
    sources: dict[Message, Message] = {}
    for line in lines:
        source, words = TABLE[line.line].source, _named(line)
        before = sources.get(source)
        sources[source] = words if before is None else _("{lines}; {line}", lines=before, line=words)
    return [_("{lines}. Source: {source}", lines=words, source=source) for source, words in sources.items()]


def _after(one: Message, two: Message) -> Message:
    return _("{one}. {two}", one=one, two=two)


def _line(line: Scored) -> Message:
    return _("{lines}. Source: {source}", lines=_named(line), source=TABLE[line.line].source)


def _named(line: Scored) -> Message:
    entry = TABLE[line.line]
    if line.result.why is None:
        return _("{points}: {name}", points=_points(line), name=entry.name)
    return _("{points}: {name} ({why})", points=_points(line), name=entry.name, why=line.result.why)


def _points(line: Scored) -> Message:
    if line.result.applies is None:
        return _("? of {weight}", weight=line.weight)
    return _("{points} of {weight}", points=line.points, weight=line.weight)
