"""Answers about a risk kept up to date: edited when a fact, a weight or an earlier case changes.

Where it is more or less than before, a line says so; not where only a coordinator counts differently.
"""

from collections.abc import Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

from commands.base import Context, Post, RoomView, Subject
from commands.document import Doc, Strong, _, _n, doc
from commands.happenings import CaseDecided, FactsChanged
from commands.risk.declaration import capability
from commands.risk.weighing import assess, band_of, band_words, counts_for, in_words, outcome_of, points_of
from commands.visibility import ALERT, may_see
from storage.alerts import Alert, Alerts
from storage.ids import RoomId
from storage.members import Member, Members, Role
from storage.outbox import OutboxRow, RowState
from storage.risk import RiskShown, RisksShown
from storage.rooms import Rooms
from storage.timers import Timer

RISK = "risk"
"""The part that an answer about the risk has in an alert."""

_RENEW = "risk.renew"
_KEPT_UP = 20
"""Places in which the newest answer is kept up to date."""
_LOOKED_AT = 100

_ALL_ANEW = "risk.anew"
_READ_STILL = timedelta(days=30)
"""How old an answer may be to be brought up to date with a weight or a case: an older one is hardly read."""
_AT_ONCE = 1
"""Answers that one transaction weighs anew: at a million alerts one takes some 30 ms."""
_LOOKED_THROUGH = 10
"""Answers that one transaction looks at to find those."""
_PAUSE = timedelta(milliseconds=200)


@capability.announces(FactsChanged)
async def facts_changed(event: FactsChanged, context: Context) -> None:
    """Have what was answered weighed anew, once for all that changes in one go."""
    if await RisksShown(context.tx).newest_of(event.alert, limit=1):
        await context.timers().schedule(_RENEW, f"alert:{event.alert.id}:risk", context.now, {"alert": event.alert.id})


@capability.timer(_RENEW)
async def renew(timer: Timer, context: Context) -> None:
    """Bring the newest answer of each place up to date, as far as its reader may see it still."""
    alert = await Alerts(context.tx).get(int(timer.payload["alert"]))
    if alert is None or alert.is_withdrawn:
        return
    for shown, row in await _kept_up(alert, context):
        await _renew(alert, shown, row, context)


async def _kept_up(alert: Alert, context: Context) -> Sequence[tuple[RiskShown, OutboxRow]]:
    """Return the newest answer of each place, as far as it still stands there."""
    places: dict[tuple[str | None, str | None], tuple[RiskShown, OutboxRow]] = {}
    for shown, row in await RisksShown(context.tx).newest_of(alert, limit=_LOOKED_AT):
        if row.emptied_at is None and row.state not in {RowState.GIVEN_UP, RowState.DROPPED}:
            places.setdefault((row.room_id, row.user_id), (shown, row))
    return list(places.values())[:_KEPT_UP]


async def weigh_all_anew(context: Context) -> None:
    """Bring the answers of alerts that have not ended up to date with the weights, a few at a time."""
    await context.timers().schedule(_ALL_ANEW, "risk:weights", context.now, {})


@capability.announces(CaseDecided)
async def case_decided(event: CaseDecided, context: Context) -> None:
    """Have the answers about alerts that an earlier case counts for weighed anew, a few at a time."""
    payload = {"case": event.alert.id}
    await context.timers().schedule(_ALL_ANEW, f"alert:{event.alert.id}:case", context.now, payload)


@capability.timer(_ALL_ANEW)
async def weigh_on(timer: Timer, context: Context) -> None:
    """Go on with the next answers, the newest first, as far back as anybody reads them."""
    case = await Alerts(context.tx).get(int(timer.payload["case"])) if "case" in timer.payload else None
    found = await RisksShown(context.tx).before(timer.payload.get("before"), limit=_LOOKED_THROUGH)
    weighed, last = 0, None
    kept_up: dict[int, set[int]] = {}
    for shown, row, goes_on in found:
        if row.created_at < context.now - _READ_STILL:
            return
        last = shown.row_id
        alert = await Alerts(context.tx).get(shown.alert_id) if goes_on else None
        if alert is None or (case is not None and not counts_for(case, alert)):
            continue
        if alert.id not in kept_up:
            kept_up[alert.id] = {one.row_id for one, _row in await _kept_up(alert, context)}
        if shown.row_id in kept_up[alert.id]:
            await _renew(alert, shown, row, context, is_news=case is not None)
            weighed += 1
        if weighed == _AT_ONCE:
            break
    if last is not None and (weighed == _AT_ONCE or len(found) == _LOOKED_THROUGH):
        payload = {**timer.payload, "before": last}
        await context.timers().schedule(_ALL_ANEW, timer.subject, context.now + _PAUSE, payload)


async def _renew(alert: Alert, shown: RiskShown, row: OutboxRow, context: Context, *, is_news: bool = True) -> None:
    reader = await Members(context.tx).get(row.origin_user) if row.origin_user is not None else None
    bindings = await Rooms(context.tx).of_room(row.room_id) if row.room_id is not None else ()
    room = RoomView(row.room_id or RoomId(""), direct=row.user_id is not None and not bindings, bindings=bindings)
    if reader is None or reader.role < Role.OFFICIAL or not may_see(alert, reader, room):
        return
    earlier: list[Subject] = []

    def may_show(case: Alert) -> bool:
        if not may_see(case, reader, room):
            return False
        earlier.append(Subject(ALERT, case.id))
        return True

    lines = await assess(alert, may_show, context.now, context.tx)
    if outcome_of(lines) == shown.said:
        return
    words = in_words(alert, lines, context.now, ZoneInfo(reader.zone)).naming(earlier)
    about = Subject(ALERT, alert.id)
    again = Post(doc=words, room=row.room_id, subject=about, part=RISK, replaces=row.id, origin=reader.user_id)
    await context.post(again)
    before, after = band_of(shown.points), band_of(points_of(lines))
    if before is not after and is_news:
        line = _n(
            "More is known of alert {number}: its risk is {after} now ({count} point), before it was {before}.",
            "More is known of alert {number}: its risk is {after} now ({count} points), before it was {before}.",
            points_of(lines), number=alert.number, after=band_words(after), before=band_words(before),
        )  # fmt: skip
        await _say_below(row, doc(Strong(line), _("Advice, and no finding.")), about, reader, context)
    shown.points, shown.said = points_of(lines), outcome_of(lines)


async def _say_below(row: OutboxRow, words: Doc, about: Subject, reader: Member, context: Context) -> None:
    """Say it in the thread where the answer stands, or in one below it: an edit alone notifies nobody."""
    in_thread = row.thread_root is not None
    await context.post(
        Post(
            doc=words,
            room=row.room_id,
            person=row.user_id,
            subject=about,
            part=RISK,
            thread_root=row.thread_root,
            thread_row=None if in_thread else row.id,
            origin=reader.user_id,
        )
    )
