"""Alerts, found by number or by who raised them; many at once stand in `storage.alerts.outlines`."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, bindparam, exists, func, select, update
from sqlalchemy.orm import aliased, joinedload
from sqlalchemy.orm.attributes import instance_state
from sqlalchemy.orm.util import identity_key

from storage.alerts.cards import AlertCard
from storage.alerts.entity import Alert
from storage.alerts.numbers import AlertNumber
from storage.alerts.record import HistoryLine, What
from storage.alerts.states import IN_PREPARATION, OPEN, AlertState
from storage.base import Transaction
from storage.ids import RoomId, UserId

# Made once: to put a statement together takes longer than to carry it out.
_WITH_PERSONS = (joinedload(Alert.persons),)
"""They are few: of one alert they are read with it, and a server is asked once less."""
_BY_NUMBER = (
    select(Alert)
    .where(Alert.series == bindparam("series"), Alert.year == bindparam("year"))
    .where(Alert.sequence == bindparam("sequence"))
    .options(*_WITH_PERSONS)
)
_CARDS = (
    select(AlertCard)
    .where(AlertCard.alert_id == bindparam("alert"), AlertCard.retracted_at.is_(None))
    .order_by(AlertCard.row_id)
)


class Alerts:
    """Alerts, with their history and their cards."""

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
        return await self._session.get(Alert, alert_id, options=_WITH_PERSONS)

    async def several(self, ids: Collection[int]) -> Mapping[int, Alert]:
        """Return alerts by their ids; those that somebody in this transaction holds are not read again."""
        found = {alert_id: alert for alert_id in ids if (alert := self._held(alert_id)) is not None}
        missing = [alert_id for alert_id in ids if alert_id not in found]
        if missing:
            read = await self._session.scalars(select(Alert).where(Alert.id.in_(missing)))
            found |= {alert.id: alert for alert in read}
        return found

    def _held(self, alert_id: int) -> Alert | None:
        known = self._session.sync_session.identity_map.get(identity_key(Alert, alert_id))
        return known if isinstance(known, Alert) and not instance_state(known).expired else None

    async def by_number(self, number: AlertNumber) -> Alert | None:
        values = {"series": number.series, "year": number.year, "sequence": number.sequence}
        return (await self._session.scalars(_BY_NUMBER, values)).unique().first()

    async def unfinished_of(self, author: UserId, *, limit: int) -> Sequence[Alert]:
        """Return alerts of this person that have not ended, oldest first."""
        return await self._of_author(author, OPEN | IN_PREPARATION, Alert.id + 0, limit)

    async def history(self, alert: Alert, *, latest: int | None = None) -> Sequence[HistoryLine]:
        """Return what happened, oldest first; with `latest`, only so many of the last lines."""
        query = select(HistoryLine).where(HistoryLine.alert_id == alert.id).order_by(HistoryLine.id.desc())
        lines = (await self._session.scalars(query.limit(latest) if latest else query)).all()
        return lines[::-1]

    async def line(self, line_id: int) -> HistoryLine | None:
        """Return one line of a history."""
        return await self._session.get(HistoryLine, line_id)

    async def ending(self, alert: Alert) -> HistoryLine | None:
        """Return the line that closed, withdrew or merged the alert; None while it goes on."""
        if not alert.has_ended:
            return None
        query = select(HistoryLine).where(
            HistoryLine.alert_id == alert.id, HistoryLine.what.in_([What.CLOSED, What.WITHDRAWN, What.MERGED])
        )
        return (await self._session.scalars(query.order_by(HistoryLine.id.desc()).limit(1))).first()

    async def drafts_of(self, author: UserId, *, limit: int) -> Sequence[Alert]:
        """Return what this person may send or correct before it is sent, newest first."""
        return await self._of_author(author, IN_PREPARATION, (Alert.id + 0).desc(), limit)

    async def _of_author(
        self, author: UserId, states: Collection[AlertState], order: ColumnElement[int], limit: int
    ) -> Sequence[Alert]:
        """Read by the index of states, whatever the order: who raised very many has few that are in these."""
        query = select(Alert.id).where(Alert.author == author, Alert.state.in_(states)).order_by(order).limit(limit)
        ids = (await self._session.scalars(query)).all()
        found = await self.several(ids)
        return [found[alert_id] for alert_id in ids]

    async def add_card(
        self, alert: Alert, row_id: int, *, room: RoomId | None = None, person: UserId | None = None, at: datetime
    ) -> AlertCard:
        """Remember that this message of the outbox is the card of a room or a person."""
        card = AlertCard(row_id=row_id, alert_id=alert.id, room_id=room, user_id=person, told_at=at, retracted_at=None)
        self._session.add(card)
        return card

    async def retract_card(self, row_id: int, at: datetime) -> None:
        """Note that a message of the outbox shows the alert nowhere, if it was a card."""
        card = await self._session.get(AlertCard, row_id)
        if card is not None and card.retracted_at is None:
            card.retracted_at = at

    async def open_with_card_in(self, room: RoomId, *, limit: int) -> Sequence[int]:
        """Return the ids of open alerts that a room shows, newest first."""
        query = select(AlertCard.alert_id).join(Alert, Alert.id == AlertCard.alert_id)
        query = query.where(AlertCard.room_id == room, AlertCard.retracted_at.is_(None), Alert.is_open.is_(True))
        return (await self._session.scalars(query.order_by(AlertCard.alert_id.desc()).limit(limit))).all()

    async def move_cards(self, old: RoomId, new: RoomId, *, limit: int, is_open: bool) -> Sequence[int]:
        """Let `limit` cards of a closed room be its successor's, the newest alerts' first; return their rows.

        With `is_open` only those that show an open alert. A card of what the successor shows already stays behind: it
        stands in a room like any that stands for nothing any more.
        """
        there = aliased(AlertCard)
        shown = (there.room_id == new, there.alert_id == AlertCard.alert_id, there.retracted_at.is_(None))
        cards = select(AlertCard.row_id).where(AlertCard.room_id == old, ~exists(there.row_id).where(*shown))
        if is_open:
            cards = cards.join(Alert, Alert.id == AlertCard.alert_id)
            cards = cards.where(AlertCard.retracted_at.is_(None), Alert.is_open.is_(True))
        rows = (await self._session.scalars(cards.order_by(AlertCard.alert_id.desc()).limit(limit))).all()
        await self._session.execute(update(AlertCard).where(AlertCard.row_id.in_(rows)).values(room_id=new))
        return rows

    async def cards(self, alert: Alert) -> Sequence[AlertCard]:
        """Return the cards that still show the alert, in the order they were written."""
        return (await self._session.scalars(_CARDS, {"alert": alert.id})).all()
