"""Who did what, when, with which result. Identifiers only: no texts, no personal data beyond the Matrix id.

The lines are a chain: each holds the SHA-256 of the hash before it and of its own contents, so a line that was changed,
removed or moved breaks the chain there. The head says how many lines there are and what the last hash is; noted
elsewhere, it also betrays that the last lines were cut off or all hashes were computed anew.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Self

from sqlalchemy import String, Table, bindparam, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base, Database, Transaction

BEGINNING = "0" * 64
"""What stands before the first line in the place of a hash."""

_BATCH = 500


class AuditLine(Base):
    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """One more than the line before it, given when the line is written; part of what is hashed."""
    at: Mapped[datetime]
    actor: Mapped[str]
    """A Matrix user id, or "clock" and "bot" for what nobody asked for."""
    action: Mapped[str]
    subject: Mapped[str | None] = mapped_column(index=True)
    room_id: Mapped[str | None]
    outcome: Mapped[str]
    details: Mapped[dict[str, Any]]
    hash: Mapped[str] = mapped_column(String(64))
    """SHA-256 of the hash before it and of this line, lower case hexadecimal."""


class AuditHead(Base):
    """The last line of the chain: a table of one row."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    line: Mapped[int]
    """Its number, which is also how many lines there are."""
    hash: Mapped[str] = mapped_column(String(64))


def chained(before: str, values: Sequence[Any]) -> str:
    """Return the hash of a line that stands after one with the hash `before`.

    `values`: id, at (aware), actor, action, subject, room id, outcome, details. Their canonical form is JSON in ASCII
    with sorted keys and without spaces, the time in UTC to the microsecond.
    """
    number, at, *others = values
    stamp = at.astimezone(UTC).isoformat(timespec="microseconds")
    written = json.dumps([number, stamp, *others], sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(f"{before}\n{written}".encode("ascii")).hexdigest()


_LINES: Table = AuditLine.__table__  # type: ignore[assignment]  # declared as FromClause, is the Table
_HEAD: Table = AuditHead.__table__  # type: ignore[assignment]  # the same
_HASHED = [_LINES.c[name] for name in ("id", "at", "actor", "action", "subject", "room_id", "outcome", "details")]


_LAST = select(_HEAD.c.line, _HEAD.c.hash).with_for_update()
_WRITE = insert(_LINES)
_MOVE = update(_HEAD).values(line=bindparam("last"), hash=bindparam("digest"))
_BEGIN = insert(_HEAD)


async def _write(tx: Transaction, lines: list[dict[str, Any]]) -> None:
    """Chain the lines of one transaction, in their order, and move the head behind them."""
    head = await tx.run(_LAST, {})
    ((number, digest),) = head or [(0, BEGINNING)]
    for line in lines:
        number += 1
        line["id"] = number
        line["hash"] = digest = chained(digest, [line[column.name] for column in _HASHED])
    await tx.run(_WRITE, lines if len(lines) > 1 else lines[0])
    if not head:
        await tx.run(_BEGIN, {"id": 1, "line": number, "hash": digest})
    else:
        await tx.run(_MOVE, {"last": number, "digest": digest})


class Audit:
    """Who did what, when and with what outcome: each line holds the hash of the line before it."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._session = tx.session

    def record(
        self,
        at: datetime,
        actor: str,
        action: str,
        outcome: str,
        *,
        subject: str | None = None,
        room_id: str | None = None,
        details: dict[str, Any] | None = None,
    ) -> None:
        """Write a line when the transaction ends."""
        line = {"at": at, "actor": actor, "action": action, "subject": subject, "room_id": room_id, "outcome": outcome}
        self._tx.collect(_write, {**line, "details": details or {}})

    async def lines(self, subject: str) -> list[AuditLine]:
        """Return the lines about a subject, such as "alert:17", oldest first; those of this transaction too."""
        await self._tx.write_collected(_write)
        query = select(AuditLine).where(AuditLine.subject == subject).order_by(AuditLine.id)
        return list(await self._session.scalars(query))


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the chain, as an operator notes it elsewhere: "1200:9f86d0..."."""

    line: int
    hash: str

    def __str__(self) -> str:
        return f"{self.line}:{self.hash}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a head as it is printed. Raises ValueError."""
        number, _, written = text.strip().partition(":")
        written = written.strip().lower()
        if not (number.isdecimal() and len(written) == len(BEGINNING) and set(written) <= set("0123456789abcdef")):
            raise ValueError(text)
        return cls(int(number), written)


class Wrong(StrEnum):
    """What is wrong with the chain at a line."""

    CHANGED = "changed"  # its contents, or its place, are not those it was written with
    MISSING = "missing"  # the line, and perhaps others behind it, was removed
    CUT = "cut"  # the lines from this one to the end were removed
    ADDED = "added"  # a line behind the head that the bot did not write
    HEAD = "head"  # the head itself was removed or changed
    NOTED = "noted"  # the line is not the one that was noted: the chain was computed anew


@dataclass(frozen=True, slots=True)
class Break:
    """The first line that is wrong."""

    line: int
    what: Wrong
    at: datetime | None = None
    action: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """How far the chain is whole."""

    lines: int
    """Lines found whole, from the first on."""
    head: Head
    wrong: Break | None
    """The first that is not; None when all are."""


async def verify(database: Database, noted: Head | None = None) -> Verdict:
    """Follow the chain from its first line to its head, and compare it with a head that was noted before.

    Reads in small transactions, so that a bot that is running can go on writing; lines behind the head that stood when
    the check began are not looked at.
    """
    async with database.transaction() as tx:
        row = (await tx.session.execute(select(_HEAD.c.line, _HEAD.c.hash))).first()
        last = await tx.session.scalar(select(_LINES.c.id).order_by(_LINES.c.id.desc()).limit(1)) or 0
    head = Head(row.line, row.hash) if row is not None else Head(0, BEGINNING)
    reached = Head(0, BEGINNING)
    while True:
        async with database.transaction() as tx:
            following = select(*_HASHED, _LINES.c.hash).where(_LINES.c.id > reached.line, _LINES.c.id <= last)
            batch = (await tx.session.execute(following.order_by(_LINES.c.id).limit(_BATCH))).all()
        for line in batch:
            if (wrong := _wrong(tuple(line), reached, head, noted)) is not None:
                return Verdict(reached.line, head, wrong)
            reached = Head(line.id, line.hash)
        if len(batch) < _BATCH:
            return Verdict(reached.line, head, _wrong_end(reached, head, noted))


def _wrong(line: tuple[Any, ...], before: Head, head: Head, noted: Head | None) -> Break | None:
    """Compare a line with the one before it: what is hashed of it, and its hash."""
    values, written = line[:-1], line[-1]
    number, at, _actor, action = values[:4]
    if number != before.line + 1:
        return Break(before.line + 1, Wrong.MISSING)
    what = None
    if chained(before.hash, values) != written:
        what = Wrong.CHANGED
    elif head.line < number:
        what = Wrong.ADDED if head.line else Wrong.HEAD
    elif noted is not None and noted.line == number and noted.hash != written:
        what = Wrong.NOTED
    return Break(number, what, at, action) if what is not None else None


def _wrong_end(reached: Head, head: Head, noted: Head | None) -> Break | None:
    """Compare the last line with the head, and the head with the one that was noted."""
    expected = max(head.line, noted.line if noted is not None else 0)
    if reached.line < expected:
        return Break(reached.line + 1, Wrong.CUT)
    return Break(reached.line, Wrong.HEAD) if reached.hash != head.hash else None
