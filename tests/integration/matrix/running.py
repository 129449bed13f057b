"""A gateway with a journal in memory, and how tests start it, again and again."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from bot.demo.homeserver import Homeserver
from bot.demo.member import MemberClient
from bot.matrix.client import MatrixGateway
from bot.matrix.interface import (
    Incoming,
    MembershipChange,
    Message,
    NewRoom,
    SyncBatch,
)
from bot.matrix.vault import Cost, Vault
from storage import schema
from storage.base import Database
from storage.ids import RoomId, UserId
from tests.integration.conftest import PASSWORD, NewMember

SECRET = "a secret of the operator"
CHEAP = Cost(log2_n=4)
Kind = TypeVar("Kind", bound=Incoming)


class Bot:
    """A gateway with a journal in memory; `token` is where the next start continues."""

    def __init__(self, gateway: MatrixGateway, database: Database) -> None:
        self.gateway = gateway
        self.database = database
        self.events: list[Incoming] = []
        self.token: str | None = None
        self.failures = 0
        self.refused = asyncio.Event()
        """A batch came while the journal failed."""
        self._changed = asyncio.Condition()

    async def journal(self, batch: SyncBatch) -> None:
        if self.failures:
            self.failures -= 1
            self.refused.set()
            raise OSError("the database is down")
        async with self.database.transaction() as tx:
            await batch.keep(tx)
        async with self._changed:
            self.events += batch.events
            self.token = batch.next_token
            self._changed.notify_all()

    async def until(self, condition: Callable[[], Any], within: float = 20) -> Any:
        """Wait until a batch makes the condition true, and return what it said."""
        async with asyncio.timeout(within), self._changed:
            await self._changed.wait_for(condition)
            return condition()

    def all(self, kind: type[Kind], room: str | None = None) -> list[Kind]:
        return [
            event
            for event in self.events
            if isinstance(event, kind) and room in {None, getattr(event, "room_id", None)}
        ]

    def said(self, room: str) -> list[str]:
        return [message.body for message in self.all(Message, room)]

    async def hears(self, room: str, body: str) -> Message:
        def found() -> Message | None:
            return next((message for message in self.all(Message, room) if message.body == body), None)

        message = await self.until(found)
        assert isinstance(message, Message)
        return message

    async def sees(self, room: str, user: str) -> None:
        """Wait until a sync has shown that somebody joined."""
        change = MembershipChange(RoomId(room), UserId(user), joined=True)
        await self.until(lambda: change in self.events)


class Start:
    """Starts the bot on its own store, again and again."""

    def __init__(self, server: Homeserver, user: str, folder: Path) -> None:
        self.server = server
        self.user = UserId(user)
        self.folder = folder
        self.url: str | None = None
        """The bot's database, where it is not a file in the folder."""

    def open(self, **wishes: Any) -> AbstractAsyncContextManager[MatrixGateway]:
        """Open the gateway on the database that is kept from one start to the next, or on one that is open."""
        return self._open(**wishes)

    @asynccontextmanager
    async def _open(self, database: Database | None = None, **wishes: Any) -> AsyncIterator[MatrixGateway]:
        if database is not None:
            async with self._gateway(database, **wishes) as gateway:
                yield gateway
            return
        database = await self.open_database()
        try:
            async with self._gateway(database, **wishes) as gateway:
                yield gateway
        finally:
            await database.close()

    async def open_database(self) -> Database:
        """Open the bot's database, made if missing."""
        self.folder.mkdir(exist_ok=True)
        database = Database.open(self.url or f"sqlite:///{self.folder / 'sesn.db'}")
        await schema.upgrade(database)
        return database

    @asynccontextmanager
    async def _gateway(
        self, database: Database, *, secret: str = SECRET, **wishes: Any
    ) -> AsyncIterator[MatrixGateway]:
        settings: dict[str, Any] = {
            "homeserver": self.server.url,
            "password": PASSWORD,
            "database": database,
            "poll": timedelta(seconds=5),
        }
        async with (
            Vault.open(database, self.user, secret, cost=CHEAP) as vault,
            MatrixGateway.open(vault=vault, **(settings | wishes)) as gateway,
        ):
            yield gateway

    @asynccontextmanager
    async def __call__(self, since: str | None = None, *, kind: type[Bot] = Bot, **wishes: Any) -> AsyncIterator[Bot]:
        database = await self.open_database()
        try:
            async with self.open(database=database, **wishes) as gateway:
                bot = kind(gateway, database)
                syncing = asyncio.create_task(gateway.sync_forever(bot.journal, since=since))
                try:
                    await bot.until(lambda: bot.token)
                    yield bot
                finally:
                    async with database.idle():
                        syncing.cancel()
                    await asyncio.gather(syncing, return_exceptions=True)
        finally:
            await database.close()


@asynccontextmanager
async def together(start: Start, member: NewMember, **wishes: Any) -> AsyncIterator[tuple[Bot, MemberClient, RoomId]]:
    """The bot and Ghana in an encrypted room of the bot's making."""
    async with AsyncExitStack() as stack:
        bot = await stack.enter_async_context(start(**wishes))
        ghana = await member("ghana")
        room = await bot.gateway.create_room(NewRoom(request="ghana", name="Ghana", invite=[UserId(ghana.user_id)]))
        await ghana.enters(room)
        await bot.sees(room, ghana.user_id)
        yield bot, ghana, room


def text(body: str) -> dict[str, Any]:
    return {"msgtype": "m.text", "body": body, "m.mentions": {}}


def signed_devices(bot: Bot, user: UserId) -> set[str]:
    """Return the devices that the bot knows their owner to have signed."""
    identity = bot.gateway._crypto.people.identity(user)
    return set(identity.signed) if identity else set()
