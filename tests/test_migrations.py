"""Migrations: from empty and from each earlier revision, back again, and never different from the models."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, column, literal, table

from storage import schema
from storage.alerts import AlertMarks, Mark
from storage.base import Database, UtcDateTime
from tests.databases import CopyOf
from tests.fakes import START


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


async def test_from_each_earlier_revision(copy_of: CopyOf) -> None:
    earlier: str | None = None
    for revision in schema.revisions():
        earlier = copy_of(earlier)
        await _upgrade(earlier, revision)
        newest = copy_of(earlier)
        await _upgrade(newest)
        database = Database.open(newest)
        try:
            assert await schema.drift(database) == []
        finally:
            await database.close()


async def _upgrade(url: str, to: str = "head") -> None:
    database = Database.open(url)
    try:
        await schema.upgrade(database, to)
        assert await schema.current(database) == (schema.revisions()[-1] if to == "head" else to)
    finally:
        await database.close()


async def test_what_alerts_name_is_written_down_for_those_that_exist(database_url: str) -> None:
    database = Database.open(database_url)
    alerts, facts = (
        table(name, *map(column, columns)) for name, columns in (("alerts", _ALERT), ("alert_facts", _FACT))
    )
    try:
        await schema.upgrade(database, "0008")
        async with database.connection() as connection:
            for number, state, sent in ((1, "circulated", START), (2, "draft", None), (3, "withdrawn", START)):
                values = dict.fromkeys(_ALERT, "-") | {"id": number, "sequence": number, "state": state, "year": 2026}
                await connection.execute(
                    alerts.insert().values(
                        **values | {"series": "A", "drafted_at": _at(START), "circulated_at": _at(sent)}
                    )
                )
                for place, (kind, value, gone) in enumerate(_NAMED):
                    stated = dict.fromkeys(_FACT, "-") | {"id": 10 * number + place, "alert_id": number, "kind": kind}
                    stated |= {"value": value, "alternatives": literal([], JSON)}
                    await connection.execute(
                        facts.insert().values(**stated | {"stated_at": _at(START), "replaced_at": _at(gone)})
                    )
        await schema.upgrade(database)
        async with database.transaction() as tx:
            assert set(await AlertMarks(tx).of([1, 2, 3])) == {
                (1, Mark("container", "CSQU305438")),
                (1, Mark("company", "METALS")),
            }
    finally:
        await database.close()


def _at(moment: datetime | None) -> Any:
    return literal(moment, UtcDateTime())


_ALERT = (
    "id", "series", "year", "sequence", "state", "tlp", "urgency", "type", "author", "author_authority", "drafted_at",
    "circulated_at",
)  # fmt: skip
_FACT = ("id", "alert_id", "kind", "value", "shown", "alternatives", "source", "stated_at", "replaced_at")
_NAMED = (
    ("container", "CSQU3054383", None),
    ("container", "MSKU1234565", START),
    ("company", "METALS LTD", None),
    ("company", "METALS GMBH", None),
    ("port", "GHTEM", None),
)
