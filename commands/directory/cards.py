"""Contacts as members read them."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError

from commands.base import Context
from commands.directory.fields import port_name, show_phone
from commands.directory.finding import Found
from commands.directory.hours import parse_hours
from commands.directory.understanding import Understood
from commands.document import (
    Block,
    Bullets,
    Code,
    CountryName,
    Doc,
    Heading,
    Inline,
    Message,
    Moment,
    Paragraph,
    Text,
    Words,
    _,
    _n,
    bullets,
    doc,
    either,
    fields,
    joined,
)
from commands.network import kind_name
from storage.contacts import Contact, ContactChange, ContactChangeKind
from storage.ids import UserId
from storage.members import Member, Members

SHOWN = 5
"""How many contacts an answer shows: more cannot be taken in on a telephone."""


def language_name(code: str, reader: str = "en") -> str:
    """Return the name of a language in the reader's language."""
    try:
        return str(Locale.parse(reader).languages.get(code, code))
    except (UnknownLocaleError, ValueError):
        return str(Locale("en").languages.get(code, code))


def heading(contact: Contact) -> Heading:
    return Heading(_("{number} · {name}", number=contact.id, name=contact.name))


def card(contact: Contact, now: datetime, reader: str = "en") -> tuple[Block, ...]:
    """Return a contact as a short card."""
    rows: list[tuple[Words, Words]] = [(_("Where"), _where(contact))]
    if contact.role:
        rows.append((_("Role"), Text(contact.role)))
    if contact.phone is not None:
        rows.append((_("Phone"), Text(show_phone(contact.phone))))
    if contact.email is not None:
        rows.append((_("E-mail"), Text(contact.email)))
    if contact.member is not None:
        rows.append((_("Matrix"), Code(contact.member)))
    if contact.languages:
        rows.append((_("Languages"), joined(language_name(code, reader) for code in contact.languages)))
    rows += [(_("There now"), there_now(contact, now)), (_("As of"), as_of(contact))]
    return heading(contact), fields(rows)


def _where(contact: Contact) -> Message:
    kind, land = kind_name(contact.kind), CountryName(contact.country)
    if contact.port is not None and contact.authority:
        return _(
            "{authority} ({kind}), {port}, {country}",
            authority=contact.authority,
            kind=kind,
            port=port_name(contact.port),
            country=land,
        )
    if contact.port is not None:
        return _("{kind}, {port}, {country}", kind=kind, port=port_name(contact.port), country=land)
    if contact.authority:
        return _("{authority} ({kind}), {country}", authority=contact.authority, kind=kind, country=land)
    return _("{kind}, {country}", kind=kind, country=land)


def there_now(contact: Contact, now: datetime) -> Message:
    """Return the local time of a contact and whether somebody is reached then."""
    zone = ZoneInfo(contact.zone)
    time = Moment(now, zone, with_utc=False)
    if contact.on_duty:
        return _("{time}; on duty", time=time)
    if contact.hours is None:
        return _("{time}; office hours not known", time=time)
    hours = parse_hours(contact.hours)
    if hours.always:
        return _("{time}; reached 24/7", time=time)
    if hours.is_open(now.astimezone(zone)):
        return _("{time}; in office hours ({hours})", time=time, hours=str(hours))
    return _("{time}; outside office hours ({hours})", time=time, hours=str(hours))


def as_of(contact: Contact) -> Text:
    return Text(f"{contact.confirmed_at.astimezone(ZoneInfo(contact.zone)):%Y-%m-%d}")


def found_doc(found: Found, context: Context, coordinators: Sequence[Member]) -> Doc:
    """Return the answer to a search: what was understood, and the best few or what to do instead."""
    members = _beside(found)
    if not found.contacts and members:
        sought = understood_as(found.understood, context.member.language)
        return doc(_("No contact is on file for {sought}. On the roster there is:", sought=sought), members)
    if not found.contacts:
        return _nothing_found(found.understood, context, coordinators)
    shown = found.contacts[:SHOWN]
    blocks: list[Block] = [_first_line(found, len(shown), context.member.language)]
    for contact in shown:
        blocks += card(contact, context.now, context.member.language)
    if len(found.contacts) > len(shown):
        words = _(
            "These are the {shown} likeliest of {count}. A country, a port, a kind of authority or a name narrows it.",
            shown=len(shown),
            count=len(found.contacts),
        )
        blocks.append(Paragraph(words))
    answer = Doc(tuple(blocks))
    return answer if members is None else answer + doc(_("On the roster:"), members)


def _beside(found: Found) -> Bullets | None:
    """Return the members of that name whose contacts are not shown."""
    linked = {contact.member for contact in found.contacts[:SHOWN]}
    people = [member for member in found.members if member.user_id not in linked][:SHOWN]
    return bullets(_member_line(member) for member in people) if people else None


def _member_line(member: Member) -> Message:
    places: dict[str, Inline] = {
        "name": Text(member.name),
        "authority": Text(member.authority),
        "kind": kind_name(member.kind),
        "id": Code(member.user_id),
    }
    if member.country is None:
        return _("{name}, {authority} ({kind}): {id}", **places)
    return _("{name}, {authority} ({kind}), {country}: {id}", country=CountryName(member.country), **places)


def _first_line(found: Found, count: int, reader: str) -> Paragraph:
    sought = understood_as(found.understood, reader)
    if found.understood.unknown:
        unknown = joined(Text(f"“{word}”") for word in found.understood.unknown)
        words = _("I found nothing for {unknown}. Without it I looked for: {sought}.", unknown=unknown, sought=sought)
        return Paragraph(words)
    if not found.exact:
        return Paragraph(_("Nobody on file is all of this: {sought}. The nearest are:", sought=sought))
    return Paragraph(
        _n("I looked for: {sought}. One contact:", "I looked for: {sought}. {count} contacts:", count, sought=sought)
    )


def understood_as(understood: Understood, reader: str) -> Inline:
    """Return what a search was understood as."""
    parts: list[Words] = [kind_name(kind) for kind in understood.kinds]
    if understood.on_duty:
        parts.append(_("on duty"))
    if understood.now:
        parts.append(_("reached at any hour"))
    if understood.port_meant and not understood.ports:
        parts.append(_("port"))
    parts += [_("{port} ({country})", port=port.shown, country=CountryName(port.country)) for port in understood.ports]
    parts += [CountryName(land) for land in understood.countries]
    parts += [_("speaking {language}", language=language_name(code, reader)) for code in understood.languages]
    parts += [_("“{word}”", word=name) for name in understood.names]
    return joined(parts)


def _nothing_found(understood: Understood, context: Context, coordinators: Sequence[Member]) -> Doc:
    sought = understood_as(understood, context.member.language)
    unknown = joined(Text(f"“{word}”") for word in understood.unknown)
    if understood.is_empty:
        first = _("I found nobody, and could make nothing of {unknown}.", unknown=unknown)
        if not understood.unknown:
            first = _("Say whom you look for: a country, a port, a kind of authority, a language or a name.")
    elif understood.unknown:
        first = _(
            "I found nobody. I understood {sought}, and could make nothing of {unknown}.",
            sought=sought,
            unknown=unknown,
        )
    else:
        first = _("I found nobody. I understood: {sought}.", sought=sought)
    tries = [Code(f"{context.prefix}contact {example}") for example in ("ghana customs", "Tema port police", "ama")]
    return doc(first, _("Try it like {examples}.", examples=either(tries))) + fallback(coordinators)


def fallback(coordinators: Sequence[Member]) -> Doc:
    """Return the people who help when the directory cannot."""
    if not coordinators:
        return Doc(())
    return doc(
        _("The coordinators of the network can help:"),
        bullets(
            _("{name}, {authority}: {id}", name=one.name, authority=one.authority, id=Code(one.user_id))
            for one in coordinators
        ),
    )


async def record_of(contact: Contact, changes: Sequence[ContactChange], members: Members) -> Bullets:
    """Return who did what to a contact, the latest first."""
    lines = [_change_line(change, await name_of(change.by, members), contact) for change in reversed(changes)]
    return bullets(lines[:8])


async def name_of(user_id: UserId, members: Members) -> str:
    """Return the name of somebody who is or was on the roster, else the Matrix id."""
    member = await members.get(user_id) or await members.removed(user_id)
    return user_id if member is None else member.name


def _change_line(change: ContactChange, name: str, contact: Contact) -> Message:
    at = Moment(change.at, ZoneInfo(contact.zone), with_utc=False)
    match change.kind:
        case ContactChangeKind.ADDED:
            return _("{at}: added by {name}, {authority}", at=at, name=name, authority=change.authority)
        case ContactChangeKind.CHANGED:
            return _(
                "{at}: {fields} changed by {name}, {authority}",
                at=at,
                fields=joined(Code(field) for field in change.fields),
                name=name,
                authority=change.authority,
            )
        case ContactChangeKind.CONFIRMED:
            return _("{at}: confirmed by {name}, {authority}", at=at, name=name, authority=change.authority)
        case ContactChangeKind.DUTY_ON:
            return _("{at}: put on duty by {name}, {authority}", at=at, name=name, authority=change.authority)
        case ContactChangeKind.DUTY_OFF:
            return _("{at}: taken off duty by {name}, {authority}", at=at, name=name, authority=change.authority)
        case ContactChangeKind.REMOVED:
            return _("{at}: removed by {name}, {authority}", at=at, name=name, authority=change.authority)
