"""The bot of the demo: the real program as a process of its own, with its configuration and secrets in a folder."""

import asyncio
import os
import secrets
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

_READY_WITHIN = 60.0  # seconds: login, keys, cross-signing and migrations on two slow cores take about four
_STOP_WITHIN = 15.0  # seconds between SIGTERM and SIGKILL; the bot promises ten
_RUNNING = '"bot.running"'  # the line of the log that says that it works


class BotFailed(Exception):
    """The bot did not start or ended by itself; the message ends with the last lines of its log."""


def write_secret(file: Path, text: str) -> None:
    """Write a new file that its owner alone can read. Raises FileExistsError."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as handle:
        handle.write(text)


def write_config(
    folder: Path, *, homeserver: str, user_id: str, password: str, coordinator: str, acknowledge_within: str
) -> Path:
    """Write config.toml and the two secrets that it names into `folder`, and return its path.

    `acknowledge_within` is a length of time as the configuration writes it ("8s"): alerts are reminded after it.
    """
    (folder / "secrets").mkdir(mode=0o700)
    write_secret(folder / "secrets" / "password", password)
    write_secret(folder / "secrets" / "store", secrets.token_urlsafe(32))
    config = folder / "config.toml"
    config.write_text(
        f"""\
[matrix]
homeserver = "{homeserver}"
user_id = "{user_id}"
password_file = "secrets/password"
store_secret_file = "secrets/store"

[network]
coordinators = ["{coordinator}"]

[alerts]
acknowledge_within = "{acknowledge_within}"

[log]
format = "json"
""",
        encoding="utf-8",
    )
    return config


class BotProcess:
    """The running bot. Made by `start`; use it only inside its `async with`."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self.process = process
        self.log = log

    @classmethod
    @asynccontextmanager
    async def start(cls, config: Path) -> AsyncIterator["BotProcess"]:
        """Run `python -m bot run` with this configuration until the block is left; its log lies beside it.

        Raises:
            BotFailed: it ended, or did not say within 60 seconds that it runs.
        """
        log = config.parent / "bot.log"
        with log.open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",
                "-m",
                "bot",
                "run",
                "--config",
                str(config),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=asyncio.subprocess.STDOUT,
                cwd=config.parent,
                env=_environment(),
                start_new_session=True,  # Ctrl-C in a terminal reaches us, and we stop it in order
            )
        bot = cls(process, log)
        try:
            await bot._ready()
            yield bot
        finally:
            await bot.stop()

    def check(self) -> None:
        """Raises BotFailed when the bot has ended by itself."""
        if self.process.returncode is not None:
            raise BotFailed(f"the bot ended with status {self.process.returncode}:\n{self.last_words()}")

    async def stop(self) -> int:
        """Stop the bot: SIGTERM, and SIGKILL when it does not obey. Returns its exit code, negative for a signal."""
        with suppress(ProcessLookupError):
            self.process.terminate()
        try:
            async with asyncio.timeout(_STOP_WITHIN):
                return await self.process.wait()
        except TimeoutError:
            with suppress(ProcessLookupError):
                self.process.kill()
            return await self.process.wait()

    def last_words(self, lines: int = 12) -> str:
        """Return the end of the log."""
        text = self.log.read_text(encoding="utf-8", errors="replace")
        return "\n".join(text.splitlines()[-lines:]) or "(nothing in its log)"

    async def _ready(self) -> None:
        try:
            async with asyncio.timeout(_READY_WITHIN):
                while _RUNNING not in self.log.read_text(encoding="utf-8", errors="replace"):
                    self.check()
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise BotFailed(f"the bot does not run after {_READY_WITHIN:.0f} s:\n{self.last_words()}") from None


def _environment() -> Mapping[str, str]:
    """Return our environment without settings of another bot."""
    return {key: value for key, value in os.environ.items() if not key.startswith("SESN_")}
