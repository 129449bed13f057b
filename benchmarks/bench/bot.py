"""The bot under test: a process of its own on a configuration, a database and an account of its own."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Self

from benchmarks.bench import environments
from benchmarks.bench.fleet import PASSWORD
from benchmarks.bench.processes import Process
from benchmarks.bench.traffic import Traffic
from bot.config import Config
from storage.base import Database

_CONFIG = """
[matrix]
homeserver = "{url}"
user_id = "{user_id}"
password_file = "password"
store_secret_file = "store-secret"
[storage]
url = "sqlite:///sesn.db"
[network]
coordinators = [{coordinators}]
[log]
format = "json"
"""


class Bot:
    """Started and stopped as often as a benchmark wants, always on the same data."""

    def __init__(self, folder: Path, traffic: Traffic, user_id: str) -> None:
        self.folder = folder
        self.user_id = user_id
        self.traffic = traffic
        self._process: Process | None = None

    @classmethod
    @asynccontextmanager
    async def prepared(
        cls, folder: Path, traffic: Traffic, user_id: str, coordinators: Sequence[str]
    ) -> AsyncIterator[Self]:
        """Write the configuration; the process, if any, is ended with the block."""
        folder.mkdir(parents=True)
        named = ", ".join(f'"{coordinator}"' for coordinator in coordinators)
        (folder / "config.toml").write_text(
            _CONFIG.format(url=traffic.url, user_id=user_id, coordinators=named), encoding="utf-8"
        )
        for name, secret in (("password", PASSWORD), ("store-secret", "a secret of the benchmarks")):
            (folder / name).touch(mode=0o600)
            (folder / name).write_text(secret, encoding="utf-8")
        bot = cls(folder, traffic, user_id)
        try:
            yield bot
        finally:
            await bot.stop()

    @property
    def process(self) -> Process:
        assert self._process is not None
        return self._process

    async def start(self, within: float = 120.0) -> float:
        """Start it and wait until its first sync is handled; return the seconds that took.

        It asks for the next sync only after what the first one brought is in its database.
        """
        python = await environments.of_the_bot()
        begun, _ = self.traffic.mark()
        command = [str(python), "-m", "bot", "run", "--config", str(self.folder / "config.toml")]
        self._process = await Process.start(command, self.folder / "log")
        return await second_sync(self.traffic, begun, self._process, within)

    async def stop(self) -> None:
        """Stop it as a service manager does."""
        if self._process is not None:
            await self._process.stop()

    @asynccontextmanager
    async def database(self) -> AsyncIterator[Database]:
        """Open its database, through the project's own storage; it has been started before."""
        database = Database.open(Config.load(self.folder / "config.toml").database_url)
        try:
            yield database
        finally:
            await database.close()


async def second_sync(traffic: Traffic, begun: int, process: Process, within: float) -> float:
    """Wait until a client asks for its second sync since `begun`; return the seconds since its process was started."""

    def syncs() -> list[float]:
        return [one.began for one in traffic.begun[begun:] if one.kind == "sync"]

    def over() -> bool:
        return len(syncs()) >= 2 or not process.running

    await traffic.until(over, f"the first sync is handled\n{process.last_words()}", within)
    if len(syncs()) < 2:
        raise SystemExit(f"the process ended:\n{process.last_words()}")
    return syncs()[1] - process.started
