"""How an alert ends: closed, withdrawn, merged; and how a closed one goes on."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from commands.alerts.audience import listeners
from commands.alerts.circulating.circulation import tell_everyone, unless_heard
from commands.alerts.circulating.drafts import refresh_draft
from commands.alerts.circulating.retracting import retract_elsewhere
from commands.alerts.clocks import escalation, periods
from commands.alerts.declaration import KIND, capability, subject_of
from commands.alerts.events import AlertChanged
from commands.alerts.finding import check_author, check_length, find, not_possible, possible_or_refused
from commands.alerts.meant import ask_number, by_number
from commands.alerts.rights import Act, check
from commands.alerts.showing.composing import may_be_named
from commands.alerts.showing.terms import OUTCOME_WORDS
from commands.alerts.showing.words import marked, refusal
from commands.alerts.typed import SHORT
from commands.arguments import About, Choice, Option, Ref, Rest
from commands.base import Args, Context, Role
from commands.document import Code, CountryName, Doc, Message, _, doc, joined
from storage.alerts import Alert, AlertMatches, CostBearer, NotPossible, Outcome, Why

_WHICH = _("Which alert? Answer with its number.")

_LONGEST_SANCTION = 300


class Close(Args):
    about: Annotated[Ref, About(KIND, ask=_WHICH)]
    outcome: Annotated[
        Outcome,
        Choice(Outcome),
        SHORT,
        Option(ask=_("What came of it? Answer returned, treated, cleared, not-located, prosecuted or other.")),
    ]
    cost: Annotated[CostBearer | None, Choice(CostBearer), SHORT, Option()] = None
    sanction: Annotated[str | None, Option()] = None
    text: Annotated[str, Rest(ask=_("What came of it?"))] = ""


@by_number("close")
@capability.command(
    "alert close",
    role=Role.OFFICIAL,
    summary=_("Close an alert and say what came of it"),
    examples=[
        "alert close A-2026-0001 outcome=returned Shipped back to Antwerp on 2 December",
        'alert close A-2026-0001 outcome=returned cost=exporter sanction="fine of 20 000 EUR"',
    ],
)
async def close(args: Close, context: Context) -> Doc | None:
    """Close an alert with its outcome, who bears the cost and the sanction; all clocks stop."""
    alert = await find(args.about, context)
    check(Act.CLOSE, alert, context)
    check_length(args.text, _("Your text"), alert)
    sanction = " ".join(args.sanction.split()) if args.sanction else None
    if sanction is not None and len(sanction) > _LONGEST_SANCTION:
        words = _("A sanction has at most {limit} characters; the rest belongs into the text.", limit=_LONGEST_SANCTION)
        raise refusal(alert, words)

    async def end() -> Doc | None:
        line = alert.close(
            args.outcome, args.text, cost=args.cost, sanction=sanction, by=context.member, at=context.now
        )
        await periods.stop_all(alert, context)
        await context.emit(AlertChanged(alert, line))
        outcome = OUTCOME_WORDS[args.outcome]
        closed = _("Alert {number} is closed. Outcome: {outcome}.", number=alert.number, outcome=outcome)
        return await unless_heard(alert, context, closed)

    return await _ended("close", args, alert, end, context)


class Withdraw(Args):
    about: Annotated[Ref, About(KIND, ask=_WHICH)]
    reason: Annotated[str, Rest(ask=_("Why do you withdraw it?"))]


@by_number("withdraw")
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
    check_length(args.reason, _("Your reason"), alert)

    async def end() -> Doc | None:
        line = alert.withdraw(args.reason, by=context.member, at=context.now)
        if not alert.was_circulated:
            await drop(alert, context)
            words = _("The draft of alert {number} is dropped. Nobody was told of it.", number=alert.number)
            return marked(alert, doc(words))
        await periods.stop_all(alert, context)
        await context.emit(AlertChanged(alert, line))
        return await unless_heard(
            alert, context, _("Alert {number} is withdrawn; every card says so.", number=alert.number)
        )

    return await _ended("withdraw", args, alert, end, context)


class Merge(Args):
    about: Annotated[Ref, About(KIND, ask=_WHICH)]
    into: Annotated[str, Option(ask=_("Into which alert? Answer with the number of the one that goes on."))]
    reason: Annotated[str, Rest(ask=_("Why?"))] = ""


@by_number("merge")
@capability.command(
    "alert merge",
    role=Role.OFFICIAL,
    summary=_("End an alert in favour of another about the same shipment"),
    examples=["alert merge A-2026-0002 into=A-2026-0001 The same container"],
)
async def merge(args: Merge, context: Context) -> Doc | None:
    """Merge an alert into another: its clocks stop, its record stays, and its cards name the other where they may."""
    alert = await find(args.about, context)
    check(Act.MERGE, alert, context)
    check_length(args.reason, _("Your reason"), alert)
    target = await find(Ref(number=args.into), context)
    if target.id == alert.id:
        into = Code(f"{context.prefix}alert merge {alert.number} into=...")
        raise refusal(alert, _("An alert is not merged into itself. Name the one that goes on: {into}", into=into))
    if target.is_exercise is not alert.is_exercise:
        raise refusal(alert, _("An exercise and a real alert are never merged."))
    if not target.is_open:
        words = _("Alert {target} does not go on, so nothing can be merged into it. Look with {show}.",
                  target=target.number, show=Code(f"{context.prefix}alert show {target.number}"))  # fmt: skip
        raise refusal(alert, words)

    async def end() -> Doc | None:
        was_circulated = alert.was_circulated
        line = alert.merge(target, args.reason, by=context.member, at=context.now)
        if was_circulated:
            await periods.stop_all(alert, context)
            await context.emit(AlertChanged(alert, line))
            await _tell_target(alert, target, context)
            # Its cards name the other one: until that may no longer be seen there.
            await AlertMatches(context.tx).pair(alert, [target.id], context.now)
        else:
            await drop(alert, context)
        words: list[Message] = [_("Alert {number} is merged into {target}.", number=alert.number, target=target.number)]
        missing = sorted(alert.countries - target.countries)
        if missing:
            tell = Code(f"{context.prefix}alert set {target.number} tell=+{','.join(missing)}")
            names = joined(CountryName(country) for country in missing)
            words.append(_("{names} hear nothing of {target}. Who raised it can add them: {tell}", names=names,
                           target=target.number, tell=tell))  # fmt: skip
        return marked(alert, doc(*words))

    return await _ended("merge", args, alert, end, context)


async def drop(alert: Alert, context: Context) -> None:
    """Show its few readers that a draft is no more, and those who were to verify it nothing of it."""
    await refresh_draft(alert, context)
    await retract_elsewhere(alert, context, drafts=False)


async def _tell_target(alert: Alert, target: Alert, context: Context) -> None:
    """Say in the threads of the alert that goes on what was merged into it: only where that may be seen."""
    allowed = {
        (one.room, one.person)
        for one in await listeners(context.tx, target)
        if await may_be_named(alert, target, one, context)
    }
    said = doc(_("Alert {other} was merged into {number}.", other=alert.number, number=target.number))
    said = said.naming([subject_of(alert)])
    await tell_everyone(target, lambda one: said if (one.room, one.person) in allowed else None, context)


class Reopen(Args):
    about: Annotated[Ref, About(KIND, ask=_WHICH)]
    reason: Annotated[str, Rest(ask=_("Why does it go on?"))]


@capability.command(
    "alert reopen",
    role=Role.OFFICIAL,
    summary=_("Go on with a closed alert"),
    examples=["alert reopen A-2026-0001 The same container is back in Tema"],
)
async def reopen(args: Reopen, context: Context) -> Doc | None:
    """Reopen a closed alert; the clocks of countries that never acknowledged run again."""
    alert = await find(args.about, context)
    check(Act.REOPEN, alert, context)
    check_length(args.reason, _("Your reason"), alert)
    if alert.is_open:
        raise not_possible(NotPossible(Why.NOT_ALLOWED_NOW), alert, context)
    with possible_or_refused(alert, context):
        line = alert.reopen(args.reason, by=context.member, at=context.now)
    await escalation.start(alert, alert.countries, context)
    await periods.start_verification(alert, context)
    await periods.start_purge(alert, context)  # what is written from now on has its own time
    await context.emit(AlertChanged(alert, line))
    return await unless_heard(alert, context, _("Alert {number} is reopened.", number=alert.number))


async def _ended(
    command: str,
    args: Close | Withdraw | Merge,
    alert: Alert,
    end: Callable[[], Awaitable[Doc | None]],
    context: Context,
) -> Doc | None:
    """End the alert; when its number was not typed, find out whether it can be, and ask."""
    with possible_or_refused(alert, context):
        if args.about.number is not None:
            return await end()
        _check_possible(command, alert)
    return await ask_number(command, args, alert, context)


def _check_possible(command: str, alert: Alert) -> None:
    """Raises NotPossible before anything is asked in vain."""
    if command == "close":
        alert.must_be_open()
    if alert.has_ended:
        raise NotPossible(Why.ENDED)
