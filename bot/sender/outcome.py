"""What is known of a row before it is tried, and what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bot.matrix.interface import Unread
from commands.happenings import RoomClosed
from storage.ids import EventId, RoomId, UserId
from storage.outbox import Failure, OutboxRow, Priority

TRIES_AT_A_FAULT = 6
"""How often a row is tried that meets a fault of the program: about two minutes, then it is given up loudly."""


@dataclass(frozen=True, slots=True)
class SenderSettings:
    """In flight: rooms sent to at the same time. Give up: how long an unreachable homeserver is tried for one row."""

    in_flight: int = 8
    give_up_after: timedelta = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one try."""

    event_id: EventId | None = None
    room_id: RoomId | None = None
    retry_in: timedelta | None = None
    refused: bool = False
    """The homeserver takes no more for now: nothing is wrong with the row, and this was no try of it."""
    failure: Failure | None = None
    dropped: bool = False
    strangers: frozenset[UserId] = frozenset()
    """Who is in the room and was not among its readers; nothing was sent."""
    unread: frozenset[Unread] = frozenset()
    closed: RoomClosed | None = None
    """The room turned out to be closed."""
    withheld: bool = False
    """It may no longer be shown to whom it was for; nothing was sent."""
    keys_changed: bool = False
    """Its one reader's keys changed and are not confirmed; nothing was sent."""


@dataclass(frozen=True, slots=True)
class Audience:
    """Who reads in a room: None for whoever is there."""

    readers: frozenset[UserId] | None
    strangers: frozenset[UserId] = frozenset()
    shared_history: bool = False
    """Whether those who come later may be given what was said."""


@dataclass(frozen=True, slots=True)
class Relation:
    """The m.relates_to of a message, and the room in which the event stands that it names."""

    content: Mapping[str, Any]
    room_id: RoomId | None


NO_RELATION = Relation({}, None)


@dataclass(frozen=True, slots=True)
class Head:
    """The oldest row of a lane, and what has to be known to send it."""

    row: OutboxRow
    has_more: bool
    urgency: Priority
    """Of the most urgent row in its lane, as far as that matters: what is before an alert is as urgent."""
    relation: Relation | None
    audience: Audience
    obstacle: Outcome | None = None
    """Why it is not sent at all."""
