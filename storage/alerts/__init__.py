"""Alerts: the entity with its states, and the repository."""

from storage.alerts.entity import (
    Addressee,
    Alert,
    AlertCard,
    AlertNumber,
    Fact,
    HistoryLine,
    HistoryText,
    NamedPerson,
    Wording,
)
from storage.alerts.repository import Alerts
from storage.alerts.states import (
    ENDED,
    IN_PREPARATION,
    MOVES,
    OPEN,
    AlertState,
    FactSource,
    NotPossible,
    Outcome,
    Reason,
    Step,
    Tlp,
    Urgency,
    What,
    Why,
)

__all__ = [
    "ENDED", "IN_PREPARATION", "MOVES", "OPEN", "Addressee", "Alert", "AlertCard", "AlertNumber", "AlertState",
    "Alerts", "Fact", "FactSource", "HistoryLine", "HistoryText", "NamedPerson", "NotPossible", "Outcome", "Reason",
    "Step", "Tlp", "Urgency", "What", "Why", "Wording",
]  # fmt: skip
