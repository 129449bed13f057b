"""The answering side: a state machine without I/O.

`Verifications` takes messages and the time, and returns what is to be sent.
"""

import json
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, auto
from hashlib import sha256
from typing import Any

import structlog
from vodozemac import Curve25519PublicKey, EstablishedSas, KeyException, Sas, SasException

from bot.matrix.interface import ShortCode
from bot.matrix.signing import unpadded
from bot.matrix.verification.emoji import named
from bot.matrix.verification.messages import (
    EVERY_DEVICE,
    LASTS,
    Cancelled,
    Name,
    Received,
    ToSend,
    begun_at,
    macs_of,
    text,
    text_or,
    texts,
)
from storage.ids import DeviceId, EventId, RoomId, UserId
from storage.verifications import VerificationRow

log = structlog.get_logger()

_METHOD = "m.sas.v1"
_AGREEMENT = "curve25519-hkdf-sha256"
_HASH = "sha256"
_MAC = "hkdf-hmac-sha256.v2"
_SHOWN = ("decimal", "emoji")

_FUTURE = timedelta(minutes=5)
_PATIENCE = timedelta(seconds=30)  # that a side which was answered takes to start, before the bot starts by itself
_MOST = 100
_MOST_OF_ONE = 3
_REMEMBERED = 1_000


class _Step(Enum):
    READY = auto()  # the other side was answered, and either may start
    OFFERED = auto()  # the bot started and waits to be accepted
    ACCEPTED = auto()  # the bot accepted and waits for a key
    COMMITTED = auto()  # the bot started, was accepted, sent its key and waits for the one committed to
    SHOWN = auto()  # keys are exchanged, the code is shown, the MAC of the other side is missing


@dataclass(slots=True)
class _Verification:
    name: Name
    device: DeviceId
    until: datetime
    start_by: datetime
    sas: Sas
    clear: bool
    step: _Step = _Step.READY
    start: Mapping[str, Any] = field(default_factory=dict)  # the content of the start that stands
    started_by_us: bool = False
    commitment: str = ""
    established: EstablishedSas | None = None
    heard: dict[str, Mapping[str, Any]] = field(default_factory=dict)  # each kind comes once

    def send(self, kind: str, content: Mapping[str, Any]) -> ToSend:
        return self.name.send(self.device, kind, content, clear=self.clear)


class Verifications:
    """All verifications of one own device. Of what is under way at a restart only that it was: it is cancelled."""

    def __init__(
        self,
        user: UserId,
        device: DeviceId,
        own_keys: Mapping[str, str],
        *,
        keys_of: Callable[[UserId, DeviceId], Mapping[str, str]],
        show: Callable[[ShortCode], None],
        knows: Callable[[UserId], bool] = lambda _user: True,
        new_sas: Callable[[], Sas] = Sas,
    ) -> None:
        """Make an answering side for `device` of `user`.

        `own_keys` are vouched for: the device's Ed25519 key and the master key, by key id. `keys_of` returns what is
        known of another device and its owner's master key, likewise. `show` is told each short code. `knows` says
        who is somebody: strangers leave their places to them. `new_sas` makes the ephemeral key pair of one
        verification.
        """
        self._user = user
        self._device = device
        self._own_keys = dict(own_keys)
        self._keys_of = keys_of
        self._show = show
        self._knows = knows
        self._new_sas = new_sas
        self._running: dict[Name, _Verification] = {}
        # Bounded: a room event may be offered again, and stragglers of an ended verification need no answer.
        self._seen: deque[tuple[RoomId | None, EventId]] = deque(maxlen=_REMEMBERED)
        self._ended: deque[Name] = deque(maxlen=_REMEMBERED)

    @property
    def running(self) -> int:
        """How many verifications are under way."""
        return len(self._running)

    @property
    def under_way(self) -> list[VerificationRow]:
        """What is to be ended should the bot be started anew.

        Device to device the other side may still start after that, as old clients do without a request.
        """
        return [
            VerificationRow(
                one.name.user, one.name.room_id or RoomId(""), one.name.transaction, one.device, one.clear, one.until
            )
            for one in self._running.values()
            if one.name.room_id is not None or one.step is not _Step.READY
        ]

    def interrupt(self, rows: Iterable[VerificationRow], now: datetime) -> list[tuple[VerificationRow, ToSend]]:
        """Cancel what was under way when the bot was started anew, unless the other side has given up by now."""
        sent: list[tuple[VerificationRow, ToSend]] = []
        for row in rows:
            name = Name(row.user_id, row.room_id or None, row.transaction)
            self._ended.append(name)
            if now < row.until:
                log.info("verification.interrupted", user=row.user_id)
                content = {"code": "m.unknown_transaction", "reason": "The bot was started anew; please begin again."}
                sent.append((row, name.send(row.device_id, "cancel", content, clear=row.clear)))
        return sent

    def receive(self, message: Received, now: datetime) -> list[ToSend]:
        """Take one message in and return the answers, in order. Never raises for what the message holds."""
        if message.event_id is not None:
            if (message.room_id, message.event_id) in self._seen:
                return []
            self._seen.append((message.room_id, message.event_id))
        name = Name.of(message)
        if name is None:
            return []
        known = self._running.get(name)
        if known is not None and message.device_id not in {None, known.device}:
            return []  # another device of the same user, which this does not concern
        if known is None and not _begins(message):
            return self._unknown(message, name)
        try:
            if known is None:
                return self._begin(message, name, now)
            return self._proceed(known, message)
        except Cancelled as cancelled:
            if known is not None:
                return [self._cancel(known, cancelled.code, cancelled.reason)]
            return [self._refuse(message, name, cancelled.code, cancelled.reason)]

    def expire(self, now: datetime) -> list[ToSend]:
        """Cancel what took too long, and start where the other side was answered and has not started."""
        sent: list[ToSend] = []
        for verification in list(self._running.values()):
            if now >= verification.until:
                sent.append(self._cancel(verification, "m.timeout", "It took too long."))
            elif verification.step is _Step.READY and now >= verification.start_by:
                sent.append(self._offer(verification))
        return sent

    # Beginning

    def _unknown(self, message: Received, name: Name) -> list[ToSend]:
        # In a room this is most likely a verification of two others; and who is told of an end needs no answer.
        others = name.room_id is not None and not message.alone
        if others or message.kind in {"cancel", "done"} or name in self._ended:
            return []
        return [self._refuse(message, name, "m.unknown_transaction", "This verification is not known here (any more).")]

    def _begin(self, message: Received, name: Name, now: datetime) -> list[ToSend]:
        content = message.content
        if name in self._ended or (name.room_id is not None and content.get("to") != self._user):
            return []
        device = DeviceId(text(content, "from_device"))
        if (name.user, device) == (self._user, self._device):
            return []
        if message.device_id not in {None, device}:
            raise Cancelled("m.invalid_message", "The message comes from another device than it says.")
        begun = begun_at(message, now)
        if not now - LASTS < begun <= now + _FUTURE:
            log.info("verification.stale", user=name.user)
            return []
        of_one = [one for one in self._running.values() if one.name.user == name.user]
        others = [one for one in of_one if one.device == device]
        if others:
            reason = "Another verification was under way."
            ended = [self._cancel(one, "m.unexpected_message", reason) for one in others]
            return [*ended, self._refuse(message, name, "m.unexpected_message", reason)]
        is_full = len(self._running) >= _MOST
        spare = self._spare(name.user) if is_full else None
        if (is_full and spare is None) or len(of_one) >= _MOST_OF_ONE:
            raise Cancelled("m.user", "Too many verifications are under way; please try later.")
        sent = self._take_up(message, name, device, min(begun, now) + LASTS, now)
        if spare is not None:
            sent = [self._cancel(spare, "m.user", "Too many verifications are under way."), *sent]
        return sent

    def _spare(self, user: UserId) -> _Verification | None:
        """Return the oldest verification of a stranger, to be given up for the sake of somebody who is none."""
        strangers = (one for one in self._running.values() if not self._knows(one.name.user))
        return next(strangers, None) if self._knows(user) else None

    def _take_up(self, message: Received, name: Name, device: DeviceId, until: datetime, now: datetime) -> list[ToSend]:
        content = message.content
        verification = _Verification(name, device, until, now + _PATIENCE, self._new_sas(), message.clear)
        verification.heard[message.kind] = content
        if message.kind == "start":
            self._running[name] = verification
            return self._started(verification, content)
        if _METHOD not in texts(content, "methods"):
            raise Cancelled("m.unknown_method", "The bot compares emoji or numbers only.")
        self._running[name] = verification
        log.info("verification.requested", user=name.user, device=device, in_room=name.room_id is not None)
        return [verification.send("ready", {"from_device": self._device, "methods": [_METHOD]})]

    # Proceeding

    def _proceed(self, verification: _Verification, message: Received) -> list[ToSend]:
        content = message.content
        if verification.heard.setdefault(message.kind, content) != content:
            raise Cancelled("m.unexpected_message", "This message came a second time, with other content.")
        if verification.heard[message.kind] is not content:
            return []  # a homeserver may deliver a message twice
        match message.kind, verification.step:
            case "cancel", _:
                self._end(verification.name)
                code = text_or(content, "code", "")
                log.info("verification.cancelled", user=verification.name.user, by="them", code=code)
                return []
            case "start", _Step.READY:
                return self._started(verification, content)
            case "start", _Step.OFFERED:
                return self._both_started(verification, content)
            case "accept", _Step.OFFERED:
                return self._accepted(verification, content)
            case "key", _Step.ACCEPTED:
                public = verification.sas.public_key.to_base64()
                established = self._exchanged(verification, content)
                return [verification.send("key", {"key": public}), established]
            case "key", _Step.COMMITTED:
                return [self._exchanged(verification, content)]
            case "mac", _Step.SHOWN:
                return self._compared(verification, content)
            case _:
                raise Cancelled("m.unexpected_message", "This message was not expected now.")

    def _offer(self, verification: _Verification) -> ToSend:
        offer = verification.send(
            "start",
            {
                "from_device": self._device,
                "method": _METHOD,
                "key_agreement_protocols": [_AGREEMENT],
                "hashes": [_HASH],
                "message_authentication_codes": [_MAC],
                "short_authentication_string": list(_SHOWN),
            },
        )
        verification.start, verification.started_by_us, verification.step = offer.content, True, _Step.OFFERED
        return offer

    def _both_started(self, verification: _Verification, content: Mapping[str, Any]) -> list[ToSend]:
        if text(content, "method") != _METHOD:
            raise Cancelled("m.unexpected_message", "Each side started another method.")
        if (self._user, self._device) < (verification.name.user, verification.device):
            return []  # the start of the smaller one stands, and that is ours
        return self._started(verification, content)

    def _started(self, verification: _Verification, content: Mapping[str, Any]) -> list[ToSend]:
        if text(content, "from_device") != verification.device:
            raise Cancelled("m.invalid_message", "The message comes from another device than the request.")
        if text(content, "method") != _METHOD:
            raise Cancelled("m.unknown_method", "The bot compares emoji or numbers only.")
        offered = texts(content, "short_authentication_string")
        shown = [name for name in _SHOWN if name in offered]
        if (
            _AGREEMENT not in texts(content, "key_agreement_protocols")
            or _HASH not in texts(content, "hashes")
            or _MAC not in texts(content, "message_authentication_codes")
            or not shown
        ):
            raise Cancelled("m.unknown_method", "The two sides have no way of comparing in common.")
        verification.start, verification.started_by_us, verification.step = content, False, _Step.ACCEPTED
        accept = {
            "key_agreement_protocol": _AGREEMENT,
            "hash": _HASH,
            "message_authentication_code": _MAC,
            "short_authentication_string": shown,
            "commitment": commitment(verification.sas.public_key.to_base64(), content),
        }
        return [verification.send("accept", accept)]

    def _accepted(self, verification: _Verification, content: Mapping[str, Any]) -> list[ToSend]:
        shown = texts(content, "short_authentication_string")
        if (
            text(content, "key_agreement_protocol") != _AGREEMENT
            or text(content, "hash") != _HASH
            or text(content, "message_authentication_code") != _MAC
            or not shown
            or not set(shown) <= set(_SHOWN)
        ):
            raise Cancelled("m.unknown_method", "What was accepted had not been offered.")
        verification.commitment = text(content, "commitment")
        verification.step = _Step.COMMITTED
        return [verification.send("key", {"key": verification.sas.public_key.to_base64()})]

    def _exchanged(self, verification: _Verification, content: Mapping[str, Any]) -> ToSend:
        """Agree on the secret, show the code and return the bot's MAC."""
        ours = verification.sas.public_key.to_base64()
        try:
            public = Curve25519PublicKey.from_base64(text(content, "key"))
            theirs = public.to_base64()
            established = verification.sas.diffie_hellman(public)
        except (KeyException, SasException) as error:
            raise Cancelled("m.invalid_message", "The key cannot be used.") from error
        if verification.started_by_us and commitment(theirs, verification.start) != verification.commitment:
            raise Cancelled("m.mismatched_commitment", "The key is not the one that was announced.")
        us = f"{self._user}|{self._device}|{ours}"
        them = f"{verification.name.user}|{verification.device}|{theirs}"
        first, second = (us, them) if verification.started_by_us else (them, us)
        code = established.bytes(f"MATRIX_KEY_VERIFICATION_SAS|{first}|{second}|{verification.name.transaction}")
        verification.established, verification.step = established, _Step.SHOWN
        user, device = verification.name.user, verification.device
        emoji, numbers = named(code.emoji_indices), code.decimals
        # Not a secret, and of use to an operator whose coordinators cannot read the bot.
        log.info("verification.code", user=user, device=device, emoji=[word for _, word in emoji], numbers=numbers)
        self._show(ShortCode(verification.name.transaction, user, device, emoji, numbers))
        info = f"MATRIX_KEY_VERIFICATION_MAC{self._user}{self._device}{user}{device}{verification.name.transaction}"
        return verification.send("mac", macs(established, self._own_keys, info))

    def _compared(self, verification: _Verification, content: Mapping[str, Any]) -> list[ToSend]:
        given = macs_of(content)
        user, device = verification.name.user, verification.device
        info = f"MATRIX_KEY_VERIFICATION_MAC{user}{device}{self._user}{self._device}{verification.name.transaction}"
        known = self._keys_of(user, device)
        established = verification.established
        assert established is not None
        try:
            established.verify_mac(",".join(sorted(given)), f"{info}KEY_IDS", text(content, "keys"))
            for key_id in given.keys() & known.keys():
                established.verify_mac(known[key_id], f"{info}{key_id}", given[key_id])
        except SasException as error:
            raise Cancelled("m.key_mismatch", "The keys are not the ones known here.") from error
        self._end(verification.name)
        log.info("verification.done", user=user, device=device)
        return [verification.send("done", {})]

    # Ending

    def _end(self, name: Name) -> None:
        self._running.pop(name, None)
        self._ended.append(name)

    def _cancel(self, verification: _Verification, code: str, reason: str) -> ToSend:
        self._end(verification.name)
        log.info("verification.cancelled", user=verification.name.user, by="us", code=code)
        return verification.send("cancel", {"code": code, "reason": reason})

    def _refuse(self, message: Received, name: Name, code: str, reason: str) -> ToSend:
        """Cancel what was not taken up."""
        self._end(name)
        log.info("verification.refused", user=name.user, code=code)
        device = DeviceId(text_or(message.content, "from_device", message.device_id or EVERY_DEVICE))
        return name.send(device, "cancel", {"code": code, "reason": reason}, clear=message.clear)


def _begins(message: Received) -> bool:
    """Old clients start without a request, device to device."""
    return message.kind == "request" or (message.kind == "start" and message.room_id is None)


def commitment(public_key: str, start: Mapping[str, Any]) -> str:
    """Return the hash by which the accepting side commits itself to its key, before it knows the other's."""
    said = json.dumps(start, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return unpadded(sha256(public_key.encode() + said.encode("utf-8", "surrogatepass")).digest())


def macs(established: EstablishedSas, keys: Mapping[str, str], info: str) -> dict[str, Any]:
    """Return the content of an m.key.verification.mac that vouches for `keys` (by key id)."""
    return {
        "mac": {key_id: established.calculate_mac(key, f"{info}{key_id}") for key_id, key in keys.items()},
        "keys": established.calculate_mac(",".join(sorted(keys)), f"{info}KEY_IDS"),
    }
