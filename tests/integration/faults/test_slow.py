"""Requests that are carried out when the bot has long stopped waiting for their answers."""

import asyncio
from datetime import timedelta

import pytest

from tests.integration.conftest import NewMember
from tests.integration.faults.conftest import StartBehind
from tests.integration.faults.helping import read_once, sent
from tests.integration.faults.kinds import Held
from tests.integration.faults.proxy import FaultProxy
from tests.integration.matrix.running import together


@pytest.mark.parametrize("after", [False, True], ids=["carried out late", "answered late"])
async def test_what_the_bot_no_longer_waits_for_is_not_doubled(
    start: StartBehind, proxy: FaultProxy, strict: NewMember, *, after: bool
) -> None:
    held = Held(after=after)
    async with together(start, strict) as (bot, ghana, room):
        await sent(bot, room, "before")
        with (
            proxy.on("POST", "/keys/query", held, times=1) as query,
            proxy.on("POST", "/keys/claim", held, times=1) as claim,
            proxy.on("PUT", "/sendToDevice/", held, times=1) as share,
            proxy.on("PUT", "/send/m.room.encrypted/", held, times=1) as put,
        ):
            bot.gateway._http.timeout = timedelta(milliseconds=700)
            second = await strict(account=ghana.user_id, identity=ghana.identity)
            await query.until_met()
            await sent(bot, room, "meanwhile")
            await sent(bot, room, "and then")
            assert [rule.met for rule in (query, claim, share, put)] == [1] * 4
        bot.gateway._http.timeout = timedelta(seconds=30)
        held.release()
        await proxy.until(
            lambda: all(one.by_homeserver for one in proxy.requests("PUT", "/send")), "what was held is carried out"
        )
        await sent(bot, room, "after")
        await read_once(ghana, room, "before", "meanwhile", "and then", "after")
        await read_once(second, room, "meanwhile", "and then", "after")
        await second.say(room, "from the new device")
        await bot.hears(room, "from the new device")


async def test_a_slow_sync_holds_up_nothing_but_itself(
    start: StartBehind, proxy: FaultProxy, strict: NewMember
) -> None:
    held = Held(after=True)
    async with together(start, strict) as (bot, ghana, room):
        with proxy.on("GET", "/sync", held) as sync:
            await sync.until_met()
            said = [f"message {number}" for number in range(3)]
            for body in said:
                await ghana.say(room, body)
            await held.until_waiting()
            sending = [asyncio.create_task(sent(bot, room, f"answer {number}")) for number in range(3)]
            await asyncio.gather(*sending)
            await read_once(ghana, room, "answer 0", "answer 1", "answer 2")
            assert bot.said(room) == []
            held.release()
            await bot.hears(room, said[-1])
            assert bot.said(room) == said
