"""From clear events to what they change: pure functions. No I/O."""

from collections.abc import Mapping, Sequence

from bot.matrix.answers import Event
from bot.matrix.interface import Incoming, Invite, MembershipChange, Redaction, Tombstone, Unreadable
from bot.matrix.reading import moment, redacted
from bot.matrix.rooms import RoomView
from storage.ids import EventId, RoomId, UserId


def invites(rooms: Mapping[RoomId, Sequence[Event]], own: UserId) -> list[Incoming]:
    """Return the invitations of the bot."""
    found: list[Incoming] = []
    for room_id, events in rooms.items():
        for event in events:
            sender = event.get("sender")
            if (
                event["type"] == "m.room.member"
                and event.get("state_key") == own
                and event["content"].get("membership") == "invite"
                and sender is not None
            ):
                found.append(Invite(room_id, UserId(sender)))
    return found


def joined(event: Event) -> bool | None:
    """Say whether a membership event makes somebody join (True), leave (False) or changes neither (None)."""
    if event.get("type") != "m.room.member" or not isinstance(event.get("content"), dict):
        return None
    unsigned = event.get("unsigned") or {}
    if "replaces_state" in unsigned and "prev_content" not in unsigned:
        return None  # there was something before, but we are not told what: it may have been a change of name
    before = (unsigned.get("prev_content") or {}).get("membership")
    now = event["content"].get("membership")
    if (now == "join") == (before == "join"):
        return None
    return bool(now == "join")


def state_change(view: RoomView, event: Event) -> Incoming | None:
    """Return what a state event of the timeline tells the rest of the bot."""
    comes = joined(event)
    if comes is not None and isinstance(event["state_key"], str):
        return MembershipChange(view.room_id, UserId(event["state_key"]), comes)
    if event.get("type") == "m.room.tombstone" and event["state_key"] == "":
        return Tombstone(view.room_id, view.successor)
    return None


def redaction(room_id: RoomId, event: Event) -> Redaction | None:
    """Return what a redaction takes back."""
    event_id, sender, target = event.get("event_id"), event.get("sender"), redacted(event)
    if not isinstance(event_id, str) or not isinstance(sender, str) or target is None:
        return None
    return Redaction(EventId(event_id), room_id, UserId(sender), target)


def unreadable(room_id: RoomId, event: Event, reason: str) -> Unreadable | None:
    """Say why an event could not be read; None where nothing names it."""
    event_id, sender = event.get("event_id"), event.get("sender")
    if not isinstance(event_id, str) or not isinstance(sender, str):
        return None
    return Unreadable(EventId(event_id), room_id, UserId(sender), moment(event), reason)
