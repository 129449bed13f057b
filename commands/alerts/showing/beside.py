"""What stands beside an alert on its card: the sightings that may be seen where it is read."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from commands.alerts.audience import Listener
from commands.base import Context, RoomView
from commands.document import Block
from commands.sighted import SHOWN, for_room, listed, sightings_of
from commands.visibility import may_see_sighting, may_show_author, room_may_see_sighting
from storage.alerts import Alert
from storage.ids import RoomId
from storage.members import Members
from storage.sightings import Sighting


async def sightings_beside(alert: Alert, one: Listener, zone: ZoneInfo, context: Context) -> Sequence[Block]:
    """Return the sightings that a room or person may see with the alert, in words."""
    return await words_beside(await sightings_of(alert, context.tx), alert, one, zone, context)


async def words_beside(
    found: Sequence[Sighting], alert: Alert, one: Listener, zone: ZoneInfo, context: Context, *,
    for_anybody: bool = False,
) -> Sequence[Block]:  # fmt: skip
    """Return those of an alert's sightings that a room or person may see with it, in words."""
    if not found:
        return ()
    if one.room is not None:
        shown = for_room(found, alert, one.bindings, for_anybody=for_anybody)
    else:
        shown = [sighting for sighting in found if await hears_of(sighting, alert, one, context)]
    names = {}
    for sighting in shown[:SHOWN]:
        if sighting.author not in names and not for_anybody and (name := await reporter_for(sighting, one, context)):
            names[sighting.author] = name
    return listed(shown, zone, context.now, names=names).blocks


async def hears_of(sighting: Sighting, alert: Alert, one: Listener, context: Context) -> bool:
    """Whether a room or person who is told of the alert is told of the sighting too."""
    if one.room is not None:
        return room_may_see_sighting(sighting, alert, one.bindings)
    member = await Members(context.tx).get(one.person) if one.person is not None else None
    return member is not None and may_see_sighting(sighting, alert, member, RoomView(RoomId(""), direct=True))


async def reporter_for(sighting: Sighting, one: Listener, context: Context) -> str | None:
    """Return the name of who reported it, where it may stand: in rooms of the own country, as an author's does."""
    if not may_show_author(sighting, one.bindings, one.person):
        return None
    members = Members(context.tx)
    member = await members.get(sighting.author) or await members.removed(sighting.author)
    return member.name if member is not None else None
