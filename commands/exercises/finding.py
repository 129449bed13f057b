"""Which exercise is meant, and what is said when it is none or over."""

from typing import Annotated

from commands.arguments import About, Ref
from commands.base import Args, Context, Refusal
from commands.document import Code, Text, _, either
from storage.exercises import Exercise, ExerciseOver, Exercises, ExerciseState

_WHICH = _("Which exercise? Write its number, such as {example}.", example=Code("E-2026-01"))


class Which(Args):
    exercise: Annotated[Ref, About("exercise", ask=_WHICH)]


class MaybeWhich(Args):
    exercise: Annotated[Ref | None, About("exercise", ask=_WHICH)] = None


async def find_or_only(which: Ref | None, context: Context) -> Exercise:
    """Return the exercise that is meant; when none is named, the only one that is planned or running."""
    if which is not None:
        return await find(which, context)
    coming = await Exercises(context.tx).coming(context.now)
    if not coming:
        raise Refusal(_("No exercise is planned or running."))
    if len(coming) > 1:
        numbers = either(Code(one.number) for one in coming)
        raise Refusal(_("Which exercise do you mean: {numbers}?", numbers=numbers))
    return coming[0]


async def find(ref: Ref, context: Context) -> Exercise:
    """Return the exercise that is meant. Raises Refusal where there is none."""
    known = Exercises(context.tx)
    found = await known.get(ref.id) if ref.id is not None else None
    if ref.number is not None:
        found = await known.find(ref.number, context.now)
    if found is None:
        raise Refusal(
            _(
                "I know no exercise {number}. {command} shows all of them.",
                number=Text(ref.number or ""),
                command=Code(f"{context.prefix}exercise list"),
            )
        )
    return found


def not_possible(error: ExerciseOver) -> Refusal:
    """Return what is said to who would change an exercise that is over."""
    number = error.exercise.number
    if error.state is ExerciseState.CANCELLED:
        return Refusal(_("Exercise {number} was cancelled: nothing about it can be changed any more.", number=number))
    return Refusal(_("Exercise {number} has ended: nothing about it can be changed any more.", number=number))
