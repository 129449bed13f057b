"""Whose message an encrypted event is, and what of it is believed: each event forged in one place, by a homeserver that
is played or by a member of the room."""

import json
from collections.abc import AsyncIterator, Iterator
from itertools import count
from typing import Any

import pytest
import vodozemac
from nio.crypto import OlmAccount

from bot.matrix.crypto import Crypto
from bot.matrix.hearing import Hearing
from bot.matrix.interface import NO_KEY, Incoming, Message, Trust, Unreadable
from bot.matrix.machine import UNKNOWN_DEVICE
from bot.matrix.rooms import MEGOLM, Rooms
from bot.matrix.signing import CrossSigningIdentity
from bot.matrix.verification import Desk, ToSend
from storage.base import Database
from storage.ids import DeviceId, RoomId, UserId
from tests.played import BENIN, BOT, GHANA, Homeserver, Json, Person, opened

ROOM, OTHER_ROOM = RoomId("!room"), RoomId("!other")


class Device:
    """A member's device that writes into a room."""

    _ids: Iterator[int] = count()

    def __init__(self, person: Person, name: str) -> None:
        self.person = person
        self.account: OlmAccount = person.add(name)
        self.session = vodozemac.GroupSession()

    def give_key(self, crypto: Crypto, room: RoomId = ROOM) -> None:
        """Let the bot have the room key, as it comes encrypted from this device."""
        keys, session = self.account.identity_keys, self.session
        crypto.machine.create_group_session(
            keys["curve25519"], keys["ed25519"], room, session.session_id, session.session_key.to_base64()
        )

    def write(self, words: str = "!help", room: RoomId = ROOM, **inside: Any) -> Json:
        """Return the event of a message; `inside` is what its plaintext holds beside or in place of the usual."""
        content = {"msgtype": "m.text", "body": words}
        payload = {"type": "m.room.message", "content": content, "room_id": room, **inside}
        return {
            "type": "m.room.encrypted",
            "event_id": f"$written{next(self._ids)}",
            "sender": self.person.user,
            "origin_server_ts": 1_000_000,
            "content": {
                "algorithm": MEGOLM,
                "session_id": self.session.session_id,
                "ciphertext": self.session.encrypt(json.dumps(payload).encode()).to_base64(),
            },
        }


class Heard:
    """The bot in two rooms, of which it reads events one by one."""

    def __init__(self, crypto: Crypto) -> None:
        async def nothing(_message: ToSend, _transaction_id: str) -> None: ...

        self.crypto = crypto
        self.kept: list[str] = []
        self.rooms = Rooms()
        for room in (ROOM, OTHER_ROOM):
            self.rooms.replace(room, [{"type": "m.room.encryption", "state_key": "", "content": {"algorithm": MEGOLM}}])
        self._hearing = Hearing(
            crypto,
            self.rooms,
            Desk(BOT, DeviceId("BOT"), {}, keys_of=lambda _user, _device: {}, post=nothing),
            own=BOT,
            names=lambda _view: [],
            carried=lambda _content, _event: None,
            keep=lambda _session, _room, event, _heard: self.kept.append(event["event_id"]),
        )

    async def read(self, event: Json, room: RoomId = ROOM) -> Incoming | None:
        return await self._hearing.read(room, event)

    async def trust(self, event: Json) -> Trust:
        message = await self.read(event)
        assert isinstance(message, Message)
        return message.trust

    async def refusal(self, event: Json, room: RoomId = ROOM) -> str:
        told = await self.read(event, room)
        assert isinstance(told, Unreadable), told
        return told.reason


@pytest.fixture
async def database(migrated_sqlite: str) -> AsyncIterator[Database]:
    database = Database.open(migrated_sqlite)
    yield database
    await database.close()


class Stage:
    """Ghana and Benin, each with a telephone, and the bot that was given their keys."""

    def __init__(self, crypto: Crypto) -> None:
        self.ghana, self.benin = Person(GHANA), Person(BENIN)
        self.phone, self.other = Device(self.ghana, "PHONE"), Device(self.benin, "OTHER")
        self.bot = Heard(crypto)
        self.crypto = crypto

    @property
    def people(self) -> tuple[Person, Person]:
        return self.ghana, self.benin


@pytest.fixture
async def stage(database: Database) -> AsyncIterator[Stage]:
    server = Homeserver()
    async with opened(database, server) as crypto:
        stage = Stage(crypto)
        server.people = {person.user: person for person in stage.people}
        stage.phone.give_key(crypto)
        stage.other.give_key(crypto)
        yield stage


async def changed(stage: Stage, user: UserId) -> None:
    """Let the homeserver tell that somebody's keys changed, and ask for them."""
    stage.crypto.people.note_device_lists({"device_lists": {"changed": [user]}}, frozenset({user}))
    await stage.crypto.people.refresh()


async def test_a_message_is_its_device_s_and_signed(stage: Stage) -> None:
    message = await stage.bot.read(stage.phone.write("!alert list"))
    assert isinstance(message, Message)
    assert (message.sender, message.device_id, message.body) == (GHANA, "PHONE", "!alert list")
    assert message.trust is Trust.SIGNED


async def test_the_homeserver_cannot_say_that_somebody_else_wrote_it(stage: Stage) -> None:
    await stage.crypto.people.query([GHANA, BENIN])
    relabelled = {**stage.other.write(), "sender": GHANA}
    assert await stage.bot.refusal(relabelled) == "spoofed sender"


class Copying:
    """A device that says that it has the Curve25519 key of another."""

    def __init__(self, own: OlmAccount, other: OlmAccount) -> None:
        self.identity_keys = {**own.identity_keys, "curve25519": other.identity_keys["curve25519"]}
        self.sign = own.sign


async def test_who_copies_a_key_is_not_taken_for_the_author_of_what_came_under_it(stage: Stage) -> None:
    """Anybody may upload another's Curve25519 key as their own; a homeserver in league then changes the sender."""
    stage.benin.devices["OTHER"] = Copying(stage.other.account, stage.phone.account)
    relabelled = {**stage.phone.write(), "sender": BENIN}
    assert await stage.bot.refusal(relabelled) in {UNKNOWN_DEVICE, "spoofed sender"}


@pytest.mark.parametrize(
    ("inside", "why"),
    [
        ({"room_id": OTHER_ROOM}, "encrypted for another room"),
        ({"room_id": None}, "encrypted for another room"),
        ({"type": None}, "malformed"),
        ({"content": "!help"}, "malformed"),
    ],
)
async def test_what_the_plaintext_holds_is_as_it_must_be(stage: Stage, inside: Json, why: str) -> None:
    assert await stage.bot.refusal(stage.phone.write(**inside)) == why


@pytest.mark.parametrize(
    ("kind", "key", "content"),
    [
        ("m.room.power_levels", "", {"users": {BENIN: 100}}),
        ("m.room.member", GHANA, {"membership": "leave"}),
        ("m.room.member", "@ghost:localhost", {"membership": "join"}),
        ("m.room.encryption", "", {}),
        ("m.room.tombstone", "", {"replacement_room": OTHER_ROOM}),
        ("m.room.message", "", {"msgtype": "m.text", "body": "!help"}),
    ],
)
async def test_what_was_encrypted_is_never_state(stage: Stage, kind: str, key: str, content: Json) -> None:
    before = stage.bot.rooms.view(ROOM).facts()
    event = stage.other.write(type=kind, state_key=key, content=content)
    assert await stage.bot.refusal(event) == "encrypted state"
    assert stage.bot.rooms.view(ROOM).facts() == before
    # Without a state key it is a message of a type that means nothing.
    if kind != "m.room.message":
        assert await stage.bot.read(stage.other.write(type=kind, content=content)) is None
        assert stage.bot.rooms.view(ROOM).facts() == before


async def test_a_ciphertext_is_one_event_in_one_room(stage: Stage) -> None:
    written = stage.phone.write()
    assert isinstance(await stage.bot.read(written), Message)
    assert isinstance(await stage.bot.read(written), Message), "the same event may be offered again"
    assert await stage.bot.refusal({**written, "event_id": "$again"}) == "replay"
    assert await stage.bot.refusal(written, OTHER_ROOM) == NO_KEY, "a key serves the room it was given for"


async def test_a_message_whose_key_is_missing_is_kept_and_its_key_asked_for(stage: Stage) -> None:
    new = Device(stage.ghana, "TABLET")
    written = new.write()
    assert await stage.bot.refusal(written) == NO_KEY
    assert stage.bot.kept == [written["event_id"]]
    assert list(stage.crypto.machine.requested) == [new.session.session_id]


# What is believed of whom


async def test_a_device_that_its_owner_did_not_sign_is_no_signed_one(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    identity, stage.ghana.identity = stage.ghana.identity, CrossSigningIdentity.create(GHANA)
    signed = stage.ghana.keys("PHONE")
    stage.ghana.identity = identity
    monkeypatch.setattr(stage.ghana, "keys", lambda _name: signed)  # under keys that are not the owner's
    assert await stage.bot.trust(stage.phone.write()) is Trust.UNSIGNED


async def test_a_device_that_is_gone_is_believed_no_longer(stage: Stage) -> None:
    late = stage.phone.write("!first"), stage.phone.write("!second")
    assert await stage.bot.trust(late[0]) is Trust.SIGNED
    account = stage.ghana.devices.pop("PHONE")
    await changed(stage, GHANA)
    assert await stage.bot.trust(late[1]) is Trust.UNSIGNED
    stage.ghana.devices["PHONE"] = account
    await changed(stage, GHANA)
    assert await stage.bot.trust(stage.phone.write()) is Trust.SIGNED


async def test_under_another_master_key_nothing_is_believed(stage: Stage) -> None:
    assert await stage.bot.trust(stage.phone.write()) is Trust.SIGNED
    stage.ghana.identity = CrossSigningIdentity.create(GHANA)
    await changed(stage, GHANA)
    assert await stage.bot.trust(stage.phone.write()) is Trust.CHANGED


async def test_clear_text_proves_nothing(stage: Stage) -> None:
    clear = {"type": "m.room.message", "event_id": "$clear", "sender": GHANA, "origin_server_ts": 1}
    assert await stage.bot.trust({**clear, "content": {"msgtype": "m.text", "body": "!help"}}) is Trust.CLEAR


async def test_what_is_no_message_is_not_heard(stage: Stage) -> None:
    about = {"rel_type": "m.annotation", "event_id": "$card", "key": "✅"}
    reaction = {"type": "m.reaction", "event_id": "$r", "sender": GHANA, "content": {"m.relates_to": about}}
    assert await stage.bot.read(reaction) is None
    inside = stage.phone.write(type="m.reaction", content={"m.relates_to": about})
    assert await stage.bot.read(inside) is None
    with_words = stage.phone.write(type="m.reaction", content={"msgtype": "m.text", "body": "!help"})
    assert await stage.bot.read(with_words) is None
    assert await stage.bot.read({**stage.phone.write(), "sender": BOT}) is None, "the own echo"
