"""The clock of each country that is to acknowledge: its room is reminded, its contacts called, then the coordinators.

Each step is taken once, and each country's clock runs by itself. The same time passes before each step: see
`AlertSettings.time_to_acknowledge`.
"""

from collections.abc import Iterable, Sequence

from commands.alerts.audience import listeners, may_see, unreached
from commands.alerts.declaration import AlertSettings, capability
from commands.alerts.events import AlertChanged
from commands.base import Context, RoomView
from storage.alerts import Alert, Alerts, Step
from storage.contacts import Contacts
from storage.ids import CountryCode, RoomId
from storage.members import Member, Members
from storage.timers import Timer

ESCALATE = "alert.escalate"

_CALLED, _NAMED = 100, 10
"""Contacts on duty who are called: those on the roster, and those who are not."""


def _subject(alert: Alert, country: CountryCode) -> str:
    return f"alert:{alert.id}:{country}"


async def start(alert: Alert, countries: Iterable[CountryCode], context: Context) -> None:
    """Start the clock of each of these countries that is to acknowledge."""
    within = context.settings(AlertSettings).time_to_acknowledge(alert.urgency)
    due = context.now + within
    expected = [country for country in sorted(countries) if alert.expect(country, by=due)]
    clocks = {_subject(alert, country): (due, {"step": 1}) for country in expected}
    await context.timers().schedule_all(ESCALATE, clocks)


async def hurry(alert: Alert, context: Context) -> None:
    """Count anew for countries that were not reminded yet, after the urgency was changed."""
    waiting = [entry.country for entry in alert.addressees if alert.awaits(entry.country) and entry.reminded is None]
    await start(alert, waiting, context)


async def stop(alert: Alert, context: Context, country: CountryCode | None = None) -> None:
    """Stop the clock of one country, or of all."""
    countries = [country] if country is not None else sorted(alert.countries)
    await context.timers().cancel_all(*(_subject(alert, one) for one in countries))


@capability.timer(ESCALATE)
async def escalate(timer: Timer, context: Context) -> None:
    """Take the next step for a country that has not acknowledged."""
    _kind, number, code = timer.subject.split(":")
    country = CountryCode(code)
    alert = await Alerts(context.tx).get(int(number))
    if alert is None or not alert.awaits(country):
        return
    step = await _first_possible(tuple(Step)[int(timer.payload["step"]) - 1], alert, country, context)
    line = alert.remind(country, step, at=context.now)
    if step.following is not None:
        within = context.settings(AlertSettings).time_to_acknowledge(alert.urgency)
        payload = {"step": tuple(Step).index(step.following) + 1}
        await context.timers().schedule(ESCALATE, timer.subject, context.now + within, payload)
    await context.emit(AlertChanged(alert, line))


async def _first_possible(step: Step, alert: Alert, country: CountryCode, context: Context) -> Step:
    """Return the step, or the next one that reaches anybody: a country without a room or contacts is not waited for."""
    if step is Step.ROOM and country in unreached(alert, await listeners(context.tx, alert)):
        step = Step.ON_DUTY
    if step is Step.ON_DUTY and not await on_duty(alert, country, context):
        step = Step.COORDINATORS
    return step


async def on_duty(alert: Alert, country: CountryCode, context: Context) -> Sequence[tuple[Member | None, str]]:
    """Return the country's contacts on duty, or all its officials where none is: only those who may hear of it.

    Of contacts who are on no roster, and can only be named, a few are enough.
    """
    members, contacts = Members(context.tx), Contacts(context.tx)
    found: list[tuple[Member | None, str]] = []
    on_roster = await contacts.on_duty(country, limit=_CALLED, are_members=True)
    for contact in [*on_roster, *await contacts.on_duty(country, limit=_NAMED, are_members=False)]:
        member = await members.get(contact.member) if contact.member is not None else None
        if member is None or _may_hear(alert, member):
            found.append((member, contact.name))
    if not any(member is not None for member, _shown in found):
        officials = await members.officials_of(country)
        found += [(member, member.name) for member in officials if _may_hear(alert, member)]
    return found


def _may_hear(alert: Alert, member: Member) -> bool:
    return may_see(alert, member, RoomView(RoomId(""), direct=True))
