"""What the rest of the bot knows of Matrix: plain values, one protocol, one family of errors.

Nothing here imports nio; `bot.matrix.client.MatrixGateway` implements `Gateway` with it, and the unit tests
implement it in memory.
"""

from bot.matrix.interface.errors import (
    FileRefused,
    LoggedOut,
    MatrixError,
    Rejected,
    RoomUnsafe,
    Strangers,
    Throttled,
    Unavailable,
    WhyUnsafe,
)
from bot.matrix.interface.gateway import MARKER, REQUEST, Gateway, NewRoom, RoomFacts, Sent, Unread, WhyUnread
from bot.matrix.interface.incoming import (
    NO_KEY,
    CarriedFile,
    IdentityChanged,
    Incoming,
    Invite,
    Journal,
    MembershipChange,
    Message,
    Noticed,
    Redaction,
    SealedFile,
    SeenFile,
    ShortCode,
    SyncBatch,
    Tombstone,
    Trust,
    Unreadable,
)

__all__ = [
    "MARKER",
    "NO_KEY",
    "REQUEST",
    "CarriedFile",
    "FileRefused",
    "Gateway",
    "IdentityChanged",
    "Incoming",
    "Invite",
    "Journal",
    "LoggedOut",
    "MatrixError",
    "MembershipChange",
    "Message",
    "NewRoom",
    "Noticed",
    "Redaction",
    "Rejected",
    "RoomFacts",
    "RoomUnsafe",
    "SealedFile",
    "SeenFile",
    "Sent",
    "ShortCode",
    "Strangers",
    "SyncBatch",
    "Throttled",
    "Tombstone",
    "Trust",
    "Unavailable",
    "Unread",
    "Unreadable",
    "WhyUnread",
    "WhyUnsafe",
]
