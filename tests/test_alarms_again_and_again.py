"""What somebody can set off again and again: told a few times, then summed up, and never at another's cost."""

from datetime import timedelta

import pytest

from bot.matrix.interface import IdentityChanged, MembershipChange, ShortCode, Tombstone, Trust, Unread, WhyUnread
from storage.ids import DeviceId, RoomId
from storage.pins import Pins
from storage.rooms import BindingKind
from storage.told import Telling
from tests.fakes import Network


def told(net: Network, words: str) -> list[str]:
    return [one.body for one in net.heard("coordination") if words in one.body]


async def shows(net: Network, name: str, key: str) -> None:
    net.now += timedelta(minutes=1)
    async with net.transaction() as tx:
        is_new = await Pins(tx).see(net.person(name), key, net.now)
    if is_new:
        await net.receive(IdentityChanged(net.person(name), key, net.now))


async def flips(net: Network, name: str, times: int) -> None:
    """Let the master key change to another and back, and end with another one."""
    await shows(net, name, "known")
    for number in range(times):
        await shows(net, name, "known")
        await shows(net, name, f"other {number % 2}")


async def comes(net: Network, name: str, room: str) -> None:
    net.gateway.rooms[net.room(room)].joined.add(net.person(name))
    await net.receive(MembershipChange(net.room(room), net.person(name), joined=True))


async def goes(net: Network, name: str, room: str) -> None:
    net.gateway.rooms[net.room(room)].joined.discard(net.person(name))
    await net.receive(MembershipChange(net.room(room), net.person(name), joined=False))


async def test_keys_that_change_all_the_time_are_told_three_times_and_then_summed_up(net: Network) -> None:
    await flips(net, "ghana", 20)
    assert len(told(net, "The security keys of Ama Example")) == 3
    assert "your security keys changed" in await net.say("!me", room="ghana", trust=Trust.CHANGED)
    await net.forward(timedelta(days=1))
    assert len(told(net, "The security keys of Ama Example")) == 4
    (sum_,) = told(net, "changed 17 times more since")
    assert "They are not those that I know" in sum_
    assert "!member confirm @ghana:test" in sum_
    await net.forward(timedelta(days=3))
    assert len(told(net, "The security keys of Ama Example")) == 4
    async with net.transaction() as tx:
        assert len([one for one in (await tx.session.scalars(Telling.__table__.select())).all() if one]) < 10


async def test_keys_that_are_as_they_were_when_it_is_summed_up_need_no_confirmation(net: Network) -> None:
    await flips(net, "ghana", 5)
    await shows(net, "ghana", "known")
    await net.forward(timedelta(days=1))
    (sum_,) = told(net, "changed 2 times more since")
    assert "Now they are those that I know" in sum_
    assert "member confirm" not in sum_


async def test_the_keys_of_another_are_told_of_at_once_all_the_same(net: Network) -> None:
    await flips(net, "ghana", 20)
    await flips(net, "netherlands", 1)
    assert len(told(net, "(@netherlands:test)")) == 1


async def test_what_was_not_told_is_confirmed_only_after_another_call(net: Network) -> None:
    await flips(net, "ghana", 6)
    for _ in range(2):
        refused = await net.say("!member confirm @ghana:test", as_="coordinator", room="coordination")
        assert "have changed again just now. Call again" in refused
        await shows(net, "ghana", "known")
        await shows(net, "ghana", "yet another")
    assert "have changed again" in await net.say("!member confirm @ghana:test", as_="coordinator", room="coordination")
    assert "Confirmed" in await net.say("!member confirm @ghana:test", as_="coordinator", room="coordination")


async def test_a_stranger_who_comes_and_goes_is_told_of_three_times_and_then_summed_up(net: Network) -> None:
    for _ in range(10):
        await comes(net, "stranger", "ghana")
        await goes(net, "stranger", "ghana")
    assert len(told(net, "@stranger:test, who is on no roster, joined “Ghana”")) == 3
    await comes(net, "mallory", "ghana")
    await comes(net, "stranger", "belgium")
    assert len(told(net, "@mallory:test, who is on no roster, joined “Ghana”")) == 1
    assert len(told(net, "@stranger:test, who is on no roster, joined “Belgium”")) == 1
    await net.forward(timedelta(days=1))
    (sum_,) = told(net, "joined “Ghana” (Ghana) 7 times more since")
    assert "Now this person is not there." in sum_


async def test_a_stranger_who_stays_in_the_end_is_in_the_sum_with_what_to_do(net: Network) -> None:
    for _ in range(5):
        await goes(net, "stranger", "ghana")
        await comes(net, "stranger", "ghana")
    await net.forward(timedelta(days=1))
    (sum_,) = told(net, "joined “Ghana” (Ghana) 2 times more since")
    assert "!room allow @stranger:test room=!ghana:test" in sum_


async def test_a_blank_in_an_id_lets_nobody_escape_the_sum(net: Network) -> None:
    for _ in range(10):
        await comes(net, "odd one", "ghana")
        await goes(net, "odd one", "ghana")
    assert len(told(net, "@odd one:test, who is on no roster, joined “Ghana”")) == 3
    await net.forward(timedelta(days=1))
    assert told(net, "@odd one:test joined “Ghana” (Ghana) 7 times more since")


@pytest.mark.parametrize("name", ["stranger", "odd one"])
async def test_what_waits_because_of_a_stranger_is_told_of_in_the_end(net: Network, name: str) -> None:
    await net.say("!alert CSQU3054383 at Tema, from Antwerp", room="ghana")
    await net.say("!alert send", room="ghana")
    for number in range(5):
        await goes(net, name, "belgium")
        await net.forward(timedelta(minutes=6))
        assert number == 0 or any(f"number {number - 1}" in one.body for one in net.heard("belgium"))
        await comes(net, name, "belgium")
        await net.say(f"!alert note 1 number {number}", room="ghana")
        await net.forward(timedelta(minutes=6))
    assert len(told(net, f"@{name}:test, who is on no roster, can read in “Belgium”")) == 3
    before = len(net.heard("belgium"))
    await net.forward(timedelta(hours=23, minutes=10))
    assert len(told(net, f"@{name}:test, who is on no roster, can read in “Belgium”")) == 4
    assert len(net.heard("belgium")) == before


async def test_a_member_who_goes_in_and_out_of_the_coordinators_room_is_told_of_three_times_and_summed_up(
    net: Network,
) -> None:
    for _ in range(10):
        await comes(net, "ghana", "coordination")
        await goes(net, "ghana", "coordination")
    direct = [one.body for one in await net.heard_by("coordinator")]
    alarms = [one for one in [*direct, *told(net, "no coordinator")] if "@ghana:test, who is no coordinator" in one]
    assert len(alarms) == 3
    await net.forward(timedelta(days=1))
    assert told(net, "7 times more since")


async def test_codes_without_end_are_shown_ten_times_a_day_and_then_counted(net: Network) -> None:
    def code(name: str, number: int) -> ShortCode:
        return ShortCode(f"txn {number}", net.person(name), DeviceId("PHONE"), (("🐟", "Fish"),), (1, 2, number))

    for number in range(25):
        await net.receive(code("ghana", number))
    assert len(told(net, "(@ghana:test) verifies me")) == 10
    await net.receive(code("netherlands", 1))
    assert len(told(net, "(@netherlands:test) verifies me")) == 1
    await net.forward(timedelta(days=1))
    assert told(net, "Ama Example (@ghana:test) began to verify me 15 times more since")


@pytest.mark.parametrize("room", ["ghana", "odd room"])
async def test_sessions_without_end_that_cannot_read_are_named_five_times_a_day_and_then_counted(
    net: Network, room: str
) -> None:
    await net.add_room(room, {"ghana", "ghana2"}, [(BindingKind.COUNTRY, "GH")])
    for number in range(20):
        device = Unread(net.person("ghana2"), DeviceId(f"D{number}"), WhyUnread.UNSIGNED)
        net.gateway.rooms[net.room(room)].unread = frozenset({device})
        await net.say("!me", room=room)
    assert len(told(net, "Not everybody can read")) == 5
    other = Unread(net.person("ghana"), DeviceId("OTHER"), WhyUnread.UNSIGNED)
    net.gateway.rooms[net.room(room)].unread = frozenset({other})
    await net.say("!me", room=room)
    assert len(told(net, "the session OTHER is not verified")) == 1
    net.gateway.rooms[net.room(room)].unread = frozenset()
    await net.forward(timedelta(days=1))
    assert told(net, f"Kofi Sample had more sessions that cannot read in “{room.capitalize()}”: 15 times")


async def test_a_room_that_names_ever_other_successors_is_told_of_three_times_and_the_last_one_in_the_end(
    net: Network,
) -> None:
    facts = net.gateway.rooms[net.room("belgium")]
    for number in range(10):
        facts.tombstoned, facts.successor = True, RoomId(f"!successor-{number}:test")
        await net.receive(Tombstone(net.room("belgium"), facts.successor))
    assert len(told(net, "“Belgium” (Belgium) was closed.")) == 3
    await net.forward(timedelta(days=1))
    assert "to=!successor-9:test" in told(net, "“Belgium” (Belgium) was closed.")[3]
