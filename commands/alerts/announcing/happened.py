"""What everybody concerned is told when something happens to an alert."""

from zoneinfo import ZoneInfo

from commands.alerts.announcing import asking
from commands.alerts.audience import Listener, listeners, unreached
from commands.alerts.circulating import matched, mentions
from commands.alerts.circulating.circulation import LineFor, tell_everyone
from commands.alerts.circulating.directly import tell_author, tell_of_unreached
from commands.alerts.circulating.drafts import refresh_draft, show_to_second_pair
from commands.alerts.circulating.retracting import retract_before_outsiders, retract_elsewhere, retract_part
from commands.alerts.clocks import escalation, periods, reminding
from commands.alerts.declaration import capability
from commands.alerts.events import AlertChanged
from commands.alerts.second_pair import second_pair
from commands.alerts.showing.cards import zone_of
from commands.alerts.showing.composing import number_of_target
from commands.alerts.showing.lines import sentence
from commands.alerts.showing.words import who
from commands.base import Context, Priority, Subject
from commands.document import Code, Doc, Message, Quote, Strong, _, doc, joined
from commands.happenings import AlertStands, CaseDecided
from commands.visibility import ALERT, NAMES
from storage.alerts import Alert, Finding, HistoryLine, Tlp, What

_IN_PREPARATION = frozenset({What.DRAFTED, What.SUBMITTED, What.SENT_BACK, What.TAKEN_UP})
_ASKED = frozenset({What.REQUESTED, What.REQUEST_REMINDED, What.PROPOSED})
_NAMED_ANEW = frozenset({What.CIRCULATED, What.CORRECTED, What.WITHDRAWN, What.MARKED})
"""After these an alert names other things than before, or others may no longer be told that it names them."""


@capability.announces(AlertChanged)
async def announce(event: AlertChanged, context: Context) -> None:
    """Put what happened into a line for each thread, and bring every card up to date."""
    alert, line = event.alert, event.line
    is_named_anew = any(one.what in _NAMED_ANEW and _less_strict(one) is None for one in event.lines)
    found = await matched.find(alert, context) if is_named_anew and not alert.is_draft else None
    await _say(event, context)
    for before in filter(None, map(_leaves_some_out, event.lines)):
        await mentions.withdraw_mention(alert, context, before=before)
    if found is None:
        return
    if line.what is What.WITHDRAWN:
        await mentions.withdraw_mention(alert, context)
    else:
        await matched.start_telling(alert, line, found, context)


def _less_strict(line: HistoryLine) -> Tlp | None:
    """Return the marking before a line that made it stricter; None for any other line."""
    if line.what is What.MARKED and Tlp(line.details["to"]).is_stricter_than(before := Tlp(line.details["from"])):
        return before
    return None


def _leaves_some_out(line: HistoryLine) -> Tlp | None:
    """Return the marking before a line after which some may not see it any more: when it was RED, the named may be."""
    was_red = line.what is What.MARKED and line.details["from"] == Tlp.RED.value
    return Tlp.RED if was_red else _less_strict(line)


async def _say(event: AlertChanged, context: Context) -> None:
    alert, line = event.alert, event.line
    if line.what is What.VERIFICATION_DUE:
        await reminding.call_for_verification(alert, line, context)
    elif line.what in _IN_PREPARATION or alert.is_draft:
        await _prepare(alert, line, context)
    elif line.what is What.CIRCULATED:
        await _circulate(alert, context)
    elif line.what is What.REMINDED:
        await reminding.remind(alert, line, context)
    elif line.what in _ASKED:
        await asking.announce(alert, line, context)
    else:
        await _take_back(event, context)
        priority = Priority.REMINDER if line.what is What.TAKE_BACK_DUE else Priority.ANSWER
        said = await _lines(event, context)
        await tell_everyone(alert, said, context, priority=priority)
    if alert.was_circulated:
        await context.emit(AlertStands(alert))
        if any(_decides_a_case(alert, one) for one in event.lines):
            await context.emit(CaseDecided(alert))


async def _take_back(event: AlertChanged, context: Context) -> None:
    """Take back what may no longer stand where it does after what happened."""
    if any(map(_leaves_some_out, event.lines)):
        await retract_elsewhere(event.alert, context)
    if Tlp.CLEAR in map(_less_strict, event.lines):
        await retract_before_outsiders(event.alert, context)
    if event.line.what is What.WITHDRAWN:
        await refresh_draft(event.alert, context)
        await retract_part(event.alert, NAMES, context)


def _decides_a_case(alert: Alert, line: HistoryLine) -> bool:
    """Say whether the alert counts from now on, or no longer, as an earlier case of illegal traffic."""
    if line.what is What.FOUND:
        return Finding(line.details["finding"]) is Finding.CONFIRMED
    return line.what is What.REOPENED or (line.what in {What.WITHDRAWN, What.MERGED} and alert.ground is not None)


async def _circulate(alert: Alert, context: Context) -> None:
    """Write the cards, start the clocks, and say loudly who cannot be told."""
    await escalation.start(alert, alert.countries, context)
    await periods.start_verification(alert, context)
    await tell_everyone(alert, lambda _one: None, context)
    await refresh_draft(alert, context)
    await tell_of_unreached(alert, unreached(alert, await listeners(context.tx, alert)), context)


async def _prepare(alert: Alert, line: HistoryLine, context: Context) -> None:
    """Tell those few who know of it before it is sent: who is to verify it, and its author."""
    common = await refresh_draft(alert, context)
    if line.what is What.SUBMITTED:
        await show_to_second_pair(alert, await second_pair(alert, context), context, common)
    if line.what is What.SENT_BACK:
        await retract_elsewhere(alert, context, drafts=False)
        again = Code(f"{context.prefix}alert set {alert.number} ...")
        words = doc(
            Strong(sentence(line, alert.number, context.zone)),
            Quote(line.text),
            _("Correct it with {set}; then submit or send it again.", set=again),
        )
        await tell_author(alert, words, context, priority=Priority.ALERT)


async def _lines(event: AlertChanged, context: Context) -> LineFor:
    """Return what is said in each thread, with its times in the zone of its room."""
    alert = event.alert
    targets = {}
    if event.line.what is What.MERGED:
        told = await listeners(context.tx, alert)
        targets = {(one.room, one.person): await number_of_target(alert, one, context) for one in told}

    def words(one: Listener) -> Doc:
        said = doc()
        for line in event.lines:
            said += _line(line, event, zone_of(one.bindings), targets.get((one.room, one.person)))
        return said

    return words


def _line(line: HistoryLine, event: AlertChanged, zone: ZoneInfo, into: str | None) -> Doc:
    if line.what is What.CORRECTED:
        by = who(line.authority or "", line.actor_country)
        return doc(_("{by} corrected or added: {what}. The card shows it.", by=by, what=joined(event.changed)))
    told = sentence(line, event.alert.number, zone, into=into)
    said = doc(_weighed(told, line), *([Quote(line.text)] if line.text else []))
    return said.naming([Subject(ALERT, int(line.details["into"]))]) if line.what is What.MERGED else said


def _weighed(told: Message, line: HistoryLine) -> Message | Strong:
    is_confirmed = line.details.get("finding") == Finding.CONFIRMED.value
    is_weighty = is_confirmed or line.what in {What.WITHDRAWN, What.MERGED, What.REOPENED, What.INFORMED, What.DISPUTED}
    return Strong(told) if is_weighty else told
