"""What leaves the bot for a room, and in which order it is written down, against a homeserver that is played."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from bot.matrix.client.joined import JoinedRooms
from bot.matrix.client.sending import Sending
from bot.matrix.crypto import Crypto
from bot.matrix.http import Http
from bot.matrix.interface import MatrixError, RoomUnsafe, Strangers, Unavailable, Unread, WhyUnread, WhyUnsafe
from bot.matrix.rooms import MEGOLM, Rooms, RoomView
from bot.matrix.signing import CrossSigningIdentity
from storage.base import Database
from storage.ids import DeviceId, RoomId, UserId
from storage.keys import Keys
from tests.played import BENIN, BOT, GHANA, Homeserver, Json, Person, opened

ROOM = RoomId("!room")
START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
WORDS = {"msgtype": "m.text", "body": "An alert"}


def state(kind: str, content: Json, key: str = "") -> Json:
    return {"type": kind, "state_key": key, "event_id": f"${kind}{key}{content}", "content": content}


def member(user: UserId, membership: str = "join") -> Json:
    return state("m.room.member", {"membership": membership}, user)


class Listening(Homeserver):
    """Takes messages for rooms too; `before` is called before it answers anything."""

    def __init__(self, *people: Person) -> None:
        super().__init__(*people)
        self.put: list[Json] = []
        self.before: Callable[[str, Any], None] = lambda _path, _body: None

    async def request(self, _method: str, path: str, body: Any = None, **_more: Any) -> Any:
        self.before(path, body)
        if "/send/" in path:
            self.put.append(body)
            return {"event_id": f"$sent{len(self.put)}"}
        return await super().request(_method, path, body)

    def to_device(self, kind: str) -> list[tuple[str, str, Json]]:
        """Return what was given to devices: user, device and content."""
        return [
            (user, name, content)
            for path, body in self.asked
            if path.startswith(f"/sendToDevice/{kind}/")
            for user, devices in body["messages"].items()
            for name, content in devices.items()
        ]


class Bot:
    """The bot in one encrypted room with Ghana and Benin, who have a telephone each."""

    def __init__(self, crypto: Crypto, server: Listening, rooms: Rooms) -> None:
        http = cast("Http", server)
        self.crypto, self.server, self.rooms = crypto, server, rooms
        self.crypto.machine.now = lambda: self.now
        self.now = START
        self.sending = Sending(http, crypto, JoinedRooms(http, rooms, BOT), BOT)
        self._sent = 0

    @property
    def view(self) -> RoomView:
        return self.rooms.view(ROOM)

    @property
    def session(self) -> str:
        return str(self.crypto.machine.outbound[ROOM].id)

    async def send(self, times: int = 1) -> frozenset[Unread]:
        unread: frozenset[Unread] = frozenset()
        for _ in range(times):
            self._sent += 1
            unread = (await self.sending.send(ROOM, WORDS, f"row{self._sent}", readers={GHANA, BENIN})).unread
        return unread

    async def changed(self, user: UserId) -> None:
        lists = {"device_lists": {"changed": [user]}}
        self.crypto.people.note_device_lists(lists, self.rooms.receivers())


@pytest.fixture
def ghana() -> Person:
    person = Person(GHANA)
    person.add("PHONE")
    return person


@pytest.fixture
async def database(migrated_sqlite: str) -> AsyncIterator[Database]:
    database = Database.open(migrated_sqlite)
    yield database
    await database.close()


def furnished(rotation: Json | None = None) -> Rooms:
    rooms = Rooms()
    encryption = state("m.room.encryption", {"algorithm": MEGOLM, **(rotation or {})})
    rooms.replace(ROOM, [encryption, *(member(user) for user in (BOT, GHANA, BENIN))])
    return rooms


@pytest.fixture
async def bot(database: Database, ghana: Person) -> AsyncIterator[Bot]:
    benin = Person(BENIN)
    benin.add("OTHER")
    server = Listening(ghana, benin)
    async with opened(database, server) as crypto:
        yield Bot(crypto, server, furnished())


async def kept_reserved(database: Database) -> int:
    async with database.transaction() as tx:
        return max((row.reserved for row in (await Keys(tx).load()).outbound), default=0)


# The order of writing and sending


async def test_what_was_used_of_a_ratchet_is_written_down_before_anything_leaves(bot: Bot, database: Database) -> None:
    unwritten: list[str] = []

    def look(path: str, _body: Any) -> None:
        pending = bot.crypto.chest.pending
        if "/send" in path and (pending.outbound or pending.sessions or pending.account):
            unwritten.append(path)

    bot.server.before = look
    await bot.send(40)
    assert unwritten == []
    assert len(bot.server.put) == 40
    assert await kept_reserved(database) >= 40


async def test_who_has_a_key_is_written_down_after_the_homeserver_took_it(bot: Bot) -> None:
    noted: list[int] = []

    def look(path: str, _body: Any) -> None:
        if path.startswith("/_matrix/client/v3/sendToDevice/"):
            noted.append(len(bot.crypto.machine.outbound[ROOM].shared_with) + len(bot.crypto.chest.pending.shares))
            raise Unavailable("502")

    bot.server.before = look
    for _ in range(2):
        with pytest.raises(Unavailable):
            await bot.send()
    assert noted == [0, 0], "and it is tried again"
    assert bot.server.put == [], "nobody could have read it"
    bot.server.before = lambda _path, _body: None
    assert await bot.send() == frozenset()
    assert {(user, name) for user, name, _ in bot.server.to_device("m.room.encrypted")} == {
        (GHANA, "PHONE"),
        (BENIN, "OTHER"),
    }


# When a room gets another key


async def test_a_key_serves_a_hundred_messages_or_a_week(bot: Bot) -> None:
    await bot.send()
    first = bot.session
    await bot.send(99)
    assert bot.session == first
    await bot.send()
    assert bot.session != first
    second = bot.session
    bot.now += timedelta(days=7) - timedelta(seconds=1)
    await bot.send()
    assert bot.session == second
    bot.now += timedelta(seconds=1)
    await bot.send()
    assert bot.session != second


async def test_a_room_may_want_another_key_sooner(bot: Bot) -> None:
    rotation = {"algorithm": MEGOLM, "rotation_period_msgs": 3, "rotation_period_ms": 60_000}
    bot.view.apply(state("m.room.encryption", rotation))
    sessions = []
    for _ in range(7):
        await bot.send()
        sessions.append(bot.session)
    assert [sessions.count(one) for one in dict.fromkeys(sessions)] == [3, 3, 1]
    bot.now += timedelta(minutes=1)
    await bot.send()
    assert bot.session not in sessions


async def test_who_leaves_or_logs_a_device_out_reads_nothing_that_follows(bot: Bot, ghana: Person) -> None:
    ghana.add("TABLET")
    await bot.send()
    first = bot.session
    del ghana.devices["TABLET"]
    await bot.changed(GHANA)
    await bot.send()
    second = bot.session
    assert second != first
    bot.view.apply(member(BENIN, "leave"))
    await bot.send()
    assert bot.session != second
    assert bot.crypto.machine.outbound[ROOM].shared_with == {(GHANA, "PHONE")}


async def test_who_comes_reads_what_follows(bot: Bot, ghana: Person) -> None:
    await bot.send()
    first = bot.session
    ghana.add("TABLET")
    await bot.changed(GHANA)
    assert await bot.send() == frozenset()
    assert bot.session == first
    assert (GHANA, "TABLET") in bot.crypto.machine.outbound[ROOM].shared_with


# Who gets the key, and who is told that they do not


async def test_a_device_that_its_owner_did_not_sign_is_told_why_it_gets_no_key(
    bot: Bot, ghana: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    ghana.add("TABLET")
    signed = ghana.keys
    other = CrossSigningIdentity.create(GHANA)

    def keys(name: str) -> Json:
        shown = signed(name)
        if name != "TABLET":
            return shown
        own = {f"ed25519:{name}": shown["signatures"][GHANA][f"ed25519:{name}"]}
        return other.signed({**shown, "signatures": {GHANA: own}}, "self_signing")

    monkeypatch.setattr(ghana, "keys", keys)
    why = frozenset({Unread(GHANA, DeviceId("TABLET"), WhyUnread.UNSIGNED)})
    assert await bot.send(2) == why
    assert {(user, name) for user, name, _ in bot.server.to_device("m.room.encrypted")} == {
        (GHANA, "PHONE"),
        (BENIN, "OTHER"),
    }
    ((user, name, content),) = bot.server.to_device("m.room_key.withheld")
    assert (user, name, content["code"]) == (GHANA, "TABLET", "m.unverified")
    assert (content["room_id"], content["session_id"]) == (ROOM, bot.session)
    assert content["reason"]


async def test_whose_master_key_changed_gets_no_key(bot: Bot, ghana: Person) -> None:
    await bot.send()
    first = bot.session
    ghana.identity = CrossSigningIdentity.create(GHANA)
    await bot.changed(GHANA)
    assert await bot.send() == frozenset({Unread(GHANA, None, WhyUnread.CHANGED)})
    assert bot.session != first
    assert bot.crypto.machine.outbound[ROOM].shared_with == {(BENIN, "OTHER")}


# Where nothing goes


@pytest.mark.parametrize(
    ("event", "why"),
    [
        (state("m.room.tombstone", {"replacement_room": "!new"}), WhyUnsafe.TOMBSTONED),
        (state("m.room.tombstone", {}), WhyUnsafe.TOMBSTONED),
        (state("m.room.encryption", {}), WhyUnsafe.ENCRYPTION_HIDDEN),
        (state("m.room.encryption", {"algorithm": "m.none"}), WhyUnsafe.ENCRYPTION_HIDDEN),
        (state("m.room.history_visibility", {"history_visibility": "world_readable"}), WhyUnsafe.WORLD_READABLE),
        (member(BOT, "leave"), WhyUnsafe.NOT_JOINED),
    ],
)
async def test_nothing_leaves_for_a_room_that_is_not_safe(bot: Bot, event: Json, why: WhyUnsafe) -> None:
    bot.view.apply(event)
    with pytest.raises(RoomUnsafe) as refused:
        await bot.send()
    assert refused.value.why is why
    assert bot.server.asked == []
    assert bot.server.put == []


@pytest.mark.parametrize("membership", ["join", "invite"])
async def test_nothing_leaves_where_somebody_came_in_meanwhile(bot: Bot, membership: str) -> None:
    stranger = UserId("@stranger:localhost")

    def comes(path: str, _body: Any) -> None:
        if "/sendToDevice/" in path:
            bot.view.apply(member(stranger, membership))

    bot.server.before = comes
    with pytest.raises(Strangers) as refused:
        await bot.send()
    assert refused.value.users == {stranger}
    assert bot.server.put == []


async def test_a_room_that_becomes_unsafe_while_keys_are_on_their_way_gets_nothing(bot: Bot) -> None:
    def closes(path: str, _body: Any) -> None:
        if "/sendToDevice/" in path:
            bot.view.apply(state("m.room.tombstone", {"replacement_room": "!new"}))

    bot.server.before = closes
    with pytest.raises(MatrixError):
        await bot.send()
    assert bot.server.put == []


async def test_what_leaves_is_encrypted_for_this_room(bot: Bot) -> None:
    await bot.sending.send(ROOM, {**WORDS, "m.relates_to": {"rel_type": "m.thread", "event_id": "$root"}}, "row")
    (put,) = bot.server.put
    assert put.keys() == {"algorithm", "sender_key", "ciphertext", "session_id", "device_id", "m.relates_to"}
    opened = await bot.crypto.open_own({"event_id": "$sent1", "content": put}, ROOM)
    assert opened is not None
    assert opened.payload["room_id"] == ROOM
    assert opened.payload["content"]["body"] == "An alert"
