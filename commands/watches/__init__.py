"""Standing watches: a member says what to look out for, and is told in the direct chat when it turns up."""

from commands.watches import ending, keeping, telling
from commands.watches.declaration import WatchSettings, capability

__all__ = ["WatchSettings", "capability", "ending", "keeping", "telling"]
