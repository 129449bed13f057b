"""How long the bot takes from the start of its process until its first sync is handled, beside plain nio.

The bot has been running before: it has a token, keys and the state of its rooms. While it was down something was said
in one room. A sync counts as handled when the client asks for the next one: the bot does so only after what the first
one brought is in its database. The peer is a second device of the same account in the same rooms, started in turns
with the bot; it syncs with full state, as nio's documentation advises.
"""

import argparse
import statistics
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.bench import environments, peers, results
from benchmarks.bench.bot import second_sync
from benchmarks.bench.fleet import say
from benchmarks.bench.network import Network, network
from benchmarks.bench.processes import Process, run
from benchmarks.bench.traffic import Traffic, count
from bot.matrix.http import path_of

LIMIT = 1.5  # seconds, for 200 rooms
MEMORY_LIMIT = 100.0  # megabytes


@dataclass(frozen=True)
class Start:
    """One start of one client."""

    seconds: float
    requests: Counter[str]
    """Until it asked for its second sync, that request not among them."""
    received: int
    """Bytes of the answers to them."""
    full_state: bool
    """The first sync asked for the whole state of every room."""
    cpu: float
    """Seconds, until then."""
    memory: float
    """Megabytes, once it has nothing more to do."""


async def note(traffic: Traffic, process: Process, begun: int, seconds: float) -> Start:
    """Note what a client did since the place `begun`; it has just asked for its second sync."""
    cpu = process.cpu
    await traffic.settle(0.5)
    end = process.started + seconds
    asked = [one for one in traffic.begun[begun:] if one.began < end]
    numbers = {one.number for one in asked}
    answered = [one for one in traffic.answered if one.number in numbers]
    return Start(
        seconds=seconds,
        requests=count(asked),
        received=sum(one.received for one in answered),
        full_state=any(one.query.get("full_state") == ["true"] for one in asked if one.kind == "sync"),
        cpu=cpu,
        memory=process.memory,
    )


async def start_bot(net: Network) -> Start:
    """Start the bot once, and stop it."""
    begun, _ = net.traffic.mark()
    seconds = await net.bot.start()
    started = await note(net.traffic, net.bot.process, begun, seconds)
    await net.bot.stop()
    return started


async def start_peer(net: Network, traffic: Traffic, folder: Path) -> Start:
    """Start plain nio once, and stop it."""
    begun, _ = traffic.mark()
    process = await peers.start("nio", folder, traffic.url, net.account.user_id)
    try:
        seconds = await second_sync(traffic, begun, process, 300)
        return await note(traffic, process, begun, seconds)
    finally:
        await process.stop()


async def imports(folder: Path) -> float:
    """Return how many seconds of a start are the interpreter's and its imports'."""
    # The collector's last round is not part of a start, so the process ends without it.
    python = str(await environments.of_the_bot())
    process = await Process.start([python, "-c", "import os, bot.cli; os._exit(0)"], folder / "imports.log")
    if await process.wait():
        raise SystemExit(process.last_words())
    return process.ended - process.started


@dataclass
class Result:
    """All starts."""

    rooms: int
    ours: list[Start]
    peer: list[Start]
    imports: list[float]


async def measure(asked: argparse.Namespace, folder: Path) -> Result:
    """Start both in turns."""
    async with network(folder, asked.rooms, asked.members) as net, Traffic.watch(net.server.port) as traffic:
        say("first start of plain nio")
        await start_peer(net, traffic, folder / "nio")
        result = Result(len(net.rooms), [], [], [])
        for index in range(asked.count + 1):
            room = net.rooms[index % len(net.rooms)]
            path = path_of("rooms", room.room_id, "send", "org.sesn.benchmark", f"tick{index}")
            await room.members[0].request("PUT", path, {"number": index})
            ours = await start_bot(net)
            peer = await start_peer(net, traffic, folder / "nio")
            bare = await imports(folder)
            say(f"  this bot {ours.seconds:.2f} s, nio {peer.seconds:.2f} s, imports alone {bare:.2f} s")
            if index:  # the first one only warms caches up
                result.ours.append(ours)
                result.peer.append(peer)
                result.imports.append(bare)
        return result


HEADS = ("client", "median s", "slowest s", "requests", "full state", "kB read", "CPU s", "RSS MB")


def _row(name: str, starts: list[Start]) -> list[object]:
    return [
        name,
        statistics.median(one.seconds for one in starts),
        max(one.seconds for one in starts),
        statistics.median(one.requests.total() for one in starts),
        "yes" if any(one.full_state for one in starts) else "no",
        statistics.median(one.received for one in starts) / 1000,
        statistics.median(one.cpu for one in starts),
        max(one.memory for one in starts),
    ]


def show(result: Result) -> None:
    """Print the table and the line of JSON; the ratio is that to plain nio."""
    print(
        f"From the start of the process to the first sync handled, with {result.rooms} rooms, {len(result.ours)} starts"
    )
    rows = [_row("this bot", result.ours), _row("nio", result.peer)]
    print(results.table(HEADS, rows))
    bare = statistics.median(result.imports)
    print(f"The interpreter and the bot's imports alone: {bare:.2f} s; limits: {LIMIT} s, {MEMORY_LIMIT:.0f} MB")
    ours, peer = (statistics.median(one.seconds for one in starts) for starts in (result.ours, result.peer))
    memory = max(one.memory for one in result.ours)
    full_state = any(one.full_state for one in result.ours)
    told: dict[str, Any] = {
        "benchmark": "start",
        "ours": ours,
        "peer": peer,
        "ratio": ours / peer,
        "limit": LIMIT,
        "requests": dict(result.ours[-1].requests),
        "cpu_seconds": statistics.median(one.cpu for one in result.ours),
        "memory_mb": memory,
        "imports": bare,
        "full_state": full_state,
        "limits_kept": {"start": ours <= LIMIT, "memory": memory <= MEMORY_LIMIT, "no_full_state": not full_state},
    }
    print(results.last_line(told))


async def work(asked: argparse.Namespace) -> None:
    """Measure in a folder that is thrown away."""
    with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as folder:
        show(await measure(asked, Path(folder)))


def main() -> None:
    """Read the command line and do it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.start", description=__doc__)
    parser.add_argument("--rooms", type=int, default=200)
    parser.add_argument("--members", type=int, default=5, help="members of each room")
    parser.add_argument("--count", type=int, default=5, help="starts measured, after one that is not")
    run(work(parser.parse_args()))


if __name__ == "__main__":
    main()
