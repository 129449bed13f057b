"""Adding, correcting and removing contacts."""

from typing import Annotated, Any

from pydantic import AfterValidator

from commands.arguments import (
    About,
    BadValue,
    Choice,
    Country,
    Languages,
    Option,
    Person,
    Ref,
    Zone,
)
from commands.base import Args, Context, Refusal, Role, Subject
from commands.directory.cards import card
from commands.directory.checks import WHICH, Which, contact_to_change, may_edit, refuse_double, refuse_other_person
from commands.directory.declaration import capability
from commands.directory.fields import (
    Cleared,
    Email,
    Line,
    OfficeHours,
    OrNothing,
    is_usual_phone,
    main_zone,
    read_email,
    read_hours,
    read_line,
    read_person,
    read_phone,
    read_port,
    show_phone,
)
from commands.directory.standing import on_duty_now, plan_confirmation, set_duty
from commands.document import Code, Doc, Strong, Text, _, doc
from storage.base import Transaction
from storage.contacts import Contact, ContactChangeKind, Contacts
from storage.ids import CountryCode, UserId
from storage.members import AuthorityKind

MOST_LANGUAGES = 12


def _few(codes: tuple[str, ...]) -> tuple[str, ...]:
    if len(codes) > MOST_LANGUAGES:
        raise BadValue(_("Name at most {limit} languages.", limit=MOST_LANGUAGES))
    return codes


class Add(Args):
    country: Annotated[CountryCode, Country(), Option(ask=_("Which country?"))]
    kind: Annotated[
        AuthorityKind,
        Choice(AuthorityKind),
        Option(
            ask=_("Which kind of authority: environment, regulatory, customs, police, port, maritime or international?")
        ),
    ]
    name: Annotated[str, Line(), Option(ask=_("What is the name of the person or the desk?"))]
    role: Annotated[str, Line(), Option()] = ""
    authority: Annotated[str, Line(), Option(aliases=("organisation", "organization"))] = ""
    phone: Annotated[str | None, Line(), Option(aliases=("tel", "telephone"))] = None
    email: Annotated[str | None, Email(), Option(aliases=("e-mail", "mail"))] = None
    languages: Annotated[tuple[str, ...], Languages(), AfterValidator(_few), Option(aliases=("language", "lang"))] = ()
    tz: Annotated[str | None, Zone(), Option(aliases=("zone",))] = None
    hours: Annotated[str | None, OfficeHours(), Option()] = None
    port: Annotated[str | None, Line(), Option()] = None
    member: Annotated[UserId | None, Person(), Option()] = None
    duty: bool = False


class Change(Args):
    number: Annotated[Ref, About("contact", ask=WHICH)]
    kind: Annotated[AuthorityKind | None, Choice(AuthorityKind), Option()] = None
    name: Annotated[str | None, Line(), Option()] = None
    role: Annotated[str | Cleared | None, OrNothing(read_line), Option()] = None
    authority: Annotated[
        str | Cleared | None, OrNothing(read_line), Option(aliases=("organisation", "organization"))
    ] = None
    phone: Annotated[str | Cleared | None, OrNothing(read_line), Option(aliases=("tel", "telephone"))] = None
    email: Annotated[
        str | Cleared | None, OrNothing(read_email, "name@epa.example"), Option(aliases=("e-mail", "mail"))
    ] = None
    languages: Annotated[
        tuple[str, ...] | None, Languages(), AfterValidator(_few), Option(aliases=("language", "lang"))
    ] = None
    tz: Annotated[str | None, Zone(), Option(aliases=("zone",))] = None
    hours: Annotated[str | Cleared | None, OrNothing(read_hours, "24/7"), Option()] = None
    port: Annotated[str | Cleared | None, OrNothing(read_line), Option()] = None
    member: Annotated[UserId | Cleared | None, OrNothing(read_person, "@name:server"), Option()] = None
    duty: bool | None = None


@capability.command(
    "contact add",
    role=Role.OFFICIAL,
    summary=_("Put a person or desk of an authority into the directory"),
    examples=(
        "contact add country=GH kind=customs name=Efua Example phone=030 212 3456 languages=en,fr hours=24/7",
        "contact add country=GH kind=port name=Duty desk email=duty@port.example port=Tema member=@ama:example.org",
    ),
)
async def add(args: Add, context: Context) -> Doc:
    may_edit(context.member, args.country)
    if args.phone is None and args.email is None:
        raise Refusal(
            _(
                "A contact needs a phone number or an e-mail address. Add {phone} or {email}.",
                phone=Code("phone=…"),
                email=Code("email=…"),
            )
        )
    phone = None if args.phone is None else read_phone(args.phone, args.country)
    contacts = Contacts(context.tx)
    await refuse_double(contacts, args.country, args.kind, phone, args.email, context.prefix)
    if args.member is not None:
        await refuse_other_person(args.member, args.country, context.tx)
    contact = Contact(
        country=args.country,
        kind=args.kind,
        name=args.name,
        role=args.role,
        authority=args.authority,
        phone=phone,
        email=args.email,
        languages=list(args.languages),
        zone=args.tz or main_zone(args.country),
        hours=args.hours,
        port=None if args.port is None else read_port(args.port, args.country),
        member=args.member,
        on_duty=False,
        added_by=context.member.user_id,
        added_at=context.now,
        confirmed_by=context.member.user_id,
        confirmed_at=context.now,
    )
    await contacts.add(contact, context.member, context.now)
    await plan_confirmation(contact, context)
    if args.duty:
        await set_duty(contact, contacts, context, on_duty=True)
    first = _("Contact {number} is in the directory.", number=contact.id)
    return doc(first) + card_doc(contact, context) + phone_advice(contact)


@capability.command(
    "contact set",
    role=Role.OFFICIAL,
    summary=_("Correct a contact; none empties a field"),
    examples=("contact set 12 phone=+233 30 212 3456 hours=Mon-Fri 08:00-17:00", "contact set 12 role=none"),
)
async def change(args: Change, context: Context) -> Doc:
    contacts = Contacts(context.tx)
    contact = await contact_to_change(args.number, context)
    values = await _values(args, contact, context.tx)
    duty = args.duty
    if not values and duty is None:
        raise Refusal(
            _(
                "Say what to change, for example {example}.",
                example=Code(f"{context.prefix}contact set {contact.id} phone=+233 30 212 3456"),
            )
        )
    after: dict[str, Any] = {"kind": contact.kind, "phone": contact.phone, "email": contact.email, **values}
    if after["phone"] is None and after["email"] is None:
        raise Refusal(_("A contact needs a phone number or an e-mail address; this would leave neither."))
    if {"kind", "phone", "email"}.intersection(values):
        who = contact.country, after["kind"], after["phone"], after["email"]
        await refuse_double(contacts, *who, context.prefix, but=contact)
    changed = contact.change(values)
    if changed:
        await contacts.reindex(contact)
        names = ["tz" if name == "zone" else name for name in changed]
        await contacts.record(contact, ContactChangeKind.CHANGED, context.member, context.now, names)
    duty_changed = duty is not None and await set_duty(contact, contacts, context, on_duty=duty)
    if not changed and not duty_changed:
        return doc(_("Contact {number} is like this already; nothing was changed.", number=contact.id))
    first = _("Contact {number} is changed.", number=contact.id)
    last = _(
        "If everything else is right too, confirm it: {command}",
        command=Code(f"{context.prefix}contact confirm {contact.id}"),
    )
    return doc(first) + card_doc(contact, context) + phone_advice(contact) + doc(last)


@capability.command(
    "contact remove",
    role=Role.OFFICIAL,
    summary=_("Take a contact out of the directory"),
    examples=("contact remove 12",),
)
async def remove(args: Which, context: Context) -> Doc:
    contacts = Contacts(context.tx)
    contact = await contact_to_change(args.number, context)
    was_on_duty = contact.on_duty
    contact.remove(context.now)
    await contacts.reindex(contact)
    await contacts.record(contact, ContactChangeKind.REMOVED, context.member, context.now)
    await context.timers().cancel_all(str(Subject("contact", contact.id)))
    parts = [
        _("Contact {number}, {name}, is out of the directory.", number=contact.id, name=Strong(Text(contact.name)))
    ]
    if was_on_duty:
        parts.append(await on_duty_now(contact.country, contacts))
    return doc(*parts)


async def _values(args: Change, contact: Contact, tx: Transaction) -> dict[str, Any]:
    """Return the fields to set by their names in the record."""
    given: dict[str, Any] = {
        "kind": args.kind,
        "name": args.name,
        "role": args.role,
        "authority": args.authority,
        "phone": args.phone,
        "email": args.email,
        "languages": None if args.languages is None else list(args.languages),
        "zone": args.tz,
        "hours": args.hours,
        "port": args.port,
        "member": args.member,
    }
    values = {name: value for name, value in given.items() if value is not None}
    if isinstance(args.phone, str):
        values["phone"] = read_phone(args.phone, contact.country)
    if isinstance(args.port, str):
        values["port"] = read_port(args.port, contact.country)
    if args.member is not None and args.member is not Cleared.CLEARED:
        await refuse_other_person(args.member, contact.country, tx)
    empty = {"role": "", "authority": ""}
    return {name: empty.get(name) if value is Cleared.CLEARED else value for name, value in values.items()}


def phone_advice(contact: Contact) -> Doc:
    """Say so when a number looks odd: ranges of numbers change faster than the tables, so it is no error."""
    if contact.phone is None or is_usual_phone(contact.phone):
        return Doc(())
    return doc(
        _(
            "The phone number {phone} is of no range that I know. Please check it.",
            phone=show_phone(contact.phone),
        )
    )


def card_doc(contact: Contact, context: Context) -> Doc:
    return Doc(card(contact, context.now, context.member.language))
