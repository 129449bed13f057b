"""What figures are made of: the columns of many alerts at once, without their texts."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Index, Select, or_, select

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
    Tlp,
)
from storage.base import Transaction
from storage.ids import CountryCode, UserId

Index("ix_alerts_circulated_at", Alert.circulated_at)  # figures ask for what was circulated in a time


@dataclass(frozen=True, slots=True)
class Part:
    """How one country dealt with an alert."""

    country: CountryCode
    added_at: datetime
    acknowledge_by: datetime | None
    acknowledged_at: datetime | None
    was_reminded: bool
    held_at: datetime | None
    inspected_at: datetime | None
    finding: Finding | None
    found_at: datetime | None


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
    def named(self) -> frozenset[UserId]:
        return frozenset(self.named_persons)

    @property
    def was_circulated(self) -> bool:
        return True


class Counted:
    """Reads the alerts of a time in a handful of queries, however many they are."""

    def __init__(self, tx: Transaction) -> None:
        self._session = tx.session

    async def circulated(
        self, since: datetime, until: datetime, *, country: CountryCode | None = None
    ) -> Sequence[CountedAlert]:
        """Return real alerts circulated from `since` to before `until`, oldest first; exercises are never among them.

        With `country` only those that it raised or that concern it.
        """
        within = [Alert.circulated_at >= since, Alert.circulated_at < until, Alert.series != EXERCISE]
        if country is not None:
            concerned = select(Addressee.alert_id).where(Addressee.country == country)
            within.append(or_(Alert.author_country == country, Alert.id.in_(concerned)))
        found = await self._alerts(within)
        if found:
            await self._fill(found, within)
        return list(found.values())

    async def _alerts(self, within: Sequence[ColumnElement[bool]]) -> dict[int, CountedAlert]:
        query = select(
            Alert.id, Alert.tlp, Alert.author, Alert.author_country, Alert.state, Alert.circulated_at, Alert.ended_at,
            Alert.outcome, Alert.ground, Alert.informed_at,
        ).where(*within)  # fmt: skip
        rows = await self._rows(query.order_by(Alert.circulated_at, Alert.id))
        return {row[0]: CountedAlert(*row) for row in rows}

    async def _fill(self, found: dict[int, CountedAlert], within: Sequence[ColumnElement[bool]]) -> None:
        parts = select(
            Addressee.alert_id, Addressee.country, Addressee.added_at, Addressee.acknowledge_by,
            Addressee.acknowledged_at, Addressee.reminded, Addressee.held_at, Addressee.inspected_at,
            Addressee.finding, Addressee.found_at,
        ).join(Alert, Alert.id == Addressee.alert_id)  # fmt: skip
        for number, country, added, by, acknowledged, reminded, *rest in await self._rows(parts.where(*within)):
            found[number].parts.append(Part(country, added, by, acknowledged, reminded is not None, *rest))
        quantities = select(Fact.alert_id, Fact.value).join(Alert, Alert.id == Fact.alert_id)
        quantities = quantities.where(Fact.kind == "quantity", Fact.replaced_at.is_(None), *within)
        for number, value in await self._rows(quantities):
            found[number].quantities.append(value)
        requests = select(AlertRequest.alert_id, AlertRequest.country, AlertRequest.due_at)
        requests = requests.join(Alert, Alert.id == AlertRequest.alert_id)
        for number, country, due in await self._rows(requests.where(AlertRequest.state == RequestState.OPEN, *within)):
            found[number].requests.append(Asked(country, due))
        persons = select(NamedPerson.alert_id, NamedPerson.user_id).join(Alert, Alert.id == NamedPerson.alert_id)
        for number, user in await self._rows(persons.where(Alert.tlp == Tlp.RED, *within)):
            found[number].named_persons.add(user)

    async def _rows(self, query: Select[*tuple[Any, ...]]) -> Sequence[Any]:
        return (await self._session.execute(query)).all()
