"""A sync answer -> inbox rows and the token, in one transaction. Nothing is handled here."""

import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from bot.matrix.interface import (
    IdentityChanged,
    Incoming,
    Invite,
    MembershipChange,
    Message,
    Redaction,
    ShortCode,
    SyncBatch,
    Tombstone,
    Unreadable,
)
from bot.steps import Observer, Step, nobody
from storage.base import Database
from storage.ids import EventId, UserId
from storage.inbox import Inbox, InboxRow

_TURNS = 3
"""Of the event loop, in which what came is handled: a commit of the journal's own would take as long again."""
_KINDS: dict[str, TypeAdapter[Any]] = {
    "message": TypeAdapter(Message),
    "redaction": TypeAdapter(Redaction),
    "unreadable": TypeAdapter(Unreadable),
    "invite": TypeAdapter(Invite),
    "membership": TypeAdapter(MembershipChange),
    "tombstone": TypeAdapter(Tombstone),
    "identity": TypeAdapter(IdentityChanged),
    "short code": TypeAdapter(ShortCode),
}


# JSON may hold halves of surrogate pairs and NUL, which no UTF-8, and no text column of PostgreSQL, can.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def kind_of(event: Incoming) -> str:
    match event:
        case Message():
            return "message"
        case Redaction():
            return "redaction"
        case Unreadable():
            return "unreadable"
        case Invite():
            return "invite"
        case MembershipChange():
            return "membership"
        case Tombstone():
            return "tombstone"
        case IdentityChanged():
            return "identity"
        case ShortCode():
            return "short code"


@dataclass(frozen=True, slots=True)
class Malformed:
    """An inbox row that holds no event, as one of an older version may."""

    error: Exception


@dataclass(frozen=True, slots=True)
class Entry:
    """An event in the inbox, and its place there."""

    seq: int
    event: Incoming | Malformed


def entry(row: InboxRow) -> Entry:
    """Return the event that an inbox row holds."""
    try:
        return Entry(row.seq, _KINDS[row.kind].validate_python(row.payload))
    except (KeyError, ValueError) as error:
        return Entry(row.seq, Malformed(error))


def unreadable_key(event_id: EventId) -> str:
    """Return what names an event in the inbox that could not be read."""
    return f"unreadable:{event_id}"


def _key(event: Incoming, place: str) -> str:
    """Return what names the event in the inbox, the same when it is offered again.

    A ciphertext is named by itself: a homeserver may offer it again as another event. An event that could not be read
    may come a second time as a message, once its key is there: two rows.
    """
    match event:
        case Message():
            return event.once or event.event_id
        case Redaction():
            return event.event_id
        case Unreadable():
            return unreadable_key(event.event_id)
        case IdentityChanged():
            return f"identity:{event.user}:{event.master_key}:{event.shown_at.isoformat()}"
        case ShortCode():
            return f"short code:{event.user}:{event.transaction_id}"
        case _:
            return place


def _by_now(event: Incoming, now: datetime) -> Incoming:
    """Return what came now as sent by now: when it was sent is its homeserver's word, and nothing else bounds it."""
    if isinstance(event, Message | Unreadable) and event.sent_at > now:
        return replace(event, sent_at=now)
    return event


def _storable(value: Any) -> Any:
    """Replace what cannot be stored: one such event, offered again and again, would keep the bot from all others."""
    if isinstance(value, str):
        return _UNSTORABLE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {name: _storable(inside) for name, inside in value.items()}
    return [_storable(inside) for inside in value] if isinstance(value, list) else value


class Journal:
    """Writes batches for one user of the bot; wakes the dispatcher after each commit that brought something."""

    def __init__(
        self,
        database: Database,
        user_id: UserId,
        now: Callable[[], datetime],
        wake: Callable[[Sequence[Entry]], None],
        observer: Observer = nobody,
    ) -> None:
        self._database = database
        self._user_id = user_id
        self._now = now
        self._wake = wake
        self._observer = observer

    async def __call__(self, batch: SyncBatch) -> None:
        """Write the batch; it is on the disk when this returns."""
        fresh: list[Entry] = []
        # What came is handled at once, and that commit waits for the disk, for this one as well.
        async with self._database.transaction(lasting=not batch.events) as tx:
            inbox, now = Inbox(tx), self._now()
            for index, offered in enumerate(batch.events):
                event = _by_now(offered, now)
                kind = kind_of(event)
                key = _key(event, f"{batch.next_token}#{index}")
                written = _KINDS[kind].dump_python(event, mode="json")
                payload = _storable(written)
                seq = await inbox.journal(_storable(key), kind, payload, now)
                if seq is not None:
                    # What could not be written as it came is handled as it was written.
                    same = payload == written
                    fresh.append(Entry(seq, event if same else _KINDS[kind].validate_python(payload)))
            await batch.keep(tx)
            await inbox.save_token(self._user_id, batch.next_token)
            if fresh:
                # Inside the transaction's turn: nobody can have found the rows in the database before.
                tx.after_commit.append(lambda: self._wake(fresh))
        if fresh:
            self._observer(Step.JOURNALLED)
        await self._make_it_last(batch.next_token)

    async def _make_it_last(self, token: str) -> None:
        """Return when what was written lasts; with the next sync the homeserver forgets what it told in this one."""
        for _ in range(_TURNS):
            if self._database.lasts:
                return
            await asyncio.sleep(0)
        async with self._database.transaction() as tx:
            if not self._database.lasts:  # nobody had anything to write
                await Inbox(tx).save_token(self._user_id, token)

    async def token(self) -> str | None:
        """Return the token from which the next sync continues."""
        async with self._database.transaction() as tx:
            return await Inbox(tx).token(self._user_id)
