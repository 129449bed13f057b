"""Ports and countries, and what the text says of them."""

import re
from dataclasses import replace
from functools import cache
from itertools import pairwise

from commands.understanding.facts import Doubt, DoubtKind, DoubtSource, FactKind
from commands.understanding.itinerary import ARROWS, Place, with_arrows, with_neighbours, with_route
from commands.understanding.misspelling import FIRST_WORDS, Speller, typing_errors
from commands.understanding.page import Page, vocabulary
from commands.understanding.roles import Lead, Strength, lead_of
from storage.ids import CountryCode
from storage.reference import countries, ports
from storage.reference.ports import Port
from storage.reference.text import key

# Names of countries that are ordinary words too; only a capital, or what stands before, tells.
_WORDS_TOO = vocabulary(
    """turkey china chad jordan guinea polish chili chile georgia mali catar granada suede inde gales malta jersey man
    cuba mongol americana americano turca india chine niger salvador peru swiss"""
)
# Given names and ordinary words even with a capital: something must introduce them.
_NAMES_TOO = vocabulary("maurice dominique reunion jersey man jordan chad georgia")
_SHORT_CODES = vocabulary("uk usa uae drc png ksa prc eau rdc rsa rok dprk eua eeuu brd frg rfa rpc")
# Well-known ports whose names are ordinary words even at the start of a sentence.
_PORT_WORDS = vocabulary(
    "nice split mobile bar hull cork bata bari male beira fos colon varna port banana limon progreso rosario tin rodman"
)
_CODE_WORDS = vocabulary(
    """am an as at be by de do en es id in is it la le lu ma me ms mt my ni no om pa pm sa sc se si so st su te tm to tv
    un us va vu"""
)
# Names of small places that are other things wherever they are written of.
_NEVER = vocabulary("police customs control office authority state waste scrap")
_GAP = re.compile(r"[ \t]?[ \-'./][ \t]?")
_ALTERNATIVES = 6
_MOST_WORDS = 8
_GUESSES = 100  # different misspelt names in one text
_MOST_MISSPELT = 3  # words


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


class _Finder:
    def __init__(self, page: Page, home: CountryCode | None) -> None:
        self.page = page
        self.home = home
        self.tokens = page.tokens
        self.places: list[Place] = []
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
            two = " ".join(token.text for token in self.tokens[index : index + 2])
            longest = _longest().get(two, 1)
        return range(min(longest, _MOST_WORDS), 0, -1)

    def name(self, index: int, length: int) -> str | None:
        """Return the words of an n-gram; None when it is broken by punctuation or a line end, or taken."""
        tokens = self.tokens[index : index + length]
        if len(tokens) < length or not self.page.free(tokens[0].start, tokens[-1].end):
            return None
        for one, two in pairwise(tokens):
            if not _GAP.fullmatch(self.page.low, one.end, two.start):
                return None
        return " ".join(token.text for token in tokens)

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
        lead = lead_of(self.page, index)
        if lead is None and kind is FactKind.COUNTRY:
            lead = self.lead_of_town(index)
        start, end = self.tokens[index].start, self.tokens[last].end
        role = lead.role if lead and spoken else None
        return Place(kind, value, shown, start, end, index, last, lead, role, doubt, spoken)

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

    # --- the kinds of place, the surest first -----------------------------------------------------------------

    def locode(self, index: int) -> Place | None:
        token = self.tokens[index]
        if not self.upper(index):
            return None
        if len(token.text) == 5:
            code, length = token.text.upper(), 1
            names = (ports.names_in_text(), countries.names_in_text(), countries.demonyms_in_text())
            if any(token.text in table for table in names) or not self.page.free(token.start, token.end):
                return None
        elif len(token.text) == 2 and self.name(index, 2) and self.upper(index + 1):
            code, length = (token.text + self.tokens[index + 1].text).upper(), 2
            if self.page.low[token.end : self.tokens[index + 1].start] != " ":
                return None
        else:
            return None
        if not ports.is_locode(code):
            return None
        found = self.place(FactKind.PORT, code, ports.port(code).shown, index, length)
        sure = found.lead is not None and found.lead.strength is Strength.SURE
        if length == 2 and self.page.shouting and not ports.port(code).known:
            return None
        # "RULED", "DESDE", "WASTE": a word, unless it is said to be a place.
        return None if code.lower() in ports.common_words() and not (sure and not self.page.shouting) else found

    def named_port(self, index: int, length: int) -> Place | None:
        name = self.name(index, length)
        some = ports.names_in_text().get(name or "")
        if name is None or not some:
            return None
        found = self.place(FactKind.PORT, some[0].locode, some[0].shown, index, length)
        land = self.country_after(found.last)
        landed = tuple(one for one in some if one.country == land)
        if not self._credible(found, name, some[0], landed=bool(landed)):
            return None
        if not landed and not some[0].known:
            landed = tuple(one for one in some if one.country in self.mentioned)
        likely = landed or some
        well_known = [one for one in likely if one.known]
        chosen = well_known[0] if well_known else likely[0]
        doubt = None
        if len(likely) > 1 and len(well_known) != 1:
            likely = tuple(well_known) or likely
            if self.home is not None:
                likely = tuple(sorted(likely, key=lambda one: one.country != self.home))
            chosen = likely[0]
            alternatives = tuple(one.locode for one in likely[:_ALTERNATIVES])
            doubt = Doubt(DoubtKind.AMBIGUOUS, alternatives, DoubtSource.SAME_NAME)
        elif not (chosen.known or landed or (found.lead and found.lead.port)):
            doubt = Doubt(DoubtKind.GUESSED, (), DoubtSource.LITTLE_KNOWN)
        return replace(found, value=chosen.locode, shown=chosen.shown, doubt=doubt)

    def _credible(self, found: Place, name: str, port: Port, *, landed: bool) -> bool:
        single = found.first == found.last
        word = single and name in ports.common_words()
        capital = self.capital(found.first)
        lead = found.lead
        if port.known:
            if not word and name not in _PORT_WORDS:
                return True
            return landed or self._credible_word(found, name)
        if (
            len(name) < 4
            or name.isdigit()
            or (name in _NEVER and not landed)
            or (single and name in countries.demonyms_in_text())
        ):
            return False
        if landed:
            return capital or not word
        if lead is None:
            return False
        if lead.strength is Strength.WEAK and not lead.port:
            return capital and not word and lead.role is not None and len(name) >= 6
        if capital:
            return not word or lead.port or lead.strength is Strength.SURE
        return not word and len(name) >= 5 and lead.strength is Strength.SURE and not self.page.shouting

    def _credible_word(self, found: Place, name: str) -> bool:
        """Say whether a well-known port is meant whose name is an ordinary word."""
        capital, lead = self.capital(found.first), found.lead
        if lead is not None and lead.strength is not Strength.WEAK:
            return capital or lead.strength is Strength.SURE
        if not capital or name in _PORT_WORDS:
            return capital and lead is not None
        # "Tema: residuos" is a subject line.
        return not (self.sentence_start(found.first) and self.page.low[found.end : found.end + 1] == ":")

    def named_country(self, index: int, length: int) -> Place | None:
        name = self.name(index, length)
        code = countries.names_in_text().get(name or "")
        if name is None or code is None:
            return None
        found = self.place(FactKind.COUNTRY, code, countries.country_name(code), index, length)
        introduced = found.lead is not None and found.lead.strength is not Strength.WEAK
        packed = name.replace(" ", "")
        if len(packed) <= 3 or packed in _SHORT_CODES:
            shown = packed in _SHORT_CODES or packed == "us" or self.upper(index)
            capitals = self.upper(index) and (not self.page.shouting or packed in _SHORT_CODES or introduced)
            return found if shown and (capitals or (introduced and packed in _SHORT_CODES)) else None
        if name == "la reunion" and not (found.lead and self.capital(found.last)):
            return None
        if name in _NAMES_TOO:
            return found if introduced or (found.lead is not None and self.capital(index)) else None
        if name in _WORDS_TOO and not self.capital(index) and not introduced:
            return None
        if name == "congo":
            before = self.places[-1] if self.places else None
            if before is not None and before.last == index - 1 and before.country in {"CG", "CD"}:
                return replace(found, value=before.country, shown=countries.country_name(before.country))
            return replace(found, doubt=Doubt(DoubtKind.AMBIGUOUS, ("CG", "CD"), DoubtSource.SAME_NAME))
        return found

    def adjective(self, index: int, length: int) -> Place | None:
        name = self.name(index, length)
        code = countries.demonyms_in_text().get(name or "")
        if name is None or code is None or (name in _WORDS_TOO and not self.capital(index)):
            return None
        doubt = Doubt(DoubtKind.GUESSED, (), DoubtSource.ADJECTIVE)
        return self.place(FactKind.COUNTRY, code, countries.country_name(code), index, length, doubt, spoken=False)

    def coded_country(self, index: int) -> Place | None:
        code = self.code(index)
        token = self.tokens[index]
        if code is None or not self.page.free(token.start, token.end):
            return None
        found = self.place(FactKind.COUNTRY, code, countries.country_name(code), index, 1)
        # In capitals "SEEN IN TEMA" and "GO TO NO 4" look like codes.
        if self.page.shouting and (code.lower() in _CODE_WORDS or not found.lead):
            return None
        if found.lead and found.lead.strength is not Strength.WEAK and not found.lead.port:
            return found
        before = self.places[-1] if self.places else None
        if before is not None and before.last == index - 1:
            gap = self.page.low[before.end : token.start].strip()
            if gap in {",", "(", "/", "-", "->", ">", "→", "and", "&"}:
                return found
        if index + 1 < len(self.tokens) and not self.page.shouting:
            gap = self.page.low[token.end : self.tokens[index + 1].start].strip()
            if gap in ARROWS | {"-"} and (self.code(index + 1) or gap != "-"):
                return found
        return None

    def misspelt(self, index: int) -> Place | None:
        """Read words that something introduces as a place with typing errors."""
        lead = lead_of(self.page, index)
        text = self.tokens[index].text
        first = lead is not None and lead.strength is not Strength.WEAK
        if not first and not (text in FIRST_WORDS and (self.capital(index) or self.page.shouting)):
            return None
        for length in range(_MOST_MISSPELT, 0, -1):
            if (first or length > 1) and (found := self._misspelt(index, length, lead)):
                return found
        return None

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
    for place in with_route(with_neighbours(page, with_arrows(page, finder.places))):
        page.found(place.kind, place.value, place.shown, place.start, place.end, place.doubt, place.role)
