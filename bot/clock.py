"""Wakes the bot when a clock is due. The clocks themselves are rows; APScheduler holds one wake-up and nothing else."""

import asyncio
from datetime import datetime, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.context import BotContext, House, nowhere
from storage.audit import Audit
from storage.base import Database
from storage.timers import Timers

log = structlog.get_logger()

_WAKE_UP = "next-due"
_SAFETY = timedelta(minutes=1)
"""A wake-up at least this often: the machine's clock may be set, or a laptop may have slept."""


class Clock:
    def __init__(self, database: Database, house: House) -> None:
        self._database = database
        self._house = house
        self._tick = asyncio.Event()

    def notify(self) -> None:
        """Clocks were set, or it is time."""
        self._tick.set()

    async def run(self) -> None:
        """Fire what is due, and what becomes due, until cancelled."""
        scheduler = AsyncIOScheduler(timezone="UTC")
        scheduler.start()
        self._tick.set()
        pause = 1.0
        try:
            while True:
                await self._tick.wait()
                self._tick.clear()
                try:
                    while await self.fire_next():
                        pause = 1.0
                    due = await self._next_due()
                except Exception:  # the database failed: the clocks are rows and wait
                    log.exception("clock.stalled", retry_in=pause)
                    due = self._house.now() + timedelta(seconds=pause)
                    pause = min(pause * 2, 60.0)
                at = min(due, self._house.now() + _SAFETY) if due else self._house.now() + _SAFETY
                scheduler.add_job(
                    self._tick.set, "date", run_date=at, id=_WAKE_UP, replace_existing=True, misfire_grace_time=None
                )
        finally:
            scheduler.shutdown(wait=False)

    async def fire_next(self) -> bool:
        """Fire the clock that has been due the longest, in one transaction; False when none is due."""
        async with self._database.transaction() as tx:
            now = self._house.now()
            timer = await Timers(tx).due(now)
            if timer is None:
                return False
            Timers(tx).mark_fired(timer, now)
            late = now - timer.due_at
            outcome = "fired"
            try:
                async with tx.attempt():
                    context = BotContext(self._house, tx, now, nowhere())
                    await self._house.registry.timers[timer.kind](timer, context)
            except Exception:  # a bug in one clock must not stop the others
                log.exception("clock.bug", kind=timer.kind, timer=timer.id)
                outcome = "failed"
            Audit(tx).record(
                now,
                "clock",
                timer.kind,
                outcome,
                subject=timer.subject,
                details={"late_by_seconds": round(late.total_seconds())},
            )
        return True

    async def _next_due(self) -> datetime | None:
        async with self._database.transaction() as tx:
            return await Timers(tx).next_due()
