"""Who did what, when, with which result. Identifiers only: no texts, no personal data beyond the Matrix id."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base, Transaction


class AuditLine(Base):
    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str]
    """A Matrix user id, or "clock" and "bot" for what nobody asked for."""
    action: Mapped[str]
    subject: Mapped[str | None] = mapped_column(index=True)
    room_id: Mapped[str | None]
    outcome: Mapped[str]
    details: Mapped[dict[str, Any]]


class Audit:
    def __init__(self, tx: Transaction) -> None:
        self._session = tx.session

    def record(
        self,
        at: datetime,
        actor: str,
        action: str,
        outcome: str,
        *,
        subject: str | None = None,
        room_id: str | None = None,
        details: dict[str, Any] | None = None,
    ) -> None:
        line = AuditLine(
            at=at,
            actor=actor,
            action=action,
            subject=subject,
            room_id=room_id,
            outcome=outcome,
            details=details or {},
        )
        self._session.add(line)

    async def lines(self, subject: str) -> list[AuditLine]:
        query = select(AuditLine).where(AuditLine.subject == subject).order_by(AuditLine.id)
        return list(await self._session.scalars(query))
