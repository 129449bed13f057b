"""Sightings: where and when a container or ship was seen, or that it is not there; kept also without an alert."""

from commands.sightings import keeping, lookup, reporting
from commands.sightings.declaration import SightingSettings, capability

__all__ = ["SightingSettings", "capability", "keeping", "lookup", "reporting"]
