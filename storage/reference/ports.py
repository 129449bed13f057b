"""Seaports of the UN/LOCODE table, by code and by name."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache
from math import asin, cos, radians, sin, sqrt

from storage.ids import CountryCode, Locode
from storage.reference.countries import find_country
from storage.reference.spelling import Spellings
from storage.reference.tables import cells, rows
from storage.reference.text import key


@dataclass(frozen=True, slots=True)
class Port:
    """A port. Latitude and longitude are degrees, None where not known; often the city's, to the minute."""

    locode: Locode
    name: str
    country: CountryCode
    subdivision: str
    lat: float | None
    lon: float | None
    port_function: bool  # UN/LOCODE lists it as a port; otherwise shipping data uses it as one
    alias: str
    known: bool  # among the ports that shipping calls at most: a plain name means this one

    @property
    def shown(self) -> str:
        """The name as people know it."""
        return self.alias if self.alias and not self.port_function else self.name


@dataclass(frozen=True, slots=True)
class PortMatch:
    """A port that a text may mean."""

    port: Port
    score: float  # 0 to 100


@cache
def _known() -> dict[str, tuple[str, ...]]:
    return {row["locode"]: tuple(filter(None, row["other_names"].split("|"))) for row in rows("ports_known.csv")}


@cache
def _table() -> dict[str, Port]:
    known = _known()
    table: dict[str, Port] = {}
    lines = cells("unlocode_seaports.csv")
    next(lines)
    for locode, name, _, land, subdivision, lat, lon, _, function, alias, source in lines:
        if land == "XZ":  # installations in international waters: no country to tell, no port
            continue
        # Two sources place these ports far apart; a wrong position is worse than none.
        located = bool(lat) and source != "unlocode_conflict"
        table[locode] = Port(
            Locode(locode),
            name,
            CountryCode(land),
            subdivision,
            float(lat) if located else None,
            float(lon) if located else None,
            function == "yes",
            alias,
            locode in known,
        )
    return table


def ports() -> Iterable[Port]:
    """Return all ports, by code."""
    return _table().values()


def port(locode: str) -> Port:
    """Return the port of a UN/LOCODE, with or without the space, in any case.

    Raises:
        KeyError: there is no such code.
    """
    return _table()["".join(locode.split()).upper()]


def is_locode(text: str) -> bool:
    """Say whether five upper-case characters are the code of a port."""
    return text in _table()


_PARTS = re.compile(r"[/()=,]")
# Kinds of place that UN/LOCODE puts into names and that nobody says.
_EXTRAS = re.compile(r"\b(pt|apt|international|intl|harbou?r|port|puerto|porto)\b", re.IGNORECASE)


def _own_names(one: Port) -> set[str]:
    names = [one.name, *_known().get(one.locode, ())]
    if one.alias:
        names.append(one.alias)
    if one.name.endswith((" Pt", " Apt", " Port", " Harbour")):
        names.append(one.name.rpartition(" ")[0])
    if "(" in one.name:
        names.append(one.name.partition("(")[0])
    return {name for name in map(key, names) if len(name) > 1}


def _parts(one: Port) -> set[str]:
    if not _PARTS.search(one.name):
        return set()
    # "Pipavav (Victor) Port" is not called Port.
    return {name for name in map(key, _PARTS.split(one.name)) if len(name) > 1 and name not in common_words()}


def _rank(one: Port) -> tuple[bool, bool, bool, str]:
    return (not one.known, not one.port_function, one.lat is None, one.locode)


@cache
def names_in_text() -> dict[str, tuple[Port, ...]]:
    """Return the ports by every spelling of their names (`text.key`), likeliest first."""
    found: dict[str, list[Port]] = {}
    for one in ports():
        for name in _own_names(one):
            found.setdefault(name, []).append(one)
    for one in ports():
        for name in _parts(one):
            # "Tincan/Lagos" is called Lagos only where no well-known port is.
            some = found.setdefault(name, [])
            if one not in some and not any(other.known for other in some):
                some.append(one)
    return {name: tuple(sorted(some, key=_rank)) if len(some) > 1 else tuple(some) for name, some in found.items()}


@cache
def common_words() -> frozenset[str]:
    """Return the names and codes of ports that are also words of English, French or Spanish, folded."""
    return frozenset(row["word"] for row in rows("common_words.csv"))


@cache
def words_like_ports() -> frozenset[str]:
    """Return the words of English, French and Spanish that are nearly the name of a well-known port or a country."""
    return frozenset(row["word"] for row in rows("words_like_ports.csv"))


_EARTH_RADIUS_KM = 6371.0


def distance_km(one: Port, two: Port) -> float | None:
    """Return the great-circle distance between two ports in kilometres; None where a position is not known."""
    if one.lat is None or one.lon is None or two.lat is None or two.lon is None:
        return None
    north, south = radians(one.lat), radians(two.lat)
    half = sin((north - south) / 2) ** 2 + cos(north) * cos(south) * sin(radians(one.lon - two.lon) / 2) ** 2
    return 2 * _EARTH_RADIUS_KM * asin(min(1.0, sqrt(half)))


@cache
def spellings(*, known: bool) -> Spellings:
    """Return the names of the well-known ports, or of all 18,000, to look for misspelt ones in."""
    return Spellings(name for name, some in names_in_text().items() if some[0].known or not known)


def plausibility(one: Port, near: Collection[CountryCode], home: CountryCode | None = None) -> int:
    """Return how likely a port is meant, of several with a name or nearly: the more, the likelier.

    The text names its country, shipping calls there, whoever writes is there, it is a port by its function: in this
    order, each worth more than all after it.
    """
    return 8 * (one.country in near) + 4 * one.known + 2 * (one.country == home) + one.port_function


def candidates(text: str, country: CountryCode | None = None) -> tuple[Port, ...]:
    """Return the ports that a text names exactly, likeliest first; the well-known one alone if there is just one."""
    name = key(text)
    some = names_in_text().get(name, ()) or names_in_text().get(_EXTRAS.sub(" ", name).strip(), ())
    if country is not None:
        return tuple(one for one in some if one.country == country)
    well_known = tuple(one for one in some if one.known)
    return well_known if len(well_known) == 1 else some


def find_port(text: str, country: CountryCode | None = None) -> Port | None:
    """Return the port that a text names by code or name ("GHTEM", "gh tem", "Tema", "Tema, Ghana", "Port of Tema").

    None when nothing has that name, or several ports have it and none of them is the well-known one.
    """
    code = "".join(text.split()).upper()
    if is_locode(code) and country in (None, code[:2]) and (code.lower() not in names_in_text() or text.isupper()):
        return port(code)
    name = key(text).removeprefix("port of ").removeprefix("port de ").removeprefix("puerto de ")
    name = name.removeprefix("port d ")
    found = candidates(name, country)
    if len(found) == 1:
        return found[0]
    if found and country is not None:
        first_two = [one.known for one in found[:2]]
        return found[0] if first_two == [True, False] else None
    if is_locode(code) and country in (None, code[:2]):
        return port(code)
    words = name.split()
    for cut in range(len(words) - 1, 0, -1):
        if land := find_country(" ".join(words[cut:])):
            return find_port(" ".join(words[:cut]), land)
    return None


@cache
def _spelling_list(country: CountryCode | None) -> tuple[str, ...]:
    everything = names_in_text()
    if country is None:
        return tuple(everything)
    return tuple(name for name, some in everything.items() if any(one.country == country for one in some))


def search_ports(text: str, country: CountryCode | None = None, limit: int = 5) -> tuple[PortMatch, ...]:
    """Return ports whose name or code is like the text, best first; accents, case and small typos do not matter."""
    from rapidfuzz import fuzz, process

    name = key(text)
    code = "".join(text.split()).upper()
    best: dict[Locode, float] = {}
    if is_locode(code) and country in (None, code[:2]):
        best[Locode(code)] = 100.0
    if name:
        matches = process.extract(
            name, _spelling_list(country), scorer=fuzz.ratio, limit=8 * limit, score_cutoff=60
        ) + [
            (spelling, 90.0, 0)
            for spelling in _spelling_list(country)
            if len(name) > 2 and (spelling.startswith(name + " ") or spelling.endswith(" " + name))
        ]
        for spelling, score, _ in matches:
            for one in names_in_text()[spelling]:
                if country in (None, one.country):
                    best[one.locode] = max(best.get(one.locode, 0.0), score)
    found = [PortMatch(port(locode), score) for locode, score in best.items()]
    # A well-known port a letter away is likelier meant than a hamlet that fits as well.
    found.sort(key=lambda match: (-match.score - 6 * match.port.known, *_rank(match.port)))
    return tuple(found[:limit])
