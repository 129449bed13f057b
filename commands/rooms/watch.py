"""Who joins a room that stands for something: the first is greeted; who may not read what is sent there is noticed."""

from commands.base import Context, Post, Role
from commands.document import Code, Strong, _, doc
from commands.network import binding_names, room_named
from commands.rooms.events import capability, greeting
from storage.ids import RoomId, UserId
from storage.members import Members
from storage.outbox import Priority
from storage.rooms import BindingKind, Rooms


@capability.membership
async def watch(room_id: RoomId, user: UserId, joined: bool, context: Context) -> None:
    """Greet a room that was empty; warn the coordinators of a stranger in a bound room, and of a member in theirs."""
    rooms = Rooms(context.tx)
    bindings = await rooms.of_room(room_id)
    if not joined or not bindings or await context.is_bot(user):
        return
    if await rooms.settle_greeting(room_id):
        await context.post(Post(doc=greeting(bindings, context), room=room_id))
    member = await Members(context.tx).get(user)
    places = {"user": Code(user), "room": await room_named(room_id, context), "what": binding_names(bindings)}
    if member is None:
        words = _("{user}, who is on no roster, joined {room} ({what}) and will read what is sent there.", **places)
    elif member.role < Role.COORDINATOR and any(binding.kind is BindingKind.COORDINATION for binding in bindings):
        words = _("{user}, who is no coordinator, joined {room} ({what}) and will read what is sent there.", **places)
    else:
        return
    for room in await rooms.bound_to(BindingKind.COORDINATION):
        await context.post(Post(doc=doc(Strong(words)), room=room, priority=Priority.ALERT))
