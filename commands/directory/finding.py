"""Looking for contacts: a few candidates from the database, ranked by what was asked for."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from commands.directory.fields import read_caller, read_ending
from commands.directory.understanding import Guess, Understood, apply, as_language, guess, understand
from storage.contacts import Contact, Contacts, Wanted, words_of
from storage.ids import CountryCode
from storage.members import AuthorityKind, Member, Named
from storage.reference.spelling import likeness
from storage.reference.text import words

CANDIDATES = 80
"""How many rows are read for ranking; the database brings the likeliest first."""

_EMAIL = re.compile(r"\S+@\S+\.\S+")
_PHONE = re.compile(r"\+?[\d\s()./-]{7,}")


@dataclass(frozen=True, slots=True)
class Found:
    """The contacts, best first, and whether they have all that was asked for; members of the roster by that name."""

    contacts: Sequence[Contact]
    understood: Understood
    exact: bool = True
    named: Sequence[Named] = ()
    members: Sequence[Member] = ()


async def find_contacts(
    contacts: Contacts, text: str, roster: Sequence[Named] = (), home: CountryCode | None = None
) -> Found:
    """Look for contacts by a few words; `home` is the country of who asks."""
    if direct := await _by_address(contacts, text, home):
        return Found(direct, Understood(names=[text.strip()]))
    on_roster = frozenset().union(*(member.words for member in roster))
    known = await contacts.known_terms(words(text))
    understood = understand(text, on_roster | known)
    spellings = await _settle_names(contacts, understood, on_roster, known)
    found, exact = await _candidates(contacts, understood, spellings)
    if not found and as_language(understood):
        found, exact = await _candidates(contacts, understood, spellings)
    ranked = sorted(found, key=lambda contact: (-_score(contact, understood, spellings, home), contact.id))
    people = _on_roster(roster, understood)
    exact = exact and not understood.unknown and len(spellings) == len(understood.names)
    return Found(ranked, understood, exact=exact, named=people)


def _on_roster(roster: Sequence[Named], understood: Understood) -> Sequence[Named]:
    """Return the members whose names have each of the words that are names."""
    if not understood.names:
        return ()
    return [
        member
        for member in roster
        if (not understood.places or member.country in understood.places)
        and all(any(_is_like(word, own) for own in member.words) for word in understood.names)
    ]


def _is_like(word: str, own: str) -> bool:
    return own.startswith(word) or (len(word) > 3 and likeness(word, own) >= 80)


async def _by_address(contacts: Contacts, text: str, home: CountryCode | None) -> Sequence[Contact]:
    """Who has this e-mail address or phone number: somebody called, and who was it?"""
    text = text.strip()
    if address := _EMAIL.fullmatch(text):
        return await contacts.by_email(address.group())
    if _PHONE.fullmatch(text):
        caller = read_caller(text, home)
        called = await contacts.by_phone(caller.likely, caller.possible, limit=CANDIDATES) if caller is not None else ()
        if called:
            return sorted(called, key=lambda contact: (contact.country != home, contact.id))
    if (ending := read_ending(text)) is not None:
        called = await contacts.by_end_of_phone(ending, limit=CANDIDATES)
        return sorted(called, key=lambda contact: (contact.country != home, contact.id))
    return ()


async def _settle_names(
    contacts: Contacts, understood: Understood, on_roster: frozenset[str], known: frozenset[str]
) -> dict[str, dict[str, float]]:
    """Decide for each word that was not understood what it is; return the spellings of those that are names."""
    settled: dict[str, dict[str, float]] = {}
    names, understood.names = understood.names, []
    joint = _joint_guess(names) if len(names) > 1 else None
    is_name = not (on_roster | known).isdisjoint(names)
    if joint is not None and joint.score >= 84 and not is_name:
        apply(joint, understood)
        return settled
    for word in names:
        is_spelt_right = word in known or word in on_roster
        spellings = {word: 100.0} if word in known else await contacts.spellings(word)
        best = 100.0 if is_spelt_right else max([*spellings.values(), _nearest_on_roster(word, on_roster)])
        meant = None if best == 100 else guess(word, next(iter(understood.places), None))
        if meant is not None and meant.score >= best:
            apply(meant, understood)
        elif (meant_term := _place_or_kind(spellings)) is not None:
            understood.merge(meant_term)
        elif best:
            understood.names.append(word)
            if spellings:
                settled[word] = spellings
        else:
            understood.unknown.append(word)
    return settled


def _place_or_kind(spellings: dict[str, float]) -> Understood | None:
    """ "ghnaa" is nearest to "ghana" in the name of an authority: the country is meant all the same."""
    if not spellings:
        return None
    meant = understand(max(spellings, key=lambda term: spellings[term]))
    return None if meant.names or meant.is_empty else meant


def _nearest_on_roster(word: str, on_roster: frozenset[str]) -> float:
    return max((likeness(word, own) for own in on_roster if _is_like(word, own)), default=0.0)


def _joint_guess(names: Sequence[str]) -> Guess | None:
    """ "ivry coast": several misspelt words may be one place."""
    return guess(" ".join(names)) if len(names) <= 4 else None


async def _candidates(
    contacts: Contacts, understood: Understood, spellings: dict[str, dict[str, float]]
) -> tuple[Sequence[Contact], bool]:
    """Return those that have all that was asked for, or the nearest, and which of the two it is."""
    terms = frozenset(spelling for found in spellings.values() for spelling in found)
    ports = [port.locode for port in understood.ports]
    everything = Wanted(
        countries=understood.places,
        kinds=frozenset(understood.kinds),
        languages=frozenset(understood.languages),
        on_duty=understood.on_duty,
    )
    if everything == Wanted() and not (terms or understood.now or understood.port_meant):
        return (), True
    for step, wanted in enumerate(_ladder(everything)):
        found = list(await contacts.having(wanted, terms=terms, ports=ports, limit=CANDIDATES))
        found = _with_every_name(found, spellings) or found
        namesakes = await _namesakes(contacts, understood, wanted) if not terms else []
        found += [contact for contact in namesakes if contact not in found]
        if found:
            return found, step == 0
    # A name that nobody has there: whoever has it elsewhere. No country named: whoever is called by the words.
    if not terms and not understood.places:
        terms = frozenset(understood.hints)
    elsewhere = await contacts.having(Wanted(), terms=terms, limit=CANDIDATES) if terms else ()
    if elsewhere:
        return elsewhere, everything == Wanted()
    return (), True


def _ladder(everything: Wanted) -> Sequence[Wanted]:
    """What is wanted, then less and less of it. The country is never given up."""
    steps = [everything]
    for less in (
        replace(everything, on_duty=False),
        replace(everything, on_duty=False, languages=frozenset()),
        Wanted(countries=everything.countries),
    ):
        if less != steps[-1] and less != Wanted():
            steps.append(less)
    return steps


def _with_every_name(found: Sequence[Contact], spellings: dict[str, dict[str, float]]) -> list[Contact]:
    """Of several names given, those count who have each of them."""
    own = [(contact, _own_words(contact)) for contact in found]
    return [contact for contact, has in own if not any(has.isdisjoint(variants) for variants in spellings.values())]


async def _namesakes(contacts: Contacts, understood: Understood, wanted: Wanted) -> list[Contact]:
    """ "jordan", "victoria": a place may also be the name of a person."""
    names = frozenset(word for word in understood.place_words if len(word) > 2)
    if not names or not understood.places:
        return []
    anywhere = replace(wanted, countries=frozenset())
    named = await contacts.having(anywhere, terms=names, limit=CANDIDATES)
    return [contact for contact in named if names.intersection(words(contact.name))]


def _own_words(contact: Contact) -> frozenset[str]:
    return words_of(contact.name, contact.role, contact.authority)


def _score(
    contact: Contact, understood: Understood, spellings: dict[str, dict[str, float]], home: CountryCode | None
) -> float:
    score = 0.0
    if understood.places:
        score += 30 * (contact.country in understood.places)
    else:
        score += 3 * (contact.country == home)
    score += 14 * (contact.port in {port.locode for port in understood.ports})
    score += 25 * (contact.kind in understood.kinds)
    score += 8 * (understood.port_meant and contact.kind is AuthorityKind.PORT)
    score += 15 * bool(set(understood.languages).intersection(contact.languages))
    score += 12 * (understood.now and (contact.on_duty or contact.hours == "24/7"))
    score += 12 * (understood.on_duty and contact.on_duty) + 2 * contact.on_duty
    name, rest = words(contact.name), words(f"{contact.role} {contact.authority}")
    for word, variants in spellings.items():
        score += 0.30 * _nearest(word, variants, name) or 0.18 * _nearest(word, variants, rest)
    hints = set(understood.hints)
    return score + 4 * len(hints.intersection(name)) + len(hints.intersection(rest))


def _nearest(word: str, variants: dict[str, float], own: Collection[str]) -> float:
    """How like the word the nearest of a contact's own words is, 0 to 100."""
    return max((max(variants[term], likeness(word, term)) for term in own if term in variants), default=0.0)
