"""What can be found in a free text: kinds of fact, roles of places, and what is doubtful about a finding."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from storage.ids import CountryCode


class FactKind(StrEnum):
    """What a finding is."""

    CONTAINER = "container"
    VESSEL = "vessel"
    PORT = "port"
    COUNTRY = "country"
    BASEL = "basel"
    EWC = "ewc"
    HS = "hs"
    QUANTITY = "quantity"
    DATE = "date"


class PlaceRole(StrEnum):
    """What the text says of a place."""

    ORIGIN = "origin"
    TRANSIT = "transit"
    DESTINATION = "destination"
    SEEN = "seen"


class DoubtKind(StrEnum):
    """Why a person should look at a finding again."""

    CHECK_DIGIT = "check digit"  # of a container or IMO number; `alternatives` has the number with the right digit
    EXPIRED_CODE = "expired code"  # `alternatives` has the codes that took its place
    UNKNOWN_CODE = "unknown code"  # of the right form, in no table
    AMBIGUOUS = "ambiguous"  # `alternatives` has every reading, the chosen one first
    GUESSED = "guessed"  # a misspelling, an adjective for a country, a date without a year


class Unit(StrEnum):
    """Units of quantity, as they stand in the value of a QUANTITY finding."""

    TONNE = "t"
    KILOGRAM = "kg"
    POUND = "lb"
    CUBIC_METRE = "m3"
    LITRE = "l"
    PIECE = "pcs"
    CONTAINER = "containers"
    TEU = "TEU"
    PALLET = "pallets"
    DRUM = "drums"
    BALE = "bales"
    BAG = "bags"
    BOX = "boxes"
    VEHICLE = "vehicles"


@dataclass(frozen=True, slots=True)
class Doubt:
    """What is doubtful, with the values that may be meant instead."""

    kind: DoubtKind
    alternatives: tuple[str, ...] = ()

    @property
    def successor(self) -> str | None:
        """The first code that took the place of an expired one."""
        return self.alternatives[0] if self.kind is DoubtKind.EXPIRED_CODE and self.alternatives else None


@dataclass(frozen=True, slots=True)
class Finding:
    """One fact in a text.

    `value` by kind: CONTAINER "CSQU3054383"; VESSEL "IMO9811000" or the name in capitals, "EVER GIVEN"; PORT the
    UN/LOCODE; COUNTRY the alpha-2 code; BASEL "A1180"; EWC and HS digits only; QUANTITY "18.5 t" (see
    `quantity`); DATE ISO 8601. `shown` is the value as a person writes it. `span` counts characters of the text
    that was given, end excluded.
    """

    kind: FactKind
    value: str
    shown: str
    span: tuple[int, int]
    doubt: Doubt | None = None
    role: PlaceRole | None = None


@dataclass(frozen=True, slots=True)
class Understanding:
    """All that was found in a text, in the order of the text. No two findings overlap."""

    findings: tuple[Finding, ...]

    def of(self, kind: FactKind) -> tuple[Finding, ...]:
        """Return the findings of one kind."""
        return tuple(found for found in self.findings if found.kind is kind)

    def values(self, kind: FactKind) -> tuple[str, ...]:
        """Return the different values of one kind, in the order of the text."""
        return tuple(dict.fromkeys(found.value for found in self.of(kind)))

    def places(self, role: PlaceRole | None) -> tuple[Finding, ...]:
        """Return the ports and countries with a role, or those without any."""
        return tuple(f for f in self.findings if f.role is role and f.kind in {FactKind.PORT, FactKind.COUNTRY})

    def countries(self, role: PlaceRole | None) -> tuple[CountryCode, ...]:
        """Return the countries with a role, those of ports included: the first two letters of a UN/LOCODE."""
        return tuple(dict.fromkeys(CountryCode(found.value[:2]) for found in self.places(role)))


def quantity(value: str) -> tuple[Decimal, Unit]:
    """Return amount and unit of the value of a QUANTITY finding.

    Raises:
        ValueError: it is not such a value.
    """
    amount, _, unit = value.partition(" ")
    try:
        return Decimal(amount), Unit(unit)
    except ArithmeticError as error:
        raise ValueError(value) from error
