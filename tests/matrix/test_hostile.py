"""A homeserver that answers what it likes, and a member who encrypts it: nothing stops the loop, is read again and
again, or is believed to be what it is not."""

import copy
import json
import random
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from nio.crypto import OlmAccount, OutboundGroupSession, OutboundSession

from bot.journal import Journal
from bot.matrix.crypto import Crypto
from bot.matrix.http import Http
from bot.matrix.interface import Message, SyncBatch, Trust
from bot.matrix.machine import OLM
from bot.matrix.media import Media
from bot.matrix.media.incoming import IncomingMedia, Seals
from bot.matrix.parsing import parsed
from bot.matrix.rooms import MEGOLM, Rooms
from bot.matrix.signing import unpadded
from bot.matrix.sync import Syncer
from bot.matrix.verification import Desk, ToSend
from storage import schema
from storage.base import Database
from storage.ids import DeviceId, RoomId
from tests.fakes import IN_MEMORY
from tests.played import BENIN, BOT, GHANA, Homeserver, Json, Person, opened

ROOM, OTHER = RoomId("!room:localhost"), RoomId("!other:localhost")
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ORDER = "!alert close 1"
SEEDS = 25
"""Rounds; each takes in several answers of which parts are something else."""

JUNK: list[Any] = [
    None, True, False, 0, -1, 7, 2**63, -(10**30), 1.5, float("inf"), float("nan"), "", "x", "\0", "\ud800", "@",
    "@x:y", "!", "$", "*", "x" * 70_000, [], [[]], [None], ["x"], {}, {"": {}}, {"x": None}, {"events": 7},
    {"events": [{}]}, "A" * 43, "A" * 44, "A" * 86, {"\0": "\udfff"}, GHANA, BOT,
    ROOM, "m.room.member", "m.room.encrypted", "join",
]  # fmt: skip


PICTURE = {
    "msgtype": "m.image",
    "body": "what is on it",
    "filename": "seal.png",
    "info": {"mimetype": "image/png", "size": 7, "w": 1, "h": 1},
    "file": {
        "v": "v2",
        "url": "mxc://localhost/seal",
        "key": {"kty": "oct", "alg": "A256CTR", "ext": True, "k": "A" * 43, "key_ops": ["encrypt", "decrypt"]},
        "iv": "AAAAAAAAAAAAAAAAAAAAAA",
        "hashes": {"sha256": "A" * 43},
    },
}


class Done(Exception):
    """There are no more answers."""


class Hostile(Homeserver):
    """Gives what was prepared to syncs, and to every other request something of which a part is something else."""

    def __init__(self, people: list[Person], dice: random.Random) -> None:
        super().__init__(*people)
        self._dice = dice
        self.syncs: list[Any] = []

    async def request(self, _method: str, path: str, body: Any = None, **_more: Any) -> Any:
        if path.endswith("/v3/sync"):
            if not self.syncs:
                raise Done
            return transmitted(self.syncs.pop(0))
        if path.endswith("/state"):
            answer: Any = state()
        elif path.endswith("/messages"):
            answer = {"chunk": [said("$gap", "gap")], "start": "a", "end": "b"}
        else:
            answer = await super().request(_method, path, body)
        if self._dice.random() < 0.1:
            return self._dice.choice([[], {}, [None], {"x": 1}])
        return transmitted(mutated(answer, self._dice) if self._dice.random() < 0.7 else answer)


def transmitted(value: Any) -> Any:
    """Return what arrives of a value."""
    return parsed(json.dumps(value).encode())


def places(value: Any) -> list[tuple[Any, Any]]:
    """Return every place inside a value: what holds it, and under which key or index."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else []
    return [place for key in keys for place in [(value, key), *places(value[key])]]


def mutated(value: Any, dice: random.Random) -> Any:
    """Return a copy of which some parts are something else, somewhere else, twice, or not there."""
    value = copy.deepcopy(value)
    for _ in range(dice.choice([1, 1, 2, 5])):
        found = [(inside, key) for inside, key in places(value) if key != "next_batch"]
        if not found:
            break
        inside, key = dice.choice(found)
        match dice.randrange(4):
            case 0 if isinstance(inside, list):
                inside.append(copy.deepcopy(inside[key]))
            case 0 | 1:
                del inside[key]
            case 2:
                other, there = dice.choice(found)
                inside[key] = copy.deepcopy(other[there]) if there in other or isinstance(other, list) else None
            case _:
                inside[key] = copy.deepcopy(dice.choice(JUNK))
    return value


def event(kind: str, content: Any, event_id: str = "$e", sender: str = GHANA, **more: Any) -> Json:
    stamp = int(NOW.timestamp() * 1000)
    return {"type": kind, "content": content, "event_id": event_id, "sender": sender, "origin_server_ts": stamp, **more}


def member(user: str, membership: str = "join") -> Json:
    aside = {"prev_content": {"membership": "invite"}, "replaces_state": "$before"}
    return event("m.room.member", {"membership": membership}, f"${user}", user, state_key=user, unsigned=aside)


def said(event_id: str, text: str) -> Json:
    relation = {"rel_type": "m.thread", "event_id": "$root", "m.in_reply_to": {"event_id": "$x"}}
    content = {"msgtype": "m.text", "body": text, "m.mentions": {"user_ids": [BOT]}, "m.relates_to": relation}
    html = {"format": "org.matrix.custom.html", "formatted_body": f'<a href="https://matrix.to/#/{BOT}">x</a>: x'}
    return event("m.room.message", {**content, **html}, event_id)


def state() -> list[Json]:
    encryption = {"algorithm": MEGOLM, "rotation_period_ms": 1, "rotation_period_msgs": 5}
    powers = {"users": {GHANA: 100}, "events": {"x": 50}}
    return [
        event("m.room.create", {"room_version": "12", "additional_creators": [BENIN]}, state_key=""),
        event("m.room.encryption", encryption, state_key=""),
        event("m.room.history_visibility", {"history_visibility": "joined"}, state_key=""),
        event("m.room.name", {"name": "Room"}, state_key=""),
        event("m.room.power_levels", powers, state_key=""),
        *(member(user) for user in (BOT, GHANA, BENIN)),
    ]


class Phone:
    """Ghana's device, which encrypts to the bot as a client does."""

    def __init__(self, account: OlmAccount, crypto: Crypto) -> None:
        self._account = account
        self._own = crypto.machine.account
        self._session = OutboundGroupSession()
        self._session.mark_as_shared()
        self._key = self._session.session_key

    def to_bot(self, kind: Any, content: Any) -> Json:
        self._own.generate_one_time_keys(1)
        ((_, key),) = self._own.one_time_keys["curve25519"].items()
        self._own.mark_keys_as_published()
        payload = {
            "sender": GHANA,
            "keys": {"ed25519": self._account.identity_keys["ed25519"]},
            "recipient": BOT,
            "recipient_keys": {"ed25519": self._own.identity_keys["ed25519"]},
            "type": kind,
            "content": content,
        }
        session = OutboundSession(self._account, self._own.identity_keys["curve25519"], key)
        what, body = session.encrypt(json.dumps(payload)).to_parts()
        ciphertext = {self._own.identity_keys["curve25519"]: {"type": what, "body": unpadded(body)}}
        sender_key = self._account.identity_keys["curve25519"]
        outside = {"algorithm": OLM, "sender_key": sender_key, "ciphertext": ciphertext}
        return {"type": "m.room.encrypted", "sender": GHANA, "content": outside}

    def key(self) -> Json:
        return {"algorithm": MEGOLM, "room_id": ROOM, "session_id": self._session.id, "session_key": self._key}

    def says(self, text: str, event_id: str) -> Json:
        inside = {"type": "m.room.message", "room_id": ROOM, "content": {"msgtype": "m.text", "body": text}}
        return self.encrypted(inside, event_id)

    def encrypted(self, inside: Any, event_id: str) -> Json:
        content = {
            "algorithm": MEGOLM,
            "session_id": self._session.id,
            "sender_key": self._account.identity_keys["curve25519"],
            "device_id": "PHONE",
            "ciphertext": self._session.encrypt(json.dumps(inside)),
        }
        return event("m.room.encrypted", content, event_id)


def odd(phone: Phone, number: int, dice: random.Random) -> tuple[list[Json], list[Json]]:
    """Return messages to the device, and to the room, whose sender put something else into them and encrypted it."""
    verification = {"transaction_id": f"odd{number}", "from_device": "PHONE", "methods": ["m.sas.v1"], "timestamp": 1}
    related = {"m.relates_to": {"rel_type": "m.reference", "event_id": f"$verify{number}"}}
    offer = {
        "from_device": "PHONE",
        "method": "m.sas.v1",
        "key_agreement_protocols": ["curve25519-hkdf-sha256"],
        "hashes": ["sha256"],
        "message_authentication_codes": ["hkdf-hmac-sha256.v2"],
        "short_authentication_string": ["decimal", "emoji"],
    }
    key = {"key": "A" * 43}
    directly = [
        ("m.room_key", phone.key()),
        ("m.forwarded_room_key", {**phone.key(), "sender_key": "x", "forwarding_curve25519_key_chain": []}),
        ("m.key.verification.request", {**verification, "timestamp": int(NOW.timestamp() * 1000)}),
        ("m.key.verification.start", {**verification, **offer}),
        ("m.key.verification.key", {**verification, **key}),
        ("m.key.verification.mac", {**verification, "mac": {"ed25519:PHONE": "x"}, "keys": "x"}),
        ("m.dummy", {}),
    ]
    in_room = [
        ("m.room.message", said("$", "!help")["content"]),
        ("m.room.message", PICTURE),
        ("m.key.verification.start", {**offer, **related}),
        ("m.key.verification.key", {**key, **related}),
        ("m.room.member", {"membership": "join"}),
    ]
    return (
        [phone.to_bot(kind, mutated(content, dice)) for kind, content in directly],
        [
            phone.encrypted(mutated({"type": kind, "room_id": ROOM, "content": content}, dice), f"$odd{number}{kind}")
            for kind, content in in_room
        ],
    )


def answer(phone: Phone, number: int, dice: random.Random | None = None) -> Json:
    """Return an answer to a sync with something of everything; with `dice` also with odd things that are encrypted."""
    to_device, to_room = odd(phone, number, dice) if dice is not None else ([], [])
    request = {"transaction_id": f"t{number}", "from_device": "PHONE", "methods": ["m.sas.v1"], "timestamp": 1}
    in_room = {"msgtype": "m.key.verification.request", "to": BOT, "from_device": "PHONE", "methods": ["m.sas.v1"]}
    timeline = [
        member("@new:localhost"),
        phone.says(ORDER, f"$order{number}"),
        said(f"$clear{number}", "hello"),
        event("m.room.redaction", {"redacts": f"$clear{number}"}, f"$redaction{number}"),
        event("m.room.message", in_room, f"$verify{number}"),
        event("m.reaction", {"m.relates_to": {"rel_type": "m.annotation", "event_id": "$x", "key": "x"}}),
        event("m.room.tombstone", {"replacement_room": OTHER}, state_key=""),
        *to_room,
    ]
    return {
        "next_batch": f"s{number}",
        "to_device": {
            "events": [
                phone.to_bot("m.room_key", phone.key()),
                phone.to_bot("m.key.verification.request", request),
                {"type": "m.key.verification.request", "sender": BENIN, "content": request},
                *to_device,
            ]
        },
        "device_lists": {"changed": [GHANA, BENIN], "left": ["@gone:localhost"]},
        "device_one_time_keys_count": {"signed_curve25519": 49},
        "device_unused_fallback_key_types": ["signed_curve25519"],
        "rooms": {
            "join": {
                ROOM: {
                    "state": {"events": state()},
                    "timeline": {"events": timeline, "limited": True, "prev_batch": "p"},
                },
                OTHER: {"timeline": {"events": [said(f"$other{number}", "other")]}},
            },
            "invite": {"!in:localhost": {"invite_state": {"events": [member(BOT, "invite")]}}},
            "leave": {"!out:localhost": {"timeline": {"events": [member(BOT, "leave")]}}},
        },
    }


async def play(database: Database, dice: random.Random, change: Callable[[Json, random.Random], Any]) -> list[Any]:
    """Take in changed answers and a sound one after them; return what was journalled."""
    ghana, benin = Person(GHANA), Person(BENIN)
    account = ghana.add("PHONE")
    benin.add("PHONE")
    server = Hostile([ghana, benin], dice)
    journalled: list[Any] = []

    async def stop(_seconds: float) -> None:
        raise Done

    async def post(_message: ToSend, _transaction_id: str) -> None: ...

    async with opened(database, server, f"BOT{dice.random()}") as crypto:
        journal = Journal(database, BOT, lambda: NOW, lambda _rows: None)
        phone = Phone(account, crypto)
        odd_dice = dice if change is mutated else None
        server.syncs = [change(answer(phone, number, odd_dice), dice) for number in range(3)]
        last = {"rooms": {"join": {OTHER: {"timeline": {"events": [said("$last", "last")]}}}}, "next_batch": "last"}
        server.syncs.append(last)
        desk = Desk(BOT, DeviceId("BOT"), {}, keys_of=lambda _user, _device: {}, post=post)
        rooms = Rooms(crypto.chest.saved.rooms, crypto.chest.saved.states)
        files = IncomingMedia(Media(cast("Http", server)), Seals(b"k" * 32))
        loop = Syncer(
            cast("Http", server),
            crypto,
            rooms,
            desk=desk,
            own=BOT,
            names=lambda _: ["SESN"],
            sleep=stop,
            carried=files.carried,
        )

        async def note(batch: SyncBatch) -> None:
            await journal(batch)
            journalled.append(batch)

        with pytest.raises(Done):
            await loop.run(note, "s")
    assert len(server.syncs) == 0, "an answer is read again and again"
    return [one for batch in journalled for one in batch.events]


@pytest.fixture
async def database() -> Database:
    database = Database.open(IN_MEMORY)
    await schema.upgrade(database)
    return database


def orders(events: list[Any]) -> list[Message]:
    return [one for one in events if isinstance(one, Message) and one.trust is not Trust.CLEAR]


async def test_the_answers_are_read_as_they_are(database: Database) -> None:
    """What follows shows something only as long as this holds."""

    class Honest(random.Random):
        def random(self) -> float:
            return 1.0

    events = await play(database, Honest(), lambda sound, _dice: sound)
    assert [one.trust for one in orders(events)] == [Trust.SIGNED] * 3
    assert [one.body for one in orders(events)] == [ORDER] * 3


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_whatever_is_answered_the_loop_goes_on_and_nothing_is_believed(database: Database, seed: int) -> None:
    events = await play(database, random.Random(seed), mutated)  # noqa: S311  to be repeatable, not secret
    assert "last" in [one.body for one in events if isinstance(one, Message)]
    for one in orders(events):
        assert (one.sender, one.room_id) == (GHANA, ROOM)
