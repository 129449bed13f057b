"""The contacts of the directory: written, found and changed, with every change on record."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import delete, func, or_, select
from sqlalchemy.sql import ColumnElement

from storage.contacts.searching import ContactSearch, words_of
from storage.contacts.tables import Contact, ContactChange, ContactChangeKind, ContactTerm, ContactWord, email_key
from storage.ids import CountryCode, UserId
from storage.members import AuthorityKind, Member
from storage.reference.ports import is_locode, port


def _terms_of(contact: Contact, person: str) -> frozenset[str]:
    place = port(contact.port).shown if contact.port and is_locode(contact.port) else ""
    spoken = {f"lang:{language}" for language in contact.languages}
    return words_of(contact.name, person, contact.role, contact.authority, place) | spoken


class Contacts(ContactSearch):
    """The contacts of the directory, with every change on record."""

    async def add(self, contact: Contact, by: Member, at: datetime) -> Contact:
        """Write a new contact, index it and give it its number."""
        contact.put_keys()
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
