"""Alerts about suspect waste shipments: raised, circulated, acknowledged, followed up, found again."""

from commands.alerts import announcing, arriving, circulation, drafting, escalation, following, lookup, sending
from commands.alerts.declaration import AlertSettings, capability

__all__ = [
    "AlertSettings", "announcing", "arriving", "capability", "circulation", "drafting", "escalation", "following",
    "lookup", "sending",
]  # fmt: skip
