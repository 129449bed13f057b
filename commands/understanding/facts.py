"""What can be found in a free text: kinds of fact, roles of places, and what is doubtful about a finding."""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Literal

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
    UN_NUMBER = "un"
    BILL_OF_LADING = "bill of lading"
    NOTIFICATION = "notification"
    COMPANY = "company"
    DECLARED = "declared"


CARD_KINDS = frozenset(
    {
        FactKind.CONTAINER,
        FactKind.VESSEL,
        FactKind.PORT,
        FactKind.COUNTRY,
        FactKind.BASEL,
        FactKind.EWC,
        FactKind.HS,
        FactKind.QUANTITY,
        FactKind.DATE,
        FactKind.DECLARED,
    }
)
"""The kinds that the card of an alert has a line for."""


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


class DoubtSource(StrEnum):
    """Where a doubt comes from, more exactly than its kind."""

    CHECK_DIGIT = "check digit"
    LETTER_FOR_DIGIT = "letter for digit"  # "O0LU...": read so that the check digit is right
    ENDED = "ended"
    NOT_IN_TABLE = "not in table"
    MAY_BE_NEW = "may be new"  # of a group to which an amendment added codes that the table lacks
    MISSPELT = "misspelt"  # `alternatives` has what else is spelt like it, the chosen one first
    SAME_NAME = "same name"  # several places are called so
    CHOSEN_BY_ROUTE = "chosen by route"  # of several places with that name, the one on the way
    LITTLE_KNOWN = "little known"  # a small place, which is seldom meant
    ADJECTIVE = "adjective"  # "the Ghanaian customs": the country of somebody, perhaps of nothing else
    MARK = "mark"  # a comma or point that is a decimal or a thousands mark
    ABOUT = "about"  # "a dozen"
    DAY_OR_MONTH = "day or month"
    NO_YEAR = "no year"
    WEEKDAY = "weekday"  # "on Friday": the last or the next one
    ONLY_TIME = "only time"  # a time of day without a date: today
    LIKE_A_DATE = "like a date"
    NOT_INTRODUCED = "not introduced"  # nothing in the text says that it is one


class Confidence(StrEnum):
    """How far a finding can be relied on."""

    HIGH = "high"
    MIDDLE = "middle"  # it stands there so, but something about it is not right, or it was concluded
    LOW = "low"  # something else may be meant


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
    source: DoubtSource | None = field(default=None, compare=False)

    @property
    def confidence(self) -> Literal[Confidence.MIDDLE, Confidence.LOW]:
        """How far what is doubtful can be relied on all the same."""
        unsure = self.kind is DoubtKind.AMBIGUOUS or self.source in _UNSURE
        return Confidence.LOW if unsure else Confidence.MIDDLE

    @property
    def successor(self) -> str | None:
        """The first code that took the place of an expired one."""
        return self.alternatives[0] if self.kind is DoubtKind.EXPIRED_CODE and self.alternatives else None


@dataclass(frozen=True, slots=True)
class Finding:
    """One fact in a text.

    `value` by kind: CONTAINER "CSQU3054383"; VESSEL "IMO9811000" or the name in capitals, "EVER GIVEN"; PORT the
    UN/LOCODE; COUNTRY the alpha-2 code; BASEL "A1180"; EWC and HS digits only; QUANTITY "18.5 t" (see
    `quantity`); DATE ISO 8601; UN_NUMBER "UN2794"; BILL_OF_LADING and NOTIFICATION capitals and digits without
    blanks; COMPANY and DECLARED words in capitals. `shown` is the value as a person writes it, for a date with the
    time of day where one stands beside it ("2026-11-21 14:30", local to whoever wrote it). `span` counts characters
    of the text that was given, end excluded.
    """

    kind: FactKind
    value: str
    shown: str
    span: tuple[int, int]
    doubt: Doubt | None = None
    role: PlaceRole | None = None

    @property
    def confidence(self) -> Confidence:
        """How far it can be relied on; why not further, says `doubt`."""
        return Confidence.HIGH if self.doubt is None else self.doubt.confidence


_UNSURE = frozenset(
    {
        DoubtSource.LITTLE_KNOWN,
        DoubtSource.ADJECTIVE,
        DoubtSource.LIKE_A_DATE,
        DoubtSource.ONLY_TIME,
        DoubtSource.NOT_INTRODUCED,
    }
)


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
