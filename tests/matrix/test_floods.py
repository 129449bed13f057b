"""What anybody may send to the bot's device without end: it costs what it costs, and not each start after it."""

from datetime import UTC, datetime, timedelta

import pytest
from nio.crypto import OlmAccount

from storage.base import Database
from storage.ids import UserId
from storage.keys import Keys, OlmSessionRow, repository
from tests.matrix.test_opened import encrypted
from tests.played import GHANA, Homeserver, Person, opened

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
STRANGER = UserId("@stranger:elsewhere")


async def names(database: Database) -> list[tuple[str, str]]:
    async with database.transaction() as tx:
        return sorted((row.sender_key, row.session_id) for row in (await Keys(tx).load()).sessions)


def session(device: str, number: int) -> OlmSessionRow:
    moment = START + timedelta(minutes=number)
    return OlmSessionRow(device, f"{number:03}", "pickle", moment, moment)


async def test_made_up_devices_begin_sessions_without_shutting_out_those_that_are_known(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repository, "MOST_SESSIONS", 5)
    ghana = Person(GHANA)
    phone = ghana.add("PHONE")
    known = phone.identity_keys["curve25519"]
    async with opened(database, Homeserver(ghana)) as crypto:
        await crypto.people.query([GHANA])
        crypto.take_to_device(encrypted(crypto, phone, GHANA, {}))
        assert len(crypto.take_opened()) == 1
        for _ in range(12):
            crypto.take_to_device(encrypted(crypto, OlmAccount(), STRANGER, {}))
        await crypto.chest.commit()
    kept = await names(database)
    assert len(kept) == 5 + 1
    assert [sender for sender, _ in kept].count(known) == 1, "though it was used before all others"
    async with opened(database, Homeserver(ghana)) as crypto:
        assert crypto.machine.session_store.get(known) is not None
        crypto.take_to_device(encrypted(crypto, phone, GHANA, {}))
        assert len(crypto.take_opened()) == 1


async def test_of_one_device_those_used_last_are_kept(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repository, "MOST_SESSIONS", 100)
    monkeypatch.setattr(repository, "MOST_OF_A_DEVICE", 3)
    async with database.transaction() as tx:
        await Keys(tx).keep_sessions([*(session("one", number) for number in range(90)), session("other", 0)])
    assert len(await names(database)) == 91, "as long as they are few"
    async with database.transaction() as tx:
        await Keys(tx).keep_sessions([session("one", number) for number in range(90, 120)])
    assert await names(database) == [("one", "117"), ("one", "118"), ("one", "119"), ("other", "000")]
