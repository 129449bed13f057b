"""`Lanes`: what waits in the outbox, in which order it goes out, and what is held back."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple, cast

from sqlalchemy import Table, bindparam, func, or_, select, update

from storage.base import Transaction
from storage.ids import DeviceId, EventId, RoomId, UserId
from storage.outbox.repository import Outbox
from storage.outbox.tables import TOPIC, OutboxRow, Priority, RowKind, RowState, beside, invitations

_OUTBOX = cast(Table, OutboxRow.__table__)
_HEAD = (
    select(_OUTBOX.c.id)
    .where(_OUTBOX.c.lane == bindparam("lane"), _OUTBOX.c.state == RowState.PENDING)
    .order_by(_OUTBOX.c.id)
    .limit(2)
)
_SENT = (
    update(_OUTBOX)
    .where(_OUTBOX.c.id == bindparam("row"))
    .values(
        state=RowState.SENT,
        attempts=_OUTBOX.c.attempts + 1,
        not_before=None,
        device_id=bindparam("device"),
        sent_at=bindparam("at"),
        sent_room=bindparam("room"),
        event_id=bindparam("event"),
    )
)


class Arrival(NamedTuple):
    """That a row's message is in a room, as this event."""

    row_id: int
    room_id: RoomId | None
    event_id: EventId | None


class Waiting(NamedTuple):
    """A lane with something to send, and how urgent its most urgent row is."""

    lane: str
    urgency: Priority


class Lanes:
    """What waits, by the rooms and persons whose order it keeps."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._session = tx.session

    async def waiting(self, now: datetime, *, limit: int, busy: Sequence[str] = ()) -> Sequence[Waiting]:
        """Return the lanes with something to send, the one that holds the most urgent row first."""
        query = (
            select(OutboxRow.lane, func.min(OutboxRow.priority))
            .where(OutboxRow.state == RowState.PENDING, OutboxRow.lane.not_in(busy))
            .group_by(OutboxRow.lane)
            .having(or_(func.min(OutboxRow.not_before).is_(None), func.min(OutboxRow.not_before) <= now))
            .order_by(func.min(OutboxRow.priority), func.min(OutboxRow.id))
            .limit(limit)
        )
        return [Waiting(lane, Priority(urgency)) for lane, urgency in await self._session.execute(query)]

    async def urgency(self, lane: str) -> Priority:
        """Return the urgency of the most urgent row that waits in a lane; ANNOUNCEMENT when none does."""
        query = select(func.min(OutboxRow.priority)).where(OutboxRow.lane == lane, OutboxRow.state == RowState.PENDING)
        found = await self._session.scalar(query)
        return Priority.ANNOUNCEMENT if found is None else Priority(found)

    async def head(self, lane: str) -> tuple[OutboxRow | None, bool]:
        """Return the row that the lane sends next, the oldest, so that order is kept, and whether others follow it."""
        rows = await self._tx.run(_HEAD, {"lane": lane})
        return (await Outbox(self._tx).get(rows[0][0]), len(rows) > 1) if rows else (None, False)

    async def sent(self, arrived: Sequence[Arrival], *, device: DeviceId, now: datetime) -> None:
        """Mark rows sent, past the session: what of their fate others have to hear is for the caller to say."""
        rows = [{"row": row, "device": device, "at": now, "room": room, "event": event} for row, room, event in arrived]
        await self._tx.run(_SENT, rows if len(rows) > 1 else rows[0])

    async def next_attempt_at(self) -> datetime | None:
        """Return when the next delayed row may be tried again."""
        return await self._session.scalar(
            select(func.min(OutboxRow.not_before)).where(
                OutboxRow.state == RowState.PENDING, OutboxRow.not_before.is_not(None)
            )
        )

    async def hold(self, lane: str, now: datetime) -> int:
        """Note that what waits in the lane waits for a decision about its readers; return how many messages that is.

        What is no message, above all what takes messages away, goes past it from now on.
        """
        waits = (OutboxRow.lane == lane, OutboxRow.state == RowState.PENDING)
        hurried = (*waits, OutboxRow.kind != RowKind.MESSAGE)
        await self._session.execute(update(OutboxRow).where(*hurried).values(lane=beside(lane)))
        self._tx.changed(TOPIC, beside(lane))
        held = (*waits, OutboxRow.kind == RowKind.MESSAGE, OutboxRow.for_anybody.is_(False))
        await self._session.execute(
            update(OutboxRow).where(*held, OutboxRow.held_since.is_(None)).values(held_since=now)
        )
        return await self._session.scalar(select(func.count()).where(*held)) or 0

    async def held_among(self, lanes: Collection[str]) -> frozenset[str]:
        """Return those of the lanes in which something waits for a decision about its readers."""
        if not lanes:
            return frozenset()
        query = select(OutboxRow.lane).where(
            OutboxRow.lane.in_(lanes), OutboxRow.state == RowState.PENDING, OutboxRow.held_since.is_not(None)
        )
        return frozenset(await self._session.scalars(query.distinct()))

    async def try_held_again(self, room_id: RoomId | None = None, *, person: UserId | None = None) -> None:
        """Let what waits for a decision about its readers be tried at once: in one room, for one person, or all."""
        held = [OutboxRow.state == RowState.PENDING, OutboxRow.held_since.is_not(None)]
        if room_id is not None:
            held.append(OutboxRow.room_id == room_id)
        if person is not None:
            held.append(OutboxRow.user_id == person)
        lanes = (await self._session.scalars(select(OutboxRow.lane).where(*held).distinct())).all()
        if lanes:
            await self._session.execute(update(OutboxRow).where(*held).values(not_before=None))
            self._tx.changed(TOPIC, *lanes)

    async def move(self, old: RoomId, new: RoomId, *, limit: int) -> bool:
        """Let what was for one room be for its successor, also what follows what was said in the old one.

        All that waits, which loses its place in threads: those stay behind. Of the rest the newest `limit` rows of each
        state. Returns whether there may be more of them.
        """
        lanes = (old, beside(old), invitations(old))
        waits = (OutboxRow.state == RowState.PENDING, OutboxRow.lane.in_(lanes), OutboxRow.room_id == old)
        alone = {"thread_root": None, "reply_to": None, "not_before": None}
        await self._session.execute(update(OutboxRow).where(*waits).values(alone))
        there = {"room_id": new, "lane": new}
        await self._session.execute(update(OutboxRow).where(*waits, OutboxRow.user_id.is_(None)).values(there))
        most = 0
        for state in (RowState.SENT, RowState.GIVEN_UP, RowState.DROPPED):
            for lane in lanes:  # a room's rows have no index but that of its lane
                own = (OutboxRow.state == state, OutboxRow.lane == lane, OutboxRow.room_id == old)
                newest = select(OutboxRow.id).where(*own, OutboxRow.user_id.is_(None)).order_by(OutboxRow.id.desc())
                ids = (await self._session.scalars(newest.limit(limit))).all()
                await self._session.execute(update(OutboxRow).where(OutboxRow.id.in_(ids)).values(there))
                most = max(most, len(ids))
        self._tx.changed(TOPIC, new)
        return most == limit

    async def move_rows(self, rows: Collection[int], new: RoomId) -> None:
        """Let what was said in a room be its successor's: what edits it, or follows it, goes there."""
        await self._session.execute(
            update(OutboxRow).where(OutboxRow.id.in_(rows)).values({"room_id": new, "lane": new})
        )

    async def count_held(self) -> int:
        """Count what waits for a decision about its readers."""
        held = (OutboxRow.state == RowState.PENDING, OutboxRow.held_since.is_not(None))
        return await self._session.scalar(select(func.count()).where(*held)) or 0

    async def count_waiting(self) -> int:
        query = select(func.count()).where(OutboxRow.state == RowState.PENDING)
        return await self._session.scalar(query) or 0
