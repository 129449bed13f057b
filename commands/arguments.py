"""The kinds of arguments a command may take, parsed once at the edge into typed values.

A field of an `Args` model is an option (`key=value`) unless its annotation says otherwise:

    class NewContact(Args):
        country: Annotated[CountryCode, Country(), Option(ask=_("Which country?"))]    # country=GH
        about: Annotated[Ref, About("alert")]                                          # 7, or the thread it stands in
        text: Annotated[str, Rest(ask=_("What do you want to say?"))]                  # all that is left, taken raw
"""

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BeforeValidator, ValidationInfo

from commands.document import Code, Message, Text, _, either
from commands.when import NotATime, TimeDoesNotExist, parse_duration, parse_until, parse_when, take_when
from storage.ids import CountryCode, UserId, parse_user_id
from storage.reference.countries import country, country_name, find_country, guess_countries
from storage.reference.spelling import meant, slips

_NEAR = 0.6
"""How alike two words are, of 1, when the one may be a slip for the other."""


class BadValue(ValueError):
    """A value that cannot be what the argument needs; the words say what can."""

    def __init__(self, words: Message) -> None:
        super().__init__("bad value")
        self.words = words


@dataclass(frozen=True, slots=True)
class Reading:
    """What the parser knows when it reads a value: the time, and the zone and language of the person who writes."""

    now: datetime
    zone: ZoneInfo
    language: str = "en"


Take = Callable[[str, Reading], tuple[str, str] | None]
"""Takes a value of several words from the start of a text: (value, what is left), or None when there is none."""


@dataclass(frozen=True, slots=True)
class Option:
    """key=value. `ask` is what the bot asks when a required option is missing."""

    ask: Message | None = None
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Word:
    """A value by position: the next word, or as many as `take` takes."""

    ask: Message
    take: Take | None = None


@dataclass(frozen=True, slots=True)
class Rest:
    """The free text: all that is left, as it was written."""

    ask: Message


@dataclass(frozen=True, slots=True)
class About:
    """The number of what the command is about; it may be left out in the thread of that thing or in reply to it."""

    kind: str
    ask: Message


@dataclass(frozen=True, slots=True)
class Ref:
    """Which one is meant: by the number that was written, or by the id of what the thread is about."""

    number: str | None = None
    id: int | None = None


Kind = Option | Word | Rest | About


@dataclass(frozen=True, slots=True)
class Form(BeforeValidator):
    """A validator that also says, for the usage line, what a value looks like: `GH`, `yes|no`."""

    form: str = ""


_MOST_SAID = 80


def said(value: Any) -> str:
    """Return what somebody typed for an answer that names it: on one line, and no more than tells which it was."""
    text = " ".join(str(value)[: 4 * _MOST_SAID].split())
    return text if len(text) <= _MOST_SAID else f"{text[:_MOST_SAID]}…"


def did_you_mean(word: str, known: Sequence[str]) -> str | None:
    """Return the known word that was most probably meant, if one is near.

    A slip of the finger (a letter wrong, missing, doubled or exchanged with its neighbour) comes first; a word that
    merely begins like another, or holds it, is second best: "mmeber" is "member", not "me".
    """
    typed = word.casefold()
    near = meant(typed, known, _NEAR)
    if near is not None:
        return near
    close = difflib.get_close_matches(typed, known, n=1, cutoff=_NEAR)
    return close[0] if close else None


def _reading(info: ValidationInfo) -> Reading:
    reading = info.context
    assert isinstance(reading, Reading), "arguments are read with a Reading as context"
    return reading


def When() -> Form:  # noqa: N802 - reads as a kind in annotations, like the classes above
    """A point in time in the writer's zone: ISO, `tomorrow 09:00`, `fri 14:00`, `in 2 hours`."""
    return _moment(parse_when)


def Until() -> Form:  # noqa: N802
    """Until when something lasts: a point in time, or a day, which counts whole."""
    return _moment(parse_until)


def _moment(parse: Callable[[str, datetime, ZoneInfo], datetime]) -> Form:
    def read(value: Any, info: ValidationInfo) -> Any:
        reading = _reading(info)
        try:
            return value if isinstance(value, datetime) else parse(str(value), reading.now, reading.zone)
        except TimeDoesNotExist as error:
            words = _("{time} does not exist in {zone}: the clocks go forward then.", time=said(value), zone=error.zone)
            raise BadValue(words) from error
        except NotATime as error:
            words = _(
                "I cannot read the time {time}. Write it like {iso}, {relative}, {weekday} or {duration}.",
                time=Text(f"“{said(value)}”"),
                iso=Code("2026-12-01 09:00"),
                relative=Code("tomorrow 09:00"),
                weekday=Code("fri 14:00"),
                duration=Code("in 2 hours"),
            )
            raise BadValue(words) from error

    return Form(read, form="YYYY-MM-DD HH:MM")


def Duration() -> Form:  # noqa: N802
    """A length of time: `30m`, `2h`, `3d`, `45 min`."""

    def read(value: Any) -> Any:
        try:
            return value if isinstance(value, timedelta) else parse_duration(str(value))
        except NotATime as error:
            words = _(
                "I cannot read the duration {text}. Write it like {example}.", text=said(value), example=Code("3d")
            )
            raise BadValue(words) from error

    return Form(read, form="2h")


def take_time(text: str, reading: Reading) -> tuple[str, str] | None:
    """Take a time of several words from the start of a text, such as `tomorrow 09:00`."""
    return take_when(text, reading.now, reading.zone)


def read_country(value: str) -> CountryCode:
    """Return the country that is meant. Raises BadValue, with the nearest countries."""
    found = find_country(value)
    if found is not None:
        return found
    near = [guess.code for guess in guess_countries(value)][:3]
    if near:
        options = either(_("{name} ({code})", name=country_name(code), code=code) for code in near)
        raise BadValue(_("I know no country {text}. Did you mean {options}?", text=Text(f"“{value}”"), options=options))
    words = _(
        "I know no country {text}. Write its two-letter code ({code}) or its name.",
        text=Text(f"“{value}”"),
        code=Code("GH"),
    )
    raise BadValue(words)


def Country() -> Form:  # noqa: N802
    """A country by its ISO code or its name in one of the languages that the reference tables know."""
    return Form(lambda value: read_country(str(value)), form="GH")


def split_list(value: Any) -> list[str]:
    """Return the entries of `a, b; c` (an already split list stays as it is)."""
    if isinstance(value, list | tuple):
        return [str(entry) for entry in value]
    return [entry for entry in (part.strip() for part in str(value).replace(";", ",").split(",")) if entry]


def Countries() -> Form:  # noqa: N802
    """Countries separated by commas, each once, in the order written."""

    def read(value: Any) -> Any:
        codes = tuple(dict.fromkeys(read_country(entry) for entry in split_list(value)))
        if not codes:
            raise BadValue(_("Name at least one country, for example {example}.", example=Code("GH,NL")))
        return codes

    return Form(read, form="GH,NL")


def Person() -> Form:  # noqa: N802
    """A Matrix user id."""

    def read(value: Any) -> UserId:
        try:
            return parse_user_id(str(value))
        except ValueError as error:
            example = Code("@ama:example.org")
            words = _("{text} is not a Matrix id. It looks like {example}.", text=said(value), example=example)
            raise BadValue(words) from error

    return Form(read, form="@name:server")


def read_zone(value: str) -> str:
    """Return the IANA name of a time zone given in any case, or by the only city of that name. Raises BadValue."""
    wanted = value.strip().replace(" ", "_")
    zones = available_timezones()
    by_name = {name.casefold(): name for name in zones}
    if wanted.casefold() in by_name:
        return by_name[wanted.casefold()]
    cities = [name for name in zones if name.rpartition("/")[2].casefold() == wanted.casefold() and "/" in name]
    if len(cities) == 1:
        return cities[0]
    near = next((name for name in sorted(zones) if _is_slip_of_zone(wanted.casefold(), name.casefold())), None)
    if near is not None:
        raise BadValue(_("I know no time zone {text}. Did you mean {near}?", text=said(value), near=Code(near)))
    example = Code("Europe/Paris")
    raise BadValue(_("I know no time zone {text}. Write it like {example}.", text=said(value), example=example))


def _is_slip_of_zone(wanted: str, zone: str) -> bool:
    """Whether a zone, or its city, was typed with a letter or two wrong; what is merely alike lies far away."""
    city = zone.rpartition("/")[2]
    return len(wanted) > 3 and (slips(wanted, zone) <= 2 or ("/" in zone and slips(wanted, city) <= 1))


def Zone() -> Form:  # noqa: N802
    """An IANA time zone."""
    return Form(lambda value: read_zone(str(value)), form="Africa/Accra")


def read_language(value: str) -> str:
    """Return the ISO 639-1 code of a language given by code or by its English or own name. Raises BadValue."""
    from babel import Locale
    from babel.core import get_global

    wanted = value.strip().casefold()
    languages = Locale("en").languages
    codes = {str(code) for code in languages if len(str(code)) == 2}
    if wanted in codes:
        return wanted
    for code in codes:
        if str(languages[code]).casefold() == wanted:
            return code
    for code in ("fr", "es", "pt", "de", "nl", "ar", "zh", "ru", "th", "it"):
        if str(Locale(code).languages.get(code, "")).casefold() == wanted:
            return code
    alias = get_global("language_aliases").get(wanted)
    if isinstance(alias, str) and alias in codes:
        return alias
    raise BadValue(
        _(
            "I know no language {text}. Write its two-letter code, for example {example}.",
            text=said(value),
            example=Code("fr"),
        )
    )


def Language() -> Form:  # noqa: N802
    """A language by its ISO 639-1 code or name."""
    return Form(lambda value: read_language(str(value)), form="fr")


def Languages() -> Form:  # noqa: N802
    """Languages separated by commas, each once."""
    return Form(lambda value: tuple(dict.fromkeys(read_language(entry) for entry in split_list(value))), form="en,fr")


def Choice(enum: type[Enum]) -> Form:  # noqa: N802
    """One of the words of an enum, in any case; spaces, hyphens and underscores are alike."""
    words = {_plain(str(member.value)): member for member in enum}
    names = {_plain(member.name): member for member in enum}
    options = [str(member.value) if isinstance(member.value, str) else member.name.lower() for member in enum]

    def read(value: Any) -> Enum:
        if isinstance(value, enum):
            return value
        wanted = _plain(str(value))
        member = words.get(wanted) or names.get(wanted)
        if member is not None:
            return member
        near = did_you_mean(str(value), options)
        choices = either(Code(option) for option in options)
        if near is not None:
            text = _(
                "{value} is not one of {choices}. Did you mean {near}?",
                value=said(value),
                choices=choices,
                near=Code(near),
            )
            raise BadValue(text)
        raise BadValue(_("{value} is not one of {choices}.", value=said(value), choices=choices))

    return Form(read, form="|".join(options))


def _plain(text: str) -> str:
    return "".join(character for character in text.casefold() if character not in " -_+")


@cache
def zone_of_country(code: CountryCode) -> ZoneInfo:
    """Return the main time zone of a country."""
    return ZoneInfo(country(code).zone)
