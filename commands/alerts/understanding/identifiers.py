"""Container numbers (ISO 6346) and ships (IMO number, name)."""

import re

from stdnum import imo, iso6346

from commands.alerts.understanding.facts import Doubt, DoubtKind, FactKind
from commands.alerts.understanding.page import Page, vocabulary
from storage.reference import ports
from storage.reference.text import fold

_GAP = r"[ \t./\-]{0,2}"
_CONTAINER = re.compile(rf"(?<![a-z0-9])([a-z]{{3}})({_GAP})([ujzr])({_GAP})((?:[0-9]{_GAP}){{6}}[0-9])(?![a-z0-9])")
CONTAINER_SHAPE = re.compile(r"[A-Z]{3}[UJZR][0-9]{7}")


def container_doubt(number: str) -> Doubt | None:
    """Return the doubt about a number of the right shape."""
    if iso6346.is_valid(number):
        return None
    # A check value of 10 is written 0.
    return Doubt(DoubtKind.CHECK_DIGIT, (number[:10] + str(int(iso6346.calc_check_digit(number[:10])) % 10),))


# "over 1234567 kg", "pour 1234567": words of four letters that end like the prefix of a container.
_WORDS = vocabulary(
    """your over four hour tour year near pour leur jour hier cher noir voir amor ayer leer rear gear fear hear dear
    bear pair fair hair user ever tier pier beer deer menu quiz lieu juez diez nuez peru door poor peor flor"""
)


def find_containers(page: Page) -> None:
    """Record container numbers, in any case and spacing; a wrong check digit is flagged."""
    for match in _CONTAINER.finditer(page.low):
        owner, between, category, gap, digits = match.groups()
        number = (owner + category + re.sub(r"[^0-9]", "", digits)).upper()
        doubt = container_doubt(number)
        letters = page.plain[match.start() : match.end(3)]
        if gap and (owner + category) in _WORDS and doubt:
            continue
        # "the r 123 4567": a prefix is only torn apart in capitals.
        if between and not letters.isupper():
            continue
        if not page.free(*match.span()):
            continue
        page.found(FactKind.CONTAINER, number, number, *match.span(), doubt)


_IMO = re.compile(
    r"(?<![a-z0-9])(?:imo|omi)(?:[ \t]*(?:no|nr|n°|nº|n|num|numero|number|ship))?"
    r"[ \t.:#°º\-]{0,4}([0-9]{7})(?![0-9a-z])"
)


def imo_doubt(digits: str) -> Doubt | None:
    """Return the doubt about seven digits of an IMO number; many real ships lack a valid digit."""
    if imo.is_valid(digits):
        return None
    return Doubt(DoubtKind.CHECK_DIGIT, (f"IMO{digits[:6]}{imo.calc_check_digit(digits[:6])}",))


def find_imo_numbers(page: Page) -> None:
    """Record IMO numbers, but only those that say so: seven digits alone may be anything."""
    for match in _IMO.finditer(page.low):
        digits = match[1]
        if int(digits) and page.free(*match.span()):
            page.found(FactKind.VESSEL, f"IMO{digits}", f"IMO {digits}", *match.span(), imo_doubt(digits))


# What stands before a ship's name. The short forms are only meant in capitals or with a slash or dot.
_SHIP = re.compile(
    r"(?<![a-z0-9])(?:(m/v|m\.v\.?|m/s|m/t|mv)|(ms|mt|ss)|"
    r"(vessel|ship|motor vessel|container ship|containership|navire|porte-conteneurs|cargo|buque|barco|motonave))"
    r"(?![a-z0-9])"
    r"(?:[ \t]+(?:named|called|nomme|llamado|name))?[ \t]*[:\"'«“]?[ \t]*(?=[^\W_])"
)
_SPACED_LOCODE = re.compile(r"([A-Z]{2}) ([A-Z0-9]{3})(?![A-Za-z0-9])")
_NAME_WORD = re.compile(r"[^\W_][^\s,;:()\[\]\"«»“”!?/]*")
# Lower-case words end a name that is typed without capitals; so do these in a text of capitals only.
_NAME_ENDS = vocabulary(
    """a al an and arrive arrived arrives as at au aux avec berth berthed bound by carrying carries charge con coming
    container containers contenedor contenedores conteneur conteneurs da de del depuis des desde destined docked du due
    el en est et eta etd expected for from hacia has have heading imo in into is la le left leaves les llega llego
    loaded los named near next no not now of off on or para parti partira por procedente provenance que qui quitte
    sailed sails salio seen sera still that the this through to today tomorrow transporte under vers via voyage voy was
    we which will with y yesterday zarpo"""
)
_MOST_WORDS = 4


def _name_end(page: Page, start: int, *, lower_too: bool) -> int:
    """Return where the name that starts there ends; `start` when there is none."""
    position = end = start
    for _ in range(_MOST_WORDS):
        match = _NAME_WORD.match(page.plain, position)
        if match is None or match.end() - match.start() > 40:
            break
        word = page.plain[match.start() : match.end()].rstrip(".'-")
        sentence_ends = word != match.group()
        if word.lower() in _NAME_ENDS or not page.free(match.start(), match.end()):
            break
        if not lower_too and not (word[:1].isupper() or (end > start and word.isdigit())):
            break
        end = match.start() + len(word)
        gap = re.compile(r"[ \t]{1,3}(?=[^\W_])").match(page.plain, match.end())
        if gap is None or sentence_ends:
            break
        position = gap.end()
    return end


def find_vessel_names(page: Page) -> None:
    """Record the names of ships that are called so: "MV Ever Given", "navire Probo Koala"."""
    for match in _SHIP.finditer(page.low):
        sure, short, noun = match.groups()
        if short and not page.plain[match.start() : match.end(2)].isupper():
            continue
        start = match.end()
        if not page.free(match.start(), start):
            continue
        if noun and page.shouting:
            continue
        # "MT MAR" is a port of Malta before it is a ship.
        spaced = _SPACED_LOCODE.match(page.plain, match.start())
        if spaced and ports.is_locode(spaced[1] + spaced[2]):
            continue
        end = _name_end(page, start, lower_too=bool(sure) or (page.shouting and bool(short)))
        if sure and end == start:
            continue
        name = page.written(start, end) if end > start else ""
        if len(name) < 2 or not any(c.isalpha() for c in name):
            continue
        page.found(FactKind.VESSEL, vessel_value(name), name, match.start(), end)


def vessel_value(name: str) -> str:
    """Return the name of a ship in the form that names are compared by."""
    return fold(name).upper()
