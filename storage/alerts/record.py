"""The record of an alert: lines that are added and never changed."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from storage.alerts.states import AlertState
from storage.base import Base
from storage.ids import CountryCode, UserId


class What(StrEnum):
    """What a line of an alert's history records."""

    DRAFTED = "drafted"
    SUBMITTED = "submitted"
    SENT_BACK = "sent back"  # by who was to verify it, to its author
    TAKEN_UP = "taken up"  # by its author, after it was sent back
    VERIFIED = "verified"
    VERIFICATION_DUE = "verification due"
    CORRECTED = "corrected"
    MARKED = "marked"  # the handling marking was changed
    CLASSIFIED = "classified"
    EVALUATED = "evaluated"  # how far source and information can be relied on
    CIRCULATED = "circulated"
    ACKNOWLEDGED = "acknowledged"
    NOTED = "noted"
    REMINDED = "reminded"
    HELD = "held"
    INSPECTED = "inspected"
    FOUND = "found"
    INFORMED = "informed"  # the State of export was
    EXTENDED = "extended"
    TAKE_BACK_DUE = "take-back due"
    TAKE_BACK_AGREED = "take-back agreed"
    SHIPPED = "shipped"
    RECEIVED = "received"
    TREATED = "treated"
    DISPUTED = "disputed"
    REQUESTED = "requested"
    REQUEST_REMINDED = "request reminded"
    ANSWERED = "answered"
    REQUEST_CLOSED = "request closed"
    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    PERSON_NAMED = "person named"
    PERSON_REMOVED = "person removed"
    PURGED = "purged"  # the names of persons, and the texts that may hold some
    ATTACHED = "attached"  # a file
    FORWARDED = "forwarded"  # files, to rooms that may see the alert
    TAKEN_BACK = "taken back"  # a file, by who sent it or who may remove messages where it stood
    HANDED_OVER = "handed over"  # to another official of the country that raised it
    CLOSED = "closed"
    REOPENED = "reopened"
    WITHDRAWN = "withdrawn"
    MERGED = "merged"


class Step(StrEnum):
    """The steps for a country that does not acknowledge, in their order."""

    ROOM = "room"
    ON_DUTY = "on duty"
    COORDINATORS = "coordinators"

    @property
    def following(self) -> "Step | None":
        steps = tuple(Step)
        place = steps.index(self) + 1
        return steps[place] if place < len(steps) else None


class HistoryLine(Base):
    """One thing that happened. Lines are added, never changed."""

    __tablename__ = "alert_history"

    id: Mapped[int] = mapped_column(primary_key=True)
    alert_id: Mapped[int] = mapped_column(ForeignKey("alerts.id"), index=True)
    at: Mapped[datetime]
    actor: Mapped[UserId | None]
    """None for what a clock did."""
    authority: Mapped[str | None]
    actor_country: Mapped[CountryCode | None]
    what: Mapped[What]
    state: Mapped[AlertState]
    """The state afterwards."""
    country: Mapped[CountryCode | None]
    """The country whose part it is."""
    details: Mapped[dict[str, Any]]
    said: Mapped["HistoryText | None"] = relationship(lazy="joined")

    @property
    def text(self) -> str:
        return self.said.text if self.said is not None else ""


class HistoryText(Base):
    """What a person wrote in a line of the history. Apart, as it may name persons and is kept for less long."""

    __tablename__ = "alert_history_texts"

    line_id: Mapped[int] = mapped_column(ForeignKey("alert_history.id"), primary_key=True)
    text: Mapped[str] = mapped_column(Text)
