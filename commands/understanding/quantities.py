"""Quantities with their units, and numbers as English, French and Spanish write them."""

import re
from decimal import Decimal
from functools import cache

from commands.understanding.facts import Doubt, DoubtKind, DoubtSource, FactKind, Unit
from commands.understanding.numbers import approximate_words, number_words
from commands.understanding.page import Language, Page

_UNITS = {
    Unit.TONNE: "t|tn|tns|ton|tons|tonne|tonnes|tonelada|toneladas|mt|mts|metric tons?|metric tonnes?|tm"
    "|tonnes? metriques?|toneladas? metricas?",
    Unit.KILOGRAM: "kg|kgs|kilo|kilos|kilograms?|kilogrammes?|kilogramos?",
    Unit.POUND: "lb|lbs|pounds?|libras?",
    Unit.CUBIC_METRE: "m3|cbm|cubic met(?:er|re)s?|metres? cubes?|metros? cubicos?",
    Unit.LITRE: "l|lit(?:er|re)s?|litros?",
    Unit.PIECE: "pcs?|pces?|pieces?|piezas?|pzas?|units?|unites?|unidad|unidades|uds|items?|stk"
    "|tyres?|tires?|pneus?|pneumatiques?|neumaticos?|llantas?|gomas",
    Unit.CONTAINER: "containers?|conteneurs?|contenedor|contenedores|cntrs?",
    Unit.TEU: "teus?|evp",
    Unit.PALLET: "pallets?|palettes?|palets?|paletas?",
    Unit.DRUM: "drums?|barrels?|futs?|bidons?|bidones|tambores|barriles",
    Unit.BALE: "bales?|balles?|balas?|fardos?|pacas?",
    Unit.BAG: "bags?|big bags?|sacs?|sacos?|bolsas?",
    Unit.BOX: "box|boxes|cartons?|caisses?|cajas?",
    Unit.VEHICLE: "vehicles?|cars?(?! (?:batter|parts|tyre|tire|bumper|engine|seat|door|radio|bod))"
    "|vehicules?|voitures?|vehiculos?|coches?|autos?",
}
_WHOLE = frozenset(Unit) - {Unit.TONNE, Unit.KILOGRAM, Unit.POUND, Unit.CUBIC_METRE, Unit.LITRE}

# Every repetition has a bound, so that a long row of digits is read in linear time.
_NUMBER = (
    r"[0-9]{1,3}(?: [0-9]{3}){1,4}(?:[.,][0-9]{1,3})?|[0-9]{1,3}(?:'[0-9]{3}){1,4}(?:[.,][0-9]{1,3})?"
    r"|[0-9]{1,3}(?:,[0-9]{3}){1,4}(?:\.[0-9]{1,3})?|[0-9]{1,3}(?:\.[0-9]{3}){1,4}(?:,[0-9]{1,3})?"
    r"|[0-9]{1,12}(?:[.,][0-9]{1,6})?"
)


# What stands between a number and what is counted: "4 used vehicles", "two 40ft containers", "3 grands sacs".
_ADJECTIVES = (
    r"(?:(?:20|40|45)[ \-]?(?:'|ft|feet|foot|pieds|pies)|(?:twenty|forty)[ \-](?:ft|feet|foot)|used|old|new|blue|red"
    r"|green|black|white|yellow|full|empty|big|large|small|loaded|sealed|open|steel|metal|plastic|wooden|suspect|suspicious"
    r"|scrap|leaking|damaged|mixed|grands?|grandes?|petits?|petites?|vieux|vieilles?|gros|grosses?|viejos?|viejas?"
    r"|pequenos?|pequenas?)[ \-]"
)


def _units() -> str:
    return "|".join(f"(?P<{unit.name}>{words})" for unit, words in _UNITS.items())


@cache
def _quantity() -> re.Pattern[str]:
    return re.compile(
        rf"(?<![\w.,])(?P<number>{_NUMBER})(?: ?- ?| {{0,2}})(?:{_ADJECTIVES}){{0,2}}(?:{_units()})(?!\w)"
    )


@cache
def _after_words() -> re.Pattern[str]:
    return re.compile(rf"(?:[ \-]|')(?:de |d')?(?:{_ADJECTIVES}){{0,2}}(?:{_units()})(?!\w)")


@cache
def _first_words() -> frozenset[str]:
    return frozenset(phrase.split()[0] for table in (number_words(), approximate_words()) for phrase in table)


@cache
def _beginnings() -> frozenset[str]:
    """Return what numbers in words begin with that is none itself: "a", "two hundred and"."""
    known = {*number_words(), *approximate_words()}
    split = (phrase.split() for phrase in known)
    return frozenset({" ".join(words[:length]) for words in split for length in range(1, len(words))} - known)


# "KGS 22,340", as on manifests.
_UNIT_FIRST = re.compile(
    rf"(?<!\w)(?P<unit>kgs?|mts?|tons?|tonnes?)[ :.=]{{1,3}}(?P<number>{_NUMBER})(?![\w]|[.,/\-][0-9])"
)
_FIRST_UNITS = {"k": Unit.KILOGRAM, "m": Unit.TONNE, "t": Unit.TONNE}
# "22t5", "3 tonnes 2": tenths behind the unit, as French says them.
_TENTHS = re.compile(
    r"(?<![\w.,])([0-9]{1,3})(?:t([0-9])(?!\w)|[ ](?:t|tonnes?)[ ]([0-9])(?=[ ]?(?:[,;)\n]|\.(?![0-9])|$)))"
)
_FEET = re.compile(r"(?:20|40|45)[ \-]?(?:'|ft|feet|foot)")
_MOST_WORDS = 8


_CONTAINERS = re.compile(
    r"(?<![\w.,])([0-9]{1,3}) ?[x×*] ?(20|40|45) ?(?:'|''|\"|ft|feet|foot|pieds|pies|gp|dv|dc|hc|hq|rf|ot)"
    r"(?:[ ]?(?:hc|hq|gp|dv|dc|rf|ot))?(?!\w)(?:[ ](?:containers?|conteneurs?|contenedor(?:es)?)(?!\w))?"
)


def read_number(written: str, unit: Unit, language: Language) -> tuple[Decimal, ...]:
    """Return the readings of a number, the likeliest first.

    A single mark before three digits is a thousands mark or a decimal one: for what is counted, for kilograms,
    pounds and litres it marks thousands, for the rest both readings are returned, what the language of the
    text does first.
    """
    bare = written.replace(" ", "").replace("'", "")
    marks = [c for c in bare if c in ".,"]
    if not marks:
        return (Decimal(bare),)
    last = marks[-1]
    if len(set(marks)) == 2:
        other = "." if last == "," else ","
        return (Decimal(bare.replace(other, "").replace(last, ".")),)
    thousands = Decimal(bare.replace(last, ""))
    if len(marks) > 1:
        return (thousands,)
    decimal = Decimal(bare.replace(last, "."))
    whole, _, rest = bare.partition(last)
    if len(rest) != 3 or len(whole) > 3 or whole.startswith("0") or " " in written or "'" in written:
        return (decimal,)
    if unit in _WHOLE:
        return (thousands,)
    if unit in {Unit.KILOGRAM, Unit.POUND, Unit.LITRE}:
        return (thousands,)
    usual = last == ("," if language is Language.ENGLISH else ".")
    return (thousands, decimal) if usual else (decimal, thousands)


def canonical(amount: Decimal, unit: Unit) -> str:
    """Return amount and unit as the value of a finding: "18.5 t", "144313 pcs"."""
    text = format(amount, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return f"{text} {unit.value}"


def find_quantities(page: Page) -> None:
    """Record amounts with a unit, in digits or words."""
    for match in _CONTAINERS.finditer(page.low):
        if page.free(*match.span()):
            count = int(match[1])
            value = canonical(Decimal(count), Unit.CONTAINER)
            page.found(FactKind.QUANTITY, value, f"{count} x {match[2]} ft", *match.span())
    for match in _TENTHS.finditer(page.low):
        if page.free(*match.span()):
            value = canonical(Decimal(f"{match[1]}.{match[2] or match[3]}"), Unit.TONNE)
            page.found(FactKind.QUANTITY, value, value, *match.span())
    for match in _quantity().finditer(page.low):
        if page.free(*match.span()):
            _record(page, match["number"], _unit(page, match["number"], match), match)
    _find_words(page)
    for match in _UNIT_FIRST.finditer(page.low):
        upper = page.plain[match.start() : match.end("unit")].isupper()
        if page.free(*match.span()) and (upper or page.low[match.end("unit")] in ":="):
            _record(page, match["number"], _FIRST_UNITS[match["unit"][0]], match)


def _record(page: Page, number: str, unit: Unit, match: re.Match[str]) -> None:
    readings = [canonical(amount, unit) for amount in read_number(number, unit, page.language)]
    doubt = Doubt(DoubtKind.AMBIGUOUS, tuple(readings), DoubtSource.MARK) if len(readings) > 1 else None
    page.found(FactKind.QUANTITY, readings[0], readings[0], *match.span(), doubt)


def _unit(page: Page, number: str, match: re.Match[str]) -> Unit:
    """Return what is counted; "boxes" are containers where as many are named, and in "two 40 ft boxes"."""
    unit = Unit[str(match.lastgroup)]
    if unit is not Unit.BOX or "box" not in match.group() or page.low.startswith(" of ", match.end()):
        return unit
    return Unit.CONTAINER if number == str(len(page.containers)) or _FEET.search(match.group()) else unit


def _find_words(page: Page) -> None:
    tokens = page.tokens
    for index, token in enumerate(tokens):
        if token.text not in _first_words():
            continue
        phrase, longest, number = "", 0, 0
        about = False
        for length in range(1, min(_MOST_WORDS, len(tokens) - index) + 1):
            one = tokens[index + length - 1]
            if length > 1 and page.low[tokens[index + length - 2].end : one.start] not in {" ", "-"}:
                break
            phrase = f"{phrase} {one.text}".lstrip()
            found = number_words().get(phrase) or approximate_words().get(phrase)
            if not found and phrase not in _beginnings():
                break
            if found:
                longest, number, about = length, found, phrase in approximate_words()
        if not longest:
            continue
        end = tokens[index + longest - 1].end
        match = _after_words().match(page.low, end)
        if match is None or not page.free(token.start, match.end()):
            continue
        unit = _unit(page, str(number), match)
        value = canonical(Decimal(number), unit)
        doubt = Doubt(DoubtKind.GUESSED, (), DoubtSource.ABOUT) if about else None
        page.found(FactKind.QUANTITY, value, value, token.start, match.end(), doubt)
