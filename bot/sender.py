"""The outbox -> Matrix: order kept within a room, rooms in parallel, urgent first, each row sent once.

A row keeps its transaction id through every try, so that the homeserver makes one event of it whatever happened to the
answers. When the bot has a new device since the row was tried, the homeserver knows nothing of that id: the row is
first looked for in the room.
"""

import asyncio
import random
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, assert_never

import structlog

from bot.context import BotContext, House, nowhere
from bot.matrix.interface import (
    FileRefused,
    Gateway,
    LoggedOut,
    MatrixError,
    NewRoom,
    Rejected,
    RoomFacts,
    RoomUnsafe,
    SealedFile,
    SeenFile,
    Strangers,
    Throttled,
    Unavailable,
    Unread,
    WhyUnread,
    WhyUnsafe,
)
from bot.outgoing import FILE, FORWARD
from bot.steps import Observer, Step, nobody
from commands.base import Event, Post
from commands.document import Code, Text, _, doc
from commands.happenings import CannotRead, HeldBack, HistoryShared, Obstacle, RoomClosed, Unreached
from commands.network import alarm, failure_words
from storage.base import Database, Transaction
from storage.files import FileFault, FileState, IncomingFiles, OutgoingFiles
from storage.ids import EventId, RoomId, UserId
from storage.members import Members
from storage.outbox import TOPIC, Failure, Outbox, OutboxRow, Priority, RowKind, RowState
from storage.rooms import Rooms

log = structlog.get_logger()

LOSS_REPORT = "loss"
"""Part of a message that says that another could not be delivered; when it fails itself, nothing more is said."""
_LONGEST_PAUSE = timedelta(minutes=5)
_LOOK_AGAIN = timedelta(minutes=5)
"""How often the readers of a room are looked at anew while somebody is there who may not read."""
_AT_LEAST_EVERY = 60.0
"""Seconds after which the outbox is looked at although nobody said that there is something."""
_LOOK_AHEAD = 1_000
"""Rooms whose keys are brought to their readers together, before the first of them is written to."""
_TRIES_AT_A_FAULT = 6
"""How often a row is tried that meets a fault of the program: about two minutes, then it is given up loudly."""


@dataclass(frozen=True, slots=True)
class SenderSettings:
    """In flight: rooms sent to at the same time. Give up: how long an unreachable homeserver is tried for one row."""

    in_flight: int = 8
    give_up_after: timedelta = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What became of one try."""

    event_id: EventId | None = None
    room_id: RoomId | None = None
    retry_in: timedelta | None = None
    failure: Failure | None = None
    dropped: bool = False
    strangers: frozenset[UserId] = frozenset()
    """Who is in the room and was not among its readers; nothing was sent."""
    unread: frozenset[Unread] = frozenset()
    closed: RoomClosed | None = None
    """The room turned out to be closed."""


@dataclass(frozen=True, slots=True)
class _Audience:
    """Who reads in a room: None for whoever is there."""

    readers: frozenset[UserId] | None
    strangers: frozenset[UserId] = frozenset()
    shared_history: bool = False
    """Whether those who come later may be given what was said."""


@dataclass(frozen=True, slots=True)
class _Relation:
    """The m.relates_to of a message, and the room in which the event stands that it names."""

    content: Mapping[str, Any]
    room_id: RoomId | None


_NONE = _Relation({}, None)


@dataclass(frozen=True, slots=True)
class _Head:
    """The oldest row of a lane, and what has to be known to send it."""

    row: OutboxRow
    has_more: bool
    relation: _Relation | None
    is_welcome: bool
    audience: _Audience


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
        self._jitter = jitter
        self._news = asyncio.Event()
        self._running = False
        self._workers: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()  # lanes that got something while they were worked on
        self._delayed: set[str] = set()  # lanes whose work ended although something waits there
        self._waiting: deque[str] = deque()  # lanes that wait for a place
        self._unseen = False  # something came while no place was free
        self._prepared: set[RoomId] = set()
        self._paused_until: datetime | None = None
        self._unread: dict[RoomId, frozenset[Unread]] = {}
        """Who could not read the last message of each room: said once, and the database need not be asked each time."""
        self._shared: set[RoomId] = set()

    def offer(self, lanes: frozenset[str]) -> None:
        """There is something new in these lanes of the outbox.

        A single one, as of an answer, goes out at once; several are looked at together, the most urgent first.
        """
        if not self._running:
            return
        self._again |= lanes & self._workers.keys()
        fresh = lanes - self._workers.keys()
        has_place = len(self._workers) < self._settings.in_flight
        if len(fresh) == 1 and has_place and not self._news.is_set() and not self._is_paused():
            self._start(next(iter(fresh)))
        elif fresh or not lanes:
            self._news.set()

    async def look_ahead(self, tx: Transaction) -> None:
        """Make ready what a transaction will have for a single free lane, so that it goes out with the commit."""
        lanes = tx.news.get(TOPIC)
        if not self._running or lanes is None or len(lanes) != 1 or self._news.is_set() or self._is_paused():
            return
        (lane,) = lanes
        if lane in self._workers or len(self._workers) >= self._settings.in_flight:
            return
        await tx.flush()
        head = await self._head(lane, tx)
        if head is not None:
            del tx.news[TOPIC]
            tx.after_commit.append(lambda: self._start_ready(lane, head))

    def _start_ready(self, lane: str, head: _Head) -> None:
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
                    timeout = await self._until_next_attempt()
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

    async def _start_waiting(self) -> None:
        """Look which lanes wait, the most urgent first, and start work on as many as there are places."""
        self._unseen = len(self._workers) >= self._settings.in_flight
        if self._unseen or self._is_paused():
            return
        async with self._database.transaction() as tx:
            lanes = await Outbox(tx).waiting_lanes(self._house.now(), limit=_LOOK_AHEAD, busy=list(self._workers))
        ahead = [RoomId(lane) for lane in lanes if lane.startswith("!") and lane not in self._prepared]
        if len(ahead) > 1:
            self._prepared.update(ahead)
            await self._gateway.prepare(ahead)
        self._waiting = deque(lanes)
        self._fill()

    def _fill(self) -> None:
        """Start work on the lanes that wait, until every place is taken."""
        while self._waiting and len(self._workers) < self._settings.in_flight and not self._is_paused():
            lane = self._waiting.popleft()
            if lane not in self._workers:
                self._start(lane)
        if not self._waiting:
            self._prepared.clear()

    def _start(self, lane: str, head: _Head | None = None) -> None:
        task = self._workers[lane] = asyncio.create_task(self._work(lane, head))
        task.add_done_callback(lambda _task: self._ended(lane))

    def _ended(self, lane: str) -> None:
        del self._workers[lane]
        if not self._running:
            return
        if self._unseen or lane in self._again or lane in self._delayed:
            self._again.discard(lane)
            self._delayed.discard(lane)
            self._news.set()
        self._fill()

    def _is_paused(self) -> bool:
        return self._paused_until is not None and self._house.now() < self._paused_until

    async def drain(self) -> None:
        """Send what can be sent now, one after the other; for tests, which want it in order and finished."""
        while not self._is_paused():
            async with self._database.transaction() as tx:
                lanes = await Outbox(tx).waiting_lanes(self._house.now(), limit=self._settings.in_flight)
            if not lanes:
                return
            for lane in lanes:
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
        if self._paused_until is not None and now < self._paused_until:
            return (self._paused_until - now).total_seconds()
        async with self._database.transaction() as tx:
            due = await Outbox(tx).next_attempt_at()
        if due is None:
            return _AT_LEAST_EVERY
        # A row that is due and still waits is on its way, or has no free place: whoever ends says so at once.
        return max((due - now).total_seconds(), 1.0 if self._workers else 0.05)

    async def _work(self, lane: str, head: _Head | None = None) -> None:
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

    async def _head(self, lane: str, tx: Transaction) -> _Head | None:
        """Return the oldest row of the lane with all that is needed to send it; None when it has to wait."""
        self._again.discard(lane)
        now = self._house.now()
        if self._is_paused():
            self._delayed.add(lane)
            return None
        row, has_more = await Outbox(tx).head(lane)
        if row is None:
            return None
        if row.not_before is not None and row.not_before > now:
            self._delayed.add(lane)
            return None
        if await self._must_wait(row, tx):
            row.not_before = now + self._backoff(0)
            self._delayed.add(lane)
            return None
        return _Head(
            row,
            has_more,
            await self._relation(row, tx),
            row.user_id is None or await Members(tx).get(row.user_id) is not None,
            await self._audience(row, tx) if row.kind is RowKind.MESSAGE else _Audience(None),
        )

    async def _send(self, head: _Head) -> _Head | None:
        """Try a row, write down what became of it, and return the next one that may follow at once."""
        audience = head.audience
        # Removal from the roster ends every right at once, also to what was already written to a direct chat.
        if not head.is_welcome:
            outcome = _Outcome(failure=Failure.NOT_A_MEMBER)
        elif audience.strangers:
            outcome = _Outcome(strangers=audience.strangers)
        else:
            outcome = await self._try(head.row, head.relation, audience.readers)
        following: _Head | None = None
        async with self._database.transaction() as tx:
            if self._is_plain(head.row, outcome):
                await Outbox(tx).sent(
                    head.row.id,
                    device=self._gateway.device_id,
                    now=self._house.now(),
                    room_id=outcome.room_id,
                    event_id=outcome.event_id,
                )
                goes_on, sent_to = True, outcome.room_id
            else:
                kept = await Outbox(tx).get(head.row.id)
                assert kept is not None
                goes_on = await self._settle(kept, outcome, tx)
                sent_to = kept.sent_room if kept.state is RowState.SENT else None
            if audience.shared_history and sent_to is not None:
                await self._note_history(sent_to, tx)
            self._observer(Step.MARKING)
            if goes_on and (head.has_more or head.row.lane in self._again):
                await tx.flush()
                following = await self._head(head.row.lane, tx)
            elif not goes_on:
                self._delayed.add(head.row.lane)
        self._observer(Step.MARKED)
        return following

    def _is_plain(self, row: OutboxRow, outcome: _Outcome) -> bool:
        """Whether a row was sent, and nobody has to hear more of it: as nearly all answers."""
        said_before = self._unread.get(outcome.room_id, frozenset()) if outcome.room_id is not None else frozenset()
        return (
            outcome.event_id is not None
            and row.report is None
            and row.replaces_row is None
            and FILE not in row.content
            and outcome.unread == said_before
        )

    async def _audience(self, row: OutboxRow, tx: Transaction) -> _Audience:
        """Say who will read the row, and who of those in its room may not."""
        if row.for_anybody or row.clear:
            return _Audience(None)
        if row.user_id is not None or row.room_id is None:
            return _Audience(frozenset({row.user_id} if row.user_id is not None else ()))
        try:
            facts = await self._gateway.room(row.room_id)
        except MatrixError:
            return _Audience(frozenset())  # the sending says what is the matter
        people = (facts.joined | facts.invited) - {self._gateway.user_id}
        if _is_unsafe(facts):
            return _Audience(people)
        return _Audience(people, await Rooms(tx).strangers(row.room_id, people), facts.shared_history)

    async def _must_wait(self, row: OutboxRow, tx: Transaction) -> bool:
        """Say whether what a message edits is still to be sent, in the lane of another room."""
        target = await Outbox(tx).get(row.replaces_row) if row.replaces_row is not None else None
        return target is not None and target.state is RowState.PENDING

    async def _relation(self, row: OutboxRow, tx: Transaction) -> _Relation | None:
        """Return what the message relates to, or None when what it edits was never sent."""
        if row.replaces_row is not None:
            target = await Outbox(tx).get(row.replaces_row)
            if target is None or target.event_id is None:
                return None
            return _Relation({"rel_type": "m.replace", "event_id": target.event_id}, target.sent_room)
        thread, where = row.thread_root, row.room_id
        if thread is None and row.thread_row is not None:
            root = await Outbox(tx).get(row.thread_row)
            thread, where = (root.event_id, root.sent_room) if root else (None, None)
        if thread is not None:
            return _Relation({"rel_type": "m.thread", "event_id": thread}, where)
        if row.reply_to is not None:
            return _Relation({"m.in_reply_to": {"event_id": row.reply_to}}, row.room_id)
        return _NONE

    async def _try(  # noqa: C901, PLR0911 - one for each answer
        self, row: OutboxRow, relation: _Relation | None, readers: frozenset[UserId] | None
    ) -> _Outcome:
        """Do what the row says, once, and say what became of it."""
        if row.kind is RowKind.MESSAGE and relation is None:
            return _Outcome(dropped=True)
        try:
            return await self._do(row, relation or _NONE, readers)
        except Throttled as error:
            pause = error.retry_after or self._backoff(row.attempts)
            until = self._house.now() + pause
            # Two rooms may be told different pauses at once: the longer one holds.
            self._paused_until = max(self._paused_until or until, until)
            log.warning("sender.throttled", seconds=pause.total_seconds())
            return _Outcome(retry_in=pause)
        except (Unavailable, LoggedOut) as error:
            if self._house.now() - row.created_at > self._settings.give_up_after:
                return _Outcome(failure=Failure.UNREACHABLE)
            pause = self._backoff(row.attempts)
            log.warning("sender.unavailable", row=row.id, error=type(error).__name__, retry_in=pause.total_seconds())
            return _Outcome(retry_in=pause)
        except Strangers as error:
            return _Outcome(strangers=error.users)
        except RoomUnsafe as error:
            return _Outcome(failure=_why_unsafe(error.why), closed=await self._closing(row, error.why))
        except Rejected as error:
            log.warning("sender.rejected", row=row.id, status=error.status, errcode=error.errcode)
            return _Outcome(failure=Failure.FORBIDDEN if error.errcode == "M_FORBIDDEN" else Failure.REFUSED)
        except FileRefused as refused:
            log.warning("sender.file_refused", row=row.id, fault=refused.fault)
            # Taken back while it was on its way: whoever sends it on says so.
            taken_back = refused.fault is FileFault.NOT_THERE
            return _Outcome(dropped=True) if taken_back else _Outcome(failure=Failure.REFUSED)
        except MatrixError:
            log.exception("sender.failed", row=row.id)
            return _Outcome(failure=Failure.REFUSED)
        except Exception:  # a fault of ours: what comes behind it in the room must not wait for its mending
            log.exception("sender.bug", row=row.id)
            if row.attempts + 1 >= _TRIES_AT_A_FAULT:
                return _Outcome(failure=Failure.REFUSED)
            return _Outcome(retry_in=self._backoff(row.attempts))

    async def _closing(self, row: OutboxRow, why: WhyUnsafe) -> RoomClosed | None:
        """Return what a closed room's tombstone says: whoever did not hear of the closing hears of it now."""
        if why is not WhyUnsafe.TOMBSTONED or row.room_id is None:
            return None
        try:
            facts = await self._gateway.room(row.room_id)
        except MatrixError:
            return None
        return RoomClosed(row.room_id, facts.successor) if facts.tombstoned else None

    def _backoff(self, attempts: int) -> timedelta:
        seconds = min(2.0 ** min(attempts, 10), _LONGEST_PAUSE.total_seconds())
        return timedelta(seconds=seconds * (0.75 + self._jitter() / 2))

    async def _do(self, row: OutboxRow, relation: _Relation, readers: frozenset[UserId] | None) -> _Outcome:
        gateway = self._gateway
        match row.kind:
            case RowKind.MESSAGE:
                return await self._send_message(row, relation, readers)
            case RowKind.CREATE_ROOM:
                return _Outcome(room_id=await gateway.create_room(_new_room(row)))
            case RowKind.INVITE:
                assert row.room_id is not None
                try:
                    await gateway.invite(row.room_id, UserId(str(row.content["user"])))
                except Rejected as error:
                    # Already in the room: a retry after a lost answer, or the person was quicker.
                    if error.errcode != "M_FORBIDDEN" or row.attempts == 0:
                        raise
                return _Outcome(room_id=row.room_id)
            case RowKind.JOIN:
                assert row.room_id is not None
                await gateway.join(row.room_id, via=row.content.get("via", ()))
                return _Outcome(room_id=row.room_id)
            case RowKind.LEAVE:
                assert row.room_id is not None
                await gateway.leave(row.room_id)
                return _Outcome(room_id=row.room_id)
            case RowKind.REDACT:
                return await self._redact(row)

    async def _send_message(self, row: OutboxRow, relation: _Relation, readers: frozenset[UserId] | None) -> _Outcome:
        room_id = await self._room_for(row)
        if row.device_id != self._gateway.device_id:
            found = await self._gateway.find_sent(room_id, row.transaction_id)
            if found is not None:
                return _Outcome(event_id=found, room_id=room_id)
        content = dict(row.content)
        if content.pop(FILE, False):
            content = await self._with_file(row, content)
        if (forward := content.pop(FORWARD, None)) is not None:
            content = await self._forwarded(forward, content)
        # What stands in another room can be neither edited nor answered from here: the message stands for itself.
        if relation.content and relation.room_id == room_id:
            is_edit = relation.content.get("rel_type") == "m.replace"
            content = _as_edit(content, relation.content) if is_edit else {**content, "m.relates_to": relation.content}
        sent = await self._gateway.send(room_id, content, row.transaction_id, readers=readers, clear=row.clear)
        return _Outcome(
            event_id=sent.event_id,
            room_id=room_id,
            unread=sent.unread,
        )

    async def _redact(self, row: OutboxRow) -> _Outcome:
        """Take a message and its edits away; where the room lets nobody redact, an edit takes its place."""
        assert row.replaces_row is not None
        async with self._database.transaction() as tx:
            versions = await Outbox(tx).versions(row.replaces_row)
        room_id: RoomId | None = None
        for version in versions:
            event_id, room = await self._event_of(version)
            if event_id is None or room is None:
                continue
            room_id = room_id or room
            try:
                await self._gateway.redact(room, event_id, f"{row.transaction_id}-{version.id}")
            except Rejected as error:
                if error.errcode != "M_FORBIDDEN":
                    raise
                if version is versions[0]:
                    edit = _as_edit(row.content, {"rel_type": "m.replace", "event_id": event_id})
                    sent = await self._gateway.send(room, edit, row.transaction_id)
                    return _Outcome(event_id=sent.event_id, room_id=room)
        return _Outcome(room_id=room_id, dropped=room_id is None)

    async def _event_of(self, version: OutboxRow) -> tuple[EventId | None, RoomId | None]:
        """Return the event of what is to be taken away; what was never marked sent may have arrived all the same."""
        if version.event_id is not None or version.emptied_at is None:
            return version.event_id, version.sent_room
        room = version.room_id
        if room is None and version.user_id is not None:
            room = await self._gateway.direct_room(version.user_id)
        if room is None:
            return None, None
        try:
            return await self._gateway.find_sent(room, version.transaction_id), room
        except (Rejected, RoomUnsafe):  # the bot is not there: nothing of it came there either
            return None, None

    async def _with_file(self, row: OutboxRow, content: Mapping[str, Any]) -> dict[str, Any]:
        """Return the content of a row's file, which is uploaded once and before its message."""
        async with self._database.transaction() as tx:
            file = await OutgoingFiles(tx).of_row(row.id)
        assert file is not None
        if file.content is not None:
            return dict(file.content)
        assert file.data is not None
        pixels = (file.width, file.height) if file.width and file.height else None
        uploaded = await self._gateway.upload(file.data, file.name, file.content_type, str(content["body"]), pixels)
        async with self._database.transaction() as tx:
            await OutgoingFiles(tx).uploaded(row.id, uploaded)
        return uploaded

    async def _forwarded(self, forward: Mapping[str, Any], content: Mapping[str, Any]) -> dict[str, Any]:
        """Return the content of a file that came with a message; nothing is uploaded. It may be gone meanwhile."""
        async with self._database.transaction() as tx:
            file = await IncomingFiles(tx).get(int(forward["file"]))
        if file is None or file.state is not FileState.SEEN or file.sealed is None or file.sha256 is None:
            raise FileRefused(FileFault.NOT_THERE)
        pixels = (file.width, file.height) if file.width and file.height else None
        seen = SeenFile(file.sha256, file.size_bytes or 0, file.content_type or "", pixels)
        sealed = SealedFile(file.sealed, file.event_id)
        return await self._gateway.forwarded(sealed, str(forward["name"]), seen, str(content["body"]))

    async def _room_for(self, row: OutboxRow) -> RoomId:
        """Return the room of a row; what is meant for one person leaves a chat into which somebody else has come."""
        if row.room_id is None or row.user_id is None:
            return row.room_id or await self._direct_room(row)
        try:
            facts = await self._gateway.room(row.room_id)
        except RoomUnsafe:
            return await self._direct_room(row)
        is_between_two = facts.joined | facts.invited == {self._gateway.user_id, row.user_id}
        return row.room_id if is_between_two else await self._direct_room(row)

    async def _direct_room(self, row: OutboxRow) -> RoomId:
        assert row.user_id is not None
        known = await self._gateway.direct_room(row.user_id)
        if known is not None:
            return known
        request = NewRoom(
            request=f"direct-{row.transaction_id}", name=None, invite=(row.user_id,), direct=True, admins=()
        )
        return await self._gateway.create_room(request)

    async def _settle(self, row: OutboxRow, outcome: _Outcome, tx: Transaction) -> bool:
        """Write what became of the row, and tell whoever wants to know, in one transaction.

        Returns whether the lane goes on at once.
        """
        now = self._house.now()
        if outcome.strangers:
            return await self._hold(row, outcome.strangers, tx)
        row.attempts += 1
        if outcome.retry_in is not None:
            # The device stays as it was: a look for what the one before may have sent can have failed itself.
            row.not_before = now + outcome.retry_in
            return False
        row.device_id = self._gateway.device_id
        row.not_before = None
        if outcome.dropped:
            row.state = RowState.DROPPED
            return True
        if outcome.failure is not None:
            row.state = RowState.GIVEN_UP
            row.failure = outcome.failure
            log.error("sender.given_up", row=row.id, room=row.room_id, reason=outcome.failure)
        else:
            row.state = RowState.SENT
            row.sent_at = now
            row.event_id = outcome.event_id
            row.sent_room = outcome.room_id
            await self._note_move(row, tx)
            await self._note_readers(row, outcome, tx)
        if FILE in row.content:  # what opens the file was for the tries alone
            await OutgoingFiles(tx).forget([row.id])
        await self._report(row, tx)
        if outcome.closed is not None:
            await self._emit(outcome.closed, tx)
        return True

    async def _hold(self, row: OutboxRow, people: frozenset[UserId], tx: Transaction) -> bool:
        """Let what waits in the room wait for a decision about its readers, and say so; give it up in the end."""
        now = self._house.now()
        # Who was met on the way to the homeserver may be known: somebody who came in a moment ago.
        strangers = frozenset[UserId]()
        if row.room_id is not None and row.user_id is None:
            strangers = await Rooms(tx).strangers(row.room_id, people)
        if row.room_id is None or not strangers:
            row.attempts += 1
            if row.attempts < _TRIES_AT_A_FAULT:
                return True
            row.not_before = now + self._backoff(row.attempts)
            return False
        waiting = await Outbox(tx).hold(row.lane, now)
        assert row.held_since is not None
        if now - row.held_since > self._settings.give_up_after:
            return await self._settle(row, _Outcome(failure=Failure.STRANGERS), tx)
        row.not_before = now + _LOOK_AGAIN
        log.warning("sender.held", room=row.room_id, waiting=waiting, strangers=len(strangers))
        await self._emit(HeldBack(row.room_id, strangers, waiting), tx)
        return False

    async def _note_readers(self, row: OutboxRow, outcome: _Outcome, tx: Transaction) -> None:
        """Say who cannot read what was just sent."""
        room = outcome.room_id
        if room is None:
            return
        if outcome.unread != self._unread.get(room, frozenset()):
            if outcome.unread:
                unreached = sorted(
                    (Unreached(one.user, one.device_id, _obstacle(one.why)) for one in outcome.unread),
                    key=lambda one: (one.user, one.device_id or ""),
                )
                await self._emit(CannotRead(room, row.user_id, unreached), tx)
            self._unread[room] = outcome.unread

    async def _note_history(self, room_id: RoomId, tx: Transaction) -> None:
        """Say that who comes later may be given what was sent."""
        if room_id not in self._shared:
            self._shared.add(room_id)
            await self._emit(HistoryShared(room_id), tx)

    async def _emit(self, event: Event, tx: Transaction) -> None:
        """Let a capability put into words what was noticed; a bug of its must not undo what was sent."""
        try:
            async with tx.attempt():
                await BotContext(self._house, tx, self._house.now(), nowhere()).emit(event)
        except Exception:
            log.exception("sender.untold", happening=type(event).__name__)

    async def _note_move(self, row: OutboxRow, tx: Transaction) -> None:
        """What follows an edit that had to be sent anew in another room follows it there."""
        target = await Outbox(tx).get(row.replaces_row) if row.replaces_row is not None else None
        if target is not None and target.sent_room != row.sent_room:
            target.event_id, target.sent_room = row.event_id, row.sent_room

    async def _report(self, row: OutboxRow, tx: Transaction) -> None:
        context = BotContext(self._house, tx, self._house.now(), nowhere(row.sent_room or row.room_id))
        if row.report is not None:
            try:
                async with tx.attempt():
                    await self._house.registry.deliveries[row.report](row, context)
            except Exception:  # a capability's bug must not make a message that was sent look unsent
                log.exception("sender.report_failed", row=row.id, report=row.report)
        if row.state is RowState.GIVEN_UP and row.part != LOSS_REPORT:
            await self._tell_of_loss(row, context)

    async def _tell_of_loss(self, row: OutboxRow, context: BotContext) -> None:
        """Nothing is given up silently: the coordinators hear of it, and who asked for it."""
        loss = _(
            "I could not deliver a message to {where}: {reason}. I will not try again.",
            where=await self._name(row),
            reason=failure_words(row.failure or Failure.REFUSED),
        )
        if row.kind is RowKind.REDACT:
            loss = _(
                "I could not take back a message in {where} that may no longer be shown there: {reason}. "
                "Somebody with power in that room should remove it.",
                where=await self._name(row), reason=failure_words(row.failure or Failure.REFUSED),
            )  # fmt: skip
        # What it was about is said only to who asked for it: the number of an alert may be more than others may know.
        await alarm(doc(loss), context, but=row.room_id, part=LOSS_REPORT)
        asked_by = await Members(context.tx).get(row.origin_user) if row.origin_user else None
        if asked_by is not None and asked_by.user_id != row.user_id:
            words = doc(loss, _("It was about {subject}.", subject=Code(row.subject))) if row.subject else doc(loss)
            await context.post(Post(doc=words, person=asked_by.user_id, part=LOSS_REPORT, priority=Priority.ALERT))

    async def _name(self, row: OutboxRow) -> Text:
        if row.room_id is None:
            return Text(row.user_id or "?")
        return Text(await self._house.people.name_of(row.room_id) or row.room_id)


def _new_room(row: OutboxRow) -> NewRoom:
    return NewRoom(
        request=row.transaction_id,
        name=row.content.get("name"),
        topic=row.content.get("topic"),
        invite=tuple(UserId(str(user)) for user in row.content.get("invite", ())),
        admins=tuple(UserId(str(user)) for user in row.content.get("admins", ())),
    )


def _as_edit(content: dict[str, Any], relation: Mapping[str, Any]) -> dict[str, Any]:
    """Wrap a content as an edit. The fallback is marked with a star; the edit itself notifies nobody anew."""
    new_content = {**content, "m.mentions": {}}
    fallback = {**content, "body": f"* {content['body']}", "m.mentions": {}}
    if "formatted_body" in content:
        fallback["formatted_body"] = f"* {content['formatted_body']}"
    return {**fallback, "m.new_content": new_content, "m.relates_to": dict(relation)}


def _is_unsafe(facts: RoomFacts) -> bool:
    """Whether the room gets nothing whoever is in it: then it is given up, not held."""
    return facts.tombstoned or facts.world_readable or not facts.encrypted


def _obstacle(why: WhyUnread) -> Obstacle:
    match why:
        case WhyUnread.UNSIGNED:
            return Obstacle.UNSIGNED
        case WhyUnread.NO_IDENTITY:
            return Obstacle.NO_IDENTITY
        case WhyUnread.CHANGED:
            return Obstacle.CHANGED
        case WhyUnread.UNREACHABLE:
            return Obstacle.UNREACHABLE
        case WhyUnread.NO_DEVICE:
            return Obstacle.NO_DEVICE
        case _:
            assert_never(why)


def _why_unsafe(why: WhyUnsafe) -> Failure:
    match why:
        case WhyUnsafe.NOT_JOINED:
            return Failure.NOT_JOINED
        case WhyUnsafe.NOT_ENCRYPTED:
            return Failure.NOT_ENCRYPTED
        case WhyUnsafe.TOMBSTONED:
            return Failure.TOMBSTONED
        case WhyUnsafe.ENCRYPTION_HIDDEN:
            return Failure.ENCRYPTION_HIDDEN
        case WhyUnsafe.WORLD_READABLE:
            return Failure.WORLD_READABLE
        case _:
            assert_never(why)
