"""A text prepared for reading: plain letters of the same length as their folded form, with the way back."""

import re
from bisect import bisect_left
from enum import Enum
from typing import NamedTuple

from commands.understanding.facts import Doubt, FactKind, Finding, PlaceRole
from storage.reference.text import plain, strip_controls


class Language(Enum):
    """The language that a text is most likely written in."""

    ENGLISH = "en"
    FRENCH = "fr"
    SPANISH = "es"


class Token(NamedTuple):
    """A word or number of the page."""

    start: int
    end: int
    text: str  # folded


def vocabulary(words: str) -> frozenset[str]:
    """Return a set of words from a text that lists them."""
    return frozenset(words.split())


_TOKEN = re.compile(r"[^\W_]+")
_USUAL = {
    Language.ENGLISH: vocabulary("the of and to from in is was with at for by on this has been it are"),
    Language.FRENCH: vocabulary(
        "le la les des du un une et dans sur avec pour par est qui au aux en vers depuis nous conteneur ce ete"
    ),
    Language.SPANISH: vocabulary(
        "el los las del un una y con por para que al en hacia desde se contenedor fue hoy ayer es sin su"
    ),
}


_MOST_PARTS = 4  # "¾" is three characters, "㍿" four


class Page:
    """The text with accents, bidi and zero-width controls taken away.

    `plain` keeps the case, `low` is folded; both have the same length, and positions in them are what the finders
    work with. `claim` keeps two findings from sharing a character.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        kept: list[str] = []
        low: list[str] = []
        origin: list[int] = []
        if text.isascii():
            self.plain, self.low, self._origin = text, text.lower(), None
        else:
            for index, character in enumerate(text):
                # A letter that stands for a sentence ("\ufdfa") must not make the page many times as long as the text.
                parts = plain(character)
                for part in parts if len(parts) <= _MOST_PARTS else parts[:1]:
                    folded = part.casefold()
                    if len(folded) != 1:
                        kept.extend(folded)
                        low.extend(folded)
                        origin.extend([index] * len(folded))
                        continue
                    kept.append(part)
                    low.append(folded)
                    origin.append(index)
            self.plain, self.low, self._origin = "".join(kept), "".join(low), origin
        self.tokens = [Token(m.start(), m.end(), m.group()) for m in _TOKEN.finditer(self.low)]
        self._claimed = bytearray(len(self.low))
        self.findings: list[Finding] = []
        self.names: dict[int, int] = {}
        """Where the names of companies end, with where they begin: "Exporter: Metals BV, Moerdijk"."""
        self.joined: list[bool | None] = [None] * len(self.tokens)
        """Whether a token and the next are of one phrase, as far as somebody has looked: once dates are read."""
        self.containers: set[str] = set()
        """The container numbers that were found."""
        self.speakers: set[int] = set()
        """The last words of the names of persons who speak: "its Anna Bergen from Aarhus"."""
        self._times = bytearray(len(self.low))
        letters = [c for c in self.plain if c.isalpha()]
        self.shouting = len(letters) > 20 and sum(c.isupper() for c in letters) > 0.6 * len(letters)
        self.language = self._guess_language()

    def _guess_language(self) -> Language:
        seen = [token.text for token in self.tokens[:2000]]
        score = {language: sum(word in usual for word in seen) for language, usual in _USUAL.items()}
        return max(score, key=lambda language: score[language])

    def token_before(self, position: int) -> int:
        """Return the index of the last token that begins before a position; -1 when there is none."""
        return bisect_left(self.tokens, position, key=lambda token: token.start) - 1

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the span in the text as it was given for one of the page."""
        if self._origin is None:
            return start, end
        return self._origin[start], self._origin[end - 1] + 1

    def written(self, start: int, end: int) -> str:
        """Return what stands there, accents kept, controls stripped, white space single."""
        first, last = self.span(start, end)
        return " ".join(strip_controls(self.text[first:last]).split())

    def capital(self, start: int) -> bool:
        """Say whether a capital letter stands there and means something: not in a text of capitals only."""
        return not self.shouting and self.plain[start].isupper()

    def whole(self, start: int, end: int) -> tuple[int, int]:
        """Widen a span of the page to whole characters of the text: "¼" stands there as "1⁄4"."""
        origin = self._origin
        if origin is None or start >= end:
            return start, end
        while start > 0 and origin[start - 1] == origin[start]:
            start -= 1
        while end < len(origin) and origin[end] == origin[end - 1]:
            end += 1
        return start, end

    def free(self, start: int, end: int) -> bool:
        """Say whether no finding has a part of these characters."""
        start, end = self.whole(start, end)
        return not any(self._claimed[start:end])

    def claim(self, start: int, end: int) -> None:
        """Keep later finders from reading these characters."""
        start, end = self.whole(start, end)
        self._claimed[start:end] = b"\1" * (end - start)

    def timeless(self, start: int) -> bool:
        """Say whether what begins there is no date: dates stand between words that belong together."""
        return not self._times[start]

    def found(
        self,
        kind: FactKind,
        value: str,
        shown: str,
        start: int,
        end: int,
        doubt: Doubt | None = None,
        role: PlaceRole | None = None,
    ) -> None:
        """Record a finding at a place of the page that is free."""
        self.claim(start, end)
        if kind is FactKind.DATE:
            self._times[start:end] = b"\1" * (end - start)
        if kind is FactKind.CONTAINER:
            self.containers.add(value)
        self.findings.append(Finding(kind, value, shown, self.span(start, end), doubt, role))
