"""The pipeline: inbox row -> handler -> outbox rows, in one transaction and one try/except."""

import asyncio
import secrets
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

import structlog

from bot import journal
from bot.context import House
from bot.dispatch.hearing import Hearing
from bot.dispatch.noticing import Noticing
from bot.journal import Entry, Malformed
from bot.matrix.interface import (
    Incoming,
    Message,
)
from bot.steps import Observer, Step, nobody
from commands.base import Refusal
from commands.document import Code, Doc, _, doc
from commands.happenings import (
    UNREADABLE_TIMER,
    unreadable_subject,
)
from storage.base import Database, Transaction
from storage.inbox import Inbox
from storage.timers import Timers

log = structlog.get_logger()


class _Undone(Exception):
    """Undoes a handler's transaction; its cause says why."""


class Dispatcher:
    """Handles inbox rows one after the other, in the order in which they were journalled."""

    def __init__(
        self,
        database: Database,
        house: House,
        *,
        too_old: timedelta,
        look_ahead: Callable[[Transaction], Awaitable[None]] | None = None,
        catch_up: Callable[[], Awaitable[None]] | None = None,
        observer: Observer = nobody,
    ) -> None:
        """`look_ahead` is called at the end of each transaction with what it is about to commit, `catch_up` before an
        event is handled: it writes down what is known of messages that the event may speak of."""
        self._database = database
        self._house = house
        self._observer = observer
        self._look_ahead = look_ahead
        self._catch_up = catch_up
        self._hearing = Hearing(house, too_old=too_old)
        self._noticing = Noticing(house)
        self._arrived = asyncio.Event()
        self._waiting: deque[Entry] | None = None
        """What is there to be handled; None when only the database knows."""

    def notify(self, entries: Sequence[Entry]) -> None:
        """These are new in the inbox."""
        if self._waiting is not None:
            self._waiting.extend(entries)
        self._arrived.set()

    async def run(self) -> None:
        """Handle what is in the inbox, and what comes, until cancelled."""
        pause = 1.0
        self._arrived.set()
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            try:
                while await self.handle_next():
                    pause = 1.0
                    await asyncio.sleep(0)  # who has something to send comes before the next message
            except Exception:  # the database failed: the row is still there, and is tried again
                log.exception("dispatch.stalled", retry_in=pause)
                self._arrived.set()
                await asyncio.sleep(pause)
                pause = min(pause * 2, 60.0)

    async def handle_next(self) -> bool:
        """Handle the oldest event; False when there is none."""
        try:
            entry = await self._oldest()
            if entry is None:
                return False
            if self._catch_up is not None:
                await self._catch_up()
            await self._handle(entry)
        except Exception:
            self._waiting = None  # only the database knows what became of it
            raise
        if self._waiting:
            self._waiting.popleft()
        return True

    async def _oldest(self) -> Entry | None:
        """Return the oldest event that nobody has handled."""
        if self._waiting is not None:
            return self._waiting[0] if self._waiting else None
        async with self._database.transaction() as tx:
            row = await Inbox(tx).next_unhandled()
            if row is None:
                self._waiting = deque()
            return journal.entry(row) if row is not None else None

    async def _handle(self, entry: Entry) -> None:
        """Handle one event whatever it holds: one that cannot be handled must not stop those behind it."""
        event = entry.event
        self._noticing.read += isinstance(event, Message)
        try:
            async with self._database.transaction() as tx:
                try:
                    await self._read_after_all(event, tx)
                    outcome = await self._route(event, tx)
                    await tx.flush()  # what cannot be written is a fault of the handler's
                except Exception as error:
                    raise _Undone from error
                await self._finish(entry, outcome, tx)
                self._observer(Step.HANDLING)
        except _Undone as undone:
            await self._answer_for(undone.__cause__, entry)
        self._observer(Step.HANDLED)

    async def _finish(self, entry: Entry, outcome: str, tx: Transaction) -> None:
        await Inbox(tx).mark_handled(entry.seq, outcome, self._house.now())
        if self._look_ahead is not None:
            await self._look_ahead(tx)

    async def _answer_for(self, error: BaseException | None, entry: Entry) -> None:
        """Say why nothing was done, in a transaction of its own: that of the handler is undone."""
        event = entry.event
        if isinstance(error, Refusal):
            words = error.words
            outcome, answered = "refused", True
        else:
            reference = secrets.token_hex(4)
            log.error("dispatch.bug", reference=reference, inbox=entry.seq, exc_info=error)
            words = _bug(reference)
            outcome, answered = f"failed {reference}", isinstance(event, Message) and event.room_encrypted
        async with self._database.transaction() as tx:
            await self._read_after_all(event, tx)
            if answered and isinstance(event, Message):
                try:
                    async with tx.attempt():
                        await self._hearing.say(event, tx, words)
                except Exception:
                    log.exception("dispatch.unanswered", inbox=entry.seq)
            await self._finish(entry, outcome, tx)

    async def _route(self, event: Incoming | Malformed, tx: Transaction) -> str:
        match event:
            case Malformed(error):
                raise error
            case Message():
                return await self._hearing.hear(event, tx)
            case _:
                return await self._noticing.notice(event, tx)

    async def _read_after_all(self, event: Incoming | Malformed, tx: Transaction) -> None:
        """What could not be read at first was read now: its sender need not be told, and it is not counted."""
        if isinstance(event, Message) and event.late:
            await Timers(tx).cancel(UNREADABLE_TIMER, unreadable_subject(event.event_id))
            await Inbox(tx).read_late(journal.unreadable_key(event.event_id))


def _bug(reference: str) -> Doc:
    return doc(
        _("Something went wrong on my side, and I did nothing of it. It is written down as {reference}.",
          reference=Code(reference)),
        _("Try again; if it stays like this, tell a coordinator this reference."),
    ).openly()  # fmt: skip
