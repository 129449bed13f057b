"""Exercises listed and shown."""

from collections.abc import Sequence

from commands.base import Args, Context, Role
from commands.document import Doc, _, bullets, doc
from commands.exercises.declaration import capability
from commands.exercises.finding import MaybeWhich, find_or_only
from commands.exercises.telling import lead_name
from commands.exercises.words import full, line
from storage.exercises import Exercise, Exercises

OVER_SHOWN = 5


class Nothing(Args):
    pass


@capability.command(
    "exercise list", role=Role.MEMBER, summary=_("List the exercises"), reads=True, examples=["exercise list"]
)
async def show_list(args: Nothing, context: Context) -> Doc:  # noqa: ARG001 - the signature of a handler
    """List what is planned and running, and the latest that are over."""
    repository = Exercises(context.tx)
    coming, over = await repository.coming(context.now), await repository.over(context.now, limit=OVER_SHOWN)
    if not coming and not over:
        return doc(_("There is no exercise yet."))
    shown = doc(_("Planned and running exercises:") if coming else _("No exercise is planned or running."))
    shown += _lines(coming, context)
    if over:
        shown += doc(_("Over:")) + _lines(over, context)
    return shown


def _lines(found: Sequence[Exercise], context: Context) -> Doc:
    return doc(bullets(line(exercise, context.now, context.zone) for exercise in found)) if found else doc()


@capability.command(
    "exercise show",
    role=Role.MEMBER,
    summary=_("Show an exercise"),
    reads=True,
    examples=["exercise show E-2027-01", "exercise show 1", "exercise show"],
)
async def show(args: MaybeWhich, context: Context) -> Doc:
    """Show one exercise; without a number the only one there is to come."""
    exercise = await find_or_only(args.exercise, context)
    lead = await lead_name(exercise, context)
    return full(exercise, context.now, context.zone, lead=lead, prefix=context.prefix)
