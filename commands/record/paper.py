"""What stands in the paper: an alert in the fields of known forms, then its whole record.

A paper is handed to authorities outside of the network, so it is in English. What is not known is said to be so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from commands.record.entries import CountryPart, FactVersion, HistoryEntry, Record, SightingEntry, Who
from commands.record.forms import Forms
from commands.record.wording import Row, details, doubted, moment, who
from storage.reference.countries import country_name

_SOURCES = {
    "A": "A (reliable in every instance so far)",
    "B": "B (mostly reliable)",
    "C": "C (mostly unreliable)",
    "X": "X (its reliability cannot be assessed)",
}
_INFORMATION = {
    "1": "1 (known to be true without reservation)",
    "2": "2 (known to the source itself, not to the official who passes it on)",
    "3": "3 (not known to the source itself, but supported by what is on record)",
    "4": "4 (not known to the source itself, and supported by nothing else)",
}


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper before it is set: what stands on each page, and its sections."""

    title: str
    marking: str
    """On top and at the foot of every page: FIRST, TLP 2.0."""
    footer: str
    sections: Sequence[Section]


def paper(record: Record, zone: ZoneInfo) -> Paper:
    """Lay out a record; times are shown in UTC and in `zone`, to the second."""
    writer, forms = _Writer(record, zone), Forms(record, zone)
    marking = f"TLP:{record.tlp}"
    title = f"Alert {record.number}"
    if record.exercise:
        title, marking = f"EXERCISE - {title} - EXERCISE", f"{marking}   EXERCISE"
    sections = [Section("The alert", writer.head())]
    if not record.withheld:
        sections += [
            Section("Ecomessage", forms.ecomessage()),
            Section("Shipment, in the blocks of the notification document", forms.notification()),
            Section("Shipment, as a movement document adds", forms.movement()),
            Section("The countries concerned", [writer.part(part) for part in record.countries]),
            Section("Requests and answers", writer.requests()),
            Section("Proposed corrections", writer.proposals()),
            Section("Files, by their SHA-256", writer.files()),
            Section("Sightings", [writer.sighting(one) for one in record.sightings]),
            Section("What is known, with earlier versions", [writer.fact(fact) for fact in record.facts]),
        ]
    sections.append(Section("What happened", [writer.entry(entry) for entry in record.history]))
    footer = f"{record.network}, for {record.exported_for}, {moment(record.exported_at, zone)}"
    return Paper(title, marking, footer, [section for section in sections if section.rows])


class _Writer:
    def __init__(self, record: Record, zone: ZoneInfo) -> None:
        self._record = record
        self._zone = zone

    def _time(self, at: datetime | None) -> str:
        return moment(at, self._zone)

    def head(self) -> Sequence[Row]:
        record = self._record
        optional: list[tuple[str, str | None]] = [
            ("Verified", self._when(record.verified_at, record.verified_by)),
            ("Sent", self._time(record.circulated_at) if record.circulated_at else None),
            ("State of export informed", self._time(record.informed_at) if record.informed_at else None),
            ("Take-back due", self._time(record.take_back_by) if record.take_back_by else None),
            ("Ended", self._time(record.ended_at) if record.ended_at else None),
            ("Outcome", record.outcome),
            ("Costs borne by", record.cost_bearer),
            ("Sanction", record.sanction),
            ("Merged into", record.merged_into),
        ]
        rows = [
            Row("Number", record.number + (" (EXERCISE)" if record.exercise else "")),
            Row("Handling", f"TLP:{record.tlp}"),
            Row("Type, urgency, state", f"{record.type}, {record.urgency}, {record.state}"),
            Row("Reliability", _reliability(record)),
            Row("Raised by", who(record.author)),
            Row("Drafted", self._time(record.drafted_at)),
        ]
        rows += [Row(name, value) for name, value in optional if value]
        if record.withheld:
            rows.append(Row("Contents", "This alert was withdrawn. Do not act on it. Its contents are kept back."))
        return rows

    def _when(self, at: datetime | None, by: Who) -> str | None:
        return f"{self._time(at)}, by {who(by)}" if at is not None else None

    def part(self, part: CountryPart) -> Row:
        told: list[tuple[str, datetime | None, str]] = [
            ("told", part.told_at, ""),
            ("acknowledged", part.acknowledged_at, who(part.acknowledged_by)),
            ("held", part.held_at, part.control_authority or ""),
            ("inspected", part.inspected_at, part.control_authority or ""),
            (f"found: {part.finding}", part.found_at, part.control_authority or ""),
        ]
        lines = [f"concerned as {', '.join(part.reasons)}, since {self._time(part.added_at)}"]
        lines += [", ".join(filter(None, (f"{what} {self._time(at)}", by))) for what, at, by in told if at is not None]
        if part.acknowledged_at is None:
            lines.append("not acknowledged")
        return Row(country_name(part.country), "\n".join(lines))

    def requests(self) -> Sequence[Row]:
        rows = []
        for one in self._record.requests:
            lines = [
                f"{self._time(one.asked_at)}, by {who(one.asked_by)}, due {self._time(one.due_at)}: {one.text}",
                f"{one.state} {self._time(one.ended_at) if one.ended_at else ''}".strip(),
            ]
            if one.answer is not None:
                lines.append(f"{who(one.answered_by)}: {one.answer}")
            rows.append(Row(f"R{one.number}, {country_name(one.country)}", "\n".join(lines)))
        return rows

    def proposals(self) -> Sequence[Row]:
        rows = []
        for one in self._record.proposals:
            proposed = f"{self._time(one.proposed_at)}, by {who(one.proposed_by)}: {details(one.changes)}"
            lines = [proposed, one.why]
            if one.decided_at is not None:
                lines.append(f"{one.state} {self._time(one.decided_at)}, by {who(one.decided_by)}")
            rows.append(Row(f"P{one.number}, {one.state}", "\n".join(filter(None, lines))))
        return rows

    def files(self) -> Sequence[Row]:
        rows = []
        for one in self._record.attachments:
            taken_back = f", taken back {self._time(one.taken_back_at)}" if one.taken_back_at is not None else ""
            lines = [
                ", ".join(filter(None, (one.name, one.content_type, f"{one.size_bytes} bytes"))),
                one.sha256,
                f"{self._time(one.sent_at)}, by {who(one.sent_by)}{taken_back}",
            ]
            rows.append(Row(f"F{one.number}", "\n".join(lines)))
        return rows

    def sighting(self, one: SightingEntry) -> Row:
        where = f"{'seen at' if one.found else 'NOT at'} {one.place_name}, {self._time(one.seen_at)}"
        by = f"reported {self._time(one.reported_at)}, by {who(one.reported_by)}, TLP:{one.tlp}"
        old = "" if self._record.exported_at < one.current_until else "old"
        return Row(f"{one.kind} {one.value}", "\n".join(filter(None, (where, by, one.text, old))))

    def fact(self, fact: FactVersion) -> Row:
        name = " ".join(filter(None, (fact.kind, f"({fact.role})" if fact.role else "")))
        until = f", replaced {self._time(fact.replaced_at)}" if fact.replaced_at is not None else ""
        return Row(name, f"{doubted(fact)}\nstated {self._time(fact.stated_at)}{until}")

    def entry(self, entry: HistoryEntry) -> Row:
        told = details(entry.details)
        lines = [f"{self._time(entry.at)}", f"by {who(entry.by)}"]
        if entry.part_of is not None:
            lines.append(f"part of {country_name(entry.part_of)}")
        lines += [line for line in (told, entry.text) if line]
        return Row(f"{entry.line}. {entry.what}", "\n".join(lines))


def _reliability(record: Record) -> str:
    """Return the evaluation of source and information, in letters and in words."""
    source = _SOURCES.get(record.source or "", "not evaluated")
    return f"source {source}; information {_INFORMATION.get(record.information or '', 'not evaluated')}"
