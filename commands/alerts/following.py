"""Following up: a country acknowledges, officials add notes, the alert is closed or withdrawn."""

from typing import Annotated

from commands.alerts import escalation
from commands.alerts.audience import may_see
from commands.alerts.circulation import refresh_draft
from commands.alerts.declaration import KIND, LONGEST_TEXT, capability
from commands.alerts.drafting import too_long
from commands.alerts.events import AlertChanged
from commands.alerts.finding import check_author, find, not_possible
from commands.alerts.words import outcome_words
from commands.arguments import About, Choice, Option, Ref, Rest
from commands.base import Args, Context, Refusal, Role
from commands.document import Code, CountryName, Doc, Message, Words, _, doc, joined
from storage.alerts import Alert, Alerts, NotPossible, Outcome, Why
from storage.members import Member
from storage.outbox import Outbox

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
    if member.country is None:
        raise Refusal(_("You belong to no country on the roster, so there is none that you could acknowledge for."))
    try:
        line = alert.acknowledge(member.country, by=member, at=context.now)
    except NotPossible as error:
        refusal = not_possible(error, alert, context)
        if error.why in {Why.ALREADY_ACKNOWLEDGED, Why.RAISED_BY_THE_COUNTRY}:
            assert isinstance(refusal.words, Message)
            return doc(refusal.words, notice=True)
        raise refusal from error
    await escalation.stop(alert, context, member.country)
    await context.emit(AlertChanged(alert, line))
    waiting = [CountryName(entry.country) for entry in alert.addressees if alert.awaits(entry.country)]
    done = _("{country} has acknowledged alert {number}.", country=CountryName(member.country), number=alert.number)
    if not waiting:
        return await _unless_heard(alert, context, done, _("Every country concerned has."))
    return await _unless_heard(alert, context, done, _("Still waiting for {countries}.", countries=joined(waiting)))


async def _only_one_waiting(context: Context) -> Alert:
    country = context.member.country
    found = await Alerts(context.tx).awaiting(country, limit=50) if country is not None else ()
    shown = [alert for alert in found if may_see(alert, context.member, context.room)]
    if len(shown) == 1:
        return shown[0]
    if not shown:
        raise Refusal(
            _("No alert waits here for your country's acknowledgement. Look with {list}.",
              list=Code(f"{context.prefix}alert list open"))
        )  # fmt: skip
    options = joined(Code(f"{context.prefix}alert ack {alert.number}") for alert in shown[:5])
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
    if not _is_concerned(alert, context.member):
        raise Refusal(
            _("Notes on alert {number} come from the countries concerned and the coordinators.", number=alert.number)
        )
    _check_length(args.text, _("Your note"))
    try:
        line = alert.note(args.text, by=context.member, at=context.now)
    except NotPossible as error:
        raise not_possible(error, alert, context) from error
    await context.emit(AlertChanged(alert, line))
    return await _unless_heard(
        alert, context, _("Noted on alert {number}, in every room's thread.", number=alert.number)
    )


class Close(Args):
    about: Annotated[Ref, About(KIND, ask=_WHICH)]
    outcome: Annotated[
        Outcome,
        Choice(Outcome),
        Option(ask=_("What came of it? Answer returned, treated, cleared, not-located, prosecuted or other.")),
    ]
    text: Annotated[str, Rest(ask=_("What came of it?"))] = ""


@capability.command(
    "alert close",
    role=Role.OFFICIAL,
    summary=_("Close an alert and say what came of it"),
    examples=["alert close A-2026-0001 outcome=returned Shipped back to Antwerp on 2 December"],
)
async def close(args: Close, context: Context) -> Doc | None:
    """Close an alert with its outcome; all clocks stop."""
    alert = await find(args.about, context)
    if not _is_concerned(alert, context.member):
        raise Refusal(
            _("Alert {number} is closed by officials of the countries concerned, or by a coordinator.",
              number=alert.number)
        )  # fmt: skip
    _check_length(args.text, _("Your text"))
    try:
        line = alert.close(args.outcome, args.text, by=context.member, at=context.now)
    except NotPossible as error:
        raise not_possible(error, alert, context) from error
    await escalation.stop(alert, context)
    await context.emit(AlertChanged(alert, line))
    outcome = outcome_words(args.outcome)
    closed = _("Alert {number} is closed. Outcome: {outcome}.", number=alert.number, outcome=outcome)
    return await _unless_heard(alert, context, closed)


class Withdraw(Args):
    about: Annotated[Ref, About(KIND, ask=_WHICH)]
    reason: Annotated[str, Rest(ask=_("Why do you withdraw it?"))]


@capability.command(
    "alert withdraw",
    role=Role.OFFICIAL,
    summary=_("Take your alert back; the record stays"),
    examples=["alert withdraw A-2026-0001 The container number was misread"],
)
async def withdraw(args: Withdraw, context: Context) -> Doc | None:
    """Withdraw an alert: its cards say so, its clocks stop, its number and record stay."""
    alert = await find(args.about, context)
    check_author(alert, context)
    _check_length(args.reason, _("Your reason"))
    was_circulated = alert.was_circulated
    try:
        line = alert.withdraw(args.reason, by=context.member, at=context.now)
    except NotPossible as error:
        raise not_possible(error, alert, context) from error
    if not was_circulated:
        await refresh_draft(alert, context)
        return doc(_("The draft of alert {number} is dropped. Nobody was told of it.", number=alert.number))
    await escalation.stop(alert, context)
    await context.emit(AlertChanged(alert, line))
    return await _unless_heard(
        alert, context, _("Alert {number} is withdrawn; every card says so.", number=alert.number)
    )


def _is_concerned(alert: Alert, member: Member) -> bool:
    if member.user_id == alert.author or member.role >= Role.COORDINATOR or member.user_id in alert.named:
        return True
    return member.country is not None and (member.country in alert.countries or member.country == alert.author_country)


def _check_length(text: str, what: Message) -> None:
    if len(text) > LONGEST_TEXT:
        raise Refusal(too_long(text, what))


async def _unless_heard(alert: Alert, context: Context, *words: Words) -> Doc | None:
    """Answer, except in the thread of a card: the line that everybody gets is the answer there."""
    cards = await Alerts(context.tx).cards(alert)
    rows = [await Outbox(context.tx).get(card.row_id) for card in cards]
    threads = {row.event_id for row in rows if row is not None and row.event_id is not None}
    return None if context.thread_root in threads else doc(*words)
