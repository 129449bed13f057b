"""Saying in a room what it stands for, listing all rooms, and taking it back."""

from collections.abc import Sequence
from typing import Annotated

from commands.arguments import Option
from commands.base import Args, Context, Refusal, Role
from commands.document import Code, CountryName, Doc, Inline, Message, Strong, _, _n, bullets, doc, joined
from commands.network import binding_names, ids, room_named
from commands.rooms.events import RoomBound, RoomUnbound, capability
from commands.rooms.wanted import Scope, Wanted, WhichRoom, at_least_one
from storage.ids import CountryCode, RoomId, UserId
from storage.members import Members
from storage.rooms import Binding, BindingKind, Rooms, admits


@capability.command(
    "room bind",
    role=Role.COORDINATOR,
    summary=_("Say what the room in which you write stands for"),
    anywhere=True,
    examples=["room bind country=GH", "room bind country=GH,NL", "room bind region=Africa", "room bind coordination"],
)
async def bind(args: Scope, context: Context) -> Doc:
    _refuse_direct(context, f"{context.prefix}room create country=GH")
    wanted = at_least_one(args, f"{context.prefix}room bind")
    rooms = Rooms(context.tx)
    before = await rooms.of_room(context.room.id)
    added = []
    for one in wanted:
        binding = one.binding(context.room.id, context.member.user_id, context.now)
        if await rooms.bind(binding):
            added.append(binding)
    everything = [*before, *added]
    if not added:
        return doc(_("This room already stands for {what}.", what=binding_names(everything))).openly()
    await context.emit(RoomBound(context.room.id, added, not before, context.member))
    answer = doc(_("This room stands for {what}.", what=binding_names(everything))).openly()
    return answer + await audience(context.room.id, everything, context)


def _refuse_direct(context: Context, instead: str) -> None:
    if context.room.direct:
        words = _(
            "Only you and I are in this room, so it is our direct chat. Say it in the room that is meant, after others "
            "were invited; or let me make the room with {create}.",
            create=Code(instead),
        )
        raise Refusal(words)


async def audience(room: RoomId, bindings: Sequence[Binding], context: Context) -> Doc:
    """Warn of persons who read there though it is not for them, and say which members are not in the room.

    Members who are elsewhere are not named before strangers.
    """
    roster = {member.user_id: member for member in await Members(context.tx).all()}
    present = await context.people.in_room(room)
    strangers = await Rooms(context.tx).strangers(room, await context.people.readers(room))
    answer = Doc((), for_anybody=True)
    if strangers:
        answer += doc(*_not_on_roster(strangers, context)).openly()
    if any(binding.kind is BindingKind.COORDINATION for binding in bindings):
        others = {user for user in present & roster.keys() if roster[user].role < Role.COORDINATOR}
        if others:
            care = Strong(_("Take care: they will read what is sent here."))
            answer += doc(care, bullets([_not_coordinators(others)])).openly()
    absent = [user for user, member in roster.items() if admits(bindings, member) and user not in present]
    if not absent or strangers:
        return answer
    if any(binding.kind is not BindingKind.NETWORK for binding in bindings):
        return answer + doc(_absent(absent))
    return answer + doc(_n("{count} member is not in this room.", "{count} members are not in this room.", len(absent)))


def _not_on_roster(people: frozenset[UserId], context: Context) -> Sequence[Inline]:
    """Say that nothing is sent because of persons in the room, and what can be done."""
    who = _n("{people} is on no roster.", "{people} are on no roster.", len(people), people=ids(people))
    return (
        Strong(_("Take care: while they are in this room, I send nothing here but what everybody may know.")),
        who,
        _(
            "Remove them from the room, put them on the roster ({add}), or allow them to read here: {allow}",
            add=Code(f"{context.prefix}member add"),
            allow=Code(f"{context.prefix}room allow {min(people)}"),
        ),
    )


def _not_coordinators(people: set[UserId]) -> Message:
    return _n("{people} is no coordinator.", "{people} are no coordinators.", len(people), people=ids(people))


def _absent(people: Sequence[UserId]) -> Message:
    return _("Not in this room, though it is for them: {people}.", people=ids(people))


class Nothing(Args):
    """No arguments."""


@capability.command(
    "room list",
    role=Role.COORDINATOR,
    summary=_("List the rooms and what they stand for"),
    reads=True,
    examples=["room list"],
)
async def show_all(args: Nothing, context: Context) -> Doc:  # noqa: ARG001 - every handler has both
    rooms = await Rooms(context.tx).by_room()
    if not rooms:
        return doc(
            _("No room stands for anything yet. Say {bind} in one.", bind=Code(f"{context.prefix}room bind country=GH"))
        )
    lines: list[Message] = []
    for room, bindings in rooms.items():
        people = await context.people.in_room(room)
        # A line for each, no table: room ids are too wide for its columns.
        places: dict[str, Inline] = {
            "room": Strong(await room_named(room, context)),
            "what": binding_names(bindings),
            "id": Code(room),
        }
        if people:
            words = _n(
                "{room} stands for {what}; {count} person; {id}",
                "{room} stands for {what}; {count} persons; {id}",
                len(people),
                **places,
            )
            lines.append(words)
        else:
            lines.append(_("{room} stands for {what}; nobody there, or I am not; {id}", **places))
    heading = _n("{count} room:", "{count} rooms:", len(lines))
    empty = await _countries_without_room(rooms, context)
    answer = doc(heading, bullets(lines))
    if empty:
        answer += doc(
            _("Members, but no room: {countries}.", countries=joined(CountryName(country) for country in empty))
        )
    return answer


async def _countries_without_room(rooms: dict[RoomId, list[Binding]], context: Context) -> Sequence[CountryCode]:
    reached = {
        binding.value for bindings in rooms.values() for binding in bindings if binding.kind is BindingKind.COUNTRY
    }
    countries = {member.country for member in await Members(context.tx).names() if member.country is not None}
    return sorted(countries - {CountryCode(value) for value in reached})


class Unbind(Scope):
    room: Annotated[RoomId | None, WhichRoom(), Option()] = None


@capability.command(
    "room unbind",
    role=Role.COORDINATOR,
    summary=_("Take back what a room stands for: all of it, or what you name"),
    examples=["room unbind", "room unbind country=NL", "room unbind room=!abc:example.org"],
)
async def unbind(args: Unbind, context: Context) -> Doc:
    rooms = Rooms(context.tx)
    room = args.room or context.room.id
    bindings = await rooms.of_room(room)
    if not bindings:
        words = _(
            "{room} stands for nothing. {list} shows the rooms that do.",
            room=await room_named(room, context),
            list=Code(f"{context.prefix}room list"),
        )
        raise Refusal(words)
    removed = _named(bindings, args.wanted)
    for binding in removed:
        await rooms.release(binding)
    await context.emit(RoomUnbound(room, removed, context.member))
    answer = doc(
        _(
            "{room} no longer stands for {what}.",
            room=await room_named(room, context),
            what=binding_names(removed),
        )
    )
    unreached = [
        CountryCode(binding.value)
        for binding in removed
        if binding.kind is BindingKind.COUNTRY and not await rooms.of_country(CountryCode(binding.value))
    ]
    if unreached:
        answer += doc(
            Strong(
                _(
                    "No room stands for {countries} now: alerts that concern it reach no room of its own.",
                    countries=joined(CountryName(country) for country in unreached),
                )
            )
        )
    return answer


def _named(bindings: Sequence[Binding], wanted: Sequence[Wanted]) -> Sequence[Binding]:
    """Return the bindings that were named, or all when none was. Raises Refusal when one is not there."""
    for one in wanted:
        if not any(one.is_said_by(binding) for binding in bindings):
            raise Refusal(
                _(
                    "The room does not stand for {what}. It stands for {all}.",
                    what=Code(one.value or one.kind.value),
                    all=binding_names(bindings),
                )
            )
    if not wanted:
        return bindings
    return [binding for binding in bindings if any(one.is_said_by(binding) for one in wanted)]
