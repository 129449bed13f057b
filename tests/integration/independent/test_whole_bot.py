"""The bot as it runs for real, and a coordinator whose client shares no code with it."""

from pathlib import Path

from bot.demo.homeserver import Homeserver
from tests.integration.botprocess import BotProcess
from tests.integration.conftest import PASSWORD, NewAccount
from tests.integration.independent.conftest import NewIndependent


async def test_a_strict_client_is_answered_before_and_after_the_bot_was_killed(
    server: Homeserver, account: NewAccount, independent: NewIndependent, tmp_path: Path
) -> None:
    coordinator = await independent("coordinator")
    user_id = await account("sesn")
    prepared = BotProcess.prepared(tmp_path / "bot", server.url, user_id, PASSWORD, coordinator=coordinator.user_id)
    async with prepared as bot:
        await bot.start()
        room = await coordinator.create_room(None, [user_id], direct=True)
        await coordinator.sees(room, user_id, within=40)
        await coordinator.say(room, "!help")
        first = await coordinator.hears(room, "!help", by=user_id)
        assert (first.encrypted, first.shield) == (True, "NONE")
        await bot.kill()
        asked = await coordinator.say(room, "!help alert")
        await bot.start()
        await coordinator.hears(room, "!alert", by=user_id, after=asked, within=40)
        assert not coordinator.unread(room)
        assert await bot.stop() == 0


async def test_the_coordinators_are_shown_what_a_member_who_verifies_the_bot_must_see(
    server: Homeserver, account: NewAccount, independent: NewIndependent, tmp_path: Path
) -> None:
    coordinator, colleague = await independent("coordinator"), await independent("colleague")
    user_id = await account("sesn")
    prepared = BotProcess.prepared(tmp_path / "bot", server.url, user_id, PASSWORD, coordinator=coordinator.user_id)
    async with prepared as bot:
        await bot.start()
        room = await coordinator.create_room("Coordination", [user_id, colleague.user_id])
        await colleague.enters(room)
        await coordinator.sees(room, user_id, within=40)
        await coordinator.say(room, "!room bind coordination")
        await coordinator.hears(room, "coordination", by=user_id)
        allowed = await coordinator.say(room, f"!room allow {colleague.user_id}")
        await coordinator.hears(room, colleague.user_id, by=user_id, after=allowed)
        await coordinator.verify("bot", user_id, room=room)
        await coordinator.comes_to("bot", "Ready")
        emoji, decimals = await coordinator.compare("bot")
        shown = await coordinator.hears(room, " ".join(map(str, decimals)), by=user_id)
        assert shown.encrypted
        assert shown.body is not None
        lines = shown.body.splitlines()
        assert [line for line in lines if any(line.endswith(f"{sign} {word}") for sign, word in emoji)] == [
            next(line for line in lines if line.endswith(f"{sign} {word}")) for sign, word in emoji
        ]
        await coordinator.confirm("bot")
        await coordinator.comes_to("bot", "Done")
        assert await bot.stop() == 0
