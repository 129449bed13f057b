"""nio's store interface on the project's own database.

nio calls a store in the middle of its work and does not wait, a database is waited for. So what nio saves is noted
here, and `write` puts all of it into one transaction: that of the sync answer which brought it, or one of its own
before a message goes out. Sessions are pickled at that moment, once, however often they were used.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import Any

from nio.crypto import DeviceStore, GroupSessionStore, InboundGroupSession, OlmAccount, OlmDevice, Session, SessionStore

from bot.matrix.memory import Devices, LazySessions, RoomKeys
from bot.matrix.outbound import RoomSession
from bot.matrix.rooms import RoomChanges
from storage.base import Database, Transaction
from storage.ids import DeviceId, EventId, RoomId, UserId
from storage.keys import (
    Keys,
    OlmSessionRow,
    Origin,
    OutboundRow,
    RoomKeyRow,
    Saved,
    ShareRow,
    UserRow,
    WaitingRow,
)
from storage.pins import Pins, Sighting


@dataclass(slots=True)
class Pending:
    """What is to be written. Sessions stand here as they are, and are pickled when they are written."""

    account: set[str] = field(default_factory=set)  # the device id, when there is something to write
    sessions: dict[tuple[str, str], Session] = field(default_factory=dict)
    room_keys: dict[tuple[str, str, str], InboundGroupSession] = field(default_factory=dict)
    senders: dict[tuple[str, str, str], UserId] = field(default_factory=dict)  # of room keys
    outbound: dict[RoomId, RoomSession] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)  # ids of outbound sessions that were replaced
    shares: dict[tuple[str, UserId, DeviceId], str | None] = field(default_factory=dict)
    users: set[UserId] = field(default_factory=set)
    pins: list[Sighting] = field(default_factory=list)  # in order: the first is what a user is pinned to
    rooms: RoomChanges = field(default_factory=RoomChanges)
    places: dict[tuple[str, str, int], EventId] = field(default_factory=dict)
    waiting: dict[EventId, WaitingRow] = field(default_factory=dict)
    answered: set[EventId] = field(default_factory=set)

    def __bool__(self) -> bool:
        return any(getattr(self, part.name) for part in fields(self))

    def merge_older(self, older: "Pending") -> None:
        """Take back what could not be written; what came since is newer."""
        for part in fields(self):
            if part.name == "rooms":
                self.rooms = older.rooms.followed_by(self.rooms)
            elif part.name == "pins":
                self.pins = older.pins + self.pins
            else:
                setattr(self, part.name, getattr(older, part.name) | getattr(self, part.name))


class Chest:
    """The keys of one own device: what nio reads and saves, and what is still to be written of it."""

    def __init__(
        self,
        database: Database,
        user_id: UserId,
        device_id: DeviceId,
        pickle_key: str,
        saved: Saved,
        *,
        now: Callable[[], datetime],
    ) -> None:
        self.saved = saved
        self.pending = Pending()
        self.describe: Callable[[UserId], UserRow] = _unknown
        """Gives the row of a user whose keys changed; set by who knows them."""
        self.is_there: Callable[[RoomId, UserId], bool] = _anywhere
        """Says whether somebody is in a room that the bot is in; set by who knows the rooms."""
        self.known_devices: Callable[[], frozenset[str]] = frozenset
        """Gives the Curve25519 keys of the devices that are known; set by who knows them."""
        self._database = database
        self._user_id = user_id
        self._device_id = device_id
        self._pickle_key = pickle_key
        self._now = now
        self._account: OlmAccount | None = None
        self._room_keys = RoomKeys()
        self._sessions = LazySessions((), pickle_key)
        self._pickled: dict[tuple[str, str], tuple[Session, OlmSessionRow]] = {}
        """Olm sessions that were given to the database, as they were then."""
        self._writing = 0

    # --- nio's interface

    def load_account(self) -> OlmAccount | None:
        if self.saved.account is None or self.saved.device_id != self._device_id:
            return None
        account = OlmAccount.from_pickle(self.saved.account.encode(), self._pickle_key, self.saved.shared)
        self._account = account
        return account

    def save_account(self, account: OlmAccount) -> None:
        self._account = account
        self.pending.account.add(self._device_id)

    def load_sessions(self) -> SessionStore:
        rows = self.saved.sessions if self.saved.device_id == self._device_id else ()
        self._sessions = LazySessions(rows, self._pickle_key)
        return self._sessions

    def save_session(self, curve_key: str, session: Session) -> None:
        self.pending.sessions[curve_key, session.id] = session

    def load_inbound_group_sessions(self) -> GroupSessionStore:
        return self._room_keys

    def save_inbound_group_session(self, session: InboundGroupSession) -> None:
        name = session.room_id, session.id, session.sender_key
        self.pending.room_keys[name] = session
        self._room_keys.arrived(name)

    def load_device_keys(self) -> DeviceStore:
        store = Devices()
        for user in self.saved.users:
            for name, keys in user.devices.items():
                pair = {"ed25519": keys.ed25519, "curve25519": keys.curve25519}
                store.add(OlmDevice(user.user_id, name, pair, deleted=keys.deleted))
        return store

    def save_device_keys(self, changed: Mapping[str, Any]) -> None:
        self.pending.users |= {UserId(user) for user in changed}

    def load_outgoing_key_requests(self) -> dict[str, Any]:
        return {}

    def add_outgoing_key_request(self, _request: Any) -> None:
        """Requests are not kept: after a restart what still waits is asked for anew."""

    def remove_outgoing_key_request(self, _request: Any) -> None:
        """See add_outgoing_key_request."""

    # --- what nio does not keep

    def came_from(self, session: InboundGroupSession, sender: UserId) -> None:
        """Note who sent a room key that is to be saved: how many are kept of one person is limited."""
        self.pending.senders[session.room_id, session.id, session.sender_key] = sender

    def load_outbound(self) -> dict[RoomId, RoomSession]:
        """Return the rooms' outbound sessions with whom they were given to, moved on past every place they may have
        used."""
        if self.saved.device_id != self._device_id:
            return {}
        sessions = {
            row.room_id: RoomSession.restore(row.pickle, self._pickle_key, row.created_at, row.reserved)
            for row in self.saved.outbound
        }
        by_id = {session.id: session for session in sessions.values()}
        for share in self.saved.shares:
            session = by_id.get(share.session_id)
            if session is not None:
                session.note((share.user_id, share.device_id), share.withheld)
        return sessions

    def outbound_changed(self, room_id: RoomId, session: RoomSession) -> None:
        """The session is new, or more of its places are reserved."""
        self.pending.outbound[room_id] = session

    def outbound_ended(self, session: RoomSession) -> None:
        """The session was replaced by another."""
        self.pending.ended.add(session.id)

    def shared(self, session: RoomSession, names: Iterable[tuple[UserId, DeviceId]], withheld: str | None) -> None:
        """The homeserver has taken a session's key for these devices, or the word that they do not get it."""
        for user, device in names:
            self.pending.shares[session.id, user, device] = withheld

    def used(self, session: InboundGroupSession, place: int, event_id: EventId) -> EventId:
        """Note which event a place in a session stands for and return the one noted first."""
        return self._room_keys.used(session, place, event_id, self.pending.places)

    async def fetch(self, room_id: RoomId, session_id: str) -> list[InboundGroupSession]:
        """Return a room's keys with this id, whoever sent them, from memory or from the database."""
        if not self._room_keys.was_looked_for(room_id, session_id):
            async with self._database.transaction() as tx:
                rows = await Keys(tx).room_keys(room_id, session_id)
                used = {row.sender_key: await Keys(tx).used_places(session_id, row.sender_key) for row in rows}
            for row in rows:
                if self._room_keys.get(room_id, row.sender_key, session_id) is None:
                    self._room_keys.add(self._unpickled(row))
            self._room_keys.looked_for(room_id, session_id, used, self.pending)
        return self._room_keys.named(room_id, session_id)

    def _unpickled(self, row: RoomKeyRow) -> InboundGroupSession:
        return InboundGroupSession.from_pickle(
            row.pickle.encode(),
            row.ed25519,
            row.sender_key,
            row.room_id,
            self._pickle_key,
            ["another"] if row.forwarded else [],
        )

    # --- writing

    async def forget_device(self, tx: Transaction) -> None:
        """Drop what belonged to a device that is no more."""
        await Keys(tx).forget_device()

    async def commit(self) -> None:
        """Write what is pending and return when it is durable, whoever writes it."""
        if not self.pending and not self._writing:
            return
        taken: Pending | None = None
        try:
            # One transaction at a time: inside, whoever was writing before has finished.
            async with self._database.transaction() as tx:
                if self.pending:
                    taken = await self.write(tx)
        except BaseException:
            if taken is not None:
                self.put_back(taken)
            raise
        if taken is not None:
            self.written()

    async def write(self, tx: Transaction) -> Pending:
        """Write what is pending. The caller says afterwards whether the transaction was `written` or is `put_back`."""
        taken, self.pending = self.pending, Pending()
        self._writing += 1
        try:
            await self._write(taken, Keys(tx), Pins(tx))
        except BaseException:
            self.put_back(taken)
            raise
        return taken

    def written(self) -> None:
        """The transaction of one `write` was committed."""
        self._writing -= 1
        if self._writing:
            return  # what is being written may be newer
        self._room_keys.forget_oldest(self.pending)
        pickled, self._pickled = self._pickled, {}
        for name, (session, row) in pickled.items():
            if name not in self.pending.sessions:  # used since
                self._sessions.put_away(session, row)

    def put_back(self, taken: Pending) -> None:
        """The transaction of one `write` failed."""
        self._writing -= 1
        self.pending.merge_older(taken)

    async def _write(self, taken: Pending, keys: Keys, pins: Pins) -> None:
        if taken.account:
            assert self._account is not None
            pickle = self._account.pickle(self._pickle_key).decode()
            await keys.keep_account(self._device_id, pickle, shared=self._account.shared)
        pickled = {name: (session, self._session_row(name[0], session)) for name, session in taken.sessions.items()}
        self._pickled |= pickled
        await keys.keep_sessions([row for _, row in pickled.values()])
        await keys.drop_sessions(self._sessions.drop_spare(self.known_devices))
        await self._keep_room_keys(taken, keys)
        await keys.keep_outbound([self._outbound_row(room, session) for room, session in taken.outbound.items()])
        await keys.drop_shares(taken.ended)
        shares = [ShareRow(*name, withheld) for name, withheld in taken.shares.items() if name[0] not in taken.ended]
        await keys.keep_shares(shares)
        await keys.keep_users([self.describe(user) for user in taken.users])
        for sighting in taken.pins:
            await pins.see(*sighting)
        await keys.keep_rooms(taken.rooms.rooms.values())
        await keys.drop_states(taken.rooms.replaced)
        await keys.keep_states(taken.rooms.states.values())
        await keys.keep_places(taken.places)
        await keys.keep_waiting([row for event, row in taken.waiting.items() if event not in taken.answered])
        await keys.drop_waiting(sorted(taken.answered))

    async def _keep_room_keys(self, taken: Pending, keys: Keys) -> None:
        if not taken.room_keys:
            return
        now, rows, strays = self._now(), [], False
        people = set[tuple[RoomId, UserId]]()
        for name, session in taken.room_keys.items():
            room, sender = RoomId(session.room_id), taken.senders.get(name)
            stray = sender is not None and not self.is_there(room, sender)
            strays = strays or stray
            if sender is not None:
                people.add((room, sender))
            rows.append((await self._room_key_row(session, keys), Origin(sender, now, stray)))
        await keys.keep_room_keys(rows)
        for room, sender in sorted(people):
            await keys.bound_room_keys(room, sender)
        if strays:
            await keys.bound_stray_keys()

    def _session_row(self, curve_key: str, session: Session) -> OlmSessionRow:
        return OlmSessionRow(
            curve_key,
            session.id,
            session.pickle(self._pickle_key).decode(),
            session.creation_time.astimezone(UTC),
            session.use_time.astimezone(UTC),
        )

    async def _room_key_row(self, session: InboundGroupSession, keys: Keys) -> RoomKeyRow:
        """Return the row of a room key; of two parts of the same ratchet the one that reads more is kept."""
        for row in await keys.room_keys(RoomId(session.room_id), session.id):
            if row.sender_key == session.sender_key:
                known = self._unpickled(row)
                if known.first_known_index <= session.first_known_index:
                    if self._room_keys.get(session.room_id, session.sender_key, session.id) is session:
                        self._room_keys.replace(known)  # and not what came since
                    return row
        return RoomKeyRow(
            RoomId(session.room_id),
            session.id,
            session.sender_key,
            session.ed25519,
            session.pickle(self._pickle_key).decode(),
            bool(session.forwarding_chain),
        )

    def _outbound_row(self, room_id: RoomId, session: RoomSession) -> OutboundRow:
        pickle = session.pickle(self._pickle_key).decode()
        return OutboundRow(room_id, session.id, pickle, session.created_at, session.reserved)


def _anywhere(room_id: RoomId, user: UserId) -> bool:  # noqa: ARG001 - nobody knows the rooms
    return True


def _unknown(user: UserId) -> UserRow:
    raise LookupError(user)
