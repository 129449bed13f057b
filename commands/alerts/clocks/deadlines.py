"""What happens when a clock of an alert fires: the draft, verification, take-back, requests."""

from commands.alerts.circulating.circulation import tell_everyone, zone_of_author
from commands.alerts.circulating.directly import tell_author
from commands.alerts.circulating.retracting import retract_all
from commands.alerts.clocks import periods
from commands.alerts.clocks.calling import verifiers
from commands.alerts.declaration import AlertSettings, capability
from commands.alerts.events import AlertChanged
from commands.base import Context, Priority
from commands.document import Code, Moment, Words, _, doc
from storage.alerts import CONTACT, Alert, AlertRequests, Alerts, AlertState, Individuals, RequestStep
from storage.timers import Timer

MILESTONES = frozenset({14, 7, 3, 1, 0, -1, -7, -14})
"""Days left before the take-back is due, or overdue when negative, at which the States are reminded; then weekly."""


async def _alert_of(timer: Timer, context: Context) -> Alert | None:
    return await Alerts(context.tx).get(int(timer.subject.split(":")[1]))


@capability.timer(periods.DRAFT)
async def draft_is_due(timer: Timer, context: Context) -> None:
    """Remind the author of an alert that is not sent."""
    alert = await _alert_of(timer, context)
    if alert is None or not alert.is_draft:
        return
    is_over = timer.subject.endswith(":2")
    places: dict[str, Words] = {
        "number": alert.number,
        "when": Moment(alert.drafted_at, await zone_of_author(alert, context)),
        "send": Code(f"{context.prefix}alert send {alert.number}"),
        "withdraw": Code(f"{context.prefix}alert withdraw {alert.number} <reason>"),
    }
    words = _("Alert {number} of {when} is not sent yet. Send it: {send}, or drop it: {withdraw}.", **places)
    if is_over:
        words = _(
            "Alert {number} of {when} is still not sent, and the time for it is over. "
            "Send it: {send}, or drop it: {withdraw}.", **places,
        )  # fmt: skip
    await tell_author(alert, doc(words), context, priority=Priority.REMINDER)


@capability.timer(periods.VERIFY)
async def verification_is_due(timer: Timer, context: Context) -> None:
    """Call for the second pair of eyes, and after as long again for the coordinators."""
    alert = await _alert_of(timer, context)
    if alert is None or not (alert.awaits_verification or alert.state is AlertState.SUBMITTED):
        return
    step = int(timer.payload["step"])
    if not await verifiers(alert, step, context):
        return
    line = alert.verification_due(step, at=context.now)
    if step == 1:
        due = context.now + context.settings(AlertSettings).verify_within
        await context.timers().schedule(periods.VERIFY, timer.subject, due, {"step": 2})
    await context.emit(AlertChanged(alert, line))


@capability.timer(periods.TAKE_BACK)
async def day_is_gone(timer: Timer, context: Context) -> None:
    """Show on every card how many days are left, and remind those concerned when few are, or none."""
    alert = await _alert_of(timer, context)
    if alert is None or not alert.take_back_runs:
        return
    await periods.start_take_back(alert, context)
    days = alert.days_left(context.now)
    if days in MILESTONES or days < min(MILESTONES):
        await context.emit(AlertChanged(alert, alert.take_back_due(at=context.now)))
    else:
        await tell_everyone(alert, lambda _one: None, context, priority=Priority.REMINDER)


@capability.timer(periods.REQUEST)
async def answer_is_due(timer: Timer, context: Context) -> None:
    """Remind the country that owes an answer; at last call the coordinators."""
    alert = await _alert_of(timer, context)
    request = await AlertRequests(context.tx).get(int(timer.subject.split(":")[3]))
    if alert is None or not alert.is_open or request is None or not request.is_open:
        return
    step = RequestStep(timer.payload["step"])
    line = request.remind(alert, step, at=context.now)
    if step.following is not None:
        await periods.start_request(request, step.following, context)
    await context.emit(AlertChanged(alert, line))


@capability.timer(periods.PURGE)
async def names_are_due(timer: Timer, context: Context) -> None:
    """Delete the names of persons, and every text that may hold some, a set time after the alert has ended.

    While it goes on nothing is deleted; the clock is set anew. A draft that was never sent counts from its first day.
    """
    alert = await _alert_of(timer, context)
    if alert is None:
        return
    kept = context.settings(AlertSettings).names_kept
    since = alert.drafted_at if alert.is_draft else alert.ended_at
    if since is None or since + kept > context.now:
        await periods.start_purge(alert, context)
        return
    await retract_all(alert, context)
    await Individuals(context.tx).purge(alert)
    alert.purge(CONTACT, context.now)
