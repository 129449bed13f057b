"""The commands about contacts."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
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
    Word,
    Zone,
    did_you_mean,
)
from commands.base import Args, Context, Event, Post, Priority, Refusal, Role, Subject
from commands.directory.cards import card, found_doc, record_of
from commands.directory.declaration import DirectorySettings, capability
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
from commands.directory.finding import find_contacts
from commands.document import Code, CountryName, Doc, Message, Strong, Text, _, doc, joined
from commands.network import kind_name
from storage.base import Transaction
from storage.contacts import Contact, ContactChangeKind, Contacts
from storage.ids import CountryCode, UserId
from storage.members import AuthorityKind, Member, Members
from storage.rooms import BindingKind, Rooms
from storage.timers import Timer

CONFIRM_TIMER = "contact.confirm"
MOST_LANGUAGES = 12

_WHICH = _("Which contact? Write its number.")


def _few(codes: tuple[str, ...]) -> tuple[str, ...]:
    if len(codes) > MOST_LANGUAGES:
        raise BadValue(_("Name at most {limit} languages.", limit=MOST_LANGUAGES))
    return codes


class Find(Args):
    text: Annotated[
        str, Word(ask=_("Whom do you look for? Name a country, a port, a kind of authority, a language or a person."))
    ]


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
    number: Annotated[Ref, About("contact", ask=_WHICH)]
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


class Which(Args):
    number: Annotated[Ref, About("contact", ask=_WHICH)]


class DutyState(StrEnum):
    ON = "on"
    OFF = "off"


class Duty(Args):
    number: Annotated[Ref, About("contact", ask=_WHICH)]
    state: Annotated[DutyState, Choice(DutyState), Word(ask=_("On or off?"))] = DutyState.ON


@dataclass(frozen=True, slots=True)
class DutyChanged(Event):
    """A contact was put on duty or taken off it."""

    contact: Contact
    by: Member


@capability.command(
    "contact",
    role=Role.MEMBER,
    reads=True,
    summary=_("Look somebody up by country, port, kind of authority, language or name"),
    examples=("contact ghana customs", "contact Tema port police", "contact french speaking customs benin"),
)
async def find(args: Find, context: Context) -> Doc:
    contacts = Contacts(context.tx)
    number = args.text.strip().removeprefix("#")
    if number.isdecimal() and number.isascii() and len(number) <= 6 and (found := await contacts.get(int(number))):
        return Doc(card(found, context.now, context.member.language))
    members = Members(context.tx)
    result = await find_contacts(contacts, args.text, await members.all(), context.member.country)
    if not result.contacts:
        _guard_slip(args.text, context)
    return found_doc(result, context, await members.coordinators())


def _guard_slip(text: str, context: Context) -> None:
    """ "contact confrim 7" looks for nobody: the word before a number or an option was a command."""
    typed, _space, rest = text.partition(" ")
    subwords = [command.words[1] for command in context.commands if command.words[0] == "contact" and command.words[1:]]
    near = did_you_mean(typed, subwords)
    if near is not None and rest.strip()[:1].isdecimal():
        meant = Code(f"{context.prefix}contact {near} {rest.strip()}")
        raise Refusal(_("I know no {typed} for contacts. Did you mean {meant}?", typed=Code(typed), meant=meant))


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
    _may_edit(context.member, args.country)
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
    await _refuse_double(contacts, args.country, args.kind, phone, args.email)
    if args.member is not None:
        await _may_stand_for(args.member, args.country, context.tx)
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
    await _plan_confirmation(contact, context)
    if args.duty:
        await _set_duty(contact, contacts, context, on_duty=True)
    first = _("Contact {number} is in the directory.", number=contact.id)
    return doc(first) + _card_doc(contact, context) + _phone_advice(contact)


@capability.command(
    "contact set",
    role=Role.OFFICIAL,
    summary=_("Correct a contact; none empties a field"),
    examples=("contact set 12 phone=+233 30 212 3456 hours=Mon-Fri 08:00-17:00", "contact set 12 role=none"),
)
async def change(args: Change, context: Context) -> Doc:
    contacts = Contacts(context.tx)
    contact = await _editable(args.number, context)
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
        await _refuse_double(contacts, contact.country, after["kind"], after["phone"], after["email"], but=contact)
    changed = contact.change(values)
    if changed:
        await contacts.reindex(contact)
        names = ["tz" if name == "zone" else name for name in changed]
        await contacts.record(contact, ContactChangeKind.CHANGED, context.member, context.now, names)
    duty_changed = duty is not None and await _set_duty(contact, contacts, context, on_duty=duty)
    if not changed and not duty_changed:
        return doc(_("Contact {number} is like this already; nothing was changed.", number=contact.id))
    first = _("Contact {number} is changed.", number=contact.id)
    last = _(
        "If everything else is right too, confirm it: {command}",
        command=Code(f"{context.prefix}contact confirm {contact.id}"),
    )
    return doc(first) + _card_doc(contact, context) + _phone_advice(contact) + doc(last)


@capability.command(
    "contact show",
    role=Role.MEMBER,
    reads=True,
    summary=_("Show a contact and who changed it when"),
    examples=("contact show 12",),
)
async def show(args: Which, context: Context) -> Doc:
    contact = await _contact(args.number, context)
    record = await record_of(contact, await Contacts(context.tx).changes(contact), Members(context.tx))
    return _card_doc(contact, context) + doc(_("On record:"), record)


@capability.command(
    "contact confirm",
    role=Role.OFFICIAL,
    summary=_("Say that a contact is still right in every point"),
    examples=("contact confirm 12",),
)
async def confirm(args: Which, context: Context) -> Doc:
    contacts = Contacts(context.tx)
    contact = await _editable(args.number, context)
    contact.confirm(context.member, context.now)
    await contacts.record(contact, ContactChangeKind.CONFIRMED, context.member, context.now)
    due = await _plan_confirmation(contact, context)
    return doc(
        _(
            "Contact {number}, {name}, is confirmed as of today. I ask again on {date}.",
            number=contact.id,
            name=Strong(Text(contact.name)),
            date=f"{due.astimezone(context.zone):%Y-%m-%d}",
        )
    )


@capability.command(
    "contact duty",
    role=Role.OFFICIAL,
    summary=_("Say who is on duty: alerts that nobody answers go there"),
    examples=("contact duty 12", "contact duty 12 off"),
)
async def duty(args: Duty, context: Context) -> Doc:
    contacts = Contacts(context.tx)
    contact = await _editable(args.number, context)
    changed = await _set_duty(contact, contacts, context, on_duty=args.state is DutyState.ON)
    places: dict[str, Any] = {"number": contact.id, "name": Strong(Text(contact.name))}
    match args.state, changed:
        case DutyState.ON, True:
            first = _("Contact {number}, {name}, is on duty from now.", **places)
        case DutyState.ON, False:
            first = _("Contact {number}, {name}, is on duty already.", **places)
        case DutyState.OFF, True:
            first = _("Contact {number}, {name}, is no longer on duty.", **places)
        case _:
            first = _("Contact {number}, {name}, was not on duty.", **places)
    return doc(first, *_advice_on_duty(contact), await _on_duty_now(contact.country, contacts))


@capability.command(
    "contact remove",
    role=Role.OFFICIAL,
    summary=_("Take a contact out of the directory"),
    examples=("contact remove 12",),
)
async def remove(args: Which, context: Context) -> Doc:
    contacts = Contacts(context.tx)
    contact = await _editable(args.number, context)
    was_on_duty = contact.on_duty
    contact.remove(context.now)
    await contacts.reindex(contact)
    await contacts.record(contact, ContactChangeKind.REMOVED, context.member, context.now)
    await context.timers().cancel_all(str(Subject("contact", contact.id)))
    parts = [
        _("Contact {number}, {name}, is out of the directory.", number=contact.id, name=Strong(Text(contact.name)))
    ]
    if was_on_duty:
        parts.append(await _on_duty_now(contact.country, contacts))
    return doc(*parts)


@capability.announces(DutyChanged)
async def tell_who_is_on_duty(event: DutyChanged, context: Context) -> None:
    """Whoever is put on duty by somebody else should know it."""
    contact = event.contact
    if contact.member is None or contact.member == event.by.user_id:
        return
    member = await Members(context.tx).get(contact.member)
    if member is None:
        return
    places: dict[str, Any] = {"country": CountryName(contact.country), "by": event.by.name}
    if contact.on_duty:
        words = _(
            "{by} has put you on duty for {country}: alerts that nobody acknowledges are brought to you.", **places
        )
    else:
        words = _("{by} has taken you off duty for {country}.", **places)
    await context.post(Post(doc=doc(words), person=member.user_id, language=member.language))


@capability.timer(CONFIRM_TIMER)
async def ask_to_confirm(timer: Timer, context: Context) -> None:
    """Ask the country's rooms once whether the contact is still right; without a room, the coordinators."""
    contact = await Contacts(context.tx).get(Subject.parse(timer.subject).id)
    if contact is None:
        return
    due = contact.confirmed_at + context.settings(DirectorySettings).confirm_after
    if due > context.now:
        await context.timers().schedule(CONFIRM_TIMER, timer.subject, due, {})
        return
    rooms = Rooms(context.tx)
    asked = await rooms.of_country(contact.country) or await rooms.bound_to(BindingKind.COORDINATION)
    places: dict[str, Any] = {
        "number": contact.id,
        "country": CountryName(contact.country),
        "date": f"{contact.confirmed_at:%Y-%m-%d}",
        "confirm": Code(f"{context.prefix}contact confirm {contact.id}"),
        "set": Code(f"{context.prefix}contact set {contact.id} phone=…"),
        "remove": Code(f"{context.prefix}contact remove {contact.id}"),
    }
    question = doc(_("Is contact {number} of {country} still right? It was last confirmed on {date}.", **places)) + Doc(
        card(contact, context.now)
    )
    question += doc(_("Right: {confirm}. Changed: {set}. Gone: {remove}.", **places))
    for room in asked:
        await context.post(
            Post(
                doc=question,
                room=room,
                priority=Priority.REMINDER,
                subject=Subject("contact", contact.id),
                part="confirm",
            )
        )


@capability.duties
async def duties(member: Member, context: Context) -> list[Message]:
    """Tell which contacts stand for a member: when the member goes, nobody is behind them."""
    found = []
    for contact in await Contacts(context.tx).of_member(member.user_id):
        places: dict[str, Any] = {
            "number": contact.id,
            "country": CountryName(contact.country),
            "kind": kind_name(contact.kind),
        }
        if contact.on_duty:
            found.append(_("on-duty contact for {country}, {kind} (contact {number})", **places))
        else:
            found.append(_("contact for {country}, {kind} (contact {number})", **places))
    return found


def _may_edit(member: Member, land: CountryCode) -> None:
    if member.role >= Role.COORDINATOR or member.is_official_of(land):
        return
    if member.country is None:
        raise Refusal(
            _("Only officials of {country} and coordinators may change its contacts.", country=CountryName(land))
        )
    raise Refusal(
        _(
            "You may change contacts of {own} only. For {country}, ask one of its officials or a coordinator.",
            own=CountryName(member.country),
            country=CountryName(land),
        )
    )


async def _contact(ref: Ref, context: Context) -> Contact:
    """Return the contact that is meant. Raises Refusal."""
    number = ref.id if ref.id is not None else int(ref.number) if ref.number and ref.number.isdecimal() else None
    contact = None if number is None else await Contacts(context.tx).get(number)
    if contact is None:
        raise Refusal(
            _(
                "There is no contact {number}. Look for it with {example}.",
                number=str(ref.number or ref.id),
                example=Code(f"{context.prefix}contact ghana customs"),
            )
        )
    return contact


async def _editable(ref: Ref, context: Context) -> Contact:
    contact = await _contact(ref, context)
    _may_edit(context.member, contact.country)
    return contact


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
        await _may_stand_for(args.member, contact.country, tx)
    empty = {"role": "", "authority": ""}
    return {name: empty.get(name) if value is Cleared.CLEARED else value for name, value in values.items()}


async def _refuse_double(
    contacts: Contacts,
    land: CountryCode,
    kind: AuthorityKind,
    phone: str | None,
    email: str | None,
    *,
    but: Contact | None = None,
) -> None:
    same = await contacts.same_as(land, kind, phone, email, but=but)
    if same is None:
        return
    raise Refusal(
        _(
            "This is contact {number} already: {name}, {kind}, {country}. Correct it with {command}.",
            number=same.id,
            name=Strong(Text(same.name)),
            kind=kind_name(same.kind),
            country=CountryName(same.country),
            command=Code(f"contact set {same.id} …"),
        )
    )


async def _may_stand_for(user_id: UserId, land: CountryCode, tx: Transaction) -> None:
    """Whether a person of the roster may be the contact of a country. Raises Refusal."""
    member = await Members(tx).get(user_id)
    if member is None:
        raise Refusal(
            _("{id} is not on the roster. A coordinator can add this person; then link the contact.", id=Code(user_id))
        )
    if member.country is not None and member.country != land:
        raise Refusal(
            _(
                "{name} is on the roster for {there}, not for {country}.",
                name=member.name,
                there=CountryName(member.country),
                country=CountryName(land),
            )
        )


async def _plan_confirmation(contact: Contact, context: Context) -> datetime:
    due = contact.confirmed_at + context.settings(DirectorySettings).confirm_after
    await context.timers().schedule(CONFIRM_TIMER, str(Subject("contact", contact.id)), due, {})
    return due


async def _set_duty(contact: Contact, contacts: Contacts, context: Context, *, on_duty: bool) -> bool:
    if not contact.set_duty(on_duty):
        return False
    kind = ContactChangeKind.DUTY_ON if on_duty else ContactChangeKind.DUTY_OFF
    await contacts.record(contact, kind, context.member, context.now)
    await context.emit(DutyChanged(contact, context.member))
    return True


def _advice_on_duty(contact: Contact) -> list[Message]:
    if contact.on_duty and contact.member is None:
        example = Code(f"contact set {contact.id} member=@ama:example.org")
        return [_("I can mention this person only when linked to the roster: {example}", example=example)]
    return []


async def _on_duty_now(land: CountryCode, contacts: Contacts) -> Message:
    on_duty = await contacts.on_duty(land)
    if not on_duty:
        return _("Nobody is on duty for {country} now.", country=CountryName(land))
    people = joined(_("{name} ({number})", name=one.name, number=one.id) for one in on_duty)
    return _("On duty for {country} now: {people}.", country=CountryName(land), people=people)


def _phone_advice(contact: Contact) -> Doc:
    """Say so when a number looks odd: ranges of numbers change faster than the tables, so it is no error."""
    if contact.phone is None or is_usual_phone(contact.phone):
        return Doc(())
    return doc(
        _(
            "The phone number {phone} is of no range that I know. Please check it.",
            phone=show_phone(contact.phone),
        )
    )


def _card_doc(contact: Contact, context: Context) -> Doc:
    return Doc(card(contact, context.now, context.member.language))
