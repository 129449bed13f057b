"""`Outbox`: what is written to be sent, what it says of whom, and how it is taken back."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, bindparam, case, exists, func, or_, select, update
from sqlalchemy.orm import aliased
from sqlalchemy.orm.attributes import instance_state
from sqlalchemy.orm.util import identity_key

from storage.base import Transaction
from storage.ids import EventId
from storage.outbox.tables import TOPIC, OutboxName, OutboxRow, RowKind, RowState

_IS_NO_EDIT = func.coalesce(OutboxRow.replaces_row, 0) == 0
"""Said so that no index of edits is read for it: nearly every row is none."""
_SAME = select(OutboxRow).where(
    or_(
        OutboxRow.id.in_(bindparam("messages", expanding=True)),
        and_(OutboxRow.replaces_row.in_(bindparam("messages", expanding=True)), OutboxRow.state == RowState.PENDING),
    )
)
"""Messages, and their edits that still wait."""


def _says_of(subject: str) -> ColumnElement[bool]:
    """Whether a row is about a subject or names it: each half by its own index, on either database."""
    own = select(OutboxRow.id).where(OutboxRow.subject == subject)
    named = select(OutboxName.row_id).where(OutboxName.subject == subject)
    return OutboxRow.id.in_(own.union(named))


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

    def name(self, row: OutboxRow, subjects: Collection[str]) -> None:
        """Note what a message names beside its own subject. What an edit names, the message that it edits names."""
        for subject in subjects:
            if subject != row.subject:
                self._tx.collect(_write_names, (row, subject))

    async def named_in(self, row: OutboxRow) -> Sequence[str]:
        """Return what a message is about and what it names beside that; of an edit what the message names."""
        await self._tx.write_collected(_write_names)
        query = select(OutboxName.subject).where(OutboxName.row_id == (row.replaces_row or row.id))
        named = (await self._session.scalars(query.order_by(OutboxName.subject))).all()
        return [*([row.subject] if row.subject is not None else []), *named]

    async def naming(self, subject: str) -> Sequence[OutboxRow]:
        """Return every message that says something of a subject or names it, edits and the emptied left out."""
        await self._tx.write_collected(_write_names)
        query = select(OutboxRow).where(
            _says_of(subject),
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

    async def versions(self, *messages: int) -> Sequence[OutboxRow]:
        """Return messages and their edits, oldest first."""
        same = or_(OutboxRow.id.in_(messages), OutboxRow.replaces_row.in_(messages))
        query = select(OutboxRow).where(same, OutboxRow.kind == RowKind.MESSAGE)
        return (await self._session.scalars(query.order_by(OutboxRow.id))).all()

    async def empty(self, messages: Collection[int], now: datetime) -> Sequence[OutboxRow]:
        """Forget what messages and their edits say, and return them; what was not sent yet is not sent any more.

        What is on its way at this moment still arrives and is marked sent: a row of kind REDACT, added after this,
        takes it away again.
        """
        versions = await self.versions(*messages) if messages else ()
        for one in versions:
            one.content = {}
            if one.id in messages or one.state is not RowState.DROPPED:  # a dropped edit never left
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
        await self._tx.write_collected(_write_names)
        redacts = aliased(OutboxRow)
        query = select(OutboxRow).where(
            _says_of(subject),
            OutboxRow.kind == RowKind.MESSAGE,
            _IS_NO_EDIT,
            OutboxRow.emptied_at.is_not(None),
            ~exists().where(redacts.replaces_row == OutboxRow.id, redacts.kind == RowKind.REDACT),
        )
        return (await self._session.scalars(query.order_by(OutboxRow.id).limit(limit))).all()

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


async def _write_names(tx: Transaction, named: Sequence[tuple[OutboxRow, str]]) -> None:
    names = sorted({(row.replaces_row or row.id, subject) for row, subject in named})
    await tx.upsert(OutboxName, [{"row_id": message, "subject": subject} for message, subject in names])
