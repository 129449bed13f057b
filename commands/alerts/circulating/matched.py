"""Telling the owners of two alerts that they name the same: once, and only what each of them may see.

Who may not see the other alert hears on what they match, as it stands in the own alert, and how to be put in touch.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from commands.alerts.audience import Listener, may_see, owner_of
from commands.alerts.circulating.circulation import renew_cards, say_below_cards
from commands.alerts.circulating.drafts import DIRECT
from commands.alerts.clocks import periods
from commands.alerts.declaration import capability, subject_of
from commands.alerts.matching import Match, find_ids, matches_among, named_words, shared_words
from commands.alerts.showing.composing import listener_may_see
from commands.alerts.showing.terms import STATE_WORDS
from commands.alerts.showing.words import marked, who
from commands.base import Context, Post, Priority
from commands.document import Code, Doc, Inline, Message, Strong, Text, _, bullets, doc, joined
from commands.visibility import match_may_be_told
from storage.alerts import Alert, AlertMarks, AlertMatch, AlertMatches, Alerts, HistoryLine, Mark, Tlp, What, marks_of
from storage.members import Member
from storage.outbox import OutboxRow
from storage.timers import Timer

MATCH = "match"
"""The part that what is said of matches has in an alert."""

_ALERTS_BROUGHT_UP = 5
_CARDS_BROUGHT_UP = 40

Pairs = Mapping[tuple[int, int], AlertMatch]


@dataclass(frozen=True, slots=True)
class Found:
    """What was found for an alert that was just sent or corrected."""

    others: Sequence[int]
    """The ids of the alerts that name the same."""
    pairs: Pairs


async def find(alert: Alert, context: Context) -> Found:
    """Bring up to date by what an alert is found, and find what names the same. Its cards are written after this."""
    await AlertMarks(context.tx).put(alert)
    others = await find_ids(alert, context.tx) if not alert.is_withdrawn else ()
    pairs = await AlertMatches(context.tx).pair(alert, others, context.now) if others else ()
    return Found(others, {(pair.alert_id, pair.other_id): pair for pair in pairs})


async def start_telling(alert: Alert, line: HistoryLine, found: Found, context: Context) -> None:
    """Let those be told who were not before: in transactions of their own, so that no alert waits for its matches."""
    is_new = line.what is What.CIRCULATED
    steps: list[int] = []
    for other in found.others:
        pairs = (found.pairs[alert.id, other], found.pairs[other, alert.id])
        if is_new or any(pair.told_at is None or pair.row_id is None for pair in pairs):
            steps.append(other)
    if steps:
        shown = [one for one in steps if is_new or found.pairs[one, alert.id].found_at == context.now]
        payload = {"own": True, "others": steps, "shown": shown[:_ALERTS_BROUGHT_UP]}
        await context.timers().schedule(periods.MATCHES, f"alert:{alert.id}:matches:{line.id}", context.now, payload)


@capability.timer(periods.MATCHES)
async def tell(timer: Timer, context: Context) -> None:
    """Tell the owner of an alert of its matches, then one by one the owners of those; and below their cards."""
    alert = await Alerts(context.tx).get(int(timer.subject.split(":")[1]))
    own, others, shown = timer.payload["own"], list(timer.payload["others"]), list(timer.payload["shown"])
    if alert is None or alert.is_withdrawn:
        return
    ids = others if own else others[:1]
    matches = await matches_among(alert, ids, context.tx)
    known = await AlertMatches(context.tx).pair(alert, [match.other.id for match in matches], context.now)
    pairs = {(pair.alert_id, pair.other_id): pair for pair in known}
    if own:
        await _tell_owner(alert, matches, pairs, context)
        await _say_below(alert, [match for match in matches if match.other.id in shown], context)
    else:
        others = others[1:]
        for match in matches:
            mine = Match(alert, match.marks)
            await _tell_owner(match.other, [mine], pairs, context)
            if match.other.id in shown:
                await _bring_up(match.other, mine, context)
    if others:
        payload = {"own": False, "others": others, "shown": shown}
        await context.timers().schedule(periods.MATCHES, timer.subject, context.now, payload)


async def _bring_up(of: Alert, match: Match[Alert], context: Context) -> None:
    """Count a new match on the cards of an alert, and name it below them, as far as it may be shown there."""

    async def shows(one: Listener) -> bool:
        return await listener_may_see(match.other, one, context)

    await renew_cards(of, shows, context, priority=Priority.REMINDER, at_most=_CARDS_BROUGHT_UP)
    await _say_below(of, [match], context)


async def _say_below(of: Alert, matches: Sequence[Match[Alert]], context: Context) -> None:
    """Name in the threads of an alert's cards which others name the same, as far as may be shown there."""

    async def line(one: Listener) -> Doc | None:
        shown = [match for match in matches if await listener_may_see(match.other, one, context)]
        if not shown:
            return None
        words = doc(_("Alert {number} names the same as:", number=of.number), bullets(match_line(of, m) for m in shown))
        named = words.naming(subject_of(match.other) for match in shown)
        is_clear = all(alert.tlp is Tlp.CLEAR for alert in (of, *(match.other for match in shown)))
        return named.openly() if is_clear else named

    at_most = _CARDS_BROUGHT_UP
    await say_below_cards(of, line, context, priority=Priority.REMINDER, at_most=at_most, but=of.author)


async def _tell_owner(of: Alert, matches: Sequence[Match[Alert]], pairs: Pairs, context: Context) -> None:
    owner = await owner_of(of, context.tx)
    if owner is None:
        return
    told: list[int] = []
    named: list[Match[Alert]] = []
    hidden: dict[Mark, None] = {}
    for match in matches:
        pair = pairs[of.id, match.other.id]
        if pair.row_id is not None:
            continue
        if may_see(match.other, owner, DIRECT):  # told before, it could not be shown until now
            told.append(match.other.id)
            if not _is_known(of, match.other, pairs):
                named.append(match)
        elif pair.told_at is None and match_may_be_told(match.other):
            told.append(match.other.id)
            hidden |= dict.fromkeys(match.marks)
    known = AlertMatches(context.tx)
    await known.note_told(of, told, context.now)
    if named:
        row = await context.post(to_owner(owner, of, marked(of, named_doc(of, named, context.prefix))))
        await known.note_named(of, [match.other.id for match in named], row.id)
    # However many there are, each thing is said once: how many others name it, and when, is theirs.
    new = await known.hide(of, hidden, context.now)
    if new:
        await context.post(to_owner(owner, of, marked(of, hidden_doc(of, new, context.prefix))))


def _is_known(of: Alert, other: Alert, pairs: Pairs) -> bool:
    """Whether the owner knows already: one was merged into the other, or it is the same person's and was just said."""
    if of.merged_into == other.id or other.merged_into == of.id:
        return True
    return other.author == of.author and pairs[other.id, of.id].told_at is not None


def to_owner(owner: Member, of: Alert, words: Doc, *, replaces: int | None = None, says_nothing: bool = False) -> Post:
    return Post(
        doc=words,
        person=owner.user_id,
        subject=subject_of(of),
        part=MATCH,
        replaces=replaces,
        harmless=says_nothing,
        origin=owner.user_id,
    )


def named_doc(of: Alert, matches: Sequence[Match[Alert]], prefix: str) -> Doc:
    heading = Strong(_("Your alert {number} names the same as:", number=of.number))
    words = doc(heading, bullets(match_line(of, match) for match in matches))
    words = words.naming(subject_of(match.other) for match in matches)
    older = [match.other for match in matches if match.is_telling and match.other.is_open and match.other.id < of.id]
    if of.is_open and older:
        merge = Code(f"{prefix}alert merge {of.number} into={older[0].number}")
        words += doc(_("If it is the same case, end yours in favour of the other: {merge}", merge=merge))
    return words + doc(_("All that I may show you: {links}", links=Code(f"{prefix}alert links {of.number}")))


def match_line(of: Alert, match: Match[Alert]) -> Message:
    """Show another alert and what both name. Only for who may see both."""
    other = match.other
    return _(
        "{number}, {state}, TLP:{tlp}, raised by {by}: {what}",
        number=Strong(Text(other.number)), state=STATE_WORDS[other.state], tlp=other.tlp.value,
        by=who(other.author_authority, other.author_country), what=shared_words(of, match),
    )  # fmt: skip


def hidden_doc(of: Alert, marks: Sequence[Mark], prefix: str) -> Doc:
    """Say that what an alert names stands elsewhere too: as it is written here, and nothing of the other."""
    return doc(
        _(
            "What your alert {number} names stands elsewhere too, where I may not show it to you: {what}.",
            number=of.number, what=hidden_words(of, marks),
        ),
        _(
            "You can ask to be put in touch: {contact}. I then pass on your name, and whoever it is decides.",
            contact=Code(f"{prefix}alert contact {of.number}"),
        ),
    )  # fmt: skip


def hidden_words(of: Alert, marks: Sequence[Mark]) -> Inline:
    """Name these things as the alert itself writes them."""
    own = marks_of(of.current_facts)
    return joined(named_words(own[mark]) for mark in marks if mark in own)


async def tell_again(alert: Alert, row: OutboxRow, context: Context) -> None:
    """Tell the owner of an alert anew what a message said that reached nobody: whoever that is by now."""
    pairs = await AlertMatches(context.tx).untell(alert, row.id, row.created_at)
    if pairs and not alert.is_withdrawn:
        payload = {"own": True, "others": [pair.other_id for pair in pairs], "shown": []}
        await context.timers().schedule(periods.MATCHES, f"alert:{alert.id}:matches:row:{row.id}", context.now, payload)
