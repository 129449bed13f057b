"""Control: a country holds or inspects the shipment, and says what it found."""

from collections.abc import Callable
from typing import Annotated

from commands.alerts.circulating.circulation import unless_heard
from commands.alerts.clocks import escalation
from commands.alerts.declaration import KIND, capability
from commands.alerts.events import AlertChanged
from commands.alerts.finding import check_length, find, possible_or_refused
from commands.alerts.meant import ask_number, by_number, is_by_number
from commands.alerts.rights import Act, check, country_of, possible
from commands.alerts.showing.terms import STATE_WORDS
from commands.alerts.typed import SHORT
from commands.arguments import About, Choice, Option, Ref, Rest
from commands.base import Args, Context, Role
from commands.document import Doc, _
from storage.alerts import Alert, Finding, Ground, HistoryLine
from storage.ids import CountryCode

_WHICH = _("Which alert? Answer with its number.")
_MORE = _("What do you want to say about it?")


class Control(Args):
    about: Annotated[Ref, About(KIND, ask=_WHICH)]
    text: Annotated[str, Rest(ask=_MORE)] = ""


@capability.command(
    "alert hold",
    role=Role.OFFICIAL,
    summary=_("Say that your country holds the shipment"),
    examples=["alert hold A-2026-0001 On terminal 3, not released"],
)
async def hold(args: Control, context: Context) -> Doc | None:
    """Record that a country holds the shipment; it counts as its acknowledgement."""
    return await _record(
        Act.HOLD,
        args,
        context,
        lambda alert, country: alert.hold(country, args.text, by=context.member, at=context.now),
    )


@capability.command(
    "alert inspect",
    role=Role.OFFICIAL,
    summary=_("Say that your country inspects the shipment or looks for it"),
    examples=["alert inspect A-2026-0001 Box opened this morning"],
)
async def inspect(args: Control, context: Context) -> Doc | None:
    """Record that a country inspects the shipment; it counts as its acknowledgement."""
    return await _record(
        Act.INSPECT,
        args,
        context,
        lambda alert, country: alert.inspect(country, args.text, by=context.member, at=context.now),
    )


class Confirm(Args):
    about: Annotated[Ref, About(KIND, ask=_WHICH)]
    ground: Annotated[
        Ground,
        Choice(Ground),
        SHORT,
        Option(
            ask=_(
                "On which ground of Basel 9(1)? Answer a (no notification), b (no consent), c (consent by fraud), "
                "d (not as the documents say) or e (deliberate disposal)."
            )
        ),
    ]
    text: Annotated[str, Rest(ask=_MORE)] = ""


@by_number("confirm")
@capability.command(
    "alert confirm",
    role=Role.OFFICIAL,
    summary=_("Say that the shipment is illegal traffic, and on which ground"),
    examples=["alert confirm A-2026-0001 ground=d 14 t of unsorted e-waste instead of second-hand goods"],
)
async def confirm(args: Confirm, context: Context) -> Doc | None:
    """Record that a country that has control found illegal traffic."""

    def found(alert: Alert, country: CountryCode) -> HistoryLine:
        return alert.find(country, Finding.CONFIRMED, args.text, ground=args.ground, by=context.member, at=context.now)

    return await _record(Act.CONFIRM, args, context, found)


@by_number("clear")
@capability.command(
    "alert clear",
    role=Role.OFFICIAL,
    summary=_("Say that nothing illegal was found"),
    examples=["alert clear A-2026-0001 Tested and working, invoices in order"],
)
async def clear(args: Control, context: Context) -> Doc | None:
    """Record that a country that has control found nothing illegal."""
    return await _record(
        Act.CLEAR,
        args,
        context,
        lambda alert, country: alert.find(country, Finding.CLEARED, args.text, by=context.member, at=context.now),
    )


@capability.command(
    "alert not-located",
    role=Role.OFFICIAL,
    summary=_("Say that the shipment was not found"),
    examples=["alert not-located A-2026-0001 Left the terminal before we came"],
)
async def not_located(args: Control, context: Context) -> Doc | None:
    """Record that a country that looked for the shipment did not find it."""
    return await _record(
        Act.NOT_LOCATED,
        args,
        context,
        lambda alert, country: alert.find(country, Finding.NOT_LOCATED, args.text, by=context.member, at=context.now),
    )


async def _record(
    act: Act, args: Control | Confirm, context: Context, change: Callable[[Alert, CountryCode], HistoryLine]
) -> Doc | None:
    alert = await find(args.about, context)
    country = country_of(alert, context)
    check(act, alert, context)
    check_length(args.text, _("Your text"), alert)
    if is_by_number(act.value) and args.about.number is None and country in possible(act, alert).countries:
        return await ask_number(act.value, args, alert, context)
    with possible_or_refused(alert, context):
        line = change(alert, country)
    await escalation.stop(alert, context, country)
    await context.emit(AlertChanged(alert, line))
    words = _("It is on record: alert {number}, {state}.", number=alert.number, state=STATE_WORDS[alert.state])
    return await unless_heard(alert, context, words)
