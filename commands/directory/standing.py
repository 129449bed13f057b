"""Which contacts are still right and who is on duty: what changes with time."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from commands.arguments import (
    About,
    Choice,
    Ref,
    Word,
)
from commands.base import Args, Context, Event, Post, Priority, Role, Subject
from commands.directory.cards import card
from commands.directory.checks import WHICH, Which, contact_to_change
from commands.directory.declaration import DirectorySettings, capability
from commands.document import Code, CountryName, Doc, Message, Strong, Text, _, doc, joined
from commands.network import kind_name
from storage.contacts import Contact, ContactChangeKind, Contacts
from storage.ids import CountryCode
from storage.members import Member, Members
from storage.rooms import BindingKind, Rooms
from storage.timers import Timer

CONFIRM_TIMER = "contact.confirm"


class DutyState(StrEnum):
    ON = "on"
    OFF = "off"


class Duty(Args):
    number: Annotated[Ref, About("contact", ask=WHICH)]
    state: Annotated[DutyState, Choice(DutyState), Word(ask=_("On or off?"))] = DutyState.ON


@dataclass(frozen=True, slots=True)
class DutyChanged(Event):
    """A contact was put on duty or taken off it."""

    contact: Contact
    by: Member


@capability.command(
    "contact confirm",
    role=Role.OFFICIAL,
    summary=_("Say that a contact is still right in every point"),
    examples=("contact confirm 12",),
)
async def confirm(args: Which, context: Context) -> Doc:
    contacts = Contacts(context.tx)
    contact = await contact_to_change(args.number, context)
    contact.confirm(context.member, context.now)
    await contacts.record(contact, ContactChangeKind.CONFIRMED, context.member, context.now)
    due = await plan_confirmation(contact, context)
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
    contact = await contact_to_change(args.number, context)
    changed = await set_duty(contact, contacts, context, on_duty=args.state is DutyState.ON)
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
    return doc(first, *_advice_on_duty(contact), await on_duty_now(contact.country, contacts))


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


async def plan_confirmation(contact: Contact, context: Context) -> datetime:
    due = contact.confirmed_at + context.settings(DirectorySettings).confirm_after
    await context.timers().schedule(CONFIRM_TIMER, str(Subject("contact", contact.id)), due, {})
    return due


async def set_duty(contact: Contact, contacts: Contacts, context: Context, *, on_duty: bool) -> bool:
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


_NAMED = 20
"""Contacts on duty that are named in one sentence."""


async def on_duty_now(land: CountryCode, contacts: Contacts) -> Message:
    on_duty = await contacts.on_duty(land, limit=_NAMED + 1)
    if not on_duty:
        return _("Nobody is on duty for {country} now.", country=CountryName(land))
    people = joined(_("{name} ({number})", name=one.name, number=one.id) for one in on_duty[:_NAMED])
    if len(on_duty) > _NAMED:
        return _("On duty for {country} now: {people}, and others.", country=CountryName(land), people=people)
    return _("On duty for {country} now: {people}.", country=CountryName(land), people=people)
