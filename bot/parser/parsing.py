"""A command with all that it needs, or what is missing of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.parser.fields import fields_of
from bot.parser.finding import completed, find_command
from bot.parser.options import check_nothing_is_left, take_options
from bot.parser.positions import take_positions
from bot.parser.values import check_what_is_there, validate, with_zone
from commands.arguments import About, Reading, Ref
from commands.base import Args, Command, Subject
from commands.document import Message


@dataclass(frozen=True, slots=True)
class Call:
    """A command with everything it needs."""

    command: Command
    args: Args


@dataclass(frozen=True, slots=True)
class Missing:
    """A command that lacks a required argument: what to ask, and for which field."""

    command: Command
    field: str
    question: Message


_HYPHENS = str.maketrans("\u2010\u2011", "--")
"""What a hyphen is in text that comes from word processors and pages: numbers of anything are pasted with it."""


def parse(
    text: str,
    commands: Sequence[Command],
    reading: Reading,
    *,
    prefix: str,
    subject: Subject | None = None,
    given: Mapping[str, str] | None = None,
) -> Call | Missing:
    """Read a command without its prefix; `given` holds what was asked for and answered meanwhile.

    Raises:
        Refusal: unknown command or option, a value that cannot be; the words say what can.
    """
    command, rest = find_command(completed(text.translate(_HYPHENS), commands, subject), commands, prefix)
    fields = fields_of(command.args)
    taken = take_options(rest, fields, command, prefix, reading)
    values: dict[str, Any] = dict(taken.options)
    for name, value in (given or {}).items():
        values.setdefault(name, value)
    take_positions(taken, fields, values, reading, subject)
    check_nothing_is_left(taken.plain, fields, command, prefix)
    for entry in fields:
        if isinstance(values.get(entry.name), str) and isinstance(entry.kind, About):
            values[entry.name] = Ref(number=str(values[entry.name]).lstrip("#"))
        if entry.name not in values and entry.info.is_required():
            check_what_is_there(command, fields, values, with_zone(reading, values), prefix)
            question = entry.kind.ask
            assert question is not None, f"{command.name}: {entry.name} has no question"
            return Missing(command, entry.name, question)
    return Call(command, validate(command, values, with_zone(reading, values), prefix))
