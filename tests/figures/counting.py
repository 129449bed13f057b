"""Alerts as they are counted, made by hand."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from storage.alerts import AlertState, Tlp
from storage.figures import CountedAlert, Part
from storage.ids import CountryCode, UserId
from tests.fakes import START

GH, NL, BE = CountryCode("GH"), CountryCode("NL"), CountryCode("BE")
ACCRA = ZoneInfo("Africa/Accra")


def part(country: CountryCode, acknowledged: float | None = None, *, reminded: bool = False, **other: object) -> Part:
    """A country's part; `acknowledged` in minutes after circulation."""
    values: dict[str, object] = {"held_at": None, "inspected_at": None, "finding": None, "found_at": None} | other
    return Part(
        country, START, START + timedelta(minutes=30),
        None if acknowledged is None else START + timedelta(minutes=acknowledged), reminded,
        **values,  # type: ignore[arg-type]  # the fields of a part, by name
    )  # fmt: skip


def alert(number: int, *parts: Part, at: datetime = START, **other: object) -> CountedAlert:
    values: dict[str, object] = {
        "state": AlertState.CIRCULATED, "ended_at": None, "outcome": None, "ground": None, "informed_at": None,
    } | other  # fmt: skip
    return CountedAlert(number, Tlp.AMBER, UserId("@ghana:test"), GH, circulated_at=at, parts=list(parts), **values)  # type: ignore[arg-type]  # the fields by name
