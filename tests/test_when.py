"""Times as people write them, in their own zone: each form, and the days on which clocks are changed."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from commands.when import NotATime, TimeDoesNotExist, parse_duration, parse_until, parse_when, take_when

ACCRA, AMSTERDAM, PANAMA = ZoneInfo("Africa/Accra"), ZoneInfo("Europe/Amsterdam"), ZoneInfo("America/Panama")
KIRITIMATI, NIUE = ZoneInfo("Pacific/Kiritimati"), ZoneInfo("Pacific/Niue")
MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def read(text: str, zone: ZoneInfo = ACCRA, now: datetime = MONDAY) -> str:
    """Read a time and write it in UTC."""
    return parse_when(text, now, zone).astimezone(UTC).strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("text", "accra", "amsterdam", "panama"),
    [
        ("2026-12-01 09:00", "2026-12-01 09:00", "2026-12-01 08:00", "2026-12-01 14:00"),
        ("2026-12-01", "2026-12-01 09:00", "2026-12-01 08:00", "2026-12-01 14:00"),
        ("2026-12-1, 9:00", "2026-12-01 09:00", "2026-12-01 08:00", "2026-12-01 14:00"),
        ("2026-12-01T09:00", "2026-12-01 09:00", "2026-12-01 08:00", "2026-12-01 14:00"),
        ("2026-12-01t09:00:30", "2026-12-01 09:00", "2026-12-01 08:00", "2026-12-01 14:00"),
        ("2026-12-01T09:00Z", "2026-12-01 09:00", "2026-12-01 09:00", "2026-12-01 09:00"),
        ("2026-12-01T09:00+01:00", "2026-12-01 08:00", "2026-12-01 08:00", "2026-12-01 08:00"),
        ("2026-12-01 09:00 UTC", "2026-12-01 09:00", "2026-12-01 09:00", "2026-12-01 09:00"),
        ("2026-07-01 09:00", "2026-07-01 09:00", "2026-07-01 07:00", "2026-07-01 14:00"),
        ("tomorrow 09:00", "2026-11-24 09:00", "2026-11-24 08:00", "2026-11-24 14:00"),
        ("Tomorrow at 9am", "2026-11-24 09:00", "2026-11-24 08:00", "2026-11-24 14:00"),
        ("TOMORROW", "2026-11-24 09:00", "2026-11-24 08:00", "2026-11-24 14:00"),
        ("today 18:30", "2026-11-23 18:30", "2026-11-23 17:30", "2026-11-23 23:30"),
        ("fri 14:00", "2026-11-27 14:00", "2026-11-27 13:00", "2026-11-27 19:00"),
        ("on Friday at 2pm", "2026-11-27 14:00", "2026-11-27 13:00", "2026-11-27 19:00"),
        ("next fri. 14.00", "2026-11-27 14:00", "2026-11-27 13:00", "2026-11-27 19:00"),
        ("14:00", "2026-11-23 14:00", "2026-11-23 13:00", "2026-11-23 19:00"),
        ("at 2:00 pm", "2026-11-23 14:00", "2026-11-23 13:00", "2026-11-23 19:00"),
        ("noon", "2026-11-23 12:00", "2026-11-23 11:00", "2026-11-23 17:00"),
        ("12 am", "2026-11-24 00:00", "2026-11-23 23:00", "2026-11-24 05:00"),
        ("1 dec", "2026-12-01 09:00", "2026-12-01 08:00", "2026-12-01 14:00"),
        ("dec 1 08:00", "2026-12-01 08:00", "2026-12-01 07:00", "2026-12-01 13:00"),
        ("1st December 2027 08:00", "2027-12-01 08:00", "2027-12-01 07:00", "2027-12-01 13:00"),
        ("le 1er décembre à 14h30", "2026-12-01 14:30", "2026-12-01 13:30", "2026-12-01 19:30"),
        ("demain 08:00", "2026-11-24 08:00", "2026-11-24 07:00", "2026-11-24 13:00"),
        ("mañana 08:00", "2026-11-24 08:00", "2026-11-24 07:00", "2026-11-24 13:00"),
        ("viernes 08:00", "2026-11-27 08:00", "2026-11-27 07:00", "2026-11-27 13:00"),
        ("in 2 hours", "2026-11-23 11:00", "2026-11-23 11:00", "2026-11-23 11:00"),
        ("in 1d 12h", "2026-11-24 21:00", "2026-11-24 21:00", "2026-11-24 21:00"),
        ("dans 30 minutes", "2026-11-23 09:30", "2026-11-23 09:30", "2026-11-23 09:30"),
        ("en 2 días", "2026-11-25 09:00", "2026-11-25 09:00", "2026-11-25 09:00"),
    ],
)
def test_each_form_is_read_in_the_zone_of_who_writes(text: str, accra: str, amsterdam: str, panama: str) -> None:
    assert [read(text, zone) for zone in (ACCRA, AMSTERDAM, PANAMA)] == [accra, amsterdam, panama]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("mon 09:00", "2026-11-30 09:00"),  # now is no time to come
        ("mon 08:59", "2026-11-30 08:59"),
        ("mon 09:01", "2026-11-23 09:01"),
        ("sun", "2026-11-29 09:00"),
        ("09:00", "2026-11-24 09:00"),
        ("08:59", "2026-11-24 08:59"),
        ("09:01", "2026-11-23 09:01"),
        ("22 nov", "2027-11-22 09:00"),
        ("23 nov 10:00", "2026-11-23 10:00"),
        ("mar 14:00", "2026-11-24 14:00"),  # mardi, martes
        ("mar 1", "2027-03-01 09:00"),  # March
        ("mar. 1st 14:00", "2027-03-01 14:00"),
        ("29 feb", "2028-02-29 09:00"),
        ("2026-11-01 10:00", "2026-11-01 10:00"),  # a day that was named may be over
    ],
)
def test_a_time_without_a_date_is_the_next_one_to_come(text: str, wanted: str) -> None:
    assert read(text) == wanted


def test_a_29th_of_february_may_be_eight_years_away() -> None:
    assert read("29 feb", now=datetime(2096, 3, 1, tzinfo=UTC)) == "2104-02-29 09:00"


def test_today_and_tomorrow_are_days_of_the_zone() -> None:
    # At nine in the morning of Monday in UTC it is late on Monday in Kiritimati, and late on Sunday in Niue.
    assert read("tomorrow", KIRITIMATI) == "2026-11-23 19:00"
    assert read("today", NIUE) == "2026-11-22 20:00"


@pytest.mark.parametrize("text", ["2027-03-28 02:30", "2027-03-28T02:30", "28 mar 2027 02:30", "sun 02:30", "02:30"])
def test_a_time_that_the_clocks_skip_does_not_exist(text: str) -> None:
    saturday = datetime(2027, 3, 27, 12, 0, tzinfo=UTC)
    with pytest.raises(TimeDoesNotExist) as error:
        parse_when(text, saturday, AMSTERDAM)
    assert error.value.zone == "Europe/Amsterdam"
    assert read(text, ACCRA, saturday) == "2027-03-28 02:30"
    assert read("2027-03-28 01:59", AMSTERDAM, saturday) == "2027-03-28 00:59"
    assert read("2027-03-28 03:00", AMSTERDAM, saturday) == "2027-03-28 01:00"


def test_once_the_skipped_hour_is_over_the_next_one_is_meant() -> None:
    sunday = datetime(2027, 3, 28, 8, 0, tzinfo=UTC)
    assert read("02:30", AMSTERDAM, sunday) == "2027-03-29 00:30"
    assert read("sun 02:30", AMSTERDAM, sunday) == "2027-04-04 00:30"


def test_a_time_that_comes_twice_is_the_first_that_is_to_come() -> None:
    before, between, after = (datetime(2027, 10, 31, hour, 0, tzinfo=UTC) for hour in (0, 1, 2))
    assert read("2027-10-31 02:30", AMSTERDAM, before) == "2027-10-31 00:30"
    assert read("02:30", AMSTERDAM, before) == "2027-10-31 00:30"
    assert read("02:30", AMSTERDAM, between) == "2027-10-31 01:30"
    assert read("02:30", AMSTERDAM, after) == "2027-11-01 01:30"


def test_a_duration_is_real_time_also_when_clocks_change() -> None:
    assert read("in 1 day", AMSTERDAM, datetime(2027, 3, 27, 12, 0, tzinfo=UTC)) == "2027-03-28 12:00"


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "soon", "7", "2 drums", "25:00", "12:60", "13 pm", "0am", "fri fri", "tomorrow tomorrow", "on", "at",
        "utc", "z", "2026-02-30", "2026-13-01", "31 feb", "0 dec", "99 dec", "dec", "dec dec", "1 dec 4000", "in",
        "in two hours", "in 2 drums", "in 2", "2026-12-01T25:00", "2026-12-01T", "tomorrow 9", "a b c d e f g h",
        "0001-01-01 00:00", "0001-01-01T00:00+14:00", "9999-12-31 23:59", "9999-12-31T23:59-12:00",
        "in 99999 weeks 99999 weeks 99999 weeks", "09:00 in Tema",
    ],
)  # fmt: skip
def test_what_is_no_time_is_refused(text: str) -> None:
    for zone in (ACCRA, AMSTERDAM, PANAMA, KIRITIMATI):
        with pytest.raises(NotATime):
            parse_when(text, MONDAY, zone)


@pytest.mark.parametrize(
    ("text", "taken", "left"),
    [
        ("tomorrow 09:00 inspection at the scanner", "tomorrow 09:00", "inspection at the scanner"),
        ("tomorrow inspection", "tomorrow", "inspection"),
        ("tomorrow at 9 am inspection", "tomorrow at 9 am", "inspection"),
        ("in 2h 30 min call Rotterdam", "in 2h 30 min", "call Rotterdam"),
        ("in 2 days 3 drums are opened", "in 2 days", "3 drums are opened"),
        ("1 dec 2027 14:00 UTC meeting", "1 dec 2027 14:00 UTC", "meeting"),
        ("1 dec 4000 drums", "1 dec", "4000 drums"),
        ("fri", "fri", ""),
        ("fri\ncall\nTema", "fri", "call\nTema"),
        ("  14:00\u00a0call", "  14:00", "call"),
        ("2027-03-28 02:30 check", "2027-03-28 02:30", "check"),  # is refused later, with the reason
    ],
)
def test_the_longest_time_is_taken_from_the_start(text: str, taken: str, left: str) -> None:
    assert take_when(text, MONDAY, AMSTERDAM) == (taken, left)


@pytest.mark.parametrize("text", ["", "call Tema tomorrow", "2 drums", "a", "in the morning"])
def test_a_text_that_begins_with_no_time_gives_none(text: str) -> None:
    assert take_when(text, MONDAY, AMSTERDAM) is None


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("30m", timedelta(minutes=30)),
        ("2 hours", timedelta(hours=2)),
        ("1d 12h", timedelta(hours=36)),
        ("1 day, 2 hours", timedelta(hours=26)),
        ("2W", timedelta(weeks=2)),
        ("90 sec", timedelta(seconds=90)),
        ("3 semaines", timedelta(weeks=3)),
    ],
)
def test_durations(text: str, wanted: timedelta) -> None:
    assert parse_duration(text) == wanted


@pytest.mark.parametrize("text", ["", "2", "hours", "2 drums", "2h and 3m", "2h x", "-2h", "2 h 3", "999999h"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(NotATime):
        parse_duration(text)


WORDS = [
    "tomorrow", "today", "fri", "mar", "feb", "29", "31", "1st", "2027", "2027-03-28", "02:30", "2:30", "pm", "am",
    "at", "on", "in", "2", "h", "weeks", "99999", "utc", "z", "9999-12-31", "0001-01-01", "T", "2026-12-01T09:00",
    "+14:00", "à", "14h30", ",", ".", "noon", "٣", "１２:００",
]  # fmt: skip
ZONES = [ACCRA, AMSTERDAM, PANAMA, KIRITIMATI, NIUE, ZoneInfo("Asia/Kathmandu"), ZoneInfo("Africa/Monrovia")]
MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001


@settings(max_examples=500)
@given(
    st.one_of(st.text(max_size=40), st.lists(st.sampled_from(WORDS), max_size=7).map(" ".join)),
    st.sampled_from(ZONES),
    MOMENTS,
)
@example("9999-12-31T23:59-23:59", AMSTERDAM, MONDAY)
@example("0001-01-01T00:00+23:59", AMSTERDAM, MONDAY)
def test_any_text_is_a_time_or_refused(text: str, zone: ZoneInfo, now: datetime) -> None:
    try:
        moment = parse_when(text, now, zone)
    except (NotATime, TimeDoesNotExist):
        return
    assert moment.tzinfo is not None
    for reader in ZONES:
        assert moment.astimezone(reader) == moment


@settings(max_examples=200)
@given(st.one_of(st.text(max_size=40), st.lists(st.sampled_from(WORDS), max_size=9).map(" ".join)))
def test_what_is_taken_and_what_is_left_are_the_text(text: str) -> None:
    found = take_when(text, MONDAY, AMSTERDAM)
    if found is not None:
        taken, left = found
        assert text.startswith(taken)
        assert text[len(taken) :].strip() == left
        assert taken.strip()


@given(MOMENTS, st.sampled_from(ZONES))
def test_what_is_written_in_iso_is_read_again(at: datetime, zone: ZoneInfo) -> None:
    local = at.astimezone(zone).replace(second=0, microsecond=0, fold=0)
    assert parse_when(local.strftime("%Y-%m-%d %H:%M"), MONDAY, zone) == local
    assert parse_when(local.isoformat(), MONDAY, ZoneInfo("UTC")) == local


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2027-01-31", "2027-01-31 23:59"),
        ("31 jan", "2027-01-31 23:59"),
        ("29 feb 2028", "2028-02-29 23:59"),
        ("fri", "2026-11-27 23:59"),
        ("tomorrow", "2026-11-24 23:59"),
        ("2027-01-31 09:00", "2027-01-31 09:00"),
        ("2027-01-31T09:00", "2027-01-31 09:00"),
        ("tomorrow 9am", "2026-11-24 09:00"),
        ("in 2 hours", "2026-11-23 11:00"),
        ("14:00", "2026-11-23 14:00"),
    ],
)
def test_until_a_day_is_until_its_last_minute(text: str, wanted: str) -> None:
    assert f"{parse_until(text, MONDAY, ACCRA):%Y-%m-%d %H:%M}" == wanted


@pytest.mark.parametrize("text", ["2027-02-29", "soon", "2027-01-31 25:00", ""])
def test_until_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(NotATime):
        parse_until(text, MONDAY, ACCRA)
