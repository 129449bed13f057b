"""Times as people write them, read in their own zone."""

import re
from calendar import isleap
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MORNING = time(9, 0)
LAST_MINUTE = time(23, 59)
"""The hour that a day without one means."""

_WEEKDAYS = {
    name: number
    for number, names in enumerate(
        (
            "mon monday lun lundi lunes",
            "tue tues tuesday mar mardi martes",
            "wed wednesday mer mercredi mie miércoles miercoles",
            "thu thur thurs thursday jeu jeudi jue jueves",
            "fri friday ven vendredi vie viernes",
            "sat saturday sam samedi sab sábado sabado",
            "sun sunday dim dimanche dom domingo",
        )
    )
    for name in names.split()
}
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january janvier enero",
            "feb february février fevrier febrero",
            "mar march mars marzo",
            "apr april avril abril",
            "may mai mayo",
            "jun june juin junio",
            "jul july juillet julio",
            "aug august août aout agosto",
            "sep sept september septembre septiembre",
            "oct october octobre octubre",
            "nov november novembre noviembre",
            "dec december décembre decembre diciembre",
        ),
        start=1,
    )
    for name in names.split()
}
_DAYS_AHEAD = {
    "today": 0, "tonight": 0, "tomorrow": 1, "aujourd'hui": 0, "aujourd’hui": 0, "demain": 1, "hoy": 0, "mañana": 1,
    "manana": 1,
}  # fmt: skip
_UNITS = {
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes", "minutos"), timedelta(minutes=1)),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours", "heure", "heures", "hora", "horas"), timedelta(hours=1)),
    **dict.fromkeys(("d", "day", "days", "jour", "jours", "día", "días", "dia", "dias"), timedelta(days=1)),
    **dict.fromkeys(("w", "week", "weeks", "semaine", "semaines", "semana", "semanas"), timedelta(weeks=1)),
    **dict.fromkeys(("s", "sec", "second", "seconds"), timedelta(seconds=1)),
}
_DURATION = re.compile(r"(\d{1,5})\s*([^\W\d]+)")
_CLOCK = re.compile(r"(\d{1,2})(?:[:h.](\d{2}))?(?::\d{2})?\s*(am|pm)?")
_ISO_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_DAY = timedelta(days=1)
_LONGEST = 6


class NotATime(ValueError):
    """The text is not a time that the grammar knows."""


class TimeDoesNotExist(ValueError):
    """The clocks of the zone skip this time."""

    def __init__(self, zone: str) -> None:
        super().__init__(zone)
        self.zone = zone


def parse_duration(text: str) -> timedelta:
    """Read `30m`, `2 hours`, `1d 12h`. Raises NotATime."""
    text = text.strip().casefold()
    total = timedelta()
    end = 0
    for found in _DURATION.finditer(text):
        unit = _UNITS.get(found.group(2))
        if unit is None or text[end : found.start()].strip(" ,"):
            raise NotATime(text)
        total += int(found.group(1)) * unit
        end = found.end()
    if end == 0 or text[end:].strip():
        raise NotATime(text)
    return total


def duration_at_start(text: str) -> str | None:
    """Return the length of time with which a text begins, as it is written: of "3d GH" it is "3d"."""
    text = text.lstrip()
    end = 0
    for found in _DURATION.finditer(text.casefold()):
        if found.group(2) not in _UNITS or text[end : found.start()].strip(" ,"):
            break
        end = found.end()
    return text[:end] or None


def parse_when(text: str, now: datetime, zone: ZoneInfo) -> datetime:
    """Read a point in time as written by somebody in `zone`; a time of day alone is the next one to come.

    Raises:
        NotATime: the text is none.
        TimeDoesNotExist: it falls into the hour that the zone skips.
    """
    words = text.strip().casefold().replace(",", " ").split()
    if not words or len(words) > _LONGEST:
        raise NotATime(text)
    try:
        moment = _read(words, now, zone)
        # Whoever reads it may be in any zone: a moment that has no date in one of them is none.
        for margin in (-_DAY, _DAY):
            (moment.astimezone(UTC) + margin).isoformat()
        return moment  # noqa: TRY300 - the checks above belong to the try
    except (OverflowError, IndexError) as error:
        raise NotATime(text) from error
    except NotATime:
        raise
    except TimeDoesNotExist:
        raise
    except ValueError as error:  # a 31st of February, a 25th hour
        raise NotATime(text) from error


def parse_until(text: str, now: datetime, zone: ZoneInfo) -> datetime:
    """Read until when something lasts: as `parse_when`, but a day alone counts whole, to its last minute."""
    moment = parse_when(text, now, zone)
    try:
        return parse_when(f"{text} {LAST_MINUTE:%H:%M}", now, zone)
    except (NotATime, TimeDoesNotExist):  # the time of day was given
        return moment


def take_when(text: str, now: datetime, zone: ZoneInfo) -> tuple[str, str] | None:
    """Take the longest time from the start of `text`: (the time, what is left), or None."""
    starts = list(re.finditer(r"\S+", text))
    for count in range(min(_LONGEST, len(starts)), 0, -1):
        end = starts[count - 1].end()
        try:
            parse_when(text[:end], now, zone)
        except TimeDoesNotExist:
            pass  # it is a time, and the validator says what is wrong with it
        except NotATime:
            continue
        return text[:end], text[end:].strip()
    return None


def _read(words: list[str], now: datetime, zone: ZoneInfo) -> datetime:
    if words[0] in {"in", "dans", "en"} and len(words) > 1:
        return now + parse_duration(" ".join(words[1:]))
    if words[0] in {"on", "at", "next", "le", "el", "à", "a"} and len(words) > 1:
        words = words[1:]
    if len(words) == 1 and "t" in words[0] and _ISO_DATE.match(words[0]):
        return _read_iso(words[0], zone)
    if words[-1] in {"z", "utc", "gmt"}:
        words, zone = words[:-1], ZoneInfo("UTC")
    local = now.astimezone(zone)
    day, used = _read_day(words, local)
    if day is None:
        return _next(local.date(), _read_clock(words), zone, now, every=_DAY)
    clock = _read_clock(words[used:]) if len(words) > used else MORNING
    if words[0].rstrip(".") in _WEEKDAYS and used == 1:
        return _next(day, clock, zone, now, every=7 * _DAY)
    return _exact(day, clock, zone)


def _next(day: date, clock: time, zone: ZoneInfo, now: datetime, *, every: timedelta) -> datetime:
    """Return the first moment after `now` that has this time of day, on `day` or a number of days later.

    A time that comes twice, when the clocks go back, still comes when only its first occurrence is over.
    """
    for fold in (0, 1):
        if datetime.combine(day, clock, tzinfo=zone).replace(fold=fold).astimezone(UTC) > now:
            return _exact(day, clock.replace(fold=fold), zone)
    return _exact(day + every, clock, zone)


def _read_iso(text: str, zone: ZoneInfo) -> datetime:
    try:
        moment = datetime.fromisoformat(text.upper())
    except ValueError as error:
        raise NotATime(text) from error
    return moment if moment.tzinfo is not None else _exact(moment.date(), moment.time(), zone)


def _read_day(words: list[str], local: datetime) -> tuple[date | None, int]:
    """Return the day that the words begin with and how many words it took."""
    first = words[0]
    if first in _DAYS_AHEAD:
        return local.date() + timedelta(days=_DAYS_AHEAD[first]), 1
    is_date = first.rstrip(".") in _MONTHS and len(words) > 1 and re.fullmatch(r"\d{1,2}(st|nd|rd|th)?", words[1])
    if first.rstrip(".") in _WEEKDAYS and not is_date:
        return local.date() + timedelta(days=(_WEEKDAYS[first.rstrip(".")] - local.weekday()) % 7), 1
    if found := _ISO_DATE.fullmatch(first):
        year, month, day = (int(part) for part in found.groups())
        return date(year, month, day), 1
    return _read_named_day(words, local)


def _read_named_day(words: list[str], local: datetime) -> tuple[date | None, int]:
    """Read `1 dec`, `dec 1`, `1 december 2026`; without a year it is the next one to come."""
    if len(words) < 2:
        return None, 0
    pair = [word.rstrip(".") for word in words[:2]]
    number, name = pair if pair[1] in _MONTHS else reversed(pair)
    number = re.sub(r"(st|nd|rd|th|er)$", "", number)
    if name not in _MONTHS or not number.isdecimal() or len(number) > 2:
        return None, 0
    month, number_of_day = _MONTHS[name], int(number)
    if len(words) > 2 and re.fullmatch(r"20\d\d", words[2]):
        return date(int(words[2]), month, number_of_day), 3
    # A 29th of February may be eight years away.
    for year in range(local.year, local.year + 9):
        if (month, number_of_day) == (2, 29) and not isleap(year):
            continue
        day = date(year, month, number_of_day)
        if day >= local.date():
            return day, 2
    return None, 0


def _read_clock(words: list[str]) -> time:
    if words and words[0] in {"at", "à", "a"}:
        words = words[1:]
    text = " ".join(words)
    if text in {"noon", "midi", "mediodía"}:
        return time(12, 0)
    found = _CLOCK.fullmatch(text)
    if found is None or (found.group(2) is None and found.group(3) is None):
        raise NotATime(text)
    hour, minute = int(found.group(1)), int(found.group(2) or 0)
    if found.group(3):
        if not 1 <= hour <= 12:
            raise NotATime(text)
        hour = hour % 12 + (12 if found.group(3) == "pm" else 0)
    return time(hour, minute)


def _exact(day: date, clock: time, zone: ZoneInfo) -> datetime:
    moment = datetime.combine(day, clock, tzinfo=zone)
    if moment.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != moment.replace(tzinfo=None):
        raise TimeDoesNotExist(zone.key)
    return moment
