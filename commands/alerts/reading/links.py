"""Asking which other alerts name the same, and asking to be put in touch where they may not be shown."""

from collections.abc import Sequence
from typing import Annotated

from commands.alerts.audience import may_see, owner_of
from commands.alerts.circulating.circulation import answer
from commands.alerts.circulating.matched import MATCH, hidden_words, match_line
from commands.alerts.declaration import KIND, capability, subject_of
from commands.alerts.finding import check_author, find
from commands.alerts.matching import EACH, MOST, Match, find_matches, named_words
from commands.alerts.showing.words import marked, refusal, who
from commands.arguments import About, Ref
from commands.base import Args, Context, Post, Role
from commands.document import Code, Doc, Strong, Text, _, _n, bullets, doc, joined
from commands.visibility import match_may_be_told, shown_here
from storage.alerts import Alert, AlertMarks, AlertMatches, Alerts, HiddenMatch, Mark, marks_of


class Links(Args):
    about: Annotated[Ref, About(KIND, ask=_("Which alert? Answer with its number."))]


@capability.command(
    "alert links",
    role=Role.MEMBER,
    reads=True,
    summary=_("Show which other alerts name the same container, ship, paper or company"),
    examples=["alert links A-2026-0001"],
)
async def links(args: Links, context: Context) -> None:
    """List other alerts that name the same: only those that this member and this room may see."""
    alert = await find(args.about, context)
    found = () if alert.is_withdrawn else await find_matches(alert, context.tx)
    shown = [match for match in found if shown_here(match.other, context)]
    words = _listing(alert, shown)
    if context.room.direct and await _is_owner(alert, context):
        told = _as_it_stands(alert, await AlertMatches(context.tx).hidden(alert))
        words += _hidden_note(alert, told, context.prefix)
    await answer(alert, words, context)


def _listing(alert: Alert, shown: Sequence[Match[Alert]]) -> Doc:
    if not shown:
        return doc(_("I may show no alert here that names the same as alert {number}.", number=alert.number))
    heading = _n(
        "{count} alert names the same as alert {number}:", "{count} alerts name the same as alert {number}:",
        len(shown), number=alert.number,
    )  # fmt: skip
    words = doc(Strong(heading), bullets(match_line(alert, match) for match in shown))
    return words + doc(_("I look at the newest {count} with each thing that it names.", count=EACH))


def _as_it_stands(alert: Alert, told: Sequence[HiddenMatch]) -> Sequence[HiddenMatch]:
    """Return what the owner was told of that the alert names still; of a withdrawn one nothing."""
    own = marks_of(alert.current_facts) if not alert.is_withdrawn else {}
    return [one for one in told if Mark(one.kind, one.mark) in own]


def _hidden_note(alert: Alert, told: Sequence[HiddenMatch], prefix: str) -> Doc:
    """Repeat to the owner what was said of matches that may not be shown."""
    still = [Mark(one.kind, one.mark) for one in told]
    if not still:
        return doc()
    contact = Code(f"{prefix}alert contact {alert.number}")
    return doc(
        _("As I told you, this stands elsewhere too, where I may not show it to you: {what}. Ask to be put in touch: "
          "{contact}", what=hidden_words(alert, still), contact=contact)
    )  # fmt: skip


async def _is_owner(alert: Alert, context: Context) -> bool:
    owner = await owner_of(alert, context.tx)
    return owner is not None and owner.user_id == context.member.user_id


class Contact(Args):
    about: Annotated[Ref, About(KIND, ask=_("Which alert of yours? Answer with its number."))]


@capability.command(
    "alert contact",
    role=Role.OFFICIAL,
    summary=_("Pass your name on to who raised an alert that matches yours and that I may not show you"),
    examples=["alert contact A-2026-0001"],
)
async def contact(args: Contact, context: Context) -> Doc:
    """Give the owner's name to those with a hidden match; whether they answer is theirs to decide."""
    alert = await find(args.about, context)
    if not await _is_owner(alert, context):
        check_author(alert, context)
    if not context.room.direct:
        raise refusal(alert, _("That is between you and me: ask it in your direct chat with me."))
    matches = AlertMatches(context.tx)
    told = await matches.hidden(alert)
    if not told:
        raise refusal(alert, _("I told you of no match on alert {number} that I may not show you, so there is nobody "
                               "to ask.", number=alert.number))  # fmt: skip
    told = _as_it_stands(alert, told)
    if not told:
        raise refusal(alert, _("What I told you of is not named by alert {number} as it stands now, so there is nobody "
                               "to ask.", number=alert.number))  # fmt: skip
    new = [one for one in told if one.asked_at is None]
    if not new:
        raise refusal(alert, _("You asked before on alert {number}. Who it is decides whether to write to you.",
                               number=alert.number))  # fmt: skip
    await _ask(alert, new, context)
    passed = _(
        "I pass your name, authority and Matrix id on. Whoever it is decides whether to write to you; I tell you "
        "nothing of them, nor whether they read it."
    )
    return marked(alert, doc(passed))


async def _ask(alert: Alert, new: Sequence[HiddenMatch], context: Context) -> None:
    asked: dict[int, list[Mark]] = {}
    for one in new:
        one.asked_at = context.now
    hidden = [Mark(one.kind, one.mark) for one in new]
    for mark, found in (await AlertMarks(context.tx).newest_with(alert.series, hidden, limit=EACH + 1)).items():
        for alert_id in found:
            asked.setdefault(alert_id, []).append(mark)
    others = await Alerts(context.tx).several(sorted(asked, reverse=True)[:MOST])
    for other in others.values():
        if other.id != alert.id and match_may_be_told(other) and not may_see(other, context.member, context.room):
            await _pass_on(alert, other, asked[other.id], context)


async def _pass_on(alert: Alert, other: Alert, marks: Sequence[Mark], context: Context) -> None:
    """Tell the owner of a hidden match who asks. The asker never learns what becomes of it."""
    owner = await owner_of(other, context.tx)
    own = marks_of(other.current_facts)
    if owner is None or owner.user_id == alert.author:
        return
    member = context.member
    asks = _(
        "{name}, {by}, raised an alert that names the same as your alert {number}: {what}.",
        name=Text(member.name), by=who(member.authority, member.country), number=other.number,
        what=joined(named_words(own[mark]) for mark in marks if mark in own),
    )  # fmt: skip
    words = doc(
        Strong(asks),
        _("They may not see yours: they know neither its number nor whose it is, and ask you to write to them: {user}. "
          "Whether you do is for you to decide, and I tell them nothing.", user=Code(member.user_id)),
    )  # fmt: skip
    await context.post(
        Post(
            doc=marked(other, words), person=owner.user_id, subject=subject_of(other), part=MATCH, origin=owner.user_id
        )
    )
