"""Rows into a database, as fast as it takes them: past the ORM, its indexes built afterwards."""

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import asyncpg  # type: ignore[import-untyped]  # has no types

Rows = Mapping[str, Sequence[tuple[Any, ...]]]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAIVE_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - SQLite keeps UTC without saying so
_SKIPPED = "alembic_version"


class Loader(Protocol):
    """Takes rows as tuples, in the order of the columns named."""

    async def begin(self) -> None:
        """Make the tables ready: what would slow each row down is put aside."""

    async def add(self, table: str, columns: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert rows; `columns` are names with blanks between, every other column is left empty."""

    async def finish(self) -> None:
        """Build what was put aside, and let the database learn what is in it."""

    def at(self, seconds: int) -> Any:
        """Return a time as the database takes it; `seconds` since 1970, UTC."""


class SqliteLoader:
    def __init__(self, file: Path) -> None:
        self._connection = sqlite3.connect(file, isolation_level=None)
        self._indexes: list[str] = []

    async def begin(self) -> None:
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "foreign_keys=OFF", "cache_size=-400000"):
            self._connection.execute(f"PRAGMA {pragma}")
        found = self._connection.execute("SELECT name, sql FROM sqlite_master WHERE type='index' AND sql IS NOT NULL")
        for name, sql in found.fetchall():
            self._indexes.append(sql)
            self._connection.execute(f'DROP INDEX "{name}"')
        self._connection.execute("BEGIN")

    async def add(self, table: str, columns: str, rows: Sequence[tuple[Any, ...]]) -> None:
        names = columns.split()
        places = ",".join("?" * len(names))
        self._connection.executemany(f"INSERT INTO {table} ({','.join(names)}) VALUES ({places})", rows)  # noqa: S608

    async def finish(self) -> None:
        self._connection.execute("COMMIT")
        for sql in self._indexes:
            self._connection.execute(sql)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.close()

    def at(self, seconds: int) -> str:
        return (_NAIVE_EPOCH + timedelta(seconds=seconds)).isoformat(" ", "microseconds")


class PostgresLoader:
    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._indexes: list[str] = []
        self._open: Any = None

    @property
    def _connection(self) -> Any:
        assert self._open is not None
        return self._open

    async def begin(self) -> None:
        self._open = await asyncpg.connect(self._dsn)
        await self._connection.execute("SET session_replication_role = replica")  # foreign keys are kept as it is
        found = await self._connection.fetch(
            "SELECT i.indexname, i.indexdef FROM pg_indexes i WHERE i.schemaname = 'public' AND NOT EXISTS "
            "(SELECT 1 FROM pg_constraint c WHERE c.conname = i.indexname)"
        )
        for name, definition in found:
            if not name.startswith(_SKIPPED):
                self._indexes.append(definition)
                await self._connection.execute(f'DROP INDEX "{name}"')

    async def add(self, table: str, columns: str, rows: Sequence[tuple[Any, ...]]) -> None:
        await self._connection.copy_records_to_table(table, records=rows, columns=columns.split())

    async def finish(self) -> None:
        await self._connection.execute("SET maintenance_work_mem = '512MB'")
        for definition in self._indexes:
            await self._connection.execute(definition)
        counted = await self._connection.fetch(
            "SELECT table_name, column_name FROM information_schema.columns "
            "WHERE table_schema = 'public' AND column_default LIKE 'nextval%'"
        )
        for table, column in counted:
            await self._connection.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', '{column}'), "  # noqa: S608 - names of our own schema
                f"(SELECT coalesce(max({column}), 0) + 1 FROM {table}))"
            )
        await self._connection.execute("VACUUM ANALYZE")
        await self._connection.close()

    def at(self, seconds: int) -> datetime:
        return _EPOCH + timedelta(seconds=seconds)
