"""Names of ships: after "MV" or "navire", after a line's name, and aboard which something was."""

import re

from commands.understanding.facts import Doubt, DoubtKind, DoubtSource, FactKind
from commands.understanding.page import Page, vocabulary
from commands.understanding.place_names import is_place
from storage.reference import ports
from storage.reference.text import fold

# What stands before a ship's name. The short forms are only meant in capitals or with a slash or dot.
_SHIP = re.compile(
    r"(?<![a-z0-9])(?:(m/v|m\.v\.?|m/s|m/t|mv)|(ms|mt|ss)|"
    r"(vessel|ship|motor vessel|container ship|containership|navire|porte-conteneurs|cargo|buque|barco|motonave))"
    r"(?![a-z0-9])"
    r"(?:(?:'s)?,?[ \t]{1,2}(?:(?:named?|called|nomme|llamado|nombre|nom)(?: is)?|(?P<be>was|is|etait|est|era|es)))?"
    r"[ \t]{0,2}[:]?[ \t]{0,2}"
    r"(?P<quote>[\"'«“]?)[ \t]{0,2}(?=[^\W_])"
)
# What is taken from a ship, or on it; the name must look like one.
_ABOARD = re.compile(
    r"(?<!\w)(?:aboard(?: the)?|on board(?: the)?|off the|a bord du|a bord de la|a bordo del?"
    r"|(?:decharge|debarque)e?s? du|(?:descargad|desembarcad|bajad)[oa]s? del)[ ](?=[^\W_])"
)
_NOT_ABOARD = vocabulary(
    """coast island islands port ports quay terminal bay dock truck trailer train line shipping grand cote golfe camion
    puerto muelle river cape police customs road street highway bridge avenue harbour
    harbor patrol guard gate yard warehouse beach"""
)
_CLOSING = {'"': '"', "'": "'", "«": "»", "“": "”"}
# Ships whose first word says that they are ships.
_LINES = re.compile(
    r"(?<![\w])(msc|cma cgm|maersk|ever|cosco|hapag|oocl|zim|grande|jolly|wilson|nyk|hmm)[ \t](?=[^\W_])"
)
_NOT_SHIPS = vocabulary(
    """line lines shipping agency agencies agent container containers group office offices booking terminal logistics
    company carrier service services since seen again b l bl marks customs policy letter"""
)
_NOT_CALLED_SO = Doubt(DoubtKind.GUESSED, (), DoubtSource.NOT_INTRODUCED)
_SPACED_LOCODE = re.compile(r"([A-Z]{2}) ([A-Z0-9]{3})(?![A-Za-z0-9])")
_NAME_WORD = re.compile(r"[^\W_][^\s,;:()\[\]\"«»“”!?/]{0,40}")
# Lower-case words end a name that is typed without capitals; so do these in a text of capitals only.
_NAME_ENDS = vocabulary(
    """a al an and arrive arrived arrives as at au aux avec berth berthed bound by call called calling calls carrying
    carries charge con comes coming container containers contenedor contenedores conteneur conteneurs da de del
    depuis des desde destined docked du due el en est et eta etd expected for from hace hacia has have heading imo in
    into is la le left leaves les llega llego loaded los named near next no not now of off on or para parti partira
    por procedente provenance que qui quitte recala sailed sails salio seen sera still that the this through to today
    tomorrow transporte under vers via voyage voy was we which will with y yesterday zarpo monday tuesday wednesday
    thursday friday saturday sunday lundi mardi mercredi jeudi vendredi samedi dimanche lunes martes miercoles jueves
    viernes sabado domingo line lines"""
)
# Names that go on behind a small word: "Ville de Bizerte", "Estrella del Sur", "Pride of Hull".
_HEADS = vocabulary(
    """ville cap star estrella pride spirit rio pearl perle perla city ciudad queen king reine reina belle etoile costa
    isla ile virgen mar flor fleur lady bay prince princess duke duchess rose lion eagle senora monte sierra pointe baie
    esprit isle castle port puerto playa stella"""
)
_PARTICLES = vocabulary("de del du des d la las los le les of the")
_MOST_WORDS = 4


def _name_end(page: Page, start: int, *, lower_too: bool) -> int:
    """Return where the name that starts there ends; `start` when there is none."""
    position = end = start
    for _ in range(_MOST_WORDS):
        match = _NAME_WORD.match(page.plain, position)
        if match is None or match.end() - match.start() > 40:
            break
        word = page.plain[match.start() : match.end()].rstrip(".'-")
        sentence_ends = word != match.group()
        if not page.free(match.start(), match.end()):
            break
        if word.lower() in _NAME_ENDS:
            goes_on = end > start and word.lower() in _PARTICLES and not sentence_ends and not page.shouting
            if not (goes_on and fold(page.plain[start:end].split()[0]) in _HEADS):
                break
            position = match.end() + 1
            continue
        if not lower_too and not (word[:1].isupper() or (end > start and word.isdigit())):
            break
        end = match.start() + len(word)
        gap = re.compile(r"[ \t]{1,3}(?=[^\W_])").match(page.plain, match.end())
        if gap is None or sentence_ends:
            break
        position = gap.end()
    return end


def find_vessel_names(page: Page) -> None:
    """Record the names of ships that are called so: "MV Ever Given", "navire Probo Koala"; and "MSC Tina"."""
    for match in _SHIP.finditer(page.low):
        _find_introduced(page, match)
    if page.shouting:
        return
    for match in _LINES.finditer(page.low):
        start = match.end()
        word = _NAME_WORD.match(page.low, start)
        if not page.plain[match.start()].isupper() or not page.free(match.start(), start):
            continue
        if word is None or word.group().rstrip(".'-") in _NOT_SHIPS:
            continue
        end = _name_end(page, start, lower_too=False)
        if end > start and page.plain[start].isupper():
            _record_ship(page, match.start(), match.start(), end, _NOT_CALLED_SO)
    for match in _ABOARD.finditer(page.low):
        start = match.end()
        end = _name_end(page, start, lower_too=False)
        words = page.low[start:end].split()
        like_one = len(words) > 1 and _NOT_ABOARD.isdisjoint(words)
        if " bord" not in match.group() and "aboard" not in match.group():  # "off the Ivory Coast"
            like_one = like_one and not is_place(page.low[start:end])
        if like_one and page.free(match.start(), end):
            _record_ship(page, start, start, end, _NOT_CALLED_SO)


def _find_introduced(page: Page, match: re.Match[str]) -> None:
    sure, short, noun = match.group(1, 2, 3)
    start = match.end()
    if short and not page.plain[match.start() : match.end(2)].isupper():
        return
    if not page.free(match.start(), start) or (noun and page.shouting):
        return
    # "MT MAR" is a port of Malta before it is a ship.
    spaced = _SPACED_LOCODE.match(page.plain, match.start())
    if spaced and ports.is_locode(spaced[1] + spaced[2]):
        return
    if match["be"] and _SHIP.match(page.low, start):
        return  # "the ship was MV Anna": read from there
    quote = match["quote"]
    closing = page.low.find(_CLOSING[quote], start, start + 60) if quote else -1
    end = closing if closing > start and page.free(start, closing) and "\n" not in page.low[start:closing] else 0
    end = end or _name_end(page, start, lower_too=bool(sure) or (page.shouting and bool(short)))
    if match["be"] and not quote and " " not in page.plain[start:end]:
        return  # "the ship is Dutch"
    _record_ship(page, match.start(), start, end)


def _record_ship(page: Page, first: int, start: int, end: int, doubt: Doubt | None = None) -> None:
    name = page.written(start, end) if end > start else ""
    if len(name) >= 2 and any(c.isalpha() for c in name):
        page.found(FactKind.VESSEL, vessel_value(name), name, first, end, doubt)


def vessel_value(name: str) -> str:
    """Return the name of a ship in the form that names are compared by."""
    return fold(name).upper()
