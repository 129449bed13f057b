"""The database: one engine, one writer, explicit transactions."""

import asyncio
import fcntl
import os
from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from enum import Enum as PyEnum
from enum import IntEnum
from functools import cache
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, cast

from sqlalchemy import (
    JSON,
    ColumnDefault,
    Connection,
    DateTime,
    Dialect,
    Engine,
    Enum,
    Integer,
    MetaData,
    String,
    Table,
    bindparam,
    event,
    insert,
    select,
    text,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, make_transient_to_detached
from sqlalchemy.orm.attributes import instance_state
from sqlalchemy.types import TypeDecorator

from storage import inline
from storage.ids import CountryCode, DeviceId, EventId, Locode, RoomId, UserId
from storage.memory import Memory, changed, is_about_to_change, note_table

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession

    from storage.server import ServerSession

_IN_USE = "the bot is running on this database: stop it first"
_LOCK = 0x5345534E  # names the lock among all of a PostgreSQL database: "SESN"


FAULTS: tuple[type[Exception], ...] = (SQLAlchemyError, OSError)
"""What a database raises that does not answer as it should: tried again, whatever was to be done with it."""


class StorageError(Exception):
    """The database cannot be used; the message is for the operator."""


class InUse(StorageError):
    """Another process works on the database."""


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime, kept in UTC. SQLite forgets zones, so they are put back when read."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime reached the database")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


E = TypeVar("E", bound=IntEnum)


class IntEnumType(TypeDecorator[E], Generic[E]):
    """An IntEnum kept as its number, so that "at least" and "most urgent" are comparisons of the database."""

    impl = Integer
    cache_ok = True

    def __init__(self, enum: type[E]) -> None:
        super().__init__()
        self.enum = enum

    def process_bind_param(self, value: E | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        return None if value is None else int(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> E | None:  # noqa: ARG002
        return None if value is None else self.enum(value)


def _enum_values(enum: type[PyEnum]) -> list[str]:
    return [str(member.value) for member in enum]


_IDS: tuple[Any, ...] = (CountryCode, DeviceId, EventId, Locode, RoomId, UserId)
_TYPES: dict[Any, Any] = {
    datetime: UtcDateTime,
    dict[str, Any]: JSON,
    list[str]: JSON,
    PyEnum: Enum(PyEnum, native_enum=False, length=40, values_callable=_enum_values),
    **dict.fromkeys(_IDS, String),
}


class Base(DeclarativeBase):
    """Every table. Enums are stored by value as text, so a new state needs no new type in PostgreSQL."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = _TYPES


Row = TypeVar("Row", bound=Base)
V = TypeVar("V")


def _insert(entity: type[Base], *, postgres: bool) -> Any:
    table = cast(Table, entity.__table__)
    if postgres:
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(table)
    return sqlite.insert(table)


# Made once each: to put such a statement together costs as much as to carry it out.
@cache
def _upsert(entity: type[Base], *, postgres: bool) -> Any:
    statement = _insert(entity, postgres=postgres)
    table = cast(Table, entity.__table__)
    keys = [column.name for column in table.primary_key]
    others = {column.name: statement.excluded[column.name] for column in table.c if column.name not in keys}
    return statement.on_conflict_do_update(index_elements=keys, set_=others)


@cache
def _insert_new(entity: type[Base], key: str, *, postgres: bool) -> Any:
    statement = _insert(entity, postgres=postgres).on_conflict_do_nothing(index_elements=[key])
    return statement.returning(*cast(Table, entity.__table__).primary_key)


@cache
def _by_key(entity: type[Base]) -> Any:
    (column,) = cast(Table, entity.__table__).primary_key
    return select(entity).where(column == bindparam("key"))


@cache
def _insertion(entity: type[Base]) -> tuple[Any, list[tuple[str, Any]]]:
    """Return the statement that inserts one row, and the columns it wants with what stands in them by default."""
    table = cast(Table, entity.__table__)
    columns = [column for column in table.c if not column.primary_key]
    defaults = [(one.name, one.default.arg if isinstance(one.default, ColumnDefault) else None) for one in columns]
    return insert(table).returning(*table.primary_key), defaults


class Transaction:
    """One unit of work. Repositories are made from it; nobody else sees the session."""

    def __init__(self, session: "inline.InlineSession | ServerSession", memory: Memory | None = None) -> None:
        self.session = cast("AsyncSession", session)  # with what the project uses of it
        self._run = session.run
        self.news: dict[str, set[str]] = {}
        self.after_commit: list[Callable[[], None]] = []
        """Called after the commit, before anybody hears what changed."""
        self.memory = memory or Memory()
        self._written: list[Base] = []  # held, so that whoever reads one of them again gets it without a query
        self._collected: dict[Callable[[Transaction, list[Any]], Awaitable[None]], list[Any]] = {}

    def changed(self, topic: str, *what: str) -> None:
        """Say that something changed which others wait for or keep a copy of; they hear of it after the commit."""
        self.news.setdefault(topic, set()).update(what)

    def collect(self, write: Callable[["Transaction", list[Any]], Awaitable[None]], what: Any) -> None:
        """Have `write` called with all that was collected for it when the transaction is about to end."""
        self._collected.setdefault(write, []).append(what)

    async def write_collected(self) -> None:
        """Write what was collected up to now."""
        collected, self._collected = self._collected, {}
        for write, what in collected.items():
            await write(self, what)

    async def recall(self, key: Hashable, entities: tuple[type[Base], ...], load: Callable[[], Awaitable[V]]) -> V:
        """Return what `load` reads from these small tables, from memory while nobody has written to them.

        Rows that come from memory belong to this transaction, as if they had been read.
        """
        tables = frozenset(entity.__table__.name for entity in entities)  # type: ignore[attr-defined]  # a Table
        if not tables.isdisjoint(changed(self.session)) or is_about_to_change(self.session, tables):
            return await load()
        shelf = self.memory.shelf(tables)
        if key in shelf and self._take_up(shelf[key]):
            known: V = shelf[key]
            return known
        found = await load()
        shelf[key] = found
        return found

    def _take_up(self, value: Any) -> bool:
        """Let rows from memory belong to this transaction; False when it has read the same rows by other ways."""
        rows = [value] if isinstance(value, Base) else value if isinstance(value, (list, tuple)) else ()
        session = self.session.sync_session
        for row in rows:
            if not isinstance(row, Base):
                continue
            name = instance_state(row).key
            assert name is not None
            present = session.identity_map.get(name)
            if present is None:
                session.add(row)
            elif present is not row:
                return False
        return True

    async def run(self, statement: Any, values: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> list[Any]:
        """Carry out a statement of Core past the session, and return its rows: for what happens with each message.

        The statement is one that is made once. What the session has not written yet is not seen by it.
        """
        table = getattr(statement, "table", None)
        if table is not None:
            note_table(self.session, table.name)
        return await self._run(statement, values)

    async def write(self, row: Base) -> None:
        """Insert a new row with a number of its own at once; from then on it is as if it had been added and flushed."""
        insertion, columns = _insertion(type(row))
        for name, default in columns:
            if row.__dict__.get(name) is None:
                setattr(row, name, default)
        values = {name: row.__dict__[name] for name, _ in columns}
        ((row.id,),) = await self.run(insertion, values)  # type: ignore[attr-defined]  # its number
        make_transient_to_detached(row)
        self.session.add(row)
        self._written.append(row)

    async def find(self, entity: type[Row], key: str | int) -> Row | None:
        """Return the row with this primary key; the query is put together once for each table."""
        return (await self.session.scalars(_by_key(entity), {"key": key})).first()

    async def upsert(self, entity: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert rows, or put them in the place of those with the same primary key. Past the session: many at once."""
        if rows:
            await self.run(_upsert(entity, postgres=self._is_postgresql), rows if len(rows) > 1 else rows[0])

    async def insert_new(self, entity: type[Base], key: str, row: Mapping[str, Any]) -> Any:
        """Insert a row unless there is one with the same `key`; return its primary key, None when it is not new."""
        rows = await self.run(_insert_new(entity, key, postgres=self._is_postgresql), row)
        return rows[0][0] if rows else None

    @property
    def _is_postgresql(self) -> bool:
        return bool(self.session.get_bind().dialect.name == "postgresql")

    @asynccontextmanager
    async def attempt(self) -> AsyncGenerator[None]:
        """What fails inside is undone and raised again, while the transaction itself goes on."""
        collected = {write: len(what) for write, what in self._collected.items()}
        written = len(self._written)
        try:
            async with self.session.begin_nested():
                yield
        except BaseException:
            # Objects changed inside are read anew after an undo: begin_nested lets them expire.
            self.memory.forget_everything()
            for row in self._written[written:]:  # the session takes them for rows that it read
                self.session.expunge(row)
            del self._written[written:]
            self._collected = {write: what[: collected.get(write, 0)] for write, what in self._collected.items()}
            raise

    async def flush(self) -> None:
        """Send what is pending to the database, so that new rows have their ids."""
        await self.session.flush()


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
        self._connection: Connection | None = None  # of SQLite; to take it from a pool each time costs more than a read

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
                from storage import server

                return cls(server.engine(parsed))
        except ArgumentError as error:
            raise StorageError("the database URL is not valid, for example sqlite:///data/sesn.db") from error
        except ModuleNotFoundError as error:
            raise StorageError(f"the database driver {error.name} is not installed (extra: postgres)") from error
        raise StorageError(f"{backend} is not supported: use sqlite or postgresql+asyncpg")

    def _session(self) -> "inline.InlineSession | ServerSession":
        if isinstance(self.engine, Engine):
            if self._connection is None:
                self._connection = self.engine.connect()
            return inline.InlineSession(self._connection)
        from storage.server import ServerSession

        return ServerSession(self.engine)

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Transaction]:
        """Begin; commit when the block ends, roll everything back when it raises."""
        async with self._turn, self._session() as session:
            try:
                async with session.begin():
                    tx = Transaction(session, self._memory)
                    yield tx
                    await tx.write_collected()
            except BaseException:
                self._memory.forget_everything()
                raise
            self._memory.forget(changed(session))
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
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=10000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_immediate(connection: Any) -> None:
    # Past SQLAlchemy, which would take longer for it than SQLite: it is done for each message.
    connection.connection.driver_connection.execute("BEGIN IMMEDIATE")
