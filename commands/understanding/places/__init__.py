"""Ports and countries, and what the text says of them.

`among.py` looks at words, `ports.py` and `countries.py` say which of them are meant, the surest first.
"""

from commands.understanding.itinerary import ARROWS, Place, with_arrows, with_landings, with_neighbours, with_route
from commands.understanding.misspelling import FIRST_WORDS, typing_errors
from commands.understanding.page import Page, vocabulary
from commands.understanding.places.countries import AmongCountries
from commands.understanding.places.ports import AmongPorts
from commands.understanding.roles import Lead, Strength
from storage.ids import CountryCode
from storage.reference import ports
from storage.reference.text import key

__all__ = ["find_places"]

_MOST_MISSPELT = 3  # words
_FEWEST_LETTERS = 4
# Inland towns where much of this trade ends: spelt nearly like ports, and none of them.
_TOWNS = vocabulary("kumasi maradi cordoba alaba torino turin")
# No name of a place begins with these, rightly or wrongly spelt.
_NO_NAMES = vocabulary(
    """of du des d del to from at in via and et y or ou for by on with vers par por en the is was are has aux pour para
    we they que qui"""
)


class _Finder(AmongPorts, AmongCountries):
    def misspelt(self, index: int) -> Place | None:
        """Read words that something introduces as a place with typing errors."""
        text = self.tokens[index].text
        if (
            text in _NO_NAMES
            or text in _TOWNS
            or not text.isalpha()
            or len(text) + self.letters_after(index) < _FEWEST_LETTERS
        ):
            return None
        lead = self.lead(index)
        first = (lead is not None and lead.strength is not Strength.WEAK) or self.begins_route(index)
        if not first and not (text in FIRST_WORDS and (self.capital(index) or self.page.shouting)):
            return None
        for length in range(_MOST_MISSPELT, 0, -1):
            if (first or length > 1) and (found := self._misspelt(index, length, lead)):
                return found
        return None

    def letters_after(self, index: int) -> int:
        """Return how many letters the next words have that may be of one name with a token."""
        return sum(len(token.text) for token in self.tokens[index + 1 : index + _MOST_MISSPELT])

    def begins_route(self, index: int) -> bool:
        """Say whether a word stands before a port with a dash or arrow between: "Montevido - Santos"."""
        if index + 1 >= len(self.tokens) or not self.capital(index):
            return False
        gap = self.page.low[self.tokens[index].end : self.tokens[index + 1].start]
        if not (gap.startswith(" ") and gap.strip() in {"-", "–", *ARROWS}):
            return False
        names = (self.name(index + 1, length) for length in self.lengths(index + 1))
        return any(some[0].known for name in names if name and (some := ports.names_in_text().get(name)))

    def _misspelt(self, index: int, length: int, lead: Lead | None) -> Place | None:
        name = self.name(index, length)
        words = name.split() if name else []
        if name is None or not all(word.isalpha() for word in words):
            return None
        sure = lead is not None and lead.strength is Strength.SURE
        capital = self.capital(index + length - 1) or self.page.shouting
        most = typing_errors(name, capital=capital)
        if length == 1:
            if len(name) < 5 + (not capital) * (1 - sure) or name in ports.common_words():
                return None
            # "in turn", "at lunch": a word that is nearly a place is a word, unless everything else speaks for it.
            if name in ports.words_like_ports() and not (sure and self.capital(index)):
                return None
        elif any(word in ports.common_words() for word in words[1:]) or not capital:
            most = min(most, 1)
        found = self.speller.nearly(name, most, everywhere=sure and self.capital(index) and len(name) >= 6)
        if found is None:
            return None
        kind, value, shown, doubt = found
        return self.place(kind, value, shown, index, length, doubt)

    def at(self, index: int) -> Place | None:
        token = self.tokens[index]
        if not self.page.free(token.start, token.end):
            return None
        if found := self.locode(index):
            return found
        for length in self.lengths(index):
            port, land = self.named_port(index, length), self.named_country(index, length)
            if port and land:
                # Singapore, Djibouti, Gibraltar: the port says more, and the country with it.
                same = port.value[:2] == land.value and key(port.shown) == self.name(index, length)
                return port if same or (port.lead and port.lead.port) else land
            if found := port or land or self.adjective(index, length):
                return found
        return self.coded_country(index) or self.misspelt(index)

    def find(self) -> None:
        index = 0
        while index < len(self.tokens):
            found = self.at(index)
            if found is None:
                index += 1
                continue
            self.places.append(found)
            index = found.last + 1


def find_places(page: Page, home: CountryCode | None = None) -> None:
    """Record ports and countries with their roles."""
    finder = _Finder(page, home)
    finder.find()
    places = with_landings(page, with_neighbours(page, with_arrows(page, finder.places)))
    for place in with_route(places):
        page.found(place.kind, place.value, place.shown, place.start, place.end, place.doubt, place.role)
