"""A proxy that fails on demand, and the bot behind it, started as often as a test wants."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot.demo.homeserver import Homeserver
from bot.demo.member import MemberClient
from bot.matrix.client import MatrixGateway
from tests.integration.botprocess import BotProcess
from tests.integration.conftest import PASSWORD, NewAccount, NewMember
from tests.integration.faults.proxy import FaultProxy
from tests.integration.matrix.running import Start


class StartBehind(Start):
    """Starts the bot behind the proxy. Its polls are short, so that it often comes to what it does between two."""

    def __init__(self, proxy: FaultProxy, server: Homeserver, user: str, folder: Path) -> None:
        super().__init__(server, user, folder)
        self.proxy = proxy

    def open(self, **wishes: Any) -> AbstractAsyncContextManager[MatrixGateway]:
        return super().open(**({"homeserver": self.proxy.url, "poll": timedelta(seconds=1)} | wishes))


@pytest.fixture
async def start(proxy: FaultProxy, server: Homeserver, account: NewAccount, store: Path) -> StartBehind:
    return StartBehind(proxy, server, await account("sesn"), store)


@pytest.fixture
def strict(member: NewMember) -> NewMember:
    """Opens clients as people use them: they share keys with, and show messages of, cross-signed devices alone."""

    async def new(name: str = "member", **wishes: Any) -> MemberClient:
        return await member(name, **({"strict": True} | wishes))

    return new


@pytest_asyncio.fixture(loop_scope="session")
async def bot(
    proxy: FaultProxy, account: NewAccount, coordinator: MemberClient, tmp_path: Path
) -> AsyncIterator[BotProcess]:
    """A bot that was not started yet."""
    user_id = await account("sesn")
    prepared = BotProcess.prepared(tmp_path / "bot", proxy.url, user_id, PASSWORD, coordinator=coordinator.user_id)
    async with prepared as bot:
        yield bot


@pytest_asyncio.fixture(loop_scope="session")
async def coordinator(strict: NewMember) -> MemberClient:
    return await strict("coordinator")
