"""What clear state says of each room: who is in it, whether it is encrypted, closed, readable by everybody.

Nothing decrypted ever reaches this module: membership and power come from clear state alone. Room ids are opaque.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeGuard

from bot.matrix.interface import REQUEST, RoomFacts, WhyUnsafe
from storage.ids import RoomId, UserId, server_of
from storage.keys import RoomRow, StateRow

MEGOLM = "m.megolm.v1.aes-sha2"
CREATOR_POWER = 2**53 - 1
"""Stands for the unlimited power of creators from room version 12 on; no power level can be higher."""

_LONGEST_ROTATION = timedelta(days=7)
_MOST_MESSAGES = 100


_KEPT = frozenset(
    {
        "m.room.create",
        "m.room.encryption",
        "m.room.history_visibility",
        "m.room.name",
        "m.room.power_levels",
        "m.room.tombstone",
    }
)
"""The state the bot needs beside the members, all with an empty state key."""


@dataclass(slots=True)
class RoomChanges:
    """What is known of rooms beyond what was written down."""

    rooms: dict[RoomId, RoomRow] = field(default_factory=dict)
    replaced: set[RoomId] = field(default_factory=set)  # nothing written earlier of their state holds
    states: dict[tuple[RoomId, str, str], StateRow] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.rooms or self.replaced or self.states)

    def followed_by(self, newer: "RoomChanges") -> "RoomChanges":
        """Return both together."""
        kept = {name: row for name, row in self.states.items() if name[0] not in newer.replaced}
        return RoomChanges(self.rooms | newer.rooms, self.replaced | newer.replaced, kept | newer.states)


@dataclass(slots=True)
class Member:
    """One m.room.member event."""

    membership: str
    display_name: str | None = None


@dataclass(slots=True)
class RoomView:
    """The current clear state of one room, as far as the bot needs it."""

    room_id: RoomId
    was_encrypted: bool = False  # remembered from earlier runs: encryption is never switched off
    members: dict[UserId, Member] = field(default_factory=dict)
    state: dict[str, Mapping[str, Any]] = field(default_factory=dict)  # event by type, empty state key
    known: bool = False  # the whole state has been seen, not only changes of it
    version: int = 0  # counts the changes of who is there
    changed: set[tuple[str, str]] = field(default_factory=set)  # type and state key of what was not written down yet
    replaced: bool = False

    def apply(self, event: Mapping[str, Any]) -> None:
        """Take over one clear state event; anything malformed counts as an event with empty content."""
        kind, key = event.get("type"), event.get("state_key")
        content = event["content"] if isinstance(event.get("content"), dict) else {}
        if kind == "m.room.member" and isinstance(key, str):
            member = _member(content)
            if self.members.get(UserId(key)) != member:
                self.members[UserId(key)] = member
                self.changed.add((kind, key))
                self.version += 1
        elif kind in _KEPT and key == "":
            if kind == "m.room.encryption" and content.get("algorithm") == MEGOLM:
                self.was_encrypted = True
            self.state[str(kind)] = event
            self.changed.add((str(kind), ""))
            self.version += 1

    def knows_otherwise(self, event: Mapping[str, Any]) -> bool:
        """Say whether something else is known in the place of a state event."""
        kind, key = event.get("type"), event.get("state_key")
        content = event["content"] if isinstance(event.get("content"), dict) else {}
        if kind == "m.room.member" and isinstance(key, str):
            return self.members.get(UserId(key), _member(content)) != _member(content)
        known = self.state.get(kind) if isinstance(kind, str) and key == "" else None
        return known is not None and known.get("event_id") != event.get("event_id")

    def rows(self) -> list[StateRow]:
        """Return what changed since it was written down last, as it is to be written."""
        return [StateRow(self.room_id, kind, key, self._event(kind, key)) for kind, key in self.changed]

    def _event(self, kind: str, key: str) -> Mapping[str, Any]:
        if kind != "m.room.member":
            kept = ("type", "state_key", "sender", "event_id", "content")
            return {name: self.state[kind][name] for name in kept if name in self.state[kind]}
        member = self.members[UserId(key)]
        name = {} if member.display_name is None else {"displayname": member.display_name}
        return {"type": kind, "state_key": key, "content": {"membership": member.membership, **name}}

    def content(self, kind: str) -> Mapping[str, Any]:
        """Return the content of a state event with an empty state key, or nothing."""
        event = self.state.get(kind)
        content = event.get("content") if event else None
        return content if isinstance(content, dict) else {}

    def with_membership(self, *memberships: str) -> frozenset[UserId]:
        """Return the users with one of these memberships."""
        return frozenset(user for user, member in self.members.items() if member.membership in memberships)

    def holds(self, user: UserId) -> bool:
        """Say whether somebody is in the room or invited."""
        member = self.members.get(user)
        return member is not None and member.membership in {"join", "invite"}

    @property
    def encrypted(self) -> bool:
        """The room is encrypted now, or was at any time before."""
        return self.was_encrypted

    @property
    def tombstoned(self) -> bool:
        """The room was closed."""
        return "m.room.tombstone" in self.state

    @property
    def successor(self) -> RoomId | None:
        """The room that a tombstone names."""
        room = self.content("m.room.tombstone").get("replacement_room")
        return RoomId(room) if isinstance(room, str) else None

    @property
    def visibility(self) -> str:
        """The history visibility; the specification's default is `shared`."""
        value = self.content("m.room.history_visibility").get("history_visibility")
        return value if isinstance(value, str) else "shared"

    @property
    def name(self) -> str | None:
        """The room's name, if it has one."""
        name = self.content("m.room.name").get("name")
        return name if isinstance(name, str) and name else None

    @property
    def request(self) -> str | None:
        """What the room was made for (see REQUEST)."""
        value = self.content("m.room.create").get(REQUEST)
        return value if isinstance(value, str) else None

    @property
    def creator(self) -> UserId | None:
        """The sender of the create event: in every room version the one who made the room."""
        sender = self.state.get("m.room.create", {}).get("sender")
        return UserId(sender) if isinstance(sender, str) else None

    @property
    def receivers(self) -> frozenset[UserId]:
        """Those whose devices get the keys: who joined, and who is invited where history is for the invited too."""
        if self.visibility == "joined":
            return self.with_membership("join")
        return self.with_membership("join", "invite")

    @property
    def people(self) -> frozenset[UserId]:
        """Those who are in the room or invited."""
        return self.with_membership("join", "invite")

    @property
    def rotation(self) -> tuple[timedelta, int]:
        """After which age and how many messages the room wants a new key; never laxer than a week and 100."""
        content = self.content("m.room.encryption")
        period, count = content.get("rotation_period_ms"), content.get("rotation_period_msgs")
        age = timedelta(milliseconds=period) if _positive(period) and period < 10**12 else _LONGEST_ROTATION
        return min(age, _LONGEST_ROTATION), min(count, _MOST_MESSAGES) if _positive(count) else _MOST_MESSAGES

    def powers(self) -> dict[UserId, int]:
        """Return the users with a power of their own; creators as the room's version says."""
        users = self.content("m.room.power_levels").get("users")
        powers = {
            UserId(user): level
            for user, level in (users.items() if isinstance(users, dict) else ())
            if isinstance(level, int) and not isinstance(level, bool)
        }
        create = self.content("m.room.create")
        if self.creator is None:
            return powers
        if version_number(create.get("room_version")) >= 12:
            more = create.get("additional_creators")
            for user in [self.creator, *(more if isinstance(more, list) else [])]:
                if isinstance(user, str):
                    powers[UserId(user)] = CREATOR_POWER
        elif "m.room.power_levels" not in self.state:
            powers[self.creator] = 100
        return powers

    def why_unsafe(self, own: UserId, *, clear: bool = False) -> WhyUnsafe | None:
        """Say why the room may not be sent to; `clear` allows an unencrypted one."""
        member = self.members.get(own)
        if member is None or member.membership != "join":
            return WhyUnsafe.NOT_JOINED
        if self.tombstoned:
            return WhyUnsafe.TOMBSTONED
        if not self.encrypted and not clear:
            return WhyUnsafe.NOT_ENCRYPTED
        if self.was_encrypted and self.content("m.room.encryption").get("algorithm") != MEGOLM:
            # Encryption is never switched off: a server that does not show it any more hides something.
            return WhyUnsafe.ENCRYPTION_HIDDEN
        if self.visibility == "world_readable":
            return WhyUnsafe.WORLD_READABLE
        return None

    def facts(self) -> RoomFacts:
        """Return the view as the rest of the bot knows it."""
        return RoomFacts(
            room_id=self.room_id,
            name=self.name,
            encrypted=self.encrypted,
            joined=self.with_membership("join"),
            invited=self.with_membership("invite"),
            tombstoned=self.tombstoned,
            world_readable=self.visibility == "world_readable",
            successor=self.successor if self.tombstoned else None,
            shared_history=self.visibility in {"shared", "world_readable"},
            powers=self.powers(),
        )


def _member(content: Mapping[str, Any]) -> Member:
    membership, name = content.get("membership"), content.get("displayname")
    return Member(membership if isinstance(membership, str) else "leave", name if isinstance(name, str) else None)


def version_number(version: object) -> int:
    """Return a room version as a number, 1 when there is none; unstable versions count as 0."""
    if version is None:
        return 1
    return int(version) if isinstance(version, str) and version.isdecimal() else 0


def _positive(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


class Rooms:
    """All rooms the bot knows the state of."""

    def __init__(self, rooms: Iterable[RoomRow] = (), states: Iterable[StateRow] = ()) -> None:
        """`rooms`, `states`: as they were written down in earlier runs."""
        self._views: dict[RoomId, RoomView] = {}
        self._encrypted = {row.room_id for row in rooms if row.encrypted}
        self._left: set[RoomId] = set()
        self._touched: set[RoomId] = set()  # looked at since changes were asked for
        self._receivers: frozenset[UserId] | None = None
        for row in rooms:
            if row.joined:
                self.view(row.room_id).known = True
        for state in states:
            if state.room_id in self._views:
                self._views[state.room_id].apply(state.event)
        for view in self._views.values():
            view.changed.clear()
        self._touched.clear()
        self._written = {row.room_id: row for row in rooms}

    def view(self, room_id: RoomId) -> RoomView:
        """Return the view of a room, an empty one when nothing is known yet."""
        if room_id not in self._views:
            self._views[room_id] = RoomView(room_id, was_encrypted=room_id in self._encrypted)
        self._touched.add(room_id)
        return self._views[room_id]

    def receivers(self) -> frozenset[UserId]:
        """Return those who get keys of any encrypted room."""
        touched = (self._views.get(room_id) for room_id in self._touched)
        if self._receivers is None or self._left or any(view and (view.changed or view.replaced) for view in touched):
            self._receivers = frozenset(user for view in self if view.encrypted for user in view.receivers)
        return self._receivers

    def known(self, room_id: RoomId) -> RoomView | None:
        """Return the view of a room whose whole state has been seen."""
        view = self._views.get(room_id)
        return view if view is not None and view.known else None

    def has(self, room_id: RoomId, user: UserId) -> bool:
        """Say whether somebody is in a room of the bot's, or invited to it."""
        view = self.known(room_id)
        return view is not None and view.holds(user)

    def shared_with(self, user: UserId) -> bool:
        """Say whether somebody is in a room of the bot's, or invited to one."""
        return any(view.holds(user) for view in self)

    def who_names(self, successor: RoomId) -> Sequence[str]:
        """Return the servers of those who closed a room in favour of this one."""
        tombstones = [view.state["m.room.tombstone"] for view in self if view.successor == successor]
        return [server_of(UserId(str(event.get("sender")))) for event in tombstones]

    def replace(self, room_id: RoomId, state: Iterable[Mapping[str, Any]]) -> RoomView:
        """Take over the whole state of a room in place of what was known."""
        old = self._views.pop(room_id, None)
        view = self.view(room_id)
        if old is not None:
            view.was_encrypted = view.was_encrypted or old.was_encrypted
            view.version = old.version + 1
        for event in state:
            view.apply(event)
        view.known = view.replaced = True
        return view

    def forget(self, room_id: RoomId) -> None:
        """The bot is no longer in the room."""
        view = self._views.pop(room_id, None)
        if view is not None:
            self._left.add(room_id)
            if view.encrypted:
                self._encrypted.add(room_id)

    def changes(self) -> RoomChanges:
        """Return what changed since the last call, to be written down."""
        self.receivers()
        found = RoomChanges(replaced=self._left)
        self._left = set()
        for room_id in found.replaced:
            self._note(RoomRow(room_id, room_id in self._encrypted, joined=False), found)
        for view in [self._views[room_id] for room_id in self._touched if self.known(room_id)]:
            if view.encrypted:
                self._encrypted.add(view.room_id)
            self._note(RoomRow(view.room_id, view.encrypted, joined=True), found)
            if view.replaced:
                found.replaced.add(view.room_id)
                view.replaced = False
            if view.changed:
                found.states.update({(row.room_id, row.kind, row.state_key): row for row in view.rows()})
                view.changed.clear()
        self._touched.clear()
        return found

    def _note(self, row: RoomRow, found: RoomChanges) -> None:
        if self._written.get(row.room_id) != row:
            self._written[row.room_id] = found.rooms[row.room_id] = row

    def __bool__(self) -> bool:
        return bool(self._views)

    def __iter__(self) -> Iterator[RoomView]:
        return iter([view for view in self._views.values() if view.known])
