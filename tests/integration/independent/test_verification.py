"""Members verify the bot with a client that shares no code with it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from bot.matrix.interface import NewRoom, ShortCode
from storage.ids import RoomId, UserId
from tests.integration.independent.conftest import NewIndependent
from tests.integration.independent.driver import IndependentMember
from tests.integration.matrix.running import Bot, Start, text


@asynccontextmanager
async def together(start: Start, independent: NewIndependent) -> AsyncIterator[tuple[Bot, IndependentMember, RoomId]]:
    """The bot and Togo in a room, with something said in it."""
    togo = await independent()
    async with start() as bot:
        room = await bot.gateway.create_room(NewRoom(request="togo", name="Togo", invite=[UserId(togo.user_id)]))
        await togo.enters(room)
        await bot.sees(room, togo.user_id)
        await bot.gateway.send(room, text("welcome"), "row-1")
        await togo.hears(room, "welcome")
        yield bot, togo, room


async def ask(bot: Bot, togo: IndependentMember, room: str | None, name: str = "one") -> None:
    """Togo asks to verify the bot and is answered."""
    device = bot.gateway.device_id if room is None else None
    await togo.verify(name, bot.gateway.user_id, device=device, room=room)
    await togo.comes_to(name, "Ready")


async def verified(togo: IndependentMember, bot: Bot) -> bool:
    judged = await togo.device(bot.gateway.user_id, bot.gateway.device_id)
    return judged["user_verified"]


async def compared(bot: Bot, togo: IndependentMember, name: str = "one") -> ShortCode:
    """Both sides show a code; return the bot's after making sure that Togo's is the same."""
    before = len(bot.all(ShortCode))
    emoji, decimals = await togo.compare(name)
    await bot.until(lambda: len(bot.all(ShortCode)) > before)
    shown = bot.all(ShortCode)[-1]
    assert (list(shown.emoji), shown.decimals) == (emoji, decimals)
    assert (shown.user, shown.device_id) == (togo.user_id, togo.device_id)
    return shown


@pytest.mark.parametrize("in_room", [False, True])
async def test_a_member_can_tell_the_real_bot(start: Start, independent: NewIndependent, in_room: bool) -> None:
    async with together(start, independent) as (bot, togo, room):
        assert not await verified(togo, bot)
        await ask(bot, togo, room if in_room else None)
        await compared(bot, togo)
        assert not await verified(togo, bot), "nobody has confirmed yet"
        await togo.confirm("one")
        await togo.comes_to("one", "Done")
        await until(lambda: verified(togo, bot))
        # What was verified is the identity: the bot's messages are as readable as before, and so is its next device.
        await bot.gateway.send(room, text("after"), "row-2")
        assert (await togo.hears(room, "after")).shield == "NONE"


async def until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(20):
        while not await condition():  # noqa: ASYNC110  another process
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("in_room", [False, True])
async def test_a_code_that_differs_ends_it_and_the_next_one_is_answered(
    start: Start, independent: NewIndependent, in_room: bool
) -> None:
    async with together(start, independent) as (bot, togo, room):
        where = room if in_room else None
        await ask(bot, togo, where)
        first = await compared(bot, togo)
        await togo.mismatch("one")
        ended = await togo.comes_to("one", "Cancelled")
        assert ended["code"] == "m.mismatched_sas"
        await until(lambda: nothing_runs(bot))
        await ask(bot, togo, where, "two")
        second = await compared(bot, togo, "two")
        assert second.decimals != first.decimals or second.emoji != first.emoji
        await togo.confirm("two")
        await togo.comes_to("two", "Done")


async def nothing_runs(bot: Bot) -> bool:
    return bot.gateway._desk.running == 0


async def test_a_member_may_give_up(start: Start, independent: NewIndependent) -> None:
    async with together(start, independent) as (bot, togo, _room):
        await ask(bot, togo, None)
        assert bot.gateway._desk.running == 1
        await togo.cancel("one")
        await until(lambda: nothing_runs(bot))


async def test_a_restart_before_keys_were_exchanged_disturbs_nothing(start: Start, independent: NewIndependent) -> None:
    async with together(start, independent) as (bot, togo, _room):
        await ask(bot, togo, None)
        since = bot.token
    async with start(since) as bot:
        await compared(bot, togo)
        await togo.confirm("one")
        await togo.comes_to("one", "Done")


@pytest.mark.parametrize("in_room", [False, True])
async def test_what_the_bot_forgot_by_a_restart_is_cancelled_at_once(
    start: Start, independent: NewIndependent, in_room: bool
) -> None:
    async with together(start, independent) as (bot, togo, room):
        await ask(bot, togo, room if in_room else None)
        await compared(bot, togo)
        since = bot.token
    async with start(since):
        ended = await togo.comes_to("one", "Cancelled")
        assert (ended["code"], ended["by"]) == ("m.unknown_transaction", start.user)
        assert not await verified(togo, bot)


async def test_a_device_that_is_given_no_keys_can_verify_the_bot_too(start: Start, independent: NewIndependent) -> None:
    async with together(start, independent) as (bot, togo, room), togo.another_device(signed=False) as second:
        await second.enters(room)
        await second.verify("one", bot.gateway.user_id, room=room)
        await second.comes_to("one", "Ready")
        emoji, decimals = await second.compare("one")
        await bot.until(lambda: bot.all(ShortCode))
        (shown,) = bot.all(ShortCode)
        assert (list(shown.emoji), shown.decimals, shown.device_id) == (emoji, decimals, second.device_id)
