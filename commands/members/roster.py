"""What a coordinator changes on the roster, and who is removed from it."""

from collections.abc import Sequence
from typing import Annotated

from commands.arguments import Choice, Country, Language, Option, Person, Word, Zone, zone_of_country
from commands.base import Args, Context, Post, Refusal
from commands.document import Code, CountryName, Doc, Message, _, bullets, doc
from commands.members.events import MemberRemoved, RecordChanged, RoleChanged, capability, rooms_still_in
from commands.members.finding import Which, country_missing, on_roster
from commands.members.own import record_of
from commands.network import Line, named
from storage.ids import CountryCode, UserId
from storage.members import AuthorityKind, CountryMissing, LastCoordinator, Member, Members, RecordChange, Role
from storage.rooms import BindingKind, Rooms


class Changes(Args):
    person: Annotated[UserId, Person(), Word(ask=_("Whose record? Write the full Matrix id."))]
    role: Annotated[Role | None, Choice(Role), Option()] = None
    country: Annotated[CountryCode | None, Country(), Option()] = None
    authority: Line | None = None
    kind: Annotated[AuthorityKind | None, Choice(AuthorityKind), Option()] = None
    name: Line | None = None
    tz: Annotated[str | None, Zone(), Option(aliases=("zone", "timezone"))] = None
    lang: Annotated[str | None, Language(), Option(aliases=("language",))] = None


@capability.command(
    "member set",
    role=Role.COORDINATOR,
    summary=_("Change the record of a person"),
    examples=[
        "member set @ama:example.org role=coordinator",
        'member set @ama:example.org authority="Ghana Customs" kind=customs',
    ],
)
async def change(args: Changes, context: Context) -> Doc:
    if not args.model_dump(exclude={"person"}, exclude_none=True):
        raise Refusal(
            _(
                "Say what shall change, for example {example}.",
                example=Code(f"{context.prefix}member set {args.person} role=official"),
            )
        )
    members = Members(context.tx)
    member = await on_roster(args.person, context)
    role_before = member.role
    try:
        changed = member.change(
            coordinators=len(await members.coordinators()),
            role=args.role,
            country=args.country,
            authority=args.authority,
            kind=args.kind,
            name=args.name,
            language=args.lang,
            zone=args.tz or _zone_that_follows(member, args.country),
        )
    except LastCoordinator as error:
        raise Refusal(_last_coordinator(member)) from error
    except CountryMissing as error:
        raise Refusal(country_missing()) from error
    if not changed.fields:
        return doc(_("Nothing changed: the record says so already."), record_of(member, context))
    return await _after_change(changed, role_before, context)


def _zone_that_follows(member: Member, country: CountryCode | None) -> str | None:
    """Who never chose a zone of their own gets that of the new country."""
    if country is None or member.country is None or member.zone != zone_of_country(member.country).key:
        return None
    return zone_of_country(country).key


async def _after_change(change: RecordChange, role_before: Role, context: Context) -> Doc:
    member = change.member
    if "role" in change.fields:
        await context.emit(RoleChanged(member, context.member, role_before))
    await context.emit(RecordChanged(change, context.member))
    answer = doc(_("Changed, and in force from now on."), record_of(member, context))
    rooms = Rooms(context.tx)
    if "country" in change.fields and change.before["country"] is not None:
        left = await rooms.of_country(CountryCode(str(change.before["country"])))
        still = await rooms_still_in(member, context, left)
        if still is not None:
            answer += doc(_("Still in rooms of the former country; remove them there if need be:"), still)
    if role_before >= Role.COORDINATOR > member.role:
        still = await rooms_still_in(member, context, await rooms.bound_to(BindingKind.COORDINATION))
        if still is not None:
            answer += doc(_("Still in rooms for coordinators; remove them there:"), still)
    return answer


def _last_coordinator(member: Member) -> Message:
    return _(
        "{name} is the only coordinator: without one nobody could change the roster. Name another coordinator first.",
        name=named(member),
    )


@capability.command(
    "member remove",
    role=Role.COORDINATOR,
    summary=_("End every right of a person, at once"),
    examples=["member remove @ama:example.org"],
)
async def remove(args: Which, context: Context) -> Doc:
    members = Members(context.tx)
    member = await on_roster(args.person, context)
    duties = await context.duties_of(member)
    try:
        member.remove(context.now, coordinators=len(await members.coordinators()))
    except LastCoordinator as error:
        raise Refusal(_last_coordinator(member)) from error
    await members.drop_questions(member.user_id)
    await context.emit(MemberRemoved(member, context.member))
    words = _("{name} ({id}) is no longer on the roster and has no rights.", name=named(member), id=Code(args.person))
    rest = Doc(())
    if duties:
        rest += doc(_("Now without a person:"), bullets(duties))
    still = await rooms_still_in(member, context, await Rooms(context.tx).every_room())
    if still is not None:
        held = _("Still in these rooms. What I have to say there waits until you remove them:")
        rest += doc(held, still)
    if not rest.blocks or args.person not in await context.people.readers(context.room.id):
        return doc(words) + rest
    if args.person != context.member.user_id:
        await context.post(Post(doc=doc(words) + rest, person=context.member.user_id))
    elsewhere = _("{id} still reads here, so the rest stands in our direct chat.", id=Code(args.person))
    return doc(words, elsewhere).openly()


@capability.duties
async def only_official(member: Member, context: Context) -> Sequence[Message]:
    """Say when nobody else may act for the country of this member."""
    if member.role < Role.OFFICIAL or member.country is None:
        return []
    colleagues = await Members(context.tx).all(country=member.country, at_least=Role.OFFICIAL)
    if any(colleague.user_id != member.user_id for colleague in colleagues):
        return []
    return [
        _("{country} has no other official: nobody can acknowledge its alerts.", country=CountryName(member.country))
    ]
