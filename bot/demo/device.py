"""One device of a member: logged in, end-to-end encrypted, cross-signed, syncing in the background.

This is a client for the demo and the tests. It asks more often than a person's client would (the keys of everybody in
the room before each message), so that what a test sees never depends on which of two requests was answered first.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, Self

from nio import (
    AsyncClient,
    JoinedMembersResponse,
    KeysClaimResponse,
    KeysQueryResponse,
    KeysUploadResponse,
    MegolmEvent,
    ShareGroupSessionResponse,
    SyncResponse,
)
from nio.exceptions import EncryptionError, GroupEncryptionError

from bot.demo.footing import DEADLINE, Kept, checked, client_of, close
from bot.demo.hearing import Heard, Hearing, read
from bot.matrix.http import Http, path_of
from bot.matrix.interface import LoggedOut, MatrixError, Rejected, Throttled, Unavailable
from bot.matrix.signing import CrossSigningIdentity, PublicIdentity, canonical, read_identity

_log = logging.getLogger(__name__)

_SYNC_WAIT = 10_000  # milliseconds that the homeserver holds an empty sync
_FILTER = {"room": {"timeline": {"limit": 100}}, "presence": {"types": []}}


class Device:
    """What every member's client has below the words: login, keys, sync, requests."""

    def __init__(self, client: AsyncClient, http: Http, *, auto_join: bool, strict: bool) -> None:
        self.client = client
        self.user_id = str(client.user)
        self.hearing = Hearing(self.user_id)
        self.identity: CrossSigningIdentity | None = None
        """The account's private cross-signing keys, to open another signed device with; None when not signed."""
        self.strict = strict
        self._http = http
        self._auto_join = auto_join
        self._backlog: deque[tuple[str, Any]] = deque()
        self._locked: dict[str, MegolmEvent] = {}  # events whose key has not come
        self._identities: dict[str, PublicIdentity] = {}
        self._sending: dict[str, asyncio.Lock] = {}
        self._fingerprints: dict[tuple[str, str], tuple[str, str]] = {}  # (user, Curve25519) -> device, Ed25519

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        server_url: str,
        user_id: str,
        password: str,
        *,
        signed: bool = True,
        identity: CrossSigningIdentity | None = None,
        store: Path | None = None,
        auto_join: bool = True,
        strict: bool = False,
        device_name: str = "demo",
    ) -> AsyncIterator[Self]:
        """Log in as a new device, set up encryption and sync until the block is left.

        With `store`, a folder, the device, its keys and the identity are kept there, and the next `open` on it is the
        same device again; without it they live in memory. `signed` cross-signs the device: with `identity` (of another
        device of the same account), else with the one in the store, else with a new one. A `strict` client does as
        current ones do: it withholds room keys from devices that their owner has not cross-signed, and `hears`
        nothing from such.

        Raises:
            MatrixError: the homeserver did not let the member in.
            IdentityConflict: the account has another cross-signing identity already.
        """
        kept = Kept(store)
        async with AsyncExitStack() as stack:
            http = await stack.enter_async_context(Http(server_url))
            client = client_of(server_url, user_id, store)
            stack.push_async_callback(close, client)
            device = cls(client, http, auto_join=auto_join, strict=strict)
            await device._log_in(password, device_name, kept)
            async with asyncio.timeout(DEADLINE):
                if client.should_upload_keys:
                    await checked(client.keys_upload(), KeysUploadResponse)
                if signed:
                    await device._sign(identity, kept)
                await device._take_in(await checked(client.sync(timeout=0, sync_filter=_FILTER), SyncResponse))
            syncing = asyncio.create_task(device._sync(), name=f"sync of {user_id}")
            stack.push_async_callback(_end, syncing)
            yield device

    @property
    def device_id(self) -> str:
        return str(self.client.device_id)

    async def request(self, method: str, path: str, body: Any = None) -> Any:
        """Ask the homeserver (`path` from `bot.matrix.http.path_of`), waiting out throttling, restarts and 5xx.

        Raises:
            MatrixError: it said no, or nothing for 30 seconds.
        """
        pause = 0.05
        try:
            async with asyncio.timeout(DEADLINE):
                while True:
                    try:
                        return await self._http.request(method, path, body)
                    except Throttled as throttled:
                        wait = throttled.retry_after.total_seconds() if throttled.retry_after else pause
                    except Unavailable:
                        wait = pause
                    await asyncio.sleep(wait)
                    pause = min(pause * 2, 1.0)
        except TimeoutError:
            raise Unavailable(f"no answer within {DEADLINE:g} s: {method}") from None

    async def log_out(self) -> None:
        """Log this device out; after that the client is of no more use."""
        await self.request("POST", path_of("logout"), {})

    async def _log_in(self, password: str, device_name: str, kept: Kept) -> None:
        session = kept.read("session")
        if session is None:
            login = {
                "type": "m.login.password",
                "identifier": {"type": "m.id.user", "user": self.user_id},
                "password": password,
                "initial_device_display_name": device_name,
            }
            session = await self.request("POST", path_of("login"), login)
            kept.write("session", {key: session[key] for key in ("user_id", "device_id", "access_token")})
        self._http.token = session["access_token"]
        self.client.restore_login(session["user_id"], session["device_id"], session["access_token"])
        # The store ties all its tables to its database at each call; to look for those that they refer to, too, was a
        # quarter of a client's work.
        keys = self.client.store.database
        keys.bind_ctx = partial(keys.bind_ctx, bind_refs=False, bind_backrefs=False)

    async def _sign(self, identity: CrossSigningIdentity | None, kept: Kept) -> None:
        if identity is None:
            seeds = kept.read("identity")
            identity = CrossSigningIdentity(self.user_id, seeds) if seeds else CrossSigningIdentity.create(self.user_id)
        kept.write("identity", identity.seeds)
        account = self.client.olm.account
        keys: dict[str, Any] = {
            "algorithms": ["m.olm.v1.curve25519-aes-sha2", "m.megolm.v1.aes-sha2"],
            "device_id": self.device_id,
            "user_id": self.user_id,
            "keys": {f"{kind}:{self.device_id}": account.identity_keys[kind] for kind in ("curve25519", "ed25519")},
        }

        def sign(text: bytes) -> str:
            return str(account.sign(text.decode()))

        keys["signatures"] = {self.user_id: {f"ed25519:{self.device_id}": sign(canonical(keys))}}
        await identity.ensure(self.request, keys, sign)
        self.identity = identity

    async def encrypt(self, room_id: str, kind: str, content: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
        """Return the type and content to send, after the room key has gone to every device in the room.

        Raises:
            MatrixError: that did not succeed within 30 seconds.
        """
        try:
            async with asyncio.timeout(DEADLINE):
                while True:
                    try:
                        await self._share_room_key(room_id)
                        encrypted: tuple[str, Mapping[str, Any]] = self.client.encrypt(room_id, kind, dict(content))
                    except (EncryptionError, GroupEncryptionError):
                        continue  # a sync invalidated the session meanwhile: share the next one
                    except Unavailable:
                        await asyncio.sleep(0.1)
                    else:
                        return encrypted
        except TimeoutError:
            raise Unavailable("the room key could not be shared in time") from None

    async def _share_room_key(self, room_id: str) -> None:
        # Asked anew each time: what a sync has not told yet would leave a newcomer without the key.
        room = self.client.rooms[room_id]
        known = set(room.users)
        await checked(self.client.joined_members(room_id), JoinedMembersResponse)
        if set(room.users) != known:
            self.client.invalidate_outbound_session(room_id)
        await self._refresh_keys(room.users)
        olm = self.client.olm
        if olm.should_share_group_session(room_id):
            self.client.sharing_session.pop(room_id, None)  # left behind by a share that was cut off
            await checked(
                self.client.share_group_session(room_id, ignore_unverified_devices=True), ShareGroupSessionResponse
            )
            # nio counts the session as shared even when a request failed on the way.
            reached = olm.outbound_group_sessions[room_id].users_shared_with
            for user in room.users:
                for device in self.client.device_store.active_user_devices(user):
                    owed = device.id != self.device_id and not device.blacklisted
                    if owed and olm.session_store.get(device.curve25519) and (user, device.id) not in reached:
                        self.client.invalidate_outbound_session(room_id)
                        raise Unavailable(f"{user} has not got the room key")

    async def _refresh_keys(self, users: Iterable[str]) -> None:
        asked: dict[str, dict[str, list[str]]] = {"device_keys": {user: [] for user in users}}
        told = await self.request("POST", path_of("keys", "query"), asked)
        for user, devices in told["device_keys"].items():
            self._identities[user] = read_identity(told, user)
            for device_id, device in devices.items():
                keys = device["keys"]
                curve25519, ed25519 = keys.get(f"curve25519:{device_id}"), keys.get(f"ed25519:{device_id}")
                if curve25519 and ed25519:
                    self._fingerprints[user, curve25519] = (device_id, ed25519)
        await self.client.receive_response(KeysQueryResponse.from_dict(told))
        if self.strict:
            for user in told["device_keys"]:
                for device in self.client.device_store.active_user_devices(user):
                    if self._is_signed(user, device.curve25519, device.ed25519):
                        self.client.unblacklist_device(device)
                    else:
                        self.client.blacklist_device(device)

    def _is_signed(self, user: str, curve25519: str, ed25519: str) -> bool:
        device_id, own = self._fingerprints.get((user, curve25519), ("", ""))
        identity = self._identities.get(user)
        return own == ed25519 and identity is not None and identity.vouches_for(device_id, ed25519)

    async def _sync(self) -> None:
        pause = 0.05
        try:
            while True:
                try:
                    async with asyncio.timeout(_SYNC_WAIT / 1000 + 20):
                        answer = await checked(self.client.sync(timeout=_SYNC_WAIT, sync_filter=_FILTER), SyncResponse)
                        await self._take_in(answer)
                except LoggedOut as told:
                    await self.hearing.break_off(told)
                    return
                except (MatrixError, TimeoutError) as told:
                    _log.info("sync failed: %s", told)
                else:
                    pause = 0.05
                    continue
                await asyncio.sleep(pause)
                pause = min(pause * 2, 1.0)
        except Exception as error:
            # Whoever waits would otherwise learn of it only by running out of time.
            await self.hearing.break_off(error)
            raise

    async def _take_in(self, answer: SyncResponse) -> None:
        olm = self.client.olm
        # Kept before anything can fail: the sync token has moved on, these events do not come again.
        self._backlog.extend(
            (room_id, event) for room_id, room in answer.rooms.join.items() for event in room.timeline.events
        )
        if answer.device_key_count.signed_curve25519 is not None:
            olm.uploaded_key_count = answer.device_key_count.signed_curve25519
        await self._tend_keys()
        for event_id, event in list(self._locked.items()):
            if opened := olm.decrypt_event(event):
                self._backlog.append((event.room_id, opened))
                del self._locked[event_id]
        while self._backlog:
            heard = await self._read(*self._backlog[0])
            self._backlog.popleft()
            if heard is not None:
                await self.hearing.add([heard])
        self.hearing.unreadable = {key: (event.room_id, event.sender) for key, event in self._locked.items()}
        if self._auto_join:
            await self._join_invited()
        await self.hearing.add([])

    async def _tend_keys(self) -> None:
        if self.client.should_upload_keys:
            await checked(self.client.keys_upload(), KeysUploadResponse)
        if self.client.should_query_keys:
            await self._refresh_keys(set(self.client.olm.users_for_key_query))
        if self.client.should_claim_keys:
            await checked(self.client.keys_claim(self.client.get_users_for_key_claiming()), KeysClaimResponse)
        await checked(self.client.send_to_device_messages(), list)

    async def _join_invited(self) -> None:
        for room_id in list(self.client.invited_rooms):
            try:
                await self.request("POST", path_of("join", room_id), {})
            except Rejected:
                self.client.invited_rooms.pop(room_id, None)  # the invitation was withdrawn meanwhile

    async def _read(self, room_id: str, event: Any) -> Heard | None:
        if isinstance(event, MegolmEvent):
            self._locked[event.event_id] = event
            return None
        source = getattr(event, "source", None)
        if not source or "sender" not in source or "type" not in source:
            return None
        if not getattr(event, "decrypted", False):
            return read(source, room_id, encrypted=False, signed=False)
        session = self.client.olm.inbound_group_store.get(room_id, event.sender_key, event.session_id)
        by = (event.sender, event.sender_key, session.ed25519)
        if not self._is_signed(*by):
            await self._refresh_keys([event.sender])
        device_id, _ = self._fingerprints.get(by[:2], (None, None))
        return read(source, room_id, encrypted=True, signed=self._is_signed(*by), device_id=device_id)


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
