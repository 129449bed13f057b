"""Who joins a room that stands for something: the first is greeted; who may not read what is sent there is noticed."""

from commands import often
from commands.base import Context, Post, Role
from commands.document import Code, Moment, Strong, _, _n, doc
from commands.network import alarm, binding_names, room_named
from commands.rooms.events import capability, greeting
from commands.rooms.readers import forget, what_to_do
from storage.ids import RoomId, UserId
from storage.members import Members
from storage.rooms import BindingKind, Rooms
from storage.timers import Timer
from storage.told import about, ids_in

_OFTEN = "room.comings"


@capability.membership
async def watch(room_id: RoomId, user: UserId, joined: bool, context: Context) -> None:
    """Greet a room that was empty; warn the coordinators of a stranger in a bound room, and of a member in theirs."""
    rooms = Rooms(context.tx)
    bindings = await rooms.of_room(room_id)
    if not joined:
        await forget(room_id, user, context)
    if not joined or not bindings or await context.is_bot(user):
        return
    if await rooms.settle_greeting(room_id):
        await context.post(Post(doc=greeting(bindings, context), room=room_id))
    member = await Members(context.tx).get(user)
    places = {"user": Code(user), "room": await room_named(room_id, context), "what": binding_names(bindings)}
    if member is not None:
        is_theirs = any(binding.kind is BindingKind.COORDINATION for binding in bindings)
        if member.role < Role.COORDINATOR and is_theirs and await often.is_told(_OFTEN, about(room_id, user), context):
            words = _(
                "{user}, who is no coordinator, joined {room} ({what}) and will read what is sent there.", **places
            )
            await alarm(doc(Strong(words)), context)
    elif await rooms.strangers(room_id, [user]) and await often.is_told(_OFTEN, about(room_id, user), context):
        words = _("{user}, who is on no roster, joined {room} ({what}).", **places)
        until = _("While that is so, I say nothing there but what everybody may know; the rest waits.")
        await alarm(doc(Strong(words), until) + what_to_do([user], room_id, context), context)


@capability.timer(_OFTEN)
async def sum_up_comings(timer: Timer, context: Context) -> None:
    """Tell the coordinators how often somebody came who may not read there, since they were told last."""
    count, since = await often.sum_up(timer, context)
    room, person = ids_in(timer.subject)
    room_id, user, rooms = RoomId(room), UserId(person), Rooms(context.tx)
    bindings = await rooms.of_room(room_id)
    if not count or not bindings:
        return
    words = Strong(
        _n(
            "{user} joined {room} ({what}) {count} time more since {since}.",
            "{user} joined {room} ({what}) {count} times more since {since}.",
            count,
            user=Code(user),
            room=await room_named(room_id, context),
            what=binding_names(bindings),
            since=Moment(since),
        )
    )
    if user not in await context.people.readers(room_id):
        await alarm(doc(words, _("Now this person is not there.")), context)
    elif await rooms.strangers(room_id, [user]):
        await alarm(doc(words) + what_to_do([user], room_id, context), context)
    else:
        await alarm(doc(words, _("Now this person is there.")), context)
