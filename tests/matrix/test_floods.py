"""What anybody may send to the bot's device without end: it costs what it costs, and not each start after it."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from nio.crypto import OlmAccount, OutboundGroupSession

from bot.matrix import memory
from bot.matrix.machine import NoKey
from bot.matrix.rooms import MEGOLM, Rooms
from storage.base import Database
from storage.ids import RoomId, UserId
from storage.keys import Keys, OlmSessionRow, repository
from tests.matrix.test_opened import encrypted
from tests.played import BENIN, GHANA, Homeserver, Json, Person, opened

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
STRANGER = UserId("@stranger:elsewhere")
ROOM = RoomId("!room:localhost")


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


async def test_while_the_bot_runs_made_up_devices_fill_neither_memory_nor_database(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "MOST_SESSIONS", 5)
    monkeypatch.setattr(memory, "_SPARE_SESSIONS", 3)
    ghana = Person(GHANA)
    phone = ghana.add("PHONE")
    known = phone.identity_keys["curve25519"]
    async with opened(database, Homeserver(ghana)) as crypto:
        await crypto.people.query([GHANA])
        crypto.take_to_device(encrypted(crypto, phone, GHANA, {}))
        await crypto.chest.commit()
        for _ in range(20):
            crypto.take_to_device(encrypted(crypto, OlmAccount(), STRANGER, {}))
            await crypto.chest.commit()
            kept = await names(database)
            assert len(kept) <= 5 + 3
            assert known in [sender for sender, _ in kept], "though it was used before all others"
        store = crypto.machine.session_store
        assert len([*store._rows, *store._entries]) <= 5 + 3
        crypto.take_opened()
        crypto.take_to_device(encrypted(crypto, phone, GHANA, {}))
        assert len(crypto.take_opened()) == 1


async def test_while_the_bot_runs_one_device_begins_sessions_up_to_a_bound(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "MOST_OF_A_DEVICE", 3)
    monkeypatch.setattr(memory, "_SPARE_OF_A_DEVICE", 2)
    ghana = Person(GHANA)
    phone = ghana.add("PHONE")
    async with opened(database, Homeserver(ghana)) as crypto:
        await crypto.people.query([GHANA])
        for _ in range(20):
            crypto.take_to_device(encrypted(crypto, phone, GHANA, {}))
            last = crypto.machine.session_store.get(phone.identity_keys["curve25519"]).id
            await crypto.chest.commit()
            kept = await names(database)
            assert len(kept) <= 3 + 2
            assert last in [name for _, name in kept], "the one used last was dropped"
        assert len(crypto.machine.session_store[phone.identity_keys["curve25519"]]) <= 3 + 2


def room_key(room: RoomId) -> tuple[OutboundGroupSession, Json]:
    """Return a new session of a room, and the message that brings its key."""
    made = OutboundGroupSession()
    made.mark_as_shared()
    content = {"algorithm": MEGOLM, "room_id": room, "session_id": made.id, "session_key": made.session_key}
    return made, {"type": "m.room_key", "content": content}


def message(phone: OlmAccount, made: OutboundGroupSession, number: int) -> Json:
    payload = {"room_id": ROOM, "type": "m.room.message", "content": {"body": f"{number}"}}
    content = {
        "algorithm": MEGOLM,
        "sender_key": phone.identity_keys["curve25519"],
        "session_id": made.id,
        "ciphertext": made.encrypt(json.dumps(payload)),
    }
    return {"event_id": f"${number}", "sender": GHANA, "type": "m.room.encrypted", "content": content}


async def kept_keys(database: Database, room: RoomId, sessions: Iterable[OutboundGroupSession]) -> list[bool]:
    async with database.transaction() as tx:
        return [bool(await Keys(tx).room_keys(room, made.id)) for made in sessions]


async def test_of_one_persons_keys_for_a_room_those_stay_that_were_used_or_came_last(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repository, "MOST_ROOM_KEYS", 6)
    monkeypatch.setattr(repository, "NEWEST_ROOM_KEYS", 3)
    monkeypatch.setattr(repository, "_SLACK", 0)
    ghana, benin = Person(GHANA), Person(BENIN)
    phone, other = ghana.add("PHONE"), benin.add("PHONE")
    async with opened(database, Homeserver(ghana, benin)) as crypto:
        await crypto.people.query([GHANA, BENIN])
        now = START
        crypto.chest._now = lambda: now
        made: list[OutboundGroupSession] = []
        theirs, claims = room_key(ROOM)
        crypto.take_to_device(encrypted(crypto, other, BENIN, claims))
        for number in range(12):
            now += timedelta(minutes=1)
            new, claims = room_key(ROOM)
            made.append(new)
            crypto.take_to_device(encrypted(crypto, phone, GHANA, claims))
            if number < 2:
                assert (await crypto.read(message(phone, new, number), ROOM)).opened
            await crypto.chest.commit()
            assert sum(await kept_keys(database, ROOM, made)) <= 6
        kept = await kept_keys(database, ROOM, made)
        assert [number for number, is_kept in enumerate(kept) if is_kept] == [0, 1, 8, 9, 10, 11]
        assert await kept_keys(database, ROOM, [theirs]) == [True], "another's key was dropped"
        own = crypto.machine.outbound_for(ROOM, set(), (timedelta(days=7), 100))
        await crypto.chest.commit()
        assert len(await crypto.chest.fetch(ROOM, own.id)) == 1


async def test_when_very_many_were_used_the_key_that_has_just_come_is_kept_all_the_same(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repository, "MOST_ROOM_KEYS", 4)
    monkeypatch.setattr(repository, "NEWEST_ROOM_KEYS", 1)
    monkeypatch.setattr(repository, "_SLACK", 0)
    ghana = Person(GHANA)
    phone = ghana.add("PHONE")
    async with opened(database, Homeserver(ghana)) as crypto:
        await crypto.people.query([GHANA])
        now = START
        crypto.chest._now = lambda: now
        for number in range(8):
            now += timedelta(days=7)
            made, claims = room_key(ROOM)
            crypto.take_to_device(encrypted(crypto, phone, GHANA, claims))
            await crypto.chest.commit()
            read = await crypto.read(message(phone, made, number), ROOM)
            assert read.opened.payload["content"]["body"] == f"{number}"


async def test_keys_of_rooms_that_the_bot_is_not_in_are_few_and_one_that_came_early_is_used(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repository, "MOST_STRAY_KEYS", 3)
    monkeypatch.setattr(repository, "_SLACK", 0)
    ghana = Person(GHANA)
    phone = ghana.add("PHONE")
    rooms = Rooms()
    async with opened(database, Homeserver(ghana)) as crypto:
        await crypto.people.query([GHANA])
        now = START
        crypto.chest._now = lambda: now
        crypto.chest.is_there = rooms.has
        early, claims = room_key(ROOM)
        crypto.take_to_device(encrypted(crypto, phone, GHANA, claims))
        await crypto.chest.commit()
        rooms.replace(ROOM, [{"type": "m.room.member", "state_key": GHANA, "content": {"membership": "join"}}])
        assert (await crypto.read(message(phone, early, 1), ROOM)).opened
        usual, claims = room_key(ROOM)
        crypto.take_to_device(encrypted(crypto, phone, GHANA, claims))
        await crypto.chest.commit()
        strays: list[tuple[RoomId, OutboundGroupSession]] = []
        for number in range(10):
            now += timedelta(minutes=1)
            for room in (RoomId(f"!made-up-{number}"), ROOM):  # no room of the bot's, or nobody who is there
                made, claims = room_key(room)
                strays.append((room, made))
                crypto.take_to_device(encrypted(crypto, OlmAccount(), STRANGER, claims))
                await crypto.chest.commit()
    left = [await kept_keys(database, room, [made]) for room, made in strays]
    assert left.count([True]) == 3
    assert left[-1] == [True]
    assert await kept_keys(database, ROOM, [early, usual]) == [True, True]


async def test_keys_with_which_no_message_comes_do_not_stay_in_memory(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "_KEPT_ROOM_KEYS", 4)
    ghana = Person(GHANA)
    phone = ghana.add("PHONE")
    async with opened(database, Homeserver(ghana)) as crypto:
        await crypto.people.query([GHANA])
        first, claims = room_key(ROOM)
        crypto.take_to_device(encrypted(crypto, phone, GHANA, claims))
        for number in range(20):
            _, claims = room_key(RoomId(f"!room-{number}"))
            crypto.take_to_device(encrypted(crypto, phone, GHANA, claims))
        assert len(list(crypto.machine.inbound_group_store)) == 21, "what is not written yet is nowhere else"
        await crypto.chest.commit()
        assert len(list(crypto.machine.inbound_group_store)) <= 4
        assert (await crypto.read(message(phone, first, 1), ROOM)).opened.payload["content"]["body"] == "1"


async def test_a_key_that_came_after_its_message_stays_until_that_is_read(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "_KEPT_ROOM_KEYS", 4)
    ghana = Person(GHANA)
    phone = ghana.add("PHONE")
    async with opened(database, Homeserver(ghana)) as crypto:
        await crypto.people.query([GHANA])
        made, claims = room_key(ROOM)
        waits = message(phone, made, 1)
        with pytest.raises(NoKey):
            await crypto.read(waits, ROOM)
        crypto.take_to_device(encrypted(crypto, phone, GHANA, claims))
        for number in range(20):
            _, other = room_key(RoomId(f"!room-{number}"))
            crypto.take_to_device(encrypted(crypto, phone, GHANA, other))
        await crypto.chest.commit()
        assert (await crypto.read(waits, ROOM)).opened.payload["content"]["body"] == "1"
