"""Letting more people hear of an alert than before: for the author's authority alone, with a reason, on record."""

from typing import Annotated

from commands.alerts.circulating.circulation import unless_heard
from commands.alerts.declaration import KIND, capability
from commands.alerts.events import AlertChanged
from commands.alerts.finding import check_length, find, possible_or_refused
from commands.alerts.meant import ask_number, by_number
from commands.alerts.rights import speaks_for_author
from commands.alerts.showing.terms import MARKING_WORDS
from commands.alerts.showing.words import refusal, who
from commands.alerts.typed import SHORT
from commands.arguments import About, Choice, Option, Ref, Rest
from commands.base import Args, Context, Role
from commands.document import Code, Doc, _
from storage.alerts import Tlp


class Downgrade(Args):
    about: Annotated[Ref, About(KIND, ask=_("Which alert? Answer with its number."))]
    tlp: Annotated[
        Tlp, Choice(Tlp), SHORT, Option(ask=_("To which marking? Answer amber-strict, amber, green or clear."))
    ]
    reason: Annotated[str, Rest(ask=_("Why may more people know of it now?"))]


@by_number("downgrade")
@capability.command(
    "alert downgrade",
    role=Role.OFFICIAL,
    summary=_("Let more people hear of an alert that your authority raised"),
    examples=["alert downgrade A-2026-0001 tlp=green The case is public now"],
)
async def downgrade(args: Downgrade, context: Context) -> Doc | None:
    """Make the marking less strict; the rooms that may hear of it now get its card."""
    alert = await find(args.about, context)
    if not speaks_for_author(alert, context.member):
        note = Code(f"{context.prefix}alert note {alert.number} ...")
        words = _(
            "The marking of alert {number} is lowered only by {authority}, which raised it. Ask them with {note}.",
            number=alert.number, authority=who(alert.author_authority, alert.author_country), note=note,
        )  # fmt: skip
        raise refusal(alert, words)
    check_length(args.reason, _("Your reason"), alert)
    if not alert.tlp.is_stricter_than(args.tlp):
        how = Code(f"{context.prefix}alert set {alert.number} tlp=...")
        words = _(
            "TLP:{wanted} is not less strict than TLP:{tlp}, which alert {number} has. Its author makes it stricter "
            "with {how}.",
            wanted=args.tlp.value, number=alert.number, tlp=alert.tlp.value, how=how,
        )  # fmt: skip
        raise refusal(alert, words)
    if args.about.number is None and alert.is_open:
        return await ask_number("downgrade", args, alert, context)
    with possible_or_refused(alert, context):
        line = alert.lower(args.tlp, args.reason, by=context.member, at=context.now)
    await context.emit(AlertChanged(alert, line))
    words = _("Alert {number} is now: {marking}.", number=alert.number, marking=MARKING_WORDS[alert.tlp])
    return await unless_heard(alert, context, words)
