"""Countries by their names, adjectives and codes, and whether one is meant."""

from dataclasses import replace

from commands.understanding.facts import Doubt, DoubtKind, DoubtSource, FactKind
from commands.understanding.itinerary import ARROWS, Place
from commands.understanding.page import vocabulary
from commands.understanding.places.among import Among
from commands.understanding.roles import Strength
from storage.reference import countries

# Names of countries that are ordinary words too; only a capital, or what stands before, tells.
_WORDS_TOO = vocabulary(
    """turkey china chad jordan guinea polish chili chile georgia mali catar granada suede inde gales malta jersey man
    cuba mongol americana americano turca india chine niger salvador peru swiss"""
)
# Given names and ordinary words even with a capital: something must introduce them.
_NAMES_TOO = vocabulary("maurice dominique reunion jersey man jordan chad georgia")
_SHORT_CODES = vocabulary("uk usa uae drc png ksa prc eau rdc rsa rok dprk eua eeuu brd frg rfa rpc")
_CODE_WORDS = vocabulary(
    """am an as at be by de do en es id in is it la le lu ma me ms mt my ni no om pa pm sa sc se si so st su te tm to tv
    un us va vu"""
)


class AmongCountries(Among):
    """Looks for countries."""

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
        if name.endswith("reunion") and not (found.lead and self.capital(found.last)):
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
