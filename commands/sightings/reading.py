"""What a report of a sighting says: which containers or ships, where, when, and what else was written."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from commands.arguments import Reading
from commands.base import Context
from commands.matching import thing_key
from commands.moments import read_past
from commands.understanding import DoubtKind, DoubtSource, FactKind, Finding, parse_fact, understand, vocabulary
from commands.when import NotATime, TimeDoesNotExist
from storage.ids import CountryCode
from storage.reference import ports
from storage.reference.text import fold
from storage.sightings import Spot, Thing

_KINDS = frozenset({FactKind.CONTAINER, FactKind.VESSEL, FactKind.PORT, FactKind.COUNTRY, FactKind.DATE})
_WHERE = re.compile(r"(?<!\w)(?:at|in|near|à|au|en|a)\s+(?=\S)", re.IGNORECASE)
_CLOCK = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d")
_WORDS_OF_A_TIME = 5
_LOOKED_AT = 60  # words among which a time is looked for
_WORDS_OF_A_PLACE = 4
_SAYS_NOTHING = vocabulary(
    """at in on near the a an was is seen again now it port of to by mv m v ms mt ship vessel container imo no and et y
    not à au en le la les du de vu vue visto vista el contenedor conteneur navire buque"""
)


@dataclass(frozen=True, slots=True)
class Place:
    """A place that was read; with several it is not known which is meant."""

    spots: Sequence[Spot]
    written: str | None = None
    """How it was written, where it was taken for a slip of what it is called."""


@dataclass(frozen=True, slots=True)
class Report:
    """What was read in a text."""

    things: Sequence[Thing]
    place: Place | None
    when: datetime | None
    says_more: bool
    """Whether there are words beside these."""


def reading_of(context: Context) -> Reading:
    """Return how what the member writes is to be read."""
    return Reading(context.now, context.zone, context.member.language)


def read_report(text: str, reading: Reading, home: CountryCode | None) -> Report:
    """Read what somebody writes of a sighting, times in the writer's zone. Never raises, whatever the text."""
    today = reading.now.astimezone(reading.zone).date()
    findings = understand(text, today=today, kinds=_KINDS, home=home).findings
    named = [one for one in findings if one.kind in {FactKind.CONTAINER, FactKind.VESSEL}]
    taken = [one.span for one in findings if one.kind is not FactKind.DATE]
    when, when_span = _when(text, findings, taken, reading)
    places = [one for one in findings if one.kind is FactKind.PORT] or [
        one for one in findings if one.kind is FactKind.COUNTRY
    ]
    # Of several it is the one that is said to be where it was seen; "at Tema" is, "from Tema" is not.
    places.sort(key=lambda one: {"seen": 0, None: 1}.get(one.role, 2))
    used = [*(one.span for one in named), *when_span]
    place: Place | None = None
    if places:
        place = _place_of(places[0], text[slice(*places[0].span)])
        used += [one.span for one in places if one.value[:2] == places[0].value[:2]]
    elif found := _after_at(text, used, reading):
        place, span = found
        used.append(span)
    things = _things(named)
    if not things and place is not None and (ship := _before(text, used, today)) is not None:
        finding, span = ship
        things, used = _things([finding]), [*used, span]
    return Report(things, place, when, _says_more(text, used))


def read_place(text: str, reading: Reading) -> Place | None:
    """Read a place that is all of a text."""
    today = reading.now.astimezone(reading.zone).date()
    readings = [parse_fact(kind, text, today) for kind in (FactKind.PORT, FactKind.COUNTRY)]
    found = [one for one in readings if one is not None]
    best = next((one for one in found if one.doubt is None), found[0] if found else None)
    return _place_of(best, text) if best is not None else None


def _place_of(found: Finding, written: str) -> Place:
    misspelt = found.doubt is not None and found.doubt.source is DoubtSource.MISSPELT
    return Place(_spots(found), " ".join(written.split()) if misspelt else None)


def read_thing(text: str, reading: Reading) -> Thing | None:
    """Read a container number or a ship that is all of a text."""
    today = reading.now.astimezone(reading.zone).date()
    for kind in (FactKind.CONTAINER, FactKind.VESSEL):
        found = parse_fact(kind, text, today)
        if found is not None:
            things = _things([found])
            return things[0] if things else None
    return None


def _things(named: Sequence[Finding]) -> Sequence[Thing]:
    """Return what was named, each once; the one name and the one IMO number of a text are one ship."""
    ships = [one for one in named if one.kind is FactKind.VESSEL]
    numbers = [one for one in ships if one.value.startswith("IMO")]
    names = [one for one in ships if one not in numbers]
    found: dict[str, Thing] = {}
    if len(numbers) == len(names) == 1:
        keys = [key for one in (numbers[0], names[0]) if (key := thing_key(one.kind, one.value)) is not None]
        found[keys[0]] = Thing("vessel", f"{names[0].shown} ({numbers[0].shown})", keys, _right(numbers[0]))
        named = [one for one in named if one not in ships]
    for one in named:
        key = thing_key(one.kind, one.value)
        if key is not None:
            found.setdefault(key, Thing(one.kind.value, one.shown, [key], _right(one)))
    return list(found.values())


def _right(one: Finding) -> str | None:
    """Return the number with the right check digit, where the one written has a wrong one."""
    wrong = one.doubt is not None and one.doubt.kind is DoubtKind.CHECK_DIGIT and one.doubt.alternatives
    return one.doubt.alternatives[0] if wrong and one.doubt is not None else None


def _spots(place: Finding) -> Sequence[Spot]:
    """Return the place, or each that may be meant where several are as likely."""
    doubt = place.doubt
    if doubt is None or doubt.kind is not DoubtKind.AMBIGUOUS or place.kind is not FactKind.PORT:
        return [spot_of(place.value, place.shown)]
    return [spot_of(code, ports.port(code).shown) for code in dict.fromkeys((place.value, *doubt.alternatives))]


def spot_of(code: str, shown: str) -> Spot:
    """Return a place as people read it: "Tema (GHTEM)"."""
    return Spot(code, f"{shown} ({code})")


def _when(
    text: str, findings: Sequence[Finding], taken: Sequence[tuple[int, int]], reading: Reading
) -> tuple[datetime | None, list[tuple[int, int]]]:
    """Return the time that is written, with where it stands."""
    dates = [one for one in findings if one.kind is FactKind.DATE]
    for one in dates:  # a day with a time of day, however far apart they stand
        sure = one.doubt is None or one.doubt.source not in {DoubtSource.ONLY_TIME, DoubtSource.WEEKDAY}
        if sure and _CLOCK.fullmatch(one.shown) and (at := _past(one.shown, reading)) is not None:
            return at, [one.span]
    words = [found.span() for found in re.finditer(r"\S+", text)][:_LOOKED_AT]
    for count in range(min(_WORDS_OF_A_TIME, len(words)), 0, -1):
        for first in range(len(words) - count, -1, -1):
            span = words[first][0], words[first + count - 1][1]
            if any(start < span[1] and span[0] < end for start, end in taken):
                continue
            at = _past(text[slice(*span)].strip(" ,.;"), reading)
            if at is not None:
                return at, [span]
    for one in dates:
        if (at := _past(one.shown, reading)) is not None:
            return at, [one.span]
    return None, []


def _past(text: str, reading: Reading) -> datetime | None:
    try:
        return read_past(text, reading)
    except (NotATime, TimeDoesNotExist, OverflowError):
        return None


def _after_at(text: str, used: Iterable[tuple[int, int]], reading: Reading) -> tuple[Place, tuple[int, int]] | None:
    """Read a place that the text as a whole does not show: the longest one after "at"."""
    used = list(used)
    for lead in _WHERE.finditer(text):
        words = [found.span() for found in re.finditer(r"\S+", text[lead.end() :])][:_WORDS_OF_A_PLACE]
        for count in range(len(words), 0, -1):
            span = lead.end(), lead.end() + words[count - 1][1]
            if any(start < span[1] and span[0] < end for start, end in used):
                continue
            place = read_place(text[slice(*span)].strip(" ,.;"), reading)
            if place is not None:
                return place, span
    return None


def _before(text: str, used: Sequence[tuple[int, int]], today: date) -> tuple[Finding, tuple[int, int]] | None:
    """Read capitalised words before the place as the name of a ship: "Probo Koala at Tema"."""
    end = min((start for start, _end in used), default=0)
    name = re.sub(r"\b(?:at|in|near|à|au|en)\s*$", "", text[:end].strip(), flags=re.IGNORECASE).strip(" ,.;:")
    words = name.split()
    if not words or len(words) > _WORDS_OF_A_PLACE or not all(word[0].isupper() or word.isdigit() for word in words):
        return None
    finding = parse_fact(FactKind.VESSEL, name, today)
    return (finding, (0, end)) if finding is not None else None


def _says_more(text: str, used: Iterable[tuple[int, int]]) -> bool:
    left = list(text)
    for start, end in used:
        left[start:end] = " " * (end - start)
    words = re.findall(r"\w+", fold("".join(left)))
    return any(word not in _SAYS_NOTHING for word in words)
