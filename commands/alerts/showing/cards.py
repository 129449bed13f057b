"""What an alert looks like once it was sent: the card in each room, and what is left of a withdrawn one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from commands.alerts.audience import reasons_of
from commands.alerts.facts import Slot, by_slot
from commands.alerts.matching import Match, kinds_words
from commands.alerts.showing.terms import (
    COST_WORDS,
    GROUND_WORDS,
    MARKING_WORDS,
    OUTCOME_WORDS,
    SLOT_WORDS,
    STATE_WORDS,
    TYPE_WORDS,
    URGENCY_WORDS,
)
from commands.alerts.showing.words import (
    country_state,
    days_words,
    evaluation_words,
    fact_words,
    is_to_come,
    reason_words,
    who,
)
from commands.arguments import zone_of_country
from commands.document import (
    Block,
    Code,
    CountryName,
    Doc,
    Heading,
    Inline,
    Joined,
    Message,
    Moment,
    Quote,
    Strong,
    Text,
    _,
    _n,
    bullets,
    doc,
    fields,
    joined,
)
from storage.alerts import Alert, AlertRequest, AlertState, AlertType, HistoryLine, Outline, Tlp, Urgency
from storage.ids import CountryCode
from storage.rooms import Binding, BindingKind

_COUNTRIES = 30
_REQUESTS = 10
_ASKED = 120

QUOTED = 700
"""Characters of the author's text that a card shows; the rest is asked for with `show`."""


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom a card is made."""

    zone: ZoneInfo
    prefix: str
    author_name: str | None = None
    """Only where the author's name may stand."""
    merged_into: str | None = None
    """The number of the alert that this one was merged into, only where that may be told."""
    matches: Sequence[Match[Outline]] = ()
    """Other alerts that name the same, only those that may be shown there. A card counts them and names none: it need
    not go when one of them may no longer be seen."""
    files: int = 0
    """How many files belong to the alert."""
    is_asked: bool = False
    """Whether it is the answer to `alert show` outside the alert's thread: there a command needs the number."""


def zone_of(bindings: Sequence[Binding]) -> ZoneInfo:
    """Return the zone in which a room reads times: its country's, or UTC where it has none or several."""
    countries = {CountryCode(one.value) for one in bindings if one.kind is BindingKind.COUNTRY}
    return zone_of_country(countries.pop()) if len(countries) == 1 else ZoneInfo("UTC")


def title(alert: Alert) -> Message:
    return _("Alert {number}, TLP:{tlp}", number=alert.number, tlp=alert.tlp.value)


def unreached_words(alert: Alert, country: CountryCode) -> Message:
    """Say loudly that a country concerned cannot be told."""
    name, why = CountryName(country), reason_words(reasons_of(alert, country))
    if alert.tlp is Tlp.RED:
        return _("{country} ({why}) is concerned, but you named nobody from there.", country=name, why=why)
    return _(
        "{country} ({why}) is concerned, but has no room that may hear of this: it will NOT be told.",
        country=name, why=why,
    )  # fmt: skip


def card(
    alert: Alert,
    reader: Reader,
    *,
    now: datetime,
    unreached: Sequence[CountryCode],
    ending: HistoryLine | None,
    requests: Sequence[AlertRequest] = (),
    sightings: Sequence[Block] = (),
) -> Doc:
    """Show an alert that was circulated, with its open requests. `ending` is the line of its history that ended it.

    `sightings` are those that may stand here, in words.
    """
    if alert.state is AlertState.WITHDRAWN:
        return withdrawn_card(alert, reader, ending)
    blocks: list[Block | Message] = [Heading(title(alert)), *facts_of_card(alert, reader, now)]
    standing = [
        country_state(alert, entry, reader.zone, reached=entry.country not in unreached) for entry in alert.addressees
    ]
    if standing:
        blocks += [_("Countries concerned:"), bullets(standing[:_COUNTRIES])]
    if len(standing) > _COUNTRIES:
        blocks.append(_n("And {count} more country.", "And {count} more countries.", len(standing) - _COUNTRIES))
    if requests:
        blocks += [_("To be answered:"), bullets(request_words(one, reader.zone, now) for one in requests[:_REQUESTS])]
    blocks += sightings
    if reader.files:
        blocks.append(files_words(reader.files, reader.prefix))
    if ending is not None and ending.text:
        blocks.append(Quote(_shortened(ending.text)))
    if alert.is_open:
        blocks.append(_what_to_type(alert, reader))
    return doc(*blocks)


def _what_to_type(alert: Alert, reader: Reader) -> Message:
    start = f"{reader.prefix}alert"
    if reader.is_asked:
        return _(
            "{ack} if your country deals with it, {note} to tell the others, {next} for what can be done now.",
            ack=Code(f"{start} ack {alert.number}"), note=Code(f"{start} note {alert.number} ..."),
            next=Code(f"{start} next {alert.number}"),
        )  # fmt: skip
    return _(
        "In this thread: {ack} if your country deals with it, {note} to tell the others, {show} for all of it, "
        "{next} for what can be done now.",
        ack=Code(f"{start} ack"), note=Code(f"{start} note ..."), show=Code(f"{start} show"),
        next=Code(f"{start} next"),
    )  # fmt: skip


def files_words(files: int, prefix: str) -> Message:
    show = Code(f"{prefix}alert files")
    return _n("{count} attachment: {show}", "{count} attachments: {show}", files, show=show)


def request_words(request: AlertRequest, zone: ZoneInfo, now: datetime) -> Message:
    """Show a request that waits for its answer, and whether it is overdue."""
    country, due = CountryName(request.country), Moment(request.due_at, zone)
    text = " ".join(request.text.split())
    asked = Text(text if len(text) <= _ASKED else f"{text[:_ASKED].rstrip()} …")
    name = Strong(Text(request.name))
    if request.is_overdue(now):
        return _("{name}, {country}: OVERDUE since {due}: {text}", name=name, country=country, due=due, text=asked)
    return _("{name}, {country}: by {due}: {text}", name=name, country=country, due=due, text=asked)


def withdrawn_card(alert: Alert, reader: Reader, ending: HistoryLine | None) -> Doc:
    """Show what is left of a withdrawn alert: its number, when and why. The record itself is kept."""
    heading = Heading(_("Alert {number}, TLP:{tlp}: WITHDRAWN", number=alert.number, tlp=alert.tlp.value))
    rows: list[tuple[Inline, Inline]] = [(_("Raised by"), who(alert.author_authority, alert.author_country))]
    if alert.ended_at is not None:
        rows.append((_("Withdrawn"), Moment(alert.ended_at, reader.zone)))
    blocks: list[Block | Message] = [heading, fields(rows)]
    if ending is not None and ending.text:
        blocks += [_("Reason:"), Quote(_shortened(ending.text))]
    blocks.append(_("No clock runs any more. Do not act on what stood here before."))
    return doc(*blocks)


def retracted(alert: Alert) -> Doc:
    """What stands in the place of a message that a room may no longer show. It says nothing of the content."""
    return doc(_("What stood here about alert {number} may no longer be shown in this room.", number=alert.number))


def facts_of_card(alert: Alert, reader: Reader | None = None, now: datetime | None = None) -> list[Block | Message]:
    """Return the rows of facts and the author's words; with a reader also who raised it and how it stands."""
    rows: list[tuple[Inline, Inline]] = [(_("Handling"), MARKING_WORDS[alert.tlp])]
    if reader is not None:
        rows.append((_("State"), Strong(_state(alert, reader))))
    if alert.type is not AlertType.ALERT:
        rows.append((_("Type"), TYPE_WORDS[alert.type]))
    if alert.urgency is not Urgency.ROUTINE or reader is None:
        rows.append((_("Urgency"), URGENCY_WORDS[alert.urgency]))
    rows.append((_("Reliability"), evaluation_words(alert.source, alert.information)))
    if reader is not None:
        by = who(alert.author_authority, alert.author_country)
        if reader.author_name is not None:
            by = _("{name}, {authority}", name=Text(reader.author_name), authority=by)
        rows.append((_("Raised by"), by))
        if alert.circulated_at is not None:
            rows.append((_("Sent"), Moment(alert.circulated_at, reader.zone)))
        rows += _standing(alert, reader, now)
    rows += _fact_rows(alert)
    if reader is not None and reader.matches:
        rows.append((_("Same in"), _count_words(reader)))
    if alert.individuals:
        rows.append((_("Persons"), _n("{count} person named", "{count} persons named", alert.individuals)))
    return [fields(rows), *_wording(alert, reader)]


def _fact_rows(alert: Alert) -> list[tuple[Inline, Inline]]:
    """Return what is known of the shipment; a day that was still to come is not one on which it was seen."""
    rows: list[tuple[Inline, Inline]] = []
    for slot, facts in by_slot(alert.current_facts).items():
        if slot is Slot.MENTIONED:
            continue
        to_come = [fact for fact in facts if is_to_come(fact, alert.author_country)]
        been = [fact for fact in facts if fact not in to_come]
        if been:
            rows.append((SLOT_WORDS[slot], fact_words(been)))
        if to_come:
            rows.append((_("Expected on"), fact_words(to_come)))
    return rows


def _wording(alert: Alert, reader: Reader | None) -> Sequence[Block | Message]:
    """Return what the author wrote, as far as a card shows it, or that it was deleted."""
    if alert.purged_at is not None:
        when = Moment(alert.purged_at, reader.zone if reader is not None else ZoneInfo("UTC"))
        return [_("The words of its author, and every name, were deleted on {when}.", when=when)]
    blocks: list[Block | Message] = [Quote(_shortened(alert.text))]
    if len(alert.text) > QUOTED:
        prefix = reader.prefix if reader is not None else "!"
        blocks.append(_("The whole text: {show}", show=Code(f"{prefix}alert show {alert.number}")))
    return blocks


def _count_words(reader: Reader) -> Message:
    kinds = joined(dict.fromkeys(kind for match in reader.matches for kind in kinds_words(match)))
    return _n(
        "{count} other alert ({what}): {links}", "{count} other alerts ({what}): {links}", len(reader.matches),
        what=kinds, links=Code(f"{reader.prefix}alert links"),
    )  # fmt: skip


def _standing(alert: Alert, reader: Reader, now: datetime | None) -> list[tuple[Inline, Inline]]:
    """Return the rows of what came of it so far: verified, on which ground illegal, the time for the take-back."""
    rows: list[tuple[Inline, Inline]] = []
    if alert.verified_authority is not None:
        rows.append((_("Verified"), _("by {authority}", authority=Text(alert.verified_authority))))
    elif alert.is_open:
        rows.append((_("Verified"), _("not yet")))
    if alert.ground is not None:
        rows.append((_("Illegal because"), GROUND_WORDS[alert.ground]))
    if alert.informed_at is not None:
        rows.append((_("State of export informed"), Moment(alert.informed_at, reader.zone)))
    if alert.take_back_runs and alert.take_back_by is not None and now is not None:
        by = Moment(alert.take_back_by, reader.zone)
        rows.append((_("Take-back"), Strong(_("by {by}: {days}", by=by, days=days_words(alert.days_left(now))))))
    if alert.cost_bearer is not None:
        rows.append((_("Cost borne by"), COST_WORDS[alert.cost_bearer]))
    if alert.sanction is not None:
        rows.append((_("Sanction"), Text(alert.sanction)))
    return rows


def _state(alert: Alert, reader: Reader) -> Message:
    if alert.state is AlertState.MERGED and reader.merged_into is not None:
        return _("merged into alert {number}", number=reader.merged_into)
    if alert.outcome is not None:
        outcome = OUTCOME_WORDS[alert.outcome]
        return _("{state}, outcome: {outcome}", state=STATE_WORDS[alert.state], outcome=outcome)
    waiting = [CountryName(entry.country) for entry in alert.addressees if alert.awaits(entry.country)]
    if waiting:
        countries: Joined = joined(waiting)
        return _("{state}, waiting for {countries}", state=STATE_WORDS[alert.state], countries=countries)
    return STATE_WORDS[alert.state]


def _shortened(text: str) -> str:
    return text if len(text) <= QUOTED else f"{text[:QUOTED].rstrip()} …"
