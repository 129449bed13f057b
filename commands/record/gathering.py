"""All that is on record of one alert, read once, as far as who asks may read the names in it."""

from collections.abc import Sequence

from commands.base import Context, Role, RoomView
from commands.record.entries import (
    AttachmentEntry,
    CountryPart,
    FactVersion,
    HistoryEntry,
    NameEntry,
    ProposalEntry,
    Record,
    RequestEntry,
    SightingEntry,
    Who,
)
from commands.sighted import sightings_of
from commands.visibility import coordinators_may_see, may_see, may_see_sighting
from storage.alerts import Alert, AlertAttachments, AlertProposals, AlertRequests, Alerts, AlertState, Individuals, What
from storage.ids import CountryCode, UserId
from storage.members import Member, Members


class _Names:
    """Puts names to Matrix ids where who asks may read them: of the own country, or as a coordinator."""

    def __init__(self, alert: Alert, context: Context) -> None:
        self._members = Members(context.tx)
        self._reader = context.member
        self._all = context.member.role >= Role.COORDINATOR and coordinators_may_see(alert)
        self._known: dict[UserId, Member | None] = {}

    async def who(self, user: UserId | None, authority: str | None, country: CountryCode | None = None) -> Who:
        if user is None:
            return Who(None, authority, country)
        if user not in self._known:
            self._known[user] = await self._members.get(user) or await self._members.removed(user)
        member = self._known[user]
        country = country or (member.country if member is not None else None)
        own = country is not None and country == self._reader.country
        if not (self._all or own or user == self._reader.user_id):
            return Who(None, authority, country)
        return Who(f"{member.name} ({user})" if member is not None else user, authority, country)


async def gather(alert: Alert, context: Context, *, with_names: bool = False) -> Record:
    """Read the record of an alert that who asks may see; the caller has made sure that the names may be read."""
    names = _Names(alert, context)
    own_side = alert.author == context.member.user_id or (
        context.member.country is not None and context.member.country == alert.author_country
    )
    withheld = alert.state is AlertState.WITHDRAWN and not own_side
    merged = await Alerts(context.tx).get(alert.merged_into) if alert.merged_into is not None else None
    if merged is not None and not may_see(merged, context.member, context.room):
        merged = None
    return Record(
        number=alert.number,
        exercise=alert.is_exercise,
        type=alert.type.value,
        state=alert.state.value,
        tlp=alert.tlp.value,
        urgency=alert.urgency.value,
        source=alert.source.value if alert.source is not None else None,
        information=alert.information.value if alert.information is not None else None,
        author=await names.who(alert.author, alert.author_authority, alert.author_country),
        drafted_at=alert.drafted_at,
        circulated_at=alert.circulated_at,
        verified_at=alert.verified_at,
        verified_by=await names.who(alert.verified_by, alert.verified_authority),
        ended_at=alert.ended_at,
        outcome=alert.outcome.value if alert.outcome is not None else None,
        ground=alert.ground.value if alert.ground is not None else None,
        informed_at=alert.informed_at,
        take_back_by=alert.take_back_by,
        cost_bearer=alert.cost_bearer.value if alert.cost_bearer is not None else None,
        sanction=alert.sanction,
        merged_into=merged.number if merged is not None else None,
        text="" if withheld else alert.text,
        individuals=alert.individuals,
        names=await _named(alert, context) if with_names else None,
        purged_at=alert.purged_at,
        countries=[] if withheld else await _countries(alert, names),
        facts=[] if withheld else _facts(alert),
        history=await _history(alert, names, context, withheld=withheld),
        requests=[] if withheld else await _requests(alert, names, context),
        proposals=[] if withheld else await _proposals(alert, names, context),
        attachments=[] if withheld else await _attachments(alert, names, context),
        sightings=[] if withheld else await _sightings(alert, names, context),
        exported_at=context.now,
        exported_for=context.member.authority,
        network=context.network_name,
        withheld=withheld,
    )


async def _named(alert: Alert, context: Context) -> Sequence[NameEntry]:
    return [
        NameEntry(one.name, one.role, one.added_authority, one.added_at)
        for one in await Individuals(context.tx).of(alert)
    ]


def _facts(alert: Alert) -> Sequence[FactVersion]:
    return [
        FactVersion(
            fact.kind, fact.value, fact.shown, fact.role, fact.doubt, fact.doubt_source, list(fact.alternatives),
            fact.source.value, fact.stated_at, fact.replaced_at,
        )
        for fact in alert.facts
    ]  # fmt: skip


async def _countries(alert: Alert, names: _Names) -> Sequence[CountryPart]:
    return [
        CountryPart(
            country=part.country,
            reasons=list(part.reasons),
            added_at=part.added_at,
            told_at=part.told_at,
            acknowledge_by=part.acknowledge_by,
            acknowledged_at=part.acknowledged_at,
            acknowledged_by=await names.who(part.acknowledged_by, part.acknowledged_authority, part.country),
            held_at=part.held_at,
            inspected_at=part.inspected_at,
            control_authority=part.control_authority,
            finding=part.finding.value if part.finding is not None else None,
            found_at=part.found_at,
        )
        for part in alert.addressees
    ]


async def _history(alert: Alert, names: _Names, context: Context, *, withheld: bool) -> Sequence[HistoryEntry]:
    """Return every line; of a withdrawn alert only that it was, where its contents are kept back."""
    lines = await Alerts(context.tx).history(alert)
    last = await Alerts(context.tx).ending(alert) if withheld else None
    return [
        HistoryEntry(
            line=number,
            at=line.at,
            what=line.what.value,
            state=line.state.value,
            by=await names.who(line.actor, line.authority, line.actor_country),
            part_of=line.country,
            text=line.text,
            # The other alert of a merger is told by `merged_into`, where it may be seen.
            details={} if line.what is What.MERGED else dict(line.details),
        )
        for number, line in enumerate(lines, start=1)
        if not withheld or (last is not None and line.id == last.id)
    ]


async def _requests(alert: Alert, names: _Names, context: Context) -> Sequence[RequestEntry]:
    return [
        RequestEntry(
            number=request.number,
            country=request.country,
            state=request.state.value,
            asked_by=await names.who(request.asked_by, request.asked_authority, request.asked_country),
            asked_at=request.asked_at,
            due_at=request.due_at,
            text=request.text,
            answered_by=await names.who(request.answered_by, request.answered_authority, request.country),
            answer=request.answer,
            ended_at=request.ended_at,
        )
        for request in await AlertRequests(context.tx).of(alert)
    ]


async def _proposals(alert: Alert, names: _Names, context: Context) -> Sequence[ProposalEntry]:
    return [
        ProposalEntry(
            number=proposal.number,
            state=proposal.state.value,
            proposed_by=await names.who(proposal.proposed_by, proposal.proposed_authority, proposal.proposed_country),
            proposed_at=proposal.proposed_at,
            changes=dict(proposal.changes),
            why=proposal.why,
            decided_by=await names.who(proposal.decided_by, proposal.decided_authority),
            decided_at=proposal.decided_at,
        )
        for proposal in await AlertProposals(context.tx).of(alert)
    ]


async def _attachments(alert: Alert, names: _Names, context: Context) -> Sequence[AttachmentEntry]:
    return [
        AttachmentEntry(
            number=one.number or 0,
            name=one.name if one.taken_back_at is None else "",
            content_type=one.file.content_type or "",
            size_bytes=one.file.size_bytes or 0,
            sha256=one.file.sha256 or "",
            sent_by=await names.who(one.sent_by, one.sent_authority, one.sent_country),
            sent_at=one.sent_at,
            taken_back_at=one.taken_back_at,
        )
        for one in await AlertAttachments(context.tx).of(alert)
    ]


async def _sightings(alert: Alert, names: _Names, context: Context) -> Sequence[SightingEntry]:
    """Return the sightings that who asks may see with the alert, in the order in which it was seen."""
    found = await sightings_of(alert, context.tx)
    # The file is for the direct chat of who asks, wherever that is done.
    direct = RoomView(context.room.id, direct=True)
    return [
        SightingEntry(
            kind=one.kind,
            value=one.shown,
            found=one.found,
            place=one.place,
            place_name=one.place_shown,
            seen_at=one.seen_at,
            reported_at=one.reported_at,
            current_until=one.current_until,
            reported_by=await names.who(one.author, one.author_authority, one.author_country),
            tlp=one.tlp.value,
            text=one.text or "",
        )
        for one in reversed(found)
        if may_see_sighting(one, alert, context.member, direct)
    ]
