"""Who is told of an alert, and who cannot be. Who may see it is decided in `commands.visibility`."""

from collections.abc import Sequence
from dataclasses import dataclass

from commands.base import Context, RoomView
from commands.visibility import (
    coordinators_may_see,
    is_author,
    may_hear,
    may_see,
    may_show_author,
    room_may_hear,
    room_may_see,
)
from storage.alerts import Alert, Reason, Tlp
from storage.base import Transaction
from storage.ids import CountryCode, RoomId, UserId
from storage.members import Member, Members
from storage.rooms import Binding, BindingKind, Rooms

__all__ = [
    "Listener",
    "Plan",
    "coordinators_may_see",
    "listeners",
    "may_see",
    "may_show_author",
    "owner_of",
    "plan",
    "reasons_of",
    "room_may_hear",
    "room_may_see",
    "unreached",
]  # fmt: skip


DIRECT = RoomView(RoomId(""), direct=True)
"""A direct chat, whichever it is."""


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


async def listeners(tx: Transaction, alert: Alert) -> Sequence[Listener]:
    """Return everybody who is told of an alert as it stands: rooms in the order they were bound, or named persons.

    The author comes last, where none of the rooms told is the author's own: who raises an alert sees the answers.
    """
    found = await _others(tx, alert)
    if not found or not _author_misses(alert, found):
        return found
    author = await Members(tx).get(alert.author)
    return [*found, Listener(person=alert.author)] if author is not None and is_author(alert, author) else found


def _author_misses(alert: Alert, found: Sequence[Listener]) -> bool:
    """Whether none of these is where the author reads: then the answers come to the author's direct chat."""
    if alert.author_country is None:
        return not any(one.is_bound_to(BindingKind.COORDINATION) for one in found)
    return not any(one.room is not None and alert.author_country in one.countries for one in found)


async def _others(tx: Transaction, alert: Alert) -> list[Listener]:
    if alert.tlp is Tlp.RED:
        persons = [await Members(tx).get(user) for user in sorted(alert.named - {alert.author})]
        return [Listener(person=member.user_id, country=member.country) for member in persons if member is not None]
    return list(await _rooms_that_hear(tx, alert.tlp, alert.countries))


async def _rooms_that_hear(tx: Transaction, tlp: Tlp, concerned: frozenset[CountryCode]) -> tuple[Listener, ...]:
    """Return the rooms that are told under a marking; from memory until a binding changes, which alone decides it."""

    async def work_out() -> tuple[Listener, ...]:
        return tuple(one for one in await _rooms(tx) if room_may_hear(tlp, concerned, one.bindings))

    return await tx.recall(("hear", tlp, concerned), (Binding,), work_out)


async def _rooms(tx: Transaction) -> tuple[Listener, ...]:
    async def read() -> tuple[Listener, ...]:
        return tuple(Listener(room, bindings=tuple(bound)) for room, bound in (await Rooms(tx).as_bound()).items())

    return await tx.recall("listeners", (Binding,), read)


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
    members = {member.user_id: member for member in await Members(context.tx).several(people)}
    outsiders = [
        user for user in sorted(people - {alert.author}) if user not in members or not may_hear(alert, members[user])
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


async def owner_of(alert: Alert, tx: Transaction) -> Member | None:
    """Return who raised an alert; once they are gone, an official of the same authority who may see it."""
    members = Members(tx)
    author = await members.get(alert.author)
    if (author is not None and is_author(alert, author)) or alert.author_country is None:
        return author
    officials = await members.officials_of(alert.author_country)
    heirs = [one for one in officials if one.authority == alert.author_authority and may_see(alert, one, DIRECT)]
    return min(heirs, key=lambda one: one.user_id, default=None)
