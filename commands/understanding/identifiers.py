"""Container numbers (ISO 6346) and ships (IMO number, name)."""

import re

from commands.understanding.facts import Doubt, DoubtKind, DoubtSource, FactKind
from commands.understanding.page import Page, vocabulary
from storage.reference import ports
from storage.reference.text import fold

_GAP = r"[ \t./\-]{0,2}"
_LAST_GAP = r"[ \t./\-]{0,2}[\[(]?"  # the check digit stands in a frame on the box
_CONTAINER = re.compile(
    rf"(?<![a-z0-9])([a-z]{{3}})({_GAP})([ujzr])({_GAP})((?:[0-9]{_GAP}){{5}}[0-9]{_LAST_GAP}[0-9])(?![a-z0-9])[\])]?"
)
# Typed with a letter for a digit, or a nought for an O.
_MISTYPED = re.compile(rf"(?<![a-z0-9])([a-z0]{{3}})([ujzr])({_GAP})((?:[0-9oilsb]{_GAP}){{6}}[0-9oilsb])(?![a-z0-9])")
_LETTERS = str.maketrans("oilsb", "01158")
_PHONE = re.compile(
    r"(?:tel\w{0,6}|phone|cell|mobile|movil|portable|fax|whatsapp|call|ring|appel\w{0,5}|llam\w{0,3}|ext\w{0,7})"
    r"[ .:]{0,3}(?:(?:is|est|es|no|me|at|on|au|al)[ .:]{0,2}){0,2}$"
)
_BEFORE = 24  # characters in which a word for a telephone may stand
CONTAINER_SHAPE = re.compile(r"[A-Z]{3}[UJZR][0-9]{7}")


def container_doubt(number: str) -> Doubt | None:
    """Return the doubt about a number of the right shape."""
    from stdnum import iso6346

    if iso6346.is_valid(number):
        return None
    # A check value of 10 is written 0.
    right = number[:10] + str(int(iso6346.calc_check_digit(number[:10])) % 10)
    return Doubt(DoubtKind.CHECK_DIGIT, (right,), DoubtSource.CHECK_DIGIT)


# "over 1234567 kg", "pour 1234567": words of four letters that end like the prefix of a container.
_WORDS = vocabulary(
    """your over four hour tour year near pour leur jour hier cher noir voir amor ayer leer rear gear fear hear dear
    telu celu mobu faxu bear pair fair hair user ever tier pier beer deer menu quiz lieu juez diez nuez peru door poor
    peor flor"""
)


def find_containers(page: Page) -> None:
    """Record container numbers, in any case and spacing; a wrong check digit is flagged."""
    for match in _CONTAINER.finditer(page.low):
        owner, between, category, gap, digits = match.groups()
        number = (owner + category + re.sub(r"[^0-9]", "", digits)).upper()
        doubt = container_doubt(number)
        letters = page.plain[match.start() : match.end(3)]
        if doubt and ((gap and (owner + category) in _WORDS) or _after_phone(page, match.start())):
            continue
        # "the r 123 4567": a prefix is only torn apart in capitals.
        if between and not letters.isupper():
            continue
        end = match.end()
        if page.low[end - 1] in "])" and page.low[end - 3] not in "[(":
            end -= 1
        if page.free(match.start(), end):
            page.found(FactKind.CONTAINER, number, number, match.start(), end, doubt)
    for match in _MISTYPED.finditer(page.low):
        owner, category, _, digits = match.groups()
        number = (owner.replace("0", "o") + category + re.sub(r"[^0-9]", "", digits.translate(_LETTERS))).upper()
        typed = sum(c.isdigit() for c in digits)
        if typed >= 4 and container_doubt(number) is None and page.free(*match.span()):
            doubt = Doubt(DoubtKind.GUESSED, (), DoubtSource.LETTER_FOR_DIGIT)
            page.found(FactKind.CONTAINER, number, number, *match.span(), doubt)


def _after_phone(page: Page, start: int) -> bool:
    return _PHONE.search(page.low, max(0, start - _BEFORE), start) is not None


_IMO = re.compile(
    r"(?<![a-z0-9])(?:imo|omi)(?:[ \t]{0,2}(?:no|nr|n°|nº|n|num|numero|number|ship))?"
    r"[ \t.:#°º\-]{0,4}([0-9]{7})(?![0-9a-z])"
)


def imo_doubt(digits: str) -> Doubt | None:
    """Return the doubt about seven digits of an IMO number; many real ships lack a valid digit."""
    from stdnum import imo

    if imo.is_valid(digits):
        return None
    right = f"IMO{digits[:6]}{imo.calc_check_digit(digits[:6])}"
    return Doubt(DoubtKind.CHECK_DIGIT, (right,), DoubtSource.CHECK_DIGIT)


# "9133654 is the IMO"
_IMO_AFTER = re.compile(
    r"(?<![\w.,/+\-])([0-9]{7})[ \t]{1,2}(?:(?:is|es|est)[ \t])?(?:(?:the|her|its|el|le|l'|su|son)[ \t']?)?"
    r"(?:imo|omi)(?!\w)"
)


def find_imo_numbers(page: Page) -> None:
    """Record IMO numbers, but only those that say so: seven digits alone may be anything."""
    for match in (*_IMO.finditer(page.low), *_IMO_AFTER.finditer(page.low)):
        digits = match[1]
        if int(digits) and page.free(*match.span()):
            page.found(FactKind.VESSEL, f"IMO{digits}", f"IMO {digits}", *match.span(), imo_doubt(digits))


# What stands before a ship's name. The short forms are only meant in capitals or with a slash or dot.
_SHIP = re.compile(
    r"(?<![a-z0-9])(?:(m/v|m\.v\.?|m/s|m/t|mv)|(ms|mt|ss)|"
    r"(vessel|ship|motor vessel|container ship|containership|navire|porte-conteneurs|cargo|buque|barco|motonave))"
    r"(?![a-z0-9])"
    r"(?:(?:'s)?,?[ \t]{1,2}(?:named?|called|nomme|llamado|nombre|nom)(?: is)?)?[ \t]{0,2}[:]?[ \t]{0,2}"
    r"(?P<quote>[\"'«“]?)[ \t]{0,2}(?=[^\W_])"
)
_CLOSING = {'"': '"', "'": "'", "«": "»", "“": "”"}
# Ships whose first word says that they are ships.
_LINES = re.compile(
    r"(?<![\w])(msc|cma cgm|maersk|ever|cosco|hapag|oocl|zim|grande|jolly|wilson|nyk|hmm)[ \t](?=[^\W_])"
)
_NOT_SHIPS = vocabulary(
    """line lines shipping agency agencies agent container containers group office offices booking terminal logistics
    company carrier service services since seen again b l bl marks customs policy letter"""
)
_SPACED_LOCODE = re.compile(r"([A-Z]{2}) ([A-Z0-9]{3})(?![A-Za-z0-9])")
_NAME_WORD = re.compile(r"[^\W_][^\s,;:()\[\]\"«»“”!?/]{0,40}")
# Lower-case words end a name that is typed without capitals; so do these in a text of capitals only.
_NAME_ENDS = vocabulary(
    """a al an and arrive arrived arrives as at au aux avec berth berthed bound by call called calling calls carrying
    carries charge con comes coming container containers contenedor contenedores conteneur conteneurs da de del
    depuis des desde destined docked du due el en est et eta etd expected for from hace hacia has have heading imo in
    into is la le left leaves les llega llego loaded los named near next no not now of off on or para parti partira
    por procedente provenance que qui quitte recala sailed sails salio seen sera still that the this through to today
    tomorrow transporte under vers via voyage voy was we which will with y yesterday zarpo monday tuesday wednesday
    thursday friday saturday sunday lundi mardi mercredi jeudi vendredi samedi dimanche lunes martes miercoles jueves
    viernes sabado domingo line lines"""
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
    """Record the names of ships that are called so: "MV Ever Given", "navire Probo Koala"; and "MSC Tina"."""
    for match in _SHIP.finditer(page.low):
        sure, short, noun = match.group(1, 2, 3)
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
        quote = match["quote"]
        closing = page.low.find(_CLOSING[quote], start, start + 60) if quote else -1
        end = closing if closing > start and page.free(start, closing) and "\n" not in page.low[start:closing] else 0
        end = end or _name_end(page, start, lower_too=bool(sure) or (page.shouting and bool(short)))
        _record_ship(page, match.start(), start, end)
    for match in _LINES.finditer(page.low):
        start = match.end()
        word = _NAME_WORD.match(page.low, start)
        if page.shouting or not page.plain[match.start()].isupper() or not page.free(match.start(), start):
            continue
        if word is None or word.group().rstrip(".'-") in _NOT_SHIPS:
            continue
        end = _name_end(page, start, lower_too=False)
        doubt = Doubt(DoubtKind.GUESSED, (), DoubtSource.NOT_INTRODUCED)
        if end > start and page.plain[start].isupper():
            _record_ship(page, match.start(), match.start(), end, doubt)


def _record_ship(page: Page, first: int, start: int, end: int, doubt: Doubt | None = None) -> None:
    name = page.written(start, end) if end > start else ""
    if len(name) >= 2 and any(c.isalpha() for c in name):
        page.found(FactKind.VESSEL, vessel_value(name), name, first, end, doubt)


def vessel_value(name: str) -> str:
    """Return the name of a ship in the form that names are compared by."""
    return fold(name).upper()
