"""The second pair of eyes: asked for before an alert is sent, or looking at what was sent already."""

from typing import Annotated

from commands.alerts import clocks
from commands.alerts.audience import listeners
from commands.alerts.circulation import unless_heard
from commands.alerts.declaration import KIND, capability
from commands.alerts.drafting import check_length
from commands.alerts.events import AlertChanged
from commands.alerts.finding import find, not_possible
from commands.alerts.rights import Act, check
from commands.alerts.sending import circulate
from commands.alerts.words import marked
from commands.arguments import About, Ref, Rest
from commands.base import Args, Context, Role
from commands.document import Doc, _, doc
from storage.alerts import NotPossible

_WHICH = _("Which alert? Answer with its number.")


class Verify(Args):
    about: Annotated[Ref, About(KIND, ask=_WHICH)]
    text: Annotated[str, Rest(ask=_("What do you want to say about it?"))] = ""


@capability.command(
    "alert verify",
    role=Role.OFFICIAL,
    summary=_("Say as a second pair of eyes that an alert is right"),
    examples=["alert verify A-2026-0001", "alert verify A-2026-0001 I saw the scan myself"],
)
async def verify(args: Verify, context: Context) -> Doc | None:
    """Verify an alert; one that waited for it is sent at once."""
    alert = await find(args.about, context)
    check(Act.VERIFY, alert, context)
    check_length(args.text, _("Your text"), alert)
    try:
        line = alert.verify(args.text, by=context.member, at=context.now)
    except NotPossible as error:
        raise not_possible(error, alert, context) from error
    await context.emit(AlertChanged(alert, line))
    if not alert.is_draft:
        await clocks.stop_verification(alert, context)
        return await unless_heard(alert, context, _("Alert {number} is verified.", number=alert.number))
    if not await listeners(context.tx, alert):
        words = _("Alert {number} is verified, but nobody would be told of it. Its author has to say who.",
                  number=alert.number)  # fmt: skip
        return marked(alert, doc(words))
    await circulate(alert, context, report_to=alert.author)
    return marked(alert, doc(_("Alert {number} is verified, and sent.", number=alert.number)))


class Return(Args):
    about: Annotated[Ref, About(KIND, ask=_WHICH)]
    reason: Annotated[str, Rest(ask=_("What has to be corrected?"))]


@capability.command(
    "alert return",
    role=Role.OFFICIAL,
    summary=_("Return an alert to its author instead of verifying it"),
    examples=["alert return A-2026-0001 The container number has a digit too few"],
)
async def send_back(args: Return, context: Context) -> Doc:
    """Send a submitted alert back to its author, who corrects it."""
    alert = await find(args.about, context)
    check(Act.RETURN, alert, context)
    check_length(args.reason, _("Your reason"), alert)
    try:
        line = alert.send_back(args.reason, by=context.member, at=context.now)
    except NotPossible as error:
        raise not_possible(error, alert, context) from error
    await context.emit(AlertChanged(alert, line))
    return marked(alert, doc(_("Alert {number} is returned to its author, with your reason.", number=alert.number)))
