"""Which contact is meant, who may change it, and what is refused."""

from typing import Annotated

from commands.arguments import (
    About,
    Ref,
)
from commands.base import Args, Context, Refusal, Role
from commands.document import Code, CountryName, Strong, Text, _
from commands.network import kind_name
from storage.base import Transaction
from storage.contacts import Contact, Contacts
from storage.ids import CountryCode, UserId
from storage.members import AuthorityKind, Member, Members

WHICH = _("Which contact? Write its number.")


class Which(Args):
    number: Annotated[Ref, About("contact", ask=WHICH)]


def may_edit(member: Member, land: CountryCode) -> None:
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


async def contact_meant(ref: Ref, context: Context) -> Contact:
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


async def contact_to_change(ref: Ref, context: Context) -> Contact:
    contact = await contact_meant(ref, context)
    may_edit(context.member, contact.country)
    return contact


async def refuse_double(
    contacts: Contacts,
    land: CountryCode,
    kind: AuthorityKind,
    phone: str | None,
    email: str | None,
    prefix: str,
    *,
    but: Contact | None = None,
) -> None:
    same = await contacts.same_as(land, kind, phone, email, but=but)
    if same is None:
        return
    raise Refusal(
        _(
            "With that number or address there is contact {number} already: {name}, {kind}, {country}. Correct it with "
            "{command}.",
            number=same.id,
            name=Strong(Text(same.name)),
            kind=kind_name(same.kind),
            country=CountryName(same.country),
            command=Code(f"{prefix}contact set {same.id} ..."),
        )
    )


async def refuse_other_person(user_id: UserId, land: CountryCode, tx: Transaction) -> None:
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
