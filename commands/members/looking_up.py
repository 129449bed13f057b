"""The roster listed, and the record of a person shown."""

from typing import Annotated

from pydantic import Field

from commands.arguments import Choice, Country, Option
from commands.base import Args, Context, Refusal
from commands.document import Code, Doc, Inline, Moment, Strong, Text, _, _n, bullets, doc
from commands.members.events import capability, keys_words
from commands.members.finding import Which, unknown
from commands.members.own import record_of
from commands.network import country_or_international, kind_name, role_name
from storage.ids import CountryCode
from storage.members import Members, Role


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
        raise Refusal(await unknown(args.person, context))
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
