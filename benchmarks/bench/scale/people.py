"""Who belongs to the large network: the roster, the rooms, and a hundred thousand contacts."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from benchmarks.bench.scale import invented
from benchmarks.bench.scale.loading import Loader, Rows
from storage.contacts import phone_end, words_of
from storage.reference.countries import country_name
from tests.fakes import COUNTRY_ROOMS, PEOPLE

MEMBERS = 600
_BOT = "@sesn:test"
_DAY = 86400


@dataclass(frozen=True, slots=True)
class Official:
    """Somebody who raises alerts."""

    user_id: str
    authority: str
    country: str


AUTHOR = Official("@ghana:test", "EPA Ghana", "GH")
"""Who raised far more alerts than anybody else."""

OTHER_AUTHORS = ("@netherlands:test", "@belgium:test", "@ghana2:test")

_ROOMS = {country: f"!{name}:test" for name, country in COUNTRY_ROOMS.items()}


def room_of(country: str) -> str:
    """Return the room of a country."""
    return _ROOMS.get(country) or f"!{country.lower()}:test"


@cache
def officials() -> tuple[Official, ...]:
    """Return the officials, those of popular countries first."""
    lot = invented.Lot(2)
    named = [
        Official(f"@{name}:test", authority, country)
        for name, (_role, country, _kind, _name, authority, _zone) in PEOPLE.items()
        if country is not None
    ]
    made = [
        Official(f"@m{number}:test", f"{country_name(country)} {invented.OFFICES[number % 6]}", country)
        for number in range(MEMBERS - len(PEOPLE))
        for country in [invented.land()[lot.early(len(invented.land()))]]
    ]
    return (*named, *made)


def roster(loader: Loader, now: int) -> Rows:
    """Return the members beside those of the tests, the bindings, and whose keys are pinned."""
    at = loader.at(now - 400 * _DAY)
    members: list[tuple[Any, ...]] = [
        (one.user_id, invented.person(number), one.authority, invented.OFFICE_KINDS[number % 6], one.country,
         2 if number % 4 else 1, "en", "UTC", _BOT, at, None)
        for number, one in enumerate(officials()) if one.user_id.startswith("@m")
    ]  # fmt: skip
    members += [
        (f"@{name}:test", full, authority, kind.value, country, int(role), "en", zone, _BOT, at, None)
        for name, (role, country, kind, full, authority, zone) in PEOPLE.items()
    ]
    bindings = [(room_of(country), "country", country) for country in invented.land()]
    bindings += [("!network:test", "network", ""), ("!coordination:test", "coordination", "")]
    bindings += [("!region-africa:test", "region", "Africa"), ("!region-europe:test", "region", "Europe")]
    return {
        "members": members,
        "bindings": [(number, *one, _BOT, at) for number, one in enumerate(bindings, 1)],
        "pins": [(member[0], f"key of {member[0]}", at) for member in members],
    }


COLUMNS = {
    "members": "user_id name authority kind country role language zone added_by added_at removed_at",
    "bindings": "id room_id kind value bound_by bound_at",
    "pins": "user_id master_key pinned_at",
    "contacts": (
        "id country kind name role authority phone phone_end email email_key languages zone hours port member on_duty "
        "added_by added_at confirmed_by confirmed_at removed_at"
    ),
    "contact_terms": "id contact_id term",
    "contact_words": "term backwards",
    "contact_changes": "id contact_id kind fields by authority at",
    "timers": "id kind subject due_at payload state fired_at",
}

_TIMERS_FROM = 1_000_000_000
"""Numbers of clocks, past those of the alerts."""


def contacts(count: int, loader: Loader, now: int, size: int) -> Iterator[Rows]:
    """Yield the contacts, a batch at a time, with the words by which they are found."""
    lot = invented.Lot(3)
    terms = 0
    known: set[str] = set()
    rows: dict[str, list[tuple[Any, ...]]] = _nothing()
    for number in range(1, count + 1):
        country = invented.land()[lot.early(len(invented.land()))]
        office = lot.early(6)
        some_ports = invented.ports_of(country)
        port = some_ports[lot.below(len(some_ports))] if some_ports and lot.chance() < 0.4 else None
        name = invented.person(lot.below(60_000))
        role = invented.ROLES[lot.early(len(invented.ROLES))]
        authority = f"{country_name(country)} {invented.OFFICES[office]}"
        languages = sorted({"en", invented.LANGUAGES[lot.early(7)]})
        email = f"c{number}@office.example"
        changed = loader.at(now - lot.below(170) * _DAY)
        phone = f"+233{200_000_000 + number}"
        rows["contacts"].append((
            number, country, invented.OFFICE_KINDS[office], name, role, authority, phone,
            phone_end(phone), email, email, json.dumps(languages), "UTC",
            "24/7" if lot.chance() < 0.2 else "Mon-Fri 08:00-17:00",
            port.locode if port else None, None, lot.chance() < 0.1, AUTHOR.user_id, changed, AUTHOR.user_id, changed,
            None,
        ))  # fmt: skip
        found_by = words_of(name, role, authority, port.shown if port else "")
        for term in sorted(found_by | {f"lang:{one}" for one in languages}):
            terms += 1
            rows["contact_terms"].append((terms, number, term))
            if term not in known:
                known.add(term)
                rows["contact_words"].append((term, term[::-1]))
        rows["contact_changes"].append((number, number, "added", "[]", AUTHOR.user_id, AUTHOR.authority, changed))
        due = loader.at(now + (1 + lot.below(179)) * _DAY)
        rows["timers"].append(
            (_TIMERS_FROM + number, "contact.confirm", f"contact:{number}", due, "{}", "pending", None)
        )
        if number % size == 0 or number == count:
            yield rows
            rows = _nothing()


def _nothing() -> dict[str, list[tuple[Any, ...]]]:
    return {name: [] for name in ("contacts", "contact_terms", "contact_words", "contact_changes", "timers")}
