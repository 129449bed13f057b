"""Both sides come to the same code and believe each other, whoever starts and wherever they speak."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from bot.matrix.verification import EMOJI, ToSend, commitment
from storage.ids import DeviceId, RoomId
from tests.matrix.verification.peer import (
    BOT,
    GHANA,
    GHANA_DEVICE,
    GHANA_KEYS,
    NOW,
    ROOM,
    TOGO,
    Peer,
    Scene,
    accepted,
    kinds,
)


def test_who_asks_in_clear_is_answered_in_clear(scene: Scene) -> None:
    """A device that gets no room keys could not read anything else."""
    clear, encrypted = scene.peer(room=ROOM, clear=True), scene.peer(room=ROOM, device=DeviceId("PHONE"))
    for peer, expected in ((clear, True), (encrypted, False)):
        sent = [*peer.request(), *peer.start(), *peer.key(), *peer.key("again")]
        assert kinds(sent) == ["ready", "accept", "key", "mac", "cancel"]
        assert {one.clear for one in sent} == {expected}
        assert [one.clear for one in peer.request(methods=[])] == [expected]


@pytest.mark.parametrize("room", [None, ROOM])
def test_both_sides_show_the_same_code_and_the_bot_proves_its_keys(scene: Scene, room: RoomId | None) -> None:
    ghana = scene.peer(room=room)
    (ready,) = ghana.request()
    (accept,) = ghana.start()
    key, mac = ghana.key()
    named: dict[str, Any] = {"transaction_id": "transaction"}
    if room is not None:
        named = {"m.relates_to": {"rel_type": "m.reference", "event_id": ghana.transaction}}
    assert ready == ToSend(
        GHANA,
        GHANA_DEVICE,
        room,
        "m.key.verification.ready",
        {"from_device": "BOT", "methods": ["m.sas.v1"], **named},
    )
    assert accept.content == {
        "key_agreement_protocol": "curve25519-hkdf-sha256",
        "hash": "sha256",
        "message_authentication_code": "hkdf-hmac-sha256.v2",
        "short_authentication_string": ["decimal", "emoji"],
        "commitment": commitment(key.content["key"], {**ghana.offer, **named}),
        **named,
    }
    ghana.agree(key.content["key"])
    (shown,) = scene.shown
    assert (shown.transaction_id, shown.user, shown.device_id) == (ghana.transaction, GHANA, GHANA_DEVICE)
    assert shown.emoji == tuple(EMOJI[index] for index in ghana.code.emoji_indices)
    assert shown.decimals == ghana.code.decimals
    assert ghana.believes(mac.content)
    assert kinds(ghana.mac()) == ["done"]
    assert scene.bot.running == 0
    assert ghana.tell("done") == []


def test_the_commitment_is_the_one_of_the_specification() -> None:
    # sha256 of the key and the canonical JSON, computed apart from the code.
    content = {"method": "m.sas.v1", "a": [1, "é"]}
    assert commitment("key", content) == "rd0RXVgf+YOM5uyxd3vVFH10aUEjKLYjvGyK+r8U2os"


def test_the_bot_starts_by_itself_when_nobody_does(scene: Scene, ghana: Peer) -> None:
    ghana.request()
    assert scene.bot.expire(NOW + timedelta(seconds=29)) == []
    (start,) = scene.bot.expire(NOW + timedelta(seconds=30))
    assert start.content["method"] == "m.sas.v1"
    assert scene.bot.expire(NOW + timedelta(seconds=31)) == []
    (key,) = accepted(ghana, start)
    ghana.agree(key.content["key"], peer_started=False)
    (mac,) = ghana.key()
    assert scene.shown[0].decimals == ghana.code.decimals
    assert ghana.believes(mac.content)
    assert kinds(ghana.mac()) == ["done"]


def test_when_both_start_that_of_the_smaller_user_stands(scene: Scene) -> None:
    smaller, greater = scene.peer(user=GHANA), scene.peer(user=TOGO, device=DeviceId("TOGO"))
    assert GHANA < BOT < TOGO
    for peer in (smaller, greater):
        peer.request()
    first, second = scene.bot.expire(NOW + timedelta(minutes=1))
    assert kinds(smaller.start()) == ["accept"]
    key, mac = smaller.key()
    smaller.agree(key.content["key"])
    assert smaller.believes(mac.content)
    assert scene.shown[0].decimals == smaller.code.decimals
    assert greater.start() == []
    assert (first.user, second.user) == (GHANA, TOGO)
    (key,) = accepted(greater, second)
    greater.agree(key.content["key"], peer_started=False)
    (mac,) = greater.key()
    assert greater.believes(mac.content)
    assert scene.shown[1].decimals == greater.code.decimals


def test_a_start_without_a_request_is_answered_device_to_device(scene: Scene, ghana: Peer) -> None:
    assert kinds(ghana.start()) == ["accept"]
    assert kinds(ghana.key()) == ["key", "mac"]


@pytest.mark.parametrize("kind", ["request", "start", "key"])
def test_a_message_delivered_twice_changes_nothing(scene: Scene, ghana: Peer, kind: str) -> None:
    ghana.exchanged()
    again: dict[str, Callable[[], list[ToSend]]] = {
        "request": ghana.request,
        "start": ghana.start,
        "key": ghana.key,
    }
    assert again[kind]() == []
    assert kinds(ghana.mac()) == ["done"]
    assert len(scene.shown) == 1


def test_a_room_event_offered_again_changes_nothing(scene: Scene) -> None:
    ghana = scene.peer(room=ROOM)
    ghana.request()
    request = ghana.said
    assert scene.bot.receive(request, NOW) == []
    ghana.start()
    start = ghana.said
    assert scene.bot.receive(start, NOW) == []
    assert kinds(ghana.key()) == ["key", "mac"]
    assert scene.bot.receive(request, NOW) == []


def test_keys_that_the_bot_does_not_know_are_none_of_its_business(scene: Scene, ghana: Peer) -> None:
    ghana.exchanged()
    assert kinds(ghana.mac(GHANA_KEYS | {"ed25519:later": "a key made just now"})) == ["done"]


def test_other_devices_and_other_people_do_not_disturb(scene: Scene, ghana: Peer) -> None:
    ghana.request()
    assert kinds(scene.peer(transaction="second", device=DeviceId("PHONE")).request()) == ["ready"]
    togo = scene.peer(user=TOGO, device=DeviceId("TOGO"))
    assert kinds(togo.request()) == ["ready"], "the same transaction of another user is another one"
    assert kinds(ghana.start()) == ["accept"]
    assert kinds(togo.start()) == ["accept"]


def test_the_emoji_are_all_there_and_all_different() -> None:
    assert len(EMOJI) == len({sign for sign, _ in EMOJI}) == len({name for _, name in EMOJI}) == 64
    assert (EMOJI[0], EMOJI[21], EMOJI[63]) == (("🐶", "Dog"), ("☁️", "Cloud"), ("📌", "Pin"))
