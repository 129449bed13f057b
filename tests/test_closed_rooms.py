"""A room is closed in favour of another: the successor takes over when a coordinator says so, and not before."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot import outgoing
from bot.matrix.interface import Invite, Rejected, Throttled, Tombstone, Unavailable
from commands.alerts.circulating import arriving
from commands.base import Post
from commands.rooms import closing
from storage.alerts import AlertCard
from storage.ids import RoomId, UserId
from storage.outbox import OutboxRow, RowKind
from storage.rooms import Binding, BindingKind, Rooms
from tests.fakes import FakeRoom, Network, Reply

NEW = RoomId("!successor:test")
MOVE = f"!room move !belgium:test to={NEW}"


async def closes(net: Network, room: str = "belgium", successor: RoomId | None = NEW) -> None:
    """Close a room, in favour of one that the bot may join and whose people are the same."""
    old = net.gateway.rooms[net.room(room)]
    old.tombstoned, old.successor = True, successor
    if successor is not None:
        net.gateway.invitations[successor] = FakeRoom(successor, set(old.joined), "Belgium anew")
    await net.receive(Tombstone(net.room(room), successor))


async def coordinate(net: Network, text: str, room: str = "coordination") -> Reply:
    return await net.say(text, as_="coordinator", room=room)


async def bindings(net: Network, room: RoomId) -> list[str]:
    async with net.transaction() as tx:
        return [binding.value or binding.kind.value for binding in await Rooms(tx).of_room(room)]


async def alert(net: Network) -> None:
    await net.say("!alert CSQU3054383 at Tema, from Antwerp", room="ghana")
    await net.say("!alert send", room="ghana")


def said(net: Network, room: RoomId) -> list[str]:
    return [one.body for one in net.gateway.rooms[room].heard]


async def test_the_coordinators_hear_once_of_the_closing_and_the_successor(net: Network) -> None:
    await closes(net)
    await net.receive(Tombstone(net.room("belgium"), NEW))
    (told,) = net.heard("coordination")
    assert "“Belgium” (Belgium) was closed." in told.body
    assert f"!room move !belgium:test to={NEW}" in told.body
    assert await bindings(net, NEW) == []
    assert NEW not in net.gateway.rooms
    await alert(net)
    assert net.heard("belgium") == []
    assert "Belgium: NOT delivered, the room was closed" in net.heard("ghana")[-1].body
    assert len([one for one in net.heard("coordination") if "was closed." in one.body]) == 1


async def test_a_closing_that_the_bot_was_not_told_of_is_noticed_when_it_sends(net: Network) -> None:
    old = net.gateway.rooms[net.room("belgium")]
    old.tombstoned, old.successor = True, NEW
    await alert(net)
    assert len([one for one in net.heard("coordination") if f"to={NEW}" in one.body]) == 1


async def test_of_a_room_that_stands_for_nothing_nobody_is_told(net: Network) -> None:
    await net.add_room("lobby", {"ghana", "coordinator"})
    await closes(net, "lobby")
    assert net.heard("coordination") == []


async def test_a_closing_without_a_successor_says_what_to_do(net: Network) -> None:
    await closes(net, successor=None)
    (told,) = net.heard("coordination")
    assert "It names no successor." in told.body
    assert "!room unbind room=!belgium:test" in told.body
    assert "without naming a successor" in await coordinate(net, MOVE)


async def test_a_coordinator_confirms_and_the_successor_takes_over(net: Network) -> None:
    await closes(net)
    net.clear_heard()
    assert "I go into !successor:test" in await coordinate(net, MOVE)
    assert await bindings(net, NEW) == ["BE"]
    assert await bindings(net, net.room("belgium")) == []
    assert "“Belgium anew” has taken over" in net.heard("coordination")[-1].body
    (greeting,) = said(net, NEW)
    assert "concern Belgium" in greeting
    await alert(net)
    assert any("CSQU3054383" in body for body in said(net, NEW))
    assert net.heard("belgium") == []
    assert "stands for nothing" in await coordinate(net, MOVE)


async def test_open_alerts_go_on_in_the_successor(net: Network) -> None:
    await alert(net)
    card = net.heard("belgium")[0]
    await closes(net)
    await coordinate(net, MOVE)
    shown = net.gateway.rooms[NEW].heard
    (anew,) = [one for one in shown if "CSQU3054383" in one.body]
    assert anew.replaces is None
    await net.say("!alert note 1 the seal is broken", room="ghana")
    note = next(one for one in shown if "the seal is broken" in one.body)
    assert note.thread_root == anew.event_id != card.event_id
    assert "could not deliver" not in "\n".join(one.body for one in net.heard("coordination"))
    thread = await net.say("!alert ack", as_="belgium", room="belgium", thread=card.event_id)
    assert not thread.text  # nothing is answered in the closed room


CONTAINERS = ("CSQU3054383", "MSKU1234565", "TGHU7654327", "HLXU2345677", "MSCU1234566")


async def alerts(net: Network) -> None:
    for container in CONTAINERS:
        await net.say(f"!alert {container} at Tema, from Antwerp", room="ghana")
        await net.say("!alert send", room="ghana")
    await net.say("!alert close 2 outcome=unfounded the papers came", room="ghana")


async def shown_once(net: Network, room: RoomId) -> None:
    """Look that each open alert has one card in a room, and that what is said of it is said there once."""
    there = net.gateway.rooms[room].heard
    for container in CONTAINERS[:1] + CONTAINERS[2:]:
        (card,) = [one for one in there if container in one.body and one.replaces is None]
        assert card.thread_root is None
    before = len(there)
    for number in (1, 3, 4, 5):
        await net.say(f"!alert note {number} it is batteries", room="ghana")
        await net.forward(timedelta(minutes=1))
    assert len([one for one in there[before:] if "it is batteries" in one.body and one.replaces is None]) == 4


@pytest.mark.parametrize("size", [1, 2, 4])
async def test_what_was_said_for_years_is_taken_along_a_few_at_a_time(
    net: Network, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(closing, "_MOVED_AT_ONCE", size)
    monkeypatch.setattr(arriving, "_MOVED_AT_ONCE", size)
    await alerts(net)
    await net.say("!alert note 1 the seal is broken", room="ghana")
    assert len(await kept_for(net, net.room("belgium"))) > size
    await closes(net)
    await coordinate(net, MOVE)
    await net.forward(timedelta(minutes=1))
    assert await kept_for(net, net.room("belgium")) == []
    await shown_once(net, NEW)


async def test_what_the_successor_was_shown_before_is_said_there_once(net: Network) -> None:
    await net.add_room("successor", {"belgium"}, [(BindingKind.COUNTRY, "BE")])
    await alerts(net)
    await closes(net)
    del net.gateway.invitations[NEW]
    await coordinate(net, MOVE)
    await net.forward(timedelta(minutes=1))
    await shown_once(net, NEW)


@pytest.mark.parametrize("at_once", [2, 500])
async def test_what_was_too_much_to_show_is_said_once(
    net: Network, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(arriving, "AT_MOST", 2)
    monkeypatch.setattr(arriving, "_MOVED_AT_ONCE", at_once)
    await alerts(net)
    await closes(net)
    await coordinate(net, MOVE)
    await net.forward(timedelta(minutes=1))
    shown = said(net, NEW)
    assert [container for container in CONTAINERS if any(container in body for body in shown)] == [*CONTAINERS[3:]]
    assert len([body for body in shown if "older open alerts" in body]) == 1


async def kept_for(net: Network, room: RoomId) -> list[int]:
    async with net.transaction() as tx:
        rows = select(OutboxRow.id).where(OutboxRow.room_id == room, OutboxRow.user_id.is_(None))
        cards = select(AlertCard.row_id).where(AlertCard.room_id == room)
        return [*(await tx.session.scalars(rows)), *(await tx.session.scalars(cards))]


async def test_what_still_waited_for_the_closed_room_goes_to_the_successor(net: Network) -> None:
    net.fail_room("belgium", Unavailable("down"))
    await alert(net)
    await closes(net)
    net.now += timedelta(seconds=1)
    async with net.transaction() as tx:
        closed = await Rooms(tx).closed(net.room("belgium"))
    assert closed is not None
    await coordinate(net, MOVE)
    assert len([body for body in said(net, NEW) if "CSQU3054383" in body]) >= 1


async def test_an_invitation_that_had_to_wait_is_for_the_successor(
    net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[RoomId, UserId]] = []

    async def invite(room: RoomId, user: UserId) -> None:
        asked.append((room, user))
        if len(asked) == 1:
            raise Throttled(timedelta(minutes=5))

    monkeypatch.setattr(net.gateway, "invite", invite)
    late = net.person("belgium")
    async with net.transaction() as tx:
        wanted = Post(kind=RowKind.INVITE, room=net.room("belgium"), content={"user": late})
        await outgoing.write(tx, wanted, device=net.gateway.device, now=net.now)
    await net.settle()
    await closes(net)
    await coordinate(net, MOVE)
    await net.forward(timedelta(minutes=10))
    assert asked == [(net.room("belgium"), late), (NEW, late)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("!room move !belgium:test to=!other:test", "names !successor:test as its successor, not !other:test"),
        ("!room move !ghana:test to=!successor:test", "is not closed"),
        ("!room move !nowhere:test to=!successor:test", "stands for nothing"),
        ("!room move belgium to=!successor:test", "is no room id"),
    ],
)
async def test_only_what_the_closed_room_names_takes_over(net: Network, text: str, words: str) -> None:
    await closes(net)
    assert words in await coordinate(net, text)
    assert await bindings(net, net.room("belgium")) == ["BE"]
    assert NEW not in net.gateway.rooms


async def test_only_coordinators_confirm(net: Network) -> None:
    await closes(net)
    assert "is for coordinators" in await net.say(MOVE, as_="ghana", room="ghana")
    await net.receive(Invite(NEW, net.person("ghana")))
    assert NEW not in net.gateway.rooms
    assert await bindings(net, net.room("belgium")) == ["BE"]


async def test_an_invitation_alone_moves_nothing(net: Network) -> None:
    await closes(net)
    await net.receive(Invite(NEW, net.person("coordinator")))
    assert NEW in net.gateway.rooms
    assert await bindings(net, NEW) == []
    await coordinate(net, MOVE)
    assert await bindings(net, NEW) == ["BE"]


async def test_a_successor_that_the_bot_cannot_enter_takes_over_when_it_is_invited(
    net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    await closes(net)

    async def forbidden(_room: RoomId, **_via: Any) -> None:
        raise Rejected(403, "M_FORBIDDEN")

    with monkeypatch.context() as locked:
        locked.setattr(net.gateway, "join", forbidden)
        await coordinate(net, MOVE)
    assert await bindings(net, net.room("belgium")) == ["BE"]
    assert "I could not go into !successor:test. Let somebody there invite me" in "\n".join(
        one.body for one in net.heard("coordination")
    )
    await net.receive(Invite(NEW, net.person("belgium")))
    assert await bindings(net, NEW) == ["BE"]


async def test_a_confirmation_ends_with_the_right_to_it(net: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    await closes(net)
    await coordinate(net, "!member set @netherlands:test role=coordinator")

    async def forbidden(_room: RoomId, **_via: Any) -> None:
        raise Rejected(403, "M_FORBIDDEN")

    with monkeypatch.context() as locked:
        locked.setattr(net.gateway, "join", forbidden)
        await net.say(MOVE, as_="netherlands")
    await coordinate(net, "!member set @netherlands:test role=official")
    await net.receive(Invite(NEW, net.person("belgium")))
    assert await bindings(net, NEW) == []
    assert await bindings(net, net.room("belgium")) == ["BE"]
    await net.receive(Invite(NEW, net.person("coordinator")))
    assert await bindings(net, NEW) == [], "whoever invites does not decide it"
    await coordinate(net, MOVE)
    assert await bindings(net, NEW) == ["BE"]


async def test_a_confirmation_does_not_count_for_another_successor(
    net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    await closes(net)

    async def unreachable(_room: RoomId, **_via: Any) -> None:
        raise Unavailable("down")

    with monkeypatch.context() as down:
        down.setattr(net.gateway, "join", unreachable)
        await coordinate(net, MOVE)
    other = RoomId("!trap:test")
    await closes(net, successor=other)
    await net.receive(Invite(other, net.person("ghana")))
    net.now += timedelta(minutes=10)
    await net.settle()
    assert await bindings(net, other) == []
    assert await bindings(net, NEW) == []
    assert await bindings(net, net.room("belgium")) == ["BE"]


async def test_what_the_successor_stood_for_before_stays(net: Network) -> None:
    await closes(net)
    net.gateway.rooms[NEW] = net.gateway.invitations.pop(NEW)
    async with net.transaction() as tx:
        for kind, value in ((BindingKind.COUNTRY, "BE"), (BindingKind.COUNTRY, "LU")):
            await Rooms(tx).bind(
                Binding(room_id=NEW, kind=kind, value=value, bound_by=net.person("coordinator"), bound_at=net.now)
            )
    await coordinate(net, MOVE)
    assert await bindings(net, NEW) == ["BE", "LU"]
    assert await bindings(net, net.room("belgium")) == []


async def test_the_coordination_room_itself_is_closed(net: Network) -> None:
    await closes(net, "coordination")
    assert net.heard("coordination") == []
    assert "“Coordination” (coordination) was closed." in (await net.heard_by("coordinator"))[-1].body
    await net.say(f"room move !coordination:test to={NEW}", as_="coordinator")
    assert await bindings(net, NEW) == ["coordination"]


# What people had in the closed room


async def test_reminders_come_in_the_successor(net: Network) -> None:
    start = await net.say("!remind list", as_="belgium", room="belgium")
    await net.say("!remind me in 2h call Tema", as_="belgium", room="belgium", thread=start.event_id)
    await net.say("!remind me in 3h for me alone", as_="belgium")
    await closes(net)
    await coordinate(net, MOVE)
    await net.forward(timedelta(hours=3))
    (there,) = [one for one in net.gateway.rooms[NEW].heard if "call Tema" in one.body]
    assert there.thread_root is None, "the thread stayed behind"
    (alone,) = [one.body for one in await net.heard_by("belgium") if "you asked me to remind you" in one.body]
    assert "for me alone" in alone


async def test_a_reminder_of_a_closed_room_that_nothing_took_over_from_comes_in_the_direct_chat(net: Network) -> None:
    await net.say("!remind me in 2h call Tema", as_="belgium", room="belgium")
    await net.direct("belgium")
    await closes(net)
    await net.forward(timedelta(hours=2))
    assert net.heard("belgium")[-1].body.startswith("I will remind you")
    await net.forward(timedelta(days=2))
    (told,) = [one.body for one in await net.heard_by("belgium") if "you asked me to remind you" in one.body]
    assert "call Tema" in told


async def test_guests_are_not_taken_along_and_the_coordinators_are_told_who_they_were(net: Network) -> None:
    assert "may read" in await coordinate(net, "!room allow @stranger:test room=!belgium:test")
    await closes(net)
    net.clear_heard()
    await coordinate(net, MOVE)
    told = net.heard("coordination")[-1].body
    assert "@stranger:test was allowed to read there" in told
    assert f"!room allow @stranger:test room={NEW}" in told
    async with net.transaction() as tx:
        assert await Rooms(tx).guests(NEW) == []


async def test_the_server_of_whoever_invites_is_asked_for_the_room(net: Network) -> None:
    await coordinate(net, "!member add @co:far.example role=coordinator country=GH authority=EPA kind=environment")
    there = RoomId("!there")
    net.gateway.invitations[there] = FakeRoom(there, set(), "There")
    await net.receive(Invite(there, UserId("@co:far.example")))
    assert net.gateway.joined_via[there] == ["far.example"]
