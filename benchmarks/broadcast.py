"""What one message to each of many encrypted rooms costs: cold, warm, and after a restart, beside bare sending.

A coordinator announces and confirms (or, with `--through outbox`, the messages are written to the bot's outbox through
its own storage; the bot looks there by itself once a minute). Counted is what the proxy before the bot saw from the
coordinator's word until the last room has its message. Bare sending puts bodies that were encrypted beforehand into the
same rooms, on eight connections, while the bot stands still: that is what the homeserver takes at most.
"""

import argparse
import asyncio
import json
import secrets
import statistics
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.bench import results
from benchmarks.bench.fleet import Room, in_parallel, say
from benchmarks.bench.network import Network, network
from benchmarks.bench.processes import Process, run
from benchmarks.bench.traffic import Answered, Traffic, count
from bot import outgoing
from bot.matrix.http import path_of
from bot.matrix.sync import sync_filter
from commands.base import Post, Priority
from commands.document import Text, doc
from storage.ids import RoomId

TEXT = (
    "From Monday the new movement document is in use. Please check that your office has it, and that the ports you "
    "work with know of it; who has not got it yet finds it with the secretariat. Round {round}."
)
CONNECTIONS = 8
LIMITS = {"cold": 1.1, "warm": 1.0, "restart": 1.0}
"""Requests for each room."""
CPU_LIMIT = 1.0  # seconds of the client for 200 rooms, cold
RATE_LIMIT = 0.9  # of the bare rate
_WITHIN = 600.0


@dataclass(frozen=True)
class Round:
    """One broadcast."""

    name: str
    requests: Counter[str]
    """By class; syncs, and what was said in the coordination room, apart."""
    beside: Counter[str]
    """Syncs, and requests about the coordination room."""
    seconds: float
    """From the first byte of the first message to the last byte of the last answer."""
    whole: float
    """From the coordinator's word to the last byte of the last answer."""
    cpu: float
    """Of the client, from the coordinator's word until the last message was sent."""
    settled: float
    """The same, until the client has nothing more to do."""
    memory: float
    rooms: int

    @property
    def total(self) -> int:
        return self.requests.total()

    @property
    def rate(self) -> float:
        """Messages a second."""
        return self.rooms / self.seconds


def sending_time(sends: list[Answered]) -> float:
    """Return the seconds from the first byte of the first request to the last byte of the last answer."""
    return max(one.ended for one in sends) - min(one.began for one in sends)


class Broadcast:
    """The bot, and the ways to make it speak."""

    def __init__(self, network: Network, folder: Path, *, announce: bool) -> None:
        self.net = network
        self.folder = folder
        self.announce = announce
        self.rounds: list[Round] = []
        self.raw: list[float] = []
        self.raw_with_sync: list[float] = []
        self._addresses = {room.room_id for room in network.rooms}

    async def start(self) -> None:
        """Start the bot and give it the key of the coordinator's words."""
        net = self.net
        await net.bot.start()
        await net.traffic.settle()
        await net.coordinator.share_room_key(net.coordination.room_id, net.bot.user_id)
        await net.traffic.settle()
        # The coordination room's own keys are shared now, so that they do not count.
        await self._say("!me", lambda: self._spoken(net.coordination.room_id))

    async def round(self, name: str) -> None:
        """Send one message to every room and note what that cost."""
        net, traffic = self.net, self.net.traffic
        text = TEXT.format(round=len(self.rounds) + 1)
        if self.announce:
            thread = await self._say(f"!announce to=all {text}", lambda: self._spoken(net.coordination.room_id))
        else:
            await self._queue(text)
            thread = None
        mark, cpu = traffic.mark(), net.bot.process.cpu
        word = asyncio.get_running_loop().time()
        await self._say("send" if self.announce else "!me", self._everywhere, thread=thread, broadcast=True)
        spent = net.bot.process.cpu - cpu
        await traffic.settle(0.5)
        settled = net.bot.process.cpu - cpu
        sends = [one for one in traffic.since(mark) if one.kind == "send" and one.room in self._addresses]
        if len(sends) != len(net.rooms) or any(one.status != 200 for one in sends):
            raise SystemExit(f"{len(sends)} messages were sent to {len(net.rooms)} rooms")
        last = max(one.ended for one in sends)
        during = [one for one in traffic.begun[mark[0] :] if one.began <= last]
        beside = [one for one in during if one.kind == "sync" or one.room == net.coordination.room_id]
        counted = [one for one in during if one not in beside]
        self.rounds.append(
            Round(
                name=name,
                requests=count(counted),
                beside=count(beside),
                seconds=sending_time(sends),
                whole=last - word,
                cpu=spent,
                settled=settled,
                memory=net.bot.process.memory,
                rooms=len(sends),
            )
        )
        one = self.rounds[-1]
        say(f"  {name}: {one.total} requests, {one.rate:.0f} rooms a second, {one.cpu:.2f} s of CPU")

    async def bare(self, *, syncing: bool) -> None:
        """Send bare bodies to the same rooms while the bot stands still."""
        net = self.net
        content = {"msgtype": "m.text", "body": TEXT, "format": "org.matrix.custom.html", "formatted_body": TEXT}
        bodies: list[tuple[str, Any]] = []
        for room in net.rooms:
            path = path_of("rooms", room.room_id, "send", "m.room.encrypted", secrets.token_hex(8))
            bodies.append((path, room.members[0].encrypt(room.room_id, content)))
        net.bot.process.freeze()
        try:
            async with Traffic.watch(net.server.port) as traffic:
                file = self.folder / "raw.json"
                asked = {"url": traffic.url, "token": net.account.token, "connections": CONNECTIONS, "bodies": bodies}
                file.write_text(json.dumps(asked | {"filter": sync_filter() if syncing else None}))
                command = [sys.executable, "-m", "benchmarks.bench.raw", str(file)]
                process = await Process.start(command, self.folder / "raw.log")
                if await process.wait(_WITHIN):
                    raise SystemExit(f"bare sending failed:\n{process.last_words()}")
                sends = [one for one in traffic.answered if one.kind == "send"]
                await traffic.until(lambda: len(traffic.answered) >= len(bodies), "all notes are here")
                sends = [one for one in traffic.answered if one.kind == "send"]
        finally:
            net.bot.process.thaw()
        rate = len(sends) / sending_time(sends)
        (self.raw_with_sync if syncing else self.raw).append(rate)
        say(f"  bare{' with a sync beside' if syncing else ''}: {rate:.0f} rooms a second")
        await net.traffic.settle(0.5)

    async def verify(self) -> None:
        """Look whether a member of each room can read every round."""
        expected = len(self.rounds)

        async def read(room: Room) -> int:
            return sum(
                one["sender"] == self.net.bot.user_id and "movement document" in one["content"]["body"]
                for one in await room.members[-1].read()
            )

        read_by = await in_parallel("rooms read", [partial(read, room) for room in self.net.rooms])
        if any(number != expected for number in read_by):
            raise SystemExit(f"{expected} rounds, but rooms can read {Counter(read_by)}")

    async def _queue(self, text: str) -> None:
        device = await self.net.device_id()
        async with self.net.bot.database() as database, database.transaction() as tx:
            for room in self.net.rooms:
                post = Post(room=RoomId(room.room_id), doc=doc(Text(text)), priority=Priority.ANNOUNCEMENT)
                await outgoing.write(tx, post, device=device, now=datetime.now(UTC))

    async def _say(
        self, text: str, heard: Callable[[], Callable[[], bool]], *, thread: str | None = None, broadcast: bool = False
    ) -> str:
        """Let the coordinator say something; return its event id when what follows has happened."""
        net = self.net
        met = heard()
        event = await net.coordinator.say(net.coordination.room_id, text, thread)
        within = _WITHIN if broadcast else 60.0
        await net.traffic.until(met, f"what follows {text}\n{net.bot.process.last_words(5)}", within)
        if not broadcast:
            await net.traffic.settle(0.3)
        return event

    def _spoken(self, *rooms: str) -> Callable[[], bool]:
        """Return whether, from now on, every one of these rooms has got a message."""
        begun, wanted = len(self.net.traffic.answered), set(rooms)

        def met() -> bool:
            new = self.net.traffic.answered[begun:]
            return wanted <= {one.room for one in new if one.kind == "send"}

        return met

    def _everywhere(self) -> Callable[[], bool]:
        return self._spoken(*self._addresses)


async def measure(asked: argparse.Namespace, folder: Path) -> Broadcast:
    """Cold, then warm and bare in turns, then after a restart."""
    async with network(folder, asked.rooms, asked.members) as net:
        broadcast = Broadcast(net, folder, announce=asked.through == "announce")
        await broadcast.start()
        await broadcast.round("cold")
        for _ in range(asked.count):
            await broadcast.round("warm")
            await broadcast.bare(syncing=False)
            await broadcast.bare(syncing=True)
        say("restarting the bot")
        await net.bot.stop()
        await broadcast.start()
        await broadcast.round("restart")
        await broadcast.verify()
        return broadcast


HEADS = (
    "round", "requests", "limit", "query", "claim", "sendToDevice", "send", "other", "syncs", "coord.", "rooms/s",
    "seconds", "CPU s", "settled", "RSS MB",
)  # fmt: skip


def _row(one: Round) -> list[object]:
    limit = round(LIMITS[one.name] * one.rooms)
    kinds = [one.requests[kind] for kind in ("query", "claim", "sendToDevice", "send", "other")]
    beside = [one.beside["sync"], one.beside.total() - one.beside["sync"]]
    return [one.name, one.total, limit, *kinds, *beside, one.rate, one.whole, one.cpu, one.settled, one.memory]


def show(broadcast: Broadcast) -> None:
    """Print the table and the line of JSON; the ratio is that of the warm rate to the bare one."""
    rooms = len(broadcast.net.rooms)
    by_name = {one.name: one for one in broadcast.rounds}
    warm = statistics.median(one.rate for one in broadcast.rounds if one.name == "warm")
    raw, beside = statistics.median(broadcast.raw), statistics.median(broadcast.raw_with_sync)
    print(f"One message to each of {rooms} encrypted rooms (requests without syncs and the coordination room's)")
    print(results.table(HEADS, [_row(one) for one in broadcast.rounds]))
    print(f"Bare sending: {raw:.1f} rooms a second, {beside:.1f} with a sync beside it; warm: {warm:.1f}")
    kept = {
        "requests": all(one.total <= round(LIMITS[one.name] * rooms) for one in broadcast.rounds),
        "cpu": by_name["cold"].cpu <= CPU_LIMIT * rooms / 200,
        "rate": warm >= RATE_LIMIT * raw,
    }
    result = {
        "benchmark": "broadcast",
        "ours": warm,
        "limit": RATE_LIMIT * raw,
        "ratio": warm / raw,
        "requests": {name: one.total for name, one in by_name.items()},
        "cpu_seconds": {name: one.cpu for name, one in by_name.items()},
        "memory_mb": max(one.memory for one in broadcast.rounds),
        "raw_rate": raw,
        "raw_rate_with_sync": beside,
        "limits_kept": kept,
    }
    print(results.last_line(result))


async def work(asked: argparse.Namespace) -> None:
    """Measure in a folder that is thrown away."""
    with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as folder:
        show(await measure(asked, Path(folder)))


def main() -> None:
    """Read the command line and do it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.broadcast", description=__doc__)
    parser.add_argument("--rooms", type=int, default=200)
    parser.add_argument("--members", type=int, default=5, help="members of each room")
    parser.add_argument(
        "--count",
        type=int,
        default=3,
        choices=range(1, 31),
        metavar="1..30",
        help="warm rounds, each beside bare sending",
    )
    parser.add_argument("--through", choices=["outbox", "announce"], default="announce")
    run(work(parser.parse_args()))


if __name__ == "__main__":
    main()
