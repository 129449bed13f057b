"""Container numbers (ISO 6346) and IMO numbers of ships."""

import re

from commands.understanding.facts import Doubt, DoubtKind, DoubtSource, FactKind
from commands.understanding.page import Page, vocabulary

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
