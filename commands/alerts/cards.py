"""What an alert looks like: the draft before its author, the card in each room, and what is left of a withdrawn one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from commands.alerts.audience import Listener, Plan, reasons_of
from commands.alerts.facts import Slot, by_slot, missing
from commands.alerts.matching import Match, kinds_words
from commands.alerts.words import (
    cost_words,
    country_state,
    days_words,
    evaluation_words,
    fact_words,
    ground_words,
    marking_words,
    outcome_words,
    reason_words,
    slot_words,
    state_words,
    type_words,
    urgency_words,
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
from commands.understanding import names_a_person
from storage.alerts import Alert, AlertRequest, AlertState, AlertType, HistoryLine, Tlp, Urgency
from storage.ids import CountryCode, UserId
from storage.rooms import Binding, BindingKind

_COUNTRIES = 30
_REQUESTS = 10
_ASKED = 120
_MATCHES = 5

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
    matches: Sequence[Match] = ()
    """Other alerts that name the same, only those that may be shown there. A card counts them and names none: it need
    not go when one of them may no longer be seen."""
    files: int = 0
    """How many files belong to the alert."""


def zone_of(bindings: Sequence[Binding]) -> ZoneInfo:
    """Return the zone in which a room reads times: its country's, or UTC where it has none or several."""
    countries = {CountryCode(one.value) for one in bindings if one.kind is BindingKind.COUNTRY}
    return zone_of_country(countries.pop()) if len(countries) == 1 else ZoneInfo("UTC")


def title(alert: Alert) -> Message:
    return _("Alert {number}, TLP:{tlp}", number=alert.number, tlp=alert.tlp.value)


def draft_card(
    alert: Alert,
    plan: Plan,
    names: dict[str, str],
    prefix: str,
    *,
    for_author: bool = True,
    same: Sequence[Block | Message | Strong] = (),
    files: int = 0,
) -> Doc:
    """Show the author what was understood, what is missing, who will be told and why, and what to type next.

    `names` are those of rooms and persons, by their Matrix id. A second pair of eyes sees the same facts. `same` says
    which other alerts name the same.
    """
    heading = Heading(_("Draft of alert {number}, TLP:{tlp}", number=alert.number, tlp=alert.tlp.value))
    blocks: list[Block | Message | Strong] = [heading, *_facts(alert)]
    if not alert.current_facts:
        blocks.append(_("I recognised no container, ship, port, country, code or quantity in your text."))
    if files:
        blocks.append(_files_words(files, prefix))
    lacking = missing(alert)
    if lacking:
        keys = joined(Code(f"{slot.value}=") for slot in lacking)
        blocks.append(_("Not given (you can send it all the same): {keys}.", keys=keys))
    if named := by_slot(alert.current_facts).get(Slot.MENTIONED):
        add = Code(f"{prefix}alert set tell={','.join(dict.fromkeys(fact.value for fact in named[:5]))}")
        words = _("Named in your text, but not told for that alone: {names}. To tell them too: {add}",
                  names=fact_words(named), add=add)  # fmt: skip
        blocks.append(words)
    blocks += same
    if alert.purged_at is None and names_a_person(alert.text):
        blocks.append(
            _(
                "Your text seems to name a person. It is shown as you wrote it to everybody who is told. A name that "
                "not all of them need: leave it out, and keep it apart with {person}",
                person=Code(f"{prefix}alert person {alert.number} role=driver <name>"),
            )
        )
    return doc(*blocks, *_audience(alert, plan, names, prefix), _next_steps(alert, prefix, for_author=for_author))


def _next_steps(alert: Alert, prefix: str, *, for_author: bool) -> Message:
    withdraw = Code(f"{prefix}alert withdraw {alert.number} <reason>")
    if alert.state is AlertState.SUBMITTED and for_author:
        return _(
            "It waits for a second pair of eyes and was sent to nobody else. If it is urgent: {urgent}. "
            "Drop it: {drop}.",
            urgent=Code(f"{prefix}alert set {alert.number} urgency=urgent"), drop=withdraw,
        )  # fmt: skip
    if alert.state is AlertState.SUBMITTED:
        return _(
            "{by} asks you to verify it. Verify and send it: {verify}. Return it: {back}.",
            by=who(alert.author_authority, alert.author_country),
            verify=Strong(Code(f"{prefix}alert verify {alert.number}")),
            back=Code(f"{prefix}alert return {alert.number} <reason>"),
        )
    if alert.state is AlertState.RETURNED:
        return _(
            "It was returned to you and sent to nobody. Correct it: {set}. Then {submit} or {send}. "
            "Drop it: {withdraw}.",
            set=Code(f"{prefix}alert set {alert.number} ..."), submit=Code(f"{prefix}alert submit {alert.number}"),
            send=Code(f"{prefix}alert send {alert.number}"), withdraw=withdraw,
        )  # fmt: skip
    return _(
        "Nothing has been sent yet. Send it: {send}. Correct or add: {set}. Drop it: {withdraw}.",
        send=Strong(Code(f"{prefix}alert send")),
        set=Code(f"{prefix}alert set origin=BE tlp=green"),
        withdraw=Code(f"{prefix}alert withdraw {alert.number} <reason>"),
    )


def _audience(alert: Alert, plan: Plan, names: dict[str, str], prefix: str) -> list[Block | Message | Strong]:
    found: list[Block | Message | Strong] = []
    if plan.listeners:
        told = _n("Sending it tells {count} person:", "Sending it tells {count} people:", plan.people)
        found.append(told)
        found.append(bullets(listener_words(alert, one, names) for one in plan.listeners))
        if plan.outsiders:
            found.append(_outsider_words(plan.outsiders))
    elif alert.tlp is Tlp.RED:
        add = Code(f"{prefix}alert set person=@name:server")
        found.append(
            Strong(_("Under TLP:RED only persons you name are told, and you named none. Name one: {add}", add=add))
        )
    else:
        add = Code(f"{prefix}alert set tell=GH,NL")
        found.append(
            Strong(_("Nobody would be told: I know of no country concerned that has a room. Add one: {add}", add=add))
        )
    found += [Strong(unreached_words(alert, country)) for country in plan.unreached]
    if alert.named and alert.tlp is not Tlp.RED:
        found.append(_("You named persons; they are told directly only under {red}.", red=Code("tlp=red")))
    return found


def _outsider_words(outsiders: Sequence[UserId]) -> Message:
    people = joined(Code(user) for user in outsiders[:5])
    return _n(
        "{count} of them is in these rooms without being meant by the marking: {people}",
        "{count} of them are in these rooms without being meant by the marking: {people}",
        len(outsiders),
        people=people,
    )


def unreached_words(alert: Alert, country: CountryCode) -> Message:
    """Say loudly that a country concerned cannot be told."""
    name, why = CountryName(country), reason_words(reasons_of(alert, country))
    if alert.tlp is Tlp.RED:
        return _("{country} ({why}) is concerned, but you named nobody from there.", country=name, why=why)
    return _(
        "{country} ({why}) is concerned, but has no room that may hear of this: it will NOT be told.",
        country=name, why=why,
    )  # fmt: skip


def listener_words(alert: Alert, one: Listener, names: dict[str, str]) -> Message:
    """Name a room or a person, and say why they are told."""
    name = Text(names.get(one.room or one.person or "", one.room or one.person or ""))
    reached = [country for country in one.countries if country in alert.countries]
    if one.person == alert.author:
        return _("{name}, who raised it and is to see the answers", name=name)
    if one.person is not None:
        return _("{name}, named by the author", name=name)
    if reached:
        why = joined(
            _("{country}: {why}", country=CountryName(country), why=reason_words(reasons_of(alert, country)))
            for country in sorted(reached)
        )
        return _("{name} ({why})", name=name, why=why)
    if one.is_bound_to(BindingKind.COORDINATION):
        return _("{name} (coordination of the network)", name=name)
    if one.is_bound_to(BindingKind.NETWORK):
        return _("{name} (all members of the network)", name=name)
    if one.is_bound_to(BindingKind.REGION):
        return _("{name} (its region holds a country concerned)", name=name)
    return _("{name} (TLP:CLEAR goes to every room)", name=name)


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
    blocks: list[Block | Message] = [Heading(title(alert)), *_facts(alert, reader, now)]
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
        blocks.append(_files_words(reader.files, reader.prefix))
    if ending is not None and ending.text:
        blocks.append(Quote(_shortened(ending.text)))
    if alert.is_open:
        blocks.append(
            _(
                "In this thread: {ack} if your country deals with it, {note} to tell the others, {show} for all of it, "
                "{next} for what can be done now.",
                ack=Code(f"{reader.prefix}alert ack"),
                note=Code(f"{reader.prefix}alert note ..."),
                show=Code(f"{reader.prefix}alert show"),
                next=Code(f"{reader.prefix}alert next"),
            )
        )
    return doc(*blocks)


def _files_words(files: int, prefix: str) -> Message:
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


def sent_draft(alert: Alert, reader: Reader) -> Doc:
    """What the draft becomes once it was sent."""
    assert alert.circulated_at is not None
    return doc(
        Heading(title(alert)),
        _("This draft was sent on {when}.", when=Moment(alert.circulated_at, reader.zone)),
        _("How it stands now: {show}", show=Code(f"{reader.prefix}alert show {alert.number}")),
    )


def _facts(alert: Alert, reader: Reader | None = None, now: datetime | None = None) -> list[Block | Message]:
    """Return the rows of facts and the author's words; with a reader also who raised it and how it stands."""
    rows: list[tuple[Inline, Inline]] = [(_("Handling"), marking_words(alert.tlp))]
    if reader is not None:
        rows.append((_("State"), Strong(_state(alert, reader))))
    if alert.type is not AlertType.ALERT:
        rows.append((_("Type"), type_words(alert.type)))
    if alert.urgency is not Urgency.ROUTINE or reader is None:
        rows.append((_("Urgency"), urgency_words(alert.urgency)))
    rows.append((_("Reliability"), evaluation_words(alert.source, alert.information)))
    if reader is not None:
        by = who(alert.author_authority, alert.author_country)
        if reader.author_name is not None:
            by = _("{name}, {authority}", name=Text(reader.author_name), authority=by)
        rows.append((_("Raised by"), by))
        if alert.circulated_at is not None:
            rows.append((_("Sent"), Moment(alert.circulated_at, reader.zone)))
        rows += _standing(alert, reader, now)
    slots = by_slot(alert.current_facts)
    rows += [(slot_words(slot), fact_words(facts)) for slot, facts in slots.items() if slot is not Slot.MENTIONED]
    if reader is not None and reader.matches:
        rows.append((_("Same in"), _count_words(reader)))
    if alert.individuals:
        rows.append((_("Persons"), _n("{count} person named", "{count} persons named", alert.individuals)))
    return [fields(rows), *_wording(alert, reader)]


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


def match_words(matches: Sequence[Match]) -> Inline:
    """Name other alerts with the kinds of what they share: "A-2026-0001 (Container)"."""
    shown: list[Inline] = [
        _("{number} ({what})", number=Text(match.other.number), what=joined(kinds_words(match)))
        for match in matches[:_MATCHES]
    ]
    if len(matches) > _MATCHES:
        shown.append(_n("{count} more", "{count} more", len(matches) - _MATCHES))
    return joined(shown)


def _standing(alert: Alert, reader: Reader, now: datetime | None) -> list[tuple[Inline, Inline]]:
    """Return the rows of what came of it so far: verified, on which ground illegal, the time for the take-back."""
    rows: list[tuple[Inline, Inline]] = []
    if alert.verified_authority is not None:
        rows.append((_("Verified"), _("by {authority}", authority=Text(alert.verified_authority))))
    elif alert.is_open:
        rows.append((_("Verified"), _("not yet")))
    if alert.ground is not None:
        rows.append((_("Illegal because"), ground_words(alert.ground)))
    if alert.informed_at is not None:
        rows.append((_("State of export informed"), Moment(alert.informed_at, reader.zone)))
    if alert.take_back_runs and alert.take_back_by is not None and now is not None:
        by = Moment(alert.take_back_by, reader.zone)
        rows.append((_("Take-back"), Strong(_("by {by}: {days}", by=by, days=days_words(alert.days_left(now))))))
    if alert.cost_bearer is not None:
        rows.append((_("Cost borne by"), cost_words(alert.cost_bearer)))
    if alert.sanction is not None:
        rows.append((_("Sanction"), Text(alert.sanction)))
    return rows


def _state(alert: Alert, reader: Reader) -> Message:
    if alert.state is AlertState.MERGED and reader.merged_into is not None:
        return _("merged into alert {number}", number=reader.merged_into)
    if alert.outcome is not None:
        outcome = outcome_words(alert.outcome)
        return _("{state}, outcome: {outcome}", state=state_words(alert.state), outcome=outcome)
    waiting = [CountryName(entry.country) for entry in alert.addressees if alert.awaits(entry.country)]
    if waiting:
        countries: Joined = joined(waiting)
        return _("{state}, waiting for {countries}", state=state_words(alert.state), countries=countries)
    return state_words(alert.state)


def _shortened(text: str) -> str:
    return text if len(text) <= QUOTED else f"{text[:QUOTED].rstrip()} …"
