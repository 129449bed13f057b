"""Going into rooms that the own homeserver does not know: which servers it is told to ask."""

from typing import Any, cast

from bot.matrix.client.joined import JoinedRooms
from bot.matrix.rooms import Rooms
from storage.ids import RoomId, UserId

BOT = UserId("@sesn:localhost")
OLD, NEW = RoomId("!old"), RoomId("!new")


class Homeserver:
    """Takes the bot into every room, and notes how it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    async def request(self, method: str, path: str, _body: Any = None, *, query: Any = None, **_more: Any) -> Any:
        if method == "GET":
            content = {"membership": "join"}
            return [{"type": "m.room.member", "state_key": BOT, "sender": BOT, "content": content}]
        assert path == "/_matrix/client/v3/join/%21new"
        self.asked = query
        return {"room_id": NEW}


async def joined(via: list[str], closed_by: str | None = None) -> list[tuple[str, str]]:
    """Go into a room, after somebody has closed another in favour of it, and return what the homeserver was told."""
    rooms, server = Rooms(), Homeserver()
    tombstone = {"type": "m.room.tombstone", "state_key": "", "content": {"replacement_room": NEW}, "sender": closed_by}
    rooms.replace(OLD, [tombstone] if closed_by else [])
    await JoinedRooms(cast("Any", server), rooms, BOT).join(NEW, via)
    return server.asked


async def test_the_server_of_who_invited_is_named_by_both_names() -> None:
    assert await joined(["far.example"]) == [("via", "far.example"), ("server_name", "far.example")]


async def test_the_server_of_who_closed_the_room_before_is_named() -> None:
    asked = await joined([], closed_by="@ama:far.example")
    assert asked == [("via", "far.example"), ("server_name", "far.example")]


async def test_the_own_server_and_what_is_none_are_not_named() -> None:
    assert await joined(["localhost", "", "x" * 300], closed_by="@ama:localhost") == []


async def test_not_more_servers_are_named_than_are_of_use() -> None:
    asked = await joined([f"{number}.example" for number in range(50)])
    assert [server for name, server in asked if name == "via"] == [f"{number}.example" for number in range(5)]
