"""What a record is made of: one alert with its complete history, typed, and nothing of it looked up any more."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from storage.ids import CountryCode


@dataclass(frozen=True, slots=True)
class Who:
    """A person with the authority for which they acted; a clock of the bot has none of these."""

    person: str | None
    """Name and Matrix id; None where the handling keeps names back, and for a clock."""
    authority: str | None
    country: CountryCode | None


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    line: int
    """Counted from 1."""
    at: datetime
    what: str
    state: str
    """The state afterwards."""
    by: Who
    part_of: CountryCode | None
    """The country whose part it is."""
    text: str
    details: dict[str, Any]


@dataclass(frozen=True, slots=True)
class FactVersion:
    kind: str
    value: str
    shown: str
    role: str | None
    doubt: str | None
    doubt_source: str | None
    alternatives: Sequence[str]
    source: str
    stated_at: datetime
    replaced_at: datetime | None
    """None for what stands now."""


@dataclass(frozen=True, slots=True)
class CountryPart:
    country: CountryCode
    reasons: Sequence[str]
    added_at: datetime
    told_at: datetime | None
    acknowledge_by: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: Who
    held_at: datetime | None
    inspected_at: datetime | None
    control_authority: str | None
    finding: str | None
    found_at: datetime | None


@dataclass(frozen=True, slots=True)
class RequestEntry:
    number: int
    country: CountryCode
    state: str
    asked_by: Who
    asked_at: datetime
    due_at: datetime
    text: str
    answered_by: Who
    answer: str | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class ProposalEntry:
    number: int
    state: str
    proposed_by: Who
    proposed_at: datetime
    changes: dict[str, Any]
    why: str
    decided_by: Who
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class AttachmentEntry:
    """A file that was sent to the alert. It is not in the record: who holds it compares the hash."""

    number: int
    name: str
    """Empty where it was taken back or deleted when its time was over."""
    content_type: str
    size_bytes: int
    sha256: str
    """Lower case hexadecimal."""
    sent_by: Who
    sent_at: datetime
    taken_back_at: datetime | None


@dataclass(frozen=True, slots=True)
class NameEntry:
    """A person who is named in the case."""

    name: str
    role: str | None
    named_by: str
    """The authority."""
    named_at: datetime


@dataclass(frozen=True, slots=True)
class SightingEntry:
    """A sighting of what the alert carries, as far as who asks may see it."""

    kind: str
    value: str
    found: bool
    """False: it was not there, or was another one."""
    place: str
    """UN/LOCODE, or the code of a country."""
    place_name: str
    seen_at: datetime
    reported_at: datetime
    current_until: datetime
    reported_by: Who
    tlp: str
    text: str


@dataclass(frozen=True, slots=True)
class Record:
    """One alert with its complete history."""

    number: str
    exercise: bool
    type: str
    state: str
    tlp: str
    urgency: str
    source: str | None
    """A, B, C or X: how reliable the source is; None where nobody has said so."""
    information: str | None
    """1 to 4: how far the information itself can be relied on."""
    author: Who
    drafted_at: datetime
    circulated_at: datetime | None
    verified_at: datetime | None
    verified_by: Who
    ended_at: datetime | None
    outcome: str | None
    ground: str | None
    informed_at: datetime | None
    take_back_by: datetime | None
    cost_bearer: str | None
    sanction: str | None
    merged_into: str | None
    text: str
    individuals: int
    """How many persons are named in it."""
    names: Sequence[NameEntry] | None
    """Who they are; None where that was not asked for."""
    purged_at: datetime | None
    """When names, and the texts that may hold some, were deleted."""
    countries: Sequence[CountryPart]
    facts: Sequence[FactVersion]
    history: Sequence[HistoryEntry]
    requests: Sequence[RequestEntry]
    proposals: Sequence[ProposalEntry]
    attachments: Sequence[AttachmentEntry]
    sightings: Sequence[SightingEntry]
    exported_at: datetime
    exported_for: str
    """The authority that asked."""
    network: str
    withheld: bool
    """Whether the contents are kept back: the alert was withdrawn, and who asks is not of its author's country."""
