"""What a room of the bot's own is like, from its first event on."""

from datetime import timedelta
from typing import Any

from bot.matrix.http import Http, path_of
from bot.matrix.interface import REQUEST, NewRoom
from bot.matrix.rooms import MEGOLM, version_number
from storage.ids import UserId

_ROTATION = timedelta(days=7)
_ROTATION_MESSAGES = 100
DIRECT = "org.sesn.direct"
"""Key inside `m.room.create` of rooms that were made for one person."""


async def creation_of(room: NewRoom, own: UserId, http: Http) -> dict[str, Any]:
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
        "creation_content": {REQUEST: room.request, **({DIRECT: True} if room.direct else {})},
        "initial_state": [{"type": kind, "state_key": "", "content": part} for kind, part in state.items()],
        "power_level_content_override": {"users": powers},
        # In a direct chat the invitation itself must say so; it can only do that while the room is made.
        "is_direct": room.direct,
        "invite": list(room.invite) if room.direct else [],
        **({"name": room.name} if room.name else {}),
        **({"topic": room.topic} if room.topic else {}),
    }
