"""Alerts about suspect waste shipments: raised, verified, circulated, controlled, taken back, closed, found again."""

from commands.alerts import (
    announcing,
    arriving,
    attaching,
    calling,
    circulation,
    controlling,
    correcting,
    deadlines,
    drafting,
    ending,
    escalation,
    files,
    following,
    individuals,
    joining,
    links,
    lookup,
    marking,
    next_steps,
    owing,
    proposals,
    requests,
    seen_again,
    sending,
    submitting,
    taking_back,
    verifying,
    waiting,
)
from commands.alerts.declaration import AlertSettings, capability

__all__ = [
    "AlertSettings", "announcing", "arriving", "attaching", "calling", "capability", "circulation", "controlling",
    "correcting", "deadlines", "drafting", "ending", "escalation", "files", "following", "individuals", "joining",
    "links", "lookup", "marking", "next_steps", "owing", "proposals", "requests", "seen_again", "sending",
    "submitting", "taking_back", "verifying", "waiting",
]  # fmt: skip
