"""Every kind of failure, at every request: nothing is lost, nothing doubled, everybody entitled reads it afterwards."""

from datetime import timedelta

import pytest

from bot.matrix.http import path_of
from bot.matrix.interface import NewRoom
from storage.ids import UserId
from tests.integration.conftest import NewMember
from tests.integration.faults.conftest import StartBehind
from tests.integration.faults.helping import FAULTS, Pauses, persistently, read_once, sent, until_replenished
from tests.integration.faults.proxy import Fault, FaultProxy
from tests.integration.matrix.running import together

# Those that differ in what the bot learns from them.
_SOME = ("429 with retry_after_ms", "502 in HTML", "502 of what was carried out", "cut after it was carried out")
some_faults = pytest.mark.parametrize("fault", [FAULTS[name] for name in _SOME], ids=_SOME)
each_fault = pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)


@each_fault
async def test_what_is_sent_is_read_once_by_every_device(
    start: StartBehind, proxy: FaultProxy, strict: NewMember, fault: Fault
) -> None:
    """The query for devices, the claim of their keys, the room key's way and the message itself all fail in turn."""
    async with together(start, strict, sleep=Pauses()) as (bot, ghana, room):
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
        assert 2 <= len([pause for pause in pauses.asked if pause >= 1]) <= 4


@some_faults
async def test_a_room_is_made_once_and_everybody_invited(
    start: StartBehind, proxy: FaultProxy, strict: NewMember, fault: Fault
) -> None:
    async with start(sleep=Pauses()) as bot:
        ghana, benin = await strict("ghana"), await strict("benin")
        wish = NewRoom(request="country GH", name="Ghana", invite=[UserId(ghana.user_id), UserId(benin.user_id)])
        with (
            proxy.on("POST", "/createRoom", fault, times=1) as creation,
            proxy.on("POST", "/invite", fault, times=2) as invitation,
            proxy.on("GET", "/joined_rooms", fault, times=1),
            proxy.on("GET", "/state", fault, times=1),
        ):
            room = await persistently(lambda: bot.gateway.create_room(wish))
            assert (creation.met, invitation.met) == (1, 2)
        assert list(await bot.gateway.joined_rooms()) == [room]
        for one in (ghana, benin):
            await one.enters(room)
            await bot.sees(room, one.user_id)
        await sent(bot, room, "welcome")
        for one in (ghana, benin):
            await read_once(one, room, "welcome")


@some_faults
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
