"""What is known of rooms outlives the bot, and what changed while it was down is known before the first message."""

from typing import Any

import pytest
from yarl import URL

from bot.demo.member import MemberClient
from bot.matrix.http import path_of
from bot.matrix.interface import (
    Incoming,
    Invite,
    MembershipChange,
    Message,
    RoomFacts,
    RoomUnsafe,
    SyncBatch,
    WhyUnsafe,
)
from bot.matrix.rooms import CREATOR_POWER
from storage.base import Database
from storage.ids import RoomId, UserId
from storage.keys import Keys, RoomRow, Saved
from tests.integration.conftest import NewMember
from tests.integration.faults.conftest import StartBehind
from tests.integration.faults.kinds import changed
from tests.integration.faults.proxy import FaultProxy
from tests.integration.matrix.running import Bot, Start, text, together


def encryption_hidden(told: Any) -> None:
    """Leave the encryption out of what a homeserver tells of the state of rooms, be it all state or a sync."""
    if isinstance(told, list):
        told[:] = [event for event in told if event["type"] != "m.room.encryption"]
        return
    for part in told.get("rooms", {}).get("join", {}).values():
        for place in ("state", "timeline"):
            events = part.get(place, {}).get("events", [])
            events[:] = [event for event in events if event["type"] != "m.room.encryption"]


async def saved(database: Database) -> Saved:
    async with database.transaction() as tx:
        return await Keys(tx).load()


async def test_a_restart_knows_the_rooms_and_asks_for_no_whole_state(
    behind: StartBehind, proxy: FaultProxy, member: NewMember
) -> None:
    async with together(behind, member) as (bot, ghana, room):
        await ghana.say(room, "hello")
        await bot.hears(room, "hello")
        before, since = await bot.gateway.room(room), bot.token
    place = len(proxy.record)
    async with behind(since) as bot:
        assert await bot.gateway.room(room) == before
        await bot.gateway.send(room, text("again"), "row-1")
        await ghana.hears(room, "again")
    for sync in proxy.requests("GET", "/sync", since=place):
        assert "full_state" not in URL(sync.target, encoded=True).query
    assert proxy.requests("GET", "/state$", since=place) == []


async def test_what_changed_while_the_bot_was_down_is_known_at_the_first_message(
    behind: StartBehind, member: NewMember
) -> None:
    """More changes than a sync brings: the timeline of the room is limited."""
    async with together(behind, member) as (bot, ghana, room):
        benin, kofi = await member("benin"), await member("kofi", auto_join=False)
        await bot.gateway.invite(room, UserId(benin.user_id))
        await bot.sees(room, benin.user_id)
        levels = path_of("rooms", room, "state", "m.room.power_levels", "")
        await bot.gateway._http.request("PUT", levels, {"users": {ghana.user_id: 100}})
        since = bot.token
    await ghana.set_state(room, "m.room.name", {"name": "Tema"})
    await ghana.set_state(room, "m.room.power_levels", {"users": {ghana.user_id: 100, kofi.user_id: 50}})
    await benin.leave(room)
    await ghana.invite(room, kofi.user_id)
    await kofi.join(room)
    for number in range(5):
        await ghana.say(room, f"{number}")
    seen: list[tuple[Incoming, RoomFacts]] = []

    class Watching(Bot):
        async def journal(self, batch: SyncBatch) -> None:
            seen.extend([(event, await self.gateway.room(room)) for event in batch.events])
            await super().journal(batch)

    async with behind(since, timeline=2, kind=Watching) as bot:
        await bot.hears(room, "4")
        facts = next(facts for event, facts in seen if isinstance(event, Message))
        assert facts.name == "Tema"
        assert facts.joined == {behind.user, ghana.user_id, kofi.user_id}
        assert facts.powers[UserId(kofi.user_id)] == 50
        # The creator of a room of version 12 stands above every number, and is named nowhere.
        assert facts.powers[behind.user] == CREATOR_POWER
        assert bot.said(room) == [f"{number}" for number in range(5)]
        await ghana.say(room, "after")
        await bot.hears(room, "after")
        await bot.gateway.send(room, text("for those who are here"), "row-1")
        await kofi.hears(room, "for those who are here")


async def entered(bot: Bot, ghana: MemberClient) -> RoomId:
    """Let the bot enter a room of Ghana's."""
    room = RoomId(await ghana.create_room("of Ghana's", [bot.gateway.user_id]))
    await bot.gateway.join(room)
    await bot.sees(room, bot.gateway.user_id)
    return room


async def remove(ghana: MemberClient, room: RoomId, user: UserId) -> None:
    await ghana.request("POST", path_of("rooms", room, "kick"), {"user_id": user})


async def why_not(bot: Bot, room: RoomId) -> WhyUnsafe:
    with pytest.raises(RoomUnsafe) as unsafe:
        await bot.gateway.send(room, text("not for everybody"), "row-x")
    return unsafe.value.why


@pytest.mark.parametrize("running", [True, False], ids=["before the bot's eyes", "while the bot is down"])
async def test_a_room_that_the_bot_was_put_out_of_is_forgotten(
    start: Start, member: NewMember, *, running: bool
) -> None:
    ghana = await member("ghana")
    async with start() as bot:
        room = await entered(bot, ghana)
        await ghana.say(room, "hello")
        await bot.hears(room, "hello")
        assert room in {row.room_id for row in (await saved(bot.database)).states}
        gone, since = MembershipChange(room, start.user, joined=False), bot.token
        if running:
            await remove(ghana, room, start.user)
            await bot.until(lambda: gone in bot.events)
            assert await why_not(bot, room) is WhyUnsafe.NOT_JOINED
            since = bot.token
    if not running:
        await remove(ghana, room, start.user)
    async with start(since) as bot:
        assert (gone in bot.events) is not running
        assert await why_not(bot, room) is WhyUnsafe.NOT_JOINED
        kept = await saved(bot.database)
        assert room not in {row.room_id for row in kept.states}
        assert RoomRow(room, encrypted=True, joined=False) in kept.rooms
        assert bot.gateway._rooms.known(room) is None
        assert bot.gateway._rooms.receivers() == frozenset()


async def test_a_room_whose_encryption_is_hidden_is_not_sent_to(
    behind: StartBehind, proxy: FaultProxy, member: NewMember
) -> None:
    ghana = await member("ghana")
    async with behind() as bot:
        room = await entered(bot, ghana)
        await remove(ghana, room, behind.user)
        await bot.until(lambda: MembershipChange(room, behind.user, joined=False) in bot.events)
        since = bot.token
    with proxy.on("GET", "/sync|/state$", changed(encryption_hidden)):
        async with behind(since) as bot:
            await ghana.invite(room, behind.user)
            await bot.until(lambda: bot.all(Invite, room))
            await bot.gateway.join(room)
            await bot.sees(room, behind.user)
            assert await why_not(bot, room) is WhyUnsafe.ENCRYPTION_HIDDEN
            # Not as the one polite refusal either: it would say in clear what room this is.
            with pytest.raises(RoomUnsafe):
                await bot.gateway.send(room, text("please encrypt"), "row-y", clear=True)
            since = bot.token
        async with behind(since) as bot:
            assert await why_not(bot, room) is WhyUnsafe.ENCRYPTION_HIDDEN
    assert proxy.requests("PUT", "/send/") == []
