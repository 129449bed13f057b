"""What an alert is made of: the author's words, facts, the countries it addresses, the persons named."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from storage.alerts.kinds import FactSource, Finding
from storage.alerts.record import Step
from storage.base import Base
from storage.ids import CountryCode, UserId


class Wording(Base):
    """What the author wrote. Apart from the record, as it may name persons and is kept for less long."""

    __tablename__ = "alert_wordings"

    alert_id: Mapped[int] = mapped_column(ForeignKey("alerts.id"), primary_key=True)
    text: Mapped[str] = mapped_column(Text)


class Fact(Base):
    """One thing that is known: a container, a port, a waste code. What was replaced stays on record."""

    __tablename__ = "alert_facts"
    __table_args__ = (
        Index("ix_alert_facts_value", "kind", "value", "alert_id"),
        Index("ix_alert_facts_alert_id", "alert_id"),
    )

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
    doubt_source: Mapped[str | None]
    """Where the doubt comes from, more exactly."""
    alternatives: Mapped[list[str]]
    """What may be meant instead: codes or numbers as they are shown."""
    source: Mapped[FactSource]
    stated_at: Mapped[datetime]
    replaced_at: Mapped[datetime | None]


class Addressee(Base):
    """A country that is concerned, and whether it has acknowledged."""

    __tablename__ = "alert_addressees"
    __table_args__ = (
        Index("ix_alert_addressees_country", "country", "alert_id"),
        Index("ix_alert_addressees_open", "country", "is_open", "alert_id"),
    )

    alert_id: Mapped[int] = mapped_column(ForeignKey("alerts.id"), primary_key=True)
    country: Mapped[CountryCode] = mapped_column(primary_key=True)
    is_open: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether the alert is open: here too, so that an index finds what a country has before it."""
    reasons: Mapped[list[str]]
    position: Mapped[int]
    added_at: Mapped[datetime]
    told_at: Mapped[datetime | None]
    """When it was first told of the alert, in a room or in person; None while nobody there is: then it owes nothing.

    What is on its way counts, until it is given up.
    """
    acknowledge_by: Mapped[datetime | None]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[UserId | None]
    acknowledged_authority: Mapped[str | None]
    reminded: Mapped[Step | None]
    reminded_at: Mapped[datetime | None]
    held_at: Mapped[datetime | None]
    inspected_at: Mapped[datetime | None]
    control_authority: Mapped[str | None]
    """Who holds or inspects it, of this country."""
    finding: Mapped[Finding | None]
    found_at: Mapped[datetime | None]

    @property
    def has_control(self) -> bool:
        """Whether this country holds or inspects the shipment, or looks for it."""
        return self.held_at is not None or self.inspected_at is not None


class NamedPerson(Base):
    """A member of the network whom the author named to be told."""

    __tablename__ = "alert_persons"

    alert_id: Mapped[int] = mapped_column(ForeignKey("alerts.id"), primary_key=True)
    user_id: Mapped[UserId] = mapped_column(primary_key=True, index=True)
    named_by: Mapped[UserId]
    named_at: Mapped[datetime]


class Individual(Base):
    """A person who is named in an alert: a driver, a broker. Kept apart and for less long; shown only on demand."""

    __tablename__ = "alert_individuals"

    id: Mapped[int] = mapped_column(primary_key=True)
    alert_id: Mapped[int] = mapped_column(ForeignKey("alerts.id"), index=True)
    name: Mapped[str]
    role: Mapped[str | None]
    """The part that the person has in the case, such as "driver"."""
    added_by: Mapped[UserId]
    added_authority: Mapped[str]
    added_country: Mapped[CountryCode | None]
    added_at: Mapped[datetime]
