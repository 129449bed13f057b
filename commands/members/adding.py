"""Persons put on the roster."""

from typing import Annotated

from commands.arguments import Choice, Country, Language, Option, Person, Word, Zone, zone_of_country
from commands.base import Args, Context, Refusal
from commands.document import Code, Doc, _, doc
from commands.happenings import KeysChanged
from commands.members.events import MemberAdded, capability
from commands.members.finding import country_missing, refuse_bot
from commands.members.own import record_of
from commands.network import Line, named
from storage.ids import CountryCode, UserId
from storage.members import AuthorityKind, Member, Members, Role
from storage.outbox import Lanes
from storage.pins import Pins
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
    await refuse_bot(args.person, context)
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
        raise Refusal(country_missing())
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
    await Lanes(context.tx).try_held_again()
    return doc(_("{name} is on the roster.", name=named(member)), record_of(member, context))
