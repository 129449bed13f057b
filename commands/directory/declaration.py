"""The capability that contacts and profiles declare their commands on, and its settings."""

from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from commands.base import Capability, Settings
from commands.document import _
from commands.when import NotATime, parse_duration


def _read_duration(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return parse_duration(value)
    except NotATime as error:
        raise ValueError("write a length of time such as 180d") from error


class DirectorySettings(Settings):
    """The section [directory] of the configuration."""

    confirm_after: Annotated[timedelta, BeforeValidator(_read_duration), Field(ge=timedelta(days=1))] = timedelta(
        days=180
    )
    """How long a contact counts as right before its country is asked again."""


capability = Capability("directory", _("Contacts and country profiles"), settings=DirectorySettings)
