"""Our own sync loop: answer -> keys -> messages judged -> journalled -> only then the next token.

First start (no token): state is read, but nothing said before is executed; only invitations are journalled. Restart
with a token: the state of rooms is there as it was written down with that token, and the sync brings everything since,
so that nothing is lost, nothing is done twice, and room state is known before messages are judged.
"""

import asyncio
import json
import random as system_random
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import structlog

from bot.matrix.answers import Event, RoomPart, SyncAnswer, events_of
from bot.matrix.backoff import Backoff
from bot.matrix.changes import invites, joined
from bot.matrix.crypto import Crypto
from bot.matrix.hearing import Hearing
from bot.matrix.http import Http, path_of
from bot.matrix.interface import (
    NO_KEY,
    CarriedFile,
    Incoming,
    Journal,
    LoggedOut,
    MatrixError,
    MembershipChange,
    Message,
    Rejected,
    SyncBatch,
    Unavailable,
    Unreadable,
)
from bot.matrix.machine import UNKNOWN_DEVICE
from bot.matrix.reading import moment
from bot.matrix.rooms import Rooms, RoomView
from bot.matrix.store import Pending
from bot.matrix.verification import Desk
from storage.base import Transaction
from storage.ids import EventId, RoomId, UserId
from storage.keys import WaitingRow

log = structlog.get_logger()

_TIMELINE = 50
_PAGE = 100
_MOST_PAGES = 200  # of a gap: 20,000 events in one room
_KEPT_UNREADABLE = 2_000
_SOON = timedelta(seconds=2)  # the longest poll while something is to be tried again
_GRACE = timedelta(seconds=30)  # beyond the long poll, before the connection counts as dead
_BURST = 4
"""So many messages on their way are a burst: each of them comes back with a sync, and together they cost as much."""
_TURNS = 3
"""Of the event loop, in which what was heard is handled and its answer goes out before the next sync is asked for."""
_BREATH = 0.5
"""Seconds between syncs in a burst. Each takes the homeserver about as long as two messages."""
_FIRST_ANSWER = timedelta(minutes=5)


def sync_filter(timeline: int = _TIMELINE) -> str:
    """Return the lean filter as JSON: no presence, typing, receipts, account data; members in full."""
    nothing: dict[str, list[str]] = {"types": []}
    room = {
        "timeline": {"limit": timeline, "lazy_load_members": False},
        "state": {"lazy_load_members": False},
        "ephemeral": nothing,
        "account_data": nothing,
    }
    return json.dumps({"presence": nothing, "account_data": nothing, "room": room}, separators=(",", ":"))


class Syncer:
    """Reads one account's syncs. One `run` at a time."""

    def __init__(
        self,
        http: Http,
        crypto: Crypto,
        rooms: Rooms,
        *,
        desk: Desk,
        own: UserId,
        names: Callable[[RoomView], Iterable[str]],
        carried: Callable[[Mapping[str, Any], EventId], CarriedFile | None] = lambda _content, _event_id: None,
        poll: timedelta = timedelta(seconds=30),
        timeline: int = _TIMELINE,
        observer: Callable[[str], None] | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        random: Callable[[], float] = system_random.random,
        waiting: Iterable[WaitingRow] = (),
        under_way: Callable[[], int] = lambda: 0,
    ) -> None:
        """`names` gives the bot's display names in a room, `carried` the file of a message.

        `timeline` is how many events one sync brings per room; `waiting`: events of earlier runs whose keys had not
        come; `under_way` says how many messages are being put into rooms right now.
        """
        self._http = http
        self._crypto = crypto
        self._rooms = rooms
        self._desk = desk
        self._own = own
        self._hearing = Hearing(crypto, rooms, desk, own=own, names=names, carried=carried, keep=self._keep_unreadable)
        self._poll = poll
        self._filter = sync_filter(timeline)
        self._observer = observer or (lambda _: None)
        self._backoff = Backoff(sleep, random)
        self._under_way = under_way
        self._malformed_now = self._malformed_so_far = 0
        self._in_doubt: set[RoomId] = set()  # rooms of whose state a part was malformed, and the whole not to be had
        self._late_now: set[EventId] = set()  # what waited for its key and was read with this answer
        self._unreadable = {row.event_id: row for row in sorted(waiting, key=lambda row: moment(row.event))}
        self._unjudged: dict[EventId, int] = {}
        """Which of them wait for their senders' keys, and what had been heard of the sender by then."""

    async def run(self, journal: Journal, since: str | None) -> None:
        """Sync until cancelled. Raises LoggedOut; everything else is retried."""
        token, first = since, True
        # What waited at the last end may have its key by now: it was written down with another answer.
        arrived = [(row.room_id, row.session_id) for row in self._unreadable.values()]
        for row in self._unreadable.values():
            self._crypto.request_key(row.event, row.room_id)
        while True:
            raw = await self._retried("asking", partial(self._ask, token, first=first))
            arrived += self._take_keys(raw)
            batch = await self._retried("reading", partial(self._digest, raw, token, arrived))
            self._observer("sync.answered")
            # An answer that brings nothing, as the echo of what the bot said, is not worth a commit: after a crash it
            # is asked for again, and brings nothing again.
            if first or self._brings_news(batch):
                await self._retried("journalling", partial(self._journal, journal, batch))
            for _ in range(_TURNS if batch.events else 0):
                await asyncio.sleep(0)
            for event_id in self._late_now:
                self._unreadable.pop(event_id, None)
                self._unjudged.pop(event_id, None)
            self._malformed_so_far += self._malformed_now
            token, first, arrived = batch.next_token, False, []
            self._backoff.reset()
            if self._under_way() >= _BURST:
                await asyncio.sleep(_BREATH)

    def _brings_news(self, batch: SyncBatch) -> bool:
        return bool(batch.events or self._late_now or self._crypto.chest.pending or self._desk.has_news)

    async def _journal(self, journal: Journal, batch: SyncBatch) -> None:
        """Have the batch written, with the keys and room states that came with it, in one transaction."""
        chest, taken, late = self._crypto.chest, list[Pending](), set(self._late_now)

        async def keep(tx: Transaction) -> None:
            # Not a moment earlier: who is written down as answered before the answer is journalled would be lost.
            chest.pending.answered |= late
            taken.append(await chest.write(tx))
            await self._desk.keep(tx)

        try:
            await journal(replace(batch, keep=keep))
        except BaseException:
            for pending in taken:
                chest.put_back(pending)
            chest.pending.answered -= late
            raise
        for _ in taken:
            chest.written()
            self._desk.kept()

    async def _retried(self, step: str, attempt: Callable[[], Awaitable[Any]]) -> Any:
        while True:
            try:
                return await attempt()
            except LoggedOut:
                raise
            except MatrixError as error:
                log.warning("sync.failed", step=step, error=type(error).__name__)
                await self._backoff.pause(error)
            except Exception as error:
                # A bug, or a database that is down: the same batch again, after a pause; nothing is skipped.
                log.exception("sync.failed", step=step, error=type(error).__name__)
                await self._backoff.pause(error)

    async def _ask(self, token: str | None, *, first: bool) -> Any:
        query = {"filter": self._filter, "set_presence": "offline"}
        wait = timedelta(0) if first else min(self._poll, _SOON) if self._crypto.behind else self._poll
        query["timeout"] = str(wait // timedelta(milliseconds=1))
        if token is not None:
            query["since"] = token
        if first and not self._rooms:
            query["full_state"] = "true"
        deadline = _FIRST_ANSWER if first else wait + _GRACE
        answer = await self._http.request("GET", path_of("sync"), query=query, deadline=deadline)
        if not isinstance(answer, dict) or not isinstance(answer.get("next_batch"), str):
            raise Unavailable("not an answer to a sync")
        return answer

    def _take_keys(self, raw: Mapping[str, Any]) -> list[tuple[RoomId, str]]:
        # Once per answer: an Olm message decrypts only once.
        arrived = self._crypto.take_to_device(raw)
        self._desk.take_to_device(raw)
        self._desk.take_opened(self._crypto.take_opened())
        self._crypto.note_counts(raw)
        return arrived

    async def _digest(self, raw: Mapping[str, Any], token: str | None, arrived: list[tuple[RoomId, str]]) -> SyncBatch:
        # May run again for the same answer when a request in it fails; applying clear state twice changes nothing.
        answer = SyncAnswer.of(raw)
        self._malformed_now = 0
        self._leave_out("answer", answer.malformed)
        gaps = {
            room_id: await self._gap(room_id, part, token)
            for room_id, part in answer.joined.items()
            if token is not None and part.limited
        }
        for room_id, part in answer.joined.items():
            await self._take_part(room_id, part)
        self._crypto.people.note_device_lists(raw, self._rooms.receivers())
        await self._crypto.upkeep()
        self._late_now = set()
        events: list[Incoming] = await self._late(arrived)
        for room_id, part in answer.joined.items():
            timeline = [*gaps.get(room_id, ()), *part.timeline]
            events += await self._read_room(room_id, timeline, execute=token is not None)
        # For one of these the bot may have asked for the devices of its sender, of whom others wait.
        events += await self._late(())
        events += self._left(answer.left)
        events += invites(answer.invited, self._own)
        pending = self._crypto.chest.pending
        pending.rooms = pending.rooms.followed_by(self._rooms.changes())
        return SyncBatch(answer.next_token, (*events, *self._crypto.people.take_noticed(), *self._desk.take_codes()))

    def _leave_out(self, what: str, number: int, **where: str) -> None:
        """Count and log what is skipped because it is not as it must be: without it the rest would never be read."""
        if number:
            self._malformed_now += number
            so_far = self._malformed_so_far + self._malformed_now
            log.warning("sync.malformed", what=what, number=number, so_far=so_far, **where)

    async def _take_part(self, room_id: RoomId, part: RoomPart) -> None:
        """Take over what is new of a room's state: as the room stands now, where a part of it could not be read."""
        self._leave_out("room", part.malformed, room=room_id)
        if not part.malformed and room_id not in self._in_doubt:
            await self._take_state(room_id, part)
        elif (state := await self._state_now(room_id)) is not None:
            self._rooms.replace(room_id, state)
            self._in_doubt.discard(room_id)
        else:
            self._in_doubt.add(room_id)

    async def _state_now(self, room_id: RoomId) -> Sequence[Event] | None:
        """Ask for the whole state of a room; None when the bot has left since, and the next answer says so."""
        try:
            return events_of(await self._http.request("GET", path_of("rooms", room_id, "state"), listed=True))
        except Rejected as error:
            log.warning("sync.state_refused", room=room_id, errcode=error.errcode)
            return None

    async def _take_state(self, room_id: RoomId, part: RoomPart) -> None:
        view = self._rooms.view(room_id)
        if view.known and any(view.knows_otherwise(event) for event in part.state):
            # What stands before the timeline may be older than what is known: where two events were sent at the same
            # time, the state before one of them lacks the other, and who has just joined would be out again.
            if (state := await self._state_now(room_id)) is not None:
                self._rooms.replace(room_id, state)
            return
        for event in part.state:
            view.apply(event)
        # Joined rooms come with their whole state, be it at the first sync of this process or when they are new.
        view.known = True
        # State of the timeline is applied before its messages are judged: what counts is how the room stands now.
        for event in part.timeline:
            if "state_key" in event:
                view.apply(event)

    async def _gap(self, room_id: RoomId, part: RoomPart, since: str) -> list[Event]:
        """Return the events between the last journalled position and a limited timeline, oldest first."""
        position = part.before
        found: list[Event] = []
        if any(self._is_own_join(event) for event in part.timeline):
            return []
        for _ in range(_MOST_PAGES):
            if position is None:
                break
            query = {"dir": "b", "from": position, "to": since, "limit": str(_PAGE)}
            try:
                answer = await self._http.request("GET", path_of("rooms", room_id, "messages"), query=query)
            except Rejected as error:
                log.warning("sync.gap_refused", room=room_id, errcode=error.errcode)
                break
            page, end = (answer.get("chunk"), answer.get("end")) if isinstance(answer, dict) else ((), None)
            events = events_of(page)
            found += events
            if not events or end == position or any(self._is_own_join(event) for event in events):
                break
            position = end if isinstance(end, str) else None
        else:
            log.error("sync.gap_too_long", room=room_id, events=len(found))
        log.info("sync.gap_filled", room=room_id, events=len(found))
        return found[::-1]

    def _is_own_join(self, event: Event) -> bool:
        return event.get("state_key") == self._own and joined(event) is True

    async def _read_room(self, room_id: RoomId, timeline: list[Event], *, execute: bool) -> list[Incoming]:
        if not execute:
            return []
        # What was said before the bot came is not meant for it, even where it may be read.
        start = max((index for index, event in enumerate(timeline) if self._is_own_join(event)), default=0)
        read: dict[str, Incoming] = {}
        for event in timeline[start:]:
            incoming = await self._hearing.read(room_id, event)
            if incoming is not None:
                read.setdefault(str(event.get("event_id")), incoming)
        return list(read.values())

    def _keep_unreadable(self, session_id: str, room_id: RoomId, event: Event, heard: int | None) -> None:
        """Keep an event that may be read later. `heard`: it has a key, but not that of its sender (see `NoSender`)."""
        event_id, pending = event.get("event_id"), self._crypto.chest.pending
        if not isinstance(event_id, str):
            return
        row = self._unreadable.get(EventId(event_id)) or WaitingRow(EventId(event_id), room_id, session_id, dict(event))
        if heard is not None:
            self._unjudged[row.event_id] = heard
        if row.event_id in self._unreadable:
            return
        self._unreadable[row.event_id] = pending.waiting[row.event_id] = row
        if len(self._unreadable) > _KEPT_UNREADABLE:
            # Whoever fills the room with what nobody can read must not keep others from being waited for.
            senders = Counter(row.event.get("sender") for row in self._unreadable.values())
            ((most, _),) = senders.most_common(1)
            oldest = next(name for name, row in self._unreadable.items() if row.event.get("sender") == most)
            del self._unreadable[oldest]
            self._unjudged.pop(oldest, None)
            pending.answered.add(oldest)

    async def _late(self, arrived: Iterable[tuple[RoomId, str]]) -> list[Incoming]:
        """Read what waited for keys that arrived, or for senders of whom was heard since."""
        late: list[Incoming] = []
        places = set(arrived)
        for row in list(self._unreadable.values()):
            if row.event_id in self._late_now:
                continue
            heard = self._unjudged.get(row.event_id)
            if (row.room_id, row.session_id) not in places and heard in {None, self._heard_of(row)}:
                continue
            incoming = await self._hearing.read(row.room_id, row.event)
            if isinstance(incoming, Unreadable) and incoming.reason in {NO_KEY, UNKNOWN_DEVICE}:
                continue
            self._late_now.add(row.event_id)
            if isinstance(incoming, Message):
                late.append(replace(incoming, late=True))
        return late

    def _heard_of(self, row: WaitingRow) -> int:
        return self._crypto.people.heard_of(UserId(str(row.event.get("sender"))))

    def _left(self, rooms: Mapping[RoomId, RoomPart]) -> list[Incoming]:
        left: list[Incoming] = []
        for room_id, part in rooms.items():
            put_out = any(event.get("state_key") == self._own and joined(event) is False for event in part.timeline)
            if put_out or self._rooms.known(room_id):
                left.append(MembershipChange(room_id, self._own, joined=False))
            self._rooms.forget(room_id)
        return left
