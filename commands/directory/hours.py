"""Office hours as people write them, and whether an office is open now."""

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_DAY_WORDS = {
    word: number
    for number, spellings in enumerate(
        (
            "mon monday lun lundi lunes",
            "tue tues tuesday mar mardi martes",
            "wed wednesday mer mercredi mie miercoles miércoles",
            "thu thur thurs thursday jeu jeudi jue jueves",
            "fri friday ven vendredi vie viernes",
            "sat saturday sam samedi sab sabado sábado",
            "sun sunday dim dimanche dom domingo",
        )
    )
    for word in spellings.split()
}
_ALWAYS = re.compile(r"24\s*[/x×h-]?\s*7|always|24\s*h(ours)?", re.IGNORECASE)
_WRITTEN = re.compile(
    r"(?:(?P<first>[^\W\d]+)\.?(?:\s*(?:-|–|—|to|à|a)\s*(?P<last>[^\W\d]+)\.?)?[\s,:]+)?"
    r"(?P<opens>\d{1,2}(?:[:.h]\d{2})?)\s*h?\s*(?:-|–|—|to|à|a)\s*(?P<closes>\d{1,2}(?:[:.h]\d{2})?)\s*h?",
    re.IGNORECASE,
)


class NotHours(ValueError):
    """The text does not say office hours."""


@dataclass(frozen=True, slots=True)
class Hours:
    """When an office is reached, in its own time. Opening and closing alike mean around the clock."""

    days: frozenset[int]
    """0 is Monday."""
    opens: time
    closes: time
    """Not later than `opens`: the office closes on the next day."""

    @property
    def always(self) -> bool:
        return len(self.days) == 7 and self.opens == self.closes

    def is_open(self, local: datetime) -> bool:
        """Whether somebody is there at this moment, given in the office's own time."""
        if self.opens < self.closes:
            return local.weekday() in self.days and self.opens <= local.time() < self.closes
        yesterday = (local - timedelta(days=1)).weekday()
        return (local.weekday() in self.days and local.time() >= self.opens) or (
            yesterday in self.days and local.time() < self.closes
        )

    def __str__(self) -> str:
        if self.always:
            return "24/7"
        # The week is shown from the day after the longest pause, so that Sun-Thu does not become two spans.
        first = next((day for day in sorted(self.days) if (day - 1) % 7 not in self.days), 0)
        last = (first + len(self.days) - 1) % 7
        days = _DAYS[first] if first == last else f"{_DAYS[first]}-{_DAYS[last]}"
        return f"{days} {self.opens:%H:%M}-{self.closes:%H:%M}"


def parse_hours(text: str) -> Hours:
    """Read `24/7`, `Mon-Fri 08:00-17:00`, `8-16` (which means Monday to Friday).

    Raises:
        NotHours: the text is none of these.
    """
    text = " ".join(text.split())
    if _ALWAYS.fullmatch(text):
        return Hours(frozenset(range(7)), time(), time())
    found = _WRITTEN.fullmatch(text)
    if found is None:
        raise NotHours(text)
    first, last = found["first"], found["last"]
    if first is None:
        days = frozenset(range(5))
    elif last is None and first.casefold() in {"daily", "everyday", "tous", "diario"}:
        days = frozenset(range(7))
    else:
        start = _DAY_WORDS.get(first.casefold())
        end = _DAY_WORDS.get((last or first).casefold())
        if start is None or end is None:
            raise NotHours(text)
        days = frozenset((start + step) % 7 for step in range((end - start) % 7 + 1))
    return Hours(days, _clock(found["opens"]), _clock(found["closes"]))


def _clock(text: str) -> time:
    hour, _colon, minute = re.sub("[.hH]", ":", text).partition(":")
    if int(hour) == 24 and not int(minute or 0):
        return time()
    try:
        return time(int(hour), int(minute or 0))
    except ValueError as error:
        raise NotHours(text) from error
