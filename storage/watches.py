"""Standing watches: what members want to be told of, by the keys under which it is found."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, delete, func, select
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base, Transaction
from storage.ids import UserId


class WatchState(StrEnum):
    ACTIVE = "active"
    STOPPED = "stopped"
    EXPIRED = "expired"


class NotActive(Exception):
    """The watch was stopped or has expired."""

    def __init__(self, state: WatchState) -> None:
        super().__init__(state.value)
        self.state = state


@dataclass(frozen=True, slots=True)
class Term:
    """One thing that a watch asks for: any of these keys. `shown` is for people, `kind` the name of the option."""

    kind: str
    shown: str
    keys: Sequence[str]


class Watch(Base):
    """What one member wants to be told of. Nobody else sees or changes it."""

    __tablename__ = "watches"
    __table_args__ = (UniqueConstraint("owner", "number"), Index("ix_watches_owner_state", "owner", "state"))

    id: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[UserId]
    number: Mapped[int]
    """Counted per member, so that it says nothing of others."""
    asked_for: Mapped[dict[str, Any]]
    """The terms, all of which must hold: {kind: {"shown": ..., "keys": [...]}}, the one it is found by first."""
    state: Mapped[WatchState]
    set_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    @property
    def terms(self) -> Sequence[Term]:
        return [Term(kind, one["shown"], one["keys"]) for kind, one in self.asked_for.items()]

    @property
    def is_active(self) -> bool:
        return self.state is WatchState.ACTIVE

    def matches(self, keys: Collection[str]) -> bool:
        """Whether each term has one of its keys among these."""
        return all(any(key in keys for key in term.keys) for term in self.terms)

    def end(self, state: WatchState, now: datetime) -> None:
        """Stop it or let it expire. Raises NotActive."""
        if not self.is_active:
            raise NotActive(self.state)
        self.state = state
        self.ended_at = now

    def renew(self, until: datetime) -> None:
        """Let it go on until then; one that has expired begins again. Raises NotActive for one that was stopped."""
        if self.state is WatchState.STOPPED:
            raise NotActive(self.state)
        self.state = WatchState.ACTIVE
        self.ended_at = None
        self.expires_at = until


class WatchKey(Base):
    """A key under which an active watch is found: those of its first term alone, so that each watch has few."""

    __tablename__ = "watch_keys"

    key: Mapped[str] = mapped_column(primary_key=True)
    watch_id: Mapped[int] = mapped_column(ForeignKey("watches.id"), primary_key=True, index=True)


class WatchTelling(Base):
    """What was told because of a watch: an alert or a sighting, once."""

    __tablename__ = "watch_tellings"

    watch_id: Mapped[int] = mapped_column(ForeignKey("watches.id"), primary_key=True)
    about: Mapped[str] = mapped_column(primary_key=True)
    """ "alert:17" or "sighting:4"."""
    told_at: Mapped[datetime]
    row_id: Mapped[int | None] = mapped_column(default=None, index=True)
    """The message of the outbox that told it."""


class Watches:
    """Standing watches, found by the keys of what they ask for."""

    def __init__(self, tx: Transaction) -> None:
        self._session = tx.session

    async def add(self, owner: UserId, terms: Sequence[Term], *, now: datetime, expires_at: datetime) -> Watch:
        """Keep a watch under its owner's next number; it is found by the keys of the first term."""
        latest = await self._session.scalar(select(func.max(Watch.number)).where(Watch.owner == owner))
        watch = Watch(
            owner=owner, number=(latest or 0) + 1, state=WatchState.ACTIVE, set_at=now, expires_at=expires_at,
            asked_for={term.kind: {"shown": term.shown, "keys": list(term.keys)} for term in terms}, ended_at=None,
        )  # fmt: skip
        self._session.add(watch)
        await self._session.flush()
        await self.index(watch)
        return watch

    async def index(self, watch: Watch) -> None:
        """Let an active watch be found, and one that has ended not any more."""
        await self._session.execute(delete(WatchKey).where(WatchKey.watch_id == watch.id))
        if watch.is_active:
            keys = dict.fromkeys(watch.terms[0].keys)
            self._session.add_all(WatchKey(key=key, watch_id=watch.id) for key in keys)
        await self._session.flush()

    async def get(self, watch_id: int) -> Watch | None:
        return await self._session.get(Watch, watch_id)

    async def of(self, owner: UserId, number: int) -> Watch | None:
        """Return the owner's watch of this number, whatever its state."""
        query = select(Watch).where(Watch.owner == owner, Watch.number == number)
        return (await self._session.scalars(query)).first()

    async def active(self, owner: UserId) -> Sequence[Watch]:
        """Return this member's watches, the oldest first."""
        query = select(Watch).where(Watch.owner == owner, Watch.state == WatchState.ACTIVE)
        return (await self._session.scalars(query.order_by(Watch.number))).all()

    async def found_by(self, keys: Collection[str], *, after: int = 0, limit: int) -> Sequence[Watch]:
        """Return active watches that are found by one of these keys, by id from `after` on."""
        if not keys:
            return ()
        matching = select(WatchKey.watch_id).where(WatchKey.key.in_(sorted(keys)), WatchKey.watch_id > after).distinct()
        ids = (await self._session.scalars(matching.order_by(WatchKey.watch_id).limit(limit))).all()
        if not ids:
            return ()
        return (await self._session.scalars(select(Watch).where(Watch.id.in_(ids)).order_by(Watch.id))).all()

    async def told(self, watches: Iterable[Watch], about: str) -> frozenset[int]:
        """Return the ids of those of these watches for which this was told."""
        query = select(WatchTelling.watch_id).where(
            WatchTelling.about == about, WatchTelling.watch_id.in_([watch.id for watch in watches])
        )
        return frozenset((await self._session.scalars(query)).all())

    async def tell(self, rows: Mapping[int, int], about: str, now: datetime) -> None:
        """Note that this is told now because of watches: `rows` are the messages of the outbox by the watches' ids."""
        self._session.add_all(
            WatchTelling(watch_id=watch, about=about, told_at=now, row_id=row) for watch, row in rows.items()
        )
        await self._session.flush()

    async def tell_at_once(self, watch: Watch, abouts: Iterable[str], now: datetime) -> None:
        """Note that these are told in the answer to a command."""
        self._session.add_all(WatchTelling(watch_id=watch.id, about=about, told_at=now) for about in abouts)
        await self._session.flush()

    async def untell(self, row_id: int) -> None:
        """Forget what a message told."""
        await self._session.execute(delete(WatchTelling).where(WatchTelling.row_id == row_id))
