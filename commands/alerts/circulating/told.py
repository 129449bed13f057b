"""Which countries have an alert before them: what nobody there was told of, a country does not owe an answer to."""

from collections.abc import Iterable

from commands.alerts.audience import Listener
from commands.base import Context
from storage.alerts import Alert, Alerts
from storage.ids import CountryCode
from storage.members import Members
from storage.outbox import Outbox, OutboxRow, RowState
from storage.rooms import Rooms

_LOST = {RowState.GIVEN_UP, RowState.DROPPED}


async def note_told_before(alert: Alert, context: Context) -> None:
    """Note the countries that have a card and are concerned only now, or are only now those of its room."""
    alert.note_told(await _reached(await _cards(alert, context), context), context.now)


async def take_back_told(alert: Alert, cards: Iterable[OutboxRow], context: Context) -> None:
    """Note the countries that were told by no card but these, of which some could not be delivered."""
    if lost := [row for row in cards if row.state in _LOST]:
        others = await _reached(await _cards(alert, context), context)
        alert.note_not_told({one for row in lost for one in (await _reader(row, context)).countries} - others)


async def _cards(alert: Alert, context: Context) -> Iterable[OutboxRow]:
    cards = await Alerts(context.tx).cards(alert)
    return (await Outbox(context.tx).several([one.row_id for one in cards])).values()


async def _reached(cards: Iterable[OutboxRow], context: Context) -> set[CountryCode]:
    """Return the countries that these cards reach or will reach: not those in whose rooms nobody is."""
    return {
        country
        for row in cards
        if row.state not in _LOST and (row.room_id is None or await context.people.in_room(row.room_id))
        for country in (await _reader(row, context)).countries
    }


async def _reader(row: OutboxRow, context: Context) -> Listener:
    if row.room_id is not None:
        return Listener(bindings=tuple(await Rooms(context.tx).of_room(row.room_id)))
    person = await Members(context.tx).get(row.user_id) if row.user_id is not None else None
    return Listener(country=person.country if person is not None else None)
