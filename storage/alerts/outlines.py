"""Alerts in outline: what decides who may see them, of many at once, without their texts and facts."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, or_, select

from storage.alerts.entity import Alert
from storage.alerts.kinds import Finding, Tlp
from storage.alerts.numbers import EXERCISE, AlertNumber
from storage.alerts.parts import Addressee, Fact, NamedPerson
from storage.alerts.states import OPEN, TAKE_BACK_RUNS, AlertState
from storage.base import Base, Transaction
from storage.ids import CountryCode, UserId

LOOKED_THROUGH = 5000
"""Alerts of an author, or with a fact, that are looked through for a second condition, newest first."""

WORDS_LOOKED_FOR = 1000
"""The newest alerts in which a part of a word is looked for; what is written in full is found in all."""


@dataclass(frozen=True, slots=True)
class OwingPart:
    """What a country may still owe of an alert."""

    country: CountryCode
    reasons: Sequence[str]
    acknowledge_by: datetime | None
    acknowledged_at: datetime | None
    has_control: bool
    finding: Finding | None


@dataclass(frozen=True, slots=True)
class Outline:
    """What is known of an alert by its number and marking; the same decides who may see it as of the whole."""

    id: int
    series: str
    year: int
    sequence: int
    state: AlertState
    tlp: Tlp
    author: UserId
    author_country: CountryCode | None
    circulated_at: datetime | None
    take_back_by: datetime | None
    concerned: list[CountryCode] = field(default_factory=list)
    persons: list[UserId] = field(default_factory=list)
    """Read of RED alerts alone: nobody else is kept from the others by them."""
    parts: list[OwingPart] = field(default_factory=list)
    """Read where it is asked for what is owed."""

    @property
    def number(self) -> str:
        return str(AlertNumber(self.series, self.year, self.sequence))

    @property
    def is_exercise(self) -> bool:
        return self.series == EXERCISE

    @property
    def countries(self) -> frozenset[CountryCode]:
        return frozenset(self.concerned)

    @property
    def named(self) -> frozenset[UserId]:
        return frozenset(self.persons)

    @property
    def was_circulated(self) -> bool:
        return self.circulated_at is not None

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def take_back_runs(self) -> bool:
        return self.state in TAKE_BACK_RUNS and self.take_back_by is not None


_COLUMNS = (
    Alert.id, Alert.series, Alert.year, Alert.sequence, Alert.state, Alert.tlp, Alert.author, Alert.author_country,
    Alert.circulated_at, Alert.take_back_by,
)  # fmt: skip


DECIDING: tuple[type[Base], ...] = (Alert, Addressee, NamedPerson)
"""The tables that decide, of an alert, who may see it."""


class Outlines:
    """Finds alerts in the order of an index, as many as are asked for, however many there are."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._session = tx.session

    async def get(self, alert_id: int) -> Outline | None:
        """Return one alert; from memory while nothing changes that decides who may see one."""

        async def read() -> Outline | None:
            return next(iter(await self.several([alert_id])), None)

        return await self._tx.recall(alert_id, DECIDING, read)

    async def newest(
        self,
        *,
        before: int | None = None,
        limit: int,
        is_open: bool = False,
        author: UserId | None = None,
        country: CountryCode | None = None,
        fact: tuple[Sequence[str], str] | None = None,
    ) -> Sequence[Outline]:
        """Return alerts, newest first, of all that match; `before` is the id from which to go on.

        `country` raised them or is concerned. `fact` is (kinds, text): one of these kinds has exactly this value, or,
        of the newest `WORDS_LOOKED_FOR` alerts, shows this text in any case. Of the alerts of an author or with a fact
        the newest `LOOKED_THROUGH` are looked through for what else is wanted.
        """
        if fact is None and author is None and country is not None:
            return await self._of_country(country, before, limit, is_open=is_open)
        query = select(*_COLUMNS)
        if fact is not None:
            ids = await self._with_fact(*fact, before)
            alone = author is None and country is None and not is_open
            query = query.where(Alert.id.in_(ids[:limit] if alone else ids))
            if author is not None:
                query = query.where(Alert.author == author)
        elif author is not None:
            own = select(Alert.id).where(Alert.author == author)
            if before is not None:
                own = own.where(Alert.id < before)
            newest = own.order_by(Alert.id.desc()).limit(LOOKED_THROUGH).subquery()
            query = query.join(newest, newest.c.id == Alert.id)
        elif before is not None:
            query = query.where(Alert.id < before)
        if is_open:
            query = query.where(Alert.is_open.is_(True))
        if country is not None:
            concerned = select(Addressee.alert_id).where(Addressee.alert_id == Alert.id, Addressee.country == country)
            query = query.where(or_(Alert.author_country == country, concerned.exists()))
        return await self._read(query.order_by(Alert.id.desc()).limit(limit))

    async def _of_country(
        self, country: CountryCode, before: int | None, limit: int, *, is_open: bool
    ) -> Sequence[Outline]:
        """Both the alerts that concern a country and those it raised stand in an index, in their order."""
        concerned = select(Addressee.alert_id).where(Addressee.country == country)
        raised = select(Alert.id).where(Alert.author_country == country)
        if is_open:
            concerned = concerned.where(Addressee.is_open.is_(True))
            raised = raised.where(Alert.is_open.is_(True))
        if before is not None:
            concerned = concerned.where(Addressee.alert_id < before)
            raised = raised.where(Alert.id < before)
        ids = set((await self._session.scalars(concerned.order_by(Addressee.alert_id.desc()).limit(limit))).all())
        ids.update((await self._session.scalars(raised.order_by(Alert.id.desc()).limit(limit))).all())
        return await self.several(sorted(ids, reverse=True)[:limit])

    async def _with_fact(self, kinds: Sequence[str], text: str, before: int | None) -> Sequence[int]:
        ids: set[int] = set()
        for kind in kinds:
            exact = select(Fact.alert_id).where(
                Fact.kind == kind, Fact.value == text.upper(), Fact.replaced_at.is_(None)
            )
            if before is not None:
                exact = exact.where(Fact.alert_id < before)
            exact = exact.order_by(Fact.alert_id.desc()).limit(LOOKED_THROUGH // len(kinds))
            ids.update((await self._session.scalars(exact)).all())
        last = await self._session.scalar(select(func.max(Alert.id))) or 0
        shown = select(Fact.alert_id).where(
            Fact.alert_id > last - WORDS_LOOKED_FOR,
            func.trim(Fact.kind).in_(kinds),  # not by the index of kinds, which has all alerts of them
            Fact.replaced_at.is_(None),
            func.lower(Fact.shown).contains(text.lower(), autoescape=True),
        )
        if before is not None:
            shown = shown.where(Fact.alert_id < before)
        ids.update((await self._session.scalars(shown)).all())
        return sorted(ids, reverse=True)[:LOOKED_THROUGH]

    async def several(self, ids: Collection[int]) -> Sequence[Outline]:
        """Return alerts by their ids, newest first."""
        return await self._read(select(*_COLUMNS).where(Alert.id.in_(ids)).order_by(Alert.id.desc())) if ids else []

    async def awaiting(self, country: CountryCode, *, limit: int) -> Sequence[Outline]:
        """Return open alerts that this country has not acknowledged, newest first."""
        query = select(Addressee.alert_id).where(
            Addressee.country == country, Addressee.is_open.is_(True), Addressee.acknowledged_at.is_(None)
        )
        ids = (await self._session.scalars(query.order_by(Addressee.alert_id.desc()).limit(limit))).all()
        return await self.several(ids)

    async def owing(self, *, country: CountryCode | None, limit: int) -> Sequence[Outline]:
        """Return open alerts on which a country (or any) may owe feedback, newest first, with the parts.

        Owed is an acknowledgement, a finding of who has control, or a take-back whose time counts.
        """
        has_control = or_(Addressee.held_at.is_not(None), Addressee.inspected_at.is_not(None))
        owes = or_(
            Addressee.acknowledged_at.is_(None),
            Addressee.finding.is_(None) & has_control,
            Alert.state.in_(TAKE_BACK_RUNS),
        )
        if country is None:
            owed = select(Addressee.alert_id).where(Addressee.alert_id == Alert.id, owes)
            query = select(*_COLUMNS).where(Alert.is_open.is_(True), owed.exists()).order_by(Alert.id.desc())
        else:
            query = select(*_COLUMNS).join(Addressee, Addressee.alert_id == Alert.id)
            query = query.where(Addressee.country == country, Addressee.is_open.is_(True), owes)
            query = query.order_by(Addressee.alert_id.desc())
        return await self._read(query.limit(limit), with_parts=True)

    async def _read(self, query: Select[*tuple[Any, ...]], *, with_parts: bool = False) -> Sequence[Outline]:
        found = {row[0]: Outline(*row) for row in (await self._session.execute(query)).all()}
        if not found:
            return []
        if with_parts:
            await self._read_parts(found)
        else:
            concerned = select(Addressee.alert_id, Addressee.country).where(Addressee.alert_id.in_(found))
            for number, country in (await self._session.execute(concerned)).all():
                found[number].concerned.append(country)
        red = [one.id for one in found.values() if one.tlp is Tlp.RED]
        if red:
            persons = select(NamedPerson.alert_id, NamedPerson.user_id).where(NamedPerson.alert_id.in_(red))
            for number, user in (await self._session.execute(persons)).all():
                found[number].persons.append(user)
        return list(found.values())

    async def _read_parts(self, found: dict[int, Outline]) -> None:
        query = select(
            Addressee.alert_id, Addressee.country, Addressee.reasons, Addressee.acknowledge_by,
            Addressee.acknowledged_at, Addressee.held_at.is_not(None) | Addressee.inspected_at.is_not(None),
            Addressee.finding,
        ).where(Addressee.alert_id.in_(found))  # fmt: skip
        rows: Sequence[Any] = (await self._session.execute(query.order_by(Addressee.position))).all()
        for number, country, *rest in rows:
            found[number].concerned.append(country)
            found[number].parts.append(OwingPart(country, *rest))
