"""Devices that come while the bot hears of them late, cannot ask for them, or is about to write to their owners."""

import asyncio
from typing import Any

import pytest

from bot.matrix.interface import Trust, Unreadable
from storage.ids import UserId
from tests.integration.conftest import NewMember
from tests.integration.faults.conftest import StartBehind
from tests.integration.faults.helping import knows, read_once, sent
from tests.integration.faults.kinds import Held, changed, failing
from tests.integration.faults.proxy import FaultProxy
from tests.integration.matrix.running import together


async def test_a_change_of_devices_that_is_told_late(start: StartBehind, proxy: FaultProxy, strict: NewMember) -> None:
    hidden: set[str] = set()

    def hide(told: Any) -> None:
        hidden.update(told.pop("device_lists", {}).get("changed", []))

    def tell(told: Any) -> None:
        told.setdefault("device_lists", {}).setdefault("changed", []).extend(hidden)
        hidden.clear()

    async with together(start, strict) as (bot, ghana, room):
        await sent(bot, room, "before")
        with proxy.on("GET", "/sync", changed(hide)) as rule:
            await rule.until_met()
            second = await strict(account=ghana.user_id, identity=ghana.identity)
            await proxy.until(lambda: ghana.user_id in hidden, "the change was told")
        with proxy.on("GET", "/sync", changed(tell), times=1):
            await proxy.until(lambda: not hidden, "the change was passed on")
        with proxy.on("POST", "/keys/query", failing(500), times=2):
            await ghana.say(room, "the bot takes in what was told before")
            await bot.hears(room, "the bot takes in what was told before")
            await sent(bot, room, "after")
        await read_once(second, room, "after")


async def test_a_change_of_devices_that_was_told_but_not_asked_for_survives_a_restart(
    start: StartBehind, proxy: FaultProxy, strict: NewMember
) -> None:
    async with together(start, strict) as (bot, ghana, room):
        await sent(bot, room, "before")
        with proxy.on("POST", "/keys/query", failing(502)) as query:
            second = await strict(account=ghana.user_id, identity=ghana.identity)
            await query.until_met()
            await ghana.say(room, "the change is behind the bot's token")
            # Who said it may not be believed before the change is known.
            await bot.until(lambda: bot.all(Unreadable, room))
            assert bot.said(room) == []
            since = bot.token
    async with start(since) as bot:
        assert (await bot.hears(room, "the change is behind the bot's token")).trust is Trust.SIGNED
        await sent(bot, room, "after")
        for reader in (ghana, second):
            await read_once(reader, room, "after")


async def test_devices_that_change_while_they_are_asked_for(
    start: StartBehind, proxy: FaultProxy, strict: NewMember
) -> None:
    held = Held(after=True)
    async with together(start, strict) as (bot, ghana, room):
        await sent(bot, room, "before")
        with proxy.on("POST", "/keys/query", held, times=1):
            with proxy.on("POST", "/keys/query", failing(502), times=1) as failed:
                await strict(account=ghana.user_id, identity=ghana.identity)
                # The sync loop could not ask for the second device: sending must, and its answer waits on the way.
                await failed.until_met()
            sending = asyncio.create_task(sent(bot, room, "meanwhile"))
            await held.until_waiting()
            third = await strict(account=ghana.user_id, identity=ghana.identity)
            async with asyncio.timeout(20):
                while bot.gateway._crypto.people.identity(UserId(ghana.user_id)) is not None:  # noqa: ASYNC110  a sync does it
                    await asyncio.sleep(0.02)
            held.release()
            await sending
        await read_once(third, room, "meanwhile")


@pytest.mark.parametrize("request_of", [("POST", "/keys/claim"), ("PUT", "/sendToDevice/m.room.encrypted/")])
async def test_a_device_that_comes_while_keys_are_on_their_way_reads_what_is_sent_then(
    start: StartBehind, proxy: FaultProxy, strict: NewMember, request_of: tuple[str, str]
) -> None:
    held = Held()
    async with together(start, strict) as (bot, ghana, room):
        with proxy.on(*request_of, held, times=1):
            sending = asyncio.create_task(sent(bot, room, "meanwhile"))
            await held.until_waiting()
            second = await strict(account=ghana.user_id, identity=ghana.identity)
            await knows(bot, second)
            held.release()
            await sending
        for reader in (ghana, second):
            await read_once(reader, room, "meanwhile")
        (session,) = {one.said["session_id"] for one in proxy.requests("PUT", "/send/m.room.encrypted/")}
        assert session == bot.gateway._crypto.machine.outbound[room].id


async def test_a_message_of_a_device_that_nobody_told_the_bot_of(
    start: StartBehind, proxy: FaultProxy, strict: NewMember
) -> None:
    def hide(told: Any) -> None:
        told.pop("device_lists", None)

    async with together(start, strict) as (bot, ghana, room):
        await ghana.say(room, "from a known device")
        await bot.hears(room, "from a known device")
        with proxy.on("GET", "/sync", changed(hide)) as rule:
            await rule.until_met()
            second = await strict(account=ghana.user_id, identity=ghana.identity)
            await second.say(room, "from a new device")
            heard = await bot.hears(room, "from a new device")
            assert heard.trust is Trust.SIGNED
        assert bot.all(Unreadable) == []


async def test_a_signed_message_stays_signed_when_the_sender_cannot_be_asked_for_at_first(
    start: StartBehind, proxy: FaultProxy, strict: NewMember
) -> None:
    async with together(start, strict) as (bot, ghana, room):
        with proxy.on("POST", "/keys/query", failing(502, html=True), times=4):
            second = await strict(account=ghana.user_id, identity=ghana.identity)
            await second.say(room, "from a new device")
            assert (await bot.hears(room, "from a new device")).trust is Trust.SIGNED


async def test_a_message_of_a_device_of_which_its_homeserver_tells_later(
    start: StartBehind, proxy: FaultProxy, strict: NewMember
) -> None:
    """As between homeservers: the message is passed on first, and the one in between knows no more than the bot."""
    known: set[str] = set()

    def older(told: Any) -> None:
        devices = told["device_keys"].get(ghana.user_id, {})
        for device in devices.keys() - known:
            del devices[device]

    def hide(told: Any) -> None:
        told.pop("device_lists", None)

    def tell(told: Any) -> None:
        told.setdefault("device_lists", {}).setdefault("changed", []).append(ghana.user_id)

    async with together(start, strict) as (bot, ghana, room):
        known.add(ghana.device_id)
        await ghana.say(room, "from a known device")
        await bot.hears(room, "from a known device")
        with (
            proxy.on("GET", "/sync", changed(hide)) as rule,
            proxy.on("POST", "/keys/query", changed(older)) as asked,
        ):
            await rule.until_met()
            second = await strict(account=ghana.user_id, identity=ghana.identity)
            said = [f"message {number}" for number in range(3)]
            for body in said:
                await second.say(room, body)
            await bot.until(lambda: len(bot.all(Unreadable, room)) == len(said))
            assert {one.reason for one in bot.all(Unreadable, room)} == {"unknown device"}
            assert asked.met == 1
        with proxy.on("GET", "/sync", changed(tell), times=1):
            heard = await bot.hears(room, said[-1])
        assert heard.trust is Trust.SIGNED
        assert bot.said(room)[1:] == said
