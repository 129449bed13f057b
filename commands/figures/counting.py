"""Figures from alerts: pure functions, given only what who asks may see."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from commands.shipment import pieces_of, tonnes_of
from storage.alerts import ENDED, AlertState, Finding, Ground, Outcome, Source
from storage.figures import CountedAlert, Part
from storage.ids import CountryCode


class Measured(StrEnum):
    """The steps of which the time since circulation is told."""

    ACKNOWLEDGED = "acknowledged"
    CONTROLLED = "controlled"  # held or inspected
    FOUND = "found"
    INFORMED = "informed"  # the State of export
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Amount:
    """Tonnes, and pieces of what was not weighed."""

    tonnes: Decimal = Decimal(0)
    pieces: Decimal = Decimal(0)

    def __add__(self, other: "Amount") -> "Amount":
        return Amount(self.tonnes + other.tonnes, self.pieces + other.pieces)


@dataclass(frozen=True, slots=True)
class Figures:
    """What came of the alerts of a time. Withdrawn and merged ones count nowhere but where it is said."""

    raised: int
    withdrawn: int
    merged: int
    open: int
    asked: int
    """Acknowledgements expected: one of each country concerned that was told, beside the one that raised the alert."""
    acknowledged: int
    in_time: int
    """Of these, before the country was reminded."""
    confirmed: int
    cleared: int
    not_located: int
    grounds: Counter[Ground]
    outcomes: Counter[Outcome]
    sources: Mapping[Source, tuple[int, int]]
    """By how reliable the source is said to be: how many, and how many of them were confirmed."""
    all_amounts: Amount
    confirmed_amounts: Amount
    times: Mapping[Measured, Counter[int]]
    """How often each step took so many minutes: whole ones within two days, whole hours beyond, as they are told."""
    owed_answers: int
    overdue_answers: int
    owed_acknowledgements: int
    overdue_acknowledgements: int
    raised_by_month: Counter[str]
    """By month of circulation in UTC, such as "2026-11"."""
    confirmed_by_month: Counter[str]

    def __add__(self, other: "Figures") -> "Figures":
        """Return the figures of both: each alert stands in one of them."""
        sums = {
            one.name: getattr(self, one.name) + getattr(other, one.name)
            for one in fields(self)
            if one.name not in {"times", "sources"}
        }
        empty: Counter[int] = Counter()
        times = {step: self.times.get(step, empty) + other.times.get(step, empty) for step in Measured}
        sources = {}
        for source in Source:
            if source in self.sources or source in other.sources:
                (many, confirmed), (more, also) = (one.sources.get(source, (0, 0)) for one in (self, other))
                sources[source] = (many + more, confirmed + also)
        return Figures(times={step: some for step, some in times.items() if some}, sources=sources, **sums)

    @property
    def medians(self) -> Mapping[Measured, timedelta]:
        return {step: timedelta(minutes=_median(some)) for step, some in self.times.items() if some}

    @property
    def by_month(self) -> Mapping[tuple[int, int], tuple[int, int]]:
        """Raised and confirmed, by (year, month) of circulation in UTC, without gaps."""
        if not self.raised_by_month:
            return {}
        (year, month), end = _month(min(self.raised_by_month)), _month(max(self.raised_by_month))
        months = {}
        while (year, month) <= end:
            name = f"{year}-{month:02}"
            months[year, month] = (self.raised_by_month[name], self.confirmed_by_month[name])
            year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        return months


def count(alerts: Iterable[CountedAlert], now: datetime, *, country: CountryCode | None = None) -> Figures:
    """Count alerts; with `country`, of what the countries did only its own part."""
    everything = list(alerts)
    gone = Counter(alert.state for alert in everything)
    counted = [alert for alert in everything if alert.state not in {AlertState.WITHDRAWN, AlertState.MERGED}]
    parts = [(alert, part) for alert in counted for part in _parts(alert, country)]
    confirmed = [alert for alert in counted if is_confirmed(alert)]
    waiting = [(alert, part) for alert, part in parts if part.acknowledged_at is None and alert.state not in ENDED]
    answers = [
        request
        for alert in counted
        for request in alert.requests
        if alert.state not in ENDED and country in {None, request.country}
    ]
    return Figures(
        raised=len(counted),
        withdrawn=gone[AlertState.WITHDRAWN],
        merged=gone[AlertState.MERGED],
        open=sum(alert.state not in ENDED for alert in counted),
        asked=len(parts),
        acknowledged=sum(part.acknowledged_at is not None for _, part in parts),
        in_time=sum(part.acknowledged_at is not None and not part.was_reminded for _, part in parts),
        confirmed=len(confirmed),
        cleared=sum(not is_confirmed(alert) and _concluded(alert, Finding.CLEARED) for alert in counted),
        not_located=sum(_only_not_located(alert) for alert in counted),
        grounds=Counter(alert.ground for alert in counted if alert.ground is not None),
        outcomes=Counter(alert.outcome for alert in counted if alert.outcome is not None),
        sources=_sources(counted),
        all_amounts=sum((amount(alert) for alert in counted), Amount()),
        confirmed_amounts=sum((amount(alert) for alert in confirmed), Amount()),
        times=_times(counted, parts),
        owed_answers=len(answers),
        overdue_answers=sum(request.due_at < now for request in answers),
        owed_acknowledgements=len(waiting),
        overdue_acknowledgements=sum(
            part.was_reminded or (part.acknowledge_by is not None and part.acknowledge_by < now) for _, part in waiting
        ),
        raised_by_month=Counter(map(_month_of, counted)),
        confirmed_by_month=Counter(map(_month_of, confirmed)),
    )


def _sources(alerts: Sequence[CountedAlert]) -> Mapping[Source, tuple[int, int]]:
    given = Counter(alert.source for alert in alerts if alert.source is not None)
    confirmed = Counter(alert.source for alert in alerts if is_confirmed(alert))
    return {source: (given[source], confirmed[source]) for source in Source if source in given}


def is_confirmed(alert: CountedAlert) -> bool:
    """Whether it was found to be illegal traffic."""
    illegal = {Outcome.RETURNED, Outcome.TREATED, Outcome.PROSECUTED}
    return alert.ground is not None or _concluded(alert, Finding.CONFIRMED) or alert.outcome in illegal


def amount(alert: CountedAlert) -> Amount:
    """Return its weight, or its pieces where no weight is known; of several statements the largest."""
    tonnes = [found for value in alert.quantities if (found := tonnes_of(value)) is not None]
    if tonnes:
        return Amount(tonnes=max(tonnes))
    return Amount(pieces=max((found for value in alert.quantities if (found := pieces_of(value))), default=Decimal(0)))


def _concluded(alert: CountedAlert, finding: Finding) -> bool:
    by_outcome = {Finding.CLEARED: Outcome.CLEARED, Finding.NOT_LOCATED: Outcome.NOT_LOCATED}
    if alert.outcome is not None and alert.outcome is by_outcome.get(finding):
        return True
    return any(part.finding is finding for part in alert.parts)


def _only_not_located(alert: CountedAlert) -> bool:
    elsewhere = is_confirmed(alert) or _concluded(alert, Finding.CLEARED)
    return not elsewhere and _concluded(alert, Finding.NOT_LOCATED)


def _parts(alert: CountedAlert, country: CountryCode | None) -> Sequence[Part]:
    own = alert.author_country
    return [part for part in alert.parts if part.country != own and part.was_told and country in {None, part.country}]


def _times(
    alerts: Sequence[CountedAlert], parts: Sequence[tuple[CountedAlert, Part]]
) -> Mapping[Measured, Counter[int]]:
    taken: dict[Measured, list[float]] = {step: [] for step in Measured}  # seconds
    for alert, part in parts:
        if part.acknowledged_at is not None:
            taken[Measured.ACKNOWLEDGED].append(
                (part.acknowledged_at - (part.added_at or alert.circulated_at)).total_seconds()
            )
    for alert in alerts:
        controlled = [at for part in alert.parts for at in (part.held_at, part.inspected_at) if at is not None]
        found = [part.found_at for part in alert.parts if part.found_at is not None]
        steps = {
            Measured.CONTROLLED: min(controlled, default=None),
            Measured.FOUND: min(found, default=None),
            Measured.INFORMED: alert.informed_at,
            Measured.CLOSED: alert.ended_at,
        }
        for step, at in steps.items():
            if at is not None:
                taken[step].append((at - alert.circulated_at).total_seconds())
    return {step: Counter(map(_told, some)) for step, some in taken.items() if some}


def _told(seconds: float) -> int:
    """Return a time in minutes as exactly as it is told: beyond two days in whole hours."""
    minutes = max(round(seconds / 60), 0)
    return minutes if minutes < _EXACT else minutes // 60 * 60


def _median(some: Counter[int]) -> float:
    """Return the median of values that occur so often each."""
    count = some.total()
    wanted = {(count - 1) // 2, count // 2}
    middle: list[int] = []
    before = 0
    for value in sorted(some):
        middle += [value for place in wanted if before <= place < before + some[value]]
        before += some[value]
    return sum(middle) / len(middle)


_EXACT = 48 * 60
"""Minutes within which a time is told to the minute."""


def _month_of(alert: CountedAlert) -> str:
    return f"{alert.circulated_at.year}-{alert.circulated_at.month:02}"


def _month(name: str) -> tuple[int, int]:
    year, month = name.split("-")
    return int(year), int(month)
