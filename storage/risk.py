"""What each line of the risk profile weighs, and the earlier cases that its lines about recurrence look at.

Weights stand here only where a coordinator changed them; changes are added, never overwritten.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, ForeignKey, and_, func, or_, select, union
from sqlalchemy.orm import Mapped, mapped_column

from storage.alerts import ENDED, Alert, AlertState, Fact, Mark
from storage.alerts.marks import newest_of_each, with_marks
from storage.base import Base, Transaction
from storage.ids import UserId
from storage.outbox import OutboxRow


class RiskWeight(Base):
    """One change of a weight; the latest of a line counts."""

    __tablename__ = "risk_weights"

    id: Mapped[int] = mapped_column(primary_key=True)
    line: Mapped[str] = mapped_column(index=True)
    """The key of the line, such as "check-digit"."""
    points: Mapped[int]
    changed_by: Mapped[UserId]
    changed_at: Mapped[datetime]


class RiskShown(Base):
    """An answer about the risk of an alert: it is brought up to date when what is known changes."""

    __tablename__ = "risk_shown"

    row_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """The message of the outbox."""
    alert_id: Mapped[int] = mapped_column(ForeignKey("alerts.id"), index=True)
    points: Mapped[int]
    said: Mapped[str]
    """What each line came to, to tell whether anything changed."""


_SHOWN = select(RiskShown, OutboxRow).join(OutboxRow, OutboxRow.id == RiskShown.row_id)


class RisksShown:
    """What was answered about the risk of alerts, as long as it is to be kept up to date."""

    def __init__(self, tx: Transaction) -> None:
        self._session = tx.session

    async def note(self, row_id: int, alert: Alert, points: int, said: str) -> None:
        """Remember what an answer said."""
        self._session.add(RiskShown(row_id=row_id, alert_id=alert.id, points=points, said=said))
        await self._session.flush()

    async def newest_of(self, alert: Alert, *, limit: int) -> Sequence[tuple[RiskShown, OutboxRow]]:
        """Return the latest answers about an alert with their messages, newest first."""
        query = _SHOWN.where(RiskShown.alert_id == alert.id).order_by(RiskShown.row_id.desc()).limit(limit)
        return [(shown, row) for shown, row in (await self._session.execute(query)).all()]

    async def before(self, row_id: int | None, *, limit: int) -> Sequence[tuple[RiskShown, OutboxRow, bool]]:
        """Return the latest answers before one (None: of all), newest first, and whether their alert has not ended."""
        query = _SHOWN.join(Alert, Alert.id == RiskShown.alert_id).add_columns(Alert.state)
        if row_id is not None:
            query = query.where(RiskShown.row_id < row_id)
        found = await self._session.execute(query.order_by(RiskShown.row_id.desc()).limit(limit))
        return [(shown, row, state not in ENDED) for shown, row, state in found.all()]


class RiskWeights:
    """What the lines of the profile weigh, where a coordinator changed it."""

    def __init__(self, tx: Transaction) -> None:
        self._session = tx.session

    async def current(self) -> Mapping[str, int]:
        """Return the points of the lines that were ever changed, by their keys."""
        latest = select(func.max(RiskWeight.id)).group_by(RiskWeight.line)
        rows = (await self._session.scalars(select(RiskWeight).where(RiskWeight.id.in_(latest)))).all()
        return {row.line: row.points for row in rows}

    async def change(self, line: str, points: int, *, by: UserId, at: datetime) -> RiskWeight:
        """Let a line weigh so many points from now on."""
        weight = RiskWeight(line=line, points=points, changed_by=by, changed_at=at)
        self._session.add(weight)
        await self._session.flush()
        return weight

    async def changes(self, *, latest: int) -> Sequence[RiskWeight]:
        """Return the latest changes, newest first."""
        return (await self._session.scalars(select(RiskWeight).order_by(RiskWeight.id.desc()).limit(latest))).all()


class EarlierCases:
    """Alerts that were confirmed as illegal traffic, of the same series: exercises never stand beside real ones."""

    def __init__(self, tx: Transaction) -> None:
        self._session = tx.session

    async def naming(self, alert: Alert, marks: Sequence[Mark], *, limit: int) -> Sequence[Alert]:
        """Return those that name one of these, newest first. Of each the newest alerts are looked at and no further."""
        marks = marks[:_MOST_MARKS]
        if not marks:
            return []
        named = union(*(select(each.c.alert_id) for each in newest_of_each(len(marks))))
        query = select(Alert.id).where(Alert.id.in_(named), *_confirmed(alert))
        values = with_marks(alert.series, marks, limit=_CANDIDATES)
        return await self._newest((await self._session.scalars(query, values)).all(), limit)

    async def on_the_same_lane(
        self,
        alert: Alert,
        waste: Mapping[str, Sequence[str]],
        *,
        origins: Collection[str],
        destinations: Collection[str],
        limit: int,
    ) -> Sequence[Alert]:
        """Return those with one of these waste codes between these countries (alpha-2), newest first.

        Looks at the newest with such a code and no further: a code that is everywhere says little.
        """
        same = [and_(Fact.kind == kind, Fact.value.in_(some)) for kind, some in waste.items() if some]
        if not same or not origins or not destinations:
            return []
        query = select(Fact.alert_id).join(Alert, Alert.id == Fact.alert_id)
        query = query.where(or_(*same), Fact.replaced_at.is_(None), *_confirmed(alert)).order_by(Fact.id.desc())
        candidates = (await self._session.scalars(query.limit(_CANDIDATES))).all()
        places = select(Fact.alert_id, Fact.role, Fact.value).where(
            Fact.alert_id.in_(candidates), Fact.role.in_(["origin", "destination"]), Fact.replaced_at.is_(None)
        )
        lanes: dict[int, set[str]] = {}
        for alert_id, role, value in (await self._session.execute(places)).all():
            if role is not None and value[:2] in (origins if role == "origin" else destinations):
                lanes.setdefault(alert_id, set()).add(role)
        return await self._newest([one for one, ends in lanes.items() if len(ends) == 2], limit)

    async def _newest(self, ids: Sequence[int], limit: int) -> Sequence[Alert]:
        query = select(Alert).where(Alert.id.in_(sorted(ids, reverse=True)[:limit])).order_by(Alert.id.desc())
        return (await self._session.scalars(query)).all()


_CANDIDATES = 200
_MOST_MARKS = 30


def _confirmed(but: Alert) -> list[ColumnElement[bool]]:
    return [
        Alert.ground.is_not(None),
        Alert.state.not_in([AlertState.WITHDRAWN, AlertState.MERGED]),
        (Alert.series + "") == but.series,  # not by the index of numbers, which has all alerts of a series
        Alert.id != but.id,
    ]
