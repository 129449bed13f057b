"""What else stands in the large database: profiles, exercises, announcements, reminders, questions, weights."""

import json
from typing import Any

from benchmarks.bench.scale import invented
from benchmarks.bench.scale.loading import Loader, Rows
from benchmarks.bench.scale.people import AUTHOR, MEMBERS, room_of
from commands.risk.lines import Line
from storage.profiles import Section

COLUMNS = {
    "profile_versions": "id country section number text author authority at",
    "exercises": "id year sequence title starts_at ends_at zone lead created_by created_at cancelled_at",
    "exercise_countries": "id exercise_id country invited joined_by joined_role joined_at",
    "announcements": "id author audience value text persons state drafted_at decided_at",
    "announcement_targets": "id announcement_id room_id user_id name people row_id fate settled_at",
    "reminders": "id owner number room_id direct text due_at asked_at state settled_at",
    "questions": "id room_id user_id kind data asked_at expires_at",
    "risk_weights": "id line points changed_by changed_at",
    "told": "kind key told_at",
    "guests": "room_id user_id allowed_by allowed_at",
    "audit_head": "id line hash",
    "watches": "id owner number asked_for state set_at expires_at",
    "watch_keys": "key watch_id",
    "watch_tellings": "watch_id about told_at",
}
_DAY = 86400
_COORDINATOR = "@coordinator:test"


def rows(loader: Loader, now: int, alerts: int) -> Rows:
    """Return them all, by table; there are as many in a small database as in a large one."""
    moment = loader.at(now - _DAY)
    found: dict[str, list[tuple[Any, ...]]] = {name: [] for name in COLUMNS}
    _profiles(found, moment)
    for number in range(1, 201):
        _exercise(found, number, now + (number - 190) * 20 * _DAY, loader)
        _announcement(found, number, loader.at(now - number * _DAY))
    for owner in range(300):
        _reminders(found, owner, now, loader)
    _watches(found, loader, now, alerts)
    for number, line in enumerate(list(Line) * 6, 1):
        found["risk_weights"].append((number, line.value, 1 + number % 3, _COORDINATOR, loader.at(now - number * _DAY)))
    for number in range(1, 1001):
        user = f"@m{number % 500 + 1}:test"
        found["questions"].append((number, f"!q{number}:test", user, "complete", "{}", moment, moment))
        found["told"].append(("stranger", f"@stranger{number}:test", moment))
    found["guests"].append(("!ghana:test", "@known:test", _COORDINATOR, moment))
    found["audit_head"].append((1, alerts, f"{alerts:064x}"))
    return found


def _profiles(found: dict[str, list[tuple[Any, ...]]], at: Any) -> None:
    for country in invented.land():
        for section in Section:
            for number in (1, 2, 3):
                text = f"Version {number} of what inspectors should know of {country}."
                place = len(found["profile_versions"]) + 1
                found["profile_versions"].append(
                    (place, country, section.value, number, text, AUTHOR.user_id, AUTHOR.authority, at)
                )


def _exercise(found: dict[str, list[tuple[Any, ...]]], number: int, start: int, loader: Loader) -> None:
    at = loader.at
    found["exercises"].append(
        (number, 2026, number, f"Exercise {number}", at(start), at(start + 5 * _DAY), "UTC", _COORDINATOR,
         _COORDINATOR, at(start - 90 * _DAY), None)
    )  # fmt: skip
    for place, country in enumerate(("NL", *invented.land()[2:42])):
        joined = at(start - 80 * _DAY) if place % 2 else None
        key = len(found["exercise_countries"]) + 1
        found["exercise_countries"].append((key, number, country, True, None, 2 if joined else None, joined))


def _announcement(found: dict[str, list[tuple[Any, ...]]], number: int, at: Any) -> None:
    found["announcements"].append((number, _COORDINATOR, "all", "", f"Announcement {number}", MEMBERS, "sent", at, at))
    for country in invented.land()[:200]:
        key = len(found["announcement_targets"]) + 1
        found["announcement_targets"].append((key, number, room_of(country), None, country, 3, None, "delivered", at))


def _reminders(found: dict[str, list[tuple[Any, ...]]], owner: int, now: int, loader: Loader) -> None:
    user = AUTHOR.user_id if owner == 0 else f"@m{owner}:test"
    for number in range(1, 41):
        state = "pending" if number > 20 else "given"
        found["reminders"].append(
            (len(found["reminders"]) + 1, user, number, f"!direct{owner}:test", True, "Call Rotterdam",
             loader.at(now + number * _DAY), loader.at(now - _DAY), state, None)
        )  # fmt: skip


WATCHES = 10_000
_EACH = 20
_TOLD = 10


def _watches(found: dict[str, list[tuple[Any, ...]]], loader: Loader, now: int, alerts: int) -> None:
    """Five hundred members with twenty watches each: most for a country or a port of the popular ones."""
    lot = invented.Lot(4)
    for number in range(WATCHES):
        owner, kind = number // _EACH, ("country", "port", "container")[number % 3]
        country = invented.land()[lot.early(len(invented.land()))]
        ports = invented.ports_of(country)
        box = invented.container(lot.below(2_000_000))
        if kind == "port" and ports:
            shown, key = ports[0].shown, f"port:{ports[0].locode}"
        elif kind == "container":
            shown, key = box, f"container:{box[:10]}"
        else:
            kind, shown, key = "country", country, f"country:{country}"
        asked_for = json.dumps({kind: {"shown": shown, "keys": [key]}})
        user = AUTHOR.user_id if owner == 0 else f"@m{owner}:test"
        found["watches"].append(
            (number + 1, user, number % _EACH + 1, asked_for, "active", loader.at(now - _DAY),
             loader.at(now + 60 * _DAY))
        )  # fmt: skip
        found["watch_keys"].append((key, number + 1))
        told = {1 + lot.below(alerts) for _place in range(_TOLD)}
        found["watch_tellings"] += [(number + 1, f"alert:{one}", loader.at(now - _DAY)) for one in sorted(told)]
