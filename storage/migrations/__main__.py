"""`make migration MESSAGE="add the board"`: write the migration from the newest revision to the models."""

import asyncio
import sys
import tempfile
from pathlib import Path

from storage import schema
from storage.base import Database


async def main(message: str) -> None:
    """Bring an empty database to the newest revision and write what the models have beyond it."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database.open(f"sqlite:///{Path(folder) / 'empty.db'}")
        try:
            await schema.upgrade(database)
            await schema.write_migration(database, message)
        finally:
            await database.close()


if __name__ == "__main__":
    if len(sys.argv) != 2 or not sys.argv[1].strip():
        sys.exit('Say what changes: make migration MESSAGE="add the board"')
    asyncio.run(main(sys.argv[1]))
