"""The capability itself and its settings; the commands stand in the modules beside this one."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from commands.base import Capability, Settings
from commands.document import _
from commands.moments import Length


class WatchSettings(Settings):
    """The section [watches] of config.toml."""

    lasts: Annotated[Length, Field(gt=timedelta(0), le=timedelta(days=366))] = timedelta(days=90)
    """How long a watch goes on unless its owner says otherwise, and for how long it is renewed."""

    ask_before: Annotated[Length, Field(gt=timedelta(0), le=timedelta(days=90))] = timedelta(days=7)
    """How long before its end the owner is asked whether it is to go on; of a short one at half of its time."""

    most: Annotated[int, Field(ge=1, le=1000)] = 50
    """How many watches one member may have."""


capability = Capability("watches", _("Standing watches: be told of what you look for"), settings=WatchSettings)
