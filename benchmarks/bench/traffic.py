"""What one client asked of the homeserver, as the proxy before it saw it."""

import asyncio
import json
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

from benchmarks.bench.processes import ROOT, environment

CLASSES = ("sync", "send", "query", "claim", "sendToDevice", "other")


class TooLong(Exception):
    """What was waited for did not happen."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A request whose first byte came at `began` (seconds, monotonic)."""

    number: int
    method: str
    target: str
    began: float

    @property
    def path(self) -> str:
        return unquote(urlsplit(self.target).path)

    @property
    def kind(self) -> str:
        """One of CLASSES."""
        path = self.path
        for ending, kind in (("/sync", "sync"), ("/keys/query", "query"), ("/keys/claim", "claim")):
            if path.endswith(ending):
                return kind
        if self.method == "PUT" and "/sendToDevice/" in path:
            return "sendToDevice"
        return "send" if self.method == "PUT" and "/rooms/" in path and "/send/" in path else "other"

    @property
    def room(self) -> str | None:
        """The room that the request is about, if any."""
        _, found, rest = self.path.partition("/rooms/")
        return rest.partition("/")[0] if found else None

    @property
    def query(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.target).query)


@dataclass(frozen=True, slots=True)
class Answered(Begun):
    """A request with its answer, whose last byte went to the client at `ended`; `sent` and `received` are bytes."""

    asked: float
    ended: float
    status: int
    sent: int
    received: int
    events: tuple[str, ...]
    """Event ids in the answer to a sync."""


def count(exchanges: Iterable[Begun]) -> Counter[str]:
    """Count requests by class."""
    return Counter(exchange.kind for exchange in exchanges)


class Traffic:
    """One proxy. Made by `watch`; point the client at `url`."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.begun: list[Begun] = []
        self.answered: list[Answered] = []
        self._gone: set[int] = set()  # never answered
        self._process = process
        self._news = asyncio.Condition()

    @classmethod
    @asynccontextmanager
    async def watch(cls, port: int) -> AsyncIterator[Self]:
        """Run a proxy before the homeserver at `port` of loopback until the block is left."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "benchmarks.bench.proxy",
            "127.0.0.1",
            str(port),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=1 << 26,
            cwd=ROOT,
            env=environment(),
        )
        assert process.stdout is not None
        assert process.stdin is not None
        traffic = cls(process, int(await process.stdout.readline()))
        reading = asyncio.create_task(traffic._read(process.stdout))
        try:
            yield traffic
        finally:
            process.stdin.close()
            await process.wait()
            reading.cancel()
            with suppress(asyncio.CancelledError):
                await reading

    async def _read(self, lines: asyncio.StreamReader) -> None:
        while line := await lines.readline():
            told: dict[str, Any] = json.loads(line)
            async with self._news:
                if "begin" in told:
                    self.begun.append(Begun(**told["begin"]))
                elif "gone" in told:
                    self._gone.add(told["gone"])
                else:
                    events = tuple(told["end"].pop("events"))
                    self.answered.append(Answered(**told["end"], events=events))
                self._news.notify_all()

    async def until(self, met: Callable[[], bool], what: str, within: float = 60.0) -> None:
        """Wait until the notes meet a condition. Raises TooLong after `within` seconds."""
        try:
            async with asyncio.timeout(within), self._news:
                await self._news.wait_for(met)
        except TimeoutError:
            last = [f"{one.method} {one.path} -> {one.status}" for one in self.answered[-5:]]
            raise TooLong(f"{what}: not within {within:g} s; the last requests were {last}") from None

    def pending(self) -> list[Begun]:
        """Return what was asked and is not answered."""
        done = {one.number for one in self.answered} | self._gone
        return [one for one in self.begun if one.number not in done]

    async def settle(self, quiet: float = 0.1, within: float = 60.0) -> None:
        """Wait until nothing but one waiting sync has been under way for `quiet` seconds."""
        async with asyncio.timeout(within):
            while True:
                before = len(self.begun), len(self.answered)
                await asyncio.sleep(quiet)
                if before == (len(self.begun), len(self.answered)) and [one.kind for one in self.pending()] == ["sync"]:
                    return

    def since(self, mark: tuple[int, int]) -> list[Answered]:
        """Return what was answered since `mark`."""
        return self.answered[mark[1] :]

    def mark(self) -> tuple[int, int]:
        """Return the present place in the notes."""
        return len(self.begun), len(self.answered)
