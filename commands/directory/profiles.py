"""The commands about country profiles."""

import re
from collections.abc import Sequence
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from commands.arguments import BadValue, Choice, Country, Option, Reading, Rest, Word
from commands.base import Args, Context, Refusal, Role
from commands.directory.cards import name_of
from commands.directory.declaration import capability
from commands.directory.fields import main_zone
from commands.document import (
    Block,
    Code,
    CountryName,
    Doc,
    Heading,
    Message,
    Moment,
    Quote,
    Text,
    Words,
    _,
    _n,
    bullets,
    doc,
    fields,
    joined,
)
from storage.contacts import Contacts
from storage.ids import CountryCode
from storage.members import Member, Members
from storage.profiles import Profiles, ProfileVersion, Section
from storage.reference.countries import BaselStanding, basel_standing, find_country
from storage.reference.ports import ports
from storage.reference.text import strip_controls

LONGEST_TEXT = 4_000
"""Characters of a section: what fits into one message beside its heading."""
EXCERPT = 280
VERSIONS_SHOWN = 20

_WHICH_COUNTRY = _("Which country?")
_WHICH_SECTION = _(
    "Which section: authorities, ports, legislation, procedures, waste-streams, contacts, take-back or languages?"
)


def take_country(text: str, _reading: Reading) -> tuple[str, str] | None:
    """Take the longest country name from the start of a text; without one, its first word, to be named as wrong."""
    starts = list(re.finditer(r"\S+", text))[:6]
    for found in reversed(starts):
        if find_country(text[: found.end()].strip(" ,:")) is not None:
            return text[: found.end()].strip(" ,:"), text[found.end() :].strip()
    if not starts:
        return None
    return text[: starts[0].end()], text[starts[0].end() :].strip()


def _fitting(text: str) -> str:
    text = "\n".join(line.rstrip() for line in strip_controls(text).strip().splitlines())
    if not text:
        raise BadValue(_("The text is empty. Write what the section shall say."))
    if len(text) > LONGEST_TEXT:
        raise BadValue(
            _(
                "The text has {length} characters; a section holds at most {limit}. Shorten it or use two sections.",
                length=f"{len(text):,}",
                limit=f"{LONGEST_TEXT:,}",
            )
        )
    return text


class Show(Args):
    country: Annotated[CountryCode, Country(), Word(ask=_WHICH_COUNTRY)]
    section: Annotated[Section | None, Choice(Section), Option()] = None


class Write(Args):
    country: Annotated[CountryCode, Country(), Word(ask=_WHICH_COUNTRY, take=take_country)]
    section: Annotated[Section, Choice(Section), Option(ask=_WHICH_SECTION)]
    text: Annotated[str, AfterValidator(_fitting), Rest(ask=_("What shall the section say?"))]


class History(Args):
    country: Annotated[CountryCode, Country(), Word(ask=_WHICH_COUNTRY)]
    section: Annotated[Section, Choice(Section), Option(ask=_WHICH_SECTION)]
    version: Annotated[int | None, Field(ge=1, le=1_000_000), Option()] = None


def section_name(section: Section) -> Message:
    """Return what a section is called."""
    match section:
        case Section.AUTHORITIES:
            return _("Authorities")
        case Section.PORTS:
            return _("Ports")
        case Section.LEGISLATION:
            return _("Legislation")
        case Section.PROCEDURES:
            return _("Procedures")
        case Section.WASTE_STREAMS:
            return _("Waste streams")
        case Section.CONTACTS:
            return _("Contacts")
        case Section.TAKE_BACK:
            return _("Take-back")
        case Section.LANGUAGES:
            return _("Languages")


@capability.command(
    "profile",
    role=Role.MEMBER,
    reads=True,
    summary=_("Show what is known of a country's seaports, authorities and procedures"),
    examples=("profile GH", "profile Ghana section=ports"),
)
async def show(args: Show, context: Context) -> Doc:
    profiles = Profiles(context.tx)
    if args.section is not None:
        version = await profiles.section(args.country, args.section)
        if version is None:
            raise Refusal(await _nothing_yet(args.country, args.section, context))
        return _whole(version, await name_of(version.author, Members(context.tx)))
    versions = await profiles.of_country(args.country)
    blocks: list[Block] = [Heading(CountryName(args.country)), await _facts(args.country, context)]
    for version in versions:
        blocks += [_section_heading(version), Quote(_excerpt(version.text))]
    answer = Doc(tuple(blocks))
    if any(_excerpt(version.text) != version.text for version in versions):
        example = Code(f"{context.prefix}profile {args.country} section={_longest(versions)}")
        answer += doc(_("A whole section: {example}", example=example))
    missing = [section for section in Section if section not in {version.section for version in versions}]
    if missing:
        answer += doc(_missing(args.country, missing, context))
    return answer


@capability.command(
    "profile set",
    role=Role.OFFICIAL,
    summary=_("Write a section of your country's profile; the earlier text is kept"),
    examples=("profile set GH section=ports Tema and Takoradi take containers; scanners stand at both.",),
)
async def write(args: Write, context: Context) -> Doc:
    _may_write(context.member, args.country, context.prefix)
    version = await Profiles(context.tx).write(args.country, args.section, args.text, context.member, context.now)
    if version is None:
        return doc(_("The section says exactly this already; nothing was changed."))
    if version.number == 1:
        first = _(
            "The profile of {country} has a section now: {section}.",
            country=CountryName(args.country),
            section=section_name(args.section),
        )
        return doc(first) + _whole(version, context.member.name)
    first = _(
        "The section {section} in the profile of {country} is changed. The earlier text is kept: {history}",
        section=section_name(args.section),
        country=CountryName(args.country),
        history=Code(f"{context.prefix}profile history {args.country} section={args.section}"),
    )
    return doc(first) + _whole(version, context.member.name)


@capability.command(
    "profile history",
    role=Role.MEMBER,
    reads=True,
    summary=_("Show the earlier texts of a section and who wrote them"),
    examples=("profile history GH section=ports", "profile history GH section=ports version=1"),
)
async def history(args: History, context: Context) -> Doc:
    profiles = Profiles(context.tx)
    members = Members(context.tx)
    versions = await profiles.history(args.country, args.section)
    if not versions:
        raise Refusal(await _nothing_yet(args.country, args.section, context))
    if args.version is not None:
        version = next((one for one in versions if one.number == args.version), None)
        if version is None:
            raise Refusal(
                _n(
                    "There is only version 1 of this section.",
                    "There is no version {version} of this section: they run from 1 to {count}.",
                    versions[0].number,
                    version=args.version,
                )
            )
        return doc(_("Version {number}:", number=version.number)) + _whole(
            version, await name_of(version.author, members)
        )
    heading = Heading(
        _(
            "{country}, {section}: earlier texts",
            country=CountryName(args.country),
            section=section_name(args.section),
        )
    )
    lines = [await _version_line(version, members) for version in versions[:VERSIONS_SHOWN]]
    example = Code(f"{context.prefix}profile history {args.country} section={args.section} version=1")
    return doc(heading, bullets(lines), _("One of them whole: {example}", example=example))


def _may_write(member: Member, land: CountryCode, prefix: str) -> None:
    if member.role >= Role.COORDINATOR or member.is_official_of(land):
        return
    raise Refusal(
        _(
            "Only officials of {country} and coordinators write its profile. {command} shows whom to tell.",
            country=CountryName(land),
            command=Code(f"{prefix}contact {land}"),
        )
    )


async def _facts(land: CountryCode, context: Context) -> Block:
    """Return what the code tables and the directory know of a country."""
    rows: list[tuple[Words, Words]] = []
    standing = basel_standing(land)
    if standing is not None:
        rows += [(_("Basel Convention"), _party(standing)), (_("Ban amendment"), _ban(standing))]
        rows += [(_("OECD member"), _yes_no(standing.oecd)), (_("EU member"), _yes_no(standing.eu))]
        rows.append((_("These as of"), Text(standing.as_of)))
    seaports = sum(port.country == land for port in ports())
    zone = ZoneInfo(main_zone(land))
    rows += [
        (_("Seaports in UN/LOCODE"), Text(str(seaports))),
        (_("Time there now"), Moment(context.now, zone, with_utc=False)),
        (_("Contacts on file"), Text(str(await Contacts(context.tx).count(land)))),
    ]
    return fields(rows)


def _yes_no(value: bool | None) -> Message:
    if value is None:
        return _("not known")
    return _("yes") if value else _("no")


def _party(standing: BaselStanding) -> Message:
    if standing.party is None:
        return _("not known")
    return _("party") if standing.party else _("not a party")


def _ban(standing: BaselStanding) -> Message:
    if standing.ban_amendment and standing.ban_amendment_date is not None:
        return _("ratified {date}", date=standing.ban_amendment_date.isoformat())
    if standing.ban_amendment is None:
        return _("not known")
    return _("ratified") if standing.ban_amendment else _("not ratified")


def _section_heading(version: ProfileVersion) -> Heading:
    return Heading(
        _(
            "{section}, as of {date}, {authority}",
            section=section_name(version.section),
            date=f"{version.at.astimezone(ZoneInfo(main_zone(version.country))):%Y-%m-%d}",
            authority=version.authority,
        )
    )


def _whole(version: ProfileVersion, author: str) -> Doc:
    heading = Heading(
        _("{country}, {section}", country=CountryName(version.country), section=section_name(version.section))
    )
    zone = ZoneInfo(main_zone(version.country))
    source = _(
        "As of {at}, version {number}, by {author}, {authority}.",
        at=Moment(version.at, zone, with_utc=False),
        number=version.number,
        author=author,
        authority=version.authority,
    )
    return doc(heading, Quote(version.text), source)


async def _version_line(version: ProfileVersion, members: Members) -> Message:
    return _(
        "{number}: {at}, {author}, {authority}: {text}",
        number=version.number,
        at=Moment(version.at, ZoneInfo(main_zone(version.country)), with_utc=False),
        author=await name_of(version.author, members),
        authority=version.authority,
        text=Text(f"“{_excerpt(version.text, 80)}”"),
    )


def _excerpt(text: str, limit: int = EXCERPT) -> str:
    if len(text) <= limit:
        return text
    return f"{text[:limit].rsplit(None, 1)[0]} …"


def _longest(versions: Sequence[ProfileVersion]) -> Section:
    return max(versions, key=lambda version: len(version.text)).section


def _missing(land: CountryCode, missing: list[Section], context: Context) -> Message:
    sections = joined(section_name(section) for section in missing)
    member = context.member
    if member.role >= Role.COORDINATOR or member.is_official_of(land):
        return _(
            "Nothing yet on: {sections}. You can write it: {example}",
            sections=sections,
            example=Code(f"{context.prefix}profile set {land} section={missing[0]} …"),
        )
    return _(
        "Nothing yet on: {sections}. Officials of {country} can write it.", sections=sections, country=CountryName(land)
    )


async def _nothing_yet(land: CountryCode, section: Section, context: Context) -> Message:
    written = await Profiles(context.tx).of_country(land)
    if written:
        return _(
            "The profile of {country} has no section {section} yet. There is: {sections}.",
            country=CountryName(land),
            section=section_name(section),
            sections=joined(section_name(version.section) for version in written),
        )
    return _(
        "The profile of {country} has no section {section} yet, and no other. {example} shows what is known.",
        country=CountryName(land),
        section=section_name(section),
        example=Code(f"{context.prefix}profile {land}"),
    )
