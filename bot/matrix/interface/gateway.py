"""`Gateway`: what the bot asks of Matrix; with the rooms and receipts that it is answered with."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any, Protocol

from bot.matrix.interface.incoming import Journal, SealedFile, SeenFile
from storage.ids import DeviceId, EventId, RoomId, UserId

MARKER = "org.sesn.row"
"""Key inside the (encrypted) content that holds the transaction id, so that a sent row is found again."""

REQUEST = "org.sesn.request"
"""Key inside `m.room.create` that names the request a room was made for, so that it is not made twice."""


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

    async def joined_rooms(self) -> Sequence[RoomId]:
        """Return the rooms that the bot is in, as the homeserver says now."""

    async def join(self, room_id: RoomId, *, via: Sequence[str] = ()) -> None:
        """Go into a room. `via`: servers that know it, tried beside that of whoever named it as a successor."""

    async def leave(self, room_id: RoomId) -> None:
        """Leave a room; nothing of it is known any more."""

    async def invite(self, room_id: RoomId, user: UserId) -> None:
        """Invite somebody; who is there or invited already is left as it is. Raises RoomUnsafe(NOT_JOINED)."""

    async def create_room(self, room: NewRoom) -> RoomId:
        """Make a room, or return the one that was made for the same request; who is still missing is invited."""

    async def direct_room(self, user: UserId) -> RoomId | None:
        """Return an encrypted room that holds the bot and `user` alone (joined or invited), if there is one."""

    async def set_display_name(self, name: str) -> None:
        """Set the name under which clients show the bot."""
