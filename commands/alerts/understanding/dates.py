"""Dates: ISO, day first, month by name in six languages, today and yesterday."""

import re
from datetime import date, timedelta
from functools import cache

from commands.alerts.understanding.facts import Doubt, DoubtKind, FactKind
from commands.alerts.understanding.page import Page
from storage.reference.text import fold

_MONTH_LANGUAGES = ("en", "fr", "es", "nl", "de", "pt")
_ISO = re.compile(r"(?<![\w.,/\-])(20[0-9]{2})([-/.])([0-9]{1,2})\2([0-9]{1,2})(?![0-9]|[-/.][0-9])(?:t(?=[0-9]))?")
_DAY_FIRST = re.compile(r"(?<![\w.,/\-])([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{4}|[0-9]{2})(?![\w]|[-/.,][0-9])")
_RELATIVE = {
    "day before yesterday": -2, "avant-hier": -2, "avant hier": -2, "anteayer": -2, "antes de ayer": -2,
    "yesterday": -1, "last night": -1, "hier": -1, "ayer": -1, "anoche": -1,
    "today": 0, "tonight": 0, "this morning": 0, "aujourd'hui": 0, "aujourdhui": 0, "ce matin": 0, "hoy": 0,
    "esta manana": 0, "tomorrow": 1, "demain": 1,
}  # fmt: skip
_RELATIVE_WORDS = re.compile(r"(?<!\w)(" + "|".join(sorted(_RELATIVE, key=len, reverse=True)) + r")(?!\w)")


@cache
def months() -> dict[str, int]:
    """Return the months by their folded names and abbreviations."""
    from babel import Locale

    found: dict[str, int] = {}
    for language in _MONTH_LANGUAGES:
        for form in Locale(language).months.values():
            for width in ("wide", "abbreviated"):
                for number, name in form[width].items():
                    word = fold(name).rstrip(".")
                    # "2 out of 3", "5 set aside": Portuguese abbreviations that are English words.
                    if len(word) >= 3 and word not in {"out", "set"}:
                        found.setdefault(word, number)
    return found | {"sept": 9, "setiembre": 9}


@cache
def _with_name() -> tuple[re.Pattern[str], re.Pattern[str]]:
    names = "|".join(sorted(map(re.escape, months()), key=len, reverse=True))
    day_first = (
        rf"(?<![\w.,/\-])([0-9]{{1,2}})(?:st|nd|rd|th|er|\.|o|°)?[ \-/]{{1,2}}(?:(?:of|de|del) )?({names})(?!\w)\.?"
        r"(?:(?:,? |-|/)(?:(?:de|del) )?([0-9]{4})(?!\w))?"
    )
    month_first = rf"(?<!\w)({names})(?!\w)\.? ([0-9]{{1,2}})(?:st|nd|rd|th)?(?!\w)(?:,? ([0-9]{{4}})(?!\w))?"
    return re.compile(day_first), re.compile(month_first)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _nearest(month: int, day: int, today: date) -> date | None:
    years = (today.year, today.year - 1, today.year + 1)
    near = [found for year in years if (found := _date(year, month, day))]
    return min(near, key=lambda found: abs(found - today), default=None)


def _record(page: Page, found: date, start: int, end: int, doubt: Doubt | None = None) -> None:
    page.found(FactKind.DATE, found.isoformat(), found.isoformat(), start, end, doubt)


def _read_numeric(match: re.Match[str], today: date) -> tuple[date, Doubt | None] | None:
    one, two = int(match[1]), int(match[3])
    year = int(match[4])
    if len(match[4]) == 2:
        year += 2000
        # "16.06.01" and a version number look like this too.
        if abs(year - today.year) > 3:
            return None
    elif not 1900 <= year <= 2100:
        return None
    day_first, month_first = _date(year, two, one), _date(year, one, two)
    if day_first and month_first and day_first != month_first:
        return day_first, Doubt(DoubtKind.AMBIGUOUS, (day_first.isoformat(), month_first.isoformat()))
    found = day_first or month_first
    return (found, None) if found else None


def _find_named(page: Page, today: date) -> None:
    day_first, month_first = _with_name()
    for pattern, day_at, month_at in ((day_first, 1, 2), (month_first, 2, 1)):
        for match in pattern.finditer(page.low):
            start, end = match.span()
            if not page.free(start, end):
                continue
            day, month = int(match[day_at]), months()[match[month_at]]
            if match[3]:
                found, doubt = _date(int(match[3]), month, day), None
            else:
                word = match[month_at]
                # "18 may have been": without a year a short name must look like one.
                if (len(word) < 4 or word == "mars") and not page.plain[match.start(month_at)].isupper():
                    continue
                found, doubt = _nearest(month, day, today), Doubt(DoubtKind.GUESSED)
            if found:
                _record(page, found, start, end, doubt)


def find_dates(page: Page, today: date) -> None:
    """Record dates. Where day and month could be exchanged the day is taken first, and flagged."""
    for match in _ISO.finditer(page.low):
        found = _date(int(match[1]), int(match[3]), int(match[4]))
        if found and page.free(*match.span()):
            _record(page, found, *match.span())
    for match in _DAY_FIRST.finditer(page.low):
        read = _read_numeric(match, today)
        if read and page.free(*match.span()):
            _record(page, read[0], *match.span(), read[1])
    _find_named(page, today)
    for match in _RELATIVE_WORDS.finditer(page.low):
        if page.free(*match.span()):
            _record(page, today + timedelta(days=_RELATIVE[match[1]]), *match.span())
