"""Whatever does not fit ends a verification, with the code that says why."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from vodozemac import Sas

from bot.matrix.verification import EVERY_DEVICE, ToSend, commitment
from storage.ids import DeviceId, UserId
from tests.matrix.verification.peer import (
    GHANA,
    GHANA_DEVICE,
    GHANA_KEYS,
    NOW,
    ROOM,
    Peer,
    Scene,
    accepted,
    code_of,
    kinds,
)


def test_a_key_that_was_not_committed_to_is_refused(scene: Scene, ghana: Peer) -> None:
    ghana.request()
    (start,) = scene.bot.expire(NOW + timedelta(minutes=1))
    accepted(ghana, start, commitment=commitment(Sas().public_key.to_base64(), start.content))
    assert code_of(ghana.key()) == "m.mismatched_commitment"
    assert scene.shown == []


@pytest.mark.parametrize(
    "wishes",
    [
        {"key_agreement_protocol": "curve25519"},
        {"hash": "md5"},
        {"message_authentication_code": "hkdf-hmac-sha256"},
        {"short_authentication_string": []},
        {"short_authentication_string": ["smell"]},
    ],
)
def test_what_was_not_offered_cannot_be_accepted(scene: Scene, ghana: Peer, wishes: dict[str, Any]) -> None:
    ghana.request()
    (start,) = scene.bot.expire(NOW + timedelta(minutes=1))
    assert code_of(accepted(ghana, start, **wishes)) == "m.unknown_method"


def test_two_starts_of_different_methods_are_none(scene: Scene, ghana: Peer) -> None:
    ghana.request()
    scene.bot.expire(NOW + timedelta(minutes=1))
    assert code_of(ghana.start(method="m.reciprocate.v1")) == "m.unexpected_message"


@pytest.mark.parametrize("methods", [["m.qr_code.show.v1", "m.qr_code.scan.v1", "m.reciprocate.v1"], []])
def test_only_codes_can_be_compared(scene: Scene, ghana: Peer, methods: list[str]) -> None:
    (cancel,) = sent = ghana.request(methods=methods)
    assert code_of(sent) == "m.unknown_method"
    assert (cancel.user, cancel.device_id) == (GHANA, GHANA_DEVICE)
    assert ghana.start() == [], "a straggler of what was cancelled"
    assert ghana.request(methods=methods) == [], "delivered twice"


@pytest.mark.parametrize(
    ("wishes", "code"),
    [
        ({"method": "m.reciprocate.v1"}, "m.unknown_method"),
        ({"key_agreement_protocols": ["curve25519"]}, "m.unknown_method"),
        ({"hashes": []}, "m.unknown_method"),
        ({"message_authentication_codes": ["hkdf-hmac-sha256"]}, "m.unknown_method"),
        ({"short_authentication_string": ["smell"]}, "m.unknown_method"),
        ({"short_authentication_string": "emoji"}, "m.invalid_message"),
        ({"hashes": None}, "m.invalid_message"),
        ({"hashes": [1]}, "m.invalid_message"),
        ({"method": None}, "m.invalid_message"),
        ({"from_device": "ANOTHER"}, "m.invalid_message"),
    ],
)
def test_a_start_that_does_not_fit_is_cancelled(scene: Scene, ghana: Peer, wishes: dict[str, Any], code: str) -> None:
    ghana.request()
    assert code_of(ghana.start(**wishes)) == code
    assert scene.bot.running == 0


@pytest.mark.parametrize(
    "wishes",
    [
        {"methods": None},
        {"methods": "m.sas.v1"},
        {"timestamp": None},
        {"timestamp": "now"},
        {"timestamp": True},
        {"from_device": ""},
        {"from_device": 7},
        {"from_device": "half of a pair \ud800"},
        {"from_device": "X" * 300},
    ],
)
def test_a_malformed_request_is_cancelled(scene: Scene, ghana: Peer, wishes: dict[str, Any]) -> None:
    (cancel,) = sent = ghana.request(**wishes)
    assert code_of(sent) == "m.invalid_message"
    assert cancel.device_id == (EVERY_DEVICE if "from_device" in wishes else GHANA_DEVICE)
    assert scene.bot.running == 0


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_what_takes_more_than_ten_minutes_is_cancelled_wherever_it_stands(scene: Scene, steps: int) -> None:
    ghana = scene.peer(now=NOW - timedelta(minutes=1), clock=NOW)
    every: list[Callable[[], list[ToSend]]] = [ghana.request, ghana.start, ghana.key]
    for step in every[:steps]:
        step()
    scene.bot.expire(NOW + timedelta(minutes=1))  # may start by itself
    assert scene.bot.expire(NOW + timedelta(minutes=8, seconds=59)) == []
    assert code_of(scene.bot.expire(NOW + timedelta(minutes=9))) == "m.timeout"
    assert scene.bot.expire(NOW + timedelta(minutes=10)) == []
    assert scene.bot.running == 0


def test_what_the_bot_started_by_itself_times_out_too(scene: Scene, ghana: Peer) -> None:
    ghana.request()
    assert kinds(scene.bot.expire(NOW + timedelta(minutes=1))) == ["start"]
    assert code_of(scene.bot.expire(NOW + timedelta(minutes=10))) == "m.timeout"


@pytest.mark.parametrize(
    ("come_to", "kind"),
    [
        ("request", "ready"),
        ("request", "accept"),
        ("request", "key"),
        ("request", "mac"),
        ("request", "done"),
        ("start", "accept"),
        ("start", "mac"),
        ("start", "done"),
        ("start", "surprise"),
        ("exchanged", "accept"),
        ("exchanged", "done"),
    ],
)
def test_a_message_out_of_turn_is_cancelled(scene: Scene, ghana: Peer, come_to: str, kind: str) -> None:
    if come_to == "exchanged":
        ghana.exchanged()
    else:
        ghana.request()
    if come_to == "start":
        ghana.start()
    assert code_of(ghana.tell(kind, {"key": "x", "mac": {}, "keys": "x"})) == "m.unexpected_message"
    assert scene.bot.running == 0


def test_the_same_kind_again_with_other_content_is_cancelled(scene: Scene, ghana: Peer) -> None:
    ghana.request()
    ghana.start()
    assert code_of(ghana.start(hashes=["sha256", "md5"])) == "m.unexpected_message"


@pytest.mark.parametrize("key", ["", "!", "AAAA", "A" * 43, "half \ud800", 7])
def test_a_key_that_cannot_be_used_is_cancelled(scene: Scene, ghana: Peer, key: Any) -> None:
    """The last of the right length is the point of small order, with which everybody could compute the secret."""
    ghana.request()
    ghana.start()
    assert code_of(ghana.key(key)) == "m.invalid_message"
    assert scene.shown == []


def test_keys_other_than_those_known_are_cancelled(scene: Scene, ghana: Peer) -> None:
    ghana.exchanged()
    assert code_of(ghana.mac(GHANA_KEYS | {"ed25519:GHANA": "a forged key"})) == "m.key_mismatch"


def test_a_list_of_keys_that_was_changed_is_cancelled(scene: Scene, ghana: Peer) -> None:
    ghana.exchanged()
    assert code_of(ghana.mac(keys={"ed25519:GHANA": GHANA_KEYS["ed25519:GHANA"]}, mac={"ed25519:X": "AAAA"})) == (
        "m.key_mismatch"
    )


@pytest.mark.parametrize(
    "wishes", [{"mac": None}, {"mac": {"ed25519:GHANA": 1}}, {"mac": {"\ud800": "x"}}, {"keys": 1}]
)
def test_a_malformed_mac_is_cancelled(scene: Scene, ghana: Peer, wishes: dict[str, Any]) -> None:
    ghana.exchanged()
    assert code_of(ghana.tell("mac", {"mac": {}, "keys": "x"} | wishes)) == "m.invalid_message"


@pytest.mark.parametrize("steps", [0, 1, 2])
def test_the_other_side_may_give_up_at_any_time(scene: Scene, ghana: Peer, steps: int) -> None:
    ghana.request()
    every: list[Callable[[], list[ToSend]]] = [ghana.start, ghana.key]
    for step in every[:steps]:
        step()
    assert ghana.tell("cancel", {"code": "m.mismatched_sas", "reason": "the codes differ"}) == []
    assert scene.bot.running == 0
    assert ghana.tell("mac", {"mac": {}, "keys": "x"}) == []
    assert scene.bot.expire(NOW + timedelta(minutes=10)) == []


def test_a_second_request_of_a_device_ends_both(scene: Scene, ghana: Peer) -> None:
    ghana.request()
    second = scene.peer(transaction="second")
    sent = second.request()
    assert [(one.content["transaction_id"], one.content["code"]) for one in sent] == [
        ("transaction", "m.unexpected_message"),
        ("second", "m.unexpected_message"),
    ]
    assert kinds(scene.peer(transaction="third").request()) == ["ready"]


def test_one_person_cannot_keep_the_bot_from_all_others(scene: Scene) -> None:
    sent = [scene.peer(transaction=f"{number}", device=DeviceId(f"D{number}")).request() for number in range(5)]
    assert [kinds(one) for one in sent] == [["ready"]] * 3 + [["cancel"]] * 2
    assert code_of(sent[-1]) == "m.user"
    crowd = [scene.peer(user=UserId(f"@u{number}:example.org")).request() for number in range(98)]
    assert [kinds(one) for one in crowd] == [["ready"]] * 97 + [["cancel"]]
    assert scene.bot.running == 100


def test_an_encrypted_message_must_come_from_the_device_it_names(scene: Scene, ghana: Peer) -> None:
    ghana.proven = DeviceId("ANOTHER")
    assert code_of(ghana.request()) == "m.invalid_message"
    honest = scene.peer(transaction="honest", proven=GHANA_DEVICE)
    honest.request()
    honest.proven = DeviceId("ANOTHER")
    assert honest.tell("cancel", {"code": "m.user"}) == []
    honest.proven = GHANA_DEVICE
    assert kinds(honest.start()) == ["accept"]


def test_an_unknown_transaction_is_cancelled_device_to_device(scene: Scene, ghana: Peer) -> None:
    """As after a restart of the bot in the middle of a verification."""
    (cancel,) = sent = ghana.key()
    assert code_of(sent) == "m.unknown_transaction"
    assert cancel.device_id == EVERY_DEVICE
    assert ghana.tell("mac", {"mac": {}, "keys": "x"}) == [], "told once"
    for kind in ("cancel", "done"):
        assert scene.peer(transaction=kind).tell(kind) == []


def test_what_is_unknown_in_a_room_of_two_is_cancelled(scene: Scene) -> None:
    ghana = scene.peer(room=ROOM, transaction="$before-the-restart")
    (cancel,) = sent = ghana.tell("key", {"key": "x"}, alone=True)
    assert code_of(sent) == "m.unknown_transaction"
    assert cancel.room_id == ROOM
    assert cancel.content["m.relates_to"]["event_id"] == "$before-the-restart"


def test_strangers_who_fill_every_place_give_them_up_to_those_who_are_known(scene: Scene) -> None:
    scene.strangers = {UserId(f"@u{number}:example.org") for number in range(34)}
    for user in sorted(scene.strangers):
        for number in range(3):
            scene.peer(user=user, transaction=f"{user} {number}", device=DeviceId(f"D{number}")).request()
    assert scene.bot.running == 100
    cancelled, ready = scene.peer().request()
    assert cancelled.user in scene.strangers
    assert kinds([cancelled, ready]) == ["cancel", "ready"]
    assert ready.user == GHANA
    assert scene.bot.running == 100
    scene.strangers.add(UserId("@one-more:example.org"))
    refused = scene.peer(user=UserId("@one-more:example.org"), transaction="last").request()
    assert code_of(refused) == "m.user", "a stranger took the place of another, or of somebody who is known"


def test_those_who_are_known_take_no_places_from_each_other(scene: Scene) -> None:
    for number in range(100):
        scene.peer(user=UserId(f"@u{number}:example.org")).request()
    assert code_of(scene.peer().request()) == "m.user"
    assert scene.bot.running == 100
