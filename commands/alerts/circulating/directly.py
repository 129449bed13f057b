"""Telling particular rooms and persons something of an alert: coordinators, its author, who is on duty."""

from collections.abc import Iterable, Mapping, Sequence

from commands.alerts.audience import Listener, coordinators_may_see, owner_of
from commands.alerts.circulating.circulation import saying
from commands.alerts.declaration import LINE
from commands.alerts.showing.cards import unreached_words
from commands.base import Context, Priority
from commands.document import Code, Doc, Strong, _, doc
from storage.alerts import Alert, Alerts
from storage.ids import CountryCode, RoomId, UserId
from storage.members import Members
from storage.rooms import BindingKind, Rooms


async def tell_of_unreached(alert: Alert, missed: Sequence[CountryCode], context: Context) -> None:
    """Let the coordinators know of countries concerned that cannot be told, where they may hear of the alert."""
    if not missed or not coordinators_may_see(alert):
        return
    for country in missed:
        bind = Code(f"{context.prefix}room create country={country}")
        words = doc(Strong(unreached_words(alert, country)), _("Give it a room: {bind}", bind=bind))
        await tell_coordinators(alert, words, context, priority=Priority.ALERT)


async def tell_coordinators(alert: Alert, words: Doc, context: Context, *, priority: Priority) -> None:
    """Say something to the coordinators: in the threads of their cards, or to each directly where there is none.

    The caller has made sure that they may hear of the alert.
    """
    rooms = await Rooms(context.tx).bound_to(BindingKind.COORDINATION)
    if await say_in_threads(alert, rooms, words, context, priority=priority):
        return
    coordinators = await Members(context.tx).coordinators()
    await tell_persons(alert, {one.user_id: words for one in coordinators}, context, priority=priority)


async def say_in_threads(
    alert: Alert, rooms: Iterable[RoomId], words: Doc, context: Context, *, priority: Priority
) -> bool:
    """Say something in the threads of the cards in these rooms; False when none of them has one."""
    wanted = set(rooms)
    cards = [one for one in await Alerts(context.tx).cards(alert) if one.room_id in wanted]
    below = [(Listener(room=one.room_id), one.row_id) for one in cards]
    await context.post_all([saying(alert, one, words, LINE, priority=priority, thread_row=row) for one, row in below])
    return bool(cards)


async def tell_persons(alert: Alert, words: Mapping[UserId, Doc], context: Context, *, priority: Priority) -> None:
    """Say something to each of these in the direct chat. The caller has made sure that they may hear of the alert."""
    posts = [saying(alert, Listener(person=person), said, LINE, priority=priority) for person, said in words.items()]
    await context.post_all(posts)


async def tell_author(alert: Alert, words: Doc, context: Context, *, priority: Priority) -> None:
    """Say something to who raised an alert, in the direct chat; once gone, to an official of the same authority."""
    owner = await owner_of(alert, context.tx)
    if owner is not None:
        await context.post(saying(alert, Listener(person=owner.user_id), words, LINE, priority=priority))
