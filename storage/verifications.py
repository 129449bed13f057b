"""Verifications by emoji that are under way, so that none hangs when the bot is started anew in the middle of one."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import delete, select
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base, Transaction
from storage.ids import DeviceId, RoomId, UserId


class VerificationRow(NamedTuple):
    """A verification with a device of `user_id`. `room_id` is empty where it goes from device to device."""

    user_id: UserId
    room_id: RoomId
    transaction: str
    device_id: DeviceId
    clear: bool
    until: datetime


class Verification(Base):
    """One that was answered and has not ended. Its secrets are not kept: it can only be ended."""

    __tablename__ = "verifications"

    user_id: Mapped[UserId] = mapped_column(primary_key=True)
    room_id: Mapped[RoomId] = mapped_column(primary_key=True)
    transaction: Mapped[str] = mapped_column(primary_key=True)
    device_id: Mapped[DeviceId]
    clear: Mapped[bool]
    until: Mapped[datetime]


class Verifications:
    """Verifications that are under way, written down so that a restart can end them."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._session = tx.session

    async def all(self) -> Sequence[VerificationRow]:
        """Return what was under way when it was written last."""
        found = (await self._session.scalars(select(Verification))).all()
        return [
            VerificationRow(row.user_id, row.room_id, row.transaction, row.device_id, row.clear, row.until)
            for row in found
        ]

    async def keep(self, rows: Iterable[VerificationRow]) -> None:
        await self._tx.upsert(Verification, [row._asdict() for row in rows])

    async def drop(self, rows: Iterable[VerificationRow]) -> None:
        for row in rows:
            await self._session.execute(
                delete(Verification).where(
                    Verification.user_id == row.user_id,
                    Verification.room_id == row.room_id,
                    Verification.transaction == row.transaction,
                )
            )
