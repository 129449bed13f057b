"""What every part of an alert's life works on: its columns, how it stands, how it moves, what is put on record."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import false
from sqlalchemy.orm import Mapped, WriteOnlyMapped, declared_attr, mapped_column, relationship, validates

from storage.alerts.kinds import AlertType, CostBearer, Ground, Information, Outcome, Source, Tlp, Urgency
from storage.alerts.numbers import EXERCISE, AlertNumber
from storage.alerts.parts import Addressee, Fact, NamedPerson, Wording
from storage.alerts.record import HistoryLine, HistoryText, What
from storage.alerts.refusals import NotPossible, Why
from storage.alerts.states import ENDED, IN_PREPARATION, MOVES, OPEN, TAKE_BACK_RUNS, AlertState
from storage.base import Base
from storage.ids import CountryCode, UserId
from storage.members import Member


class AlertCore(Base):
    """The columns of an alert, and what its life is made of."""

    __abstract__ = True

    id: Mapped[int] = mapped_column(primary_key=True)
    series: Mapped[str]
    year: Mapped[int]
    sequence: Mapped[int]
    state: Mapped[AlertState] = mapped_column(index=True)
    is_open: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether it was circulated and has not ended: follows the state, for the indexes."""
    tlp: Mapped[Tlp]
    urgency: Mapped[Urgency]
    author: Mapped[UserId]
    author_authority: Mapped[str]
    author_country: Mapped[CountryCode | None]
    drafted_at: Mapped[datetime]
    circulated_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[Outcome | None]
    type: Mapped[AlertType]
    verified_at: Mapped[datetime | None]
    """When a second pair of eyes had looked at it, before or after it was circulated."""
    verified_by: Mapped[UserId | None]
    verified_authority: Mapped[str | None]
    ground: Mapped[Ground | None]
    """Why it is illegal traffic, once it was confirmed."""
    informed_at: Mapped[datetime | None]
    """When the State of export was informed: the take-back is to be done within 30 days (Basel 9(2))."""
    take_back_by: Mapped[datetime | None]
    """Those 30 days, or what the States agreed on."""
    cost_bearer: Mapped[CostBearer | None]
    sanction: Mapped[str | None]
    merged_into: Mapped[int | None]
    """The id of the alert that goes on in its place."""
    source: Mapped[Source | None] = mapped_column(default=None)
    information: Mapped[Information | None] = mapped_column(default=None)
    """How far source and information can be relied on; None where nobody has said so."""
    individuals: Mapped[int] = mapped_column(default=0)
    """How many persons are named in it. Their names stand apart, see `Individual`."""
    purged_at: Mapped[datetime | None] = mapped_column(default=None)
    """When the names of persons, and the texts that may hold some, were deleted."""

    @declared_attr
    def wording(self) -> Mapped[Wording]:
        return relationship(Wording, lazy="joined", innerjoin=True, uselist=False, cascade="all, delete-orphan")

    @declared_attr
    def facts(self) -> Mapped[list[Fact]]:
        return relationship(Fact, lazy="selectin", order_by=Fact.id, cascade="all, delete-orphan")

    @declared_attr
    def addressees(self) -> Mapped[list[Addressee]]:
        return relationship(Addressee, lazy="selectin", order_by=Addressee.position, cascade="all, delete-orphan")

    @declared_attr
    def persons(self) -> Mapped[list[NamedPerson]]:
        return relationship(NamedPerson, lazy="selectin", order_by=NamedPerson.named_at, cascade="all, delete-orphan")

    if TYPE_CHECKING:
        history: WriteOnlyMapped[HistoryLine]  # declared by the entity: no attribute that is declared here can be one

    @validates("state")
    def _follow_state(self, _key: str, state: AlertState) -> AlertState:
        self.is_open = state in OPEN
        for entry in self.addressees:
            entry.is_open = self.is_open
        return state

    @property
    def number(self) -> str:
        return str(AlertNumber(self.series, self.year, self.sequence))

    @property
    def is_exercise(self) -> bool:
        return self.series == EXERCISE

    @property
    def text(self) -> str:
        """What the author wrote."""
        return self.wording.text

    @property
    def current_facts(self) -> Sequence[Fact]:
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
    def has_ended(self) -> bool:
        return self.state in ENDED

    @property
    def is_withdrawn(self) -> bool:
        return self.state is AlertState.WITHDRAWN

    @property
    def take_back_runs(self) -> bool:
        """Whether the State of export was informed and the shipment is neither back nor treated."""
        return self.state in TAKE_BACK_RUNS and self.take_back_by is not None

    @property
    def was_circulated(self) -> bool:
        return self.circulated_at is not None

    def addressee(self, country: CountryCode) -> Addressee | None:
        return next((entry for entry in self.addressees if entry.country == country), None)

    def awaits(self, country: CountryCode) -> bool:
        """Whether this country's acknowledgement is still waited for."""
        entry = self.addressee(country)
        return self.is_open and entry is not None and entry.acknowledged_at is None

    def _move(self, to: AlertState) -> None:
        if to not in MOVES[self.state]:
            raise NotPossible(Why.NOT_ALLOWED_NOW)
        self.state = to

    def _must_not_have_ended(self) -> None:
        if self.has_ended:
            raise NotPossible(Why.ENDED)

    def _part_of(self, country: CountryCode) -> Addressee:
        self.must_be_open()
        entry = self.addressee(country)
        if entry is None:
            raise NotPossible(Why.NOT_ADDRESSED)
        return entry

    def must_be_open(self) -> None:
        """Raises NotPossible where it was not sent yet, or has ended."""
        self._must_not_have_ended()
        if not self.is_open:
            raise NotPossible(Why.NOT_SENT)

    def record(
        self,
        what: What,
        by: Member | None,
        at: datetime,
        *,
        country: CountryCode | None = None,
        text: str = "",
        details: dict[str, Any] | None = None,
    ) -> HistoryLine:
        line = HistoryLine(
            at=at, what=what, state=self.state, country=country, details=details or {},
            actor=by.user_id if by else None, authority=by.authority if by else None,
            actor_country=by.country if by else None, said=HistoryText(text=text) if text else None,
        )  # fmt: skip
        self.history.add(line)
        return line
