"""What figures are made of: the columns of many alerts at once, without their texts."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Index, Select, case, func, or_, select

from storage.alerts import (
    EXERCISE,
    Addressee,
    Alert,
    AlertRequest,
    AlertState,
    Fact,
    Finding,
    Ground,
    NamedPerson,
    Outcome,
    RequestState,
    Source,
    Tlp,
)
from storage.base import Transaction
from storage.ids import CountryCode, UserId

Index("ix_alerts_circulated_at", Alert.circulated_at)  # figures ask for what was circulated in a time


_AT_ONCE = 500
"""Alerts whose parts one query asks for: SQLite takes some thousand parameters."""


class Part(NamedTuple):
    """How one country dealt with an alert."""

    country: CountryCode
    added_at: datetime | None
    """When it was added, where that was after the alert was sent."""
    acknowledge_by: datetime | None
    """Until when it is to acknowledge, while it has not."""
    acknowledged_at: datetime | None
    was_reminded: bool
    was_told: bool = True
    """Whether anybody there was told of the alert, while it has not acknowledged."""
    held_at: datetime | None = None
    inspected_at: datetime | None = None
    finding: Finding | None = None
    found_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A request to a country that still waits for its answer."""

    country: CountryCode
    due_at: datetime


@dataclass(frozen=True, slots=True)
class CountedAlert:
    """An alert that was circulated: what is counted of it, and what decides who may see it."""

    id: int
    tlp: Tlp
    author: UserId
    author_country: CountryCode | None
    state: AlertState
    circulated_at: datetime
    ended_at: datetime | None
    outcome: Outcome | None
    ground: Ground | None
    informed_at: datetime | None
    source: Source | None = None
    """How reliable its source is, where somebody said so."""
    parts: list[Part] = field(default_factory=list)
    named_persons: set[UserId] = field(default_factory=set)
    """Read for RED alerts alone, which nobody else may see."""
    quantities: list[str] = field(default_factory=list)
    """The values of its current quantities, such as "18.5 t"."""
    requests: list[Asked] = field(default_factory=list)

    @property
    def countries(self) -> frozenset[CountryCode]:
        """The countries concerned."""
        return frozenset(part.country for part in self.parts)

    @property
    def sides(self) -> frozenset[CountryCode | None]:
        """The countries concerned, and that of the author."""
        return self.countries | {self.author_country}

    @property
    def named(self) -> frozenset[UserId]:
        return frozenset(self.named_persons)

    @property
    def was_circulated(self) -> bool:
        return True


class Cursor(NamedTuple):
    """From where to go on reading: behind the alert of this id that was circulated then."""

    at: datetime
    id: int


class Counted:
    """Reads the alerts of a time in a handful of queries, so many at a time."""

    def __init__(self, tx: Transaction) -> None:
        self._session = tx.session

    async def circulated(
        self, since: datetime, until: datetime, *, country: CountryCode | None = None, after: int = 0, limit: int
    ) -> tuple[Sequence[CountedAlert], Cursor | None]:
        """Return real alerts circulated from `since` to before `until`, oldest first; exercises are never among them.

        With `country` only those that it raised or that concern it. At most `limit` alerts are looked at: the second
        value says from where to go on (of those circulated at `since`, behind the id `after`), None when these are all.
        """
        query = select(
            Alert.id, Alert.tlp, Alert.author, Alert.author_country, Alert.state, Alert.circulated_at, Alert.ended_at,
            Alert.outcome, Alert.ground, Alert.informed_at, Alert.source, Alert.series,
        ).where(
            Alert.circulated_at >= since, Alert.circulated_at < until,
            or_(Alert.circulated_at > since, Alert.id > after),
        )  # fmt: skip
        rows = await self._rows(query.order_by(Alert.circulated_at, Alert.id).limit(limit))
        found = {row[0]: CountedAlert(*row[:-1]) for row in rows if row[-1] != EXERCISE}
        ids = list(found)
        for start in range(0, len(ids), _AT_ONCE):
            await self._fill(found, ids[start : start + _AT_ONCE])
        following = Cursor(rows[-1].circulated_at, rows[-1].id) if len(rows) == limit else None
        counted = [one for one in found.values() if country is None or country in one.sides]
        return counted, following

    async def _fill(self, found: dict[int, CountedAlert], ids: Sequence[int]) -> None:
        control = select(
            Addressee.alert_id, Addressee.country, Addressee.held_at, Addressee.inspected_at, Addressee.finding,
            Addressee.found_at,
        ).where(
            Addressee.alert_id.in_(ids), or_(Addressee.held_at.is_not(None), Addressee.inspected_at.is_not(None))
        )  # fmt: skip
        controlled = {(number, country): rest for number, country, *rest in await self._rows(control)}
        # What is seldom there is read as nothing where it says nothing: to read a time costs more than all else.
        later = case((Addressee.added_at > Alert.circulated_at, Addressee.added_at))
        due = case((Addressee.acknowledged_at.is_(None), Addressee.acknowledge_by))
        parts = select(
            Addressee.alert_id, Addressee.country, later, due, Addressee.acknowledged_at,
            Addressee.reminded.is_not(None),
            or_(Addressee.told_at.is_not(None), Addressee.acknowledged_at.is_not(None)),
        ).join(Alert, Alert.id == Addressee.alert_id)  # fmt: skip
        for number, country, *rest in await self._rows(parts.where(Addressee.alert_id.in_(ids))):
            found[number].parts.append(Part(country, *rest, *controlled.get((number, country), ())))
        # By the alerts: the index of kinds would lead through the quantities of all.
        quantities = select(Fact.alert_id, Fact.value).where(
            Fact.alert_id.in_(ids), func.trim(Fact.kind) == "quantity", Fact.replaced_at.is_(None)
        )
        for number, value in await self._rows(quantities):
            found[number].quantities.append(value)
        requests = select(AlertRequest.alert_id, AlertRequest.country, AlertRequest.due_at).where(
            AlertRequest.alert_id.in_(ids), AlertRequest.state == RequestState.OPEN
        )
        for number, country, due_at in await self._rows(requests):
            found[number].requests.append(Asked(country, due_at))
        red = [number for number in ids if found[number].tlp is Tlp.RED]
        persons = select(NamedPerson.alert_id, NamedPerson.user_id).where(NamedPerson.alert_id.in_(red))
        for number, user in await self._rows(persons) if red else ():
            found[number].named_persons.add(user)

    async def _rows(self, query: Select[*tuple[Any, ...]]) -> Sequence[Any]:
        return (await self._session.execute(query)).all()
