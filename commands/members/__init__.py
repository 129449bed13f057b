"""The roster: who belongs to the network; everybody's own record; what a coordinator adds, changes and removes."""

from commands.members import adding, confirming, looking_up, own, roster
from commands.members.events import capability

__all__ = ["adding", "capability", "confirming", "looking_up", "own", "roster"]
