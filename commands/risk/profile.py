"""The points of one alert: pure functions from its facts, today's tables and earlier cases to one result a line.

Nothing is kept: it is worked out when it is asked for, so a fact or a weight that changed is never left behind.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from commands.document import Code, CountryName, Inline, Text, _, _n, joined
from commands.risk import words
from commands.risk.lines import TABLE, Line
from commands.risk.words import Said, said
from commands.shipment import Kind, Place, Shipment
from storage.ids import CountryCode
from storage.reference import codes
from storage.reference.countries import basel_standing
from storage.reference.text import key

MOST_TONNES = Decimal(33)
"""Of one container: ISO 668 lets it weigh 36 t, its own weight of 2 to 4 t included."""

_SHAPE = re.compile(r"[A-Z]{3}[UJZR]\d{7}")
_CRT_CODES = frozenset({"A2010"})
_ELECTRICAL_CODES = frozenset({"A1180", "A1181", "B1110", "B4030", "Y49"})
_BATTERY_CODES = frozenset({"A1160", "A1170", "B1090"})
_STREAM_CODES = frozenset({"A3210", "Y48", "B3010", "B3011", "A1180", "A1181", "B1110", "Y49", "B3020", "B1250"})
_STREAM_WORDS = (words.PLASTIC, words.ELECTRICAL, words.METAL, words.VEHICLES, words.PAPER)
_STREAM_HS = ("3915", "8549", "4707", "8548", "87", "4012", "7204", "7404", "7602", "7802", "7902")
_STREAM_EWC = ("1601", "1602", "191201", "191202", "191203", "191204", "200101", "200139", "200140", "200135", "200136")


@dataclass(frozen=True, slots=True)
class EarlierCase:
    """An earlier alert that was confirmed as illegal, as far as who asks may see it."""

    number: str
    shared: Sequence[str]
    """What it has in common: containers, vessels, companies, as they are shown; empty for waste and lane alone."""


@dataclass(frozen=True, slots=True)
class Input:
    """All that the lines look at."""

    shipment: Shipment
    today: date
    earlier: Sequence[EarlierCase]
    similar: Sequence[EarlierCase]


@dataclass(frozen=True, slots=True)
class Result:
    """What a line came to: `applies` is None when nothing is known that tells."""

    applies: bool | None
    why: Inline | None = None


@dataclass(frozen=True, slots=True)
class Scored:
    """A line with its result and what it weighs now."""

    line: Line
    weight: int
    result: Result

    @property
    def points(self) -> int:
        return self.weight if self.result.applies else 0


UNKNOWN = Result(None)


def profile(given: Input, weights: Mapping[str, int]) -> Sequence[Scored]:
    """Return every line of the table in its order; `weights` has those that a coordinator changed, by key."""
    return [Scored(line, weights.get(line.value, entry.points), _LINES[line](given)) for line, entry in TABLE.items()]


def _basel(given: Input) -> list[codes.BaselCode]:
    found = [codes.basel(code, on=given.today) for code in given.shipment.values(Kind.BASEL)]
    return [code for code in found if code is not None]


def _codes(given: Input) -> Result:
    basel = _basel(given)
    dead = [code for code in basel if not code.valid]
    dead_ewc = [
        code.formatted
        for value in given.shipment.values(Kind.EWC)
        if (code := codes.ewc(value, on=given.today)) is not None and not code.valid
    ]
    if dead or dead_ewc:
        ended = [*(code.code for code in dead), *dead_ewc]
        return Result(True, _("no longer in force: {codes}", codes=joined(map(Code, ended))))
    listed = {code.code for code in basel if code.list in {"A", "B", "Y"}}
    for value in given.shipment.values(Kind.HS):
        watch = codes.hs_watch(value)
        if watch is not None and watch.likely_basel and listed and not listed & _with_successors(watch.likely_basel):
            return Result(
                True,
                _(
                    "customs code {hs} is for {what}, the Basel code is {basel}",
                    hs=Code(codes.hs_formatted(value)),
                    what=Text(watch.waste_type),
                    basel=joined(map(Code, sorted(listed))),
                ),
            )
    if basel or given.shipment.values(Kind.EWC):
        return Result(False)
    return UNKNOWN


def _with_successors(likely: Sequence[str]) -> frozenset[str]:
    found = set(likely)
    for code in likely:
        known = codes.basel(code, on=date.max)
        found |= set(known.successors) if known is not None else set()
    return frozenset(found)


def _consent_needed(given: Input) -> bool | None:
    """Whether prior informed consent is needed for any of the codes; of one that ended, what took its place decides."""
    answers: list[bool | None] = []
    for code in _basel(given):
        in_force = [codes.basel(other, on=given.today) for other in code.successors] if not code.valid else [code]
        answers += [one.consent for one in in_force or [code] if one is not None]
    for value in given.shipment.values(Kind.EWC):
        ewc = codes.ewc(value, on=given.today)
        if ewc is not None and ewc.hazardous:
            answers.append(True)
    if True in answers:
        return True
    return False if answers and None not in answers else None


def _consent(given: Input) -> Result:
    if given.shipment.notifications():
        return Result(False, _("notification {numbers}", numbers=joined(map(Code, given.shipment.notifications()))))
    match _consent_needed(given):
        case True:
            return Result(True, _("the code needs prior informed consent"))
        case False:
            return Result(False, _("the code needs no consent"))
        case None:
            return UNKNOWN


def _annex_vii(given: Input) -> Result:
    if said(words.NO_ANNEX_VII, given.shipment.words())[0] is not Said.NOTHING:
        return Result(True, _("the text says so"))
    if given.shipment.annex_vii():
        return Result(False, _("document {numbers}", numbers=joined(map(Code, given.shipment.annex_vii()))))
    origins = [basel_standing(code) for code in given.shipment.countries(Place.ORIGIN)]
    from_eu = [one.eu for one in origins if one is not None]
    needed = _consent_needed(given)
    if needed is True:
        return Result(False, _("not a green-listed waste"))
    if from_eu and True not in from_eu:
        return Result(False, _("the origin is not in the EU"))
    if needed is False and True in from_eu:
        return Result(True, _("green-listed waste from the EU, and no document number is known"))
    return UNKNOWN


def _untested(given: Input) -> Result:
    text = given.shipment.words()
    if not _is_electrical(given):
        return UNKNOWN if not _waste_is_known(given) else Result(False, _("not electrical goods"))
    used = said(words.USED, text)[0] is Said.YES
    found, phrase = said(words.UNTESTED, text)
    if used and found is not Said.NOTHING:
        return Result(True, _("the text says {words}", words=Text(f"“{phrase}”")))
    tested, phrase = said(words.TESTED, text)
    if tested is Said.NO and used:
        return Result(True, _("the text denies {words}", words=Text(f"“{phrase}”")))
    return Result(False, _("the text says {words}", words=Text(f"“{phrase}”"))) if tested is Said.YES else UNKNOWN


def _is_electrical(given: Input) -> bool:
    coded = _ELECTRICAL_CODES.intersection(given.shipment.values(Kind.BASEL)) or _has_code(
        given, "8549", "1602", "200121", "200123", "200135", "200136"
    )
    return bool(coded) or said(words.ELECTRICAL, given.shipment.words())[0] is Said.YES


def _declared_otherwise(
    given: Input, table: re.Pattern[str], basel: frozenset[str], prefixes: tuple[str, ...], *wrong: re.Pattern[str]
) -> Result:
    """Whether something that is known to be there was declared as something else."""
    declared = " ".join(fact.shown for fact in given.shipment.all(Kind.DECLARED))
    there = said(table, given.shipment.words())[0] is Said.YES or bool(
        basel.intersection(given.shipment.values(Kind.BASEL))
    )
    there = there or _has_code(given, *prefixes)
    if not there:
        return Result(False) if _waste_is_known(given) else UNKNOWN
    if not declared:
        return UNKNOWN
    as_declared = f" {key(declared)} "
    found = next(
        (phrase for one in wrong if (answer := said(one, as_declared))[0] is Said.YES and (phrase := answer[1])), ""
    )
    if found and said(table, as_declared)[0] is not Said.YES:
        return Result(True, _("declared as {what}", what=Text(f"“{declared[:80]}”")))
    return Result(False, _("declared as {what}", what=Text(f"“{declared[:80]}”")))


def _batteries(given: Input) -> Result:
    prefixes = ("85491", "1606", "200133", "200134")
    return _declared_otherwise(given, words.BATTERIES, _BATTERY_CODES, prefixes, words.PLASTIC, words.METAL)


def _crt(given: Input) -> Result:
    if _is_electrical(given) and said(words.CRT, given.shipment.words())[0] is Said.NOTHING:
        return UNKNOWN  # screens are among what such codes stand for
    return _declared_otherwise(given, words.CRT, _CRT_CODES, (), words.METAL)


def _similar(given: Input) -> Result:
    if given.similar:
        numbers = joined(Code(case.number) for case in given.similar[:3])
        return Result(True, _("as in {numbers}", numbers=numbers))
    has_waste = bool(given.shipment.values(Kind.BASEL, Kind.EWC, Kind.HS))
    has_lane = bool(given.shipment.places(Place.ORIGIN) and given.shipment.places(Place.DESTINATION))
    return Result(False, _("none that I may show here")) if has_waste and has_lane else UNKNOWN


def _earlier_case(given: Input) -> Result:
    if given.earlier:
        cases = joined(
            _("{what} in {number}", what=joined(map(Text, case.shared)), number=Code(case.number))
            for case in given.earlier[:3]
        )
        return Result(True, cases)
    named = given.shipment.values(Kind.CONTAINER, Kind.VESSEL, Kind.COMPANY)
    return Result(False, _("none that I may show here")) if named else UNKNOWN


def _ban(given: Input) -> Result:
    origins, destinations = given.shipment.countries(Place.ORIGIN), given.shipment.countries(Place.DESTINATION)
    if not origins or not destinations:
        return UNKNOWN
    unsure = False
    for origin in origins:
        for destination in destinations:
            banned, why = _banned(origin, destination, hazardous=_hazardous(given))
            if banned:
                return Result(True, why)
            unsure = unsure or banned is None
    return UNKNOWN if unsure else Result(False)


def _banned(
    origin: CountryCode, destination: CountryCode, *, hazardous: bool | None
) -> tuple[bool | None, Inline | None]:
    start, end = basel_standing(origin), basel_standing(destination)
    if origin == destination:
        return False, None
    if start is None or end is None or None in {start.party, end.party, start.annex_vii, end.annex_vii}:
        return None, None
    places: dict[str, Inline] = {"origin": CountryName(origin), "destination": CountryName(destination)}
    if start.party and not end.party and hazardous:
        return True, _("hazardous waste from {origin}, a Party, to {destination}, which is none", **places)
    if start.annex_vii and not end.annex_vii:
        if hazardous:
            return True, _("hazardous waste from {origin} (Annex VII) to {destination} (not Annex VII)", **places)
        return (None if hazardous is None else False), None
    return False, None


def _hazardous(given: Input) -> bool | None:
    answers = [code.list == "A" or any(other.startswith("A") for other in code.successors) for code in _basel(given)]
    answers += [
        ewc.hazardous
        for value in given.shipment.values(Kind.EWC)
        if (ewc := codes.ewc(value, on=given.today)) is not None
    ]
    if True in answers:
        return True
    return False if answers else None


def _stream(given: Input) -> Result:
    found = _STREAM_CODES.intersection(given.shipment.values(Kind.BASEL))
    if found:
        return Result(True, joined(map(Code, sorted(found))))
    if _has_code(given, *_STREAM_HS, *_STREAM_EWC):
        return Result(True, joined(Text(fact.shown) for fact in given.shipment.all(Kind.HS, Kind.EWC)))
    for table in _STREAM_WORDS:
        answer, phrase = said(table, given.shipment.words())
        if answer is Said.YES:
            return Result(True, _("the text says {words}", words=Text(f"“{phrase}”")))
    return Result(False) if _waste_is_known(given) else UNKNOWN


def _weight(given: Input) -> Result:
    tonnes, containers = given.shipment.tonnes(), given.shipment.containers()
    if tonnes is None or not containers:
        return UNKNOWN
    why = _n("{tonnes} t in one container", "{tonnes} t in {count} containers", containers, tonnes=f"{tonnes:f}")
    return Result(tonnes > MOST_TONNES * containers, why)


def _vague(given: Input) -> Result:
    declared = given.shipment.all(Kind.DECLARED)
    if not declared:
        return UNKNOWN
    for fact in declared:
        if words.is_all(words.VAGUE, key(fact.shown)):
            return Result(True, _("declared as {what}", what=Text(f"“{fact.shown[:80]}”")))
    return Result(False)


def _transhipment(given: Input) -> Result:
    transit = given.shipment.places(Place.TRANSIT)
    if transit:
        return Result(True, _("by way of {places}", places=joined(Text(fact.shown) for fact in transit[:5])))
    ends = given.shipment.places(Place.ORIGIN) and given.shipment.places(Place.DESTINATION)
    return Result(False, _("no transit is named")) if ends else UNKNOWN


def _check_digit(given: Input) -> Result:
    containers = given.shipment.values(Kind.CONTAINER)
    if not containers:
        return UNKNOWN
    from stdnum import iso6346

    wrong = [number for number in containers if not (_SHAPE.fullmatch(number) and iso6346.is_valid(number))]
    return Result(bool(wrong), joined(map(Code, wrong or containers)))


def _by_words(table: re.Pattern[str]) -> Callable[[Input], Result]:
    def line(given: Input) -> Result:
        answer, phrase = said(table, given.shipment.words())
        match answer:
            case Said.YES:
                return Result(True, _("the text says {words}", words=Text(f"“{phrase}”")))
            case Said.NO:
                return Result(False, _("the text denies {words}", words=Text(f"“{phrase}”")))
            case Said.NOTHING:
                return UNKNOWN

    return line


def _facility(given: Input) -> Result:
    answer, phrase = said(words.FACILITY, given.shipment.words())
    return (
        Result(True, _("the text says {words}", words=Text(f"“{phrase}”"))) if answer is not Said.NOTHING else UNKNOWN
    )


def _has_code(given: Input, *prefixes: str) -> bool:
    return bool(prefixes) and any(value.startswith(prefixes) for value in given.shipment.values(Kind.HS, Kind.EWC))


def _waste_is_known(given: Input) -> bool:
    return bool(given.shipment.values(Kind.BASEL, Kind.EWC, Kind.HS))


_LINES: dict[Line, Callable[[Input], Result]] = {
    Line.CODES: _codes,
    Line.CONSENT: _consent,
    Line.ANNEX_VII: _annex_vii,
    Line.UNTESTED: _untested,
    Line.BATTERIES: _batteries,
    Line.CRT: _crt,
    Line.SIMILAR: _similar,
    Line.EARLIER_CASE: _earlier_case,
    Line.BAN: _ban,
    Line.FACILITY: _facility,
    Line.CONCEALED: _by_words(words.CONCEALED),
    Line.STREAM: _stream,
    Line.WEIGHT: _weight,
    Line.VAGUE: _vague,
    Line.TRANSHIPMENT: _transhipment,
    Line.CONSIGNEE: _by_words(words.CONSIGNEE),
    Line.FREE_ZONE: _by_words(words.FREE_ZONE),
    Line.RESIDENCE: _by_words(words.RESIDENCE),
    Line.ODOUR: _by_words(words.ODOUR),
    Line.CHECK_DIGIT: _check_digit,
    Line.NEWCOMER: _by_words(words.NEWCOMER),
}
