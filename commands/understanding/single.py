"""Single values, as `!alert set container=... port=... quantity=...` gives them."""

import re
from datetime import date
from decimal import Decimal

from commands.understanding.companies import company_value
from commands.understanding.dates import find_dates
from commands.understanding.facts import Doubt, DoubtKind, DoubtSource, FactKind, Finding
from commands.understanding.identifiers import CONTAINER_SHAPE, container_doubt, imo_doubt
from commands.understanding.page import Page
from commands.understanding.papers import is_bill, notification, un_doubt
from commands.understanding.quantities import find_quantities
from commands.understanding.ships import vessel_value
from commands.understanding.waste import basel_doubt, ewc_doubt, hs_doubt
from storage.ids import CountryCode
from storage.reference import codes, countries, ports
from storage.reference.ports import Port
from storage.reference.text import fold, key, strip_controls

_ALTERNATIVES = 6
_Read = tuple[str, str, Doubt | None]


def normalise_container(text: str) -> _Read:
    """Return number, shown form and doubt.

    Raises:
        ValueError: it has not the shape of a container number.
    """
    number = re.sub(r"[\s./\-]", "", fold(text)).upper()
    if not CONTAINER_SHAPE.fullmatch(number):
        raise ValueError(text)
    return number, number, container_doubt(number)


def normalise_vessel(text: str) -> _Read:
    """Return an IMO number ("9811000" will do here) or the name of a ship.

    Raises:
        ValueError: it is neither.
    """
    folded = fold(text)
    if match := re.fullmatch(r"(?:(?:imo|omi)[\s.:#]*(?:no|nr|number|numero)?[\s.:#]*)?([0-9]{7})", folded):
        if not int(match[1]):
            raise ValueError(text)
        return f"IMO{match[1]}", f"IMO {match[1]}", imo_doubt(match[1])
    name = " ".join(strip_controls(text).split()).strip("\"'«»“”")
    name = re.sub(r"^(?:m/?[vst]|m\.v\.?|ss|vessel|ship|navire|buque)\s+", "", name, flags=re.IGNORECASE)
    if len(name) < 2 or len(name) > 60 or not any(c.isalpha() for c in name) or folded.startswith("imo "):
        raise ValueError(text)
    return vessel_value(name), name, None


def _port_of(text: str, near: CountryCode | None = None) -> tuple[Port, Doubt | None] | None:
    """Return the port that a single value names, with the doubt about it."""
    if found := ports.find_port(text, near):
        return found, None
    some = ports.candidates(text, near)
    if some:
        alternatives = tuple(one.locode for one in some[:_ALTERNATIVES])
        return some[0], Doubt(DoubtKind.AMBIGUOUS, alternatives, DoubtSource.SAME_NAME)
    near_by = [match for match in ports.search_ports(text, near, _ALTERNATIVES) if match.score >= 80]
    if not near_by or len(key(text)) < 4:
        return None
    # Equally like what was typed, and equally likely: a person must say which.
    rank = [(match.score, match.port.known, match.port.port_function) for match in near_by[:2]]
    kind = DoubtKind.AMBIGUOUS if len(rank) == 2 and rank[0] == rank[1] else DoubtKind.GUESSED
    return near_by[0].port, Doubt(kind, tuple(match.port.locode for match in near_by), DoubtSource.MISSPELT)


def normalise_port(text: str) -> _Read:
    """Return UN/LOCODE and name of a port.

    Raises:
        ValueError: no port is called so, or nearly so.
    """
    found = _port_of(text)
    if found is None:
        raise ValueError(text)
    return found[0].locode, found[0].shown, found[1]


def normalise_country(text: str) -> _Read:
    """Return code and English name of a country.

    Raises:
        ValueError: no country is called so, or nearly so.
    """
    if code := countries.find_country(text):
        return code, countries.country_name(code), None
    guesses = countries.guess_countries(text)
    if not guesses or guesses[0].score < 80:
        raise ValueError(text)
    doubt = Doubt(DoubtKind.GUESSED, tuple(guess.code for guess in guesses), DoubtSource.MISSPELT)
    return guesses[0].code, countries.country_name(guesses[0].code), doubt


def normalise_basel(text: str, today: date) -> _Read:
    """Return a Basel code, ended and unknown ones flagged.

    Raises:
        ValueError: it has not the form of one.
    """
    code = codes.normalise_basel(text)
    if code is None:
        raise ValueError(text)
    return code, code, basel_doubt(code, today)


def normalise_ewc(text: str, today: date) -> _Read:
    """Return a code of the EU list of waste.

    Raises:
        ValueError: it has not six digits.
    """
    digits = codes.normalise_ewc(text)
    if digits is None:
        raise ValueError(text)
    return digits, codes.ewc_formatted(digits), ewc_doubt(digits, today)


def normalise_hs(text: str) -> _Read:
    """Return an HS code of 4 or 6 digits; national digits are cut off.

    Raises:
        ValueError: it has not that form.
    """
    digits = codes.normalise_hs(text)
    if digits is None or len(digits) < 4:
        raise ValueError(text)
    return digits, codes.hs_formatted(digits), hs_doubt(digits)


def normalise_quantity(text: str) -> _Read:
    """Return amount and unit.

    Raises:
        ValueError: it is not an amount with a unit that is known, or the amount is nil.
    """
    page = Page(text)
    find_quantities(page)
    read = _only(page)
    if read is None or Decimal(read.value.partition(" ")[0]) <= 0:
        raise ValueError(text)
    return read.value, read.shown, read.doubt


def normalise_date(text: str, today: date) -> _Read:
    """Return a date in ISO 8601.

    Raises:
        ValueError: it is not a date.
    """
    page = Page(text)
    find_dates(page, today)
    read = _only(page)
    if read is None:
        raise ValueError(text)
    return read.value, read.shown, read.doubt


def normalise_un_number(text: str) -> _Read:
    """Return a UN number of dangerous goods ("2794" will do here).

    Raises:
        ValueError: it has not four digits.
    """
    match = re.fullmatch(
        r"(?:(?:un|onu)[\s.:#°º\-]{0,4}(?:no|nr|number|numero)?[\s.:#°º\-]{0,4})?([0-9]{4})", fold(text)
    )
    if match is None:
        raise ValueError(text)
    return f"UN{match[1]}", f"UN {match[1]}", un_doubt(match[1])


def normalise_bill_of_lading(text: str) -> _Read:
    """Return the number of a bill of lading: the carrier's free text, in capitals without blanks.

    Raises:
        ValueError: it is shorter or longer than such numbers are, or has hardly a digit.
    """
    number = re.sub(r"[\s./\-]", "", fold(text)).upper()
    if not number.isalnum() or not is_bill(number):
        raise ValueError(text)
    return number, number, None


def normalise_notification(text: str) -> _Read:
    """Return the number of a notification, a movement document or an Annex VII document.

    Raises:
        ValueError: it has not the form of one.
    """
    read = notification(text)
    if read is None:
        raise ValueError(text)
    return read, read, None


def normalise_company(text: str) -> _Read:
    """Return the name of a company in the form that names are compared by.

    Raises:
        ValueError: it has no letter, or is longer than a name.
    """
    shown = " ".join(strip_controls(text).split())
    value = company_value(shown)
    if not 2 <= len(value) <= 120 or not any(c.isalpha() for c in value):
        raise ValueError(text)
    return value, shown, None


def normalise_declared(text: str) -> _Read:
    """Return what goods are declared as, in capitals and as it was written.

    Raises:
        ValueError: there is no letter in it.
    """
    shown = " ".join(strip_controls(text).split()).strip("\"'«»“”")
    if not any(c.isalpha() for c in shown):
        raise ValueError(text)
    return fold(shown).upper(), shown, None


def _only(page: Page) -> Finding | None:
    """Return the finding that is all of the text."""
    if len(page.findings) != 1:
        return None
    start, end = page.findings[0].span
    rest = page.text[:start] + page.text[end:]
    return None if strip_controls(rest).strip(" \t\n.,;") else page.findings[0]


def parse_fact(kind: FactKind, text: str, today: date) -> Finding | None:
    """Read a single value as a fact of a kind; None when it is none. `span` is all of the text. Never raises."""
    try:
        value, shown, doubt = _read(kind, text, today)
    except ValueError:
        return None
    return Finding(kind, value, shown, (0, len(text)), doubt)


def _read(kind: FactKind, text: str, today: date) -> _Read:
    undated = {
        FactKind.CONTAINER: normalise_container,
        FactKind.VESSEL: normalise_vessel,
        FactKind.PORT: normalise_port,
        FactKind.COUNTRY: normalise_country,
        FactKind.HS: normalise_hs,
        FactKind.QUANTITY: normalise_quantity,
        FactKind.UN_NUMBER: normalise_un_number,
        FactKind.BILL_OF_LADING: normalise_bill_of_lading,
        FactKind.NOTIFICATION: normalise_notification,
        FactKind.COMPANY: normalise_company,
        FactKind.DECLARED: normalise_declared,
    }
    dated = {
        FactKind.BASEL: normalise_basel,
        FactKind.EWC: normalise_ewc,
        FactKind.DATE: normalise_date,
    }
    return undated[kind](text) if kind in undated else dated[kind](text, today)
