"""The directory: whom to call in which country, and what to know of its seaports."""

from commands.directory import contacts, profiles
from commands.directory.declaration import DirectorySettings, capability

__all__ = ["DirectorySettings", "capability", "contacts", "profiles"]
