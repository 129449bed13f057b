"""Brings a database to the newest schema, and compares it with the models.

alembic is loaded when there is something to migrate: a quarter of a second that most starts do not need.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from storage import models
from storage.base import Base, Database, StorageError

if TYPE_CHECKING:
    from alembic.config import Config

_FOLDER = Path(__file__).parent / "migrations"


def _config(connection: Connection | None = None) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.attributes["connection"] = connection
    return config


def make_folder(url: str) -> None:
    """Make an SQLite file and its folder, readable by their owner alone. Other databases are not touched.

    Raises:
        StorageError: the file cannot be made or opened.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database not in {None, "", ":memory:"}:
        file = Path(str(parsed.database))
        try:
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # SQLite gives its other files the rights of this one.
            os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
        except OSError as error:
            raise StorageError(f"the database {file} cannot be opened: {error.strerror}") from error


def exists(url: str) -> bool:
    """Whether an SQLite file is there; of a database elsewhere only a connection can tell, so True."""
    parsed = make_url(url)
    in_file = parsed.get_backend_name() == "sqlite" and parsed.database not in {None, "", ":memory:"}
    return not in_file or Path(str(parsed.database)).exists()


def revisions() -> list[str]:
    """Return every revision, the oldest first: migrations are numbered, and their files named by their numbers."""
    return sorted(file.name.partition("_")[0] for file in (_FOLDER / "versions").glob("[0-9]*.py"))


async def upgrade(database: Database, to: str = "head") -> None:
    """Run the migrations that are missing, in one transaction. Raises StorageError."""
    try:
        if to == "head" and await current(database) == revisions()[-1]:
            return
        from alembic import command

        async with database.connection() as connection:
            await connection.run_sync(lambda sync: command.upgrade(_config(sync), to))
    except (SQLAlchemyError, OSError) as error:
        raise StorageError(
            "the database cannot be opened or migrated: is its folder writable, its server up?"
        ) from error


async def downgrade(database: Database, to: str = "base") -> None:
    """Undo migrations down to a revision."""
    from alembic import command

    async with database.connection() as connection:
        await connection.run_sync(lambda sync: command.downgrade(_config(sync), to))


async def current(database: Database) -> str | None:
    """Return the revision the database is at, None for an empty one."""

    def read(sync: Connection) -> str | None:
        if not inspect(sync).has_table("alembic_version"):
            return None
        found: str | None = sync.scalar(text("SELECT version_num FROM alembic_version"))
        return found

    async with database.connection() as connection:
        return await connection.run_sync(read)


async def drift(database: Database) -> list[Any]:
    """Return the differences between the database and the models: empty when the migrations are complete."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    models.load()

    def compare(sync: Connection) -> list[Any]:
        context = MigrationContext.configure(sync, opts={"compare_type": True, "render_as_batch": True})
        return list(compare_metadata(context, Base.metadata))

    async with database.connection() as connection:
        return await connection.run_sync(compare)


async def write_migration(database: Database, message: str) -> None:
    """Write the migration from the database's schema to the models' into storage/migrations/versions."""
    from alembic import command

    models.load()
    number = f"{int(revisions()[-1]) + 1:04}"
    async with database.connection() as connection:
        await connection.run_sync(
            lambda sync: command.revision(_config(sync), message, autogenerate=True, rev_id=number)
        )
