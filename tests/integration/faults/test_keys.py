"""The bot's own keys: uploads whose answer is lost, one-time keys that run out, the fallback key."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from bot.demo.member import MemberClient
from bot.matrix.http import path_of
from bot.matrix.interface import Trust, Unavailable, Unreadable
from tests.integration.conftest import NewMember
from tests.integration.faults.conftest import StartBehind
from tests.integration.faults.helping import ONE_TIME_KEYS, read_once, sent, until_replenished
from tests.integration.faults.kinds import Held, LateKeys, changed, cut_after, cut_before, failing, lost
from tests.integration.faults.proxy import Answer, Exchange, Fault, FaultProxy
from tests.integration.matrix.running import Bot, together


def claims(bot: Bot, by: MemberClient) -> Callable[[], Awaitable[tuple[str, str]]]:
    """Return what claims one of the bot's keys, as a new device does, and tells its id and the key."""
    wanted = {"one_time_keys": {bot.gateway.user_id: {bot.gateway.device_id: "signed_curve25519"}}}

    async def claim() -> tuple[str, str]:
        answer = await by.request("POST", path_of("keys", "claim"), wanted)
        ((name, key),) = answer["one_time_keys"][bot.gateway.user_id][bot.gateway.device_id].items()
        return name, str(key["key"])

    return claim


async def drained(claim: Callable[[], Awaitable[tuple[str, str]]]) -> tuple[str, str]:
    """Claim all one-time keys, and return the fallback key: the first that is given out twice."""
    given: set[tuple[str, str]] = set()
    while (key := await claim()) not in given:
        given.add(key)
        assert len(given) <= 2 * ONE_TIME_KEYS
    return key


@pytest.mark.parametrize("fault", [cut_before, cut_after], ids=["not carried out", "carried out"])
@pytest.mark.parametrize("request_of", ["/login$", "/keys/upload", "/device_signing/upload", "/signatures/upload"])
async def test_a_first_start_that_ends_at_any_request_is_made_good_by_the_next(
    start: StartBehind, proxy: FaultProxy, strict: NewMember, request_of: str, fault: Fault
) -> None:
    with proxy.on("POST", request_of, fault) as rule, pytest.raises(Unavailable):
        async with start.open():
            pass
    assert rule.met
    async with together(start, strict) as (bot, ghana, room):
        await ghana.say(room, "to the bot")
        assert (await bot.hears(room, "to the bot")).trust is Trust.SIGNED
        await sent(bot, room, "to a strict client")
        await read_once(ghana, room, "to a strict client")
        # No second device was left behind.
        devices = await ghana.request("POST", path_of("keys", "query"), {"device_keys": {start.user: []}})
        assert set(devices["device_keys"][start.user]) == {bot.gateway.device_id}


@pytest.mark.parametrize("after", [False, True], ids=["not carried out", "carried out"])
async def test_a_bot_that_ends_while_keys_are_uploaded_is_reached_by_new_devices_afterwards(
    start: StartBehind, proxy: FaultProxy, strict: NewMember, *, after: bool
) -> None:
    held = Held(after=after, then=cut_before)
    async with together(start, strict) as (bot, ghana, room):
        with proxy.on("POST", "/keys/upload", held, times=1):
            claim = claims(bot, ghana)
            for _ in range(5):
                await claim()
            await held.until_waiting()
        since = bot.token
    held.release()
    async with start(since) as bot:
        await until_replenished(proxy)
        second = await strict(account=ghana.user_id, identity=ghana.identity)
        await second.say(room, "from a new device")
        await bot.hears(room, "from a new device")
        await sent(bot, room, "an answer")
        for reader in (ghana, second):
            await read_once(reader, room, "an answer")
        assert bot.all(Unreadable) == []


async def test_new_devices_reach_the_bot_by_its_fallback_key_when_no_other_is_left(
    start: StartBehind, proxy: FaultProxy, strict: NewMember
) -> None:
    held = Held()
    async with together(start, strict) as (bot, ghana, room):
        claim = claims(bot, ghana)
        with proxy.on("GET", "/sync", held):
            await held.until_waiting()
            fallback = await drained(claim)
            for name in ("second", "third"):
                device = await strict(account=ghana.user_id, identity=ghana.identity)
                await device.say(room, f"from the {name} device")
            held.release()
        await bot.hears(room, "from the third device")
        assert bot.said(room) == ["from the second device", "from the third device"]
        await until_replenished(proxy)
        with proxy.on("POST", "/keys/upload", Held()):
            assert await drained(claim) != fallback
        await sent(bot, room, "an answer")
        await read_once(device, room, "an answer")


async def test_what_was_sent_to_the_fallback_key_before_the_last_is_still_read(
    start: StartBehind, proxy: FaultProxy, strict: NewMember
) -> None:
    """The room key is on its way while the bot replaces the fallback key, twice without hearing that it succeeded."""
    keys = LateKeys()
    async with together(start, strict, poll=timedelta(milliseconds=200)) as (bot, ghana, room):
        held = Held(then=changed(keys.leave_out))
        with (
            proxy.on("GET", "/sync", held),
            proxy.on("POST", "/keys/upload", lost(502), times=1) as answer_lost,
            proxy.on("POST", "/keys/upload", cut_before, times=1) as cut,
        ):
            await held.until_waiting()
            await drained(claims(bot, ghana))
            second = await strict(account=ghana.user_id, identity=ghana.identity)
            await second.say(room, "by the fallback key")
            held.release()
            await bot.until(lambda: bot.all(Unreadable, room))
            await until_replenished(proxy)
            assert cut.met == answer_lost.met == 1
        assert keys.late
        with proxy.on("GET", "/sync", changed(keys.bring_once), times=1):
            await bot.hears(room, "by the fallback key")


async def test_no_one_time_key_is_given_out_twice_when_the_answer_to_their_upload_is_lost(
    start: StartBehind, proxy: FaultProxy, strict: NewMember
) -> None:
    """Two devices that are given the same key cannot both reach the bot: it is forgotten once it was used."""
    async with together(start, strict) as (bot, ghana, room):
        claim = claims(bot, ghana)
        unanswered = Held(after=True, then=failing(502, html=True))
        lost_once = False

        async def loses_the_first(exchange: Exchange) -> Answer:
            nonlocal lost_once
            if lost_once or "one_time_keys" not in exchange.said:
                return await exchange.passed_on()
            lost_once = True
            return await unanswered(exchange)

        with proxy.on("POST", "/keys/upload", loses_the_first):
            with proxy.on("GET", "/sync", held := Held()):
                await held.until_waiting()
                await drained(claim)
                held.release()
            await unanswered.until_waiting()
            # The homeserver has new keys and no others; before the bot hears of it one of them is given out.
            given = await claim()
            unanswered.release()
            await until_replenished(proxy)
        with proxy.on("POST", "/keys/upload", Held()):
            rest: list[tuple[str, str]] = []
            while (key := await claim()) not in rest:
                rest.append(key)
        assert rest.pop() == key  # the fallback key, which alone is given out twice
        assert len(rest) >= ONE_TIME_KEYS
        assert given not in rest
        second = await strict(account=ghana.user_id, identity=ghana.identity)
        await second.say(room, "from a new device")
        await bot.hears(room, "from a new device")
