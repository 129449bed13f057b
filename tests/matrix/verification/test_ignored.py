"""What the bot leaves alone: what is not for it, comes too late, or names nothing."""

from datetime import timedelta
from typing import Any

import pytest

from bot.matrix.verification import Received
from storage.ids import DeviceId
from tests.matrix.verification.peer import BOT, BOT_DEVICE, GHANA, NOW, ROOM, TOGO, Peer, Scene, kinds


@pytest.mark.parametrize("minutes", [-10, -60 * 24 * 365 * 100, 6, 60 * 24 * 365 * 100])
def test_a_request_out_of_time_is_ignored(scene: Scene, ghana: Peer, minutes: int) -> None:
    moment = int(NOW.timestamp() * 1000) + minutes * 60_000
    assert ghana.request(timestamp=moment) == []
    assert scene.peer(transaction="other").request(timestamp=10**400) == []
    in_room = scene.peer(room=ROOM, now=NOW + timedelta(minutes=min(max(minutes, -60), 60)))
    in_room.clock = NOW
    assert in_room.request() == []
    assert scene.bot.running == 0


def test_two_others_who_verify_each_other_in_a_room_are_left_alone(scene: Scene) -> None:
    ghana = scene.peer(room=ROOM)
    assert ghana.request(to=TOGO) == []
    assert ghana.request(to=TOGO, from_device=7) == []
    assert ghana.start() == []
    assert ghana.key() == []
    assert scene.bot.running == 0


@pytest.mark.parametrize("transaction", [None, 7, "", "half \ud800", "x" * 300, {}])
def test_what_names_no_transaction_is_ignored(scene: Scene, transaction: Any) -> None:
    content = {"transaction_id": transaction, "from_device": "GHANA", "methods": ["m.sas.v1"], "timestamp": 0}
    for kind in ("request", "start", "key"):
        assert scene.bot.receive(Received(GHANA, kind, content), NOW) == []
        related = {"m.relates_to": {"event_id": transaction}}
        assert scene.bot.receive(Received(GHANA, kind, related, room_id=ROOM), NOW) == []
        assert scene.bot.receive(Received(GHANA, kind, {"m.relates_to": transaction}, room_id=ROOM), NOW) == []


def test_the_own_echo_is_ignored(scene: Scene) -> None:
    assert scene.peer(user=BOT, device=BOT_DEVICE).request() == []
    assert kinds(scene.peer(user=BOT, device=DeviceId("OPERATOR")).request()) == ["ready"]
