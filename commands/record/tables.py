"""The record for machines: JSON with everything in its place, CSV with one row for each thing that happened."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from commands.record.entries import Record, Who

FORMAT = "sesn-alert/1"
"""Names the shape of the JSON; the number is raised when a field changes its meaning or goes."""

COLUMNS = (
    "alert", "tlp", "exercise", "record", "number", "at", "until", "what", "state", "person", "authority", "country",
    "part_of", "value", "text", "details",
)  # fmt: skip

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def stamp(at: datetime) -> str:
    """Return a time to the second with its zone: ISO 8601 in UTC."""
    return at.astimezone(UTC).isoformat(timespec="seconds")


def as_json(record: Record) -> bytes:
    """Return the record as JSON in UTF-8, indented, keys as in `Record`."""
    return json.dumps(
        {"format": FORMAT, **asdict(record)}, default=_plain, ensure_ascii=False, indent=2, sort_keys=False
    ).encode("utf-8", "backslashreplace")


def _plain(value: Any) -> str:
    assert isinstance(value, datetime)
    return stamp(value)


def as_csv(record: Record) -> bytes:
    """Return the record as CSV (RFC 4180, UTF-8 with a mark that spreadsheets look for), in the order of time.

    A text that a spreadsheet would take for a formula has an apostrophe before it.
    """
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, COLUMNS, restval="")
    writer.writeheader()
    head = {"alert": record.number, "tlp": record.tlp, "exercise": "yes" if record.exercise else "no"}
    for row in sorted(_rows(record), key=lambda one: one["at"]):
        writer.writerow({name: _cell(value) for name, value in {**head, **row}.items()})
    return buffer.getvalue().encode("utf-8-sig", "backslashreplace")


def _rows(record: Record) -> Iterator[dict[str, str]]:
    for entry in record.history:
        yield {
            "record": "history", "number": str(entry.line), "at": stamp(entry.at), "what": entry.what,
            "state": entry.state, **_who(entry.by), "part_of": entry.part_of or "", "text": entry.text,
            "details": _details(entry.details),
        }  # fmt: skip
    for number, name in enumerate(record.names or (), start=1):
        yield {
            "record": "person", "number": str(number), "at": stamp(name.named_at), "what": name.role or "",
            "authority": name.named_by, "value": name.name,
        }  # fmt: skip
    for number, fact in enumerate(record.facts, start=1):
        details: dict[str, Any] = {"source": fact.source}
        if fact.doubt is not None:
            details |= {"doubt": fact.doubt, "doubt_source": fact.doubt_source, "instead": list(fact.alternatives)}
        yield {
            "record": "fact", "number": str(number), "at": stamp(fact.stated_at), "until": _optional(fact.replaced_at),
            "what": " ".join(filter(None, (fact.kind, fact.role))),
            "state": "replaced" if fact.replaced_at else "stands",
            "value": fact.value, "text": fact.shown, "details": _details(details),
        }  # fmt: skip
    for request in record.requests:
        rest = {"due": stamp(request.due_at), "answer": request.answer, "by": asdict(request.answered_by)}
        yield {
            "record": "request", "number": str(request.number), "at": stamp(request.asked_at),
            "until": _optional(request.ended_at), "what": "requested", "state": request.state, **_who(request.asked_by),
            "part_of": request.country, "text": request.text,
            "details": _details(rest),
        }  # fmt: skip
    yield from _files(record)
    for proposal in record.proposals:
        yield {
            "record": "proposal", "number": str(proposal.number), "at": stamp(proposal.proposed_at),
            "until": _optional(proposal.decided_at), "what": "proposed", "state": proposal.state,
            **_who(proposal.proposed_by), "text": proposal.why, "details": _details(proposal.changes),
        }  # fmt: skip
    for number, sighting in enumerate(record.sightings, start=1):
        rest = {"tlp": sighting.tlp, "reported": stamp(sighting.reported_at), "place": sighting.place_name}
        yield {
            "record": "sighting", "number": str(number), "at": stamp(sighting.seen_at),
            "until": stamp(sighting.current_until), "what": "seen" if sighting.found else "not there",
            "state": "current" if record.exported_at < sighting.current_until else "old",
            **_who(sighting.reported_by), "part_of": sighting.place[:2], "value": sighting.value,
            "text": sighting.text, "details": _details(rest),
        }  # fmt: skip


def _files(record: Record) -> Iterator[dict[str, str]]:
    for file in record.attachments:
        told = {"bytes": file.size_bytes, "sha256": file.sha256}
        yield {
            "record": "file", "number": str(file.number), "at": stamp(file.sent_at),
            "until": _optional(file.taken_back_at), "what": file.content_type,
            "state": "taken back" if file.taken_back_at else "kept", **_who(file.sent_by), "value": file.sha256,
            "text": file.name, "details": _details(told),
        }  # fmt: skip


def _who(who: Who) -> dict[str, str]:
    return {"person": who.person or "", "authority": who.authority or "", "country": who.country or ""}


def _optional(at: datetime | None) -> str:
    return stamp(at) if at is not None else ""


def _details(details: dict[str, Any]) -> str:
    return json.dumps(details, ensure_ascii=False, sort_keys=True) if details else ""


def _cell(value: str) -> str:
    return f"'{value}" if value.startswith(_FORMULA) else value
