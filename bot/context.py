"""What a handler is given: the one implementation of `commands.base.Context`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot import outgoing
from bot.capabilities import Registry
from commands.base import BotIdentity, Command, Event, People, Post, RoomView, S, Settings, Subject
from commands.document import Doc, Message
from storage.audit import Audit
from storage.base import Transaction
from storage.ids import DeviceId, EventId, RoomId, UserId
from storage.members import Member
from storage.outbox import OutboxRow
from storage.questions import Question, Questions
from storage.timers import Timers

ANSWER_WITHIN = timedelta(minutes=30)
QUESTION_TIMER = "question.expire"


@dataclass(frozen=True, slots=True)
class House:
    """What all contexts share: the declarations, the settings, who the bot is and where people are."""

    registry: Registry
    settings: Mapping[type[Settings], Settings]
    people: People
    user_id: UserId
    device_id: DeviceId
    fingerprint: str
    prefix: str
    network_name: str
    now: Callable[[], datetime]


@dataclass
class BotContext:
    """One handler's view: a transaction, a moment, the room and who speaks there."""

    house: House
    tx: Transaction
    now: datetime
    room: RoomView
    speaker: Member | None = None
    subject: Subject | None = None
    thread_root: EventId | None = None
    source: EventId | None = None
    answer_thread: EventId | None = None
    """Where the answer goes when a question was asked: the thread of the question."""
    subjects_touched: list[str] = field(default_factory=list)
    named: list[str] = field(default_factory=list)
    has_changed: bool = False
    """Whether a command was done that does more than read."""

    @property
    def people(self) -> People:
        return self.house.people

    @property
    def prefix(self) -> str:
        return self.house.prefix

    @property
    def network_name(self) -> str:
        return self.house.network_name

    @property
    def identity(self) -> BotIdentity:
        return BotIdentity(self.house.user_id, self.house.device_id, self.house.fingerprint)

    @property
    def member(self) -> Member:
        if self.speaker is None:
            raise LookupError("nobody speaks here")
        return self.speaker

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.speaker.zone if self.speaker else "UTC")

    @property
    def commands(self) -> Sequence[Command]:
        return self.house.registry.commands

    def names(self, *subjects: Subject) -> None:
        self.named += map(str, subjects)

    def settings(self, model: type[S]) -> S:
        settings = self.house.settings[model]
        assert isinstance(settings, model)
        return settings

    def audit(self, action: str, subject: Subject | str, **details: Any) -> None:
        where = self.room.id
        Audit(self.tx).record(
            self.now, self.member.user_id, action, "ok", subject=str(subject), room_id=where, details=details
        )

    async def emit(self, event: Event) -> None:
        await self.house.registry.announcers[type(event)](event, self)

    async def post(self, post: Post) -> OutboxRow:
        return await outgoing.write(self.tx, self._as_said_here(post), device=self.house.device_id, now=self.now)

    async def post_all(self, posts: Sequence[Post]) -> Sequence[OutboxRow]:
        here = [self._as_said_here(post) for post in posts]
        return await outgoing.write_all(self.tx, here, device=self.house.device_id, now=self.now)

    def _as_said_here(self, post: Post) -> Post:
        if post.subject is not None:
            self.subjects_touched.append(str(post.subject))
        if self.room.direct and post.room == self.room.id and self.speaker is not None and not post.harmless:
            # Until it is sent somebody else may have come into the chat: it is meant for the one who speaks.
            post = replace(post, person=self.speaker.user_id)
        if self.named and post.doc is not None and not post.harmless and post.room == self.room.id:
            post = replace(post, doc=post.doc.naming(self.named))
        return post

    async def ask(self, question: Doc, kind: str, data: Mapping[str, Any], *, within: timedelta | None = None) -> Doc:
        self.answer_thread = self.thread_root or (None if self.room.direct else self.source)
        until = self.now + (within or ANSWER_WITHIN)
        asked = await self._wait_for(self.room.id, self.member.user_id, self.answer_thread, kind, data, until)
        await Timers(self.tx).schedule(QUESTION_TIMER, f"question:{asked.id}", until, {})
        return question

    async def await_answer(self, row: OutboxRow, kind: str, data: Mapping[str, Any], *, until: datetime) -> None:
        assert row.sent_room is not None
        assert row.user_id is not None
        asked = await self._wait_for(row.sent_room, row.user_id, row.event_id, kind, data, until)
        # Whoever asked says what comes of it when nobody answers.
        await Timers(self.tx).schedule(QUESTION_TIMER, f"question:{asked.id}", until, {"quiet": True})

    async def _wait_for(
        self, room: RoomId, person: UserId, thread: EventId | None, kind: str, data: Mapping[str, Any], until: datetime
    ) -> Question:
        return await Questions(self.tx).ask(
            Question(
                room_id=room,
                user_id=person,
                thread_root=thread,
                kind=kind,
                data=dict(data),
                asked_at=self.now,
                expires_at=until,
            )
        )

    async def duties_of(self, member: Member) -> Sequence[Message]:
        found: list[Message] = []
        for teller in self.house.registry.duties:
            found += await teller(member, self)
        return found

    async def tell_room_bound(self, room_id: RoomId) -> None:
        for handler in self.house.registry.bound:
            await handler(room_id, self)

    async def tell_room_moved(self, old: RoomId, new: RoomId) -> None:
        for handler in self.house.registry.moved:
            await handler(old, new, self)

    async def is_bot(self, user: UserId) -> bool:
        return user == self.house.user_id

    def timers(self) -> Timers:
        return Timers(self.tx)


def nowhere(room_id: RoomId | None = None) -> RoomView:
    """Return the room view of what happens outside any room: a clock, a delivery."""
    return RoomView(id=room_id or RoomId(""), direct=False)
