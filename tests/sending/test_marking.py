"""Messages that arrive in the same moment are marked sent together: none is lost by it, and none said twice."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from bot.matrix.interface import MembershipChange, SyncBatch
from bot.steps import Step
from commands.base import Post
from commands.document import doc
from storage.ids import UserId
from storage.outbox import OutboxRow, RowState
from tests.fakes import Network
from tests.sending.helping import Gate, bodies, post, row_of, running, until


async def _broadcast(net: Network, rooms: int, **wishes: Any) -> list[int]:
    for number in range(rooms):
        await net.add_room(f"r{number}", {"ghana"})
    return [await post(net, "hello", f"r{number}", **wishes) for number in range(rooms)]


async def test_what_arrives_in_the_same_moment_is_marked_together(
    on_disk: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[int] = []
    steps: list[str] = []

    async def note(rows: Sequence[OutboxRow], _context: Any) -> None:
        assert all(row.state is RowState.SENT and row.event_id is not None for row in rows)
        told.extend(row.id for row in rows)

    on_disk.machinery.house.registry.deliveries_together["noted"] = note
    monkeypatch.setattr(on_disk.machinery.sender._marking, "_observer", steps.append)
    rows = await _broadcast(on_disk, 40, report="noted")
    async with running(on_disk):
        await until(lambda: len(told) == 40)
    assert sorted(told) == rows
    assert 0 < steps.count(Step.MARKED) <= 5
    assert {(await row_of(on_disk, row)).state for row in rows} == {RowState.SENT}


async def test_of_those_marked_together_one_at_fault_harms_no_other(net_on_each: Network) -> None:
    net = net_on_each
    told: list[int] = []

    async def note(rows: Sequence[OutboxRow], context: Any) -> None:
        for row in rows:
            await context.post(Post(doc=doc(f"of {row.id}"), room=net.room("belgium")))
        if any(row.id == 2 for row in rows):
            raise KeyError
        told.extend(row.id for row in rows)

    net.machinery.house.registry.deliveries_together["noted"] = note
    sender = net.machinery.sender
    for room in ("ghana", "netherlands", "germany"):
        await post(net, "hello", room, report="noted")
    for room in ("ghana", "netherlands", "germany"):
        async with net.transaction() as tx:
            head = await sender._head(net.room(room), tx)
        assert head is not None
        sender._marking.add(head, await sender._trying.once(head))
    await sender.catch_up()
    assert told == [1, 3]
    await net.settle()
    assert bodies(net, "belgium") == ["of 1", "of 3"]
    assert {(await row_of(net, row)).state for row in (1, 2, 3)} == {RowState.SENT}


async def test_when_marking_together_fails_all_are_tried_again_and_none_is_said_twice(
    on_disk: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    settling = on_disk.machinery.sender._settling
    settle, failures = settling.settle_together, 1

    async def shaky(tried: Any, tx: Any) -> None:
        nonlocal failures
        await settle(tried, tx)
        if failures:
            failures -= 1
            raise OSError("the disk is full")

    monkeypatch.setattr(settling, "settle_together", shaky)
    rows = await _broadcast(on_disk, 20)
    async with running(on_disk):
        await until(lambda: not failures)
        async with asyncio.timeout(20):
            while {(await row_of(on_disk, row)).state for row in rows} != {RowState.SENT}:  # noqa: ASYNC110 - see `until`
                await asyncio.sleep(0.05)
    assert [bodies(on_disk, f"r{number}") for number in range(20)] == [["hello"]] * 20


async def test_what_has_arrived_is_known_to_whoever_answers_it_at_once(
    on_disk: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(on_disk, monkeypatch)
    marking = on_disk.machinery.sender._marking
    monkeypatch.setattr("bot.sender.marking._LONGEST_REST", 600)
    (first, *_) = await _broadcast(on_disk, 3)
    async with running(on_disk):
        await gate.until(lambda: len(gate.waiting) == 3)
        gate.waiting[on_disk.room("r0")].set()
        await until(lambda: marking.resting == 1)
        assert (await row_of(on_disk, first)).state is RowState.PENDING
        # What is said next may be said of it.
        await on_disk.machinery.journal(
            SyncBatch("s1", [MembershipChange(on_disk.room("r0"), UserId("@new:test"), True)])
        )
        assert await on_disk.machinery.dispatcher.handle_next()
        assert (await row_of(on_disk, first)).state is RowState.SENT
    assert {(await row_of(on_disk, row)).state for row in (2, 3)} == {RowState.PENDING}


async def test_what_has_arrived_is_marked_before_the_sender_ends(
    on_disk: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(on_disk, monkeypatch)
    monkeypatch.setattr("bot.sender.marking._LONGEST_REST", 600)
    (first, *_) = await _broadcast(on_disk, 3)
    async with running(on_disk):
        await gate.until(lambda: len(gate.waiting) == 3)
        gate.waiting[on_disk.room("r0")].set()
        await until(lambda: on_disk.machinery.sender._marking.resting == 1)
    assert (await row_of(on_disk, first)).state is RowState.SENT
