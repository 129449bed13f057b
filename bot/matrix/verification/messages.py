"""What verification messages look like, and reading those of strangers without believing anything of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from storage.ids import DeviceId, EventId, RoomId, UserId

PREFIX: Final = "m.key.verification."
REQUEST_MSGTYPE: Final = PREFIX + "request"
EVERY_DEVICE: Final = DeviceId("*")
LASTS: Final = timedelta(minutes=10)

_LONGEST = 255  # characters of an id, a key or a hash


@dataclass(frozen=True, slots=True)
class Received:
    """One verification message. `kind` is its type without `m.key.verification.`, also of an m.room.message request.

    `content` is as decrypted; in a room it holds `m.relates_to` even where only the cleartext did.
    """

    sender: UserId
    kind: str
    content: Mapping[str, Any]
    sent_at: datetime | None = None  # origin_server_ts, of a room event
    device_id: DeviceId | None = None  # proven by encryption, where there was any
    room_id: RoomId | None = None
    event_id: EventId | None = None
    clear: bool = False  # a room event that was not encrypted, as some clients send them in encrypted rooms too
    alone: bool = False  # nobody but the sender and the bot is in the room: it can be meant for nobody else


@dataclass(frozen=True, slots=True)
class ToSend:
    """A message to be sent just as it is: as an event of `room_id`, or in clear to `device_id` of `user`.

    A room event is encrypted unless `clear`: who asked in clear may have a device that is given no keys.
    """

    user: UserId
    device_id: DeviceId  # EVERY_DEVICE where it is not known
    room_id: RoomId | None
    type: str
    content: dict[str, Any]
    clear: bool = False


class Cancelled(Exception):
    """The verification ends with this code of the specification."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Name:
    """What names a verification: the transaction of one user, device to device, or of one user in one room."""

    user: UserId
    room_id: RoomId | None
    transaction: str

    @classmethod
    def of(cls, message: Received) -> "Name | None":
        """Return what a message names; None when it names nothing."""
        if message.room_id is None:
            transaction: Any = message.content.get("transaction_id")
        elif message.kind == "request":
            transaction = message.event_id
        else:
            relation = message.content.get("m.relates_to")
            transaction = relation.get("event_id") if isinstance(relation, dict) else None
        return cls(message.sender, message.room_id, transaction) if is_text(transaction) else None

    def send(self, device: DeviceId, kind: str, content: Mapping[str, Any], *, clear: bool) -> ToSend:
        """Address a message of this verification."""
        if self.room_id is None:
            named: dict[str, Any] = {"transaction_id": self.transaction}
        else:
            named = {"m.relates_to": {"rel_type": "m.reference", "event_id": self.transaction}}
        return ToSend(self.user, device, self.room_id, PREFIX + kind, {**content, **named}, clear)


def begun_at(message: Received, now: datetime) -> datetime:
    """Return when the other side began; a start without a request bears no time. Raises Cancelled."""
    if message.sent_at is not None:
        return message.sent_at
    if message.kind != "request":
        return now
    stamp = message.content.get("timestamp")
    if not isinstance(stamp, int) or isinstance(stamp, bool):
        raise Cancelled("m.invalid_message", "There is no timestamp.")
    late = int(now.timestamp() * 1000) - stamp
    # What is far off may be outside of every calendar.
    return now - timedelta(milliseconds=max(-_FAR, min(late, _FAR)))


_FAR = 2 * LASTS // timedelta(milliseconds=1)


def is_text(value: Any) -> bool:
    """Say whether a value can be an id, a key or a hash: short, and without halves of characters or controls."""
    return isinstance(value, str) and 0 < len(value) <= _LONGEST and value.isprintable()


def text(content: Mapping[str, Any], name: str) -> str:
    """Return a text that must be there. Raises Cancelled."""
    value = content.get(name)
    if not is_text(value):
        raise Cancelled("m.invalid_message", f"There is no {name}.")
    return str(value)


def text_or(content: Mapping[str, Any], name: str, otherwise: str) -> str:
    """Return a text, or something else where it is missing."""
    value = content.get(name)
    return str(value) if is_text(value) else otherwise


def texts(content: Mapping[str, Any], name: str) -> list[str]:
    """Return a list of texts that must be there. Raises Cancelled."""
    value = content.get(name)
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise Cancelled("m.invalid_message", f"There is no list of {name}.")
    return value


def macs_of(content: Mapping[str, Any]) -> dict[str, str]:
    """Return the MACs by key id. Raises Cancelled."""
    value = content.get("mac")
    if not isinstance(value, dict) or not all(is_text(key) and is_text(mac) for key, mac in value.items()):
        raise Cancelled("m.invalid_message", "There is no list of MACs.")
    return value
