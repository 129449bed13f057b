"""What the tests of keys are played on: a database of each kind, and a homeserver."""

from collections.abc import AsyncIterator

import pytest

from storage.base import Database
from tests.played import GHANA, Homeserver, Person


@pytest.fixture
async def database(migrated_url: str) -> AsyncIterator[Database]:
    """A migrated database, once of each kind."""
    database = Database.open(migrated_url)
    yield database
    await database.close()


@pytest.fixture
def server() -> Homeserver:
    """A homeserver with one member, who has one device."""
    ghana = Person(GHANA)
    ghana.add("PHONE")
    return Homeserver(ghana)
