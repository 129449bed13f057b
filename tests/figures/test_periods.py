"""Periods as people write them, and lengths of time as they are told."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.rendering import render
from commands.arguments import BadValue, Reading
from commands.figures.period import Period, TimeSpan, days_before
from commands.figures.words import lasting
from tests.fakes import START
from tests.figures.counting import ACCRA


def span(text: str) -> TimeSpan:
    adapter_field = Period()
    info = type("Info", (), {"context": Reading(START, ACCRA)})
    found = adapter_field.func(text, info)  # type: ignore[call-arg, arg-type]  # as pydantic calls it
    assert isinstance(found, TimeSpan)
    return found


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2026", date(2026, 1, 1), date(2026, 12, 31)),
        ("2026-Q4", date(2026, 10, 1), date(2026, 12, 31)),
        ("2026 q1", date(2026, 1, 1), date(2026, 3, 31)),
        ("2026-02", date(2026, 2, 1), date(2026, 2, 28)),
        ("2026-12", date(2026, 12, 1), date(2026, 12, 31)),
        ("1d", date(2026, 11, 23), date(2026, 11, 23)),
        ("2w", date(2026, 11, 10), date(2026, 11, 23)),
        ("2026-06-01..2026-06-30", date(2026, 6, 1), date(2026, 6, 30)),
        ("2026-06-01 to 2026-06-01", date(2026, 6, 1), date(2026, 6, 1)),
    ],
)
def test_periods_are_read(text: str, first: date, last: date) -> None:
    found = span(text)
    assert (found.first, found.last) == (first, last)


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-13", "2026-q5", "0d", "9999y", "2026-06-30..2026-06-01", "1999"]
)
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(BadValue):
        span(text)


def test_days_are_those_of_who_asks() -> None:
    found = days_before(datetime(2026, 11, 23, 23, 30, tzinfo=UTC), 1, ZoneInfo("Europe/Amsterdam"))
    assert found.first == date(2026, 11, 24)


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(seconds=20), "less than a minute"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(minutes=59), "59 minutes"),
        (timedelta(minutes=61), "1 h 1 min"),
        (timedelta(hours=60), "2 days"),
    ],
)
def test_lengths_of_time_are_told(length: timedelta, words: str) -> None:
    from commands.document import doc

    assert render(doc(lasting(length)), "en")[0].body == words
