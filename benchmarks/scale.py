"""How long every command takes with a million alerts, and with ten thousand, on SQLite and on PostgreSQL."""

import argparse
import asyncio
import logging
import sys
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import Engine, text

from benchmarks.bench import results
from benchmarks.bench.fleet import say
from benchmarks.bench.scale.filling import Size, folder_of_databases, postgres, postgresql, sqlite
from benchmarks.bench.scale.measuring import Timed, measure
from storage.base import Database

LIMIT = 50.0
"""Milliseconds that 95 of 100 runs of a command may take."""

RATIO = 1.5
"""How much longer than with the small database it may take, by the medians."""

_NOISE = 2.0
"""Milliseconds: what differs by less than this has not grown, whatever the ratio."""


def grown(small: Timed, large: Timed) -> bool:
    """Whether it takes longer the more alerts there are."""
    return large.median > RATIO * small.median and large.median - small.median > _NOISE


def verdict(small: Timed, large: Timed) -> str:
    """Say in a few words what is wrong; nothing when all is well."""
    wrong = []
    if large.p95 > LIMIT:
        wrong.append(f"over {LIMIT:.0f} ms")
    if grown(small, large):
        wrong.append("grows")
    return ", ".join(wrong + sorted(small.odd | large.odd))


@asynccontextmanager
async def opened(kind: str, size: Size, folder: Path) -> AsyncGenerator[Database]:
    """Open the database of a kind and size, its files in the machine's memory as those of one that has been in use."""
    if kind == "sqlite":
        async with sqlite(size, folder) as database:
            read_through(folder.glob("sesn_*.db"))
            yield database
    else:
        with postgres(folder) as server:
            async with postgresql(size, server) as database:
                await _clear_away(database)
                read_through((folder / "postgresql" / "base").rglob("*"))
                yield database


async def _clear_away(database: Database) -> None:
    """Vacuum as the server itself does now and then: what earlier runs wrote and undid still lies in its indexes."""
    say("  vacuum")
    assert not isinstance(database.engine, Engine)
    async with database.engine.connect() as bare:
        connection = await bare.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("VACUUM (ANALYZE)"))


def read_through(files: Iterable[Path]) -> None:
    """Read files once: what is measured is the bot, and not how fast a disk finds pages that nobody ever asked for."""
    for file in files:
        if file.is_file():
            with file.open("rb") as opened_:
                while opened_.read(1 << 24):
                    pass


async def work(asked: argparse.Namespace) -> dict[str, Any]:
    """Measure on each kind of database, the small one and the large one."""
    told: dict[str, Any] = {"benchmark": "scale", "alerts": asked.alerts, "contacts": asked.contacts, "cpu": asked.cpu}
    for kind in asked.on:
        found: list[list[Timed]] = []
        for alerts in (asked.small, asked.alerts):
            say(f"{kind}, {alerts} alerts, {asked.contacts} contacts")
            async with opened(kind, Size(alerts, asked.contacts), asked.folder) as database:
                found.append(
                    await measure(database, times=asked.times, only=asked.only, cpu=asked.cpu and kind == "sqlite")
                )
        small, large = found
        told[kind] = show(kind, small, large, asked)
    return told


HEADS = ("command", "p50 small", "p95 small", "p50 large", "p95 large", "ratio", "")


def show(kind: str, small: list[Timed], large: list[Timed], asked: argparse.Namespace) -> dict[str, Any]:
    """Print the table of one kind of database and return what the line of JSON says of it."""
    print(f"\n{kind}: milliseconds with {asked.small} and with {asked.alerts} alerts, {asked.times} times each")
    pairs = list(zip(small, large, strict=True))
    rows = [
        (two.name, one.median, one.p95, two.median, two.p95, two.median / one.median if one.median else 0.0,
         verdict(one, two))
        for one, two in pairs
    ]  # fmt: skip
    print(results.table(HEADS, rows), flush=True)
    return {
        "cases": len(pairs),
        "over_limit": [two.name for _one, two in pairs if two.p95 > LIMIT],
        "grown": [two.name for one, two in pairs if grown(one, two)],
        "not_done": [two.name for one, two in pairs if one.odd or two.odd],
        "slowest_p95_ms": max((two.p95 for _one, two in pairs), default=0.0),
    }


def main() -> int:
    """Print both tables and one line of JSON; 1 when a command misses a limit or could not be said."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("--alerts", type=int, default=1_000_000, help="of the large database")
    parser.add_argument("--small", type=int, default=10_000, help="alerts of the small database")
    parser.add_argument("--contacts", type=int, default=100_000, help="in both")
    parser.add_argument("--times", type=int, default=30, help="that each thing is said")
    parser.add_argument("--on", nargs="+", choices=("sqlite", "postgresql"), default=["sqlite", "postgresql"])
    parser.add_argument("--only", default="", help="commands that begin with this")
    parser.add_argument("--cpu", action="store_true", help="SQLite by processor time: the machine has other work")
    parser.add_argument("--folder", type=Path, default=folder_of_databases(), help="where the databases are kept")
    asked = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    told = asyncio.run(work(asked))
    missed = [told[kind] for kind in asked.on if told[kind]["over_limit"] or told[kind]["grown"]]
    told["limits_kept"] = not missed and not any(told[kind]["not_done"] for kind in asked.on)
    print(results.last_line(told))
    return 0 if told["limits_kept"] else 1


if __name__ == "__main__":
    sys.exit(main())
