"""Finding the facts in what an official writes: containers, ships, places, codes, quantities, dates.

Pure functions: no clock, no storage beyond the shipped tables.
"""

from datetime import date

from commands.understanding.companies import find_companies
from commands.understanding.dates import find_dates
from commands.understanding.facts import (
    CARD_KINDS,
    Confidence,
    Doubt,
    DoubtKind,
    DoubtSource,
    FactKind,
    Finding,
    PlaceRole,
    Understanding,
    Unit,
    quantity,
)
from commands.understanding.identifiers import find_containers, find_imo_numbers
from commands.understanding.page import Page, vocabulary
from commands.understanding.papers import (
    find_bills_of_lading,
    find_declared,
    find_notifications,
    find_un_numbers,
)
from commands.understanding.persons import claim_persons, names_a_person
from commands.understanding.places import find_places
from commands.understanding.quantities import find_quantities
from commands.understanding.ships import find_vessel_names
from commands.understanding.single import (
    normalise_basel,
    normalise_container,
    normalise_country,
    normalise_date,
    normalise_ewc,
    normalise_hs,
    normalise_port,
    normalise_quantity,
    normalise_vessel,
    parse_fact,
)
from commands.understanding.waste import find_basel, find_ewc, find_hs
from commands.understanding.words import with_confidence
from storage.ids import CountryCode

__all__ = [
    "CARD_KINDS",
    "LONGEST_READ",
    "Confidence",
    "Doubt",
    "DoubtKind",
    "DoubtSource",
    "FactKind",
    "Finding",
    "PlaceRole",
    "Understanding",
    "Unit",
    "names_a_person",
    "normalise_basel",
    "normalise_container",
    "normalise_country",
    "normalise_date",
    "normalise_ewc",
    "normalise_hs",
    "normalise_port",
    "normalise_quantity",
    "normalise_vessel",
    "parse_fact",
    "quantity",
    "understand",
    "vocabulary",
    "with_confidence",
]


LONGEST_READ = 12_000
"""How many characters of a text are read: a thousand container numbers, and more than an alert may hold."""
_LONGEST_WORD = 80


def understand(
    text: str, *, today: date, kinds: frozenset[FactKind] = CARD_KINDS, home: CountryCode | None = None
) -> Understanding:
    """Find the facts in a text, in English, French or Spanish. Never raises, whatever the text.

    The first `LONGEST_READ` characters are read, so that no text keeps the others waiting.

    `today` decides which codes have ended and what "yesterday" means. `kinds` are looked for; what a kind that is not
    among them would have taken may be read as another. `home` is the country of whoever writes: of several ports
    with one name, the one there is likelier meant. Of findings that say the same, the first is kept; a place with a
    role also takes the place of mentions of it without one.
    """
    page = Page(_beginning(text))
    # The surest forms first: what they take is not read again as something else.
    if FactKind.BILL_OF_LADING in kinds:
        find_bills_of_lading(page)
    find_containers(page)
    find_imo_numbers(page)
    if FactKind.NOTIFICATION in kinds:
        find_notifications(page)
    if FactKind.UN_NUMBER in kinds:
        find_un_numbers(page)
    find_quantities(page)
    find_basel(page, today)
    find_ewc(page, today)
    find_dates(page, today)
    find_hs(page)
    if FactKind.DECLARED in kinds:
        find_declared(page)
    if FactKind.COMPANY in kinds:
        find_companies(page)
    find_vessel_names(page)
    claim_persons(page)
    find_places(page, home)
    found = [one for one in page.findings if one.kind in kinds]
    return Understanding(_distinct(sorted(found, key=lambda one: one.span)))


def _beginning(text: str) -> str:
    """Return what is read of a text: whole words, so that no number is taken for a shorter one."""
    if len(text) <= LONGEST_READ:
        return text
    blank = max(text.rfind(mark, LONGEST_READ - _LONGEST_WORD, LONGEST_READ) for mark in " \n\t")
    return text[: blank if blank > 0 else LONGEST_READ]


def _distinct(findings: list[Finding]) -> tuple[Finding, ...]:
    with_role = {(found.kind, found.value) for found in findings if found.role is not None}
    seen: set[tuple[FactKind, str, PlaceRole | None]] = set()
    kept = []
    for found in findings:
        same = (found.kind, found.value, found.role)
        if same in seen or (found.role is None and (found.kind, found.value) in with_role):
            continue
        seen.add(same)
        kept.append(found)
    return tuple(kept)
