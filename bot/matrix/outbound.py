"""A room's outbound Megolm session: whom it was given to, how long it serves, and that no place of it is used twice."""

from datetime import UTC, datetime, timedelta

import vodozemac
from nio.crypto import OutboundGroupSession
from nio.crypto.sessions import derive_pickle_key

Name = tuple[str, str]
"""User id and device id."""

_RESERVED_AT_ONCE = 16
"""Places written down as used ahead of their use: one write to the database for so many messages. A restart skips
what was reserved and not used, so it costs at most this many, or a sixth, of the messages until the next rotation."""


class RoomSession(OutboundGroupSession):  # type: ignore[misc]  # nio has no type information
    """nio's session, with its age in aware times and with what it was given to kept."""

    def __init__(self, session: vodozemac.GroupSession | None = None, *, created_at: datetime) -> None:
        super().__init__(session)
        self.created_at = created_at
        self.reserved = 0
        self.shared_with: set[Name] = set()
        self.withheld: dict[Name, str] = {}

    @classmethod
    def restore(cls, pickle: str, passphrase: str, created_at: datetime, reserved: int) -> "RoomSession":
        """Read a pickled session and move its ratchet past every place that may have been used."""
        session = vodozemac.GroupSession.from_pickle(pickle, derive_pickle_key(passphrase))
        while session.message_index < reserved:
            session.encrypt(b"")
        restored = cls(session, created_at=created_at)
        restored.reserved = reserved
        return restored

    def note(self, name: Name, withheld: str | None) -> None:
        """The device has the key, or was told by which code it does not get it."""
        if withheld is None:
            self.shared_with.add(name)
            self.withheld.pop(name, None)
        else:
            self.withheld[name] = withheld

    def outlived(self, now: datetime, rotation: tuple[timedelta, int]) -> bool:
        """Say whether the session is older, or has more messages, than the room wants."""
        age, messages = rotation
        return bool(self.message_index >= messages) or now.astimezone(UTC) - self.created_at >= age

    def reserve(self, messages: int) -> bool:
        """Reserve further places when all are used; True when that has to be written before the next message.

        `messages`: after how many the session is replaced.
        """
        if self.message_index < self.reserved:
            return False
        self.reserved = self.message_index + max(1, min(_RESERVED_AT_ONCE, messages // 6))
        return True

    def encrypted(self, plaintext: bytes) -> str:
        """Encrypt with the next place, which has to be reserved."""
        assert self.message_index < self.reserved
        return str(self._session.encrypt(plaintext).to_base64())
