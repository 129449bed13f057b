"""What encryption has to remember, in the project's own database: one place to back up.

Whatever is secret arrives here sealed or pickled under a key that the database never sees; what is clear here (who is
in which room, which public keys a user shows) the homeserver knows anyway. Rows are written in bulk with the
statements of SQLAlchemy Core: many come at once, and none is an entity with a life of its own.
"""

from storage.keys.repository import (
    MOST_OF_A_DEVICE,
    MOST_SESSIONS,
    NOTHING_SAVED,
    DeviceRow,
    Keys,
    OlmSessionRow,
    Origin,
    OutboundRow,
    RoomKeyRow,
    RoomRow,
    Saved,
    ShareRow,
    StateRow,
    UserRow,
    WaitingRow,
)

__all__ = [
    "MOST_OF_A_DEVICE",
    "MOST_SESSIONS",
    "NOTHING_SAVED",
    "DeviceRow",
    "Keys",
    "OlmSessionRow",
    "Origin",
    "OutboundRow",
    "RoomKeyRow",
    "RoomRow",
    "Saved",
    "ShareRow",
    "StateRow",
    "UserRow",
    "WaitingRow",
]
