"""What has to be known to send a row: who reads it, and what it relates to."""

from bot.matrix.interface import Gateway, MatrixError, RoomFacts
from bot.sender.outcome import NO_RELATION, Audience, Relation
from storage.base import Transaction
from storage.outbox import Outbox, OutboxRow, RowState
from storage.rooms import Rooms


async def audience_of(row: OutboxRow, gateway: Gateway, tx: Transaction) -> Audience:
    """Say who will read the row, and who of those in its room may not."""
    if row.for_anybody or row.clear:
        return Audience(None)
    if row.user_id is not None or row.room_id is None:
        return Audience(frozenset({row.user_id} if row.user_id is not None else ()))
    try:
        facts = await gateway.room(row.room_id)
    except MatrixError:
        return Audience(frozenset())  # the sending says what is the matter
    people = (facts.joined | facts.invited) - {gateway.user_id}
    if _is_unsafe(facts):
        return Audience(people)
    return Audience(people, await Rooms(tx).strangers(row.room_id, people), facts.shared_history)


async def must_wait(row: OutboxRow, tx: Transaction) -> bool:
    """Say whether what a message edits is still to be sent, in the lane of another room."""
    target = await Outbox(tx).get(row.replaces_row) if row.replaces_row is not None else None
    return target is not None and target.state is RowState.PENDING


async def relation_of(row: OutboxRow, tx: Transaction) -> Relation | None:
    """Return what the message relates to, or None when what it edits was never sent."""
    if row.replaces_row is not None:
        target = await Outbox(tx).get(row.replaces_row)
        if target is None or target.event_id is None:
            return None
        return Relation({"rel_type": "m.replace", "event_id": target.event_id}, target.sent_room)
    thread, where = row.thread_root, row.room_id
    if thread is None and row.thread_row is not None:
        root = await Outbox(tx).get(row.thread_row)
        thread, where = (root.event_id, root.sent_room) if root else (None, None)
    if thread is not None:
        return Relation({"rel_type": "m.thread", "event_id": thread}, where)
    if row.reply_to is not None:
        return Relation({"m.in_reply_to": {"event_id": row.reply_to}}, row.room_id)
    return NO_RELATION


def _is_unsafe(facts: RoomFacts) -> bool:
    """Whether the room gets nothing whoever is in it: then it is given up, not held."""
    return facts.tombstoned or facts.world_readable or not facts.encrypted
