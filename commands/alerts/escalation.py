"""The clock of each country that is to acknowledge: its room is reminded, its contacts called, then the coordinators.

Each step is taken once, and each country's clock runs by itself. The same time passes before each step: see
`AlertSettings.time_to_acknowledge`.
"""

from collections.abc import Iterable

from commands.alerts.declaration import AlertSettings, capability
from commands.alerts.events import AlertChanged
from commands.base import Context
from storage.alerts import Alert, Alerts, Step
from storage.ids import CountryCode
from storage.timers import Timer

ESCALATE = "alert.escalate"


def _subject(alert: Alert, country: CountryCode) -> str:
    return f"alert:{alert.id}:{country}"


async def start(alert: Alert, countries: Iterable[CountryCode], context: Context) -> None:
    """Start the clock of each of these countries that is to acknowledge."""
    within = context.settings(AlertSettings).time_to_acknowledge(alert.urgency)
    for country in sorted(countries):
        due = context.now + within
        if alert.expect(country, by=due):
            await context.timers().schedule(ESCALATE, _subject(alert, country), due, {"step": 1})


async def hurry(alert: Alert, context: Context) -> None:
    """Count anew for countries that were not reminded yet, after the urgency was changed."""
    waiting = [entry.country for entry in alert.addressees if alert.awaits(entry.country) and entry.reminded is None]
    await start(alert, waiting, context)


async def stop(alert: Alert, context: Context, country: CountryCode | None = None) -> None:
    """Stop the clock of one country, or of all."""
    for one in [country] if country is not None else sorted(alert.countries):
        await context.timers().cancel_all(_subject(alert, one))


@capability.timer(ESCALATE)
async def escalate(timer: Timer, context: Context) -> None:
    """Take the next step for a country that has not acknowledged."""
    _kind, number, code = timer.subject.split(":")
    country = CountryCode(code)
    alert = await Alerts(context.tx).get(int(number))
    if alert is None or not alert.awaits(country):
        return
    step = tuple(Step)[int(timer.payload["step"]) - 1]
    line = alert.remind(country, step, at=context.now)
    if step.following is not None:
        within = context.settings(AlertSettings).time_to_acknowledge(alert.urgency)
        payload = {"step": int(timer.payload["step"]) + 1}
        await context.timers().schedule(ESCALATE, timer.subject, context.now + within, payload)
    await context.emit(AlertChanged(alert, line))
