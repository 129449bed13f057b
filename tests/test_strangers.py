"""Somebody on no roster in a room: what is held back there, who decides, and what goes out then."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from bot.matrix.interface import MembershipChange, Sent, Unavailable
from storage.audit import Audit
from storage.ids import RoomId
from storage.outbox import TOPIC, Failure, Lanes, Outbox, RowState
from tests.fakes import Network, Reply

ALERT = "!alert CSQU3054383 at Tema, from Antwerp"


async def lets_in(net: Network, whom: str, room: str, *, invited: bool = False) -> None:
    """Let somebody into a room without the bot hearing of it: the sender looks for itself."""
    facts = net.gateway.rooms[net.room(room)]
    (facts.invited if invited else facts.joined).add(net.person(whom))


async def leaves(net: Network, whom: str, room: str) -> None:
    net.gateway.rooms[net.room(room)].joined.discard(net.person(whom))
    await net.receive(MembershipChange(net.room(room), net.person(whom), joined=False))


async def alert(net: Network, extra: str = "") -> None:
    await net.say(f"{ALERT} {extra}", room="ghana")
    await net.say("!alert send", room="ghana")


async def coordinate(net: Network, text: str, room: str = "coordination") -> Reply:
    return await net.say(text, as_="coordinator", room=room)


def bodies(net: Network, room: str) -> str:
    return "\n".join(one.body for one in net.heard(room))


@pytest.mark.parametrize("invited", [False, True])
async def test_a_stranger_stops_an_alert_in_that_room_and_only_there(net: Network, *, invited: bool) -> None:
    await lets_in(net, "stranger", "belgium", invited=invited)
    await alert(net)
    assert net.heard("belgium") == []
    assert "CSQU3054383" in bodies(net, "ghana")
    assert "CSQU3054383" in bodies(net, "coordination")
    report = net.heard("ghana")[-1].body
    assert "Belgium: waits, because somebody who is on no roster is in the room" in report


async def test_the_coordinators_are_told_once_who_it_is_and_nothing_of_what_waits(net: Network) -> None:
    await lets_in(net, "stranger", "belgium")
    await alert(net)
    told = [one.body for one in net.heard("coordination") if "on no roster" in one.body]
    assert len(told) == 1
    assert "@stranger:test, who is on no roster, can read in “Belgium” (Belgium)." in told[0]
    assert "1 message waits" in told[0]
    assert "!room allow @stranger:test room=!belgium:test" in told[0]
    for secret in ("CSQU3054383", "A-2026", "Tema", "Antwerp", "lert"):
        assert secret not in told[0]
    await net.say("!alert note 1 the seal is broken", room="ghana")
    await net.forward(timedelta(hours=1))
    assert len([one for one in net.heard("coordination") if "can read in" in one.body]) == 1
    await lets_in(net, "mallory", "belgium")
    await net.say("!alert note 1 opened", room="ghana")
    await net.forward(timedelta(minutes=6))
    told = [one.body for one in net.heard("coordination") if "can read in" in one.body]
    assert len(told) == 2
    assert "@mallory:test" in told[1]
    assert "@stranger:test" not in told[1]


async def test_allowing_the_person_releases_what_waited_in_order(net: Network) -> None:
    await lets_in(net, "stranger", "belgium")
    await alert(net)
    await net.say("!alert note 1 first note", room="ghana")
    await net.say("!alert note 1 second note", room="ghana")
    assert net.heard("belgium") == []
    reply = await coordinate(net, "!room allow @stranger:test room=!belgium:test")
    assert "@stranger:test may read what I say in “Belgium” from now on." in reply
    heard = [one.body for one in net.heard("belgium") if one.replaces is None]
    assert "CSQU3054383" in heard[0]
    assert [("first" in one, "second" in one) for one in heard[1:]] == [(True, False), (False, True)]
    await net.say("!alert note 1 third note", room="ghana")
    assert "third note" in bodies(net, "belgium")
    async with net.transaction() as tx:
        (line,) = await Audit(tx).lines("room:!belgium:test")
    assert (line.actor, line.action, line.details) == ("@coordinator:test", "guest allowed", {"user": "@stranger:test"})


@pytest.mark.parametrize("how", ["leaves", "roster"])
async def test_what_waits_goes_out_when_the_person_leaves_or_joins_the_roster(net: Network, how: str) -> None:
    await lets_in(net, "stranger", "belgium")
    await alert(net)
    assert net.heard("belgium") == []
    if how == "leaves":
        await leaves(net, "stranger", "belgium")
    else:
        await coordinate(net, "!member add @stranger:test role=member country=BE authority=OVAM kind=environment")
    assert "CSQU3054383" in bodies(net, "belgium")


async def test_what_waits_is_looked_at_again_at_intervals(net: Network) -> None:
    await lets_in(net, "stranger", "belgium")
    await alert(net)
    net.gateway.rooms[net.room("belgium")].joined.discard(net.person("stranger"))
    assert net.heard("belgium") == []
    net.now += timedelta(minutes=6)
    await net.settle()
    assert "CSQU3054383" in bodies(net, "belgium")


async def test_one_room_is_allowed_and_no_other(net: Network) -> None:
    for room in ("belgium", "network"):
        await lets_in(net, "stranger", room)
    await coordinate(net, "!room allow @stranger:test", room="belgium")
    await alert(net, "tlp=green")
    assert "CSQU3054383" in bodies(net, "belgium")
    assert "CSQU3054383" not in bodies(net, "network")


async def test_what_was_allowed_is_shown_and_taken_back(net: Network) -> None:
    await lets_in(net, "stranger", "belgium")
    assert "On no roster: @stranger:test" in await coordinate(net, "!room show room=!belgium:test")
    await coordinate(net, "!room allow @stranger:test", room="belgium")
    assert "Co Ordinator allows @stranger:test" in net.heard("coordination")[-1].body
    assert "already" in await coordinate(net, "!room allow @stranger:test room=!belgium:test")
    shown = await coordinate(net, "!room show", room="belgium")
    assert "@stranger:test, since" in shown
    assert "by @coordinator:test" in shown
    assert "On no roster" not in shown
    reply = await coordinate(net, "!room disallow @stranger:test", room="belgium")
    assert "may no longer read" in reply
    assert "I hold back what I have to say" in reply
    assert "no longer allows @stranger:test" in net.heard("coordination")[-1].body
    await alert(net)
    assert "CSQU3054383" not in bodies(net, "belgium")
    assert "never allowed" in await coordinate(net, "!room disallow @stranger:test", room="belgium")


@pytest.mark.parametrize("command", ["!room allow @stranger:test", "!room disallow @stranger:test", "!room show"])
async def test_it_is_a_coordinators_decision(net: Network, command: str) -> None:
    await lets_in(net, "stranger", "belgium")
    assert "is for coordinators" in await net.say(command, as_="belgium", room="belgium")
    await alert(net)
    assert "CSQU3054383" not in bodies(net, "belgium")


async def test_who_needs_no_leave_gets_none(net: Network) -> None:
    assert "is on the roster" in await coordinate(net, "!room allow @ghana:test", room="belgium")
    assert "That is me" in await coordinate(net, "!room allow @sesn:test", room="belgium")
    assert "In which room?" in await net.say("room allow @stranger:test", as_="coordinator")
    assert "no room id" in await net.say("room allow @stranger:test room=ghana", as_="coordinator")


async def test_a_removed_member_is_a_stranger_from_that_moment_on(net: Network) -> None:
    await coordinate(net, "!member remove @belgium:test")
    await alert(net)
    assert "CSQU3054383" not in bodies(net, "belgium")
    assert "@belgium:test, who is on no roster, can read in “Belgium”" in bodies(net, "coordination")
    assert "CSQU3054383" in bodies(net, "ghana")


async def test_what_everybody_may_know_goes_out(net: Network) -> None:
    for room in ("belgium", "ghana"):
        await lets_in(net, "stranger", room)
    assert "@coordinator:test" in await net.say("!help", as_="stranger", room="belgium")
    assert "What you can do" in await net.say("!help", as_="belgium", room="belgium")
    assert "is for coordinators" in await net.say("!room list", as_="belgium", room="belgium")
    await net.say(ALERT + " tlp=clear", as_="ghana")
    await net.say("alert send", as_="ghana")
    await net.say("alert note 1 the seal is broken", as_="ghana")
    for room in ("belgium", "ghana"):
        assert "CSQU3054383" in bodies(net, room)
        assert "the seal is broken" in bodies(net, room)
        assert "Ama Example" not in bodies(net, room)  # whoever wrote it is not for everybody


async def test_help_does_not_wait_behind_what_is_held_back(net: Network) -> None:
    await lets_in(net, "stranger", "belgium")
    await alert(net)
    assert "What you can do" in await net.say("!help", as_="belgium", room="belgium")
    assert not (await net.say("!alert show 1", as_="belgium", room="belgium")).text
    assert "CSQU3054383" not in bodies(net, "belgium")


async def test_what_is_marked_clear_does_not_overtake_what_is_held_back(net: Network) -> None:
    await lets_in(net, "stranger", "belgium")
    await alert(net)
    await net.say("!alert MSKU1234565 at Tema, from Antwerp tlp=clear", room="ghana")
    await net.say("!alert send 2", room="ghana")
    assert net.heard("belgium") == []
    await coordinate(net, "!room allow @stranger:test room=!belgium:test")
    heard = [one.body for one in net.heard("belgium") if one.replaces is None]
    assert "CSQU3054383" in heard[0]
    assert "MSKU1234565" in heard[1]


async def test_a_clear_card_on_its_way_is_held_back_once_its_marking_is_stricter(net: Network) -> None:
    await lets_in(net, "stranger", "belgium")
    net.fail_room("belgium", Unavailable("down"))
    await alert(net, "tlp=clear")
    await net.say("!alert set 1 tlp=amber declared=secret", room="ghana")
    net.fail_room("belgium", None)
    net.now += timedelta(minutes=10)
    await net.settle()
    assert net.heard("belgium") == []
    await leaves(net, "stranger", "belgium")
    assert "secret" in bodies(net, "belgium")


async def test_nobody_decides_and_it_is_given_up_loudly() -> None:
    async with Network.open(sending={"give_up_after": "2h"}) as net:
        await lets_in(net, "stranger", "belgium")
        await alert(net)
        await net.say("!alert note 1 the seal is broken", room="ghana")
        async with net.transaction() as tx:
            waiting = await Lanes(tx).count_held()
        assert waiting >= 1
        for _step in range(30):
            net.now += timedelta(minutes=5)
            await net.settle()
        assert net.heard("belgium") == []
        lost = [one.body for one in net.heard("coordination") if "could not deliver" in one.body]
        assert "“Belgium”" in lost[0] or "Belgium" in lost[0]
        assert "on no roster" in lost[0]
        assert "CSQU3054383" not in lost[0]
        assert "NOT delivered, somebody who is on no roster" in bodies(net, "ghana")
        async with net.transaction() as tx:
            card = (await Outbox(tx).about("alert:1", "card"))[1]
            assert (card.state, card.failure) == (RowState.GIVEN_UP, Failure.STRANGERS)
            lines = [line for line in await Outbox(tx).about("alert:1", "line") if line.room_id == net.room("belgium")]
            assert lines[0].failure is Failure.STRANGERS


async def test_who_comes_in_between_the_look_and_the_sending_reads_nothing(
    net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = net.gateway.send

    async def too_late(room: RoomId, content: Mapping[str, Any], transaction: str, **how: Any) -> Sent:
        if room == net.room("belgium"):
            assert how["readers"] == {net.person("belgium"), net.person("coordinator")}
            net.gateway.rooms[room].joined.add(net.person("stranger"))
        return await send(room, content, transaction, **how)

    with monkeypatch.context() as racing:
        racing.setattr(net.gateway, "send", too_late)
        await alert(net)
    assert net.heard("belgium") == []
    assert "@stranger:test, who is on no roster, can read in “Belgium”" in bodies(net, "coordination")
    await leaves(net, "stranger", "belgium")
    assert "CSQU3054383" in bodies(net, "belgium")


async def test_a_member_who_comes_in_between_stops_nothing(net: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    send = net.gateway.send

    async def in_between(room: RoomId, content: Mapping[str, Any], transaction: str, **how: Any) -> Sent:
        if room == net.room("belgium"):
            net.gateway.rooms[room].joined.add(net.person("ghana2"))
        return await send(room, content, transaction, **how)

    monkeypatch.setattr(net.gateway, "send", in_between)
    await alert(net)
    assert "CSQU3054383" in bodies(net, "belgium")
    assert "on no roster" not in bodies(net, "coordination")


async def test_a_stranger_in_the_coordination_room_is_told_to_each_coordinator(net: Network) -> None:
    await lets_in(net, "stranger", "coordination")
    await alert(net)
    assert net.heard("coordination") == []
    (told,) = await net.heard_by("coordinator")
    assert "@stranger:test, who is on no roster, can read in “Coordination”" in told.body
    assert "CSQU3054383" not in told.body
    await coordinate(net, "!room allow @stranger:test")
    assert "CSQU3054383" in bodies(net, "coordination")


async def test_a_room_that_may_not_be_sent_to_anyway_is_given_up_at_once(net: Network) -> None:
    await lets_in(net, "stranger", "belgium")
    net.gateway.rooms[net.room("belgium")].world_readable = True
    await alert(net)
    assert "Belgium: NOT delivered, everybody can read the room" in bodies(net, "ghana")


async def test_who_comes_back_is_told_of_again(net: Network) -> None:
    await lets_in(net, "stranger", "belgium")
    await alert(net)
    await leaves(net, "stranger", "belgium")
    await lets_in(net, "stranger", "belgium")
    await net.say("!alert note 1 the seal is broken", room="ghana")
    assert len([one for one in net.heard("coordination") if "can read in “Belgium”" in one.body]) == 2


async def test_members_are_still_invited_while_something_is_held_back(net: Network) -> None:
    await lets_in(net, "stranger", "belgium")
    await alert(net)
    await coordinate(net, "!member add @new:test role=member country=BE authority=OVAM kind=environment")
    assert net.person("new") in net.gateway.rooms[net.room("belgium")].invited
    assert net.heard("belgium") == []


async def test_who_may_later_read_what_was_said_is_told_once_a_room(net: Network) -> None:
    for room in ("belgium", "ghana"):
        net.gateway.rooms[net.room(room)].shared_history = True
    await net.say("!me", as_="belgium", room="belgium")
    await net.say("!me", as_="belgium", room="belgium")
    (told,) = net.heard("coordination")
    assert "Who comes into “Belgium” (Belgium) later may be given what was said there before." in told.body
    assert "members only" in told.body
    await net.say("!me", as_="ghana", room="ghana")
    assert len(net.heard("coordination")) == 2
    net.restart()
    await net.say("!me", as_="belgium", room="belgium")
    assert len(net.heard("coordination")) == 2, "nor again after a restart"


async def test_the_sender_is_told_where_something_may_go_out_now(net: Network) -> None:
    await lets_in(net, "stranger", "belgium")
    await alert(net)
    lanes: set[str] = set()
    net.database.listen(TOPIC, lanes.update)
    async with net.transaction() as tx:
        await Lanes(tx).try_held_again(net.room("belgium"))
        await Lanes(tx).try_held_again(net.room("ghana"))
    assert lanes == {net.room("belgium")}
