"""The bot as a process of its own, as it runs for real, with a folder, an account and a homeserver."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Self

CONFIG = """
[matrix]
homeserver = "{url}"
user_id = "{user_id}"
password_file = "password"
store_secret_file = "store-secret"
[network]
coordinators = ["{coordinator}"]
[log]
format = "json"
{more}
"""
_STOP_WITHIN = 10.0


class BotProcess:
    """One bot, started and stopped (or killed) as often as a test wants, always on the same data."""

    def __init__(self, folder: Path, user_id: str) -> None:
        self.folder = folder
        self.user_id = user_id
        self.process: asyncio.subprocess.Process | None = None

    @classmethod
    @asynccontextmanager
    async def prepared(
        cls, folder: Path, url: str, user_id: str, password: str, *, coordinator: str, more: str = ""
    ) -> AsyncIterator[Self]:
        """Write configuration and secrets; the process is ended when the test ends."""
        bot = cls(folder, user_id)
        bot.write(CONFIG.format(url=url, user_id=user_id, coordinator=coordinator, more=more), password)
        try:
            yield bot
        finally:
            if bot.running:
                await bot.kill()

    def write(self, config: str, password: str) -> None:
        """Write the configuration and the secrets."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "config.toml").write_text(config, encoding="utf-8")
        for name, secret in (("password", password), ("store-secret", "a secret of the tests")):
            (self.folder / name).write_text(secret, encoding="utf-8")
            (self.folder / name).chmod(0o600)

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.returncode is None

    @property
    def armed(self) -> Path:
        """While this file exists, a crashing bot crashes when it comes to its step."""
        return self.folder / "armed"

    async def start(self, *, crash_at: str | None = None, nth: int = 1) -> None:
        """Start the bot; with `crash_at` the one that kills itself the nth time it comes to this step while armed."""
        command = [sys.executable, "-m", "bot", "run"]
        if crash_at is not None:
            command = [sys.executable, "-m", "tests.integration.crashing", crash_at, str(nth)]
        with (self.folder / "log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *command, "--config", str(self.folder / "config.toml"), stdin=asyncio.subprocess.DEVNULL, stderr=log
            )

    async def stop(self) -> int:
        """Send SIGTERM and return the exit code; it must come within ten seconds."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(_STOP_WITHIN):
            return await self.process.wait()

    async def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        await self.process.wait()

    async def ended(self, *, within: float = 60.0) -> int:
        """Wait until the process has ended by itself and return its exit code."""
        assert self.process is not None
        async with asyncio.timeout(within):
            return await self.process.wait()

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(encoding="utf-8")
