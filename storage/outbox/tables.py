"""The rows of the outbox, and what a row may be, wait for and become of."""

from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base, IntEnumType
from storage.ids import DeviceId, EventId, RoomId, UserId

TOPIC = "outbox"
"""What `Database.listen` is told, with the lanes, when there is something to send."""


class Priority(IntEnum):
    """Urgent first; order within a room is kept whatever the priority."""

    ALERT = 0
    ANSWER = 1
    REMINDER = 2
    ANNOUNCEMENT = 3


class RowKind(StrEnum):
    MESSAGE = "message"
    CREATE_ROOM = "create_room"
    INVITE = "invite"
    JOIN = "join"
    LEAVE = "leave"
    REDACT = "redact"  # take a message and its edits away; where the room forbids it, edit it


class RowState(StrEnum):
    PENDING = "pending"
    SENT = "sent"
    GIVEN_UP = "given_up"
    DROPPED = "dropped"  # no longer needed: what it edits was never said


class Failure(StrEnum):
    """Why a row was given up."""

    NOT_JOINED = "not joined"
    NOT_ENCRYPTED = "not encrypted"
    TOMBSTONED = "tombstoned"
    WORLD_READABLE = "world readable"
    ENCRYPTION_HIDDEN = "encryption hidden"
    UNREACHABLE = "unreachable"  # the homeserver did not take it for as long as it was tried
    NOT_A_MEMBER = "not a member"  # a person who was removed from the roster meanwhile
    NOT_SHOWN = "not shown"  # what it says may no longer be shown to whom it was for
    CHANGED_KEYS = "changed keys"  # of the one reader; no coordinator confirmed them in time
    STRANGERS = "strangers"  # somebody on no roster was in the room, and no coordinator decided in time
    FORBIDDEN = "forbidden"
    REFUSED = "refused"  # any other no of the homeserver; the log has its code


class OutboxRow(Base):
    """One thing to send. `lane` is the room (or the person, for a direct chat) whose order it keeps."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_waiting", "state", "lane", "id"),
        Index("ix_outbox_subject", "subject", "part"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    transaction_id: Mapped[str] = mapped_column(unique=True)
    device_id: Mapped[DeviceId]
    """The device under which the row was or may have been sent; the homeserver knows the id only together with it."""
    kind: Mapped[RowKind]
    lane: Mapped[str]
    room_id: Mapped[RoomId | None]
    user_id: Mapped[UserId | None]
    content: Mapped[dict[str, Any]]
    clear: Mapped[bool] = mapped_column(default=False)
    """Goes to a room that is not encrypted."""
    for_anybody: Mapped[bool] = mapped_column(default=False)
    """Says nothing above TLP:CLEAR, and so may be read by whoever is in the room."""
    thread_root: Mapped[EventId | None]
    thread_row: Mapped[int | None]
    replaces_row: Mapped[int | None] = mapped_column(index=True)
    reply_to: Mapped[EventId | None]
    subject: Mapped[str | None]
    """What it is about, such as "alert:17": a command in its thread or in reply to it means that one."""
    part: Mapped[str | None]
    """Its part in the subject: "card", "line", "draft" ..."""
    report: Mapped[str | None]
    """Whom to tell of its fate: the name of a delivery handler."""
    origin_user: Mapped[UserId | None]
    """Who asked for it, and is told when it is given up."""
    priority: Mapped[Priority] = mapped_column(IntEnumType(Priority))
    state: Mapped[RowState] = mapped_column(default=RowState.PENDING)
    attempts: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[datetime | None]
    held_since: Mapped[datetime | None]
    """Since when it waits because of persons in the room who may not read it; kept when it goes out after all."""
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    sent_room: Mapped[RoomId | None]
    event_id: Mapped[EventId | None] = mapped_column(index=True)
    failure: Mapped[Failure | None]
    emptied_at: Mapped[datetime | None]
    """When it lost the right to be shown where it stands: not sent any more, its content forgotten, redacted."""


class OutboxName(Base):
    """What a message names beside its own subject: a list of alerts, or a refusal that says which alert is meant."""

    __tablename__ = "outbox_names"
    __table_args__ = (Index("ix_outbox_names_subject", "subject"),)

    row_id: Mapped[int] = mapped_column(ForeignKey("outbox.id", ondelete="CASCADE"), primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)


def beside(lane: str) -> str:
    """Return the lane of what goes past another one that is held."""
    return f"{lane} aside"


def invitations(room: RoomId) -> str:
    """Return the lane of invitations into a room that have to wait: what is said there does not wait for them."""
    return f"{room} invitations"
