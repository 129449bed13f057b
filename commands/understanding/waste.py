"""Waste and customs codes: Basel, EU list of waste, HS."""

import re
from datetime import date

from commands.understanding.facts import Doubt, DoubtKind, DoubtSource, FactKind
from commands.understanding.page import Page
from storage.reference import codes

_BASEL = re.compile(
    r"(?<![\w.])(basel[ \t]{1,3}(?:code[ \t]{0,2})?:?[ \t]{0,2})?"
    r"([ab][ \-.]?[0-9]{4}|y[ \-]?[0-9]{1,2})(?![\w]|[.,\-/][0-9])"
)
_EWC = re.compile(
    r"(?<![\w.,/+\-])((?:ewc|low|ler|ced|avv)(?:[ \t]{0,2}(?:code|no))?[ \t:.]{0,3})?"
    r"([0-9]{2})([ .\-]?)([0-9]{2})([ .\-]?)([0-9]{2})(?:[ ]?(\*))?(?![\w*/]|[.,\-][0-9]|[ ][0-9]{2}(?![0-9]))"
)
_HS = re.compile(
    r"(?<![\w.,/+\-])((?:hs|sh|sa|hts|taric|cn|partida|arancel|tariff)"
    r"(?:[ \t\-]{0,2}(?:code|codes|no|heading|position))?[ \t:.]{0,3})?"
    r"(?:([0-9]{4})[. ]?([0-9]{2})(?:[. ]?[0-9]{2}){0,2}|([0-9]{4}))(?![\w]|[.,/\-][0-9])"
)
# "USD 3915.10" is money.
_MONEY = re.compile(r"(?:usd|eur|gbp|xof|xaf|ghs|cfa|[$€£])[ \t]?$")


def basel_doubt(code: str, today: date) -> Doubt | None:
    """Return the doubt about a code of Basel form."""
    known = codes.basel(code, on=today)
    if known is None:
        return Doubt(DoubtKind.UNKNOWN_CODE, (), DoubtSource.NOT_IN_TABLE)
    return None if known.valid else Doubt(DoubtKind.EXPIRED_CODE, known.successors, DoubtSource.ENDED)


def find_basel(page: Page, today: date) -> None:
    """Record Basel codes; ended ones are flagged with what took their place."""
    for match in _BASEL.finditer(page.low):
        code = codes.normalise_basel(match[2])
        start, end = match.span()
        if not page.free(start, end):
            continue
        spaced = re.search(r"[ .]", match[2]) is not None
        upper = page.plain[match.start(2)].isupper()
        doubt = basel_doubt(code or match[2], today)
        unknown = doubt is not None and doubt.kind is DoubtKind.UNKNOWN_CODE
        # Without the word "Basel", only what is in the annexes or has exactly their form is taken for a code.
        if not match[1] and (
            (unknown and (code is None or spaced or not upper or code[0] == "Y")) or (spaced and not upper)
        ):
            continue
        value = code or re.sub(r"[^a-z0-9]", "", match[2]).upper()
        page.found(FactKind.BASEL, value, value, start, end, doubt)


def ewc_doubt(digits: str, today: date) -> Doubt | None:
    """Return the doubt about six digits of the list of waste."""
    known = codes.ewc(digits, on=today)
    if known is None:
        may_be_new = codes.ewc_may_be_new(digits, on=today)
        if may_be_new:
            return Doubt(DoubtKind.GUESSED, (), DoubtSource.MAY_BE_NEW)
        return Doubt(DoubtKind.UNKNOWN_CODE, (), DoubtSource.NOT_IN_TABLE)
    return None if known.valid else Doubt(DoubtKind.EXPIRED_CODE, (), DoubtSource.ENDED)


def _recent_date(day: str, month: str, year: str, today: date) -> bool:
    return 1 <= int(day) <= 31 and 1 <= int(month) <= 12 and abs(2000 + int(year) - today.year) <= 2


def find_ewc(page: Page, today: date) -> None:
    """Record codes of the EU list of waste: "16 06 01*", "160601*", "EWC 160601"."""
    for match in _EWC.finditer(page.low):
        prefix, one, gap, two, other_gap, three, star = match.groups()
        start, end = match.span()
        if not page.free(start, end) or gap != other_gap:
            continue
        digits = one + two + three
        doubt = ewc_doubt(digits, today)
        unknown = doubt is not None and doubt.kind is DoubtKind.UNKNOWN_CODE
        if not prefix and not star:
            # Six bare digits may be anything, and three pairs with a dot or dash are likelier a date.
            if gap != " " or unknown:
                continue
            if doubt is None and _recent_date(one, two, three, today):
                doubt = Doubt(DoubtKind.GUESSED, (), DoubtSource.LIKE_A_DATE)
        if unknown and not prefix and codes.ewc(one + two + three, on=today) is None and gap != " ":
            continue
        page.found(FactKind.EWC, digits, codes.ewc_formatted(digits), start, end, doubt)


def hs_doubt(digits: str) -> Doubt | None:
    """Return the doubt about HS digits."""
    return None if codes.hs(digits) else Doubt(DoubtKind.UNKNOWN_CODE, (), DoubtSource.NOT_IN_TABLE)


def find_hs(page: Page) -> None:
    """Record customs codes: "HS 8549.21", "HS code 854921", and "8549.21" where there is such a code."""
    for match in _HS.finditer(page.low):
        prefix, heading, sub, heading_alone = match.groups()
        start, end = match.span()
        if not page.free(start, end):
            continue
        digits = heading + sub if heading else heading_alone
        doubt = hs_doubt(digits)
        if not prefix:
            dotted = heading is not None and page.low[match.end(2)] == "."
            if not dotted or doubt or _MONEY.search(page.low, max(0, start - 5), start):
                continue
            if codes.hs_watch(digits) is None:
                doubt = Doubt(DoubtKind.GUESSED, (), DoubtSource.NOT_INTRODUCED)
        page.found(FactKind.HS, digits, codes.hs_formatted(digits), start, end, doubt)
