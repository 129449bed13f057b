"""SQLite without a thread of its own and without greenlets: each statement is done where it is asked for.

A statement takes SQLite some tens of microseconds; to hand it to a thread and back, or to another stack and back, takes
about as many again, several times for each statement. The bot has one writer whose transactions take turns anyway, so
nothing could go on meanwhile but what waits for the network. Nor can a task be cancelled in the middle of a statement.

The classes have the methods of SQLAlchemy's own asynchronous ones, so that nobody needs to know which database it is.
"""

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import cache, lru_cache
from types import TracebackType
from typing import Any, Self

from sqlalchemy import (
    ClauseElement,
    Connection,
    Dialect,
    Engine,
    StaticPool,
    bindparam,
    create_engine,
    inspect,
    select,
)
from sqlalchemy.engine import URL
from sqlalchemy.orm import Mapper, make_transient_to_detached
from sqlalchemy.orm.attributes import instance_dict
from sqlalchemy.sql.compiler import SQLCompiler

from storage.base.memory import NotingSession, note_statement


def engine(url: URL) -> Engine:
    """Make the engine of an SQLite file, or of `:memory:`; nothing is opened yet. It has one connection."""
    file = url.database or ":memory:"
    return create_engine(
        url.set(drivername="sqlite"),
        creator=lambda: sqlite3.connect(file, isolation_level=None, check_same_thread=False),
        poolclass=StaticPool,
        hide_parameters=True,
    )


class _Prepared:
    """A statement as the driver takes it. To let SQLAlchemy carry it out takes five times as long as SQLite needs."""

    def __init__(self, statement: ClauseElement, keys: tuple[str, ...], dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect, column_keys=list(keys))
        assert isinstance(compiled, SQLCompiler)
        if compiled.post_compile_params or compiled.literal_execute_params:
            raise TypeError("a statement whose text depends on its values cannot be prepared")
        self.text = compiled.string
        self._compiled = compiled
        # Where SQLAlchemy's own execution takes them from.
        processors: Mapping[str, Any] = compiled._bind_processors  # noqa: SLF001
        names: Sequence[str] = compiled.positiontup or ()
        self._places = [(name, processors.get(name)) for name in names]
        self._same = set(names) <= set(keys)

    def parameters(self, values: Mapping[str, Any]) -> list[Any]:
        """Return the values in the order and the form in which the driver takes them."""
        known = values if self._same else self._compiled.construct_params(values)
        return [convert(known[name]) if convert is not None else known[name] for name, convert in self._places]


class _Loading:
    """How a row of one entity is read by its primary key. The unit of work's own way takes ten times as long.

    Not for those with relationships or with columns that are read later.
    """

    def __init__(self, mapper: Mapper[Any], dialect: Dialect) -> None:
        table = mapper.local_table
        (key,) = table.primary_key
        self.is_plain = not mapper.relationships and not any(part.deferred for part in mapper.column_attrs)
        self.name = mapper.identity_key_from_primary_key
        self.statement = select(*table.c).where(key == bindparam("key"))
        self.make: Callable[[], Any] = mapper.class_manager.new_instance
        self._names = [mapper.get_property_by_column(column).key for column in table.c]
        self._converts = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in table.c]

    def values(self, row: Sequence[Any]) -> dict[str, Any]:
        """Return what the driver brought as the entity has it."""
        return {
            name: value if convert is None else convert(value)
            for name, convert, value in zip(self._names, self._converts, row, strict=True)
        }


@cache
def _loading(mapper: Mapper[Any], dialect: Dialect) -> _Loading:
    return _Loading(mapper, dialect)


@lru_cache(maxsize=500)
def _prepare(statement: ClauseElement, keys: tuple[str, ...], dialect: Dialect) -> _Prepared:
    return _Prepared(statement, keys, dialect)


class InlineConnection:
    """A connection inside a transaction, as AsyncConnection has it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def execute(self, statement: Any, parameters: Any = None) -> Any:
        return self._connection.execute(statement, parameters)

    async def scalar(self, statement: Any, parameters: Any = None) -> Any:
        return self._connection.scalar(statement, parameters)

    async def run_sync(self, work: Callable[..., Any], *args: Any) -> Any:
        return work(self._connection, *args)


class _Block:
    """A transaction, or one inside another: it is undone when the block raises."""

    def __init__(self, block: AbstractContextManager[Any], *, when_undone: Callable[[], None] = lambda: None) -> None:
        self._block = block
        self._when_undone = when_undone

    async def __aenter__(self) -> Self:
        self._block.__enter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._block.__exit__(kind, error, traceback)
        if error is not None:
            self._when_undone()


class InlineSession:
    """A session on SQLite, with what the project uses of AsyncSession. The connection outlives it."""

    def __init__(self, connection: Connection) -> None:
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        self.sync_session = NotingSession(connection, expire_on_commit=False)
        self._engine = connection.engine
        self._driver = driver
        self._begun = False
        self._changes = driver.total_changes  # rows, with those that a savepoint undid

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.sync_session.close()

    def wait_for_disk(self, *, wait: bool) -> None:
        """Say whether commits wait until the disk has them; not in a transaction."""
        self._driver.execute(f"PRAGMA synchronous={'FULL' if wait else 'NORMAL'}")

    @property
    def has_written(self) -> bool:
        """Whether the session changed a row, and that was not undone: a commit of nothing waits for nothing."""
        return self._driver.total_changes != self._changes

    def __contains__(self, instance: object) -> bool:
        return instance in self.sync_session

    def add(self, instance: object) -> None:
        self.sync_session.add(instance)

    def add_all(self, instances: Iterable[object]) -> None:
        self.sync_session.add_all(instances)

    def expunge(self, instance: object) -> None:
        self.sync_session.expunge(instance)

    def get_bind(self) -> Engine:
        return self._engine

    async def run(self, statement: ClauseElement, values: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> list[Any]:
        """Carry out a statement that is made once and used often, and return its rows; of many sets of values none.

        Values go in as columns say; rows come out as the driver has them.
        """
        if not self._begun:
            self.sync_session.connection()  # which begins the transaction
            self._begun = True
        if isinstance(values, Mapping):
            prepared = _prepare(statement, tuple(values), self._engine.dialect)
            return self._driver.execute(prepared.text, prepared.parameters(values)).fetchall()
        prepared = _prepare(statement, tuple(values[0]), self._engine.dialect)
        self._driver.executemany(prepared.text, [prepared.parameters(each) for each in values])
        return []

    def can_find(self, entity: type[Any]) -> bool:
        """Whether `find` may be asked for such a row: it sees nothing of what is still to be written."""
        session = self.sync_session
        is_written = not session.new and not session.dirty and not session.deleted
        return is_written and _loading(inspect(entity), self._engine.dialect).is_plain

    async def find(self, entity: type[Any], key: str | int) -> Any:
        """Return the row with this primary key."""
        session, loading = self.sync_session, _loading(inspect(entity), self._engine.dialect)
        name = loading.name((key,))
        if name in session.identity_map:
            return session.get(entity, key)
        rows = await self.run(loading.statement, {"key": key})
        if not rows:
            return None
        found = loading.make()
        instance_dict(found).update(loading.values(rows[0]))
        make_transient_to_detached(found)
        session.add(found)
        return found

    def begin(self) -> Any:
        return _Block(self.sync_session.begin())

    def begin_nested(self) -> Any:
        block = self.sync_session.begin_nested()
        self.sync_session.connection()  # which sets the savepoint: what `run` does is to be undone as well
        self._begun = True
        before = self._driver.total_changes

        def forget() -> None:
            self._changes += self._driver.total_changes - before

        return _Block(block, when_undone=forget)

    async def execute(self, statement: Any, params: Any = None, **_: Any) -> Any:
        note_statement(self, statement)
        return self.sync_session.execute(statement, params)

    async def scalars(self, statement: Any, params: Any = None, **_: Any) -> Any:
        note_statement(self, statement)
        return self.sync_session.scalars(statement, params)

    async def scalar(self, statement: Any, params: Any = None, **_: Any) -> Any:
        note_statement(self, statement)
        return self.sync_session.scalar(statement, params)

    async def get(self, entity: Any, ident: Any, **options: Any) -> Any:
        return self.sync_session.get(entity, ident, **options)

    async def merge(self, instance: Any, **options: Any) -> Any:
        return self.sync_session.merge(instance, **options)

    async def delete(self, instance: object) -> None:
        self.sync_session.delete(instance)

    async def flush(self) -> None:
        self.sync_session.flush()
