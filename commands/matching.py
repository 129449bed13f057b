"""The keys under which one thing is found again however it was written: for watches, sightings and alerts alike."""

import re
from collections.abc import Iterable, Sequence

from commands.shipment import Kind
from storage.alerts import EXERCISE, REAL, Alert, AlertMarks, Alerts, AlertState, Mark, Outline, Outlines, mark_of
from storage.base import Transaction
from storage.ids import CountryCode
from storage.reference import codes
from storage.reference.text import fold

_BASEL = re.compile(r"(?:basel ?(?:code ?)?)?([ab](?:[1-4][0-9]{0,3})?|y[0-9]{0,2})")
_UN = re.compile(r"(?:un|onu) ?(?:no|number)? ?([0-9]{4})")
_CUSTOMS = re.compile(r"(hs|sh|hts|cn|taric) ?(?:code|no)? ?([0-9]{2,10})")
_LIST_OF_WASTE = re.compile(r"(ewc|low|ler|ced|avv) ?(?:code|no)? ?([0-9]{2,6})")
_GONE = frozenset({AlertState.WITHDRAWN, AlertState.MERGED})
_LONGEST = 6  # digits of a code of which national ones are cut off


def key_of(mark: Mark) -> str:
    """Return the key of what is compared between alerts: a container or ship, however it was written."""
    return f"{mark.kind}:{mark.value}"


def mark_with(key: str) -> Mark:
    """Return the container or ship that a key stands for."""
    kind, _colon, value = key.partition(":")
    return Mark(kind, value)


def thing_key(kind: str, value: str) -> str | None:
    """Return the key of a container or ship: without check digit, blanks and accents; None when nothing is left."""
    mark = mark_of(kind, value)
    return key_of(mark) if mark is not None else None


def country_key(country: CountryCode) -> str:
    return f"country:{country}"


def place_keys(code: str) -> Sequence[str]:
    """Return the keys of a place: of a UN/LOCODE also that of its country."""
    port = [f"port:{code}"] if len(code) > 2 else []
    return [*port, country_key(CountryCode(code[:2]))]


def waste_key(text: str) -> str | None:
    """Return the key that a waste code asks for, or the beginning of one ("A1", "8549", "16 06"); None for no code.

    Digits alone may be of the EU list of waste or of customs; "EWC 1606" and "HS 8549" say which.
    """
    plain = re.sub(r"[.\-:]", "", fold(text)).removesuffix("*").strip()
    packed = plain.replace(" ", "")
    if match := _BASEL.fullmatch(packed):
        return f"basel:{match[1].upper()}"
    if match := _UN.fullmatch(plain):
        return f"un:UN{match[1]}"
    if match := _CUSTOMS.fullmatch(packed):
        return f"hs:{match[2][:_LONGEST]}"
    if match := _LIST_OF_WASTE.fullmatch(packed):
        return f"ewc:{match[2]}"
    if packed.isascii() and packed.isdecimal() and 2 <= len(packed) <= 10:
        return f"digits:{packed[:_LONGEST]}"
    return None


def keys_of_fact(kind: str, value: str) -> Sequence[str]:
    """Return the keys under which a fact is found; none for one that cannot be watched for."""
    match kind:
        case Kind.CONTAINER | Kind.VESSEL:
            key = thing_key(kind, value)
            return [key] if key is not None else []
        case Kind.PORT:
            return [f"port:{value}"]
        case Kind.BASEL:
            return _basel_keys(value)
        case Kind.EWC | Kind.HS:
            starts = [value[:length] for length in range(2, len(value) + 1)]
            return [f"{name}:{start}" for start in starts for name in (kind, "digits")]
        case Kind.UN_NUMBER:
            return [f"un:{value}"]
        case _:
            return []


def _basel_keys(value: str) -> Sequence[str]:
    """Return the keys of a code and of those that took its place: a paper may still use the old one."""
    found = []
    for code in (value, *codes.basel_successors(value)):
        # "Y4" is an entry of its own and no beginning of "Y46".
        starts = ["Y", code] if code.startswith("Y") else [code[:length] for length in range(1, len(code) + 1)]
        found += [f"basel:{start}" for start in starts]
    return found


def keys_of(alert: Alert) -> frozenset[str]:
    """Return the keys under which an alert is found: of its current facts and of the countries concerned."""
    keys = {key for fact in alert.current_facts for key in keys_of_fact(fact.kind, fact.value)}
    keys |= {country_key(country) for country in alert.countries}
    if alert.author_country is not None:
        keys.add(country_key(alert.author_country))
    return frozenset(keys)


def carried(alert: Alert) -> frozenset[str]:
    """Return the keys of the containers and ships of an alert: what can be seen again."""
    kinds = (Kind.CONTAINER, Kind.VESSEL)
    return frozenset(
        key for fact in alert.current_facts if fact.kind in kinds for key in keys_of_fact(fact.kind, fact.value)
    )


async def alerts_with(keys: Iterable[str], *, exercise: bool, tx: Transaction, limit: int) -> Sequence[Alert]:
    """Return the newest circulated alerts that name one of these containers or ships; none withdrawn or merged."""
    newest = await _newest_with(keys, exercise, tx, limit)
    alerts = await Alerts(tx).several(newest)
    return [alerts[one] for one in newest if alerts[one].state not in _GONE]


async def outlines_with(keys: Iterable[str], *, exercise: bool, tx: Transaction, limit: int) -> Sequence[Outline]:
    """Return the same alerts in outline, newest first: where nothing is asked of them but who may see them."""
    newest = await _newest_with(keys, exercise, tx, limit)
    return [alert for alert in await Outlines(tx).several(newest) if alert.state not in _GONE]


async def _newest_with(keys: Iterable[str], exercise: bool, tx: Transaction, limit: int) -> Sequence[int]:
    marks = list(dict.fromkeys(map(mark_with, keys)))
    found = await AlertMarks(tx).newest_with(EXERCISE if exercise else REAL, marks, limit=limit)
    return sorted({one for some in found.values() for one in some}, reverse=True)[:limit]
