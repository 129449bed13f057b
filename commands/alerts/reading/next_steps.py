"""`next`: what may be done about an alert now, by whom, and what is overdue."""

from typing import Annotated
from zoneinfo import ZoneInfo

from commands.alerts.audience import listeners, unreached
from commands.alerts.circulating.circulation import answer
from commands.alerts.declaration import KIND, AlertSettings, capability
from commands.alerts.finding import find
from commands.alerts.matching import known_matches
from commands.alerts.rights import Act, act_words, doer_words, may, possible
from commands.alerts.showing.cards import request_words, zone_of
from commands.alerts.showing.terms import STATE_WORDS
from commands.alerts.showing.words import days_words
from commands.arguments import About, Ref
from commands.base import Args, Context, Role
from commands.document import Block, Code, CountryName, Doc, Inline, Message, Moment, Strong, _, _n, bullets, doc
from commands.matching import carried
from commands.shipment import Kind
from commands.sighted import sightings_of
from commands.visibility import may_see_sighting, shown_here
from storage.alerts import Alert, AlertAttachments, AlertProposals, AlertRequests, Tlp


class Next(Args):
    about: Annotated[Ref, About(KIND, ask=_("Which alert? Answer with its number."))]


@capability.command(
    "alert next",
    role=Role.MEMBER,
    reads=True,
    summary=_("Say what may be done about an alert now, by whom, and what is overdue"),
    examples=["alert next", "alert next A-2026-0001"],
)
async def next_steps(args: Next, context: Context) -> None:
    """List the commands that the state allows, what the member may do first, and what is late."""
    alert = await find(args.about, context)
    await answer(alert, await _steps(alert, context), context)


async def _steps(alert: Alert, context: Context) -> Doc:
    member = context.member
    now_possible = [(act, some) for act in Act if (some := possible(act, alert))]
    yours: list[Inline] = []
    others: list[Inline] = []
    for act, some in now_possible:
        command = Code(f"{context.prefix}alert {act}")
        is_mine = may(act, alert, member) and (
            not some.countries or member.country in some.countries or some.coordinators
        )
        if is_mine:
            yours.append(_("{command}: {what}", command=command, what=act_words(act)))
        else:
            who = doer_words(some, alert)
            others.append(_("{command}: {what} ({who})", command=command, what=act_words(act), who=who))
    head = _("Alert {number}: {state}.", number=alert.number, state=STATE_WORDS[alert.state])
    blocks: list[Block | Message | Strong] = [Strong(head)]
    late, coming = await _waiting(alert, context)
    untold = await _untold(alert, context)
    if late:
        blocks += [Strong(_("Overdue:")), bullets(late)]
    if untold:
        blocks += [Strong(_("Not told, and owing nothing until they are:")), bullets(untold)]
    if coming:
        blocks += [_("Waiting for:"), bullets(coming)]
    if yours:
        outside = _("You can, in its thread or with its number:")
        blocks += [_("You can:") if context.thread_root is not None else outside, bullets(yours)]
    if others:
        blocks += [_("Others can:"), bullets(others)]
    if not now_possible:
        blocks.append(_("Nothing more can be done about it. Its record stays."))
    besides = await _besides(alert, context)
    if besides:
        blocks += [_("Besides:"), bullets(besides)]
    return doc(*blocks)


async def _besides(alert: Alert, context: Context) -> list[Inline]:
    """Say what there is to files, sightings and other alerts, as far as this member may see them here."""
    if alert.is_withdrawn:
        return []
    lines = [await _files(alert, context), await _sightings(alert, context), await _links(alert, context)]
    return [line for line in lines if line is not None]


async def _files(alert: Alert, context: Context) -> Message | None:
    count = await AlertAttachments(context.tx).count(alert)
    files, forward = (Code(f"{context.prefix}alert {word} {alert.number}") for word in ("files", "forward"))
    if count and alert.is_open and context.member.role >= Role.OFFICIAL:
        return _n(
            "{count} file: list it with {files}, send it on with {forward}",
            "{count} files: list them with {files}, send them on with {forward}",
            count, files=files, forward=forward,
        )  # fmt: skip
    if count:
        return _n("{count} file: list it with {files}", "{count} files: list them with {files}", count, files=files)
    if alert.has_ended:
        return None
    return _("photos and documents: send them in its thread, or in reply to its card")


async def _sightings(alert: Alert, context: Context) -> Message | None:
    things = carried(alert)
    if not things or not alert.was_circulated:
        return None
    found = await sightings_of(alert, context.tx)
    count = sum(may_see_sighting(one, alert, context.member, context.room) for one in found)
    seen = Code(f"{context.prefix}seen {_thing(alert)} at NLRTM")
    if not count:
        return _("seen somewhere? Report it: {seen}", seen=seen) if alert.is_open else None
    look = Code(f"{context.prefix}sightings {alert.number}")
    return _n(
        "{count} sighting: {look}; report another: {seen}", "{count} sightings: {look}; report another: {seen}", count,
        look=look, seen=seen,
    )  # fmt: skip


def _thing(alert: Alert) -> str:
    """Return what of an alert can be seen, as one would type it."""
    kinds = (Kind.CONTAINER, Kind.VESSEL)
    facts = sorted(
        (one for one in alert.current_facts if one.kind in kinds), key=lambda one: kinds.index(Kind(one.kind))
    )
    return facts[0].shown if facts[0].kind == Kind.CONTAINER else f"MV {facts[0].shown}"


async def _links(alert: Alert, context: Context) -> Message | None:
    found = await known_matches(alert, context.tx)
    count = sum(shown_here(match.other, context) for match in found)
    if not count:
        return None
    return _n(
        "{count} other alert names the same: {links}", "{count} other alerts name the same: {links}", count,
        links=Code(f"{context.prefix}alert links {alert.number}"),
    )  # fmt: skip


async def _waiting(alert: Alert, context: Context) -> tuple[list[Inline], list[Inline]]:
    """Return what is overdue, and what is waited for but not late."""
    zone = context.zone if context.room.direct else zone_of(context.room.bindings)
    late: list[Inline] = []
    coming: list[Inline] = []
    for entry in alert.addressees:
        if alert.awaits(entry.country):
            if entry.told_at is None:
                continue
            country = CountryName(entry.country)
            if entry.acknowledge_by is None:
                coming.append(_("{country}: to acknowledge", country=country))
                continue
            words = _("{country}: to acknowledge by {by}", country=country, by=Moment(entry.acknowledge_by, zone))
            (late if entry.acknowledge_by < context.now else coming).append(words)
        elif alert.is_open and entry.has_control and entry.finding is None:
            coming.append(_("{country}: to say what it found", country=CountryName(entry.country)))
    if alert.awaits_verification and alert.circulated_at is not None:
        due = alert.circulated_at + context.settings(AlertSettings).verify_within
        words = _("a second pair of eyes: to verify by {by}", by=Moment(due, zone))
        (late if due < context.now else coming).append(words)
    if alert.take_back_runs and alert.take_back_by is not None:
        days = alert.days_left(context.now)
        words = _("take-back by {by}: {days}", by=Moment(alert.take_back_by, zone), days=days_words(days))
        (late if days <= 0 else coming).append(words)
    await _asked(alert, zone, late, coming, context)
    return late, coming


async def _untold(alert: Alert, context: Context) -> list[Inline]:
    """Return which countries concerned were told nothing, why, and what to do about it."""
    untold = [one.country for one in alert.addressees if one.told_at is None and alert.awaits(one.country)]
    if not untold:
        return []
    found = await listeners(context.tx, alert)
    missed = set(unreached(alert, found))
    shown: list[Inline] = []
    for code in untold:
        rooms = [one.room for one in found if code in one.countries and one.room is not None]
        places: dict[str, Inline] = {"country": CountryName(code), "contact": Code(f"{context.prefix}contact {code}")}
        if code not in missed and any([await context.people.in_room(room) for room in rooms]):
            shown.append(_("{country}: what I wrote there is not delivered. Until it is, call: {contact}", **places))
        elif code not in missed and rooms:
            shown.append(_("{country}: nobody is in its room. Invite somebody, or call: {contact}", **places))
        elif alert.tlp is Tlp.RED:
            name = Code(f"{context.prefix}alert set {alert.number} person=@name:server")
            shown.append(_("{country}: nobody from there is named. Name somebody, {name}, or call: {contact}",
                           name=name, **places))  # fmt: skip
        else:
            create = Code(f"{context.prefix}room create country={code}")
            shown.append(_("{country}: it has no room that may hear of this. A coordinator gives it one with {create}; "
                           "until then call: {contact}", create=create, **places))  # fmt: skip
    return shown


async def _asked(alert: Alert, zone: ZoneInfo, late: list[Inline], coming: list[Inline], context: Context) -> None:
    if not alert.is_open:
        return
    for request in await AlertRequests(context.tx).of(alert, is_open=True):
        words = request_words(request, zone, context.now)
        (late if request.is_overdue(context.now) else coming).append(words)
    coming += [
        _("{proposal}: to be accepted or declined by who raised it", proposal=Strong(Code(proposal.name)))
        for proposal in await AlertProposals(context.tx).of(alert, is_open=True)
    ]
