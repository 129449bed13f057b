"""Who joins a room that stands for something: the first is greeted; who may not read what is sent there is noticed."""

from commands.base import Context, Post, Role
from commands.document import Code, Strong, _, doc
from commands.network import alarm, binding_names, room_named
from commands.rooms.events import capability, greeting
from commands.rooms.readers import forget, what_to_do
from storage.ids import RoomId, UserId
from storage.members import Members
from storage.rooms import BindingKind, Rooms


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
        if member.role < Role.COORDINATOR and any(binding.kind is BindingKind.COORDINATION for binding in bindings):
            words = _(
                "{user}, who is no coordinator, joined {room} ({what}) and will read what is sent there.", **places
            )
            await alarm(doc(Strong(words)), context)
    elif await rooms.strangers(room_id, [user]):
        words = _("{user}, who is on no roster, joined {room} ({what}).", **places)
        until = _("While that is so, I say nothing there but what everybody may know; the rest waits.")
        await alarm(doc(Strong(words), until) + what_to_do([user], room_id, context), context)
