"""End-to-end encryption with the homeserver: keys up and down, trust, sharing room keys, opening what arrives."""

import asyncio
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from nio.exceptions import GroupEncryptionError
from nio.responses import ToDeviceResponse

from bot.matrix.http import Http, path_of
from bot.matrix.interface import LoggedOut, MatrixError, Rejected, Throttled, Trust, Unavailable
from bot.matrix.machine import Machine, NoKey, Opened, Refused
from bot.matrix.rooms import MEGOLM, RoomView
from bot.matrix.signing import Json, PublicIdentity, read_identity
from storage.ids import DeviceId, RoomId, UserId

log = structlog.get_logger()

_PER_REQUEST = 20  # recipients of one /sendToDevice: an Olm message has about 1.5 kB
_ASK_AGAIN = 60.0  # seconds before a server that did not answer for its users is asked again
_CLAIM_AGAIN = 300.0  # seconds before a device without one-time keys is asked again
_UPKEEP_PAUSE = 1.0  # seconds after a failure that named no pause
_JUDGING = timedelta(seconds=10)  # how long a received message may wait for its sender's keys


@dataclass(frozen=True, slots=True)
class Read:
    """An event opened and judged."""

    opened: Opened
    device_id: DeviceId
    trust: Trust


class Crypto:
    """The own device's part in encryption. Everything that waits has the deadline of its HTTP requests."""

    def __init__(self, machine: Machine, http: Http, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.machine = machine
        self._http = http
        self._clock = clock
        self._identities: dict[UserId, PublicIdentity] = {}
        self._stale: set[UserId] = set()  # to be queried
        self._not_before: dict[UserId, float] = {}
        self._no_claim_before: dict[tuple[str, str], float] = {}
        self._upkeep_not_before = 0.0
        self._on_server = 0
        self._fallback_used = False
        self._querying = asyncio.Lock()
        self._uploading = asyncio.Lock()

    # --- keys of one's own

    async def upload_keys(self, *, first: bool = False) -> None:
        """Upload what the server lacks: with `first` the device's own keys too. Raises MatrixError."""
        async with self._uploading:
            body = self.machine.keys_to_upload(self._on_server, fallback_used=self._fallback_used or first)
            if first:
                body["device_keys"] = self.machine.device_keys()
            if not body:
                return
            try:
                answer = await self._http.request("POST", path_of("keys", "upload"), body)
            except Rejected as error:
                # An upload whose answer got lost: the server has these keys, so they are published.
                if "already exists" not in str(error):
                    raise
                log.warning("keys.already_uploaded")
                answer = {"one_time_key_counts": {"signed_curve25519": self._on_server}}
            self.machine.keys_uploaded()
            self._on_server = _count(answer.get("one_time_key_counts"))
            self._fallback_used = False

    def note_counts(self, sync: Mapping[str, Any]) -> None:
        """Read from a sync answer how many one-time keys are left (a missing count is zero) and the fallback's use."""
        self._on_server = _count(sync.get("device_one_time_keys_count"))
        unused = sync.get("device_unused_fallback_key_types")
        self._fallback_used = isinstance(unused, list) and "signed_curve25519" not in unused

    # --- keys of others

    def note_device_lists(self, sync: Mapping[str, Any], receivers: frozenset[UserId]) -> None:
        """Mark users whose devices changed, and those of encrypted rooms that were never asked for."""
        lists = sync.get("device_lists")
        lists = lists if isinstance(lists, dict) else {}
        for user in lists.get("left") or ():
            # Their changes are not told any more; should they come back, they are asked for anew.
            self._identities.pop(user, None)
            self._stale.discard(user)
        for user in lists.get("changed") or ():
            if user in receivers or user in self._identities:
                self._stale.add(user)
                self._not_before.pop(user, None)
        self._stale |= receivers - self._identities.keys()

    def identity(self, user: UserId) -> PublicIdentity | None:
        """Return what is known of a user's cross-signing, None when it was not asked for or may have changed."""
        return None if user in self._stale else self._identities.get(user)

    async def query(self, users: Iterable[UserId]) -> None:
        """Ask for the devices and cross-signing keys of those `users` that are unknown or changed. Raises MatrixError.

        A change that is noted while the request is under way is asked for again later.
        """
        async with self._querying:
            now = self._clock()
            asked = {
                user
                for user in users
                if (user in self._stale or user not in self._identities) and self._not_before.get(user, 0) <= now
            }
            if not asked:
                return
            self._stale -= asked
            try:
                body: Json = {"device_keys": {user: [] for user in sorted(asked)}}
                answer = await self._http.request("POST", path_of("keys", "query"), body)
            except BaseException:
                self._stale |= asked
                raise
            self._take_over(asked, answer)

    def _take_over(self, asked: set[UserId], answer: Json) -> None:
        unreachable = set(answer.get("failures") or ())
        devices = answer.get("device_keys") or {}
        for user in asked:
            if user not in devices and user.partition(":")[2] in unreachable:
                self._stale.add(user)
                self._not_before[user] = self._clock() + _ASK_AGAIN
                log.warning("keys.server_unreachable", user=user)
                continue
            self._not_before.pop(user, None)
            self._identities[user] = read_identity(answer, user)
            self.machine.learn_devices(user, devices.get(user))

    async def refresh(self) -> None:
        """Query everyone marked as changed. Raises MatrixError."""
        if self._stale:
            await self.query(set(self._stale))

    # --- what arrives

    def take_to_device(self, sync: Mapping[str, Any]) -> list[tuple[RoomId, str]]:
        """Process the to-device events of a sync answer; return rooms and session ids of the keys that arrived."""
        part = sync.get("to_device")
        events = part.get("events") if isinstance(part, dict) else None
        return [key for event in events or () if (key := self.machine.receive(event)) is not None]

    async def read(self, event: Mapping[str, Any], room_id: RoomId) -> Read:
        """Open an encrypted event of somebody else and judge its sender's device.

        Raises:
            NoKey: the key has not arrived.
            Refused: the event must not be believed.
        """
        sender = UserId(str(event.get("sender")))
        session_id = event["content"].get("session_id")
        sessions = self.machine.sessions_named(room_id, session_id) if isinstance(session_id, str) else []
        if not sessions:
            raise NoKey(str(session_id))
        if self.identity(sender) is None:
            await self._try_query(sender)
        for session in sessions:
            device = self.machine.owner_device(sender, session)
            if device is not None:
                break
        else:
            elsewhere = any(self.machine.known_elsewhere(session.sender_key) for session in sessions)
            raise Refused("spoofed sender" if elsewhere else "unknown device")
        opened = self.machine.open_event(event, room_id, session)
        identity = self.identity(sender)
        signed = (
            identity is not None
            and not device.deleted
            and not session.forwarding_chain
            and identity.vouches_for(device.id, device.ed25519)
        )
        return Read(opened, DeviceId(device.id), Trust.SIGNED if signed else Trust.UNSIGNED)

    async def _try_query(self, user: UserId) -> None:
        try:
            async with asyncio.timeout(_JUDGING.total_seconds()):
                await self.query([user])
        except LoggedOut:
            raise
        except (MatrixError, TimeoutError) as error:
            log.warning("keys.query_failed", user=user, error=type(error).__name__)

    def open_own(self, event: Mapping[str, Any], room_id: RoomId) -> Opened | None:
        """Open an event that an own device, this one or one before, has sent; None when that is not possible."""
        content = event.get("content")
        session_id = content.get("session_id") if isinstance(content, dict) else None
        if not isinstance(session_id, str):
            return None
        for session in self.machine.sessions_named(room_id, session_id):
            try:
                return self.machine.open_event(event, room_id, session)
            except Refused:
                continue
        return None

    # --- what is sent

    async def share(self, view: RoomView) -> None:
        """Bring the room's key to every device that may read and does not have it. Call under the room's lock.

        Every /sendToDevice is checked: a failure is raised, what was delivered before it stays noted. Devices that
        cannot be reached at all (no one-time keys, a server that is down) do not hold up the others.

        Raises:
            MatrixError
        """
        # The server tells of changed devices only for those who share a room: of the invited it does not.
        self._stale |= view.receivers & view.with_membership("invite")
        await self.query(view.receivers)
        machine = self.machine
        devices = self._recipients(view)
        session = machine.outbound(view.room_id, set(devices), view.rotation)
        missing = {name: device for name, device in devices.items() if name not in session.users_shared_with}
        await self._claim([n for n, d in missing.items() if machine.session_store.get(d.curve25519) is None])
        reachable = [n for n, d in missing.items() if machine.session_store.get(d.curve25519) is not None]
        for start in range(0, len(reachable), _PER_REQUEST):
            await self._send_keys(view.room_id, session, reachable[start : start + _PER_REQUEST], devices)
        if unreached := len(missing) - len(reachable):
            log.warning("room_key.devices_unreached", room=view.room_id, devices=unreached)
        session.shared = True

    def _recipients(self, view: RoomView) -> dict[tuple[str, str], Any]:
        """Return the devices that get the room's key, by user and device id: all but our own, signed or not."""
        own = (self.machine.user_id, self.machine.device_id)
        return {
            (device.user_id, device.id): device
            for user in view.receivers
            for device in self.machine.device_store.active_user_devices(user)
            if (device.user_id, device.id) != own
        }

    async def _send_keys(
        self, room_id: RoomId, session: Any, names: list[tuple[str, str]], devices: Mapping[tuple[str, str], Any]
    ) -> None:
        key = {
            "algorithm": MEGOLM,
            "room_id": room_id,
            "session_id": session.id,
            "session_key": session.session_key,
        }
        messages: dict[str, Json] = {}
        for user, device_id in names:
            device = devices[user, device_id]
            olm = self.machine.session_store.get(device.curve25519)
            # nio's own sharing counts a failed request as success; its encryption for one device is sound.
            messages.setdefault(user, {})[device_id] = self.machine._olm_encrypt(olm, device, "m.room_key", key)  # noqa: SLF001
        await self._to_device("m.room.encrypted", messages)
        session.users_shared_with.update(names)

    async def _to_device(self, kind: str, messages: Json) -> None:
        await self._http.request("PUT", path_of("sendToDevice", kind, uuid.uuid4().hex), {"messages": messages})

    async def _claim(self, names: Iterable[tuple[str, str]]) -> None:
        now = self._clock()
        wanted: dict[str, dict[str, str]] = {}
        for user, device in names:
            if self._no_claim_before.get((user, device), 0) <= now:
                wanted.setdefault(user, {})[device] = "signed_curve25519"
        if not wanted:
            return
        answer = await self._http.request("POST", path_of("keys", "claim"), {"one_time_keys": wanted})
        given = answer.get("one_time_keys") or {}
        for user, asked in wanted.items():
            for device in asked:
                key = given.get(user, {}).get(device)
                if key:
                    self._no_claim_before.pop((user, device), None)
                    self.machine.learn_one_time_key(UserId(user), device, key)
                else:
                    self._no_claim_before[user, device] = now + _CLAIM_AGAIN

    def encrypt(self, room_id: RoomId, kind: str, content: Mapping[str, Any]) -> Json:
        """Encrypt for a room whose key was just shared. Relations stand outside too, where servers look for them.

        Raises:
            Unavailable: the key expired since it was shared; the next try shares a new one.
        """
        try:
            encrypted: Json = self.machine.group_encrypt(room_id, {"type": kind, "content": dict(content)})
        except GroupEncryptionError as error:
            raise Unavailable("the room's key expired between sharing and use") from error
        if "m.relates_to" in content:
            encrypted["m.relates_to"] = content["m.relates_to"]
        return encrypted

    def remember_encrypted(self, rooms: set[RoomId]) -> None:
        """Keep for good which rooms are encrypted, so that no later state can switch it off."""
        if rooms:
            self.machine.store.save_encrypted_rooms(rooms)

    # --- after each sync

    async def upkeep(self) -> None:
        """Replenish keys, ask for changed devices, mend broken Olm sessions. Failures wait for the next time."""
        if self._clock() < self._upkeep_not_before:
            return
        try:
            await self.upload_keys()
            await self.refresh()
            if self.machine.wedged_devices:
                await self._claim([(device.user_id, device.id) for device in self.machine.wedged_devices])
            for message in list(self.machine.outgoing_to_device_messages):
                await self._to_device(message.type, message.as_dict()["messages"])
                self.machine.handle_response(ToDeviceResponse(message))
        except LoggedOut:
            raise
        except MatrixError as error:
            asked = error.retry_after if isinstance(error, Throttled) else None
            self._upkeep_not_before = self._clock() + (asked.total_seconds() if asked else _UPKEEP_PAUSE)
            log.warning("keys.upkeep_failed", error=type(error).__name__)


def _count(counts: Any) -> int:
    value = counts.get("signed_curve25519") if isinstance(counts, dict) else None
    return value if isinstance(value, int) else 0
