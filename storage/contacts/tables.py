"""A contact of the directory as it is kept, the words by which it is found, and what was done to it."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base
from storage.ids import CountryCode, Locode, UserId
from storage.members import AuthorityKind, Member

_TERM = String(60).with_variant(String(60, collation="C"), "postgresql")
"""Compared by code point in both databases: ranges of words are then prefixes, and the index serves them."""


class ContactChangeKind(StrEnum):
    ADDED = "added"
    CHANGED = "changed"
    CONFIRMED = "confirmed"
    DUTY_ON = "duty_on"
    DUTY_OFF = "duty_off"
    REMOVED = "removed"


class Contact(Base):
    """A person or desk of an authority. Removal keeps the record, so that numbers are never given twice."""

    __tablename__ = "contacts"
    # Who is on duty comes first: the first few of a country, or of a kind, are read without the others.
    __table_args__ = (
        Index("ix_contacts_place", "country", "kind", "on_duty", "id"),
        Index("ix_contacts_country", "country", "on_duty", "id"),
        Index("ix_contacts_kind", "kind", "on_duty", "id"),
        Index("ix_contacts_duty", "on_duty", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    country: Mapped[CountryCode]
    kind: Mapped[AuthorityKind]
    name: Mapped[str]
    role: Mapped[str] = mapped_column(default="")
    authority: Mapped[str] = mapped_column(default="")
    phone: Mapped[str | None] = mapped_column(index=True)
    """E.164, with ";ext=12" behind it when there is an extension (RFC 3966)."""
    phone_end: Mapped[str | None] = mapped_column(_TERM, index=True)
    """The digits of the number from its end, without the extension: who has a number that ends so?"""
    email: Mapped[str | None]
    email_key: Mapped[str | None] = mapped_column(index=True)
    """The address in lower case: two records of one address are one contact."""
    languages: Mapped[list[str]]
    """ISO 639-1 codes."""
    zone: Mapped[str]
    """IANA time zone."""
    hours: Mapped[str | None]
    """ "24/7", "Mon-Fri 08:00-17:00", or None when nobody said."""
    port: Mapped[Locode | None] = mapped_column(index=True)
    member: Mapped[UserId | None] = mapped_column(index=True)
    """The Matrix id under which this contact is on the roster, if so."""
    on_duty: Mapped[bool] = mapped_column(default=False)
    added_by: Mapped[UserId]
    added_at: Mapped[datetime]
    confirmed_by: Mapped[UserId]
    confirmed_at: Mapped[datetime]
    """When somebody last said that the whole record is right."""
    removed_at: Mapped[datetime | None]

    def change(self, values: dict[str, object]) -> list[str]:
        """Set the fields and return the names of those that have another value now."""
        changed = [name for name, value in values.items() if getattr(self, name) != value]
        for name in changed:
            setattr(self, name, values[name])
        self.put_keys()
        return changed

    def put_keys(self) -> None:
        """Write down by what the contact is found and told apart; a removed one by nothing."""
        self.email_key = email_key(self.email)
        self.phone_end = phone_end(self.phone) if self.removed_at is None else None

    def confirm(self, by: Member, at: datetime) -> None:
        self.confirmed_by = by.user_id
        self.confirmed_at = at

    def remove(self, at: datetime) -> None:
        self.removed_at = at
        self.on_duty = False
        self.put_keys()

    def set_duty(self, on_duty: bool) -> bool:
        """Put on or off duty; False when it was so already."""
        if self.on_duty is on_duty:
            return False
        self.on_duty = on_duty
        return True


class ContactTerm(Base):
    """A folded word of a contact's name, role, authority or port, or of the linked member's name; or "lang:fr"."""

    __tablename__ = "contact_terms"
    __table_args__ = (Index("ix_contact_terms_term", "term", "contact_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"), index=True)
    term: Mapped[str] = mapped_column(_TERM)


class ContactWord(Base):
    """Each of the terms once, also from its end: of thousands of contacts only the words like one are read."""

    __tablename__ = "contact_words"

    term: Mapped[str] = mapped_column(_TERM, primary_key=True)
    backwards: Mapped[str] = mapped_column(_TERM, index=True)


class ContactChange(Base):
    """Who did what to a contact, and when. Fields by name only: the old values are nobody's business any more."""

    __tablename__ = "contact_changes"

    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"), index=True)
    kind: Mapped[ContactChangeKind]
    fields: Mapped[list[str]]
    by: Mapped[UserId]
    authority: Mapped[str]
    """The authority for which the person spoke at the time."""
    at: Mapped[datetime]


def phone_end(phone: str | None) -> str | None:
    """Return the digits of a number in E.164 from its end, without its extension."""
    return None if phone is None else phone.partition(";")[0].removeprefix("+")[::-1]


def email_key(email: str | None) -> str | None:
    return None if email is None else email.casefold()
