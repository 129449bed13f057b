"""Reading and writing the keys."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, cast

from sqlalchemy import Table, bindparam, delete, exists, func, select, true, tuple_

from storage.base import Base, Transaction
from storage.ids import DeviceId, EventId, RoomId, UserId
from storage.keys.tables import (
    Account,
    KnownRoom,
    KnownUser,
    OlmSession,
    Outbound,
    Replay,
    RoomKey,
    RoomState,
    Share,
    Vault,
    Waiting,
)


class OlmSessionRow(NamedTuple):
    """A channel to a device, named by its Curve25519 key (unpadded base64). `pickle`: encrypted."""

    sender_key: str
    session_id: str
    pickle: str
    created_at: datetime
    used_at: datetime


class RoomKeyRow(NamedTuple):
    """A key that opens messages of a room. `ed25519`: of the device that made it; `forwarded`: another gave it on."""

    room_id: RoomId
    session_id: str
    sender_key: str
    ed25519: str
    pickle: str
    forwarded: bool


class Origin(NamedTuple):
    """Where a room key came from. `user_id`: None for an own one; `stray`: nobody knew the sender to be in the room."""

    user_id: UserId | None
    received_at: datetime
    stray: bool


class OutboundRow(NamedTuple):
    """The own session of a room. `reserved`: places of its ratchet before this one may have been used."""

    room_id: RoomId
    session_id: str
    pickle: str
    created_at: datetime
    reserved: int


class ShareRow(NamedTuple):
    """Whom a session was given to; `withheld`: why not, in the specification's code (m.room_key.withheld)."""

    session_id: str
    user_id: UserId
    device_id: DeviceId
    withheld: str | None


class DeviceRow(NamedTuple):
    """A device's public keys, unpadded base64. `signed`: by the owner's self-signing key."""

    ed25519: str
    curve25519: str
    signed: bool
    deleted: bool


class UserRow(NamedTuple):
    """The public keys of a person, unpadded base64. `stale`: to be asked for again."""

    user_id: UserId
    master_key: str | None
    self_signing_key: str | None
    devices: Mapping[str, DeviceRow]
    stale: bool


class RoomRow(NamedTuple):
    """What has to be known of a room even when it is left: that it was encrypted once."""

    room_id: RoomId
    encrypted: bool
    joined: bool


class StateRow(NamedTuple):
    """One event of the state of a room."""

    room_id: RoomId
    kind: str
    state_key: str
    event: Mapping[str, Any]


class WaitingRow(NamedTuple):
    """An event that could not be read, until its key comes."""

    event_id: EventId
    room_id: RoomId
    session_id: str
    event: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Saved:
    """Everything that a start needs at once. Room keys are not among it: they are read when a message needs them."""

    device_id: DeviceId | None
    account: str | None
    shared: bool
    sessions: Sequence[OlmSessionRow]
    outbound: Sequence[OutboundRow]
    shares: Sequence[ShareRow]
    users: Sequence[UserRow]
    rooms: Sequence[RoomRow]
    states: Sequence[StateRow]
    waiting: Sequence[WaitingRow]


_ALL: tuple[type[Base], ...] = (
    Account,
    KnownRoom,
    KnownUser,
    OlmSession,
    Outbound,
    Replay,
    RoomKey,
    RoomState,
    Share,
    Vault,
    Waiting,
)
NOTHING_SAVED = Saved(
    device_id=None,
    account=None,
    shared=False,
    sessions=(),
    outbound=(),
    shares=(),
    users=(),
    rooms=(),
    states=(),
    waiting=(),
)


_ROOM_KEYS = select(*(getattr(RoomKey, name) for name in RoomKeyRow._fields)).where(
    RoomKey.room_id == bindparam("room"), RoomKey.session_id == bindparam("session")
)
_IS_USED = exists().where(Replay.session_id == RoomKey.session_id, Replay.sender_key == RoomKey.sender_key)
"""A message was read with the room key."""


MOST_SESSIONS = 20_000
"""Olm sessions that a start loads without asking which of them are of use."""
MOST_OF_A_DEVICE = 50
"""Olm sessions kept of one device where there are too many: those used last."""
MOST_ROOM_KEYS = 100
"""Keys of one person for one room: with a new one each week, or each 100 messages, enough for a long time."""
NEWEST_ROOM_KEYS = 20
"""Of these, the last that came are kept although no message has come with them yet."""
MOST_STRAY_KEYS = 500
"""Keys, unused, of rooms that the bot is not in, or of people whom it does not know to be there."""
_SLACK = 10
"""Keys beyond a bound before some are dropped: not for each new one."""
_MOST_NAMED = 30_000  # values in one statement


class Keys:
    """The tables of the keys in one transaction."""

    def __init__(self, tx: Transaction) -> None:
        self._session = tx.session
        self._upsert = tx.upsert
        self._run = tx.run

    async def vault(self, user_id: UserId) -> tuple[dict[str, Any], str, str] | None:
        """Return header, nonce and box of the user's vault."""
        vault = Vault.__table__
        row = (await self._session.execute(select(vault).where(vault.c.user_id == user_id))).first()
        return None if row is None else (row.header, row.nonce, row.box)

    async def owners(self) -> Sequence[UserId]:
        """Return whose vaults there are."""
        return (await self._session.scalars(select(Vault.__table__.c.user_id))).all()

    async def has_account(self) -> bool:
        """Say whether some device has keys here."""
        return (await self._session.scalars(select(Account.__table__.c.device_id))).first() is not None

    async def keep_vault(self, user_id: UserId, header: dict[str, Any], nonce: str, box: str) -> None:
        await self._upsert(Vault, [{"user_id": user_id, "header": header, "nonce": nonce, "box": box}])

    async def load(self) -> Saved:
        """Return what a start needs."""
        account = (await self._session.scalars(select(Account))).first()
        users = [
            UserRow(
                UserId(user),
                master,
                self_signing,
                {device: DeviceRow(*keys) for device, keys in devices.items()},
                stale,
            )
            for user, master, self_signing, devices, stale in await self._rows(KnownUser)
        ]
        await self._drop_spare_sessions({keys.curve25519 for user in users for keys in user.devices.values()})
        return Saved(
            device_id=account.device_id if account else None,
            account=account.pickle if account else None,
            shared=account.shared if account else False,
            sessions=[OlmSessionRow(*row) for row in await self._rows(OlmSession)],
            outbound=[OutboundRow(*row) for row in await self._rows(Outbound)],
            shares=[ShareRow(*row) for row in await self._rows(Share)],
            users=users,
            rooms=[RoomRow(*row) for row in await self._rows(KnownRoom)],
            states=[StateRow(*row) for row in await self._rows(RoomState)],
            waiting=[WaitingRow(*row) for row in await self._rows(Waiting)],
        )

    async def _drop_spare_sessions(self, known: set[str]) -> None:
        """Where there are very many Olm sessions, keep those used last, of each device and of unknown ones.

        Anybody on any homeserver may begin as many as they like, from devices that they make up; all are loaded at a
        start. Who has a use for one that is gone begins another.
        """
        number = await self._session.scalar(select(func.count()).select_from(OlmSession)) or 0
        if number <= MOST_SESSIONS:
            return
        name = (OlmSession.sender_key, OlmSession.session_id)
        order = func.row_number().over(partition_by=OlmSession.sender_key, order_by=OlmSession.used_at.desc())
        numbered = select(*name, order.label("place")).subquery()
        spare = select(numbered.c.sender_key, numbered.c.session_id).where(numbered.c.place > MOST_OF_A_DEVICE)
        await self._session.execute(delete(OlmSession).where(tuple_(*name).in_(spare)))
        newest = select(OlmSession.used_at).order_by(OlmSession.used_at.desc())
        since = await self._session.scalar(newest.offset(MOST_SESSIONS - 1).limit(1))
        if since is not None and len(known) <= _MOST_NAMED:
            old = delete(OlmSession).where(OlmSession.used_at < since, OlmSession.sender_key.not_in(known))
            await self._session.execute(old)

    async def room_keys(self, room_id: RoomId, session_id: str) -> Sequence[RoomKeyRow]:
        """Return the sessions of a room with this id, whoever sent them."""
        rows = await self._run(_ROOM_KEYS, {"room": room_id, "session": session_id})
        return [RoomKeyRow(*row)._replace(forwarded=bool(row[-1])) for row in rows]

    async def used_places(self, session_id: str, sender_key: str) -> dict[int, EventId]:
        """Return which event each used place of a session stands for."""
        query = select(Replay.place, Replay.event_id).where(
            Replay.session_id == session_id, Replay.sender_key == sender_key
        )
        return {row.place: row.event_id for row in (await self._session.execute(query)).all()}

    async def keep_account(self, device_id: DeviceId, pickle: str, *, shared: bool) -> None:
        await self._upsert(Account, [{"device_id": device_id, "pickle": pickle, "shared": shared}])

    async def forget_device(self) -> None:
        """Drop what belongs to the own device alone; room keys stay, so that old messages can still be read."""
        for table in (Account, OlmSession, Outbound, Share):
            await self._session.execute(delete(table))

    async def forget_sessions(self) -> None:
        """Drop every session that is written with: from a backup they would use places of their ratchets twice."""
        for table in (OlmSession, Outbound, Share):
            await self._session.execute(delete(table))

    async def forget_everything(self) -> None:
        """Drop all keys, for good: what was encrypted for them cannot be read any more. Pins of others' keys stay."""
        for table in _ALL:
            await self._session.execute(delete(table))

    async def keep_sessions(self, rows: Iterable[OlmSessionRow]) -> None:
        await self._upsert(OlmSession, [row._asdict() for row in rows])

    async def drop_sessions(self, names: Sequence[tuple[str, str]]) -> None:
        """Drop Olm sessions, by the other device's key and their id."""
        for sender_key, session_id in names:
            await self._session.execute(
                delete(OlmSession).where(OlmSession.sender_key == sender_key, OlmSession.session_id == session_id)
            )

    async def keep_room_keys(self, rows: Iterable[tuple[RoomKeyRow, Origin]]) -> None:
        await self._upsert(RoomKey, [{**row._asdict(), **origin._asdict()} for row, origin in rows])

    async def bound_room_keys(self, room_id: RoomId, user_id: UserId) -> None:
        """Drop what is too much of one person's keys for one room: at first of those that no message came with.

        What came last is kept in any case: its message may still come.
        """
        of_them = (RoomKey.room_id == room_id, RoomKey.user_id == user_id)
        number = await self._session.scalar(select(func.count()).select_from(RoomKey).where(*of_them)) or 0
        if number <= MOST_ROOM_KEYS + _SLACK:
            return
        names = select(RoomKey.session_id, RoomKey.sender_key)
        newest = names.where(*of_them).order_by(RoomKey.received_at.desc()).limit(NEWEST_ROOM_KEYS)
        kept = {tuple(row) for row in await self._session.execute(newest)}
        by_use = names.where(*of_them).order_by(_IS_USED.desc(), RoomKey.received_at.desc())
        others = [name for row in await self._session.execute(by_use) if (name := tuple(row)) not in kept]
        await self._drop_room_keys(room_id, others[MOST_ROOM_KEYS - len(kept) :])

    async def _drop_room_keys(self, room_id: RoomId, names: Sequence[tuple[Any, ...]]) -> None:
        for session_id, sender_key in names:
            await self._session.execute(
                delete(RoomKey).where(
                    RoomKey.room_id == room_id, RoomKey.session_id == session_id, RoomKey.sender_key == sender_key
                )
            )

    async def bound_stray_keys(self) -> None:
        """Drop the oldest stray keys that no message came with, where there are too many."""
        name = (RoomKey.room_id, RoomKey.session_id, RoomKey.sender_key)
        unused = select(*name).where(RoomKey.stray == true(), ~_IS_USED).order_by(RoomKey.received_at.desc())
        if (await self._session.execute(unused.offset(MOST_STRAY_KEYS + _SLACK).limit(1))).first() is None:
            return
        for room_id, session_id, sender_key in await self._session.execute(unused.offset(MOST_STRAY_KEYS)):
            await self._drop_room_keys(room_id, [(session_id, sender_key)])

    async def keep_outbound(self, rows: Iterable[OutboundRow]) -> None:
        await self._upsert(Outbound, [row._asdict() for row in rows])

    async def drop_shares(self, sessions: Iterable[str]) -> None:
        """Forget whom sessions were given to that are not used any more."""
        for session_id in sessions:
            await self._session.execute(delete(Share).where(Share.session_id == session_id))

    async def keep_shares(self, rows: Iterable[ShareRow]) -> None:
        await self._upsert(Share, [row._asdict() for row in rows])

    async def keep_users(self, rows: Iterable[UserRow]) -> None:
        await self._upsert(
            KnownUser,
            [{**row._asdict(), "devices": {name: list(keys) for name, keys in row.devices.items()}} for row in rows],
        )

    async def keep_rooms(self, rows: Iterable[RoomRow]) -> None:
        await self._upsert(KnownRoom, [row._asdict() for row in rows])

    async def drop_states(self, rooms: Iterable[RoomId]) -> None:
        for room_id in rooms:
            await self._session.execute(delete(RoomState).where(RoomState.room_id == room_id))

    async def keep_states(self, rows: Iterable[StateRow]) -> None:
        await self._upsert(RoomState, [row._asdict() for row in rows])

    async def keep_places(self, used: Mapping[tuple[str, str, int], EventId]) -> None:
        """Note which events places were used for: by session id, sender key and place."""
        rows = [
            {"session_id": session_id, "sender_key": sender_key, "place": place, "event_id": event_id}
            for (session_id, sender_key, place), event_id in used.items()
        ]
        await self._upsert(Replay, rows)

    async def keep_waiting(self, rows: Iterable[WaitingRow]) -> None:
        await self._upsert(Waiting, [row._asdict() for row in rows])

    async def drop_waiting(self, events: Sequence[EventId]) -> None:
        if events:
            await self._session.execute(delete(Waiting).where(Waiting.event_id.in_(events)))

    async def _rows(self, table: type[Base]) -> Sequence[Any]:
        return (await self._session.execute(select(*_table(table).c))).all()


def _table(entity: type[Base]) -> Table:
    return cast(Table, entity.__table__)
