"""One real homeserver for the whole run, and members' clients on it, with names of their own for each test."""

import inspect
import itertools
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Protocol

import pytest
import pytest_asyncio

from bot.demo.homeserver import Homeserver
from bot.demo.member import MemberClient
from bot.matrix.signing import CrossSigningIdentity
from tests.integration.faults.proxy import FaultProxy

PASSWORD = "only for tests on loopback"
_numbers = itertools.count(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run everything in this folder in one event loop, the one in which the homeserver was started.

    Where several workers share the tests, file by file, each has a homeserver of its own, and the files with the
    longest begin first, so that nobody waits for the last of them.
    """
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.integration)
            if isinstance(item, pytest.Function) and inspect.iscoroutinefunction(item.obj):
                item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


class NewAccount(Protocol):
    """Registers an account and returns its user id; the password is PASSWORD."""

    async def __call__(self, name: str = "member", *, admin: bool = False) -> str: ...


class NewMember(Protocol):
    """Opens a member's client until the test ends: of a new account, or another device of `account`."""

    async def __call__(
        self,
        name: str = "member",
        *,
        account: str | None = None,
        signed: bool = True,
        identity: CrossSigningIdentity | None = None,
        strict: bool = False,
        auto_join: bool = True,
        store: Path | None = None,
    ) -> MemberClient: ...


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Homeserver]:
    """The shared homeserver, without rate limits. A test that restarts it starts one of its own."""
    async with Homeserver.start(tmp_path_factory.mktemp("homeserver")) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def proxy(server: Homeserver) -> AsyncIterator[FaultProxy]:
    """What stands between the bot and the homeserver: it remembers every request, and fails when told to."""
    async with FaultProxy.start(server.url) as running:
        yield running


@pytest.fixture
def store(migrated_file: Path, tmp_path: Path) -> Path:
    """The folder of a bot that was not started yet; its database is at the newest schema already."""
    folder = tmp_path / "store"
    folder.mkdir()
    shutil.copyfile(migrated_file, folder / "sesn.db")
    return folder


@pytest.fixture
def account(server: Homeserver) -> NewAccount:
    async def new(name: str = "member", *, admin: bool = False) -> str:
        return await server.register(f"{name}-{next(_numbers)}", PASSWORD, admin=admin)

    return new


@pytest_asyncio.fixture(loop_scope="session")
async def member(server: Homeserver, account: NewAccount) -> AsyncIterator[NewMember]:
    async with AsyncExitStack() as stack:
        new_account = account

        async def new(
            name: str = "member",
            *,
            account: str | None = None,
            signed: bool = True,
            identity: CrossSigningIdentity | None = None,
            strict: bool = False,
            auto_join: bool = True,
            store: Path | None = None,
        ) -> MemberClient:
            return await stack.enter_async_context(
                MemberClient.open(
                    server.url,
                    account or await new_account(name),
                    PASSWORD,
                    signed=signed,
                    identity=identity,
                    strict=strict,
                    auto_join=auto_join,
                    store=store,
                )
            )

        yield new
