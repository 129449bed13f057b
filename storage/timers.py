"""Clocks as rows: a reminder, an escalation, a deadline. Nothing lives in memory alone."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, cast

from sqlalchemy import Index, Table, bindparam, delete, func, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base, Transaction

TOPIC = "timers"
"""What `Database.listen` is told when a clock was set."""


class TimerState(StrEnum):
    PENDING = "pending"
    FIRED = "fired"


class Timer(Base):
    """One clock of one subject. A subject has at most one pending clock of a kind."""

    __tablename__ = "timers"
    __table_args__ = (Index("ix_timers_due", "state", "due_at"), Index("ix_timers_subject", "subject", "kind"))

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    subject: Mapped[str]
    due_at: Mapped[datetime]
    payload: Mapped[dict[str, Any]]
    state: Mapped[TimerState] = mapped_column(default=TimerState.PENDING)
    fired_at: Mapped[datetime | None]


_TIMERS = cast(Table, Timer.__table__)
_SCHEDULE = insert(_TIMERS)
_CANCEL = delete(_TIMERS).where(
    _TIMERS.c.kind == bindparam("this_kind"),
    _TIMERS.c.subject == bindparam("this_subject"),
    _TIMERS.c.state == TimerState.PENDING,
)

_CANCEL_ALL = delete(_TIMERS).where(
    _TIMERS.c.subject == bindparam("this_subject"), _TIMERS.c.state == TimerState.PENDING
)


class Timers:
    """The clocks, a row each: whoever sets one is called when it is due, in a transaction."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._session = tx.session

    async def schedule(self, kind: str, subject: str, due_at: datetime, payload: dict[str, Any]) -> None:
        """Set the clock, in place of a pending one of the same kind and subject."""
        await self.schedule_all(kind, {subject: (due_at, payload)})

    async def schedule_all(self, kind: str, clocks: Mapping[str, tuple[datetime, dict[str, Any]]]) -> None:
        """Set clocks of one kind, by their subjects: when each is due, and what it is to know then."""
        if not clocks:
            return
        await self._tx.flush()  # one that was marked fired is not pending any more
        await self._tx.run(_CANCEL, [{"this_kind": kind, "this_subject": subject} for subject in clocks])
        values = [
            {"kind": kind, "subject": subject, "due_at": due, "payload": payload, "state": TimerState.PENDING}
            for subject, (due, payload) in clocks.items()
        ]
        await self._tx.run(_SCHEDULE, values)
        self._tx.changed(TOPIC)

    async def cancel(self, kind: str, subject: str) -> None:
        """Stop the pending clock of this kind and subject, if there is one."""
        await self._tx.flush()
        await self._tx.run(_CANCEL, {"this_kind": kind, "this_subject": subject})

    async def cancel_all(self, *subjects: str) -> None:
        """Stop every pending clock of these subjects."""
        await self._tx.flush()
        if subjects:
            await self._tx.run(_CANCEL_ALL, [{"this_subject": subject} for subject in subjects])

    async def next_due(self) -> datetime | None:
        """Return when the next clock is due, aware UTC; None when none is set."""
        return await self._session.scalar(select(func.min(Timer.due_at)).where(Timer.state == TimerState.PENDING))

    async def due(self, now: datetime) -> Timer | None:
        """Return the pending clock that has been due the longest."""
        query = select(Timer).where(Timer.state == TimerState.PENDING, Timer.due_at <= now)
        return (await self._session.scalars(query.order_by(Timer.due_at, Timer.id).limit(1))).first()

    async def pending(self, subject: str) -> Sequence[Timer]:
        """Return the clocks of a subject that have still to fire, by when they are due."""
        query = select(Timer).where(Timer.state == TimerState.PENDING, Timer.subject == subject)
        return (await self._session.scalars(query.order_by(Timer.due_at))).all()

    def mark_fired(self, timer: Timer, now: datetime) -> None:
        timer.state = TimerState.FIRED
        timer.fired_at = now
