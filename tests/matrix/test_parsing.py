"""Answers of a homeserver that hold what no parser, no database or no reader takes."""

import json
from typing import Any

import pytest

from bot.matrix.answers import RoomPart, SyncAnswer, events_of
from bot.matrix.parsing import parsed
from storage.ids import RoomId


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ('{"a": [1, 2.5, "x", true, null]}', {"a": [1, 2.5, "x", True, None]}),
        ('["NaN", NaN, -Infinity, 1e999]', ["NaN", None, None, None]),
        (r'["\u0000", "\ud83d", "\ud83d\ude00"]', ["\ufffd", "\ufffd", "\U0001f600"]),
        (r'{"\udc00": {"\u0000": 1}}', {"\ufffd": {"\ufffd": 1}}),
    ],
)
def test_what_can_be_kept_is_read(written: str, read: Any) -> None:
    assert parsed(written.encode()) == read


def test_bytes_that_are_no_characters_stand_for_themselves_alone() -> None:
    assert parsed(b'["\xed\xa0\x80", "\xff", "x"]')[1:] == ["\ufffd", "x"]


def test_a_number_without_end_costs_nothing_but_itself() -> None:
    assert parsed(b'{"bad": ' + b"9" * 10_000 + b', "good": 7}') == {"bad": None, "good": 7}


@pytest.mark.parametrize("pair", ["[]", "{}"])
def test_depth_without_end_costs_nothing_but_itself(pair: str) -> None:
    opening = "[" if pair == "[]" else '{"a":'
    deep = opening * 100_000 + "1" + pair[1] * 100_000
    text = f'{{"bad": {deep}, "good": ["}}]", {{"as": "deep"}}]}}'
    read = parsed(text.encode())
    assert read["good"] == ["}]", {"as": "deep"}]
    assert len(json.dumps(read["bad"])) < 1_000


@pytest.mark.parametrize("written", [b"", b"<html>", b"[1", b"[" * 100_000, b'{"a": 1', b'"' * 9, b"]" * 1_000])
def test_what_is_no_json_is_not_read(written: bytes) -> None:
    with pytest.raises(ValueError, match="no JSON"):
        parsed(written)


ROOM = RoomId("!room:localhost")
EVENT = {"type": "m.room.message", "event_id": "$1", "sender": "@ghana:localhost", "content": {"body": "x"}}


def test_a_sound_answer_is_taken_as_it_is() -> None:
    part = {"state": {"events": []}, "timeline": {"events": [EVENT], "limited": True, "prev_batch": "p"}}
    answer = SyncAnswer.of({"next_batch": "s2", "rooms": {"join": {ROOM: part}, "leave": {ROOM: {}}}})
    assert answer == SyncAnswer("s2", {ROOM: RoomPart((), (EVENT,), True, "p", 0)}, {ROOM: RoomPart()}, {}, 0)


@pytest.mark.parametrize(
    ("part", "left_out"),
    [
        ("x", 1),
        ({"timeline": []}, 1),
        ({"timeline": {"events": {}}}, 1),
        ({"state": {"events": [EVENT, 7, {"type": 1}]}, "timeline": 0}, 3),
        (
            {
                "timeline": {
                    "events": [EVENT | {"sender": 1}, EVENT | {"event_id": "$" * 256}, EVENT | {"state_key": {}}]
                }
            },
            3,
        ),
    ],
)
def test_what_is_malformed_is_left_out_and_counted(part: Any, left_out: int) -> None:
    rooms = {"join": {ROOM: part, "!2": {"timeline": {"events": [EVENT]}}}}
    first, second = SyncAnswer.of({"next_batch": "s2", "rooms": rooms}).joined.values()
    assert first.malformed == left_out
    assert second == RoomPart(timeline=(EVENT,))


@pytest.mark.parametrize(
    "rooms", ["x", [], {"join": []}, {"join": {"": {}}}, {"invite": "x"}, {"leave": {"!" * 256: {}}}]
)
def test_malformed_rooms_are_counted(rooms: Any) -> None:
    assert SyncAnswer.of({"next_batch": "s2", "rooms": rooms}) == SyncAnswer("s2", malformed=1)


def test_a_content_that_is_none_is_an_empty_one() -> None:
    (event,) = events_of([EVENT | {"content": "x", "unsigned": "y"}])
    assert (event["content"], event["unsigned"]) == ({}, {})
