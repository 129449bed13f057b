"""What hangs on some alerts only: requests, files, persons, matches with others; and sightings of what they name."""

from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.bench.scale import invented
from benchmarks.bench.scale.loading import Loader, Rows
from benchmarks.bench.scale.people import OTHER_AUTHORS, Official, officials, room_of
from storage.alerts import mark_of

COLUMNS = {
    "incoming_files": (
        "id event_id room_id sealed declared_type sender limit_bytes report subject state attempts not_before came_at "
        "fault sha256 size_bytes content_type width height"
    ),
    "alert_attachments": (
        "id alert_id number file_id name caption state sent_by sent_authority sent_country sent_at room_id direct"
    ),
    "alert_individuals": "id alert_id name role added_by added_authority added_country added_at",
    "alert_requests": (
        "id alert_id number country text state asked_by asked_authority asked_country asked_at due_at reminded "
        "answer answered_by answered_authority ended_at"
    ),
    "alert_proposals": (
        "id alert_id number changes why state proposed_by proposed_authority proposed_country proposed_at "
        "decided_by decided_authority decided_at"
    ),
    "alert_matches": "alert_id other_id found_at told_at row_id",
    "alert_hidden_matches": "alert_id kind mark told_at asked_at",
    "outbox_names": "row_id subject",
    "sightings": (
        "id kind shown doubt found place place_shown seen_at reported_at current_until text tlp exercise author "
        "author_authority author_country"
    ),
    "sighting_keys": "key sighting_id",
}

POPULAR_BOX = "CSQU3054383"
"""The container that is seen far oftener than any other."""

_DAY = 86400
_PARTS = ("driver", "broker", None, "consignee", "director")

Next = Callable[[str], int]
SetClock = Callable[[str, str, int, str], None]
"""Kind, subject, when, payload."""


class Attached:
    """Adds what hangs on an alert to the rows of a batch."""

    def __init__(self, lot: invented.Lot, at: Callable[[int], Any], number_of: Next, set_clock: SetClock) -> None:
        """`number_of` gives the next number of a table."""
        self._lot = lot
        self._at = at
        self._next = number_of
        self._set_clock = set_clock

    def request(
        self, rows: dict[str, list[tuple[Any, ...]]], alert: int, by: Official, country: str, place: int, *,
        is_open: bool, when: int,
    ) -> None:  # fmt: skip
        number = self._next("alert_requests")
        at = self._at
        rows["alert_requests"].append((
            number, alert, place, country, "Who is the consignee?", "open" if is_open else "answered", by.user_id,
            by.authority, by.country, at(when), at(when + 3 * _DAY), None, None if is_open else "A shell company",
            None, None, None if is_open else at(when + _DAY),
        ))  # fmt: skip
        if is_open:
            self._set_clock("alert.request", f"alert:{alert}:request:{number}", when + 3 * _DAY, '{"step": "due"}')

    def proposal(
        self, rows: dict[str, list[tuple[Any, ...]]], alert: int, author: Official, country: str, *, is_open: bool,
        when: int,
    ) -> None:  # fmt: skip
        at = self._at
        rows["alert_proposals"].append((
            self._next("alert_proposals"), alert, 1, '{"vessel": ["Star"]}', "Seen at the berth",
            "open" if is_open else "accepted", OTHER_AUTHORS[0], "ILT", country, at(when + _DAY),
            None if is_open else author.user_id, None if is_open else author.authority,
            None if is_open else at(when + 2 * _DAY),
        ))  # fmt: skip

    def persons(self, rows: dict[str, list[tuple[Any, ...]]], alert: int, by: Official, count: int, when: int) -> None:
        for _place in range(count):
            number = self._next("alert_individuals")
            rows["alert_individuals"].append(
                (number, alert, invented.person(self._lot.below(60_000)), _PARTS[number % len(_PARTS)], by.user_id,
                 by.authority, by.country, self._at(when))
            )  # fmt: skip

    def files(self, rows: dict[str, list[tuple[Any, ...]]], alert: int, by: Official, count: int, when: int) -> None:
        moment = self._at(when)
        for place in range(1, count + 1):
            number = self._next("incoming_files")
            digest = f"{self._lot.below(40_000):064x}"  # some are sent to several alerts
            room = room_of(by.country)
            rows["incoming_files"].append((
                number, f"$f{number}", room, None, "image/jpeg", by.user_id, 20_000_000, "alert file",
                f"alert:{alert}", "seen", 1, moment, moment, None, digest, 900_000 + number % 1000, "image/jpeg",
                3000, 2000,
            ))  # fmt: skip
            rows["alert_attachments"].append(
                (number, alert, place, number, f"IMG_{number}.jpg", None, "kept", by.user_id, by.authority, by.country,
                 moment, room, False)
            )  # fmt: skip

    def named(self, rows: dict[str, list[tuple[Any, ...]]], alert: int, row: int) -> None:
        """Say that a message of the outbox names this alert beside others."""
        rows["outbox_names"].append((row, f"alert:{alert}"))

    def matches(self, rows: dict[str, list[tuple[Any, ...]]], alert: int, vessel: str | None, when: int) -> None:
        """Say that it names the same as the one before it, and that its ship stands in one that may not be shown."""
        moment = self._at(when)
        if alert > 1:
            rows["alert_matches"] += [(alert, alert - 1, moment, moment, None), (alert - 1, alert, moment, None, None)]
        mark = mark_of("vessel", vessel) if vessel is not None else None
        if mark is not None:
            rows["alert_hidden_matches"].append((alert, *mark, moment, None))


def sightings(count: int, end: int, loader: Loader, size: int) -> Iterator[Rows]:
    """Yield so many sightings, a batch at a time, oldest first: one in fifty of the popular container."""
    lot = invented.Lot(6)
    at = loader.at
    rows: dict[str, list[tuple[Any, ...]]] = {"sightings": [], "sighting_keys": []}
    some = [one for one in officials() if one.user_id not in OTHER_AUTHORS]
    for number in range(1, count + 1):
        when = end - (count - number) * 1200
        by = some[lot.early(len(some))]
        chance = lot.chance()
        kind = "container" if chance < 0.8 else "vessel"
        shown = invented.container(lot.below(2_000_000)) if kind == "container" else invented.vessel(lot.early(8000))
        if chance < 0.02:
            shown = POPULAR_BOX
        mark = mark_of(kind, shown)
        assert mark is not None
        country = invented.land()[lot.early(len(invented.land()))]
        ports = invented.ports_of(country)
        place, place_shown = (ports[0].locode, ports[0].shown) if ports else (country, country)
        rows["sightings"].append((
            number, kind, shown, None, lot.chance() < 0.9, place, place_shown, at(when - 3600), at(when),
            at(when + 14 * _DAY), "Seen at the scanner" if lot.chance() < 0.3 else None, "AMBER", False, by.user_id,
            by.authority, by.country,
        ))  # fmt: skip
        rows["sighting_keys"].append((f"{mark.kind}:{mark.value}", number))
        if number % size == 0 or number == count:
            yield rows
            rows = {"sightings": [], "sighting_keys": []}
