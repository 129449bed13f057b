"""What each line of the risk profile weighs, where a coordinator changed it. Changes are added, never overwritten."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base, Transaction
from storage.ids import UserId


class RiskWeight(Base):
    """One change of a weight; the latest of a line counts."""

    __tablename__ = "risk_weights"

    id: Mapped[int] = mapped_column(primary_key=True)
    line: Mapped[str] = mapped_column(index=True)
    """The key of the line, such as "check-digit"."""
    points: Mapped[int]
    changed_by: Mapped[UserId]
    changed_at: Mapped[datetime]


class RiskWeights:
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
