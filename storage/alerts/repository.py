"""Alerts, found by number, by fact, by who is concerned."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, or_, select, update

from storage.alerts.cards import AlertCard
from storage.alerts.entity import Alert
from storage.alerts.numbers import AlertNumber
from storage.alerts.parts import Addressee, Fact
from storage.alerts.record import HistoryLine, What
from storage.alerts.states import ENDED, IN_PREPARATION, OPEN, TAKE_BACK_RUNS
from storage.base import Transaction
from storage.ids import CountryCode, RoomId, UserId


class Alerts:
    def __init__(self, tx: Transaction) -> None:
        self._session = tx.session

    async def add(self, alert: Alert) -> Alert:
        """Keep a new alert and give it the next number of its series in the year it was drafted (UTC)."""
        alert.year = alert.drafted_at.year
        highest = select(func.max(Alert.sequence)).where(Alert.series == alert.series, Alert.year == alert.year)
        alert.sequence = (await self._session.scalar(highest) or 0) + 1
        self._session.add(alert)
        await self._session.flush()
        return alert

    async def get(self, alert_id: int) -> Alert | None:
        return await self._session.get(Alert, alert_id)

    async def several(self, ids: Collection[int]) -> Mapping[int, Alert]:
        """Return alerts by their ids."""
        found = (await self._session.scalars(select(Alert).where(Alert.id.in_(ids)))).all() if ids else ()
        return {alert.id: alert for alert in found}

    async def by_number(self, number: AlertNumber) -> Alert | None:
        query = select(Alert).where(
            Alert.series == number.series, Alert.year == number.year, Alert.sequence == number.sequence
        )
        return (await self._session.scalars(query)).first()

    async def newest(
        self,
        *,
        before: int | None = None,
        limit: int,
        is_open: bool = False,
        author: UserId | None = None,
        country: CountryCode | None = None,
        fact: tuple[Sequence[str], str] | None = None,
    ) -> Sequence[Alert]:
        """Return alerts, newest first, of all that match; `before` is the id from which to go on.

        `fact` is (kinds, text): one of these kinds has exactly this value, or shows this text in any case.
        """
        query = select(Alert)
        if before is not None:
            query = query.where(Alert.id < before)
        if is_open:
            query = query.where(Alert.state.in_(OPEN))
        if author is not None:
            query = query.where(Alert.author == author)
        if country is not None:
            addressed = select(Addressee.alert_id).where(Addressee.country == country)
            query = query.where(or_(Alert.id.in_(addressed), Alert.author_country == country))
        if fact is not None:
            kinds, text = fact
            matching = select(Fact.alert_id).where(
                Fact.kind.in_(kinds),
                Fact.replaced_at.is_(None),
                or_(Fact.value == text.upper(), func.lower(Fact.shown).contains(text.lower(), autoescape=True)),
            )
            query = query.where(Alert.id.in_(matching))
        return (await self._session.scalars(query.order_by(Alert.id.desc()).limit(limit))).all()

    async def all_open(self) -> Sequence[Alert]:
        """Return the alerts that were circulated and have not ended, oldest first."""
        return (await self._session.scalars(select(Alert).where(Alert.state.in_(OPEN)).order_by(Alert.id))).all()

    async def unfinished_of(self, author: UserId) -> Sequence[Alert]:
        """Return the alerts of this person that have not ended, oldest first."""
        query = select(Alert).where(Alert.author == author, Alert.state.not_in(ENDED))
        return (await self._session.scalars(query.order_by(Alert.id))).all()

    async def history(self, alert: Alert, *, latest: int | None = None) -> Sequence[HistoryLine]:
        """Return what happened, oldest first; with `latest`, only so many of the last lines."""
        query = select(HistoryLine).where(HistoryLine.alert_id == alert.id).order_by(HistoryLine.id.desc())
        lines = (await self._session.scalars(query.limit(latest) if latest else query)).all()
        return lines[::-1]

    async def ending(self, alert: Alert) -> HistoryLine | None:
        """Return the line that closed, withdrew or merged the alert; None while it goes on."""
        if not alert.has_ended:
            return None
        query = select(HistoryLine).where(
            HistoryLine.alert_id == alert.id, HistoryLine.what.in_([What.CLOSED, What.WITHDRAWN, What.MERGED])
        )
        return (await self._session.scalars(query.order_by(HistoryLine.id.desc()).limit(1))).first()

    async def drafts_of(self, author: UserId) -> Sequence[Alert]:
        """Return what this person may send or correct before it is sent, newest first."""
        query = select(Alert).where(Alert.author == author, Alert.state.in_(IN_PREPARATION))
        return (await self._session.scalars(query.order_by(Alert.id.desc()))).all()

    async def awaiting(self, country: CountryCode, *, limit: int) -> Sequence[Alert]:
        """Return open alerts that this country has not acknowledged, newest first."""
        waiting = select(Addressee.alert_id).where(Addressee.country == country, Addressee.acknowledged_at.is_(None))
        query = select(Alert).where(Alert.id.in_(waiting), Alert.state.in_(OPEN))
        return (await self._session.scalars(query.order_by(Alert.id.desc()).limit(limit))).all()

    async def owing(self, *, country: CountryCode | None, limit: int) -> Sequence[Alert]:
        """Return open alerts on which a country (or any) owes feedback, newest first.

        Owed is an acknowledgement, a finding of who has control, or a take-back whose time counts.
        """
        has_control = or_(Addressee.held_at.is_not(None), Addressee.inspected_at.is_not(None))
        owes = or_(
            Addressee.acknowledged_at.is_(None),
            Addressee.finding.is_(None) & has_control,
            Alert.state.in_(TAKE_BACK_RUNS),
        )
        owed = select(Addressee.alert_id).where(Addressee.alert_id == Alert.id, owes)
        if country is not None:
            owed = owed.where(Addressee.country == country)
        query = select(Alert).where(Alert.state.in_(OPEN), owed.exists())
        return (await self._session.scalars(query.order_by(Alert.id.desc()).limit(limit))).all()

    async def add_card(
        self, alert: Alert, row_id: int, *, room: RoomId | None = None, person: UserId | None = None, at: datetime
    ) -> AlertCard:
        """Remember that this message of the outbox is the card of a room or a person."""
        card = AlertCard(row_id=row_id, alert_id=alert.id, room_id=room, user_id=person, told_at=at, retracted_at=None)
        self._session.add(card)
        await self._session.flush()
        return card

    async def move_cards(self, old: RoomId, new: RoomId) -> None:
        """Let the cards of a closed room be those of its successor."""
        await self._session.execute(update(AlertCard).where(AlertCard.room_id == old).values(room_id=new))

    async def cards(self, alert: Alert) -> Sequence[AlertCard]:
        """Return the cards that still show the alert, in the order they were written."""
        query = select(AlertCard).where(AlertCard.alert_id == alert.id, AlertCard.retracted_at.is_(None))
        return (await self._session.scalars(query.order_by(AlertCard.row_id))).all()
