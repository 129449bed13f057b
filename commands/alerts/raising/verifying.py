"""The second pair of eyes: asked for before an alert is sent, or looking at what was sent already."""

from typing import Annotated

from commands.alerts.audience import listeners
from commands.alerts.circulating.circulation import unless_heard
from commands.alerts.circulating.drafts import take_from_second_pair
from commands.alerts.clocks import periods
from commands.alerts.declaration import KIND, capability
from commands.alerts.events import AlertChanged
from commands.alerts.finding import check_length, find, possible_or_refused
from commands.alerts.raising.sending import circulate
from commands.alerts.rights import Act, check
from commands.alerts.showing.terms import INFORMATION_WORDS, SOURCE_WORDS
from commands.alerts.showing.words import evaluation_words, marked
from commands.alerts.typed import SHORT
from commands.arguments import About, Choice, Option, Ref, Rest
from commands.base import Args, Context, Refusal, Role
from commands.document import Code, Doc, _, bullets, doc
from storage.alerts import Alert, Information, Source

_WHICH = _("Which alert? Answer with its number.")


class Verify(Args):
    about: Annotated[Ref, About(KIND, ask=_WHICH)]
    source: Annotated[Source | None, Choice(Source), SHORT, Option()] = None
    info: Annotated[Information | None, Choice(Information), SHORT, Option()] = None
    text: Annotated[str, Rest(ask=_("What do you want to say about it?"))] = ""


@capability.command(
    "alert verify",
    role=Role.OFFICIAL,
    summary=_("Say as a second pair of eyes that an alert is right"),
    examples=["alert verify A-2026-0001", "alert verify A-2026-0001 source=B info=2 I saw the scan myself"],
)
async def verify(args: Verify, context: Context) -> Doc | None:
    """Verify an alert; one that waited for it is sent at once."""
    alert = await find(args.about, context)
    check(Act.VERIFY, alert, context)
    check_length(args.text, _("Your text"), alert)
    with possible_or_refused(alert, context):
        line = alert.verify(args.text, by=context.member, at=context.now)
        evaluated = alert.evaluate(args.source, args.info, by=context.member, at=context.now)
    if alert.is_draft and await listeners(context.tx, alert):
        await take_from_second_pair(alert, context)
        await circulate(alert, context, report_to=alert.author)
        sent = marked(alert, doc(_("Alert {number} is verified, and sent.", number=alert.number)))
        return _together(sent, _wish(alert, context))
    lines = [line] if evaluated is None else [line, evaluated]
    await context.emit(AlertChanged(alert, lines[-1], earlier=tuple(lines[:-1])))
    wish = _wish(alert, context)
    if not alert.is_draft:
        await periods.stop_verification(alert, context)
        done = await unless_heard(alert, context, _("Alert {number} is verified.", number=alert.number))
        return _together(done, wish)
    words = _("Alert {number} is verified, but nobody would be told of it. Its author has to say who.",
              number=alert.number)  # fmt: skip
    return marked(alert, doc(words))


def _wish(alert: Alert, context: Context) -> Doc | None:
    """Ask for an evaluation where there is none; nothing ever waits for it."""
    if alert.source is not None and alert.information is not None:
        return None
    example = Code(f"{context.prefix}alert evaluate {alert.number} source=B info=2")
    return doc(
        _(
            "If you can say how far its source (A, B, C, X) and the information (1 to 4) can be relied on: {example}. "
            "It is no condition.",
            example=example,
        ),
        notice=True,
    )


def _together(first: Doc | None, second: Doc | None) -> Doc | None:
    return first + second if first is not None and second is not None else first or second


class Evaluate(Args):
    about: Annotated[Ref, About(KIND, ask=_WHICH)]
    source: Annotated[Source | None, Choice(Source), SHORT, Option()] = None
    info: Annotated[Information | None, Choice(Information), SHORT, Option()] = None


@capability.command(
    "alert evaluate",
    role=Role.OFFICIAL,
    summary=_("Say how far the source of an alert and its information can be relied on"),
    examples=["alert evaluate A-2026-0001 source=B info=2"],
)
async def evaluate(args: Evaluate, context: Context) -> Doc | None:
    """Record the evaluation by the author's side: the author, or a second pair of eyes."""
    alert = await find(args.about, context)
    if context.member.user_id != alert.author:
        check(Act.VERIFY, alert, context)
    if args.source is None and args.info is None:
        raise Refusal(marked(alert, _scale(alert, context.prefix)))
    with possible_or_refused(alert, context):
        line = alert.evaluate(args.source, args.info, by=context.member, at=context.now)
    said = evaluation_words(alert.source, alert.information)
    words = _("Alert {number}: {evaluation}.", number=alert.number, evaluation=said)
    if line is None:
        return marked(alert, doc(words).quietly())
    await context.emit(AlertChanged(alert, line))
    return await unless_heard(alert, context, words)


def _scale(alert: Alert, prefix: str) -> Doc:
    return doc(
        _("Say one or both: {example}", example=Code(f"{prefix}alert evaluate {alert.number} source=B info=2")),
        _("The source is"),
        bullets(SOURCE_WORDS[one] for one in Source),
        _("The information is"),
        bullets(INFORMATION_WORDS[one] for one in Information),
    )


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
    with possible_or_refused(alert, context):
        line = alert.send_back(args.reason, by=context.member, at=context.now)
    await context.emit(AlertChanged(alert, line))
    return marked(alert, doc(_("Alert {number} is returned to its author, with your reason.", number=alert.number)))
