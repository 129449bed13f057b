"""The fields of an argument model: how each is given, and by which keys."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, get_args, get_origin

from pydantic.fields import FieldInfo

from commands.arguments import Kind, Option
from commands.base import Args
from commands.usage import kind_of


@dataclass(frozen=True, slots=True)
class Field:
    """One argument of a command, as its model declares it."""

    name: str
    kind: Kind
    info: FieldInfo

    @property
    def is_list(self) -> bool:
        return _has(self.info.annotation, tuple)

    @property
    def is_time(self) -> bool:
        return _has(self.info.annotation, datetime)

    @property
    def is_duration(self) -> bool:
        return _has(self.info.annotation, timedelta)


def fields_of(model: type[Args]) -> list[Field]:
    """Return the fields of an argument model with their kinds, in the order they were declared."""
    return [Field(name, kind_of(info), info) for name, info in model.model_fields.items()]


def keys(entry: Field) -> tuple[str, ...]:
    """Return the names by which an argument may be given as `key=value`."""
    return (entry.name, *entry.kind.aliases) if isinstance(entry.kind, Option) else (entry.name,)


def plain_key(key: str) -> str:
    """Return a key without what telephones change in it: case, hyphens, underscores."""
    return key.casefold().replace("-", "").replace("_", "")


def _has(annotation: Any, wanted: type) -> bool:
    origin = get_origin(annotation)
    if annotation is wanted or origin is wanted:
        return True
    return any(_has(argument, wanted) for argument in get_args(annotation))
