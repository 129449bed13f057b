"""Sightings that are kept: shown with the alerts that carry what was seen, then as old; their words then forgotten."""

from collections.abc import Sequence

from commands.base import Context, RoomView, Subject
from commands.happenings import AlertSighted, SightingReported
from commands.matching import outlines_with
from commands.sightings.declaration import ALERTS_AT_MOST, SightingSettings, capability
from commands.visibility import SIGHTING, may_see_sighting
from storage.alerts import Alerts, Outline
from storage.ids import RoomId
from storage.members import Members
from storage.outbox import OutboxRow
from storage.sightings import Sighting, Sightings, Thing
from storage.timers import Timer

_OLD = "sighting.old"
_TELL = "sighting.tell"
_FORGET = "sighting.forget"


async def keep(sighting: Sighting, thing: Thing, context: Context) -> Sequence[Outline]:
    """Keep a sighting and tell those who may hear of it; return the alerts that carry what was seen."""
    await Sightings(context.tx).add(sighting, thing.keys)
    if sighting.current_until > context.now:
        await context.timers().schedule(
            _OLD, f"sighting:{sighting.id}", sighting.current_until, {"sighting": sighting.id}
        )
    alerts = await outlines_with(thing.keys, exercise=sighting.exercise, tx=context.tx, limit=ALERTS_AT_MOST)
    await _tell_each(sighting, alerts, context, is_news=True)
    await context.emit(SightingReported(sighting))
    if sighting.text is not None:
        forget_at = context.now + context.settings(SightingSettings).text_kept
        await context.timers().schedule(_FORGET, f"sighting:{sighting.id}", forget_at, {"sighting": sighting.id})
    return alerts


async def _tell_each(sighting: Sighting, alerts: Sequence[Outline], context: Context, *, is_news: bool) -> None:
    """Have the cards of each alert brought up to date in a transaction of its own, however many rooms each has."""
    clocks = {
        f"sighting:{sighting.id}:alert:{alert.id}": (
            context.now, {"sighting": sighting.id, "alert": alert.id, "news": is_news},
        )
        for alert in alerts
    }  # fmt: skip
    await context.timers().schedule_all(_TELL, clocks)


@capability.timer(_TELL)
async def tell(timer: Timer, context: Context) -> None:
    """Bring the cards of an alert up to date with a sighting, unless the alert was withdrawn meanwhile."""
    sighting = await Sightings(context.tx).get(int(timer.payload["sighting"]))
    alert = await Alerts(context.tx).get(int(timer.payload["alert"]))
    if sighting is not None and alert is not None and not alert.is_withdrawn:
        await context.emit(AlertSighted(alert, sighting, is_news=bool(timer.payload["news"])))


@capability.timer(_OLD)
async def become_old(timer: Timer, context: Context) -> None:
    """Show it as old on the cards of the alerts that go on."""
    sightings = Sightings(context.tx)
    sighting = await sightings.get(int(timer.payload["sighting"]))
    if sighting is None:
        return
    keys = await sightings.keys_of(sighting)
    alerts = await outlines_with(keys, exercise=sighting.exercise, tx=context.tx, limit=ALERTS_AT_MOST)
    await _tell_each(sighting, [alert for alert in alerts if alert.is_open], context, is_news=False)


@capability.timer(_FORGET)
async def forget_text(timer: Timer, context: Context) -> None:
    """Delete what was written with a sighting: it may name persons. What, where and when stays."""
    sighting = await Sightings(context.tx).get(int(timer.payload["sighting"]))
    if sighting is not None:
        sighting.text = None


@capability.shows(SIGHTING)
async def may_still_be_said(subject: Subject, row: OutboxRow, context: Context) -> bool:
    """Decide anew whether one person may still be told of a sighting: by itself, or beside an alert."""
    sightings = Sightings(context.tx)
    sighting = await sightings.get(subject.id)
    member = await Members(context.tx).get(row.user_id) if row.user_id is not None else None
    if sighting is None or member is None:
        return False
    room = RoomView(row.room_id or RoomId(""), direct=True)
    if may_see_sighting(sighting, None, member, room):
        return True
    keys = await sightings.keys_of(sighting)
    beside = await outlines_with(keys, exercise=sighting.exercise, tx=context.tx, limit=ALERTS_AT_MOST)
    return any(may_see_sighting(sighting, alert, member, room) for alert in beside)
