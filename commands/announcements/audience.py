"""Whom an announcement reaches: rooms or persons, each once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import assert_never

from commands.arguments import BadValue, read_country, split_list
from commands.base import Context, Refusal
from commands.document import Code, Inline, Message, Text, _, joined
from commands.network import read_region, role_name
from storage.announcements import AnnouncementTarget, AudienceKind, Fate
from storage.ids import CountryCode, RoomId, UserId
from storage.members import Member, Members, Role
from storage.reference.countries import countries_in, country_name, find_country, find_region
from storage.rooms import BindingKind, Rooms

_EVERYBODY = {"all", "everyone", "everybody", "tous", "todos"}
_ROLES = {form: role for role in Role for form in (role.name.casefold(), f"{role.name.casefold()}s")}


@dataclass(frozen=True, slots=True)
class Wanted:
    """To whom an announcement is addressed. `value` is as `storage.announcements.Announcement.value`."""

    kind: AudienceKind
    value: str = ""

    @property
    def values(self) -> list[str]:
        return split_list(self.value)


@dataclass(slots=True)
class Reached:
    """What an address comes to at this moment."""

    targets: list[AnnouncementTarget] = field(default_factory=list)
    persons: set[UserId] = field(default_factory=set)
    """Everybody who reads it, each once."""
    without_room: list[CountryCode] = field(default_factory=list)
    """Countries addressed that no room stands for."""
    unreached: list[Member] = field(default_factory=list)
    """Members addressed who are in none of the rooms."""
    strangers: set[UserId] = field(default_factory=set)
    """Who reads it without being on the roster."""
    rooms: set[RoomId] = field(default_factory=set)
    """The rooms among the targets."""

    @property
    def addresses(self) -> frozenset[str]:
        return frozenset(target.address for target in self.targets)


def read_to(text: str) -> Wanted:
    """Read `to=`: all, or a country, region or role without its own option. Raises BadValue."""
    plain = " ".join(text.split()).casefold()
    kind, equals, value = plain.partition("=")
    if equals:
        return _read_pair(kind.strip(), value)
    if plain in _EVERYBODY:
        return Wanted(AudienceKind.ALL)
    if plain in _ROLES:
        return Wanted(AudienceKind.ROLE, _ROLES[plain].name.casefold())
    parts = split_list(text)
    if parts and all(find_country(part) is not None for part in parts):
        return of_countries([read_country(part) for part in parts])
    if parts and all(find_region(part) is not None for part in parts):
        return of_regions([read_region(part) for part in parts])
    raise BadValue(_("I do not know who {text} is.", text=Text(f"“{text}”")))


def _read_pair(kind: str, value: str) -> Wanted:
    if kind in {"country", "countries"}:
        return of_countries([read_country(part) for part in split_list(value)])
    if kind in {"region", "regions"}:
        return of_regions([read_region(part) for part in split_list(value)])
    if kind in {"role", "roles"} and value.strip() in _ROLES:
        return Wanted(AudienceKind.ROLE, _ROLES[value.strip()].name.casefold())
    raise BadValue(_("I do not know who {text} is.", text=Text(f"“{kind}={value}”")))


def of_countries(countries: Sequence[CountryCode]) -> Wanted:
    return Wanted(AudienceKind.COUNTRY, ",".join(dict.fromkeys(countries)))


def of_regions(regions: Sequence[str]) -> Wanted:
    return Wanted(AudienceKind.REGION, ",".join(dict.fromkeys(regions)))


def audience_words(wanted: Wanted, context_language: str = "en") -> Inline:
    """Return to whom it is addressed, in words."""
    match wanted.kind:
        case AudienceKind.ALL:
            return _("the whole network")
        case AudienceKind.COUNTRY:
            return joined(country_name(code, context_language) for code in wanted.values)
        case AudienceKind.REGION:
            return joined(wanted.values)
        case AudienceKind.ROLE:
            return _("everybody with the role {role}", role=role_name(Role[wanted.value.upper()]))
        case _:
            assert_never(wanted.kind)


async def reach(wanted: Wanted, context: Context) -> Reached:
    """Find the rooms and persons that an address comes to.

    A country's announcement goes to the rooms bound to it; a region's to the rooms bound to it, to a part of it or to
    one of its countries; a role's to each person in their direct chat. One for all goes to the network's rooms, and
    beside them to those rooms of countries, then of regions, that hold a member who would not hear it otherwise: so
    nobody is left out, and as few as possible hear it twice.
    """
    match wanted.kind:
        case AudienceKind.ALL:
            reached = await _everybody(context)
        case AudienceKind.COUNTRY:
            reached = await _countries([CountryCode(code) for code in wanted.values], context)
        case AudienceKind.REGION:
            reached = await _regions(wanted.values, context)
        case AudienceKind.ROLE:
            reached = await _role(Role[wanted.value.upper()], context)
        case _:
            assert_never(wanted.kind)
    if not reached.targets:
        raise Refusal(_nobody(wanted, context))
    reached.strangers = reached.persons - await Members(context.tx).ids()
    return reached


def _nobody(wanted: Wanted, context: Context) -> Message:
    if wanted.kind is AudienceKind.ROLE:
        return _("Nobody has the role {role}.", role=role_name(Role[wanted.value.upper()]))
    return _(
        "No room is bound for {audience}, so nobody would hear it. {command} shows the rooms there are.",
        audience=audience_words(wanted),
        command=Code(f"{context.prefix}room list"),
    )


async def _everybody(context: Context) -> Reached:
    ids = await Members(context.tx).ids()
    bindings = await Rooms(context.tx).all()
    reached = Reached()
    for room in await Rooms(context.tx).bound_to(BindingKind.NETWORK):
        await _add_room(reached, room, context)
    for kind in (BindingKind.COUNTRY, BindingKind.REGION):
        for room in dict.fromkeys(binding.room_id for binding in bindings if binding.kind is kind):
            if (await context.people.in_room(room) & ids) - reached.persons:
                await _add_room(reached, room, context)
    reached.unreached = [*await Members(context.tx).several(ids - reached.persons)]
    return reached


async def _countries(countries: Sequence[CountryCode], context: Context) -> Reached:
    reached = Reached()
    for code in countries:
        rooms = await Rooms(context.tx).of_country(code)
        if not rooms:
            reached.without_room.append(code)
        for room in rooms:
            await _add_room(reached, room, context)
    await _note_unreached(reached, countries, context)
    return reached


async def _regions(regions: Sequence[str], context: Context) -> Reached:
    countries = [code for region in regions for code in countries_in(region)]
    reached = Reached()
    for binding in await Rooms(context.tx).all():
        whole_region = binding.kind is BindingKind.REGION and set(countries_in(binding.value)) <= set(countries)
        if whole_region or (binding.kind is BindingKind.COUNTRY and binding.value in countries):
            await _add_room(reached, binding.room_id, context)
    await _note_unreached(reached, countries, context)
    return reached


async def _note_unreached(reached: Reached, countries: Sequence[CountryCode], context: Context) -> None:
    for member in await Members(context.tx).all():
        if member.country in countries and member.user_id not in reached.persons:
            reached.unreached.append(member)


async def _role(role: Role, context: Context) -> Reached:
    members = [named for named in await Members(context.tx).names() if named.role is role]
    targets = [
        AnnouncementTarget(user_id=member.user_id, name=member.name, people=1, fate=Fate.WAITING) for member in members
    ]
    return Reached(targets, {member.user_id for member in members})


async def _add_room(reached: Reached, room: RoomId, context: Context) -> None:
    if room in reached.rooms:
        return
    reached.rooms.add(room)
    people = await context.people.in_room(room)
    name = await context.people.name_of(room) or str(room)
    reached.targets.append(AnnouncementTarget(room_id=room, name=name, people=len(people), fate=Fate.WAITING))
    reached.persons |= people
