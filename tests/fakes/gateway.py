"""Matrix itself: rooms, messages and files, in a few dictionaries."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR

from bot.matrix.interface import (
    Journal,
    MatrixError,
    NewRoom,
    Rejected,
    RoomFacts,
    RoomUnsafe,
    SealedFile,
    SeenFile,
    Sent,
    Strangers,
    Unread,
    WhyUnsafe,
)
from bot.matrix.media import EncryptedFile, IncomingMedia, Media, NotFound, Seals, TooLarge
from storage.ids import DeviceId, EventId, RoomId, UserId
from tests.fakes.heard import Heard, heard_of

BOT = UserId("@sesn:test")


@dataclass
class FakeRoom:
    room_id: RoomId
    joined: set[UserId]
    name: str | None = None
    encrypted: bool = True
    tombstoned: bool = False
    successor: RoomId | None = None
    world_readable: bool = False
    shared_history: bool = False
    invited: set[UserId] = field(default_factory=set)
    heard: list[Heard] = field(default_factory=list)
    failure: MatrixError | None = None
    unread: frozenset[Unread] = frozenset()
    redacted: list[Heard] = field(default_factory=list)
    """What the bot said and took away again."""
    lets_redact: bool = True


class FakeMedia(Media):
    """The homeserver's media repository as a dictionary; all else is the bot's own."""

    def __init__(self) -> None:
        self.stored: dict[str, bytes] = {}
        self.failure: MatrixError | None = None
        self.fetched: list[str] = []

    def put(self, data: bytes) -> EncryptedFile:
        """Encrypt and keep a file as a member's client does."""
        cipher, place = Cipher(AES(b"k" * 32), CTR(bytes(16))), f"file{len(self.stored)}"
        ciphertext = cipher.encryptor().update(data)
        file = EncryptedFile("test", place, b"k" * 32, bytes(16), hashlib.sha256(ciphertext).digest())
        self.stored[file.url] = ciphertext
        return file

    async def _fetch(self, file: EncryptedFile, limit: int, deadline: timedelta) -> bytearray:
        del deadline
        self.fetched.append(file.url)
        if self.failure is not None:
            raise self.failure
        if file.url not in self.stored:
            raise NotFound
        if len(self.stored[file.url]) > limit:
            raise TooLarge(limit)
        return bytearray(self.stored[file.url])


class FakeGateway:
    """`bot.matrix.interface.Gateway` in memory."""

    def __init__(self) -> None:
        self.rooms: dict[RoomId, FakeRoom] = {}
        self.invitations: dict[RoomId, FakeRoom] = {}
        self.by_transaction: dict[tuple[DeviceId, str], EventId] = {}
        self.sent_order: list[tuple[RoomId, str]] = []
        self.device = DeviceId("DEVICE")
        self.display_name: str | None = None
        self.requests: dict[str, RoomId] = {}
        self.prepared: list[list[RoomId]] = []
        self.joined_via: dict[RoomId, list[str]] = {}
        self.uploads: list[tuple[str, bytes]] = []
        self.media = FakeMedia()
        self.incoming = IncomingMedia(self.media, Seals(b"s" * 32))
        self._count = 0

    @property
    def user_id(self) -> UserId:
        return BOT

    @property
    def device_id(self) -> DeviceId:
        return self.device

    def event_id(self) -> EventId:
        self._count += 1
        return EventId(f"$event{self._count}")

    async def sync_forever(self, journal: Journal, *, since: str | None) -> None:
        del journal, since
        raise AssertionError("the tests offer their batches themselves")

    def _room(self, room_id: RoomId) -> FakeRoom:
        room = self.rooms.get(room_id)
        if room is None:
            raise RoomUnsafe(WhyUnsafe.NOT_JOINED)
        if room.failure is not None:
            raise room.failure
        return room

    @property
    def fingerprint(self) -> str:
        return "YD3F Ycj+ 67wz IsYd VuVt IL4M 7760 uaf2 +cq6 bhFf TXw"

    async def prepare(self, rooms: Sequence[RoomId]) -> None:
        self.prepared += [list(rooms)]

    async def send(
        self,
        room_id: RoomId,
        content: Mapping[str, Any],
        transaction_id: str,
        *,
        readers: Collection[UserId] | None = None,
        clear: bool = False,
    ) -> Sent:
        known = self.by_transaction.get((self.device, transaction_id))
        if known is not None:
            return Sent(known)
        room = self._room(room_id)
        if room.tombstoned:
            raise RoomUnsafe(WhyUnsafe.TOMBSTONED)
        if not room.encrypted and not clear:
            raise RoomUnsafe(WhyUnsafe.NOT_ENCRYPTED)
        if room.world_readable:
            raise RoomUnsafe(WhyUnsafe.WORLD_READABLE)
        if readers is not None and (strangers := (room.joined | room.invited) - {BOT, *readers}):
            raise Strangers(frozenset(strangers))
        event_id = self.event_id()
        self.by_transaction[self.device, transaction_id] = event_id
        self.sent_order.append((room_id, transaction_id))
        room.heard.append(heard_of(room_id, event_id, content))
        return Sent(event_id, room.unread)

    async def upload(
        self, data: bytes, name: str, content_type: str, caption: str, pixels: tuple[int, int] | None
    ) -> dict[str, Any]:
        self.uploads.append((name, data))
        kind = "m.image" if pixels else "m.file"
        return {
            "msgtype": kind,
            "body": caption,
            "filename": name,
            "info": {"mimetype": content_type},
            "m.mentions": {},
        }

    async def redact(self, room_id: RoomId, event_id: EventId, transaction_id: str) -> None:
        if (self.device, transaction_id) in self.by_transaction:
            return
        room = self._room(room_id)
        if not room.lets_redact:
            raise Rejected(403, "M_FORBIDDEN")
        self.by_transaction[self.device, transaction_id] = self.event_id()
        room.redacted += [one for one in room.heard if one.event_id == event_id]
        room.heard[:] = [one for one in room.heard if one.event_id != event_id]

    async def look_into(
        self, sealed: SealedFile, declared_type: str | None, *, limit_bytes: int, deadline: timedelta
    ) -> SeenFile:
        return await self.incoming.look_into(sealed, declared_type, limit_bytes=limit_bytes, deadline=deadline)

    async def forwarded(self, sealed: SealedFile, name: str, seen: SeenFile, caption: str) -> dict[str, Any]:
        return self.incoming.forwarded(sealed, name, seen, caption)

    async def find_sent(self, room_id: RoomId, transaction_id: str) -> EventId | None:
        del room_id
        found = [event for (_device, known), event in self.by_transaction.items() if known == transaction_id]
        return found[0] if found else None

    async def room(self, room_id: RoomId) -> RoomFacts:
        room = self.rooms.get(room_id)
        if room is None:
            raise RoomUnsafe(WhyUnsafe.NOT_JOINED)
        return RoomFacts(
            room_id,
            room.name,
            room.encrypted,
            frozenset(room.joined | {BOT}),
            frozenset(room.invited),
            tombstoned=room.tombstoned,
            world_readable=room.world_readable,
            successor=room.successor,
            shared_history=room.shared_history,
        )

    async def joined_rooms(self) -> Sequence[RoomId]:
        return list(self.rooms)

    async def join(self, room_id: RoomId, *, via: Sequence[str] = ()) -> None:
        self.joined_via[room_id] = list(via)
        room = self.invitations.pop(room_id, None)
        if room is None and room_id not in self.rooms:
            raise RoomUnsafe(WhyUnsafe.NOT_JOINED)
        if room is not None:
            self.rooms[room_id] = room

    async def leave(self, room_id: RoomId) -> None:
        self.rooms.pop(room_id, None)

    async def invite(self, room_id: RoomId, user: UserId) -> None:
        self._room(room_id).invited.add(user)

    async def create_room(self, room: NewRoom) -> RoomId:
        if room.request in self.requests:
            return self.requests[room.request]
        room_id = RoomId(f"!new{len(self.rooms)}:test")
        # In a direct chat the person counts as there at once: the tests read what they are told in it.
        joined = set(room.invite) if room.direct else set()
        self.rooms[room_id] = FakeRoom(room_id, joined, room.name, invited=set(room.invite) - joined)
        self.requests[room.request] = room_id
        return room_id

    async def direct_room(self, user: UserId) -> RoomId | None:
        for room in self.rooms.values():
            if room.joined | room.invited == {user} and room.name is None and room.encrypted:
                return room.room_id
        return None

    async def set_display_name(self, name: str) -> None:
        self.display_name = name
