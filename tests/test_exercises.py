"""International inspection exercises, as coordinators and members speak."""

from datetime import datetime, timedelta

import pytest

from bot.clock import Clock
from commands.exercises import telling
from storage.exercises import Exercise, Exercises, ExerciseState
from storage.members import Members, Role
from storage.reference.countries import countries
from storage.rooms import BindingKind, Rooms
from storage.timers import Timers
from tests.fakes import Heard, Network, Reply

IN_TEN_DAYS = 'start="2026-12-03 09:00" end="2026-12-05 17:00" tz=UTC'
ROOMS = ("ghana", "netherlands", "belgium", "germany", "network", "coordination")


async def _new(net: Network, times: str = IN_TEN_DAYS, countries: str = "GH,NL,BE") -> Reply:
    return await net.say(f'exercise new title="Clean Quay" {times} countries={countries}', as_="coordinator")


async def _exercise(net: Network, number: str = "1") -> Exercise:
    async with net.transaction() as tx:
        found = await Exercises(tx).find(number, net.now)
        assert found is not None
        return found


async def _timers(net: Network) -> dict[str, datetime]:
    async with net.transaction() as tx:
        pending = await Timers(tx).pending(f"exercise:{(await Exercises(tx).coming(net.now))[0].id}")
        return {timer.kind: timer.due_at for timer in pending}


def _reminders(net: Network, room: str) -> list[Heard]:
    return [heard for heard in net.heard(room) if heard.body.startswith("Reminder")]


async def test_a_new_exercise_is_announced_in_the_countries_own_rooms_in_their_own_time(net: Network) -> None:
    reply = await _new(net)
    assert "Exercise E-2026-01 is planned: Clean Quay" in reply
    assert "Netherlands: Thu 3 Dec 2026, 10:00 (Europe/Amsterdam, 09:00 UTC)" in reply
    assert "7 days before: Thu 26 Nov 2026, 09:00 UTC" in reply
    assert "The invitation goes to 3 rooms." in reply

    (card,) = net.heard("netherlands")
    assert card.body.startswith("Exercise E-2026-01: Clean Quay")
    assert "Netherlands: Thu 3 Dec 2026, 10:00 (Europe/Amsterdam, 09:00 UTC) to Sat 5 Dec 2026, 18:00" in card.body
    assert "!exercise join E-2026-01" in card.body
    assert "Accra" not in card.body
    (card,) = net.heard("ghana")
    assert "Ghana: Thu 3 Dec 2026, 09:00 (Africa/Accra, UTC)" in card.body
    assert net.heard("germany") == []
    assert net.heard("network") == []


async def test_the_times_are_read_in_the_zone_given_else_in_the_coordinators(net: Network) -> None:
    await _new(net, 'start="2026-12-03 09:00" end="2026-12-03 17:00" tz=Europe/Amsterdam')
    assert (await _exercise(net)).starts_at.isoformat() == "2026-12-03T08:00:00+00:00"
    await net.say("me tz=America/Panama", as_="coordinator")
    await _new(net, 'start="2026-12-03 09:00" end="2026-12-03 17:00"')
    assert (await _exercise(net, "2")).starts_at.isoformat() == "2026-12-03T14:00:00+00:00"


@pytest.mark.parametrize(
    ("times", "words"),
    [
        ('start="2026-11-20 09:00" end="2026-12-05 17:00"', "Give a start in the future"),
        ('start="2026-12-05 09:00" end="2026-12-03 17:00"', "Give an end after the start"),
        ('start="2026-12-05 09:00" end="2026-12-05 09:00"', "Give an end after the start"),
        ('start="2126-12-05 09:00" end="2126-12-06 09:00"', "more than ten years"),
        ('start="2026-12-05 09:00" end="soon"', "I cannot read the time “soon”"),
        ('start="2026-12-05 09:00" end="2026-12-06 09:00" tz=Mars/Base', "I know no time zone Mars/Base"),
    ],
)
async def test_impossible_times_are_refused_and_nothing_is_said(net: Network, times: str, words: str) -> None:
    assert words in await _new(net, times)
    async with net.transaction() as tx:
        assert await Exercises(tx).coming(net.now) == []
    assert all(net.heard(room) == [] for room in ROOMS)


async def test_an_unknown_country_and_an_empty_title_are_refused(net: Network) -> None:
    assert "I know no country “Atlantis”" in await _new(net, countries="GH,Atlantis")
    refused = await net.say(f'exercise new title="  " {IN_TEN_DAYS} countries=GH', as_="coordinator")
    assert "An exercise needs a title" in refused
    refused = await net.say(f'exercise new title="{"x" * 201}" {IN_TEN_DAYS} countries=GH', as_="coordinator")
    assert "at most 200 characters" in refused


async def test_what_is_missing_is_asked_for(net: Network) -> None:
    asked = await net.say(f'exercise new title="Clean Quay" {IN_TEN_DAYS}', as_="coordinator")
    assert "Which countries are invited?" in asked
    assert "E-2026-01 is planned" in await net.say("Ghana, Netherlands", as_="coordinator")


@pytest.mark.parametrize("command", ["new", "cancel E-2026-01 why", "set E-2026-01 title=Other"])
async def test_only_coordinators_plan_change_and_cancel(net: Network, command: str) -> None:
    await _new(net)
    text = f'new title="Mine" {IN_TEN_DAYS} countries=GH' if command == "new" else command
    reply = await net.say(f"exercise {text}", as_="ghana")
    assert "coordinator" in reply
    exercise = await _exercise(net)
    assert (exercise.title, exercise.state(net.now)) == ("Clean Quay", ExerciseState.PLANNED)
    async with net.transaction() as tx:
        assert len(await Exercises(tx).coming(net.now)) == 1


async def test_each_step_reminds_each_country_once_in_its_own_room_and_time(net: Network) -> None:
    await _new(net)
    net.clear_heard()
    await net.forward(timedelta(days=3) - timedelta(seconds=1))
    assert all(_reminders(net, room) == [] for room in ROOMS)

    await net.forward(timedelta(seconds=1))
    (heard,) = _reminders(net, "netherlands")
    assert heard.body.startswith("Reminder, 7 days before: exercise E-2026-01, Clean Quay")
    assert "Netherlands: Thu 3 Dec 2026, 10:00 (Europe/Amsterdam, 09:00 UTC)" in heard.body
    assert "Not yet answered: Netherlands. To take part, write !exercise join E-2026-01." in heard.body
    assert "late" not in heard.body
    assert not heard.notice
    (heard,) = _reminders(net, "ghana")
    assert "Ghana: Thu 3 Dec 2026, 09:00 (Africa/Accra, UTC)" in heard.body

    await net.forward(timedelta(days=10))
    for room in ("ghana", "netherlands", "belgium"):
        steps = [heard.body.partition(":")[0] for heard in _reminders(net, room)]
        assert steps == ["Reminder, 7 days before", "Reminder, 1 day before", "Reminder, 1 hour before"], room
    assert all(_reminders(net, room) == [] for room in ("germany", "network", "coordination"))


async def test_a_country_without_a_room_is_reminded_in_the_network_room_once(net: Network) -> None:
    await _new(net, countries="GH,PA,UY")
    (card,) = net.heard("network")
    assert "Panama: Thu 3 Dec 2026, 04:00 (America/Panama, 09:00 UTC)" in card.body
    assert "Uruguay: Thu 3 Dec 2026, 06:00 (America/Montevideo, 09:00 UTC)" in card.body
    assert "Accra" not in card.body
    net.clear_heard()
    await net.forward(timedelta(days=3))
    (heard,) = _reminders(net, "network")
    assert "Panama" in heard.body
    assert "Uruguay" in heard.body


async def test_a_country_that_nobody_can_reach_is_reported_to_the_lead(net: Network) -> None:
    async with net.transaction() as tx:
        await Rooms(tx).unbind(net.room("network"))
    assert "Nobody can be told in Panama" in await _new(net, countries="GH,PA")
    net.clear_heard()
    await net.forward(timedelta(days=3))
    assert len(_reminders(net, "ghana")) == 1
    (heard,) = await net.heard_by("coordinator")
    assert "The reminder of exercise E-2026-01 found no room for Panama." in heard.body


async def test_when_the_lead_has_left_the_coordinators_hear_of_it_instead(net: Network) -> None:
    async with net.transaction() as tx:
        await Rooms(tx).unbind(net.room("network"))
        member = await Members(tx).get(net.person("ghana2"))
        assert member is not None
        member.role = Role.COORDINATOR
    await _new(net, countries="GH,PA")
    await net.say("exercise set 1 lead=@ghana2:test", as_="coordinator")
    await net.say("member remove @ghana2:test", as_="coordinator")
    net.gateway.rooms[net.room("ghana")].joined.discard(net.person("ghana2"))
    net.clear_heard()
    await net.forward(timedelta(days=3))
    assert await net.heard_by("ghana2") == []
    assert "found no room for Panama" in net.heard("coordination")[-1].body
    assert "Lead coordinator: Kofi Sample" in await net.say("exercise show 1")


async def test_only_the_steps_still_to_come_are_planned(net: Network) -> None:
    reply = await _new(net, "start=2026-11-25T09:00 end=2026-11-26T09:00 tz=UTC")
    assert "7 days before" not in reply
    assert set(await _timers(net)) == {"exercise.reminder.1d", "exercise.reminder.1h"}
    reply = await _new(net, 'start="in 30m" end="in 5h" tz=UTC')
    assert "It begins in less than an hour, so there will be no reminder." in reply


async def test_moved_it_is_planned_anew_and_said_aloud(net: Network) -> None:
    await _new(net)
    (card,) = net.heard("netherlands")
    await net.forward(timedelta(days=3))
    net.clear_heard()
    reply = await net.say('exercise set 1 start="2026-12-17 09:00" end="2026-12-18 17:00" tz=UTC', as_="coordinator")
    assert "Reminders to come: 7 days before, 1 day before, and 1 hour before" in reply
    edit, said = net.heard("netherlands")
    assert edit.replaces == card.event_id
    assert "Thu 17 Dec 2026, 10:00" in net.latest("netherlands", card.event_id)
    assert "Exercise E-2026-01 has another time: Clean Quay" in said.body
    assert "Netherlands: Thu 17 Dec 2026, 10:00 (Europe/Amsterdam, 09:00 UTC)" in said.body
    assert sorted(due.day for due in (await _timers(net)).values()) == [10, 16, 17]
    net.clear_heard()
    await net.forward(timedelta(days=30))
    assert len(_reminders(net, "netherlands")) == 3


async def test_a_change_is_checked_like_a_new_one(net: Network) -> None:
    await _new(net)
    assert "Give an end after the start" in await net.say('exercise set 1 end="2026-12-01 09:00"', as_="coordinator")
    assert "Give a start in the future" in await net.say('exercise set 1 start="2026-11-01 09:00"', as_="coordinator")
    assert "Nothing would change" in await net.say("exercise set 1", as_="coordinator")
    assert "Nothing would change" in await net.say('exercise set 1 title="Clean Quay"', as_="coordinator")
    assert "is not a coordinator" in await net.say("exercise set 1 lead=@ghana:test", as_="coordinator")
    assert "I know no exercise 7" in await net.say("exercise set 7 title=Other", as_="coordinator")
    assert (await _exercise(net)).starts_at.day == 3


async def test_countries_are_added_and_dropped_but_those_that_joined_stay(net: Network) -> None:
    await _new(net)
    await net.say("!exercise join 1", as_="netherlands", room="netherlands")
    net.clear_heard()
    await net.say("exercise set 1 countries=GH,DE", as_="coordinator")
    exercise = await _exercise(net)
    assert {entry.country for entry in exercise.countries} == {"GH", "DE", "NL"}
    assert net.heard("germany")[0].body.startswith("Exercise E-2026-01: Clean Quay")
    assert "Belgium is no longer asked to take part in exercise E-2026-01." in net.heard("belgium")[-1].body
    net.clear_heard()
    await net.forward(timedelta(days=3))
    assert _reminders(net, "belgium") == []
    assert len(_reminders(net, "germany")) == 1


async def test_a_running_exercise_may_be_prolonged(net: Network) -> None:
    await _new(net)
    await net.forward(timedelta(days=11))
    reply = await net.say('exercise set 1 end="2026-12-09 17:00" tz=UTC', as_="coordinator")
    assert "State: running" in reply
    assert "Wed 9 Dec 2026, 17:00" in reply
    assert "future" in await net.say('exercise set 1 end="2026-12-04 08:00" tz=UTC', as_="coordinator")


async def test_a_member_joins_for_their_country_and_the_cards_say_so(net: Network) -> None:
    await _new(net)
    (card,) = net.heard("ghana")
    reply = await net.say("!exercise join 1", as_="netherlands", room="netherlands")
    assert "Netherlands takes part in exercise E-2026-01, Clean Quay." in reply
    assert "Taking part: Netherlands" in net.latest("ghana", card.event_id)
    assert "Invited, not yet answered: Ghana and Belgium" in net.latest("ghana", card.event_id)
    line = net.heard("ghana")[-1]
    assert line.body == "Netherlands takes part in exercise E-2026-01."
    assert line.thread_root == card.event_id
    assert line.notice
    again = await net.say("!exercise join", as_="netherlands", room="netherlands")
    assert "Netherlands takes part in exercise E-2026-01 already: Jan Voorbeeld said so on" in again


async def test_in_the_cards_thread_the_number_may_be_left_out(net: Network) -> None:
    await _new(net)
    (card,) = net.heard("ghana")
    assert "Ghana takes part" in await net.say("!exercise join", room="ghana", thread=card.event_id)


async def test_a_country_that_was_not_invited_is_added(net: Network) -> None:
    await _new(net)
    reply = await net.say("exercise join e1", as_="germany")
    assert "Germany takes part in exercise E-2026-01, Clean Quay. It had not been invited and is now added." in reply
    (card,) = net.heard("germany")
    assert "Germany: Thu 3 Dec 2026, 10:00 (Europe/Berlin, 09:00 UTC)" in card.body
    net.clear_heard()
    await net.forward(timedelta(days=3))
    assert len(_reminders(net, "germany")) == 1


async def test_an_official_speaks_for_the_country_above_a_member(net: Network) -> None:
    await _new(net)
    async with net.transaction() as tx:
        member = await Members(tx).get(net.person("ghana2"))
        assert member is not None
        member.role = Role.MEMBER
    await net.say("exercise join 1", as_="ghana2")
    assert "Ghana takes part" in await net.say("exercise join 1", as_="ghana")
    entry = (await _exercise(net)).countries[0]
    assert entry.joined_by == net.person("ghana")
    assert "already: Ama Example said so" in await net.say("exercise join 1", as_="ghana2")


async def test_nobody_joins_for_another_country_but_a_coordinator(net: Network) -> None:
    await _new(net)
    assert "Only a coordinator can say" in await net.say("exercise join 1 country=NL", as_="ghana")
    assert "Your record names no country" in await net.say("exercise join 1", as_="coordinator")
    assert "Belgium takes part" in await net.say("exercise join 1 country=Belgium", as_="coordinator")


async def test_an_unknown_number_is_refused(net: Network) -> None:
    await _new(net)
    for number in ("2", "E-2025-01", "e99", "999999"):
        assert f"I know no exercise {number}" in await net.say(f"exercise join {number}"), number
        assert f"I know no exercise {number}" in await net.say(f"exercise show {number}"), number


async def test_it_is_shown_in_the_readers_zone_under_each_form_of_its_number(net: Network) -> None:
    await _new(net)
    for number in ("1", "E-2026-01", "e1", "2026-01", ""):
        shown = await net.say(f"exercise show {number}", as_="netherlands")
        assert "Exercise E-2026-01: Clean Quay" in shown, number
        assert "Time: Thu 3 Dec 2026, 10:00 (Europe/Amsterdam, 09:00 UTC)" in shown
        assert "Ghana | invited, not yet answered | Thu 3 Dec 2026, 09:00 (Africa/Accra, UTC)" in shown
    assert "Lead coordinator: Co Ordinator" in shown


async def test_show_without_a_number_needs_exactly_one_to_come(net: Network) -> None:
    assert "No exercise is planned or running." in await net.say("exercise show")
    await _new(net)
    await _new(net)
    assert "Which exercise do you mean: E-2026-01 and E-2026-02?" in await net.say("exercise show")


async def test_the_list_has_what_is_to_come_and_what_is_over(net: Network) -> None:
    assert "There is no exercise yet." in await net.say("exercise list")
    await _new(net)
    await _new(net)
    await net.say("exercise cancel 2 two at once are too many", as_="coordinator")
    shown = (await net.say("exercise list")).text
    coming, _heading, over = shown.partition("Over:")
    assert "E-2026-01 Clean Quay: planned" in coming
    assert "E-2026-02 Clean Quay: cancelled" in over
    assert "E-2026-02" not in coming
    await net.forward(timedelta(days=11))
    assert "E-2026-01 Clean Quay: running" in await net.say("exercise list")
    await net.forward(timedelta(days=11))
    assert "No exercise is planned or running." in await net.say("exercise list")


async def test_cancelled_it_reminds_nobody_and_everybody_knows_why(net: Network) -> None:
    await _new(net)
    (card,) = net.heard("belgium")
    net.clear_heard()
    reply = await net.say("exercise cancel E-2026-01 the port is closed", as_="coordinator")
    assert "Exercise E-2026-01, Clean Quay, is cancelled; 3 rooms are told." in reply
    said = net.heard("belgium")[-1]
    assert said.body == "Exercise E-2026-01 is cancelled: Clean Quay\nReason: the port is closed"
    assert not said.notice
    assert "State: cancelled" in net.latest("belgium", card.event_id)
    net.clear_heard()
    await net.forward(timedelta(days=20))
    assert all(net.heard(room) == [] for room in ROOMS)

    for command in ("join 1", "cancel 1 again", "set 1 title=Other"):
        as_ = "ghana" if command.startswith("join") else "coordinator"
        assert "Exercise E-2026-01 was cancelled: nothing about it" in await net.say(f"exercise {command}", as_=as_)


async def test_nobody_joins_what_has_ended(net: Network) -> None:
    await _new(net)
    await net.forward(timedelta(days=20))
    assert "Exercise E-2026-01 has ended: nothing about it" in await net.say("exercise join 1")


async def test_a_late_reminder_says_so_and_is_left_out_once_the_exercise_has_begun(net: Network) -> None:
    await _new(net)
    net.clear_heard()
    net.now += timedelta(days=4)
    await net.settle()
    (heard,) = _reminders(net, "netherlands")
    assert "This reminder is late: it was due on Thu 26 Nov 2026, 10:00 (Europe/Amsterdam, 09:00 UTC)." in heard.body
    net.now += timedelta(days=6)
    net.clear_heard()
    await net.settle()
    assert all(_reminders(net, room) == [] for room in ROOMS)


async def test_who_leads_an_exercise_has_a_duty_until_it_is_over(net: Network) -> None:
    async with net.transaction() as tx:
        member = await Members(tx).get(net.person("ghana2"))
        assert member is not None
        member.role = Role.COORDINATOR
    await _new(net)
    assert "Lead coordinator: Kofi Sample" in await net.say("exercise set 1 lead=@ghana2:test", as_="coordinator")
    removed = await net.say("member remove @ghana2:test", as_="coordinator")
    assert "lead coordinator of exercise E-2026-01, Clean Quay" in removed


async def test_an_exercise_that_is_over_is_no_duty(net: Network) -> None:
    await _new(net)
    async with net.transaction() as tx:
        assert len(await Exercises(tx).led_by(net.person("coordinator"), net.now)) == 1
        assert await Exercises(tx).led_by(net.person("coordinator"), net.now + timedelta(days=20)) == []


async def test_numbers_begin_again_each_year_and_a_bare_one_means_what_is_not_over(net: Network) -> None:
    await _new(net)
    await _new(net, 'start="2027-02-01 09:00" end="2027-02-02 09:00" tz=UTC')
    assert "E-2026-01" in await net.say("exercise show 1")
    assert "E-2027-01" in await net.say("exercise show 2027-1")
    await net.forward(timedelta(days=20))
    assert "E-2027-01" in await net.say("exercise show 1")


async def test_many_rooms_are_told_each_once_a_few_now_and_the_others_by_a_clock(
    net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = [one.code for one in countries() if one.code not in {"GH", "NL", "BE", "DE"}][: 2 * telling._BATCH]
    for code in codes:
        await net.add_room(code.lower(), {"coordinator"}, [(BindingKind.COUNTRY, code)])
    rooms = [*(code.lower() for code in codes), "netherlands"]
    await _new(net, countries=",".join([*codes, "NL"]))
    assert {len(net.heard(room)) for room in rooms} == {1}

    async def nothing() -> bool:
        return False

    with monkeypatch.context() as patched:
        patched.setattr(net.machinery.clock, "fire_next", nothing)
        await net.say("exercise join 1", as_="netherlands")
        await net.say("exercise cancel 1 A strike", as_="coordinator")
    few = [room for room in rooms if any("takes part in" in one.body for one in net.heard(room) if not one.replaces)]
    assert len(few) == telling._AT_ONCE
    clock = Clock(net.database, net.machinery.house)  # the bot was stopped and started in between
    while await clock.fire_next():
        await net.machinery.sender.drain()
    for room in rooms:
        said = [one.body for one in net.heard(room) if one.replaces is None]
        assert len([body for body in said if "is cancelled" in body and "A strike" in body]) == 1
        assert "cancelled" in net.latest(room, net.heard(room)[0].event_id)
        # That somebody takes part is no news where it is off meanwhile.
        assert len([body for body in said if "Netherlands takes part" in body]) == (room in few)
