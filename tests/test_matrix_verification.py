"""Members verify the bot: a peer of the tests' own, with the other half of the protocol, and all that goes wrong."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from vodozemac import Curve25519PublicKey, EstablishedSas, Sas

from bot.matrix.interface import ShortCode
from bot.matrix.verification import (
    EMOJI,
    EVERY_DEVICE,
    Received,
    ToSend,
    Verifications,
    commitment,
    macs,
)
from storage.ids import DeviceId, EventId, RoomId, UserId

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
BOT, BOT_DEVICE = UserId("@sesn:example.org"), DeviceId("BOT")
GHANA, GHANA_DEVICE = UserId("@ghana:example.org"), DeviceId("GHANA")
TOGO = UserId("@togo:example.org")
ROOM = RoomId("!room")
BOT_KEYS = {"ed25519:BOT": "the key of the bot's device", "ed25519:master": "the bot's master key"}
GHANA_KEYS = {"ed25519:GHANA": "the key of Ghana's device", "ed25519:mistress": "Ghana's master key"}
OFFER = {
    "method": "m.sas.v1",
    "key_agreement_protocols": ["curve25519-hkdf-sha256", "curve25519"],
    "hashes": ["sha256"],
    "message_authentication_codes": ["hkdf-hmac-sha256.v2", "hkdf-hmac-sha256"],
    "short_authentication_string": ["decimal", "emoji"],
}
_events = itertools.count(1)


@dataclass
class Peer:
    """Ghana's client: the other half of the protocol, that can be told to misbehave."""

    bot: Verifications
    user: UserId = GHANA
    device: DeviceId = GHANA_DEVICE
    room: RoomId | None = None
    transaction: str = "transaction"
    now: datetime = NOW
    sas: Sas = field(default_factory=Sas)
    proven: DeviceId | None = None
    clear: bool = False
    clock: datetime | None = None  # the bot's, where it is not the peer's

    def tell(self, kind: str, content: Mapping[str, Any] | None = None, *, alone: bool = False) -> list[ToSend]:
        """Send a message to the bot and return its answers."""
        named = dict(content or {})
        event_id = None
        if self.room is not None:
            event_id = EventId(f"$event-{next(_events)}")
            if kind == "request":
                self.transaction = event_id
            else:
                named["m.relates_to"] = {"rel_type": "m.reference", "event_id": self.transaction}
        else:
            named["transaction_id"] = self.transaction
        message = Received(
            sender=self.user,
            kind=kind,
            content=named,
            sent_at=self.now if self.room is not None else None,
            device_id=self.proven,
            room_id=self.room,
            event_id=event_id,
            clear=self.clear,
            alone=alone,
        )
        self.said = message
        return self.bot.receive(message, self.clock or self.now)

    def request(self, **wishes: Any) -> list[ToSend]:
        content: dict[str, Any] = {"from_device": self.device, "methods": ["m.sas.v1", "m.qr_code.show.v1"]}
        if self.room is None:
            content["timestamp"] = int(self.now.timestamp() * 1000)
        else:
            content |= {"to": BOT, "msgtype": "m.key.verification.request", "body": "please verify"}
        return self.tell("request", content | wishes)

    def start(self, **wishes: Any) -> list[ToSend]:
        self.offer = {"from_device": self.device, **OFFER, **wishes}
        return self.tell("start", self.offer)

    def key(self, text: str | None = None) -> list[ToSend]:
        return self.tell("key", {"key": self.sas.public_key.to_base64() if text is None else text})

    def agree(self, bots_key: str, *, peer_started: bool = True) -> None:
        """Take the bot's key and compute the code as the specification says."""
        ours = f"{self.user}|{self.device}|{self.sas.public_key.to_base64()}"
        theirs = f"{BOT}|{BOT_DEVICE}|{bots_key}"
        first, second = (ours, theirs) if peer_started else (theirs, ours)
        self.established: EstablishedSas = self.sas.diffie_hellman(Curve25519PublicKey.from_base64(bots_key))
        self.code = self.established.bytes(f"MATRIX_KEY_VERIFICATION_SAS|{first}|{second}|{self.transaction}")

    def believes(self, mac: Mapping[str, Any]) -> bool:
        """Say whether the bot's MAC vouches for exactly its own keys; verify_mac raises when one does not hold."""
        info = f"MATRIX_KEY_VERIFICATION_MAC{BOT}{BOT_DEVICE}{self.user}{self.device}{self.transaction}"
        self.established.verify_mac(",".join(sorted(mac["mac"])), f"{info}KEY_IDS", mac["keys"])
        for key_id, tag in mac["mac"].items():
            self.established.verify_mac(BOT_KEYS[key_id], f"{info}{key_id}", tag)
        return set(mac["mac"]) == set(BOT_KEYS)

    def mac(self, keys: Mapping[str, str] | None = None, **wishes: Any) -> list[ToSend]:
        info = f"MATRIX_KEY_VERIFICATION_MAC{self.user}{self.device}{BOT}{BOT_DEVICE}{self.transaction}"
        return self.tell("mac", macs(self.established, GHANA_KEYS if keys is None else keys, info) | wishes)

    def exchanged(self) -> None:
        """Come as far as the shown code, with this side's start."""
        self.request()
        self.start()
        key, _ = self.key()
        self.agree(key.content["key"])


class Scene:
    """The bot's side and what it showed."""

    def __init__(self) -> None:
        self.shown: list[ShortCode] = []
        self.known: dict[tuple[str, str], Mapping[str, str]] = {(GHANA, GHANA_DEVICE): GHANA_KEYS}
        self.bot = Verifications(
            BOT,
            BOT_DEVICE,
            BOT_KEYS,
            keys_of=lambda user, device: self.known.get((user, device), {}),
            show=self.shown.append,
        )

    def peer(self, **wishes: Any) -> Peer:
        return Peer(self.bot, **wishes)


@pytest.fixture
def scene() -> Scene:
    return Scene()


@pytest.fixture
def ghana(scene: Scene) -> Peer:
    return scene.peer()


def kinds(sent: Sequence[ToSend]) -> list[str]:
    return [one.type.removeprefix("m.key.verification.") for one in sent]


def code_of(sent: Sequence[ToSend]) -> str:
    """Return the code of the one cancellation that was sent."""
    (cancel,) = sent
    assert cancel.type == "m.key.verification.cancel"
    assert cancel.content["reason"]
    return str(cancel.content["code"])


def test_who_asks_in_clear_is_answered_in_clear(scene: Scene) -> None:
    """A device that gets no room keys could not read anything else."""
    clear, encrypted = scene.peer(room=ROOM, clear=True), scene.peer(room=ROOM, device=DeviceId("PHONE"))
    for peer, expected in ((clear, True), (encrypted, False)):
        sent = [*peer.request(), *peer.start(), *peer.key(), *peer.key("again")]
        assert kinds(sent) == ["ready", "accept", "key", "mac", "cancel"]
        assert {one.clear for one in sent} == {expected}
        assert [one.clear for one in peer.request(methods=[])] == [expected]


@pytest.mark.parametrize("room", [None, ROOM])
def test_both_sides_show_the_same_code_and_the_bot_proves_its_keys(scene: Scene, room: RoomId | None) -> None:
    ghana = scene.peer(room=room)
    (ready,) = ghana.request()
    (accept,) = ghana.start()
    key, mac = ghana.key()
    named: dict[str, Any] = {"transaction_id": "transaction"}
    if room is not None:
        named = {"m.relates_to": {"rel_type": "m.reference", "event_id": ghana.transaction}}
    assert ready == ToSend(
        GHANA,
        GHANA_DEVICE,
        room,
        "m.key.verification.ready",
        {"from_device": "BOT", "methods": ["m.sas.v1"], **named},
    )
    assert accept.content == {
        "key_agreement_protocol": "curve25519-hkdf-sha256",
        "hash": "sha256",
        "message_authentication_code": "hkdf-hmac-sha256.v2",
        "short_authentication_string": ["decimal", "emoji"],
        "commitment": commitment(key.content["key"], {**ghana.offer, **named}),
        **named,
    }
    ghana.agree(key.content["key"])
    (shown,) = scene.shown
    assert (shown.transaction_id, shown.user, shown.device_id) == (ghana.transaction, GHANA, GHANA_DEVICE)
    assert shown.emoji == tuple(EMOJI[index] for index in ghana.code.emoji_indices)
    assert shown.decimals == ghana.code.decimals
    assert ghana.believes(mac.content)
    assert kinds(ghana.mac()) == ["done"]
    assert scene.bot.running == 0
    assert ghana.tell("done") == []


def test_the_commitment_is_the_one_of_the_specification() -> None:
    # sha256 of the key and the canonical JSON, computed apart from the code.
    content = {"method": "m.sas.v1", "a": [1, "é"]}
    assert commitment("key", content) == "rd0RXVgf+YOM5uyxd3vVFH10aUEjKLYjvGyK+r8U2os"


def test_the_bot_starts_by_itself_when_nobody_does(scene: Scene, ghana: Peer) -> None:
    ghana.request()
    assert scene.bot.expire(NOW + timedelta(seconds=29)) == []
    (start,) = scene.bot.expire(NOW + timedelta(seconds=30))
    assert start.content["method"] == "m.sas.v1"
    assert scene.bot.expire(NOW + timedelta(seconds=31)) == []
    (key,) = accepted(ghana, start)
    ghana.agree(key.content["key"], peer_started=False)
    (mac,) = ghana.key()
    assert scene.shown[0].decimals == ghana.code.decimals
    assert ghana.believes(mac.content)
    assert kinds(ghana.mac()) == ["done"]


def accepted(peer: Peer, start: ToSend, **wishes: Any) -> list[ToSend]:
    accept = {
        "key_agreement_protocol": "curve25519-hkdf-sha256",
        "hash": "sha256",
        "message_authentication_code": "hkdf-hmac-sha256.v2",
        "short_authentication_string": ["emoji"],
        "commitment": commitment(peer.sas.public_key.to_base64(), start.content),
    }
    return peer.tell("accept", accept | wishes)


def test_a_key_that_was_not_committed_to_is_refused(scene: Scene, ghana: Peer) -> None:
    ghana.request()
    (start,) = scene.bot.expire(NOW + timedelta(minutes=1))
    accepted(ghana, start, commitment=commitment(Sas().public_key.to_base64(), start.content))
    assert code_of(ghana.key()) == "m.mismatched_commitment"
    assert scene.shown == []


@pytest.mark.parametrize(
    "wishes",
    [
        {"key_agreement_protocol": "curve25519"},
        {"hash": "md5"},
        {"message_authentication_code": "hkdf-hmac-sha256"},
        {"short_authentication_string": []},
        {"short_authentication_string": ["smell"]},
    ],
)
def test_what_was_not_offered_cannot_be_accepted(scene: Scene, ghana: Peer, wishes: dict[str, Any]) -> None:
    ghana.request()
    (start,) = scene.bot.expire(NOW + timedelta(minutes=1))
    assert code_of(accepted(ghana, start, **wishes)) == "m.unknown_method"


def test_when_both_start_that_of_the_smaller_user_stands(scene: Scene) -> None:
    smaller, greater = scene.peer(user=GHANA), scene.peer(user=TOGO, device=DeviceId("TOGO"))
    assert GHANA < BOT < TOGO
    for peer in (smaller, greater):
        peer.request()
    first, second = scene.bot.expire(NOW + timedelta(minutes=1))
    assert kinds(smaller.start()) == ["accept"]
    key, mac = smaller.key()
    smaller.agree(key.content["key"])
    assert smaller.believes(mac.content)
    assert scene.shown[0].decimals == smaller.code.decimals
    assert greater.start() == []
    assert (first.user, second.user) == (GHANA, TOGO)
    (key,) = accepted(greater, second)
    greater.agree(key.content["key"], peer_started=False)
    (mac,) = greater.key()
    assert greater.believes(mac.content)
    assert scene.shown[1].decimals == greater.code.decimals


def test_two_starts_of_different_methods_are_none(scene: Scene, ghana: Peer) -> None:
    ghana.request()
    scene.bot.expire(NOW + timedelta(minutes=1))
    assert code_of(ghana.start(method="m.reciprocate.v1")) == "m.unexpected_message"


def test_a_start_without_a_request_is_answered_device_to_device(scene: Scene, ghana: Peer) -> None:
    assert kinds(ghana.start()) == ["accept"]
    assert kinds(ghana.key()) == ["key", "mac"]


@pytest.mark.parametrize("methods", [["m.qr_code.show.v1", "m.qr_code.scan.v1", "m.reciprocate.v1"], []])
def test_only_codes_can_be_compared(scene: Scene, ghana: Peer, methods: list[str]) -> None:
    (cancel,) = sent = ghana.request(methods=methods)
    assert code_of(sent) == "m.unknown_method"
    assert (cancel.user, cancel.device_id) == (GHANA, GHANA_DEVICE)
    assert ghana.start() == [], "a straggler of what was cancelled"
    assert ghana.request(methods=methods) == [], "delivered twice"


@pytest.mark.parametrize(
    ("wishes", "code"),
    [
        ({"method": "m.reciprocate.v1"}, "m.unknown_method"),
        ({"key_agreement_protocols": ["curve25519"]}, "m.unknown_method"),
        ({"hashes": []}, "m.unknown_method"),
        ({"message_authentication_codes": ["hkdf-hmac-sha256"]}, "m.unknown_method"),
        ({"short_authentication_string": ["smell"]}, "m.unknown_method"),
        ({"short_authentication_string": "emoji"}, "m.invalid_message"),
        ({"hashes": None}, "m.invalid_message"),
        ({"hashes": [1]}, "m.invalid_message"),
        ({"method": None}, "m.invalid_message"),
        ({"from_device": "ANOTHER"}, "m.invalid_message"),
    ],
)
def test_a_start_that_does_not_fit_is_cancelled(scene: Scene, ghana: Peer, wishes: dict[str, Any], code: str) -> None:
    ghana.request()
    assert code_of(ghana.start(**wishes)) == code
    assert scene.bot.running == 0


@pytest.mark.parametrize(
    "wishes",
    [
        {"methods": None},
        {"methods": "m.sas.v1"},
        {"timestamp": None},
        {"timestamp": "now"},
        {"timestamp": True},
        {"from_device": ""},
        {"from_device": 7},
        {"from_device": "half of a pair \ud800"},
        {"from_device": "X" * 300},
    ],
)
def test_a_malformed_request_is_cancelled(scene: Scene, ghana: Peer, wishes: dict[str, Any]) -> None:
    (cancel,) = sent = ghana.request(**wishes)
    assert code_of(sent) == "m.invalid_message"
    assert cancel.device_id == (EVERY_DEVICE if "from_device" in wishes else GHANA_DEVICE)
    assert scene.bot.running == 0


@pytest.mark.parametrize("minutes", [-10, -60 * 24 * 365 * 100, 6, 60 * 24 * 365 * 100])
def test_a_request_out_of_time_is_ignored(scene: Scene, ghana: Peer, minutes: int) -> None:
    moment = int(NOW.timestamp() * 1000) + minutes * 60_000
    assert ghana.request(timestamp=moment) == []
    assert scene.peer(transaction="other").request(timestamp=10**400) == []
    in_room = scene.peer(room=ROOM, now=NOW + timedelta(minutes=min(max(minutes, -60), 60)))
    in_room.clock = NOW
    assert in_room.request() == []
    assert scene.bot.running == 0


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_what_takes_more_than_ten_minutes_is_cancelled_wherever_it_stands(scene: Scene, steps: int) -> None:
    ghana = scene.peer(now=NOW - timedelta(minutes=1), clock=NOW)
    every: list[Callable[[], list[ToSend]]] = [ghana.request, ghana.start, ghana.key]
    for step in every[:steps]:
        step()
    scene.bot.expire(NOW + timedelta(minutes=1))  # may start by itself
    assert scene.bot.expire(NOW + timedelta(minutes=8, seconds=59)) == []
    assert code_of(scene.bot.expire(NOW + timedelta(minutes=9))) == "m.timeout"
    assert scene.bot.expire(NOW + timedelta(minutes=10)) == []
    assert scene.bot.running == 0


def test_what_the_bot_started_by_itself_times_out_too(scene: Scene, ghana: Peer) -> None:
    ghana.request()
    assert kinds(scene.bot.expire(NOW + timedelta(minutes=1))) == ["start"]
    assert code_of(scene.bot.expire(NOW + timedelta(minutes=10))) == "m.timeout"


@pytest.mark.parametrize(
    ("come_to", "kind"),
    [
        ("request", "ready"),
        ("request", "accept"),
        ("request", "key"),
        ("request", "mac"),
        ("request", "done"),
        ("start", "accept"),
        ("start", "mac"),
        ("start", "done"),
        ("start", "surprise"),
        ("exchanged", "accept"),
        ("exchanged", "done"),
    ],
)
def test_a_message_out_of_turn_is_cancelled(scene: Scene, ghana: Peer, come_to: str, kind: str) -> None:
    if come_to == "exchanged":
        ghana.exchanged()
    else:
        ghana.request()
    if come_to == "start":
        ghana.start()
    assert code_of(ghana.tell(kind, {"key": "x", "mac": {}, "keys": "x"})) == "m.unexpected_message"
    assert scene.bot.running == 0


@pytest.mark.parametrize("kind", ["request", "start", "key"])
def test_a_message_delivered_twice_changes_nothing(scene: Scene, ghana: Peer, kind: str) -> None:
    ghana.exchanged()
    again: dict[str, Callable[[], list[ToSend]]] = {
        "request": ghana.request,
        "start": ghana.start,
        "key": ghana.key,
    }
    assert again[kind]() == []
    assert kinds(ghana.mac()) == ["done"]
    assert len(scene.shown) == 1


def test_the_same_kind_again_with_other_content_is_cancelled(scene: Scene, ghana: Peer) -> None:
    ghana.request()
    ghana.start()
    assert code_of(ghana.start(hashes=["sha256", "md5"])) == "m.unexpected_message"


def test_a_room_event_offered_again_changes_nothing(scene: Scene) -> None:
    ghana = scene.peer(room=ROOM)
    ghana.request()
    request = ghana.said
    assert scene.bot.receive(request, NOW) == []
    ghana.start()
    start = ghana.said
    assert scene.bot.receive(start, NOW) == []
    assert kinds(ghana.key()) == ["key", "mac"]
    assert scene.bot.receive(request, NOW) == []


@pytest.mark.parametrize("key", ["", "!", "AAAA", "A" * 43, "half \ud800", 7])
def test_a_key_that_cannot_be_used_is_cancelled(scene: Scene, ghana: Peer, key: Any) -> None:
    """The last of the right length is the point of small order, with which everybody could compute the secret."""
    ghana.request()
    ghana.start()
    assert code_of(ghana.key(key)) == "m.invalid_message"
    assert scene.shown == []


def test_keys_other_than_those_known_are_cancelled(scene: Scene, ghana: Peer) -> None:
    ghana.exchanged()
    assert code_of(ghana.mac(GHANA_KEYS | {"ed25519:GHANA": "a forged key"})) == "m.key_mismatch"


def test_a_list_of_keys_that_was_changed_is_cancelled(scene: Scene, ghana: Peer) -> None:
    ghana.exchanged()
    assert code_of(ghana.mac(keys={"ed25519:GHANA": GHANA_KEYS["ed25519:GHANA"]}, mac={"ed25519:X": "AAAA"})) == (
        "m.key_mismatch"
    )


@pytest.mark.parametrize(
    "wishes", [{"mac": None}, {"mac": {"ed25519:GHANA": 1}}, {"mac": {"\ud800": "x"}}, {"keys": 1}]
)
def test_a_malformed_mac_is_cancelled(scene: Scene, ghana: Peer, wishes: dict[str, Any]) -> None:
    ghana.exchanged()
    assert code_of(ghana.tell("mac", {"mac": {}, "keys": "x"} | wishes)) == "m.invalid_message"


def test_keys_that_the_bot_does_not_know_are_none_of_its_business(scene: Scene, ghana: Peer) -> None:
    ghana.exchanged()
    assert kinds(ghana.mac(GHANA_KEYS | {"ed25519:later": "a key made just now"})) == ["done"]


@pytest.mark.parametrize("steps", [0, 1, 2])
def test_the_other_side_may_give_up_at_any_time(scene: Scene, ghana: Peer, steps: int) -> None:
    ghana.request()
    every: list[Callable[[], list[ToSend]]] = [ghana.start, ghana.key]
    for step in every[:steps]:
        step()
    assert ghana.tell("cancel", {"code": "m.mismatched_sas", "reason": "the codes differ"}) == []
    assert scene.bot.running == 0
    assert ghana.tell("mac", {"mac": {}, "keys": "x"}) == []
    assert scene.bot.expire(NOW + timedelta(minutes=10)) == []


def test_a_second_request_of_a_device_ends_both(scene: Scene, ghana: Peer) -> None:
    ghana.request()
    second = scene.peer(transaction="second")
    sent = second.request()
    assert [(one.content["transaction_id"], one.content["code"]) for one in sent] == [
        ("transaction", "m.unexpected_message"),
        ("second", "m.unexpected_message"),
    ]
    assert kinds(scene.peer(transaction="third").request()) == ["ready"]


def test_other_devices_and_other_people_do_not_disturb(scene: Scene, ghana: Peer) -> None:
    ghana.request()
    assert kinds(scene.peer(transaction="second", device=DeviceId("PHONE")).request()) == ["ready"]
    togo = scene.peer(user=TOGO, device=DeviceId("TOGO"))
    assert kinds(togo.request()) == ["ready"], "the same transaction of another user is another one"
    assert kinds(ghana.start()) == ["accept"]
    assert kinds(togo.start()) == ["accept"]


def test_one_person_cannot_keep_the_bot_from_all_others(scene: Scene) -> None:
    sent = [scene.peer(transaction=f"{number}", device=DeviceId(f"D{number}")).request() for number in range(5)]
    assert [kinds(one) for one in sent] == [["ready"]] * 3 + [["cancel"]] * 2
    assert code_of(sent[-1]) == "m.user"
    crowd = [scene.peer(user=UserId(f"@u{number}:example.org")).request() for number in range(98)]
    assert [kinds(one) for one in crowd] == [["ready"]] * 97 + [["cancel"]]
    assert scene.bot.running == 100


def test_an_encrypted_message_must_come_from_the_device_it_names(scene: Scene, ghana: Peer) -> None:
    ghana.proven = DeviceId("ANOTHER")
    assert code_of(ghana.request()) == "m.invalid_message"
    honest = scene.peer(transaction="honest", proven=GHANA_DEVICE)
    honest.request()
    honest.proven = DeviceId("ANOTHER")
    assert honest.tell("cancel", {"code": "m.user"}) == []
    honest.proven = GHANA_DEVICE
    assert kinds(honest.start()) == ["accept"]


def test_an_unknown_transaction_is_cancelled_device_to_device(scene: Scene, ghana: Peer) -> None:
    """As after a restart of the bot in the middle of a verification."""
    (cancel,) = sent = ghana.key()
    assert code_of(sent) == "m.unknown_transaction"
    assert cancel.device_id == EVERY_DEVICE
    assert ghana.tell("mac", {"mac": {}, "keys": "x"}) == [], "told once"
    for kind in ("cancel", "done"):
        assert scene.peer(transaction=kind).tell(kind) == []


def test_two_others_who_verify_each_other_in_a_room_are_left_alone(scene: Scene) -> None:
    ghana = scene.peer(room=ROOM)
    assert ghana.request(to=TOGO) == []
    assert ghana.request(to=TOGO, from_device=7) == []
    assert ghana.start() == []
    assert ghana.key() == []
    assert scene.bot.running == 0


def test_what_is_unknown_in_a_room_of_two_is_cancelled(scene: Scene) -> None:
    ghana = scene.peer(room=ROOM, transaction="$before-the-restart")
    (cancel,) = sent = ghana.tell("key", {"key": "x"}, alone=True)
    assert code_of(sent) == "m.unknown_transaction"
    assert cancel.room_id == ROOM
    assert cancel.content["m.relates_to"]["event_id"] == "$before-the-restart"


@pytest.mark.parametrize("transaction", [None, 7, "", "half \ud800", "x" * 300, {}])
def test_what_names_no_transaction_is_ignored(scene: Scene, transaction: Any) -> None:
    content = {"transaction_id": transaction, "from_device": "GHANA", "methods": ["m.sas.v1"], "timestamp": 0}
    for kind in ("request", "start", "key"):
        assert scene.bot.receive(Received(GHANA, kind, content), NOW) == []
        related = {"m.relates_to": {"event_id": transaction}}
        assert scene.bot.receive(Received(GHANA, kind, related, room_id=ROOM), NOW) == []
        assert scene.bot.receive(Received(GHANA, kind, {"m.relates_to": transaction}, room_id=ROOM), NOW) == []


def test_the_own_echo_is_ignored(scene: Scene) -> None:
    assert scene.peer(user=BOT, device=BOT_DEVICE).request() == []
    assert kinds(scene.peer(user=BOT, device=DeviceId("OPERATOR")).request()) == ["ready"]


def test_the_emoji_are_all_there_and_all_different() -> None:
    assert len(EMOJI) == len({sign for sign, _ in EMOJI}) == len({name for _, name in EMOJI}) == 64
    assert (EMOJI[0], EMOJI[21], EMOJI[63]) == (("🐶", "Dog"), ("☁️", "Cloud"), ("📌", "Pin"))
