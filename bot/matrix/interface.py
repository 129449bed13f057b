"""What the rest of the bot knows of Matrix: plain values, one protocol, one family of errors.

Nothing here imports nio; `bot.matrix.client.MatrixGateway` implements `Gateway` with it, and the unit tests
implement it in memory.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from storage.base import Transaction
from storage.files import FileFault
from storage.ids import DeviceId, EventId, RoomId, UserId

MARKER = "org.sesn.row"
"""Key inside the (encrypted) content that holds the transaction id, so that a sent row is found again."""

REQUEST = "org.sesn.request"
"""Key inside `m.room.create` that names the request a room was made for, so that it is not made twice."""


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


@dataclass(frozen=True, slots=True)
class RoomFacts:
    """What clear state says of a room the bot is joined to."""

    room_id: RoomId
    name: str | None
    encrypted: bool
    joined: frozenset[UserId]
    invited: frozenset[UserId]
    tombstoned: bool = False
    world_readable: bool = False
    successor: RoomId | None = None  # what the tombstone names
    shared_history: bool = False  # who comes later may be given what was said before
    powers: Mapping[UserId, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NewRoom:
    """A room to make: encrypted from its first event, invite only, history for those present."""

    request: str  # unique; a room already made for the same request is returned instead of a second one
    name: str | None
    invite: Sequence[UserId] = ()
    direct: bool = False
    admins: Sequence[UserId] = ()  # given power 100 beside the bot
    topic: str | None = None


class WhyUnread(StrEnum):
    """Why a person in a room cannot read a message on a device, or on any."""

    UNSIGNED = "unsigned"  # the owner has not signed the device
    NO_IDENTITY = "no identity"  # the owner has no cross-signing identity, so no device can be signed
    CHANGED = "changed"  # the owner's master key is not the one first seen, and no coordinator confirmed it
    UNREACHABLE = "unreachable"  # the device has no keys left with which it could be reached
    NO_DEVICE = "no device"  # no device with encryption


@dataclass(frozen=True, slots=True)
class Unread:
    """Somebody in the room who cannot read; `device_id` None: on no device at all."""

    user: UserId
    device_id: DeviceId | None
    why: WhyUnread


@dataclass(frozen=True, slots=True)
class Sent:
    """A message is in the room. `unread`: who of those in the room cannot read it, as it stood at that moment."""

    event_id: EventId
    unread: frozenset[Unread] = frozenset()


class MatrixError(Exception):
    """Any failure of the homeserver or the way to it. Never shown to a room."""


class Throttled(MatrixError):
    """429: the homeserver asks for a pause."""

    def __init__(self, retry_after: timedelta | None) -> None:
        super().__init__(f"throttled, retry after {retry_after}")
        self.retry_after = retry_after


class Unavailable(MatrixError):
    """No answer, a cut connection, a time-out or a 5xx: the request may or may not have been carried out."""


class Rejected(MatrixError):
    """The homeserver said no for good (4xx other than 401 and 429)."""

    def __init__(self, status: int, errcode: str, message: str = "") -> None:
        super().__init__(f"{status} {errcode} {message}")
        self.status = status
        self.errcode = errcode


class LoggedOut(MatrixError):
    """The access token is no longer accepted."""


class WhyUnsafe(StrEnum):
    """Why a room gets nothing of substance."""

    NOT_JOINED = "not joined"
    NOT_ENCRYPTED = "not encrypted"
    TOMBSTONED = "closed in favour of another room"
    ENCRYPTION_HIDDEN = "encrypted before, and now its state does not say so"
    WORLD_READABLE = "readable by everybody"


class RoomUnsafe(MatrixError):
    """The room may not be sent to."""

    def __init__(self, why: WhyUnsafe) -> None:
        super().__init__(why.value)
        self.why = why


class Strangers(MatrixError):
    """The room holds people who were not named as its readers."""

    def __init__(self, users: frozenset[UserId]) -> None:
        super().__init__(f"{len(users)} people in the room are not among its readers")
        self.users = users


class FileRefused(MatrixError):
    """A file was fetched, or tried to be, and is not what may be taken. Another try helps only with WRONG_HASH."""

    def __init__(self, fault: FileFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


class Gateway(Protocol):
    """Matrix, as the bot uses it. Every method raises MatrixError and nothing else; every await has a deadline."""

    @property
    def user_id(self) -> UserId: ...

    @property
    def device_id(self) -> DeviceId: ...

    @property
    def fingerprint(self) -> str:
        """The bot's public master key in groups of four, for people to compare."""

    async def sync_forever(self, journal: Journal, *, since: str | None) -> None:
        """Sync from `since` until cancelled, with backoff and jitter; each batch goes to `journal` before the next.

        Raises:
            LoggedOut: the device is gone; everything else is retried.
        """

    async def send(
        self,
        room_id: RoomId,
        content: Mapping[str, Any],
        transaction_id: str,
        *,
        readers: Collection[UserId] | None = None,
        clear: bool = False,
    ) -> Sent:
        """Encrypt and send one m.room.message; the same transaction id never makes two events.

        Adds MARKER to the content. `readers`: who may be in the room beside the bot, None for anybody. With `clear` the
        message goes to an unencrypted room (the one polite refusal).

        Raises:
            RoomUnsafe: the room is not joined, not encrypted (unless `clear`), tombstoned or world readable.
            Strangers: somebody beyond `readers` would get the keys; nothing was sent.
        """

    async def prepare(self, rooms: Sequence[RoomId]) -> None:
        """Bring the keys of several rooms to those who read there, together, so that each `send` is one request.

        What cannot be prepared is left to `send`, which says why.
        """

    async def upload(
        self, data: bytes, name: str, content_type: str, caption: str, pixels: tuple[int, int] | None
    ) -> dict[str, Any]:
        """Put a file on the homeserver, encrypted under a key of its own, and return the content of its message.

        `caption` stands beside it; `pixels` are width and height of a picture.
        """

    async def redact(self, room_id: RoomId, event_id: EventId, transaction_id: str) -> None:
        """Take the content of an own event away for good, in clear and without a reason; twice is once.

        Raises:
            Rejected: M_FORBIDDEN where the bot has not the power for it; what the room does not know is no error.
        """

    async def look_into(
        self, sealed: SealedFile, declared_type: str | None, *, limit_bytes: int, deadline: timedelta
    ) -> SeenFile:
        """Fetch a file that came with a message, check and open it, and say what it is; its bytes are forgotten.

        Raises:
            FileRefused: it is not taken; for good, but for WRONG_HASH.
        """

    async def forwarded(self, sealed: SealedFile, name: str, seen: SeenFile, caption: str) -> dict[str, Any]:
        """Return the content of a message that carries a file which is on the homeserver already.

        Raises:
            FileRefused: what it opens with cannot be read any more.
        """

    async def find_sent(self, room_id: RoomId, transaction_id: str) -> EventId | None:
        """Look for an own message with this MARKER among the latest messages of the room."""

    async def room(self, room_id: RoomId) -> RoomFacts:
        """Return what is known of a joined room. Raises RoomUnsafe(NOT_JOINED)."""

    async def joined_rooms(self) -> Sequence[RoomId]: ...

    async def join(self, room_id: RoomId, *, via: Sequence[str] = ()) -> None:
        """Go into a room. `via`: servers that know it, tried beside that of whoever named it as a successor."""

    async def leave(self, room_id: RoomId) -> None: ...

    async def invite(self, room_id: RoomId, user: UserId) -> None: ...

    async def create_room(self, room: NewRoom) -> RoomId: ...

    async def direct_room(self, user: UserId) -> RoomId | None:
        """Return an encrypted room that holds the bot and `user` alone (joined or invited), if there is one."""

    async def set_display_name(self, name: str) -> None: ...
