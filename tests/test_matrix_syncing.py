"""The sync loop against a homeserver that is played: what a real one does only now and then."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot.matrix.crypto import Crypto
from bot.matrix.http import Http
from bot.matrix.interface import SyncBatch
from bot.matrix.rooms import Rooms
from bot.matrix.store import Pending
from bot.matrix.sync import Syncer
from bot.matrix.verification import Desk, ToSend
from storage.ids import DeviceId, RoomId, UserId

BOT = UserId("@sesn:localhost")
GHANA = UserId("@ghana:localhost")
ROOM = RoomId("!opaque")


class Done(Exception):
    """There are no more answers."""


class Homeserver:
    """Gives prepared answers to syncs, and the state of the room to whoever asks for it."""

    def __init__(self, answers: list[Mapping[str, Any]], now: list[Mapping[str, Any]]) -> None:
        self._answers = answers
        self._now = now
        self.asked_for_state = 0

    async def request(self, method: str, path: str, body: Any = None, **_more: Any) -> Any:
        assert (method, body) == ("GET", None)
        if path.endswith("/state"):
            self.asked_for_state += 1
            return self._now
        if not self._answers:
            raise Done
        return self._answers.pop(0)


class Nobody:
    """Stands for the people, whose keys play no part here."""

    def note_device_lists(self, _raw: Mapping[str, Any], _receivers: frozenset[UserId]) -> None: ...

    def take_noticed(self) -> list[Any]:
        return []


class NoKeys:
    """Stands for the keys, which play no part here."""

    behind = False

    def __init__(self) -> None:
        self.people = Nobody()
        self.chest = SimpleNamespace(pending=Pending(), put_back=None)

    def take_to_device(self, _raw: Mapping[str, Any]) -> list[Any]:
        return []

    def note_counts(self, _raw: Mapping[str, Any]) -> None: ...

    async def upkeep(self) -> None: ...


def member(user: str, membership: str) -> dict[str, Any]:
    content = {"membership": membership}
    return {"type": "m.room.member", "state_key": user, "sender": user, "content": content, "event_id": membership}


def answer(token: str, *, state: list[Any] | None = None, timeline: list[Any] | None = None) -> dict[str, Any]:
    part = {"state": {"events": state or []}, "timeline": {"events": timeline or []}}
    return {"next_batch": token, "rooms": {"join": {ROOM: part}}}


async def nothing(_message: ToSend, _transaction_id: str) -> None:
    """Send nothing."""


async def synced(server: Homeserver) -> Rooms:
    """Take in all answers and return what is known of the rooms then."""
    rooms = Rooms()

    async def journal(_batch: SyncBatch) -> None: ...

    async def stop(_seconds: float) -> None:
        raise Done

    desk = Desk(BOT, DeviceId("BOT"), {}, keys_of=lambda _user, _device: {}, post=nothing)
    crypto = cast("Crypto", NoKeys())
    syncer = Syncer(cast("Http", server), crypto, rooms, desk=desk, own=BOT, names=lambda _view: [], sleep=stop)
    with pytest.raises(Done):
        await syncer.run(journal, "s1")
    return rooms


async def test_state_that_is_older_than_what_is_known_puts_nobody_out() -> None:
    """Seen with Synapse: somebody wrote while Ghana joined, and the answer told the invitation once more."""
    server = Homeserver(
        [
            answer("s2", state=[member(BOT, "join"), member(GHANA, "invite")], timeline=[member(GHANA, "join")]),
            answer("s3", state=[member(GHANA, "invite")]),
        ],
        now=[member(BOT, "join"), member(GHANA, "join")],
    )
    rooms = await synced(server)
    assert rooms.view(ROOM).with_membership("join") == {BOT, GHANA}
    assert server.asked_for_state == 1


async def test_state_that_says_nothing_new_asks_nothing() -> None:
    server = Homeserver(
        [
            answer("s2", state=[member(BOT, "join"), member(GHANA, "join")]),
            answer("s3", state=[member(GHANA, "join")], timeline=[member(GHANA, "leave")]),
        ],
        now=[],
    )
    rooms = await synced(server)
    assert rooms.view(ROOM).with_membership("join") == {BOT}
    assert server.asked_for_state == 0


@pytest.mark.parametrize("odd", [[], {}, "s2", {"next_batch": 2}])
async def test_what_is_no_answer_to_a_sync_is_asked_for_again(odd: Any) -> None:
    # Done is raised by the pause before the next try.
    await synced(Homeserver([odd], now=[]))
