"""Who is told of an exercise, and its reminders: each country in its own rooms and its own local time."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import assert_never

from commands.arguments import zone_of_country
from commands.base import Context, Event, Post, Priority
from commands.document import (
    CountryName,
    Doc,
    Heading,
    Message,
    Moment,
    Paragraph,
    Strong,
    Text,
    _,
    doc,
    fields,
    inline,
    joined,
)
from commands.exercises.declaration import capability
from commands.exercises.words import card, join_code, local_times, names_of, subject_of
from commands.network import tell_coordination
from storage.exercises import Cancelled, Changed, Exercise, Exercises, ExerciseState, Joined, Planned, ReminderStep
from storage.ids import CountryCode, RoomId
from storage.members import Members
from storage.outbox import Outbox, OutboxRow
from storage.rooms import BindingKind, Rooms
from storage.timers import Timer

LATE = timedelta(minutes=5)
"""From here on a reminder says that it is late."""


@dataclass(frozen=True, slots=True)
class ExercisePlanned(Event):
    change: Planned


@dataclass(frozen=True, slots=True)
class ExerciseJoined(Event):
    change: Joined


@dataclass(frozen=True, slots=True)
class ExerciseChanged(Event):
    change: Changed


@dataclass(frozen=True, slots=True)
class ExerciseCancelled(Event):
    change: Cancelled


@dataclass(slots=True)
class Audience:
    """The rooms that are told, each with the countries it stands for; and the countries that no room stands for."""

    rooms: dict[RoomId, list[CountryCode]] = field(default_factory=dict)
    unreached: list[CountryCode] = field(default_factory=list)


async def audience_of(countries: Sequence[CountryCode], context: Context) -> Audience:
    """Return a country's own rooms, or the network's rooms for a country without one."""
    rooms = Rooms(context.tx)
    network = await rooms.bound_to(BindingKind.NETWORK)
    audience = Audience()
    for code in countries:
        own = await rooms.of_country(code) or network
        if not own:
            audience.unreached.append(code)
        for room in own:
            audience.rooms.setdefault(room, []).append(code)
    return audience


async def whole_audience(exercise: Exercise, context: Context) -> Audience:
    return await audience_of([entry.country for entry in exercise.countries], context)


async def lead_name(exercise: Exercise, context: Context) -> str:
    """Return the name of the lead coordinator, also of one who has left since."""
    members = Members(context.tx)
    lead = await members.get(exercise.lead) or await members.removed(exercise.lead)
    return exercise.lead if lead is None else lead.name


def kind_of(step: ReminderStep) -> str:
    return f"exercise.reminder.{step.value}"


async def plan_reminders(exercise: Exercise, context: Context) -> None:
    """Set the clocks that are still to come, in place of all earlier ones."""
    timers, subject = context.timers(), str(subject_of(exercise))
    for step in ReminderStep:
        await timers.cancel(kind_of(step), subject)
    for step, due in exercise.reminders_after(context.now):
        await timers.schedule(kind_of(step), subject, due, {"exercise": exercise.id})


@capability.announces(ExercisePlanned)
async def invite(event: ExercisePlanned, context: Context) -> None:
    """Show the card in the rooms of every invited country."""
    exercise = event.change.exercise
    audience = await whole_audience(exercise, context)
    for room, countries in audience.rooms.items():
        await _show_card(exercise, room, countries, context)


@capability.announces(ExerciseJoined)
async def tell_of_joining(event: ExerciseJoined, context: Context) -> None:
    """Bring the cards up to date and say it quietly below each."""
    exercise, code = event.change.exercise, event.change.country
    words = _(
        "{country} takes part in exercise {number}.", country=Strong(CountryName(code)), number=Text(exercise.number)
    )
    cards = await _refresh_cards(exercise, context)
    for shown in cards:
        await context.post(
            Post(
                room=shown.room_id,
                doc=doc(words).quietly(),
                thread_row=shown.id,
                subject=subject_of(exercise),
                part="line",
            )
        )


@capability.announces(ExerciseChanged)
async def tell_of_change(event: ExerciseChanged, context: Context) -> None:
    """Bring the cards up to date; a new time is said aloud in each room, in the local times of its countries."""
    change = event.change
    exercise = change.exercise
    shown_before = {row.room_id for row in await _cards(exercise, context)}
    await _refresh_cards(exercise, context)
    if change.moved:
        title = Heading(_("Exercise {number} has another time: {title}", number=exercise.number, title=exercise.title))
        audience = await whole_audience(exercise, context)
        for room, countries in audience.rooms.items():
            if room in shown_before:  # for the others the card itself is the news
                await _say(exercise, room, doc(title, fields(local_times(exercise, countries))), context)
    for code in change.dropped:
        for room in (await audience_of([code], context)).rooms:
            words = _(
                "{country} is no longer asked to take part in exercise {number}.",
                country=CountryName(code),
                number=exercise.number,
            )
            await _say(exercise, room, doc(words), context)


@capability.announces(ExerciseCancelled)
async def tell_of_cancelling(event: ExerciseCancelled, context: Context) -> None:
    exercise = event.change.exercise
    await _refresh_cards(exercise, context)
    heading = Heading(_("Exercise {number} is cancelled: {title}", number=exercise.number, title=exercise.title))
    words = doc(heading, _("Reason: {reason}", reason=Text(event.change.reason)))
    for room in (await whole_audience(exercise, context)).rooms:
        await _say(exercise, room, words, context)


async def _say(exercise: Exercise, room: RoomId, words: Doc, context: Context) -> None:
    await context.post(
        Post(
            room=room,
            doc=words,
            priority=Priority.REMINDER,
            subject=subject_of(exercise),
            part="line",
            origin=exercise.lead,
        )
    )


async def _show_card(exercise: Exercise, room: RoomId, countries: Sequence[CountryCode], context: Context) -> None:
    shown = card(exercise, countries, context.now, lead=await lead_name(exercise, context), prefix=context.prefix)
    await context.post(
        Post(
            room=room,
            doc=shown,
            priority=Priority.REMINDER,
            subject=subject_of(exercise),
            part="card",
            origin=exercise.lead,
        )
    )


async def _cards(exercise: Exercise, context: Context) -> Sequence[OutboxRow]:
    """Return the card of each room that was shown one: the latest."""
    rows = await Outbox(context.tx).about(str(subject_of(exercise)), "card")
    return list({row.room_id: row for row in rows}.values())


async def _refresh_cards(exercise: Exercise, context: Context) -> Sequence[OutboxRow]:
    """Edit the card of each room, show one in rooms that have none yet, and return those edited."""
    cards = await _cards(exercise, context)
    audience = await whole_audience(exercise, context)
    lead = await lead_name(exercise, context)
    for row in cards:
        assert row.room_id is not None, "cards go to rooms"
        countries = audience.rooms.get(row.room_id, [])
        shown = card(exercise, countries, context.now, lead=lead, prefix=context.prefix)
        await context.post(Post(room=row.room_id, doc=shown, replaces=row.id))
    known = {row.room_id for row in cards}
    for room, countries in audience.rooms.items():
        if room not in known and exercise.cancelled_at is None:
            await _show_card(exercise, room, countries, context)
    return cards


@capability.timer(kind_of(ReminderStep.WEEK))
async def remind_a_week_before(timer: Timer, context: Context) -> None:
    await _remind(ReminderStep.WEEK, timer, context)


@capability.timer(kind_of(ReminderStep.DAY))
async def remind_a_day_before(timer: Timer, context: Context) -> None:
    await _remind(ReminderStep.DAY, timer, context)


@capability.timer(kind_of(ReminderStep.HOUR))
async def remind_an_hour_before(timer: Timer, context: Context) -> None:
    await _remind(ReminderStep.HOUR, timer, context)


async def _remind(step: ReminderStep, timer: Timer, context: Context) -> None:
    """Remind every country once, unless the exercise has begun meanwhile or is off."""
    exercise = await Exercises(context.tx).get(int(timer.payload["exercise"]))
    if exercise is None or exercise.state(context.now) is not ExerciseState.PLANNED:
        return
    audience = await whole_audience(exercise, context)
    for room, countries in audience.rooms.items():
        words = reminder(exercise, step, countries, timer.due_at, context)
        await context.post(
            Post(
                room=room,
                doc=words,
                priority=Priority.REMINDER,
                subject=subject_of(exercise),
                part="reminder",
                origin=exercise.lead,
            )
        )
    if audience.unreached:
        words = doc(
            _(
                "The reminder of exercise {number} found no room for {countries}. Bind a room to each of them.",
                number=exercise.number,
                countries=names_of(audience.unreached),
            )
        )
        await _tell_lead(exercise, words, context)


async def _tell_lead(exercise: Exercise, words: Doc, context: Context) -> None:
    lead = await Members(context.tx).get(exercise.lead)
    if lead is None:
        await tell_coordination(words, context)
    else:
        await context.post(Post(person=lead.user_id, doc=words, priority=Priority.REMINDER))


def reminder(
    exercise: Exercise, step: ReminderStep, countries: Sequence[CountryCode], due_at: datetime, context: Context
) -> Doc:
    """Return what the room of these countries reads at this step."""
    heading, rows = Heading(_reminder_title(exercise, step)), local_times(exercise, countries)
    words = doc(heading, fields(rows))
    if context.now - due_at > LATE:
        due = Moment(due_at, zone_of_country(countries[0]))
        words += doc(_("This reminder is late: it was due on {due}. I could not send it then.", due=due))
    silent = [code for code in countries if (entry := exercise.entry(code)) is not None and not entry.takes_part]
    if silent:
        asked = _(
            "Not yet answered: {countries}. To take part, write {command}.",
            countries=joined(CountryName(code) for code in silent),
            command=join_code(exercise, context.prefix),
        )
        words += Doc((Paragraph(inline(asked)),))
    return words


def _reminder_title(exercise: Exercise, step: ReminderStep) -> Message:
    number, title = Text(exercise.number), Text(exercise.title)
    match step:
        case ReminderStep.WEEK:
            return _("Reminder, 7 days before: exercise {number}, {title}", number=number, title=title)
        case ReminderStep.DAY:
            return _("Reminder, 1 day before: exercise {number}, {title}", number=number, title=title)
        case ReminderStep.HOUR:
            return _("Reminder, 1 hour before: exercise {number}, {title}", number=number, title=title)
        case _:
            assert_never(step)
