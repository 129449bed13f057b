"""How a command is typed, made from its arguments: for the help, the guides and the parser's refusals."""

from datetime import datetime
from enum import Enum
from typing import Any, get_args

from pydantic.fields import FieldInfo

from commands.arguments import About, Form, Kind, Option, Rest, Word
from commands.base import Command


def usage(command: Command, prefix: str) -> str:
    """Return the usage line: `!alert close [number] outcome=returned|treated <text>`.

    Values by position come first, then required and optional options, then the free text. What may be left out stands
    in square brackets; `<word>` is to be replaced.
    """
    if command.usage is not None:
        return f"{prefix}{command.usage}"
    positions, required, optional, rest = [], [], [], []
    for name, info in command.args.model_fields.items():
        kind = kind_of(info)
        match kind:
            case Word():
                positions.append(_position(name, info))
            case About():
                positions.append("[number]")
            case Rest():
                rest.append(f"<{_plain(name)}>" if info.is_required() else f"[{_plain(name)}]")
            case Option():
                form = f"{key_of(name)}={form_of(info)}"
                if info.is_required():
                    required.append(form)
                else:
                    optional.append(f"[{form}]")
    return " ".join([f"{prefix}{command.name}", *positions, *required, *optional, *rest])


def kind_of(info: FieldInfo) -> Kind:
    """Return how an argument is given; what says nothing is an option."""
    return next((entry for entry in info.metadata if isinstance(entry, Option | Word | Rest | About)), Option())


def form_of(info: FieldInfo) -> str:
    """Return what a value looks like: the words that are allowed, an example, or `...`."""
    form = next((entry.form for entry in info.metadata if isinstance(entry, Form) and entry.form), None)
    return form or _form_of_type(info.annotation) or "..."


def _position(name: str, info: FieldInfo) -> str:
    form = next((entry.form for entry in info.metadata if isinstance(entry, Form)), "")
    spelt_out = form.startswith("@") or "|" in form
    shown = form if spelt_out else f"<{_plain(name)}>"
    if info.is_required():
        return shown
    return f"[{shown}]" if spelt_out else f"[{_plain(name)}]"


def _form_of_type(annotation: Any) -> str | None:
    arguments = [entry for entry in get_args(annotation) if entry is not type(None)]
    if arguments:
        form = next((entry.form for entry in arguments if isinstance(entry, Form)), None)
        return form or _form_of_type(arguments[0])
    if annotation is bool:
        return "yes|no"
    if annotation is int:
        return "1"
    if annotation is datetime:
        return "YYYY-MM-DD HH:MM"
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return "|".join(str(one.value) if isinstance(one.value, str) else one.name.lower() for one in annotation)
    return None


def key_of(name: str) -> str:
    """Return an argument as people write it before the equals sign."""
    return name.rstrip("_").replace("_", "-")


def _plain(name: str) -> str:
    return name.rstrip("_").replace("_", " ")
