"""nio's Olm machine, made safe by subclassing. Of nio only the machine is used: no client, no HTTP, no rooms, so that
their faults (state from decrypted events, endless retries, unchecked answers) cannot reach the bot.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from nio.crypto import InboundGroupSession, OlmDevice, OutboundSession
from nio.crypto.olm_machine import Olm
from nio.events import ForwardedRoomKeyEvent, OlmEvent, RoomKeyEvent, ToDeviceEvent

from bot.matrix.answers import is_id
from bot.matrix.interface import NO_KEY
from bot.matrix.outbound import Name, RoomSession
from bot.matrix.rooms import MEGOLM
from bot.matrix.signing import Json, canonical, signed_by_device, unpadded
from bot.matrix.store import Chest
from storage.ids import DeviceId, EventId, RoomId, UserId

log = structlog.get_logger()

OLM = "m.olm.v1.curve25519-aes-sha2"
UNKNOWN_DEVICE = "unknown device"
"""Why an event is Unreadable that may be read later: its key may come, or the sender's devices be told of."""


_OF_KEYS = frozenset({"m.room_key", "m.forwarded_room_key", "m.dummy"})


class NoKey(Exception):
    """The key of an encrypted event has not arrived (yet)."""

    def __init__(self, session_id: str) -> None:
        super().__init__(NO_KEY)
        self.session_id = session_id


class NoSender(Exception):
    """The device that an encrypted event came from is not known (yet); the text is the reason to be counted.

    `heard`: what `People.heard_of` said of the sender.
    """

    def __init__(self, reason: str, heard: int) -> None:
        super().__init__(reason)
        self.heard = heard


class Refused(Exception):
    """An encrypted event that must not be believed; the text is the reason to be counted."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A decrypted event: `payload` holds at least `type` (str) and `content` (dict)."""

    payload: Mapping[str, Any]
    session: InboundGroupSession
    index: int
    """Its place in the session's ratchet: each is used for one message."""

    @property
    def once(self) -> str:
        """What names the ciphertext, whatever event the homeserver puts it into."""
        return f"{self.session.sender_key}/{self.session.id}/{self.index}"


@dataclass(frozen=True, slots=True)
class OpenedToDevice:
    """What came encrypted to this device, other than keys. `device_id`: of the sender, None while it is not known."""

    sender: UserId
    device_id: DeviceId | None
    type: str
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class KeyRequest:
    """A room key that was asked for: only whom it was asked of may bring it."""

    room_id: RoomId
    user: UserId


class Machine(Olm):  # type: ignore[misc]  # nio has no type information
    """Account, sessions and devices of one own device. Does no I/O."""

    def __init__(self, user_id: UserId, device_id: DeviceId, chest: Chest, *, now: Callable[[], datetime]) -> None:
        self.chest = chest
        self.outbound: dict[RoomId, RoomSession] = chest.load_outbound()
        self.requested: dict[str, KeyRequest] = {}
        self.opened: list[OpenedToDevice] = []
        """What came to this device and is for others to take out."""
        self.now = now
        self._room_key_of: UserId | None = None
        super().__init__(user_id, device_id, chest)
        chest.known_devices = lambda: frozenset(device.curve25519 for device in self.device_store)

    def _handle_room_key_event(self, sender: str, sender_key: str, payload: dict[Any, Any]) -> Any:
        with self._keys_of(UserId(sender)):
            return super()._handle_room_key_event(sender, sender_key, payload)

    @contextmanager
    def _keys_of(self, sender: UserId) -> Iterator[None]:
        """Put down the room keys that are taken inside to whoever sent them."""
        self._room_key_of = sender
        try:
            yield
        finally:
            self._room_key_of = None

    def create_group_session(
        self, sender_key: str, sender_fp_key: str, room_id: str, session_id: str, session_key: str
    ) -> None:
        """Add a room key; one that is known already is never replaced by a later part of the same ratchet."""
        if not is_id(room_id) or not is_id(sender_fp_key):
            log.warning("room_key.malformed")
            return
        new = InboundGroupSession(session_key, sender_fp_key, sender_key, room_id)
        if new.id != session_id:
            log.warning("room_key.mismatch", room=room_id)
            return
        self._take_room_key(new)

    def _take_room_key(self, new: InboundGroupSession) -> None:
        """Keep a room key, of whoever's Olm message is being taken in."""
        known = self.inbound_group_store.get(new.room_id, new.sender_key, new.id)
        if known is None or known.first_known_index > new.first_known_index:
            self.inbound_group_store.replace(new)
            self.save_inbound_group_session(new)
            if self._room_key_of is not None:
                self.chest.came_from(new, self._room_key_of)

    def receive(self, event: Any) -> tuple[RoomId, str] | None:
        """Take in one to-device event; return room and session id when it brought a room key. Only Olm messages are of
        use here."""
        try:
            parsed = ToDeviceEvent.parse_event(event)
            key = self.handle_to_device_event(parsed) if isinstance(parsed, OlmEvent) else None
        except Exception as error:  # noqa: BLE001  what anybody may send must not stop the bot; nio raises many kinds
            log.warning("to_device.unusable", error=type(error).__name__)
            return None
        if isinstance(key, RoomKeyEvent | ForwardedRoomKeyEvent):
            return RoomId(key.room_id), str(key.session_id)
        return None

    def _handle_olm_event(self, sender: str, sender_key: str, payload: dict[Any, Any]) -> Any:
        if payload["type"] in _OF_KEYS:
            return super()._handle_olm_event(sender, sender_key, payload)
        device = self.device_store.device_from_sender_key(sender, sender_key)
        is_known = device is not None and device.ed25519 == payload["keys"]["ed25519"]
        if not is_known and (device is not None or self.known_elsewhere(sender_key)):
            log.warning("to_device.spoofed", sender=sender)
        elif is_id(sender) and is_id(payload["type"]) and isinstance(payload.get("content"), dict):
            name = DeviceId(device.id) if is_known and device is not None else None
            self.opened.append(OpenedToDevice(UserId(sender), name, payload["type"], payload["content"]))
        return None

    def _handle_forwarded_room_key_event(
        self, sender: str, sender_key: str, payload: dict[Any, Any]
    ) -> ForwardedRoomKeyEvent | None:
        """Take a key that was asked for, from the very device that made it: then it is as good as sent at first."""
        event = ForwardedRoomKeyEvent.from_dict(payload, sender, sender_key)
        if not isinstance(event, ForwardedRoomKeyEvent):
            return None
        content = payload["content"]
        request = self.requested.get(event.session_id)
        device = self.device_store.device_from_sender_key(sender, sender_key)
        if (
            event.algorithm != MEGOLM
            or request != KeyRequest(RoomId(event.room_id), UserId(sender))
            or content.get("sender_key") != sender_key
            or device is None
            or device.ed25519 != content.get("sender_claimed_ed25519_key")
        ):
            log.warning("room_key.forward_refused")
            return None
        session = InboundGroupSession.import_session(content["session_key"], device.ed25519, sender_key, event.room_id)
        if session.id != event.session_id:
            return None
        with self._keys_of(UserId(sender)):
            self._take_room_key(session)
        del self.requested[event.session_id]
        return event

    def learn_devices(self, user: UserId, devices: Mapping[str, tuple[str, str]]) -> None:
        """Take over one user's devices: Ed25519 and Curve25519 keys whose own signatures were verified.

        A device that keeps its id but not its Ed25519 key is not believed; those no longer shown count as deleted.
        """
        known = self.device_store[user]
        for name, (ed25519, curve25519) in devices.items():
            if (user, name) == (self.user_id, self.device_id):
                continue
            device = known.get(name)
            if device is None:
                keys = {"ed25519": ed25519, "curve25519": curve25519}
                self.device_store.add(OlmDevice(user, name, keys))
            elif device.ed25519 == ed25519:
                device.curve25519 = curve25519
                device.deleted = False
            else:
                log.warning("keys.device_changed", device=name)
        for name, device in known.items():
            if name not in devices:
                device.deleted = True
        self.chest.save_device_keys({user: known})

    def learn_one_time_key(self, user: UserId, name: str, key: Any) -> bool:
        """Start an Olm session from one claimed key; False when its signature does not hold."""
        device = self.device_store[user].get(name)
        try:
            ((_, value),) = key.items()
            if device is None or not signed_by_device(value, user, name, device.ed25519):
                log.warning("keys.one_time_key_refused")
                return False
            session = OutboundSession(self.account, device.curve25519, value["key"])
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            log.warning("keys.unusable", error=type(error).__name__)
            return False
        # Making a session to others changes nothing in the own account, so there is nothing to save of it.
        self.session_store.add(device.curve25519, session)
        self.save_session(device.curve25519, session)
        if device in self.wedged_devices:
            self.wedged_devices.remove(device)
            self._queue_dummy_message(session, device)
        return True

    def olm_message(self, device: OlmDevice, kind: str, content: Json) -> Json:
        """Encrypt a to-device message for a device with which there is a session."""
        session = self.session_store.get(device.curve25519)
        identity = self.account.identity_keys
        payload = {
            "sender": self.user_id,
            "sender_device": self.device_id,
            "keys": {"ed25519": identity["ed25519"]},
            "recipient": device.user_id,
            "recipient_keys": {"ed25519": device.ed25519},
            "type": kind,
            "content": content,
        }
        what, ciphertext = session.encrypt(_compact(payload)).to_parts()
        self.save_session(device.curve25519, session)
        return {
            "algorithm": OLM,
            "sender_key": identity["curve25519"],
            "ciphertext": {device.curve25519: {"type": what, "body": unpadded(ciphertext)}},
        }

    def has_session(self, device: OlmDevice) -> bool:
        """Say whether there is an Olm session with a device."""
        return bool(self.session_store.holds(device.curve25519))

    def device_keys(self) -> Json:
        """Return this device's signed public keys, from the local account."""
        ed25519, curve25519 = f"ed25519:{self.device_id}", f"curve25519:{self.device_id}"
        identity = self.account.identity_keys
        keys: Json = {
            "algorithms": list(self._algorithms),
            "device_id": self.device_id,
            "user_id": self.user_id,
            "keys": {curve25519: identity["curve25519"], ed25519: identity["ed25519"]},
        }
        return {**keys, "signatures": self._own_signature(keys)}

    def sign(self, data: bytes) -> str:
        """Sign bytes with the device's Ed25519 key, unpadded base64."""
        return str(self.account.sign(data.decode()))

    def fallback_key_to_upload(self, *, used: bool) -> Json:
        """Return the fallback key to be offered, a new one when the last was `used`, and save the account.

        It is offered again until `keys_acknowledged`: only the one before it is kept beside it.
        """
        raw = self.account._account  # noqa: SLF001  nio does not pass fallback keys on
        if used and not raw.fallback_key:
            raw.generate_fallback_key()
            self.save_account()
        offered = {
            f"signed_curve25519:{name}": self._signed_key({"key": key.to_base64(), "fallback": True})
            for name, key in raw.fallback_key.items()
        }
        return {"fallback_keys": offered} if offered else {}

    def one_time_keys_to_upload(self, on_server: int) -> Json:
        """Make the one-time keys that the server lacks and save the account, so that a crash loses none.

        They are returned once: of those offered again the server may have given some out already, and would give them
        out a second time. A fallback key has to be acknowledged before, as the account marks all keys together.
        """
        account = self.account
        missing = account.max_one_time_keys - on_server
        if missing <= 0:
            return {}
        assert not account._account.fallback_key  # noqa: SLF001  see above
        account.mark_keys_as_published()  # whatever was made before was offered
        account.generate_one_time_keys(missing)
        made = {
            f"signed_curve25519:{name}": self._signed_key({"key": key})
            for name, key in account.one_time_keys["curve25519"].items()
        }
        account.mark_keys_as_published()
        self.save_account()
        return {"one_time_keys": made}

    def keys_acknowledged(self) -> None:
        """The server has the device's own keys, and the fallback key that was offered."""
        self.account.shared = True
        self.account.mark_keys_as_published()
        self.save_account()

    def _signed_key(self, key: Json) -> Json:
        return {**key, "signatures": self._own_signature(key)}

    def _own_signature(self, value: Json) -> Json:
        return {self.user_id: {f"ed25519:{self.device_id}": self.sign(canonical(value))}}

    def owner_device(self, user: UserId, session: InboundGroupSession) -> OlmDevice | None:
        """Return the device of `user`, deleted or not, that a room key came from; both of its keys must match."""
        for device in self.device_store[user].values():
            if device.curve25519 == session.sender_key and device.ed25519 == session.ed25519:
                return device
        return None

    def known_elsewhere(self, sender_key: str) -> bool:
        """Say whether some user has a device with this Curve25519 key."""
        return any(device.curve25519 == sender_key for device in self.device_store)

    def open_event(self, event: Mapping[str, Any], room_id: RoomId, session: InboundGroupSession) -> Opened:
        """Decrypt an m.room.encrypted event with a session already found to be its sender's.

        Raises:
            Refused: the ciphertext does not fit, was seen under another event id, or speaks of another room.
        """
        content = event["content"]
        if content.get("algorithm") != MEGOLM or not isinstance(content.get("ciphertext"), str):
            raise Refused("unknown algorithm")
        try:
            plaintext, index = session.decrypt(content["ciphertext"])
            payload = json.loads(plaintext)
        except (ValueError, RecursionError) as error:
            raise Refused("cannot be decrypted") from error
        event_id = EventId(str(event.get("event_id")))
        if self.chest.used(session, index, event_id) != event_id:
            raise Refused("replay")
        if not isinstance(payload, dict) or payload.get("room_id") != room_id:
            raise Refused("encrypted for another room")
        if not isinstance(payload.get("type"), str) or not isinstance(payload.get("content"), dict):
            raise Refused("malformed")
        return Opened(payload, session, index)

    def outbound_for(self, room_id: RoomId, devices: set[Name], rotation: tuple[timedelta, int]) -> RoomSession:
        """Return the room's outbound session, a new one when it expired or someone who holds it may no longer read."""
        session = self.outbound.get(room_id)
        now = self.now()
        if session is not None and not session.outlived(now, rotation) and session.shared_with <= devices:
            return session
        if session is not None:
            self.chest.outbound_ended(session)
        session = self.outbound[room_id] = RoomSession(created_at=now)
        # The own copy reads what was sent, where it has to be found again.
        identity = self.account.identity_keys
        self.create_group_session(identity["curve25519"], identity["ed25519"], room_id, session.id, session.session_key)
        self.chest.outbound_changed(room_id, session)
        return session

    def encrypt(self, room_id: RoomId, session: RoomSession, messages: int, payload: Mapping[str, Any]) -> Json:
        """Encrypt for a room; a place of the ratchet is reserved first, to be written before the message goes out.

        `messages`: after how many the session is replaced.
        """
        if session.reserve(messages):
            self.chest.outbound_changed(room_id, session)
        return {
            "algorithm": MEGOLM,
            "sender_key": self.account.identity_keys["curve25519"],
            "ciphertext": session.encrypted(_compact({**payload, "room_id": room_id}).encode()),
            "session_id": session.id,
            "device_id": self.device_id,
        }


def _compact(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
