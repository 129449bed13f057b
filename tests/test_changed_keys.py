"""A member whose security keys change: obeyed in nothing until another coordinator confirms, and the talk about it."""

from datetime import timedelta

import pytest

from bot.matrix.interface import IdentityChanged, Invite, Trust
from storage.audit import Audit
from storage.ids import RoomId
from storage.pins import Pins
from tests.fakes import FakeRoom, Network, Reply


async def shows(net: Network, name: str, key: str) -> None:
    """Let a homeserver show a master key for somebody, as the gateway notes it and tells of it."""
    async with net.transaction() as tx:
        is_new = await Pins(tx).see(net.person(name), key, net.now)
    if is_new:
        await net.receive(IdentityChanged(net.person(name), key, net.now))


async def changes(net: Network, name: str) -> None:
    await shows(net, name, "first")
    await shows(net, name, "second")


async def is_frozen(net: Network, name: str) -> bool:
    async with net.transaction() as tx:
        return net.person(name) in {pin.user_id for pin in await Pins(tx).frozen()}


async def coordinate(net: Network, text: str, as_: str = "coordinator", room: str = "network") -> Reply:
    return await net.say(text, as_=as_, room=room)


@pytest.fixture
async def two(net: Network) -> Network:
    """The network with a second coordinator."""
    await coordinate(net, "!member set @netherlands:test role=coordinator")
    net.gateway.rooms[net.room("coordination")].joined.add(net.person("netherlands"))
    net.clear_heard()
    return net


@pytest.mark.parametrize("command", ["!me name=Mallory", "!me", "!help", "!alert list", "!nonsense"])
async def test_a_frozen_member_is_refused_everything(net: Network, command: str) -> None:
    await changes(net, "ghana")
    for trust in (Trust.CHANGED, Trust.UNSIGNED, Trust.SIGNED):
        refused = await net.say(command, room="ghana", trust=trust)
        assert "your security keys changed" in refused
        assert "!member confirm @ghana:test" in refused
        assert "@coordinator:test" in refused
    assert "Kofi Sample" in await net.say("!me", as_="ghana2", room="ghana")


async def test_what_was_signed_under_another_key_is_refused_before_the_pin_is_known(net: Network) -> None:
    assert "your security keys changed" in await net.say("!me", room="ghana", trust=Trust.CHANGED)
    assert "Ama Example" in await net.say("!me", room="ghana")


async def test_the_answer_of_a_frozen_member_counts_for_nothing(net: Network) -> None:
    asked = await net.say("!announce to=all hello", as_="coordinator", room="coordination")
    assert "Answer send or cancel" in asked
    await changes(net, "coordinator")
    refused = await net.say("send", as_="coordinator", room="coordination", thread=asked.event_id, trust=Trust.CHANGED)
    assert "your security keys changed" in refused
    assert net.heard("network") == []


async def test_the_invitation_of_a_frozen_coordinator_is_not_followed(two: Network) -> None:
    await changes(two, "netherlands")
    elsewhere = RoomId("!elsewhere:test")
    two.gateway.invitations[elsewhere] = FakeRoom(elsewhere, {two.person("netherlands")})
    await two.receive(Invite(elsewhere, two.person("netherlands")))
    assert elsewhere not in two.gateway.rooms
    await coordinate(two, "!member confirm @netherlands:test")
    await two.receive(Invite(elsewhere, two.person("netherlands")))
    assert elsewhere in two.gateway.rooms


async def test_the_coordinators_hear_once_of_each_new_key(net: Network) -> None:
    await changes(net, "ghana")
    (told,) = net.heard("coordination")
    assert "The security keys of Ama Example (@ghana:test), EPA Ghana, have changed." in told.body
    assert "Call the person by telephone" in told.body
    assert "!member confirm @ghana:test" in told.body
    await net.receive(IdentityChanged(net.person("ghana"), "second", net.now))
    assert len(net.heard("coordination")) == 1
    await shows(net, "ghana", "third")
    assert len(net.heard("coordination")) == 2


async def test_keys_that_change_back_and_forth_are_told_of_at_each_change(net: Network) -> None:
    for told, key in enumerate(["first", "second", "first", "second"]):
        await shows(net, "ghana", key)
        assert len(net.heard("coordination")) == (0, 1, 1, 2)[told]
        net.now += timedelta(minutes=1)
    assert await is_frozen(net, "ghana")
    assert "Confirmed" in await coordinate(net, "!member confirm @ghana:test")


async def test_a_key_that_is_back_is_not_confirmed_before_the_coordinators_were_told(net: Network) -> None:
    await changes(net, "ghana")
    await shows(net, "ghana", "first")
    net.now += timedelta(minutes=1)
    async with net.transaction() as tx:
        await Pins(tx).see(net.person("ghana"), "second", net.now)
    assert "have changed again just now" in await coordinate(net, "!member confirm @ghana:test")
    await net.receive(IdentityChanged(net.person("ghana"), "second", net.now))
    assert "Confirmed" in await coordinate(net, "!member confirm @ghana:test")


async def test_of_a_strangers_keys_nobody_is_told_until_they_are_on_the_roster(net: Network) -> None:
    await changes(net, "stranger")
    assert net.heard("coordination") == []
    await coordinate(net, "!member add @stranger:test role=official country=GH authority=EPA kind=environment")
    assert "The security keys of stranger (@stranger:test)" in net.heard("coordination")[-1].body
    assert "Confirmed" in await coordinate(net, "!member confirm @stranger:test")


async def test_a_coordinator_confirms_and_the_member_is_heard_again(net: Network) -> None:
    await changes(net, "ghana")
    net.clear_heard()
    assert "changed on" in await coordinate(net, "!member show @ghana:test")
    assert "from now on I believe the new keys of Ama Example" in await coordinate(net, "!member confirm @ghana:test")
    assert not await is_frozen(net, "ghana")
    (told,) = net.heard("coordination")
    assert "Co Ordinator has confirmed the new security keys of Ama Example (@ghana:test)." in told.body
    assert "has confirmed your new security keys" in (await net.heard_by("ghana"))[-1].body
    assert "Name: Ama Example" in await net.say("!me", room="ghana")
    async with net.transaction() as tx:
        (line,) = await Audit(tx).lines("member:@ghana:test")
    assert (line.actor, line.action, line.details) == ("@coordinator:test", "keys confirmed", {"master_key": "second"})
    assert "nothing to confirm" in await coordinate(net, "!member confirm @ghana:test")
    assert "changed on" not in await coordinate(net, "!member show @ghana:test")


async def test_nobody_else_confirms(two: Network) -> None:
    await changes(two, "ghana")
    assert "is for coordinators" in await coordinate(two, "!member confirm @ghana:test", as_="belgium")
    assert "not on the roster" in await coordinate(two, "!member confirm @nobody:test")
    refused = await two.say("!member confirm @ghana:test", as_="netherlands", room="network", trust=Trust.UNSIGNED)
    assert "not verified" in refused
    assert await is_frozen(two, "ghana")


async def test_a_frozen_coordinator_confirms_neither_themselves_nor_others(two: Network) -> None:
    await changes(two, "netherlands")
    await changes(two, "ghana")
    for whom in ("netherlands", "ghana"):
        for trust in (Trust.CHANGED, Trust.UNSIGNED):
            said = await two.say(f"!member confirm @{whom}:test", as_="netherlands", room="network", trust=trust)
            assert "your security keys changed" in said
            assert "@coordinator:test" in said
        assert await is_frozen(two, whom)
    assert "Confirmed" in await coordinate(two, "!member confirm @netherlands:test")
    assert "Confirmed" in await coordinate(two, "!member confirm @ghana:test", as_="netherlands")


async def test_nobody_confirms_their_own_keys_from_a_session_that_is_believed(net: Network) -> None:
    refused = await coordinate(net, "!member confirm @coordinator:test")
    assert "Nobody confirms their own keys" in refused


async def test_the_only_coordinator_is_sent_to_the_operator(net: Network) -> None:
    await changes(net, "coordinator")
    refused = await coordinate(net, "!room list")
    assert "The operator can name one" in refused


async def test_a_key_that_changed_again_is_not_confirmed_unseen(two: Network) -> None:
    await changes(two, "ghana")
    async with two.transaction() as tx:  # the key is known, and the coordinators have not been told of it yet
        await Pins(tx).see(two.person("ghana"), "third", two.now)
    assert "have changed again just now" in await coordinate(two, "!member confirm @ghana:test")
    assert await is_frozen(two, "ghana")
    await two.receive(IdentityChanged(two.person("ghana"), "third", two.now))
    assert "Confirmed" in await coordinate(two, "!member confirm @ghana:test")


async def test_the_old_key_shown_again_ends_it(net: Network) -> None:
    await changes(net, "ghana")
    await shows(net, "ghana", "first")
    assert "Name: Ama Example" in await net.say("!me", room="ghana")


async def test_a_stranger_in_the_coordination_room_does_not_hear_of_it(two: Network) -> None:
    two.gateway.rooms[two.room("coordination")].joined.add(two.person("stranger"))
    await changes(two, "ghana")
    assert two.heard("coordination") == []
    for coordinator in ("coordinator", "netherlands"):
        assert "have changed" in (await two.heard_by(coordinator))[-1].body
