"""Alerts about suspect waste shipments: raised, circulated, acknowledged, followed up, found again."""

from commands.alerts import announcing, circulation, drafting, escalation, following, lookup, sending
from commands.alerts.declaration import AlertSettings, capability

__all__ = [
    "AlertSettings", "announcing", "capability", "circulation", "drafting", "escalation", "following", "lookup",
    "sending",
]  # fmt: skip
