"""The lanes of the outbox: which are worked on, and in which order their rows go out."""

import asyncio
import random
from collections import deque
from collections.abc import Callable

import structlog

from bot.context import House
from bot.matrix.interface import Gateway
from bot.sender.heads import audience_of, must_wait, relation_of
from bot.sender.marking import Marking
from bot.sender.outcome import Audience, Head, Outcome, SenderSettings
from bot.sender.pauses import Pauses
from bot.sender.rights import Rights
from bot.sender.settling import Settling
from bot.sender.trying import Trying
from bot.steps import Observer, Step, nobody
from storage.base import Database, Transaction
from storage.ids import RoomId
from storage.outbox import TOPIC, Arrival, Lanes, Outbox, Priority, RowKind, RowState

log = structlog.get_logger()

_AT_LEAST_EVERY = 60.0
"""Seconds after which the outbox is looked at although nobody said that there is something."""
_LOOK_AHEAD = 1_000
"""Rooms whose keys are brought to their readers together, before the first of them is written to."""


class Sender:
    def __init__(
        self,
        database: Database,
        gateway: Gateway,
        house: House,
        settings: SenderSettings,
        *,
        observer: Observer = nobody,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._database = database
        self._gateway = gateway
        self._house = house
        self._settings = settings
        self._observer = observer
        self._pauses = Pauses(house, jitter, settings.in_flight)
        self._trying = Trying(database, gateway, house, settings, self._pauses)
        self._rights = Rights(house)
        self._settling = Settling(gateway, house, settings, self._pauses)
        self._marking = Marking(database, self._settling, observer)
        self._news = asyncio.Event()
        self._running = False
        self._workers: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()  # lanes that got something while they were worked on
        self._delayed: set[str] = set()  # lanes whose work ended although something waits there
        self._waiting: deque[tuple[str, Priority]] = deque()  # lanes that wait for a place
        self._unseen = False  # something came while no place was free
        self._prepared: set[RoomId] = set()

    def offer(self, lanes: frozenset[str]) -> None:
        """There is something new in these lanes of the outbox.

        A single one, as of an answer, goes out at once; several are looked at together, the most urgent first.
        """
        if not self._running:
            return
        self._again |= lanes & self._workers.keys()
        fresh = lanes - self._workers.keys()
        if len(fresh) == 1 and self._has_place and not self._news.is_set() and not self._pauses.strained:
            self._start(next(iter(fresh)))
        elif fresh or not lanes:
            self._news.set()

    @property
    def _has_place(self) -> bool:
        """Whether one more room may be sent to."""
        return len(self._workers) - self._marking.resting < self._pauses.width

    async def catch_up(self) -> None:
        """Write down what has arrived, so that whoever reads next knows of it."""
        await self._marking.write()

    async def look_ahead(self, tx: Transaction) -> None:
        """Make ready what a transaction will have for a single free lane, so that it goes out with the commit."""
        lanes = tx.news.get(TOPIC)
        if not self._running or lanes is None or len(lanes) != 1 or self._news.is_set() or self._pauses.strained:
            return
        (lane,) = lanes
        if lane in self._workers or not self._has_place:
            return
        await tx.flush()
        head = await self._head(lane, tx)
        if head is not None:
            del tx.news[TOPIC]
            tx.after_commit.append(lambda: self._start_ready(lane, head))

    def _start_ready(self, lane: str, head: Head) -> None:
        """Start with what was made ready, unless somebody took up the lane while the transaction went on."""
        if lane in self._workers:
            self._again.add(lane)
        else:
            self._start(lane, head)

    async def run(self) -> None:
        """Send what waits, and what comes, until cancelled."""
        pause = 1.0
        self._running = True
        try:
            while True:
                self._news.clear()
                try:
                    await self._start_waiting()
                    # When every place is taken, whoever ends says so.
                    timeout = None if self._unseen else await self._until_next_attempt()
                    pause = 1.0
                except Exception:  # the database failed: nothing is lost, the rows are there
                    log.exception("sender.stalled", retry_in=pause)
                    timeout, pause = pause, min(pause * 2, 60.0)
                await self._wait(timeout)
        finally:
            self._running = False
            workers = list(self._workers.values())
            for task in workers:
                task.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
            await self._marking.write()

    async def _start_waiting(self) -> None:
        """Look which lanes wait, the most urgent first, and start work on as many as there are places."""
        self._unseen = not self._has_place
        if self._unseen or self._pauses.are_on(Priority.ALERT):
            return
        waiting = await self._waiting_lanes(_LOOK_AHEAD)
        ahead = [RoomId(lane) for lane, _ in waiting if lane.startswith("!") and lane not in self._prepared]
        if len(ahead) > 1:
            self._prepared.update(ahead)
            await self._gateway.prepare(ahead)
        self._waiting = deque(waiting)
        self._fill()

    def _fill(self) -> None:
        """Start work on the lanes that wait, until every place is taken."""
        while self._waiting and self._has_place and not self._pauses.are_on(self._waiting[0][1]):
            lane, _ = self._waiting.popleft()
            if lane not in self._workers:
                self._start(lane)
        if not self._waiting:
            self._prepared.clear()

    async def _waiting_lanes(self, limit: int) -> list[tuple[str, Priority]]:
        """Return the lanes that may be worked on now and how urgent they are, the most urgent first."""
        async with self._database.transaction() as tx:
            found = await Lanes(tx).waiting(self._house.now(), limit=limit, busy=list(self._workers))
        return [(lane, urgency) for lane, urgency in found if not self._pauses.are_on(urgency)]

    def _start(self, lane: str, head: Head | None = None) -> None:
        task = self._workers[lane] = asyncio.create_task(self._work(lane, head))
        task.add_done_callback(lambda _task: self._ended(lane))

    def _ended(self, lane: str) -> None:
        del self._workers[lane]
        if not self._running:
            return
        if lane in self._again or lane in self._delayed:
            self._again.discard(lane)
            self._delayed.discard(lane)
            self._news.set()
        self._give_away_places()

    def _give_away_places(self) -> None:
        """Let lanes that wait have the places that are free, the most urgent first: also what came meanwhile."""
        if self._unseen:
            self._news.set()
        else:
            self._fill()

    async def drain(self) -> None:
        """Send what can be sent now, one after the other; for tests, which want it in order and finished."""
        while lanes := await self._waiting_lanes(self._pauses.width):
            for lane, _ in lanes:
                await self._work(lane)

    async def _wait(self, timeout: float | None) -> None:  # noqa: ASYNC109 - how long nothing may be due
        try:
            async with asyncio.timeout(timeout):
                await self._news.wait()
        except TimeoutError:
            return

    async def _until_next_attempt(self) -> float:
        """Return the seconds until a delayed row is due, or until it is looked again all the same."""
        now = self._house.now()
        again = self._pauses.next_end
        if again is not None and self._pauses.are_on(Priority.ALERT):
            return (again - now).total_seconds()
        async with self._database.transaction() as tx:
            due = await Lanes(tx).next_attempt_at()
        if again is not None:  # what is due already may be held up, and is looked for again when that ends
            due = again if due is None or due <= now else min(due, again)
        if due is None:
            return _AT_LEAST_EVERY
        # A row that is due and still waits is on its way, or has no free place: whoever ends says so at once.
        return max((due - now).total_seconds(), 1.0 if self._workers else 0.05)

    async def _work(self, lane: str, head: Head | None = None) -> None:
        """Send the rows of one lane until it is empty or has to wait."""
        try:
            if head is None:
                async with self._database.transaction() as tx:
                    head = await self._head(lane, tx)
            while head is not None:
                head = await self._send(head)
        except Exception:  # storage failed between two transactions; the row is tried again under the same id
            log.exception("sender.lane_failed")
            self._delayed.add(lane)
            await asyncio.sleep(1)

    async def _head(self, lane: str, tx: Transaction) -> Head | None:
        """Return the oldest row of the lane with all that is needed to send it; None when it has to wait."""
        self._again.discard(lane)
        now = self._house.now()
        row, has_more = await Lanes(tx).head(lane)
        if row is None:
            return None
        urgency = row.priority
        if has_more and (row.attempts or self._pauses.strained or self._pauses.are_on(urgency)):
            urgency = await Lanes(tx).urgency(lane)
        if self._pauses.are_on(urgency):
            self._delayed.add(lane)
            return None
        if row.not_before is not None and row.not_before > now:
            self._delayed.add(lane)
            return None
        if await must_wait(row, tx):
            row.not_before = now + self._pauses.backoff(0)
            self._delayed.add(lane)
            return None
        is_message = row.kind is RowKind.MESSAGE
        audience = await audience_of(row, self._gateway, tx) if is_message else Audience(None)
        obstacle = await self._rights.obstacle(row, tx)
        return Head(row, has_more, urgency, await relation_of(row, tx), audience, obstacle)

    async def _send(self, head: Head) -> Head | None:
        """Try a row, write down what became of it, and return the next one that may follow at once."""
        audience = head.audience
        if head.obstacle is not None:
            outcome = head.obstacle
        elif audience.strangers:
            outcome = Outcome(strangers=audience.strangers)
        else:
            outcome = await self._trying.once(head)
        if self._may_rest(head, outcome):
            await self._rest(head, outcome)
            return None
        following: Head | None = None
        async with self._database.transaction() as tx:
            if self._settling.is_plain(head.row, outcome):
                arrival = Arrival(head.row.id, outcome.room_id, outcome.event_id)
                await Lanes(tx).sent([arrival], device=self._gateway.device_id, now=self._house.now())
                goes_on, sent_to = True, outcome.room_id
            else:
                kept = await Outbox(tx).get(head.row.id)
                assert kept is not None
                goes_on = await self._settling.settle(kept, outcome, tx)
                sent_to = kept.sent_room if kept.state is RowState.SENT else None
            if audience.shared_history and sent_to is not None:
                await self._settling.note_history(sent_to, tx)
            self._observer(Step.MARKING)
            if not goes_on:
                self._delayed.add(head.row.lane)
            elif head.has_more or head.row.lane in self._again:
                if self._unseen or self._pauses.strained:  # whether something more urgent waits is to be seen first
                    self._delayed.add(head.row.lane)
                else:
                    await tx.flush()
                    following = await self._head(head.row.lane, tx)
        self._observer(Step.MARKED)
        return following

    def _may_rest(self, head: Head, outcome: Outcome) -> bool:
        """Whether a message may be marked sent a moment later, with others: none of its lane waits for that."""
        has_company = bool(self._waiting) or len(self._workers) - self._marking.resting > 1
        is_last = not head.has_more and head.row.lane not in self._again
        return has_company and is_last and self._settling.is_simple(head.row, outcome)

    async def _rest(self, head: Head, outcome: Outcome) -> None:
        """Leave the place to others and wait until the message is marked sent."""
        arrived = self._marking.add(head, outcome)
        self._give_away_places()
        if self._marking.is_due or len(self._workers) == self._marking.resting:
            await self._marking.write()
        await self._marking.rest(arrived)
