"""What clear state says of a room."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from bot.matrix.interface import (
    WhyUnsafe,
)
from bot.matrix.rooms import CREATOR_POWER, Rooms, RoomView
from storage.ids import RoomId, UserId
from storage.keys import RoomRow

BOT = UserId("@sesn:localhost")
GHANA = UserId("@ghana:localhost")
ROOM = RoomId("!opaque")


def state(kind: str, content: Mapping[str, Any], key: str = "", sender: str = BOT) -> dict[str, Any]:
    return {"type": kind, "state_key": key, "content": content, "sender": sender}


def room(*more: Mapping[str, Any], version: str = "11") -> RoomView:
    base = [
        state("m.room.create", {"room_version": version}),
        state("m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"}),
        state("m.room.member", {"membership": "join"}, BOT),
        state("m.room.member", {"membership": "invite"}, GHANA),
    ]
    return Rooms().replace(ROOM, [*base, *more])


def test_a_room_is_safe_only_when_joined_encrypted_open_and_private() -> None:
    assert room().why_unsafe(BOT) is None
    assert room().why_unsafe(GHANA) is WhyUnsafe.NOT_JOINED
    assert room(state("m.room.tombstone", {})).why_unsafe(BOT) is WhyUnsafe.TOMBSTONED
    public = state("m.room.history_visibility", {"history_visibility": "world_readable"})
    assert room(public).why_unsafe(BOT) is WhyUnsafe.WORLD_READABLE
    plain = Rooms().replace(ROOM, [state("m.room.member", {"membership": "join"}, BOT)])
    assert plain.why_unsafe(BOT) is WhyUnsafe.NOT_ENCRYPTED
    assert plain.why_unsafe(BOT, clear=True) is None


def test_encryption_is_never_switched_off() -> None:
    rooms = Rooms()
    view = rooms.replace(ROOM, [state("m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"})])
    view.apply(state("m.room.encryption", {}))
    assert view.encrypted
    assert rooms.replace(ROOM, []).encrypted
    assert rooms.changes().rooms == {ROOM: RoomRow(ROOM, encrypted=True, joined=True)}
    rooms.forget(ROOM)
    assert rooms.view(ROOM).encrypted
    left = rooms.changes()
    assert (left.rooms, left.replaced) == ({ROOM: RoomRow(ROOM, encrypted=True, joined=False)}, {ROOM})
    assert Rooms(left.rooms.values()).view(ROOM).encrypted
    assert rooms.view(ROOM).why_unsafe(BOT) is WhyUnsafe.NOT_JOINED


def test_a_room_that_was_left_before_it_was_written_down_stays_encrypted() -> None:
    rooms = Rooms()
    rooms.replace(ROOM, [state("m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"})])
    rooms.forget(ROOM)
    left = rooms.changes()
    assert left.rooms == {ROOM: RoomRow(ROOM, encrypted=True, joined=False)}
    for known in (rooms, Rooms(left.rooms.values())):
        back = known.replace(ROOM, [state("m.room.member", {"membership": "join"}, BOT)])
        assert back.why_unsafe(BOT) is WhyUnsafe.ENCRYPTION_HIDDEN


def test_what_is_written_down_of_rooms_is_what_a_restart_knows() -> None:
    rooms = Rooms()
    encryption = state("m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2", "rotation_period_msgs": 7})
    named = state("m.room.name", {"name": "Ghana"})
    here = [state("m.room.member", {"membership": "join", "displayname": "SESN"}, BOT), encryption, named]
    rooms.replace(ROOM, [*here, state("m.room.member", {"membership": "join"}, GHANA)])
    first = rooms.changes()
    assert not rooms.changes()
    rooms.view(ROOM).apply(state("m.room.member", {"membership": "leave"}, GHANA))
    assert rooms.receivers() == {BOT}
    written = first.followed_by(rooms.changes())
    again = Rooms(written.rooms.values(), written.states.values()).view(ROOM)
    assert (again.known, again.members, again.name) == (True, rooms.view(ROOM).members, "Ghana")
    assert again.rotation == rooms.view(ROOM).rotation
    assert again.members[BOT].display_name == "SESN"


def test_a_server_that_does_not_show_encryption_any_more_is_not_believed() -> None:
    hiding = Rooms([RoomRow(ROOM, encrypted=True, joined=False)])
    view = hiding.replace(ROOM, [state("m.room.member", {"membership": "join"}, BOT)])
    assert view.encrypted
    assert view.why_unsafe(BOT) is WhyUnsafe.ENCRYPTION_HIDDEN
    view.apply(state("m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"}))
    assert view.why_unsafe(BOT) is None


def test_creators_rule_from_version_12_on() -> None:
    levels = state("m.room.power_levels", {"users": {GHANA: 100, "@x:localhost": "50"}})
    assert room(levels, version="11").powers() == {GHANA: 100}
    assert room(levels, version="12").powers() == {GHANA: 100, BOT: CREATOR_POWER}
    both = state("m.room.create", {"room_version": "12", "additional_creators": [GHANA]})
    assert room(both).powers() == {GHANA: CREATOR_POWER, BOT: CREATOR_POWER}
    assert room(version="10").powers() == {BOT: 100}


def test_keys_go_to_the_invited_only_where_history_does() -> None:
    assert room().receivers == {BOT, GHANA}
    assert room(state("m.room.history_visibility", {"history_visibility": "joined"})).receivers == {BOT}


def test_a_room_may_ask_for_faster_rotation_but_not_for_slower() -> None:
    def asked(**wish: Any) -> tuple[timedelta, int]:
        return room(state("m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2", **wish})).rotation

    week = timedelta(days=7)
    assert asked() == (week, 100)
    assert asked(rotation_period_ms=60_000, rotation_period_msgs=5) == (timedelta(minutes=1), 5)
    assert asked(rotation_period_ms=10**30, rotation_period_msgs=10**6) == (week, 100)
    assert asked(rotation_period_ms="x", rotation_period_msgs=-1) == (week, 100)


@pytest.mark.parametrize("content", [None, [], "x", {"membership": 7}, {"users": []}, {"history_visibility": {}}])
def test_malformed_state_is_no_state(content: Any) -> None:
    view = room()
    for kind in ("m.room.name", "m.room.power_levels", "m.room.history_visibility", "m.room.create"):
        view.apply(state(kind, content))
    view.apply(state("m.room.member", content, GHANA))
    assert view.facts().joined == {BOT}
    assert view.facts().invited == frozenset()
