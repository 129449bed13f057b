"""Calling those of whom something is wanted in their direct chats: a few at once, the others by a clock.

A country may have hundreds of officials. Each batch is written in a transaction of its own, together with the clock of
the next one, so that nobody is told twice and nobody is left out, and no command waits for all of them. Who is called,
and whether anything is still wanted of them, is decided anew for each batch.
"""

from collections.abc import Sequence
from datetime import datetime

from commands.alerts.audience import coordinators_may_see
from commands.alerts.circulating.directly import tell_persons
from commands.alerts.clocks.escalation import on_duty
from commands.alerts.declaration import capability
from commands.alerts.second_pair import second_pair
from commands.alerts.showing.summons import directly
from commands.base import Context, Priority
from storage.alerts import Alert, AlertRequests, Alerts, AlertState, HistoryLine, Urgency, What
from storage.ids import CountryCode
from storage.members import Member, Members
from storage.rooms import Rooms
from storage.timers import Timer

CALL = "alert.call"

_AT_ONCE = 3
"""Persons who are told in the transaction in which something is first wanted of them."""

_BATCH = 12
"""Persons who are told in each transaction after that."""

Called = Sequence[tuple[Member | None, str]]
"""Who is called, and their names; a contact may be no member."""


async def call(alert: Alert, line: HistoryLine, context: Context, called: Called | None = None) -> None:
    """Write directly to those of whom a line of the history wants something, beside those whom a room reaches.

    `called` are those on duty, where the caller knows them already.
    """
    await context.tx.flush()  # the line gets its number
    wanted = await _wanted_of(alert, line, context, called)
    await _next(alert, line, wanted, context, most=_AT_ONCE, due=context.now)


@capability.timer(CALL)
async def call_on(timer: Timer, context: Context) -> None:
    """Write to the next ones, while it is still wanted of them."""
    line = await Alerts(context.tx).line(int(timer.payload["line"]))
    alert = await Alerts(context.tx).get(line.alert_id) if line is not None else None
    if alert is None or line is None or not await _is_still_wanted(alert, line, context):
        return
    after = str(timer.payload["after"])
    wanted = [one for one in await _wanted_of(alert, line, context) if one.user_id > after]
    # What is urgent goes on before all that came later; everything else lets that pass.
    due = timer.due_at if alert.urgency is Urgency.URGENT else context.now
    await _next(alert, line, wanted, context, most=_BATCH, due=due)


async def _next(
    alert: Alert, line: HistoryLine, wanted: Sequence[Member], context: Context, *, most: int, due: datetime
) -> None:
    priority = Priority.ALERT if alert.urgency is Urgency.URGENT else Priority.REMINDER
    words = {member.user_id: directly(alert, line, member, context.prefix) for member in wanted[:most]}
    await tell_persons(alert, words, context, priority=priority)
    if wanted and line.country is not None:
        alert.note_told({line.country}, context.now)
    if len(wanted) > most:
        payload = {"line": line.id, "after": wanted[most - 1].user_id}
        await context.timers().schedule(CALL, f"alert:{alert.id}:call:{line.id}", due, payload)


async def _wanted_of(
    alert: Alert, line: HistoryLine, context: Context, called: Called | None = None
) -> Sequence[Member]:
    """Return those who are written to, by their Matrix ids."""
    if line.what is What.VERIFICATION_DUE:
        people = await verifiers(alert, int(line.details["step"]), context)
    else:
        assert line.country is not None
        called = called if called is not None else await on_duty(alert, line.country, context)
        reached = await _reached_in_rooms(alert, line.country, context)
        people = [one for one, _name in called if one is not None and one.user_id not in reached]
    return sorted(people, key=lambda one: one.user_id)


async def _reached_in_rooms(alert: Alert, country: CountryCode, context: Context) -> frozenset[str]:
    """Return who reads what is said in the country's rooms, or in a card of their own: there they were called."""
    own_rooms = set(await Rooms(context.tx).of_country(country))
    reached: set[str] = set()
    for card in await Alerts(context.tx).cards(alert):
        if card.user_id is not None:
            reached.add(card.user_id)
        elif card.room_id in own_rooms:
            reached |= await context.people.in_room(card.room_id)
    return frozenset(reached)


async def _is_still_wanted(alert: Alert, line: HistoryLine, context: Context) -> bool:
    if line.what is What.VERIFICATION_DUE:
        return alert.awaits_verification or alert.state is AlertState.SUBMITTED
    if line.what is What.REMINDED:
        return line.country is not None and alert.awaits(line.country)
    request = await AlertRequests(context.tx).numbered(alert, int(line.details["request"]))
    return alert.is_open and request is not None and request.is_open


async def verifiers(alert: Alert, step: int, context: Context) -> Sequence[Member]:
    """Return who is called to verify: first the second pair of eyes, then the coordinators where they may see it."""
    if step == 1 or not coordinators_may_see(alert):
        return await second_pair(alert, context)
    return [one for one in await Members(context.tx).coordinators() if one.user_id != alert.author]
