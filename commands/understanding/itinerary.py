"""Places in the order of the text, and roles that pass from one to the next."""

import re
from dataclasses import dataclass, replace
from itertools import pairwise

from commands.understanding.facts import Doubt, DoubtKind, DoubtSource, FactKind, PlaceRole
from commands.understanding.page import Page
from commands.understanding.role_words import LANES, PARTIES, THEN
from commands.understanding.roles import Lead
from storage.reference import ports
from storage.reference.ports import Port


@dataclass(frozen=True, slots=True)
class Place:
    """A port or country on the page."""

    kind: FactKind
    value: str
    shown: str
    start: int
    end: int
    first: int  # token
    last: int  # token, included
    lead: Lead | None
    role: PlaceRole | None
    doubt: Doubt | None = None
    spoken: bool = True  # False for an adjective: "the Ghanaian customs"

    @property
    def country(self) -> str:
        return self.value[:2]


_AND = frozenset(
    {"", ",", "and", ", and", "&", "et", "y", "/", "or", "ou", "o", "(", "+", "then", "puis", "luego", "und", ", then"}
)
ARROWS = frozenset({"->", "→", ">", "=>", "-->", "»"})


_FAR = 40  # characters


def _between(page: Page, one: Place, two: Place, *, dates: bool = True) -> str:
    """Return what stands between two places, on wish without dates; a line end when they are far from each other."""
    near = range(one.end, min(two.start, one.end + _FAR))
    gap = page.low[one.end : two.start] if dates else "".join(page.low[at] for at in near if page.timeless(at))
    return "\n" if "\n" in gap or len(gap) > 20 else " ".join(gap.split())


def with_arrows(page: Page, places: list[Place]) -> list[Place]:
    """Give roles along "Antwerp -> Tanger Med -> Tema"."""
    chain: list[int] = []
    out = list(places)

    def close() -> None:
        for order, at in enumerate(chain if len(chain) > 1 else ()):
            role = PlaceRole.TRANSIT
            if order == 0 and out[at].role is not PlaceRole.TRANSIT:  # "transhipped Algeciras -> Tema"
                role = PlaceRole.ORIGIN
            elif order == len(chain) - 1:
                role = PlaceRole.DESTINATION
            out[at] = replace(out[at], role=role)

    listed = _listed(page, places)
    for at, place in enumerate(places):
        if at:
            gap = _between(page, places[at - 1], place).rstrip("(").lstrip(")").strip()
            blanks = page.low[places[at - 1].end] == " "
            codes = place.end - place.start == places[at - 1].end - places[at - 1].start == 2  # "NL-GH"
            dash = gap in _DASHES and (blanks or codes or place.kind is places[at - 1].kind is FactKind.PORT)
            if (gap in ARROWS or dash or at in listed) and place.spoken and places[at - 1].spoken:
                chain = chain or [at - 1]
                chain.append(at)
                continue
            if gap in {"", ","} and chain and place.country == places[at - 1].country:
                continue
        close()
        chain = []
    close()
    return out


def _listed(page: Page, places: list[Place]) -> set[int]:
    """Return which ports continue a list of a journey: "route Genoa/Suez/Durban", or three with strokes between."""
    found: set[int] = set()
    at = 0
    while at < len(places):
        lead = places[at].lead
        word = page.tokens[places[at].first - 1].text if places[at].first else ""
        marks = {"/", ",", "-", ""} if word in LANES or (lead is not None and lead.route) else {"/"}
        end = at
        while end + 1 < len(places) and _next_of_list(page, places[end], places[end + 1], marks):
            end += 1
        if end - at > 1 or (end > at and "-" in marks):
            found.update(range(at + 1, end + 1))
        at = end + 1
    return found


def _next_of_list(page: Page, one: Place, two: Place, marks: set[str]) -> bool:
    ports_only = marks == {"/"}
    alike = one.kind is two.kind is FactKind.PORT or (not ports_only and one.country != two.country)
    return alike and one.value != two.value and _between(page, one, two) in marks


_DASHES = frozenset({"-", "–", "—"})
_TO = frozenset({"to", "a", "au", "vers", "hacia"})


def with_neighbours(page: Page, places: list[Place]) -> list[Place]:
    """Hand a role on: "from Rotterdam and Antwerp", "to Tema, Ghana"; "Antwerp to Tema" begins at Antwerp."""
    places = [
        replace(one, role=PlaceRole.ORIGIN)
        if one.role is None and one.spoken and two.role is PlaceRole.DESTINATION and _between(page, one, two) in _TO
        else one
        for one, two in pairwise(places)
    ] + places[-1:]
    out: list[Place] = []
    by_then = False
    for read in places:
        place = read
        before = out[-1] if out else None
        if place.role is None and place.spoken and before is not None and before.role is not None and before.spoken:
            # "calling Walvis Bay 25/11, Luanda 28/11"
            gap = _between(page, before, place, dates=before.role is not PlaceRole.TRANSIT)
            bare = " ".join(
                word for word in gap.lstrip(")").strip().split() if word not in {"the", "le", "la", "el", "les"}
            )
            own = place.lead is not None and place.lead.role is not None
            onward = before.role in {PlaceRole.ORIGIN, PlaceRole.TRANSIT} or by_then
            if onward and not own and not THEN.isdisjoint(bare.replace(",", " ").split()):
                # "calls Dakar, then Abidjan, then Lomé": the last is where it goes.
                if by_then:
                    out[-1] = replace(before, role=PlaceRole.TRANSIT)
                # "from Fos to Djibouti by way of Port Said, then Jeddah": the way goes on, its end is known.
                if before.role is PlaceRole.TRANSIT and any(one.role is PlaceRole.DESTINATION for one in out):
                    out.append(replace(place, role=PlaceRole.TRANSIT))
                    continue
                out.append(replace(place, role=PlaceRole.DESTINATION))
                by_then = True
                continue
            if bare in _AND and not own and (bare or place.country == before.country):
                place = replace(place, role=before.role)
        by_then = False
        out.append(place)
    return out


_SENTENCE_ENDS = re.compile(r"[.;!?](?=\s)|\n")


def with_landings(page: Page, places: list[Place]) -> list[Place]:
    """Read where something was landed as where it was to go, if its way is told and no other place is its destination.

    The way may stand before ("from Antwerp, discharged at Tema") or after it in the same sentence ("unloaded at Tema
    yesterday from Antwerp"). Without it, that is where it was seen.
    """
    legs = [at for at, place in enumerate(places) if _is_leg(page, place)]
    if not legs:
        return places
    open_end = all(place.role is not PlaceRole.DESTINATION for place in places)
    sentence = [0]
    for one, two in pairwise(places):
        sentence.append(sentence[-1] + bool(_SENTENCE_ENDS.search(page.low, one.end, two.start)))
    told = {sentence[at] for at in legs}
    return [
        replace(place, role=PlaceRole.DESTINATION)
        if place.role is PlaceRole.SEEN
        and place.lead is not None
        and place.lead.landed
        and (at > legs[0] or (open_end and sentence[at] in told))
        else place
        for at, place in enumerate(places)
    ]


def _is_leg(page: Page, place: Place) -> bool:
    """Say whether something came from a place, or by way of it, and not only who sent it."""
    if place.role is not PlaceRole.ORIGIN:
        return place.role is PlaceRole.TRANSIT
    start = place.lead.start if place.lead is not None else place.first
    return PARTIES.isdisjoint(token.text for token in page.tokens[max(0, start - 1) : place.first])


# A detour of a fifth decides nothing; one that doubles the way does.
_STRAIGHT, _DETOUR = 1.6, 2.0


def with_route(places: list[Place]) -> list[Place]:
    """Of several ports with one name, choose the one that lies on the way, where only one does."""
    route = {
        role: [place for place in places if place.role is role and place.kind is FactKind.PORT]
        for role in (PlaceRole.ORIGIN, PlaceRole.TRANSIT, PlaceRole.SEEN, PlaceRole.DESTINATION)
    }
    middle = route[PlaceRole.TRANSIT] or route[PlaceRole.SEEN]
    ends = (route[PlaceRole.ORIGIN], middle, route[PlaceRole.DESTINATION])
    if not all(len(some) == 1 for some in ends):
        return places
    way = tuple(some[0] for some in ends)
    open_ones = [at for at, place in enumerate(way) if _is_open(place)]
    if len(open_ones) != 1:
        return places
    asked = way[open_ones[0]]
    assert asked.doubt is not None
    detours = []
    for locode in asked.doubt.alternatives:
        legs = [ports.port(locode if place is asked else place.value) for place in way]
        detour = _detour(*legs)
        if detour is None:
            return places
        detours.append((detour, locode))
    detours.sort()
    if len(detours) < 2 or detours[0][0] > _STRAIGHT or detours[1][0] < _DETOUR * detours[0][0]:
        return places
    chosen = ports.port(detours[0][1])
    alternatives = (chosen.locode, *(locode for locode in asked.doubt.alternatives if locode != chosen.locode))
    doubt = Doubt(DoubtKind.GUESSED, alternatives, DoubtSource.CHOSEN_BY_ROUTE)
    read = replace(asked, value=chosen.locode, shown=chosen.shown, doubt=doubt)
    return [read if place is asked else place for place in places]


def _is_open(place: Place) -> bool:
    return place.doubt is not None and place.doubt.kind is DoubtKind.AMBIGUOUS


def _detour(start: Port, middle: Port, end: Port) -> float | None:
    """Return how much longer the way over the middle is than the straight one, as a factor."""
    one, two, straight = (
        ports.distance_km(start, middle),
        ports.distance_km(middle, end),
        ports.distance_km(start, end),
    )
    if one is None or two is None or straight is None:
        return None
    return (one + two) / max(straight, 1.0)
