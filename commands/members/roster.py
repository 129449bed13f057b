"""What a coordinator adds to the roster, changes and removes."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from commands.arguments import Choice, Country, Language, Option, Person, Word, Zone, did_you_mean, zone_of_country
from commands.base import Args, Context, Post, Refusal
from commands.document import Code, CountryName, Doc, Inline, Message, Moment, Strong, Text, _, _n, bullets, doc
from commands.happenings import KeysChanged
from commands.members.events import (
    MemberAdded,
    MemberRemoved,
    RecordChanged,
    RoleChanged,
    capability,
    keys_words,
    rooms_still_in,
)
from commands.members.own import record_of
from commands.network import Line, country_or_international, kind_name, named, role_name
from storage.ids import CountryCode, UserId
from storage.members import AuthorityKind, CountryMissing, LastCoordinator, Member, Members, RecordChange, Role
from storage.outbox import Outbox
from storage.pins import Pins
from storage.rooms import BindingKind, Rooms
from storage.told import STRANGER, Told


class NewMember(Args):
    person: Annotated[UserId, Person(), Word(ask=_("Whom do you want to add? Write the full Matrix id."))]
    role: Annotated[Role, Choice(Role), Option(ask=_("Which role: member, official or coordinator?"))]
    authority: Annotated[Line, Option(ask=_("For which authority does this person work?"))]
    kind: Annotated[
        AuthorityKind,
        Choice(AuthorityKind),
        Option(
            ask=_("Of which kind is it: environment, regulatory, customs, police, port, maritime or international?")
        ),
    ]
    country: Annotated[CountryCode | None, Country(), Option()] = None
    name: Line | None = None
    tz: Annotated[str | None, Zone(), Option(aliases=("zone", "timezone"))] = None
    lang: Annotated[str | None, Language(), Option(aliases=("language",))] = None


@capability.command(
    "member add",
    role=Role.COORDINATOR,
    summary=_("Put a person on the roster"),
    examples=[
        'member add @ama:example.org role=official country=GH authority="EPA Ghana" kind=environment name="Ama E."',
        "member add @li:example.org role=member authority=INECE kind=international tz=Europe/Paris lang=fr",
    ],
)
async def add(args: NewMember, context: Context) -> Doc:
    members = Members(context.tx)
    await _refuse_bot(args.person, context)
    there = await members.get(args.person)
    if there is not None:
        raise Refusal(
            _(
                "{name} ({id}) is already on the roster. {set} changes the record.",
                name=named(there),
                id=Code(there.user_id),
                set=Code(f"{context.prefix}member set {there.user_id}"),
            )
        )
    if args.country is None and args.kind is not AuthorityKind.INTERNATIONAL:
        raise Refusal(_country_missing())
    returned = await members.removed(args.person) is not None
    zone = args.tz or (zone_of_country(args.country).key if args.country is not None else "UTC")
    member = await members.save(
        Member(
            user_id=args.person,
            name=args.name or args.person[1:].partition(":")[0] or args.person,
            authority=args.authority,
            kind=args.kind,
            country=args.country,
            role=args.role,
            language=args.lang or "en",
            zone=zone,
            added_by=context.member.user_id,
            added_at=context.now,
            removed_at=None,
        )
    )
    await Told(context.tx).forget(STRANGER, [args.person])
    await context.emit(MemberAdded(member, context.member, returned))
    pin = await Pins(context.tx).get(args.person)
    if pin is not None and pin.shown_key is not None and pin.shown_at is not None:
        await context.emit(KeysChanged(args.person, pin.shown_key, pin.shown_at))
    await Outbox(context.tx).try_held_again()
    return doc(_("{name} is on the roster.", name=named(member)), record_of(member, context))


def _country_missing() -> Message:
    return _(
        "For which country? Add {example}; only an international organisation ({kind}) may be without one.",
        example=Code("country=GH"),
        kind=Code("kind=international"),
    )


async def _refuse_bot(person: UserId, context: Context) -> None:
    if await context.is_bot(person):
        raise Refusal(_("That is me. I serve the network but am not on its roster."))


class Filter(Args):
    country: Annotated[CountryCode | None, Country(), Option()] = None
    role: Annotated[Role | None, Choice(Role), Option()] = None
    page: Annotated[int, Option(), Field(ge=1, le=100_000)] = 1


_PAGE = 50
"""Persons that are listed at once."""


@capability.command(
    "member list",
    role=Role.COORDINATOR,
    summary=_("List the roster, or a part of it"),
    reads=True,
    examples=["member list", "member list country=GH", "member list role=coordinator", "member list page=2"],
)
async def show_all(args: Filter, context: Context) -> Doc:
    """List those who are like that by country and name, a page at a time."""
    members = Members(context.tx)
    count = await members.count(country=args.country, exactly=args.role)
    if not count:
        return doc(_("Nobody on the roster is like that."))
    pages = -(-count // _PAGE)
    if args.page > pages:
        raise Refusal(_n("There is {count} page.", "There are {count} pages.", pages))
    first = (args.page - 1) * _PAGE
    found = await members.all(country=args.country, exactly=args.role, limit=_PAGE, offset=first)
    # A line for each, no table: Matrix ids and authorities are too wide for its columns.
    lines = [
        _(
            "{name}: {role}, {authority} ({kind}), {country}, {id}",
            name=Strong(Text(member.name)),
            role=role_name(member.role),
            authority=member.authority,
            kind=kind_name(member.kind),
            country=country_or_international(member),
            id=Code(member.user_id),
        )
        for member in found
    ]
    if pages == 1:
        return doc(_n("{count} person:", "{count} persons:", count), bullets(lines))
    shown = doc(
        _("{count} persons, by country and name; here {first} to {last}:", count=count, first=first + 1,
          last=first + len(lines)),
        bullets(lines),
    )  # fmt: skip
    if args.page == pages:
        return shown
    asked = "".join(
        [f" country={args.country}" if args.country else "", f" role={args.role.name.lower()}" if args.role else ""]
    )
    following = Code(f"{context.prefix}member list{asked} page={args.page + 1}")
    narrow = Code(f"{context.prefix}member list country=GH")
    return shown + doc(_("The next ones: {following}. Those of one country: {narrow}", following=following,
                         narrow=narrow))  # fmt: skip


class Which(Args):
    person: Annotated[UserId, Person(), Word(ask=_("Who? Write the full Matrix id."))]


@capability.command(
    "member show",
    role=Role.COORDINATOR,
    summary=_("Show the record of a person"),
    reads=True,
    examples=["member show @ama:example.org"],
)
async def show(args: Which, context: Context) -> Doc:
    members = Members(context.tx)
    member = await members.get(args.person) or await members.removed(args.person)
    if member is None:
        raise Refusal(await _unknown(args.person, context))
    extra: list[tuple[Inline, Inline]] = [
        (
            _("Added"),
            _("{when} by {id}", when=Moment(member.added_at, context.zone, with_utc=False), id=Code(member.added_by)),
        )
    ]
    keys = await keys_words(member.user_id, context)
    if keys is not None:
        extra.append((_("Security keys"), Strong(keys)))
    if member.removed_at is not None:
        extra.append((_("Removed"), Strong(Moment(member.removed_at, context.zone, with_utc=False))))
    return doc(record_of(member, context, *extra))


async def _unknown(person: UserId, context: Context) -> Message:
    """Say that this person is not on the roster, and who may have been meant."""
    known = {member.user_id.casefold(): member.user_id for member in await Members(context.tx).all()}
    near = did_you_mean(person, sorted(known))
    if near is None:
        return _(
            "{id} is not on the roster. {list} shows who is.",
            id=Code(person),
            list=Code(f"{context.prefix}member list"),
        )
    return _("{id} is not on the roster. Did you mean {near}?", id=Code(person), near=Code(known[near]))


async def on_roster(person: UserId, context: Context) -> Member:
    """Return the member with this Matrix id. Raises Refusal that says who may have been meant."""
    members = Members(context.tx)
    member = await members.get(person)
    if member is not None:
        return member
    await _refuse_bot(person, context)
    gone = await members.removed(person)
    if gone is not None and gone.removed_at is not None:
        raise Refusal(
            _(
                "{name} ({id}) was removed on {when}. {add} puts this person on the roster again.",
                name=named(gone),
                id=Code(person),
                when=Moment(gone.removed_at, context.zone, with_utc=False),
                add=Code(f"{context.prefix}member add {person}"),
            )
        )
    raise Refusal(await _unknown(person, context))


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
        raise Refusal(_country_missing()) from error
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
