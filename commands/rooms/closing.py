"""Rooms that were closed in favour of another: the successor takes over when a coordinator confirms it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from commands import often
from commands.arguments import Option, Word
from commands.base import Args, Context, Event, Post, Priority, Refusal, Role
from commands.document import Code, Doc, Strong, _, _n, doc
from commands.document import joined as joined_words
from commands.happenings import JOINED, RoomClosed
from commands.network import alarm, binding_names, named, room_named
from commands.rooms.events import capability, greeting
from commands.rooms.readers import room_with_meaning
from commands.rooms.wanted import WhichRoom
from storage.ids import RoomId, UserId
from storage.members import Member, Members
from storage.outbox import Lanes, OutboxRow, RowKind, RowState
from storage.rooms import Binding, Rooms
from storage.timers import Timer
from storage.told import Told, about

_TOLD = "closed"
_OFTEN = "room.closing"
MOVE = "room.move"
_MOVED_AT_ONCE = 500
"""Messages of a closed room that one step takes along: there may be those of years."""


@dataclass(frozen=True, slots=True)
class RoomMoved(Event):
    """A room took over what a closed one stood for."""

    old: RoomId
    new: RoomId
    bindings: Sequence[Binding]
    guests: Sequence[UserId]
    """Who was allowed to read in the old one, and is not in the new one."""
    by: Member


@capability.announces(RoomClosed)
async def announce_closed(event: RoomClosed, context: Context) -> None:
    """Tell the coordinators once that a bound room is closed, and what takes its place if they want it."""
    rooms = Rooms(context.tx)
    bindings = await rooms.of_room(event.room)
    if not bindings:
        return
    await rooms.close(event.room, event.successor, context.now)
    if not await Told(context.tx).first(_TOLD, about(event.room, event.successor), context.now):
        return
    if await often.is_told(_OFTEN, event.room, context):
        await _tell_of_closed(event, context)


@capability.timer(_OFTEN)
async def sum_up_closings(timer: Timer, context: Context) -> None:
    """Tell the coordinators which successor a room names in the end that named ever others."""
    count, _since = await often.sum_up(timer, context)
    room, rooms = RoomId(timer.subject), Rooms(context.tx)
    closed = await rooms.closed(room)
    if count and closed is not None and closed.moved_at is None and await rooms.of_room(room):
        await _tell_of_closed(RoomClosed(room, closed.successor), context)


async def _tell_of_closed(event: RoomClosed, context: Context) -> None:
    closed = Strong(_("{room} was closed.", room=await room_with_meaning(event.room, context)))
    frozen = _("I send nothing there any more: what is meant for it reaches nobody until you give it another room.")
    if event.successor is None:
        what = _(
            "It names no successor. Make a room with {create}, and take away what the closed one stands for: {unbind}",
            create=Code(f"{context.prefix}room create"),
            unbind=Code(f"{context.prefix}room unbind room={event.room}"),
        )
        await alarm(doc(closed, frozen, what), context, but=event.room)
        return
    who = _(
        "It names {successor} as its successor. Ask whoever closed it whether that is right; if so: {move}",
        successor=Code(event.successor),
        move=Code(f"{context.prefix}room move {event.room} to={event.successor}"),
    )
    await alarm(doc(closed, frozen, who), context, but=event.room)


class Move(Args):
    room: Annotated[RoomId, WhichRoom(), Word(ask=_("Which room was closed? Write its room id."))]
    to: Annotated[RoomId, WhichRoom(), Option(ask=_("Which room takes its place? Write its room id."))]


@capability.command(
    "room move",
    role=Role.COORDINATOR,
    summary=_("Let the successor of a closed room take over what that one stood for"),
    anywhere=True,
    examples=["room move !abc:example.org to=!def:example.org"],
)
async def move(args: Move, context: Context) -> Doc:
    rooms = Rooms(context.tx)
    bindings, closed = await rooms.of_room(args.room), await rooms.closed(args.room)
    name = await room_named(args.room, context)
    if not bindings:
        raise Refusal(_("{room} stands for nothing.", room=name))
    if closed is None:
        raise Refusal(
            _(
                "{room} is not closed, as far as I know. {bind} in the other room and {unbind} in this one change what "
                "they stand for.",
                room=name,
                bind=Code(f"{context.prefix}room bind"),
                unbind=Code(f"{context.prefix}room unbind"),
            )
        )
    if closed.successor is None:
        raise Refusal(_("{room} was closed without naming a successor.", room=name))
    if closed.successor != args.to:
        raise Refusal(
            _(
                "{room} names {successor} as its successor, not {other}.",
                room=name,
                successor=Code(closed.successor),
                other=Code(args.to),
            )
        )
    closed.confirmed_by = context.member.user_id
    context.audit("successor confirmed", f"room:{args.room}", successor=args.to)
    await context.post(Post(kind=RowKind.JOIN, room=args.to, report=JOINED, priority=Priority.ALERT))
    return doc(
        _("I go into {successor} and say in the coordination room when it has taken over.", successor=Code(args.to))
    ).openly()


@capability.delivery(JOINED)
async def joined(row: OutboxRow, context: Context) -> None:
    """Once the bot is in a confirmed successor, let it take over in one step; say so when the bot cannot get in."""
    assert row.room_id is not None
    rooms = Rooms(context.tx)
    for closed in await rooms.succeeds(row.room_id):
        assert closed.confirmed_by is not None
        by = await Members(context.tx).get(closed.confirmed_by)
        if by is None or by.role < Role.COORDINATOR:
            closed.confirmed_by = None  # the right to decide it ended before it was done
            continue
        if row.state is not RowState.SENT:
            words = _(
                "I could not go into {successor}. Let somebody there invite me: then it takes over from {room}.",
                successor=Code(row.room_id),
                room=await room_with_meaning(closed.room_id, context),
            )
            await alarm(doc(words), context, but=closed.room_id)
            continue
        closed.moved_at = context.now
        moved = await rooms.move(closed.room_id, row.room_id)
        await _take_along(closed.room_id, row.room_id, context)
        await context.tell_room_moved(closed.room_id, row.room_id)
        allowed = {guest.user_id for guest in await rooms.guests(row.room_id)}
        guests = [guest.user_id for guest in await rooms.guests(closed.room_id) if guest.user_id not in allowed]
        await context.emit(RoomMoved(closed.room_id, row.room_id, moved, guests, by))


async def _take_along(old: RoomId, new: RoomId, context: Context) -> None:
    """Let what waits, and the newest of what was said, belong to the successor, and set the clock for the rest."""
    if await Lanes(context.tx).move(old, new, limit=_MOVED_AT_ONCE):
        await context.timers().schedule(MOVE, f"room:{old}", context.now, {"old": old, "new": new})


@capability.timer(MOVE)
async def take_along_more(timer: Timer, context: Context) -> None:
    """Let the next few of what was said belong to the successor, or to where that has moved meanwhile."""
    new = await Rooms(context.tx).successor_of(RoomId(timer.payload["new"]))
    await _take_along(RoomId(timer.payload["old"]), new, context)


@capability.announces(RoomMoved)
async def announce_moved(event: RoomMoved, context: Context) -> None:
    if await context.people.in_room(event.new):
        await context.post(Post(doc=greeting(event.bindings, context), room=event.new))
    else:
        await Rooms(context.tx).owe_greeting(event.new)
    words = _(
        "{room} has taken over from the closed room {old} and stands for {what}. Confirmed by {by}.",
        room=await room_named(event.new, context),
        old=Code(event.old),
        what=binding_names(event.bindings),
        by=named(event.by),
    )
    told = doc(words)
    if event.guests:
        told += doc(
            _n(
                "{guests} was allowed to read there without being on the roster, and is not here: {allow}",
                "{guests} were allowed to read there without being on the roster, and are not here: {allow}",
                len(event.guests),
                guests=joined_words(Code(guest) for guest in event.guests),
                allow=Code(f"{context.prefix}room allow {event.guests[0]} room={event.new}"),
            )
        )
    await alarm(told.quietly(), context, but=event.old)
