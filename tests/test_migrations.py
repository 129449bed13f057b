"""Migrations: from empty and from each earlier revision, back again, and never different from the models."""

from storage import schema
from storage.base import Database


async def test_from_empty_to_the_models_and_back(database_url: str) -> None:
    database = Database.open(database_url)
    try:
        await schema.upgrade(database)
        assert await schema.current(database) == schema.revisions()[-1]
        assert await schema.drift(database) == []
        await schema.upgrade(database)
        assert await schema.current(database) == schema.revisions()[-1]
        await schema.downgrade(database)
        assert await schema.current(database) is None
    finally:
        await database.close()


async def test_from_each_earlier_revision(database_url: str) -> None:
    database = Database.open(database_url)
    try:
        for revision in schema.revisions():
            await schema.upgrade(database, revision)
            assert await schema.current(database) == revision
            await schema.upgrade(database)
            assert await schema.drift(database) == []
            await schema.downgrade(database)
    finally:
        await database.close()
