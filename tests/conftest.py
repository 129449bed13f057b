"""Fixtures of the unit tests."""

import asyncio
import gc
import itertools
import shutil
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import settings
from sqlalchemy.engine import make_url

from bot.logs import places_only
from storage import schema
from storage.base import Database
from tests.databases import CopyOf, Postgres, postgres
from tests.fakes import IN_MEMORY, Network


def pytest_collection_finish() -> None:
    """Keep the garbage collector from walking over all that was imported, again and again: a fifth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def pytest_runtest_setup() -> None:
    """Log in each test anew as the bot does: to lay out the contents of all variables takes seconds for each error."""
    structlog.configure(
        processors=[structlog.processors.add_log_level, places_only, structlog.processors.JSONRenderer()]
    )


KINDS = ["sqlite", "postgresql"]

# Examples have no time limit of their own: on a busy machine it would tell of the machine.
settings.register_profile("tests", deadline=None)
settings.load_profile("tests")


@pytest.fixture
async def net() -> AsyncGenerator[Network]:
    """The whole pipeline in memory, with the preset roster and rooms."""
    async with Network.open() as network:
        yield network


@pytest.fixture
def paused(net: Network) -> Iterator[Network]:
    """The same network, with clocks that do not fire by themselves."""
    with net.paused():
        yield net


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    with postgres() as server:
        yield server


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite database at the newest schema, to be copied: to migrate one takes a hundred times as long."""
    file = tmp_path_factory.mktemp("migrated") / "sesn.db"
    _migrate(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def migrated_name(postgres_server: Postgres) -> str:
    """A PostgreSQL database at the newest schema, to be copied."""
    postgres_server.command("CREATE DATABASE migrated")
    _migrate(postgres_server.url("migrated"))
    return "migrated"


@pytest.fixture(scope="session")
def preset_name(postgres_server: Postgres) -> str:
    """A PostgreSQL database with the preset roster and bindings, to be copied."""
    postgres_server.command("CREATE DATABASE preset")

    async def make() -> None:
        async with Network.open(url=postgres_server.url("preset")):
            pass

    asyncio.run(make())
    return "preset"


def _migrate(url: str) -> None:
    async def migrate() -> None:
        database = Database.open(url)
        await schema.upgrade(database)
        await database.close()

    asyncio.run(migrate())


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database, of each kind in turn."""
    if request.param == "sqlite":
        return IN_MEMORY
    server: Postgres = request.getfixturevalue("postgres_server")
    return server.new_database()


@pytest.fixture
def migrated_sqlite(migrated_file: Path, tmp_path: Path) -> str:
    """The URL of an SQLite database at the newest schema, sesn.db in the folder of the test."""
    shutil.copyfile(migrated_file, tmp_path / "sesn.db")
    return f"sqlite:///{tmp_path / 'sesn.db'}"


@pytest.fixture(params=KINDS)
def migrated_url(request: pytest.FixtureRequest) -> str:
    """The URL of a database at the newest schema, of each kind in turn; the SQLite one is a file."""
    if request.param == "sqlite":
        return str(request.getfixturevalue("migrated_sqlite"))
    server: Postgres = request.getfixturevalue("postgres_server")
    return server.new_database(like=request.getfixturevalue("migrated_name"))


@pytest.fixture(params=KINDS)
def copy_of(request: pytest.FixtureRequest, tmp_path: Path) -> CopyOf:
    """Makes empty databases and copies of databases, of each kind in turn."""
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgres_server")
        return lambda url: server.new_database(like=make_url(url).database or "" if url else "template1")
    numbers = itertools.count(1)

    def copy(url: str | None) -> str:
        file = tmp_path / f"{next(numbers)}.db"
        if url is not None:
            shutil.copyfile(url.removeprefix("sqlite:///"), file)
        return f"sqlite:///{file}"

    return copy


@pytest.fixture(params=KINDS)
def preset_url(request: pytest.FixtureRequest) -> str:
    """The URL of a database for a network, of each kind in turn; the PostgreSQL one holds the preset already."""
    if request.param == "sqlite":
        return IN_MEMORY
    server: Postgres = request.getfixturevalue("postgres_server")
    return server.new_database(like=request.getfixturevalue("preset_name"))


@pytest.fixture
async def net_on_each(preset_url: str) -> AsyncGenerator[Network]:
    """The same network on SQLite and on PostgreSQL."""
    async with Network.open(url=preset_url, is_preset=preset_url != IN_MEMORY) as network:
        yield network
