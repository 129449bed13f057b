"""Rooms of the bot's own: what such a room is like from its first event on, and that none is made twice."""

import asyncio
from datetime import timedelta
from typing import Any

import structlog

from bot.matrix.client.joined import JoinedRooms
from bot.matrix.http import Http, path_of
from bot.matrix.interface import REQUEST, NewRoom, Rejected
from bot.matrix.rooms import MEGOLM, RoomView, version_number
from storage.ids import RoomId, UserId

log = structlog.get_logger()

_ROTATION = timedelta(days=7)
_ROTATION_MESSAGES = 100
_DIRECT = "org.sesn.direct"
"""Key inside `m.room.create` of rooms that were made for one person."""


class RoomMaking:
    """Makes rooms, one at a time, and finds those that it made."""

    def __init__(self, http: Http, rooms: JoinedRooms, own: UserId) -> None:
        """`own`: who the bot is."""
        self._http = http
        self._rooms = rooms
        self._own = own
        self._creating = asyncio.Lock()

    async def make(self, room: NewRoom) -> RoomId:
        """Make the room, or return the one made for the same request; who is still missing is invited.

        A person who cannot be invited (no such account) is logged and left out, so that the others have their room.

        Raises:
            MatrixError
        """
        async with self._creating:
            made = await self._made_for(room.request)
            if made is None:
                creation = await _creation_of(room, self._own, self._http)
                answer = await self._http.request("POST", path_of("createRoom"), creation)
                made = await self._rooms.fetch_made(RoomId(str(answer["room_id"])))
        for user in room.invite:
            try:
                await self._rooms.invite(made.room_id, user)
            except Rejected as error:
                log.warning("room.invite_refused", room=made.room_id, user=user, errcode=error.errcode)
        return made.room_id

    async def _made_for(self, request: str) -> RoomView | None:
        for room_id in await self._rooms.all():
            view = await self._rooms.view(room_id)
            if view.request == request and view.creator == self._own and not view.tombstoned:
                return view
        return None

    async def direct(self, user: UserId) -> RoomId | None:
        """Return an encrypted room of the bot and `user` alone; rooms with a name or made for a group do not count.

        Raises:
            MatrixError
        """
        pair = {self._own, user}
        for room_id in await self._rooms.all():
            view = await self._rooms.view(room_id)
            for_group = view.name is not None or view.request is not None
            if for_group and view.content("m.room.create").get(_DIRECT) is not True:
                continue
            if view.with_membership("join", "invite") == pair and view.why_unsafe(self._own) is None:
                return room_id
        return None


async def _creation_of(room: NewRoom, own: UserId, http: Http) -> dict[str, Any]:
    """Return what to ask the homeserver for, so that the room is safe from its first event on. Raises MatrixError."""
    capabilities = await http.request("GET", path_of("capabilities"))
    version = str(capabilities.get("capabilities", {}).get("m.room_versions", {}).get("default", "11"))
    # From version 12 on the creator stands above all levels and may not be listed among them.
    powers = {user: 100 for user in room.admins if user != own}
    if version_number(version) < 12:
        powers[own] = 100
    encryption = {
        "algorithm": MEGOLM,
        "rotation_period_ms": _ROTATION // timedelta(milliseconds=1),
        "rotation_period_msgs": _ROTATION_MESSAGES,
    }
    state = {
        "m.room.encryption": encryption,
        # Who is invited to a direct chat may read from then on: what is sent there is meant for that person alone.
        "m.room.history_visibility": {"history_visibility": "invited" if room.direct else "joined"},
        "m.room.guest_access": {"guest_access": "forbidden"},
        "m.room.join_rules": {"join_rule": "invite"},
    }
    return {
        "room_version": version,
        "preset": "private_chat",
        "visibility": "private",
        "creation_content": {REQUEST: room.request, **({_DIRECT: True} if room.direct else {})},
        "initial_state": [{"type": kind, "state_key": "", "content": part} for kind, part in state.items()],
        "power_level_content_override": {"users": powers},
        # In a direct chat the invitation itself must say so; it can only do that while the room is made.
        "is_direct": room.direct,
        "invite": list(room.invite) if room.direct else [],
        **({"name": room.name} if room.name else {}),
        **({"topic": room.topic} if room.topic else {}),
    }
