"""The commands about an alert that was sent, until it ends."""

from commands.alerts.pursuing import (
    attaching,
    controlling,
    ending,
    files,
    following,
    individuals,
    marking,
    proposals,
    requests,
    taking_back,
)

__all__ = [
    "attaching",
    "controlling",
    "ending",
    "files",
    "following",
    "individuals",
    "marking",
    "proposals",
    "requests",
    "taking_back",
]
