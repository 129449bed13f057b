"""Makes a database of a size, or finds the one that was made before."""

import hashlib
import shutil
import tempfile
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

from benchmarks.bench.fleet import say
from benchmarks.bench.scale import alerts, attached, others, people
from benchmarks.bench.scale.loading import Loader, PostgresLoader, Rows, SqliteLoader
from storage import models, schema
from storage.base import Database
from tests.databases import server
from tests.fakes import START

_BATCH = 20_000
COLUMNS = alerts.COLUMNS | people.COLUMNS | others.COLUMNS


@dataclass(frozen=True, slots=True)
class Size:
    """How much stands in a database."""

    alerts: int
    contacts: int


def folder_of_databases() -> Path:
    """Return where the databases are kept between runs: a run by root's PostgreSQL must reach it, so no home."""
    return Path(tempfile.gettempdir()) / "sesn-scale"


def _fingerprint() -> str:
    """Name what is made: another generator makes other databases."""
    here = Path(__file__).parent
    names = ("alerts.py", "attached.py", "filling.py", "invented.py", "loading.py", "others.py", "people.py")
    return hashlib.sha256(b"".join((here / name).read_bytes() for name in names)).hexdigest()[:10]


def _name(size: Size) -> str:
    return f"sesn_{size.alerts}_{size.contacts}_{_fingerprint()}"


@asynccontextmanager
async def sqlite(size: Size, folder: Path) -> AsyncGenerator[Database]:
    """Open the SQLite database of this size, made when there is none."""
    file = folder / f"{_name(size)}.db"
    folder.mkdir(parents=True, exist_ok=True)
    if not file.exists():
        for old in folder.glob(f"sesn_{size.alerts}_{size.contacts}_*.db*"):
            old.unlink()
        making = file.with_suffix(".making")
        making.unlink(missing_ok=True)
        await _make(f"sqlite:///{making}", SqliteLoader(making), size)
        shutil.move(making, file)
    async with _opened(f"sqlite:///{file}") as database:
        yield database


@contextmanager
def postgres(folder: Path) -> Iterator[Any]:
    """Start the PostgreSQL in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    with server(folder / "postgresql") as started:
        yield started


@asynccontextmanager
async def postgresql(size: Size, started: Any) -> AsyncGenerator[Database]:
    """Open the database of this size of a server, made when there is none."""
    name = _name(size)
    known = started.databases()
    if name not in known:
        for old in known:
            if old.startswith((f"sesn_{size.alerts}_{size.contacts}_", "making")):
                started.command(f"DROP DATABASE {old}")
        started.command("CREATE DATABASE making")
        url = started.url("making")
        await _make(url, PostgresLoader(url.replace("+asyncpg", "")), size)
        started.command(f"ALTER DATABASE making RENAME TO {name}")
    async with _opened(started.url(name)) as database:
        yield database


@asynccontextmanager
async def _opened(url: str) -> AsyncGenerator[Database]:
    """Open a database as the bot does: its schema is brought up to date first."""
    models.load()
    database = Database.open(url)
    try:
        await schema.upgrade(database)
        yield database
    finally:
        await database.close()


async def _make(url: str, loader: Loader, size: Size) -> None:
    begun = monotonic()
    async with _opened(url):
        pass
    await loader.begin()
    await fill(loader, size)
    say(f"  rows written after {monotonic() - begun:.0f} s; indexes follow")
    await loader.finish()
    say(f"  made in {monotonic() - begun:.0f} s")


async def fill(loader: Loader, size: Size) -> None:
    """Write every row of a network of this size."""
    now = int(START.timestamp())
    await _add(loader, people.roster(loader, now))
    await _add(loader, others.rows(loader, now, size.alerts))
    for batch in attached.sightings(size.alerts // 10, now, loader, _BATCH):
        await _add(loader, batch)
    for batch in people.contacts(size.contacts, loader, now, _BATCH):
        await _add(loader, batch)
    begun = monotonic()
    for number, batch in enumerate(alerts.Alerts(size.alerts, now, loader).batches(_BATCH), 1):
        await _add(loader, batch)
        if number % 5 == 0:
            say(f"  {min(number * _BATCH, size.alerts)} alerts, {monotonic() - begun:.0f} s")


async def _add(loader: Loader, rows: Rows) -> None:
    for table, some in rows.items():
        if some:
            await loader.add(table, COLUMNS[table], some)
