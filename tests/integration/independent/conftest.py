"""The bot on a store of its own, and members whose client shares no code with it."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Protocol

import pytest
import pytest_asyncio

from bot.demo.homeserver import Homeserver
from tests.integration.conftest import PASSWORD, NewAccount
from tests.integration.independent.driver import IndependentMember
from tests.integration.matrix.running import Start


@pytest.fixture
async def start(server: Homeserver, account: NewAccount, store: Path) -> Start:
    return Start(server, await account("sesn"), store)


class NewIndependent(Protocol):
    """Opens a strict client of a new account until the test ends."""

    async def __call__(self, name: str = "togo") -> IndependentMember: ...


@pytest_asyncio.fixture(loop_scope="session")
async def independent(server: Homeserver, account: NewAccount) -> AsyncIterator[NewIndependent]:
    async with AsyncExitStack() as stack:

        async def new(name: str = "togo") -> IndependentMember:
            opened = IndependentMember.open(server.url, await account(name), PASSWORD)
            return await stack.enter_async_context(opened)

        yield new
