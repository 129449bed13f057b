"""The outbox on its way: order, parallel rooms, urgency, pauses, retries, and what is said when it is in vain."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot import outgoing
from bot.matrix.interface import Rejected, RoomUnsafe, Sent, Throttled, Unavailable, WhyUnsafe
from bot.sender.heads import relation_of
from commands.base import Post
from commands.document import doc
from storage.ids import EventId, RoomId
from storage.outbox import Outbox, OutboxRow, Priority, RowKind, RowState
from tests.fakes import Network

COUNTRIES = ["ghana", "netherlands", "belgium", "germany"]


async def post(net: Network, text: str, room: str = "ghana", **wishes: Any) -> int:
    """Write a message to the outbox and return its row."""
    async with net.transaction() as tx:
        wanted = Post(doc=doc(text), room=net.room(room), **wishes)
        row = await outgoing.write(tx, wanted, device=net.gateway.device, now=net.now)
        return row.id


async def row_of(net: Network, row_id: int) -> OutboxRow:
    async with net.transaction() as tx:
        row = await Outbox(tx).get(row_id)
        assert row is not None
        return row


def bodies(net: Network, room: str = "ghana") -> list[str]:
    return [heard.body for heard in net.heard(room)]


class Gate:
    """Holds every send until it is let through, and counts how many wait at the same time."""

    def __init__(self, net: Network, monkeypatch: pytest.MonkeyPatch) -> None:
        self.waiting: dict[RoomId, asyncio.Event] = {}
        self.began: list[RoomId] = []
        self.most = 0
        self.open = False
        self._send = net.gateway.send
        self._changed = asyncio.Condition()
        monkeypatch.setattr(net.gateway, "send", self.send)

    async def send(self, room: RoomId, content: Mapping[str, Any], transaction: str, **how: Any) -> Sent:
        assert room not in self.waiting, "two messages of one room at the same time"
        async with self._changed:
            self.waiting[room] = asyncio.Event()
            if self.open:
                self.waiting[room].set()
            self.began.append(room)
            self.most = max(self.most, len(self.waiting))
            self._changed.notify_all()
        await self.waiting[room].wait()
        async with self._changed:
            del self.waiting[room]
            self._changed.notify_all()
        return await self._send(room, content, transaction, **how)

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(20), self._changed:
            await self._changed.wait_for(condition)


@pytest.fixture
async def on_disk(tmp_path: Path) -> AsyncIterator[Network]:
    """The network in a file: a cancelled transaction ends its connection, and with it a database in memory."""
    async with Network.open(url=f"sqlite:///{tmp_path / 'test.db'}") as network:
        yield network


@asynccontextmanager
async def running(net: Network) -> AsyncIterator[None]:
    """The sender as it runs for real, beside the test."""
    task = asyncio.create_task(net.machinery.sender.run())
    try:
        yield
        assert not task.done()
    finally:
        async with net.database.idle():
            task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - what the sender does is seen in the fake alone
            await asyncio.sleep(0.005)


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


async def test_what_meets_a_fault_of_the_program_is_given_up_and_what_is_behind_it_goes_on(
    net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = net.gateway.send

    async def faulty(room: RoomId, content: Mapping[str, Any], transaction: str, **how: Any) -> Sent:
        if content["body"] == "poison":
            raise KeyError(content["body"])
        return await send(room, content, transaction, **how)

    monkeypatch.setattr(net.gateway, "send", faulty)
    poison = await post(net, "poison", origin=net.person("ghana"))
    await post(net, "behind it")
    for _minute in range(10):
        await net.settle()
        net.now += timedelta(minutes=1)
    assert (await row_of(net, poison)).state is RowState.GIVEN_UP
    assert bodies(net) == ["behind it"]
    assert "could not deliver" in bodies(net, "coordination")[-1]


async def test_rooms_with_something_urgent_come_first(net: Network) -> None:
    await post(net, "announced", "ghana", priority=Priority.ANNOUNCEMENT)
    await post(net, "reminded", "netherlands", priority=Priority.REMINDER)
    await post(net, "answered", "belgium", priority=Priority.ANSWER)
    await post(net, "alerted", "germany", priority=Priority.ANNOUNCEMENT)
    await post(net, "alerted", "germany", priority=Priority.ALERT)
    await net.settle()
    order = list(dict.fromkeys(room for room, _transaction in net.gateway.sent_order))
    assert order == [net.room(name) for name in ("germany", "belgium", "netherlands", "ghana")]


async def test_a_429_pauses_everybody_as_long_as_told(net: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[datetime] = []
    send = net.gateway.send

    async def limited(room: RoomId, content: Mapping[str, Any], transaction: str, **how: Any) -> Sent:
        tried.append(net.now)
        if len(tried) == 1:
            raise Throttled(timedelta(seconds=40))
        return await send(room, content, transaction, **how)

    monkeypatch.setattr(net.gateway, "send", limited)
    began = net.now
    for room in COUNTRIES:
        await post(net, "hello", room)
    for _second in range(0, 45, 5):
        await net.settle()
        net.now += timedelta(seconds=5)
    assert tried == [began] + [began + timedelta(seconds=40)] * 4
    assert all(bodies(net, room) == ["hello"] for room in COUNTRIES)


async def test_of_two_pauses_the_longer_one_holds(net: Network) -> None:
    net.fail_room("ghana", Throttled(timedelta(seconds=60)))
    first, second = await post(net, "a", "ghana"), await post(net, "b", "netherlands")
    sender = net.machinery.sender
    await sender._work(net.room("ghana"))
    net.fail_room("netherlands", Throttled(timedelta(seconds=5)))
    async with net.transaction() as tx:
        row = await Outbox(tx).get(second)
        assert row is not None
        relation = await relation_of(row, tx)
    await sender._trying.once(row, relation, None)
    net.fail_room("netherlands", None)
    net.now += timedelta(seconds=30)
    await net.settle()
    assert bodies(net, "netherlands") == []
    net.fail_room("ghana", None)
    net.now += timedelta(seconds=31)
    await net.settle()
    assert bodies(net, "netherlands") == ["b"]
    assert (await row_of(net, first)).state is RowState.SENT


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


async def test_after_a_pause_the_sender_sleeps_again(net: Network) -> None:
    sender = net.machinery.sender
    assert await sender._until_next_attempt() == 60
    net.fail_room("ghana", Throttled(timedelta(seconds=40)))
    await post(net, "hello")
    await net.settle()
    assert await sender._until_next_attempt() == 40
    net.fail_room("ghana", None)
    net.now += timedelta(seconds=41)
    await net.settle()
    assert bodies(net) == ["hello"]
    assert await sender._until_next_attempt() == 60


async def test_an_unreachable_homeserver_is_tried_ever_more_seldom_and_given_up_in_the_end() -> None:
    async with Network.open(sending={"give_up_after": "1h"}) as net:
        net.fail_room("ghana", Unavailable("down"))
        net.machinery.sender._pauses._jitter = lambda: 0.5
        row_id = await post(net, "hello", origin=net.person("ghana"))
        began, waits = net.now, []
        while (row := await row_of(net, row_id)).state is RowState.PENDING:
            await net.settle()
            row = await row_of(net, row_id)
            if row.not_before is not None:
                waits.append((row.not_before - net.now).total_seconds())
                net.now = row.not_before
        assert waits[:9] == [1, 2, 4, 8, 16, 32, 64, 128, 256]
        assert set(waits[9:]) == {300}
        assert timedelta(hours=1) < net.now - began < timedelta(hours=1, minutes=6)
        assert row.failure is not None
        assert "could not deliver" in bodies(net, "coordination")[-1]


async def test_waits_differ_so_that_not_all_come_back_at_once(net: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    waits = set()
    for jitter in (0.0, 0.5, 1.0):
        monkeypatch.setattr(net.machinery.sender._pauses, "_jitter", [jitter].pop)
        waits.add(net.machinery.sender._pauses.backoff(3).total_seconds())
    assert waits == {6.0, 8.0, 10.0}


async def test_an_edit_of_what_was_never_sent_is_left_out(net: Network) -> None:
    net.fail_room("ghana", Rejected(400, "M_UNKNOWN"))
    first = await post(net, "first")
    await net.settle()
    net.fail_room("ghana", None)
    edit = await post(net, "edited", replaces=first)
    await post(net, "after")
    await net.settle()
    assert (await row_of(net, edit)).state is RowState.DROPPED
    assert bodies(net) == ["after"]


async def test_an_edit_waits_for_what_it_edits_and_only_the_last_of_several_is_sent(net: Network) -> None:
    net.fail_room("ghana", Unavailable("down"))
    first = await post(net, "first")
    edits = [await post(net, f"edit {number}", replaces=first) for number in range(4)]
    await net.settle()
    assert bodies(net) == []
    net.fail_room("ghana", None)
    net.now += timedelta(minutes=1)
    await net.settle()
    # What waited is said as it is now, never first as it was.
    assert bodies(net) == ["edit 3", "edit 3"]
    heard = net.heard("ghana")
    assert heard[1].replaces == heard[0].event_id
    assert [(await row_of(net, edit)).state for edit in edits] == [RowState.DROPPED] * 3 + [RowState.SENT]


async def test_an_edit_waits_for_a_message_that_another_lane_has_not_sent_yet(net: Network) -> None:
    net.fail_room("ghana", Unavailable("down"))
    first = await post(net, "first")
    edit = await post(net, "edited", replaces=first)
    async with net.transaction() as tx:
        row = await Outbox(tx).get(edit)
        assert row is not None
        row.lane = "another lane"
    await net.settle()
    assert (await row_of(net, edit)).state is RowState.PENDING
    net.fail_room("ghana", None)
    for _try in range(4):
        net.now += timedelta(minutes=1)
        await net.settle()
    assert bodies(net) == ["edited", "edited"]
    assert net.heard("ghana")[1].replaces == net.heard("ghana")[0].event_id


async def test_an_edit_that_was_tried_is_not_overtaken_because_it_may_be_there(net: Network) -> None:
    first = await post(net, "first")
    await net.settle()
    net.fail_room("ghana", Unavailable("the answer was lost"))
    tried = await post(net, "tried", replaces=first)
    await net.settle()
    await post(net, "newest", replaces=first)
    net.fail_room("ghana", None)
    net.now += timedelta(minutes=1)
    await net.settle()
    assert (await row_of(net, tried)).state is RowState.SENT
    # Whether the homeserver has the one that was tried or makes it now, the newest comes after it.
    assert bodies(net) == ["first", "newest", "newest"]


async def test_an_edit_notifies_nobody_anew(net: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[Mapping[str, Any]] = []
    send = net.gateway.send

    async def kept(room: RoomId, content: Mapping[str, Any], transaction: str, **how: Any) -> Sent:
        sent.append(content)
        return await send(room, content, transaction, **how)

    monkeypatch.setattr(net.gateway, "send", kept)
    first = await post(net, "first", thread_root=EventId("$root"))
    await net.settle()
    await post(net, "second", replaces=first)
    await net.settle()
    original, edit = sent
    assert original["m.relates_to"] == {"rel_type": "m.thread", "event_id": "$root"}
    assert edit["m.relates_to"]["rel_type"] == "m.replace"
    assert edit["m.mentions"] == edit["m.new_content"]["m.mentions"] == {}
    assert edit["body"] == "* second"
    assert edit["m.new_content"]["body"] == "second"


async def test_a_message_joins_the_thread_of_one_that_was_still_waiting(net: Network) -> None:
    root = await post(net, "card")
    await post(net, "line", thread_row=root)
    await net.settle()
    card, line = net.heard("ghana")
    assert line.thread_root == card.event_id


async def test_a_loss_is_told_to_the_coordinators_and_to_who_asked_and_not_to_the_lost_room(net: Network) -> None:
    net.fail_room("ghana", RoomUnsafe(WhyUnsafe.WORLD_READABLE))
    await post(net, "secret words", origin=net.person("netherlands"))
    await post(net, "nobody asked")
    await net.settle()
    told = bodies(net, "coordination")
    assert len(told) == 2
    assert all("everybody can read" in one and "secret words" not in one for one in told)
    direct = await net.heard_by("netherlands")
    assert len(direct) == 1
    assert "secret words" not in direct[0].body
    net.fail_room("ghana", None)
    await net.settle()
    assert bodies(net) == []


async def test_a_delivery_handlers_fault_does_not_unsend(net: Network) -> None:
    async def faulty(row: OutboxRow, context: Any) -> None:
        await context.post(Post(doc=doc("half done"), room=net.room("belgium")))
        raise KeyError(row.id)

    net.machinery.house.registry.deliveries["faulty"] = faulty
    sent = await post(net, "hello", report="faulty")
    net.fail_room("netherlands", Rejected(403, "M_FORBIDDEN"))
    lost = await post(net, "hello", "netherlands", report="faulty")
    unknown = await post(net, "hello", "germany", report="nobody by this name")
    await net.settle()
    states = [(await row_of(net, one)).state for one in (sent, lost, unknown)]
    assert states == [RowState.SENT, RowState.GIVEN_UP, RowState.SENT]
    assert bodies(net, "belgium") == []  # what the handler did is undone
    assert len(bodies(net, "coordination")) == 1


async def test_an_invitation_that_was_there_already_is_no_loss(net: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    answers: list[Exception] = [Rejected(403, "M_FORBIDDEN"), Unavailable("lost"), Rejected(403, "M_FORBIDDEN")]

    async def invite(room: RoomId, user: str) -> None:
        raise answers.pop(0)

    monkeypatch.setattr(net.gateway, "invite", invite)
    wanted: dict[str, Any] = {"kind": RowKind.INVITE, "content": {"user": net.person("germany")}}
    refused = await post(net, "", **wanted)
    await net.settle()
    retried = await post(net, "", **wanted)
    await net.settle()
    net.now += timedelta(minutes=1)
    await net.settle()
    assert (await row_of(net, refused)).state is RowState.GIVEN_UP
    assert (await row_of(net, retried)).state is RowState.SENT


async def test_a_failing_database_stops_nothing_for_good(on_disk: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    failures = 3
    transaction = on_disk.database.transaction

    @asynccontextmanager
    async def shaky() -> AsyncIterator[Any]:
        nonlocal failures
        if failures:
            failures -= 1
            raise OSError("the disk is full")
        async with transaction() as tx:
            yield tx

    slept: list[float] = []

    async def nap(seconds: float | None) -> None:
        slept.append(seconds or 0)
        await asyncio.sleep(0)

    await post(on_disk, "hello")
    monkeypatch.setattr(on_disk.database, "transaction", shaky)
    monkeypatch.setattr(on_disk.machinery.sender, "_wait", nap)
    async with running(on_disk):
        await until(lambda: bodies(on_disk) == ["hello"])
    assert slept[:3] == [1.0, 2.0, 4.0]


async def test_a_database_that_fails_after_the_send_makes_no_second_message(
    on_disk: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle, failures = on_disk.machinery.sender._settling.settle, 1

    async def shaky(row: OutboxRow, outcome: Any, tx: Any) -> None:
        nonlocal failures
        if failures:
            failures -= 1
            raise OSError("the disk is full")
        await settle(row, outcome, tx)

    monkeypatch.setattr(on_disk.machinery.sender._settling, "settle", shaky)
    row_id = await post(on_disk, "hello")
    await post(on_disk, "after")
    async with running(on_disk):
        await until(lambda: len(bodies(on_disk)) == 2)
    assert bodies(on_disk) == ["hello", "after"]
    assert (await row_of(on_disk, row_id)).state is RowState.SENT


async def test_a_cancelled_sender_leaves_what_was_under_way_to_the_next(
    on_disk: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as held:
        gate = Gate(on_disk, held)
        row_id = await post(on_disk, "hello")
        async with running(on_disk):
            await gate.until(lambda: len(gate.waiting) == 1)
    assert (await row_of(on_disk, row_id)).state is RowState.PENDING
    async with running(on_disk):
        await until(lambda: bodies(on_disk) == ["hello"])
