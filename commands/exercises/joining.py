"""Countries say that they take part."""

from typing import Annotated

from commands.arguments import Country, Option
from commands.base import Context, Refusal, Role
from commands.document import Code, CountryName, Doc, Message, Moment, Text, Words, _, doc, fields
from commands.exercises.declaration import capability
from commands.exercises.finding import MaybeWhich, find_or_only, not_possible
from commands.exercises.telling import ExerciseJoined
from commands.exercises.words import local_times
from storage.exercises import AlreadyTakesPart, Exercise, ExerciseOver
from storage.ids import CountryCode
from storage.members import Members


class Join(MaybeWhich):
    country: Annotated[CountryCode | None, Country(), Option()] = None


@capability.command(
    "exercise join",
    role=Role.MEMBER,
    summary=_("Say that your country takes part in an exercise"),
    examples=["exercise join E-2027-01", "exercise join 1", "exercise join"],
)
async def join(args: Join, context: Context) -> Doc:
    """Record that a country takes part; without a number in the only exercise there is to come."""
    exercise = await find_or_only(args.exercise, context)
    country = _country_of(args, exercise, context)
    try:
        change = exercise.join(country, context.member, context.now)
    except ExerciseOver as error:
        raise not_possible(error) from error
    except AlreadyTakesPart as error:
        raise Refusal(await _already(exercise, error, context)) from error
    await context.emit(ExerciseJoined(change))
    places: dict[str, Words] = {
        "country": CountryName(country),
        "number": Text(exercise.number),
        "title": Text(exercise.title),
    }
    if change.newcomer:
        told = _(
            "{country} takes part in exercise {number}, {title}. It had not been invited and is now added.", **places
        )
    else:
        told = _("{country} takes part in exercise {number}, {title}.", **places)
    return doc(told, fields(local_times(exercise, [country])))


def _country_of(args: Join, exercise: Exercise, context: Context) -> CountryCode:
    own = context.member.country
    if args.country is not None and args.country != own and context.member.role < Role.COORDINATOR:
        raise Refusal(_("Only a coordinator can say that another country than your own takes part."))
    country = args.country or own
    if country is None:
        raise Refusal(
            _(
                "Your record names no country. Say which one takes part: {example}.",
                example=Code(f"{context.prefix}exercise join {exercise.number} country=GH"),
            )
            if context.member.role >= Role.COORDINATOR
            else _("Your record names no country, so you cannot join for one. Ask a coordinator.")
        )
    return country


async def _already(exercise: Exercise, error: AlreadyTakesPart, context: Context) -> Message:
    by = None if error.entry.joined_by is None else await Members(context.tx).get(error.entry.joined_by)
    at = error.entry.joined_at
    if by is None or at is None:
        return _(
            "{country} takes part in exercise {number} already.",
            country=CountryName(error.entry.country),
            number=exercise.number,
        )
    return _(
        "{country} takes part in exercise {number} already: {name} said so on {moment}.",
        country=CountryName(error.entry.country),
        number=exercise.number,
        name=by.name,
        moment=Moment(at, context.zone),
    )
