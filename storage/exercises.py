"""International inspection exercises: planned, joined country by country, moved, cancelled."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ForeignKey, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from storage.base import Base, IntEnumType, Transaction
from storage.ids import CountryCode, UserId
from storage.members import Member, Role

FARTHEST = timedelta(days=3653)
"""A start more than ten years ahead is a slip of the finger."""

_NUMBER = re.compile(r"(?:e[-\s]?)?(?:(\d{4})[-/])?0*(\d{1,6})")


class ExerciseState(StrEnum):
    """Follows from the clock and from whether it was cancelled."""

    PLANNED = "planned"
    RUNNING = "running"
    ENDED = "ended"
    CANCELLED = "cancelled"


class ReminderStep(StrEnum):
    """How long before the start the countries are reminded."""

    WEEK = "7d"
    DAY = "1d"
    HOUR = "1h"

    @property
    def ahead(self) -> timedelta:
        match self:
            case ReminderStep.WEEK:
                return timedelta(days=7)
            case ReminderStep.DAY:
                return timedelta(days=1)
            case ReminderStep.HOUR:
                return timedelta(hours=1)


class WhyImpossible(StrEnum):
    """What is wrong with the times of an exercise."""

    STARTS_IN_PAST = "starts in the past"
    ENDS_BEFORE_START = "ends before it starts"
    TOO_FAR = "more than ten years ahead"


class ImpossibleTimes(Exception):
    """An exercise cannot have these times."""

    def __init__(self, why: WhyImpossible) -> None:
        super().__init__(why.value)
        self.why = why


class ExerciseOver(Exception):
    """The exercise has ended or was cancelled, so nothing about it changes any more."""

    def __init__(self, exercise: "Exercise", state: ExerciseState) -> None:
        super().__init__(state.value)
        self.exercise = exercise
        self.state = state


class AlreadyTakesPart(Exception):
    """The country has said before that it takes part."""

    def __init__(self, entry: "ExerciseCountry") -> None:
        super().__init__(entry.country)
        self.entry = entry


class ExerciseCountry(Base):
    """A country that was invited to an exercise or joined it uninvited."""

    __tablename__ = "exercise_countries"
    __table_args__ = (UniqueConstraint("exercise_id", "country"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    exercise_id: Mapped[int] = mapped_column(ForeignKey("exercises.id", ondelete="CASCADE"), index=True)
    country: Mapped[CountryCode]
    invited: Mapped[bool]
    joined_by: Mapped[UserId | None]
    joined_role: Mapped[Role | None] = mapped_column(IntEnumType(Role))
    """The role of the person who joined: an official's word stands above a member's."""
    joined_at: Mapped[datetime | None]

    @property
    def takes_part(self) -> bool:
        return self.joined_at is not None


@dataclass(frozen=True, slots=True)
class Planned:
    """An exercise was planned."""

    exercise: "Exercise"


@dataclass(frozen=True, slots=True)
class Joined:
    """A country takes part."""

    exercise: "Exercise"
    country: CountryCode
    newcomer: bool
    """The country had not been invited."""


@dataclass(frozen=True, slots=True)
class Changed:
    """An exercise is other than before."""

    exercise: "Exercise"
    moved: bool
    """Start or end are other ones than before."""
    added: tuple[CountryCode, ...]
    dropped: tuple[CountryCode, ...]
    other: bool
    """The title, the lead or the zone changed."""

    @property
    def anything(self) -> bool:
        return self.moved or bool(self.added) or bool(self.dropped) or self.other


@dataclass(frozen=True, slots=True)
class Cancelled:
    """An exercise does not take place."""

    exercise: "Exercise"
    reason: str


class Exercise(Base):
    """A simultaneous inspection exercise of several countries."""

    __tablename__ = "exercises"
    __table_args__ = (UniqueConstraint("year", "sequence"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    year: Mapped[int]
    sequence: Mapped[int]
    title: Mapped[str]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    zone: Mapped[str]
    """IANA zone in which its coordinator gave the times."""
    lead: Mapped[UserId] = mapped_column(index=True)
    created_by: Mapped[UserId]
    created_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]
    cancelled_by: Mapped[UserId | None]
    cancel_reason: Mapped[str | None]
    countries: Mapped[list[ExerciseCountry]] = relationship(
        lazy="selectin", cascade="all, delete-orphan", order_by=ExerciseCountry.id
    )

    @property
    def number(self) -> str:
        return f"E-{self.year}-{self.sequence:02d}"

    def state(self, now: datetime) -> ExerciseState:
        if self.cancelled_at is not None:
            return ExerciseState.CANCELLED
        if now < self.starts_at:
            return ExerciseState.PLANNED
        return ExerciseState.RUNNING if now < self.ends_at else ExerciseState.ENDED

    def entry(self, country: CountryCode) -> ExerciseCountry | None:
        return next((entry for entry in self.countries if entry.country == country), None)

    def reminders_after(self, now: datetime) -> list[tuple[ReminderStep, datetime]]:
        """Return the steps that are still to come, each with its time (UTC), the earliest first."""
        if self.cancelled_at is not None:
            return []
        planned = [(step, self.starts_at - step.ahead) for step in ReminderStep]
        return [(step, due) for step, due in planned if due > now]

    def join(self, country: CountryCode, by: Member, now: datetime) -> Joined:
        """Record that the country takes part; an official takes the place of a member who joined for it before.

        Raises:
            ExerciseOver: it has ended or was cancelled.
            AlreadyTakesPart: the country joined before.
        """
        self._must_be_open(now)
        entry = self.entry(country)
        newcomer = entry is None
        if entry is None:
            entry = ExerciseCountry(country=country, invited=False)
            self.countries.append(entry)
        elif entry.takes_part and not _stands_above(by.role, entry.joined_role):
            raise AlreadyTakesPart(entry)
        entry.joined_by, entry.joined_role, entry.joined_at = by.user_id, by.role, now
        return Joined(self, country, newcomer)

    def cancel(self, by: Member, reason: str, now: datetime) -> Cancelled:
        """Raises ExerciseOver."""
        self._must_be_open(now)
        self.cancelled_at, self.cancelled_by, self.cancel_reason = now, by.user_id, reason
        return Cancelled(self, reason)

    def change(
        self,
        now: datetime,
        *,
        title: str | None = None,
        starts_at: datetime | None = None,
        ends_at: datetime | None = None,
        zone: str | None = None,
        lead: UserId | None = None,
        countries: Sequence[CountryCode] | None = None,
    ) -> Changed:
        """Change what is given. Countries that have joined stay, also when they are not in `countries`.

        Raises:
            ExerciseOver: it has ended or was cancelled.
            ImpossibleTimes: the new times cannot be.
        """
        self._must_be_open(now)
        before = (self.starts_at, self.ends_at)
        start, end = starts_at or self.starts_at, ends_at or self.ends_at
        if (start, end) != before:
            check_times(start, end, now, begun=starts_at is None and self.starts_at <= now)
        others_before = (self.title, self.zone, self.lead)
        self.starts_at, self.ends_at = start, end
        self.title, self.zone, self.lead = title or self.title, zone or self.zone, lead or self.lead
        added, dropped = self._invite(countries) if countries is not None else ((), ())
        others = (self.title, self.zone, self.lead) != others_before
        return Changed(self, (start, end) != before, added, dropped, others)

    def _invite(self, wanted: Sequence[CountryCode]) -> tuple[tuple[CountryCode, ...], tuple[CountryCode, ...]]:
        known = {entry.country for entry in self.countries}
        dropped = [entry for entry in self.countries if entry.country not in wanted and not entry.takes_part]
        for entry in dropped:
            self.countries.remove(entry)
        added = tuple(code for code in wanted if code not in known)
        self.countries.extend(_invitations(added))
        return added, tuple(entry.country for entry in dropped)

    def _must_be_open(self, now: datetime) -> None:
        state = self.state(now)
        if state in {ExerciseState.ENDED, ExerciseState.CANCELLED}:
            raise ExerciseOver(self, state)


def check_times(start: datetime, end: datetime, now: datetime, *, begun: bool = False) -> None:
    """Raises ImpossibleTimes. When the exercise has `begun`, its start stays in the past but its end may not."""
    if end <= start:
        raise ImpossibleTimes(WhyImpossible.ENDS_BEFORE_START)
    if (end if begun else start) <= now:
        raise ImpossibleTimes(WhyImpossible.STARTS_IN_PAST)
    if end - now > FARTHEST:
        raise ImpossibleTimes(WhyImpossible.TOO_FAR)


def _invitations(countries: Iterable[CountryCode]) -> list[ExerciseCountry]:
    return [ExerciseCountry(country=code, invited=True) for code in countries]


def _stands_above(role: Role, other: Role | None) -> bool:
    return role >= Role.OFFICIAL and (other is None or other < Role.OFFICIAL)


class Exercises:
    """Inspection exercises, found by their numbers and by when they are."""

    def __init__(self, tx: Transaction) -> None:
        self._session = tx.session

    async def plan(
        self,
        title: str,
        start: datetime,
        end: datetime,
        *,
        zone: str,
        countries: Sequence[CountryCode],
        by: Member,
        now: datetime,
    ) -> Planned:
        """Add an exercise under the next number of the year in which it starts. Raises ImpossibleTimes."""
        check_times(start, end, now)
        latest = await self._session.scalar(select(func.max(Exercise.sequence)).where(Exercise.year == start.year))
        exercise = Exercise(
            year=start.year,
            sequence=(latest or 0) + 1,
            title=title,
            starts_at=start,
            ends_at=end,
            zone=zone,
            lead=by.user_id,
            created_by=by.user_id,
            created_at=now,
            countries=_invitations(countries),
        )
        self._session.add(exercise)
        await self._session.flush()
        return Planned(exercise)

    async def get(self, exercise_id: int) -> Exercise | None:
        return await self._session.get(Exercise, exercise_id)

    async def find(self, number: str, now: datetime) -> Exercise | None:
        """Return the exercise of a number as people write it: `E-2026-01`, `2026-1`, `e1`, `1`.

        Without a year it is the one that is not over, the nearest first; else the latest.
        """
        found = _NUMBER.fullmatch(number.strip().casefold())
        if found is None:
            return None
        query = select(Exercise).where(Exercise.sequence == int(found.group(2)))
        if found.group(1) is not None:
            query = query.where(Exercise.year == int(found.group(1)))
        candidates = (await self._session.scalars(query.order_by(Exercise.year.desc()))).all()
        still_open = [one for one in candidates if one.cancelled_at is None and one.ends_at > now]
        return min(still_open, key=lambda one: one.year) if still_open else next(iter(candidates), None)

    async def coming(self, now: datetime) -> Sequence[Exercise]:
        """Return what is planned or running, the nearest first."""
        query = select(Exercise).where(Exercise.cancelled_at.is_(None), Exercise.ends_at > now)
        return (await self._session.scalars(query.order_by(Exercise.starts_at, Exercise.id))).all()

    async def over(self, now: datetime, *, limit: int) -> Sequence[Exercise]:
        """Return what has ended or was cancelled, the latest first."""
        query = select(Exercise).where(Exercise.cancelled_at.is_not(None) | (Exercise.ends_at <= now))
        return (await self._session.scalars(query.order_by(Exercise.starts_at.desc()).limit(limit))).all()

    async def led_by(self, user_id: UserId, now: datetime) -> Sequence[Exercise]:
        return [exercise for exercise in await self.coming(now) if exercise.lead == user_id]
