"""Exercises planned, changed, cancelled by coordinators, and what the countries read of it."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from bot.clock import Clock
from commands.exercises import telling
from storage.exercises import Exercises, ExerciseState
from storage.reference.countries import countries
from storage.rooms import BindingKind
from tests.exercises.planning import IN_TEN_DAYS, ROOMS, known, planned, reminders, timers
from tests.fakes import Network


async def test_a_new_exercise_is_announced_in_the_countries_own_rooms_in_their_own_time(net: Network) -> None:
    reply = await planned(net)
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
    await planned(net, 'start="2026-12-03 09:00" end="2026-12-03 17:00" tz=Europe/Amsterdam')
    assert (await known(net)).starts_at.isoformat() == "2026-12-03T08:00:00+00:00"
    await net.say("me tz=America/Panama", as_="coordinator")
    await planned(net, 'start="2026-12-03 09:00" end="2026-12-03 17:00"')
    assert (await known(net, "2")).starts_at.isoformat() == "2026-12-03T14:00:00+00:00"


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
    assert words in await planned(net, times)
    async with net.transaction() as tx:
        assert await Exercises(tx).coming(net.now) == []
    assert all(net.heard(room) == [] for room in ROOMS)


async def test_an_unknown_country_and_an_empty_title_are_refused(net: Network) -> None:
    assert "I know no country “Atlantis”" in await planned(net, countries="GH,Atlantis")
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
    await planned(net)
    text = f'new title="Mine" {IN_TEN_DAYS} countries=GH' if command == "new" else command
    reply = await net.say(f"exercise {text}", as_="ghana")
    assert "coordinator" in reply
    exercise = await known(net)
    assert (exercise.title, exercise.state(net.now)) == ("Clean Quay", ExerciseState.PLANNED)
    async with net.transaction() as tx:
        assert len(await Exercises(tx).coming(net.now)) == 1


async def test_moved_it_is_planned_anew_and_said_aloud(net: Network) -> None:
    await planned(net)
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
    assert sorted(due.day for due in (await timers(net)).values()) == [10, 16, 17]
    net.clear_heard()
    await net.forward(timedelta(days=30))
    assert len(reminders(net, "netherlands")) == 3


async def test_a_change_is_checked_like_a_new_one(net: Network) -> None:
    await planned(net)
    assert "Give an end after the start" in await net.say('exercise set 1 end="2026-12-01 09:00"', as_="coordinator")
    assert "Give a start in the future" in await net.say('exercise set 1 start="2026-11-01 09:00"', as_="coordinator")
    assert "Nothing would change" in await net.say("exercise set 1", as_="coordinator")
    assert "Nothing would change" in await net.say('exercise set 1 title="Clean Quay"', as_="coordinator")
    assert "is not a coordinator" in await net.say("exercise set 1 lead=@ghana:test", as_="coordinator")
    assert "I know no exercise 7" in await net.say("exercise set 7 title=Other", as_="coordinator")
    assert (await known(net)).starts_at.day == 3


async def test_countries_are_added_and_dropped_but_those_that_joined_stay(net: Network) -> None:
    await planned(net)
    await net.say("!exercise join 1", as_="netherlands", room="netherlands")
    net.clear_heard()
    await net.say("exercise set 1 countries=GH,DE", as_="coordinator")
    exercise = await known(net)
    assert {entry.country for entry in exercise.countries} == {"GH", "DE", "NL"}
    assert net.heard("germany")[0].body.startswith("Exercise E-2026-01: Clean Quay")
    assert "Belgium is no longer asked to take part in exercise E-2026-01." in net.heard("belgium")[-1].body
    net.clear_heard()
    await net.forward(timedelta(days=3))
    assert reminders(net, "belgium") == []
    assert len(reminders(net, "germany")) == 1


async def test_a_running_exercise_may_be_prolonged(net: Network) -> None:
    await planned(net)
    await net.forward(timedelta(days=11))
    reply = await net.say('exercise set 1 end="2026-12-09 17:00" tz=UTC', as_="coordinator")
    assert "State: running" in reply
    assert "Wed 9 Dec 2026, 17:00" in reply
    assert "future" in await net.say('exercise set 1 end="2026-12-04 08:00" tz=UTC', as_="coordinator")


async def test_cancelled_it_reminds_nobody_and_everybody_knows_why(net: Network) -> None:
    await planned(net)
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


async def with_many_rooms(net: Network) -> Sequence[str]:
    """Give many countries a room; return their codes."""
    codes = [one.code for one in countries() if one.code not in {"GH", "NL", "BE", "DE"}][: 2 * telling._BATCH]
    for code in codes:
        await net.add_room(code.lower(), {"coordinator"}, [(BindingKind.COUNTRY, code)])
    return codes


async def test_many_rooms_are_told_each_once_a_few_now_and_the_others_by_a_clock(net: Network) -> None:
    codes = await with_many_rooms(net)
    rooms = [*(code.lower() for code in codes), "netherlands"]
    await planned(net, countries=",".join([*codes, "NL"]))
    assert {len(net.heard(room)) for room in rooms} == {1}
    with net.paused():
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


async def test_who_is_asked_again_is_not_told_late_that_they_are_no_longer_asked(net: Network) -> None:
    codes = await with_many_rooms(net)
    await planned(net, countries=",".join([*codes, "GH"]))
    with net.paused():
        await net.say("exercise set 1 countries=GH", as_="coordinator")
        told = {code for code in codes if any("no longer asked" in one.body for one in net.heard(code.lower()))}
        assert 0 < len(told) < len(codes)
        await net.say(f"exercise set 1 countries={','.join([*codes, 'GH'])}", as_="coordinator")
    await net.forward(timedelta(minutes=1))
    late = {code for code in codes if any("no longer asked" in one.body for one in net.heard(code.lower()))}
    assert late == told


async def test_a_room_that_is_invited_late_hears_of_a_new_time_once_and_of_none_when_it_is_off(net: Network) -> None:
    codes = await with_many_rooms(net)

    def heard_of(words: str) -> int:
        return sum(words in one.body for code in codes for one in net.heard(code.lower()) if one.replaces is None)

    with net.paused():
        await planned(net, countries=",".join(codes))
        net.now += timedelta(minutes=1)
        await net.say('exercise set 1 start="2026-12-04 09:00" tz=UTC', as_="coordinator")
        few = heard_of("has another time")
        assert few == telling._AT_ONCE
        net.now += timedelta(minutes=1)
    await net.forward(timedelta(minutes=1))
    assert heard_of("To take part") == len(codes)
    assert heard_of("has another time") == few
    with net.paused():
        await net.say('exercise set 1 start="2026-12-04 10:00" tz=UTC', as_="coordinator")
        assert heard_of("has another time") == 2 * few
        await net.say("exercise cancel 1 A strike", as_="coordinator")
    await net.forward(timedelta(minutes=1))
    assert heard_of("is cancelled") == len(codes)
    assert heard_of("has another time") == 2 * few
