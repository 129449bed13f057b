"""Rooms: what each stands for, and making new ones."""

from commands.rooms import binding, closing, creation, readers, watch
from commands.rooms.events import capability

__all__ = ["binding", "capability", "closing", "creation", "readers", "watch"]
