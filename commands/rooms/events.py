"""What happens to rooms, and who is told: the room itself is greeted, the coordinators hear of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

from commands.base import Capability, Context, Event, Post
from commands.document import Code, CountryName, Doc, Message, _, bullets, doc, joined
from commands.network import binding_names, named, room_named, tell_coordination
from storage.ids import CountryCode, RoomId
from storage.members import Member
from storage.rooms import Binding, BindingKind, Rooms

capability = Capability("rooms", _("Rooms and what they stand for"))


@dataclass(frozen=True, slots=True)
class RoomBound(Event):
    room: RoomId
    added: Sequence[Binding]
    first: bool
    """Whether the room stood for nothing before."""
    by: Member


@dataclass(frozen=True, slots=True)
class RoomUnbound(Event):
    room: RoomId
    removed: Sequence[Binding]
    by: Member


@capability.announces(RoomBound)
async def announce_bound(event: RoomBound, context: Context) -> None:
    if event.first and await context.people.in_room(event.room):
        await context.post(Post(doc=greeting(event.added, context), room=event.room))
    elif event.first:
        await Rooms(context.tx).owe_greeting(event.room)  # who joins later cannot read what was said before
    else:
        await context.post(Post(doc=doc(*_receives(event.added)).quietly().openly(), room=event.room))
    words = _(
        "{room} now stands for {what}. Bound by {by}.",
        room=await room_named(event.room, context),
        what=binding_names(event.added),
        by=named(event.by),
    )
    await tell_coordination(doc(words), context, but=event.room)
    await context.tell_room_bound(event.room)


@capability.announces(RoomUnbound)
async def announce_unbound(event: RoomUnbound, context: Context) -> None:
    words = _(
        "{room} no longer stands for {what}. Said by {by}.",
        room=await room_named(event.room, context),
        what=binding_names(event.removed),
        by=named(event.by),
    )
    await tell_coordination(doc(words), context, but=event.room)


def greeting(bindings: Sequence[Binding], context: Context) -> Doc:
    """Say in two lines who the bot is and what the room will receive, and how to begin."""
    begin = _(
        "Type {help} to see what you can do here; {example} explains one command.",
        help=Code(f"{context.prefix}help"),
        example=Code(f"{context.prefix}help alert show"),
    )
    receives = _receives(bindings)
    if len(receives) == 1:
        words = _("I am the bot of the {network}. {receives}", network=context.network_name, receives=receives[0])
        return doc(words, begin).openly()
    return doc(_("I am the bot of the {network}.", network=context.network_name), bullets(receives), begin).openly()


def _receives(bindings: Sequence[Binding]) -> list[Message]:
    """Say what the room will receive, a sentence for each kind."""
    sentences = []
    for kind in BindingKind:
        values = [binding.value for binding in bindings if binding.kind is kind]
        if values:
            sentences.append(_sentence(kind, values))
    return sentences


def _sentence(kind: BindingKind, values: Sequence[str]) -> Message:
    match kind:
        case BindingKind.COUNTRY:
            return _(
                "This room receives the alerts, exercises and announcements that concern {countries}.",
                countries=joined(CountryName(CountryCode(value)) for value in values),
            )
        case BindingKind.REGION:
            return _(
                "This room receives the announcements for {regions} and the alerts that everybody may know.",
                regions=joined(values),
            )
        case BindingKind.NETWORK:
            return _("This room is for all members: it receives announcements and the alerts that all members may see.")
        case BindingKind.COORDINATION:
            return _(
                "This room is for the coordinators: it receives alerts, what nobody acknowledged, "
                "changes of the roster and what could not be delivered."
            )
        case _:
            assert_never(kind)
