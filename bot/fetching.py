"""Files that members sent: fetched, hashed and looked into, each until it is known what it is; outside any transaction.

What is to be looked into is a row that a handler wrote. A crash in between leaves the row as it was; what was found and
what the capability says of it are one transaction. So nothing is lost, and nothing is said twice.
"""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import structlog

from bot.context import BotContext, House, nowhere
from bot.matrix.interface import FileRefused, Gateway, MatrixError, SealedFile, SeenFile, Throttled
from bot.waiting import backoff
from storage.audit import Audit
from storage.base import Database, Transaction
from storage.files import FileFault, FileState, IncomingFile, IncomingFiles

log = structlog.get_logger()

_AT_ONCE = 2
"""Files looked into at a time: each is held in memory whole, and one that comes slowly must not stop the rest."""
_DEADLINE = timedelta(seconds=60)  # of one try
_AT_LEAST_EVERY = 60.0  # seconds
_TRIES_AT_A_WRONG_HASH = 2
"""A connection that was cut in a way that looked like the end is not told from a file that was changed."""


@dataclass(frozen=True, slots=True)
class _Found:
    """What came of one try."""

    seen: SeenFile | None = None
    fault: FileFault | None = None
    retry_in: timedelta | None = None


class Fetcher:
    def __init__(
        self,
        database: Database,
        gateway: Gateway,
        house: House,
        *,
        give_up_after: timedelta,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._database = database
        self._gateway = gateway
        self._house = house
        self._give_up_after = give_up_after
        self._jitter = jitter
        self._news = asyncio.Event()
        self._busy: set[int] = set()

    def notify(self) -> None:
        """There is a file to be looked into."""
        self._news.set()

    async def run(self) -> None:
        """Look into what waits, and what comes, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for _ in range(_AT_ONCE):
                tasks.create_task(self._work())

    async def _work(self) -> None:
        pause = 1.0
        while True:
            self._news.clear()
            try:
                if await self.fetch_next():
                    pause = 1.0
                    continue
                wait = await self._until_next()
            except Exception:  # the database failed: the rows are there
                log.exception("fetch.stalled", retry_in=pause)
                wait, pause = pause, min(pause * 2, 60.0)
            try:
                async with asyncio.timeout(wait):
                    await self._news.wait()
            except TimeoutError:
                continue

    async def _until_next(self) -> float:
        async with self._database.transaction() as tx:
            due = await IncomingFiles(tx).next_attempt_at()
        if due is None or self._busy:  # whoever is at it says what comes of it
            return _AT_LEAST_EVERY
        return min(max((due - self._house.now()).total_seconds(), 0.05), _AT_LEAST_EVERY)

    async def fetch_next(self) -> bool:
        """Look into the file that waits the longest; False when none may be tried now."""
        async with self._database.transaction() as tx:
            file = await IncomingFiles(tx).next_due(self._house.now(), but=self._busy)
            if file is None:
                return False
            self._busy.add(file.id)
        try:
            found = await self._look(file)
            async with self._database.transaction() as tx:
                await self._settle(file.id, found, tx)
        finally:
            self._busy.discard(file.id)
            self._news.set()
        return True

    async def _look(self, file: IncomingFile) -> _Found:
        assert file.sealed is not None
        sealed = SealedFile(file.sealed, file.event_id)
        try:
            seen = await self._gateway.look_into(
                sealed, file.declared_type, limit_bytes=file.limit_bytes, deadline=_DEADLINE
            )
        except FileRefused as refused:
            again = refused.fault is FileFault.WRONG_HASH and file.attempts + 1 < _TRIES_AT_A_WRONG_HASH
            return _Found(retry_in=backoff(file.attempts, self._jitter)) if again else _Found(fault=refused.fault)
        except MatrixError as error:
            if self._house.now() - file.came_at > self._give_up_after:
                return _Found(fault=FileFault.UNREACHABLE)
            asked = error.retry_after if isinstance(error, Throttled) else None
            pause = asked or backoff(file.attempts, self._jitter)
            log.warning("fetch.unavailable", file=file.id, error=type(error).__name__, retry_in=pause.total_seconds())
            return _Found(retry_in=pause)
        except Exception:  # a fault of ours: what waits behind it must not wait for its mending
            log.exception("fetch.bug", file=file.id)
            return _Found(fault=FileFault.MALFORMED)
        return _Found(seen)

    async def _settle(self, file_id: int, found: _Found, tx: Transaction) -> None:
        """Write down what was found, and tell the capability that expected the file, in one transaction."""
        files, now = IncomingFiles(tx), self._house.now()
        file = await files.get(file_id)
        assert file is not None
        if file.state is not FileState.WAITING:  # taken back meanwhile
            return
        if found.retry_in is not None:
            files.later(file, now, found.retry_in)
            return
        file.attempts += 1
        if found.seen is not None:
            seen = found.seen
            file.state, file.sha256, file.size_bytes = FileState.SEEN, seen.sha256, seen.size_bytes
            file.content_type = seen.content_type
            file.width, file.height = seen.pixels or (None, None)
        else:
            assert found.fault is not None
            files.refuse(file, found.fault)
        Audit(tx).record(
            now,
            file.sender,
            "file",
            file.fault.value if file.fault is not None else "ok",
            subject=file.subject,
            details={"sha256": file.sha256} if file.sha256 is not None else {},
        )
        await tx.flush()
        try:
            async with tx.attempt():
                await self._house.registry.looks[file.report](file, BotContext(self._house, tx, now, nowhere()))
        except Exception:  # a capability's bug must not have the file fetched again for ever
            log.exception("fetch.report_failed", file=file.id, report=file.report)
