"""Exercises planned, changed and cancelled by coordinators."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from commands.arguments import Countries, Option, Person, Rest, When, Zone
from commands.base import Args, Context, Refusal, Role
from commands.document import Code, Doc, Heading, Message, Moment, _, _n, bullets, doc, fields
from commands.exercises.declaration import capability
from commands.exercises.finding import Which, find, not_possible
from commands.exercises.telling import (
    ExerciseCancelled,
    ExerciseChanged,
    ExercisePlanned,
    lead_name,
    plan_reminders,
    whole_audience,
)
from commands.exercises.words import full, impossible_words, local_times, names_of, period, step_words, subject_of
from storage.exercises import Exercise, ExerciseOver, Exercises, ImpossibleTimes
from storage.ids import CountryCode, UserId
from storage.members import Member, Members

LONGEST_TITLE = 200


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


class Cancel(Which):
    reason: Annotated[str, Rest(ask=_("Why is it cancelled? The countries will read the reason."))]


class Set(Which):
    title: Annotated[str | None, Option()] = None
    start: Annotated[datetime | None, When(), Option()] = None
    end: Annotated[datetime | None, When(), Option()] = None
    tz: Annotated[str | None, Zone(), Option(aliases=("zone", "timezone"))] = None
    countries: Annotated[tuple[CountryCode, ...] | None, Countries(), Option(aliases=("country",))] = None
    lead: Annotated[UserId | None, Person(), Option()] = None


def _title(text: str) -> str:
    title = " ".join(text.split())
    if not title:
        raise Refusal(_("An exercise needs a title. Write it like {example}.", example=Code('title="Clean Quay"')))
    if len(title) > LONGEST_TITLE:
        raise Refusal(_("The title is too long: at most {limit} characters.", limit=LONGEST_TITLE))
    return title


@capability.command(
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


@capability.command(
    "exercise cancel",
    role=Role.COORDINATOR,
    summary=_("Cancel an exercise"),
    examples=["exercise cancel E-2027-01 The port is closed by a strike"],
)
async def cancel(args: Cancel, context: Context) -> Doc:
    """Cancel an exercise, stop its reminders and tell the countries."""
    exercise = await find(args.exercise, context)
    try:
        change = exercise.cancel(context.member, args.reason, context.now)
    except ExerciseOver as error:
        raise not_possible(error) from error
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


@capability.command(
    "exercise set",
    role=Role.COORDINATOR,
    summary=_("Change the title, times, countries or lead of an exercise"),
    examples=['exercise set E-2027-01 start="2027-03-02 08:00" tz=Africa/Accra', "exercise set 1 countries=GH,NL,DE"],
)
async def change(args: Set, context: Context) -> Doc:
    """Change what is given; when the exercise is moved its reminders are planned anew."""
    exercise = await find(args.exercise, context)
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
        raise not_possible(error) from error
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


@capability.duties
async def duties(member: Member, context: Context) -> Sequence[Message]:
    """Name the exercises that are not over and that this member leads."""
    return [
        _("lead coordinator of exercise {number}, {title}", number=exercise.number, title=exercise.title)
        for exercise in await Exercises(context.tx).led_by(member.user_id, context.now)
    ]
