"""What the large network is made of: invented persons, companies, vessels and words, some far commoner than others."""

import random
from functools import cache

from storage.reference import ports
from storage.reference.countries import countries
from storage.reference.ports import Port

POPULAR = ["GH", "NL", "BE", "DE", "GB", "US", "MY", "TH", "NG", "TR", "VN", "ID", "IN", "FR", "ES", "PL", "SN", "CI"]
"""Where most shipments come from and go to; the first has by far the most."""

_FIRST = ["Ama", "Kofi", "Jan", "Eva", "Max", "Marie", "Juan", "Li", "Omar", "Anna", "Piet", "Rosa", "Yaw", "Nina",
          "Carlos", "Fatou", "Ivan", "Mei", "Tom", "Lucia"]  # fmt: skip
_SYLLABLES = ["ka", "mo", "ri", "ten", "van", "sa", "lo", "ber", "du", "ni", "ga", "pe", "tra", "ol", "shi", "wen"]
_TRADES = ["Trading", "Recycling", "Metals", "Export", "Shipping", "Logistics", "Plastics", "Motors"]
_FORMS = ["Ltd", "GmbH", "BV", "SA", "Inc", "SARL"]
_VESSELS = ["Star", "Trader", "Express", "Carrier", "Spirit", "Bay", "Horizon", "Fortune"]
OFFICES = ["Customs", "Environment Agency", "Port Authority", "Police", "Maritime Administration", "Duty Desk"]
OFFICE_KINDS = ["customs", "environment", "port", "police", "maritime", "regulatory"]
ROLES = ["officer on duty", "head of section", "waste desk", "inspector", "duty officer", "container control"]
LANGUAGES = ["en", "fr", "es", "de", "nl", "pt", "ar"]
GOODS = ["mixed plastic waste", "waste batteries", "e-waste declared as used goods", "end-of-life vehicles",
         "shredded cables", "used tyres", "scrap metal with oil", "refrigerators"]  # fmt: skip
WASTE_CODES = [("basel", "B3011"), ("basel", "A1181"), ("basel", "Y49"), ("basel", "B1110"), ("hs", "854921"),
               ("hs", "391590"), ("ewc", "160601*"), ("ewc", "191212")]  # fmt: skip

_LETTER_VALUES = {letter: value for value, letter in zip(
    (one for one in range(10, 39) if one % 11), "ABCDEFGHIJKLMNOPQRSTUVWXYZ", strict=False)}  # fmt: skip
_PREFIXES = ["CSQU", "MSKU", "TGHU", "MSCU", "HLXU", "CMAU", "OOLU", "TEMU"]


class Lot:
    """Draws: the same ones at each run, the first of a list far oftener than the last."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed).random  # noqa: S311 - the same inventions at each run

    def below(self, number: int) -> int:
        return int(self.chance() * number)

    def early(self, number: int) -> int:
        """Return a number below, the small ones far oftener."""
        return int(number * self.chance() ** 4)


@cache
def land() -> tuple[str, ...]:
    """Return the codes of all countries, popular ones first."""
    return (*POPULAR, *sorted(one.code for one in countries() if one.code not in POPULAR))


@cache
def ports_of(country: str) -> tuple[Port, ...]:
    """Return the ports of a country, well-known ones first."""
    return _ports_by_country().get(country, ())


@cache
def _ports_by_country() -> dict[str, tuple[Port, ...]]:
    found: dict[str, list[Port]] = {}
    for one in sorted(ports.ports(), key=lambda one: (not one.known, one.locode)):
        found.setdefault(one.country, []).append(one)
    return {country: tuple(some[:12]) for country, some in found.items()}


def word(number: int) -> str:
    """Return the invented name of a number."""
    parts = []
    number += 1
    while number:
        number, place = divmod(number, len(_SYLLABLES))
        parts.append(_SYLLABLES[place])
    return "".join(parts).capitalize()


def person(number: int) -> str:
    return f"{_FIRST[number % len(_FIRST)]} {word(number)}"


def company(number: int) -> str:
    return f"{word(number)} {_TRADES[number % len(_TRADES)]} {_FORMS[number % len(_FORMS)]}"


def vessel(number: int) -> str:
    return f"{word(number)} {_VESSELS[number % len(_VESSELS)]}"


def container(number: int) -> str:
    """Return a container number with its check digit (ISO 6346)."""
    code = f"{_PREFIXES[number % len(_PREFIXES)]}{number % 1_000_000:06}"
    total = sum((_LETTER_VALUES.get(sign) or int(sign)) << place for place, sign in enumerate(code))
    return f"{code}{total % 11 % 10}"
