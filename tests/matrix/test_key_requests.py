"""Room keys that did not come: asked for, and taken from nobody but the device that made them."""

from collections.abc import AsyncIterator

import pytest
import vodozemac
from nio.crypto import InboundGroupSession, OlmAccount

from bot.matrix.crypto import Crypto
from bot.matrix.rooms import MEGOLM
from storage.base import Database
from storage.ids import RoomId, UserId
from tests.matrix.test_opened import encrypted
from tests.played import BENIN, GHANA, Homeserver, Json, Person, opened

ROOM = RoomId("!room:localhost")


class Missing:
    """A room key of Ghana's telephone that the bot does not have, and others in the room do."""

    def __init__(self, crypto: Crypto, server: Homeserver) -> None:
        self.crypto, self.server = crypto, server
        self.ghana, self.benin = Person(GHANA), Person(BENIN)
        self.phone, self.tablet, self.other = self.ghana.add("PHONE"), self.ghana.add("TABLET"), self.benin.add("OTHER")
        server.people = {GHANA: self.ghana, BENIN: self.benin}
        self.session = vodozemac.GroupSession()
        self.named = {
            "session_id": self.session.session_id,
            "sender_key": self.phone.identity_keys["curve25519"],
        }
        self.event: Json = {
            "sender": GHANA,
            "content": self.named,
        }

    def forwarded(self, *, session: vodozemac.GroupSession | None = None, **claims: object) -> Json:
        """Return the content with which a key is passed on; `claims` stand in the place of what is true."""
        made = self.session if session is None else session
        keys = self.phone.identity_keys
        inside = InboundGroupSession(made.session_key.to_base64(), keys["ed25519"], keys["curve25519"], ROOM)
        return {
            "algorithm": MEGOLM,
            "room_id": ROOM,
            "session_id": self.session.session_id,
            "session_key": inside.export_session(0),
            "sender_key": keys["curve25519"],
            "sender_claimed_ed25519_key": keys["ed25519"],
            "forwarding_curve25519_key_chain": [],
            **claims,
        }

    def comes(self, content: Json, *, of: OlmAccount | None = None, sender: UserId = GHANA) -> bool:
        """Let a key come from a device, the telephone that made it if no other is named; whether it was taken."""
        claims: Json = {"type": "m.forwarded_room_key", "content": content}
        return self.crypto.take_to_device(encrypted(self.crypto, of or self.phone, sender, claims)) != []

    def asked(self) -> list[Json]:
        """Return what was sent to devices to ask for keys."""
        return [body["messages"] for path, body in self.server.asked if "m.room_key_request" in path]


@pytest.fixture
async def missing(migrated_sqlite: str) -> AsyncIterator[Missing]:
    database = Database.open(migrated_sqlite)
    server = Homeserver()
    async with opened(database, server) as crypto:
        missing = Missing(crypto, server)
        await crypto.people.query([GHANA, BENIN])
        yield missing
    await database.close()


async def test_the_sender_is_asked_once_for_each_key(missing: Missing) -> None:
    for _ in range(3):
        missing.crypto.request_key(missing.event, ROOM)
        await missing.crypto.upkeep()
    (messages,) = missing.asked()
    assert messages.keys() == {GHANA}
    request = messages[GHANA]["*"]
    assert (request["action"], request["requesting_device_id"]) == ("request", "BOT")
    assert request["body"] == {"algorithm": MEGOLM, "room_id": ROOM, **missing.named}


async def test_the_device_that_made_a_key_may_bring_it_when_it_was_asked_for(missing: Missing) -> None:
    assert not missing.comes(missing.forwarded()), "nobody asked"
    missing.crypto.request_key(missing.event, ROOM)
    assert missing.comes(missing.forwarded())
    (known,) = await missing.crypto.chest.fetch(ROOM, missing.session.session_id)
    assert (known.sender_key, known.ed25519) == tuple(missing.phone.identity_keys[k] for k in ("curve25519", "ed25519"))
    assert not missing.comes(missing.forwarded()), "nobody asks any more"


async def test_nobody_else_may_bring_it(missing: Missing) -> None:
    missing.crypto.request_key(missing.event, ROOM)
    for of, sender in ((missing.other, BENIN), (missing.tablet, GHANA)):
        keys = of.identity_keys
        as_own = {"sender_key": keys["curve25519"], "sender_claimed_ed25519_key": keys["ed25519"]}
        half = {"sender_claimed_ed25519_key": keys["ed25519"]}
        other_half = {"sender_key": keys["curve25519"]}
        for claims in ({}, half, other_half, *([as_own] if sender is BENIN else [])):
            assert not missing.comes(missing.forwarded(**claims), of=of, sender=sender), (sender, claims)
    assert await missing.crypto.chest.fetch(ROOM, missing.session.session_id) == []


@pytest.mark.parametrize(
    "claims",
    [
        {"room_id": "!other:localhost"},
        {"algorithm": "m.megolm.v2"},
        {"session": vodozemac.GroupSession()},
        {"sender_claimed_ed25519_key": OlmAccount().identity_keys["ed25519"]},
        {"sender_key": OlmAccount().identity_keys["curve25519"]},
        {"session_key": "x"},
    ],
)
async def test_what_is_not_as_it_was_asked_for_is_not_taken(missing: Missing, claims: Json) -> None:
    missing.crypto.request_key(missing.event, ROOM)
    assert not missing.comes(missing.forwarded(**claims))
    assert await missing.crypto.chest.fetch(ROOM, missing.session.session_id) == []
    assert missing.comes(missing.forwarded()), "and the real one is still waited for"


async def test_requests_that_nobody_answers_are_bounded(missing: Missing) -> None:
    """Whoever writes what nobody can read must not make the bot ask without end, nor forget who else waits."""
    for number in range(1_200):
        missing.crypto.request_key({"sender": BENIN, "content": {"session_id": f"s{number}"}}, ROOM)
    missing.crypto.request_key(missing.event, ROOM)
    assert len(missing.crypto.machine.requested) == 1_000
    await missing.crypto.upkeep()
    (messages,) = missing.asked()
    assert messages.keys() == {GHANA, BENIN}, "one each in a request"
