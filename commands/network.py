"""What several capabilities say of the network: the names of roles, authorities and rooms; telling the coordinators."""

from collections.abc import Iterable
from typing import Annotated, Any, assert_never

from pydantic import BeforeValidator

from commands.arguments import BadValue, Form, did_you_mean, split_list
from commands.base import Context, Post
from commands.document import Code, CountryName, Doc, Inline, Message, Strong, Text, _, joined
from storage.ids import CountryCode, RoomId, UserId
from storage.members import AuthorityKind, Member, Members, Role
from storage.outbox import Failure, Priority
from storage.reference.countries import find_region, regions
from storage.rooms import Binding, BindingKind, Rooms


def role_name(role: Role) -> Message:
    match role:
        case Role.MEMBER:
            return _("member")
        case Role.OFFICIAL:
            return _("official")
        case Role.COORDINATOR:
            return _("coordinator")
        case _:
            assert_never(role)


def failure_words(failure: Failure) -> Message:  # noqa: C901, PLR0911, PLR0912 - one for each failure
    """Return why a message was given up, for "I could not deliver it to …: {reason}"."""
    match failure:
        case Failure.NOT_JOINED:
            return _("I am not in the room")
        case Failure.NOT_ENCRYPTED:
            return _("the room is not encrypted")
        case Failure.TOMBSTONED:
            return _("the room was closed in favour of another")
        case Failure.WORLD_READABLE:
            return _("everybody can read the room")
        case Failure.ENCRYPTION_HIDDEN:
            return _("the room was encrypted before, and its server does not say so any more")
        case Failure.UNREACHABLE:
            return _("the homeserver did not take it for too long")
        case Failure.STRANGERS:
            return _("somebody who is on no roster was in the room, and no coordinator decided about it in time")
        case Failure.NOT_SHOWN:
            return _("it may no longer be shown there")
        case Failure.CHANGED_KEYS:
            return _("the person's security keys changed, and no coordinator confirmed them in time")
        case Failure.NOT_A_MEMBER:
            return _("the person is not on the roster any more")
        case Failure.FORBIDDEN:
            return _("I am not allowed to write there")
        case Failure.REFUSED:
            return _("the homeserver refused it")
        case _:
            assert_never(failure)


def kind_name(kind: AuthorityKind) -> Message:
    match kind:
        case AuthorityKind.ENVIRONMENT:
            return _("environment")
        case AuthorityKind.REGULATORY:
            return _("regulatory authority")
        case AuthorityKind.CUSTOMS:
            return _("customs")
        case AuthorityKind.POLICE:
            return _("police")
        case AuthorityKind.PORT:
            return _("port authority")
        case AuthorityKind.MARITIME:
            return _("maritime authority")
        case AuthorityKind.INTERNATIONAL:
            return _("international organisation")
        case _:
            assert_never(kind)


def binding_name(binding: Binding) -> Inline:
    """Return what a room stands for."""
    match binding.kind:
        case BindingKind.COUNTRY:
            return CountryName(CountryCode(binding.value))
        case BindingKind.REGION:
            return Text(binding.value)
        case BindingKind.NETWORK:
            return _("the whole network")
        case BindingKind.COORDINATION:
            return _("coordination")
        case _:
            assert_never(binding.kind)


def binding_names(bindings: Iterable[Binding]) -> Inline:
    return joined(binding_name(binding) for binding in bindings)


def country_or_international(member: Member) -> Inline:
    return _("international") if member.country is None else CountryName(member.country)


def named(member: Member) -> Inline:
    """Return a member by name, without notifying."""
    return Strong(Text(member.name))


async def room_named(room: RoomId, context: Context) -> Inline:
    """Return a room by its name, or its id when it has none."""
    name = await context.people.name_of(room)
    return Code(room) if name is None else Text(f"“{name}”")


async def tell_coordination(words: Doc, context: Context, *, but: RoomId | None = None) -> None:
    """Post a notice to the coordination rooms, except to the one in which it was just said."""
    for room in await Rooms(context.tx).bound_to(BindingKind.COORDINATION):
        if room != but:
            await context.post(Post(doc=words.quietly(), room=room, priority=Priority.ANNOUNCEMENT))


async def alarm(
    words: Doc,
    context: Context,
    *,
    but: RoomId | None = None,
    part: str | None = None,
    priority: Priority = Priority.ALERT,
) -> None:
    """Let the coordinators know: in the coordination rooms where only those read who may, else each directly.

    `but`: a room that is not told, because it is the matter.
    """
    rooms = Rooms(context.tx)
    told = False
    for room in await rooms.bound_to(BindingKind.COORDINATION):
        readers = await context.people.readers(room)
        is_closed = await rooms.closed(room) is not None
        if room != but and readers and not is_closed and not await rooms.strangers(room, readers):
            await context.post(Post(doc=words, room=room, part=part, priority=priority))
            told = True
    if not told:
        for coordinator in await Members(context.tx).coordinators():
            await context.post(Post(doc=words, person=coordinator.user_id, part=part, priority=priority))


def short_line(value: Any, limit: int = 120) -> str:
    """Return a name on one line. Raises BadValue when nothing is left of it or it is too long to be one."""
    text = " ".join(str(value).split())
    if not any(character.isalnum() for character in text):
        raise BadValue(_("A name needs at least one letter."))
    if len(text) > limit:
        raise BadValue(_("{text} is too long: at most {limit} characters.", text=f"“{text[:30]}…”", limit=limit))
    return text


Line = Annotated[str, BeforeValidator(short_line)]
"""A name on one line, of at most 120 characters."""


def read_region(value: str) -> str:
    """Return the name of the region that is meant. Raises BadValue with the nearest."""
    found = find_region(value)
    if found is not None:
        return found.name
    names = {region.name.casefold(): region.name for region in regions()}
    near = did_you_mean(value, sorted(names))
    shown = Text(f"“{value}”")
    if near is not None:
        raise BadValue(_("I know no region {text}. Did you mean {near}?", text=shown, near=Code(names[near])))
    examples = joined(Code(name) for name in ("Africa", "Europe", "Western Africa", "Caribbean"))
    raise BadValue(_("I know no region {text}. There are, for example, {examples}.", text=shown, examples=examples))


def Regions() -> Form:  # noqa: N802 - reads as a kind in annotations
    """Regions of the world by their United Nations names, separated by commas."""
    return Form(lambda value: tuple(dict.fromkeys(read_region(entry) for entry in split_list(value))), form="Africa")


def ids(people: Iterable[UserId]) -> Inline:
    """Return persons by their Matrix ids, in order."""
    return joined(Code(person) for person in sorted(people))
