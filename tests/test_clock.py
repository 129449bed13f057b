"""Clocks as rows: what became due while the bot was away fires once, in order, and says how late it is."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.clock import Clock
from commands.base import Context, Post
from commands.document import doc
from storage.audit import Audit
from storage.timers import Timer, Timers, TimerState
from tests.fakes import Network

KIND = "test.clock"


class Fired:
    """A handler that remembers what it was given."""

    def __init__(self, net: Network) -> None:
        self.subjects: list[str] = []
        self._room = net.room("ghana")
        net.machinery.house.registry.timers[KIND] = self

    async def __call__(self, timer: Timer, context: Context) -> None:
        self.subjects.append(timer.subject)
        await context.post(Post(doc=doc(f"{timer.subject} fired"), room=self._room))
        if timer.payload.get("fault"):
            raise KeyError(timer.subject)
        if timer.payload.get("again"):
            await context.timers().schedule(KIND, timer.subject, context.now + timedelta(hours=1), {})


async def plan(net: Network, subject: str, after: timedelta, **payload: Any) -> None:
    async with net.transaction() as tx:
        await Timers(tx).schedule(KIND, subject, net.now + after, payload)


async def fire(clock: Clock) -> int:
    fired = 0
    while await clock.fire_next():
        fired += 1
    return fired


def restarted(net: Network) -> Clock:
    """Return the clock of a bot that was started anew on the same database."""
    return Clock(net.database, net.machinery.house)


async def test_overdue_clocks_fire_once_after_a_restart_in_the_order_of_their_times(net: Network) -> None:
    fired = Fired(net)
    for subject, hours in (("third", 3), ("first", 1), ("second", 2), ("later", 30)):
        await plan(net, subject, timedelta(hours=hours))
    net.now += timedelta(hours=10)
    assert await fire(restarted(net)) == 3
    assert fired.subjects == ["first", "second", "third"]
    assert await fire(restarted(net)) == 0
    net.now += timedelta(hours=20)
    assert await fire(restarted(net)) == 1
    assert fired.subjects[3:] == ["later"]


async def test_how_late_a_clock_was_is_on_record(net: Network) -> None:
    Fired(net)
    await plan(net, "late", timedelta(hours=1))
    net.now += timedelta(hours=1, seconds=90)
    await fire(restarted(net))
    async with net.transaction() as tx:
        (line,) = await Audit(tx).lines("late")
    assert (line.actor, line.action, line.outcome) == ("clock", KIND, "fired")
    assert line.details == {"late_by_seconds": 90}


async def test_nothing_fires_before_its_time_nor_when_it_was_stopped(net: Network) -> None:
    fired = Fired(net)
    await plan(net, "early", timedelta(hours=1))
    await plan(net, "stopped", timedelta(minutes=1))
    async with net.transaction() as tx:
        await Timers(tx).cancel(KIND, "stopped")
    net.now += timedelta(hours=1) - timedelta(seconds=1)
    assert await fire(restarted(net)) == 0
    net.now += timedelta(seconds=1)
    assert await fire(restarted(net)) == 1
    assert fired.subjects == ["early"]


async def pending(net: Network, subject: str) -> list[str]:
    async with net.transaction() as tx:
        return [timer.kind for timer in await Timers(tx).pending(subject)]


async def test_what_one_transaction_orders_of_clocks_holds_in_its_order(net: Network) -> None:
    async with net.transaction() as tx:
        timers = Timers(tx)
        for kind in ("kept", "stopped", "anew"):
            await timers.schedule(kind, "a", net.now, {})
            await timers.schedule(kind, "b", net.now, {})
        await timers.cancel("stopped", "a")
        await timers.cancel_all("b")
        await timers.schedule("anew", "b", net.now, {})
        assert [timer.kind for timer in await timers.pending("b")] == ["anew"]
        await timers.cancel("anew", "a")
        await timers.schedule("anew", "a", net.now, {})
    assert sorted(await pending(net, "a")) == ["anew", "kept"]
    assert await pending(net, "b") == ["anew"]


async def test_a_clock_that_was_set_before_what_is_undone_stays(net: Network) -> None:
    async with net.transaction() as tx:
        timers = Timers(tx)
        await timers.schedule("before", "a", net.now, {})
        with suppress(ZeroDivisionError):
            async with tx.attempt():
                await timers.schedule("inside", "a", net.now, {})
                assert len(await timers.pending("a")) == 2
                raise ZeroDivisionError
    assert await pending(net, "a") == ["before"]


async def test_a_clock_set_again_replaces_the_one_that_waits(net: Network) -> None:
    fired = Fired(net)
    await plan(net, "moved", timedelta(hours=1))
    await plan(net, "moved", timedelta(hours=5))
    net.now += timedelta(hours=4)
    assert await fire(restarted(net)) == 0
    net.now += timedelta(hours=4)
    assert await fire(restarted(net)) == 1
    assert fired.subjects == ["moved"]


async def test_a_clock_may_set_itself_again(net: Network) -> None:
    fired = Fired(net)
    await plan(net, "daily", timedelta(hours=1), again=True)
    net.now += timedelta(hours=1)
    assert await fire(restarted(net)) == 1
    net.now += timedelta(hours=1)
    assert await fire(restarted(net)) == 1
    assert fired.subjects == ["daily", "daily"]


async def test_a_fault_in_one_clock_undoes_it_and_stops_no_other(net: Network) -> None:
    fired = Fired(net)
    await plan(net, "faulty", timedelta(hours=1), fault=True)
    await plan(net, "sound", timedelta(hours=2))
    async with net.transaction() as tx:
        await Timers(tx).schedule("a kind that nobody declares", "unknown", net.now, {})
    net.now += timedelta(hours=3)
    assert await fire(restarted(net)) == 3
    await net.settle()
    assert fired.subjects == ["faulty", "sound"]
    async with net.transaction() as tx:
        outcomes = [(await Audit(tx).lines(subject))[0].outcome for subject in ("unknown", "faulty", "sound")]
    assert outcomes == ["failed", "failed", "fired"]
    assert [heard.body for heard in net.heard("ghana")] == ["sound fired"]


async def test_a_clock_that_was_not_committed_fires_again(net: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    fired = Fired(net)
    await plan(net, "once", timedelta(hours=1))
    net.now += timedelta(hours=1)

    def crash(*_all: Any, **_more: Any) -> None:
        raise OSError("the power is gone")

    with monkeypatch.context() as crashing:
        crashing.setattr(Audit, "record", crash)
        with pytest.raises(OSError, match="power"):
            await restarted(net).fire_next()
    await net.settle()
    assert fired.subjects == ["once", "once"]
    assert [heard.body for heard in net.heard("ghana")] == ["once fired"]


@asynccontextmanager
async def running(clock: Clock) -> AsyncIterator[None]:
    task = asyncio.create_task(clock.run())
    try:
        yield
        assert not task.done()
    finally:
        async with clock._database.idle():
            task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def on_disk(tmp_path: Path) -> AsyncIterator[Network]:
    """The network in a file: a cancelled transaction ends its connection, and with it a database in memory."""
    async with Network.open(url=f"sqlite:///{tmp_path / 'test.db'}") as network:
        yield network


async def until_fired(net: Network, subject: str) -> None:
    """Wait until the clock of a subject is fired and committed."""
    async with asyncio.timeout(20):
        while True:
            async with net.transaction() as tx:
                if not await Timers(tx).pending(subject):
                    return
            await asyncio.sleep(0.005)


async def test_the_running_clock_fires_what_is_overdue_and_what_is_set_meanwhile(on_disk: Network) -> None:
    fired = Fired(on_disk)
    await plan(on_disk, "overdue", -timedelta(hours=1))
    clock = restarted(on_disk)
    async with running(clock):
        await until_fired(on_disk, "overdue")
        await plan(on_disk, "soon", timedelta(0))
        clock.notify()
        await until_fired(on_disk, "soon")
    assert fired.subjects == ["overdue", "soon"]


async def test_the_running_clock_outlives_a_failing_database(on_disk: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    Fired(on_disk)
    await plan(on_disk, "overdue", -timedelta(hours=1))
    transaction, failed = on_disk.database.transaction, asyncio.Event()

    @asynccontextmanager
    async def shaky() -> AsyncIterator[Any]:
        if not failed.is_set():
            failed.set()
            raise OSError("the disk is full")
        async with transaction() as tx:
            yield tx

    clock = restarted(on_disk)
    with monkeypatch.context() as failing:
        failing.setattr(on_disk.database, "transaction", shaky)
        async with running(clock):
            async with asyncio.timeout(20):
                await failed.wait()
            clock.notify()
            await until_fired(on_disk, "overdue")


async def test_a_fired_clock_is_kept_for_the_record(net: Network) -> None:
    Fired(net)
    await plan(net, "kept", timedelta(0))
    await fire(restarted(net))
    async with net.transaction() as tx:
        timer = await tx.session.get(Timer, 1)
        assert timer is not None
        assert (timer.state, timer.fired_at) == (TimerState.FIRED, net.now)
