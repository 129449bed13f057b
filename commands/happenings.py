"""What happens beyond one capability: what the bot notices as it receives and sends, what alerts have others say."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from commands.base import Event
from storage.alerts import Alert
from storage.ids import DeviceId, EventId, RoomId, UserId
from storage.sightings import Sighting

JOINED = "room_joined"
"""Whom to tell that the bot followed an invitation, or was to join a room: the name of a delivery handler."""
UNREADABLE_TIMER = "message.unreadable"
"""The clock that tells the sender of a message that its key did not come."""


def unreadable_subject(event_id: EventId) -> str:
    """Return what that clock is about."""
    return f"event:{event_id}"


@dataclass(frozen=True, slots=True)
class KeysChanged(Event):
    """A user's homeserver shows another master key than the one the user was first seen with."""

    user: UserId
    master_key: str
    shown_at: datetime
    """A key that is shown again, after another, has changed again."""


@dataclass(frozen=True, slots=True)
class CodeShown(Event):
    """Somebody verifies the bot, and both sides see a short code that must be the same."""

    user: UserId
    device_id: DeviceId
    emoji: Sequence[tuple[str, str]]
    """Symbol and English name of each."""
    decimals: tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class HeldBack(Event):
    """Messages wait because somebody in the room is neither on the roster nor allowed to read there."""

    room: RoomId
    people: frozenset[UserId]
    waiting: int


@dataclass(frozen=True, slots=True)
class HistoryShared(Event):
    """A room that was sent to gives those who come later what was said before."""

    room: RoomId


@dataclass(frozen=True, slots=True)
class RoomClosed(Event):
    """A room was closed (tombstoned), in favour of another or of none."""

    room: RoomId
    successor: RoomId | None


class Obstacle(StrEnum):
    """Why somebody in a room cannot read what was sent there."""

    UNSIGNED = "unsigned"  # the owner has not verified the device
    NO_IDENTITY = "no identity"  # the owner has no cross-signing identity
    CHANGED = "changed"  # the owner's master key is another one, and nobody confirmed it
    UNREACHABLE = "unreachable"  # the device has no keys left with which it could be reached
    NO_DEVICE = "no device"  # no device with encryption


@dataclass(frozen=True, slots=True, order=True)
class Unreached:
    """Somebody who cannot read on a device, or (device None) on any."""

    user: UserId
    device_id: DeviceId | None
    why: Obstacle


@dataclass(frozen=True, slots=True)
class CannotRead(Event):
    """A message was sent that not everybody in the room can read."""

    room: RoomId
    person: UserId | None
    """For whom alone the message was, None when it was for the room."""
    unreached: Sequence[Unreached]


@dataclass(frozen=True, slots=True)
class NotReadable(Event):
    """A message came whose key the bot does not have, and may still get."""

    event_id: EventId
    room: RoomId
    sender: UserId
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class FileTakenBack(Event):
    """A message that carried a file was taken back."""

    file_id: int
    by: UserId


@dataclass(frozen=True, slots=True)
class AlertStands(Event):
    """An alert was circulated, or what is known of it or who may see it is different now."""

    alert: Alert


@dataclass(frozen=True, slots=True)
class FactsChanged(Event):
    """What is known of an alert or a draft was corrected or added to."""

    alert: Alert


@dataclass(frozen=True, slots=True)
class CaseDecided(Event):
    """An alert was confirmed as illegal traffic, and is an earlier case for others now, or it is one no longer."""

    alert: Alert


@dataclass(frozen=True, slots=True)
class SightingReported(Event):
    """Somebody reported that a container or ship was seen, or is not where it was said to be."""

    sighting: Sighting


@dataclass(frozen=True, slots=True)
class AlertSighted(Event):
    """What an alert carries was seen; or, where it is no news, a sighting of it has become old."""

    alert: Alert
    sighting: Sighting
    is_news: bool = True
