"""Text as people type it, made comparable."""

import unicodedata
from functools import lru_cache

# Embedding, override and isolate controls, zero-width characters, the soft hyphen, the byte order mark,
# variation selectors: they change what is seen or compared, never what is meant.
_INVISIBLE = frozenset(map(ord, "\u00ad\u034f\u061c\u180e\ufeff")).union(
    range(0x200B, 0x2010), range(0x202A, 0x202F), range(0x2060, 0x2070), range(0xFE00, 0xFE10)
)
DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
"""What telephones and word processors make of a hyphen, and what people paste."""
_PLAIN = {
    **dict.fromkeys(DASHES, "-"),
    "\u00ad": "-",
    **dict.fromkeys("\u2018\u2019\u201b\u02bc\u00b4\u0060\u2032", "'"),
    "ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "ł": "l", "Ł": "L", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE",
    "ı": "i", "þ": "th", "ð": "d", "ħ": "h",
}  # fmt: skip


def is_invisible(character: str) -> bool:
    """Say whether a character is a bidi or zero-width control."""
    return ord(character) in _INVISIBLE


@lru_cache(maxsize=4096)
def plain(character: str) -> str:
    """Return one character without accents, in plain ASCII where there is such a form; "" for a control.

    The case is kept. The result may have several characters ("œ" gives "oe").
    """
    if character.isascii():
        return character
    if is_invisible(character):
        return ""
    if character in _PLAIN:
        return _PLAIN[character]
    out = []
    for part in unicodedata.normalize("NFKD", character):
        if unicodedata.combining(part):
            continue
        digit = unicodedata.decimal(part, None)
        out.append(_PLAIN.get(part, part) if digit is None else str(digit))
    return "".join(out)


def strip_controls(text: str) -> str:
    """Return the text without bidi and zero-width controls."""
    return text if text.isascii() else "".join(c for c in text if not is_invisible(c))


def fold(text: str) -> str:
    """Return the text for comparison: NFKC, no case, no accents, no bidi or zero-width controls, single spaces.

    Folding twice changes nothing.
    """
    if not text.isascii():
        text = "".join(map(plain, unicodedata.normalize("NFKC", text)))
        # A letter may only show its accent or its plain form once its case is folded.
        text = "".join(map(plain, text.casefold()))
    return " ".join(text.casefold().split())


def words(text: str) -> tuple[str, ...]:
    """Return the folded words of a name: letters and digits only, so that "Saint-Denis" equals "saint denis"."""
    return tuple("".join(c if c.isalnum() else " " for c in fold(text)).split())


def key(text: str) -> str:
    """Return the folded words of a name joined by single spaces: what names are indexed by."""
    return " ".join(words(text))
