"""Keys for more devices than one request holds, against a homeserver that is played."""

from collections import Counter

import pytest

from bot.matrix.crypto import Crypto
from bot.matrix.interface import Rejected
from bot.matrix.rooms import Rooms, RoomView
from bot.matrix.sharing import _PER_REQUEST
from storage import schema
from storage.base import Database
from storage.ids import RoomId, UserId
from tests.fakes import IN_MEMORY
from tests.played import GHANA, Homeserver, Json, Person, opened


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
async def database() -> Database:
    database = Database.open(IN_MEMORY)
    await schema.upgrade(database)
    return database


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
