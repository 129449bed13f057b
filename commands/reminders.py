"""Personal reminders: said at their time where they were asked for, to the person who asked."""

from datetime import datetime, timedelta
from typing import Annotated, assert_never
from zoneinfo import ZoneInfo

from commands.arguments import Rest, When, Word, take_time
from commands.base import Args, Capability, Context, Post, Priority, Refusal, Role, Subject
from commands.document import (
    Code,
    Doc,
    Mention,
    Message,
    Moment,
    Paragraph,
    Quote,
    Text,
    _,
    _n,
    bullets,
    doc,
    inline,
)
from storage.ids import RoomId, UserId
from storage.members import Member, Members
from storage.outbox import OutboxRow, RowState
from storage.reminders import NotPending, Reminder, Reminders, ReminderState
from storage.timers import Timer

capability = Capability("reminders", _("Your own reminders"))

MOST_PENDING = 100
LONGEST_TEXT = 2000
FARTHEST = timedelta(days=3653)
LATE = timedelta(minutes=5)
"""From here on a reminder says that it is late."""
_TIMER = "reminder"
_SAID = "reminder_said"


class Remind(Args):
    when: Annotated[
        datetime,
        When(),
        Word(
            ask=_("When shall I remind you? For example {one} or {two}.", one=Code("in 2h"), two=Code("fri 14:00")),
            take=take_time,
        ),
    ]
    text: Annotated[str, Rest(ask=_("What shall I remind you of?"))]


class Nothing(Args):
    pass


class Cancel(Args):
    number: Annotated[str, Word(ask=_("Which reminder? Write its number from your list."))]


def subject_of(reminder: Reminder) -> Subject:
    return Subject("reminder", reminder.id)


@capability.command(
    "remind me",
    role=Role.MEMBER,
    summary=_("Let yourself be reminded"),
    examples=["remind me in 2h call Rotterdam", "remind me tomorrow 09:00 inspection at the scanner"],
)
async def remind(args: Remind, context: Context) -> Doc:
    """Write the reminder down and set its clock."""
    await _check(args, context)
    reminder = await Reminders(context.tx).add(
        context.member.user_id,
        args.text,
        args.when,
        room_id=context.room.id,
        direct=context.room.direct,
        thread_root=context.thread_root,
        now=context.now,
    )
    await context.timers().schedule(_TIMER, str(subject_of(reminder)), args.when, {"reminder": reminder.id})
    return doc(
        _(
            "I will remind you on {moment} (reminder {number}).",
            moment=Moment(args.when, context.zone),
            number=reminder.number,
        )
    )


async def _check(args: Remind, context: Context) -> None:
    if args.when <= context.now:
        raise Refusal(
            _(
                "{moment} is past: it is {now}. Give a time in the future.",
                moment=Moment(args.when, context.zone),
                now=Moment(context.now, context.zone),
            )
        )
    if args.when - context.now > FARTHEST:
        raise Refusal(
            _("{moment} is more than ten years from now. Check the year.", moment=Moment(args.when, context.zone))
        )
    if len(args.text) > LONGEST_TEXT:
        raise Refusal(_("The text of a reminder has at most {limit} characters.", limit=LONGEST_TEXT))
    if await Reminders(context.tx).count_pending(context.member.user_id) >= MOST_PENDING:
        raise Refusal(
            _(
                "You have {count} reminders to come, and that is the most I keep for one person. Cancel one first: "
                "{command}.",
                count=MOST_PENDING,
                command=Code(f"{context.prefix}remind list"),
            )
        )


@capability.command(
    "remind list", role=Role.MEMBER, summary=_("List your reminders"), reads=True, examples=["remind list"]
)
async def show_list(args: Nothing, context: Context) -> Doc:  # noqa: ARG001 - the signature of a handler
    """List what is to come. Others read along in a room, so there it shows only what was asked for in that room."""
    pending = await Reminders(context.tx).pending(context.member.user_id)
    if not pending:
        return doc(_("You have no reminder to come."))
    here = [one for one in pending if context.room.direct or one.room_id == context.room.id]
    shown = doc(bullets(_line(one, context.zone) for one in here)) if here else doc()
    elsewhere = len(pending) - len(here)
    if elsewhere:
        shown += doc(
            _n(
                "{count} more was asked for elsewhere: ask me in our direct chat.",
                "{count} more were asked for elsewhere: ask me in our direct chat.",
                elsewhere,
            )
        )
    return shown


def _line(reminder: Reminder, zone: ZoneInfo) -> Message:
    return _(
        "{number}. {moment}: {text}",
        number=reminder.number,
        moment=Moment(reminder.due_at, zone),
        text=Text(" ".join(reminder.text.split())),
    )


@capability.command(
    "remind cancel", role=Role.MEMBER, summary=_("Cancel a reminder of yours"), examples=["remind cancel 3"]
)
async def cancel(args: Cancel, context: Context) -> Doc:
    """Cancel one of the member's own; those of others do not exist for them."""
    digits = args.number.strip().lstrip("#").rstrip(".")
    known = digits.isascii() and digits.isdecimal() and len(digits) < 10
    reminder = await Reminders(context.tx).of(context.member.user_id, int(digits)) if known else None
    if reminder is None:
        raise Refusal(
            _(
                "You have no reminder {number}. {command} shows yours.",
                number=Text(" ".join(args.number[:40].split())),
                command=Code(f"{context.prefix}remind list"),
            )
        )
    try:
        reminder.cancel(context.now)
    except NotPending as error:
        raise Refusal(_settled(error.state, reminder)) from error
    await context.timers().cancel(_TIMER, str(subject_of(reminder)))
    return doc(
        _(
            "Reminder {number}, due on {moment}, is cancelled.",
            number=reminder.number,
            moment=Moment(reminder.due_at, context.zone),
        )
    )


def _settled(state: ReminderState, reminder: Reminder) -> Message:
    match state:
        case ReminderState.GIVEN:
            return _("Reminder {number} was given already.", number=reminder.number)
        case ReminderState.CANCELLED:
            return _("Reminder {number} was cancelled before.", number=reminder.number)
        case ReminderState.PENDING:
            raise AssertionError("a pending reminder can be cancelled")
        case _:
            assert_never(state)


@capability.timer(_TIMER)
async def fire(timer: Timer, context: Context) -> None:
    """Say it where it was asked, or in the direct chat when bot or person are no longer there."""
    reminder = await Reminders(context.tx).get(int(timer.payload["reminder"]))
    if reminder is None or reminder.state is not ReminderState.PENDING:
        return
    owner = await Members(context.tx).get(reminder.owner)
    if owner is None:  # removed from the roster: every right has ended, and with it this one
        reminder.cancel(context.now)
        return
    reminder.give(context.now)
    words = reminder_words(reminder, owner, context)
    there = await context.people.in_room(reminder.room_id)
    if owner.user_id in there:
        await _say(words, reminder, owner.user_id, owner.language, context)
    else:
        await _say_alone(words, reminder, owner, context)


@capability.delivery(_SAID)
async def said(row: OutboxRow, context: Context) -> None:
    """What could not be said where it was asked for, as the room is closed or not safe, is said to the person."""
    if row.state in {RowState.SENT, RowState.PENDING} or row.subject is None:
        return
    reminder = await Reminders(context.tx).get(Subject.parse(row.subject).id)
    owner = await Members(context.tx).get(reminder.owner) if reminder is not None else None
    if reminder is not None and owner is not None:
        await _say_alone(reminder_words(reminder, owner, context), reminder, owner, context)


@capability.room_moved
async def on_moved(old: RoomId, new: RoomId, context: Context) -> None:
    await Reminders(context.tx).move(old, new)


async def _say_alone(words: Doc, reminder: Reminder, owner: Member, context: Context) -> None:
    await context.post(
        Post(
            person=owner.user_id,
            doc=words,
            priority=Priority.REMINDER,
            subject=subject_of(reminder),
            part="reminder",
            language=owner.language,
        )
    )


async def _say(words: Doc, reminder: Reminder, owner: UserId, language: str, context: Context) -> None:
    await context.post(
        Post(
            room=reminder.room_id,
            # What was a chat of two stays between two: somebody may have been let in since.
            person=owner if reminder.direct else None,
            thread_root=reminder.thread_root,
            doc=words,
            priority=Priority.REMINDER,
            subject=subject_of(reminder),
            part="reminder",
            report=_SAID,
            origin=owner,
            language=language,
        )
    )


def reminder_words(reminder: Reminder, owner: Member, context: Context) -> Doc:
    """Return what is said: the person is mentioned, the text is quoted as theirs."""
    greeting = _("{member}, you asked me to remind you:", member=Mention(owner.user_id, owner.name))
    words = Doc((Paragraph(inline(greeting)), Quote(reminder.text)))
    if context.now - reminder.due_at > LATE:
        due = Moment(reminder.due_at, ZoneInfo(owner.zone))
        words += doc(_("This is late: it was due on {due}. I could not send it then.", due=due))
    return words
