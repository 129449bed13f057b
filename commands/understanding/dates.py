"""Dates: ISO, day first, month by name in six languages, days of the week, "yesterday", "3 days ago"; times of day."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from commands.understanding.day_and_month import day_of, days_and_months, nearest
from commands.understanding.facts import Doubt, DoubtKind, DoubtSource, FactKind
from commands.understanding.numbers import number_words
from commands.understanding.page import Language, Page, vocabulary
from commands.understanding.time_of_day import TIME_AFTER, TIME_ALONE, TIME_BEFORE, bare_time, time_of
from storage.reference.text import fold

_MONTHS_TOO = vocabulary("may mar mars ago")  # words too
_MONTH_LANGUAGES = ("en", "fr", "es", "nl", "de", "pt")
_ISO = re.compile(r"(?<![\w.,/\-])(20[0-9]{2})([-/.])([0-9]{1,2})\2([0-9]{1,2})(?![0-9]|[-/.][0-9])(?:t(?=[0-9]))?")
_DAY_FIRST = re.compile(r"(?<![\w.,/\-])([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{4}|[0-9]{2})(?![\w]|[-/.,][0-9])")
_RELATIVE = {
    "day before yesterday": -2, "avant-hier": -2, "avant hier": -2, "anteayer": -2, "antier": -2, "antes de ayer": -2,
    "yesterday": -1, "ystdy": -1, "ystd": -1, "yday": -1, "y'day": -1, "yest": -1,
    "last night": -1, "hier": -1, "ayer": -1, "anoche": -1,
    "today": 0, "2day": 0, "ajd": 0, "auj": 0,
    "tonight": 0, "this morning": 0, "this afternoon": 0, "this evening": 0, "aujourd'hui": 0,
    "aujourdhui": 0, "ce matin": 0, "ce soir": 0, "cet apres-midi": 0, "cet apres midi": 0, "cette nuit": 0, "hoy": 0,
    "esta manana": 0, "esta tarde": 0, "esta noche": 0, "esta madrugada": 0,
    "tomorrow": 1, "tmrw": 1, "tmr": 1, "2moro": 1, "demain": 1,
    "day after tomorrow": 2, "apres-demain": 2, "apres demain": 2, "pasado manana": 2,
}  # fmt: skip
_RELATIVE_WORDS = re.compile(
    r"(?<!\w)(?:the )?("
    + "|".join(sorted(_RELATIVE, key=len, reverse=True))
    + r")(?!\w)(?: (?:morning|afternoon|evening|night|matin|soir|apres-midi|por la (?:manana|tarde|noche)))?"
)
# "mañana" is tomorrow, but "por la mañana" is the morning.
_MANANA = re.compile(r"(?<!\w)(?<!la )(?<!una )(?<!de )manana(?!\w)")
_DAYS = r"(days?|weeks?|jours?|semaines?|dias?|semanas?)(?!\w)"
_COUNT = r"([0-9]{1,2}|[a-z]{2,8})"
_AGO = re.compile(
    rf"(?<!\w)(?:{_COUNT} {_DAYS} ago(?!\w)|il y a {_COUNT} {_DAYS}|hace {_COUNT} {_DAYS}|{_COUNT} {_DAYS} atras(?!\w))"
)
_AHEAD = re.compile(rf"(?<!\w)(?:(?:in|dans|d'ici|dentro de|en) {_COUNT} {_DAYS})")
_A_WEEK = vocabulary("weeks week semaines semaine semanas semana")
_WEEKDAYS = {
    word: number
    for words in (
        "monday tuesday wednesday thursday friday saturday sunday",
        "lundi mardi mercredi jeudi vendredi samedi dimanche",
        "lunes martes miercoles jueves viernes sabado domingo",
    )
    for number, word in enumerate(words.split())
}
_WEEKDAY = re.compile(
    r"(?<!\w)(?<!santo )(?<!sto )(?<!saint )"
    r"(?:(last|past|previous|next|coming|this|el pasado|pasado|el proximo|proximo|este) )?("
    + "|".join(_WEEKDAYS)
    + r")(?: (dernier|passe|prochain|pasado|proximo|que viene|qui vient))?(?!\w)"
)
# Short days of the week that are words too ("sun", "mon") only after what stands before a day.
_SHORT_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SHORT_DAY = re.compile(
    r"(?<!\w)(?:(last|past|next|coming|this|on|since|by|till|until|due|eta|etd|ata) )?"
    r"(tues|weds|thurs|thur|mon|tue|wed|thu|fri|sat|sun)(?!\w)"
)
_SURELY_DAYS = vocabulary("tues weds thurs thur thu fri")
_UP_TO = re.compile(r"(?<!\w)(?:before|by|until|till|avant|d'ici|jusqu'a|antes del?|hasta el)[ ]$")
_PAST = vocabulary("last past previous pasado dernier passe") | {"el pasado"}
_COMING = vocabulary("next coming proximo prochain") | {"el proximo", "que viene", "qui vient"}
# What makes "Friday" the one to come.
_FUTURE = vocabulary(
    """will arrive arrives arriving arrival eta due expected sails sailing leaves leaving departs departing departure
    calls calling meeting meet see tomorrow plan planned scheduled going shall
    repart repartent repartira
    arrivera arriveront arrivee attendu attendue prevu prevue prevus depart part partira quitte quittera accoste
    accostera reunion voit verra seront sera rendez
    llega llegan llegara llegaran llegada sale salen saldra zarpa zarpara atraca atracara previsto prevista esperado
    vemos sera reunion"""
)
# "a quitté Dakar lundi", "est arrivée lundi": over, though folded they look as if to come.
_OVER = vocabulary("quitte arrivee accoste")
_HAS = vocabulary("a ont est sont avait avaient etait etaient")
_SENTENCE = 12  # words before and after a weekday that are looked at
_BEFORE = 28  # characters before a date in which its time of day may stand


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


@dataclass(frozen=True, slots=True)
class _Read:
    """A date on the page."""

    day: date
    start: int
    end: int
    doubt: Doubt | None = None


class _Finder:
    def __init__(self, page: Page, today: date) -> None:
        self.page = page
        self.today = today
        self.read: list[_Read] = []
        self._taken = bytearray(len(page.low) + 1)

    def note(self, day: date, span: tuple[int, int], doubt: Doubt | None = None) -> None:
        start, end = span
        first, last = self.page.whole(start, end)
        if self.page.free(start, end) and not any(self._taken[first:last]):
            self._taken[first:last] = b"\1" * (last - first)
            self.read.append(_Read(day, start, end, doubt))

    def numeric(self) -> None:
        for match in _ISO.finditer(self.page.low):
            if found := day_of(int(match[1]), int(match[3]), int(match[4])):
                self.note(found, match.span())
        for match in _DAY_FIRST.finditer(self.page.low):
            if read := _read_numeric(match, self.today):
                self.note(read[0], match.span(), read[1])

    def without_year(self) -> None:
        """Read "ETA 24/11" and "ETA Tema 24/11 0600"."""
        for found, span in days_and_months(self.page, self.today):
            self.note(found, span, Doubt(DoubtKind.GUESSED, (), DoubtSource.NO_YEAR))

    def named(self) -> None:
        page, today = self.page, self.today
        day_first, month_first = _with_name()
        for pattern, day_at, month_at in ((day_first, 1, 2), (month_first, 2, 1)):
            for match in pattern.finditer(page.low):
                day, month = int(match[day_at]), months()[match[month_at]]
                if match[3]:
                    found, doubt = day_of(int(match[3]), month, day), None
                else:
                    word = match[month_at]
                    # "18 may have been", "2 mar adentro": what is a word too must look like a month.
                    if word in _MONTHS_TOO and not page.plain[match.start(month_at)].isupper():
                        continue
                    found = nearest(month, day, today)
                    doubt = Doubt(DoubtKind.GUESSED, (), DoubtSource.NO_YEAR)
                if found:
                    self.note(found, match.span(), doubt)

    def relative(self) -> None:
        for match in _RELATIVE_WORDS.finditer(self.page.low):
            self.note(self.today + timedelta(days=_RELATIVE[match[1]]), match.span())
        for match in _MANANA.finditer(self.page.low):
            if self.page.language is Language.SPANISH:
                self.note(self.today + timedelta(days=1), match.span())
        for pattern, sign in ((_AGO, -1), (_AHEAD, 1)):
            for match in pattern.finditer(self.page.low):
                count, unit = [group for group in match.groups() if group]
                number = int(count) if count.isdigit() else number_words().get(count, 0)
                number = number or int(count in {"one", "a", "un", "une", "una"})
                days = number * (7 if unit in _A_WEEK else 1)
                if days:
                    self.note(self.today + sign * timedelta(days=days), match.span())

    def weekdays(self) -> None:
        for match in _WEEKDAY.finditer(self.page.low):
            if self.beside_a_date(*match.span()):
                continue
            self.weekday(match, _WEEKDAYS[match[2]], {match[1], match[3]})
        for match in _SHORT_DAY.finditer(self.page.low) if self.page.language is Language.ENGLISH else ():
            if (match[1] or match[2] in _SURELY_DAYS) and not self.beside_a_date(*match.span()):
                self.weekday(match, _SHORT_DAYS.index(match[2][:3]), {match[1]})

    def weekday(self, match: re.Match[str], number: int, said: set[str | None]) -> None:
        back = (self.today.weekday() - number) % 7 or 7
        last, coming = self.today - timedelta(days=back), self.today + timedelta(days=7 - back % 7)
        if said & _PAST:
            self.note(last, match.span())
        elif said & _COMING:
            self.note(coming, match.span())
        else:
            before = self.page.low[max(0, match.start() - 10) : match.start()]
            ahead = bool(said & _FUTURE or _UP_TO.search(before)) or self.ahead(match.start())
            first, other = (coming, last) if ahead else (last, coming)
            alternatives = (first.isoformat(), other.isoformat())
            self.note(first, match.span(), Doubt(DoubtKind.GUESSED, alternatives, DoubtSource.WEEKDAY))

    def beside_a_date(self, start: int, end: int) -> bool:
        """Say whether a weekday belongs to a date that was read: "Friday 20 November"."""
        around = self._taken[max(0, start - 3) : start] + self._taken[end : end + 5]
        return any(around)

    def ahead(self, position: int) -> bool:
        """Say whether the sentence speaks of what is to come."""
        tokens, low = self.page.tokens, self.page.low
        at = self.page.token_before(position) + 1
        for back in range(at - 1, max(-1, at - 1 - _SENTENCE), -1):
            if any(
                c in ".;!?\n" for c in low[tokens[back].end : tokens[back + 1].start if back + 1 < at else position]
            ):
                break
            if self.says_ahead(back):
                return True
        for ahead in range(at + 1, min(len(tokens), at + _SENTENCE)):
            if any(c in ",.;!?\n" for c in low[tokens[ahead - 1].end : tokens[ahead].start]):
                return False
            if self.says_ahead(ahead):
                return True
        return False

    def says_ahead(self, index: int) -> bool:
        """Say whether a token speaks of what is to come."""
        text = self.page.tokens[index].text
        over = text in _OVER and index > 0 and self.page.tokens[index - 1].text in _HAS
        over = over or (text == "arrive" and self.page.written(*self.page.tokens[index][:2]).lower() == "arrivé")
        return text in _FUTURE and not over

    def times(self) -> None:
        """Record what was read, with the time of day that stands beside it."""
        page = self.page
        for one in self.read:
            start, end, time = one.start, one.end, ""
            after = TIME_AFTER.match(page.low, end) or bare_time(page.low, start, end)
            if after and page.free(end, after.end()) and not any(self._taken[end : after.end()]):
                end, time = after.end(), time_of(after)
            else:
                window = max(0, start - _BEFORE)
                before = TIME_BEFORE.search(page.low[window:start])
                if (
                    before
                    and page.free(window + before.start(), start)
                    and not any(self._taken[window + before.start() : start])
                ):
                    start, time = window + before.start(), time_of(before)
            self.record(one, start, end, time)
        if not self.read:
            self.time_alone()

    def time_alone(self) -> None:
        if match := TIME_ALONE.search(self.page.low):
            doubt = Doubt(DoubtKind.GUESSED, (), DoubtSource.ONLY_TIME)
            if self.page.free(*match.span()):
                self.record(_Read(self.today, *match.span(), doubt), *match.span(), time_of(match))

    def record(self, one: _Read, start: int, end: int, time: str) -> None:
        day = one.day.isoformat()
        self.page.found(FactKind.DATE, day, f"{day} {time}".rstrip(), start, end, one.doubt)


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
    day_first, month_first = day_of(year, two, one), day_of(year, one, two)
    if day_first and month_first and day_first != month_first:
        readings = (day_first.isoformat(), month_first.isoformat())
        return day_first, Doubt(DoubtKind.AMBIGUOUS, readings, DoubtSource.DAY_OR_MONTH)
    found = day_first or month_first
    return (found, None) if found else None


def find_dates(page: Page, today: date) -> None:
    """Record dates. Where day and month could be exchanged the day is taken first, and flagged."""
    finder = _Finder(page, today)
    finder.numeric()
    finder.without_year()
    finder.named()
    finder.relative()
    finder.weekdays()
    finder.times()
