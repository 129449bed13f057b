"""Contacts: whom to call in which country, who answers there, and how long ago that was checked."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, Select, String, case, delete, func, or_, select
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql import ColumnElement

from storage.base import Base, Transaction
from storage.ids import CountryCode, Locode, UserId
from storage.members import AuthorityKind, Member
from storage.reference.ports import is_locode, port
from storage.reference.spelling import most_like, slips
from storage.reference.text import words

LONGEST_TERM = 40
_LAST = "\U0010ffff"

_TERM = String(60).with_variant(String(60, collation="C"), "postgresql")
"""Compared by code point in both databases: ranges of words are then prefixes, and the index serves them."""

RARE = 1000
"""A word that at most so many contacts have is followed to all of them; of a commoner one the first few are enough."""

LOOKED_THROUGH = 1000
"""Contacts among which those with a common word are looked for, those on duty first."""

_LIKE = 2000
"""Words read to find those like a misspelt one."""


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
    return slips(word, term) == 1 and len(word) == len(term) and sorted(word) == sorted(term)


class Contacts:
    """The contacts of the directory, with every change on record."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
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
        own = ContactTerm.contact_id == contact.id
        before = set((await self._session.scalars(select(ContactTerm.term).where(own))).all())
        await self._session.execute(delete(ContactTerm).where(own))
        terms: frozenset[str] = frozenset()
        if contact.removed_at is None:
            person = None if contact.member is None else await self._session.get(Member, contact.member)
            terms = _terms_of(contact, "" if person is None else person.name)
            self._session.add_all(ContactTerm(contact_id=contact.id, term=term) for term in sorted(terms))
        await self._session.flush()
        await self._tx.upsert(ContactWord, [{"term": term, "backwards": term[::-1]} for term in sorted(terms - before)])
        if gone := before - terms:
            still = select(ContactTerm.id).where(ContactTerm.term == ContactWord.term)
            await self._session.execute(
                delete(ContactWord).where(ContactWord.term.in_(gone), ~still.exists()),
                execution_options={"synchronize_session": False},
            )

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

    async def on_duty(
        self, country: CountryCode, *, limit: int | None = None, are_members: bool | None = None
    ) -> Sequence[Contact]:
        """Return who is on duty in a country, by number; with `are_members` only those on the roster, or only others.

        `member` says whom to mention, where it is known.
        """
        query = select(Contact).where(
            Contact.country == country, Contact.on_duty.is_(True), Contact.removed_at.is_(None)
        )
        if are_members is not None:
            query = query.where(Contact.member.is_not(None) if are_members else Contact.member.is_(None))
        return (await self._session.scalars(query.order_by(Contact.id).limit(limit))).all()

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
        languages = [f"lang:{language}" for language in wanted.languages]
        if not terms:
            found = await self._first(wanted, languages, limit)
            found |= await self._first(wanted, languages, limit, ports) if ports else set()
            hits: dict[int, int] = {}
        else:
            hits = await self._with_terms(wanted, languages, terms, ports, limit)
            found = set(hits)
        if not found:
            return []
        query = select(Contact.id, Contact.port, Contact.on_duty).where(Contact.id.in_(found))
        rows = (await self._session.execute(query)).all()
        ranked = sorted((-hits.get(one, 0), port not in ports, not duty, one) for one, port, duty in rows)
        ids = [one for *_rank, one in ranked[:limit]]
        some = (await self._session.scalars(select(Contact).where(Contact.id.in_(ids)))).all()
        place = {one: number for number, one in enumerate(ids)}
        return sorted(some, key=lambda one: place[one.id])

    async def _first(
        self, wanted: Wanted, languages: Sequence[str], limit: int, ports: Collection[Locode] = ()
    ) -> set[int]:
        """Return the first contacts that have all that is wanted, those on duty first; with `ports`, of those."""
        ids: set[int] = set()
        for query in _first_of_each(wanted):
            some = query.where(Contact.port.in_(ports)) if ports else query
            if languages and not ports:
                some = _among(some.limit(LOOKED_THROUGH), [languages])
            elif languages:
                some = some.where(_has(languages))
            ids.update((await self._session.scalars(some.limit(limit))).all())
        if languages and not ports:  # few speak it, and they stand behind those that were looked through
            rare = await self._rare(languages)
            ids |= await self._of(rare, wanted) if rare is not None else set()
        return ids

    async def _with_terms(
        self, wanted: Wanted, languages: Sequence[str], terms: Collection[str], ports: Collection[Locode], limit: int
    ) -> dict[int, int]:
        """Return contacts that have what is wanted and some of these words, with how many of them each has."""
        ids: set[int] = set()
        common: list[str] = []
        for term in sorted(terms):
            rare = await self._rare([term])
            if rare is None:
                common.append(term)
            elif rare:
                ids |= await self._of(rare, wanted)
        for query in _first_of_each(wanted) if common else ():
            some = _with_most(query.limit(LOOKED_THROUGH), common, languages).limit(limit)
            ids.update((await self._session.scalars(some)).all())
        if ports:
            ids |= await self._first(wanted, [*terms], limit, ports)
        if languages and ids:
            speak = select(ContactTerm.contact_id).where(ContactTerm.contact_id.in_(ids), _is_one_of(languages))
            ids = set((await self._session.scalars(speak)).all())
        if not ids:
            return {}
        counted = select(ContactTerm.contact_id, func.count()).where(ContactTerm.contact_id.in_(ids), _is_one_of(terms))
        rows = (await self._session.execute(counted.group_by(ContactTerm.contact_id))).all()
        return dict(rows)

    async def _rare(self, terms: Sequence[str]) -> Sequence[int] | None:
        """Return the contacts that have one of these words; None when it is common."""
        query = select(ContactTerm.contact_id).where(ContactTerm.term.in_(terms)).limit(RARE + 1)
        ids = (await self._session.scalars(query)).all()
        return ids if len(ids) <= RARE else None

    async def _of(self, ids: Sequence[int], wanted: Wanted) -> set[int]:
        """Return those of the contacts that have all that is wanted, but for languages."""
        query = select(Contact.id).where(Contact.id.in_(ids), *_conditions(wanted))
        return set((await self._session.scalars(query)).all())

    async def known_terms(self, terms: Collection[str]) -> frozenset[str]:
        """Return which of the folded words stand in some contact."""
        query = select(ContactWord.term).where(ContactWord.term.in_(terms))
        return frozenset((await self._session.scalars(query)).all()) if terms else frozenset()

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
        longer = select(ContactWord.term).where(ContactWord.term > word, ContactWord.term < word + _LAST)
        found = (await self._session.scalars(longer.order_by(ContactWord.term).limit(limit))).all()
        if found and len(word) > 1:
            return dict.fromkeys(found, 92.0)
        if len(word) < 4:
            return {}
        # A slip stands in one half of a word: the other one is as it should be. Of two slips that is most often so.
        half = len(word) // 2
        first, last = word[:half], word[: half - 1 : -1]
        near = func.length(ContactWord.term).between(len(word) - 2, len(word) + 2)
        terms: set[str] = set()
        for column, start in ((ContactWord.term, first), (ContactWord.backwards, last)):
            alike = select(ContactWord.term).where(near, column >= start, column < start + _LAST)
            terms.update((await self._session.scalars(alike.order_by(column).limit(_LIKE))).all())
        near_ones = most_like(word, sorted(terms), 74, limit)
        return {term: 90.0 if _is_swapped(word, term) else score for term, score in near_ones}


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    """Return what a contact must fulfil, but for languages."""
    conditions: list[ColumnElement[bool]] = [Contact.removed_at.is_(None)]
    if wanted.countries:
        conditions.append(Contact.country.in_(wanted.countries))
    if wanted.kinds:
        conditions.append(Contact.kind.in_(wanted.kinds))
    if wanted.on_duty:
        conditions.append(Contact.on_duty.is_(True))
    return conditions


def _first_of_each(wanted: Wanted) -> Sequence[Select[int]]:
    """Return queries for each country and kind, those on duty before the others: an index has each in order."""
    places = [[Contact.country == one] for one in sorted(wanted.countries)] or [[]]
    kinds = [[Contact.kind == one] for one in sorted(wanted.kinds)] or [[]]
    duties = [True] if wanted.on_duty else [True, False]
    return [
        select(Contact.id)
        .where(Contact.removed_at.is_(None), Contact.on_duty.is_(duty), *place, *kind)
        .order_by(Contact.id)
        for place in places
        for kind in kinds
        for duty in duties
    ]


def _has(terms: Sequence[str]) -> ColumnElement[bool]:
    return select(ContactTerm.id).where(ContactTerm.contact_id == Contact.id, ContactTerm.term.in_(terms)).exists()


def _is_one_of(terms: Collection[str]) -> ColumnElement[bool]:
    """Whether a word is one of these; asked of the words of some contacts, never by the index of all words.

    Of a common word PostgreSQL would otherwise read everybody who has it, to find the few that are asked about.
    """
    return (ContactTerm.term + "").in_(terms)


def _with_most(first: Select[int], terms: Sequence[str], languages: Sequence[str]) -> Select[int]:
    """Return those of the first contacts that have some of these words, the ones with most of them first."""
    some = first.subquery()
    is_term = case((_is_one_of(terms), 1), else_=0)
    hits = func.sum(is_term)
    query = (
        select(some.c.id)
        .join(ContactTerm, ContactTerm.contact_id == some.c.id)
        .where(_is_one_of([*terms, *languages]))
        .group_by(some.c.id)
        .having(hits > 0)
        .order_by(hits.desc(), some.c.id)
    )
    return query.having(func.count() > hits) if languages else query


def _among(first: Select[int], wishes: Sequence[Sequence[str]]) -> Select[int]:
    """Return those of the first contacts that have one word of each wish, in the same order.

    Each contact is asked for its words in its turn, until enough were found. An EXISTS would let PostgreSQL read
    everybody who has a common word instead.
    """
    some = first.subquery()
    having = [
        select(ContactTerm.id)
        .where(ContactTerm.contact_id == some.c.id, ContactTerm.term.in_(terms))
        .limit(1)
        .scalar_subquery()
        .is_not(None)
        for terms in wishes
    ]
    return select(some.c.id).where(*having)
