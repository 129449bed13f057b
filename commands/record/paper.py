"""What stands in the paper: the fields of an Ecomessage, the blocks of the notification document, the whole record.

A paper is handed to authorities outside of the network, so it is in English. What is not known is said to be so.
"""

import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from commands.record.entries import CountryPart, FactVersion, HistoryEntry, Record, SightingEntry, Who
from commands.shipment import Kind, Place
from storage.ids import CountryCode
from storage.reference import codes
from storage.reference.countries import country_name

NOT_KNOWN = "not known"

_GROUNDS = {
    "a": "without notification to all States concerned",
    "b": "without the consent of a State concerned",
    "c": "with consent obtained through falsification, misrepresentation or fraud",
    "d": "that does not conform in a material way with the documents",
    "e": "that results in deliberate disposal in contravention of the Convention",
}
"""Basel Convention, Article 9(1)."""


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
class Row:
    """A named line of the paper."""

    name: str
    value: str


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
    writer = _Writer(record, zone)
    marking = f"TLP:{record.tlp}"
    title = f"Alert {record.number}"
    if record.exercise:
        title, marking = f"EXERCISE - {title} - EXERCISE", f"{marking}   EXERCISE"
    sections = [Section("The alert", writer.head())]
    if not record.withheld:
        sections += [
            Section("Ecomessage", writer.ecomessage()),
            Section("Shipment, in the blocks of the notification document", writer.notification()),
            Section("Shipment, as a movement document adds", writer.movement()),
            Section("The countries concerned", [writer.part(part) for part in record.countries]),
            Section("Requests and answers", writer.requests()),
            Section("Proposed corrections", writer.proposals()),
            Section("Files, by their SHA-256", writer.files()),
            Section("Sightings", [writer.sighting(one) for one in record.sightings]),
            Section("What is known, with earlier versions", [writer.fact(fact) for fact in record.facts]),
        ]
    sections.append(Section("What happened", [writer.entry(entry) for entry in record.history]))
    footer = f"{record.network}, for {record.exported_for}, {writer.time(record.exported_at)}"
    return Paper(title, marking, footer, [section for section in sections if section.rows])


class _Writer:
    def __init__(self, record: Record, zone: ZoneInfo) -> None:
        self._record = record
        self._zone = zone
        self._facts = [fact for fact in record.facts if fact.replaced_at is None]

    def time(self, at: datetime | None) -> str:
        if at is None:
            return NOT_KNOWN
        utc = f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
        if self._zone.key == "UTC":
            return utc
        return f"{utc} ({at.astimezone(self._zone):%Y-%m-%d %H:%M:%S} {self._zone.key})"

    def head(self) -> Sequence[Row]:
        record = self._record
        optional: list[tuple[str, str | None]] = [
            ("Verified", self._when(record.verified_at, record.verified_by)),
            ("Sent", self.time(record.circulated_at) if record.circulated_at else None),
            ("State of export informed", self.time(record.informed_at) if record.informed_at else None),
            ("Take-back due", self.time(record.take_back_by) if record.take_back_by else None),
            ("Ended", self.time(record.ended_at) if record.ended_at else None),
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
            Row("Drafted", self.time(record.drafted_at)),
        ]
        rows += [Row(name, value) for name, value in optional if value]
        if record.withheld:
            rows.append(Row("Contents", "This alert was withdrawn. Do not act on it. Its contents are kept back."))
        return rows

    def _when(self, at: datetime | None, by: Who) -> str | None:
        return f"{self.time(at)}, by {who(by)}" if at is not None else None

    def ecomessage(self) -> Sequence[Row]:
        """Return the fields of INTERPOL's Ecomessage."""
        record = self._record
        open_requests = [f"{country_name(one.country)}: {one.text}" for one in record.requests if one.state == "open"]
        documents = [f"notification {number}" for number in self._shown(Kind.NOTIFICATION)]
        documents += [f"bill of lading {number}" for number in self._shown(Kind.BILL_OF_LADING)]
        in_charge = [_authority(record.author.authority, record.author.country)]
        in_charge += [_authority(part.control_authority, part.country) for part in record.countries]
        return [
            Row("Subject", self._subject()),
            Row("Legal provisions", self._ground()),
            Row("Place and method of discovery", self._discovery()),
            Row("Date and time", self._dates()),
            Row("Contents", self._contents()),
            Row("Persons", self._persons()),
            Row("Companies", _joined(self._shown(Kind.COMPANY))),
            Row("Means of transport and route", self._transport()),
            Row("Countries of origin, transit, destination", self._countries()),
            Row("Documents used", _joined(documents)),
            Row("Agency in charge", _joined(list(dict.fromkeys(filter(None, in_charge))))),
            Row("Modus operandi", self._modus()),
            Row("Additional information", record.text or NOT_KNOWN),
            Row("Information requested", _joined(open_requests, none="none at present")),
        ]

    def _persons(self) -> str:
        if self._record.names is None:
            count = self._record.individuals
            known = f"{count} named. " if count else ""
            return f"{known}Names of persons are not part of this paper; ask the agency in charge."
        names = [f"{one.name} ({', '.join(filter(None, (one.role, one.named_by)))})" for one in self._record.names]
        return _joined(names, none="none named")

    def notification(self) -> Sequence[Row]:
        """Return the blocks of the notification document of the Basel Convention."""
        vii = [number for number in self._shown(Kind.NOTIFICATION) if number.upper().startswith("GLW")]
        numbers = [number for number in self._shown(Kind.NOTIFICATION) if number not in vii]
        packed = [fact.shown for fact in self._of(Kind.QUANTITY) if fact.value.partition(" ")[2] in _PACKAGES]
        amounts = [fact.shown for fact in self._of(Kind.QUANTITY) if fact.value.partition(" ")[2] not in _PACKAGES]
        companies = _joined([f"{name} (part in the shipment not stated)" for name in self._shown(Kind.COMPANY)])
        numbers += [f"{number} (Annex VII)" for number in vii]
        return [
            Row("1. Exporter - notifier", companies),
            Row("2. Importer - consignee", "see 1" if companies != NOT_KNOWN else NOT_KNOWN),
            Row("3. Notification number", _joined(numbers)),
            Row("4. Total intended number of shipments", NOT_KNOWN),
            Row("5. Total intended quantity", _joined(amounts)),
            Row("6. Intended period of time", NOT_KNOWN),
            Row("7. Packaging, special handling", _joined(packed)),
            Row("8. Intended carriers, means of transport", self._transport()),
            Row("9. Waste generator - producer", NOT_KNOWN),
            Row("10. Disposal or recovery facility", NOT_KNOWN),
            Row("11. Disposal or recovery operation", NOT_KNOWN),
            Row("12. Designation and composition", _joined(self._shown(Kind.DECLARED, Kind.WASTE))),
            Row("13. Physical characteristics", NOT_KNOWN),
            Row("14. Waste identification", self._identification()),
            Row("15. Countries, points of exit and entry", self._countries()),
        ]

    def movement(self) -> Sequence[Row]:
        """Return what the movement document has beyond the notification document."""
        return [
            Row("Container identification numbers", _joined([_doubted(fact) for fact in self._of(Kind.CONTAINER)])),
            Row("Bill of lading", _joined(self._shown(Kind.BILL_OF_LADING))),
            Row("Actual date", _joined(self._shown(Kind.DATE))),
        ]

    def part(self, part: CountryPart) -> Row:
        told: list[tuple[str, datetime | None, str]] = [
            ("acknowledged", part.acknowledged_at, who(part.acknowledged_by)),
            ("held", part.held_at, part.control_authority or ""),
            ("inspected", part.inspected_at, part.control_authority or ""),
            (f"found: {part.finding}", part.found_at, part.control_authority or ""),
        ]
        lines = [f"concerned as {', '.join(part.reasons)}, since {self.time(part.added_at)}"]
        lines += [", ".join(filter(None, (f"{what} {self.time(at)}", by))) for what, at, by in told if at is not None]
        if part.acknowledged_at is None:
            lines.append("not acknowledged")
        return Row(country_name(part.country), "\n".join(lines))

    def requests(self) -> Sequence[Row]:
        rows = []
        for one in self._record.requests:
            lines = [
                f"{self.time(one.asked_at)}, by {who(one.asked_by)}, due {self.time(one.due_at)}: {one.text}",
                f"{one.state} {self.time(one.ended_at) if one.ended_at else ''}".strip(),
            ]
            if one.answer is not None:
                lines.append(f"{who(one.answered_by)}: {one.answer}")
            rows.append(Row(f"R{one.number}, {country_name(one.country)}", "\n".join(lines)))
        return rows

    def proposals(self) -> Sequence[Row]:
        rows = []
        for one in self._record.proposals:
            proposed = f"{self.time(one.proposed_at)}, by {who(one.proposed_by)}: {_details(one.changes)}"
            lines = [proposed, one.why]
            if one.decided_at is not None:
                lines.append(f"{one.state} {self.time(one.decided_at)}, by {who(one.decided_by)}")
            rows.append(Row(f"P{one.number}, {one.state}", "\n".join(filter(None, lines))))
        return rows

    def files(self) -> Sequence[Row]:
        rows = []
        for one in self._record.attachments:
            taken_back = f", taken back {self.time(one.taken_back_at)}" if one.taken_back_at is not None else ""
            lines = [
                ", ".join(filter(None, (one.name, one.content_type, f"{one.size_bytes} bytes"))),
                one.sha256,
                f"{self.time(one.sent_at)}, by {who(one.sent_by)}{taken_back}",
            ]
            rows.append(Row(f"F{one.number}", "\n".join(lines)))
        return rows

    def sighting(self, one: SightingEntry) -> Row:
        where = f"{'seen at' if one.found else 'NOT at'} {one.place_name}, {self.time(one.seen_at)}"
        by = f"reported {self.time(one.reported_at)}, by {who(one.reported_by)}, TLP:{one.tlp}"
        old = "" if self._record.exported_at < one.current_until else "old"
        return Row(f"{one.kind} {one.value}", "\n".join(filter(None, (where, by, one.text, old))))

    def fact(self, fact: FactVersion) -> Row:
        name = " ".join(filter(None, (fact.kind, f"({fact.role})" if fact.role else "")))
        until = f", replaced {self.time(fact.replaced_at)}" if fact.replaced_at is not None else ""
        return Row(name, f"{_doubted(fact)}\nstated {self.time(fact.stated_at)}{until}")

    def entry(self, entry: HistoryEntry) -> Row:
        details = _details(entry.details)
        lines = [f"{self.time(entry.at)}", f"by {who(entry.by)}"]
        if entry.part_of is not None:
            lines.append(f"part of {country_name(entry.part_of)}")
        lines += [line for line in (details, entry.text) if line]
        return Row(f"{entry.line}. {entry.what}", "\n".join(lines))

    def _of(self, *kinds: Kind) -> Sequence[FactVersion]:
        return [fact for fact in self._facts if fact.kind in kinds]

    def _shown(self, *kinds: Kind) -> list[str]:
        return list(dict.fromkeys(fact.shown for fact in self._of(*kinds)))

    def _places(self, role: Place) -> list[str]:
        found = [fact for fact in self._of(Kind.PORT, Kind.COUNTRY) if fact.role == role]
        if role is Place.SEEN:
            found += [fact for fact in self._of(Kind.PORT) if fact.role is None]
        return list(dict.fromkeys(map(_place, found)))

    def _subject(self) -> str:
        what = self._shown(Kind.CONTAINER)[:3] or self._shown(Kind.VESSEL)[:1]
        waste = self._shown(Kind.BASEL, Kind.EWC, Kind.HS, Kind.WASTE)[:3]
        return ", ".join(["Suspected illegal traffic in waste", *waste, *what, *self._places(Place.SEEN)[:1]])

    def _ground(self) -> str:
        ground = self._record.ground
        if ground is None:
            return "Basel Convention, Article 9; no ground confirmed yet"
        return f"Basel Convention, Article 9(1)({ground}): movement {_GROUNDS[ground]}"

    def _discovery(self) -> str:
        methods = [
            f"{'inspected' if part.inspected_at else 'held'} by {_authority(part.control_authority, part.country)}"
            for part in self._record.countries
            if part.inspected_at or part.held_at
        ]
        return _joined([*self._places(Place.SEEN), *methods])

    def _dates(self) -> str:
        seen = [f"seen {shown}" for shown in self._shown(Kind.DATE)]
        return "; ".join([*seen, f"reported {self.time(self._record.drafted_at)}"])

    def _contents(self) -> str:
        declared = [f"declared as {shown}" for shown in self._shown(Kind.DECLARED)]
        codes_ = self._identification()
        found = [*self._shown(Kind.WASTE), *([codes_] if codes_ != NOT_KNOWN else []), *declared]
        return _joined([*found, *self._shown(Kind.QUANTITY)])

    def _transport(self) -> str:
        named = self._shown(Kind.VESSEL)
        vessels = [f"by sea, vessel {', '.join(named)}"] if named else []
        containers = [f"container {shown}" for shown in self._shown(Kind.CONTAINER)]
        ways = [f"by way of {place}" for place in self._places(Place.TRANSIT)]
        return _joined([*vessels, *containers, *ways])

    def _countries(self) -> str:
        lines = [
            f"{name}: {_joined(self._places(role))}"
            for name, role in (("origin", Place.ORIGIN), ("transit", Place.TRANSIT), ("destination", Place.DESTINATION))
        ]
        return "\n".join(lines)

    def _identification(self) -> str:
        day = self._record.drafted_at.date()
        named: list[tuple[str, Kind, Callable[[str], str]]] = [
            ("Basel", Kind.BASEL, lambda value: found.description if (found := codes.basel(value, on=day)) else ""),
            (
                "EU list of waste",
                Kind.EWC,
                lambda value: found.description if (found := codes.ewc(value, on=day)) else "",
            ),
            ("Customs code (HS)", Kind.HS, lambda value: found.description if (found := codes.hs(value)) else ""),
            ("UN number", Kind.UN_NUMBER, lambda _value: ""),
        ]
        lines = []
        for name, kind, describe in named:
            for fact in self._of(kind):
                description = textwrap.shorten(describe(fact.value), 200, placeholder=" ...")
                lines.append(f"{name} {_doubted(fact)}" + (f": {description}" if description else ""))
        return "\n".join(lines) or NOT_KNOWN

    def _modus(self) -> str:
        declared, waste = self._shown(Kind.DECLARED), self._shown(Kind.WASTE, Kind.BASEL, Kind.EWC)
        if declared and waste:
            return f"{_joined(waste)} declared as {_joined(declared)}"
        return NOT_KNOWN


_PACKAGES = frozenset({"containers", "TEU", "pallets", "drums", "bales", "bags", "boxes"})


def who(one: Who) -> str:
    """Name who did something: the person where the names may be read, the authority, the country."""
    country = country_name(one.country) if one.country is not None else None
    named = ", ".join(filter(None, (one.person, one.authority, country)))
    return named or "the network's bot"


def _authority(authority: str | None, country: CountryCode | None) -> str:
    return f"{authority}, {country_name(country)}" if authority and country is not None else authority or ""


def _details(details: Mapping[str, Any]) -> str:
    shown = (", ".join(map(str, value)) if isinstance(value, list) else str(value) for value in details.values())
    return "; ".join(f"{name}: {value}" for name, value in zip(details, shown, strict=True))


def _joined(items: Sequence[str], *, none: str = NOT_KNOWN) -> str:
    return "; ".join(items) or none


def _doubted(fact: FactVersion) -> str:
    if fact.doubt is None:
        return fact.shown
    instead = f", may be {', '.join(fact.alternatives)}" if fact.alternatives else ""
    return f"{fact.shown} (doubtful: {fact.doubt_source or fact.doubt}{instead})"


def _place(fact: FactVersion) -> str:
    country = country_name(fact.value[:2])
    return f"{fact.shown}, {country} ({fact.value})" if fact.kind == Kind.PORT else country


def _reliability(record: Record) -> str:
    """Return the evaluation of source and information, in letters and in words."""
    source = _SOURCES.get(record.source or "", "not evaluated")
    return f"source {source}; information {_INFORMATION.get(record.information or '', 'not evaluated')}"
