"""nio's Olm machine, made safe by subclassing. Of nio only the machine and its database are used: no client, no HTTP,
no rooms, so that their faults (state from decrypted events, endless retries, unchecked answers) cannot reach the bot.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from nio.crypto import InboundGroupSession, OlmDevice
from nio.crypto.olm_machine import Olm
from nio.events import OlmEvent, RoomKeyEvent, ToDeviceEvent
from nio.responses import KeysClaimResponse, KeysQueryResponse

from bot.matrix.rooms import MEGOLM
from bot.matrix.signing import Json, canonical, device_keys_hold
from storage.ids import RoomId, UserId

log = structlog.get_logger()


class NoKey(Exception):
    """The key of an encrypted event has not arrived (yet)."""

    def __init__(self, session_id: str) -> None:
        super().__init__("no key")
        self.session_id = session_id


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


class Machine(Olm):  # type: ignore[misc]  # nio has no type information
    """Account, sessions and devices of one own device. Does no I/O but its database."""

    def create_group_session(
        self, sender_key: str, sender_fp_key: str, room_id: str, session_id: str, session_key: str
    ) -> None:
        """Add a room key; one that is known already is never replaced by a later part of the same ratchet.

        The database knows a session by its id alone, so a second sender's copy of it stays in memory: saved, it would
        overwrite the first one.
        """
        new = InboundGroupSession(session_key, sender_fp_key, sender_key, room_id)
        known = self.inbound_group_store.get(room_id, sender_key, session_id)
        if known is not None and known.first_known_index <= new.first_known_index:
            return
        if new.id != session_id:
            log.warning("room_key.mismatch", room=room_id)
            return
        copied = any(
            other.id == session_id and (other.sender_key, other.room_id) != (sender_key, room_id)
            for other in self.inbound_group_store
        )
        self.inbound_group_store.add(new)
        if copied:
            log.warning("room_key.copied", room=room_id)
        else:
            self.save_inbound_group_session(new)

    def receive(self, event: Any) -> tuple[RoomId, str] | None:
        """Take in one to-device event; return room and session id when it brought a room key.

        Only Olm messages are of use. Verification and key requests are not answered: the bot has no other device.
        """
        try:
            parsed = ToDeviceEvent.parse_event(event)
            key = self.handle_to_device_event(parsed) if isinstance(parsed, OlmEvent) else None
        except Exception as error:  # noqa: BLE001  what anybody may send must not stop the bot; nio raises many kinds
            log.warning("to_device.unusable", error=type(error).__name__)
            return None
        if isinstance(key, RoomKeyEvent):
            return RoomId(key.room_id), str(key.session_id)
        return None

    def learn_devices(self, user: UserId, devices: Any) -> None:
        """Take over one user's devices from an answer to /keys/query; those that prove nothing are left out.

        Users go in one by one, so that one malformed answer does not spoil those of all the others.
        """
        shown = devices if isinstance(devices, dict) else {}
        # A device that breaks its own signature counts as gone: it gets no keys.
        held = {name: keys for name, keys in shown.items() if device_keys_hold(keys, user, name)}
        self._take(KeysQueryResponse, {"device_keys": {user: held}, "failures": {}})

    def learn_one_time_key(self, user: UserId, device: str, key: Any) -> None:
        """Start an Olm session from one claimed key, if its signature holds."""
        self._take(KeysClaimResponse, {"one_time_keys": {user: {device: key}}, "failures": {}})

    def _take(self, kind: Any, answer: Json) -> None:
        try:
            parsed = kind.from_dict(answer)
            if isinstance(parsed, kind):
                self.handle_response(parsed)
            else:
                log.warning("keys.malformed", kind=kind.__name__)
        except Exception as error:  # noqa: BLE001  a foreign device's keys must not stop the bot; nio raises many kinds
            log.warning("keys.unusable", kind=kind.__name__, error=type(error).__name__)

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

    def keys_to_upload(self, on_server: int, *, fallback_used: bool) -> Json:
        """Return the one-time and fallback keys the server lacks and save the account, so that a crash loses none.

        Keys that were made but never acknowledged are offered again before new ones are made.
        """
        account = self.account
        missing = account.max_one_time_keys - on_server - len(account.one_time_keys["curve25519"])
        if missing > 0:
            account.generate_one_time_keys(missing)
        body: Json = {}
        one_time = {f"signed_curve25519:{name}": key for name, key in account.one_time_keys["curve25519"].items()}
        if one_time and on_server < account.max_one_time_keys:
            body["one_time_keys"] = {name: self._signed_key({"key": key}) for name, key in one_time.items()}
        if fallback_used:
            raw = account._account  # noqa: SLF001  nio does not pass fallback keys on
            if not raw.fallback_key:
                raw.generate_fallback_key()
            body["fallback_keys"] = {
                f"signed_curve25519:{name}": self._signed_key({"key": key.to_base64(), "fallback": True})
                for name, key in raw.fallback_key.items()
            }
        if body:
            self.save_account()
        return body

    def keys_uploaded(self) -> None:
        """The server has acknowledged the upload (or says that it has these keys already)."""
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

    def sessions_named(self, room_id: RoomId, session_id: str) -> list[InboundGroupSession]:
        """Return the room keys with this id, whoever sent them; `sender_key` in an event is not to be trusted."""
        senders = self.inbound_group_store[room_id]
        return [sessions[session_id] for sessions in senders.values() if session_id in sessions]

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
        seen = (session.sender_key, session.id, index)
        as_now = (event.get("event_id"), event.get("origin_server_ts"))
        if self.message_index_store.setdefault(seen, as_now) != as_now:
            raise Refused("replay")
        if not isinstance(payload, dict) or payload.get("room_id") != room_id:
            raise Refused("encrypted for another room")
        if not isinstance(payload.get("type"), str) or not isinstance(payload.get("content"), dict):
            raise Refused("malformed")
        return Opened(payload, session, index)

    def outbound(self, room_id: RoomId, devices: set[tuple[str, str]], rotation: tuple[timedelta, int]) -> Any:
        """Return the room's outbound session, a new one when it expired or someone who holds it may no longer read."""
        session = self.outbound_group_sessions.get(room_id)
        if session is None or session.expired or session.users_shared_with - devices:
            self.create_outbound_group_session(room_id)
            session = self.outbound_group_sessions[room_id]
        session.max_age, session.max_messages = rotation
        if session.expired:
            self.create_outbound_group_session(room_id)
            session = self.outbound_group_sessions[room_id]
            session.max_age, session.max_messages = rotation
        return session
