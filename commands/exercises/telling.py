"""Who is told of an exercise, and its reminders: each country in its own rooms and its own local time."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
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
    await _tell(event.change.exercise, News(Kind.PLANNED), context)


@capability.announces(ExerciseJoined)
async def tell_of_joining(event: ExerciseJoined, context: Context) -> None:
    """Bring the cards up to date and say it quietly below each."""
    news = News(Kind.JOINED, [event.change.country], answered=context.room.id)
    await _tell(event.change.exercise, news, context)


@capability.announces(ExerciseChanged)
async def tell_of_change(event: ExerciseChanged, context: Context) -> None:
    """Bring the cards up to date; a new time is said aloud in each room, in the local times of its countries."""
    change = event.change
    kind = Kind.MOVED if change.moved else Kind.CHANGED
    await _tell(change.exercise, News(kind, list(change.dropped)), context)


@capability.announces(ExerciseCancelled)
async def tell_of_cancelling(event: ExerciseCancelled, context: Context) -> None:
    await _tell(event.change.exercise, News(Kind.CANCELLED, reason=event.change.reason), context)


class Kind(StrEnum):
    PLANNED = "planned"
    JOINED = "joined"
    CHANGED = "changed"
    MOVED = "moved"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class News:
    """What is told of an exercise, as it stands in the row of a clock."""

    kind: Kind
    countries: list[CountryCode] = field(default_factory=list)
    """Of `JOINED` the country that takes part; of a change those that are no longer asked."""
    reason: str = ""
    answered: str = ""
    """The room in which the answer to who joined says it already."""


TELL = "exercise.tell"
_AT_ONCE, _BATCH = 4, 8
"""Rooms that are told in the transaction of the command, and in each after it."""


async def _tell(exercise: Exercise, news: News, context: Context) -> None:
    """Tell every room: the first few now, so that nobody waits for all of them, the others by a clock."""
    subject = f"{subject_of(exercise)}:{news.kind}:{','.join(news.countries)}:{context.now.isoformat()}"
    await _tell_next(exercise, news, "", _AT_ONCE, subject, context.now, context)


@capability.timer(TELL)
async def tell_on(timer: Timer, context: Context) -> None:
    """Tell the next rooms; what happened first goes on first."""
    exercise = await Exercises(context.tx).get(int(timer.payload["exercise"]))
    if exercise is not None:
        told = timer.payload["news"]
        countries = [CountryCode(one) for one in told["countries"]]
        news = News(Kind(told["kind"]), countries, told["reason"], told.get("answered", ""))
        await _tell_next(exercise, news, timer.payload["after"], _BATCH, timer.subject, timer.due_at, context)


async def _tell_next(
    exercise: Exercise, news: News, after: str, most: int, subject: str, due: datetime, context: Context
) -> None:
    """Tell the next rooms what happened when it was `due`, as the exercise stands now."""
    cards = {row.room_id: row for row in await _cards(exercise, context)}
    audience = await whole_audience(exercise, context)
    dropped = Audience() if news.kind is Kind.JOINED else await audience_of(news.countries, context)
    rooms = sorted({*(room for room in cards if room is not None), *audience.rooms, *dropped.rooms})
    left = [room for room in rooms if room > after]
    lead = await lead_name(exercise, context)
    for room in left[:most]:
        countries, shown = audience.rooms.get(room, []), cards.get(room)
        await _bring_up(exercise, room, countries, shown, lead, context)
        # A card that was shown after it happened says so itself.
        before = shown if shown is not None and shown.created_at <= due else None
        if room != news.answered:
            await _say_news(exercise, news, room, countries, before, context)
        for code in dropped.rooms.get(room, []):
            if exercise.entry(code) is not None:
                continue  # it is asked again meanwhile
            words = _(
                "{country} is no longer asked to take part in exercise {number}.",
                country=CountryName(code),
                number=exercise.number,
            )
            await _say(exercise, room, doc(words), context)
    if len(left) > most:
        payload = {"exercise": exercise.id, "news": asdict(news), "after": left[most - 1]}
        await context.timers().schedule(TELL, subject, due, payload)


async def _bring_up(
    exercise: Exercise, room: RoomId, countries: Sequence[CountryCode], shown: OutboxRow | None, lead: str,
    context: Context,
) -> None:  # fmt: skip
    """Edit the card of a room, or show one where it has none yet."""
    if shown is None and (exercise.cancelled_at is not None or not countries):
        return
    words = card(exercise, countries, context.now, lead=lead, prefix=context.prefix)
    if shown is not None:
        await context.post(Post(room=room, doc=words, replaces=shown.id))
        return
    await context.post(
        Post(
            room=room,
            doc=words,
            priority=Priority.REMINDER,
            subject=subject_of(exercise),
            part="card",
            origin=exercise.lead,
        )
    )


async def _say_news(
    exercise: Exercise, news: News, room: RoomId, countries: Sequence[CountryCode], shown: OutboxRow | None,
    context: Context,
) -> None:  # fmt: skip
    """Say in a room what is new; where the card itself is the news, nothing."""
    number = Text(exercise.number)
    if news.kind is Kind.JOINED and shown is not None and exercise.cancelled_at is None:
        words = _("{country} takes part in exercise {number}.", country=Strong(CountryName(news.countries[0])),
                  number=number)  # fmt: skip
        line = Post(room=room, doc=doc(words).quietly(), thread_row=shown.id, subject=subject_of(exercise), part="line")
        await context.post(line)
    elif news.kind is Kind.MOVED and shown is not None and countries and exercise.cancelled_at is None:
        title = Heading(_("Exercise {number} has another time: {title}", number=exercise.number, title=exercise.title))
        await _say(exercise, room, doc(title, fields(local_times(exercise, countries))), context)
    elif news.kind is Kind.CANCELLED and countries:
        heading = Heading(_("Exercise {number} is cancelled: {title}", number=exercise.number, title=exercise.title))
        await _say(exercise, room, doc(heading, _("Reason: {reason}", reason=Text(news.reason))), context)


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


async def _cards(exercise: Exercise, context: Context) -> Sequence[OutboxRow]:
    """Return the card of each room that was shown one: the latest."""
    rows = await Outbox(context.tx).about(str(subject_of(exercise)), "card")
    return list({row.room_id: row for row in rows}.values())


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
