"""Sessions with a device and of a room: no place of a ratchet is used twice, whatever was written down when."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import vodozemac
from nio.crypto import InboundGroupSession

from bot.matrix.outbound import RoomSession
from storage.base import Database
from storage.ids import RoomId
from tests.played import GHANA, Homeserver, Person, opened

ROOM = RoomId("!room")
ROTATION = (timedelta(days=7), 100)
START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def test_no_place_is_encrypted_with_that_was_not_reserved() -> None:
    session = RoomSession(created_at=START)
    with pytest.raises(AssertionError):
        session.encrypted(b"too early")
    used: list[int] = []
    key = InboundGroupSession(session.session_key, "ed", "curve", ROOM)
    pickled = (session.pickle("secret").decode(), session.reserved)
    for number in range(40):
        if session.reserve(100):
            pickled = (session.pickle("secret").decode(), session.reserved)
        used.append(key.decrypt(session.encrypted(b"x"))[1])
        if number in {5, 20}:  # the bot ends, and starts from what was written down
            session = RoomSession.restore(pickled[0], "secret", START, pickled[1])
    assert len(set(used)) == len(used)
    assert used == sorted(used)


def test_a_room_that_wants_few_messages_for_a_key_loses_few_of_them_to_restarts() -> None:
    session = RoomSession(created_at=START)
    assert session.reserve(6)
    assert session.reserved == 1
    assert session.outlived(START + timedelta(days=7), ROTATION)
    assert not session.outlived(START + timedelta(days=7, seconds=-1), ROTATION)
    for _ in range(2):
        session.reserve(100)
        session.encrypted(b"x")
    assert session.outlived(START, (timedelta(days=7), 2))
    assert not session.outlived(START, (timedelta(days=7), 3))


def told(person: Person, message: Any, own: str) -> str:
    """Return what a message says to the device that it is the first for, or goes on for."""
    (ciphertext,) = message["ciphertext"].values()
    account, sessions = person.devices["PHONE"], person.sessions
    body = base64.b64decode(ciphertext["body"] + "=" * (-len(ciphertext["body"]) % 4))
    parsed = vodozemac.AnyOlmMessage.from_parts(ciphertext["type"], body)
    if not sessions:
        session, text = account.create_inbound_session(own, parsed)
        sessions.append(session)
        return bytes(text).decode()
    return bytes(sessions[0].decrypt(parsed)).decode()


async def test_a_session_that_is_written_down_is_put_away_and_goes_on_from_there(
    database: Database, server: Homeserver
) -> None:
    async with opened(database, server) as crypto:
        machine, chest = crypto.machine, crypto.chest
        await crypto.people.query([GHANA])
        device = machine.device_store[GHANA]["PHONE"]
        assert not machine.has_session(device)
        await crypto.sharing.claim([device])
        own = machine.account.identity_keys["curve25519"]
        heard = []
        for number in range(3):
            message = machine.olm_message(device, "m.dummy", {"number": number})
            heard.append(told(server.people[GHANA], message, own))
            held = machine.session_store.get(device.curve25519)
            await chest.commit()
            assert machine.has_session(device)
            assert machine.session_store.get(device.curve25519) is not held
        assert [f'"number":{number}' in text for number, text in enumerate(heard)] == [True] * 3


async def test_a_session_that_is_used_while_it_is_written_is_not_put_back_to_what_it_was(
    database: Database, server: Homeserver
) -> None:
    async with opened(database, server) as crypto:
        machine, chest = crypto.machine, crypto.chest
        await crypto.people.query([GHANA])
        device = machine.device_store[GHANA]["PHONE"]
        await crypto.sharing.claim([device])
        own = machine.account.identity_keys["curve25519"]
        messages = [machine.olm_message(device, "m.dummy", {})]
        async with database.transaction() as tx:
            await chest.write(tx)
        messages.append(machine.olm_message(device, "m.dummy", {}))  # before it is known that the first is written
        async with database.transaction() as tx:
            await chest.write(tx)
        chest.written()
        messages.append(machine.olm_message(device, "m.dummy", {}))
        chest.written()
        messages.append(machine.olm_message(device, "m.dummy", {}))
        await chest.commit()
        messages.append(machine.olm_message(device, "m.dummy", {}))
        assert len({str(message["ciphertext"]) for message in messages}) == 5
        # Each place of a ratchet is used once: a message of a place that was read before could not be read.
        assert all("m.dummy" in told(server.people[GHANA], message, own) for message in messages)
