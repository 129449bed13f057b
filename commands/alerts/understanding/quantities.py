"""Quantities with their units, and numbers as English, French and Spanish write them."""

import re
from decimal import Decimal
from functools import cache

from commands.alerts.understanding.facts import Doubt, DoubtKind, FactKind, Unit
from commands.alerts.understanding.page import Language, Page

_UNITS = {
    Unit.TONNE: "t|tn|tns|ton|tons|tonne|tonnes|tonelada|toneladas|mt|mts|metric tons?|metric tonnes?"
    "|tonnes? metriques?|toneladas? metricas?",
    Unit.KILOGRAM: "kg|kgs|kilo|kilos|kilograms?|kilogrammes?|kilogramos?",
    Unit.POUND: "lb|lbs|pounds?|libras?",
    Unit.CUBIC_METRE: "m3|cbm|cubic met(?:er|re)s?|metres? cubes?|metros? cubicos?",
    Unit.LITRE: "l|lit(?:er|re)s?|litros?",
    Unit.PIECE: "pcs?|pces?|pieces?|piezas?|units?|unites?|unidad|unidades|uds|items?|stk",
    Unit.CONTAINER: "containers?|conteneurs?|contenedor|contenedores|cntrs?",
    Unit.TEU: "teus?|evp",
    Unit.PALLET: "pallets?|palettes?|palets?|paletas?",
    Unit.DRUM: "drums?|barrels?|futs?|bidons?|bidones|tambores|barriles",
    Unit.BALE: "bales?|balles?|balas?|fardos?|pacas?",
    Unit.BAG: "bags?|big bags?|sacs?|sacos?|bolsas?",
    Unit.BOX: "box|boxes|cartons?|caisses?|cajas?",
    Unit.VEHICLE: "vehicles?|cars?|vehicules?|voitures?|vehiculos?|coches?|autos?",
}
_WHOLE = frozenset(Unit) - {Unit.TONNE, Unit.KILOGRAM, Unit.POUND, Unit.CUBIC_METRE, Unit.LITRE}

# Every repetition has a bound, so that a long row of digits is read in linear time.
_NUMBER = (
    r"[0-9]{1,3}(?: [0-9]{3}){1,4}(?:[.,][0-9]{1,3})?|[0-9]{1,3}(?:'[0-9]{3}){1,4}(?:[.,][0-9]{1,3})?"
    r"|[0-9]{1,3}(?:,[0-9]{3}){1,4}(?:\.[0-9]{1,3})?|[0-9]{1,3}(?:\.[0-9]{3}){1,4}(?:,[0-9]{1,3})?"
    r"|[0-9]{1,12}(?:[.,][0-9]{1,6})?"
)


@cache
def _quantity() -> re.Pattern[str]:
    units = "|".join(f"(?P<{unit.name}>{words})" for unit, words in _UNITS.items())
    return re.compile(rf"(?<![\w.,])(?P<number>{_NUMBER})(?: ?- ?| {{0,2}})(?:{units})(?!\w)")


_CONTAINERS = re.compile(
    r"(?<![\w.,])([0-9]{1,3}) ?[x×*] ?(20|40|45) ?(?:'|''|\"|ft|feet|foot|pieds|pies|gp|dv|dc|hc|hq|rf|ot)"
    r"(?:[ ]?(?:hc|hq|gp|dv|dc|rf|ot))?(?!\w)(?:[ ](?:containers?|conteneurs?|contenedor(?:es)?)(?!\w))?"
)


def read_number(written: str, unit: Unit, language: Language) -> tuple[Decimal, ...]:
    """Return the readings of a number, the likeliest first.

    A single mark before three digits is a thousands mark or a decimal one: for what is counted and for kilograms
    it marks thousands, for the rest both readings are returned, what the language of the text does first.
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
    if unit is Unit.KILOGRAM:
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
    """Record amounts with a unit."""
    for match in _CONTAINERS.finditer(page.low):
        if page.free(*match.span()):
            count = int(match[1])
            value = canonical(Decimal(count), Unit.CONTAINER)
            page.found(FactKind.QUANTITY, value, f"{count} x {match[2]} ft", *match.span())
    for match in _quantity().finditer(page.low):
        if not page.free(*match.span()):
            continue
        unit = Unit[str(match.lastgroup)]
        readings = [canonical(amount, unit) for amount in read_number(match["number"], unit, page.language)]
        doubt = Doubt(DoubtKind.AMBIGUOUS, tuple(readings)) if len(readings) > 1 else None
        page.found(FactKind.QUANTITY, readings[0], readings[0], *match.span(), doubt)
