"""The words of a page, as names of places are looked for among them."""

import re
from functools import cache

from commands.understanding.facts import Doubt, FactKind, PlaceRole
from commands.understanding.itinerary import Place
from commands.understanding.misspelling import Speller
from commands.understanding.page import Page
from commands.understanding.roles import Lead, lead_of, role_after
from storage.ids import CountryCode
from storage.reference import countries, ports

_GAP = re.compile(r"[ \t]?[ \-'./][ \t]?")
_MOST_WORDS = 8
_FOR = frozenset({"for", "pour", "para"})
_GUESSES = 100  # different misspelt names in one text


@cache
def _longest() -> dict[str, int]:
    """Return the greatest number of words of a name by its first word, and by its first two of more."""
    found: dict[str, int] = {}
    for names in (ports.names_in_text(), countries.names_in_text(), countries.demonyms_in_text()):
        for name in names:
            parts = name.split()
            for first in (parts[0], *([f"{parts[0]} {parts[1]}"] if len(parts) > 1 else ())):
                found[first] = max(found.get(first, 0), len(parts))
    return found


class Among:
    """A page, with the places that were found on it up to now."""

    def __init__(self, page: Page, home: CountryCode | None) -> None:
        self.page = page
        self.home = home
        self.tokens = page.tokens
        # "Cartagena d Indias": "de", as it is shortened on a telephone.
        self.words = ["de" if t.text == "d" and page.low[t.end : t.end + 1] == " " else t.text for t in page.tokens]
        self.places: list[Place] = []
        self._together: list[bool | None] = [None] * len(page.tokens)
        self._leads: dict[int, Lead | None] = {}
        self.mentioned = self._mentioned()
        self.speller = Speller(self.mentioned, home, _GUESSES)

    def _mentioned(self) -> frozenset[CountryCode]:
        """Return the countries that the text names in full: what a name borne by several ports is decided by."""
        names, found = countries.names_in_text(), set[CountryCode]()
        for index in range(len(self.tokens)):
            for length in self.lengths(index):
                if code := names.get(self.name(index, length) or ""):
                    found.add(code)
        return frozenset(found)

    def lengths(self, index: int) -> range:
        """Return how many words a name that begins with a token may have, the longest first."""
        longest = _longest().get(self.tokens[index].text, 0)
        if longest > 1:
            two = " ".join(self.words[index : index + 2])
            longest = _longest().get(two, 1)
        return range(min(longest, _MOST_WORDS), 0, -1)

    def name(self, index: int, length: int) -> str | None:
        """Return the words of an n-gram; None when it is broken by punctuation or a line end, or taken."""
        tokens = self.tokens[index : index + length]
        if len(tokens) < length or not self.page.free(tokens[0].start, tokens[-1].end):
            return None
        if not all(self.together(at) for at in range(index, index + length - 1)):
            return None
        return " ".join(self.words[index : index + length])

    def together(self, index: int) -> bool:
        """Say whether a token and the next may be of one name."""
        known = self._together[index]
        if known is None:
            one, two = self.tokens[index], self.tokens[index + 1]
            known = self._together[index] = _GAP.fullmatch(self.page.low, one.end, two.start) is not None
        return known

    def place(
        self,
        kind: FactKind,
        value: str,
        shown: str,
        index: int,
        length: int,
        doubt: Doubt | None = None,
        *,
        spoken: bool = True,
    ) -> Place:
        last = index + length - 1
        lead = self.lead(index)
        if lead is None and kind is FactKind.COUNTRY:
            lead = self.lead_of_town(index)
        start, end = self.tokens[index].start, self.tokens[last].end
        role = lead.role if lead else None
        after = role_after(self.page, last)
        # "Douala says": who writes from there; "from Douala says" too.
        if after and not (after is PlaceRole.SEEN and role is not PlaceRole.ORIGIN):
            role = after
        if kind is FactKind.COUNTRY and role is PlaceRole.DESTINATION and lead and self.addressed(lead, end):
            role = None
        role = role if spoken else None
        return Place(kind, value, shown, start, end, index, last, lead, role, doubt, spoken)

    def lead(self, index: int) -> Lead | None:
        """Return what introduces a place that begins with a token, looked for once."""
        if index not in self._leads:
            self._leads[index] = lead_of(self.page, index)
        return self._leads[index]

    def addressed(self, lead: Lead, end: int) -> bool:
        """Say whether a message is for somebody there: "Pour le Sénégal: ..."."""
        colon = self.page.low[end : end + 2].lstrip().startswith(":")
        return colon and self.tokens[lead.start].text in _FOR and self.sentence_start(lead.start)

    def lead_of_town(self, index: int) -> Lead | None:
        """Return what introduces a town that no table has: "exportateur à Genève (Suisse)"."""
        tokens, low = self.tokens, self.page.low
        first = index
        while first > 0 and index - first < 3 and self.capital(first - 1):
            token = tokens[first - 1]
            gap = low[token.end : tokens[first].start]
            if gap not in ({", ", " (", ","} if first == index else {" ", "-"}):
                break
            if not self.page.free(token.start, token.end) or (self.places and self.places[-1].last >= first - 1):
                return None
            first -= 1
        return lead_of(self.page, first) if first < index else None

    def capital(self, index: int) -> bool:
        return self.page.capital(self.tokens[index].start)

    def upper(self, index: int) -> bool:
        token = self.tokens[index]
        return self.page.plain[token.start : token.end].isupper()

    def sentence_start(self, index: int) -> bool:
        if index == 0:
            return True
        gap = self.page.low[self.tokens[index - 1].end : self.tokens[index].start]
        return any(c in ".!?\n" for c in gap)

    def country_after(self, index: int) -> str | None:
        """Return the country named just after the token `index`: "Tema, Ghana", "Tema (GH)"."""
        if index + 1 >= len(self.tokens):
            return None
        gap = self.page.low[self.tokens[index].end : self.tokens[index + 1].start]
        if len(gap) > 3 or "\n" in gap or gap.strip(" ,(/-"):
            return None
        if code := self.code(index + 1):
            return code if gap.strip() else None
        for length in range(5, 0, -1):
            name = self.name(index + 1, length)
            if name and (code := countries.names_in_text().get(name)):
                return code
        return None

    def code(self, index: int) -> str | None:
        text = self.tokens[index].text.upper()
        return text if len(text) == 2 and self.upper(index) and countries.is_country(text) else None
