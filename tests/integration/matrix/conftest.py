"""The bot on a store of its own, started as often as a test wants."""

from pathlib import Path

import pytest

from bot.demo.homeserver import Homeserver
from tests.integration.conftest import NewAccount
from tests.integration.faults.conftest import StartBehind
from tests.integration.faults.proxy import FaultProxy
from tests.integration.matrix.running import Start


@pytest.fixture
async def start(server: Homeserver, account: NewAccount, store: Path) -> Start:
    return Start(server, await account("sesn"), store)


@pytest.fixture
async def behind(proxy: FaultProxy, server: Homeserver, account: NewAccount, store: Path) -> StartBehind:
    """Starts the bot behind the proxy."""
    return StartBehind(proxy, server, await account("sesn"), store)


@pytest.fixture
def behind_on_each(behind: StartBehind, migrated_url: str) -> StartBehind:
    """Starts the bot behind the proxy, on SQLite and on PostgreSQL in turn."""
    behind.url = migrated_url
    return behind
