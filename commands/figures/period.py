"""The time that figures are asked for: a year, a quarter, a month, so many days, or from a day to a day."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationInfo

from commands.arguments import BadValue, Form, Reading
from commands.document import Code, Text, _

_YEAR = re.compile(r"(20\d\d)")
_QUARTER = re.compile(r"(20\d\d)[ -]?q([1-4])")
_MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")
_LENGTH = re.compile(r"(\d{1,4}) ?(d|w|m|y)")
_RANGE = re.compile(r"(\d{4}-\d{2}-\d{2}) ?(?:\.\.|to|-) ?(\d{4}-\d{2}-\d{2})")
_DAYS = {"d": 1, "w": 7, "m": 30, "y": 365}


@dataclass(frozen=True, slots=True)
class TimeSpan:
    """From the beginning of a day to before the beginning of another, in the zone of who asks."""

    since: datetime
    until: datetime

    @property
    def first(self) -> date:
        return self.since.date()

    @property
    def last(self) -> date:
        """The last day that belongs to it."""
        return (self.until - timedelta(microseconds=1)).date()


def days_before(now: datetime, days: int, zone: ZoneInfo) -> TimeSpan:
    """Return so many days up to the end of today."""
    today = now.astimezone(zone).date()
    return _span(today - timedelta(days=days - 1), today + timedelta(days=1), zone)


def Period() -> Form:  # noqa: N802 - reads as a kind in annotations
    """A time in the past: `2026`, `2026-Q3`, `2026-11`, `90d`, `2026-06-01..2026-06-30`."""

    def read(value: Any, info: ValidationInfo) -> Any:
        if isinstance(value, TimeSpan):
            return value
        reading = info.context
        assert isinstance(reading, Reading)
        try:
            found = _read(" ".join(str(value).casefold().split()), reading)
        except (ValueError, OverflowError):
            found = None
        if found is None or found.since >= found.until:
            examples = {"year": Code("2026"), "quarter": Code("2026-Q3"), "month": Code("2026-11"), "days": Code("90d"),
                        "days_named": Code("2026-06-01..2026-06-30")}  # fmt: skip
            raise BadValue(
                _(
                    "I cannot read the period {text}. Write {year}, {quarter}, {month}, {days} or {days_named}.",
                    text=Text(f"“{str(value)[:40]}”"),
                    **examples,
                )
            )
        return found

    return Form(read, form="2026-Q3")


def _read(text: str, reading: Reading) -> TimeSpan | None:
    zone = reading.zone
    if found := _YEAR.fullmatch(text):
        return _span(date(int(found[1]), 1, 1), date(int(found[1]) + 1, 1, 1), zone)
    if found := _QUARTER.fullmatch(text):
        month = 3 * int(found[2]) - 2
        return _span(date(int(found[1]), month, 1), _next_month(int(found[1]), month + 2), zone)
    if found := _MONTH.fullmatch(text):
        return _span(date(int(found[1]), int(found[2]), 1), _next_month(int(found[1]), int(found[2])), zone)
    if found := _LENGTH.fullmatch(text):
        days = int(found[1]) * _DAYS[found[2]]
        return days_before(reading.now, days, zone) if days else None
    if found := _RANGE.fullmatch(text):
        return _span(date.fromisoformat(found[1]), date.fromisoformat(found[2]) + timedelta(days=1), zone)
    return None


def _next_month(year: int, month: int) -> date:
    return date(year + month // 12, month % 12 + 1, 1)


def _span(first: date, after: date, zone: ZoneInfo) -> TimeSpan:
    return TimeSpan(*(datetime(day.year, day.month, day.day, tzinfo=zone) for day in (first, after)))


def in_utc(span: TimeSpan) -> tuple[datetime, datetime]:
    """Return begin and end in UTC."""
    return span.since.astimezone(UTC), span.until.astimezone(UTC)
