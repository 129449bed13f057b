"""Ports by their codes and names, and whether one is meant."""

from dataclasses import replace

from commands.understanding.facts import Doubt, DoubtKind, DoubtSource, FactKind
from commands.understanding.itinerary import Place
from commands.understanding.page import Language, vocabulary
from commands.understanding.places.among import Among
from commands.understanding.roles import Strength
from storage.reference import countries, ports
from storage.reference.ports import Port

# Well-known ports whose names are ordinary words even at the start of a sentence.
_PORT_WORDS = vocabulary(
    "nice split mobile bar hull cork bata bari male beira fos colon varna port banana limon progreso rosario tin rodman"
)
# Of these, words of Spanish only: "held at tema" is a port.
_SPANISH_WORDS = vocabulary(
    "tema lagos oran zarate fortaleza navegantes santos ensenada caldera progreso limon rosario cebu boma porto"
)
# Names of small places that are other things wherever they are written of.
_NEVER = vocabulary("police customs control office authority state waste scrap")
_ALTERNATIVES = 6
_ARTICLES = vocabulary("the a an le la les l un une el los las una our your")


class AmongPorts(Among):
    """Looks for ports."""

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
        if lead is None or lead.seat:
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
            # "goes to the bar" is no port, "go to bar" may be one.
            article = found.first > 0 and self.tokens[found.first - 1].text in _ARTICLES
            sure = lead.strength is Strength.SURE or (
                name in _SPANISH_WORDS and self.page.language is not Language.SPANISH
            )
            return capital or (sure and not (article and not lead.port))
        if not capital or name in _PORT_WORDS:
            return capital and lead is not None
        # "Tema: residuos" is a subject line.
        return not (self.sentence_start(found.first) and self.page.low[found.end : found.end + 1] == ":")
