"""The clocks of an alert beside those of the countries that acknowledge: verification, take-back, requests."""

from datetime import datetime, timedelta
from typing import Any

from commands.alerts.clocks import escalation
from commands.alerts.declaration import AlertSettings
from commands.base import Context
from storage.alerts import Alert, AlertRequest, AlertRequests, AlertState, RequestStep

VERIFY, TAKE_BACK, REQUEST, DRAFT = "alert.verify", "alert.take-back", "alert.request", "alert.draft"
PURGE = "alert.purge"
MATCHES = "alert.matches"

_DAY = timedelta(days=1)
_LONG_OVERDUE = 14


def verify_subject(alert: Alert) -> str:
    return f"alert:{alert.id}:verify"


def take_back_subject(alert: Alert) -> str:
    return f"alert:{alert.id}:take-back"


def request_subject(request: AlertRequest) -> str:
    return f"alert:{request.alert_id}:request:{request.id}"


async def start_draft(alert: Alert, context: Context) -> None:
    """Start the time within which an alert is to be sent: its author is reminded at half of it, and when it is over."""
    half = context.settings(AlertSettings).send_within / 2
    clocks: dict[str, tuple[datetime, dict[str, Any]]] = {
        f"alert:{alert.id}:draft:{step}": (context.now + step * half, {}) for step in (1, 2)
    }
    await context.timers().schedule_all(DRAFT, clocks)
    await start_purge(alert, context)


async def start_purge(alert: Alert, context: Context) -> None:
    """Start the time after which names of persons are deleted, or set it to when that can be at the earliest."""
    kept = context.settings(AlertSettings).names_kept
    due = (alert.ended_at or (alert.drafted_at if alert.is_draft else context.now)) + kept
    await context.timers().schedule(PURGE, f"alert:{alert.id}:purge", due, {})


async def start_verification(alert: Alert, context: Context) -> None:
    """Start the time within which an alert is to be verified: submitted for it, or sent unverified."""
    if alert.awaits_verification or alert.state is AlertState.SUBMITTED:
        due = context.now + context.settings(AlertSettings).verify_within
        await context.timers().schedule(VERIFY, verify_subject(alert), due, {"step": 1})


async def stop_verification(alert: Alert, context: Context) -> None:
    await context.timers().cancel_all(verify_subject(alert))


async def start_take_back(alert: Alert, context: Context) -> None:
    """Start the clock of the take-back, or set it to where the deadline is now: it fires as each day is gone."""
    due = next_day(alert, context.now)
    await context.timers().schedule(TAKE_BACK, take_back_subject(alert), due, {})


async def stop_take_back(alert: Alert, context: Context) -> None:
    await context.timers().cancel_all(take_back_subject(alert))


def next_day(alert: Alert, now: datetime) -> datetime:
    """Return when the number of days left changes next; long after the deadline, a week on."""
    assert alert.take_back_by is not None
    whole = (alert.take_back_by - now) // _DAY
    step = 7 * _DAY if whole <= -_LONG_OVERDUE else _DAY
    due = alert.take_back_by - whole * _DAY
    return due if due > now else due + step


def request_moment(request: AlertRequest, step: RequestStep) -> datetime:
    """Return when a country that owes an answer is reminded: before it is due, then, and some time after."""
    length = request.due_at - request.asked_at
    match step:
        case RequestStep.COMING:
            return request.due_at - min(_DAY, length / 2)
        case RequestStep.DUE:
            return request.due_at
        case RequestStep.COORDINATORS:
            return request.due_at + max(timedelta(hours=1), min(_DAY, length / 2))


async def start_request(request: AlertRequest, step: RequestStep, context: Context) -> None:
    due = request_moment(request, step)
    await context.timers().schedule(REQUEST, request_subject(request), due, {"step": step.value})


async def stop_request(request: AlertRequest, context: Context) -> None:
    await context.timers().cancel_all(request_subject(request))


async def stop_all(alert: Alert, context: Context) -> None:
    """Stop every clock of an alert that has ended, and wait for no answer any more."""
    await escalation.stop(alert, context)
    await stop_verification(alert, context)
    await stop_take_back(alert, context)
    requests = await AlertRequests(context.tx).of(alert, is_open=True)
    for request in requests:
        request.drop(context.now)
    await context.timers().cancel_all(*map(request_subject, requests))
