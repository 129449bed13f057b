"""Alerts that name the same, and who was told of it: once for each pair, whatever happens later."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, and_, bindparam, delete, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column

from storage.alerts.entity import Alert
from storage.alerts.likeness import Mark
from storage.base import Base, Transaction


class AlertMatch(Base):
    """What is known to one alert of another: a pair stands here twice, once for each side."""

    __tablename__ = "alert_matches"

    alert_id: Mapped[int] = mapped_column(ForeignKey("alerts.id"), primary_key=True)
    other_id: Mapped[int] = mapped_column(ForeignKey("alerts.id"), primary_key=True, index=True)
    found_at: Mapped[datetime]
    told_at: Mapped[datetime | None]
    """When the owner of `alert_id` was told, by number or only that there is a match; never twice."""
    row_id: Mapped[int | None]
    """The message of the outbox that names the other alert: what else it named is said anew when it is taken back."""


class HiddenMatch(Base):
    """What an owner was told to be named in another alert that may not be shown: once, however many those are."""

    __tablename__ = "alert_hidden_matches"

    alert_id: Mapped[int] = mapped_column(ForeignKey("alerts.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    mark: Mapped[str] = mapped_column(primary_key=True)
    told_at: Mapped[datetime]
    asked_at: Mapped[datetime | None]
    """When the owner asked to be put in touch about it."""


_PAIRS = select(AlertMatch).where(
    or_(
        and_(AlertMatch.alert_id == bindparam("alert"), AlertMatch.other_id.in_(bindparam("others", expanding=True))),
        and_(AlertMatch.other_id == bindparam("alert"), AlertMatch.alert_id.in_(bindparam("others", expanding=True))),
    )
)
"""Both sides of the pairs of one alert with these others, each by an index of its own."""


_NEWEST = (
    select(AlertMatch)
    .where(AlertMatch.alert_id == bindparam("alert"))
    .order_by(AlertMatch.other_id.desc())
    .limit(bindparam("limit"))
)


class AlertMatches:
    """Which alerts name the same, and what their owners were told of it."""

    def __init__(self, tx: Transaction) -> None:
        self._session = tx.session

    async def pair(self, alert: Alert, others: Collection[int], at: datetime) -> Sequence[AlertMatch]:
        """Remember that these alerts name the same as `alert`; return both sides of every pair, the old ones too."""
        known = (await self._session.scalars(_PAIRS, {"alert": alert.id, "others": list(others)})).all()
        pairs = {(one.alert_id, one.other_id): one for one in known}
        for other in others:
            for pair in ((alert.id, other), (other, alert.id)):
                if pair not in pairs:
                    pairs[pair] = self._new(*pair, at)
        return list(pairs.values())

    def _new(self, alert_id: int, other_id: int, at: datetime) -> AlertMatch:
        match = AlertMatch(alert_id=alert_id, other_id=other_id, found_at=at, told_at=None, row_id=None)
        self._session.add(match)
        return match

    async def note_told(self, alert: Alert, others: Collection[int], at: datetime) -> None:
        """Note that the owner of an alert was told of these others, by number or only that there is a match."""
        if others:
            mine = update(AlertMatch).where(AlertMatch.alert_id == alert.id, AlertMatch.other_id.in_(others))
            await self._session.execute(mine.values(told_at=at))

    async def note_named(self, alert: Alert, others: Collection[int], row_id: int) -> None:
        """Note which message of the outbox names these others before the owner of an alert."""
        mine = update(AlertMatch).where(AlertMatch.alert_id == alert.id, AlertMatch.other_id.in_(others))
        await self._session.execute(mine.values(row_id=row_id))

    async def of(self, alert: Alert, *, limit: int) -> Sequence[AlertMatch]:
        """Return the pairs of an alert, those with the newest alerts first."""
        return (await self._session.scalars(_NEWEST, {"alert": alert.id, "limit": limit})).all()

    async def known_of(self, alert: Alert, *, since: int, limit: int) -> Sequence[AlertMatch]:
        """Return pairs in which this alert is the other one: where its number may have been named.

        By the ids of those alerts, from `since` on.
        """
        query = select(AlertMatch).where(AlertMatch.other_id == alert.id, AlertMatch.alert_id >= since)
        return (await self._session.scalars(query.order_by(AlertMatch.alert_id).limit(limit))).all()

    async def told_in(self, row_id: int, alert: Alert) -> Sequence[AlertMatch]:
        """Return the pairs of which a message told the owner of an alert."""
        query = select(AlertMatch).where(AlertMatch.alert_id == alert.id, AlertMatch.row_id == row_id)
        return (await self._session.scalars(query.order_by(AlertMatch.other_id.desc()))).all()

    async def untell(self, alert: Alert, row_id: int, written_at: datetime) -> Sequence[AlertMatch]:
        """Forget that the owner of an alert was told by a message, and return the pairs that it was about."""
        own = AlertMatch.alert_id == alert.id
        hidden = AlertMatch.row_id.is_(None) & (AlertMatch.told_at == written_at)
        query = select(AlertMatch).where(own, (AlertMatch.row_id == row_id) | hidden)
        pairs = (await self._session.scalars(query.order_by(AlertMatch.other_id.desc()))).all()
        for pair in pairs:
            pair.told_at = pair.row_id = None
        said = HiddenMatch.alert_id == alert.id
        await self._session.execute(delete(HiddenMatch).where(said, HiddenMatch.told_at == written_at))
        await self._session.flush()
        return pairs

    async def hidden(self, alert: Alert) -> Sequence[HiddenMatch]:
        """Return what the owner of an alert was told to be named in another that may not be shown."""
        query = select(HiddenMatch).where(HiddenMatch.alert_id == alert.id).order_by(HiddenMatch.told_at)
        return (await self._session.scalars(query)).all()

    async def hide(self, alert: Alert, marks: Collection[Mark], at: datetime) -> Sequence[Mark]:
        """Remember that the owner hears of matches on these that may not be shown; return what was not said before."""
        if not marks:
            return []
        said = {Mark(one.kind, one.mark) for one in await self.hidden(alert)}
        new = [mark for mark in marks if mark not in said]
        self._session.add_all(
            HiddenMatch(alert_id=alert.id, kind=mark.kind, mark=mark.value, told_at=at, asked_at=None) for mark in new
        )
        return new
