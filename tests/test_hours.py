"""Hours of work as people write them."""

from datetime import UTC, datetime, time, timedelta

import pytest

from commands.directory.hours import NotHours, parse_hours


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("24/7", "24/7"),
        ("24 h", "24/7"),
        ("Mon-Fri 08:00-17:00", "Mon-Fri 08:00-17:00"),
        ("monday to friday 8-17", "Mon-Fri 08:00-17:00"),
        ("lun-ven 8h30-16h", "Mon-Fri 08:30-16:00"),
        ("8-16", "Mon-Fri 08:00-16:00"),
        ("Sun-Thu 08:00-16:00", "Sun-Thu 08:00-16:00"),
        ("sat 09.00–12.00", "Sat 09:00-12:00"),
    ],
)
def test_hours_are_read_as_people_write_them(text: str, shown: str) -> None:
    hours = parse_hours(text)
    assert str(hours) == shown
    assert parse_hours(str(hours)) == hours


@pytest.mark.parametrize("text", ["", "sometimes", "25-26", "Mon-Fri", "Foo-Fri 8-17", "8:77-9"])
def test_what_is_no_hours_is_refused(text: str) -> None:
    with pytest.raises(NotHours):
        parse_hours(text)


def test_a_night_shift_goes_on_after_midnight() -> None:
    hours = parse_hours("Mon-Fri 22:00-06:00")
    saturday = datetime(2026, 11, 28, tzinfo=UTC)
    assert hours.is_open(datetime.combine(saturday, time(5), UTC))
    assert not hours.is_open(datetime.combine(saturday, time(7), UTC))
    assert not hours.is_open(datetime.combine(saturday, time(23), UTC))
    assert not hours.is_open(datetime.combine(saturday + timedelta(days=2), time(5), UTC))
