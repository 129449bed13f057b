"""Pins: the master key under which each user was first seen, and whether it is still the one shown."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base, Transaction
from storage.ids import UserId

TOPIC = "pins"
"""What `Database.listen` is told when a pin was confirmed."""


class Pin(Base):
    """What one user's identity was believed to be at first sight. Keys are public Ed25519 keys, unpadded base64."""

    __tablename__ = "pins"

    user_id: Mapped[UserId] = mapped_column(primary_key=True)
    master_key: Mapped[str]
    pinned_at: Mapped[datetime]
    shown_key: Mapped[str | None] = mapped_column(index=True)
    """Another master key, shown since; None while the pin holds."""
    shown_at: Mapped[datetime | None]
    confirmed_by: Mapped[UserId | None]
    confirmed_at: Mapped[datetime | None]

    @property
    def frozen(self) -> bool:
        """The key shown is not the one pinned."""
        return self.shown_key is not None

    def show(self, master_key: str, at: datetime) -> bool:
        """Note which key the homeserver shows; True when it is another than was known of."""
        if master_key == self.master_key:
            self.shown_key = self.shown_at = None
            return False
        if master_key == self.shown_key:
            return False
        self.shown_key, self.shown_at = master_key, at
        return True

    def confirm(self, by: UserId, at: datetime) -> None:
        """Believe the key that is shown now. Needs one to be shown."""
        assert self.shown_key is not None
        self.master_key, self.pinned_at = self.shown_key, at
        self.shown_key = self.shown_at = None
        self.confirmed_by, self.confirmed_at = by, at


class Sighting(NamedTuple):
    """A user's homeserver showed this master key."""

    user_id: UserId
    master_key: str
    seen_at: datetime


class Pins:
    """The master key with which each person was first seen, and the one that a homeserver shows now."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._session = tx.session

    async def get(self, user_id: UserId) -> Pin | None:
        return await self._tx.recall(user_id, (Pin,), lambda: self._tx.find(Pin, user_id))

    async def all(self) -> Sequence[Pin]:
        return (await self._session.scalars(select(Pin))).all()

    async def frozen(self) -> Sequence[Pin]:
        """Return the pins that do not hold any more, by user."""
        return (await self._session.scalars(select(Pin).where(Pin.shown_key.is_not(None)).order_by(Pin.user_id))).all()

    async def see(self, user_id: UserId, master_key: str, now: datetime) -> bool:
        """Pin a user's master key at first sight; True when it is another than the one pinned, and newly so."""
        pin = await self.get(user_id)
        if pin is not None:
            return pin.show(master_key, now)
        self._session.add(Pin(user_id=user_id, master_key=master_key, pinned_at=now))
        await self._session.flush()
        return False

    async def confirm(self, user_id: UserId, by: UserId, now: datetime) -> bool:
        """Believe the key that a user shows now; False when no other than the pinned one is shown."""
        pin = await self.get(user_id)
        if pin is None or not pin.frozen:
            return False
        pin.confirm(by, now)
        self._tx.changed(TOPIC)
        return True
