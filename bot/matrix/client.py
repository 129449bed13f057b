"""`MatrixGateway`: the bot's one way to Matrix. See `bot.matrix.interface` for what each method promises."""

import asyncio
import random as system_random
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from http import HTTPStatus
from typing import Any

import structlog

from bot.matrix.answers import events_of, is_id
from bot.matrix.crypto import Crypto
from bot.matrix.http import Http, path_of
from bot.matrix.interface import (
    MARKER,
    Journal,
    LoggedOut,
    MatrixError,
    NewRoom,
    Rejected,
    RoomFacts,
    RoomUnsafe,
    SealedFile,
    SeenFile,
    Sent,
    Strangers,
    WhyUnsafe,
)
from bot.matrix.login import log_in
from bot.matrix.making import DIRECT, creation_of
from bot.matrix.media import IncomingMedia, Media, PictureSize, Seals, content_of
from bot.matrix.opening import own_keys, sign_up
from bot.matrix.rooms import Rooms, RoomView
from bot.matrix.signing import ChainStatus, CrossSigningIdentity
from bot.matrix.sync import Syncer
from bot.matrix.vault import Cost, Vault
from bot.matrix.verification import Desk, ToSend, known_keys
from storage.base import Database
from storage.ids import DeviceId, EventId, RoomId, UserId, server_of
from storage.keys import NOTHING_SAVED
from storage.verifications import Verifications

log = structlog.get_logger()

_LOOK_BACK = 200  # events of a room among which an own message is looked for
_PAGE = 100
_SHARINGS = 3  # how often keys are shared before one message, when people or devices change all the time
_MOST_SERVERS = 5  # that are named to a homeserver that does not know a room


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
        self._syncer = syncer
        self._desk = desk
        self._locks: defaultdict[RoomId, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._creating = asyncio.Lock()
        self._media = media
        self._incoming = incoming
        self._observer: Callable[[str], None] = lambda _: None

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        *,
        homeserver: str,
        user_id: UserId,
        password: str | Callable[[], str],
        database: Database,
        store_secret: str,
        device_name: str = "SESN",
        timeout: timedelta = timedelta(seconds=30),  # noqa: ASYNC109  passed on as a deadline
        poll: timedelta = timedelta(seconds=30),
        timeline: int = 50,
        proxy: str | None = None,
        reset_identity: bool = False,
        observer: Callable[[str], None] | None = None,
        cost: Cost | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        random: Callable[[], float] = system_random.random,
    ) -> AsyncIterator["MatrixGateway"]:
        """Open the keys in the database, log in if there is no valid login, and make the cross-signing chain complete.

        The password is used for the first login, for a new one after the token was rejected, and where the homeserver
        wants proof for cross-signing keys. `timeout` is the deadline of one request (syncs: `poll` and 30 s more);
        behind a proxy that cuts long polls, shorten `poll`. `timeline`: events per room and sync, gaps are filled.
        `observer` is called with the step just reached: `sync.answered` (answer processed, not yet journalled),
        `send.before_put` and `send.after_put` (around the request that puts a message into a room).

        Raises:
            SetupError: WrongSecret, ForeignStore, StoreInUse, DamagedStore, LoginRefused, IdentityConflict; the message
                says what to do.
            MatrixError: the homeserver does not answer as it should.
        """
        async with AsyncExitStack() as stack:
            vault = await stack.enter_async_context(Vault.open(database, user_id, store_secret, cost=cost))
            http = await stack.enter_async_context(Http(homeserver, timeout=timeout, proxy=proxy, sleep=sleep))
            ask: Callable[[], str] = password if callable(password) else lambda: password
            session = await log_in(http, vault, ask, device_name)
            crypto = await Crypto.load(database, vault, http, session.device_id)
            identity = await sign_up(http, vault, crypto, ask, reset=reset_identity)
            saved = crypto.chest.saved
            rooms = Rooms(saved.rooms, saved.states)
            async with database.transaction() as tx:
                before = await Verifications(tx).all()

            media = Media(http)
            incoming = IncomingMedia(media, Seals(vault.files_key))

            async def post(message: ToSend, transaction_id: str) -> None:
                await gateway._post(message, transaction_id)

            desk = Desk(
                user_id,
                session.device_id,
                own_keys(crypto.machine, identity),
                keys_of=lambda user, device: known_keys(crypto.people.identity(user), device),
                post=post,
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
            )
            crypto.chest.saved = NOTHING_SAVED
            gateway = cls(
                http=http,
                crypto=crypto,
                identity=identity,
                rooms=rooms,
                syncer=syncer,
                desk=desk,
                media=media,
                incoming=incoming,
                fresh=session.fresh,
            )
            gateway._observer = observer or gateway._observer
            yield gateway

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

    async def logged_in(self) -> DeviceId:
        """Ask the homeserver who we are. Raises MatrixError, LoggedOut when the token is not accepted."""
        answer = await self._http.request("GET", path_of("account", "whoami"))
        return DeviceId(str(answer["device_id"]))

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
        async with self._locks[room_id]:
            view = await self._view_for(room_id, readers, clear=clear)
            body: dict[str, Any] = {**content, MARKER: transaction_id}
            kind = "m.room.message"
            if view.encrypted:
                view = await self._shared(view, readers)
                kind, body = "m.room.encrypted", self._encrypted(view, kind, body)
                await self._crypto.chest.commit()
            self._observer("send.before_put")
            self._syncer.under_way += 1
            try:
                answer = await self._http.request("PUT", path_of("rooms", room_id, "send", kind, transaction_id), body)
            finally:
                self._syncer.under_way -= 1
            self._observer("send.after_put")
            return Sent(EventId(str(answer["event_id"])), self._crypto.sharing.unread(view))

    async def _view_for(self, room_id: RoomId, readers: Collection[UserId] | None, *, clear: bool = False) -> RoomView:
        """Return the room as it stands now, if it may be sent to and holds nobody beyond `readers`.

        Raises:
            RoomUnsafe, Strangers
        """
        view = await self._view(room_id)
        why = view.why_unsafe(self.user_id, clear=clear)
        if why is not None:
            raise RoomUnsafe(why)
        if readers is not None and (strangers := view.people - {self.user_id, *readers}):
            raise Strangers(strangers)
        return view

    async def _shared(self, view: RoomView, readers: Collection[UserId] | None) -> RoomView:
        """Bring the room's key to those who are there, and return the room as it stands then.

        It is looked at again, and shared again, while people or devices come and go: what is said next is for those who
        are there now. Somebody who changes all the time does not keep the others from it.

        Raises:
            RoomUnsafe, Strangers: also when that came about meanwhile.
        """
        for _ in range(_SHARINGS):
            await self._crypto.sharing.share([view])
            view = await self._view_for(view.room_id, readers)
            if not self._crypto.sharing.moved_on(view):
                break
        return view

    async def _post(self, message: ToSend, transaction_id: str) -> None:
        """Send a verification message, to which nothing may be added: the other side computes with what it gets."""
        if message.room_id is None:
            body: dict[str, Any] = {"messages": {message.user: {message.device_id: message.content}}}
            await self._http.request("PUT", path_of("sendToDevice", message.type, transaction_id), body)
            return
        async with self._locks[message.room_id]:
            view = await self._view_for(message.room_id, None, clear=message.clear)
            kind, body = message.type, message.content
            if not message.clear:
                view = await self._shared(view, None)
                kind, body = "m.room.encrypted", self._encrypted(view, kind, body)
                await self._crypto.chest.commit()
            await self._http.request("PUT", path_of("rooms", message.room_id, "send", kind, transaction_id), body)

    def _encrypted(self, view: RoomView, kind: str, content: Mapping[str, Any]) -> dict[str, Any]:
        """Encrypt a content. Relations stand outside too, where servers look for them."""
        encrypted = self._crypto.sharing.encrypt(view, {"type": kind, "content": dict(content)})
        if "m.relates_to" in content:
            encrypted["m.relates_to"] = content["m.relates_to"]
        return encrypted

    async def prepare(self, rooms: Sequence[RoomId]) -> None:
        views = [view for room_id in rooms if (view := self._rooms.known(room_id)) is not None]
        safe = [view for view in views if view.encrypted and view.why_unsafe(self.user_id) is None]
        try:
            await self._crypto.sharing.share(safe)
        except LoggedOut:
            raise
        except MatrixError as error:
            log.warning("room_key.not_prepared", rooms=len(safe), error=type(error).__name__)

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
        try:
            await self._http.request("PUT", path_of("rooms", room_id, "redact", event_id, transaction_id), {})
        except Rejected as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise

    async def look_into(
        self, sealed: SealedFile, declared_type: str | None, *, limit_bytes: int, deadline: timedelta
    ) -> SeenFile:
        return await self._incoming.look_into(sealed, declared_type, limit_bytes=limit_bytes, deadline=deadline)

    async def forwarded(self, sealed: SealedFile, name: str, seen: SeenFile, caption: str) -> dict[str, Any]:
        return self._incoming.forwarded(sealed, name, seen, caption)

    async def find_sent(self, room_id: RoomId, transaction_id: str) -> EventId | None:
        query = {"dir": "b", "limit": str(_PAGE)}
        for _ in range(_LOOK_BACK // _PAGE):
            answer = await self._http.request("GET", path_of("rooms", room_id, "messages"), query=query)
            for event in answer.get("chunk") or ():
                if event.get("sender") == self.user_id and await self._marker(event, room_id) == transaction_id:
                    return EventId(str(event["event_id"]))
            if not answer.get("end"):
                break
            query["from"] = answer["end"]
        return None

    async def _marker(self, event: Mapping[str, Any], room_id: RoomId) -> object:
        content = event.get("content") or {}
        if event.get("type") == "m.room.encrypted":
            opened = await self._crypto.open_own(event, room_id)
            content = opened.payload["content"] if opened is not None else {}
        return content.get(MARKER)

    async def room(self, room_id: RoomId) -> RoomFacts:
        view = await self._view(room_id)
        if view.why_unsafe(self.user_id) is WhyUnsafe.NOT_JOINED:
            raise RoomUnsafe(WhyUnsafe.NOT_JOINED)
        return view.facts()

    async def joined_rooms(self) -> Sequence[RoomId]:
        answer = await self._http.request("GET", path_of("joined_rooms"))
        return [RoomId(room) for room in answer["joined_rooms"]]

    async def join(self, room_id: RoomId, *, via: Sequence[str] = ()) -> None:
        servers = dict.fromkeys([*via, *self._rooms.who_names(room_id)])
        known = [server for server in servers if is_id(server) and server != server_of(self.user_id)][:_MOST_SERVERS]
        # `via` is what the specification calls it since version 1.12, `server_name` what it was called before.
        query = [(name, server) for server in known for name in ("via", "server_name")]
        await self._http.request("POST", path_of("join", room_id), {}, query=query)
        await self._fetch(room_id)

    async def leave(self, room_id: RoomId) -> None:
        await self._http.request("POST", path_of("rooms", room_id, "leave"), {})
        self._rooms.forget(room_id)

    async def invite(self, room_id: RoomId, user: UserId) -> None:
        view = await self._view(room_id)
        if user in view.with_membership("join", "invite"):
            return
        try:
            await self._http.request("POST", path_of("rooms", room_id, "invite"), {"user_id": user})
        except Rejected as refused:
            # Who came in meanwhile cannot be invited any more, and need not be.
            if refused.errcode != "M_FORBIDDEN" or not await self._has_joined(room_id, user):
                raise

    async def _has_joined(self, room_id: RoomId, user: UserId) -> bool:
        """Ask the homeserver whether somebody is in a room, for what no sync has brought yet."""
        told = await self._http.request("GET", path_of("rooms", room_id, "joined_members"))
        return user in (told.get("joined") or ())

    async def create_room(self, room: NewRoom) -> RoomId:
        """Make the room, or return the one made for the same request; who is still missing is invited.

        A person who cannot be invited (no such account) is logged and left out, so that the others have their room.
        """
        async with self._creating:
            made = await self._made_for(room.request)
            if made is None:
                answer = await self._http.request(
                    "POST", path_of("createRoom"), await creation_of(room, self.user_id, self._http)
                )
                made = await self._fetch(RoomId(str(answer["room_id"])))
        for user in room.invite:
            try:
                await self.invite(made.room_id, user)
            except Rejected as error:
                log.warning("room.invite_refused", room=made.room_id, user=user, errcode=error.errcode)
        return made.room_id

    async def _made_for(self, request: str) -> RoomView | None:
        for room_id in await self.joined_rooms():
            view = await self._view(room_id)
            if view.request == request and view.creator == self.user_id and not view.tombstoned:
                return view
        return None

    async def direct_room(self, user: UserId) -> RoomId | None:
        """Return an encrypted room of the bot and `user` alone; rooms with a name or made for a group do not count."""
        pair = {self.user_id, user}
        for room_id in await self.joined_rooms():
            view = await self._view(room_id)
            for_group = view.name is not None or view.request is not None
            if for_group and view.content("m.room.create").get(DIRECT) is not True:
                continue
            if view.with_membership("join", "invite") == pair and view.why_unsafe(self.user_id) is None:
                return room_id
        return None

    async def set_display_name(self, name: str) -> None:
        await self._http.request("PUT", path_of("profile", self.user_id, "displayname"), {"displayname": name})

    async def _view(self, room_id: RoomId) -> RoomView:
        return self._rooms.known(room_id) or await self._fetch(room_id)

    async def _fetch(self, room_id: RoomId) -> RoomView:
        """Read the whole state of a room that no sync has brought yet."""
        try:
            state = events_of(await self._http.request("GET", path_of("rooms", room_id, "state"), listed=True))
        except Rejected as error:
            if error.status in {403, 404}:
                raise RoomUnsafe(WhyUnsafe.NOT_JOINED) from error
            raise
        # A sync that came in between has the whole state too, and has applied what followed it.
        view = self._rooms.known(room_id)
        if view is None:
            if not self._is_in(state):  # a homeserver shows whoever was put out how the room stood then
                raise RoomUnsafe(WhyUnsafe.NOT_JOINED)
            view = self._rooms.replace(room_id, state)
        return view

    def _is_in(self, state: Iterable[Mapping[str, Any]]) -> bool:
        return any(
            event.get("type") == "m.room.member"
            and event.get("state_key") == self.user_id
            and event.get("content", {}).get("membership") == "join"
            for event in state
        )


def _names(view: RoomView, own: UserId) -> list[str]:
    member = view.members.get(own)
    return [member.display_name] if member is not None and member.display_name else []
