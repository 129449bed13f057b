"""What nio holds of keys in memory: devices, Olm sessions and room keys, each with its own way to take little of it."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Protocol

from nio.crypto import DeviceStore, GroupSessionStore, InboundGroupSession, OlmDevice, Session, SessionStore

from storage.ids import EventId
from storage.keys import OlmSessionRow

_KEPT_ROOM_KEYS = 2_000
"""Room keys in memory: those used longest ago are read again from the database when a message needs them."""


class Unwritten(Protocol):
    """Room keys and used places that are not in the database yet."""

    @property
    def room_keys(self) -> Mapping[tuple[str, str, str], InboundGroupSession]:
        """By room, session and sender's key."""

    @property
    def places(self) -> Mapping[tuple[str, str, int], EventId]:
        """By session, sender's key and place."""


class Devices(DeviceStore):  # type: ignore[misc]  # nio has no type information
    """Finds a device by its name; nio's own compares it with every other one, for each that is added."""

    def __contains__(self, device: object) -> bool:
        return isinstance(device, OlmDevice) and self[device.user_id].get(device.id) == device


class LazySessions(SessionStore):  # type: ignore[misc]  # nio has no type information
    """Olm sessions, pickled while they are not in use: so they take a third of the memory."""

    def __init__(self, rows: Iterable[OlmSessionRow], pickle_key: str) -> None:
        super().__init__()
        self._pickle_key = pickle_key
        self._rows: dict[str, list[OlmSessionRow]] = {}
        for row in rows:
            self._rows.setdefault(row.sender_key, []).append(row)

    def add(self, sender_key: str, session: Session) -> bool:
        self._unpickle(sender_key)
        return bool(super().add(sender_key, session))

    def get(self, sender_key: str) -> Session | None:
        self._unpickle(sender_key)
        return super().get(sender_key)

    def __getitem__(self, sender_key: str) -> list[Session]:
        self._unpickle(sender_key)
        found: list[Session] = super().__getitem__(sender_key)
        return found

    def holds(self, sender_key: str) -> bool:
        """Say whether there is a session with a device."""
        return sender_key in self._rows or bool(self._entries.get(sender_key))

    def put_away(self, session: Session, row: OlmSessionRow) -> None:
        """Keep a session as its row, which has to be what the session is now."""
        entries = self._entries.get(row.sender_key, [])
        if session in entries:
            entries.remove(session)
            if not entries:
                del self._entries[row.sender_key]
            self._rows.setdefault(row.sender_key, []).append(row)

    def _unpickle(self, sender_key: str) -> None:
        for row in self._rows.pop(sender_key, ()):
            # nio compares these times with naive ones of its own, in local time.
            created, used = (moment.astimezone().replace(tzinfo=None) for moment in (row.created_at, row.used_at))
            super().add(sender_key, Session.from_pickle(row.pickle.encode(), created, self._pickle_key, used))


class RoomKeys(GroupSessionStore):  # type: ignore[misc]  # nio has no type information
    """The room keys in memory, a bounded part of those in the database."""

    def __init__(self) -> None:
        super().__init__()
        self._looked_for: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._used: dict[tuple[str, str], dict[int, EventId]] = {}

    def named(self, room_id: str, session_id: str) -> list[InboundGroupSession]:
        """Return the sessions in memory with this id."""
        senders = self._entries[room_id]
        return [sessions[session_id] for sessions in senders.values() if session_id in sessions]

    def replace(self, session: InboundGroupSession) -> None:
        """Put a session in the place of another part of the same ratchet."""
        self._entries[session.room_id][session.sender_key][session.id] = session

    def was_looked_for(self, room_id: str, session_id: str) -> bool:
        """Say whether the database has nothing to add."""
        known = (room_id, session_id) in self._looked_for
        if known:
            self._looked_for.move_to_end((room_id, session_id))
        return known

    def looked_for(
        self,
        room_id: str,
        session_id: str,
        used: Mapping[str, dict[int, EventId]],
        unwritten: Unwritten,
    ) -> None:
        """Note what the database holds; drop what was used longest ago, but not what is still to be written."""
        for sender_key, places in used.items():
            self._used.setdefault((session_id, sender_key), {}).update(places)
        self._looked_for[room_id, session_id] = None
        while len(self._looked_for) > _KEPT_ROOM_KEYS:
            (room, session), _ = self._looked_for.popitem(last=False)
            senders = [sender for sender, sessions in self._entries[room].items() if session in sessions]
            if any(self._is_pending(room, session, sender, unwritten) for sender in senders):
                self._looked_for[room, session] = None
                break
            for sender in senders:
                del self._entries[room][sender][session]
                self._used.pop((session, sender), None)

    def _is_pending(self, room: str, session: str, sender: str, unwritten: Unwritten) -> bool:
        places = self._used.get((session, sender), ())
        return (room, session, sender) in unwritten.room_keys or any(
            (session, sender, place) in unwritten.places for place in places
        )

    def used(
        self,
        session: InboundGroupSession,
        place: int,
        event_id: EventId,
        pending: dict[tuple[str, str, int], EventId],
    ) -> EventId:
        """Note an event for a place that has none, and return the place's event."""
        places = self._used.setdefault((session.id, session.sender_key), {})
        if place not in places:
            places[place] = pending[session.id, session.sender_key, place] = event_id
        return places[place]
