"""Messages into rooms: who may get them, the room's key to those, and one request that puts a message there."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from http import HTTPStatus
from typing import Any

import structlog

from bot.matrix.client.joined import JoinedRooms
from bot.matrix.crypto import Crypto
from bot.matrix.http import Http, path_of
from bot.matrix.interface import MARKER, LoggedOut, MatrixError, Rejected, RoomUnsafe, Sent, Strangers
from bot.matrix.rooms import RoomView
from bot.matrix.verification import ToSend
from storage.ids import EventId, RoomId, UserId

log = structlog.get_logger()

_LOOK_BACK = 200  # events of a room among which an own message is looked for
_PAGE = 100
_SHARINGS = 3  # how often keys are shared before one message, when people or devices change all the time


class Sending:
    """Sends to rooms in parallel; within a room sends wait for each other.

    See `bot.matrix.interface.Gateway` for what `send`, `prepare`, `redact` and `find_sent` promise.
    """

    def __init__(
        self, http: Http, crypto: Crypto, rooms: JoinedRooms, own: UserId, observer: Callable[[str], None] | None = None
    ) -> None:
        """`observer` is called with `send.before_put` and `send.after_put`, around the request of a message."""
        self._http = http
        self._crypto = crypto
        self._rooms = rooms
        self._own = own
        self._observer = observer or (lambda _: None)
        self._locks: defaultdict[RoomId, asyncio.Lock] = defaultdict(asyncio.Lock)
        self.under_way = 0
        """How many messages are being put into rooms right now."""

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
            self.under_way += 1
            try:
                answer = await self._http.request("PUT", path_of("rooms", room_id, "send", kind, transaction_id), body)
            finally:
                self.under_way -= 1
            self._observer("send.after_put")
            return Sent(EventId(str(answer["event_id"])), self._crypto.sharing.unread(view))

    async def _view_for(self, room_id: RoomId, readers: Collection[UserId] | None, *, clear: bool = False) -> RoomView:
        """Return the room as it stands now, if it may be sent to and holds nobody beyond `readers`.

        Raises:
            RoomUnsafe, Strangers
        """
        view = await self._rooms.view(room_id)
        why = view.why_unsafe(self._own, clear=clear)
        if why is not None:
            raise RoomUnsafe(why)
        if readers is not None and (strangers := view.people - {self._own, *readers}):
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

    def _encrypted(self, view: RoomView, kind: str, content: Mapping[str, Any]) -> dict[str, Any]:
        """Encrypt a content. Relations stand outside too, where servers look for them."""
        encrypted = self._crypto.sharing.encrypt(view, {"type": kind, "content": dict(content)})
        if "m.relates_to" in content:
            encrypted["m.relates_to"] = content["m.relates_to"]
        return encrypted

    async def post(self, message: ToSend, transaction_id: str) -> None:
        """Send a verification message, to which nothing may be added: the other side computes with what it gets.

        Raises:
            RoomUnsafe: the room may not be sent to.
            MatrixError
        """
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

    async def prepare(self, rooms: Sequence[RoomId]) -> None:
        views = [view for room_id in rooms if (view := self._rooms.known(room_id)) is not None]
        safe = [view for view in views if view.encrypted and view.why_unsafe(self._own) is None]
        try:
            await self._crypto.sharing.share(safe)
        except LoggedOut:
            raise
        except MatrixError as error:
            log.warning("room_key.not_prepared", rooms=len(safe), error=type(error).__name__)

    async def redact(self, room_id: RoomId, event_id: EventId, transaction_id: str) -> None:
        try:
            await self._http.request("PUT", path_of("rooms", room_id, "redact", event_id, transaction_id), {})
        except Rejected as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise

    async def find_sent(self, room_id: RoomId, transaction_id: str) -> EventId | None:
        query = {"dir": "b", "limit": str(_PAGE)}
        for _ in range(_LOOK_BACK // _PAGE):
            answer = await self._http.request("GET", path_of("rooms", room_id, "messages"), query=query)
            for event in answer.get("chunk") or ():
                if event.get("sender") == self._own and await self._marker(event, room_id) == transaction_id:
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
