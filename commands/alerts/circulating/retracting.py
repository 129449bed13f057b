"""Taking back what was said of an alert, wherever it may no longer be seen."""

from collections.abc import Sequence

from commands.alerts.audience import may_see, room_may_see
from commands.alerts.declaration import CARD, DRAFT, capability, subject_of
from commands.alerts.showing.cards import retracted
from commands.alerts.showing.words import marked
from commands.base import Context, Post, Priority, RoomView
from storage.alerts import Alert, AlertCard, Alerts, Outline
from storage.ids import RoomId, UserId
from storage.members import Members
from storage.outbox import Outbox, OutboxRow, RowKind, RowState
from storage.rooms import Rooms
from storage.timers import Timer

REDACT = "alert.redact"
_AT_ONCE, _REDACTIONS = 5, 20
"""Redactions that are written in the transaction that asks for them, and in each after it."""


async def retract_card(alert: Alert, existing: AlertCard, context: Context) -> None:
    """Take back a card and the lines in its thread, and say in its place that it was."""
    existing.retracted_at = context.now
    card_ = await _row_of(existing, context)
    await context.tx.flush()
    thread = await Outbox(context.tx).with_thread(str(subject_of(alert)), existing.row_id)
    await empty_messages(alert, thread, context)
    await _say_retracted(alert, card_, context)


async def _say_retracted(alert: Alert, card_: OutboxRow, context: Context) -> None:
    """Say in the place of a card that was sent that it was taken back."""
    room = card_.sent_room or card_.room_id
    words = marked(alert, retracted(alert)).openly()
    if card_.state is RowState.SENT:
        # Part of no thread and of no alert: a command in reply to it means none.
        person = card_.user_id if card_.room_id is None else None
        await context.post(
            Post(doc=words, room=None if person else room, person=person, priority=Priority.ALERT, harmless=True)
        )


async def empty_messages(alert: Alert, rows: Sequence[OutboxRow], context: Context) -> None:
    """Take messages away: none of them is sent any more from now on, and what was sent of them is redacted.

    Where they are many, most of the redactions are written by a clock, a batch at a time.
    """
    await context.post_all([_redaction(alert, row) for row in rows[:_AT_ONCE]])
    if len(rows) > _AT_ONCE:
        await Outbox(context.tx).empty_all([row.id for row in rows[_AT_ONCE:]], context.now)
        await context.timers().schedule(REDACT, f"alert:{alert.id}:redact", context.now, {})


def _redaction(alert: Alert, row: OutboxRow) -> Post:
    """Return what takes a message away with all its edits: not sent if it waits, redacted if it was."""
    return Post(
        kind=RowKind.REDACT,
        doc=marked(alert, retracted(alert)),
        replaces=row.id,
        harmless=True,
        priority=Priority.ALERT,
    )


@capability.timer(REDACT)
async def redact_next(timer: Timer, context: Context) -> None:
    """Write the redactions of the next messages that were emptied."""
    alert = await Alerts(context.tx).get(int(timer.subject.split(":")[1]))
    if alert is None:
        return
    rows = await Outbox(context.tx).emptied(str(subject_of(alert)), limit=_REDACTIONS)
    await context.post_all([_redaction(alert, row) for row in rows])
    if len(rows) == _REDACTIONS:
        await context.timers().schedule(REDACT, timer.subject, context.now, {})


async def retract_elsewhere(alert: Alert, context: Context, *, drafts: bool = True) -> None:
    """Take back every message about an alert, or that names it among others, where it may no longer be seen.

    Cards are taken back by `tell_everyone`, with the lines in their threads; drafts also by `refresh_draft`.
    """
    await context.tx.flush()
    stays: dict[tuple[RoomId | None, UserId | None], bool] = {}
    gone = []
    for row in await Outbox(context.tx).naming(str(subject_of(alert))):
        is_own = row.subject == str(subject_of(alert))
        if is_own and (row.part == CARD or (row.part == DRAFT and not drafts)):
            continue
        place = (row.room_id, row.user_id)
        if place not in stays:
            stays[place] = await may_stay(alert, row, context)
        if not stays[place]:
            gone.append(row)
    await empty_messages(alert, gone, context)


async def retract_before_outsiders(alert: Alert, context: Context) -> None:
    """Take back what was said of an alert while it was for anybody, in each room where outsiders read.

    The room may still hear of it, so its card comes anew: once the outsiders have gone or may read there.
    """
    await context.tx.flush()
    said = await Outbox(context.tx).naming(str(subject_of(alert)))
    outside: set[RoomId] = set()
    for room in {row.room_id for row in said if row.room_id is not None and row.user_id is None}:
        if await Rooms(context.tx).strangers(room, await context.people.readers(room)):
            outside.add(room)
    if not outside:
        return
    there = [row for row in said if row.room_id in outside and row.user_id is None]
    # All at once, and so before the new card: behind that, which waits for the outsiders to go, they would wait too.
    await context.post_all([_redaction(alert, row) for row in there])
    for existing in await Alerts(context.tx).cards(alert):
        if existing.room_id in outside:
            existing.retracted_at = context.now
            await _say_retracted(alert, await _row_of(existing, context), context)


async def _row_of(existing: AlertCard, context: Context) -> OutboxRow:
    row = await Outbox(context.tx).get(existing.row_id)
    assert row is not None
    return row


async def retract_part(alert: Alert, part: str, context: Context) -> None:
    """Take back every message that has this part in an alert."""
    await empty_messages(alert, await Outbox(context.tx).about(str(subject_of(alert)), part), context)


async def retract_all(alert: Alert, context: Context) -> None:
    """Take back everything that was ever said of an alert, wherever it stands; a card comes anew when it goes on."""
    for existing in await Alerts(context.tx).cards(alert):
        existing.retracted_at = context.now
    await context.tx.flush()
    await empty_messages(alert, await Outbox(context.tx).naming(str(subject_of(alert))), context)


async def may_stay(alert: Alert | Outline, row: OutboxRow, context: Context) -> bool:
    """Whether an alert may still be shown where a message stands: by the room's bindings, or before the one person."""
    if row.room_id is not None:
        bindings = await Rooms(context.tx).of_room(row.room_id)
        if bindings or row.user_id is None:
            return room_may_see(alert, bindings)
    member = await Members(context.tx).get(row.user_id) if row.user_id is not None else None
    return member is not None and may_see(alert, member, RoomView(row.room_id or RoomId(""), direct=True))
