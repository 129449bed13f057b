"""When two facts name the same thing, however each was written: the one form by which alerts are compared."""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from storage.alerts.parts import Fact
from storage.reference.text import fold, words

MARKED_KINDS = ("container", "bill of lading", "notification", "vessel", "company")
"""The kinds of facts that name one thing in the world, the most telling first."""

TELLING_KINDS = frozenset(MARKED_KINDS[:3])
"""Those that belong to one shipment; ships and companies have many."""

_LONGEST = 120
_CONTAINER = re.compile(r"[A-Z]{3}[UJZR]\d{7}")
_IMO = re.compile(r"IMO(\d{6})\d")
_NOTIFICATION = re.compile(r"((?:GLW)?[A-Z]{2}\d{10})I?(?:\d{6})?")
"""EU numbers: of a notification or an Annex VII document, and behind it that of a movement under it."""

_SHIP = re.compile(
    r"^(?:(?:m[./ ]?[vst]\b\.?|s[./]?s\b\.?|(?:motor )?(?:vessel|ship|tanker)\b|navire\b|buque\b|barco\b)[ :]*)+(?=\S)"
)
_LETTERS_APART = re.compile(r"(?<!\w)\w(?: \w)+(?!\w)")
_JOINING = frozenset(("and", "et", "y", "und", "e", "en"))
_FORM_AT_END = re.compile(
    r"""(?:[ ](?:sa[ ]de[ ]cv|s[ ]de[ ]rl|sp[ ]z[ ]oo|sp[ ]zoo
    |ltd|limited|ltda|limitada|llc|llp|lp|inc|incorporated|corp|corporation|plc|co|company|compania|cia|cie|compagnie
    |gmbh|mbh|ag|kg|kgaa|ohg|ug|sarl|sarlu|suarl|sa|sas|sasu|eurl|sprl|srl|spa|sac|saa|eirl|slu|sl|sau|bv|nv|bvba|vof
    |ab|oy|oyj|aps|as|asa|sro|doo|dd|gie|lda|fze|fzco|fzc|dmcc|jsc|pjsc|ooo|oao|zao|kft|zrt|pvt|private|pty|proprietary
    |pte|sdn|bhd))+$""",
    re.VERBOSE,
)
_FORM_AT_START = re.compile(r"^(?:(?:sarl|sas|eurl|societe|ste|ets|etablissements|firma|pt|ooo|oao|zao) )+")


class Mark(NamedTuple):
    """What is compared: the kind of a fact and its value without what may differ between two spellings of it."""

    kind: str
    value: str


def mark_of(kind: str, value: str) -> Mark | None:
    """Return by what a fact is compared with those of other alerts; None for a kind that names nothing by itself.

    A container or ship stands without its check digit, which is what is most often missing or wrong; a notification
    without the trailing `i` and the number of a movement; a ship's name without MV; a company without its legal form;
    all without case, accents, blanks and punctuation.
    """
    if kind not in MARKED_KINDS:
        return None
    plain = _plain(value)
    match kind:
        case "container":
            known = plain[:10] if _CONTAINER.fullmatch(plain) else plain
        case "vessel":
            imo = _IMO.fullmatch(plain)
            known = f"IMO{imo[1]}" if imo else _plain(_SHIP.sub("", fold(value)))
        case "notification":
            number = _NOTIFICATION.fullmatch(plain)
            known = number[1] if number else plain
        case "company":
            known = _company(value)
        case _:
            known = plain
    return Mark(kind, known[:_LONGEST]) if known else None


def marks_of(facts: Iterable[Fact]) -> Mapping[Mark, Fact]:
    """Return what is to be compared of these facts, each with the fact that says it, the most telling first."""
    found: dict[Mark, Fact] = {}
    for fact in facts:
        mark = mark_of(fact.kind, fact.value)
        if mark is not None:
            found.setdefault(mark, fact)
    return dict(sorted(found.items(), key=lambda item: MARKED_KINDS.index(item[0].kind)))


def _plain(text: str) -> str:
    return "".join(character for character in fold(text).upper() if character.isalnum())


def _company(name: str) -> str:
    apart = " ".join(words(name.replace(".", "")))
    joined = _LETTERS_APART.sub(lambda found: found[0].replace(" ", ""), apart)
    bare = _FORM_AT_START.sub("", _FORM_AT_END.sub("", joined))
    kept = [word for word in bare.split() if word not in _JOINING] or bare.split()
    return "".join(kept).upper()
