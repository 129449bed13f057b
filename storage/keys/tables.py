"""The tables of the keys."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, false
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base
from storage.ids import DeviceId, EventId, RoomId, UserId


class Vault(Base):
    """Who the bot is: device, access token and seeds of the identity, sealed; how the secret is stretched, in clear."""

    __tablename__ = "key_vault"

    user_id: Mapped[UserId] = mapped_column(primary_key=True)
    header: Mapped[dict[str, Any]]
    nonce: Mapped[str]
    box: Mapped[str]


class Account(Base):
    """The own device's Olm account, pickled under a key made from the operator's secret."""

    __tablename__ = "key_account"

    device_id: Mapped[DeviceId] = mapped_column(primary_key=True)
    pickle: Mapped[str]
    shared: Mapped[bool]
    """The homeserver has acknowledged the device's own keys."""


class OlmSession(Base):
    """One Olm session with somebody's device, pickled."""

    __tablename__ = "key_olm_sessions"

    sender_key: Mapped[str] = mapped_column(primary_key=True)
    """The other device's Curve25519 key, unpadded base64."""
    session_id: Mapped[str] = mapped_column(primary_key=True)
    pickle: Mapped[str]
    created_at: Mapped[datetime]
    used_at: Mapped[datetime]


class RoomKey(Base):
    """One Megolm session that messages are read with, pickled. The same id may have been told by two senders."""

    __tablename__ = "key_room_keys"
    __table_args__ = (
        Index("ix_key_room_keys_sender", "room_id", "user_id"),
        Index("ix_key_room_keys_stray", "stray", "received_at"),
    )

    room_id: Mapped[RoomId] = mapped_column(primary_key=True)
    session_id: Mapped[str] = mapped_column(primary_key=True)
    sender_key: Mapped[str] = mapped_column(primary_key=True)
    ed25519: Mapped[str]
    """The sender's signing key, as the message said that brought the session."""
    pickle: Mapped[str]
    forwarded: Mapped[bool]
    """It came from another than the one who made it."""
    user_id: Mapped[UserId | None]
    """Who sent it; None for the own ones, which are not limited."""
    received_at: Mapped[datetime | None]
    stray: Mapped[bool] = mapped_column(default=False, server_default=false())
    """When it came, the bot was not in the room, or did not know its sender to be there."""


class Replay(Base):
    """Which event a place in a session was used for: the same ciphertext as another event is a replay."""

    __tablename__ = "key_replays"

    session_id: Mapped[str] = mapped_column(primary_key=True)
    sender_key: Mapped[str] = mapped_column(primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[EventId]


class Outbound(Base):
    """The Megolm session that a room is written to with, pickled, and how far its ratchet may have been used."""

    __tablename__ = "key_outbound"

    room_id: Mapped[RoomId] = mapped_column(primary_key=True)
    session_id: Mapped[str]
    pickle: Mapped[str]
    created_at: Mapped[datetime]
    reserved: Mapped[int]
    """Places below this one may have been used: after a restart the ratchet goes on from here."""


class Share(Base):
    """Whom an outbound session was given to, or by which code it was withheld from them."""

    __tablename__ = "key_shares"

    session_id: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[UserId] = mapped_column(primary_key=True)
    device_id: Mapped[DeviceId] = mapped_column(primary_key=True)
    withheld: Mapped[str | None]


class KnownUser(Base):
    """The public keys a user was last seen with. `stale`: they may have changed since."""

    __tablename__ = "key_users"

    user_id: Mapped[UserId] = mapped_column(primary_key=True)
    master_key: Mapped[str | None]
    self_signing_key: Mapped[str | None]
    devices: Mapped[dict[str, Any]]
    """By device id: ed25519, curve25519 (unpadded base64), signed, deleted."""
    stale: Mapped[bool]


class KnownRoom(Base):
    """A room the bot is or was in. Encryption, once seen, is remembered for good."""

    __tablename__ = "key_rooms"

    room_id: Mapped[RoomId] = mapped_column(primary_key=True)
    encrypted: Mapped[bool]
    joined: Mapped[bool]


class RoomState(Base):
    """One clear state event of a joined room."""

    __tablename__ = "key_room_states"

    room_id: Mapped[RoomId] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    state_key: Mapped[str] = mapped_column(primary_key=True)
    event: Mapped[dict[str, Any]]


class Waiting(Base):
    """An event that waits for its key, as it was received."""

    __tablename__ = "key_waiting"

    event_id: Mapped[EventId] = mapped_column(primary_key=True)
    room_id: Mapped[RoomId]
    session_id: Mapped[str]
    event: Mapped[dict[str, Any]]
