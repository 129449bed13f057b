"""`Database`: the engine and its single writer."""

import asyncio
import fcntl
import os
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Self

from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.orm import configure_mappers

from storage.base import inline
from storage.base.errors import InUse, StorageError
from storage.base.memory import Ages, Memory, changed
from storage.base.transaction import Transaction

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from storage.base.server import ServerSession

_IN_USE = "the bot is running on this database: stop it first"
_LOCK = 0x5345534E  # names the lock among all of a PostgreSQL database: "SESN"


class Database:
    """The engine and its single writer.

    The bot is one process with one writer: transactions take turns. SQLite would make them wait in any case, and
    numbers, states and "not yet told" checks never race.
    """

    def __init__(self, engine: "Engine | AsyncEngine") -> None:
        """`engine`: a synchronous one stands for SQLite, which is asked where the question is."""
        self.engine = engine
        self._turn = asyncio.Lock()
        self._listeners: dict[str, list[Callable[[frozenset[str]], None]]] = {}
        self._memory = Memory()
        self._ages = Ages()
        self._connection: Connection | None = None  # of SQLite; to take it from a pool each time costs more than a read
        self._lasting = True  # what SQLite is told about commits now
        self._owed = False

    def listen(self, topic: str, listener: Callable[[frozenset[str]], None]) -> None:
        """Call `listener` after each commit of a transaction that changed the topic, with what changed of it."""
        self._listeners.setdefault(topic, []).append(listener)

    @classmethod
    def open(cls, url: str) -> Self:
        """Make the engine for `url` (sqlite or postgresql+asyncpg); nothing is connected yet.

        Raises:
            StorageError: the URL is not one of a supported database, or its driver is missing.
        """
        try:
            parsed = make_url(url)
            backend = parsed.get_backend_name()
            if backend == "sqlite":
                engine = inline.engine(parsed)
                event.listen(engine, "connect", _configure_sqlite)
                event.listen(engine, "begin", _begin_immediate)
                return cls(engine)
            if backend == "postgresql":
                from storage.base import server

                return cls(server.engine(parsed))
        except ArgumentError as error:
            raise StorageError("the database URL is not valid, for example sqlite:///data/sesn.db") from error
        except ModuleNotFoundError as error:
            raise StorageError(f"the database driver {error.name} is not installed (extra: postgres)") from error
        raise StorageError(f"{backend} is not supported: use sqlite or postgresql+asyncpg")

    @property
    def lasts(self) -> bool:
        """Whether all that was committed outlasts a failure of the machine's power."""
        return not self._owed

    def _session(self, *, lasting: bool) -> "inline.InlineSession | ServerSession":
        if isinstance(self.engine, Engine):
            if self._connection is None:
                self._connection = self.engine.connect()
            session = inline.InlineSession(self._connection)
            if lasting is not self._lasting:
                session.wait_for_disk(wait=lasting)
                self._lasting = lasting
            return session
        from storage.base.server import ServerSession

        return ServerSession(self.engine)

    @asynccontextmanager
    async def transaction(self, *, lasting: bool = True) -> AsyncGenerator[Transaction]:
        """Begin; commit when the block ends, roll everything back when it raises.

        Without `lasting` SQLite does not wait for the disk: the next commit that does carries this one too, and until
        `lasts` says so nothing may leave the process that rests on it. A server always waits.
        """
        async with self._turn, self._session(lasting=lasting) as session:
            is_whole = False
            try:
                async with session.begin():
                    tx = Transaction(session, self._memory, self._ages)
                    try:
                        yield tx
                        await tx.write_collected()
                        is_whole = True
                    except BaseException:
                        tx.keep_what_was_read()
                        raise
            except BaseException:
                if is_whole:  # the commit failed, and let every row expire
                    self._memory.forget_everything()
                raise
            if isinstance(session, inline.InlineSession) and session.has_written:
                self._owed = not lasting
            self._memory.forget(changed(session))
            self._ages.note(changed(session), tx.first_written)
            for follow in tx.after_commit:
                follow()
            for topic, what in tx.news.items():
                for listener in self._listeners.get(topic, ()):
                    listener(frozenset(what))

    @asynccontextmanager
    async def idle(self) -> AsyncGenerator[None]:
        """While inside, no transaction is under way: the moment to cancel those who use the database.

        A task that is cancelled in a transaction loses its connection, and SQLite may keep that one's lock for a while.
        """
        async with self._turn:
            yield

    @asynccontextmanager
    async def connection(self) -> "AsyncGenerator[AsyncConnection | inline.InlineConnection]":
        """A bare connection inside a transaction, for migrations."""
        async with self._turn:
            if isinstance(self.engine, Engine):
                with self.engine.begin() as connection:
                    yield inline.InlineConnection(connection)
            else:
                async with self.engine.begin() as connection:
                    yield connection

    def make_ready(self) -> None:
        """Do at once what the first statement on a model would do: some tenths of a second of work."""
        configure_mappers()

    @asynccontextmanager
    async def sole_use(self) -> AsyncGenerator[None]:
        """Hold the database against every other process that asks for the same. Raises InUse."""
        if not isinstance(self.engine, Engine):
            async with self.engine.connect() as bare:
                connection = await bare.execution_options(isolation_level="AUTOCOMMIT")
                if not await connection.scalar(text(f"SELECT pg_try_advisory_lock({_LOCK})")):
                    raise InUse(_IN_USE)
                try:
                    yield
                finally:
                    await connection.execute(text(f"SELECT pg_advisory_unlock({_LOCK})"))
            return
        file = self.engine.url.database
        if file in {None, "", ":memory:"}:
            yield
            return
        handle = os.open(f"{file}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise InUse(_IN_USE) from error
            yield
        finally:
            os.close(handle)

    async def ping(self) -> None:
        """Ask the database for a sign of life. Raises StorageError."""
        try:
            async with self.connection() as connection:
                await connection.execute(text("SELECT 1"))
        except (SQLAlchemyError, OSError) as error:
            raise StorageError("the database does not answer") from error

    async def close(self) -> None:
        if isinstance(self.engine, Engine):
            if self._connection is not None:
                self._connection.close()
            self.engine.dispose()
        else:
            await self.engine.dispose()


def _configure_sqlite(dbapi_connection: Any, _record: Any) -> None:
    cursor = dbapi_connection.cursor()
    for pragma in (
        "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=10000",
        "cache_size=-8000",  # KiB: the upper pages of the indexes of a large database, which each command goes through
    ):  # fmt: skip
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_immediate(connection: Any) -> None:
    # Past SQLAlchemy, which would take longer for it than SQLite: it is done for each message.
    connection.connection.driver_connection.execute("BEGIN IMMEDIATE")
