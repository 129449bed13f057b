"""How a capability is declared, and what its handlers are given.

A capability is a module-level object named `capability`; discovery finds it, and the parser, the role check, the help
and the documentation test follow from its declarations. See ARCHITECTURE.md, "Add a capability".
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from commands.document import Doc, Message, doc
from commands.files import MadeFile
from storage.base import Transaction
from storage.files import FileFault, IncomingFile
from storage.ids import CountryCode, DeviceId, EventId, RoomId, UserId
from storage.members import Member, Role
from storage.outbox import OutboxRow, Priority, RowKind
from storage.rooms import Binding, BindingKind
from storage.timers import Timer, Timers

__all__ = [
    "Answer", "Args", "BotIdentity", "Capability", "Command", "Context", "Event", "People", "Post", "Priority",
    "ReceivedFile", "Refusal", "Role", "RoomView", "Settings", "Subject",
]  # fmt: skip


class Refusal(Exception):
    """The command cannot be done; the words go to the sender, everything else is rolled back.

    Words that may be read by whoever is in the room are `Doc.openly`.
    """

    def __init__(self, words: Message | Doc) -> None:
        super().__init__("refused")
        self.words = words if isinstance(words, Doc) else doc(words)


class Args(BaseModel):
    """Arguments of a command: see `commands.arguments` for the kinds of fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class Settings(BaseModel):
    """A capability's own section of config.toml."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Event:
    """Something that happened to an entity. Every event has an announcer that puts it into words."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a message or a thread is about, such as alert 17: written "alert:17" in the outbox."""

    kind: str
    id: int

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"

    @classmethod
    def parse(cls, text: str) -> "Subject":
        kind, _, number = text.partition(":")
        return cls(kind, int(number))


@dataclass(frozen=True, slots=True)
class RoomView:
    """The room in which something was said."""

    id: RoomId
    direct: bool
    bindings: Sequence[Binding] = ()
    name: str | None = None

    def is_bound_to(self, kind: BindingKind) -> bool:
        return any(binding.kind is kind for binding in self.bindings)

    @property
    def countries(self) -> frozenset[CountryCode]:
        return frozenset(CountryCode(binding.value) for binding in self.bindings if binding.kind is BindingKind.COUNTRY)


@dataclass(frozen=True, slots=True)
class BotIdentity:
    """By what people tell the bot from another."""

    user_id: UserId
    device_id: DeviceId
    fingerprint: str
    """The public master key, in groups of four characters."""


class People(Protocol):
    """Who is in which room, as clear state says."""

    async def in_room(self, room_id: RoomId) -> frozenset[UserId]:
        """Return the persons joined to the room, without the bot; empty when the bot is not in it."""

    async def readers(self, room_id: RoomId) -> frozenset[UserId]:
        """Return who reads there or may from the next moment on: the joined and the invited, without the bot."""

    async def name_of(self, room_id: RoomId) -> str | None:
        """Return the name of the room, if it has one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """Something to be sent, in the same transaction as what caused it.

    `room` or `person` is set; a message to a person goes to their direct chat, made when needed. With both it goes to
    the room as long as nobody but the bot and the person is there, else to the person's direct chat. An edit goes to
    whom its original went.
    """

    doc: Doc | None = None
    file: MadeFile | None = None
    """Sent as one message with its caption as the words; instead of `doc`."""
    forward: IncomingFile | None = None
    """A file that came with a message, sent on as it lies on the homeserver, with `doc` as the words beside it."""
    file_name: str = "file"
    """How the file that is sent on is called."""
    room: RoomId | None = None
    person: UserId | None = None
    priority: Priority = Priority.ANSWER
    subject: Subject | None = None
    part: str | None = None
    thread_root: EventId | None = None
    thread_row: int | None = None
    """The outbox id of the message whose thread it joins, when that may not have been sent yet."""
    replaces: int | None = None
    """The outbox id of the message that this one edits."""
    harmless: bool = False
    """Says nothing of any content: as an edit it may reach whoever sits before its original."""
    aside: bool = False
    """An answer that, when it may be read by anybody, need not wait behind what is held back in its room."""
    reply_to: EventId | None = None
    report: str | None = None
    """The name of the delivery handler that is told of its fate."""
    origin: UserId | None = None
    kind: RowKind = RowKind.MESSAGE
    content: dict[str, Any] = field(default_factory=dict)
    """For kinds other than messages: what to do, as `bot.sender` documents."""
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person said to a question of a capability (`Context.ask`)."""

    text: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    """A file that a member sent, before anybody looked into it: all but the event is the sender's word."""

    event_id: EventId
    name: str
    """Safe to show, never empty."""
    sent_at: datetime
    caption: str | None
    """What was written beside it, when that was no command."""
    declared_type: str | None
    declared_bytes: int | None
    sealed: str | None = field(repr=False)
    """Where it is and how it opens; only to be passed on to `IncomingFiles.expect`."""
    fault: FileFault | None
    """Why it cannot be taken, if that is known already."""


S = TypeVar("S", bound=Settings)


class Context(Protocol):
    """What a handler may use. It never sends, commits or reads the clock by itself."""

    tx: Transaction
    now: datetime
    room: RoomView
    subject: Subject | None
    """What the thread or the message replied to is about."""
    thread_root: EventId | None
    source: EventId | None
    """The event that carried the command."""

    @property
    def people(self) -> People:
        """Who is in which room."""

    @property
    def prefix(self) -> str:
        """What a command begins with in a room."""

    @property
    def network_name(self) -> str:
        """The name of the network, as configured."""

    @property
    def identity(self) -> BotIdentity:
        """Who the bot itself is."""

    @property
    def member(self) -> Member:
        """The member who speaks. In a timer or delivery handler nobody does, and this raises LookupError."""

    @property
    def zone(self) -> ZoneInfo:
        """The zone of the member who speaks, else UTC."""

    @property
    def commands(self) -> Sequence["Command"]:
        """Every command there is, for the help."""

    def names(self, *subjects: Subject) -> None:
        """Note that what is answered to this command names these, so that the answer can be emptied with them."""

    def settings(self, model: type[S]) -> S:
        """Return a capability's section of the configuration."""

    async def emit(self, event: Event) -> None:
        """Let the event's announcer write what everybody concerned is told, now, in this transaction."""

    async def post(self, post: Post) -> OutboxRow:
        """Write one message to the outbox. For answers return a Doc instead."""

    async def ask(self, question: Doc, kind: str, data: Mapping[str, Any], *, within: timedelta | None = None) -> Doc:
        """Ask the member who speaks; the capability's `answer(kind)` handler gets what they say.

        Returns the question, to be returned by the handler.
        """

    async def duties_of(self, member: Member) -> Sequence[Message]:
        """Collect from all capabilities what rests on this member."""

    async def tell_room_bound(self, room_id: RoomId) -> None:
        """Let all capabilities bring a room what is for it, now that it stands for more than before."""

    async def tell_room_moved(self, old: RoomId, new: RoomId) -> None:
        """Let all capabilities take to a room what they had in the one that it takes over from."""

    async def is_bot(self, user: UserId) -> bool:
        """Whether this is the bot's own Matrix id."""

    def timers(self) -> Timers: ...


A = TypeVar("A", bound=Args)
E = TypeVar("E", bound=Event)
Handler = Callable[[Any, Context], Awaitable[Doc | None]]
Announcer = Callable[[Any, Context], Awaitable[None]]
TimerHandler = Callable[[Timer, Context], Awaitable[None]]
AnswerHandler = Callable[[Answer, Context], Awaitable[Doc | None]]
DeliveryHandler = Callable[[OutboxRow, Context], Awaitable[None]]
DutyTeller = Callable[[Member, Context], Awaitable[Sequence[Message]]]
RoomHandler = Callable[[RoomId, UserId, bool, Context], Awaitable[None]]
BoundHandler = Callable[[RoomId, Context], Awaitable[None]]
MovedHandler = Callable[[RoomId, RoomId, Context], Awaitable[None]]
ShownDecision = Callable[[Subject, OutboxRow, Context], Awaitable[bool]]
UnsaidHandler = Callable[[OutboxRow, Context], Awaitable[None]]


FileTaker = Callable[[ReceivedFile, Context], Awaitable[Doc | None]]
LookHandler = Callable[[IncomingFile, Context], Awaitable[None]]


class Effect(StrEnum):
    """Whether a command only reads; what changes state asks for a signed device."""

    READS = "reads"
    CHANGES = "changes"


@dataclass(frozen=True, slots=True)
class Command:
    """One declared command."""

    words: tuple[str, ...]
    args: type[Args]
    role: Role
    effect: Effect
    summary: Message
    examples: tuple[str, ...]
    handler: Handler
    usage: str | None = None
    anywhere: bool = False
    """Whether it is also answered where people who are on no roster read: its answers are `Doc.openly` then."""

    @property
    def name(self) -> str:
        return " ".join(self.words)


@dataclass
class Capability:
    """A declared set of commands, events, clocks and questions."""

    name: str
    summary: Message
    settings: type[Settings] | None = None
    commands: list[Command] = field(default_factory=list)
    announcers: dict[type[Event], Announcer] = field(default_factory=dict)
    timer_handlers: dict[str, TimerHandler] = field(default_factory=dict)
    answer_handlers: dict[str, AnswerHandler] = field(default_factory=dict)
    delivery_handlers: dict[str, DeliveryHandler] = field(default_factory=dict)
    file_takers: dict[str, FileTaker] = field(default_factory=dict)
    look_handlers: dict[str, LookHandler] = field(default_factory=dict)
    duty_tellers: list[DutyTeller] = field(default_factory=list)
    room_handlers: list[RoomHandler] = field(default_factory=list)
    bound_handlers: list[BoundHandler] = field(default_factory=list)
    moved_handlers: list[MovedHandler] = field(default_factory=list)
    shown_decisions: dict[str, ShownDecision] = field(default_factory=dict)
    unsaid_handlers: list[UnsaidHandler] = field(default_factory=list)

    def command(
        self,
        words: str,
        *,
        role: Role,
        summary: Message,
        reads: bool = False,
        anywhere: bool = False,
        examples: Sequence[str] = (),
    ) -> Callable[[Callable[[A, Context], Awaitable[Doc | None]]], Callable[[A, Context], Awaitable[Doc | None]]]:
        """Declare a command: `words` after the prefix; its arguments are the type of the handler's first parameter.

        Examples stand without the prefix: the help and the user guide show them, and a test parses each.
        """

        def declare(
            handler: Callable[[A, Context], Awaitable[Doc | None]],
        ) -> Callable[[A, Context], Awaitable[Doc | None]]:
            model = handler.__annotations__["args"]
            if not (isinstance(model, type) and issubclass(model, Args)):
                raise TypeError(f"{words}: the first parameter of a handler is `args`, a model of Args")
            effect = Effect.READS if reads else Effect.CHANGES
            command = Command(
                tuple(words.split()), model, role, effect, summary, tuple(examples), handler, anywhere=anywhere
            )
            self.commands.append(command)
            return handler

        return declare

    def announces(
        self, event: type[E]
    ) -> Callable[[Callable[[E, Context], Awaitable[None]]], Callable[[E, Context], Awaitable[None]]]:
        """Declare who puts an event into words: the handler calls `context.post` for everybody who is told."""

        def declare(announcer: Callable[[E, Context], Awaitable[None]]) -> Callable[[E, Context], Awaitable[None]]:
            self.announcers[event] = announcer
            return announcer

        return declare

    def timer(self, kind: str) -> Callable[[TimerHandler], TimerHandler]:
        """Declare what happens when a clock of this kind fires."""

        def declare(handler: TimerHandler) -> TimerHandler:
            self.timer_handlers[kind] = handler
            return handler

        return declare

    def answer(self, kind: str) -> Callable[[AnswerHandler], AnswerHandler]:
        """Declare what is done with the answer to a question of this kind."""

        def declare(handler: AnswerHandler) -> AnswerHandler:
            self.answer_handlers[kind] = handler
            return handler

        return declare

    def delivery(self, name: str) -> Callable[[DeliveryHandler], DeliveryHandler]:
        """Declare who is told that a row with `report=name` was sent or given up."""

        def declare(handler: DeliveryHandler) -> DeliveryHandler:
            self.delivery_handlers[name] = handler
            return handler

        return declare

    def files(self, kind: str) -> Callable[[FileTaker], FileTaker]:
        """Declare what is done with a file that is sent in the thread of something of this kind, or in reply to it."""

        def declare(taker: FileTaker) -> FileTaker:
            self.file_takers[kind] = taker
            return taker

        return declare

    def looked_into(self, name: str) -> Callable[[LookHandler], LookHandler]:
        """Declare who is told what a file is that was expected with `report=name`, or why it is not taken."""

        def declare(handler: LookHandler) -> LookHandler:
            self.look_handlers[name] = handler
            return handler

        return declare

    def duties(self, teller: DutyTeller) -> DutyTeller:
        """Declare what of this capability may rest on a member, for the day the member goes."""
        self.duty_tellers.append(teller)
        return teller

    def membership(self, handler: RoomHandler) -> RoomHandler:
        """Declare what is done when somebody joins (True) or leaves (False) a room."""
        self.room_handlers.append(handler)
        return handler

    def room_bound(self, handler: BoundHandler) -> BoundHandler:
        """Declare what is done when a room begins to stand for more than before."""
        self.bound_handlers.append(handler)
        return handler

    def room_moved(self, handler: MovedHandler) -> MovedHandler:
        """Declare what is done when a room takes over from one that was closed (old, new)."""
        self.moved_handlers.append(handler)
        return handler

    def shows(self, kind: str) -> Callable[[ShownDecision], ShownDecision]:
        """Declare who decides, at the moment of sending, whether a message may still name something of this kind.

        Asked of what waited in the outbox while the roster, the bindings or a marking changed.
        """

        def declare(decision: ShownDecision) -> ShownDecision:
            self.shown_decisions[kind] = decision
            return decision

        return declare

    def unsaid(self, handler: UnsaidHandler) -> UnsaidHandler:
        """Declare what is done when a message about something never reached the one it was for.

        Because it may no longer be shown there, or because the person has no right to read any more: whatever notes
        that it was told takes that back.
        """
        self.unsaid_handlers.append(handler)
        return handler
