"""The capability of sightings, and its settings."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from commands.base import Capability, Settings
from commands.document import _
from commands.moments import Length

ALERTS_AT_MOST = 20
"""Alerts that one sighting is shown with: the newest that carry it."""


class SightingSettings(Settings):
    """The section [sightings] of config.toml."""

    current_for: Annotated[Length, Field(gt=timedelta(0), le=timedelta(days=366))] = timedelta(days=7)
    """How long after it was seen a sighting is shown as current; later it is shown as old."""

    text_kept: Annotated[Length, Field(gt=timedelta(0), le=timedelta(days=3653))] = timedelta(days=730)
    """How long what was written with a sighting is kept: it may name persons."""


capability = Capability("sightings", _("Where a container or ship was seen"), settings=SightingSettings)
