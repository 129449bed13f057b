"""Reminders: each country once at each step, in its own room and its own time."""

from datetime import timedelta

from storage.members import Members, Role
from storage.rooms import Rooms
from tests.exercises.planning import ROOMS, planned, reminders, timers
from tests.fakes import Network


async def test_each_step_reminds_each_country_once_in_its_own_room_and_time(net: Network) -> None:
    await planned(net)
    net.clear_heard()
    await net.forward(timedelta(days=3) - timedelta(seconds=1))
    assert all(reminders(net, room) == [] for room in ROOMS)

    await net.forward(timedelta(seconds=1))
    (heard,) = reminders(net, "netherlands")
    assert heard.body.startswith("Reminder, 7 days before: exercise E-2026-01, Clean Quay")
    assert "Netherlands: Thu 3 Dec 2026, 10:00 (Europe/Amsterdam, 09:00 UTC)" in heard.body
    assert "Not yet answered: Netherlands. To take part, write !exercise join E-2026-01." in heard.body
    assert "late" not in heard.body
    assert not heard.notice
    (heard,) = reminders(net, "ghana")
    assert "Ghana: Thu 3 Dec 2026, 09:00 (Africa/Accra, UTC)" in heard.body

    await net.forward(timedelta(days=10))
    for room in ("ghana", "netherlands", "belgium"):
        steps = [heard.body.partition(":")[0] for heard in reminders(net, room)]
        assert steps == ["Reminder, 7 days before", "Reminder, 1 day before", "Reminder, 1 hour before"], room
    assert all(reminders(net, room) == [] for room in ("germany", "network", "coordination"))


async def test_a_country_without_a_room_is_reminded_in_the_network_room_once(net: Network) -> None:
    await planned(net, countries="GH,PA,UY")
    (card,) = net.heard("network")
    assert "Panama: Thu 3 Dec 2026, 04:00 (America/Panama, 09:00 UTC)" in card.body
    assert "Uruguay: Thu 3 Dec 2026, 06:00 (America/Montevideo, 09:00 UTC)" in card.body
    assert "Accra" not in card.body
    net.clear_heard()
    await net.forward(timedelta(days=3))
    (heard,) = reminders(net, "network")
    assert "Panama" in heard.body
    assert "Uruguay" in heard.body


async def test_a_country_that_nobody_can_reach_is_reported_to_the_lead(net: Network) -> None:
    async with net.transaction() as tx:
        await Rooms(tx).unbind(net.room("network"))
    assert "Nobody can be told in Panama" in await planned(net, countries="GH,PA")
    net.clear_heard()
    await net.forward(timedelta(days=3))
    assert len(reminders(net, "ghana")) == 1
    (heard,) = await net.heard_by("coordinator")
    assert "The reminder of exercise E-2026-01 found no room for Panama." in heard.body


async def test_when_the_lead_has_left_the_coordinators_hear_of_it_instead(net: Network) -> None:
    async with net.transaction() as tx:
        await Rooms(tx).unbind(net.room("network"))
        member = await Members(tx).get(net.person("ghana2"))
        assert member is not None
        member.role = Role.COORDINATOR
    await planned(net, countries="GH,PA")
    await net.say("exercise set 1 lead=@ghana2:test", as_="coordinator")
    await net.say("member remove @ghana2:test", as_="coordinator")
    net.gateway.rooms[net.room("ghana")].joined.discard(net.person("ghana2"))
    net.clear_heard()
    await net.forward(timedelta(days=3))
    assert await net.heard_by("ghana2") == []
    assert "found no room for Panama" in net.heard("coordination")[-1].body
    assert "Lead coordinator: Kofi Sample" in await net.say("exercise show 1")


async def test_only_the_steps_still_to_come_are_planned(net: Network) -> None:
    reply = await planned(net, "start=2026-11-25T09:00 end=2026-11-26T09:00 tz=UTC")
    assert "7 days before" not in reply
    assert set(await timers(net)) == {"exercise.reminder.1d", "exercise.reminder.1h"}
    reply = await planned(net, 'start="in 30m" end="in 5h" tz=UTC')
    assert "It begins in less than an hour, so there will be no reminder." in reply


async def test_a_late_reminder_says_so_and_is_left_out_once_the_exercise_has_begun(net: Network) -> None:
    await planned(net)
    net.clear_heard()
    net.now += timedelta(days=4)
    await net.settle()
    (heard,) = reminders(net, "netherlands")
    assert "This reminder is late: it was due on Thu 26 Nov 2026, 10:00 (Europe/Amsterdam, 09:00 UTC)." in heard.body
    net.now += timedelta(days=6)
    net.clear_heard()
    await net.settle()
    assert all(reminders(net, room) == [] for room in ROOMS)
