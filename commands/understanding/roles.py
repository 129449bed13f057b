"""The words that say what a place is to a shipment, in English, French and Spanish."""

from dataclasses import dataclass, replace
from enum import Enum
from functools import cache

from commands.understanding.facts import PlaceRole
from commands.understanding.page import Language, Page, vocabulary
from commands.understanding.role_words import (
    AFTER,
    BODIES,
    LANDED,
    LOOKED_INTO,
    NEAR,
    NO_LEG,
    ROUTE,
    SAYS,
    SURE,
    TO_COME,
    USUAL,
)
from storage.reference import countries, ports


class Strength(Enum):
    """How surely a place follows a word."""

    SURE = 3  # "destined for", "from", "port of"
    USUAL = 2  # "in", "à": a place follows more often than not
    WEAK = 1  # "de": belongs to nearly everything


@dataclass(frozen=True, slots=True)
class Lead:
    """What stands before a place."""

    role: PlaceRole | None
    strength: Strength
    port: bool  # "port of" stands there
    start: int  # index of its first token
    landed: bool = False  # "discharged at" stands there
    route: bool = False  # "route:" stands there
    seat: bool = False  # it stands before a company of that place: "exporter Metals Ltd of Hull"


_ORIGIN, _TRANSIT, _DESTINATION, _SEEN = (
    PlaceRole.ORIGIN,
    PlaceRole.TRANSIT,
    PlaceRole.DESTINATION,
    PlaceRole.SEEN,
)

_TABLE: dict[tuple[str, ...], tuple[PlaceRole, Strength]] = {
    tuple(phrase.split()): (role, strength)
    for strength, table in ((Strength.USUAL, USUAL), (Strength.SURE, SURE))
    for role, phrases in table.items()
    for phrase in phrases.split(";")
}
_LONGEST = max(map(len, _TABLE))
_LAST_WORDS = frozenset(phrase[-1] for phrase in _TABLE)

_DE = vocabulary("de du des d del")
_A = vocabulary("a au aux al")
_FROM = vocabulary("de du d des depuis from")
_IN_FULL = {"frm": "from", "fm": "from", "pal": "para"}  # as they are shortened on a telephone
_INTRODUCE = _LAST_WORDS | _DE | _A | _IN_FULL.keys()
_ARTICLES = vocabulary("the le la les l el los las our your")
_PORTS = vocabulary("port ports seaport harbour harbor puerto puertos pto terminal anchorage rade quai muelle")
_OF = _DE | {"of"}

_NEAR = {word: role for role, words in NEAR.items() for word in words.split()}
_SEATED = {"", "in", "at", "a", "en", "of", "de", "du", "d"}
_LOOK_BACK = 4
_FAR_BACK = 6
_AS = vocabulary("as comme como is est es being its the l la el")
_LONGEST_AFTER = 3
_LONGEST_BERTH = 3
_SHORT = vocabulary("dest orig dep arr prov pol pod exp eta etd ts")  # "dest. Ghana"
_DEEDS = vocabulary("carga descarga embarque desembarque chargement dechargement")
_CARRIED = vocabulary("rail train road truck lorry sea ship barge feeder air river")
_DEPARTS = vocabulary("left leaves leaving departs departed sailed sails quitte quittent quittant")
_BERTHS = _PORTS | vocabulary("berth pier dock quay gate shed yard jetty wharf poste darse hangar atraque sitio post")


def _joined(page: Page, index: int) -> bool:
    """Say whether a token and the next one are of one phrase: only blanks, apostrophes, hyphens or a colon between."""
    known = page.joined[index]
    if known is None:
        known = page.joined[index] = _are_joined(page, index)
    return known


def _are_joined(page: Page, index: int) -> bool:
    one, two = page.tokens[index], page.tokens[index + 1]
    gap = page.low[one.end : two.start]
    if not (page.timeless(one.start) or page.timeless(two.start)):
        return len(gap) <= 4  # "3/12", "19.11.2026 07:20"
    if gap.startswith(".") and one.text in _SHORT:
        gap = gap[1:]
    if gap == "/":
        return len(one.text) == len(two.text) == 1  # "T/S"
    return len(gap) <= 4 and not gap.strip(" \t'-:(\"«“=")


def lead_of(page: Page, index: int) -> Lead | None:
    """Return what introduces the place that begins with the token `index`; None when nothing does."""
    owner = _owner(page, index)
    if owner == index:
        return _lead_of(page, index)
    of_company = _lead_of(page, owner)
    return replace(of_company, seat=page.tokens[index - 1].text in _OF) if of_company else _lead_of(page, index)


def role_after(page: Page, last: int) -> PlaceRole | None:
    """Return what is said of a place just after it: "Monrovia as port of discharge", "Lomé comme destination"."""
    words: list[str] = []
    says = page.tokens[last + 1].text in SAYS if last + 1 < len(page.tokens) and _joined(page, last) else False
    if says:
        return PlaceRole.SEEN
    for at in range(last, min(last + _LONGEST_AFTER + 2, len(page.tokens) - 1)):
        if not _joined(page, at):
            break
        words.append(page.tokens[at + 1].text)
    apart = page.low[page.tokens[last].end : page.tokens[last].end + 2].strip()
    if not words or not (words[0] in _AS or apart.startswith("(")):
        return None
    words = [word for word in words if word not in _ARTICLES and word not in _AS]
    found = (AFTER.get(" ".join(words[:length])) for length in range(_LONGEST_AFTER, 0, -1))
    return next((role for role in found if role is not None), None)


def _owner(page: Page, index: int) -> int:
    """Return the first token of the company whose place this is ("Exporter: Metals BV, Moerdijk"), else the token."""
    start = page.tokens[index].start
    for end in range(start - 1, max(-1, start - 6), -1) if page.names else ():
        if end in page.names and page.low[end:start].strip(" ,(") in _SEATED:
            return page.token_before(page.names[end]) + 1
    return index


def _lead_of(page: Page, index: int) -> Lead | None:
    tokens = page.tokens
    at = index  # first token of what was read so far
    port = False
    for _ in range(4):
        if at < 1 or not _joined(page, at - 1):
            break
        word = tokens[at - 1].text
        if word in _ARTICLES:
            at -= 1
        elif word in _PORTS:
            at, port = at - 1, True
        elif (berth := _berth(page, at)) < at:
            at, port = berth, True
        elif word in _OF and at > 1 and tokens[at - 2].text in _PORTS and _joined(page, at - 2):
            # "port of loading: Rotterdam" and "port of Rotterdam" are told apart by the table below.
            at, port = at - 2, True
        else:
            break
    # "port of loading: Rotterdam" is read from the place itself, "in the port of Rotterdam" from before the port.
    near, far = _role_before(page, index), _role_before(page, at) if at < index else None
    found = near if near and near[0] else far or near
    if port and (found is None or found[0] is None):
        return Lead(None, Strength.SURE, port=True, start=at)
    if not found:
        return None
    first = tokens[found[2]].text
    return Lead(found[0], found[1], port, found[2], first in LANDED, first in ROUTE or tokens[index - 1].text in ROUTE)


def _berth(page: Page, at: int) -> int:
    """Return where the words before `at` begin that say which berth it is: "at berth 7", "muelle 4 de"."""
    tokens = page.tokens
    number = at - 1 - (tokens[at - 1].text in _OF)
    if number < 1 or len(tokens[number].text) > _LONGEST_BERTH or not _joined(page, number - 1):
        return at
    text = tokens[number].text
    named = text.isdigit() or (len(text) == 1 and text not in _A)
    return number - 1 if named and tokens[number - 1].text in _BERTHS else at


def _before(page: Page, index: int, most: int) -> list[int]:
    """Return the tokens before `index` that are of one phrase with it, the nearest first; dates are passed over."""
    found: list[int] = []
    at = index
    while at > 0 and len(found) < most and _joined(page, at - 1):
        at -= 1
        if page.timeless(page.tokens[at].start):
            found.append(at)
        elif index - at > 3 * most:
            break
    return found


def _role_before(page: Page, index: int) -> tuple[PlaceRole | None, Strength, int] | None:
    tokens = page.tokens
    nearest = _before(page, index, 1)
    if not nearest or tokens[nearest[0]].text not in _INTRODUCE:
        return None
    before = _before(page, index, _LONGEST)
    last = tokens[before[0]].text
    if found := _in_table(page, before):
        return found
    if last in _A:
        accented = page.written(tokens[before[0]].start, tokens[before[0]].end).lower() == "à"
        if last == "a" and not accented and page.language is Language.ENGLISH:
            return None
        spanish = not accented and (last == "al" or page.language is Language.SPANISH)
        near = _NEAR.get(tokens[before[1]].text) if len(before) > 1 else None
        if near:  # "chargeur à"
            return near, Strength.USUAL, before[0]
        role = _DESTINATION if spanish or _origin_before(page, before[0]) else _SEEN
        return _refined(page, before[0], role, Strength.USUAL, short=True)
    if last in _DE:
        body = tokens[before[1]].text if len(before) > 1 else ""
        if _berth(page, index) < index or body in BODIES or body in _PORTS or _after_company(page, before[0]):
            return None, Strength.WEAK, before[0]
        return _refined(page, before[0], _ORIGIN, Strength.WEAK, short=False)
    return None


def _in_table(page: Page, before: list[int]) -> tuple[PlaceRole | None, Strength, int] | None:
    """Return what the longest known phrase before a place says of it."""
    texts = [_IN_FULL.get(text, text) for text in (page.tokens[at].text for at in before)]
    shortened = texts[0] == "d" and page.low[page.tokens[before[0]].end] == " "  # "viene d Valencia"
    if texts[0] not in _LAST_WORDS and not shortened:
        return None
    for length in range(len(before), 0, -1):
        phrase = tuple(reversed(texts[:length]))
        known = _TABLE.get(phrase) or (_TABLE.get((*phrase[:-1], "de")) if shortened else None)
        if known and not (phrase[0] in _DEEDS and _is_noun(page, before[length - 1])):
            return _refined(page, before[length - 1], known[0], known[1], short=length == 1)
    return None


def _is_noun(page: Page, index: int) -> bool:
    """Say whether a word is a thing and no deed: "la carga en Iquique"."""
    return index > 0 and page.tokens[index - 1].text in _ARTICLES | {"su", "esta", "de"} and _joined(page, index - 1)


def _after_company(page: Page, index: int) -> bool:
    start = page.tokens[index].start
    return any(end in page.names for end in range(max(0, start - 2), start + 1))


def _refined(
    page: Page, index: int, role: PlaceRole, strength: Strength, *, short: bool
) -> tuple[PlaceRole | None, Strength, int]:
    """Take account of the words just before the phrase that begins at `index`: "consignee in", "returned to"."""
    if role is _ORIGIN and index - 1 in page.speakers:
        return _SEEN, strength, index
    if role is _SEEN and (short or page.tokens[index].text in LANDED) and _is_to_come(page, index):
        role = _DESTINATION
    for at in _before(page, index, _LOOK_BACK):
        word = page.tokens[at].text
        if word == "by" and role is _SEEN:
            continue  # "opened by us in"
        if word == "by" and at and (page.tokens[at - 1].text in _NEAR or page.tokens[at + 1].text in _CARRIED):
            continue  # "exported by a yard in", "by rail to"
        if word in NO_LEG and short and page.tokens[index].text not in _DEPARTS:
            # "leaves Tema back to Antwerp" is a leg, "back to Antwerp" may only be a wish.
            leaves = word == "back" and any(page.tokens[one].text in _DEPARTS for one in _before(page, at, _FAR_BACK))
            return _DESTINATION if leaves else None, strength, index
        if short and role in {_SEEN, _DESTINATION} and _has_arrived(page, at):
            return _SEEN, strength, index
        if role is _SEEN and short and word in _NEAR:
            return _NEAR[word], strength, index
    return role, strength, index


def _is_to_come(page: Page, index: int) -> bool:
    """Say whether what the place belongs to has not happened yet: "sera remis à", and not "sera ouvert à"."""
    words = [page.tokens[at].text for at in _before(page, index, _FAR_BACK)]
    return any(word in TO_COME for word in words) and not any(word in LOOKED_INTO for word in words)


def _has_arrived(page: Page, at: int) -> bool:
    """Say whether a token speaks of an arrival that is over: "arrivé ce matin à", "llegó el lunes a"."""
    token = page.tokens[at]
    if token.text in {"llego", "llegaron", "llegado", "arrived"}:
        return True
    return token.text.startswith("arrive") and page.written(token.start, token.end).lower().startswith("arrivé")


def _origin_before(page: Page, index: int) -> bool:
    """Say whether the sentence speaks of an origin before a token: "de Rotterdam à Tema" against "vu à Tema"."""
    for back in range(1, 7):
        at = index - back
        if at < 0 or page.low[page.tokens[at].end : page.tokens[at + 1].start].strip(" '-(),"):
            return False
        follows = page.tokens[at + 1].text
        if follows in _ARTICLES and at + 2 < index:
            follows = page.tokens[at + 2].text  # "du Havre", and not "de la cargaison"
        if page.tokens[at].text in _FROM and (follows in _PORTS or follows in _first_words()):
            return at == 0 or page.tokens[at - 1].text not in BODIES | _PORTS
    return False


@cache
def _first_words() -> frozenset[str]:
    names = [name for name, some in ports.names_in_text().items() if some[0].known]
    return frozenset(name.split()[0] for name in [*names, *countries.names_in_text()])
