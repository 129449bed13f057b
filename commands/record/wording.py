"""How a paper names persons, authorities, times and facts. What is not known is said to be so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from commands.record.entries import FactVersion, Who
from storage.ids import CountryCode
from storage.reference.countries import country_name

NOT_KNOWN = "not known"


@dataclass(frozen=True, slots=True)
class Row:
    """A named line of the paper."""

    name: str
    value: str


def moment(at: datetime | None, zone: ZoneInfo) -> str:
    """Show a time in UTC and in the zone, to the second."""
    if at is None:
        return NOT_KNOWN
    utc = f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    if zone.key == "UTC":
        return utc
    return f"{utc} ({at.astimezone(zone):%Y-%m-%d %H:%M:%S} {zone.key})"


def who(one: Who) -> str:
    """Name who did something: the person where the names may be read, the authority, the country."""
    country = country_name(one.country) if one.country is not None else None
    named = ", ".join(filter(None, (one.person, one.authority, country)))
    return named or "the network's bot"


def authority(name: str | None, country: CountryCode | None) -> str:
    """Name an authority with its country; nothing where it is not known."""
    return f"{name}, {country_name(country)}" if name and country is not None else name or ""


def details(stated: Mapping[str, Any]) -> str:
    """Return values with their names, in one line."""
    shown = (", ".join(map(str, value)) if isinstance(value, list) else str(value) for value in stated.values())
    return "; ".join(f"{name}: {value}" for name, value in zip(stated, shown, strict=True))


def joined(items: Sequence[str], *, none: str = NOT_KNOWN) -> str:
    """Return the items in one line, or what is said when there are none."""
    return "; ".join(items) or none


def doubted(fact: FactVersion) -> str:
    """Return a fact, with what speaks against it."""
    if fact.doubt is None:
        return fact.shown
    instead = f", may be {', '.join(fact.alternatives)}" if fact.alternatives else ""
    return f"{fact.shown} (doubtful: {fact.doubt_source or fact.doubt}{instead})"
