"""Fixtures of the unit tests."""

import gc
from collections.abc import AsyncGenerator, Iterator

import pytest
import structlog

from bot.logs import places_only
from tests.databases import Postgres, postgres
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


@pytest.fixture
async def net() -> AsyncGenerator[Network]:
    """The whole pipeline in memory, with the preset roster and rooms."""
    async with Network.open() as network:
        yield network


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    with postgres() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database, of each kind in turn."""
    if request.param == "sqlite":
        return IN_MEMORY
    server: Postgres = request.getfixturevalue("postgres_server")
    return server.new_database()


@pytest.fixture
async def net_on_each(database_url: str) -> AsyncGenerator[Network]:
    """The same network on SQLite and on PostgreSQL."""
    async with Network.open(url=database_url) as network:
        yield network
