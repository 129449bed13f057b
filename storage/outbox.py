"""The outbox: everything the bot will say or do on Matrix, written in the transaction that decided it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any, NamedTuple, cast

from sqlalchemy import ForeignKey, Index, Table, and_, bindparam, case, exists, func, insert, or_, select, update
from sqlalchemy.orm import Mapped, aliased, mapped_column
from sqlalchemy.orm.attributes import instance_state
from sqlalchemy.orm.util import identity_key

from storage.base import Base, IntEnumType, Transaction
from storage.ids import DeviceId, EventId, RoomId, UserId


class Priority(IntEnum):
    """Urgent first; order within a room is kept whatever the priority."""

    ALERT = 0
    ANSWER = 1
    REMINDER = 2
    ANNOUNCEMENT = 3


class RowKind(StrEnum):
    MESSAGE = "message"
    CREATE_ROOM = "create_room"
    INVITE = "invite"
    JOIN = "join"
    LEAVE = "leave"
    REDACT = "redact"  # take a message and its edits away; where the room forbids it, edit it


class RowState(StrEnum):
    PENDING = "pending"
    SENT = "sent"
    GIVEN_UP = "given_up"
    DROPPED = "dropped"  # no longer needed: what it edits was never said


class Failure(StrEnum):
    """Why a row was given up."""

    NOT_JOINED = "not joined"
    NOT_ENCRYPTED = "not encrypted"
    TOMBSTONED = "tombstoned"
    WORLD_READABLE = "world readable"
    ENCRYPTION_HIDDEN = "encryption hidden"
    UNREACHABLE = "unreachable"  # the homeserver did not take it for as long as it was tried
    NOT_A_MEMBER = "not a member"  # a person who was removed from the roster meanwhile
    NOT_SHOWN = "not shown"  # what it says may no longer be shown to whom it was for
    CHANGED_KEYS = "changed keys"  # of the one reader; no coordinator confirmed them in time
    STRANGERS = "strangers"  # somebody on no roster was in the room, and no coordinator decided in time
    FORBIDDEN = "forbidden"
    REFUSED = "refused"  # any other no of the homeserver; the log has its code


class OutboxRow(Base):
    """One thing to send. `lane` is the room (or the person, for a direct chat) whose order it keeps."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_waiting", "state", "lane", "id"),
        Index("ix_outbox_subject", "subject", "part"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    transaction_id: Mapped[str] = mapped_column(unique=True)
    device_id: Mapped[DeviceId]
    """The device under which the row was or may have been sent; the homeserver knows the id only together with it."""
    kind: Mapped[RowKind]
    lane: Mapped[str]
    room_id: Mapped[RoomId | None]
    user_id: Mapped[UserId | None]
    content: Mapped[dict[str, Any]]
    clear: Mapped[bool] = mapped_column(default=False)
    """Goes to a room that is not encrypted."""
    for_anybody: Mapped[bool] = mapped_column(default=False)
    """Says nothing above TLP:CLEAR, and so may be read by whoever is in the room."""
    thread_root: Mapped[EventId | None]
    thread_row: Mapped[int | None]
    replaces_row: Mapped[int | None] = mapped_column(index=True)
    reply_to: Mapped[EventId | None]
    subject: Mapped[str | None]
    """What it is about, such as "alert:17": a command in its thread or in reply to it means that one."""
    part: Mapped[str | None]
    """Its part in the subject: "card", "line", "draft" ..."""
    report: Mapped[str | None]
    """Whom to tell of its fate: the name of a delivery handler."""
    origin_user: Mapped[UserId | None]
    """Who asked for it, and is told when it is given up."""
    priority: Mapped[Priority] = mapped_column(IntEnumType(Priority))
    state: Mapped[RowState] = mapped_column(default=RowState.PENDING)
    attempts: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[datetime | None]
    held_since: Mapped[datetime | None]
    """Since when it waits because of persons in the room who may not read it; kept when it goes out after all."""
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    sent_room: Mapped[RoomId | None]
    event_id: Mapped[EventId | None] = mapped_column(index=True)
    failure: Mapped[Failure | None]
    emptied_at: Mapped[datetime | None]
    """When it lost the right to be shown where it stands: not sent any more, its content forgotten, redacted."""


class Arrival(NamedTuple):
    """That a row's message is in a room, as this event."""

    row_id: int
    room_id: RoomId | None
    event_id: EventId | None


class Waiting(NamedTuple):
    """A lane with something to send, and how urgent its most urgent row is."""

    lane: str
    urgency: Priority


class OutboxName(Base):
    """What a message names beside its own subject: a list of alerts, or a refusal that says which alert is meant."""

    __tablename__ = "outbox_names"
    __table_args__ = (Index("ix_outbox_names_subject", "subject"),)

    row_id: Mapped[int] = mapped_column(ForeignKey("outbox.id", ondelete="CASCADE"), primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)


def beside(lane: str) -> str:
    """Return the lane of what goes past another one that is held."""
    return f"{lane} aside"


_IS_NO_EDIT = func.coalesce(OutboxRow.replaces_row, 0) == 0
"""Said so that no index of edits is read for it: nearly every row is none."""

TOPIC = "outbox"
"""What `Database.listen` is told, with the lanes, when there is something to send."""


_OUTBOX = cast(Table, OutboxRow.__table__)
_SAME = select(OutboxRow).where(
    or_(
        OutboxRow.id.in_(bindparam("messages", expanding=True)),
        and_(OutboxRow.replaces_row.in_(bindparam("messages", expanding=True)), OutboxRow.state == RowState.PENDING),
    )
)
"""Messages, and their edits that still wait."""
_NAME = insert(cast(Table, OutboxName.__table__))
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


class Outbox:
    """All that goes out, a row each: what waits, what was sent, what was given up."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._session = tx.session
        self._same: dict[int, list[OutboxRow]] = {}
        """Messages that are about to be edited, each with its edits that still wait."""

    async def prepare_edits(self, messages: Collection[int]) -> None:
        """Read messages that are about to be edited, all at once, with their edits that still wait."""
        unknown = [message for message in messages if message not in self._same]
        if not unknown:
            return
        self._same |= {message: [] for message in unknown}
        for row in await self._session.scalars(_SAME, {"messages": unknown}):
            self._same[row.replaces_row or row.id].append(row)

    async def add(self, row: OutboxRow) -> OutboxRow:
        """Write one row, as `add_all` does."""
        await self.add_all([row])
        return row

    async def add_all(self, rows: Sequence[OutboxRow]) -> None:
        """Write rows, in their order, and give them their ids.

        What an edit replaces and still waits is brought up to date at once: it must not be said first as it was. An
        edit that still waits is overtaken by a newer one of the same target. What was emptied is not edited any more.
        """
        edits = [row for row in rows if row.replaces_row is not None and row.kind is RowKind.MESSAGE]
        await self.prepare_edits([row.replaces_row for row in edits if row.replaces_row is not None])
        for row in edits:
            self._overtake(row)
        await self._tx.write(rows)
        if rows and self._tx.first_written is None:
            self._tx.first_written = rows[0].id
        self._tx.changed(TOPIC, *(row.lane for row in rows))

    def _overtake(self, edit: OutboxRow) -> None:
        assert edit.replaces_row is not None
        same = self._same[edit.replaces_row]
        is_emptied = any(one.id == edit.replaces_row and one.emptied_at is not None for one in same)
        edit.state = RowState.DROPPED if is_emptied else RowState.PENDING
        for older in same:
            if older.state is not RowState.PENDING:
                continue
            if older.replaces_row is not None and not older.attempts:
                older.state = RowState.DROPPED
            else:
                older.content, older.for_anybody = edit.content, edit.for_anybody
        same.append(edit)

    async def get(self, row_id: int) -> OutboxRow | None:
        """Return a row; one that somebody in this transaction holds is not read again."""
        known = self._session.sync_session.identity_map.get(identity_key(OutboxRow, row_id))
        if isinstance(known, OutboxRow) and not instance_state(known).expired:
            return known
        return await self._tx.find(OutboxRow, row_id)

    async def several(self, row_ids: Collection[int]) -> Mapping[int, OutboxRow]:
        """Return these rows by their ids. Who holds them saves `get` its query for each."""
        if not row_ids:
            return {}
        found = await self._session.scalars(select(OutboxRow).where(OutboxRow.id.in_(row_ids)))
        return {row.id: row for row in found}

    async def name(self, row: OutboxRow, subjects: Collection[str]) -> None:
        """Note what a message names beside its own subject. What an edit names, the message that it edits names."""
        wanted = {one for one in subjects if one != row.subject}
        if not wanted:
            return
        message = row.replaces_row or row.id
        known = await self._session.scalars(select(OutboxName.subject).where(OutboxName.row_id == message))
        others = [{"row_id": message, "subject": one} for one in sorted(wanted - set(known))]
        if others:
            await self._session.execute(insert(OutboxName), others)

    async def named_in(self, row: OutboxRow) -> Sequence[str]:
        """Return what a message is about and what it names beside that; of an edit what the message names."""
        query = select(OutboxName.subject).where(OutboxName.row_id == (row.replaces_row or row.id))
        named = (await self._session.scalars(query.order_by(OutboxName.subject))).all()
        return [*([row.subject] if row.subject is not None else []), *named]

    async def name_new(self, named: Sequence[tuple[OutboxRow, Collection[str]]]) -> None:
        """Note what messages name that were just written, as `name` does, of all of them at once."""
        wanted = {
            (row.replaces_row or row.id, subject)
            for row, subjects in named
            for subject in subjects
            if subject != row.subject
        }
        edited = {row.replaces_row for row, subjects in named if row.replaces_row is not None and subjects}
        if edited and wanted:
            query = select(OutboxName.row_id, OutboxName.subject).where(OutboxName.row_id.in_(edited))
            wanted -= {(row, subject) for row, subject in (await self._session.execute(query)).all()}
        if wanted:
            await self._tx.run(_NAME, [{"row_id": row, "subject": subject} for row, subject in sorted(wanted)])

    async def naming(self, subject: str) -> Sequence[OutboxRow]:
        """Return every message that says something of a subject or names it, edits and the emptied left out."""
        own = select(OutboxRow.id).where(OutboxRow.subject == subject)
        named = select(OutboxName.row_id).where(OutboxName.subject == subject)
        query = select(OutboxRow).where(
            OutboxRow.id.in_(own.union(named)),  # each half by its own index, on either database
            OutboxRow.kind == RowKind.MESSAGE,
            _IS_NO_EDIT,
            OutboxRow.emptied_at.is_(None),
        )
        return (await self._session.scalars(query.order_by(OutboxRow.id))).all()

    async def with_thread(self, subject: str, row_id: int) -> Sequence[OutboxRow]:
        """Return a message about a subject and what was said of it in its thread, edits and the emptied left out."""
        query = select(OutboxRow).where(
            OutboxRow.subject == subject,
            or_(OutboxRow.id == row_id, OutboxRow.thread_row == row_id),
            OutboxRow.kind == RowKind.MESSAGE,
            _IS_NO_EDIT,
            OutboxRow.emptied_at.is_(None),
        )
        return (await self._session.scalars(query.order_by(OutboxRow.id))).all()

    async def versions(self, row_id: int) -> Sequence[OutboxRow]:
        """Return a message and its edits, oldest first."""
        same = or_(OutboxRow.id == row_id, OutboxRow.replaces_row == row_id)
        query = select(OutboxRow).where(same, OutboxRow.kind == RowKind.MESSAGE)
        return (await self._session.scalars(query.order_by(OutboxRow.id))).all()

    async def empty(self, row: OutboxRow, now: datetime) -> Sequence[OutboxRow]:
        """Forget what a message and its edits say, and return them; what was not sent yet is not sent any more.

        What is on its way at this moment still arrives and is marked sent: a row of kind REDACT, added after this,
        takes it away again.
        """
        versions = await self.versions(row.id)
        for one in versions:
            one.content = {}
            if one is row or one.state is not RowState.DROPPED:  # a dropped edit never left
                one.emptied_at = now
            if one.state is RowState.PENDING:
                one.state = RowState.DROPPED
        return versions

    async def empty_all(self, row_ids: Collection[int], now: datetime) -> None:
        """Forget what messages and their edits say, as `empty` does, of many at once; `emptied` returns them."""
        same = or_(OutboxRow.id.in_(row_ids), OutboxRow.replaces_row.in_(row_ids))
        left = or_(OutboxRow.replaces_row.is_(None), OutboxRow.state != RowState.DROPPED)
        await self._session.execute(
            update(OutboxRow)
            .where(same, OutboxRow.kind == RowKind.MESSAGE)
            .values(
                content={},
                emptied_at=case((left, now), else_=OutboxRow.emptied_at),
                state=case((OutboxRow.state == RowState.PENDING, RowState.DROPPED), else_=OutboxRow.state),
            )
            .execution_options(synchronize_session="fetch")
        )

    async def emptied(self, subject: str, *, limit: int) -> Sequence[OutboxRow]:
        """Return messages that say something of a subject or name it, were emptied, and that no row redacts."""
        own = select(OutboxRow.id).where(OutboxRow.subject == subject)
        named = select(OutboxName.row_id).where(OutboxName.subject == subject)
        redacts = aliased(OutboxRow)
        query = select(OutboxRow).where(
            OutboxRow.id.in_(own.union(named)),
            OutboxRow.kind == RowKind.MESSAGE,
            _IS_NO_EDIT,
            OutboxRow.emptied_at.is_not(None),
            ~exists().where(redacts.replaces_row == OutboxRow.id, redacts.kind == RowKind.REDACT),
        )
        return (await self._session.scalars(query.order_by(OutboxRow.id).limit(limit))).all()

    async def waiting_lanes(self, now: datetime, *, limit: int, busy: Sequence[str] = ()) -> Sequence[Waiting]:
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
        return (await self.get(rows[0][0]), len(rows) > 1) if rows else (None, False)

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

    async def by_event(self, event_id: EventId) -> OutboxRow | None:
        """Return the row that was sent as this event."""
        return (await self._session.scalars(select(OutboxRow).where(OutboxRow.event_id == event_id))).first()

    async def about(
        self, subject: str, part: str | None = None, *, after: int = 0, limit: int | None = None
    ) -> Sequence[OutboxRow]:
        """Return every message about a subject that was not an edit and was not emptied, oldest first, by id."""
        query = select(OutboxRow).where(
            OutboxRow.subject == subject,
            _IS_NO_EDIT,
            OutboxRow.emptied_at.is_(None),
            OutboxRow.id > after,
        )
        if part is not None:
            query = query.where(OutboxRow.part == part)
        return (await self._session.scalars(query.order_by(OutboxRow.id).limit(limit))).all()

    async def hold(self, lane: str, now: datetime) -> int:
        """Note that what waits in the lane waits for a decision about its readers; return how many messages that is."""
        held = (
            OutboxRow.lane == lane,
            OutboxRow.state == RowState.PENDING,
            OutboxRow.kind == RowKind.MESSAGE,
            OutboxRow.for_anybody.is_(False),
        )
        await self._session.execute(
            update(OutboxRow).where(*held, OutboxRow.held_since.is_(None)).values(held_since=now)
        )
        return await self._session.scalar(select(func.count()).where(*held)) or 0

    async def holds(self, lane: str) -> bool:
        """Whether something in the lane waits for a decision about its readers."""
        query = select(OutboxRow.id).where(
            OutboxRow.lane == lane, OutboxRow.state == RowState.PENDING, OutboxRow.held_since.is_not(None)
        )
        return await self._session.scalar(query.limit(1)) is not None

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
        lanes = (old, beside(old))
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

    async def count_held(self) -> int:
        """Count what waits for a decision about its readers."""
        held = (OutboxRow.state == RowState.PENDING, OutboxRow.held_since.is_not(None))
        return await self._session.scalar(select(func.count()).where(*held)) or 0

    async def count_waiting(self) -> int:
        query = select(func.count()).where(OutboxRow.state == RowState.PENDING)
        return await self._session.scalar(query) or 0
