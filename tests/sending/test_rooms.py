"""Order within a room, rooms in parallel, the urgent ones first, and none that holds up another."""

import pytest

from bot import outgoing
from bot.matrix.interface import Rejected, Unavailable
from commands.base import Post
from commands.document import doc
from storage.outbox import Priority
from tests.fakes import Network
from tests.sending.helping import COUNTRIES, Gate, bodies, post, running, until


async def test_order_is_kept_within_a_room_whatever_the_urgency(on_disk: Network) -> None:
    priorities = [Priority.ANNOUNCEMENT, Priority.ALERT, Priority.REMINDER, Priority.ANSWER]
    for number, priority in enumerate(priorities):
        await post(on_disk, str(number), priority=priority)
    async with running(on_disk):
        await until(lambda: len(bodies(on_disk)) == 4)
    assert bodies(on_disk) == ["0", "1", "2", "3"]


async def test_eight_rooms_are_sent_to_at_a_time_and_never_one_room_twice(
    on_disk: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(on_disk, monkeypatch)
    for number in range(11):
        await on_disk.add_room(f"r{number}", {"ghana"})
        await post(on_disk, "first", f"r{number}")
        await post(on_disk, "second", f"r{number}")
    async with running(on_disk):
        await gate.until(lambda: len(gate.waiting) == 8)
        held = list(gate.waiting)
        gate.waiting[held[0]].set()
        await gate.until(lambda: gate.began.count(held[0]) == 2)  # its second message takes the free place
        assert len(gate.waiting) == 8
        gate.open = True
        for each in gate.waiting.values():
            each.set()
        await until(lambda: all(len(on_disk.heard(f"r{number}")) == 2 for number in range(11)))
    assert gate.most == 8
    assert all(bodies(on_disk, f"r{number}") == ["first", "second"] for number in range(11))


async def test_a_room_that_hangs_holds_up_no_other(on_disk: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate(on_disk, monkeypatch)
    for room in COUNTRIES:
        await post(on_disk, "hello", room)
    async with running(on_disk):
        await gate.until(lambda: len(gate.waiting) == 4)
        for room in COUNTRIES[1:]:
            gate.waiting[on_disk.room(room)].set()
        await until(lambda: all(bodies(on_disk, room) == ["hello"] for room in COUNTRIES[1:]))
        assert bodies(on_disk, "ghana") == []


@pytest.mark.parametrize("error", [Unavailable("down"), Rejected(403, "M_FORBIDDEN"), RuntimeError("a fault of ours")])
async def test_a_room_that_fails_holds_up_no_other(net: Network, error: Exception) -> None:
    net.gateway.rooms[net.room("ghana")].failure = error  # type: ignore[assignment]  # also what must never happen
    for room in COUNTRIES:
        await post(net, "hello", room)
    await net.settle()
    assert [bodies(net, room) for room in COUNTRIES] == [[], ["hello"], ["hello"], ["hello"]]


async def test_rooms_with_something_urgent_come_first(net: Network) -> None:
    await post(net, "announced", "ghana", priority=Priority.ANNOUNCEMENT)
    await post(net, "reminded", "netherlands", priority=Priority.REMINDER)
    await post(net, "answered", "belgium", priority=Priority.ANSWER)
    await post(net, "alerted", "germany", priority=Priority.ANNOUNCEMENT)
    await post(net, "alerted", "germany", priority=Priority.ALERT)
    await net.settle()
    order = list(dict.fromkeys(room for room, _transaction in net.gateway.sent_order))
    assert order == [net.room(name) for name in ("germany", "belgium", "netherlands", "ghana")]


async def test_a_lane_taken_up_while_its_answer_was_made_ready_is_not_worked_on_twice(
    on_disk: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL lets others go on while a transaction waits; here they are let on by hand."""
    gate = Gate(on_disk, monkeypatch)
    sender = on_disk.machinery.sender
    async with running(on_disk):
        await until(lambda: sender._running and not sender._news.is_set())
        async with on_disk.transaction() as tx:
            words = Post(doc=doc("once"), room=on_disk.room("ghana"))
            await outgoing.write(tx, words, device=on_disk.gateway.device_id, now=on_disk.now)
            await sender.look_ahead(tx)
            sender._start(on_disk.room("ghana"))
            worker = sender._workers[on_disk.room("ghana")]
        assert sender._workers[on_disk.room("ghana")] is worker
        await gate.until(lambda: len(gate.waiting) == 1)
        gate.open = True
        gate.waiting[on_disk.room("ghana")].set()
        await until(lambda: not sender._workers)
    assert bodies(on_disk) == ["once"]


async def test_what_comes_while_every_place_is_taken_is_not_forgotten(
    on_disk: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(on_disk, monkeypatch)
    for number in range(11):
        await on_disk.add_room(f"r{number}", {"ghana"})
    async with running(on_disk):
        for number in range(11):
            if number == 8:
                await gate.until(lambda: len(gate.waiting) == 8)
            await post(on_disk, "hello", f"r{number}")
        gate.open = True
        for waiting in list(gate.waiting.values()):
            waiting.set()
        await gate.until(lambda: len(gate.began) == 11 and not gate.waiting)


async def test_what_is_urgent_has_the_next_free_place(on_disk: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate(on_disk, monkeypatch)
    for number in range(30):
        await on_disk.add_room(f"r{number}", {"ghana"})
        await post(on_disk, "announced", f"r{number}", priority=Priority.ANNOUNCEMENT)
    async with running(on_disk):
        await gate.until(lambda: len(gate.waiting) == 8)
        await post(on_disk, "alerted", "germany", priority=Priority.ALERT)
        gate.waiting[gate.began[0]].set()
        await gate.until(lambda: len(gate.began) == 9)
        assert gate.began[-1] == on_disk.room("germany")
        gate.open = True
        for waiting in list(gate.waiting.values()):
            waiting.set()
        await gate.until(lambda: len(gate.began) == 31 and not gate.waiting)
    assert gate.most == 8


async def test_a_message_joins_the_thread_of_one_that_was_still_waiting(net: Network) -> None:
    root = await post(net, "card")
    await post(net, "line", thread_row=root)
    await net.settle()
    card, line = net.heard("ghana")
    assert line.thread_root == card.event_id
