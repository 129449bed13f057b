"""What is kept in memory of small tables is never older than the database, on each kind of it."""

import pytest
from sqlalchemy import select, update

from storage.base import Transaction
from storage.ids import CountryCode, DeviceId, RoomId, UserId
from storage.members import Member, Members
from storage.outbox import Lanes, Outbox, OutboxRow, Priority, RowKind
from storage.rooms import Binding, BindingKind, Rooms
from tests.fakes import BOT, START, Network


class Undo(Exception):
    """Undoes a transaction."""


async def _move_to(tx: Transaction, user: UserId, zone: str, *, flush: bool) -> None:
    member = await Members(tx).get(user)
    assert member is not None
    member.zone = zone
    if flush:
        await tx.flush()


async def _move_and_undo(net: Network, user: UserId, *, flush: bool) -> None:
    async with net.transaction() as tx:
        await _move_to(tx, user, "Asia/Bangkok", flush=flush)
        raise Undo


async def _attempt_and_undo(tx: Transaction, user: UserId) -> None:
    async with tx.attempt():
        await _move_to(tx, user, "Asia/Bangkok", flush=True)
        raise Undo


async def _add_and_undo(tx: Transaction, row: OutboxRow) -> None:
    async with tx.attempt():
        await Outbox(tx).add(row)
        raise Undo


async def _zone(tx: Transaction, user: UserId) -> str:
    member = await Members(tx).get(user)
    assert member is not None
    return member.zone


def _row(name: str, lane: str = "!room:test") -> OutboxRow:
    return OutboxRow(
        transaction_id=name,
        device_id=DeviceId("BOT"),
        kind=RowKind.MESSAGE,
        lane=lane,
        content={"body": name},
        priority=Priority.ANSWER,
        created_at=START,
    )


async def test_a_change_is_seen_in_its_transaction_and_after_it(net_on_each: Network) -> None:
    net, ghana = net_on_each, net_on_each.person("ghana")
    for zone in ("Africa/Accra", "Asia/Bangkok", "Europe/Paris"):
        async with net.transaction() as tx:
            member = await Members(tx).get(ghana)
            assert member is not None
            member.zone = zone
            assert await _zone(tx, ghana) == zone
        async with net.transaction() as tx:
            assert await _zone(tx, ghana) == zone
    async with net.transaction() as tx:
        assert await _zone(tx, ghana) == "Europe/Paris"
        await tx.session.execute(update(Member).where(Member.user_id == ghana).values(zone="America/Panama"))
    async with net.transaction() as tx:
        assert await _zone(tx, ghana) == "America/Panama"


async def test_what_was_undone_is_not_remembered(net_on_each: Network) -> None:
    net, ghana = net_on_each, net_on_each.person("ghana")
    async with net.transaction() as tx:
        before = await _zone(tx, ghana)
    for flush in (False, True):
        with pytest.raises(Undo):
            await _move_and_undo(net, ghana, flush=flush)
        async with net.transaction() as tx:
            assert await _zone(tx, ghana) == before
            with pytest.raises(Undo):
                await _attempt_and_undo(tx, ghana)
            assert await _zone(tx, ghana) == before
        async with net.transaction() as tx:
            assert await _zone(tx, ghana) == before


async def test_what_an_undone_transaction_has_not_touched_is_kept(net_on_each: Network) -> None:
    net, ghana, room = net_on_each, net_on_each.person("ghana"), RoomId("!ghana:test")

    async def read_and_undo() -> None:
        async with net.transaction() as tx:
            read.append((await Members(tx).get(ghana), [one.value for one in (await Rooms(tx).as_bound())[room]]))
            await Rooms(tx).unbind(room)
            raise Undo

    read: list[tuple[Member | None, list[str]]] = []
    for _ in range(2):
        with pytest.raises(Undo):
            await read_and_undo()
    (before, _), (after, bound) = read
    assert after is before
    assert bound == ["GH"]
    async with net.transaction() as tx:
        assert await _zone(tx, ghana) == "Africa/Accra"
        assert [one.value for one in await Rooms(tx).of_room(room)] == ["GH"]


async def test_after_a_flush_that_failed_all_is_read_anew(net_on_each: Network) -> None:
    net, ghana = net_on_each, net_on_each.person("ghana")

    async def fail() -> None:
        async with net.transaction() as tx:
            await _zone(tx, ghana)
            tx.session.add_all([_row("the same"), _row("the same")])
            await tx.flush()

    with pytest.raises(Exception, match=r"(?i)unique"):
        await fail()
    async with net.transaction() as tx:
        assert await _zone(tx, ghana) == "Africa/Accra"


async def test_who_was_unknown_is_known_once_added(net_on_each: Network) -> None:
    net, room = net_on_each, RoomId("!new:test")
    async with net.transaction() as tx:
        assert await Rooms(tx).of_room(room) == []
        assert await Rooms(tx).strangers(room, {UserId("@new:test")}) == {"@new:test"}
    added = "!member add @new:test role=official country=GH authority=Port kind=port name=Ama"
    assert "is on the roster" in await net.say(added, as_="coordinator")
    async with net.transaction() as tx:
        assert await Rooms(tx).strangers(room, {UserId("@new:test")}) == frozenset()
        tx.session.add(
            Binding(room_id=room, kind=BindingKind.COUNTRY, value=CountryCode("GH"), bound_by=BOT, bound_at=START)
        )
        assert [one.value for one in await Rooms(tx).of_room(room)] == ["GH"]
        await Rooms(tx).unbind(room)
        assert await Rooms(tx).of_room(room) == []
    async with net.transaction() as tx:
        assert await Rooms(tx).of_room(room) == []


async def test_rows_from_memory_can_be_changed_like_any_other(net_on_each: Network) -> None:
    net, ghana = net_on_each, net_on_each.person("ghana")
    async with net.transaction() as tx:
        await Members(tx).get(ghana)
    async with net.transaction() as tx:
        everybody = await Members(tx).all()  # the same person, read by another way before
        remembered = await Members(tx).get(ghana)
        assert remembered in everybody
    async with net.transaction() as tx:
        member = await Members(tx).get(ghana)
        assert member is not None
        assert member in await Members(tx).all()
        member.zone = "Asia/Bangkok"
    async with net.transaction() as tx:
        assert {one.zone for one in await Members(tx).all() if one.user_id == ghana} == {"Asia/Bangkok"}


async def test_a_row_is_written_at_once_with_its_number_and_defaults(net_on_each: Network) -> None:
    net = net_on_each
    async with net.transaction() as tx:
        first = await Outbox(tx).add(_row("one"))
        second = await Outbox(tx).add(_row("two"))
        assert second.id == first.id + 1
        first.content = {"body": "changed"}
    async with net.transaction() as tx:
        kept = await Outbox(tx).get(first.id)
        assert kept is not None
        assert (kept.content, kept.attempts, kept.clear, kept.created_at) == ({"body": "changed"}, 0, False, START)
        head, has_more = await Lanes(tx).head("!room:test")
        assert (head, has_more) == (kept, True)


async def test_a_row_that_was_undone_leaves_its_number_to_the_next(net_on_each: Network) -> None:
    net = net_on_each
    async with net.transaction() as tx:
        undone = _row("undone")
        with pytest.raises(Undo):
            await _add_and_undo(tx, undone)
        kept = await Outbox(tx).add(_row("kept"))
        found = await Outbox(tx).get(kept.id)
        assert found is kept
        assert undone not in tx.session
    async with net.transaction() as tx:
        head, has_more = await Lanes(tx).head("!room:test")
        assert head is not None
        assert (head.transaction_id, has_more) == ("kept", False)


async def test_what_is_undone_is_undone_whatever_went_before(net_on_each: Network) -> None:
    net = net_on_each
    async with net.transaction() as tx:
        await Outbox(tx).add(_row("before"))
        with pytest.raises(Undo):
            await _add_and_undo(tx, _row("undone"))
        await Outbox(tx).add(_row("after"))
    async with net.transaction() as tx:
        kept = (await Outbox(tx).several([1, 2, 3])).values()
        assert sorted(row.transaction_id for row in kept) == ["after", "before"]


async def test_a_row_found_by_its_key_is_what_the_unit_of_work_reads(net_on_each: Network) -> None:
    net, ghana = net_on_each, net_on_each.person("ghana")
    async with net.transaction() as tx:
        written = (await Outbox(tx).add(_row("one"))).id
    async with net.transaction() as tx:
        whole = await tx.session.get(OutboxRow, written)
        member = (await tx.session.scalars(select(Member).where(Member.user_id == ghana))).one()
    async with net.transaction() as tx:
        for known, found in ((whole, await tx.find(OutboxRow, written)), (member, await tx.find(Member, ghana))):
            assert found is not None
            assert found is not known
            names = [column.name for column in type(found).__table__.c]
            assert {name: getattr(found, name) for name in names} == {name: getattr(known, name) for name in names}
            assert [type(getattr(found, name)) for name in names] == [type(getattr(known, name)) for name in names]
        row = await tx.find(OutboxRow, written)
        assert row is await tx.session.get(OutboxRow, written)
        assert row is not None
        row.attempts = 7
    async with net.transaction() as tx:
        changed = await tx.find(OutboxRow, written)
        assert changed is not None
        assert changed.attempts == 7
        assert await tx.find(OutboxRow, written + 1) is None
        await tx.session.delete(changed)
        assert await tx.find(OutboxRow, written) is None
