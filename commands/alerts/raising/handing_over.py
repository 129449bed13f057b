"""Handing an alert over: to who looks after it now, when its author leaves or has left."""

from typing import Annotated

from commands.alerts.circulating.circulation import unless_heard
from commands.alerts.circulating.drafts import refresh_draft
from commands.alerts.circulating.retracting import retract_elsewhere
from commands.alerts.declaration import KIND, capability
from commands.alerts.events import AlertChanged
from commands.alerts.finding import find, possible_or_refused
from commands.alerts.meant import ask_number, by_number
from commands.alerts.showing.words import refusal, who
from commands.arguments import About, Person, Ref, Word
from commands.base import Args, Context, Role
from commands.document import Code, Doc, Text, _
from commands.visibility import is_author
from storage.alerts import Alert
from storage.ids import UserId
from storage.members import Member, Members


class HandOver(Args):
    about: Annotated[Ref, About(KIND, ask=_("Which alert? Answer with its number."))]
    person: Annotated[UserId, Person(), Word(ask=_("To whom? Write the full Matrix id."))]


@by_number("hand-over")
@capability.command(
    "alert hand-over",
    role=Role.OFFICIAL,
    summary=_("Let another official of the country that raised an alert look after it"),
    examples=["alert hand-over A-2026-0001 @kofi:example.org"],
)
async def hand_over(args: HandOver, context: Context) -> Doc | None:
    """Make another official of the same country the author: by the author, or once the author is gone."""
    alert = await find(args.about, context)
    await _check_may(alert, context)
    heir = await Members(context.tx).get(args.person)
    if heir is None or heir.role < Role.OFFICIAL or heir.country != alert.author_country:
        words = _(
            "{person} is not an official of the country that raised alert {number}, so it cannot be theirs. "
            "Name somebody who is an official there.",
            person=Code(args.person), number=alert.number,
        )  # fmt: skip
        raise refusal(alert, words)
    if heir.user_id == alert.author:
        raise refusal(alert, _("Alert {number} is {name}'s already.", number=alert.number, name=Text(heir.name)))
    if args.about.number is None:
        return await ask_number("hand-over", args, alert, context)
    with possible_or_refused(alert, context):
        line = alert.hand_over(heir, by=context.member, at=context.now)
    if alert.is_draft:
        await refresh_draft(alert, context)
    # Who raised it may see it no more: while it is a draft, or under RED.
    await retract_elsewhere(alert, context, drafts=not alert.is_draft)
    if not alert.is_draft:
        await context.emit(AlertChanged(alert, line))
    return await unless_heard(
        alert, context, _("Alert {number} is {name}'s now.", number=alert.number, name=Text(heir.name))
    )


async def _check_may(alert: Alert, context: Context) -> None:
    """Raises Refusal unless the author speaks; once they are gone, an official of the country or a coordinator."""
    member = context.member
    if is_author(alert, member):
        return
    author = await Members(context.tx).get(alert.author)
    is_own = member.country is not None and member.country == alert.author_country
    if is_gone(alert, author) and (is_own or member.role >= Role.COORDINATOR):
        return
    words = _(
        "Alert {number} is handed over by who raised it; once they are gone from {authority}, by an official of their "
        "country or a coordinator.",
        number=alert.number, authority=who(alert.author_authority, alert.author_country),
    )  # fmt: skip
    raise refusal(alert, words)


def is_gone(alert: Alert, author: Member | None) -> bool:
    """Whether nobody looks after an alert: its author left the roster, or the country, or is no official any more."""
    return author is None or not is_author(alert, author) or author.role < Role.OFFICIAL
