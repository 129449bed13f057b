"""The bot on a store of its own, started as often as a test wants."""

from pathlib import Path

import pytest

from bot.demo.homeserver import Homeserver
from tests.integration.conftest import NewAccount
from tests.integration.matrix.running import Start


@pytest.fixture
async def start(server: Homeserver, account: NewAccount, tmp_path: Path) -> Start:
    return Start(server, await account("sesn"), tmp_path / "store")
