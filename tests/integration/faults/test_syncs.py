"""Syncs that leave out, repeat, disorder or delay what they bring: all of it is read once, by bot and members."""

import asyncio
from typing import Any

from bot.matrix.interface import NewRoom, Trust, Unreadable
from storage.ids import RoomId, UserId
from tests.integration.conftest import NewMember
from tests.integration.faults.conftest import StartBehind
from tests.integration.faults.helping import Pauses, read_once, sent
from tests.integration.faults.kinds import Held, LateKeys, changed, cut_after, failing, narrowed
from tests.integration.faults.proxy import FaultProxy
from tests.integration.matrix.running import Bot, together


async def rooms_of_both(bot: Bot, user: str, number: int) -> list[RoomId]:
    """Make so many rooms of the bot and one member."""
    wishes = [NewRoom(request=f"room {place}", name=None, invite=[UserId(user)]) for place in range(number)]
    return [await bot.gateway.create_room(wish) for wish in wishes]


async def test_room_keys_that_come_twice_and_out_of_order(
    start: StartBehind, proxy: FaultProxy, strict: NewMember
) -> None:
    seen: list[Any] = []

    def jumbled(told: Any) -> None:
        """The newest first, each twice, and at the next sync all of them once more."""
        events = told.get("to_device", {}).get("events", [])
        told["to_device"] = {"events": [*seen, *events[::-1], *events]}
        seen.extend(events)

    held = Held(then=changed(jumbled))
    async with together(start, strict) as (bot, ghana, room):
        rooms = [room, *await rooms_of_both(bot, ghana.user_id, 2)]
        second = await strict(account=ghana.user_id, identity=ghana.identity)
        for one in rooms:
            await ghana.enters(one)
            await second.enters(one)
            await bot.sees(one, ghana.user_id)
        with proxy.on("GET", "/sync", held):
            await held.until_waiting()
            # One Olm session of each device carries the keys of three rooms.
            for one in rooms:
                await ghana.say(one, "first")
                await second.say(one, "second")
            held.release()
            for one in rooms:
                await bot.hears(one, "second")
                await bot.hears(one, "first")
            assert len(seen) == 6
            benin = await strict("benin")
            for one in rooms:
                # A member more: the next message has a new key, again by the same Olm sessions.
                await bot.gateway.invite(one, UserId(benin.user_id))
                await benin.enters(one)
                await ghana.say(one, "third")
                await second.say(one, "fourth")
            for one in rooms:
                await bot.hears(one, "fourth")
                await bot.hears(one, "third")
        for one in rooms:
            assert sorted(bot.said(one)) == ["first", "fourth", "second", "third"]
            await bot.sees(one, benin.user_id)
            await sent(bot, one, f"to {one}")
            for reader in (ghana, second, benin):
                await read_once(reader, one, f"to {one}")
        assert bot.all(Unreadable) == []


async def test_a_room_key_that_comes_after_its_messages(
    start: StartBehind, proxy: FaultProxy, strict: NewMember
) -> None:
    keys = LateKeys()
    async with together(start, strict) as (bot, ghana, room):
        with proxy.on("GET", "/sync", changed(keys.leave_out)) as rule:
            await rule.until_met()
            said = [await ghana.say(room, f"message {number}") for number in range(3)]
            await bot.until(lambda: len(bot.all(Unreadable, room)) == 3)
        with proxy.on("GET", "/sync", changed(keys.bring_once)):
            for number, event_id in enumerate(said):
                heard = await bot.hears(room, f"message {number}")
                assert (heard.event_id, heard.trust) == (event_id, Trust.SIGNED)
        await ghana.say(room, "after")
        await bot.hears(room, "after")
        assert bot.said(room) == ["message 0", "message 1", "message 2", "after"]


async def test_a_limited_timeline_is_filled_although_that_fails_at_first(
    start: StartBehind, proxy: FaultProxy, strict: NewMember
) -> None:
    pauses = Pauses()
    held = Held(then=narrowed)
    async with together(start, strict, sleep=pauses, random=lambda: 0.0) as (bot, ghana, room):
        (another,) = await rooms_of_both(bot, ghana.user_id, 1)
        await ghana.enters(another)
        benin = await strict("benin")
        await bot.gateway.invite(room, UserId(benin.user_id))
        with (
            proxy.on("GET", "/sync", held),
            proxy.on("GET", "/messages", cut_after, times=2) as cut,
            proxy.on("GET", "/messages", failing(502, html=True), times=2) as failed,
        ):
            await held.until_waiting()
            said = [f"message {number}" for number in range(6)]
            for number, body in enumerate(said):
                await ghana.say(another, body)
                await ghana.say(room, body)
                if number == 2:
                    await benin.join(room)
            held.release()
            await bot.hears(room, said[-1])
            await bot.hears(another, said[-1])
            assert cut.met == failed.met == 2
        assert (bot.said(room), bot.said(another)) == (said, said)
        assert pauses.asked
        # Who came in within the gap reads what is sent after it.
        await bot.sees(room, benin.user_id)
        await sent(bot, room, "to all")
        for reader in (ghana, benin):
            await read_once(reader, room, "to all")


async def test_what_was_received_but_not_journalled_is_read_after_a_restart(
    start: StartBehind, proxy: FaultProxy, strict: NewMember
) -> None:
    """The Olm messages of such a sync come a second time, to a machine that has used their keys already."""
    failed = asyncio.Event()

    async def stuck(_: float) -> None:
        failed.set()
        await asyncio.Event().wait()

    held = Held()
    async with together(start, strict, sleep=stuck) as (bot, ghana, room):
        with proxy.on("GET", "/sync", held):
            await held.until_waiting()
            second = await strict(account=ghana.user_id, identity=ghana.identity)
            await ghana.say(room, "from a known device")
            await second.say(room, "from a new device")
            bot.failures, since = 1, bot.token
            held.release()
            async with asyncio.timeout(20):
                await failed.wait()
    async with start(since) as bot:
        await bot.hears(room, "from a new device")
        assert bot.said(room) == ["from a known device", "from a new device"]
        await ghana.say(room, "after")
        await second.say(room, "after that")
        await bot.hears(room, "after that")
        assert bot.said(room)[2:] == ["after", "after that"]
        assert bot.all(Unreadable) == []
        await sent(bot, room, "an answer")
        for reader in (ghana, second):
            await read_once(reader, room, "an answer")


async def test_a_room_key_that_comes_after_its_message_and_a_restart(
    start: StartBehind, proxy: FaultProxy, strict: NewMember
) -> None:
    keys = LateKeys()
    async with together(start, strict) as (bot, ghana, room):
        with proxy.on("GET", "/sync", changed(keys.leave_out)) as rule:
            await rule.until_met()
            await ghana.say(room, "the key comes after a restart")
            await bot.until(lambda: bot.all(Unreadable, room))
            since = bot.token
    with proxy.on("GET", "/sync", changed(keys.bring_once), times=1):
        async with start(since) as bot:
            await bot.hears(room, "the key comes after a restart")
