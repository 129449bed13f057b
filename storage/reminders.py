"""What people asked to be reminded of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, UniqueConstraint, func, select, update
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base, Transaction
from storage.ids import EventId, RoomId, UserId


class ReminderState(StrEnum):
    PENDING = "pending"
    GIVEN = "given"
    CANCELLED = "cancelled"


class NotPending(Exception):
    """The reminder was given or cancelled before."""

    def __init__(self, state: ReminderState) -> None:
        super().__init__(state.value)
        self.state = state


@dataclass(frozen=True, slots=True)
class Given:
    """A reminder was given."""

    reminder: "Reminder"


@dataclass(frozen=True, slots=True)
class Cancelled:
    """A reminder will not be given."""

    reminder: "Reminder"


class Reminder(Base):
    """One thing one person asked to be reminded of. Nobody else sees or changes it."""

    __tablename__ = "reminders"
    __table_args__ = (
        UniqueConstraint("owner", "number"),
        Index("ix_reminders_pending", "owner", "state", "due_at"),
        Index("ix_reminders_room", "room_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[UserId]
    number: Mapped[int]
    """Counted per person, so that it says nothing of others."""
    room_id: Mapped[RoomId]
    direct: Mapped[bool]
    """It was asked in a direct chat."""
    thread_root: Mapped[EventId | None]
    text: Mapped[str]
    due_at: Mapped[datetime]
    asked_at: Mapped[datetime]
    state: Mapped[ReminderState] = mapped_column(default=ReminderState.PENDING)
    settled_at: Mapped[datetime | None]

    def give(self, now: datetime) -> Given:
        """Raises NotPending."""
        self._settle(ReminderState.GIVEN, now)
        return Given(self)

    def cancel(self, now: datetime) -> Cancelled:
        """Raises NotPending."""
        self._settle(ReminderState.CANCELLED, now)
        return Cancelled(self)

    def _settle(self, state: ReminderState, now: datetime) -> None:
        if self.state is not ReminderState.PENDING:
            raise NotPending(self.state)
        self.state = state
        self.settled_at = now


class Reminders:
    """Reminders of members, for themselves or for rooms."""

    def __init__(self, tx: Transaction) -> None:
        self._session = tx.session

    async def add(
        self,
        owner: UserId,
        text: str,
        due_at: datetime,
        *,
        room_id: RoomId,
        direct: bool,
        thread_root: EventId | None,
        now: datetime,
    ) -> Reminder:
        """Write it down under the owner's next number."""
        latest = await self._session.scalar(select(func.max(Reminder.number)).where(Reminder.owner == owner))
        reminder = Reminder(
            owner=owner,
            number=(latest or 0) + 1,
            room_id=room_id,
            direct=direct,
            thread_root=thread_root,
            text=text,
            due_at=due_at,
            asked_at=now,
            state=ReminderState.PENDING,
        )
        self._session.add(reminder)
        await self._session.flush()
        return reminder

    async def get(self, reminder_id: int) -> Reminder | None:
        return await self._session.get(Reminder, reminder_id)

    async def of(self, owner: UserId, number: int) -> Reminder | None:
        """Return the owner's reminder of this number, whatever its state."""
        query = select(Reminder).where(Reminder.owner == owner, Reminder.number == number)
        return (await self._session.scalars(query)).first()

    async def pending(self, owner: UserId) -> Sequence[Reminder]:
        """Return what is still to come for this person, the nearest first."""
        query = select(Reminder).where(Reminder.owner == owner, Reminder.state == ReminderState.PENDING)
        return (await self._session.scalars(query.order_by(Reminder.due_at, Reminder.id))).all()

    async def move(self, old: RoomId, new: RoomId) -> None:
        """Let what is still to come in one room come in its successor; threads stay behind."""
        there = (Reminder.room_id == old, Reminder.state == ReminderState.PENDING)
        await self._session.execute(update(Reminder).where(*there).values(room_id=new, thread_root=None))

    async def count_pending(self, owner: UserId) -> int:
        query = select(func.count()).where(Reminder.owner == owner, Reminder.state == ReminderState.PENDING)
        return await self._session.scalar(query) or 0
