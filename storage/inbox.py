"""The inbox: every event as it was received, journalled before it is handled, handled once."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, bindparam, func, select, update
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base, Transaction

READ_LATE = "read late"
"""Outcome of an event that could not be read at first."""


class InboxRow(Base):
    """One received event. Its payload is emptied once it is handled: texts are not kept longer than needed."""

    __tablename__ = "inbox"

    seq: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    """The event id; for what has none (an invitation) a key made from the sync token."""
    kind: Mapped[str]
    payload: Mapped[dict[str, Any]]
    received_at: Mapped[datetime]
    handled_at: Mapped[datetime | None] = mapped_column(index=True)
    outcome: Mapped[str | None]


class SyncState(Base):
    """The token from which the next sync continues."""

    __tablename__ = "sync_state"

    user_id: Mapped[str] = mapped_column(primary_key=True)
    token: Mapped[str]


@dataclass(frozen=True, slots=True)
class Tally:
    """How many messages came, and how many of them could not be read."""

    messages: int
    unreadable: int


_NEXT = select(InboxRow).where(InboxRow.handled_at.is_(None)).order_by(InboxRow.seq).limit(1)
_INBOX = cast(Table, InboxRow.__table__)
_HANDLED = (
    update(_INBOX)
    .where(_INBOX.c.seq == bindparam("place"))
    .values(handled_at=bindparam("at"), outcome=bindparam("result"), payload=bindparam("nothing"))
)


class Inbox:
    """What came in, each event once and in order; and the token of the sync that brought it."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._session = tx.session

    async def journal(self, key: str, kind: str, payload: dict[str, Any], now: datetime) -> int | None:
        """Write one event and return its place in the inbox.

        None when it was known already: a repeated or replayed event is not handled twice.
        """
        row = {"key": key, "kind": kind, "payload": payload, "received_at": now}
        seq: int | None = await self._tx.insert_new(InboxRow, "key", row)
        return seq

    async def next_unhandled(self) -> InboxRow | None:
        """Return the oldest event that is not handled yet."""
        return (await self._session.scalars(_NEXT)).first()

    async def mark_handled(self, seq: int, outcome: str, now: datetime) -> None:
        """Note what became of the event at this place, and keep its text no longer."""
        await self._tx.run(_HANDLED, {"place": seq, "at": now, "result": outcome, "nothing": {}})

    async def read_late(self, key: str) -> None:
        """Note that an event that could not be read was read after all."""
        await self._session.execute(update(InboxRow).where(InboxRow.key == key).values(outcome=READ_LATE))

    async def tally(self, since: datetime) -> Tally:
        """Count the messages since then, read or not; what was read late counts as read."""
        query = (
            select(InboxRow.kind, func.count())
            .where(InboxRow.received_at >= since, InboxRow.kind.in_(("message", "unreadable")))
            .where(func.coalesce(InboxRow.outcome, "") != READ_LATE)
            .group_by(InboxRow.kind)
        )
        counts = {kind: int(count) for kind, count in (await self._session.execute(query)).all()}
        unreadable = counts.get("unreadable", 0)
        return Tally(counts.get("message", 0) + unreadable, unreadable)

    async def token(self, user_id: str) -> str | None:
        """Return the token from which the next sync of this account continues; None before the first."""
        state = await self._session.get(SyncState, user_id)
        return state.token if state else None

    async def save_token(self, user_id: str, token: str) -> None:
        await self._tx.upsert(SyncState, [{"user_id": user_id, "token": token}])
