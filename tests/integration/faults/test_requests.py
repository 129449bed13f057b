"""Every kind of failure, at every request: nothing is lost, nothing doubled, everybody entitled reads it afterwards."""

from datetime import timedelta

import pytest

from bot.matrix.http import path_of
from tests.integration.conftest import NewMember
from tests.integration.faults.conftest import StartBehind
from tests.integration.faults.helping import FAULTS, Pauses, read_once, sent, until_replenished
from tests.integration.faults.proxy import Fault, FaultProxy
from tests.integration.matrix.running import together

each_fault = pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)


@each_fault
async def test_what_is_sent_is_read_once_by_every_device(
    start: StartBehind, proxy: FaultProxy, strict: NewMember, fault: Fault
) -> None:
    """The query for devices, the claim of their keys, the room key's way and the message itself all fail in turn."""
    async with together(start, strict) as (bot, ghana, room):
        await sent(bot, room, "before")
        with (
            proxy.on("POST", "/keys/query", fault, times=3) as query,
            proxy.on("POST", "/keys/claim", fault, times=2) as claim,
            proxy.on("PUT", "/sendToDevice/", fault, times=3) as share,
            proxy.on("PUT", "/send/m.room.encrypted/", fault, times=3) as put,
        ):
            second = await strict(account=ghana.user_id, identity=ghana.identity)
            # The bot has heard of the new device, and could not ask for its keys.
            await query.until_met()
            await sent(bot, room, "meanwhile")
            assert all(rule.met == rule.times for rule in (query, claim, share, put))
        await sent(bot, room, "after")
        await read_once(ghana, room, "before", "meanwhile", "after")
        await read_once(second, room, "meanwhile", "after")


@each_fault
async def test_what_members_say_is_journalled_once(
    start: StartBehind, proxy: FaultProxy, strict: NewMember, fault: Fault
) -> None:
    pauses = Pauses()
    async with together(start, strict, sleep=pauses, random=lambda: 0.0) as (bot, ghana, room):
        with proxy.on("GET", "/sync", fault, times=4) as sync:
            said = [f"message {number}" for number in range(6)]
            for body in said:
                await ghana.say(room, body)
            await sync.until_met(4)
            newcomer = await strict(account=ghana.user_id, identity=ghana.identity)
            await newcomer.say(room, "from a new device")
        await bot.hears(room, "from a new device")
        assert bot.said(room) == [*said, "from a new device"]
        # When a kept connection is cut the HTTP client asks once more by itself: it may only have been too old.
        assert 2 <= len(pauses.asked) <= 4
        assert min(pauses.asked) >= 1


@each_fault
async def test_key_uploads_are_tried_again_until_new_devices_reach_the_bot(
    start: StartBehind, proxy: FaultProxy, strict: NewMember, fault: Fault
) -> None:
    async with together(start, strict, poll=timedelta(milliseconds=200)) as (bot, ghana, room):
        wanted = {"one_time_keys": {start.user: {bot.gateway.device_id: "signed_curve25519"}}}
        with proxy.on("POST", "/keys/upload", fault, times=1) as upload:
            await ghana.request("POST", path_of("keys", "claim"), wanted)
            await upload.until_met()
        await until_replenished(proxy)
        newcomer = await strict(account=ghana.user_id, identity=ghana.identity)
        await newcomer.say(room, "from a new device")
        await bot.hears(room, "from a new device")
        await sent(bot, room, "to a new device")
        await read_once(newcomer, room, "to a new device")
