"""Making a draft a follow-up of an alert about the same shipment, instead of sending it as another one."""

from collections.abc import Sequence
from typing import Annotated

from commands.alerts.circulating.circulation import unless_heard
from commands.alerts.declaration import KIND, capability
from commands.alerts.events import AlertChanged
from commands.alerts.finding import check_author, find, find_draft, not_possible
from commands.alerts.matching import named_words
from commands.alerts.pursuing.ending import drop
from commands.alerts.rights import is_concerned
from commands.alerts.showing.words import marked, refusal
from commands.arguments import About, Option, Ref
from commands.base import Args, Context, Role
from commands.document import Code, Doc, Message, _, _n, doc, joined
from commands.visibility import may_follow
from storage.alerts import Alert, AlertAttachments, Individuals, NotPossible, marks_of


class FollowUp(Args):
    about: Annotated[Ref | None, About(KIND, ask=_("Which draft? Answer with its number."))] = None
    of: Annotated[str, Option(ask=_("Of which alert? Answer with its number."))]


@capability.command(
    "alert follow-up",
    role=Role.OFFICIAL,
    summary=_("Make your draft a note on an alert about the same shipment"),
    examples=["alert follow-up of=A-2026-0001", "alert follow-up A-2026-0002 of=A-2026-0001"],
)
async def follow_up(args: FollowUp, context: Context) -> Doc | None:
    """Put the text of a draft as a note into another alert, and end the draft in its favour."""
    # Which thread a message is in may be changed on the way: a draft is ended only by its number, or as the only one.
    typed = args.about if args.about is not None and args.about.number is not None else None
    alert = await find_draft(typed, context, "alert follow-up")
    check_author(alert, context)
    target = await find(Ref(number=args.of), context)
    if target.is_exercise is not alert.is_exercise:
        raise refusal(alert, _("An exercise and a real alert are never put together."))
    if not alert.is_draft:
        merge = Code(f"{context.prefix}alert merge {alert.number} into={target.number}")
        words = _("Alert {number} was sent already. Merge it: {merge}", number=alert.number, merge=merge)
        raise refusal(alert, words)
    if not is_concerned(target, context.member):
        words = _("Notes on alert {number} come from the countries concerned and the coordinators.",
                  number=target.number)  # fmt: skip
        raise refusal(target, words)
    if not may_follow(alert, target):
        words = _(
            "Your draft is marked TLP:{own} and alert {number} TLP:{other}: more people would read it than you meant. "
            "Send it by itself, or write a note.",
            own=alert.tlp.value, number=target.number, other=target.tlp.value,
        )  # fmt: skip
        raise refusal(alert, words)
    try:
        line = target.note(alert.text, by=context.member, at=context.now)
        alert.merge(target, "", by=context.member, at=context.now)
    except NotPossible as error:
        raise not_possible(error, alert if alert.has_ended else target, context) from error
    await drop(alert, context)
    await context.emit(AlertChanged(target, line))
    words = _("What you wrote stands as a note on alert {number}; your draft {draft} is ended.",
              number=target.number, draft=alert.number)  # fmt: skip
    left = await _left_behind(alert, target, context)
    known = marks_of(target.current_facts)
    new = [fact for mark, fact in marks_of(alert.current_facts).items() if mark not in known]
    if not new:
        return await unless_heard(target, context, words, *left)
    verb = "set" if target.author == context.member.user_id else "propose"
    add: Message = _(
        "Alert {number} does not name yet: {facts}. Add it with {set}.",
        number=target.number, facts=joined(named_words(fact) for fact in new[:5]),
        set=Code(f"{context.prefix}alert {verb} {target.number} ..."),
    )  # fmt: skip
    return marked(target, doc(words, add, *left))


async def _left_behind(draft: Alert, target: Alert, context: Context) -> Sequence[Message]:
    """Say what of a draft is no part of the note: its files, and the names that are kept apart from the text."""
    number, left = target.number, []
    if files := await AlertAttachments(context.tx).count(draft):
        left.append(
            _n("{count} file stays with the draft: send it again in the thread of alert {number}.",
               "{count} files stay with the draft: send them again in the thread of alert {number}.", files,
               number=number)
        )  # fmt: skip
    if names := len(await Individuals(context.tx).of(draft)):
        person = Code(f"{context.prefix}alert person {number} ...")
        left.append(
            _n("{count} name stays with the draft: {person}", "{count} names stay with the draft: {person}", names,
               person=person)
        )  # fmt: skip
    return left
