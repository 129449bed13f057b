"""What comes in: messages with the files that they carry, and what is noticed without anybody having said it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from storage.base import Transaction
from storage.files import FileFault
from storage.ids import DeviceId, EventId, RoomId, UserId


class Trust(StrEnum):
    """How the sender's device of an encrypted event stands at the moment it was received."""

    SIGNED = "signed"  # the device is cross-signed by its owner's self-signing key
    UNSIGNED = "unsigned"  # the device belongs to the sender but is not cross-signed
    CHANGED = "changed"  # signed, but under a master key that is not the one the sender was first seen with
    CLEAR = "clear"  # the event was not encrypted: nothing says that the sender wrote it


@dataclass(frozen=True, slots=True)
class CarriedFile:
    """A file that came with a message. What its sender says of it is shown and never relied on."""

    name: str  # safe to show, never empty
    declared_type: str | None = None
    declared_bytes: int | None = None
    sealed: str | None = None  # where it is and how it opens, for the gateway alone; None when there is a fault
    fault: FileFault | None = None


@dataclass(frozen=True, slots=True)
class SealedFile:
    """Where a file is and how it opens, as `CarriedFile.sealed` has it, with the message that it came with."""

    text: str = field(repr=False)
    event_id: EventId


@dataclass(frozen=True, slots=True)
class SeenFile:
    """What a file is, as its bytes showed."""

    sha256: str  # of the file itself, lower case hexadecimal
    size_bytes: int
    content_type: str
    pixels: tuple[int, int] | None  # width and height of a picture, from its header


@dataclass(frozen=True, slots=True)
class Message:
    """A message of a member, with edits, notices, own messages and quoted text already left out.

    `body` is the text without reply fallback and, when the bot was mentioned at its start, without the mention; of a
    message with a file it is what was written beside it, which may be nothing.
    """

    event_id: EventId
    room_id: RoomId
    sender: UserId
    sent_at: datetime  # origin_server_ts, aware, UTC
    body: str
    trust: Trust
    device_id: DeviceId | None
    room_encrypted: bool
    direct: bool  # the room holds the bot and one other person, invitations counted, and is bound to nothing
    mentioned: bool  # the bot is named in m.mentions or by a pill at the start
    thread_root: EventId | None = None
    reply_to: EventId | None = None
    once: str | None = None
    """What names the ciphertext: the same again under another event id is a replay. None for clear text."""
    late: bool = False
    """It was Unreadable when it came, and its key, or word of its sender's device, has come since."""
    file: CarriedFile | None = None


@dataclass(frozen=True, slots=True)
class Redaction:
    """A message was taken back, by who sent it or by who may remove messages there. Clear, so the server's word."""

    event_id: EventId
    room_id: RoomId
    sender: UserId
    redacts: EventId


NO_KEY = "no key"
"""Why an event is unreadable that may be read later."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An encrypted event that could not be read (`reason`: no key, spoofed sender, replay ...): refused, counted."""

    event_id: EventId
    room_id: RoomId
    sender: UserId
    sent_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Invite:
    """The bot is invited to a room."""

    room_id: RoomId
    inviter: UserId


@dataclass(frozen=True, slots=True)
class MembershipChange:
    """Somebody joined or left a room that the bot is in (clear state only)."""

    room_id: RoomId
    user: UserId
    joined: bool


@dataclass(frozen=True, slots=True)
class Tombstone:
    """A room was closed in favour of another."""

    room_id: RoomId
    successor: RoomId | None


@dataclass(frozen=True, slots=True)
class IdentityChanged:
    """A user's homeserver shows another master key than the one the user was first seen with."""

    user: UserId
    master_key: str  # the new one, unpadded base64
    shown_at: datetime  # aware, UTC: the same key shown again, after another, is another change


@dataclass(frozen=True, slots=True)
class ShortCode:
    """Somebody verifies the bot by short code (SAS): what both sides must see, for people to compare."""

    transaction_id: str  # of the verification; in a room the event id of its request
    user: UserId
    device_id: DeviceId
    emoji: Sequence[tuple[str, str]]  # seven: symbol, English name
    decimals: tuple[int, int, int]


Noticed = Redaction | Unreadable | Invite | MembershipChange | Tombstone | IdentityChanged | ShortCode
"""What comes in without anybody having said it to the bot."""
Incoming = Message | Noticed


async def _nothing(_tx: Transaction) -> None:
    """Keep nothing."""


@dataclass(frozen=True, slots=True)
class SyncBatch:
    """One answered sync: what is new, in order, and the token from which the next one continues."""

    next_token: str
    events: Sequence[Incoming] = ()
    keep: Callable[[Transaction], Awaitable[None]] = _nothing
    """Writes the keys and room states that came with the answer; belongs into the same transaction."""


Journal = Callable[[SyncBatch], Awaitable[None]]
"""Writes a batch and its token in one transaction; when it raises, the batch is offered again.

An event that was Unreadable for want of a key is offered again as Message when its key arrives late.
"""
