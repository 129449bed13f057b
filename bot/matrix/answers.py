"""What a homeserver's answers hold: what is not as it must be is left out and counted, and never stops the rest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from storage.ids import RoomId, UserId

Event = Mapping[str, Any]

MALFORMED: tuple[type[Exception], ...] = (AttributeError, LookupError, TypeError, ValueError)
"""What is raised where an answer is of another shape than the specification says: it failed, as others do."""
_LONGEST_ID = 255
"""Characters of an id, a type or a state key (the specification counts as many bytes)."""


@dataclass(frozen=True, slots=True)
class RoomPart:
    """What a sync says of one room. `malformed` counts what was left out."""

    state: Sequence[Event] = ()
    timeline: Sequence[Event] = ()
    limited: bool = False
    before: str | None = None
    """From where what came before the timeline can be asked for."""
    malformed: int = 0


@dataclass(frozen=True, slots=True)
class SyncAnswer:
    """An answer to a sync. `next_token` continues it."""

    next_token: str
    joined: Mapping[RoomId, RoomPart] = field(default_factory=dict)
    left: Mapping[RoomId, RoomPart] = field(default_factory=dict)
    invited: Mapping[RoomId, Sequence[Event]] = field(default_factory=dict)
    malformed: int = 0
    """How many rooms were left out."""

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> "SyncAnswer":
        """Take an answer apart that holds at least `next_batch`."""
        lost = _Lost()
        rooms = lost.dict(raw.get("rooms"))
        return cls(
            str(raw["next_batch"]),
            joined={room: _part(part) for room, part in lost.rooms(rooms.get("join"))},
            left={room: _part(part) for room, part in lost.rooms(rooms.get("leave"))},
            invited={room: _invitation(part) for room, part in lost.rooms(rooms.get("invite"))},
            malformed=lost.count,
        )


class _Lost:
    """Takes out what is as it must be, and counts what is not. What is missing is not malformed."""

    def __init__(self) -> None:
        self.count = 0

    def dict(self, value: Any) -> Mapping[str, Any]:
        if isinstance(value, dict):
            return value
        self.count += value is not None
        return {}

    def list(self, value: Any) -> Sequence[Any]:
        if isinstance(value, list):
            return value
        self.count += value is not None
        return ()

    def rooms(self, value: Any) -> Sequence[tuple[RoomId, Any]]:
        rooms = self.dict(value)
        named = [(RoomId(name), part) for name, part in rooms.items() if is_id(name)]
        self.count += len(rooms) - len(named)
        return named

    def events(self, value: Any) -> Sequence[Event]:
        events = self.list(value)
        sound = tuple(found for event in events if (found := _sound(event)) is not None)
        self.count += len(events) - len(sound)
        return sound


def is_id(value: Any) -> bool:
    """Say whether a value can be an id of a person, a room, a device, an event or a session, or a key.

    What cannot is not kept either: a database takes neither halves of characters nor keys without end.
    """
    return isinstance(value, str) and 0 < len(value) <= _LONGEST_ID and value.isprintable()


def events_of(value: Any) -> Sequence[Event]:
    """Return the events among what should be a list of events."""
    return _Lost().events(value)


def people_of(value: Any) -> Sequence[UserId]:
    """Return the ids among what should be a list of people."""
    return [UserId(name) for name in _Lost().list(value) if is_id(name)]


def _part(raw: Any) -> RoomPart:
    lost = _Lost()
    part = lost.dict(raw)
    timeline = lost.dict(part.get("timeline"))
    before = timeline.get("prev_batch")
    return RoomPart(
        state=lost.events(lost.dict(part.get("state")).get("events")),
        timeline=lost.events(timeline.get("events")),
        limited=bool(timeline.get("limited")),
        before=before if isinstance(before, str) else None,
        malformed=lost.count,
    )


def _invitation(raw: Any) -> Sequence[Event]:
    lost = _Lost()
    return lost.events(lost.dict(lost.dict(raw).get("invite_state")).get("events"))


def _sound(event: Any) -> Event | None:
    """Return an event whose parts are of the kinds they must be; None for what cannot be one."""
    if not isinstance(event, dict) or not is_id(event.get("type")):
        return None
    if not all(is_id(event[name]) for name in ("event_id", "sender") if name in event):
        return None
    key = event.get("state_key", "")
    if not isinstance(key, str) or len(key) > _LONGEST_ID:
        return None
    content, unsigned = event.get("content"), event.get("unsigned")
    if isinstance(content, dict) and (unsigned is None or _is_aside(unsigned)):
        return event
    return {**event, "content": content if isinstance(content, dict) else {}, "unsigned": {}}


def _is_aside(unsigned: Any) -> bool:
    return isinstance(unsigned, dict) and isinstance(unsigned.get("prev_content") or {}, dict)
