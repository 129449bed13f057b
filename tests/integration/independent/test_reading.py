"""A member whose client shares no code with the bot, and accepts only signed devices, and the bot read each other."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bot.demo.homeserver import Homeserver
from bot.matrix.http import Http, path_of
from bot.matrix.interface import Invite, Message, NewRoom, Trust, Unread, WhyUnread
from storage.ids import DeviceId, RoomId, UserId
from tests.integration.conftest import PASSWORD
from tests.integration.independent.conftest import NewIndependent
from tests.integration.independent.driver import IndependentMember, Read
from tests.integration.matrix.running import Bot, Start, signed_devices, text


@asynccontextmanager
async def with_togo(start: Start, togo: IndependentMember) -> AsyncIterator[tuple[Bot, RoomId]]:
    """The bot and Togo in a room of the bot's making."""
    async with start() as bot:
        room = await bot.gateway.create_room(NewRoom(request="togo", name="Togo", invite=[UserId(togo.user_id)]))
        await togo.enters(room)
        await bot.sees(room, togo.user_id)
        yield bot, room


async def both_read(bot: Bot, togo: IndependentMember, room: RoomId, topic: str) -> tuple[Message, Read]:
    """Each says something and the other reads it, as from a signed device and without a warning beside it."""
    await togo.say(room, f"{topic}, says Togo")
    by_togo = await bot.hears(room, f"{topic}, says Togo")
    assert (by_togo.trust, by_togo.device_id, by_togo.sender) == (Trust.SIGNED, togo.device_id, togo.user_id)
    await bot.gateway.send(room, text(f"{topic}, says the bot"), f"row: {topic}")
    by_bot = await togo.hears(room, f"{topic}, says the bot", by=bot.gateway.user_id)
    assert (by_bot.encrypted, by_bot.shield) == (True, "NONE")
    assert not togo.unread(room)
    return by_togo, by_bot


async def test_first_contact_threads_and_edits(start: Start, independent: NewIndependent) -> None:
    togo = await independent()
    async with with_togo(start, togo) as (bot, room):
        _, card = await both_read(bot, togo, room, "first contact")
        newer = {**text("* the card, changed"), "m.new_content": text("the card, changed")}
        await bot.gateway.send(
            room, {**newer, "m.relates_to": {"rel_type": "m.replace", "event_id": card.event_id}}, "row-edit"
        )
        assert (await togo.hears(room, "the card, changed")).replaces == card.event_id
        await bot.gateway.send(
            room, {**text("a line"), "m.relates_to": {"rel_type": "m.thread", "event_id": card.event_id}}, "row-line"
        )
        assert (await togo.hears(room, "a line")).thread == card.event_id
        said = await togo.say(room, "!help", thread=card.event_id)
        await togo.edit(room, said, "!alert")
        await togo.say(room, "after the edit")
        await bot.hears(room, "after the edit")
        heard = next(message for message in bot.all(Message, room) if message.event_id == said)
        assert (heard.body, heard.thread_root) == ("!help", card.event_id)
        assert "!alert" not in bot.said(room)
        assert {read.shield for read in togo.timeline(room)} == {"NONE"}


async def test_a_room_of_the_members_making(start: Start, independent: NewIndependent) -> None:
    togo = await independent()
    async with start() as bot:
        room = RoomId(await togo.create_room("Lomé", [start.user]))
        await bot.until(lambda: bot.all(Invite, room))
        await bot.gateway.join(room)
        await togo.sees(room, start.user)
        await both_read(bot, togo, room, "in Togo's room")


async def test_both_read_on_after_the_bot_restarts(start: Start, independent: NewIndependent) -> None:
    togo = await independent()
    async with with_togo(start, togo) as (bot, room):
        await both_read(bot, togo, room, "before")
        since = bot.token
    await togo.say(room, "while the bot was away")
    async with start(since) as bot:
        assert (await bot.hears(room, "while the bot was away")).trust is Trust.SIGNED
        await both_read(bot, togo, room, "after")


async def test_both_read_on_when_keys_rotate(start: Start, independent: NewIndependent) -> None:
    togo = await independent()
    async with start() as bot:
        room = RoomId(await togo.create_room("Kara", [start.user], rotation_messages=2))
        await bot.until(lambda: bot.all(Invite, room))
        await bot.gateway.join(room)
        await togo.sees(room, start.user)
        for number in range(5):
            await both_read(bot, togo, room, f"number {number}")
        by_bot = [read.session for read in togo.timeline(room) if read.sender == start.user]
        assert len(by_bot) == 5
        assert len(set(by_bot)) == 3


async def test_a_new_device_reads_what_follows_once_it_is_signed(start: Start, independent: NewIndependent) -> None:
    togo = await independent()
    async with with_togo(start, togo) as (bot, room):
        await both_read(bot, togo, room, "with one device")
        async with togo.another_device(signed=False) as second:
            await second.sign()
            user = UserId(togo.user_id)

            await bot.until(lambda: second.device_id in signed_devices(bot, user))
            await bot.gateway.send(room, text("to both devices"), "row-both")
            for device in (togo, second):
                assert (await device.hears(room, "to both devices")).shield == "NONE"
            await second.say(room, "from the second")
            heard = await bot.hears(room, "from the second")
            assert (heard.trust, heard.device_id) == (Trust.SIGNED, second.device_id)


async def test_a_device_that_was_not_signed_is_told_why_it_cannot_read(
    start: Start, independent: NewIndependent
) -> None:
    togo = await independent()
    async with with_togo(start, togo) as (bot, room), togo.another_device(signed=False) as second:
        await second.enters(room)
        user = UserId(togo.user_id)
        await bot.until(lambda: second.device_id in bot.gateway._crypto.machine.device_store[user])
        sent = await bot.gateway.send(room, text("only for signed devices"), "row-signed")
        assert Unread(user, DeviceId(second.device_id), WhyUnread.UNSIGNED) in sent.unread
        await togo.hears(room, "only for signed devices")
        failed = await second.fails_to_read(room, sent.event_id)
        assert failed.failure == "MEGOLM_KEY_WITHHELD_FOR_UNVERIFIED_DEVICE"
        await second.sign()
        await bot.until(lambda: second.device_id in signed_devices(bot, user))
        sent = await bot.gateway.send(room, text("for both"), "row-both")
        assert sent.unread == frozenset()
        assert (await second.hears(room, "for both")).shield == "NONE"


async def test_a_fresh_device_of_the_bot_is_read_at_once(start: Start, independent: NewIndependent) -> None:
    togo = await independent()
    async with with_togo(start, togo) as (bot, room):
        await both_read(bot, togo, room, "the old device")
        old, token, since = bot.gateway.device_id, bot.gateway._http.token, bot.token
    async with Http(start.server.url, token=token) as http:
        await http.request("POST", path_of("logout"), {})
    async with start(since) as bot:
        assert bot.gateway.device_id != old
        await both_read(bot, togo, room, "the fresh device")
        judged = await togo.device(start.user, bot.gateway.device_id)
        assert (judged["known"], judged["signed"]) == (True, True)


async def test_both_read_on_after_the_homeserver_restarts(tmp_path: Path) -> None:
    async with Homeserver.start(tmp_path / "homeserver") as server:
        accounts = [await server.register(name, PASSWORD) for name in ("sesn", "togo")]
        start = Start(server, accounts[0], tmp_path / "store")
        async with (
            IndependentMember.open(server.url, accounts[1], PASSWORD) as togo,
            with_togo(start, togo) as (bot, room),
        ):
            await both_read(bot, togo, room, "before the restart")
            await server.restart()
            await both_read(bot, togo, room, "after the restart")
