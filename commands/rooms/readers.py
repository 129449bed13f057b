"""Who reads in a room without being on the roster: found by the bot, allowed or not by a coordinator."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from commands import often
from commands.arguments import Option, Person, Word
from commands.base import Args, Context, Event, Priority, Refusal, Role
from commands.document import Code, Doc, Inline, Message, Moment, Strong, _, _n, bullets, doc, fields
from commands.happenings import HeldBack, HistoryShared
from commands.network import alarm, binding_names, ids, named, room_named, tell_coordination
from commands.rooms.events import capability
from commands.rooms.wanted import WhichRoom
from storage.ids import RoomId, UserId
from storage.members import Member, Members
from storage.outbox import Lanes
from storage.rooms import Guest, Rooms
from storage.timers import Timer
from storage.told import Told, about, ids_in

_STRANGER, _HISTORY = "stranger in room", "history"
_OFTEN = "room.held"


@dataclass(frozen=True, slots=True)
class GuestAllowed(Event):
    room: RoomId
    user: UserId
    by: Member


@dataclass(frozen=True, slots=True)
class GuestDisallowed(Event):
    room: RoomId
    user: UserId
    by: Member


async def room_with_meaning(room: RoomId, context: Context) -> Inline:
    """Return a room by its name with what it stands for."""
    bindings = await Rooms(context.tx).of_room(room)
    name = await room_named(room, context)
    return _("{room} ({what})", room=name, what=binding_names(bindings)) if bindings else name


def what_to_do(people: Sequence[UserId], room: RoomId, context: Context) -> Doc:
    """Say how a room becomes one that can be written to again."""
    return doc(
        _(
            "Remove them from the room, put them on the roster ({add}), or allow them to read what I say there:",
            add=Code(f"{context.prefix}member add"),
        ),
        bullets(Code(f"{context.prefix}room allow {person} room={room}") for person in people),
    )


@capability.announces(HeldBack)
async def announce_held(event: HeldBack, context: Context) -> None:
    """Tell the coordinators once of each person because of whom messages wait; nothing of what they say."""
    told, new = Told(context.tx), []
    for user in sorted(event.people):
        key = about(event.room, user)
        if await told.first(_STRANGER, key, context.now) and await often.is_told(_OFTEN, key, context):
            new.append(user)
    if new:
        await _tell_of_held(event.room, new, event.waiting, context)


async def _tell_of_held(room: RoomId, new: Sequence[UserId], waiting: int, context: Context) -> None:
    who = _n(
        "{people}, who is on no roster, can read in {room}.",
        "{people}, who are on no roster, can read in {room}.",
        len(new),
        people=ids(new),
        room=await room_with_meaning(room, context),
    )
    waits = _n(
        "{count} message waits until you decide; nothing is said there but what everybody may know.",
        "{count} messages wait until you decide; nothing is said there but what everybody may know.",
        waiting,
    )
    await alarm(doc(Strong(who), waits) + what_to_do(new, room, context), context, but=room)


@capability.timer(_OFTEN)
async def tell_what_is_held(timer: Timer, context: Context) -> None:
    """Tell the coordinators of somebody who came and went until they were no longer told, if messages wait still."""
    count, _since = await often.sum_up(timer, context)
    room, person = ids_in(timer.subject)
    lanes, rooms = Lanes(context.tx), Rooms(context.tx)
    if not count or not await lanes.held_among([room]):
        return
    there = [one for one in await context.people.readers(RoomId(room)) if one == person]
    if await rooms.strangers(RoomId(room), there):
        waiting = await lanes.hold(room, context.now)
        await _tell_of_held(RoomId(room), [UserId(person)], waiting, context)


async def forget(room: RoomId, user: UserId, context: Context) -> None:
    """Whoever comes back to a room is told of again."""
    await Told(context.tx).forget(_STRANGER, [about(room, user)])


class Someone(Args):
    person: Annotated[UserId, Person(), Word(ask=_("Whom? Write the full Matrix id."))]
    room: Annotated[RoomId | None, WhichRoom(), Option()] = None


def _room_of(args: Someone, context: Context, command: str) -> RoomId:
    if args.room is not None:
        return args.room
    if context.room.direct:
        example = Code(f"{context.prefix}{command} {args.person} room=!abc:example.org")
        raise Refusal(_("In which room? Say it there, or name it: {example}", example=example))
    return context.room.id


@capability.command(
    "room allow",
    role=Role.COORDINATOR,
    summary=_("Let a person who is on no roster read what I say in one room"),
    anywhere=True,
    examples=["room allow @guest:example.org", "room allow @guest:example.org room=!abc:example.org"],
)
async def allow(args: Someone, context: Context) -> Doc:
    room = _room_of(args, context, "room allow")
    if await Members(context.tx).get(args.person) is not None:
        raise Refusal(doc(_("{id} is on the roster and needs no leave.", id=Code(args.person))).openly())
    if await context.is_bot(args.person):
        raise Refusal(doc(_("That is me.")).openly())
    rooms = Rooms(context.tx)
    places = {"id": Code(args.person), "room": await room_named(room, context)}
    guest = Guest(room_id=room, user_id=args.person, allowed_by=context.member.user_id, allowed_at=context.now)
    if await rooms.allow(guest):
        context.audit("guest allowed", f"room:{room}", user=args.person)
        await Lanes(context.tx).try_held_again(room)
        await context.emit(GuestAllowed(room, args.person, context.member))
        answer = doc(_("{id} may read what I say in {room} from now on.", **places)).openly()
    else:
        answer = doc(_("{id} may read in {room} already.", **places)).openly()
    others = await rooms.strangers(room, await context.people.readers(room))
    if others:
        still = _n(
            "{people} may not, and is there.", "{people} may not, and are there.", len(others), people=ids(others)
        )
        answer += doc(Strong(still)).openly()
    return answer


@capability.command(
    "room disallow",
    role=Role.COORDINATOR,
    summary=_("Take back that a person who is on no roster may read in a room"),
    anywhere=True,
    examples=["room disallow @guest:example.org", "room disallow @guest:example.org room=!abc:example.org"],
)
async def disallow(args: Someone, context: Context) -> Doc:
    room = _room_of(args, context, "room disallow")
    places = {"id": Code(args.person), "room": await room_named(room, context)}
    if not await Rooms(context.tx).disallow(room, args.person):
        raise Refusal(doc(_("{id} was never allowed to read in {room}.", **places)).openly())
    await forget(room, args.person, context)
    context.audit("guest disallowed", f"room:{room}", user=args.person)
    await context.emit(GuestDisallowed(room, args.person, context.member))
    answer = doc(_("{id} may no longer read what I say in {room}.", **places)).openly()
    if args.person in await context.people.readers(room):
        answer += doc(_("As long as {id} is there, I hold back what I have to say.", id=Code(args.person))).openly()
    return answer


@capability.announces(GuestAllowed)
async def announce_allowed(event: GuestAllowed, context: Context) -> None:
    words = _(
        "{by} allows {id}, who is on no roster, to read what I say in {room}. To take it back: {disallow}",
        by=named(event.by),
        id=Code(event.user),
        room=await room_with_meaning(event.room, context),
        disallow=Code(f"{context.prefix}room disallow {event.user} room={event.room}"),
    )
    await tell_coordination(doc(words), context, but=context.room.id)


@capability.announces(GuestDisallowed)
async def announce_disallowed(event: GuestDisallowed, context: Context) -> None:
    words = _(
        "{by} no longer allows {id} to read what I say in {room}.",
        by=named(event.by),
        id=Code(event.user),
        room=await room_with_meaning(event.room, context),
    )
    await tell_coordination(doc(words), context, but=context.room.id)


class WhichOne(Args):
    room: Annotated[RoomId | None, WhichRoom(), Option()] = None


@capability.command(
    "room show",
    role=Role.COORDINATOR,
    summary=_("Show what a room stands for, and who reads there without being on the roster"),
    reads=True,
    examples=["room show", "room show room=!abc:example.org"],
)
async def show(args: WhichOne, context: Context) -> Doc:
    rooms = Rooms(context.tx)
    room = args.room or context.room.id
    bindings = await rooms.of_room(room)
    readers = await context.people.readers(room)
    strangers = await rooms.strangers(room, readers)
    closed = await rooms.closed(room)
    rows: list[tuple[Inline, Inline]] = [
        (_("Room"), await room_named(room, context)),
        (_("Room id"), Code(room)),
        (_("Stands for"), binding_names(bindings) if bindings else _("nothing")),
        (_("Persons"), _n("{count}", "{count}", len(readers)) if readers else _("nobody, or I am not in it")),
    ]
    if strangers:
        rows.append((_("On no roster"), Strong(ids(strangers))))
    if closed is not None:
        rows.append((_("Closed"), _closed_words(closed.successor)))
    answer = doc(fields(rows))
    guests = await rooms.guests(room)
    if guests:
        answer += doc(_("Allowed to read here without being on the roster:"), bullets(_lines(guests, context)))
    return answer


def _closed_words(successor: RoomId | None) -> Message:
    if successor is None:
        return _("without a successor")
    return _("in favour of {room}", room=Code(successor))


def _lines(guests: Sequence[Guest], context: Context) -> Sequence[Message]:
    return [
        _(
            "{id}, since {when}, by {by}",
            id=Code(guest.user_id),
            when=Moment(guest.allowed_at, context.zone, with_utc=False),
            by=Code(guest.allowed_by),
        )
        for guest in guests
    ]


@capability.announces(HistoryShared)
async def announce_history(event: HistoryShared, context: Context) -> None:
    """Tell the coordinators once of a bound room that gives its past to whoever comes later."""
    bound = await Rooms(context.tx).of_room(event.room)
    if not bound or not await Told(context.tx).first(_HISTORY, event.room, context.now):
        return
    words = doc(
        _(
            "Who comes into {room} later may be given what was said there before.",
            room=await room_with_meaning(event.room, context),
        ),
        _(
            "To change it, somebody with power in the room opens Room settings, Security & Privacy, Who can read "
            "history, and chooses members only, since they joined."
        ),
    )
    await alarm(words.quietly(), context, priority=Priority.ANNOUNCEMENT)
