"""The number is typed: what cannot be undone is done to the alert that a person names, not to the one of a thread.

To which thread a message belongs stands outside its encryption, where a homeserver could change it. A command that ends
an alert, changes its legal state or lets more people read it therefore asks for the number when the thread alone says
which alert is meant.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from commands.alerts.declaration import capability
from commands.alerts.facts import Slot, by_slot
from commands.alerts.finding import find
from commands.alerts.showing.words import fact_words, marked
from commands.arguments import Reading, Ref
from commands.base import Answer, Args, Context, Subject
from commands.document import Code, Doc, Strong, Text, _, doc
from commands.visibility import ALERT
from storage.alerts import Alert, AlertNumber

Handler = Callable[[Any, Context], Awaitable[Doc | None]]

_CONFIRM = "alert.confirm"
_AGAIN: dict[str, tuple[type[Args], Handler]] = {}


def by_number(command: str) -> Callable[[Handler], Handler]:
    """Say that a command asks for the number; `command` stands after "alert"."""

    def declare(handler: Handler) -> Handler:
        _AGAIN[command] = (handler.__annotations__["args"], handler)
        return handler

    return declare


def is_by_number(command: str) -> bool:
    """Whether a command about alerts asks for the number when it was not typed."""
    return command in _AGAIN


async def ask_number(command: str, args: Args, alert: Alert, context: Context) -> Doc:
    """Ask which alert is meant; nothing was done yet. The command runs again once its number was typed."""
    data = {
        "command": command,
        "alert": alert.id,
        "args": args.model_dump(mode="json", exclude={"about"}, exclude_none=True),
    }
    return await context.ask(marked(alert, _question(alert, command, context)), _CONFIRM, data)


def _question(alert: Alert, command: str, context: Context) -> Doc:
    slots = by_slot(alert.current_facts)
    what = next((fact_words(slots[slot]) for slot in (Slot.CONTAINER, Slot.VESSEL) if slot in slots), None)
    excerpt = " ".join(alert.text.split())[:80]
    return doc(
        _(
            "Do you mean alert {number} ({what})? Answer with its number, and I do it: {command}. "
            "Any other answer leaves it as it is.",
            number=Strong(Text(alert.number)), what=what or Text(excerpt),
            command=Code(f"{context.prefix}alert {command} {alert.number}"),
        )
    )  # fmt: skip


@capability.answer(_CONFIRM)
async def confirmed(answer: Answer, context: Context) -> Doc | None:
    """Do it to the alert whose number was typed, if it is the one that was asked about."""
    alert = await find(Ref(id=int(answer.data["alert"])), context)
    number = AlertNumber.parse(answer.text, year=alert.year)
    is_meant = number is not None and str(number) == alert.number
    if number is not None and alert.is_exercise and answer.text.strip().lstrip("#").isdecimal():
        is_meant = number.sequence == alert.sequence
    if not is_meant:
        return marked(alert, doc(_("Alert {number} stays as it is.", number=alert.number)).quietly())
    command = str(answer.data["command"])
    model, handler = _AGAIN[command]
    # Moments went through JSON; everything else is read as it was typed.
    given = {
        name: datetime.fromisoformat(value) if model.model_fields[name].annotation is datetime else value
        for name, value in answer.data["args"].items()
    }
    reading = Reading(context.now, context.zone, context.member.language)
    args = model.model_validate({**given, "about": Ref(number=alert.number)}, context=reading)
    said = await handler(args, context)
    context.audit(f"alert {command}", Subject(ALERT, alert.id))
    return said
