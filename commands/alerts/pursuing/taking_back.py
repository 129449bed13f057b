"""The return: the State of export informed, the 30 days and what the States agree on, the way back, the receipt."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated

from commands.alerts.circulating.circulation import unless_heard
from commands.alerts.clocks import periods
from commands.alerts.declaration import KIND, capability
from commands.alerts.events import AlertChanged
from commands.alerts.finding import check_length, find, possible_or_refused
from commands.alerts.meant import ask_number, by_number, is_by_number
from commands.alerts.rights import Act, check, concerned, possible
from commands.alerts.showing.terms import STATE_WORDS
from commands.alerts.showing.words import refusal
from commands.alerts.typed import SHORT
from commands.arguments import About, Country, Option, Ref, Rest, Until
from commands.base import Args, Context, Role
from commands.document import Code, CountryName, Doc, Moment, _, either
from commands.moments import Past
from storage.alerts import Alert, HistoryLine
from storage.ids import CountryCode

_WHICH = _("Which alert? Answer with its number.")


_LONG_BEFORE = timedelta(days=366)


class Inform(Args):
    about: Annotated[Ref, About(KIND, ask=_WHICH)]
    when: Annotated[
        datetime,
        Past(),
        SHORT,
        Option(
            ask=_("When was the State of export informed? For example {example}.", example=Code("2026-11-23 14:00"))
        ),
    ]
    proof: Annotated[
        str, Option(ask=_("What proves it? For example the number of the letter, or the receipt of an e-mail."))
    ]


@by_number("inform-export-state")
@capability.command(
    "alert inform-export-state",
    role=Role.OFFICIAL,
    summary=_("Record when the State of export was informed, with proof; the 30 days begin"),
    examples=["alert inform-export-state A-2026-0001 when=2026-11-23 14:00 proof=e-mail to OVAM, receipt 4711"],
)
async def inform(args: Inform, context: Context) -> Doc | None:
    """Start the 30 days of Basel 9(2), from when the State of export was informed."""
    alert = await find(args.about, context)
    check(Act.INFORM, alert, context)
    check_length(args.proof, _("Your proof"), alert)
    if not any(character.isalnum() for character in args.proof):
        example = Code("proof=e-mail to OVAM, receipt 4711")
        raise refusal(alert, _("Say what proves it, for example {example}.", example=example))
    if args.when < alert.drafted_at - _LONG_BEFORE:
        words = _("{moment} is more than a year before alert {number} was raised. Check the year.",
                  moment=Moment(args.when, context.zone), number=alert.number)  # fmt: skip
        raise refusal(alert, words)
    if args.about.number is None and possible(Act.INFORM, alert):
        return await ask_number("inform-export-state", args, alert, context)
    with possible_or_refused(alert, context):
        line = alert.inform_export_state(args.when, args.proof, by=context.member, at=context.now)
    return await _clock_set(alert, line, context)


class Extend(Args):
    about: Annotated[Ref, About(KIND, ask=_WHICH)]
    until: Annotated[
        datetime,
        Until(),
        SHORT,
        Option(ask=_("Until when? For example {example}.", example=Code("2027-01-31"))),
    ]
    with_: Annotated[
        CountryCode, Country(), SHORT, Option(ask=_("With which country was that agreed? For example BE."))
    ]
    proof: Annotated[str, Option()] = ""


@capability.command(
    "alert extend",
    role=Role.OFFICIAL,
    summary=_("Record another period for the take-back, on which the States agreed"),
    examples=["alert extend A-2026-0001 until=2027-01-31 with=BE proof=letter of 12 December"],
)
async def extend(args: Extend, context: Context) -> Doc | None:
    """Move the deadline of the take-back to what the States agreed on."""
    alert = await find(args.about, context)
    check(Act.EXTEND, alert, context)
    check_length(args.proof, _("Your proof"), alert)
    others = concerned(alert) - {context.member.country}
    if args.with_ not in others:
        words = _(
            "An extension of alert {number} is agreed with another country concerned: {countries}.",
            number=alert.number, countries=either(CountryName(one) for one in sorted(others)),
        )  # fmt: skip
        raise refusal(alert, words)
    with possible_or_refused(alert, context):
        line = alert.extend(args.until, args.with_, args.proof, by=context.member, at=context.now)
    return await _clock_set(alert, line, context)


async def _clock_set(alert: Alert, line: HistoryLine, context: Context) -> Doc | None:
    await periods.start_take_back(alert, context)
    await context.emit(AlertChanged(alert, line))
    assert alert.take_back_by is not None
    by = Moment(alert.take_back_by, context.zone)
    words = _("On record. The shipment of alert {number} is to be taken back by {by}.", number=alert.number, by=by)
    return await unless_heard(alert, context, words)


class Step(Args):
    about: Annotated[Ref, About(KIND, ask=_WHICH)]
    text: Annotated[str, Rest(ask=_("What do you want to say about it?"))] = ""


@by_number("take-back")
@capability.command(
    "alert take-back",
    role=Role.OFFICIAL,
    summary=_("Record that the take-back is agreed"),
    examples=["alert take-back A-2026-0001 By the exporter, on MV Example on 12 December"],
)
async def take_back(args: Step, context: Context) -> Doc | None:
    """Record that the State of export sees to the take-back."""
    return await _step(Act.TAKE_BACK, args, context, Alert.agree_take_back)


@capability.command(
    "alert shipped",
    role=Role.OFFICIAL,
    summary=_("Record that the shipment is on its way back"),
    examples=["alert shipped A-2026-0001 Left Tema on MV Example"],
)
async def shipped(args: Step, context: Context) -> Doc | None:
    """Record that the shipment is in return."""
    return await _step(Act.SHIPPED, args, context, Alert.ship)


@by_number("received")
@capability.command(
    "alert received",
    role=Role.OFFICIAL,
    summary=_("Record that the shipment is back in the State of export"),
    examples=["alert received A-2026-0001 Arrived in Antwerp, all seals whole"],
)
async def received(args: Step, context: Context) -> Doc | None:
    """Record the receipt; the clock of the take-back stops."""
    return await _step(Act.RECEIVED, args, context, Alert.receive)


@by_number("treat")
@capability.command(
    "alert treat",
    role=Role.OFFICIAL,
    summary=_("Record that the shipment is treated in the country of detection"),
    examples=["alert treat A-2026-0001 At the licensed plant in Kpone"],
)
async def treat(args: Step, context: Context) -> Doc | None:
    """Record local treatment in place of a return; the clock of the take-back stops."""
    return await _step(Act.TREAT, args, context, Alert.treat)


class Dispute(Args):
    about: Annotated[Ref, About(KIND, ask=_WHICH)]
    text: Annotated[str, Rest(ask=_("About what do the States disagree?"))]


@capability.command(
    "alert dispute",
    role=Role.OFFICIAL,
    summary=_("Record that the States disagree about the take-back"),
    examples=["alert dispute A-2026-0001 The State of export holds that it is no waste"],
)
async def dispute(args: Dispute, context: Context) -> Doc | None:
    """Record a dispute; the clock of the take-back runs on."""
    return await _step(Act.DISPUTE, args, context, Alert.dispute)


async def _step(act: Act, args: Step | Dispute, context: Context, change: Callable[..., HistoryLine]) -> Doc | None:
    alert = await find(args.about, context)
    check(act, alert, context)
    check_length(args.text, _("Your text"), alert)
    if is_by_number(act.value) and args.about.number is None and possible(act, alert):
        return await ask_number(act.value, args, alert, context)
    with possible_or_refused(alert, context):
        line = change(alert, args.text, by=context.member, at=context.now)
    if not alert.take_back_runs:
        await periods.stop_take_back(alert, context)
    await context.emit(AlertChanged(alert, line))
    words = _("It is on record: alert {number}, {state}.", number=alert.number, state=STATE_WORDS[alert.state])
    return await unless_heard(alert, context, words)
