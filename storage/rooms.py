"""Which room stands for whom: bindings of rooms to countries, regions, the network or its coordination."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import assert_never

from sqlalchemy import UniqueConstraint, bindparam, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base, Transaction
from storage.ids import CountryCode, RoomId, UserId
from storage.members import Member, Members, Role
from storage.reference.countries import countries_in


class BindingKind(StrEnum):
    COUNTRY = "country"
    REGION = "region"
    NETWORK = "network"  # all members
    COORDINATION = "coordination"


class Binding(Base):
    """A room stands for a country, a region, the whole network or the coordinators. A room may have several."""

    __tablename__ = "bindings"
    __table_args__ = (UniqueConstraint("room_id", "kind", "value"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    room_id: Mapped[RoomId] = mapped_column(index=True)
    kind: Mapped[BindingKind]
    value: Mapped[str] = mapped_column(default="")
    """ISO country code, name of the region, or empty."""
    bound_by: Mapped[UserId]
    bound_at: Mapped[datetime]


def is_meant_for(binding: Binding, member: Member) -> bool:
    """Whether the member is one of those for whom a room bound like this exists."""
    match binding.kind:
        case BindingKind.COUNTRY:
            return member.country == binding.value
        case BindingKind.REGION:
            return member.country is not None and member.country in countries_in(binding.value)
        case BindingKind.NETWORK:
            return True
        case BindingKind.COORDINATION:
            return member.role >= Role.COORDINATOR
        case _:
            assert_never(binding.kind)


def admits(bindings: Sequence[Binding], member: Member) -> bool:
    """Whether a room with these bindings is for this member.

    What coordinators discuss is for them alone, whatever else the room is bound to.
    """
    if any(binding.kind is BindingKind.COORDINATION for binding in bindings) and member.role < Role.COORDINATOR:
        return False
    return any(is_meant_for(binding, member) for binding in bindings)


class Guest(Base):
    """Somebody on no roster who may read what is said in one room: a coordinator's decision."""

    __tablename__ = "guests"

    room_id: Mapped[RoomId] = mapped_column(primary_key=True)
    user_id: Mapped[UserId] = mapped_column(primary_key=True)
    allowed_by: Mapped[UserId]
    allowed_at: Mapped[datetime]


class ClosedRoom(Base):
    """A bound room that was closed in favour of another, or of none."""

    __tablename__ = "closed_rooms"

    room_id: Mapped[RoomId] = mapped_column(primary_key=True)
    successor: Mapped[RoomId | None] = mapped_column(index=True)
    closed_at: Mapped[datetime]
    confirmed_by: Mapped[UserId | None]
    """The coordinator who said that the successor takes over what the room stood for."""
    moved_at: Mapped[datetime | None]


class RoomNote(Base):
    """What the bot remembers of a room: that it owes it a greeting."""

    __tablename__ = "room_notes"

    room_id: Mapped[RoomId] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    owes_greeting: Mapped[bool] = mapped_column(default=False)
    """The room was bound while nobody was in it who could read a greeting."""


_OF_ROOM = select(Binding).where(Binding.room_id == bindparam("room")).order_by(Binding.id)
_IN_ORDER = select(Binding).order_by(Binding.id)


class Rooms:
    """What rooms stand for, who may read there without being on the roster, and which of them were closed."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._session = tx.session

    async def bind(self, binding: Binding) -> bool:
        """Add the binding; False when the room was bound like this before."""
        query = select(Binding.id).where(
            Binding.room_id == binding.room_id, Binding.kind == binding.kind, Binding.value == binding.value
        )
        if await self._session.scalar(query) is not None:
            return False
        self._session.add(binding)
        await self._session.flush()
        return True

    async def unbind(self, room_id: RoomId) -> int:
        """Remove every binding of the room and return how many there were."""
        bindings = await self.of_room(room_id)
        await self._session.execute(delete(Binding).where(Binding.room_id == room_id))
        return len(bindings)

    async def release(self, binding: Binding) -> None:
        """Remove one binding of a room."""
        await self._session.delete(binding)
        await self._session.flush()

    async def by_room(self) -> dict[RoomId, list[Binding]]:
        """Return every bound room with its bindings."""
        rooms: dict[RoomId, list[Binding]] = {}
        for binding in await self.all():
            rooms.setdefault(binding.room_id, []).append(binding)
        return rooms

    async def as_bound(self) -> Mapping[RoomId, Sequence[Binding]]:
        """Return every bound room with its bindings, in the order in which they were bound: to be read, not changed."""

        async def read() -> Mapping[RoomId, Sequence[Binding]]:
            rooms: dict[RoomId, list[Binding]] = {}
            for binding in (await self._session.scalars(_IN_ORDER)).all():
                rooms.setdefault(binding.room_id, []).append(binding)
            return MappingProxyType({room: tuple(bindings) for room, bindings in rooms.items()})

        return await self._tx.recall("as bound", (Binding,), read)

    async def of_member(self, member: Member) -> Sequence[RoomId]:
        """Return the rooms that are for this member."""
        return [room for room, bindings in (await self.by_room()).items() if admits(bindings, member)]

    async def of_room(self, room_id: RoomId) -> Sequence[Binding]:
        async def read() -> Sequence[Binding]:
            return (await self._session.scalars(_OF_ROOM, {"room": room_id})).all()

        return await self._tx.recall(room_id, (Binding,), read)

    async def all(self) -> Sequence[Binding]:
        query = select(Binding).order_by(Binding.kind, Binding.value, Binding.id)
        return (await self._session.scalars(query)).all()

    async def bound_to(self, kind: BindingKind, value: str = "") -> Sequence[RoomId]:
        """Return the rooms bound to exactly this, each once."""

        async def read() -> Mapping[tuple[BindingKind, str], Sequence[RoomId]]:
            rooms: dict[tuple[BindingKind, str], list[RoomId]] = {}
            for room, bound in (await self.as_bound()).items():
                for one in bound:
                    rooms.setdefault((one.kind, one.value), []).append(room)
            return MappingProxyType(rooms)

        return list((await self._tx.recall("bound to", (Binding,), read)).get((kind, value), ()))

    async def of_country(self, country: CountryCode) -> Sequence[RoomId]:
        return await self.bound_to(BindingKind.COUNTRY, country)

    async def every_room(self) -> Sequence[RoomId]:
        """Return all bound rooms, each once."""
        return list(dict.fromkeys(binding.room_id for binding in await self.all()))

    async def guests(self, room_id: RoomId) -> Sequence[Guest]:
        """Return who may read in the room without being on the roster, in the order in which they were allowed."""
        query = select(Guest).where(Guest.room_id == room_id).order_by(Guest.allowed_at, Guest.user_id)
        return (await self._session.scalars(query)).all()

    async def allow(self, guest: Guest) -> bool:
        """Let somebody read in a room; False when that was allowed before."""
        if await self._session.get(Guest, (guest.room_id, guest.user_id)) is not None:
            return False
        self._session.add(guest)
        await self._session.flush()
        return True

    async def disallow(self, room_id: RoomId, user_id: UserId) -> bool:
        """Take that back; False when it was not allowed."""
        guest = await self._session.get(Guest, (room_id, user_id))
        if guest is None:
            return False
        await self._session.delete(guest)
        await self._session.flush()
        return True

    async def strangers(self, room_id: RoomId, people: Iterable[UserId]) -> frozenset[UserId]:
        """Return those of the people who are neither on the roster nor allowed to read in this room."""
        unknown = frozenset(people) - await Members(self._tx).ids()
        if not unknown:
            return unknown
        guests = await self._tx.recall(("guests", room_id), (Guest,), lambda: self.guests(room_id))
        return unknown.difference(guest.user_id for guest in guests)

    async def closed(self, room_id: RoomId) -> ClosedRoom | None:
        """Return what is known of the closing of a room."""
        return await self._session.get(ClosedRoom, room_id)

    async def successor_of(self, room_id: RoomId) -> RoomId:
        """Return the room that has taken over from this one, or from its successor; the room itself where none has."""
        seen = {room_id}
        while (closed := await self.closed(room_id)) is not None and closed.moved_at is not None:
            if closed.successor is None or closed.successor in seen:
                break
            room_id = closed.successor
            seen.add(room_id)
        return room_id

    async def close(self, room_id: RoomId, successor: RoomId | None, now: datetime) -> None:
        """Note that a room was closed. A confirmation counts for the successor that it named, and for no other."""
        known = await self.closed(room_id)
        if known is None:
            self._session.add(ClosedRoom(room_id=room_id, successor=successor, closed_at=now))
        elif known.successor != successor:
            known.successor, known.closed_at, known.confirmed_by, known.moved_at = successor, now, None, None
        await self._session.flush()

    async def succeeds(self, room_id: RoomId) -> Sequence[ClosedRoom]:
        """Return the rooms whose bindings are to move to this one: confirmed, and not done yet."""
        query = select(ClosedRoom).where(
            ClosedRoom.successor == room_id, ClosedRoom.confirmed_by.is_not(None), ClosedRoom.moved_at.is_(None)
        )
        return (await self._session.scalars(query)).all()

    async def move(self, old: RoomId, new: RoomId) -> Sequence[Binding]:
        """Let a room stand for all that another stood for, and that one for nothing; return what was new to it."""
        there = {(binding.kind, binding.value) for binding in await self.of_room(new)}
        moved = [binding for binding in await self.of_room(old) if (binding.kind, binding.value) not in there]
        for binding in moved:
            binding.room_id = new
        await self._session.flush()
        await self._session.execute(delete(Binding).where(Binding.room_id == old))
        return moved

    async def owe_greeting(self, room_id: RoomId) -> None:
        """Note that the room is greeted as soon as somebody is there to read it."""
        await self._session.merge(RoomNote(room_id=room_id, owes_greeting=True))
        await self._session.flush()

    async def owes_greeting(self, room_id: RoomId) -> bool:
        """Whether something was said in the room while nobody was there to read it."""
        note = await self._session.get(RoomNote, room_id)
        return note is not None and note.owes_greeting

    async def settle_greeting(self, room_id: RoomId) -> bool:
        """Whether the room is still owed a greeting; it is not any more afterwards."""
        note = await self._session.get(RoomNote, room_id)
        if note is None or not note.owes_greeting:
            return False
        note.owes_greeting = False
        await self._session.flush()
        return True
