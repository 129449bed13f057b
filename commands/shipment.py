"""What the facts of an alert say of the shipment, typed: for every capability that counts, weighs or prints them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from storage.alerts import Alert, Fact
from storage.ids import CountryCode
from storage.reference.text import key


class Kind(StrEnum):
    """The kinds of facts, as they are kept; the alerts write them under the same words."""

    CONTAINER = "container"
    VESSEL = "vessel"
    PORT = "port"
    COUNTRY = "country"
    BASEL = "basel"
    EWC = "ewc"
    HS = "hs"
    QUANTITY = "quantity"
    DATE = "date"
    WASTE = "waste"
    DECLARED = "declared"
    CONTACT = "contact"
    NOTIFICATION = "notification"
    BILL_OF_LADING = "bill of lading"
    COMPANY = "company"
    UN_NUMBER = "un"


class Place(StrEnum):
    """What a place is to the shipment, as it is kept."""

    SEEN = "seen"
    ORIGIN = "origin"
    TRANSIT = "transit"
    DESTINATION = "destination"


_TONNES = {"t": Decimal(1), "kg": Decimal("0.001"), "lb": Decimal("0.00045359237")}
_PIECES = frozenset({"pcs", "vehicles"})
_NOTIFICATION = re.compile(r"(?<![A-Z0-9.])[A-Z]{2}\d{10}I?(?![A-Z0-9])")
"""EU notification: the State and ten digits."""

_ANNEX_VII = re.compile(r"GLW\.?[A-Z]{2}\d{10}I?", re.IGNORECASE)
"""EU movement of green-listed waste: `GLW.` with the State and ten digits."""


@dataclass(frozen=True, slots=True)
class Shipment:
    """The current facts of an alert."""

    facts: Sequence[Fact]
    text: str
    """What the author wrote."""

    @classmethod
    def of(cls, alert: Alert) -> "Shipment":
        return cls(alert.current_facts, alert.text)

    def all(self, *kinds: Kind) -> Sequence[Fact]:
        """Return the facts of these kinds, in the order they were stated."""
        return [fact for fact in self.facts if fact.kind in kinds]

    def values(self, *kinds: Kind) -> Sequence[str]:
        """Return the different values of these kinds, in the form by which they are compared."""
        return list(dict.fromkeys(fact.value for fact in self.all(*kinds)))

    def places(self, role: Place) -> Sequence[Fact]:
        """Return ports and countries with a role; a port without one is where it was seen."""
        found = [fact for fact in self.all(Kind.PORT, Kind.COUNTRY) if fact.role == role]
        if role is Place.SEEN:
            found += [fact for fact in self.all(Kind.PORT) if fact.role is None]
        return found

    def countries(self, role: Place) -> Sequence[CountryCode]:
        """Return the countries of the places with a role: the first two letters of a UN/LOCODE."""
        return [CountryCode(code) for code in dict.fromkeys(fact.value[:2] for fact in self.places(role))]

    def notifications(self) -> Sequence[str]:
        """Return the notification numbers that are known or stand in the text, without those of Annex VII."""
        known = [number for number in self.values(Kind.NOTIFICATION) if not _ANNEX_VII.fullmatch(number)]
        return list(dict.fromkeys([*known, *_NOTIFICATION.findall(self.text.upper())]))

    def annex_vii(self) -> Sequence[str]:
        """Return the numbers of Annex VII documents that are known or stand in the text."""
        known = [number for number in self.values(Kind.NOTIFICATION) if _ANNEX_VII.fullmatch(number)]
        return list(dict.fromkeys([*known, *_ANNEX_VII.findall(self.text.upper())]))

    def containers(self) -> int:
        """Return how many containers there are: those with a number, or as many as were counted."""
        counted = [amount for amount, unit in self._quantities() if unit in {"containers", "TEU"}]
        return max(len(self.values(Kind.CONTAINER)), int(max(counted, default=Decimal(0))))

    def tonnes(self) -> Decimal | None:
        """Return the weight; None when none is stated. Of several the largest, as parts may be stated beside it."""
        weights = [amount * _TONNES[unit] for amount, unit in self._quantities() if unit in _TONNES]
        return max(weights, default=None)

    def pieces(self) -> Decimal | None:
        """Return the number of pieces; None when none is stated. Of several the largest."""
        return max((amount for amount, unit in self._quantities() if unit in _PIECES), default=None)

    def words(self) -> str:
        """Return the text and the free facts, folded, for the search of words: " 18 t of e waste "."""
        free = [fact.shown for fact in self.all(Kind.WASTE, Kind.DECLARED)]
        return f" {key(' '.join([self.text, *free]))} "

    def _quantities(self) -> list[tuple[Decimal, str]]:
        return [found for fact in self.all(Kind.QUANTITY) if (found := amount_of(fact.value)) is not None]


def amount_of(value: str) -> tuple[Decimal, str] | None:
    """Return amount and unit of the value of a quantity, such as "18.5 t"; None for what is none."""
    amount, _, unit = value.partition(" ")
    try:
        return Decimal(amount), unit
    except ArithmeticError:
        return None


def tonnes_of(value: str) -> Decimal | None:
    """Return the tonnes of the value of a quantity; None when it is no weight."""
    found = amount_of(value)
    return found[0] * _TONNES[found[1]] if found is not None and found[1] in _TONNES else None


def pieces_of(value: str) -> Decimal | None:
    """Return the pieces of the value of a quantity; None when it counts none."""
    found = amount_of(value)
    return found[0] if found is not None and found[1] in _PIECES else None
