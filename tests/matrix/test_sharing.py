"""Keys for more devices than one request holds, against a homeserver that is played."""

from collections import Counter
from typing import Any

import pytest

from bot.matrix import sharing
from bot.matrix.crypto import Crypto
from bot.matrix.interface import Rejected, Unavailable, Unread, WhyUnread
from bot.matrix.rooms import Rooms, RoomView
from bot.matrix.sharing import _PER_REQUEST
from storage.base import Database
from storage.ids import RoomId, UserId
from tests.matrix.test_sessions import told
from tests.played import GHANA, TOGO, Homeserver, Json, Person, opened


def rooms_of(*people: Person, number: int = 1) -> list[RoomView]:
    """Return encrypted rooms that all of these people are in."""
    rooms = Rooms()
    encryption = {"type": "m.room.encryption", "state_key": "", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}
    joined = [{"type": "m.room.member", "state_key": one.user, "content": {"membership": "join"}} for one in people]
    return [rooms.replace(RoomId(f"!{n}"), [encryption, *joined]) for n in range(number)]


def many(devices: int) -> Person:
    person = Person(GHANA)
    for number in range(devices):
        person.add(f"D{number}")
    return person


@pytest.fixture
async def database(migrated_sqlite: str) -> Database:
    return Database.open(migrated_sqlite)


def holders(crypto: Crypto, view: RoomView) -> set[str]:
    return {device for _, device in crypto.machine.outbound[view.room_id].shared_with}


async def test_requests_are_as_few_and_as_large_as_they_may_be(database: Database) -> None:
    ghana = many(_PER_REQUEST + 10)
    server = Homeserver(ghana)
    async with opened(database, server) as crypto:
        views = rooms_of(ghana, number=2)
        await crypto.sharing.share(views)
        assert [path for path, _ in server.asked].count("/keys/claim") == 1
        assert [path for path, _ in server.asked].count("/keys/query") == 1
        assert [len(to) for to in server.taken] == [_PER_REQUEST, 10] * 2
        for view in views:
            assert holders(crypto, view) == set(ghana.devices)
            assert crypto.sharing.unread(view) == frozenset()
        asked = len(server.asked)
        await crypto.sharing.share(views)
        assert len(server.asked) == asked


async def test_what_is_too_large_for_the_homeserver_is_halved_until_it_is_not(database: Database) -> None:
    ghana = many(10)
    server = Homeserver(ghana, most=3)
    async with opened(database, server) as crypto:
        (view,) = rooms_of(ghana)
        await crypto.sharing.share([view])
        assert max(map(len, server.taken)) <= 3
        assert Counter(name for to in server.taken for _, name in to) == dict.fromkeys(ghana.devices, 1)
        assert holders(crypto, view) == set(ghana.devices)


async def test_a_homeserver_that_takes_nothing_is_not_asked_for_ever(database: Database) -> None:
    ghana = many(2)
    async with opened(database, server := Homeserver(ghana, most=0)) as crypto:
        with pytest.raises(Rejected):
            await crypto.sharing.share(rooms_of(ghana))
        assert len(server.asked) < 10


async def test_who_has_no_keys_left_does_not_hold_up_the_others(database: Database) -> None:
    ghana = many(4)
    server = Homeserver(ghana)
    server.without_keys = {"D1"}
    async with opened(database, server) as crypto:
        (view,) = rooms_of(ghana)
        await crypto.sharing.share([view])
        assert holders(crypto, view) == {"D0", "D2", "D3"}
        assert server.taken[-1] == [(UserId(GHANA), "D1")], "which is told so"


async def test_a_one_time_key_that_its_device_did_not_sign_is_not_used(database: Database) -> None:
    thief = many(2)

    class Robbed(Person):
        def one_time_key(self, name: str) -> Json:
            return super().one_time_key(name) if name == "D0" else thief.one_time_key(name)

    ghana = Robbed(GHANA)
    for name in ("D0", "D1"):
        ghana.add(name)
    async with opened(database, Homeserver(ghana)) as crypto:
        (view,) = rooms_of(ghana)
        await crypto.sharing.share([view])
        assert holders(crypto, view) == {"D0"}


# A server elsewhere that is down


async def changed(crypto: Crypto, user: UserId) -> None:
    """Let the homeserver tell that somebody's devices changed, and ask for them as after each sync."""
    crypto.people.note_device_lists({"device_lists": {"changed": [user]}}, frozenset({user}))
    await crypto.people.refresh()


async def test_an_outage_elsewhere_shuts_nobody_out_and_rotates_nothing(database: Database) -> None:
    togo = Person(TOGO)
    togo.add("PHONE")
    server = Homeserver(togo)
    (view,) = rooms_of(togo)
    async with opened(database, server) as crypto:
        now = 0.0
        crypto.people._clock = lambda: now
        await crypto.sharing.share([view])
        session = crypto.machine.outbound[view.room_id].id
        togo.add("STOLEN?")
        server.failures = {"elsewhere"}
        await changed(crypto, TOGO)
        await crypto.sharing.share([view])
        assert crypto.machine.outbound[view.room_id].id == session
        assert holders(crypto, view) == {"PHONE"}, "and nobody else: of the new device only the name is known"
        assert crypto.sharing.unread(view) == frozenset()
        assert crypto.people.identity(TOGO) is None, "what comes from there is judged when it can be"
        await crypto.chest.commit()
    async with opened(database, server) as crypto:  # a restart in the middle of it changes nothing
        crypto.people._clock = lambda: now
        await crypto.sharing.share([view])
        assert crypto.machine.outbound[view.room_id].id == session
        assert crypto.sharing.unread(view) == frozenset()
        del togo.devices["PHONE"]
        server.failures, now = set(), 61.0
        await crypto.people.refresh()
        await crypto.sharing.share([view])
        assert crypto.machine.outbound[view.room_id].id != session, "the device that is gone had the key"
        assert holders(crypto, view) == {"STOLEN?"}


async def test_of_whom_nothing_was_known_before_the_outage_nothing_is_believed(database: Database) -> None:
    ghana, togo = many(1), Person(TOGO)
    togo.add("PHONE")
    server = Homeserver(ghana, togo)
    server.failures = {"elsewhere"}
    (view,) = rooms_of(ghana, togo)
    async with opened(database, server) as crypto:
        await crypto.sharing.share([view])
        assert holders(crypto, view) == {"D0"}
        assert crypto.sharing.unread(view) == {Unread(TOGO, None, WhyUnread.UNREACHABLE)}


async def test_who_was_out_of_sight_and_is_back_in_an_outage_is_not_taken_for_what_was(database: Database) -> None:
    togo = Person(TOGO)
    togo.add("PHONE")
    server = Homeserver(togo)
    (view,) = rooms_of(togo)
    async with opened(database, server) as crypto:
        await crypto.sharing.share([view])
        crypto.people.note_device_lists({"device_lists": {"left": [TOGO]}}, frozenset())
        server.failures = {"elsewhere"}
        await crypto.chest.commit()
        await crypto.sharing.share([view])
        assert crypto.sharing.unread(view) == {Unread(TOGO, None, WhyUnread.UNREACHABLE)}
    async with opened(database, server) as crypto:
        await crypto.sharing.share([view])
        assert crypto.sharing.unread(view) == {Unread(TOGO, None, WhyUnread.UNREACHABLE)}


# Asking for keys


async def test_the_keys_that_are_missing_are_asked_for_in_one_request_a_round(database: Database) -> None:
    people = [Person(UserId(f"@p{number}:localhost")) for number in range(5)]
    server = Homeserver(*people)
    async with opened(database, server) as crypto:
        for person in people:
            for number in range(2):
                content = {"session_id": f"{person.user} {number}", "sender_key": "curve"}
                crypto.request_key({"sender": person.user, "content": content}, RoomId("!0"))
        for round_ in range(2):
            assert crypto.behind, "the next round comes soon"
            await crypto.upkeep()
            (asked,) = [body for path, body in server.asked if path.startswith("/sendToDevice/m.room_key_request/")]
            assert {user: devices["*"]["body"]["session_id"] for user, devices in asked["messages"].items()} == {
                person.user: f"{person.user} {round_}" for person in people
            }
            server.asked.clear()
        assert not crypto.behind
        await crypto.upkeep()
        assert [path for path, _ in server.asked if path.startswith("/sendToDevice")] == []


async def test_who_got_a_key_before_another_request_failed_does_not_get_it_again_after_a_restart(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sharing, "_PER_REQUEST", 5)
    ghana = many(15)

    class Failing(Homeserver):
        async def request(self, _method: str, path: str, body: Any = None, **_more: Any) -> Any:
            if path.startswith("/_matrix/client/v3/sendToDevice/") and len(self.taken) == 2:
                raise Unavailable("gone")
            return await super().request(_method, path, body)

    before, after = Failing(ghana), Homeserver(ghana)
    (view,) = rooms_of(ghana)
    async with opened(database, before) as crypto:
        with pytest.raises(Unavailable):
            await crypto.sharing.share([view])
    async with opened(database, after) as crypto:
        await crypto.sharing.share([view])
        assert holders(crypto, view) == set(ghana.devices)
    everybody = [name for to in [*before.taken, *after.taken] for _, name in to]
    assert sorted(everybody) == sorted(ghana.devices)


async def test_after_a_crash_no_message_to_a_device_is_made_with_a_place_that_was_used(database: Database) -> None:
    """A device reads one message for each place of the ratchet: a second one would be lost, and a room key with it."""

    class Ended(BaseException):
        """The program ends when the homeserver has the message."""

    class Noting(Homeserver):
        crashing = False

        async def request(self, _method: str, path: str, body: Any = None, **_more: Any) -> Any:
            if "/sendToDevice/m.room.encrypted" in path:
                messages.append(body["messages"][GHANA]["PHONE"])
                if self.crashing:
                    raise Ended
            return await super().request(_method, path, body)

    ghana, messages = Person(GHANA), list[Json]()
    ghana.add("PHONE")
    server = Noting(ghana)
    first, second = rooms_of(ghana, number=2)
    async with opened(database, server) as crypto:
        own = crypto.machine.account.identity_keys["curve25519"]
        await crypto.sharing.share([first])
        server.crashing = True
        with pytest.raises(Ended):
            await crypto.sharing.share([second])
    server.crashing = False
    async with opened(database, server) as crypto:
        await crypto.sharing.share([second])
    assert ["m.room_key" in told(ghana, message, own) for message in messages] == [True] * 3
