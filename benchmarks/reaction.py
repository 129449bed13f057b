"""How long the bot takes from hearing a command to answering it, beside bots on other libraries.

A member says commands in an encrypted room, one at a time. The proxy before each bot takes the time from the last byte
of the sync answer that carried the command to the first byte of the request that puts the answer into the room. All
bots run at the same time on one homeserver, each in a room of its own; they are measured in turns.
"""

import argparse
import statistics
import tempfile
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.bench import peers, results
from benchmarks.bench.bot import Bot, second_sync
from benchmarks.bench.fleet import Fleet, Room, fleet, in_parallel, say
from benchmarks.bench.homeserver import homeserver
from benchmarks.bench.member import Member
from benchmarks.bench.processes import Process, run
from benchmarks.bench.traffic import Traffic, count

OURS = "this bot"
TARGET = "mautrix"  # the peer that the bot is to be as fast as
BLOCK = "commands in a row before the next bot's turn; a sync shows the last hundred events of a room"
_PAUSE = 0.1  # seconds without a request before the next command


@dataclass
class Candidate:
    """One bot in its room, and what was measured of it."""

    name: str
    user_id: str
    traffic: Traffic
    room: Room
    process: Process | None = None
    reactions: list[float] = field(default_factory=list)  # milliseconds
    requests: Counter[str] = field(default_factory=Counter)
    cpu: float = 0.0  # seconds
    memory: float = 0.0  # megabytes, after the last block
    commands: int = 0

    @property
    def speaker(self) -> Member:
        """The member who says the commands."""
        return self.room.members[0]

    @property
    def running(self) -> Process:
        assert self.process is not None
        return self.process

    async def command(self, text: str) -> float:
        """Say a command, wait for the answer to go out, and return the reaction in milliseconds."""
        traffic = self.traffic
        before = len(traffic.answered)
        event = await self.speaker.say(self.room.room_id, text)

        def answers() -> list[float]:
            new = traffic.answered[before:]
            return [one.began for one in new if one.kind == "send" and one.room == self.room.room_id]

        def heard() -> list[float]:
            return [one.ended for one in traffic.answered[before:] if event in one.events]

        words = f"{self.name} answers {text}\n{self.running.last_words(3)}"
        await traffic.until(lambda: bool(answers() and heard()), words, 30)
        await traffic.settle(_PAUSE)
        if len(answers()) != 1:
            raise SystemExit(f"{self.name} gave {len(answers())} answers to one command")
        return (answers()[0] - heard()[0]) * 1000

    async def block(self, text: str, number: int) -> None:
        """Measure so many commands in a row."""
        mark, cpu = self.traffic.mark(), self.running.cpu
        for _ in range(number):
            self.reactions.append(await self.command(text))
        self.requests += count(self.traffic.since(mark))
        self.cpu += self.running.cpu - cpu
        self.commands += number
        self.memory = self.running.memory

    async def answers(self) -> list[dict[str, Any]]:
        """Return the contents of the answers that the member's device can read by now."""
        read = await self.speaker.read()
        return [one["content"] for one in read if one["sender"] == self.user_id and one["type"] == "m.room.message"]

    def row(self) -> list[object]:
        each = {kind: number / self.commands for kind, number in self.requests.items()}
        rest = sum(number for kind, number in each.items() if kind not in {"sync", "send"})
        return [
            self.name,
            statistics.median(self.reactions),
            results.percentile(self.reactions, 0.95),
            each.get("sync", 0.0),
            each.get("send", 0.0),
            rest,
            self.cpu / self.commands * 1000,
            self.memory,
        ]

    def told(self) -> dict[str, Any]:
        names = ("median_ms", "p95_ms", "syncs", "sends", "other", "cpu_ms", "memory_mb")
        told: dict[str, Any] = dict(zip(names, self.row()[1:], strict=True))
        return told | {"requests": {kind: number / self.commands for kind, number in self.requests.items()}}


HEADS = ("client", "median ms", "p95 ms", "syncs", "PUT", "other", "CPU ms", "RSS MB")


async def prepare(name: str, index: int, crew: Fleet, stack: AsyncExitStack, asked: argparse.Namespace) -> Candidate:
    """Make an account, rooms with members, and a proxy; the commands will be said in the first room."""
    account = await crew.account(f"bot{index}")
    people = await crew.members(f"b{index}m", asked.members)
    guests = [account, *people[1:]]

    async def make(number: int) -> str:
        room_id = await people[0].create_room(f"Room {number} of {name}", [guest.user_id for guest in guests])
        for guest in guests:
            await guest.join(room_id)
        return room_id

    room_id, *_ = await in_parallel("rooms", [partial(make, number) for number in range(asked.rooms)], 3)
    traffic = await stack.enter_async_context(Traffic.watch(crew.server.port))
    return Candidate(name, account.user_id, traffic, Room(room_id, tuple(people)))


async def begin(candidate: Candidate, command: str, warm_up: int) -> list[dict[str, Any]]:
    """Give the bot the room key and let it warm up; return its answers."""
    await candidate.traffic.settle()
    shared = await candidate.speaker.share_room_key(candidate.room.room_id, candidate.user_id)
    if shared == 0:
        raise SystemExit(f"{candidate.name} has no device that a key could be given to")
    await candidate.traffic.settle()
    for _ in range(warm_up):
        await candidate.command(command)
    return await candidate.answers()


async def measure(asked: argparse.Namespace, folder: Path) -> list[Candidate]:
    """Set everything up and measure; ours comes first."""
    async with AsyncExitStack() as stack:
        say("starting Synapse on PostgreSQL")
        server = await stack.enter_async_context(homeserver(folder / "homeserver"))
        crew = await stack.enter_async_context(fleet(server))
        names = [OURS, *asked.peers]
        candidates = [await prepare(name, index, crew, stack, asked) for index, name in enumerate(names)]
        ours, *others = candidates
        coordinators = [member.user_id for member in ours.room.members]
        bot = await stack.enter_async_context(Bot.prepared(folder / "bot", ours.traffic, ours.user_id, coordinators))
        await bot.start()
        ours.process = bot.process
        answer = (await begin(ours, asked.command, asked.warm_up))[-1]
        body, html = len(answer["body"]), len(answer.get("formatted_body", ""))
        say(f"  {asked.command} is answered with {body} characters, {html} as HTML")
        for peer in others:
            begun, _ = peer.traffic.mark()
            url = peer.traffic.url
            peer.process = await peers.start(peer.name, folder / peer.name, url, peer.user_id, body=body, html=html)
            stack.push_async_callback(peer.process.stop)
            await second_sync(peer.traffic, begun, peer.process, 60)
            await begin(peer, asked.command, asked.warm_up)
        await run_blocks(candidates, asked)
        return candidates


async def run_blocks(candidates: Sequence[Candidate], asked: argparse.Namespace) -> None:
    """Measure in turns, so that whatever else the machine does meets all alike."""
    done = 0
    while done < asked.count:
        number = min(asked.block, asked.count - done)
        for candidate in candidates:
            await candidate.block(asked.command, number)
            read = len(await candidate.answers())
            if read != number:
                raise SystemExit(f"{candidate.name}: the member can read {read} answers of {number}")
        done += number
        medians = ", ".join(f"{one.name} {statistics.median(one.reactions):.1f} ms" for one in candidates)
        say(f"  {done} of {asked.count} commands each: {medians}")


def show(candidates: Sequence[Candidate]) -> None:
    """Print the table and the line of JSON; the ratio is that to mautrix, else to the fastest peer."""
    ours, *others = candidates
    print(f"Reaction to a command in an encrypted room, and its cost for each of {ours.commands} commands")
    print(results.table(HEADS, [one.row() for one in candidates]))
    told = ours.told()
    medians = {one.name: statistics.median(one.reactions) for one in others}
    peer = medians.get(TARGET) or min(medians.values(), default=None)
    result = {
        "benchmark": "reaction",
        "ours": told["median_ms"],
        "peer": peer,
        "ratio": told["median_ms"] / peer if peer else None,
        "requests": told["syncs"] + told["sends"] + told["other"],
        "cpu_seconds": told["cpu_ms"] / 1000,
        "memory_mb": told["memory_mb"],
        "clients": {one.name: one.told() for one in candidates},
    }
    print(results.last_line(result))


async def work(asked: argparse.Namespace) -> None:
    """Measure in a folder that is thrown away."""
    with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as folder:
        show(await measure(asked, Path(folder)))


def main() -> None:
    """Read the command line and do it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reaction", description=__doc__)
    parser.add_argument("--count", type=int, default=100, help="commands measured for each bot")
    parser.add_argument("--warm-up", type=int, default=10, choices=range(1, 41), metavar="1..40", help="before that")
    parser.add_argument("--block", type=int, default=20, choices=range(1, 41), metavar="1..40", help=BLOCK)
    parser.add_argument("--members", type=int, default=5, help="members of each room")
    parser.add_argument("--rooms", type=int, default=1, help="rooms that each bot is in; one is spoken in")
    parser.add_argument("--command", default="!me", help="what the member says")
    parser.add_argument("--peers", nargs="*", default=["nio", "mautrix"], choices=sorted(peers.SCRIPTS))
    run(work(parser.parse_args()))


if __name__ == "__main__":
    main()
