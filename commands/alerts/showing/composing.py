"""The card of an alert for one who reads it: what all cards have in common, and what this one may show."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from commands.alerts.audience import Listener, may_see, may_show_author, room_may_see, unreached
from commands.alerts.matching import Match, known_matches
from commands.alerts.showing.beside import words_beside
from commands.alerts.showing.cards import Reader, card, zone_of
from commands.base import Context, RoomView
from commands.document import Doc
from commands.sighted import sightings_of
from commands.visibility import Marked
from storage.alerts import Alert, AlertAttachments, AlertRequest, AlertRequests, Alerts, HistoryLine, Outline, Tlp
from storage.ids import CountryCode, RoomId
from storage.members import Members
from storage.rooms import Rooms
from storage.sightings import Sighting


@dataclass(frozen=True, slots=True)
class SameForAll:
    """What an alert's cards are made of, whoever reads them: found once, however many cards there are."""

    missed: Sequence[CountryCode]
    matches: Sequence[Match[Outline]]
    ending: HistoryLine | None
    requests: Sequence[AlertRequest]
    files: int
    sightings: Sequence[Sighting]
    target: Alert | None
    """The alert that this one was merged into."""


async def same_for_all(alert: Alert, entitled: Sequence[Listener], context: Context) -> SameForAll:
    """Find what the cards of an alert have in common; `entitled` are those who may hear of it."""
    alerts = Alerts(context.tx)
    return SameForAll(
        missed=unreached(alert, entitled),
        matches=await known_matches(alert, context.tx),
        ending=await alerts.ending(alert),
        requests=await AlertRequests(context.tx).of(alert, is_open=True),
        files=await AlertAttachments(context.tx).count(alert),
        sightings=await sightings_of(alert, context.tx),
        target=await alerts.get(alert.merged_into) if alert.merged_into is not None else None,
    )


async def card_for(alert: Alert, one: Listener, same: SameForAll, context: Context) -> Doc:
    """Return the card as this one may read it, in their time zone."""
    zone = zone_of(one.bindings)
    if one.person is not None and (person := await Members(context.tx).get(one.person)) is not None:
        zone = ZoneInfo(person.zone)
    shown = [match for match in same.matches if await listener_may_see(match.other, one, context)]
    is_told = same.target is not None and await may_be_named(same.target, alert, one, context)
    into = same.target.number if same.target is not None and is_told else None
    reader = Reader(zone, context.prefix, merged_into=into, matches=shown, files=same.files)
    for_anybody = alert.tlp is Tlp.CLEAR and await _outsiders_read(one, context)
    if for_anybody:
        # Anybody may know of the alert, and yet not who wrote it, nor of others that are not for anybody.
        reader = replace(reader, matches=[match for match in shown if match.other.tlp is Tlp.CLEAR])
    elif may_show_author(alert, one.bindings, one.person):
        reader = replace(reader, author_name=await name_of_author(alert, context))
    seen = await words_beside(same.sightings, alert, one, zone, context, for_anybody=for_anybody)
    words = card(
        alert, reader, now=context.now, unreached=same.missed, ending=same.ending, requests=same.requests,
        sightings=seen,
    )  # fmt: skip
    return words.openly() if for_anybody else words


async def number_of_target(alert: Alert, one: Listener, context: Context) -> str | None:
    """Return the number of the alert that this one was merged into, where this listener may see it."""
    target = await Alerts(context.tx).get(alert.merged_into) if alert.merged_into is not None else None
    if target is None or not await may_be_named(target, alert, one, context):
        return None
    return target.number


async def may_be_named(other: Alert, alert: Alert, one: Listener, context: Context) -> bool:
    """Decide whether another alert may be named in what is said of an alert before a listener.

    What is said of a CLEAR alert is also read by outsiders, who may not know of others that are not for anybody.
    """
    if not await listener_may_see(other, one, context):
        return False
    return alert.tlp is not Tlp.CLEAR or other.tlp is Tlp.CLEAR or not await _outsiders_read(one, context)


async def listener_may_see(alert: Marked, one: Listener, context: Context) -> bool:
    """Decide whether an alert other than the one it was told of may be named before a listener."""
    if one.room is not None:
        return room_may_see(alert, one.bindings)
    member = await Members(context.tx).get(one.person) if one.person is not None else None
    return member is not None and may_see(alert, member, RoomView(RoomId(""), direct=True))


async def _outsiders_read(one: Listener, context: Context) -> bool:
    if one.room is None:
        return False
    return bool(await Rooms(context.tx).strangers(one.room, await context.people.readers(one.room)))


async def name_of_author(alert: Alert, context: Context) -> str | None:
    """Return the author's name, also when they have left the network."""
    members = Members(context.tx)
    author = await members.get(alert.author) or await members.removed(alert.author)
    return author.name if author is not None else None
