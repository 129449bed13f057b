"""Asking for a second pair of eyes before an alert is sent."""

from typing import Annotated

from commands.alerts.clocks import periods
from commands.alerts.declaration import KIND, capability
from commands.alerts.events import AlertChanged
from commands.alerts.finding import check_author, find_draft, possible_or_refused
from commands.alerts.second_pair import second_pair
from commands.alerts.showing.words import marked, refusal
from commands.arguments import About, Ref
from commands.base import Args, Context, Role
from commands.document import Code, Doc, _, _n, doc
from storage.alerts import Alert


class Submit(Args):
    about: Annotated[Ref | None, About(KIND, ask=_("Which alert? Answer with its number."))] = None


@capability.command(
    "alert submit",
    role=Role.OFFICIAL,
    summary=_("Let a second pair of eyes look at your draft before it is sent"),
    examples=["alert submit", "alert submit A-2026-0001"],
)
async def submit(args: Submit, context: Context) -> Doc:
    """Show a draft to those who may verify it, each in the direct chat."""
    alert = await find_draft(args.about, context, "alert submit")
    check_author(alert, context)
    return await ask_for_verification(alert, context)


async def ask_for_verification(alert: Alert, context: Context) -> Doc:
    """Submit a draft. Raises Refusal."""
    asked = await second_pair(alert, context)
    if not asked:
        words = _("Nobody else may verify alert {number}, so it is sent without: {send}", number=alert.number,
                  send=Code(f"{context.prefix}alert send {alert.number}"))  # fmt: skip
        raise refusal(alert, words)
    with possible_or_refused(alert, context):
        alert.take_up(by=context.member, at=context.now)
        line = alert.submit(by=context.member, at=context.now)
    await periods.start_verification(alert, context)
    await context.emit(AlertChanged(alert, line))
    words = _n(
        "Alert {number} waits for a second pair of eyes: {count} person was asked to look at it.",
        "Alert {number} waits for a second pair of eyes: {count} people were asked to look at it.",
        len(asked), number=alert.number,
    )  # fmt: skip
    return marked(alert, doc(words))
