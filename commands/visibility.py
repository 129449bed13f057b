"""Who may see an alert: the one place that decides it, for every capability.

Every answer, card, line, list, count and export asks here. What may not be seen is answered exactly as what does not
exist.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, assert_never

from commands.arguments import Ref
from commands.base import Context, Post, Refusal, RoomView, Subject
from commands.document import Code, Doc, _, doc
from storage.alerts import Alert, AlertNumber, Alerts, AlertState, Outline, Tlp
from storage.ids import CountryCode, UserId
from storage.members import Member, Role
from storage.outbox import OutboxRow
from storage.reference.countries import find_region
from storage.rooms import Binding, BindingKind
from storage.sightings import Sighting

ALERT = "alert"
"""The kind of subject under which everything that is said about an alert stands in the outbox."""

SIGHTING = "sighting"
"""The kind of subject of what is said of a sighting that stands with no alert."""

_SHORT_NUMBER = re.compile(r"#?(?:[AXax]-?)?\d{1,6}")
_NEW_YEAR = 3
"""Months of a year in which people still write the short numbers of the last."""

NAMES = "names"
"""The part of a message in an alert that holds names of persons."""


class Marked(Protocol):
    """What decides who may see an alert: of an `Alert`, or of what was read of one to be counted."""

    @property
    def tlp(self) -> Tlp: ...

    @property
    def author(self) -> UserId: ...

    @property
    def author_country(self) -> CountryCode | None: ...

    @property
    def countries(self) -> frozenset[CountryCode]: ...

    @property
    def named(self) -> frozenset[UserId]: ...

    @property
    def was_circulated(self) -> bool: ...


def may_see(alert: Marked, member: Member, room: RoomView) -> bool:
    """Decide whether this member may see this alert in this room. Nothing is shown that was not asked for here."""
    if not _member_may_see(alert, member):
        return False
    return room.direct or room_may_see(alert, room.bindings)


def room_may_see(alert: Marked, bindings: Sequence[Binding]) -> bool:
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


def is_author(alert: Marked, member: Member) -> bool:
    """Whether this is who raised it, and still of the country for which that was: the alert is not the person's."""
    return member.user_id == alert.author and member.country == alert.author_country


def _member_may_see(alert: Marked, member: Member) -> bool:
    if is_author(alert, member):
        return True
    if isinstance(alert, Alert | Outline) and alert.state is AlertState.SUBMITTED:
        return is_second_pair(alert, member) and may_hear(alert, member)
    return alert.was_circulated and may_hear(alert, member)


def is_second_pair(alert: Marked, member: Member) -> bool:
    """Whether a member may verify what another one raised: an official of the same country, or a coordinator.

    They see what waits for that, as far as its marking lets them hear of it.
    """
    if member.user_id == alert.author:
        return False
    same = member.role >= Role.OFFICIAL and member.country is not None and member.country == alert.author_country
    return same or member.role >= Role.COORDINATOR


def may_hear(alert: Marked, member: Member) -> bool:
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


def match_may_be_told(alert: Marked) -> bool:
    """Whether the owner of another alert, who may not see this one, may hear that one exists that names the same.

    What is said then is on what they match, as it stands in the hearer's own alert, and nothing else: see the decision
    on what a match may say. Of a RED alert nobody outside hears even that.
    """
    return alert.was_circulated and alert.tlp is not Tlp.RED


def may_follow(draft: Marked, alert: Marked) -> bool:
    """Whether what stands in a draft may be put into an alert: it must not come before more people than was meant."""
    return not draft.tlp.is_stricter_than(alert.tlp)


def may_show_author(alert: Marked, bindings: Sequence[Binding], reader: UserId | None = None) -> bool:
    """The author's name stands only in rooms of the own country, in the coordination room, and before the author."""
    if reader is not None:
        return reader == alert.author
    return _is_own_room(alert, bindings) or (
        bool(bindings) and all(one.kind is BindingKind.COORDINATION for one in bindings)
    )


def may_read_names(alert: Alert | Outline, member: Member, room: RoomView) -> bool:
    """Decide whether the names of persons in an alert may be read: the one place that does, for every capability.

    By officials of the author's country and of the countries concerned, under RED of those who are named to be told; in
    their direct chat, or in a room that stands for their country alone. Nobody reads those of a withdrawn alert.
    """
    if member.role < Role.OFFICIAL or alert.state is AlertState.WITHDRAWN or not may_see(alert, member, room):
        return False
    same_side = member.country is not None and member.country in {*alert.countries, alert.author_country}
    told = alert.tlp is Tlp.RED and member.user_id in alert.named
    if not is_author(alert, member) and not same_side and not told:
        return False
    own = frozenset() if member.country is None else frozenset({member.country})
    return room.direct or (bool(room.bindings) and all(_is_of(own, one) for one in room.bindings))


@dataclass(frozen=True, slots=True)
class _Together:
    """A sighting as part of an alert: what decides who may see it there."""

    tlp: Tlp
    author: UserId
    author_country: CountryCode | None
    countries: frozenset[CountryCode]
    named: frozenset[UserId]
    was_circulated: bool


def _together(sighting: Sighting, alert: Marked) -> Marked:
    """Return the sighting under the stricter of the two markings, for the countries that either of them concerns.

    Under AMBER+STRICT it stays with those whom the sighting itself concerns: whoever raises an alert about the same
    container does not become one of them by it.
    """
    if sighting.tlp is Tlp.AMBER_STRICT:
        return sighting
    seen_from = frozenset() if sighting.author_country is None else frozenset({sighting.author_country})
    return _Together(
        tlp=sighting.tlp if sighting.tlp.is_stricter_than(alert.tlp) else alert.tlp,
        author=alert.author,
        author_country=alert.author_country,
        countries=alert.countries | sighting.countries | seen_from,
        named=alert.named,
        was_circulated=alert.was_circulated,
    )


def room_may_see_sighting(sighting: Sighting, alert: Marked, bindings: Sequence[Binding]) -> bool:
    """Decide whether a sighting stands on the card of an alert in a room: where both may be seen."""
    return alert.was_circulated and room_may_see(alert, bindings) and room_may_see(_together(sighting, alert), bindings)


def sightings_for_room(sightings: Sequence[Sighting], alert: Alert, bindings: Sequence[Binding]) -> Sequence[Sighting]:
    """Return those of an alert's sightings that stand on its card in a room, as `room_may_see_sighting` decides."""
    if not alert.was_circulated or not room_may_see(alert, bindings):
        return []
    once = _Together(alert.tlp, alert.author, alert.author_country, alert.countries, alert.named, was_circulated=True)
    return [one for one in sightings if room_may_see(_together(one, once), bindings)]


def may_see_sighting(sighting: Sighting, alert: Marked | None, member: Member, room: RoomView) -> bool:
    """Decide whether this member may see a sighting here: as part of an alert, or (alert None) by itself.

    By itself it is marked like an alert that concerns the country of the place, and that its reporter raised.
    """
    if alert is None:
        return may_see(sighting, member, room)
    both = alert.was_circulated and may_see(alert, member, room)
    return both and may_see(_together(sighting, alert), member, room)


def coordinators_may_see(alert: Marked) -> bool:
    """Whether an alert may be taken to the coordinators."""
    return alert.tlp not in {Tlp.RED, Tlp.AMBER_STRICT}


def _is_own_room(alert: Marked, bindings: Sequence[Binding]) -> bool:
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


def _unknown(about: Ref, context: Context) -> Refusal:
    look = Code(f"{context.prefix}alert list")
    if about.number is None:
        return Refusal(_("I know no alert here that I may show you. Look with {list}.", list=look))
    words = doc(
        _("I know no alert {number} that I may show here. Look with {list}.", number=about.number[:40], list=look)
    )
    if _SHORT_NUMBER.fullmatch(about.number) and context.now.month <= _NEW_YEAR:
        last = AlertNumber.parse(about.number, year=context.now.year - 1)
        words += doc(_("I looked at those of {year}; one of last year is written in full: {number}.",
                       year=context.now.year, number=Code(str(last))))  # fmt: skip
    return Refusal(words)


def shown_here(alert: Alert | Outline, context: Context) -> bool:
    """Decide whether an alert may be named in the answer to this command, and note that it is.

    For lists: when the alert may no longer be seen there, the whole answer is taken back.
    """
    if not may_see(alert, context.member, context.room):
        return False
    context.names(Subject(ALERT, alert.id))
    return True


async def find(about: Ref, context: Context) -> Alert:
    """Return the alert that is meant, if this member may see it in this room.

    Raises:
        Refusal: there is none that may be shown here; in the same words whether it exists or not.
    """
    alerts = Alerts(context.tx)
    alert = None
    if about.id is not None:
        alert = await alerts.get(about.id)
    elif about.number is not None:
        number = AlertNumber.parse(about.number, year=context.now.year)
        alert = await alerts.by_number(number) if number is not None else None
    if alert is None or not may_see(alert, context.member, context.room):
        raise _unknown(about, context)
    context.names(Subject(ALERT, alert.id))
    return alert


SHOWN = "shown"
"""Part of an answer that shows something of an alert."""


async def answer_about(alert: Alert | Outline, words: Doc, context: Context, *, part: str = SHOWN) -> OutboxRow:
    """Answer with something about an alert, so that the answer can be emptied should its room lose the right to it.

    Where the command itself took that right from the room, the answer comes into the direct chat.
    """
    here = may_see(alert, context.member, context.room)
    post = Post(
        doc=words if here else doc(_("My answer is in your direct chat with me."), notice=True),
        room=context.room.id,
        thread_root=context.thread_root,
        reply_to=None if context.thread_root else context.source,
        subject=Subject(ALERT, alert.id) if here else None,
        part=part if here else None,
        origin=context.member.user_id,
    )
    row = await context.post(post)
    if here:
        return row
    person = context.member.user_id
    return await context.post(
        Post(doc=words, person=person, subject=Subject(ALERT, alert.id), part=part, origin=person)
    )
