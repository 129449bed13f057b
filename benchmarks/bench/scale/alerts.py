"""A million alerts: what is known of each, whom it concerns, what was done and said about it."""

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from benchmarks.bench.scale import attached, invented
from benchmarks.bench.scale.attached import POPULAR_BOX, Attached
from benchmarks.bench.scale.loading import Loader, Rows
from benchmarks.bench.scale.people import AUTHOR, OTHER_AUTHORS, Official, officials, room_of
from storage.alerts import MARKED_KINDS, mark_of

ALERTS = (
    "id series year sequence state is_open tlp urgency author author_authority author_country drafted_at circulated_at "
    "ended_at outcome type verified_at ground informed_at take_back_by cost_bearer merged_into individuals"
)
COLUMNS = attached.COLUMNS | {
    "alerts": ALERTS,
    "alert_wordings": "alert_id text",
    "alert_facts": "id alert_id kind value shown role doubt alternatives source stated_at replaced_at",
    "alert_marks": "series kind mark alert_id",
    "alert_addressees": (
        "alert_id country is_open reasons position added_at told_at acknowledge_by acknowledged_at acknowledged_by "
        "acknowledged_authority reminded reminded_at held_at inspected_at control_authority finding found_at"
    ),
    "alert_persons": "alert_id user_id named_by named_at",
    "alert_history": "id alert_id at actor authority actor_country what state country details",
    "alert_history_texts": "line_id text",
    "alert_cards": "row_id alert_id room_id user_id told_at retracted_at",
    "outbox": (
        "id transaction_id device_id kind lane room_id content clear for_anybody thread_row subject part report "
        "origin_user priority state attempts created_at sent_at sent_room event_id"
    ),
    "timers": "id kind subject due_at payload state fired_at",
    "audit": "id at actor action subject room_id outcome details hash",
    "inbox": "seq key kind payload received_at handled_at outcome",
}

SPAN = 4 * 365 * 86400
"""Seconds over which the alerts are spread."""

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_OPEN = (
    ("circulated", 55), ("under control", 15), ("confirmed", 6), ("export state informed", 5), ("take-back agreed", 4),
    ("in return", 3), ("received", 3), ("cleared", 2), ("not located", 2), ("disputed", 2), ("local treatment", 2),
    ("reopened", 1),
)  # fmt: skip
_OPEN_STATES = frozenset(state for state, _share in _OPEN)
_OUTCOMES = ("cleared", "cleared", "returned", "not-located", "returned", "treated", "prosecuted", "other")
_FINDING = {"cleared": "cleared", "not-located": "not-located", "returned": "confirmed", "treated": "confirmed",
            "prosecuted": "confirmed", "other": None}  # fmt: skip
_AFTER_FINDING = {"confirmed", "export state informed", "take-back agreed", "in return", "received", "disputed",
                  "local treatment"}  # fmt: skip
_RUNS = {"export state informed", "take-back agreed", "in return", "disputed"}
_TLP = ("AMBER",) * 11 + ("GREEN",) * 5 + ("CLEAR",) * 2 + ("AMBER+STRICT",) * 2
_CONTENT = json.dumps(
    {"msgtype": "m.notice", "body": "Alert, circulated, TLP:AMBER. Container, from, to, waste, who acknowledged."}
)


HEAVY_PERSONS = 5
"""So many persons are named in an alert with which everything is many: countries, notes, files, requests."""

_HEAVY_COUNTRIES, _HEAVY_NOTES, _HEAVY_FILES, _HEAVY_REQUESTS = 24, 60, 10, 10


class Alerts:
    """Makes the alerts of a database, oldest first, and all that hangs on them."""

    def __init__(self, count: int, end: int, loader: Loader) -> None:
        """`end` is the moment of the newest, seconds since 1970."""
        self._count = count
        self._end = end
        self._at = loader.at
        self._lot = invented.Lot(1)
        self._sequences: dict[tuple[str, int], int] = {}
        self._ids = dict.fromkeys(COLUMNS, 0)
        self._attached = Attached(self._lot, loader.at, self._next, self._timer)
        self._rows: dict[str, list[tuple[Any, ...]]] = {name: [] for name in COLUMNS}

    def batches(self, size: int) -> Iterator[Rows]:
        """Yield the rows of `size` alerts at a time, by table."""
        for number in range(1, self._count + 1):
            self._alert(number)
            if number % size == 0 or number == self._count:
                yield self._rows
                self._rows = {name: [] for name in COLUMNS}

    def _next(self, table: str) -> int:
        self._ids[table] += 1
        return self._ids[table]

    def _alert(self, number: int) -> None:
        lot, at = self._lot, self._at
        age = SPAN * (self._count - number) // self._count
        drafted = (self._end - age - 2 * _HOUR) // _MINUTE * _MINUTE
        heavy = number % 40 == 0 and self._is_new(number)
        author = AUTHOR if heavy else self._author()
        country = author.country
        series = "X" if not heavy and lot.chance() < 0.02 else "A"
        year = 1970 + int(drafted // (365.2425 * _DAY))
        key = (series, year)
        self._sequences[key] = sequence = self._sequences.get(key, 0) + 1
        state = "circulated" if heavy else self._state(number)
        tlp = "AMBER" if heavy else "RED" if lot.chance() < 0.02 else _TLP[lot.below(len(_TLP))]
        persons = HEAVY_PERSONS if heavy else 1 + lot.below(3) if lot.chance() < 0.03 else 0
        sent = None if state in {"draft", "submitted", "returned", "verified"} else drafted + 5 * _MINUTE
        ended = outcome = None
        if state in {"closed", "withdrawn", "merged"}:
            ended = drafted + _DAY + lot.below(40 * _DAY)
            outcome = _OUTCOMES[lot.below(len(_OUTCOMES))] if state == "closed" else None
        found = "confirmed" if state in _AFTER_FINDING else _FINDING.get(outcome or state)
        if state == "not located":
            found = "not-located"
        informed = drafted + 3 * _DAY if state in _RUNS or outcome == "returned" else None
        is_open = sent is not None and ended is None
        self._rows["alerts"].append((
            number, series, year, sequence, state, is_open, tlp,
            "urgent" if lot.chance() < 0.2 else "routine", author.user_id,
            author.authority, country, at(drafted), _or_none(at, sent), _or_none(at, ended), outcome,
            "alert" if lot.chance() < 0.8 else "warning", _or_none(at, sent), "d" if found == "confirmed" else None,
            _or_none(at, informed), at(informed + 30 * _DAY) if informed else None,
            "exporter" if outcome == "returned" else None, number - 1 if state == "merged" else None, persons,
        ))  # fmt: skip
        marked = series if sent is not None and state != "withdrawn" else None
        origin = self._facts(number, country, drafted, marked, heavy=heavy)
        concerned = self._countries(number, author, origin, state, found, sent, drafted, heavy=heavy)
        if tlp == "RED":
            named = OTHER_AUTHORS[lot.below(3)]
            self._rows["alert_persons"].append((number, named, author.user_id, at(drafted)))
        self._record(number, author, state, concerned, drafted, sent, ended, outcome, found, heavy=heavy)
        self._attached.persons(self._rows, number, author, persons, drafted)
        if heavy or (sent is not None and lot.chance() < 0.05):
            self._attached.files(self._rows, number, author, _HEAVY_FILES if heavy else 1 + lot.below(3), drafted)
        if sent is not None:
            self._said(number, author, concerned, tlp, state, sent)
        for place in range(_HEAVY_REQUESTS if heavy else 1 if lot.chance() < 0.05 and sent is not None else 0):
            self._attached.request(
                self._rows, number, author, concerned[-1], place + 1, is_open=ended is None, when=sent or drafted
            )
        if heavy or (lot.chance() < 0.03 and sent is not None):
            self._attached.proposal(
                self._rows, number, author, concerned[-1], is_open=ended is None, when=sent or drafted
            )

    def _is_new(self, number: int) -> bool:
        """Whether it is of the newest two in a hundred, two thousand at least: so that each state has some."""
        return number > self._count - max(self._count // 50, 2000)

    def _author(self) -> Official:
        chance = self._lot.chance()
        some = officials()
        if chance < 0.08:
            return AUTHOR
        return some[self._lot.early(len(some))]

    def _state(self, number: int) -> str:
        """Of the newest most are open or drafts, of the others one in a hundred."""
        newest = self._is_new(number)
        chance = self._lot.chance()
        if newest and chance < 0.1:
            return ("draft", "submitted", "verified", "returned")[self._lot.below(4)]
        if chance < (0.6 if newest else 0.01):
            place = self._lot.below(100)
            for state, share in _OPEN:
                if (place := place - share) < 0:
                    return state
        return "closed" if self._lot.chance() < 0.94 else ("withdrawn", "merged")[self._lot.below(2)]

    def _facts(self, number: int, country: str, drafted: int, marked: str | None, *, heavy: bool) -> str:
        """Write what is known of the shipment, for `marked` series also to be found; return the country of origin."""
        lot = self._lot
        origin = invented.land()[1:][lot.early(len(invented.land()) - 1)]
        goods = invented.GOODS[lot.early(len(invented.GOODS))]
        facts: list[tuple[str, str, str, str | None]] = []
        box = POPULAR_BOX if lot.chance() < 0.0005 else invented.container(lot.below(2_000_000))
        facts.append(("container", box, box, None))
        seen, left = invented.ports_of(country), invented.ports_of(origin)
        if seen:
            port = seen[lot.early(len(seen))]
            facts.append(("port", port.locode, port.name, "seen"))
        if left:
            port = left[lot.early(len(left))]
            facts.append(("port", port.locode, port.name, "origin"))
        else:
            facts.append(("country", origin, origin, "origin"))
        vessel = None
        if heavy or lot.chance() < 0.3:
            vessel = invented.vessel(0 if heavy else lot.early(8000))
            facts.append(("vessel", vessel.upper(), vessel, None))
        if lot.chance() < 0.6:
            kind, code = invented.WASTE_CODES[lot.early(len(invented.WASTE_CODES))]
            facts.append((kind, code, code, None))
        if lot.chance() < 0.5:
            tonnes = 1 + lot.below(250) / 10
            facts.append(("quantity", f"{tonnes} t", f"{tonnes} t", None))
        if heavy or lot.chance() < 0.3:
            name = invented.company(0 if heavy else lot.early(20000))
            facts.append(("company", name.upper(), name, None))
        at = self._at(drafted)
        for kind, value, shown, role in facts:
            self._rows["alert_facts"].append(
                (self._next("alert_facts"), number, kind, value, shown, role, None, "[]", "text", at, None)
            )
            mark = _mark(kind, value) if marked is not None and kind in MARKED_KINDS else None
            if mark is not None:
                self._rows["alert_marks"].append((marked, *mark, number))
        if marked is not None and (heavy or lot.chance() < 0.03):
            self._attached.matches(self._rows, number, vessel, drafted)
        self._rows["alert_wordings"].append((number, f"Container {box}, {goods}, from {origin}"))
        return origin

    def _countries(
        self, number: int, author: Official, origin: str, state: str, found: str | None, sent: int | None,
        drafted: int, *, heavy: bool,
    ) -> list[str]:  # fmt: skip
        lot, at = self._lot, self._at
        concerned = [(author.country, "seen")]
        if origin != author.country:
            concerned.append((origin, "origin"))
        if lot.chance() < 0.4:
            transit = invented.land()[lot.early(len(invented.land()))]
            if transit not in {country for country, _reason in concerned}:
                concerned.append((transit, "transit"))
        if heavy:
            known = {country for country, _reason in concerned}
            concerned += [(one, "added") for one in invented.land()[:_HEAVY_COUNTRIES] if one not in known]
        silent = state == "circulated"
        for place, (country, reason) in enumerate(concerned):
            own = place == 0
            acknowledged = drafted + lot.below(2 * _DAY) if own or not silent or lot.chance() < 0.4 else None
            control = own and (found is not None or state == "under control")
            when = sent if sent is not None else drafted
            self._rows["alert_addressees"].append((
                number, country, state in _OPEN_STATES, f'["{reason}"]', place,
                at(drafted), at(when) if sent is not None else None, at(when + _DAY) if sent is not None else None,
                None if acknowledged is None or sent is None else at(acknowledged), None, None,
                "room" if acknowledged is None and sent is not None else None, None,
                at(when + _HOUR + lot.below(3 * _DAY)) if control else None, None,
                author.authority if control else None, found if control else None,
                at(when + 3 * _DAY + lot.below(2 * _DAY)) if control and found is not None else None,
            ))  # fmt: skip
            if sent is not None and acknowledged is None:
                due = sent + 3 * _DAY
                self._timer("alert.escalate", f"alert:{number}:{country}", due, '{"step": 2}')
        return [country for country, _reason in concerned]

    def _record(
        self, number: int, author: Official, state: str, concerned: list[str], drafted: int, sent: int | None,
        ended: int | None, outcome: str | None, found: str | None, *, heavy: bool,
    ) -> None:  # fmt: skip
        lines: list[tuple[int, str, str, str | None, str, str]] = [(drafted, "drafted", "draft", None, "{}", "")]
        if sent is not None:
            lines.append((sent, "circulated", "circulated", None, "{}", ""))
            if len(concerned) > 1:
                lines.append((sent + _HOUR, "acknowledged", "circulated", concerned[1], "{}", ""))
        if found is not None and sent is not None:
            details = json.dumps({"finding": found})
            lines.append((sent + 3 * _DAY, "found", "under control", author.country, details, "The box was opened"))
        if ended is not None:
            what = "closed" if state == "closed" else state
            details = json.dumps({"outcome": outcome}) if outcome else json.dumps({"into": number - 1})
            lines.append((ended, what, state, None, details, "As agreed with all concerned"))
        if heavy and sent is not None:
            lines += [
                (sent + place * 60, "noted", "circulated", None, "{}", f"Note {place}: still on the terminal")
                for place in range(1, _HEAVY_NOTES)
            ]
        for when, what, then, country, details, text in lines:
            line = self._next("alert_history")
            self._rows["alert_history"].append(
                (line, number, self._at(when), author.user_id, author.authority, author.country, what, then, country,
                 details)
            )  # fmt: skip
            if text:
                self._rows["alert_history_texts"].append((line, text))
        audit = self._next("audit")
        self._rows["audit"].append(
            (audit, self._at(drafted), author.user_id, "alert", f"alert:{number}", room_of(author.country), "ok", "{}",
             f"{audit:064x}")
        )  # fmt: skip
        seq = self._next("inbox")
        moment = self._at(drafted)
        self._rows["inbox"].append((seq, f"$i{seq}", "message", "{}", moment, moment, "did alert"))

    def _said(self, number: int, author: Official, concerned: list[str], tlp: str, state: str, sent: int) -> None:
        rooms = [] if tlp == "RED" else [room_of(country) for country in concerned]
        if tlp == "AMBER":
            rooms.append("!coordination:test")
        at = self._at(sent)
        for room in rooms:
            row = self._next("outbox")
            self._rows["outbox"].append((
                row, f"t{row}", "DEVICE", "message", room, room, _CONTENT, False, False, None, f"alert:{number}",
                "card", "alert", author.user_id, 0, "sent", 1, at, at, room, f"$o{row}",
            ))  # fmt: skip
            self._rows["alert_cards"].append((row, number, room, None, at, at if state == "withdrawn" else None))
            if number % 10 == 0:
                self._attached.named(self._rows, number - 1, row)

    def _timer(self, kind: str, subject: str, due: int, payload: str) -> None:
        """A clock that runs: due later than now, so that none is late."""
        due = max(due, self._end + _HOUR + self._lot.below(5 * _DAY))
        row = (self._next("timers"), kind, subject, self._at(due), payload, "pending", None)
        self._rows["timers"].append(row)


@lru_cache(maxsize=100_000)
def _mark(kind: str, value: str) -> tuple[str, str] | None:
    return (kind, value[:10]) if kind == "container" else mark_of(kind, value)


def _or_none(at: Any, seconds: int | None) -> Any:
    return None if seconds is None else at(seconds)
