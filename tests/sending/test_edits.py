"""Edits: they wait for what they edit, the last of several is sent, and nobody is notified anew."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from bot.matrix.interface import Rejected, Sent, Unavailable
from bot.sender.trying import as_edit
from storage.ids import EventId, RoomId
from storage.outbox import Outbox, RowState
from tests.fakes import Network
from tests.sending.helping import bodies, post, row_of


async def test_an_edit_of_what_was_never_sent_is_left_out(net: Network) -> None:
    net.fail_room("ghana", Rejected(400, "M_UNKNOWN"))
    first = await post(net, "first")
    await net.settle()
    net.fail_room("ghana", None)
    edit = await post(net, "edited", replaces=first)
    await post(net, "after")
    await net.settle()
    assert (await row_of(net, edit)).state is RowState.DROPPED
    assert bodies(net) == ["after"]


async def test_an_edit_waits_for_what_it_edits_and_only_the_last_of_several_is_sent(net: Network) -> None:
    net.fail_room("ghana", Unavailable("down"))
    first = await post(net, "first")
    edits = [await post(net, f"edit {number}", replaces=first) for number in range(4)]
    await net.settle()
    assert bodies(net) == []
    net.fail_room("ghana", None)
    net.now += timedelta(minutes=1)
    await net.settle()
    # What waited is said as it is now, never first as it was.
    assert bodies(net) == ["edit 3", "edit 3"]
    heard = net.heard("ghana")
    assert heard[1].replaces == heard[0].event_id
    assert [(await row_of(net, edit)).state for edit in edits] == [RowState.DROPPED] * 3 + [RowState.SENT]


async def test_an_edit_waits_for_a_message_that_another_lane_has_not_sent_yet(net: Network) -> None:
    net.fail_room("ghana", Unavailable("down"))
    first = await post(net, "first")
    edit = await post(net, "edited", replaces=first)
    async with net.transaction() as tx:
        row = await Outbox(tx).get(edit)
        assert row is not None
        row.lane = "another lane"
    await net.settle()
    assert (await row_of(net, edit)).state is RowState.PENDING
    net.fail_room("ghana", None)
    for _try in range(4):
        net.now += timedelta(minutes=1)
        await net.settle()
    assert bodies(net) == ["edited", "edited"]
    assert net.heard("ghana")[1].replaces == net.heard("ghana")[0].event_id


async def test_an_edit_that_was_tried_is_not_overtaken_because_it_may_be_there(net: Network) -> None:
    first = await post(net, "first")
    await net.settle()
    net.fail_room("ghana", Unavailable("the answer was lost"))
    tried = await post(net, "tried", replaces=first)
    await net.settle()
    await post(net, "newest", replaces=first)
    net.fail_room("ghana", None)
    net.now += timedelta(minutes=1)
    await net.settle()
    assert (await row_of(net, tried)).state is RowState.SENT
    # Whether the homeserver has the one that was tried or makes it now, the newest comes after it.
    assert bodies(net) == ["first", "newest", "newest"]


async def test_an_edit_notifies_nobody_anew(net: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[Mapping[str, Any]] = []
    send = net.gateway.send

    async def kept(room: RoomId, content: Mapping[str, Any], transaction: str, **how: Any) -> Sent:
        sent.append(content)
        return await send(room, content, transaction, **how)

    monkeypatch.setattr(net.gateway, "send", kept)
    first = await post(net, "first", thread_root=EventId("$root"))
    await net.settle()
    await post(net, "second", replaces=first)
    await net.settle()
    original, edit = sent
    assert original["m.relates_to"] == {"rel_type": "m.thread", "event_id": "$root"}
    assert edit["m.relates_to"]["rel_type"] == "m.replace"
    assert edit["m.mentions"] == edit["m.new_content"]["m.mentions"] == {}
    assert edit["body"] == "* second"
    assert edit["m.new_content"]["body"] == "second"


def test_who_is_named_in_an_edit_was_notified_by_what_it_edits() -> None:
    content = {"body": "Ama is asked", "formatted_body": "Ama is asked", "m.mentions": {"user_ids": ["@ghana:test"]}}
    edit = as_edit(content, {"rel_type": "m.replace", "event_id": "$card"})
    assert edit["m.mentions"] == edit["m.new_content"]["m.mentions"] == {}
    assert content["m.mentions"] == {"user_ids": ["@ghana:test"]}, "which is as it was"
