"""An alert, its facts, whom it addresses, and what happened to it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, WriteOnlyMapped, mapped_column, relationship

from storage.alerts.states import (
    ENDED,
    IN_PREPARATION,
    MOVES,
    OPEN,
    AlertState,
    FactSource,
    NotPossible,
    Outcome,
    Reason,
    Step,
    Tlp,
    Urgency,
    What,
    Why,
)
from storage.base import Base
from storage.ids import CountryCode, RoomId, UserId
from storage.members import Member

REAL = "A"
"""The number series of real alerts."""

_NUMBER = re.compile(r"(?:(?:([A-Za-z])-?)?(\d{4})-)?([A-Za-z]-?)?(\d{1,9})")


@dataclass(frozen=True, slots=True)
class AlertNumber:
    """The number of an alert as people write it: "A-2026-0001"."""

    series: str
    year: int
    sequence: int

    def __str__(self) -> str:
        return f"{self.series}-{self.year}-{self.sequence:04d}"

    @classmethod
    def parse(cls, text: str, *, year: int) -> Self | None:
        """Read `A-2026-0001`, `2026-1`, `A-1` or `1`; without a year it is of `year`. None when it is no number."""
        found = _NUMBER.fullmatch(text.strip().lstrip("#"))
        if found is None or (found[3] and found[2]):
            return None
        series = (found[1] or found[3] or REAL)[0].upper()
        return cls(series, int(found[2] or year), int(found[4]))


class Alert(Base):
    """A suspicion that others must hear of. It is never deleted; its number is for good."""

    __tablename__ = "alerts"
    __table_args__ = (UniqueConstraint("series", "year", "sequence"), Index("ix_alerts_author", "author", "state"))

    id: Mapped[int] = mapped_column(primary_key=True)
    series: Mapped[str]
    year: Mapped[int]
    sequence: Mapped[int]
    state: Mapped[AlertState] = mapped_column(index=True)
    tlp: Mapped[Tlp]
    urgency: Mapped[Urgency]
    author: Mapped[UserId]
    author_authority: Mapped[str]
    author_country: Mapped[CountryCode | None] = mapped_column(index=True)
    drafted_at: Mapped[datetime]
    circulated_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[Outcome | None]

    wording: Mapped["Wording"] = relationship(lazy="selectin", cascade="all, delete-orphan")
    facts: Mapped[list["Fact"]] = relationship(lazy="selectin", order_by="Fact.id", cascade="all, delete-orphan")
    addressees: Mapped[list["Addressee"]] = relationship(
        lazy="selectin", order_by="Addressee.position", cascade="all, delete-orphan"
    )
    persons: Mapped[list["NamedPerson"]] = relationship(
        lazy="selectin", order_by="NamedPerson.named_at", cascade="all, delete-orphan"
    )
    history: WriteOnlyMapped["HistoryLine"] = relationship(order_by="HistoryLine.id")

    @classmethod
    def draft(cls, text: str, *, by: Member, at: datetime, tlp: Tlp, urgency: Urgency) -> Self:
        """Begin an alert; its number is given when it is added to the repository."""
        alert = cls(
            series=REAL, state=AlertState.DRAFT, tlp=tlp, urgency=urgency, drafted_at=at,
            author=by.user_id, author_authority=by.authority, author_country=by.country,
            circulated_at=None, ended_at=None, outcome=None,
            wording=Wording(text=text), facts=[], addressees=[], persons=[],
        )  # fmt: skip
        alert._record(What.DRAFTED, by, at)
        return alert

    @property
    def number(self) -> str:
        return str(AlertNumber(self.series, self.year, self.sequence))

    @property
    def text(self) -> str:
        """What the author wrote."""
        return self.wording.text

    @property
    def current_facts(self) -> Sequence["Fact"]:
        return [fact for fact in self.facts if fact.replaced_at is None]

    @property
    def countries(self) -> frozenset[CountryCode]:
        """The countries concerned."""
        return frozenset(addressee.country for addressee in self.addressees)

    @property
    def named(self) -> frozenset[UserId]:
        """The persons named: the audience of a RED alert."""
        return frozenset(person.user_id for person in self.persons)

    @property
    def is_draft(self) -> bool:
        return self.state in IN_PREPARATION

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def has_ended(self) -> bool:
        return self.state in ENDED

    @property
    def was_circulated(self) -> bool:
        return self.circulated_at is not None

    def addressee(self, country: CountryCode) -> "Addressee | None":
        return next((entry for entry in self.addressees if entry.country == country), None)

    def awaits(self, country: CountryCode) -> bool:
        """Whether this country's acknowledgement is still waited for."""
        entry = self.addressee(country)
        return self.is_open and entry is not None and entry.acknowledged_at is None

    def replace_facts(self, old: Iterable["Fact"], new: Iterable["Fact"], at: datetime) -> None:
        """Put new facts in the place of old ones, which stay on record."""
        self._must_not_have_ended()
        for fact in old:
            fact.replaced_at = at
        self.facts.extend(new)

    def address(self, reasons: Mapping[CountryCode, Sequence[Reason]], at: datetime) -> Sequence[CountryCode]:
        """Set which countries are concerned and why; return those that are new.

        Countries that were told already stay: what was said to them cannot be taken back by a correction.
        """
        self._must_not_have_ended()
        new = [country for country in reasons if self.addressee(country) is None]
        if self.is_draft:
            self.addressees = [entry for entry in self.addressees if entry.country in reasons]
        for place, (country, why) in enumerate(reasons.items()):
            entry = self.addressee(country)
            if entry is None:
                entry = Addressee(
                    country=country, reasons=[], position=place, added_at=at, acknowledge_by=None,
                    acknowledged_at=None, acknowledged_by=None, acknowledged_authority=None, reminded=None,
                    reminded_at=None,
                )  # fmt: skip
                self.addressees.append(entry)
            entry.reasons = [reason.value for reason in why]
            entry.position = place
        return new

    def name(self, person: UserId, *, by: Member, at: datetime) -> bool:
        """Name a person who may hear of it whatever the marking; False when named before."""
        self._must_not_have_ended()
        if person in self.named:
            return False
        self.persons.append(NamedPerson(user_id=person, named_by=by.user_id, named_at=at))
        return True

    def unname(self, person: UserId) -> None:
        """Take the name off a draft again."""
        if not self.is_draft:
            raise NotPossible(Why.ALREADY_SENT)
        self.persons = [entry for entry in self.persons if entry.user_id != person]

    def correct(self, changed: Sequence[str], *, by: Member, at: datetime) -> "HistoryLine":
        """Put on record which facts the author corrected or added."""
        self._must_not_have_ended()
        return self._record(What.CORRECTED, by, at, details={"changed": list(changed)})

    def mark(self, tlp: Tlp, *, by: Member, at: datetime) -> "HistoryLine | None":
        """Change the handling marking; once circulated it may only become stricter."""
        self._must_not_have_ended()
        if tlp is self.tlp:
            return None
        if not self.is_draft and not tlp.is_stricter_than(self.tlp):
            raise NotPossible(Why.ONLY_STRICTER)
        before, self.tlp = self.tlp, tlp
        return self._record(What.MARKED, by, at, details={"from": before.value, "to": tlp.value})

    def circulate(self, *, by: Member, at: datetime) -> "HistoryLine":
        """Let the countries concerned know. The author's own country knows already: its clock does not run."""
        if not self.is_draft:
            raise NotPossible(Why.ENDED if self.has_ended else Why.ALREADY_SENT)
        self._move(AlertState.CIRCULATED)
        self.circulated_at = at
        self.note_own_country(at)
        return self._record(What.CIRCULATED, by, at)

    def note_own_country(self, at: datetime) -> None:
        """Count the author's country as having acknowledged, as it raised the alert."""
        entry = self.addressee(self.author_country) if self.author_country is not None else None
        if entry is not None and entry.acknowledged_at is None:
            entry.acknowledged_at = at
            entry.acknowledged_by = self.author
            entry.acknowledged_authority = self.author_authority

    def expect(self, country: CountryCode, *, by: datetime) -> bool:
        """Set by when a country is to acknowledge; False when it need not."""
        entry = self.addressee(country)
        if entry is None or not self.awaits(country):
            return False
        entry.acknowledge_by = by
        return True

    def acknowledge(self, country: CountryCode, *, by: Member, at: datetime) -> "HistoryLine":
        """Record that a country deals with it. Says nothing for any other country."""
        self._must_be_open()
        entry = self.addressee(country)
        if entry is None:
            raise NotPossible(Why.NOT_ADDRESSED)
        if entry.acknowledged_at is not None:
            own = country == self.author_country
            raise NotPossible(Why.RAISED_BY_THE_COUNTRY if own else Why.ALREADY_ACKNOWLEDGED)
        entry.acknowledged_at = at
        entry.acknowledged_by = by.user_id
        entry.acknowledged_authority = by.authority
        return self._record(What.ACKNOWLEDGED, by, at, country=country)

    def note(self, text: str, *, by: Member, at: datetime) -> "HistoryLine":
        self._must_be_open()
        return self._record(What.NOTED, by, at, text=text)

    def remind(self, country: CountryCode, step: Step, *, at: datetime) -> "HistoryLine":
        """Record that a country that did not acknowledge was reminded in this way; each way once."""
        entry = self.addressee(country)
        if entry is None or not self.awaits(country):
            raise NotPossible(Why.NOT_ALLOWED_NOW)
        entry.reminded = step
        entry.reminded_at = at
        return self._record(What.REMINDED, None, at, country=country, details={"step": step.value})

    def close(self, outcome: Outcome, text: str, *, by: Member, at: datetime) -> "HistoryLine":
        self._must_be_open()
        self._move(AlertState.CLOSED)
        self.outcome = outcome
        self.ended_at = at
        return self._record(What.CLOSED, by, at, text=text, details={"outcome": outcome.value})

    def withdraw(self, reason: str, *, by: Member, at: datetime) -> "HistoryLine":
        self._must_not_have_ended()
        self._move(AlertState.WITHDRAWN)
        self.ended_at = at
        return self._record(What.WITHDRAWN, by, at, text=reason)

    def _move(self, to: AlertState) -> None:
        if to not in MOVES[self.state]:
            raise NotPossible(Why.NOT_ALLOWED_NOW)
        self.state = to

    def _must_not_have_ended(self) -> None:
        if self.has_ended:
            raise NotPossible(Why.ENDED)

    def _must_be_open(self) -> None:
        self._must_not_have_ended()
        if not self.is_open:
            raise NotPossible(Why.NOT_SENT)

    def _record(
        self,
        what: What,
        by: Member | None,
        at: datetime,
        *,
        country: CountryCode | None = None,
        text: str = "",
        details: dict[str, Any] | None = None,
    ) -> "HistoryLine":
        line = HistoryLine(
            at=at, what=what, state=self.state, country=country, details=details or {},
            actor=by.user_id if by else None, authority=by.authority if by else None,
            actor_country=by.country if by else None, said=HistoryText(text=text) if text else None,
        )  # fmt: skip
        self.history.add(line)
        return line


class Wording(Base):
    """What the author wrote. Apart from the record, as it may name persons and is kept for less long."""

    __tablename__ = "alert_wordings"

    alert_id: Mapped[int] = mapped_column(ForeignKey("alerts.id"), primary_key=True)
    text: Mapped[str] = mapped_column(Text)


class Fact(Base):
    """One thing that is known: a container, a port, a waste code. What was replaced stays on record."""

    __tablename__ = "alert_facts"
    __table_args__ = (Index("ix_alert_facts_value", "kind", "value"), Index("ix_alert_facts_alert_id", "alert_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    alert_id: Mapped[int] = mapped_column(ForeignKey("alerts.id"))
    kind: Mapped[str]
    value: Mapped[str]
    """The value in the one form by which it is compared, such as "CSQU3054383"."""
    shown: Mapped[str]
    role: Mapped[str | None]
    """For places: where it was seen, origin, transit or destination."""
    doubt: Mapped[str | None]
    """Why a person should look at it again; None when nothing speaks against it."""
    alternatives: Mapped[list[str]]
    """What may be meant instead: codes or numbers as they are shown."""
    source: Mapped[FactSource]
    stated_at: Mapped[datetime]
    replaced_at: Mapped[datetime | None]


class Addressee(Base):
    """A country that is concerned, and whether it has acknowledged."""

    __tablename__ = "alert_addressees"

    alert_id: Mapped[int] = mapped_column(ForeignKey("alerts.id"), primary_key=True)
    country: Mapped[CountryCode] = mapped_column(primary_key=True, index=True)
    reasons: Mapped[list[str]]
    position: Mapped[int]
    added_at: Mapped[datetime]
    acknowledge_by: Mapped[datetime | None]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[UserId | None]
    acknowledged_authority: Mapped[str | None]
    reminded: Mapped[Step | None]
    reminded_at: Mapped[datetime | None]


class NamedPerson(Base):
    """A person whom the author named."""

    __tablename__ = "alert_persons"

    alert_id: Mapped[int] = mapped_column(ForeignKey("alerts.id"), primary_key=True)
    user_id: Mapped[UserId] = mapped_column(primary_key=True, index=True)
    named_by: Mapped[UserId]
    named_at: Mapped[datetime]


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
    said: Mapped["HistoryText | None"] = relationship(lazy="selectin")

    @property
    def text(self) -> str:
        return self.said.text if self.said is not None else ""


class HistoryText(Base):
    """What a person wrote in a line of the history. Apart, as it may name persons and is kept for less long."""

    __tablename__ = "alert_history_texts"

    line_id: Mapped[int] = mapped_column(ForeignKey("alert_history.id"), primary_key=True)
    text: Mapped[str] = mapped_column(Text)


class AlertCard(Base):
    """A message that shows an alert: the card of a room or of a person, and whether it still may show it."""

    __tablename__ = "alert_cards"

    row_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """The message in the outbox."""
    alert_id: Mapped[int] = mapped_column(ForeignKey("alerts.id"), index=True)
    room_id: Mapped[RoomId | None]
    user_id: Mapped[UserId | None]
    told_at: Mapped[datetime]
    retracted_at: Mapped[datetime | None]
