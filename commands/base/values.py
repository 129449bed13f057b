"""What handlers take and give: arguments, events, what a message is about, where it was said, what is to be sent."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict

from commands.document import Doc, Message, doc
from commands.files import MadeFile
from storage.files import FileFault, IncomingFile
from storage.ids import CountryCode, DeviceId, EventId, RoomId, UserId
from storage.outbox import Priority, RowKind
from storage.rooms import Binding, BindingKind

_LONGEST_VALUE = 800
"""Characters of a value that a refusal repeats at most: more than any line that says how to write a command."""


class Refusal(Exception):
    """The command cannot be done; the words go to the sender, everything else is rolled back.

    Words that may be read by whoever is in the room are `Doc.openly`.
    """

    def __init__(self, words: Message | Doc) -> None:
        super().__init__("refused")
        self.words = (words if isinstance(words, Doc) else doc(words)).cut(_LONGEST_VALUE)


class Args(BaseModel):
    """Arguments of a command: see `commands.arguments` for the kinds of fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True, defer_build=True)


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


YES = frozenset({"yes", "y", "oui", "sí", "si", "ja", "ok"})
"""Not "send": that confirms an announcement, and must not answer anything else."""
NO = frozenset({"no", "n", "non", "nein", "nee", "cancel"})


def answer_word(text: str) -> str:
    """Return what somebody said in the form of `YES` and `NO`."""
    return text.casefold().strip(" .!")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person said to a question of a capability (`Context.ask`)."""

    text: str
    data: dict[str, Any]

    @property
    def is_yes(self) -> bool:
        return answer_word(self.text) in YES


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
