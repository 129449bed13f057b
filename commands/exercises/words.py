"""How an exercise is shown: its card, its state, its times in each country's own zone."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import assert_never
from zoneinfo import ZoneInfo

from commands.arguments import zone_of_country
from commands.base import Subject
from commands.document import (
    Code,
    CountryName,
    Doc,
    Heading,
    Inline,
    Message,
    Moment,
    Table,
    Text,
    Words,
    _,
    doc,
    fields,
    joined,
    table,
)
from storage.exercises import Exercise, ExerciseCountry, ExerciseState, ReminderStep, WhyImpossible
from storage.ids import CountryCode


def subject_of(exercise: Exercise) -> Subject:
    return Subject("exercise", exercise.id)


def state_words(state: ExerciseState) -> Message:
    match state:
        case ExerciseState.PLANNED:
            return _("planned")
        case ExerciseState.RUNNING:
            return _("running")
        case ExerciseState.ENDED:
            return _("ended")
        case ExerciseState.CANCELLED:
            return _("cancelled")
        case _:
            assert_never(state)


def step_words(step: ReminderStep) -> Message:
    match step:
        case ReminderStep.WEEK:
            return _("7 days before")
        case ReminderStep.DAY:
            return _("1 day before")
        case ReminderStep.HOUR:
            return _("1 hour before")
        case _:
            assert_never(step)


def impossible_words(why: WhyImpossible, start: datetime, end: datetime, now: datetime, zone: ZoneInfo) -> Message:
    match why:
        case WhyImpossible.STARTS_IN_PAST:
            begins, current = Moment(start, zone), Moment(now, zone)
            return _(
                "The exercise would begin on {start}, but it is already {now}. Give a start in the future.",
                start=begins,
                now=current,
            )
        case WhyImpossible.ENDS_BEFORE_START:
            return _(
                "It would end on {end}, which is not after its start on {start}. Give an end after the start.",
                end=Moment(end, zone),
                start=Moment(start, zone),
            )
        case WhyImpossible.TOO_FAR:
            return _(
                "The exercise would end on {end}, more than ten years from now. Check the year.", end=Moment(end, zone)
            )
        case _:
            assert_never(why)


def names_of(countries: Iterable[CountryCode]) -> Inline:
    """Return the names of countries as a list, or that there is none."""
    names = [CountryName(code) for code in countries]
    return joined(names) if names else _("none yet")


def period(exercise: Exercise, zone: ZoneInfo) -> Message:
    return _("{start} to {end}", start=Moment(exercise.starts_at, zone), end=Moment(exercise.ends_at, zone))


def local_times(exercise: Exercise, countries: Sequence[CountryCode]) -> list[tuple[Words, Words]]:
    """Return one line for each country: its name, and start and end in its own main zone."""
    return [(CountryName(code), period(exercise, zone_of_country(code))) for code in countries]


def _taking_part(exercise: Exercise) -> list[tuple[Words, Words]]:
    silent = [entry.country for entry in exercise.countries if not entry.takes_part]
    rows: list[tuple[Words, Words]] = [
        (_("Taking part"), names_of(entry.country for entry in exercise.countries if entry.takes_part))
    ]
    if silent:
        rows.append((_("Invited, not yet answered"), names_of(silent)))
    return rows


def card(exercise: Exercise, countries: Sequence[CountryCode], now: datetime, *, lead: str, prefix: str) -> Doc:
    """Return what the rooms of `countries` are shown, with the times of these countries."""
    state = exercise.state(now)
    times = local_times(exercise, countries) or [(_("Time"), period(exercise, ZoneInfo(exercise.zone)))]
    rows: list[tuple[Words, Words]] = [(_("State"), state_words(state)), *times, *_taking_part(exercise)]
    rows.append((_("Lead coordinator"), lead))
    heading = Heading(_("Exercise {number}: {title}", number=exercise.number, title=exercise.title))
    shown = doc(heading, fields(rows))
    if exercise.cancel_reason is not None:
        return shown + doc(_("It was cancelled: {reason}", reason=Text(exercise.cancel_reason)))
    if state is ExerciseState.PLANNED and any(
        (entry := exercise.entry(code)) is not None and not entry.takes_part for code in countries
    ):
        return shown + doc(_("To take part for your country, write {command}.", command=join_code(exercise, prefix)))
    return shown


def join_code(exercise: Exercise, prefix: str) -> Code:
    return Code(f"{prefix}exercise join {exercise.number}")


def full(exercise: Exercise, now: datetime, zone: ZoneInfo, *, lead: str, prefix: str) -> Doc:
    """Return everything about an exercise, for a member in `zone`."""
    rows: list[tuple[Words, Words]] = [
        (_("State"), state_words(exercise.state(now))),
        (_("Time"), period(exercise, zone)),
        (_("Lead coordinator"), lead),
    ]
    reminders = exercise.reminders_after(now)
    if reminders:
        rows.append((_("Reminders to come"), joined(step_words(step) for step, _due in reminders)))
    heading = Heading(_("Exercise {number}: {title}", number=exercise.number, title=exercise.title))
    shown = doc(heading, fields(rows))
    if exercise.countries:
        shown += doc(_countries_table(exercise))
    if exercise.cancel_reason is not None:
        return shown + doc(_("It was cancelled: {reason}", reason=Text(exercise.cancel_reason)))
    if exercise.state(now) is ExerciseState.PLANNED:
        return shown + doc(_("To take part for your country, write {command}.", command=join_code(exercise, prefix)))
    return shown


def _countries_table(exercise: Exercise) -> Table:
    header = (_("Country"), _("Takes part"), _("Begins there"))
    return table(
        header,
        [
            (CountryName(entry.country), _answer(entry), Moment(exercise.starts_at, zone_of_country(entry.country)))
            for entry in exercise.countries
        ],
    )


def _answer(entry: ExerciseCountry) -> Message:
    if entry.takes_part:
        return _("yes") if entry.invited else _("yes, on its own wish")
    return _("invited, not yet answered")


def line(exercise: Exercise, now: datetime, zone: ZoneInfo) -> Message:
    """Return the exercise in one line of a list."""
    return _(
        "{number} {title}: {state}, {period}. Taking part: {countries}.",
        number=exercise.number,
        title=exercise.title,
        state=state_words(exercise.state(now)),
        period=period(exercise, zone),
        countries=names_of(entry.country for entry in exercise.countries if entry.takes_part),
    )
