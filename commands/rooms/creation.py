"""Rooms that the bot makes: encrypted from the first event, bound, greeted, and the members concerned invited."""

from collections.abc import Sequence
from typing import assert_never

from commands.base import Context, Post, Refusal, Role
from commands.document import Code, Doc, Message, Text, _, _n, doc
from commands.network import Line, binding_names, room_named
from commands.rooms.events import RoomBound, capability
from commands.rooms.wanted import Scope, Wanted, at_least_one
from storage.ids import CountryCode, EventId, RoomId, UserId
from storage.members import Member, Members
from storage.outbox import OutboxRow, RowKind, RowState
from storage.reference.countries import country_name
from storage.rooms import Binding, BindingKind, Rooms, admits


class NewRoom(Scope):
    name: Line | None = None


@capability.command(
    "room create",
    role=Role.COORDINATOR,
    summary=_("Let me make a room, bind it and invite the members concerned"),
    examples=["room create country=GH", 'room create country=GH,NL name="Ghana and the Netherlands"'],
)
async def create(args: NewRoom, context: Context) -> Doc:
    wanted = at_least_one(args, f"{context.prefix}room create")
    if len(wanted) > 1 and any(one.kind is BindingKind.COORDINATION for one in wanted):
        raise Refusal(_("A room for coordination is for the coordinators alone. Make it by itself."))
    bindings = [one.binding(RoomId(""), context.member.user_id, context.now) for one in wanted]
    members = Members(context.tx)
    coordinators = [member.user_id for member in await members.coordinators()]
    concerned = [member.user_id for member in await members.all() if admits(bindings, member)]
    content = {
        "name": args.name or ", ".join(_title(one, context) for one in wanted),
        "topic": context.network_name,
        "invite": list(dict.fromkeys([*concerned, *coordinators])),
        "admins": coordinators,
        "bind": [[one.kind.value, one.value] for one in wanted],
        "asked_by": context.member.user_id,
        "asked_in": context.room.id,
        "thread": context.thread_root,
        "source": context.source,
    }
    there = await _rooms_already(wanted, context)
    await context.post(Post(kind=RowKind.CREATE_ROOM, content=content, report="room_created"))
    answer = doc(
        _("I am making the room {name} and will say here when it is ready.", name=Text(f"“{content['name']}”"))
    )
    if there:
        answer += doc(*there)
    if not concerned:
        answer += doc(_("Nobody on the roster is concerned yet: only the coordinators are invited."))
    return answer


def _title(one: Wanted, context: Context) -> str:
    """Return the name of a room. It is the same for all who are in it, so it is not translated."""
    match one.kind:
        case BindingKind.COUNTRY:
            return country_name(CountryCode(one.value))
        case BindingKind.REGION:
            return one.value
        case BindingKind.NETWORK:
            return context.network_name
        case BindingKind.COORDINATION:
            return "Coordination"
        case _:
            assert_never(one.kind)


async def _rooms_already(wanted: Sequence[Wanted], context: Context) -> Sequence[Message]:
    """Say which rooms stand for the same already: several are allowed, but may be a slip."""
    lines = []
    rooms = Rooms(context.tx)
    for one in wanted:
        for room in await rooms.bound_to(one.kind, one.value):
            what = binding_names([one.binding(room, context.member.user_id, context.now)])
            lines.append(_("{room} stands for {what} too.", room=await room_named(room, context), what=what))
    return lines


@capability.delivery("room_created")
async def room_created(row: OutboxRow, context: Context) -> None:
    """Bind and greet the new room and tell whoever asked; or tell them that it was not made."""
    asked_by = await Members(context.tx).get(UserId(row.content["asked_by"]))
    if asked_by is None or asked_by.role < Role.COORDINATOR:
        return  # the right to make rooms ended meanwhile: what was made stays bound to nothing
    if row.state is not RowState.SENT or row.sent_room is None:
        words = _(
            "The room {name} could not be made. Try again later, or make it yourself, invite me, and say {bind} in it.",
            name=Text(f"“{row.content['name']}”"),
            bind=Code(f"{context.prefix}room bind"),
        )
        await _tell_asker(doc(words), row, context)
        return
    rooms = Rooms(context.tx)
    bindings = [
        Binding(
            room_id=row.sent_room,
            kind=BindingKind(kind),
            value=value,
            bound_by=asked_by.user_id,
            bound_at=context.now,
        )
        for kind, value in row.content["bind"]
    ]
    added = [binding for binding in bindings if await rooms.bind(binding)]
    if not added:
        return  # told before
    await context.emit(RoomBound(row.sent_room, added, True, asked_by))
    words = _n(
        "The room {name} is made; {count} person is invited.",
        "The room {name} is made; {count} persons are invited.",
        len(row.content["invite"]),
        name=Text(f"“{row.content['name']}”"),
    )
    await _tell_asker(doc(words), row, context)
    await _invite_late(row.sent_room, bindings, row.content["invite"], context)


async def _tell_asker(words: Doc, row: OutboxRow, context: Context) -> None:
    """Answer where it was asked, in the same thread or as a reply."""
    thread = row.content["thread"]
    source = row.content["source"]
    await context.post(
        Post(
            doc=words,
            room=RoomId(row.content["asked_in"]),
            thread_root=EventId(thread) if thread else None,
            reply_to=EventId(source) if source and not thread else None,
        )
    )


async def _invite_late(room: RoomId, bindings: Sequence[Binding], invited: Sequence[str], context: Context) -> None:
    """Invite who came on the roster between the request and the making of the room."""
    members: Sequence[Member] = await Members(context.tx).all()
    for member in members:
        if member.user_id not in invited and admits(bindings, member):
            await context.post(Post(kind=RowKind.INVITE, room=room, content={"user": member.user_id}))
