"""The sync loop against a homeserver that is played: what a real one does only now and then."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot.matrix.crypto import Crypto, Read
from bot.matrix.http import Http
from bot.matrix.interface import Message, Redaction, Rejected, SyncBatch, Trust, Unreadable
from bot.matrix.machine import UNKNOWN_DEVICE, NoSender, Opened
from bot.matrix.rooms import Rooms
from bot.matrix.store import Pending
from bot.matrix.sync import Syncer
from bot.matrix.verification import Desk, ToSend
from storage.ids import DeviceId, EventId, RoomId, UserId
from storage.keys import WaitingRow

BOT = UserId("@sesn:localhost")
GHANA = UserId("@ghana:localhost")
ROOM = RoomId("!opaque")


class Done(Exception):
    """There are no more answers."""


class Homeserver:
    """Gives prepared answers to syncs, and the state of the room to whoever asks for it."""

    def __init__(self, answers: Iterable[Mapping[str, Any]], now: Sequence[Mapping[str, Any]]) -> None:
        self._answers = list(answers)
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

    def take_opened(self) -> list[Any]:
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


def syncer_of(
    server: Homeserver,
    keys: "NoKeys",
    rooms: Rooms,
    *,
    sleep: Callable[[float], Awaitable[None]],
    waiting: Iterable[WaitingRow] = (),
) -> Syncer:
    desk = Desk(BOT, DeviceId("BOT"), {}, keys_of=lambda _user, _device: {}, post=nothing)
    return Syncer(
        cast("Http", server),
        cast("Crypto", keys),
        rooms,
        desk=desk,
        own=BOT,
        names=lambda _view: [],
        carried=lambda _content, _event: None,
        sleep=sleep,
        waiting=waiting,
    )


async def synced(server: Homeserver, journalled: list[str] | None = None) -> Rooms:
    """Take in all answers and return what is known of the rooms then; the tokens that were kept are added to a list."""
    rooms = Rooms()
    tokens = journalled if journalled is not None else []
    keys = NoKeys()

    async def journal(batch: SyncBatch) -> None:
        tokens.append(batch.next_token)
        keys.chest.pending = Pending()

    async def stop(_seconds: float) -> None:
        raise Done

    with pytest.raises(Done):
        await syncer_of(server, keys, rooms, sleep=stop).run(journal, "s1")
    return rooms


async def test_an_answer_that_brings_nothing_costs_no_commit() -> None:
    echo = {"type": "m.room.encrypted", "sender": BOT, "event_id": "$own", "content": {}}
    kept: list[str] = []
    joined = answer("s2", state=[member(BOT, "join"), member(GHANA, "join")])
    await synced(
        Homeserver([joined, answer("s3", timeline=[echo]), answer("s4", timeline=[member(GHANA, "leave")])], []), kept
    )
    assert kept == ["s2", "s4"]


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


# What is malformed


async def heard(server: Homeserver) -> tuple[Rooms, list[SyncBatch], list[float]]:
    """Take in all answers; return the rooms, what was journalled, and the pauses there were after failures."""
    rooms, batches, pauses = Rooms(), list[SyncBatch](), list[float]()

    async def journal(batch: SyncBatch) -> None:
        batches.append(batch)

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        raise Done

    with pytest.raises(Done):
        await syncer_of(server, NoKeys(), rooms, sleep=pause).run(journal, "s1")
    return rooms, batches, pauses


def says(text: str) -> dict[str, Any]:
    content = {"msgtype": "m.text", "body": text}
    return {"type": "m.room.message", "event_id": f"${text}", "sender": GHANA, "content": content}


@pytest.mark.parametrize(
    "part",
    [
        "x",
        None,
        [],
        {"timeline": "x"},
        {"timeline": {"events": 7}},
        {"state": []},
        {"timeline": {"events": [7, "x"]}},
    ],
)
async def test_a_malformed_part_of_one_room_keeps_nobody_from_the_others(part: Any) -> None:
    first = answer("s2", state=[member(BOT, "join"), member(GHANA, "join")], timeline=[says("one")])
    first["rooms"]["join"] = {"!broken": part, **first["rooms"]["join"]}
    server = Homeserver([first, answer("s3", timeline=[says("two")])], now=[member(BOT, "join")])
    _, batches, pauses = await heard(server)
    assert [batch.next_token for batch in batches] == ["s2", "s3"]
    said = [event.body for batch in batches for event in batch.events if isinstance(event, Message)]
    assert said == ["one", "two"]
    assert len(pauses) == 1, "the one at the end of the answers"


def redaction(event_id: str, sender: str = GHANA, **more: Any) -> dict[str, Any]:
    return {"type": "m.room.redaction", "event_id": event_id, "sender": sender, **more}


async def test_messages_that_are_taken_back_are_told_whatever_the_version_of_the_room() -> None:
    timeline = [
        redaction("$1", content={}, redacts="$before-version-11"),
        redaction("$2", content={"redacts": "$since"}),
        redaction("$3", content={"redacts": 7}),
        redaction("$4", BOT, content={"redacts": "$own"}),
    ]
    joined = [member(BOT, "join"), member(GHANA, "join")]
    _, [batch], _ = await heard(Homeserver([answer("s2", state=joined, timeline=timeline)], now=joined))
    assert batch.events == (
        Redaction(EventId("$1"), ROOM, UserId(GHANA), EventId("$before-version-11")),
        Redaction(EventId("$2"), ROOM, UserId(GHANA), EventId("$since")),
    )


async def test_a_room_of_which_a_part_was_malformed_is_looked_at_as_a_whole() -> None:
    broken = answer("s3", timeline=[says("two"), {"type": "m.room.member", "state_key": 7}])
    first = answer("s2", state=[member(BOT, "join"), member(GHANA, "join")])
    server = Homeserver([first, broken], now=[member(BOT, "join"), member("@new:localhost", "join"), "x"])  # type: ignore[list-item]  # that too
    rooms, batches, _ = await heard(server)
    assert server.asked_for_state == 1
    assert rooms.view(ROOM).with_membership("join") == {BOT, "@new:localhost"}
    assert [event.body for event in batches[1].events if isinstance(event, Message)] == ["two"]


async def test_a_room_in_doubt_is_asked_for_until_it_is_known_who_is_there() -> None:
    class Refusing(Homeserver):
        async def request(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
            answered = await super().request(method, path, body, **more)
            if path.endswith("/state") and self.asked_for_state == 1:
                raise Rejected(403, "M_FORBIDDEN")
            return answered

    first = answer("s2", state=[member(BOT, "join"), member(GHANA, "join")])
    broken = answer("s3", timeline=[{"type": "m.room.member", "state_key": 7}])
    new = [member(BOT, "join"), member("@new:localhost", "join")]
    server = Refusing([first, broken, answer("s4", timeline=[says("later")])], now=new)
    rooms, batches, _ = await heard(server)
    assert len(batches) == 3
    assert server.asked_for_state == 2
    assert rooms.view(ROOM).with_membership("join") == {BOT, "@new:localhost"}


async def test_a_database_that_fails_while_a_message_is_read_does_not_cost_the_message() -> None:
    encrypted = {"algorithm": "m.megolm.v1.aes-sha2", "session_id": "session", "ciphertext": "x"}
    event = {"type": "m.room.encrypted", "event_id": "$1", "sender": GHANA, "content": encrypted}
    server = Homeserver([answer("s2", state=[member(BOT, "join")], timeline=[event])], now=[])

    async def fails(_self: NoKeys, *_: Any) -> None:
        raise OSError("the database is away")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(NoKeys, "read", fails, raising=False)
        _, batches, pauses = await heard(server)
    assert batches == [], "the answer is read again"
    assert len(pauses) == 1


async def test_what_could_not_be_read_when_it_came_says_so_when_it_is_read() -> None:
    encrypted = {"algorithm": "m.megolm.v1.aes-sha2", "session_id": "session", "ciphertext": "x"}
    event = {"type": "m.room.encrypted", "event_id": "$1", "sender": GHANA, "content": encrypted}
    server = Homeserver([answer("s2", state=[member(BOT, "join")], timeline=[event]), {"next_batch": "s3"}], now=[])
    tries: list[Mapping[str, Any]] = []

    async def reads(_self: NoKeys, read: Mapping[str, Any], _room: RoomId) -> Read:
        tries.append(read)
        if len(tries) <= 2:  # with the answer that brought it, and once more at its end
            raise NoSender(UNKNOWN_DEVICE, len(tries))
        payload = {"type": "m.room.message", "content": {"msgtype": "m.text", "body": "late"}}
        opened = SimpleNamespace(payload=payload, once="ciphertext")
        return Read(cast("Opened", opened), DeviceId("PHONE"), Trust.SIGNED)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(NoKeys, "read", reads, raising=False)
        patched.setattr(Nobody, "heard_of", lambda *_: 99, raising=False)
        _, batches, _ = await heard(server)
    (first,), (second,) = (batch.events for batch in batches)
    assert isinstance(first, Unreadable)
    assert isinstance(second, Message)
    assert (second.body, second.late) == ("late", True)


async def test_what_waited_at_the_last_end_is_looked_at_with_the_first_answer_whatever_that_brings() -> None:
    """Its key may have come and been written down with a message that went out, just before the end."""
    encrypted = {"algorithm": "m.megolm.v1.aes-sha2", "session_id": "session", "ciphertext": "x"}
    event = {"type": "m.room.encrypted", "event_id": "$1", "sender": GHANA, "content": encrypted}
    server = Homeserver([{"next_batch": "s2"}], now=[])
    batches: list[SyncBatch] = []
    keys = NoKeys()

    async def journal(batch: SyncBatch) -> None:
        batches.append(batch)

    async def stop(_seconds: float) -> None:
        raise Done

    async def reads(_self: NoKeys, _event: Mapping[str, Any], _room: RoomId) -> Read:
        payload = {"type": "m.room.message", "content": {"msgtype": "m.text", "body": "late"}}
        opened = SimpleNamespace(payload=payload, once="ciphertext")
        return Read(cast("Opened", opened), DeviceId("PHONE"), Trust.SIGNED)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(NoKeys, "read", reads, raising=False)
        patched.setattr(NoKeys, "request_key", lambda *_: None, raising=False)
        row = WaitingRow(EventId("$1"), ROOM, "session", event)
        with pytest.raises(Done):
            await syncer_of(server, keys, Rooms(), sleep=stop, waiting=[row]).run(journal, "s1")
    ((message,),) = (batch.events for batch in batches)
    assert isinstance(message, Message)
    assert (message.body, message.late) == ("late", True)
