"""What happens on the roster, and who is told."""

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from commands.base import Capability, Context, Event, Post
from commands.document import Bullets, Code, Doc, Inline, Message, Moment, Text, _, bullets, doc
from commands.network import country_or_international, kind_name, named, role_name, room_named, tell_coordination
from storage.ids import RoomId, UserId
from storage.members import Member, Members, RecordChange, Role
from storage.outbox import Priority, RowKind
from storage.pins import Pins
from storage.rooms import Rooms

capability = Capability("members", _("The roster of the network and your own record"))


@dataclass(frozen=True, slots=True)
class MemberAdded(Event):
    member: Member
    by: Member
    returned: bool
    """Whether this person was on the roster before and had been removed."""


@dataclass(frozen=True, slots=True)
class MemberRemoved(Event):
    member: Member
    by: Member


@dataclass(frozen=True, slots=True)
class RoleChanged(Event):
    member: Member
    by: Member
    before: Role


@dataclass(frozen=True, slots=True)
class RecordChanged(Event):
    """Something else of the record than the role: what others know this person by."""

    change: RecordChange
    by: Member


@capability.announces(MemberAdded)
async def announce_added(event: MemberAdded, context: Context) -> None:
    member = event.member
    places: dict[str, Inline] = {
        "name": named(member),
        "id": Code(member.user_id),
        "role": role_name(member.role),
        "authority": Text(member.authority),
        "country": country_or_international(member),
        "by": named(event.by),
    }
    if event.returned:
        words = _("{name} ({id}) is on the roster again: {role}, {authority}, {country}. Added by {by}.", **places)
    else:
        words = _("{name} ({id}) is now on the roster: {role}, {authority}, {country}. Added by {by}.", **places)
    await tell_coordination(doc(words), context, but=context.room.id)
    await context.post(Post(doc=_welcome(event, context), person=member.user_id, language=member.language))
    await invite_where_meant(member, context)


@capability.membership
async def welcome_late(room_id: RoomId, user: UserId, joined: bool, context: Context) -> None:
    """Welcome who comes into their direct chat now, and could not read there before."""
    member = await Members(context.tx).get(user) if joined else None
    rooms = Rooms(context.tx)
    if member is None or await rooms.of_room(room_id) or not await rooms.settle_greeting(room_id):
        return
    words = doc(
        _(
            "Welcome to the {network}, {name}. You are on the roster for {authority}; your role is {role}.",
            network=context.network_name,
            name=named(member),
            role=role_name(member.role),
            authority=member.authority,
        ),
        _first_steps(member, context),
        _("What I wrote here before you had a session that can read it stays locked; nothing is wrong with yours."),
    )
    await context.post(Post(doc=words, person=user, language=member.language))


def _welcome(event: MemberAdded, context: Context) -> Doc:
    member = event.member
    return doc(
        _(
            "Welcome to the {network}, {name}. {by} has put you on the roster for {authority}; your role is {role}.",
            network=context.network_name,
            name=named(member),
            by=named(event.by),
            role=role_name(member.role),
            authority=member.authority,
        ),
        _first_steps(member, context),
    )


def _first_steps(member: Member, context: Context) -> Message:
    return _(
        "Type {help} to see what you can do; in this chat no {prefix} is needed. "
        "I show times in the zone {zone}; to change that, type for example {example}.",
        help=Code("help"),
        prefix=Code(context.prefix),
        zone=member.zone,
        example=Code("me tz=Europe/Paris"),
    )


@capability.announces(MemberRemoved)
async def announce_removed(event: MemberRemoved, context: Context) -> None:
    words = _(
        "{name} ({id}), {authority}, was removed from the roster by {by}.",
        name=named(event.member),
        id=Code(event.member.user_id),
        authority=event.member.authority,
        by=named(event.by),
    )
    await tell_coordination(doc(words), context, but=context.room.id)


@capability.announces(RoleChanged)
async def announce_role(event: RoleChanged, context: Context) -> None:
    member = event.member
    words = _(
        "{name} ({id}) is now {role}, no longer {before}. Changed by {by}.",
        name=named(member),
        id=Code(member.user_id),
        role=role_name(member.role),
        before=role_name(event.before),
        by=named(event.by),
    )
    await tell_coordination(doc(words), context, but=context.room.id)
    if member.user_id != event.by.user_id:
        told = _(
            "{by} has made you {role} on the roster. {help} shows what you can do now.",
            by=named(event.by),
            role=role_name(member.role),
            help=Code("help"),
        )
        await context.post(Post(doc=doc(told), person=member.user_id, language=member.language))
    await invite_where_meant(member, context)


@capability.announces(RecordChanged)
async def announce_change(event: RecordChanged, context: Context) -> None:
    lines = change_lines(event.change)
    if not lines:
        return  # zone and language concern nobody else
    member = event.change.member
    heading = _(
        "The record of {name} ({id}) was changed by {by}:",
        name=named(member),
        id=Code(member.user_id),
        by=named(event.by),
    )
    await tell_coordination(doc(heading, bullets(lines)), context, but=context.room.id)
    if "country" in event.change.fields:
        await invite_where_meant(member, context)


def change_lines(change: RecordChange) -> Sequence[Message]:
    """Say what others know this person by and what it was before."""
    member, before = change.member, change.before
    lines = []
    if "name" in before:
        lines.append(_("name: {after} (was {before})", after=member.name, before=str(before["name"])))
    if "authority" in before:
        lines.append(_("authority: {after} (was {before})", after=member.authority, before=str(before["authority"])))
    if "kind" in before:
        lines.append(_("kind of authority: {after}", after=kind_name(member.kind)))
    if "country" in before:
        lines.append(_("country: {after}", after=country_or_international(member)))
    return lines


async def invite_where_meant(member: Member, context: Context) -> None:
    """Invite the member to the rooms of their country, of the network and so on in which they are not yet."""
    for room in await Rooms(context.tx).of_member(member):
        people = await context.people.in_room(room)
        if people and member.user_id not in people:  # a room without people is one that the bot is not in
            invitation = Post(
                kind=RowKind.INVITE, room=room, content={"user": member.user_id}, priority=Priority.ANNOUNCEMENT
            )
            await context.post(invitation)


async def rooms_still_in(member: Member, context: Context, rooms: Sequence[RoomId]) -> Bullets | None:
    """List those of the rooms in which the person is, or nothing when it is none."""
    names = [await room_named(room, context) for room in rooms if member.user_id in await context.people.in_room(room)]
    return bullets(names) if names else None


def local_time(member: Member, context: Context) -> Moment:
    return Moment(context.now, ZoneInfo(member.zone))


async def keys_words(person: UserId, context: Context) -> Message | None:
    """Say that a person's keys have changed and are not confirmed; nothing when all is well."""
    pin = await Pins(context.tx).get(person)
    if pin is None or pin.shown_at is None:
        return None
    return _(
        "changed on {when}, not confirmed: {confirm}",
        when=Moment(pin.shown_at, context.zone, with_utc=False),
        confirm=Code(f"{context.prefix}member confirm {person}"),
    )
