"""The network on disk."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes import Network


@pytest.fixture
async def on_disk(tmp_path: Path) -> AsyncIterator[Network]:
    """The network in a file: a cancelled transaction ends its connection, and with it a database in memory."""
    async with Network.open(url=f"sqlite:///{tmp_path / 'test.db'}") as network:
        yield network
