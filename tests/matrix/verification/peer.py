"""A member's client: the other half of the protocol, apart from the bot's, that can be told to misbehave."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from vodozemac import Curve25519PublicKey, EstablishedSas, Sas

from bot.matrix.interface import ShortCode
from bot.matrix.verification import Received, ToSend, Verifications, commitment, macs
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
        self.strangers: set[UserId] = set()
        self.known: dict[tuple[str, str], Mapping[str, str]] = {(GHANA, GHANA_DEVICE): GHANA_KEYS}
        self.bot = Verifications(
            BOT,
            BOT_DEVICE,
            BOT_KEYS,
            keys_of=lambda user, device: self.known.get((user, device), {}),
            show=self.shown.append,
            knows=lambda user: user not in self.strangers,
        )

    def peer(self, **wishes: Any) -> Peer:
        return Peer(self.bot, **wishes)


def kinds(sent: Sequence[ToSend]) -> list[str]:
    return [one.type.removeprefix("m.key.verification.") for one in sent]


def code_of(sent: Sequence[ToSend]) -> str:
    """Return the code of the one cancellation that was sent."""
    (cancel,) = sent
    assert cancel.type == "m.key.verification.cancel"
    assert cancel.content["reason"]
    return str(cancel.content["code"])


def accepted(peer: Peer, start: ToSend, **wishes: Any) -> list[ToSend]:
    accept = {
        "key_agreement_protocol": "curve25519-hkdf-sha256",
        "hash": "sha256",
        "message_authentication_code": "hkdf-hmac-sha256.v2",
        "short_authentication_string": ["emoji"],
        "commitment": commitment(peer.sas.public_key.to_base64(), start.content),
    }
    return peer.tell("accept", accept | wishes)
