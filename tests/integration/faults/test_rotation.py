"""When a room gets a new key: seen by the session ids of what the bot puts on the wire."""

import asyncio
import re
from typing import Any

import pytest

from bot.demo.member import MemberClient
from storage.ids import RoomId, UserId
from tests.integration.conftest import NewMember
from tests.integration.faults.conftest import StartBehind
from tests.integration.faults.helping import knows, read_once, sent
from tests.integration.faults.proxy import FaultProxy
from tests.integration.matrix.running import Bot, together


def sessions(proxy: FaultProxy, room: RoomId) -> list[str]:
    """Return the session of each message the bot has sent to a room, in order."""
    puts = proxy.requests("PUT", f"/rooms/{re.escape(room)}/send/m.room.encrypted/")
    return [str(one.said["session_id"]) for one in puts]


async def in_room_that_says(bot: Bot, ghana: MemberClient, **encryption: Any) -> RoomId:
    """Let Ghana make an encrypted room with rules of its own, and bring the bot into it."""
    room = RoomId(await ghana.create_room("with rules", [bot.gateway.user_id], encrypted=False))
    await ghana.set_state(room, "m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2", **encryption})
    await bot.gateway.join(room)
    await bot.sees(room, bot.gateway.user_id)
    return room


@pytest.mark.parametrize(("says", "meant"), [(3, 3), (1_000, 100)], ids=["as the room says", "at most a hundred"])
async def test_a_new_key_after_so_many_messages(
    start: StartBehind, proxy: FaultProxy, strict: NewMember, says: int, meant: int
) -> None:
    ghana = await strict("ghana")
    async with start() as bot:
        room = await in_room_that_says(bot, ghana, rotation_period_msgs=says)
        said = [f"message {number}" for number in range(meant + 1)]
        for body in said:
            await sent(bot, room, body)
        await read_once(ghana, room, *said)
    used = sessions(proxy, room)
    assert used[:meant] == [used[0]] * meant
    assert used[meant] != used[0]


async def test_a_new_key_after_so_much_time(start: StartBehind, proxy: FaultProxy, strict: NewMember) -> None:
    ghana = await strict("ghana")
    async with start() as bot:
        room = await in_room_that_says(bot, ghana, rotation_period_ms=1_500)
        said: list[str] = []
        async with asyncio.timeout(20):
            while len(set(sessions(proxy, room))) < 2:
                said.append(f"message {len(said)}")
                await sent(bot, room, said[-1])
                await asyncio.sleep(0.05)
        assert 2 <= len(said) < 100
        await read_once(ghana, room, *said)


@pytest.mark.parametrize("running", [True, False], ids=["before the bot's eyes", "while the bot is down"])
async def test_a_new_key_when_somebody_has_left(
    start: StartBehind, proxy: FaultProxy, strict: NewMember, *, running: bool
) -> None:
    async with together(start, strict) as (bot, ghana, room):
        benin = await strict("benin")
        await bot.gateway.invite(room, UserId(benin.user_id))
        await benin.enters(room)
        await bot.sees(room, benin.user_id)
        await sent(bot, room, "to both")
        await read_once(benin, room, "to both")
        since = bot.token
        if running:
            await benin.leave(room)
            await bot.until(lambda: benin.user_id not in bot.gateway._rooms.view(room).with_membership("join"))
            await sent(bot, room, "to one")
    if not running:
        await benin.leave(room)
        async with start(since) as bot:
            await sent(bot, room, "to one")
    await read_once(ghana, room, "to both", "to one")
    assert len(set(sessions(proxy, room))) == 2


@pytest.mark.parametrize("running", [True, False], ids=["before the bot's eyes", "while the bot is down"])
async def test_a_new_key_when_a_device_is_gone(
    start: StartBehind, proxy: FaultProxy, strict: NewMember, *, running: bool
) -> None:
    async with together(start, strict) as (bot, ghana, room):
        second = await strict(account=ghana.user_id, identity=ghana.identity)
        await knows(bot, second)
        await sent(bot, room, "to both")
        await read_once(second, room, "to both")
        since, place = bot.token, len(proxy.record)
        if running:
            await second.log_out()
            await proxy.until(
                lambda: any(
                    ghana.user_id in one.said["device_keys"]
                    for one in proxy.requests("POST", "/keys/query", since=place)
                ),
                "the bot has asked for the devices left",
            )
            await sent(bot, room, "to one")
    if not running:
        await second.log_out()
        async with start(since) as bot:
            await sent(bot, room, "to one")
    await read_once(ghana, room, "to both", "to one")
    assert len(set(sessions(proxy, room))) == 2


async def test_a_room_that_wants_a_new_key_all_the_time_is_sent_to(start: StartBehind, strict: NewMember) -> None:
    ghana = await strict("ghana")
    async with start() as bot:
        room = RoomId(await ghana.create_room("hasty", [start.user]))
        await bot.gateway.join(room)
        content = {"algorithm": "m.megolm.v1.aes-sha2", "rotation_period_ms": 1}
        await ghana.set_state(room, "m.room.encryption", content)
        await bot.until(lambda: bot.gateway._rooms.view(room).content("m.room.encryption").get("rotation_period_ms"))
        await sent(bot, room, "an alert")
        await read_once(ghana, room, "an alert")


async def test_no_new_key_after_a_restart(start: StartBehind, proxy: FaultProxy, strict: NewMember) -> None:
    async with together(start, strict) as (bot, ghana, room):
        await sent(bot, room, "before")
        since = bot.token
    place = len(proxy.record)
    async with start(since) as bot:
        await sent(bot, room, "after")
    await read_once(ghana, room, "before", "after")
    assert len(set(sessions(proxy, room))) == 1
    assert proxy.requests("PUT", "/sendToDevice/", since=place) == []
