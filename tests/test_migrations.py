"""Migrations: from empty and from each earlier revision, back again, and never different from the models."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import JSON, column, literal, select, table

from storage import schema
from storage.alerts import Addressee, AlertMarks, Mark
from storage.base import Database, UtcDateTime
from storage.contacts import Contact
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


async def test_who_has_the_card_of_an_alert_was_told_of_it(database_url: str) -> None:
    database = Database.open(database_url)
    told, later = _at(START), _at(START + timedelta(hours=1))
    rows: list[tuple[str, dict[str, Any]]] = [
        ("alerts", dict.fromkeys(_ALERT, "-") | {
            "id": 1, "sequence": 1, "year": 2026, "drafted_at": told, "circulated_at": told,
        }),
        ("bindings", {"room_id": "!gh", "kind": "country", "value": "GH", "bound_by": "-", "bound_at": told}),
        ("bindings", {"room_id": "!be", "kind": "country", "value": "BE", "bound_by": "-", "bound_at": told}),
        ("bindings", {"room_id": "!all", "kind": "network", "value": "", "bound_by": "-", "bound_at": told}),
    ]  # fmt: skip
    for number, (room, user, state) in enumerate(
        [("!gh", None, "sent"), ("!be", None, "given_up"), ("!all", None, "sent"), (None, "@nl", "sent")], start=1
    ):
        rows.append(("outbox", dict.fromkeys(_OUTBOX, "-") | {
            "id": number, "transaction_id": str(number), "content": literal({}, JSON), "priority": 0, "state": state,
            "clear": False, "for_anybody": False, "attempts": 0, "created_at": told,
        }))  # fmt: skip
        card = {"row_id": number, "alert_id": 1, "room_id": room, "user_id": user, "told_at": told}
        rows.append(("alert_cards", card))
    rows.append(("members", dict.fromkeys(_MEMBER, "-") | {
        "user_id": "@nl", "country": "NL", "role": 2, "added_at": told,
    }))  # fmt: skip
    for place, country in enumerate(["GH", "BE", "NL", "DE", "UY"]):
        rows.append(("alert_addressees", {
            "alert_id": 1, "country": country, "reasons": literal([], JSON), "position": place, "added_at": told,
            "acknowledged_at": later if country == "DE" else None,
        }))  # fmt: skip
    try:
        await schema.upgrade(database, "0019")
        async with database.connection() as connection:
            for name, values in rows:
                await connection.execute(table(name, *map(column, values)).insert().values(**values))
        await schema.upgrade(database)
        async with database.transaction() as tx:
            found = (await tx.session.scalars(select(Addressee).order_by(Addressee.position))).all()
        assert [one.told_at for one in found] == [START, None, START, START + timedelta(hours=1), None]
    finally:
        await database.close()


async def test_the_numbers_of_contacts_are_written_down_from_their_end(database_url: str) -> None:
    database = Database.open(database_url)
    columns: dict[str, Any] = dict.fromkeys(
        ("kind", "name", "role", "authority", "zone", "added_by", "confirmed_by"), "-"
    )
    columns |= {"country": "GH", "languages": literal([], JSON), "on_duty": False}
    columns |= {"added_at": _at(START), "confirmed_at": _at(START)}
    phones = [("+233302000123", None), ("+233302000122;ext=12", None), (None, None), ("+233302000121", START)]
    try:
        await schema.upgrade(database, "0020")
        async with database.connection() as connection:
            for number, (phone, removed) in enumerate(phones, start=1):
                values = columns | {"id": number, "phone": phone, "removed_at": _at(removed)}
                await connection.execute(table("contacts", *map(column, values)).insert().values(**values))
        await schema.upgrade(database)
        async with database.transaction() as tx:
            found = (await tx.session.execute(select(Contact.phone_end).order_by(Contact.id))).all()
        assert [end for (end,) in found] == ["321000203332", "221000203332", None, None]
    finally:
        await database.close()


def _at(moment: datetime | None) -> Any:
    return literal(moment, UtcDateTime())


_ALERT = (
    "id", "series", "year", "sequence", "state", "tlp", "urgency", "type", "author", "author_authority", "drafted_at",
    "circulated_at",
)  # fmt: skip
_OUTBOX = ("id", "transaction_id", "device_id", "kind", "lane", "content", "priority", "state", "created_at")
_MEMBER = ("user_id", "name", "authority", "kind", "country", "role", "language", "zone", "added_by", "added_at")
_FACT = ("id", "alert_id", "kind", "value", "shown", "alternatives", "source", "stated_at", "replaced_at")
_NAMED = (
    ("container", "CSQU3054383", None),
    ("container", "MSKU1234565", START),
    ("company", "METALS LTD", None),
    ("company", "METALS GMBH", None),
    ("port", "GHTEM", None),
)
