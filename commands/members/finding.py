"""Which person is meant, and what is said of somebody who is on no roster."""

from typing import Annotated

from commands.arguments import Person, Word, did_you_mean
from commands.base import Args, Context, Refusal
from commands.document import Code, Message, Moment, _
from commands.network import named
from storage.ids import UserId
from storage.members import Member, Members
from storage.reference.spelling import slips

_SLIPS = 3


class Which(Args):
    person: Annotated[UserId, Person(), Word(ask=_("Who? Write the full Matrix id."))]


async def unknown(person: UserId, context: Context) -> Message:
    """Say that this person is not on the roster, and who may have been meant."""
    known = {member.user_id.casefold(): member.user_id for member in await Members(context.tx).all()}
    near = did_you_mean(person, sorted(known))
    if near is None or slips(person, near) > _SLIPS:  # ids of one homeserver are all alike
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
    await refuse_bot(person, context)
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
    raise Refusal(await unknown(person, context))


async def refuse_bot(person: UserId, context: Context) -> None:
    """Raises Refusal where the bot itself is meant."""
    if await context.is_bot(person):
        raise Refusal(_("That is me. I serve the network but am not on its roster."))


def country_missing() -> Message:
    """Say that a record needs a country."""
    return _(
        "For which country? Add {example}; only an international organisation ({kind}) may be without one.",
        example=Code("country=GH"),
        kind=Code("kind=international"),
    )
