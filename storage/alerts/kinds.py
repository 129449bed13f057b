"""The kinds by which an alert is described: marking, type, urgency, reasons, findings, outcomes."""

from enum import StrEnum


class Tlp(StrEnum):
    """Who may hear of an alert: Traffic Light Protocol 2.0, FIRST."""

    RED = "RED"
    AMBER_STRICT = "AMBER+STRICT"
    AMBER = "AMBER"
    GREEN = "GREEN"
    CLEAR = "CLEAR"

    def is_stricter_than(self, other: "Tlp") -> bool:
        return _STRICTEST_FIRST.index(self) < _STRICTEST_FIRST.index(other)


_STRICTEST_FIRST = tuple(Tlp)


class Source(StrEnum):
    """How reliable the source of an information is: the first half of the 4x4 evaluation of European police forces."""

    RELIABLE = "A"  # no doubt about it, or reliable in every instance so far
    MOSTLY_RELIABLE = "B"
    MOSTLY_UNRELIABLE = "C"
    NOT_ASSESSED = "X"  # new, or not to be assessed


class Information(StrEnum):
    """How far the information itself can be relied on: the second half of the 4x4 evaluation."""

    CERTAIN = "1"
    KNOWN_TO_SOURCE = "2"  # by the source itself, not by the official who passes it on
    CORROBORATED = "3"  # not known to the source itself, agrees with what is on record
    NOT_CORROBORATED = "4"  # not known to the source itself, and nothing else supports it


class AlertType(StrEnum):
    """What an alert asks of those who read it."""

    NEWS = "news"  # unverified: heard, not yet looked into
    INFORMATION = "information"
    ALERT = "alert"
    WARNING = "warning"  # the profile of a shipment to control


class Urgency(StrEnum):
    ROUTINE = "routine"
    URGENT = "urgent"
    IMMEDIATE = "immediate"


class Reason(StrEnum):
    """Why a country is concerned."""

    SEEN = "seen"
    ORIGIN = "origin"
    TRANSIT = "transit"
    DESTINATION = "destination"
    ADDED = "added"


class FactSource(StrEnum):
    TEXT = "text"
    SET = "set"


class Ground(StrEnum):
    """Why the traffic is illegal: Basel Convention, Article 9(1)."""

    NO_NOTIFICATION = "a"
    NO_CONSENT = "b"
    FALSE_CONSENT = "c"
    NOT_AS_DOCUMENTED = "d"
    DELIBERATE_DISPOSAL = "e"


class Finding(StrEnum):
    """What a country found that held or inspected the shipment, or looked for it."""

    CONFIRMED = "confirmed"
    CLEARED = "cleared"
    NOT_LOCATED = "not-located"


class CostBearer(StrEnum):
    """Who pays for the return or the treatment."""

    EXPORTER = "exporter"
    GENERATOR = "generator"
    IMPORTER = "importer"
    DISPOSER = "disposer"
    CARRIER = "carrier"
    STATE_OF_EXPORT = "state-of-export"
    STATE_OF_IMPORT = "state-of-import"
    SHARED = "shared"


class Outcome(StrEnum):
    """How an alert ended."""

    RETURNED = "returned"
    TREATED = "treated"
    CLEARED = "cleared"
    NOT_LOCATED = "not-located"
    PROSECUTED = "prosecuted"
    OTHER = "other"
