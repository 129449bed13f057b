"""Who may hear of an alert: the one place that decides it.

Every answer, card, line, list and reminder asks here. What may not be seen is answered exactly as what does not exist.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

from commands.base import Context, RoomView
from storage.alerts import Alert, Reason, Tlp
from storage.base import Transaction
from storage.ids import CountryCode, RoomId, UserId
from storage.members import Member, Members, Role
from storage.reference.countries import find_region
from storage.rooms import Binding, BindingKind, Rooms


@dataclass(frozen=True, slots=True)
class Listener:
    """A room, or under RED a person, that hears of an alert."""

    room: RoomId | None = None
    person: UserId | None = None
    bindings: tuple[Binding, ...] = ()
    country: CountryCode | None = None
    """The country of the person."""

    @property
    def countries(self) -> frozenset[CountryCode]:
        """The countries that are reached through this listener."""
        bound = {CountryCode(binding.value) for binding in self.bindings if binding.kind is BindingKind.COUNTRY}
        return frozenset(bound | ({self.country} if self.country is not None else set()))

    def is_bound_to(self, kind: BindingKind) -> bool:
        return any(binding.kind is kind for binding in self.bindings)


def may_see(alert: Alert, member: Member, room: RoomView) -> bool:
    """Decide whether this member may see this alert in this room. Nothing is shown that was not asked for here."""
    if not _member_may_see(alert, member):
        return False
    return room.direct or room_may_see(alert, room.bindings)


def room_may_see(alert: Alert, bindings: Sequence[Binding]) -> bool:
    """Decide whether an alert may be shown in a room with these bindings.

    Beside those that are told (`room_may_hear`), the rooms of the author's own country alone may see what its officials
    raise, and the coordination room what a coordinator without a country raises; never a RED alert.
    """
    if alert.tlp is Tlp.RED or not bindings:
        return False
    if _is_own_room(alert, bindings):
        return True
    return alert.was_circulated and room_may_hear(alert.tlp, alert.countries, bindings)


def room_may_hear(tlp: Tlp, concerned: frozenset[CountryCode], bindings: Sequence[Binding]) -> bool:
    """Decide whether a room with these bindings is told of an alert that concerns these countries.

    Under AMBER a room that several countries share hears of what concerns one of them: it may be the only room that
    country has. A room that also stands for the network or a region is left out: that asks for GREEN.
    """
    match tlp:
        case Tlp.RED:
            return False
        case Tlp.AMBER_STRICT:
            return len(bindings) == 1 and _is_of(concerned, bindings[0])
        case Tlp.AMBER:
            narrow = {BindingKind.COUNTRY, BindingKind.COORDINATION}
            return all(one.kind in narrow for one in bindings) and any(
                _is_of(concerned, one) or one.kind is BindingKind.COORDINATION for one in bindings
            )
        case Tlp.GREEN:
            general = {BindingKind.COORDINATION, BindingKind.NETWORK}
            return any(_is_of(concerned, one) or one.kind in general or _holds(one, concerned) for one in bindings)
        case Tlp.CLEAR:
            return bool(bindings)
        case _:
            assert_never(tlp)


def _member_may_see(alert: Alert, member: Member) -> bool:
    if member.user_id == alert.author:
        return True
    return alert.was_circulated and _may_hear(alert, member)


def _may_hear(alert: Alert, member: Member) -> bool:
    """Whether the marking lets this member hear of the alert once it is circulated."""
    same_side = member.country is not None and (
        member.country in alert.countries or member.country == alert.author_country
    )
    match alert.tlp:
        case Tlp.RED:
            return member.user_id in alert.named
        case Tlp.AMBER_STRICT:
            return same_side
        case Tlp.AMBER:
            return same_side or member.role >= Role.COORDINATOR
        case Tlp.GREEN | Tlp.CLEAR:
            return True
        case _:
            assert_never(alert.tlp)


def may_show_author(alert: Alert, bindings: Sequence[Binding], reader: UserId | None = None) -> bool:
    """The author's name stands only in rooms of the own country, in the coordination room, and before the author."""
    if reader is not None:
        return reader == alert.author
    return _is_own_room(alert, bindings) or (
        bool(bindings) and all(one.kind is BindingKind.COORDINATION for one in bindings)
    )


def coordinators_may_see(alert: Alert) -> bool:
    """Whether an alert may be taken to the coordinators."""
    return alert.tlp not in {Tlp.RED, Tlp.AMBER_STRICT}


def _is_own_room(alert: Alert, bindings: Sequence[Binding]) -> bool:
    if alert.author_country is None:
        only_coordination = bool(bindings) and all(one.kind is BindingKind.COORDINATION for one in bindings)
        return only_coordination and coordinators_may_see(alert)
    own = frozenset({alert.author_country})
    return bool(bindings) and all(_is_of(own, binding) for binding in bindings)


def _is_of(countries: frozenset[CountryCode], binding: Binding) -> bool:
    return binding.kind is BindingKind.COUNTRY and binding.value in countries


def _holds(binding: Binding, countries: frozenset[CountryCode]) -> bool:
    if binding.kind is not BindingKind.REGION:
        return False
    region = find_region(binding.value)
    return region is not None and not countries.isdisjoint(region.countries)


async def listeners(tx: Transaction, alert: Alert) -> Sequence[Listener]:
    """Return everybody who is told of an alert as it stands: rooms in the order they were bound, or named persons.

    The author comes last, where none of the rooms told is the author's own: who raises an alert sees the answers.
    """
    found = await _others(tx, alert)
    return [*found, Listener(person=alert.author)] if found and _author_misses(alert, found) else found


def _author_misses(alert: Alert, found: Sequence[Listener]) -> bool:
    """Whether none of these is where the author reads: then the answers come to the author's direct chat."""
    if alert.author_country is None:
        return not any(one.is_bound_to(BindingKind.COORDINATION) for one in found)
    return not any(one.room is not None and alert.author_country in one.countries for one in found)


async def _others(tx: Transaction, alert: Alert) -> list[Listener]:
    if alert.tlp is Tlp.RED:
        persons = [await Members(tx).get(user) for user in sorted(alert.named - {alert.author})]
        return [Listener(person=member.user_id, country=member.country) for member in persons if member is not None]
    rooms: dict[RoomId, list[Binding]] = {}
    for binding in sorted(await Rooms(tx).all(), key=lambda one: one.id):
        rooms.setdefault(binding.room_id, []).append(binding)
    return [
        Listener(room=room, bindings=tuple(bindings))
        for room, bindings in rooms.items()
        if room_may_hear(alert.tlp, alert.countries, bindings)
    ]


@dataclass(frozen=True, slots=True)
class Plan:
    """Who will be told, and who cannot be."""

    listeners: Sequence[Listener]
    unreached: Sequence[CountryCode]
    """Countries concerned that have no room or person that may be told."""
    people: int
    """How many persons that is, each counted once."""
    outsiders: Sequence[UserId] = ()
    """Who sits in these rooms and is not on the roster, or not one of those for whom the marking is."""


async def plan(alert: Alert, context: Context) -> Plan:
    """Work out who would be told of an alert, and how many people that is."""
    found = await listeners(context.tx, alert)
    people = {one.person for one in found if one.person is not None and one.person != alert.author}
    for one in found:
        if one.room is not None:
            people |= await context.people.in_room(one.room)
    members = {member.user_id: member for member in await Members(context.tx).all()}
    outsiders = [
        user for user in sorted(people - {alert.author}) if user not in members or not _may_hear(alert, members[user])
    ]
    return Plan(found, unreached(alert, found), len(people), outsiders)


def unreached(alert: Alert, found: Sequence[Listener]) -> Sequence[CountryCode]:
    """Return the countries concerned, beside the author's own, that none of these listeners reaches."""
    reached = {country for one in found for country in one.countries}
    countries = [entry.country for entry in alert.addressees]
    return [country for country in countries if country not in reached and country != alert.author_country]


def reasons_of(alert: Alert, country: CountryCode) -> Sequence[Reason]:
    """Return why a country is concerned."""
    entry = alert.addressee(country)
    return [Reason(reason) for reason in entry.reasons] if entry is not None else []
