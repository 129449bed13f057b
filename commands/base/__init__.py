"""How a capability is declared, and what its handlers are given.

A capability is a module-level object named `capability`; discovery finds it, and the parser, the role check, the help
and the documentation test follow from its declarations. See ARCHITECTURE.md, "Add a capability".
"""

from commands.base.declaring import (
    Announcer,
    AnswerHandler,
    BoundHandler,
    Capability,
    Clash,
    Command,
    Context,
    Declarations,
    DeliveriesHandler,
    DeliveryHandler,
    DutyTeller,
    Effect,
    FileTaker,
    LookHandler,
    Maker,
    MovedHandler,
    RoomHandler,
    S,
    ShownDecision,
    TimerHandler,
    UnsaidHandler,
    keep,
    keep_once,
)
from commands.base.values import (
    NO,
    YES,
    Answer,
    Args,
    BotIdentity,
    Event,
    People,
    Post,
    ReceivedFile,
    Refusal,
    RoomView,
    Settings,
    Subject,
    answer_word,
)
from storage.members import Role
from storage.outbox import Priority

__all__ = [
    "NO", "YES",
    "Announcer", "Answer", "AnswerHandler", "Args", "BotIdentity", "BoundHandler", "Capability", "Clash", "Command",
    "Context", "Declarations", "DeliveriesHandler", "DeliveryHandler", "DutyTeller", "Effect", "Event", "FileTaker",
    "LookHandler", "Maker", "MovedHandler", "People", "Post", "Priority", "ReceivedFile", "Refusal", "Role",
    "RoomHandler", "RoomView", "S", "Settings", "ShownDecision", "Subject", "TimerHandler", "UnsaidHandler",
    "answer_word", "keep", "keep_once",
]  # fmt: skip
