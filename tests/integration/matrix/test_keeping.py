"""What is given out is written down first; what was not taken is not written down; and a restart knows all of it."""

import re
from typing import Any

import pytest
from vodozemac import MegolmMessage

from bot.matrix.interface import NewRoom, Unavailable
from bot.matrix.signing import from_unpadded
from storage.ids import DeviceId, RoomId, UserId
from tests.integration.conftest import NewMember
from tests.integration.faults.conftest import StartBehind
from tests.integration.faults.kinds import failing, lost
from tests.integration.faults.proxy import Exchange, FaultProxy
from tests.integration.matrix.running import Bot, signed_devices, text, together
from tests.integration.matrix.test_withholding import sessions, to_devices


def puts(proxy: FaultProxy, room: RoomId) -> list[Exchange]:
    """Return the tries to put a message into a room."""
    return proxy.requests("PUT", f"/rooms/{re.escape(room)}/send/m.room.encrypted/")


def places(proxy: FaultProxy, room: RoomId) -> list[tuple[str, int]]:
    """Return session and place in its ratchet of each message that left the bot, arrived or not."""
    return [
        (one.said["session_id"], MegolmMessage.from_base64(one.said["ciphertext"]).message_index())
        for one in puts(proxy, room)
    ]


def shares(proxy: FaultProxy, *, since: int = 0) -> list[Exchange]:
    return proxy.requests("PUT", "/sendToDevice/m.room.encrypted/", since=since)


def field(message: bytes, wanted: int) -> bytes | int:
    """Return a field of an Olm message as the Olm specification writes it: a version, then tagged parts."""
    at = 1
    while at < len(message):
        tag, at = message[at], at + 1
        number, at = _number(message, at)
        if tag & 7 == 0:
            found: bytes | int = number
        else:
            found, at = message[at : at + number], at + number
        if tag == wanted:
            return found
    raise LookupError(wanted)


def _number(message: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte, at = message[at], at + 1
        number |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return number, at


def olm_place(content: Any) -> tuple[Any, Any]:
    """Return the ratchet and the place in it that an Olm message was encrypted with."""
    ((_, part),) = content["ciphertext"].items()
    message = from_unpadded(part["body"])
    if part["type"] == 0:
        inner = field(message, 0x22)
        assert isinstance(inner, bytes)
        message = inner
    return field(message, 0x0A), field(message, 0x10)


async def enter(bot: Bot, member: NewMember, name: str, *rooms: str) -> tuple[Any, list[RoomId]]:
    """Return a new member, in rooms made for it."""
    one = await member(name)
    made = [await bot.gateway.create_room(NewRoom(f"{name} {r}", None, invite=[UserId(one.user_id)])) for r in rooms]
    for room in made:
        await one.enters(room)
        await bot.sees(room, one.user_id)
    return one, made


async def test_a_place_that_left_the_bot_is_never_used_again(
    behind: StartBehind, proxy: FaultProxy, member: NewMember
) -> None:
    """The bot ends between a message and its answer, and nothing else has been written since."""
    async with together(behind, member) as (bot, ghana, room):
        assert await bot.gateway.room(room)
    async with behind.open() as gateway:
        await gateway.send(room, text("0"), "row-0")
        session = gateway._crypto.machine.outbound[room]
        first = session.reserved
        for number in range(1, first):
            await gateway.send(room, text(f"{number}"), f"row-{number}")
        assert session.message_index == session.reserved == first
        with proxy.on("PUT", "/send/", lost(502), times=1), pytest.raises(Unavailable):
            await gateway.send(room, text("the bot ends"), "row-a")
    async with behind.open() as gateway:
        await gateway.send(room, text("after"), "row-b")
    used = places(proxy, room)
    assert len(set(used)) == len(used) == first + 2
    assert [place for _, place in used[:-1]] == list(range(first + 1))
    assert len({session for session, _ in used}) == 1, "and the session is the one of before"
    for body in ("the bot ends", "after"):
        await ghana.hears(room, body)


async def test_a_ratchet_to_a_device_is_never_used_twice_at_the_same_place(
    behind: StartBehind, proxy: FaultProxy, member: NewMember
) -> None:
    async with behind() as bot:
        ghana, (known, new) = await enter(bot, member, "ghana", "known", "new")
        await bot.gateway.send(known, text("hello"), "row-0")
        since = bot.token
    async with behind.open() as gateway:
        with proxy.on("PUT", "/sendToDevice/", lost(502), times=1), pytest.raises(Unavailable):
            await gateway.send(new, text("the bot ends"), "row-1")
    async with behind(since) as bot:
        await bot.gateway.send(new, text("after"), "row-1")
        await ghana.hears(new, "after")
    used = [olm_place(content) for _, _, content in to_devices(shares(proxy))]
    assert len(used) == 3
    assert len({ratchet for ratchet, _ in used}) == 1
    assert [place for _, place in used] == [0, 1, 2]


async def test_what_one_request_did_not_deliver_is_delivered_by_the_next_start(
    behind: StartBehind, proxy: FaultProxy, member: NewMember
) -> None:
    """Two rooms of the same device take two requests; the second fails."""
    async with behind() as bot:
        ghana, rooms = await enter(bot, member, "ghana", "one", "two")
        with proxy.on("PUT", "/sendToDevice/", failing(500)) as failed:
            with proxy.on("PUT", "/sendToDevice/", Exchange.passed_on, times=1) as passed:
                await bot.gateway.prepare(rooms)
            assert (passed.met, failed.met) == (1, 1)
        since, place = bot.token, len(proxy.record)
        holds = {room: set(bot.gateway._crypto.machine.outbound[room].shared_with) for room in rooms}
        assert sorted(map(len, holds.values())) == [0, 1]
    async with behind(since) as bot:
        assert {room: bot.gateway._crypto.machine.outbound[room].shared_with for room in rooms} == holds
        await bot.gateway.prepare(rooms)
        ((name, device, _),) = to_devices(shares(proxy, since=place))
        assert (name, device) == (ghana.user_id, ghana.device_id)
        for number, room in enumerate(rooms):
            await bot.gateway.send(room, text(f"to {number}"), f"row-{number}")
            await ghana.hears(room, f"to {number}")
        assert len(shares(proxy, since=place)) == 1
        since = bot.token
    place = len(proxy.record)
    async with behind(since) as bot:
        for number, room in enumerate(rooms):
            await bot.gateway.send(room, text(f"again to {number}"), f"row-{number}-again")
            await ghana.hears(room, f"again to {number}")
            assert len(set(sessions(proxy, room))) == 1
    assert proxy.requests("PUT", "/sendToDevice/", since=place) == []
    assert proxy.requests("POST", "/keys/claim", since=place) == []
    queries = proxy.requests("POST", "/keys/query", since=place)
    assert {user for one in queries for user in one.said["device_keys"]} == {behind.user}, "its own chain alone"


async def test_many_rooms_are_shared_together(behind: StartBehind, proxy: FaultProxy, member: NewMember) -> None:
    async with behind() as bot:
        ghana, theirs = await enter(bot, member, "ghana", "one", "two")
        benin, others = await enter(bot, member, "benin", "three")
        await bot.gateway.invite(theirs[0], UserId(benin.user_id))
        await benin.enters(theirs[0])
        await bot.sees(theirs[0], benin.user_id)
        rooms, place = [*theirs, *others], len(proxy.record)
        await bot.gateway.prepare(rooms)
        assert len(proxy.requests("POST", "/keys/claim", since=place)) == 1
        assert len(proxy.requests("POST", "/keys/query", since=place)) <= 1
        packed = [to_devices([one]) for one in shares(proxy, since=place)]
        # Each device has keys of two rooms: two requests, each with one for both.
        assert [sorted(name for name, _, _ in one) for one in packed] == [sorted([ghana.user_id, benin.user_id])] * 2
        place = len(proxy.record)
        for number, room in enumerate(rooms):
            await bot.gateway.send(room, text(f"to {number}"), f"row-{number}")
        asked = [one.path for one in proxy.record[place:] if "/sync" not in one.path]
        assert all("/send/m.room.encrypted/" in path for path in asked)
        for one, where in ((ghana, (0, 1)), (benin, (0, 2))):
            for number in where:
                await one.hears(rooms[number], f"to {number}")


async def test_a_device_that_is_added_while_the_bot_is_down_gets_the_key_of_the_session_that_goes_on(
    behind: StartBehind, proxy: FaultProxy, member: NewMember
) -> None:
    async with together(behind, member) as (bot, ghana, room):
        await bot.gateway.send(room, text("before"), "row-0")
        since = bot.token
    second = await member(account=ghana.user_id, identity=ghana.identity)
    place = len(proxy.record)
    async with behind(since) as bot:
        await bot.gateway.send(room, text("after"), "row-1")
        assert second.device_id in signed_devices(bot, UserId(ghana.user_id))
        for one in (ghana, second):
            await one.hears(room, "after")
    assert [device for _, device, _ in to_devices(shares(proxy, since=place))] == [DeviceId(second.device_id)]
    assert len(set(sessions(proxy, room))) == 1
