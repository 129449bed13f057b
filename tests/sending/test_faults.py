"""A homeserver or a database that fails: pauses, retries, and what is said when it is in vain."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.matrix.interface import Rejected, RoomUnsafe, Sent, Throttled, Unavailable, WhyUnsafe
from bot.sender.outcome import NO_RELATION, Audience, Head
from commands.base import Post
from commands.document import doc
from storage.ids import RoomId
from storage.outbox import OutboxRow, Priority, RowKind, RowState
from tests.fakes import Network
from tests.sending.helping import COUNTRIES, Gate, bodies, post, row_of, running, until


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
    row = await row_of(net, second)
    await sender._trying.once(Head(row, False, row.priority, NO_RELATION, Audience(None)))
    net.fail_room("netherlands", None)
    net.now += timedelta(seconds=30)
    await net.settle()
    assert bodies(net, "netherlands") == []
    net.fail_room("ghana", None)
    net.now += timedelta(seconds=31)
    await net.settle()
    assert bodies(net, "netherlands") == ["b"]
    assert (await row_of(net, first)).state is RowState.SENT


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


async def test_an_alert_is_tried_again_within_half_a_minute_however_long_the_outage_was(net: Network) -> None:
    for room in ("ghana", "germany"):
        net.fail_room(room, Unavailable("down"))
    await post(net, "announced", "ghana", priority=Priority.ANNOUNCEMENT)
    await post(net, "alerted", "ghana", priority=Priority.ALERT)
    await post(net, "announced", "germany", priority=Priority.ANNOUNCEMENT)
    for _second in range(2_000):
        net.now += timedelta(seconds=1)
        await net.machinery.sender.drain()
    for room in ("ghana", "germany"):
        net.fail_room(room, None)
    net.now += timedelta(seconds=30)
    await net.settle()
    assert bodies(net, "ghana") == ["announced", "alerted"]
    assert bodies(net, "germany") == []
    net.now += timedelta(minutes=7)
    await net.settle()
    assert bodies(net, "germany") == ["announced"]


async def test_waits_differ_so_that_not_all_come_back_at_once(net: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    waits = set()
    for jitter in (0.0, 0.5, 1.0):
        monkeypatch.setattr(net.machinery.sender._pauses, "_jitter", [jitter].pop)
        waits.add(net.machinery.sender._pauses.backoff(3).total_seconds())
    assert waits == {6.0, 8.0, 10.0}


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
    wanted: dict[str, Any] = {"kind": RowKind.INVITE, "content": {"user": net.person("ghana2")}}
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
