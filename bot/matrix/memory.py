"""What nio holds of keys in memory: devices, Olm sessions and room keys, each with its own way to take little of it."""

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import Protocol

from nio.crypto import DeviceStore, GroupSessionStore, InboundGroupSession, OlmDevice, Session, SessionStore

from storage.ids import EventId
from storage.keys import MOST_OF_A_DEVICE, MOST_SESSIONS, OlmSessionRow

_KEPT_ROOM_KEYS = 2_000
"""Room keys in memory: those used longest ago are read again from the database when a message needs them."""
_SPARE_SESSIONS, _SPARE_OF_A_DEVICE = 1_000, 10
"""Olm sessions, of all devices and of one, that are let come beyond what is kept before some are dropped."""


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
        self._number = sum(map(len, self._rows.values()))
        self._crowded: set[str] = set()

    def add(self, sender_key: str, session: Session) -> bool:
        self._unpickle(sender_key)
        is_new = bool(super().add(sender_key, session))
        self._number += is_new
        if len(self._entries[sender_key]) > MOST_OF_A_DEVICE + _SPARE_OF_A_DEVICE:
            self._crowded.add(sender_key)
        return is_new

    def get(self, sender_key: str) -> Session | None:
        return super().get(sender_key) if self.holds(sender_key) and self._unpickle(sender_key) else None

    def __getitem__(self, sender_key: str) -> list[Session]:
        """Return the sessions with a device; what nobody has begun takes no memory, whatever names are made up."""
        if not self.holds(sender_key):
            return []
        self._unpickle(sender_key)
        found: list[Session] = super().__getitem__(sender_key)
        return found

    def drop_spare(self, known: Callable[[], Collection[str]]) -> list[tuple[str, str]]:
        """Forget sessions where there are too many, and return them by the device's key and their id.

        Of one device those used last are kept; of all, those with `known` devices, and then those used last. Anybody
        may begin as many as they like, from devices that they make up. Who has a use for one that is gone begins
        another.
        """
        dropped = [(key, one.id) for key in self._crowded for one in self._drop(key, MOST_OF_A_DEVICE)]
        self._crowded.clear()
        if self._number > MOST_SESSIONS + _SPARE_SESSIONS:
            ours = known()
            used = [(max(self._last_uses(key)), key) for key in {*self._rows, *self._entries} if key not in ours]
            for _, key in sorted(used):
                if self._number <= MOST_SESSIONS:
                    break
                dropped += [(key, row.session_id) for row in self._rows.get(key, ())]
                self._number -= len(self._rows.pop(key, ()))
                dropped += [(key, one.id) for one in self._drop(key, 0)]
        return dropped

    def _drop(self, key: str, most: int) -> list[Session]:
        entries = sorted(self._entries.get(key, ()), key=lambda one: one.use_time, reverse=True)
        self._number -= len(entries[most:])
        self._entries[key] = entries[:most]
        if not self._entries[key]:
            del self._entries[key]
        return entries[most:]

    def _last_uses(self, key: str) -> list[datetime]:
        in_use = [one.use_time.astimezone(UTC) for one in self._entries.get(key, ())]
        return [*in_use, *(row.used_at for row in self._rows.get(key, ()))]

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

    def _unpickle(self, sender_key: str) -> bool:
        for row in self._rows.pop(sender_key, ()):
            # nio compares these times with naive ones of its own, in local time.
            created, used = (moment.astimezone().replace(tzinfo=None) for moment in (row.created_at, row.used_at))
            super().add(sender_key, Session.from_pickle(row.pickle.encode(), created, self._pickle_key, used))
        return True


class RoomKeys(GroupSessionStore):  # type: ignore[misc]  # nio has no type information
    """The room keys in memory, a bounded part of those in the database."""

    def __init__(self) -> None:
        super().__init__()
        self._looked_for: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._used: dict[tuple[str, str], dict[int, EventId]] = {}
        self._arrived: OrderedDict[tuple[str, str, str], None] = OrderedDict()

    def get(self, room_id: str, sender_key: str, session_id: str) -> InboundGroupSession | None:
        """Return a session, if it is in memory; names that are made up take none of it."""
        found: InboundGroupSession | None = None
        if sender_key in self._entries.get(room_id, ()):
            found = super().get(room_id, sender_key, session_id)
        return found

    def arrived(self, name: tuple[str, str, str]) -> None:
        """Note a new key, by room, session and sender's key; its message may never come."""
        self._arrived[name] = None

    def forget_oldest(self, unwritten: Unwritten) -> None:
        """Drop from memory the oldest of very many keys that no message has come with: the database has them."""
        while len(self._arrived) > _KEPT_ROOM_KEYS:
            name = room, session, sender = next(iter(self._arrived))
            if name in unwritten.room_keys:
                return
            del self._arrived[name]
            # What was looked for has a turn of its own.
            if (room, session) not in self._looked_for:
                self._forget(room, session, sender)

    def _forget(self, room: str, session: str, sender: str) -> None:
        senders = self._entries.get(room, {})
        if session in senders.get(sender, {}):
            del senders[sender][session]
            if not senders[sender]:
                del senders[sender]
        if not senders:
            self._entries.pop(room, None)
        self._used.pop((session, sender), None)

    def named(self, room_id: str, session_id: str) -> list[InboundGroupSession]:
        """Return the sessions in memory with this id."""
        senders = self._entries.get(room_id, {})
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
            there = self._entries.get(room, {})
            senders = [sender for sender, sessions in there.items() if session in sessions]
            if any(self._is_pending(room, session, sender, unwritten) for sender in senders):
                self._looked_for[room, session] = None
                break
            for sender in senders:
                self._forget(room, session, sender)

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
