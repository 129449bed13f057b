"""`Transaction`: one unit of work, and what belongs to it beyond the session."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

from sqlalchemy.orm import make_transient_to_detached
from sqlalchemy.orm.attributes import instance_state

from storage.base import statements
from storage.base.inline import InlineSession
from storage.base.memory import Ages, Memory, about_to_change, changed, is_about_to_change, note_table
from storage.base.tables import Base

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from storage.base.server import ServerSession

Row = TypeVar("Row", bound=Base)
V = TypeVar("V")


class Numbered(Protocol):
    """A row that the database gives a number, `id`."""

    id: Any


def _values(row: Any, columns: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Return what is to be inserted for a row, after putting its defaults into it."""
    for name, default in columns:
        if row.__dict__.get(name) is None:
            setattr(row, name, default)
    return {name: row.__dict__[name] for name, _ in columns}


class Transaction:
    """One unit of work. Repositories are made from it; nobody else sees the session."""

    def __init__(
        self, session: "InlineSession | ServerSession", memory: Memory | None = None, ages: Ages | None = None
    ) -> None:
        self.session = cast("AsyncSession", session)  # with what the project uses of it
        self._run = session.run
        self._inline = session if isinstance(session, InlineSession) else None
        self.news: dict[str, set[str]] = {}
        self.after_commit: list[Callable[[], None]] = []
        """Called after the commit, before anybody hears what changed."""
        self.memory = memory or Memory()
        self._ages = ages or Ages()
        self.first_written: int | None = None
        """The number of the first row that this transaction wrote to the outbox."""
        self._written: list[Any] = []  # held, so that whoever reads one of them again gets it without a query
        self._collected: dict[Callable[[Transaction, list[Any]], Awaitable[None]], list[Any]] = {}

    def changed(self, topic: str, *what: str) -> None:
        """Say that something changed which others wait for or keep a copy of; they hear of it after the commit."""
        self.news.setdefault(topic, set()).update(what)

    def collect(self, write: Callable[["Transaction", list[Any]], Awaitable[None]], what: Any) -> None:
        """Have `write` called with all that was collected for it when the transaction is about to end."""
        self._collected.setdefault(write, []).append(what)

    async def write_collected(self, *only: Callable[["Transaction", list[Any]], Awaitable[None]]) -> None:
        """Write what was collected up to now: all of it, or only what is for some."""
        for write in only or tuple(self._collected):
            what = self._collected.pop(write, None)
            if what is not None:
                await write(self, what)

    async def recall(self, key: Hashable, entities: tuple[type[Base], ...], load: Callable[[], Awaitable[V]]) -> V:
        """Return what `load` reads from these small tables, from memory while nobody has written to them.

        Rows that come from memory belong to this transaction, as if they had been read.
        """
        tables = frozenset(entity.__table__.name for entity in entities)  # type: ignore[attr-defined]  # a Table
        if not tables.isdisjoint(changed(self.session)) or is_about_to_change(self.session, tables):
            return await load()
        shelf = self.memory.shelf(tables)
        if key in shelf and self._take_up(shelf[key]):
            known: V = shelf[key]
            return known
        found = await load()
        shelf[key] = found
        return found

    def keep_what_was_read(self) -> None:
        """Before all is undone: what was read of tables that this transaction has not touched is still so."""
        within = self.session.sync_session
        if not within.is_active:  # a flush failed, and let every row expire
            self.memory.forget_everything()
            return
        self.memory.forget(changed(self.session) | about_to_change(self.session))
        within.expunge_all()  # an undo lets the rows of its session expire

    def _take_up(self, value: Any) -> bool:
        """Let rows from memory belong to this transaction; False when it has read the same rows by other ways."""
        rows = [value] if isinstance(value, Base) else value if isinstance(value, (list, tuple)) else ()
        session = self.session.sync_session
        for row in rows:
            if not isinstance(row, Base):
                continue
            name = instance_state(row).key
            assert name is not None
            present = session.identity_map.get(name)
            if present is None:
                session.add(row)
            elif present is not row:
                return False
        return True

    def is_older(self, row: int, *entities: type[Base]) -> bool:
        """Whether one of these tables changed after the transaction that wrote this row of the outbox, or may have."""
        if self.first_written is not None and row >= self.first_written:
            return False
        tables = frozenset(entity.__table__.name for entity in entities)  # type: ignore[attr-defined]  # a Table
        if not tables.isdisjoint(changed(self.session)) or is_about_to_change(self.session, tables):
            return True
        return self._ages.is_older(row, tables)

    async def run(self, statement: Any, values: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> list[Any]:
        """Carry out a statement of Core past the session, and return its rows: for what happens with each message.

        The statement is one that is made once. What the session has not written yet is not seen by it.
        """
        table = getattr(statement, "table", None)
        if table is not None:
            note_table(self.session, table.name)
        return await self._run(statement, values)

    async def rows(self, statement: Any) -> Sequence[Any]:
        """Return the rows of a statement that selects columns and no entities: many are read in a fraction of the time.

        What the session has not written yet is written first, as it is before entities are read.
        """
        waiting = self.session.sync_session
        if waiting.new or waiting.dirty or waiting.deleted:
            await self.session.flush()
        found: Sequence[Any] = (await self.session.execute(statement)).all()
        return found

    async def write(self, rows: Sequence[Numbered]) -> None:
        """Insert new rows of one kind at once, in their order, each with a number of its own.

        From then on they are as if they had been added and flushed.
        """
        if not rows:
            return
        insertion, columns = statements.insertion(type(rows[0]))
        values = [_values(row, columns) for row in rows]
        if self._inline is not None:  # which answers at once, and for several sets of values with nothing
            numbers = [(await self.run(insertion, each))[0] for each in values]
        else:
            numbers = await self.run(insertion, values if len(values) > 1 else values[0])
        for row, (number,) in zip(rows, numbers, strict=True):
            row.id = number
            make_transient_to_detached(row)
            self.session.add(row)
        self._written += rows

    async def find(self, entity: type[Row], key: str | int) -> Row | None:
        """Return the row with this primary key, as quickly as the database allows."""
        if self._inline is not None and self._inline.can_find(entity):
            found: Row | None = await self._inline.find(entity, key)
            return found
        return (await self.session.scalars(statements.by_key(entity), {"key": key})).first()

    async def upsert(self, entity: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert rows, or put them in the place of those with the same primary key. Past the session: many at once."""
        if rows:
            await self.run(statements.upsert(entity, postgres=self._is_postgresql), rows if len(rows) > 1 else rows[0])

    async def insert_new(self, entity: type[Base], key: str, row: Mapping[str, Any]) -> Any:
        """Insert a row unless there is one with the same `key`; return its primary key, None when it is not new."""
        rows = await self.run(statements.insert_new(entity, key, postgres=self._is_postgresql), row)
        return rows[0][0] if rows else None

    @property
    def _is_postgresql(self) -> bool:
        return bool(self.session.get_bind().dialect.name == "postgresql")

    @asynccontextmanager
    async def attempt(self) -> AsyncGenerator[None]:
        """What fails inside is undone and raised again, while the transaction itself goes on."""
        collected = {write: list(what) for write, what in self._collected.items()}
        written = len(self._written)
        try:
            async with self.session.begin_nested():
                yield
        except BaseException:
            # Objects changed inside are read anew after an undo: begin_nested lets them expire.
            self.memory.forget_everything()
            for row in self._written[written:]:  # the session takes them for rows that it read
                self.session.expunge(row)
            del self._written[written:]
            self._collected = collected  # also what was written inside, which is undone
            raise

    async def flush(self) -> None:
        """Send what is pending to the database, so that new rows have their ids."""
        await self.session.flush()
