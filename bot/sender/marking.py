"""Messages that arrived, marked sent together: one transaction for those of a moment, while others are on their way.

A commit waits for the disk, and what a capability writes about one delivery costs it as much as about ten. Nothing is
lost by waiting: what was not marked when the bot ends is sent again under the same transaction id, and the homeserver
makes nothing new of it.
"""

import asyncio
from dataclasses import dataclass, field

from bot.sender.outcome import Head, Outcome
from bot.sender.settling import Settling
from bot.steps import Observer, Step
from storage.base import Database

_TOGETHER = 32
_LONGEST_REST = 0.5  # seconds


@dataclass(slots=True)
class Arrived:
    """A message that the homeserver has, and of which the database does not know it."""

    head: Head
    outcome: Outcome
    marked: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Marking:
    def __init__(self, database: Database, settling: Settling, observer: Observer) -> None:
        self._database = database
        self._settling = settling
        self._observer = observer
        self._arrived: list[Arrived] = []
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.resting = 0
        """How many lanes wait for this and leave their places to others."""

    @property
    def is_due(self) -> bool:
        """Whether so many have arrived that it is worth a transaction."""
        return len(self._arrived) >= _TOGETHER

    def add(self, head: Head, outcome: Outcome) -> Arrived:
        """Have a message marked within a moment; to be waited for by `rest`."""
        arrived = Arrived(head, outcome)
        self._arrived.append(arrived)
        self.resting += 1
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_LONGEST_REST, self._begin)
        return arrived

    async def rest(self, arrived: Arrived) -> None:
        """Return when it is marked. Raises what kept it from being marked."""
        try:
            await arrived.marked
        finally:
            self.resting -= 1

    def _begin(self) -> None:
        task = asyncio.create_task(self.write())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def write(self) -> None:
        """Mark all that has arrived; whoever waits for it hears of a failure."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        taken, self._arrived = self._arrived, []
        if not taken:
            return
        try:
            async with self._database.transaction() as tx:
                await self._settling.settle_together([(one.head, one.outcome) for one in taken], tx)
                self._observer(Step.MARKING)
        except Exception as error:  # noqa: BLE001 - raised anew in each lane that waits for it
            for one in taken:
                if not one.marked.done():
                    one.marked.set_exception(error)
            return
        except BaseException:
            self._arrived = taken + self._arrived
            raise
        for one in taken:
            if not one.marked.done():
                one.marked.set_result(None)
        self._observer(Step.MARKED)
