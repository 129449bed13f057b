"""Rooms of the bot and direct chats."""

import time
from datetime import timedelta

import pytest

from bot.matrix.client import reachable
from bot.matrix.http import path_of
from bot.matrix.interface import (
    NewRoom,
    Rejected,
    RoomUnsafe,
    Unavailable,
)
from bot.matrix.people import UNTOLD_FOR
from storage.ids import RoomId, UserId
from tests.integration.conftest import NewMember
from tests.integration.matrix.running import Start, text, together


async def test_a_room_is_made_once_encrypted_and_closed_to_strangers(start: Start, member: NewMember) -> None:
    async with start() as bot:
        ghana = await member("ghana")
        wish = NewRoom(
            "country GH", "Ghana", invite=[UserId(ghana.user_id), UserId("@nobody:localhost:1")], topic="Ports",
            admins=[UserId(ghana.user_id)],
        )  # fmt: skip
        room = await bot.gateway.create_room(wish)
        assert await bot.gateway.create_room(wish) == room
        facts = await bot.gateway.room(room)
        assert (facts.name, facts.encrypted, facts.world_readable) == ("Ghana", True, False)
        assert facts.powers[UserId(ghana.user_id)] == 100
        assert facts.powers[start.user] >= 100
        state = await bot.gateway._http.request("GET", path_of("rooms", room, "state"), listed=True)
        told = {event["type"]: event["content"] for event in state}
        assert told["m.room.join_rules"]["join_rule"] == "invite"
        assert told["m.room.history_visibility"]["history_visibility"] == "joined"
        assert told["m.room.guest_access"]["guest_access"] == "forbidden"
    async with start() as bot:
        assert await bot.gateway.create_room(wish) == room


async def test_the_direct_chat_with_somebody_is_found(start: Start, member: NewMember) -> None:
    async with together(start, member) as (bot, ghana, room):
        user = UserId(ghana.user_id)
        assert await bot.gateway.direct_room(user) is None
        direct = await bot.gateway.create_room(NewRoom("direct", None, invite=[user], direct=True))
        assert direct != room
        assert await bot.gateway.direct_room(user) == direct
        benin = await member("benin")
        theirs = RoomId(await benin.dm(start.user))
        await bot.gateway.join(theirs)
        assert await bot.gateway.direct_room(UserId(benin.user_id)) == theirs
        await bot.gateway.leave(theirs)
        assert await bot.gateway.direct_room(UserId(benin.user_id)) is None
        assert theirs not in await bot.gateway.joined_rooms()
        with pytest.raises(RoomUnsafe):
            await bot.gateway.room(theirs)


async def test_who_is_invited_to_a_direct_chat_can_read_what_was_sent_before_joining(
    start: Start, member: NewMember, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with start() as bot:
        ghana = await member("ghana", auto_join=False)
        wish = NewRoom("direct", None, invite=[UserId(ghana.user_id)], direct=True)
        room = await bot.gateway.create_room(wish)
        invitation = path_of("rooms", room, "state", "m.room.member", ghana.user_id)
        told = await bot.gateway._http.request("GET", invitation)
        assert (told["membership"], told.get("is_direct")) == ("invite", True)  # or clients list it among the rooms
        await bot.gateway.send(room, text("for you alone"), "row-1")
        second = await member(account=ghana.user_id, identity=ghana.identity, auto_join=False)
        for part in (bot.gateway._crypto.people, bot.gateway._crypto.sharing):
            monkeypatch.setattr(part, "_clock", lambda: time.monotonic() + UNTOLD_FOR)
        await bot.gateway.send(room, text("and on your new device"), "row-2")
        await ghana.join(room)
        for body in ("for you alone", "and on your new device"):
            await ghana.hears(room, body)
        await second.hears(room, "and on your new device")


async def test_who_came_in_meanwhile_need_not_be_invited(start: Start, member: NewMember) -> None:
    async with start.open() as gateway:
        ghana, benin = await member("ghana"), await member("benin")
        user = UserId(benin.user_id)
        room = await gateway.create_room(
            NewRoom("room", "Room", invite=[UserId(ghana.user_id)], admins=[UserId(ghana.user_id)])
        )
        await ghana.enters(room)
        await ghana.invite(room, user)
        await benin.enters(room)
        await gateway.invite(room, user)
        await ghana.request("POST", path_of("rooms", room, "ban"), {"user_id": user})
        with pytest.raises(Rejected):
            await gateway.invite(room, user)


async def test_the_homeserver_s_no_is_told(start: Start) -> None:
    async with start.open() as gateway:
        with pytest.raises(Rejected):
            await gateway.join(RoomId("!nowhere:localhost"))
        with pytest.raises(RoomUnsafe):
            await gateway.room(RoomId("!nowhere:localhost"))
    with pytest.raises(Unavailable):
        await reachable("http://127.0.0.1:9", timeout=timedelta(seconds=5))
