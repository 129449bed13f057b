"""Contacts: whom to call in which country, who answers there, and how long ago that was checked."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA
from sqlalchemy import ForeignKey, Index, String, case, delete, func, or_, select
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql import ColumnElement

from storage.base import Base, Transaction
from storage.ids import CountryCode, Locode, UserId
from storage.members import AuthorityKind, Member
from storage.reference.ports import is_locode, port
from storage.reference.text import words

LONGEST_TERM = 40
_LAST = "\U0010ffff"


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
    __table_args__ = (Index("ix_contacts_place", "country", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    country: Mapped[CountryCode]
    kind: Mapped[AuthorityKind] = mapped_column(index=True)
    name: Mapped[str]
    role: Mapped[str] = mapped_column(default="")
    authority: Mapped[str] = mapped_column(default="")
    phone: Mapped[str | None] = mapped_column(index=True)
    """E.164, with ";ext=12" behind it when there is an extension (RFC 3966)."""
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
        if "email" in changed:
            self.email_key = email_key(self.email)
        return changed

    def confirm(self, by: Member, at: datetime) -> None:
        self.confirmed_by = by.user_id
        self.confirmed_at = at

    def remove(self, at: datetime) -> None:
        self.removed_at = at
        self.on_duty = False

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
    # Compared by code point in both databases: ranges of words are then prefixes, and the index serves them.
    term: Mapped[str] = mapped_column(String(60).with_variant(String(60, collation="C"), "postgresql"))


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


@dataclass(frozen=True, slots=True)
class Wanted:
    """What every contact of a search must have; empty means that it does not matter."""

    countries: frozenset[CountryCode] = frozenset()
    kinds: frozenset[AuthorityKind] = frozenset()
    languages: frozenset[str] = frozenset()
    on_duty: bool = False


def email_key(email: str | None) -> str | None:
    return None if email is None else email.casefold()


def words_of(*texts: str) -> frozenset[str]:
    """Return the folded words of some texts, without single letters."""
    return frozenset(word[:LONGEST_TERM] for text in texts for word in words(text) if len(word) > 1)


def _terms_of(contact: Contact, person: str) -> frozenset[str]:
    place = port(contact.port).shown if contact.port and is_locode(contact.port) else ""
    spoken = {f"lang:{language}" for language in contact.languages}
    return words_of(contact.name, person, contact.role, contact.authority, place) | spoken


def _is_swapped(word: str, term: str) -> bool:
    """ "efau" for "efua": two letters that changed places are one slip, not two."""
    return OSA.distance(word, term) == 1 and len(word) == len(term) and sorted(word) == sorted(term)


class Contacts:
    def __init__(self, tx: Transaction) -> None:
        self._session = tx.session

    async def add(self, contact: Contact, by: Member, at: datetime) -> Contact:
        """Write a new contact, index it and give it its number."""
        contact.email_key = email_key(contact.email)
        self._session.add(contact)
        await self._session.flush()
        await self.reindex(contact)
        await self.record(contact, ContactChangeKind.ADDED, by, at)
        return contact

    async def get(self, number: int) -> Contact | None:
        """Return the contact of this number, unless removed."""
        if number >= 2**31:  # more than the column of some databases holds
            return None
        contact = await self._session.get(Contact, number)
        return None if contact is None or contact.removed_at is not None else contact

    async def reindex(self, contact: Contact) -> None:
        """Write the words by which the contact is found anew; a removed one is found by none."""
        await self._session.execute(delete(ContactTerm).where(ContactTerm.contact_id == contact.id))
        if contact.removed_at is None:
            person = None if contact.member is None else await self._session.get(Member, contact.member)
            terms = _terms_of(contact, "" if person is None else person.name)
            self._session.add_all(ContactTerm(contact_id=contact.id, term=term) for term in sorted(terms))
        await self._session.flush()

    async def record(
        self, contact: Contact, kind: ContactChangeKind, by: Member, at: datetime, fields: Iterable[str] = ()
    ) -> None:
        """Put on record who did what to the contact."""
        self._session.add(
            ContactChange(
                contact_id=contact.id,
                kind=kind,
                fields=list(fields),
                by=by.user_id,
                authority=by.authority,
                at=at,
            )
        )
        await self._session.flush()

    async def changes(self, contact: Contact) -> Sequence[ContactChange]:
        """Return all that was done to the contact, oldest first."""
        query = select(ContactChange).where(ContactChange.contact_id == contact.id).order_by(ContactChange.id)
        return (await self._session.scalars(query)).all()

    async def same_as(
        self,
        country: CountryCode,
        kind: AuthorityKind,
        phone: str | None,
        email: str | None,
        *,
        but: Contact | None = None,
    ) -> Contact | None:
        """Return another contact that has this e-mail address, or this phone in the same country and kind."""
        reasons: list[ColumnElement[bool]] = []
        if email is not None:
            reasons.append(Contact.email_key == email_key(email))
        if phone is not None:
            reasons.append((Contact.phone == phone) & (Contact.country == country) & (Contact.kind == kind))
        if not reasons:
            return None
        query = select(Contact).where(Contact.removed_at.is_(None), or_(*reasons))
        if but is not None:
            query = query.where(Contact.id != but.id)
        return (await self._session.scalars(query.order_by(Contact.id).limit(1))).first()

    async def on_duty(self, country: CountryCode) -> Sequence[Contact]:
        """Return who is on duty in a country, by number. `member` says whom to mention, where it is known."""
        query = select(Contact).where(
            Contact.country == country, Contact.on_duty.is_(True), Contact.removed_at.is_(None)
        )
        return (await self._session.scalars(query.order_by(Contact.id))).all()

    async def of_member(self, user_id: UserId) -> Sequence[Contact]:
        """Return the contacts that stand for a person of the roster."""
        query = select(Contact).where(Contact.member == user_id, Contact.removed_at.is_(None))
        return (await self._session.scalars(query.order_by(Contact.id))).all()

    async def count(self, country: CountryCode) -> int:
        query = select(func.count()).where(Contact.country == country, Contact.removed_at.is_(None))
        return await self._session.scalar(query) or 0

    async def having(
        self, wanted: Wanted, *, terms: Collection[str] = (), ports: Collection[Locode] = (), limit: int
    ) -> Sequence[Contact]:
        """Return contacts that have all that is wanted and, if terms are given, at least one of these words.

        Those with the most of the words come first, then those of the ports, then who is on duty; the rest by number.
        """
        query = select(Contact).where(Contact.removed_at.is_(None))
        if wanted.countries:
            query = query.where(Contact.country.in_(wanted.countries))
        if wanted.kinds:
            query = query.where(Contact.kind.in_(wanted.kinds))
        if wanted.on_duty:
            query = query.where(Contact.on_duty.is_(True))
        if wanted.languages:
            spoken = [f"lang:{language}" for language in wanted.languages]
            query = query.where(Contact.id.in_(select(ContactTerm.contact_id).where(ContactTerm.term.in_(spoken))))
        if terms:
            hits = (
                select(ContactTerm.contact_id, func.count().label("hits"))
                .where(ContactTerm.term.in_(terms))
                .group_by(ContactTerm.contact_id)
                .subquery()
            )
            query = query.join(hits, hits.c.contact_id == Contact.id).order_by(hits.c.hits.desc())
        if ports:
            query = query.order_by(case((Contact.port.in_(ports), 0), else_=1))
        query = query.order_by(Contact.on_duty.desc(), Contact.id).limit(limit)
        return (await self._session.scalars(query)).all()

    async def known_terms(self, terms: Collection[str]) -> frozenset[str]:
        """Return which of the folded words stand in some contact."""
        query = select(ContactTerm.term).where(ContactTerm.term.in_(terms)).distinct()
        return frozenset((await self._session.scalars(query)).all())

    async def by_email(self, email: str) -> Sequence[Contact]:
        query = select(Contact).where(Contact.email_key == email.casefold(), Contact.removed_at.is_(None))
        return (await self._session.scalars(query)).all()

    async def by_phone(self, digits: str, *, limit: int) -> Sequence[Contact]:
        """Return the contacts whose phone number ends or continues with these digits."""
        digits = re.sub(r"\D", "", digits)
        query = select(Contact).where(Contact.phone.contains(digits, autoescape=True), Contact.removed_at.is_(None))
        return (await self._session.scalars(query.order_by(Contact.id).limit(limit))).all()

    async def spellings(self, word: str, *, limit: int = 8) -> dict[str, float]:
        """Return the indexed words like a folded word, with how like they are (0 to 100); an exact one stands alone.

        Words that begin with it come next; only when there are none, those a typing slip or two away.
        """
        word = word[:LONGEST_TERM]
        if not word:
            return {}
        if word in await self.known_terms([word]):
            return {word: 100.0}
        longer = select(ContactTerm.term).where(ContactTerm.term > word, ContactTerm.term < word + _LAST)
        found = (await self._session.scalars(longer.distinct().order_by(ContactTerm.term).limit(limit))).all()
        if found and len(word) > 1:
            return dict.fromkeys(found, 92.0)
        if len(word) < 4:
            return {}
        near = func.length(ContactTerm.term).between(len(word) - 2, len(word) + 2)
        same_initial = ContactTerm.term.between(word[0], word[0] + _LAST)
        # Who slips on the first letter is rare: all words are read only when those of the same initial hold nothing.
        for query in (select(ContactTerm.term).where(near, same_initial), select(ContactTerm.term).where(near)):
            terms = (await self._session.scalars(query.distinct())).all()
            if matches := process.extract(word, terms, scorer=fuzz.ratio, limit=limit, score_cutoff=74):
                return {term: 90.0 if _is_swapped(word, term) else score for term, score, _index in matches}
        return {}
