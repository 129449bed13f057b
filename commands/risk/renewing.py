"""Answers about a risk kept up to date: edited when a fact changes, and a line where it is more or less than before."""

from zoneinfo import ZoneInfo

from commands.base import Context, Post, RoomView, Subject
from commands.document import Doc, Strong, _, _n, doc
from commands.happenings import FactsChanged
from commands.risk.declaration import capability
from commands.risk.weighing import assess, band_of, band_words, in_words, outcome_of, points_of
from commands.visibility import ALERT, may_see
from storage.alerts import Alert, Alerts
from storage.ids import RoomId
from storage.members import Member, Members, Role
from storage.outbox import Outbox, OutboxRow, RowState
from storage.risk import RiskShown, RisksShown
from storage.rooms import Rooms
from storage.timers import Timer

RISK = "risk"
"""The part that an answer about the risk has in an alert."""

_RENEW = "risk.renew"
_KEPT_UP = 20
"""Places in which the newest answer is kept up to date."""
_LOOKED_AT = 100


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
    places: set[tuple[str | None, str | None]] = set()
    for shown in await RisksShown(context.tx).newest_of(alert, limit=_LOOKED_AT):
        row = await Outbox(context.tx).get(shown.row_id)
        if row is None or row.emptied_at is not None or row.state in {RowState.GIVEN_UP, RowState.DROPPED}:
            continue
        place = (row.room_id, row.user_id)
        if place not in places and len(places) < _KEPT_UP:
            places.add(place)
            await _renew(alert, shown, row, context)


async def _renew(alert: Alert, shown: RiskShown, row: OutboxRow, context: Context) -> None:
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
    if before is not after:
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
