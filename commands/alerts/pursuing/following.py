"""Following up: a country acknowledges, officials add notes and say of what type an alert is now."""

from typing import Annotated

from commands.alerts.circulating.circulation import unless_heard
from commands.alerts.clocks import escalation
from commands.alerts.declaration import KIND, capability
from commands.alerts.events import AlertChanged
from commands.alerts.finding import check_length, find, not_possible, possible_or_refused
from commands.alerts.rights import country_of, is_concerned
from commands.alerts.showing.terms import TYPE_WORDS
from commands.alerts.showing.words import option, refusal
from commands.alerts.typed import SHORT
from commands.arguments import About, Choice, Ref, Rest, Word
from commands.base import Args, Context, Refusal, Role
from commands.document import Code, CountryName, Doc, _, either, joined
from commands.visibility import shown_here
from storage.alerts import Alert, Alerts, AlertType, NotPossible, Outlines, Why

_WHICH = _("Which alert? Answer with its number.")


class Acknowledge(Args):
    about: Annotated[Ref | None, About(KIND, ask=_WHICH)] = None


@capability.command(
    "alert ack",
    role=Role.OFFICIAL,
    summary=_("Say that your country deals with an alert"),
    examples=["alert ack", "alert ack A-2026-0001"],
)
async def acknowledge(args: Acknowledge, context: Context) -> Doc | None:
    """Acknowledge for the own country; the clocks of the others run on."""
    member = context.member
    alert = await find(args.about, context) if args.about is not None else await _only_one_waiting(context)
    country = country_of(alert, context)
    try:
        line = alert.acknowledge(country, by=member, at=context.now)
    except NotPossible as error:
        refused = not_possible(error, alert, context)
        if error.why in {Why.ALREADY_ACKNOWLEDGED, Why.RAISED_BY_THE_COUNTRY}:
            return refused.words.quietly()
        raise refused from error
    await escalation.stop(alert, context, country)
    await context.emit(AlertChanged(alert, line))
    waiting = [CountryName(entry.country) for entry in alert.addressees if alert.awaits(entry.country)]
    done = _("{country} has acknowledged alert {number}.", country=CountryName(country), number=alert.number)
    if not waiting:
        return await unless_heard(alert, context, done, _("Every country concerned has."))
    return await unless_heard(alert, context, done, _("Still waiting for {countries}.", countries=joined(waiting)))


async def _only_one_waiting(context: Context) -> Alert:
    country = context.member.country
    found = await Outlines(context.tx).awaiting(country, limit=50) if country is not None else ()
    shown = [alert for alert in found if shown_here(alert, context)]
    if len(shown) == 1 and (alert := await Alerts(context.tx).get(shown[0].id)) is not None:
        return alert
    if not shown:
        raise Refusal(
            _("No alert waits here for your country's acknowledgement. Look with {list}.",
              list=Code(f"{context.prefix}alert list open"))
        )  # fmt: skip
    options = either(option(alert, f"{context.prefix}alert ack {alert.number}") for alert in shown[:5])
    raise Refusal(_("Several alerts wait for your country. Say which you mean: {options}.", options=options))


class Note(Args):
    about: Annotated[Ref, About(KIND, ask=_WHICH)]
    text: Annotated[str, Rest(ask=_("What shall I note?"))]


@capability.command(
    "alert note",
    role=Role.OFFICIAL,
    summary=_("Tell everybody concerned something new about an alert"),
    examples=["alert note A-2026-0001 The container was opened: lead-acid batteries, leaking"],
)
async def note(args: Note, context: Context) -> Doc | None:
    """Add a note to an alert; it is posted in the thread of every card."""
    alert = await find(args.about, context)
    if not is_concerned(alert, context.member):
        raise refusal(
            alert,
            _("Notes on alert {number} come from the countries concerned and the coordinators.", number=alert.number),
        )
    check_length(args.text, _("Your note"), alert)
    with possible_or_refused(alert, context):
        line = alert.note(args.text, by=context.member, at=context.now)
    await context.emit(AlertChanged(alert, line))
    return await unless_heard(
        alert, context, _("Noted on alert {number}, in every room's thread.", number=alert.number)
    )


class Type(Args):
    about: Annotated[Ref, About(KIND, ask=_WHICH)]
    type_: Annotated[
        AlertType,
        Choice(AlertType),
        SHORT,
        Word(ask=_("Of what type is it now? Answer news, information, alert or warning.")),
    ]
    reason: Annotated[str, Rest(ask=_("Why?"))]


@capability.command(
    "alert type",
    role=Role.OFFICIAL,
    summary=_("Say of what type an alert is now, such as news that became a warning"),
    examples=["alert type A-2026-0001 warning The same exporter again, control every box"],
)
async def classify(args: Type, context: Context) -> Doc | None:
    """Reclassify an alert by a follow-up: officials of its author's country, or a coordinator."""
    alert = await find(args.about, context)
    member = context.member
    own = member.country is not None and member.country == alert.author_country
    if not (own or member.user_id == alert.author or member.role >= Role.COORDINATOR):
        raise refusal(
            alert,
            _("The type of alert {number} is said by officials of the country that raised it, or by a coordinator.",
              number=alert.number),
        )  # fmt: skip
    check_length(args.reason, _("Your text"), alert)
    with possible_or_refused(alert, context):
        line = alert.classify(args.type_, args.reason, by=member, at=context.now)
    await context.emit(AlertChanged(alert, line))
    return await unless_heard(
        alert, context, _("Alert {number} is now this: {type}.", number=alert.number, type=TYPE_WORDS[args.type_])
    )
