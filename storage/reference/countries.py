"""Countries and territories: names in several languages, regions, time zones, standing under the Basel Convention."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

from storage.ids import CountryCode
from storage.reference.spelling import Spellings
from storage.reference.tables import day, rows, yes_no
from storage.reference.text import key, words

NAME_LANGUAGES = ("en", "fr", "es", "nl", "de", "pt")
"""Languages whose country names are understood."""

_FREE_TEXT_LANGUAGES = ("en", "fr", "es")


@dataclass(frozen=True, slots=True)
class Country:
    """A country or territory of ISO 3166-1 (and XK, Kosovo)."""

    code: CountryCode
    alpha3: str
    name: str  # English
    region: str  # UN M49 region: "Africa"
    subregion: str  # UN M49 subregion: "Western Africa"
    zone: str  # IANA time zone of its largest port or capital
    aliases: tuple[str, ...] = ()
    demonyms: tuple[str, ...] = ()  # English, French and Spanish, all forms


@dataclass(frozen=True, slots=True)
class Region:
    """A UN M49 region ("Africa") or subregion ("Western Africa")."""

    name: str
    countries: tuple[CountryCode, ...]


@dataclass(frozen=True, slots=True)
class BaselStanding:
    """How a country stands under the Basel Convention. None means not known, never no."""

    code: CountryCode
    party: bool | None
    ban_amendment: bool | None
    ban_amendment_date: date | None
    oecd: bool | None
    eu: bool | None
    annex_vii: bool | None  # OECD, EU or Liechtenstein
    as_of: str  # year and month
    note: str


@dataclass(frozen=True, slots=True)
class CountryGuess:
    """A country that a misspelt text may mean."""

    code: CountryCode
    score: float  # 0 to 100


@cache
def _table() -> dict[str, Country]:
    return {
        row["code"]: Country(
            code=CountryCode(row["code"]),
            alpha3=row["alpha3"],
            name=row["name"],
            region=row["region"],
            subregion=row["subregion"],
            zone=row["zone"],
            aliases=tuple(filter(None, row["aliases"].split("|"))),
            demonyms=tuple(filter(None, row["demonyms"].split("|"))),
        )
        for row in rows("countries.csv")
    }


def countries() -> tuple[Country, ...]:
    """Return all countries, by code."""
    return tuple(_table().values())


def country(code: str) -> Country:
    """Return the country of an ISO alpha-2 code, in any case.

    Raises:
        KeyError: there is no such code.
    """
    return _table()[code.strip().upper()]


def is_country(code: str) -> bool:
    """Say whether an upper-case alpha-2 code is in the table."""
    return code in _table()


@cache
def _territories(language: str) -> dict[str, str]:
    from babel import Locale, UnknownLocaleError

    try:
        return dict(Locale.parse(language, sep="-" if "-" in language else "_").territories.items())
    except (UnknownLocaleError, ValueError):
        return _territories("en")


def country_name(code: str, lang: str = "en") -> str:
    """Return the name of a country in a language (CLDR); English where that language is not known.

    Raises:
        KeyError: there is no such country.
    """
    known = country(code)
    return _territories(lang).get(known.code) or known.name


def _names(languages: tuple[str, ...]) -> dict[str, CountryCode]:
    found: dict[str, CountryCode] = {}
    for one in countries():
        for language in languages:
            found.setdefault(key(country_name(one.code, language)), one.code)
        found.setdefault(key(one.name), one.code)
    # A second pass: an alias never displaces the name of another country.
    for one in countries():
        for alias in one.aliases:
            found.setdefault(key(alias), one.code)
    # "Hong Kong SAR China", "Congo - Kinshasa" and their like are looked for by what people write.
    found.update({"congo brazzaville": CountryCode("CG"), "congo kinshasa": CountryCode("CD")})
    found.pop("", None)
    return found


@cache
def _all_names() -> dict[str, CountryCode]:
    names = _names(NAME_LANGUAGES)
    for one in countries():
        names.setdefault(one.alpha3.lower(), one.code)
        for word in one.demonyms:
            names.setdefault(key(word), one.code)
    return names


@cache
def names_in_text() -> dict[str, CountryCode]:
    """Return names and aliases in English, French and Spanish, by `text.key`: what free text is searched for."""
    return _names(_FREE_TEXT_LANGUAGES)


def named_in(text: str) -> frozenset[CountryCode]:
    """Return the countries whose names stand in a text in whole words, in English, French or Spanish.

    Of names within each other the longest counts: "Equatorial Guinea" does not name Guinea.
    """
    left, found = list(words(text)), set[CountryCode]()
    while left:
        length = next((some for some in range(min(len(left), _most_words()), 0, -1) if _name_of(left[:some])), 1)
        if (code := _name_of(left[:length])) is not None:
            found.add(code)
        del left[:length]
    return frozenset(found)


def _name_of(some: Sequence[str]) -> CountryCode | None:
    return names_in_text().get(" ".join(some))


@cache
def _most_words() -> int:
    return max(len(name.split()) for name in names_in_text())


@cache
def spellings() -> Spellings:
    """Return the names of `names_in_text`, to look for misspelt ones in."""
    return Spellings(names_in_text())


@cache
def demonyms_in_text() -> dict[str, CountryCode]:
    """Return adjectives and names of inhabitants, by `text.key`; those of several countries are left out."""
    found: dict[str, CountryCode | None] = {}
    for one in countries():
        for word in one.demonyms:
            name = key(word)
            found[name] = one.code if found.get(name, one.code) == one.code else None
    taken = names_in_text()
    return {name: code for name, code in found.items() if code is not None and name not in taken}


def find_country(text: str) -> CountryCode | None:
    """Return the country that a text names exactly, in any case, with or without accents.

    Understands alpha-2 and alpha-3 codes, names in `NAME_LANGUAGES`, common other names and adjectives.
    """
    bare = text.strip().upper()
    if bare in _table():
        return CountryCode(bare)
    name = key(text)
    names = _all_names()
    for start in ("", "the ", "la ", "le ", "les ", "el ", "los ", "l "):
        if name.startswith(start) and (code := names.get(name.removeprefix(start))):
            return code
    return None


def guess_countries(text: str, limit: int = 5) -> tuple[CountryGuess, ...]:
    """Return countries that a misspelt text may mean, best first; empty when nothing is near."""
    from rapidfuzz import fuzz, process

    name = key(text)
    if exact := find_country(text):
        return (CountryGuess(exact, 100.0),)
    if len(name) < 3:
        return ()
    best: dict[CountryCode, float] = {}
    names = _all_names()
    for match, score, _ in process.extract(name, names.keys(), scorer=fuzz.ratio, limit=4 * limit, score_cutoff=70):
        code = names[match]
        best[code] = max(best.get(code, 0.0), score)
    ranked = sorted(best.items(), key=lambda item: (-item[1], item[0]))
    return tuple(CountryGuess(code, score) for code, score in ranked[:limit])


@cache
def _regions() -> dict[str, Region]:
    members: dict[str, list[CountryCode]] = {}
    for one in countries():
        for name in dict.fromkeys((one.region, one.subregion)):
            members.setdefault(name, []).append(one.code)
    return {name: Region(name, tuple(codes)) for name, codes in sorted(members.items())}


def regions() -> tuple[Region, ...]:
    """Return the UN M49 regions and subregions, by name."""
    return tuple(_regions().values())


_REGION_ALIASES = {
    "west africa": "Western Africa", "east africa": "Eastern Africa", "north africa": "Northern Africa",
    "central africa": "Middle Africa", "america": "Americas", "latin america": "South America",
    "north america": "Northern America", "east asia": "Eastern Asia", "south asia": "Southern Asia",
    "southeast asia": "South-eastern Asia", "south east asia": "South-eastern Asia", "west asia": "Western Asia",
    "middle east": "Western Asia", "east europe": "Eastern Europe", "north europe": "Northern Europe",
    "south europe": "Southern Europe", "west europe": "Western Europe", "afrique": "Africa",
    "afrique de l ouest": "Western Africa", "afrique de l est": "Eastern Africa", "afrique du nord": "Northern Africa",
    "afrique centrale": "Middle Africa", "afrique australe": "Southern Africa", "asie": "Asia",
    "asie du sud est": "South-eastern Asia", "amerique": "Americas", "amerique du sud": "South America",
    "amerique centrale": "Central America", "amerique du nord": "Northern America", "caraibes": "Caribbean",
    "oceanie": "Oceania", "africa occidental": "Western Africa", "africa oriental": "Eastern Africa",
    "africa del norte": "Northern Africa", "africa central": "Middle Africa", "america del sur": "South America",
    "america del norte": "Northern America", "caribe": "Caribbean", "europa": "Europe",
    "sudeste asiatico": "South-eastern Asia", "oriente medio": "Western Asia",
}  # fmt: skip


def find_region(text: str) -> Region | None:
    """Return the region or subregion that a text names in English, French or Spanish."""
    name = key(text).removeprefix("the ").removeprefix("l ")
    by_key = {key(region): region for region in _regions()}
    found = by_key.get(name) or _REGION_ALIASES.get(name)
    return _regions()[found] if found else None


def countries_in(region: Region | str) -> tuple[CountryCode, ...]:
    """Return the countries of a region or subregion, by code.

    Raises:
        KeyError: there is no such region.
    """
    if isinstance(region, Region):
        return region.countries
    found = find_region(region)
    if found is None:
        raise KeyError(region)
    return found.countries


@cache
def _standings() -> dict[str, BaselStanding]:
    return {
        row["country_code"]: BaselStanding(
            code=CountryCode(row["country_code"]),
            party=yes_no(row["basel_party"]),
            ban_amendment=yes_no(row["ban_amendment_ratified"]),
            ban_amendment_date=day(row["ban_amendment_date"]),
            oecd=yes_no(row["oecd_member"]),
            eu=yes_no(row["eu_member"]),
            annex_vii=yes_no(row["annex_vii"]),
            as_of=row["as_of"],
            note=row["note"],
        )
        for row in rows("basel_parties.csv")
    }


def basel_standing(code: str) -> BaselStanding | None:
    """Return how a country stands under the Basel Convention; None for one that the table does not know."""
    return _standings().get(code.strip().upper())
