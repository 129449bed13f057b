"""What was read of small tables, kept between transactions until one of them changes.

The bot is the only one who writes to its database (`Database.sole_use`), and its transactions take turns: what it read
and nobody changed since is still so. Sessions note by themselves which tables a transaction changes, so that nobody has
to remember to say it.
"""

from collections.abc import Hashable, Iterable
from typing import Any, Protocol

from sqlalchemy import event
from sqlalchemy.orm import Session, UOWTransaction

_MOST = 10_000
"""Entries of one kind, before all of them are forgotten."""
_CHANGED = "changed tables"


class Noted(Protocol):
    """A session over SQLite or over a server: both have a NotingSession within."""

    @property
    def sync_session(self) -> Session: ...


class NotingSession(Session):
    """A session that notes in which tables it has written."""


@event.listens_for(NotingSession, "after_flush")
def _note_flushed(session: Session, flushed: UOWTransaction) -> None:
    _changed(session).update(state.mapper.local_table.name for state in flushed.states)


def note_statement(session: Noted, statement: Any) -> None:
    """Note what a statement changes that does not go through the unit of work."""
    if getattr(statement, "is_dml", False):
        _changed(session.sync_session).add(statement.table.name)


def note_table(session: Noted, table: str) -> None:
    """Note a table that was written to past the session."""
    _changed(session.sync_session).add(table)


def changed(session: Noted) -> set[str]:
    """Return the names of the tables in which this session has written."""
    return _changed(session.sync_session)


def about_to_change(session: Noted) -> set[str]:
    """Return the names of the tables for which the session holds something that it has not written yet."""
    within = session.sync_session
    return {one.__table__.name for one in (*within.new, *within.dirty, *within.deleted)}


def is_about_to_change(session: Noted, tables: Iterable[str]) -> bool:
    """Whether the session holds something for these tables that it has not written yet."""
    return not about_to_change(session).isdisjoint(tables)


def _changed(session: Session) -> set[str]:
    found: set[str] = session.info.setdefault(_CHANGED, set())
    return found


class Memory:
    """Shelves of what was read, one for each set of tables that it was read from."""

    def __init__(self) -> None:
        self._shelves: dict[frozenset[str], dict[Hashable, Any]] = {}

    def shelf(self, tables: frozenset[str]) -> dict[Hashable, Any]:
        """Return what was read from these tables, to be looked at and added to."""
        shelf = self._shelves.setdefault(tables, {})
        if len(shelf) > _MOST:
            shelf.clear()
        return shelf

    def forget(self, changed: set[str]) -> None:
        """Forget what was read from tables that changed."""
        if changed:
            for tables, shelf in self._shelves.items():
                if not changed.isdisjoint(tables):
                    shelf.clear()

    def forget_everything(self) -> None:
        """Forget all: the rows that were taken out are not what they were any more."""
        self._shelves.clear()


class Ages:
    """Which rows of the outbox are older than the last change of a table: by their numbers, without asking.

    What was written before this process started may be older than anything.
    """

    def __init__(self) -> None:
        self._start: int | None = None
        self._since: dict[str, int | None] = {}

    def note(self, tables: Iterable[str], first: int | None) -> None:
        """Note which tables a transaction changed, and the first row that it wrote to the outbox, if any."""
        if first is not None:
            self._start = self._start or first
            self._since = {table: since or first for table, since in self._since.items()}
        for table in tables:
            self._since[table] = first

    def is_older(self, row: int, tables: Iterable[str]) -> bool:
        """Whether one of these tables changed after the transaction that wrote this row."""
        firsts = [self._since.get(table, self._start) for table in tables]
        return any(first is None or row < first for first in firsts)
