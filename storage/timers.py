"""Clocks as rows: a reminder, an escalation, a deadline. Nothing lives in memory alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
    """The clocks, a row each: whoever sets one is called when it is due, in a transaction.

    What is set and stopped is written together, when the transaction is about to end or asks for clocks.
    """

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._session = tx.session

    async def schedule(self, kind: str, subject: str, due_at: datetime, payload: dict[str, Any]) -> None:
        """Set the clock, in place of a pending one of the same kind and subject."""
        await self.schedule_all(kind, {subject: (due_at, payload)})

    async def schedule_all(self, kind: str, clocks: Mapping[str, tuple[datetime, dict[str, Any]]]) -> None:
        """Set clocks of one kind, by their subjects: when each is due, and what it is to know then."""
        for subject, (due, payload) in clocks.items():
            clock = {"kind": kind, "subject": subject, "due_at": due, "payload": payload, "state": TimerState.PENDING}
            self._tx.collect(_write, _Order(subject, kind, clock))
        if clocks:
            self._tx.changed(TOPIC)

    async def cancel(self, kind: str, subject: str) -> None:
        """Stop the pending clock of this kind and subject, if there is one."""
        self._tx.collect(_write, _Order(subject, kind))

    async def cancel_all(self, *subjects: str) -> None:
        """Stop every pending clock of these subjects."""
        for subject in subjects:
            self._tx.collect(_write, _Order(subject))

    async def next_due(self) -> datetime | None:
        """Return when the next clock is due, aware UTC; None when none is set."""
        await self._tx.write_collected(_write)
        return await self._session.scalar(select(func.min(Timer.due_at)).where(Timer.state == TimerState.PENDING))

    async def due(self, now: datetime) -> Timer | None:
        """Return the pending clock that has been due the longest."""
        await self._tx.write_collected(_write)
        query = select(Timer).where(Timer.state == TimerState.PENDING, Timer.due_at <= now)
        return (await self._session.scalars(query.order_by(Timer.due_at, Timer.id).limit(1))).first()

    async def pending(self, subject: str) -> Sequence[Timer]:
        """Return the clocks of a subject that have still to fire, by when they are due."""
        await self._tx.write_collected(_write)
        query = select(Timer).where(Timer.state == TimerState.PENDING, Timer.subject == subject)
        return (await self._session.scalars(query.order_by(Timer.due_at))).all()

    def mark_fired(self, timer: Timer, now: datetime) -> None:
        timer.state = TimerState.FIRED
        timer.fired_at = now


@dataclass(frozen=True, slots=True)
class _Order:
    """What a transaction wants of the clocks of a subject: of one kind, or all; none is set without a `clock`."""

    subject: str
    kind: str | None = None
    clock: Mapping[str, Any] | None = None


async def _write(tx: Transaction, orders: Sequence[_Order]) -> None:
    """Carry out what a transaction wanted of clocks, in a statement for each kind of order."""
    wiped: dict[str, None] = {}
    wanted: dict[tuple[str, str], Mapping[str, Any] | None] = {}
    for order in orders:
        if order.kind is not None:
            wanted[order.kind, order.subject] = order.clock
            continue
        wiped[order.subject] = None
        for name in [name for name in wanted if name[1] == order.subject]:
            wanted[name] = None
    await tx.flush()  # one that was marked fired is not pending any more
    if wiped:
        await tx.run(_CANCEL_ALL, [{"this_subject": subject} for subject in wiped])
    replaced = [{"this_kind": kind, "this_subject": subject} for kind, subject in wanted if subject not in wiped]
    if replaced:
        await tx.run(_CANCEL, replaced)
    clocks = [clock for clock in wanted.values() if clock is not None]
    if clocks:
        await tx.run(_SCHEDULE, clocks)
