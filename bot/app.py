"""The assembly: opens everything in one exit stack, closes it in reverse."""

import asyncio
import importlib
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

import structlog

from bot.capabilities import Registry, discover
from bot.clock import Clock
from bot.config import Config
from bot.context import House
from bot.dispatch import Dispatcher
from bot.fetching import Fetcher
from bot.journal import Journal
from bot.matrix.interface import Gateway, MatrixError
from bot.matrix.vault import Vault
from bot.sender import Sender, SenderSettings
from bot.steps import Observer, nobody
from storage import files, outbox, schema, timers
from storage.base import Database
from storage.ids import RoomId, UserId
from storage.members import AuthorityKind, Member, Members, Role

if TYPE_CHECKING:
    from bot.matrix.client import MatrixGateway

log = structlog.get_logger()

_LONGEST_NAME = 100
"""Characters of a room's name that are shown."""


def utc_now() -> datetime:
    return datetime.now(UTC)


class RoomPeople:
    """`commands.base.People`, as the gateway knows it from clear state."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def in_room(self, room_id: RoomId) -> frozenset[UserId]:
        try:
            facts = await self._gateway.room(room_id)
        except MatrixError:
            return frozenset()
        return facts.joined - {self._gateway.user_id}

    async def readers(self, room_id: RoomId) -> frozenset[UserId]:
        try:
            facts = await self._gateway.room(room_id)
        except MatrixError:
            return frozenset()
        return (facts.joined | facts.invited) - {self._gateway.user_id}

    async def name_of(self, room_id: RoomId) -> str | None:
        try:
            name = (await self._gateway.room(room_id)).name
        except MatrixError:
            return None
        # Whoever has power in a room names it: it must not write lines into what others read of it.
        return " ".join(name.split())[:_LONGEST_NAME] or None if name is not None else None


class Machinery:
    """The moving parts, joined to each other: what one commits wakes the next. Tests turn them by hand."""

    def __init__(
        self,
        database: Database,
        gateway: Gateway,
        config: Config,
        *,
        now: Callable[[], datetime],
        observer: Observer = nobody,
        registry: Registry | None = None,
    ) -> None:
        self.house = House(
            registry=registry or discover(),
            settings=config.capabilities,
            people=RoomPeople(gateway),
            user_id=gateway.user_id,
            device_id=gateway.device_id,
            fingerprint=gateway.fingerprint,
            prefix=config.commands.prefix,
            network_name=config.network.name,
            now=now,
        )
        settings = SenderSettings(config.sending.in_flight, config.sending.give_up_after)
        self.sender = Sender(database, gateway, self.house, settings, observer=observer)
        self.clock = Clock(database, self.house)
        self.dispatcher = Dispatcher(
            database,
            self.house,
            too_old=config.commands.too_old,
            look_ahead=self.sender.look_ahead,
            catch_up=self.sender.catch_up,
            observer=observer,
        )
        self.fetcher = Fetcher(database, gateway, self.house, give_up_after=config.sending.give_up_after)
        self.journal = Journal(database, gateway.user_id, now, self.dispatcher.notify, observer)
        # What one commits wakes the next.
        database.listen(outbox.TOPIC, self.sender.offer)
        database.listen(files.TOPIC, lambda _none: self.fetcher.notify())
        database.listen(timers.TOPIC, lambda _subjects: self.clock.notify())


class App:
    """The bot as it runs: database, Matrix and machinery."""

    def __init__(self, config: Config, database: Database, gateway: "MatrixGateway", observer: Observer) -> None:
        self.config = config
        self.database = database
        self.gateway = gateway
        self.machinery = Machinery(database, gateway, config, now=utc_now, observer=observer)

    @classmethod
    @asynccontextmanager
    async def open(
        cls, config: Config, *, observer: Observer = nobody, reset_identity: bool = False
    ) -> AsyncGenerator[Self]:
        """Open database and Matrix; the schema is brought up to date first, and the identity checked before any join.

        With `reset_identity` a foreign cross-signing identity of the account is replaced by the bot's own.

        Raises:
            ConfigError: a secret is missing.
            StorageError: the database cannot be used.
            SetupError: the key store, the login or the cross-signing identity need the operator.
            MatrixError: the homeserver does not answer as it should.
        """
        async with AsyncExitStack() as stack:
            database = await open_database(config)
            stack.push_async_callback(database.close)
            matrix = open_gateway(config, database, observer=observer, reset_identity=reset_identity)
            gateway = await stack.enter_async_context(matrix)
            yield cls(config, database, gateway, observer)

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set. What is under way when it is set is either finished or untouched in its row.

        Raises:
            ExceptionGroup: a worker ended; with LoggedOut in it, open the app anew: it logs in again.
        """
        await seed_coordinators(self.database, self.config)
        since = await self.machinery.journal.token()
        if since is None:
            await self.gateway.set_display_name(self.config.matrix.display_name)
        async with asyncio.TaskGroup() as tasks:
            workers = [
                tasks.create_task(self.gateway.sync_forever(self.machinery.journal, since=since), name="sync"),
                tasks.create_task(self.machinery.dispatcher.run(), name="dispatch"),
                tasks.create_task(self.machinery.sender.run(), name="send"),
                tasks.create_task(self.machinery.clock.run(), name="clock"),
                tasks.create_task(self.machinery.fetcher.run(), name="fetch"),
            ]
            log.info("bot.running", user=self.gateway.user_id, device=self.gateway.device_id)
            await stop.wait()
            log.info("bot.stopping")
            async with self.database.idle():
                for worker in workers:
                    worker.cancel()


async def open_database(config: Config) -> Database:
    """Open the database of the configuration and bring its schema up to date. Raises StorageError."""
    database = Database.open(config.database_url)  # first of all: it says what is wrong with the URL
    try:
        schema.make_folder(config.database_url)
        await schema.upgrade(database)
    except BaseException:
        await database.close()
        raise
    return database


@asynccontextmanager
async def open_gateway(
    config: Config, database: Database, *, observer: Observer = nobody, reset_identity: bool = False
) -> "AsyncGenerator[MatrixGateway]":
    """Open the way to Matrix as configured, with the keys in the database.

    The libraries that speak Matrix are loaded, and the models made ready, while the secret is being stretched.

    Raises:
        SetupError, MatrixError: as `Vault.open` and `MatrixGateway.open` say.
    """

    def meanwhile() -> None:
        importlib.import_module("bot.matrix.client")
        database.make_ready()

    opening = Vault.open(database, config.matrix.user_id, config.store_secret(), meanwhile=meanwhile)
    async with opening as vault:
        from bot.matrix.client import MatrixGateway

        async with MatrixGateway.open(
            homeserver=config.matrix.homeserver,
            password=config.password,
            database=database,
            vault=vault,
            device_name=config.matrix.device_name,
            observer=observer,
            reset_identity=reset_identity,
        ) as gateway:
            yield gateway


async def seed_coordinators(database: Database, config: Config) -> None:
    """Put the configured first coordinators on the roster; whom a coordinator removed or changed stays so."""
    async with database.transaction() as tx:
        for user_id in config.network.coordinators:
            if await Members(tx).get(user_id) is not None or await Members(tx).removed(user_id) is not None:
                continue
            member = Member(
                user_id=user_id,
                name=user_id[1:].partition(":")[0],
                authority=config.network.name,
                kind=AuthorityKind.INTERNATIONAL,
                country=None,
                role=Role.COORDINATOR,
                language="en",
                zone="UTC",
                added_by=config.matrix.user_id,
                added_at=utc_now(),
            )
            await Members(tx).save(member)
