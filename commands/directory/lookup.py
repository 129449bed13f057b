"""Looking contacts up."""

from dataclasses import replace
from typing import Annotated

from commands.arguments import (
    Word,
    did_you_mean,
)
from commands.base import Args, Context, Refusal, Role
from commands.directory.cards import card, found_doc, record_of
from commands.directory.checks import Which, contact_meant
from commands.directory.declaration import capability
from commands.directory.finding import find_contacts
from commands.document import Code, Doc, _, doc
from storage.contacts import Contacts
from storage.members import Members

LONGEST_QUESTION = 200
"""Characters. Each word is compared with many, so a page of them would keep everybody else waiting."""


_NAMED = 20
"""Members of the roster by a name that are read in full; a few of them are shown."""


class Find(Args):
    text: Annotated[
        str, Word(ask=_("Whom do you look for? Name a country, a port, a kind of authority, a language or a person."))
    ]


@capability.command(
    "contact",
    role=Role.MEMBER,
    reads=True,
    summary=_("Look somebody up by country, port, kind of authority, language or name"),
    examples=("contact ghana customs", "contact Tema port police", "contact french speaking customs benin"),
)
async def find(args: Find, context: Context) -> Doc:
    if len(args.text) > LONGEST_QUESTION:
        raise Refusal(
            _("That is a long question: a few words find more. At most {limit} characters.", limit=LONGEST_QUESTION)
        )
    contacts = Contacts(context.tx)
    number = args.text.strip().removeprefix("#")
    if number.isdecimal() and number.isascii() and len(number) <= 6 and (found := await contacts.get(int(number))):
        return Doc(card(found, context.now, context.member.language))
    members = Members(context.tx)
    result = await find_contacts(contacts, args.text, await members.names(), context.member.country)
    result = replace(result, members=await members.several([one.user_id for one in result.named[:_NAMED]]))
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
    "contact show",
    role=Role.MEMBER,
    reads=True,
    summary=_("Show a contact and who changed it when"),
    examples=("contact show 12",),
)
async def show(args: Which, context: Context) -> Doc:
    contact = await contact_meant(args.number, context)
    record = await record_of(contact, await Contacts(context.tx).changes(contact), Members(context.tx))
    return Doc(card(contact, context.now, context.member.language)) + doc(_("On record:"), record)
