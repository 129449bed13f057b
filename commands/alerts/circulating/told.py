"""Which countries have an alert before them: what nobody there was told of, a country does not owe an answer to."""

from collections.abc import Iterable

from commands.alerts.audience import Listener
from commands.base import Context
from storage.alerts import Alert, Alerts
from storage.members import Members
from storage.outbox import Outbox, OutboxRow, RowState
from storage.rooms import Rooms


async def note_told(alert: Alert, cards: Iterable[OutboxRow], context: Context) -> None:
    """Note the countries that were told by these messages: not those in whose rooms nobody is."""
    for row in cards:
        if row.state is RowState.SENT:
            alert.note_told((await _reader(row, context)).countries, context.now)


async def note_told_before(alert: Alert, context: Context) -> None:
    """Note the countries that have a card and are concerned only now, or are only now those of its room."""
    cards = await Alerts(context.tx).cards(alert)
    rows = await Outbox(context.tx).several([one.row_id for one in cards])
    await note_told(alert, rows.values(), context)


async def _reader(row: OutboxRow, context: Context) -> Listener:
    if row.room_id is not None:
        is_read = bool(await context.people.in_room(row.room_id))
        return Listener(bindings=tuple(await Rooms(context.tx).of_room(row.room_id)) if is_read else ())
    person = await Members(context.tx).get(row.user_id) if row.user_id is not None else None
    return Listener(country=person.country if person is not None else None)
