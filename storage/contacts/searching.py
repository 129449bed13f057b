"""Contacts are looked for by country, kind, language, duty and words, in a bounded number of steps."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, case, func, or_, select
from sqlalchemy.sql import ColumnElement

from storage.base import Transaction
from storage.base.tables import columns_of
from storage.contacts.tables import Contact, ContactTerm, ContactWord
from storage.ids import CountryCode, Locode
from storage.members import AuthorityKind
from storage.reference.spelling import most_like, slips
from storage.reference.text import words

LONGEST_TERM = 40
_LAST = "\U0010ffff"
_LAST_EXTENSION = "9" * 8

RARE = 1000
"""A word that at most so many contacts have is followed to all of them; of a commoner one the first few are enough."""

LOOKED_THROUGH = 500
"""Contacts among which those with a common word are looked for, those on duty first."""

_LIKE = 2000
"""Words read to find those like a misspelt one."""

_contact = columns_of(Contact)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What every contact of a search must have; empty means that it does not matter."""

    countries: frozenset[CountryCode] = frozenset()
    kinds: frozenset[AuthorityKind] = frozenset()
    languages: frozenset[str] = frozenset()
    on_duty: bool = False


def words_of(*texts: str) -> frozenset[str]:
    """Return the folded words of some texts, without single letters."""
    return frozenset(word[:LONGEST_TERM] for text in texts for word in words(text) if len(word) > 1)


def _is_swapped(word: str, term: str) -> bool:
    """ "efau" for "efua": two letters that changed places are one slip, not two."""
    return slips(word, term) == 1 and len(word) == len(term) and sorted(word) == sorted(term)


class ContactSearch:
    """How contacts are found; a part of `Contacts`."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._session = tx.session

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
        query = select(_contact.id, _contact.country, _contact.kind, _contact.on_duty)
        rows = await self._tx.rows(query.where(_contact.id.in_(ids), _contact.removed_at.is_(None)))
        return {
            number
            for number, country, kind, on_duty in rows  # not by the database: it may read everybody of a kind instead
            if (not wanted.countries or country in wanted.countries)
            and (not wanted.kinds or kind in wanted.kinds)
            and (on_duty or not wanted.on_duty)
        }

    async def known_terms(self, terms: Collection[str]) -> frozenset[str]:
        """Return which of the folded words stand in some contact."""
        query = select(ContactWord.term).where(ContactWord.term.in_(terms))
        return frozenset((await self._session.scalars(query)).all()) if terms else frozenset()

    async def by_email(self, email: str) -> Sequence[Contact]:
        query = select(Contact).where(Contact.email_key == email.casefold(), Contact.removed_at.is_(None))
        return (await self._session.scalars(query)).all()

    async def by_phone(self, likely: Sequence[str], possible: Collection[str] = (), *, limit: int) -> Sequence[Contact]:
        """Return the contacts with one of these phone numbers (E.164), with any extension of the likely ones."""
        same = [
            Contact.phone.in_([*likely, *possible]),
            *(Contact.phone.between(f"{one};ext=", f"{one};ext={_LAST_EXTENSION}") for one in likely),
        ]
        query = select(Contact).where(or_(*same), Contact.removed_at.is_(None))
        return (await self._session.scalars(query.order_by(Contact.id).limit(limit))).all()

    async def by_end_of_phone(self, digits: str, *, limit: int) -> Sequence[Contact]:
        """Return the contacts whose phone number ends in these digits."""
        end = digits[::-1]
        query = select(Contact).where(Contact.phone_end >= end, Contact.phone_end < end + _LAST)
        return (await self._session.scalars(query.order_by(Contact.phone_end).limit(limit))).all()

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
