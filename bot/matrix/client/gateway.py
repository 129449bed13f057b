"""`MatrixGateway`: the bot's one way to Matrix. See `bot.matrix.interface` for what each method promises."""

import asyncio
import random as system_random
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any

from bot.matrix.client.joined import JoinedRooms
from bot.matrix.client.login import log_in
from bot.matrix.client.making import RoomMaking
from bot.matrix.client.opening import own_keys, sign_up
from bot.matrix.client.sending import Sending
from bot.matrix.crypto import Crypto
from bot.matrix.http import Http, path_of
from bot.matrix.interface import (
    Journal,
    NewRoom,
    RoomFacts,
    RoomUnsafe,
    SealedFile,
    SeenFile,
    Sent,
    WhyUnsafe,
)
from bot.matrix.media import IncomingMedia, Media, PictureSize, Seals, content_of
from bot.matrix.rooms import Rooms, RoomView
from bot.matrix.signing import ChainStatus, CrossSigningIdentity
from bot.matrix.sync import Syncer
from bot.matrix.vault import Vault
from bot.matrix.verification import Desk, known_keys
from storage.base import Database
from storage.ids import DeviceId, EventId, RoomId, UserId
from storage.keys import NOTHING_SAVED
from storage.verifications import Verifications


async def reachable(homeserver: str, *, timeout: timedelta = timedelta(seconds=10)) -> Sequence[str]:  # noqa: ASYNC109  passed on as a deadline
    """Return the versions of the specification that the homeserver speaks. Raises MatrixError. Needs no login."""
    async with Http(homeserver, timeout=timeout) as http:
        answer = await http.request("GET", "/_matrix/client/versions")
    versions = answer.get("versions") if isinstance(answer, dict) else None
    return [str(version) for version in versions] if isinstance(versions, list) else []


class MatrixGateway:
    """Implements `bot.matrix.interface.Gateway`. Made by `open`, used inside its `async with`.

    Rooms may be sent to in parallel; within a room sends wait for each other.
    """

    fresh_login: bool
    """A new device was made at this start: what the device before may have sent must be looked for (`find_sent`)."""

    def __init__(
        self,
        *,
        http: Http,
        crypto: Crypto,
        identity: CrossSigningIdentity,
        rooms: Rooms,
        joined: JoinedRooms,
        making: RoomMaking,
        sending: Sending,
        syncer: Syncer,
        desk: Desk,
        media: Media,
        incoming: IncomingMedia,
        fresh: bool,
    ) -> None:
        self.fresh_login = fresh
        self._http = http
        self._crypto = crypto
        self._identity = identity
        self._rooms = rooms
        self._joined = joined
        self._making = making
        self._sending = sending
        self._syncer = syncer
        self._desk = desk
        self._media = media
        self._incoming = incoming

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        *,
        homeserver: str,
        password: str | Callable[[], str],
        database: Database,
        vault: Vault,
        device_name: str = "SESN",
        timeout: timedelta = timedelta(seconds=30),  # noqa: ASYNC109  passed on as a deadline
        poll: timedelta = timedelta(seconds=30),
        timeline: int = 50,
        proxy: str | None = None,
        reset_identity: bool = False,
        observer: Callable[[str], None] | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        random: Callable[[], float] = system_random.random,
    ) -> AsyncIterator["MatrixGateway"]:
        """Read the keys in the database, log in if there is no valid login, and make the cross-signing chain complete.

        `vault`: the open one of that database; whose it is, that account the bot is.

        The password is used for the first login, for a new one after the token was rejected, and where the homeserver
        wants proof for cross-signing keys. `timeout` is the deadline of one request (syncs: `poll` and 30 s more);
        behind a proxy that cuts long polls, shorten `poll`. `timeline`: events per room and sync, gaps are filled.
        `observer` is called with the step just reached: `sync.answered` (answer processed, not yet journalled),
        `send.before_put` and `send.after_put` (around the request that puts a message into a room).

        Raises:
            SetupError: DamagedStore, LoginRefused, IdentityConflict; the message says what to do.
            MatrixError: the homeserver does not answer as it should.
        """
        async with AsyncExitStack() as stack:
            user_id = vault.user_id
            http = await stack.enter_async_context(Http(homeserver, timeout=timeout, proxy=proxy, sleep=sleep))
            ask: Callable[[], str] = password if callable(password) else lambda: password
            session = await log_in(http, vault, ask, device_name)
            crypto = await Crypto.load(database, vault, http, session.device_id)
            identity = await sign_up(http, vault, crypto, ask, reset=reset_identity)
            saved = crypto.chest.saved
            rooms = Rooms(saved.rooms, saved.states)
            crypto.chest.is_there = rooms.has
            async with database.transaction() as tx:
                before = await Verifications(tx).all()

            media = Media(http)
            incoming = IncomingMedia(media, Seals(vault.files_key))
            joined = JoinedRooms(http, rooms, user_id)
            sending = Sending(http, crypto, joined, user_id, observer)
            desk = Desk(
                user_id,
                session.device_id,
                own_keys(crypto.machine, identity),
                keys_of=lambda user, device: known_keys(crypto.people.identity(user), device),
                post=sending.post,
                knows=rooms.shared_with,
                before=before,
            )
            syncer = Syncer(
                http,
                crypto,
                rooms,
                desk=desk,
                own=user_id,
                names=lambda view: _names(view, user_id),
                carried=incoming.carried,
                poll=poll,
                timeline=timeline,
                observer=observer,
                sleep=sleep,
                random=random,
                waiting=saved.waiting,
                under_way=lambda: sending.under_way,
            )
            crypto.chest.saved = NOTHING_SAVED
            yield cls(
                http=http,
                crypto=crypto,
                identity=identity,
                rooms=rooms,
                joined=joined,
                making=RoomMaking(http, joined, user_id),
                sending=sending,
                syncer=syncer,
                desk=desk,
                media=media,
                incoming=incoming,
                fresh=session.fresh,
            )

    @property
    def user_id(self) -> UserId:
        return UserId(self._identity.user)

    @property
    def device_id(self) -> DeviceId:
        return DeviceId(self._crypto.machine.device_id)

    @property
    def fingerprint(self) -> str:
        """The public master key in groups of four, for people to compare."""
        return self._identity.fingerprint

    async def chain(self) -> ChainStatus:
        """Ask the homeserver for the own cross-signing chain and verify it. Raises MatrixError."""
        return await self._identity.status(self._http.request, self._crypto.machine.device_keys())

    async def sync_forever(self, journal: Journal, *, since: str | None) -> None:
        """Sync from `since` until cancelled.

        With `since` None nothing said earlier is journalled, only invitations. An event journalled as Unreadable may
        come again as Message, when its key arrives late.

        Raises:
            LoggedOut: open the gateway anew; it logs in again.
        """
        attending = asyncio.create_task(self._desk.run())
        try:
            await self._syncer.run(journal, since)
        finally:
            attending.cancel()
            await asyncio.gather(attending, return_exceptions=True)

    async def send(
        self,
        room_id: RoomId,
        content: Mapping[str, Any],
        transaction_id: str,
        *,
        readers: Collection[UserId] | None = None,
        clear: bool = False,
    ) -> Sent:
        return await self._sending.send(room_id, content, transaction_id, readers=readers, clear=clear)

    async def prepare(self, rooms: Sequence[RoomId]) -> None:
        await self._sending.prepare(rooms)

    async def upload(
        self, data: bytes, name: str, content_type: str, caption: str, pixels: tuple[int, int] | None
    ) -> dict[str, Any]:
        return content_of(
            await self._media.upload(data),
            name,
            size_bytes=len(data),
            content_type=content_type,
            picture=PictureSize(*pixels) if pixels is not None else None,
            caption=caption,
        )

    async def redact(self, room_id: RoomId, event_id: EventId, transaction_id: str) -> None:
        await self._sending.redact(room_id, event_id, transaction_id)

    async def look_into(
        self, sealed: SealedFile, declared_type: str | None, *, limit_bytes: int, deadline: timedelta
    ) -> SeenFile:
        return await self._incoming.look_into(sealed, declared_type, limit_bytes=limit_bytes, deadline=deadline)

    async def forwarded(self, sealed: SealedFile, name: str, seen: SeenFile, caption: str) -> dict[str, Any]:
        return self._incoming.forwarded(sealed, name, seen, caption)

    async def find_sent(self, room_id: RoomId, transaction_id: str) -> EventId | None:
        return await self._sending.find_sent(room_id, transaction_id)

    async def room(self, room_id: RoomId) -> RoomFacts:
        view = await self._joined.view(room_id)
        if view.why_unsafe(self.user_id) is WhyUnsafe.NOT_JOINED:
            raise RoomUnsafe(WhyUnsafe.NOT_JOINED)
        return view.facts()

    async def joined_rooms(self) -> Sequence[RoomId]:
        return await self._joined.all()

    async def join(self, room_id: RoomId, *, via: Sequence[str] = ()) -> None:
        await self._joined.join(room_id, via)

    async def leave(self, room_id: RoomId) -> None:
        await self._joined.leave(room_id)

    async def invite(self, room_id: RoomId, user: UserId) -> None:
        await self._joined.invite(room_id, user)

    async def create_room(self, room: NewRoom) -> RoomId:
        return await self._making.make(room)

    async def direct_room(self, user: UserId) -> RoomId | None:
        return await self._making.direct(user)

    async def set_display_name(self, name: str) -> None:
        await self._http.request("PUT", path_of("profile", self.user_id, "displayname"), {"displayname": name})


def _names(view: RoomView, own: UserId) -> list[str]:
    member = view.members.get(own)
    return [member.display_name] if member is not None and member.display_name else []
