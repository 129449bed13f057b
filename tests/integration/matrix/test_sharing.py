"""Room keys on their way: nothing that happens meanwhile lets the wrong one read, or keeps the right one from it."""

import asyncio
import re

import pytest

from bot.matrix.interface import MembershipChange, NewRoom, RoomUnsafe, Strangers, WhyUnsafe
from storage.ids import UserId
from tests.integration.conftest import NewMember
from tests.integration.faults.conftest import StartBehind
from tests.integration.faults.kinds import Held
from tests.integration.faults.proxy import FaultProxy
from tests.integration.matrix.running import signed_devices, text, together


async def test_who_comes_and_goes_while_keys_are_shared(
    behind: StartBehind, proxy: FaultProxy, member: NewMember
) -> None:
    """Both are known to the bot from another room: nothing but the room itself tells of them."""
    async with together(behind, member) as (bot, ghana, room):
        comes, goes, held = await member("comes"), await member("goes"), Held()
        both = [UserId(comes.user_id), UserId(goes.user_id)]
        other = await bot.gateway.create_room(NewRoom("another", None, invite=both))
        await bot.gateway.invite(room, both[1])
        for one, where in ((comes, other), (goes, other), (goes, room)):
            await bot.sees(where, one.user_id)
        await bot.gateway.send(other, text("known"), "row-0")
        with proxy.on("POST", "/keys/claim", held, times=1):
            sending = asyncio.create_task(bot.gateway.send(room, text("first"), "row-1"))
            await held.until_waiting()
            await bot.gateway.invite(room, both[0])
            await bot.sees(room, comes.user_id)
            held.release()
            await sending
        await bot.gateway.send(room, text("second"), "row-2")
        await comes.hears(room, "second")
        with proxy.on("PUT", "/sendToDevice/", held := Held(), times=1):
            newcomer = await member(account=ghana.user_id, identity=ghana.identity)
            await bot.until(lambda: newcomer.device_id in signed_devices(bot, UserId(ghana.user_id)))
            sending = asyncio.create_task(bot.gateway.send(room, text("third"), "row-3"))
            await held.until_waiting()
            await goes.leave(room)
            await bot.until(lambda: MembershipChange(room, both[1], joined=False) in bot.events)
            held.release()
            await sending
        await bot.gateway.send(room, text("fourth"), "row-4")
        await ghana.hears(room, "fourth")
        used = [one.said["session_id"] for one in proxy.requests("PUT", f"/rooms/{re.escape(room)}/send/")]
        # Whoever left while keys were on their way does not hold the one that is then used.
        assert used == [used[0]] * 2 + [used[2]] * 2
        assert used[2] != used[0]


async def test_a_stranger_who_joins_while_keys_are_shared_stops_the_message(
    behind: StartBehind, proxy: FaultProxy, member: NewMember
) -> None:
    async with together(behind, member) as (bot, ghana, room):
        stranger, held = await member("stranger"), Held()
        with proxy.on("POST", "/keys/claim", held, times=1):
            sending = asyncio.create_task(
                bot.gateway.send(room, text("for Ghana"), "row-1", readers=[UserId(ghana.user_id)])
            )
            await held.until_waiting()
            await bot.gateway.invite(room, UserId(stranger.user_id))
            await bot.sees(room, stranger.user_id)
            held.release()
            with pytest.raises(Strangers) as told:
                await sending
        assert told.value.users == {stranger.user_id}
        assert proxy.requests("PUT", "/send/") == []
        await bot.gateway.send(room, text("for all"), "row-2")
        await stranger.hears(room, "for all")


async def test_who_is_invited_is_counted_among_those_who_read(
    behind: StartBehind, proxy: FaultProxy, member: NewMember
) -> None:
    async with together(behind, member) as (bot, ghana, room):
        stranger = await member("stranger", auto_join=False)
        await bot.gateway.invite(room, UserId(stranger.user_id))
        await bot.until(lambda: stranger.user_id in bot.gateway._rooms.view(room).with_membership("invite"))
        with pytest.raises(Strangers) as told:
            await bot.gateway.send(room, text("for Ghana"), "row-1", readers=[UserId(ghana.user_id)])
        assert told.value.users == {stranger.user_id}
        assert proxy.requests("PUT", "/send/|/sendToDevice/") == []


async def test_a_room_that_is_closed_while_keys_are_shared_gets_nothing(
    behind: StartBehind, proxy: FaultProxy, member: NewMember
) -> None:
    async with together(behind, member) as (bot, _, room):
        held = Held()
        with proxy.on("POST", "/keys/claim", held, times=1):
            sending = asyncio.create_task(bot.gateway.send(room, text("too late"), "row-1"))
            await held.until_waiting()
            await bot.gateway.leave(room)
            held.release()
            with pytest.raises(RoomUnsafe) as told:
                await sending
        assert told.value.why is WhyUnsafe.NOT_JOINED
        assert proxy.requests("PUT", "/send/") == []
