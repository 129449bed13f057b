"""The bot as a process behind the proxy: killed, logged out, and before a homeserver that fails at everything."""

import asyncio
from functools import partial

import pytest

from bot.demo.hearing import Heard
from bot.demo.member import MemberClient
from bot.matrix.http import Http, path_of
from tests.integration.botprocess import BotProcess
from tests.integration.conftest import NewMember
from tests.integration.faults.kinds import Held, cut_before, expired, failing
from tests.integration.faults.proxy import ANY, Answer, Cut, Exchange, FaultProxy
from tests.integration.test_bot import Scene

_SENT = "/send/m.room.encrypted/"


async def coordinating(bot: BotProcess, coordinator: MemberClient, member: NewMember) -> Scene:
    """Bring the running bot into the coordination room and bind it."""
    colleague = await member("colleague")
    room = await coordinator.create_room("Coordination", [bot.user_id, colleague.user_id])
    await colleague.enters(room)
    scene = Scene(bot, coordinator, room)
    await scene.bot_in(room)
    await scene.answered("!room bind coordination", "coordination")
    await scene.answered(f"!room allow {colleague.user_id}", "may read")
    return scene


def answers(scene: Scene, command: str) -> list[str]:
    """Return what the bot answered to a command, as the coordinator's strict client shows it."""
    return [
        one.body
        for one in scene.coordinator.timeline(scene.room)
        if one.reply_to == command and one.sender == scene.bot.user_id and one.sender_signed
    ]


async def test_killed_around_key_uploads_it_is_reached_by_strict_clients_old_and_new(
    proxy: FaultProxy, bot: BotProcess, coordinator: MemberClient, strict: NewMember
) -> None:
    # At the first start: before the homeserver hears of the keys, and when it has them.
    for after in (False, True):
        held = Held(after=after, then=cut_before)
        with proxy.on("POST", "/keys/upload", held, times=1):
            await bot.start()
            await held.until_waiting()
            await bot.kill()
        held.release()
    await bot.start()
    scene = await coordinating(bot, coordinator, strict)
    # And while keys are replenished.
    held = Held(after=True, then=cut_before)
    with proxy.on("POST", "/keys/upload", held, times=1):
        (device,) = await devices(scene)
        for _ in range(5):
            await coordinator.request("POST", path_of("keys", "claim"), claim_of(bot, device))
        command = await coordinator.say(scene.room, "!help")
        await held.until_waiting()
        await bot.kill()
    held.release()
    await bot.start()
    second = await strict(account=coordinator.user_id, identity=coordinator.identity)
    await second.enters(scene.room)
    mark = second.mark()
    await second.say(scene.room, "!remind list")
    await second.hears(scene.room, "no reminder", since=mark, by=bot.user_id, within=40)
    assert len(answers(scene, command)) == 1
    assert await devices(scene) == [device]


async def devices(scene: Scene) -> list[str]:
    """Return the devices that the bot's account shows."""
    user = scene.bot.user_id
    shown = await scene.coordinator.request("POST", path_of("keys", "query"), {"device_keys": {user: []}})
    return sorted(shown["device_keys"][user])


def claim_of(bot: BotProcess, device: str) -> dict[str, dict[str, dict[str, str]]]:
    return {"one_time_keys": {bot.user_id: {device: "signed_curve25519"}}}


async def test_killed_between_a_room_key_and_the_journal_it_reads_the_message_after_a_restart(
    proxy: FaultProxy, bot: BotProcess, coordinator: MemberClient, strict: NewMember
) -> None:
    await bot.start()
    scene = await coordinating(bot, coordinator, strict)
    sync, query = Held(), Held()
    with proxy.on("GET", "/sync", sync), proxy.on("POST", "/keys/query", query):
        # Wakes the sync under way; the next one is held.
        await coordinator.say(scene.room, "Good morning")
        await sync.until_waiting()
        second = await strict(account=coordinator.user_id, identity=coordinator.identity)
        await second.enters(scene.room)
        command = await second.say(scene.room, "!remind me in 2 days count the containers")
        sync.release()
        # The bot has taken in the new room key, and asks whose it is: nothing is journalled.
        await query.until_waiting()
        await bot.kill()
    query.release()
    await bot.start()
    await second.hears(scene.room, lambda one: one.reply_to == command, by=bot.user_id, within=60)
    await scene.answered("!remind list", "count the containers")
    assert len(answers(scene, command)) == 1


@pytest.mark.parametrize("soft", [True, False], ids=["softly", "for good"])
async def test_logged_out_when_the_homeserver_has_the_message_it_does_not_say_it_twice(
    proxy: FaultProxy, bot: BotProcess, coordinator: MemberClient, strict: NewMember, *, soft: bool
) -> None:
    await bot.start()
    scene = await coordinating(bot, coordinator, strict)
    before = await devices(scene)
    token = proxy.record[-1].token

    logged_out = asyncio.Event()

    async def last_words(exchange: Exchange) -> Answer:
        await exchange.passed_on()
        if not soft:
            async with Http(proxy.homeserver, token=token) as http:
                await http.request("POST", path_of("logout"), {})
        logged_out.set()
        raise Cut

    async def from_then_on(exchange: Exchange) -> Answer:
        return await (expired(soft=soft)(exchange) if logged_out.is_set() else exchange.passed_on())

    with proxy.on(ANY, "", from_then_on, token=token), proxy.on("PUT", _SENT, last_words, times=1, token=token):
        command = await coordinator.say(scene.room, "!help")
        await logged_out.wait()
        await proxy.until(
            lambda: any(one.token not in {"", token} and one.answer for one in proxy.requests("GET", "/sync")),
            "the bot syncs with another token",
        )
    await scene.answered("!remind list", "no reminder")
    assert len(answers(scene, command)) == 1
    assert (await devices(scene) == before) is soft


async def test_a_homeserver_that_fails_at_everything_is_asked_once_a_second_and_then_told_everything_once(
    proxy: FaultProxy, bot: BotProcess, coordinator: MemberClient, strict: NewMember
) -> None:
    await bot.start()
    scene = await coordinating(bot, coordinator, strict)
    busy = [scene.room]
    for number in range(2):
        busy.append(await coordinator.create_room(f"room {number}", [bot.user_id]))
        await scene.bot_in(busy[-1])
        await scene.answered("!help", "!help", room=busy[-1])
    with proxy.on("PUT", _SENT, failing(502, html=True)) as put:
        commands = {room: await coordinator.say(room, "!remind list") for room in busy}
        await put.until_met(len(busy))
        with proxy.on(ANY, "", failing(502, html=True)) as everything:
            # Ends the long poll under way.
            await coordinator.say(scene.room, "Is nobody there?")
            await everything.until_met(5)
    failed = [one.at for one in proxy.record if one.answer is not None and one.answer.status == 502]
    # Those under way when the first of them failed were one for each room and the sync.
    under_way = len(busy) + 1
    assert all(number <= at - failed[0] + under_way for number, at in enumerate(failed)), failed
    for room in busy:
        answered = partial(_answers, commands[room])
        await coordinator.hears(room, answered, by=bot.user_id, within=60)
        await scene.answered("!help", "!help", room=room)
        assert len([one for one in coordinator.timeline(room) if answered(one)]) == 1


def _answers(command: str, one: Heard) -> bool:
    return one.reply_to == command
