"""Fixtures of the unit tests."""

from collections.abc import AsyncGenerator

import pytest

from tests.fakes import Network


@pytest.fixture
async def net() -> AsyncGenerator[Network]:
    """The whole pipeline in memory, with the preset roster and rooms."""
    async with Network.open() as network:
        yield network
