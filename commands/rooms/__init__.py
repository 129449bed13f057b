"""Rooms: what each stands for, and making new ones."""

from commands.rooms import binding, creation, watch
from commands.rooms.events import capability

__all__ = ["binding", "capability", "creation", "watch"]
