"""The directory: whom to call in which country, and what to know of its seaports."""

from commands.directory import editing, lookup, profiles, standing
from commands.directory.declaration import DirectorySettings, capability

__all__ = ["DirectorySettings", "capability", "editing", "lookup", "profiles", "standing"]
