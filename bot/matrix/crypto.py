"""End-to-end encryption with the homeserver: the own device's keys up, what arrives opened and judged, all kept."""

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import structlog
from nio.crypto import InboundGroupSession, OlmDevice
from nio.responses import ToDeviceResponse

from bot.matrix.answers import MALFORMED
from bot.matrix.http import Http, path_of
from bot.matrix.interface import NO_KEY, LoggedOut, MatrixError, Rejected, Throttled, Trust
from bot.matrix.machine import (
    UNKNOWN_DEVICE,
    KeyRequest,
    Machine,
    NoKey,
    NoSender,
    Opened,
    OpenedToDevice,
    Refused,
)
from bot.matrix.people import People
from bot.matrix.rooms import MEGOLM
from bot.matrix.sharing import Sharing
from bot.matrix.signing import Json
from bot.matrix.store import Chest
from bot.matrix.vault import Vault
from storage.base import Database
from storage.ids import DeviceId, RoomId, UserId
from storage.keys import Keys
from storage.pins import Pins

log = structlog.get_logger()

_UPKEEP_PAUSE = 1.0  # seconds after a failure that named no pause
_LONGEST_STEP = timedelta(seconds=10)  # for which one step of the upkeep, or judging a message, may hold up a sync
_MOST_REQUESTS = 1_000
"""Room keys that are asked for at the same time; those asked for longest ago are then only waited for."""
_MOST_ASKED = 250
"""People whom one request asks for keys."""

_FAILED: tuple[type[Exception], ...] = (MatrixError, TimeoutError, *MALFORMED)


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Read:
    """An event opened and judged."""

    opened: Opened
    device_id: DeviceId
    trust: Trust


class Doubts:
    """For which unknown devices their owners are asked for anew: not at each message, as anybody can make some up."""

    AGAIN = 60.0
    """Seconds before the same device is a reason once more."""
    MOST = 5
    """Devices of one user that are a reason within that time."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._since: dict[UserId, dict[str, float]] = {}  # by the device's Curve25519 key

    def new(self, user: UserId, keys: Iterable[str]) -> bool:
        """Say whether one of these unknown devices is a reason to ask for the user's devices now."""
        now = self._clock()
        lately = {key: since for key, since in self._since.get(user, {}).items() if now < since + self.AGAIN}
        unknown = [key for key in keys if key not in lately][: self.MOST - len(lately)]
        self._since[user] = lately | dict.fromkeys(unknown, now)
        return bool(unknown)


class Crypto:
    """The own device's part in encryption. Everything that waits has the deadline of its HTTP requests."""

    def __init__(
        self,
        machine: Machine,
        chest: Chest,
        people: People,
        sharing: Sharing,
        http: Http,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.machine = machine
        self.chest = chest
        self.people = people
        self.sharing = sharing
        self._http = http
        self._clock = clock
        self._not_before: dict[str, float] = {}  # of steps of the upkeep that failed
        self._doubts = Doubts(clock)
        self._on_server = 0
        self._fallback_used = False
        self._unanswered = False  # whether one-time keys were sent of which it is not known whether they arrived
        self._uploading = asyncio.Lock()
        self._to_request: dict[str, tuple[UserId, RoomId, str]] = {}  # by session id

    @classmethod
    async def load(cls, database: Database, vault: Vault, http: Http, device_id: DeviceId) -> "Crypto":
        """Load the keys of a device; what is there of another, one before, is dropped but for the room keys."""
        async with database.transaction() as tx:
            keys = Keys(tx)
            saved = await keys.load()
            if saved.device_id is not None and saved.device_id != device_id:
                await keys.forget_device()
            pinned = await Pins(tx).all()
        chest = Chest(database, vault.user_id, device_id, vault.pickle_key, saved, now=utc_now)
        machine = Machine(vault.user_id, device_id, chest, now=utc_now)
        people = People(machine, chest, http, database, pinned)
        return cls(machine, chest, people, Sharing(machine, chest, people, http), http)

    # --- keys of one's own

    async def upload_keys(self, *, first: bool = False) -> None:
        """Upload what the server lacks: with `first` the device's own keys too. Raises MatrixError."""
        async with self._uploading:
            body = self.machine.fallback_key_to_upload(used=self._fallback_used or first)
            if first:
                body["device_keys"] = self.machine.device_keys()
            if body:
                await self._upload(body)
                self.machine.keys_acknowledged()
                self._fallback_used = False
                await self.chest.commit()
            elif self._unanswered:
                # How many of the last keys have arrived? No more are made for a server that does not take them: an
                # account forgets its oldest keys, which others may have got.
                await self._upload({})
            self._unanswered = False
            if one_time := self.machine.one_time_keys_to_upload(self._on_server):
                self._unanswered = True
                await self._upload(one_time)
                self._unanswered = False

    async def _upload(self, body: Json) -> None:
        # Kept before the server has them: keys that it gives out and nobody holds would shut the bot off.
        await self.chest.commit()
        try:
            answer = await self._http.request("POST", path_of("keys", "upload"), body)
        except Rejected as error:
            # Other keys have these names, as after a database was put back: the next have other names.
            if "already exists" not in str(error):
                raise
            log.warning("keys.already_uploaded")
        else:
            self._on_server = _count(answer.get("one_time_key_counts"))

    def note_counts(self, sync: Mapping[str, Any]) -> None:
        """Read from a sync answer how many one-time keys are left (a missing count is zero) and the fallback's use."""
        self._on_server = _count(sync.get("device_one_time_keys_count"))
        unused = sync.get("device_unused_fallback_key_types")
        self._fallback_used = isinstance(unused, list) and "signed_curve25519" not in unused

    # --- what arrives

    def take_to_device(self, sync: Mapping[str, Any]) -> list[tuple[RoomId, str]]:
        """Process the to-device events of a sync answer; return rooms and session ids of the keys that arrived."""
        part = sync.get("to_device")
        events = part.get("events") if isinstance(part, dict) else None
        return [
            key
            for event in (events if isinstance(events, list) else ())
            if (key := self.machine.receive(event)) is not None
        ]

    def take_opened(self) -> list[OpenedToDevice]:
        """Return what came encrypted to this device since the last call, other than keys."""
        opened, self.machine.opened = self.machine.opened, []
        return opened

    async def read(self, event: Mapping[str, Any], room_id: RoomId) -> Read:
        """Open an encrypted event of somebody else and judge its sender's device.

        Raises:
            NoKey: the key has not arrived.
            NoSender: the sender's devices could not be asked for, or this one is not among them (yet).
            Refused: the event must not be believed.
        """
        sender = UserId(str(event.get("sender")))
        session_id = event["content"].get("session_id")
        sessions = await self.chest.fetch(room_id, session_id) if isinstance(session_id, str) else []
        if not sessions:
            raise NoKey(str(session_id))
        await self.people.current()
        if self.people.identity(sender) is None:
            await self._attempt("query", partial(self.people.query, [sender]))
        elif self._origin(sender, sessions) is None and self._doubts.new(sender, [one.sender_key for one in sessions]):
            # The homeserver may tell of a new device later than of its message, or not at all.
            self.people.doubt(sender)
            await self._attempt("query", partial(self.people.query, [sender]))
        origin = self._origin(sender, sessions)
        if self.people.identity(sender) is None:
            raise NoSender(NO_KEY, self.people.heard_of(sender))
        if origin is None:
            if any(self.machine.known_elsewhere(session.sender_key) for session in sessions):
                raise Refused("spoofed sender")
            raise NoSender(UNKNOWN_DEVICE, self.people.heard_of(sender))
        device, session = origin
        opened = self.machine.open_event(event, room_id, session)
        return Read(opened, DeviceId(device.id), self._trust(sender, device, forwarded=bool(session.forwarding_chain)))

    def _origin(
        self, sender: UserId, sessions: Iterable[InboundGroupSession]
    ) -> tuple[OlmDevice, InboundGroupSession] | None:
        """Return the sender's device that one of the sessions came from, and that session."""
        for session in sessions:
            device = self.machine.owner_device(sender, session)
            if device is not None:
                return device, session
        return None

    def _trust(self, sender: UserId, device: Any, *, forwarded: bool) -> Trust:
        identity = self.people.identity(sender)
        if identity is None or identity.master is None:
            return Trust.UNSIGNED
        if not self.people.is_pinned(identity):
            return Trust.CHANGED
        signed = not device.deleted and not forwarded and identity.vouches_for(device.id, device.ed25519)
        return Trust.SIGNED if signed else Trust.UNSIGNED

    async def open_own(self, event: Mapping[str, Any], room_id: RoomId) -> Opened | None:
        """Open an event that an own device, this one or one before, has sent; None when that is not possible."""
        content = event.get("content")
        session_id = content.get("session_id") if isinstance(content, dict) else None
        if not isinstance(session_id, str):
            return None
        for session in await self.chest.fetch(room_id, session_id):
            try:
                return self.machine.open_event(event, room_id, session)
            except Refused:
                continue
        return None

    def request_key(self, event: Mapping[str, Any], room_id: RoomId) -> None:
        """Ask the sender's devices, at the next upkeep, for the key of an event that cannot be read; once for each key.

        Only the device that made the key may answer (see `Machine`).
        """
        sender, content = event.get("sender"), event["content"]
        session_id, sender_key = content.get("session_id"), content.get("sender_key")
        if isinstance(session_id, str) and isinstance(sender, str) and session_id not in self.machine.requested:
            if len(self.machine.requested) >= _MOST_REQUESTS:
                oldest = next(iter(self.machine.requested))
                del self.machine.requested[oldest]
                self._to_request.pop(oldest, None)
            self.machine.requested[session_id] = KeyRequest(room_id, UserId(sender))
            self._to_request[session_id] = (UserId(sender), room_id, str(sender_key))

    async def _request_keys(self) -> None:
        """Ask for the oldest key of each sender in one request; it has room for one message to a device."""
        asked: dict[UserId, str] = {}
        for session_id, (user, _, _) in self._to_request.items():
            if len(asked) < _MOST_ASKED:
                asked.setdefault(user, session_id)
        if not asked:
            return
        messages: Json = {user: {"*": self._key_request(session_id)} for user, session_id in asked.items()}
        await self.sharing.to_device("m.room_key_request", messages)
        for session_id in asked.values():
            self._to_request.pop(session_id, None)

    def _key_request(self, session_id: str) -> Json:
        _, room_id, sender_key = self._to_request[session_id]
        body = {"algorithm": MEGOLM, "room_id": room_id, "session_id": session_id, "sender_key": sender_key}
        return {
            "action": "request",
            "body": body,
            "request_id": uuid.uuid4().hex,
            "requesting_device_id": self.machine.device_id,
        }

    # --- after each sync

    @property
    def behind(self) -> bool:
        """A step of the upkeep has failed, or has more to do, and is to be gone on with soon."""
        return bool(self._not_before or self._to_request)

    async def upkeep(self) -> None:
        """Ask for changed devices, replenish keys, mend broken Olm sessions. What fails waits for the next time."""
        await self._attempt("query", self.people.refresh)
        await self._attempt("upload", self.upload_keys)
        await self._attempt("mend", self._mend_sessions)
        await self._attempt("request", self._request_keys)

    async def _attempt(self, step: str, attempt: Callable[[], Awaitable[None]]) -> None:
        """Do a step, unless it has failed a moment ago."""
        if self._clock() < self._not_before.get(step, 0):
            return
        try:
            async with asyncio.timeout(_LONGEST_STEP.total_seconds()):
                await attempt()
        except LoggedOut:
            raise
        except _FAILED as error:
            asked = error.retry_after if isinstance(error, Throttled) else None
            self._not_before[step] = self._clock() + (asked.total_seconds() if asked else _UPKEEP_PAUSE)
            log.warning("keys.upkeep_failed", step=step, error=type(error).__name__)
        else:
            self._not_before.pop(step, None)

    async def _mend_sessions(self) -> None:
        if self.machine.wedged_devices:
            await self.sharing.claim(list(self.machine.wedged_devices))
        if self.machine.outgoing_to_device_messages:
            await self.chest.commit()
        for message in list(self.machine.outgoing_to_device_messages):
            await self.sharing.to_device(message.type, message.as_dict()["messages"])
            self.machine.handle_response(ToDeviceResponse(message))


def _count(counts: Any) -> int:
    value = counts.get("signed_curve25519") if isinstance(counts, dict) else None
    return max(0, value) if isinstance(value, int) else 0
