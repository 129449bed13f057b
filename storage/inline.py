"""SQLite without a thread of its own: what aiosqlite does by messages between threads, done where it is asked for.

A statement takes SQLite some tens of microseconds and a message to a thread and back about as many again, several
times for each statement; of a command that is most of the time. The bot has one writer whose transactions take turns
anyway, so nothing could go on meanwhile but what waits for the network. Nor can a task be cancelled in the middle of a
statement.
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Self


class Cursor:
    """A cursor as aiosqlite has it."""

    def __init__(self, cursor: sqlite3.Cursor) -> None:
        self._cursor = cursor
        self.arraysize = cursor.arraysize

    async def __aenter__(self) -> Self:
        return self

    @property
    def description(self) -> Any:
        return self._cursor.description

    @property
    def rowcount(self) -> int:
        return self._cursor.rowcount

    @property
    def lastrowid(self) -> int | None:
        return self._cursor.lastrowid

    async def execute(self, statement: str, parameters: Sequence[Any] | None = None) -> Self:
        self._cursor.execute(statement, parameters or ())
        return self

    async def executemany(self, statement: str, parameters: Iterable[Sequence[Any]]) -> Self:
        self._cursor.executemany(statement, parameters)
        return self

    async def fetchone(self) -> Any:
        return self._cursor.fetchone()

    async def fetchmany(self, size: int | None = None) -> Any:
        return self._cursor.fetchmany(size or self.arraysize)

    async def fetchall(self) -> Any:
        return self._cursor.fetchall()

    async def close(self) -> None:
        self._cursor.close()


class Connection:
    """A connection as aiosqlite has it. Transactions are begun explicitly."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection: sqlite3.Connection | None = connection

    @property
    def raw(self) -> sqlite3.Connection:
        """The connection itself. Raises ValueError when it is closed, as aiosqlite does."""
        if self._connection is None:
            raise ValueError("no active connection")
        return self._connection

    def cursor(self) -> Cursor:
        return Cursor(self.raw.cursor())

    async def create_function(self, *args: Any, **options: Any) -> None:
        self.raw.create_function(*args, **options)

    async def commit(self) -> None:
        self.raw.commit()

    async def rollback(self) -> None:
        self.raw.rollback()

    async def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def stop(self) -> None:
        """Close without waiting."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def creator(file: str) -> Callable[[], Any]:
    """Return what opens a connection to `file`; `:memory:` for one that ends with its connection."""

    async def connect(*_: Any, **__: Any) -> Connection:
        return Connection(sqlite3.connect(file, isolation_level=None, check_same_thread=False))

    return connect
