"""Many members and rooms, made in parallel."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import aiohttp

from benchmarks.bench.member import Account, Member
from bot.demo.homeserver import Homeserver

PASSWORD = "a password of the benchmarks"  # noqa: S105 - of accounts that live for one run
_AT_ONCE = 12
T = TypeVar("T")


def say(text: str) -> None:
    """Show progress, apart from the results on standard output."""
    print(text, file=sys.stderr, flush=True)


async def in_parallel(what: str, jobs: Sequence[Callable[[], Awaitable[T]]], at_once: int = _AT_ONCE) -> list[T]:
    """Do all jobs, some at a time, with progress; the results are in the order of the jobs."""
    free = asyncio.Semaphore(at_once)
    begun = told = time.monotonic()
    done = 0

    async def work(job: Callable[[], Awaitable[T]]) -> T:
        nonlocal done, told
        async with free:
            result = await job()
        done += 1
        now = time.monotonic()
        if now - told > 5:
            told = now
            say(f"    {what}: {done} of {len(jobs)}")
        return result

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(work(job)) for job in jobs]
    say(f"  {what}: {len(jobs)} in {time.monotonic() - begun:.1f} s")
    return [task.result() for task in tasks]


@dataclass(frozen=True)
class Room:
    """An encrypted room and its members, the client under test not among them."""

    room_id: str
    members: tuple[Member, ...]


class Fleet:
    """Makes accounts and rooms on one homeserver. By `async with fleet(...)`."""

    def __init__(self, server: Homeserver, http: aiohttp.ClientSession) -> None:
        self.server = server
        self._http = http
        self._secret = (server.folder / "registration.secret").read_text()

    async def account(self, localpart: str) -> Account:
        """Make the account of a client under test; its token is for setting up, its device has no keys."""
        return await Account.register(self._http, self.server.url, self._secret, localpart, PASSWORD)

    async def members(self, prefix: str, number: int) -> list[Member]:
        """Make members with signed devices, one-time keys and a fallback key."""

        async def make(index: int) -> Member:
            name = f"{prefix}{index:04}"
            made = await Member.register(self._http, self.server.url, self._secret, name, PASSWORD)
            assert isinstance(made, Member)
            await made.set_up_keys()
            return made

        return await in_parallel(f"members ({prefix})", [partial(make, index) for index in range(number)])

    async def rooms(self, host: Account, prefix: str, number: int, size: int) -> list[Room]:
        """Make rooms of `host`, each with `size` members of its own who have joined."""
        members = await self.members(prefix, number * size)

        async def make(index: int) -> Room:
            inside = tuple(members[index * size : (index + 1) * size])
            room_id = await host.create_room(f"{prefix} {index}", [member.user_id for member in inside])
            for member in inside:
                await member.join(room_id)
            return Room(room_id, inside)

        return await in_parallel("rooms", [partial(make, index) for index in range(number)], 6)


@asynccontextmanager
async def fleet(server: Homeserver) -> AsyncIterator[Fleet]:
    """Open the connections through which accounts and rooms are made."""
    connector = aiohttp.TCPConnector(limit=_AT_ONCE)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=120)) as http:
        yield Fleet(server, http)
