"""International inspection exercises: several countries inspect at the same time, each in its own local time."""

from commands.exercises import joining, lookup, planning
from commands.exercises.declaration import capability

__all__ = ["capability", "joining", "lookup", "planning"]
