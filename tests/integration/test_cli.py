"""The program as an operator starts it, against a real homeserver."""

import asyncio
import json
import sqlite3
import sys
from pathlib import Path

from bot.demo.homeserver import Homeserver
from tests.integration.botprocess import BotProcess
from tests.integration.conftest import PASSWORD, NewAccount, NewMember

COORDINATOR = "@coordinator:localhost"


async def check(bot: BotProcess) -> tuple[int, str]:
    """Run `sesn-bot check` and return its exit code and everything it wrote."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bot", "check", "--config", str(bot.folder / "config.toml")),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(90):
        written, _nothing = await process.communicate()
    assert process.returncode is not None
    text = written.decode()
    assert "Traceback" not in text
    assert PASSWORD not in text
    return process.returncode, text


async def test_each_thing_is_tried_and_ticked_and_what_is_wrong_comes_with_advice(
    server: Homeserver, account: NewAccount, tmp_path: Path
) -> None:
    user = await account("sesn")
    prepared = BotProcess.prepared(tmp_path / "bot", server.url, user, PASSWORD, coordinator=COORDINATOR)
    async with prepared as bot:
        code, text = await check(bot)
        assert code == 0, text
        for tick in ("configuration", "secrets", "homeserver", "login", "cross-signing chain", "clock", "database"):
            assert f"✓ {tick}" in text, text
        assert "✓ messages that could not be read: 24 hours: 0 of 0, 7 days: 0 of 0" in text
        assert "✗" not in text
        assert "!room bind" in text

        # The same store and device again: nothing was made twice.
        again = await check(bot)
        assert [line for line in text.splitlines() if "login" in line] == [
            line for line in again[1].splitlines() if "login" in line
        ]

        (bot.folder / "store-secret").write_text("another secret of the tests", encoding="utf-8")
        code, text = await check(bot)
        assert code == 1
        assert "✗ login and keys" in text
        assert "secret" in text


async def test_a_wrong_password_is_told_with_what_to_do(
    server: Homeserver, account: NewAccount, tmp_path: Path
) -> None:
    user = await account("sesn")
    prepared = BotProcess.prepared(tmp_path / "bot", server.url, user, "not the password", coordinator=COORDINATOR)
    async with prepared as bot:
        code, text = await check(bot)
        assert code == 1
        assert "✓ homeserver" in text
        assert "✗ login and keys" in text
        assert "password" in text
        await bot.start()
        assert await bot.ended() == 1
        assert "password" in bot.log
        assert "Traceback" not in bot.log
        assert "not the password" not in bot.log


async def test_a_homeserver_that_is_down_is_told_and_does_not_keep_the_bot_from_stopping(tmp_path: Path) -> None:
    async with Homeserver.start(tmp_path / "own") as own:
        user = await own.register("sesn", PASSWORD)
        prepared = BotProcess.prepared(tmp_path / "bot", own.url, user, PASSWORD, coordinator=COORDINATOR)
        async with prepared as bot:
            await bot.start()
            async with asyncio.timeout(60):
                while "bot.running" not in bot.log:  # noqa: ASYNC110 - another process writes it
                    await asyncio.sleep(0.05)
            await own.stop()
            assert await bot.stop() == 0
            code, text = await check(bot)
            assert code == 1
            assert "✗ homeserver" in text
            assert own.url in text
            assert "✓ database" in text


async def test_what_is_said_is_in_no_log_not_even_when_it_meets_a_fault(
    server: Homeserver, account: NewAccount, member: NewMember, tmp_path: Path
) -> None:
    coordinator = await member("coordinator")
    user = await account("sesn")
    prepared = BotProcess.prepared(tmp_path / "bot", server.url, user, PASSWORD, coordinator=coordinator.user_id)
    async with prepared as bot:
        await bot.start()
        room = await coordinator.dm(user)

        def joined() -> bool:
            found = coordinator.client.rooms[room].users.get(user)
            return found is not None and not found.invited

        await coordinator.hearing.until(joined, 40, lambda: bot.log)
        await coordinator.say(room, "help")
        await coordinator.hears(room, "!help", by=user, within=60)
        # A fault whose text holds what was said: the database quotes its parameters.
        with sqlite3.connect(bot.folder / "data" / "sesn.db") as database:
            database.execute("ALTER TABLE reminders RENAME TO elsewhere")
        await coordinator.say(room, "remind me in 2 days xylophone")
        answer = await coordinator.hears(room, "went wrong", by=user, within=60)
        assert await bot.stop() == 0
        entries = [json.loads(line) for line in bot.log.splitlines() if line.startswith("{")]
        (fault,) = [entry for entry in entries if entry["event"] == "dispatch.bug"]
        assert fault["reference"] in answer.body
        assert "OperationalError" in fault["error"]
        assert fault["at"]
        assert "xylophone" not in bot.log
        assert coordinator.user_id not in bot.log
