"""What waited in the outbox: whether it may still be said, and what is not told after all."""

from commands.alerts.circulating import matched
from commands.alerts.circulating.matched import MATCH
from commands.alerts.circulating.retracting import may_stay
from commands.alerts.declaration import CARD, KIND, capability
from commands.base import Context, RoomView, Subject
from commands.visibility import NAMES, may_read_names
from storage.alerts import Alerts, Outline, Outlines
from storage.ids import RoomId
from storage.members import Members
from storage.outbox import OutboxRow
from storage.rooms import Rooms


@capability.shows(KIND)
async def may_still_be_said(subject: Subject, row: OutboxRow, context: Context) -> bool:
    """Decide anew whether the reader of a message that waited may see the alert that it names."""
    alert = await Outlines(context.tx).get(subject.id)
    if alert is None or not await may_stay(alert, row, context):
        return False
    return row.part != NAMES or row.subject != str(subject) or await _may_read_names(alert, row, context)


async def _may_read_names(alert: Outline, row: OutboxRow, context: Context) -> bool:
    reader = row.user_id or row.origin_user
    member = await Members(context.tx).get(reader) if reader is not None else None
    bindings = await Rooms(context.tx).of_room(row.room_id) if row.room_id is not None else ()
    room = RoomView(row.room_id or RoomId(""), direct=row.user_id is not None, bindings=bindings)
    return member is not None and may_read_names(alert, member, room)


@capability.unsaid
async def was_not_said(row: OutboxRow, context: Context) -> None:
    """Count nobody as told who was not: a card comes anew to who may see it again, a match is told again."""
    subject = Subject.parse(row.subject) if row.subject is not None else None
    if subject is None or subject.kind != KIND:
        return
    if row.part == CARD:
        await Alerts(context.tx).retract_card(row.id, context.now)
    elif row.part == MATCH:
        alert = await Alerts(context.tx).get(subject.id)
        if alert is not None:
            await matched.tell_again(alert, row, context)
