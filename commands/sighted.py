"""Sightings in words, and which of them may stand beside an alert: for the card, the record and who watches."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from commands.document import CountryName, Inline, Message, Moment, Quote, Text, _, _n, bullets, doc
from commands.document import Doc as Words
from commands.matching import carried
from commands.shipment import Kind
from commands.visibility import sightings_for_room
from storage.alerts import Alert, Tlp
from storage.base import Transaction
from storage.ids import CountryCode, UserId
from storage.rooms import Binding
from storage.sightings import Sighting, Sightings

LOOKED_AT = 50
"""Sightings that are looked through for one alert: the ones reported last."""

SHOWN = 6
"""Sightings that are listed; of the others it is said how many there are."""

_EXCERPT = 200


async def sightings_of(alert: Alert, tx: Transaction) -> Sequence[Sighting]:
    """Return the sightings of what an alert carries, the latest first, whoever may see them.

    Those of an exercise stand beside exercises alone. A draft has none: it is sent before others' sightings are shown.
    """
    if not alert.was_circulated:
        return ()
    return await Sightings(tx).about(carried(alert), exercise=alert.is_exercise, limit=LOOKED_AT)


def for_room(
    sightings: Sequence[Sighting], alert: Alert, bindings: Sequence[Binding], *, for_anybody: bool = False
) -> Sequence[Sighting]:
    """Return those that may stand on the card of the alert in a room; `for_anybody`: where outsiders read it too."""
    return [one for one in sightings_for_room(sightings, alert, bindings) if one.tlp is Tlp.CLEAR or not for_anybody]


def said_by(authority: str, country: CountryCode | None, name: str | None = None) -> Inline:
    """Say who raised or reported something: the authority with its country, and the name where it may stand."""
    words: Inline = Text(authority)
    if country is not None:
        words = _("{authority} ({country})", authority=words, country=CountryName(country))
    return words if name is None else _("{name}, {authority}", name=Text(name), authority=words)


def sighting_words(sighting: Sighting, zone: ZoneInfo, name: str | None = None) -> Message:
    """Say what was seen where and when, by whom; or that it is not there."""
    what: Inline = Text(sighting.shown)
    if sighting.doubt is not None:
        what = _(
            "{what} (check: the check digit is wrong; with the right one it is {right})",
            what=what, right=Text(sighting.doubt),
        )  # fmt: skip
    place = Text(sighting.place_shown)
    when = Moment(sighting.seen_at, zone)
    by = said_by(sighting.author_authority, sighting.author_country, name)
    if sighting.found:
        return _("{what} seen at {place}, {when}, by {by}", what=what, place=place, when=when, by=by)
    return _("{what} is NOT at {place}, {when}, says {by}", what=what, place=place, when=when, by=by)


def listed(
    sightings: Sequence[Sighting], zone: ZoneInfo, now: datetime, *, names: Mapping[UserId, str] | None = None
) -> Words:
    """List sightings, the latest first; one that is old, or was refuted since at the same place, says so."""
    if not sightings:
        return doc()
    refuted = [(*_which(one), one.seen_at) for one in sightings if not one.found]
    lines = [_line(one, zone, now, refuted, (names or {}).get(one.author)) for one in sightings[:SHOWN]]
    shown = doc(_("Sightings:"), bullets(lines))
    if len(sightings) > SHOWN:
        shown += doc(_n("And {count} earlier one.", "And {count} earlier ones.", len(sightings) - SHOWN))
    return shown


def _which(one: Sighting) -> tuple[str, str]:
    """Return the place and what was seen there, without the check digit of a container."""
    return one.place, one.shown[:10] if one.kind == Kind.CONTAINER else one.shown


def _line(
    one: Sighting, zone: ZoneInfo, now: datetime, refuted: Sequence[tuple[str, str, datetime]], name: str | None
) -> Message:
    words = sighting_words(one, zone, name)
    if one.text is not None:
        words = _("{sighting}: “{text}”", sighting=words, text=Text(_shortened(one.text)))
    if one.found and any(_which(one) == (place, what) and at >= one.seen_at for place, what, at in refuted):
        return _("refuted since: {sighting}", sighting=words)
    if not one.is_current(now):
        return _("old: {sighting}", sighting=words)
    return words


def _shortened(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _EXCERPT else f"{text[:_EXCERPT].rstrip()} …"


def told(sighting: Sighting, number: str, zone: ZoneInfo, name: str | None = None) -> Words:
    """Say in the thread of an alert that what it carries was seen."""
    words = _("Alert {number}: {sighting}.", number=number, sighting=sighting_words(sighting, zone, name))
    return doc(words, *([Quote(sighting.text)] if sighting.text is not None else []))
