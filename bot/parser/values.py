"""From the words of values to typed arguments, or what is wrong with them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from bot.parser.fields import Field
from bot.parser.writing import shorten
from commands.arguments import BadValue, Option, Reading, Ref, read_zone
from commands.base import Args, Command, Refusal
from commands.document import Code, Message, Text, _
from commands.usage import form_of, key_of, kind_of, usage


def accepts(entry: Field, value: str, reading: Reading) -> bool:
    """Say whether a word can be the value of this argument."""
    try:
        _adapter(entry.info).validate_python(value, context=reading)
    except ValidationError:
        return False
    return True


def _adapter(info: FieldInfo) -> TypeAdapter[Any]:
    return TypeAdapter(_annotated(info))


def _annotated(info: FieldInfo) -> Any:
    return Annotated[(info.annotation, *info.metadata)] if info.metadata else info.annotation


def validate(command: Command, values: dict[str, Any], reading: Reading, prefix: str) -> Args:
    """Return the typed arguments. Raises Refusal for a value that cannot be."""
    try:
        return command.args.model_validate(values, context=reading)
    except ValidationError as error:
        name = str(error.errors()[0]["loc"][0]) if error.errors()[0]["loc"] else ""
        raise _bad_value(error, command, name, values.get(name, ""), prefix) from error


def check_what_is_there(
    command: Command, fields: Sequence[Field], values: dict[str, Any], reading: Reading, prefix: str
) -> None:
    """Refuse a bad value before anything else is asked for. Raises Refusal."""
    for entry in fields:
        if entry.name in values and not isinstance(values[entry.name], Ref):
            try:
                _adapter(entry.info).validate_python(values[entry.name], context=reading)
            except ValidationError as error:
                raise _bad_value(error, command, entry.name, values[entry.name], prefix) from error


def _bad_value(error: ValidationError, command: Command, name: str, value: Any, prefix: str) -> Refusal:
    cause = error.errors()[0].get("ctx", {}).get("error")
    info = command.args.model_fields.get(name)
    if value == "" and info is not None and isinstance(kind_of(info), Option):
        return Refusal(_empty(Code(f"{key_of(name)}="), form_of(info)))
    if isinstance(cause, BadValue):
        return Refusal(cause.words)
    return Refusal(
        _(
            "{value} is not a possible value of {option}. Write it like this: {usage}",
            value=Text(f"“{shorten(str(value))}”"),
            option=Code(name),
            usage=Code(usage(command, prefix)),
        )
    )


def _empty(option: Code, form: str) -> Message:
    if form == "...":
        return _("Nothing stands behind {option}. Write there what it is, or leave {option} out.", option=option)
    example = Code(f"{option.text}{form}")
    return _("Nothing stands behind {option}. Write it like {example}.", option=option, example=example)


def with_zone(reading: Reading, values: Mapping[str, Any]) -> Reading:
    """An option named `tz` is the zone in which the other times of the command are read."""
    if "tz" not in values:
        return reading
    try:
        return replace(reading, zone=ZoneInfo(read_zone(str(values["tz"]))))
    except BadValue:
        return reading  # the validation of `tz` itself says what is wrong
