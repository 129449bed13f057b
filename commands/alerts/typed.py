"""How long a typed value may be that is one of a few words, a country or a time: what is wrong is said back."""

from typing import Any

from pydantic import BeforeValidator

from commands.arguments import BadValue
from commands.document import Text, _

_LONGEST = 120


def _short(value: Any) -> Any:
    if isinstance(value, str) and len(value) > _LONGEST:
        words = _("{text} is too long to be a value. Text goes at the end of a command, or into a note.",
                  text=Text(f"“{' '.join(value[:200].split())[:60]} …”"))  # fmt: skip
        raise BadValue(words)
    return value


SHORT = BeforeValidator(_short)
"""Stands last among the validators of a field, and so is asked first."""
