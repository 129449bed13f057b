"""The values of a contact as people type them."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from commands.arguments import BadValue, Form
from commands.base import Refusal
from commands.directory.hours import NotHours, parse_hours
from commands.document import Code, CountryName, Message, Text, _, either
from storage.ids import CountryCode, Locode, UserId, parse_user_id
from storage.reference.countries import country
from storage.reference.ports import find_port, port, search_ports
from storage.reference.text import strip_controls

LONGEST_LINE = 160
_SHORTEST_CALLER = 6
_LONGEST_NUMBER = 15
"""Digits of a telephone number between countries (E.164)."""
_SHORTEST_ENDING, _LONGEST_ENDING = 4, 9
"""Digits from the end of a telephone number that tell whose it may be; more of them are a whole number."""
_ENDING = re.compile(r"(…|\.+|\*+)?[\d\s()./-]*\d")
_NOTHING = {"none", "-", "–", "—", "nothing", "no", "aucun", "ninguno"}


class Cleared(Enum):
    """A field that is to be emptied."""

    CLEARED = "none"


def read_line(value: Any) -> str:
    """Return a text of one line. Raises BadValue when it is empty or too long."""
    line = " ".join(strip_controls(str(value)).split())
    if not line:
        raise BadValue(_("A value is empty. Write something after the equals sign."))
    if len(line) > LONGEST_LINE:
        words = _(
            "{start} is too long: at most {limit} characters.", start=Text(f"“{line[:30]}…”"), limit=str(LONGEST_LINE)
        )
        raise BadValue(words)
    return line


def Line() -> Form:  # noqa: N802 - reads as a kind in annotations, like those of commands.arguments
    """A text of one line."""
    return Form(read_line, form="...")


def read_email(value: Any) -> str:
    """Return a normalised e-mail address; nothing is looked up. Raises BadValue."""
    from email_validator import EmailNotValidError, validate_email

    text = strip_controls(str(value)).strip().removeprefix("mailto:").strip("<>")
    try:
        return validate_email(text, check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError as error:
        words = _(
            "{text} is not an e-mail address. It looks like {example}.",
            text=Text(f"“{text[:80]}”"),
            example=Code("ama@epa.example"),
        )
        raise BadValue(words) from error


def Email() -> Form:  # noqa: N802
    """An e-mail address."""
    return Form(read_email, form="name@epa.example")


def read_hours(value: Any) -> str:
    """Return office hours in one way of writing. Raises BadValue."""
    try:
        return str(parse_hours(str(value)))
    except NotHours as error:
        words = _(
            "I cannot read the hours {text}. Write {always} or {office}.",
            text=Text(f"“{str(value)[:40]}”"),
            always=Code("24/7"),
            office=Code("Mon-Fri 08:00-17:00"),
        )
        raise BadValue(words) from error


def OfficeHours() -> Form:  # noqa: N802
    """Office hours: `24/7`, `Mon-Fri 08:00-17:00`."""
    return Form(read_hours, form="24/7")


def OrNothing(read: Callable[[Any], Any], form: str = "...") -> Form:  # noqa: N802
    """A value, or a word such as `none` that empties the field."""

    def take(value: Any) -> Any:
        return Cleared.CLEARED if str(value).strip().casefold() in _NOTHING else read(value)

    return Form(take, form=form)


def read_person(value: Any) -> UserId:
    """Return a Matrix user id. Raises BadValue."""
    try:
        return parse_user_id(str(value))
    except ValueError as error:
        words = _(
            "{text} is not a Matrix id. It looks like {example}.",
            text=str(value)[:80],
            example=Code("@ama:example.org"),
        )
        raise BadValue(words) from error


def read_phone(text: str, land: CountryCode) -> str:
    """Return a phone number in E.164, an extension behind it as in RFC 3966.

    A number in the country's own format is understood. Raises Refusal.
    """
    import phonenumbers

    try:
        number = phonenumbers.parse(text, land)
    except phonenumbers.NumberParseException as error:
        raise Refusal(_no_phone(text, land)) from error
    if not phonenumbers.is_possible_number(number):
        raise Refusal(_no_phone(text, land))
    plain = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return f"{plain};ext={number.extension}" if number.extension else plain


@dataclass(frozen=True, slots=True)
class Caller:
    """The numbers, in E.164, that a telephone may mean by what it shows of a caller."""

    likely: Sequence[str]
    possible: Sequence[str] = ()
    """The same digits in every country: nobody said in which one they are dialled."""


def read_caller(text: str, home: CountryCode | None) -> Caller | None:
    """Read what a telephone shows of a caller; None when it is no number.

    Behind "+" or "00" stands the number itself. Without them it may be that as well, or a number of the country of who
    asks (`home`) in its own form, or else one of any country.
    """
    import phonenumbers

    digits = re.sub(r"\D", "", text.replace("(0)", ""))
    national = digits.lstrip("0")
    if not _SHORTEST_CALLER <= len(national) <= _LONGEST_NUMBER:
        return None
    if text.lstrip().startswith("+") or digits.startswith("00"):
        return Caller([f"+{national}"])
    likely = [f"+{digits}"]
    try:
        own = phonenumbers.parse(text, home)  # which knows what a country dials before its own numbers
        likely.append(phonenumbers.format_number(own, phonenumbers.PhoneNumberFormat.E164))
    except phonenumbers.NumberParseException:
        pass
    # Nearly everywhere the 0 is only dialled; of some countries it is part of the number.
    forms = {national, digits}
    return Caller(likely, [f"+{code}{form}" for code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE for form in forms])


def read_ending(text: str) -> str | None:
    """Read the last digits of a phone number, such as "…4471"; None when it is something else or a whole number."""
    found = _ENDING.fullmatch(text)
    digits = re.sub(r"\D", "", text)
    return digits if found is not None and _SHORTEST_ENDING <= len(digits) <= _LONGEST_ENDING else None


def _no_phone(text: str, land: CountryCode) -> Message:
    import phonenumbers

    example = phonenumbers.example_number(land)
    shown = "+233 30 212 3456"
    if example is not None:
        shown = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    return _(
        "{text} is not a phone number of {country} or any other. Write it with the country code, like {example}.",
        text=Text(f"“{text[:40]}”"),
        country=CountryName(land),
        example=Code(shown),
    )


def is_usual_phone(phone: str) -> bool:
    """Whether the number is of a range that its country is known to use; new ranges are not known at once."""
    import phonenumbers

    return phonenumbers.is_valid_number(phonenumbers.parse(phone))


def show_phone(phone: str) -> str:
    """Return the number as it is written between countries: +233 30 212 3456."""
    import phonenumbers

    return phonenumbers.format_number(phonenumbers.parse(phone), phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def read_port(text: str, land: CountryCode) -> Locode:
    """Return the port of this country that is meant. Raises Refusal, with the nearest."""
    found = find_port(text, land) or find_port(text)
    if found is not None and found.country == land:
        return found.locode
    if found is not None:
        words = _(
            "{port} is in {there}, not in {country}.",
            port=found.shown,
            there=CountryName(found.country),
            country=CountryName(land),
        )
        raise Refusal(words)
    near = [match.port for match in search_ports(text, land, 3)]
    if near:
        options = either(_("{name} ({code})", name=one.shown, code=one.locode) for one in near)
        words = _(
            "I know no port {text} in {country}. Did you mean {options}?",
            text=Text(f"“{text[:40]}”"),
            country=CountryName(land),
            options=options,
        )
        raise Refusal(words)
    words = _(
        "I know no port {text} in {country}. Write its UN/LOCODE, like {example}.",
        text=Text(f"“{text[:40]}”"),
        country=CountryName(land),
        example=Code("GHTEM"),
    )
    raise Refusal(words)


def port_name(locode: Locode) -> str:
    """Return the name of a port, or its code when the table no longer has it."""
    try:
        return port(locode).shown
    except KeyError:
        return locode


def main_zone(land: CountryCode) -> str:
    """Return the IANA time zone of a country's largest port or capital."""
    return country(land).zone
