"""Times that have been: `2026-11-23 14:00`, `today 09:30`, `yesterday`, `2h ago`; and lengths of time in settings."""

from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, ValidationInfo

from commands.arguments import BadValue, Form, Reading, said
from commands.document import Code, Text, _
from commands.when import NotATime, TimeDoesNotExist, parse_duration, parse_until, parse_when

_YESTERDAY = ("yesterday", "hier", "ayer")
_NOW = ("now", "today", "maintenant", "aujourd'hui", "ahora", "hoy")
_TO_COME = frozenset(("tomorrow", "demain", "mañana", "manana", "in", "dans", "next"))
_DAY = timedelta(days=1)


def read_past(text: str, reading: Reading) -> datetime:
    """Read when something was, in the writer's zone; without a year it is the last one that has been.

    Raises:
        NotATime: the text is none.
        TimeDoesNotExist: it falls into the hour that the zone skips.
    """
    words = text.strip().casefold()
    if words in _NOW:
        return reading.now
    if words.endswith(" ago"):
        return reading.now - parse_duration(words.removesuffix(" ago"))
    first, _space, rest = words.partition(" ")
    if first in _YESTERDAY:
        day = (reading.now.astimezone(reading.zone) - _DAY).date()
        return parse_when(f"{day} {rest}".strip(), reading.now, reading.zone)
    moment = parse_when(words, reading.now, reading.zone)
    has_year = any(len(word) >= 4 and word[:4].isdecimal() for word in words.split())
    if moment > reading.now and _is_today_alone(words, moment, reading):
        return reading.now
    if moment > reading.now and not has_year and first not in _TO_COME:
        # A time of day or a weekday is read as the next one to come; meant is the one before.
        if moment - reading.now > 7 * _DAY:  # a day and month: of this year, or where that has not been, the last
            of_month = 28 if (moment.month, moment.day) == (2, 29) else moment.day
            return moment.replace(year=moment.year - 1, day=of_month)
        back = _DAY if words[:1].isdecimal() else 7 * _DAY
        return moment - back if moment - back <= reading.now else moment
    return moment


def _is_today_alone(words: str, moment: datetime, reading: Reading) -> bool:
    """Whether a text names the present day without a time of day, which is read as one later in the morning."""
    now = reading.now.astimezone(reading.zone)
    has_clock = parse_until(words, reading.now, reading.zone) == moment
    return not has_clock and moment.astimezone(reading.zone).date() == now.date()


def Past() -> Form:  # noqa: N802 - reads as a kind in annotations
    """A point in time that has been, in the writer's zone."""

    def read(value: Any, info: ValidationInfo) -> Any:
        if isinstance(value, datetime):
            return value
        reading = info.context
        assert isinstance(reading, Reading), "arguments are read with a Reading as context"
        try:
            return read_past(str(value), reading)
        except TimeDoesNotExist as error:
            words = _("{time} does not exist in {zone}: the clocks go forward then.", time=said(value), zone=error.zone)
            raise BadValue(words) from error
        except (NotATime, OverflowError) as error:
            words = _(
                "I cannot read the time {time}. Write it like {iso}, {relative} or {ago}.",
                time=Text(f"“{str(value)[:60]}”"), iso=Code("2026-11-23 14:00"), relative=Code("yesterday 14:00"),
                ago=Code("2h ago"),
            )  # fmt: skip
            raise BadValue(words) from error

    return Form(read, form="YYYY-MM-DD HH:MM")


def _length(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return parse_duration(value)
    except NotATime as error:
        raise ValueError('write a length of time such as "12h" or "90d"') from error


Length = Annotated[timedelta, BeforeValidator(_length)]
"""A length of time in the configuration: "90d"."""
