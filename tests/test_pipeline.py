"""The way of one message: who is heard, what is asked, what is refused, and that each happens once."""

from datetime import timedelta

import pytest

from bot.matrix.interface import (
    Invite,
    Message,
    Rejected,
    RoomUnsafe,
    Throttled,
    Trust,
    Unavailable,
    Unreadable,
    WhyUnsafe,
)
from storage.ids import DeviceId, EventId, RoomId, UserId
from storage.outbox import Outbox, RowState
from tests.fakes import FakeRoom, Network, Reply


async def test_a_member_gets_an_answer_in_the_room_and_in_the_direct_chat(net: Network) -> None:
    assert "help" in await net.say("!help", as_="ghana", room="ghana")
    assert "help" in await net.say("help", as_="ghana")


async def test_an_answer_stands_where_the_command_stands(net: Network) -> None:
    """In its thread, or else as a reply to it, without the words of the command: some clients would execute them."""
    root = EventId("$somebody-s-thread")
    (inside,) = (await net.say("!me", room="ghana", thread=root)).messages
    assert (inside.thread_root, inside.reply_to) == (root, None)
    asked = await net.say("!me", room="ghana")
    (outside,) = asked.messages
    assert (outside.thread_root, outside.reply_to) == (None, asked.event_id)
    for answer in (inside, outside):
        assert "!me" not in answer.body.splitlines()[0]
        assert "mx-reply" not in answer.html


async def test_text_that_is_no_command_is_left_alone(net: Network) -> None:
    assert (await net.say("good morning", room="ghana")).text == ""
    assert (await net.say("!!! look at this", room="ghana")).text == ""


async def test_a_mention_needs_no_prefix(net: Network) -> None:
    assert "help" in await net.say("help", room="ghana", mentioned=True)


async def test_a_stranger_is_refused_once_and_told_whom_to_ask(net: Network) -> None:
    first = await net.say("!help", as_="stranger", room="network")
    assert "@coordinator:test" in first
    assert first.messages[0].mentions == ()
    assert (await net.say("!help", as_="stranger", room="network")).text == ""


async def test_an_unsigned_device_reads_and_changes_nothing(net: Network) -> None:
    assert "help" in await net.say("!help", trust=Trust.UNSIGNED)
    refused = await net.say("!me name=Mallory", trust=Trust.UNSIGNED)
    assert "not verified" in refused
    assert "Mallory" not in await net.say("!me")


async def test_clear_text_in_an_encrypted_room_is_not_heard(net: Network) -> None:
    assert (await net.say("!help", room="ghana", trust=Trust.CLEAR)).text == ""


async def test_a_room_without_encryption_is_refused_once(net: Network) -> None:
    await net.add_room("open", {"ghana", "coordinator"}, encrypted=False)
    assert "not encrypted" in await net.say("!help", room="open")
    assert (await net.say("!help", room="open")).text == ""


async def test_a_repeated_event_is_executed_once(net: Network) -> None:
    first = await net.say("!help")
    again = await net.say("!help", event_id=first.event_id)
    assert first.text
    assert again.text == ""


async def test_an_unknown_command_is_met_with_the_nearest(net: Network) -> None:
    assert "Did you mean !remind" in await net.say("!remnid", room="ghana")


async def test_a_late_command_is_not_executed_but_asked_about(net: Network) -> None:
    late = await net.say("!me name=Late", sent_at=net.now - timedelta(minutes=16))
    assert "Do you still mean it" in late
    assert "me name=Late" in late
    assert "Late" not in await net.say("!me")
    await net.say("!me name=Late", sent_at=net.now - timedelta(minutes=20))
    assert "Late" in await net.say("yes")


async def test_a_late_command_may_be_left(net: Network) -> None:
    await net.say("!me name=Late", sent_at=net.now - timedelta(hours=3))
    assert "leave it" in await net.say("no")
    assert "Late" not in await net.say("!me")


async def test_a_missing_argument_is_asked_for_in_the_thread(net: Network) -> None:
    asked = await net.say("!remind me", room="ghana")
    assert asked.messages[0].thread_root == asked.event_id
    assert (await net.say("tomorrow 09:00", room="ghana", thread=asked.event_id, as_="ghana2")).text == ""
    asked_again = await net.say("tomorrow 09:00", room="ghana", thread=asked.event_id)
    assert asked_again.messages[0].thread_root == asked.event_id
    done = await net.say("call Rotterdam", room="ghana", thread=asked.event_id)
    assert "Tue 24 Nov 2026" in done


async def test_an_answer_that_comes_late_answers_nothing(net: Network) -> None:
    asked = await net.say("!announce to=all hello", as_="coordinator", room="coordination")
    assert "Answer send or cancel" in asked
    net.now += timedelta(minutes=16)
    thread, sent_at = asked.event_id, net.now - timedelta(minutes=15, seconds=1)
    late = await net.say("send", as_="coordinator", room="coordination", thread=thread, sent_at=sent_at)
    assert "Your answer reached me late, so I did nothing." in late
    assert net.heard("network") == []
    await net.say("send", as_="coordinator", room="coordination", thread=thread)
    assert "hello" in net.heard("network")[-1].body


async def test_a_question_is_given_up_after_half_an_hour(net: Network) -> None:
    asked = await net.say("!remind me", room="ghana")
    await net.forward(timedelta(minutes=31))
    assert "stopped waiting" in net.heard("ghana")[-1].body
    assert (await net.say("tomorrow 09:00", room="ghana", thread=asked.event_id)).text == ""


async def test_an_invitation_is_followed_from_a_coordinator_only(net: Network) -> None:
    for inviter in ("ghana", "coordinator"):
        room_id = RoomId(f"!invited-by-{inviter}:test")
        net.gateway.invitations[room_id] = FakeRoom(room_id, {net.person(inviter)})
        await net.receive(Invite(room_id, net.person(inviter)))
        assert (room_id in net.gateway.rooms) == (inviter == "coordinator")


async def test_a_flood_of_invitations_is_ignored(net: Network) -> None:
    rooms = [RoomId(f"!flood{number}:elsewhere") for number in range(50)]
    strangers = [UserId(f"@stranger{number}:elsewhere") for number in range(50)]
    for room_id in rooms:
        net.gateway.invitations[room_id] = FakeRoom(room_id, set())
    await net.receive(*(Invite(room_id, inviter) for room_id, inviter in zip(rooms, strangers, strict=True)))
    assert not net.gateway.rooms.keys() & set(rooms)
    assert net.gateway.sent_order == [], "and nobody is bothered with it"
    assert "Ama Example" in await net.say("!me", room="ghana")


async def test_a_throttled_answer_waits_as_long_as_it_is_told(net: Network) -> None:
    net.fail_room("ghana", Throttled(timedelta(seconds=30)))
    assert (await net.say("!help", room="ghana")).text == ""
    net.fail_room("ghana", None)
    net.now += timedelta(seconds=29)
    await net.settle()
    assert net.heard("ghana") == []
    net.now += timedelta(seconds=2)
    await net.settle()
    assert len(net.heard("ghana")) == 1


async def test_an_unreachable_homeserver_is_tried_again_and_the_room_sees_it_once(net: Network) -> None:
    net.fail_room("ghana", Unavailable("down"))
    await net.say("!help", room="ghana")
    net.fail_room("ghana", None)
    net.now += timedelta(minutes=1)
    await net.settle()
    assert len(net.heard("ghana")) == 1


async def test_what_cannot_be_delivered_is_said_to_the_coordinators_and_the_sender(net: Network) -> None:
    net.fail_room("ghana", RoomUnsafe(WhyUnsafe.TOMBSTONED))
    await net.say("!help", room="ghana")
    assert "could not deliver" in net.heard("coordination")[-1].body
    assert "could not deliver" in (await net.heard_by("ghana"))[-1].body


async def test_a_failed_loss_report_is_not_reported_again(net: Network) -> None:
    net.fail_room("ghana", Rejected(403, "M_FORBIDDEN"))
    net.fail_room("coordination", Rejected(403, "M_FORBIDDEN"))
    await net.say("!help", room="ghana")
    assert len(await net.heard_by("ghana")) == 1


async def start_anew_before_the_answer_was_marked(net: Network, reply: Reply) -> None:
    """Go on with another device, and with the answer as it was before anybody knew that it had been sent."""
    async with net.transaction() as tx:
        row = await Outbox(tx).by_event(reply.messages[0].event_id)
        assert row is not None
        row.state = RowState.PENDING
        row.event_id = None
    net.gateway.device = DeviceId("NEW")


async def test_a_new_device_looks_for_what_the_old_one_may_have_sent(net: Network) -> None:
    reply = await net.say("!help", room="ghana")
    await start_anew_before_the_answer_was_marked(net, reply)
    await net.settle()
    assert len(net.heard("ghana")) == 1
    async with net.transaction() as tx:
        found = await Outbox(tx).by_event(reply.messages[0].event_id)
        assert found is not None


async def test_a_message_whose_key_comes_late_is_answered_once_it_can_be_read(net: Network) -> None:
    unreadable = Unreadable(net.gateway.event_id(), net.room("ghana"), net.person("ghana"), net.now, "no key")
    await net.receive(unreadable)
    assert net.heard("ghana") == []
    message = Message(
        event_id=unreadable.event_id,
        room_id=unreadable.room_id,
        sender=unreadable.sender,
        sent_at=net.now,
        body="!help",
        trust=Trust.SIGNED,
        device_id=DeviceId("PHONE"),
        room_encrypted=True,
        direct=False,
        mentioned=False,
    )
    await net.receive(message)
    await net.receive(unreadable, message)
    assert len(net.heard("ghana")) == 1


async def test_a_removed_person_gets_nothing_that_was_still_waiting(net: Network) -> None:
    await net.direct("ghana")
    room = await net.gateway.direct_room(net.person("ghana"))
    assert room is not None
    net.gateway.rooms[room].failure = Unavailable("down")
    await net.say("!remind me in 1 minutes call Tema", as_="ghana", room="ghana")
    await net.say("!member remove @ghana:test", as_="coordinator", room="coordination")
    before = len(await net.heard_by("ghana"))
    net.gateway.rooms[room].failure = None
    await net.forward(timedelta(hours=1))
    assert len(await net.heard_by("ghana")) == before


async def test_another_command_escapes_a_question_in_a_direct_chat(net: Network) -> None:
    await net.say("remind me", as_="ghana")
    assert "!help" in await net.say("help", as_="ghana")
    assert "Name" in await net.say("me", as_="ghana")


async def test_a_look_for_what_the_old_device_sent_is_made_again_when_it_fails(
    net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    reply = await net.say("!help", room="ghana")
    await start_anew_before_the_answer_was_marked(net, reply)

    async def unreachable(room_id: RoomId, transaction_id: str) -> None:
        raise Unavailable(f"{room_id} {transaction_id}")

    with monkeypatch.context() as failing:
        failing.setattr(net.gateway, "find_sent", unreachable)
        await net.settle()
    net.now += timedelta(minutes=1)
    await net.settle()
    assert len(net.heard("ghana")) == 1
