"""Alerts in outline: what decides who may see them, of many at once, without their texts and facts.

They are read by their columns and not as entities, with the countries and the named persons in the same row.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    and_,
    bindparam,
    case,
    cast,
    func,
    or_,
    select,
    union,
    union_all,
)

from storage.alerts.entity import Alert
from storage.alerts.kinds import Reason, Tlp
from storage.alerts.numbers import EXERCISE, AlertNumber
from storage.alerts.parts import Addressee, Fact, NamedPerson
from storage.alerts.states import OPEN, TAKE_BACK_RUNS, AlertState
from storage.base import Base, Transaction
from storage.base.tables import columns_of
from storage.ids import CountryCode, UserId

LOOKED_THROUGH = 5000
"""Alerts of an author, or with a fact, that are looked through for a second condition, newest first."""

WORDS_LOOKED_FOR = 1000
"""The newest alerts in which a part of a word is looked for; what is written in full is found in all."""


class Outline(NamedTuple):
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
    countries: frozenset[CountryCode]
    """The countries concerned."""
    named: frozenset[UserId]
    """Read of RED alerts alone: nobody else is kept from the others by them."""

    @property
    def number(self) -> str:
        return str(AlertNumber(self.series, self.year, self.sequence))

    @property
    def is_exercise(self) -> bool:
        return self.series == EXERCISE

    @property
    def was_circulated(self) -> bool:
        return self.circulated_at is not None

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def take_back_runs(self) -> bool:
        return self.state in TAKE_BACK_RUNS and self.take_back_by is not None


class OwingPart(NamedTuple):
    """What a country may owe of an alert."""

    alert_id: int
    country: CountryCode
    owes_acknowledgement: bool
    acknowledge_by: datetime | None
    owes_finding: bool
    """Whether it has control and has not said what it found."""
    is_origin: bool
    """Whether it is the one that takes back what is to be taken back."""


DECIDING: tuple[type[Base], ...] = (Alert, Addressee, NamedPerson)
"""The tables that decide, of an alert, who may see it."""

_alert, _part, _person, _fact = (columns_of(one) for one in (Alert, Addressee, NamedPerson, Fact))
_NOTHING: frozenset[Any] = frozenset()
_BETWEEN = "\n"
"""Stands in no code of a country and in no name of a user."""


def _all_of(column: ColumnElement[Any], alert_id: ColumnElement[int]) -> Any:
    """Select the values of a column that belong to an alert, as one text."""
    return (
        select(func.aggregate_strings(column, _BETWEEN)).where(alert_id == _alert.id).correlate(Alert).scalar_subquery()
    )


_OUTLINES: Select[*tuple[Any, ...]] = select(
    _alert.id, _alert.series, _alert.year, _alert.sequence, _alert.state, _alert.tlp, _alert.author,
    _alert.author_country, _alert.circulated_at, _alert.take_back_by,
    _all_of(_part.country, _part.alert_id),
    case((_alert.tlp == Tlp.RED, _all_of(_person.user_id, _person.alert_id))),
)  # fmt: skip
_HAS_CONTROL = or_(_part.held_at.is_not(None), _part.inspected_at.is_not(None))
_OWES_ACKNOWLEDGEMENT = and_(_part.acknowledged_at.is_(None), _part.told_at.is_not(None))
_OWES_FINDING = and_(_part.finding.is_(None), _HAS_CONTROL)
_IS_ORIGIN = cast(_part.reasons, Text).contains(f'"{Reason.ORIGIN.value}"')


class Outlines:
    """Finds alerts in the order of an index, as many as are asked for, however many there are."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    async def get(self, alert_id: int) -> Outline | None:
        """Return one alert; from memory while nothing changes that decides who may see one."""

        async def read() -> Outline | None:
            return next(iter(await self.several([alert_id])), None)

        return await self._tx.recall(alert_id, DECIDING, read)

    async def newest(
        self,
        *,
        limit: int,
        is_open: bool = False,
        author: UserId | None = None,
        country: CountryCode | None = None,
        fact: tuple[Sequence[str], str] | None = None,
    ) -> Sequence[Outline]:
        """Return alerts, newest first, of all that match.

        `country` raised them or is concerned. `fact` is (kinds, text): one of these kinds has exactly this value, or,
        of the newest `WORDS_LOOKED_FOR` alerts, shows this text in any case. Of the alerts of an author or with a fact
        the newest `LOOKED_THROUGH` are looked through for what else is wanted.
        """
        if fact is None and author is None and country is not None:
            return await self._of_country(country, limit, is_open=is_open)
        query = _OUTLINES
        if fact is not None:
            alone = author is None and country is None and not is_open
            query = query.where(await self._has_fact(*fact, limit if alone else LOOKED_THROUGH // len(fact[0])))
            if author is not None:
                query = query.where(_alert.author == author)
        elif author is not None:
            own = select(_alert.id).where(_alert.author == author)
            query = query.where(_alert.id.in_(_newest(own, _alert.id, LOOKED_THROUGH if country or is_open else limit)))
        if is_open:
            query = query.where(_alert.is_open.is_(True))
        if country is not None:
            concerned = select(_part.alert_id).where(_part.alert_id == _alert.id, _part.country == country)
            query = query.where(or_(_alert.author_country == country, concerned.exists()))
        return await self._read(query.order_by(_alert.id.desc()).limit(_written(limit)))

    async def _of_country(self, country: CountryCode, limit: int, *, is_open: bool) -> Sequence[Outline]:
        """Both the alerts that concern a country and those it raised stand in an index, in their order."""
        concerned = select(_part.alert_id).where(_part.country == _written(country))
        raised = select(_alert.id).where(_alert.author_country == _written(country))
        if is_open:
            concerned, raised = concerned.where(_part.is_open.is_(True)), raised.where(_alert.is_open.is_(True))
        either = union(_newest(concerned, _part.alert_id, limit), _newest(raised, _alert.id, limit))
        query = _OUTLINES.where(_alert.id.in_(either)).order_by(_alert.id.desc())
        return await self._read(query.limit(_written(limit)))

    async def _has_fact(self, kinds: Sequence[str], text: str, limit: int) -> ColumnElement[bool]:
        """Return the condition for the newest alerts with a fact; each kind by itself has them in its index."""
        exact = [
            _newest(
                select(_fact.alert_id).where(
                    _fact.kind == kind, _fact.value == text.upper(), _fact.replaced_at.is_(None)
                ),
                _fact.alert_id,
                limit,
            )
            for kind in kinds
        ]
        last = (await self._tx.rows(select(func.max(_alert.id))))[0][0] or 0
        shown = select(_fact.alert_id).where(
            _fact.alert_id > last - WORDS_LOOKED_FOR,
            func.trim(_fact.kind).in_(kinds),  # not by the index of kinds, which has all alerts of them
            _fact.replaced_at.is_(None),
            func.lower(_fact.shown).contains(text.lower(), autoescape=True),
        )
        either: ColumnElement[bool] = _alert.id.in_(union_all(*exact, shown))
        return either

    async def several(self, ids: Collection[int]) -> Sequence[Outline]:
        """Return alerts by their ids, newest first."""
        return await self._read(_OUTLINES.where(_alert.id.in_(ids)).order_by(_alert.id.desc())) if ids else []

    async def awaiting(self, country: CountryCode, *, limit: int) -> Sequence[Outline]:
        """Return open alerts that this country has not acknowledged, newest first."""
        waiting = select(_part.alert_id).where(
            _part.country == _written(country), _part.is_open.is_(True), _part.acknowledged_at.is_(None)
        )
        found = _newest(waiting, _part.alert_id, limit)
        return await self._read(_OUTLINES.where(_alert.id.in_(found)).order_by(_alert.id.desc()))

    async def owing(self, *, country: CountryCode | None, limit: int) -> Sequence[Outline]:
        """Return open alerts on which a country (or any) may owe feedback, newest first.

        Owed is an acknowledgement of who was told, a finding of who has control, or a take-back whose time counts.
        """
        owes = or_(_OWES_ACKNOWLEDGEMENT, _OWES_FINDING, _alert.state.in_(TAKE_BACK_RUNS))
        if country is None:
            owed = select(_part.alert_id).where(_part.alert_id == _alert.id, owes)
            query = _OUTLINES.where(_alert.is_open.is_(True), owed.exists()).order_by(_alert.id.desc())
        else:
            query = _OUTLINES.join(Addressee, _part.alert_id == _alert.id)
            query = query.where(_part.country == _written(country), _part.is_open.is_(True), owes)
            query = query.order_by(_part.alert_id.desc())
        return await self._read(query.limit(_written(limit)))

    async def owing_parts(self, ids: Collection[int], *, country: CountryCode | None) -> Sequence[OwingPart]:
        """Return what countries (or one) may owe of these alerts: newest alert first, countries in their order."""
        if not ids:
            return []
        query = select(
            _part.alert_id, _part.country, _OWES_ACKNOWLEDGEMENT, _part.acknowledge_by, _OWES_FINDING, _IS_ORIGIN
        ).where(_part.alert_id.in_(ids), or_(_OWES_ACKNOWLEDGEMENT, _OWES_FINDING, _IS_ORIGIN))
        if country is not None:
            query = query.where(_part.country == country)
        rows = await self._tx.rows(query.order_by(_part.alert_id.desc(), _part.position))
        return [OwingPart(*row) for row in rows]

    async def untold(self, ids: Collection[int]) -> Collection[tuple[int, CountryCode]]:
        """Return which countries concerned by these alerts were told nothing: (alert, country)."""
        if not ids:
            return ()
        query = select(_part.alert_id, _part.country).where(
            _part.alert_id.in_(ids), _part.told_at.is_(None), _part.acknowledged_at.is_(None)
        )
        return {(alert_id, country) for alert_id, country in await self._tx.rows(query)}

    async def _read(self, query: Select[*tuple[Any, ...]]) -> Sequence[Outline]:
        rows = await self._tx.rows(query)
        return [Outline._make((*alert, _apart(countries), _apart(named))) for *alert, countries, named in rows]


def _apart(together: str | None) -> frozenset[Any]:
    return frozenset(together.split(_BETWEEN)) if together else _NOTHING


def _newest(query: Select[tuple[int]], by: ColumnElement[int], limit: int) -> Select[tuple[int]]:
    """Return the highest of the ids that a query finds: in a query of its own, so that it can be one of several."""
    return select(query.order_by(by.desc()).limit(_written(limit)).subquery().c[0])


def _written(value: int | str) -> ColumnElement[Any]:
    """Return a limit or a country that stands in the text of a statement.

    After five times a server plans a statement for whatever values may come. With any limit, and a country of which it
    does not know how many alerts it has, the plan reads all of them, and sorts them, for the newest twenty.
    """
    return bindparam(None, value, literal_execute=True)
