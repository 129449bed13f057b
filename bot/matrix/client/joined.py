"""The rooms that the bot is in, as they stand now; and how it goes into one, leaves it, and lets others in."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bot.matrix.answers import events_of, is_id
from bot.matrix.http import Http, path_of
from bot.matrix.interface import Rejected, RoomUnsafe, WhyUnsafe
from bot.matrix.rooms import Rooms, RoomView
from storage.ids import RoomId, UserId, server_of

_MOST_SERVERS = 5  # that are named to a homeserver that does not know a room


class JoinedRooms:
    """What the syncs say of rooms, and what the homeserver says where no sync has brought it yet."""

    def __init__(self, http: Http, rooms: Rooms, own: UserId) -> None:
        """`own`: who the bot is."""
        self._http = http
        self._rooms = rooms
        self._own = own

    async def all(self) -> Sequence[RoomId]:
        """Ask the homeserver which rooms the bot is in. Raises MatrixError."""
        answer = await self._http.request("GET", path_of("joined_rooms"))
        return [RoomId(room) for room in answer["joined_rooms"]]

    def known(self, room_id: RoomId) -> RoomView | None:
        """Return the view of a room whose whole state has been seen; nobody is asked."""
        return self._rooms.known(room_id)

    async def view(self, room_id: RoomId) -> RoomView:
        """Return the view of a room, which is fetched when no sync has brought it yet.

        Raises:
            RoomUnsafe: NOT_JOINED.
            MatrixError
        """
        return self._rooms.known(room_id) or await self.fetch(room_id)

    async def fetch(self, room_id: RoomId) -> RoomView:
        """Read the whole state of a room that no sync has brought yet. Raises what `view` raises."""
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

    async def fetch_made(self, room_id: RoomId) -> RoomView:
        """Read the whole state of a room that was made just now. Raises MatrixError.

        A sync that came in between may have shown it half made: joined, and not yet encrypted. What it still brings
        of the making is in this state already.
        """
        state = events_of(await self._http.request("GET", path_of("rooms", room_id, "state"), listed=True))
        return self._rooms.replace(room_id, state)

    def _is_in(self, state: Iterable[Mapping[str, Any]]) -> bool:
        return any(
            event.get("type") == "m.room.member"
            and event.get("state_key") == self._own
            and event.get("content", {}).get("membership") == "join"
            for event in state
        )

    async def join(self, room_id: RoomId, via: Sequence[str]) -> None:
        """Go into a room. `via`: servers that know it, tried beside that of whoever named it as a successor.

        Raises:
            MatrixError
        """
        servers = dict.fromkeys([*via, *self._rooms.who_names(room_id)])
        known = [server for server in servers if is_id(server) and server != server_of(self._own)][:_MOST_SERVERS]
        # `via` is what the specification calls it since version 1.12, `server_name` what it was called before.
        query = [(name, server) for server in known for name in ("via", "server_name")]
        await self._http.request("POST", path_of("join", room_id), {}, query=query)
        await self.fetch(room_id)

    async def leave(self, room_id: RoomId) -> None:
        """Leave a room, and forget how it stands. Raises MatrixError."""
        await self._http.request("POST", path_of("rooms", room_id, "leave"), {})
        self._rooms.forget(room_id)

    async def invite(self, room_id: RoomId, user: UserId) -> None:
        """Invite somebody; who is there or invited already is left as it is.

        Raises:
            RoomUnsafe: NOT_JOINED.
            MatrixError
        """
        view = await self.view(room_id)
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
