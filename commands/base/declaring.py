"""A capability and its commands, as they are declared; and `Context`, which every handler is given."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol, TypeVar
from zoneinfo import ZoneInfo

from commands.base.values import (
    Answer,
    Args,
    BotIdentity,
    Event,
    People,
    Post,
    ReceivedFile,
    RoomView,
    Settings,
    Subject,
)
from commands.document import Doc, Message
from storage.base import Transaction
from storage.files import IncomingFile
from storage.ids import EventId, RoomId, UserId
from storage.members import Member, Role
from storage.outbox import OutboxRow
from storage.timers import Timer, Timers

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

    def audit(self, action: str, subject: Subject | str, **details: Any) -> None:
        """Write a line into the audit: the member who speaks did this here, to what the subject names."""

    async def emit(self, event: Event) -> None:
        """Let the event's announcer write what everybody concerned is told, now, in this transaction."""

    async def post(self, post: Post) -> OutboxRow:
        """Write one message to the outbox. For answers return a Doc instead."""

    async def post_all(self, posts: Sequence[Post]) -> Sequence[OutboxRow]:
        """Write messages to the outbox together, in their order, and return their rows: for what many are told.

        What they have in common is put into words once for each language.
        """

    async def ask(self, question: Doc, kind: str, data: Mapping[str, Any], *, within: timedelta | None = None) -> Doc:
        """Ask the member who speaks; the capability's `answer(kind)` handler gets what they say.

        Returns the question, to be returned by the handler.
        """

    async def await_answer(self, row: OutboxRow, kind: str, data: Mapping[str, Any], *, until: datetime) -> None:
        """Wait for what the person says to whom a message was sent, in its thread, in reply to it or plainly.

        When nobody answers nothing is said: the capability has a clock of its own for that.
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
H = TypeVar("H")
K = TypeVar("K")
V = TypeVar("V")
E = TypeVar("E", bound=Event)
Handler = Callable[[Any, Context], Awaitable[Doc | None]]
Announcer = Callable[[Any, Context], Awaitable[None]]
TimerHandler = Callable[[Timer, Context], Awaitable[None]]
AnswerHandler = Callable[[Answer, Context], Awaitable[Doc | None]]
DeliveryHandler = Callable[[OutboxRow, Context], Awaitable[None]]
DeliveriesHandler = Callable[[Sequence[OutboxRow], Context], Awaitable[None]]
DutyTeller = Callable[[Member, Context], Awaitable[Sequence[Message]]]
RoomHandler = Callable[[RoomId, UserId, bool, Context], Awaitable[None]]
BoundHandler = Callable[[RoomId, Context], Awaitable[None]]
MovedHandler = Callable[[RoomId, RoomId, Context], Awaitable[None]]
ShownDecision = Callable[[Subject, OutboxRow, Context], Awaitable[bool]]
UnsaidHandler = Callable[[OutboxRow, Context], Awaitable[None]]
FileTaker = Callable[[ReceivedFile, Context], Awaitable[Doc | None]]
LookHandler = Callable[[IncomingFile, Context], Awaitable[None]]
Maker = Callable[[bytes], bytes]


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
    begins: Message | None = None
    """What a whole sentence becomes behind its word; whoever writes one without that word is told of it."""

    @property
    def name(self) -> str:
        return " ".join(self.words)


class Clash(Exception):
    """The same thing is declared twice."""


def keep(name: K, declared: V, known: dict[K, V]) -> None:
    """Keep what is declared under its name. Raises Clash when something is known under it already."""
    if name in known:
        raise Clash(f"{name} is declared twice")
    known[name] = declared


def keep_once(declared: V, known: list[V]) -> None:
    """Keep what has no name to be told apart by. Raises Clash when it is kept already: it would be done twice."""
    if declared in known:
        raise Clash(f"{getattr(declared, '__qualname__', declared)} is declared twice")
    known.append(declared)


def _under(name: str, handlers: dict[str, H]) -> Callable[[H], H]:
    """Return the decorator that keeps a handler under its name."""

    def declare(handler: H) -> H:
        keep(name, handler, handlers)
        return handler

    return declare


@dataclass
class Declarations:
    """What is declared, by name: of one capability, or of all of them together."""

    commands: list[Command] = field(default_factory=list)
    announcers: dict[type[Event], Announcer] = field(default_factory=dict)
    timers: dict[str, TimerHandler] = field(default_factory=dict)
    answers: dict[str, AnswerHandler] = field(default_factory=dict)
    yes_or_no: set[str] = field(default_factory=set)
    deliveries: dict[str, DeliveryHandler] = field(default_factory=dict)
    deliveries_together: dict[str, DeliveriesHandler] = field(default_factory=dict)
    files: dict[str, FileTaker] = field(default_factory=dict)
    looks: dict[str, LookHandler] = field(default_factory=dict)
    makers: dict[str, Maker] = field(default_factory=dict)
    duties: list[DutyTeller] = field(default_factory=list)
    rooms: list[RoomHandler] = field(default_factory=list)
    bound: list[BoundHandler] = field(default_factory=list)
    moved: list[MovedHandler] = field(default_factory=list)
    shown: dict[str, ShownDecision] = field(default_factory=dict)
    unsaid: list[UnsaidHandler] = field(default_factory=list)


@dataclass
class Capability:
    """A declared set of commands, events, clocks and questions."""

    name: str
    summary: Message
    settings: type[Settings] | None = None
    declared: Declarations = field(default_factory=Declarations)

    @property
    def commands(self) -> list[Command]:
        return self.declared.commands

    def command(
        self,
        words: str,
        *,
        role: Role,
        summary: Message,
        reads: bool = False,
        anywhere: bool = False,
        examples: Sequence[str] = (),
        begins: Message | None = None,
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
                tuple(words.split()), model, role, effect, summary, tuple(examples), handler,
                anywhere=anywhere, begins=begins,
            )  # fmt: skip
            self.declared.commands.append(command)
            return handler

        return declare

    def announces(
        self, event: type[E]
    ) -> Callable[[Callable[[E, Context], Awaitable[None]]], Callable[[E, Context], Awaitable[None]]]:
        """Declare who puts an event into words: the handler calls `context.post` for everybody who is told."""

        kind: type[Event] = event

        def declare(announcer: Callable[[E, Context], Awaitable[None]]) -> Callable[[E, Context], Awaitable[None]]:
            keep(kind, announcer, self.declared.announcers)
            return announcer

        return declare

    def timer(self, kind: str) -> Callable[[TimerHandler], TimerHandler]:
        """Declare what happens when a clock of this kind fires."""
        return _under(kind, self.declared.timers)

    def answer(self, kind: str, *, yes_or_no: bool = False) -> Callable[[AnswerHandler], AnswerHandler]:
        """Declare what is done with the answer to a question of this kind.

        To a question that is open for days only "yes" or "no" is an answer: whatever else is said is a command.
        """
        if yes_or_no:
            self.declared.yes_or_no.add(kind)
        return _under(kind, self.declared.answers)

    def delivery(self, name: str) -> Callable[[DeliveryHandler], DeliveryHandler]:
        """Declare who is told that a row with `report=name` was sent or given up."""
        return _under(name, self.declared.deliveries)

    def deliveries(self, name: str) -> Callable[[DeliveriesHandler], DeliveriesHandler]:
        """Declare who is told of such rows when many may be sent at once: of all whose fate is known by then together.

        The handler stands in no room.
        """
        return _under(name, self.declared.deliveries_together)

    def files(self, kind: str) -> Callable[[FileTaker], FileTaker]:
        """Declare what is done with a file that is sent in the thread of something of this kind, or in reply to it."""
        return _under(kind, self.declared.files)

    def makes(self, name: str) -> Callable[[Maker], Maker]:
        """Declare what makes a file that takes long, of what was written down for it (`MadeFile.maker`).

        It runs in a thread and outside any transaction; the same always makes the same.
        """
        return _under(name, self.declared.makers)

    def looked_into(self, name: str) -> Callable[[LookHandler], LookHandler]:
        """Declare who is told what a file is that was expected with `report=name`, or why it is not taken."""
        return _under(name, self.declared.looks)

    def duties(self, teller: DutyTeller) -> DutyTeller:
        """Declare what of this capability may rest on a member, for the day the member goes."""
        keep_once(teller, self.declared.duties)
        return teller

    def membership(self, handler: RoomHandler) -> RoomHandler:
        """Declare what is done when somebody joins (True) or leaves (False) a room."""
        keep_once(handler, self.declared.rooms)
        return handler

    def room_bound(self, handler: BoundHandler) -> BoundHandler:
        """Declare what is done when a room begins to stand for more than before."""
        keep_once(handler, self.declared.bound)
        return handler

    def room_moved(self, handler: MovedHandler) -> MovedHandler:
        """Declare what is done when a room takes over from one that was closed (old, new).

        It stands for what that one stood for, and is told here of what is for it (not by `room_bound`).
        """
        keep_once(handler, self.declared.moved)
        return handler

    def shows(self, kind: str) -> Callable[[ShownDecision], ShownDecision]:
        """Declare who decides, at the moment of sending, whether a message may still name something of this kind.

        Asked of what waited in the outbox while the roster, the bindings or a marking changed.
        """
        return _under(kind, self.declared.shown)

    def unsaid(self, handler: UnsaidHandler) -> UnsaidHandler:
        """Declare what is done when a message about something never reached the one it was for.

        Because it may no longer be shown there, or because the person has no right to read any more: whatever notes
        that it was told takes that back.
        """
        keep_once(handler, self.declared.unsaid)
        return handler
