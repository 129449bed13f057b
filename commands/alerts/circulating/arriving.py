"""Rooms that come to hear of alerts later: bound after an alert was sent, or empty when its card was shown.

A few alerts at a time, each few by a clock that is due at once: whoever else waits for the bot comes in between.
"""

from collections.abc import Sequence
from enum import StrEnum

from commands.alerts.audience import room_may_see
from commands.alerts.circulating.circulation import bring, show_card_again
from commands.alerts.declaration import capability
from commands.base import Context, Post
from commands.document import Code, _, doc
from storage.alerts import Alerts, Outlines
from storage.ids import CountryCode, RoomId, UserId
from storage.outbox import Lanes
from storage.rooms import BindingKind, Rooms
from storage.timers import Timer

BRING = "alert.bring"
MOVE = "alert.move"
_MOVED_AT_ONCE = 500
"""Cards of a closed room that one step takes along: a room may have had some for years."""

AT_MOST = 50
"""Open alerts that a room is shown, the newest; the others it finds in the list."""

_AT_ONCE = 3
_LOOKED_AT = 300


class _How(StrEnum):
    NEW = "new"  # what it has no card of
    ANEW = "anew"  # all: what was said before is not readable
    AGAIN = "again"  # its cards stand in the room before it; and what it has no card of


@capability.room_bound
async def on_bound(room_id: RoomId, context: Context) -> None:
    """Show the open alerts to a room that begins to stand for a country concerned."""
    await _begin(room_id, _How.NEW, context)


@capability.membership
async def on_first_person(room_id: RoomId, user: UserId, joined: bool, context: Context) -> None:
    """Show the open alerts again to who comes first into a room that nobody was in: what was said is not readable."""
    rooms = Rooms(context.tx)
    if not joined or await context.is_bot(user) or not await rooms.owes_greeting(room_id):
        return
    if await rooms.of_room(room_id):  # a direct chat stands for nothing
        await _begin(room_id, _How.ANEW, context)


@capability.room_moved
async def on_moved(old: RoomId, new: RoomId, context: Context) -> None:
    """Take the cards of a closed room along to its successor: shown there anew, and followed there."""
    await _take_along(old, new, context, is_open=True)


async def _take_along(old: RoomId, new: RoomId, context: Context, *, is_open: bool) -> None:
    """Move some cards, those of open alerts first, and set the clock for the rest.

    Only when the successor has all cards of open ones is it shown them: of what it has no card, it gets a new one.
    """
    rows = await Alerts(context.tx).move_cards(old, new, limit=_MOVED_AT_ONCE, is_open=is_open)
    await Lanes(context.tx).move_rows(rows, new)
    more = len(rows) == _MOVED_AT_ONCE
    if is_open and not more:
        await _begin(new, _How.AGAIN, context)
    if is_open or more:
        payload = {"old": old, "new": new, "open": is_open and more}
        await context.timers().schedule(MOVE, f"room:{old}", context.now, payload)


@capability.timer(MOVE)
async def take_along_more(timer: Timer, context: Context) -> None:
    """Move the next few cards: to where the successor itself has moved meanwhile."""
    new = await Rooms(context.tx).successor_of(RoomId(timer.payload["new"]))
    await _take_along(RoomId(timer.payload["old"]), new, context, is_open=bool(timer.payload.get("open")))


async def _begin(room_id: RoomId, how: _How, context: Context) -> None:
    await context.timers().schedule(BRING, f"room:{room_id}:{how}", context.now, {"room": room_id, "how": how.value})


@capability.timer(BRING)
async def go_on(timer: Timer, context: Context) -> None:
    """Show a room the next few alerts, and set the clock for those after them."""
    room, how = RoomId(timer.payload["room"]), _How(timer.payload["how"])
    ids = timer.payload.get("ids")
    if ids is None:
        ids, is_all = await _open_for(room, how, context)
        if not is_all:
            words = _("There are older open alerts, which I do not show here one by one. List them: {list}",
                      list=Code(f"{context.prefix}alert list open"))  # fmt: skip
            await context.post(Post(doc=doc(words, notice=True), room=room))
    alerts = await Alerts(context.tx).several(ids[:_AT_ONCE])
    for alert in (alerts[one] for one in ids[:_AT_ONCE] if one in alerts):
        if not alert.is_open:
            continue
        if how is _How.AGAIN:
            await show_card_again(alert, room, context)
        await bring(alert, room, context, anew=how is _How.ANEW)
    if ids[_AT_ONCE:]:
        payload = {"room": room, "how": how.value, "ids": ids[_AT_ONCE:]}
        await context.timers().schedule(BRING, timer.subject, context.now, payload)


async def _open_for(room: RoomId, how: _How, context: Context) -> tuple[Sequence[int], bool]:
    """Return the open alerts that a room may be shown, oldest first, and whether these are all."""
    bindings = await Rooms(context.tx).of_room(room)
    outlines = Outlines(context.tx)
    newest = await outlines.newest(limit=_LOOKED_AT, is_open=True)
    found = {one.id for one in newest if room_may_see(one, bindings)}
    is_all = len(newest) < _LOOKED_AT
    for binding in bindings:
        if binding.kind is BindingKind.COUNTRY:
            own = await outlines.newest(limit=AT_MOST + 1, is_open=True, country=CountryCode(binding.value))
            found |= {one.id for one in own if room_may_see(one, bindings)}
    if how is _How.AGAIN:
        found |= set(await Alerts(context.tx).open_with_card_in(room, limit=AT_MOST + 1))
    return sorted(sorted(found, reverse=True)[:AT_MOST]), is_all and len(found) <= AT_MOST
