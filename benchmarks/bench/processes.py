"""Processes under test: started, stopped, and what they cost, read from the system's own accounts (Linux)."""

import asyncio
import os
import signal
import time
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[2]
_TICK = os.sysconf("SC_CLK_TCK")
_STOP_WITHIN = 15.0  # seconds


def environment() -> dict[str, str]:
    """Return our environment for a child: compiled files allowed, nothing of the bot's own variables."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SESN_")}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    return kept


def run(work: Coroutine[Any, Any, None]) -> None:
    """Run a benchmark; told to end by SIGTERM it stops what it started, as it does at Ctrl-C."""

    async def guarded() -> None:
        task = asyncio.current_task()
        assert task is not None
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        await work

    try:
        asyncio.run(guarded())
    except (asyncio.CancelledError, KeyboardInterrupt):
        raise SystemExit("ended before there was a result") from None


class Process:
    """One child process, with its output in a file."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path, started: float) -> None:
        self.log = log
        self.started = started
        """The moment just before it was started, seconds of the monotonic clock."""
        self.ended = started
        """The moment just after its end, when that was waited for."""
        self._process = process

    @classmethod
    async def start(cls, command: Sequence[str], log: Path) -> Self:
        """Start a command in the project's folder."""
        with log.open("ab") as output:
            started = time.monotonic()
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=ROOT,
                env=environment(),
            )
        return cls(process, log, started)

    @property
    def running(self) -> bool:
        return self._process.returncode is None

    @property
    def cpu(self) -> float:
        """Seconds of processor time of all its threads, ended ones included."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICK

    @property
    def memory(self) -> float:
        """Resident memory in megabytes (10^6 bytes)."""
        for line in Path(f"/proc/{self._process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024 / 1e6
        return 0.0

    def freeze(self) -> None:
        """Stop it from running, for a while."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it run again."""
        self._process.send_signal(signal.SIGCONT)

    async def wait(self, within: float = 60.0) -> int:
        """Wait until it has ended by itself, and return its exit code."""
        async with asyncio.timeout(within):
            code = await self._process.wait()
        self.ended = time.monotonic()
        return code

    async def stop(self) -> None:
        """End it: SIGTERM, and SIGKILL after fifteen seconds."""
        if not self.running:
            return
        self._process.terminate()
        try:
            await self.wait(_STOP_WITHIN)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    def last_words(self, lines: int = 15) -> str:
        """Return the end of its output."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
