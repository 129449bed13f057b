"""International inspection exercises: several countries inspect at the same time, each in its own local time."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from commands.arguments import About, Countries, Country, Option, Person, Ref, Rest, When, Zone
from commands.base import Args, Context, Refusal, Role
from commands.document import (
    Code,
    CountryName,
    Doc,
    Heading,
    Message,
    Moment,
    Text,
    Words,
    _,
    _n,
    bullets,
    doc,
    fields,
    joined,
)
from commands.exercises.declared import exercises
from commands.exercises.telling import (
    ExerciseCancelled,
    ExerciseChanged,
    ExerciseJoined,
    ExercisePlanned,
    lead_name,
    plan_reminders,
    whole_audience,
)
from commands.exercises.words import (
    full,
    impossible_words,
    line,
    local_times,
    names_of,
    period,
    step_words,
    subject_of,
)
from storage.exercises import (
    AlreadyTakesPart,
    Exercise,
    ExerciseOver,
    Exercises,
    ExerciseState,
    ImpossibleTimes,
)
from storage.ids import CountryCode, UserId
from storage.members import Member, Members

capability = exercises
LONGEST_TITLE = 200
OVER_SHOWN = 5

_WHICH = _("Which exercise? Write its number, such as {example}.", example=Code("E-2026-01"))


class New(Args):
    title: Annotated[str, Option(ask=_("What is the exercise called?"))]
    start: Annotated[
        datetime, When(), Option(ask=_("When does it begin? For example {time}.", time=Code("2027-03-01 08:00")))
    ]
    end: Annotated[
        datetime, When(), Option(ask=_("When does it end? For example {time}.", time=Code("2027-03-05 18:00")))
    ]
    countries: Annotated[
        tuple[CountryCode, ...],
        Countries(),
        Option(
            ask=_("Which countries are invited? For example {codes}.", codes=Code("GH,NL,BE")), aliases=("country",)
        ),
    ]
    tz: Annotated[str | None, Zone(), Option(aliases=("zone", "timezone"))] = None


class Which(Args):
    exercise: Annotated[Ref, About("exercise", ask=_WHICH)]


class MaybeWhich(Args):
    exercise: Annotated[Ref | None, About("exercise", ask=_WHICH)] = None


class Join(MaybeWhich):
    country: Annotated[CountryCode | None, Country(), Option()] = None


class Cancel(Which):
    reason: Annotated[str, Rest(ask=_("Why is it cancelled? The countries will read the reason."))]


class Set(Which):
    title: Annotated[str | None, Option()] = None
    start: Annotated[datetime | None, When(), Option()] = None
    end: Annotated[datetime | None, When(), Option()] = None
    tz: Annotated[str | None, Zone(), Option(aliases=("zone", "timezone"))] = None
    countries: Annotated[tuple[CountryCode, ...] | None, Countries(), Option(aliases=("country",))] = None
    lead: Annotated[UserId | None, Person(), Option()] = None


class Nothing(Args):
    pass


async def _find_or_only(which: Ref | None, context: Context) -> Exercise:
    """Return the exercise that is meant; when none is named, the only one that is planned or running."""
    if which is not None:
        return await _find(which, context)
    coming = await Exercises(context.tx).coming(context.now)
    if not coming:
        raise Refusal(_("No exercise is planned or running."))
    if len(coming) > 1:
        numbers = joined(Code(one.number) for one in coming)
        raise Refusal(_("Which exercise do you mean: {numbers}?", numbers=numbers))
    return coming[0]


async def _find(ref: Ref, context: Context) -> Exercise:
    exercises_ = Exercises(context.tx)
    found = await exercises_.get(ref.id) if ref.id is not None else None
    if ref.number is not None:
        found = await exercises_.find(ref.number, context.now)
    if found is None:
        raise Refusal(
            _(
                "I know no exercise {number}. {command} shows all of them.",
                number=Text(ref.number or ""),
                command=Code(f"{context.prefix}exercise list"),
            )
        )
    return found


def _over(error: ExerciseOver) -> Refusal:
    number = error.exercise.number
    if error.state is ExerciseState.CANCELLED:
        return Refusal(_("Exercise {number} was cancelled: nothing about it can be changed any more.", number=number))
    return Refusal(_("Exercise {number} has ended: nothing about it can be changed any more.", number=number))


def _title(text: str) -> str:
    title = " ".join(text.split())
    if not title:
        raise Refusal(_("An exercise needs a title. Write it like {example}.", example=Code('title="Clean Quay"')))
    if len(title) > LONGEST_TITLE:
        raise Refusal(_("The title is too long: at most {limit} characters.", limit=LONGEST_TITLE))
    return title


@exercises.command(
    "exercise new",
    role=Role.COORDINATOR,
    summary=_("Plan an international inspection exercise"),
    examples=[
        'exercise new title="Quay" start="2027-03-01 08:00" end="2027-03-05 18:00" tz=Africa/Accra countries=GH,NL'
    ],
)
async def new(args: New, context: Context) -> Doc:
    """Plan an exercise and invite the countries in their rooms."""
    zone = ZoneInfo(args.tz) if args.tz is not None else context.zone
    try:
        change = await Exercises(context.tx).plan(
            _title(args.title),
            args.start,
            args.end,
            zone=zone.key,
            countries=args.countries,
            by=context.member,
            now=context.now,
        )
    except ImpossibleTimes as error:
        raise Refusal(impossible_words(error.why, args.start, args.end, context.now, zone)) from error
    exercise = change.exercise
    await plan_reminders(exercise, context)
    await context.emit(ExercisePlanned(change))
    planned = doc(
        Heading(_("Exercise {number} is planned: {title}", number=exercise.number, title=exercise.title)),
        fields([(_("Your time"), period(exercise, zone)), *local_times(exercise, args.countries)]),
    )
    return planned + _reminders_planned(exercise, context) + await _who_was_told(exercise, context)


def _reminders_planned(exercise: Exercise, context: Context) -> Doc:
    steps = exercise.reminders_after(context.now)
    if not steps:
        return doc(_("It begins in less than an hour, so there will be no reminder."))
    zone = ZoneInfo(exercise.zone)
    items = [_("{step}: {moment}", step=step_words(step), moment=Moment(due, zone)) for step, due in steps]
    return doc(_("Reminders to every country, in its own time:"), bullets(items))


async def _who_was_told(exercise: Exercise, context: Context) -> Doc:
    audience = await whole_audience(exercise, context)
    told = doc(_n("The invitation goes to {count} room.", "The invitation goes to {count} rooms.", len(audience.rooms)))
    if audience.unreached:
        told += doc(
            _(
                "Nobody can be told in {countries}: no room is bound there, and there is no network room.",
                countries=names_of(audience.unreached),
            )
        )
    return told


@exercises.command(
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


@exercises.command(
    "exercise show",
    role=Role.MEMBER,
    summary=_("Show an exercise"),
    reads=True,
    examples=["exercise show E-2027-01", "exercise show 1", "exercise show"],
)
async def show(args: MaybeWhich, context: Context) -> Doc:
    """Show one exercise; without a number the only one there is to come."""
    exercise = await _find_or_only(args.exercise, context)
    lead = await lead_name(exercise, context)
    return full(exercise, context.now, context.zone, lead=lead, prefix=context.prefix)


@exercises.command(
    "exercise join",
    role=Role.MEMBER,
    summary=_("Say that your country takes part in an exercise"),
    examples=["exercise join E-2027-01", "exercise join 1", "exercise join"],
)
async def join(args: Join, context: Context) -> Doc:
    """Record that a country takes part; without a number in the only exercise there is to come."""
    exercise = await _find_or_only(args.exercise, context)
    country = _country_of(args, exercise, context)
    try:
        change = exercise.join(country, context.member, context.now)
    except ExerciseOver as error:
        raise _over(error) from error
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


@exercises.command(
    "exercise cancel",
    role=Role.COORDINATOR,
    summary=_("Cancel an exercise"),
    examples=["exercise cancel E-2027-01 The port is closed by a strike"],
)
async def cancel(args: Cancel, context: Context) -> Doc:
    """Cancel an exercise, stop its reminders and tell the countries."""
    exercise = await _find(args.exercise, context)
    try:
        change = exercise.cancel(context.member, args.reason, context.now)
    except ExerciseOver as error:
        raise _over(error) from error
    await context.timers().cancel_all(str(subject_of(exercise)))
    await context.emit(ExerciseCancelled(change))
    audience = await whole_audience(exercise, context)
    return doc(
        _n(
            "Exercise {number}, {title}, is cancelled; {count} room is told.",
            "Exercise {number}, {title}, is cancelled; {count} rooms are told.",
            len(audience.rooms),
            number=exercise.number,
            title=exercise.title,
        )
    )


@exercises.command(
    "exercise set",
    role=Role.COORDINATOR,
    summary=_("Change the title, times, countries or lead of an exercise"),
    examples=['exercise set E-2027-01 start="2027-03-02 08:00" tz=Africa/Accra', "exercise set 1 countries=GH,NL,DE"],
)
async def change(args: Set, context: Context) -> Doc:
    """Change what is given; when the exercise is moved its reminders are planned anew."""
    exercise = await _find(args.exercise, context)
    if args.lead is not None:
        await _must_lead(args.lead, context)
    zone = ZoneInfo(args.tz or exercise.zone)
    start, end = args.start or exercise.starts_at, args.end or exercise.ends_at
    try:
        changed = exercise.change(
            context.now,
            title=None if args.title is None else _title(args.title),
            starts_at=args.start,
            ends_at=args.end,
            zone=args.tz,
            lead=args.lead,
            countries=args.countries,
        )
    except ExerciseOver as error:
        raise _over(error) from error
    except ImpossibleTimes as error:
        raise Refusal(impossible_words(error.why, start, end, context.now, zone)) from error
    if not changed.anything:
        raise Refusal(
            _(
                "Nothing would change. Say what, for example {example}.",
                example=Code(f'{context.prefix}exercise set {exercise.number} start="2027-03-02 08:00"'),
            )
        )
    await context.tx.flush()
    if changed.moved:
        await plan_reminders(exercise, context)
    await context.emit(ExerciseChanged(changed))
    lead = await lead_name(exercise, context)
    return full(exercise, context.now, context.zone, lead=lead, prefix=context.prefix)


async def _must_lead(user: UserId, context: Context) -> None:
    member: Member | None = await Members(context.tx).get(user)
    if member is None or member.role < Role.COORDINATOR:
        raise Refusal(_("{user} is not a coordinator, and only a coordinator can lead an exercise.", user=user))


@exercises.duties
async def duties(member: Member, context: Context) -> Sequence[Message]:
    """Name the exercises that are not over and that this member leads."""
    return [
        _("lead coordinator of exercise {number}, {title}", number=exercise.number, title=exercise.title)
        for exercise in await Exercises(context.tx).led_by(member.user_id, context.now)
    ]
