"""Rooms that come to hear of alerts later: bound after an alert was sent, or empty when its card was shown."""

from commands.alerts.circulation import bring_open_alerts, show_cards_again
from commands.alerts.declaration import capability
from commands.base import Context
from storage.alerts import Alerts
from storage.ids import RoomId, UserId
from storage.rooms import Rooms


@capability.room_bound
async def on_bound(room_id: RoomId, context: Context) -> None:
    """Show the open alerts to a room that begins to stand for a country concerned."""
    await bring_open_alerts(room_id, context, anew=False)


@capability.membership
async def on_first_person(room_id: RoomId, user: UserId, joined: bool, context: Context) -> None:
    """Show the open alerts again to who comes first into a room that nobody was in: what was said is not readable."""
    if joined and not await context.is_bot(user) and await Rooms(context.tx).owes_greeting(room_id):
        await bring_open_alerts(room_id, context, anew=True)


@capability.room_moved
async def on_moved(old: RoomId, new: RoomId, context: Context) -> None:
    """Take the cards of a closed room along to its successor: shown there anew, and followed there."""
    await Alerts(context.tx).move_cards(old, new)
    await show_cards_again(new, context)
