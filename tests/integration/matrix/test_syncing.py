"""Nothing is lost and nothing comes twice, whatever happens between two syncs."""

import asyncio

import pytest

from bot.matrix.http import path_of
from bot.matrix.interface import (
    Invite,
    MembershipChange,
    RoomUnsafe,
    Tombstone,
    Trust,
    WhyUnsafe,
)
from storage.ids import RoomId, UserId
from tests.integration.conftest import NewMember
from tests.integration.matrix.running import Start, text, together


async def test_a_restart_replays_nothing_and_misses_nothing(start: Start, member: NewMember) -> None:
    async with together(start, member) as (bot, ghana, room):
        await ghana.say(room, "before")
        await bot.hears(room, "before")
        since = bot.token
    await ghana.say(room, "meanwhile")
    async with start.open() as gateway:
        # A change of name looks much like a join, before which nothing would be executed.
        await gateway.set_display_name("SESN")
    await ghana.say(room, "and then")
    async with start(since) as bot:
        await bot.hears(room, "and then")
        # Room state is there again before anything is judged.
        assert (await bot.gateway.room(room)).joined == {start.user, ghana.user_id}
        await ghana.say(room, "after")
        assert (await bot.hears(room, "after")).trust is Trust.SIGNED
        assert bot.said(room) == ["meanwhile", "and then", "after"]


async def test_a_limited_timeline_is_filled(start: Start, member: NewMember) -> None:
    async with together(start, member) as (bot, ghana, room):
        since = bot.token
    said = [f"message {number}" for number in range(12)]
    for body in said:
        await ghana.say(room, body)
    async with start(since, timeline=3) as bot:
        await bot.hears(room, said[-1])
        assert bot.said(room) == said


async def test_a_first_start_executes_nothing_old_but_sees_invitations(start: Start, member: NewMember) -> None:
    async with together(start, member) as (bot, ghana, room):
        await ghana.say(room, "old")
        await bot.hears(room, "old")
    invited = await ghana.create_room("another", [start.user])
    # Another filter: Synapse answers the very same initial sync from a cache for two minutes.
    async with start(None, timeline=49) as bot:
        assert bot.all(Invite) == [Invite(RoomId(invited), UserId(ghana.user_id))]
        await ghana.say(room, "new")
        await bot.hears(room, "new")
        assert bot.said(room) == ["new"]


async def test_what_was_said_before_the_bot_came_is_not_for_it(start: Start, member: NewMember) -> None:
    ghana = await member("ghana")
    room = await ghana.create_room("long since", encrypted=False)
    await ghana.say(room, "before the bot came")
    async with start() as bot:
        await ghana.invite(room, start.user)
        await bot.until(lambda: bot.all(Invite, room))
        await bot.gateway.join(RoomId(room))
        await ghana.say(room, "welcome")
        await bot.hears(room, "welcome")
        assert bot.said(room) == ["welcome"]


async def test_a_failing_journal_gets_the_same_batch_again(start: Start, member: NewMember) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        await asyncio.sleep(0)

    async with together(start, member, sleep=sleep, random=lambda: 0.0) as (bot, ghana, room):
        bot.failures = 3
        await ghana.say(room, "only once")
        await bot.hears(room, "only once")
        await ghana.say(room, "after")
        await bot.hears(room, "after")
        assert bot.said(room) == ["only once", "after"]
        assert slept == [1, 1, 2]


async def test_membership_and_tombstones_are_told(start: Start, member: NewMember) -> None:
    async with together(start, member) as (bot, ghana, room):
        await ghana.leave(room)
        gone = MembershipChange(room, UserId(ghana.user_id), joined=False)
        await bot.until(lambda: gone in bot.events)
        body = {"replacement_room": "!next"}
        await bot.gateway._http.request("PUT", path_of("rooms", room, "state", "m.room.tombstone", ""), body)
        await bot.until(lambda: bot.all(Tombstone))
        assert bot.all(Tombstone) == [Tombstone(room, RoomId("!next"))]
        with pytest.raises(RoomUnsafe) as unsafe:
            await bot.gateway.send(room, text("into the void"), "row-1")
        assert unsafe.value.why is WhyUnsafe.TOMBSTONED
