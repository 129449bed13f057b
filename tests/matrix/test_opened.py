"""What comes encrypted to the bot's device: believed as far as the keys it was encrypted with prove."""

import json

import pytest
from nio.crypto import OlmAccount, OutboundGroupSession, OutboundSession

from bot.matrix.crypto import Crypto
from bot.matrix.machine import OLM, OpenedToDevice
from bot.matrix.rooms import MEGOLM
from bot.matrix.signing import unpadded
from storage import schema
from storage.base import Database
from storage.ids import DeviceId, UserId
from tests.fakes import IN_MEMORY
from tests.played import BENIN, BOT, GHANA, Homeserver, Json, Person, opened

CONTENT = {"transaction_id": "one", "from_device": "PHONE", "methods": ["m.sas.v1"], "timestamp": 1}


@pytest.fixture
async def database() -> Database:
    database = Database.open(IN_MEMORY)
    await schema.upgrade(database)
    return database


def encrypted(crypto: Crypto, account: OlmAccount, sender: UserId, claims: Json) -> Json:
    """Return a sync answer with a verification request that an account sent; `claims` replace what stands inside."""
    own = crypto.machine.account
    own.generate_one_time_keys(1)
    ((_, key),) = own.one_time_keys["curve25519"].items()
    own.mark_keys_as_published()
    payload = {
        "sender": sender,
        "sender_device": "PHONE",
        "keys": {"ed25519": account.identity_keys["ed25519"]},
        "recipient": BOT,
        "recipient_keys": {"ed25519": own.identity_keys["ed25519"]},
        "type": "m.key.verification.request",
        "content": CONTENT,
    } | claims
    session = OutboundSession(account, own.identity_keys["curve25519"], key)
    what, body = session.encrypt(json.dumps(payload)).to_parts()
    content = {
        "algorithm": OLM,
        "sender_key": account.identity_keys["curve25519"],
        "ciphertext": {own.identity_keys["curve25519"]: {"type": what, "body": unpadded(body)}},
    }
    return {"to_device": {"events": [{"type": "m.room.encrypted", "sender": sender, "content": content}]}}


async def received(
    database: Database, sender: UserId, phone_of: UserId, claims: Json | None = None
) -> list[OpenedToDevice]:
    """Let a message come from `sender` that was encrypted with the phone of somebody."""
    people = {user: Person(user) for user in (GHANA, BENIN)}
    phone = people[phone_of].add("PHONE")
    async with opened(database, Homeserver(*people.values())) as crypto:
        await crypto.people.query(people)
        assert crypto.take_to_device(encrypted(crypto, phone, sender, claims or {})) == []
        return crypto.take_opened()


async def test_a_verification_that_comes_encrypted_is_read_and_its_device_known(database: Database) -> None:
    expected = OpenedToDevice(GHANA, DeviceId("PHONE"), "m.key.verification.request", CONTENT)
    assert await received(database, GHANA, GHANA) == [expected]


async def test_what_another_persons_device_encrypted_is_not_read(database: Database) -> None:
    assert await received(database, GHANA, BENIN) == []


@pytest.mark.parametrize(
    "claims",
    [
        {"sender": BENIN},
        {"recipient": GHANA},
        {"keys": {"ed25519": OlmAccount().identity_keys["ed25519"]}},
        {"content": "x"},
        {"type": 7},
    ],
)
async def test_what_says_something_else_inside_is_not_read(database: Database, claims: Json) -> None:
    assert await received(database, GHANA, GHANA, claims) == []


async def test_a_device_that_is_not_known_yet_proves_nothing_and_is_answered_like_one_in_clear(
    database: Database,
) -> None:
    stranger = OlmAccount()
    async with opened(database, Homeserver()) as crypto:
        crypto.take_to_device(encrypted(crypto, stranger, GHANA, {}))
        (one,) = crypto.take_opened()
        assert (one.sender, one.device_id) == (GHANA, None)
        assert crypto.take_opened() == []


@pytest.mark.parametrize(
    ("odd", "ed25519"),
    [
        ({}, "\ud800"),
        ({}, "\0"),
        ({}, "x" * 70_000),
        ({"room_id": "!\udfff:localhost"}, None),
        ({"room_id": "!" + "x" * 70_000}, None),
        ({"session_id": "\ud800"}, None),
    ],
)
async def test_a_room_key_that_no_database_takes_is_not_kept(
    database: Database, odd: Json, ed25519: str | None
) -> None:
    """Anybody may send one: kept for writing, it would keep everything else from being written."""
    ghana = Person(GHANA)
    phone = ghana.add("PHONE")
    session = OutboundGroupSession()
    content = {
        "algorithm": MEGOLM,
        "room_id": "!room:localhost",
        "session_id": session.id,
        "session_key": session.session_key,
        **odd,
    }
    claims: Json = {"type": "m.room_key", "content": content}
    if ed25519 is not None:
        claims["keys"] = {"ed25519": ed25519}
    async with opened(database, Homeserver(ghana)) as crypto:
        await crypto.people.query([GHANA])
        crypto.take_to_device(encrypted(crypto, phone, GHANA, claims))
        assert not crypto.chest.pending.room_keys
        await crypto.chest.commit()
        claims = {"type": "m.room_key", "content": content | {"room_id": "!room:localhost", "session_id": session.id}}
        assert len(crypto.take_to_device(encrypted(crypto, phone, GHANA, claims))) == 1, "as a sound one is"
        assert len(crypto.chest.pending.room_keys) == 1
