"""Countries say that they take part; exercises are shown, listed, and a duty of who leads them."""

from datetime import timedelta

from storage.exercises import Exercises
from storage.members import Members, Role
from tests.exercises.planning import known, planned, reminders
from tests.fakes import Network


async def test_a_member_joins_for_their_country_and_the_cards_say_so(net: Network) -> None:
    await planned(net)
    (card,) = net.heard("ghana")
    reply = await net.say("!exercise join 1", as_="netherlands", room="netherlands")
    assert "Netherlands takes part in exercise E-2026-01, Clean Quay." in reply
    assert "Taking part: Netherlands" in net.latest("ghana", card.event_id)
    assert "Invited, not yet answered: Ghana and Belgium" in net.latest("ghana", card.event_id)
    line = net.heard("ghana")[-1]
    assert line.body == "Netherlands takes part in exercise E-2026-01."
    assert line.thread_root == card.event_id
    assert line.notice
    assert not [one for one in net.heard("netherlands") if one.thread_root and not one.replaces]  # the answer says it
    again = await net.say("!exercise join", as_="netherlands", room="netherlands")
    assert "Netherlands takes part in exercise E-2026-01 already: Jan Voorbeeld said so on" in again


async def test_in_the_cards_thread_the_number_may_be_left_out(net: Network) -> None:
    await planned(net)
    (card,) = net.heard("ghana")
    assert "Ghana takes part" in await net.say("!exercise join", room="ghana", thread=card.event_id)


async def test_a_country_that_was_not_invited_is_added(net: Network) -> None:
    await planned(net)
    reply = await net.say("exercise join e1", as_="germany")
    assert "Germany takes part in exercise E-2026-01, Clean Quay. It had not been invited and is now added." in reply
    (card,) = net.heard("germany")
    assert "Germany: Thu 3 Dec 2026, 10:00 (Europe/Berlin, 09:00 UTC)" in card.body
    net.clear_heard()
    await net.forward(timedelta(days=3))
    assert len(reminders(net, "germany")) == 1


async def test_an_official_speaks_for_the_country_above_a_member(net: Network) -> None:
    await planned(net)
    async with net.transaction() as tx:
        member = await Members(tx).get(net.person("ghana2"))
        assert member is not None
        member.role = Role.MEMBER
    await net.say("exercise join 1", as_="ghana2")
    assert "Ghana takes part" in await net.say("exercise join 1", as_="ghana")
    entry = (await known(net)).countries[0]
    assert entry.joined_by == net.person("ghana")
    assert "already: Ama Example said so" in await net.say("exercise join 1", as_="ghana2")


async def test_nobody_joins_for_another_country_but_a_coordinator(net: Network) -> None:
    await planned(net)
    assert "Only a coordinator can say" in await net.say("exercise join 1 country=NL", as_="ghana")
    assert "Your record names no country" in await net.say("exercise join 1", as_="coordinator")
    assert "Belgium takes part" in await net.say("exercise join 1 country=Belgium", as_="coordinator")


async def test_an_unknown_number_is_refused(net: Network) -> None:
    await planned(net)
    for number in ("2", "E-2025-01", "e99", "999999"):
        assert f"I know no exercise {number}" in await net.say(f"exercise join {number}"), number
        assert f"I know no exercise {number}" in await net.say(f"exercise show {number}"), number


async def test_it_is_shown_in_the_readers_zone_under_each_form_of_its_number(net: Network) -> None:
    await planned(net)
    for number in ("1", "E-2026-01", "e1", "2026-01", ""):
        shown = await net.say(f"exercise show {number}", as_="netherlands")
        assert "Exercise E-2026-01: Clean Quay" in shown, number
        assert "Time: Thu 3 Dec 2026, 10:00 (Europe/Amsterdam, 09:00 UTC)" in shown
        assert "Ghana | invited, not yet answered | Thu 3 Dec 2026, 09:00 (Africa/Accra, UTC)" in shown
    assert "Lead coordinator: Co Ordinator" in shown


async def test_show_without_a_number_needs_exactly_one_to_come(net: Network) -> None:
    assert "No exercise is planned or running." in await net.say("exercise show")
    await planned(net)
    await planned(net)
    assert "Which exercise do you mean: E-2026-01 or E-2026-02?" in await net.say("exercise show")


async def test_the_list_has_what_is_to_come_and_what_is_over(net: Network) -> None:
    assert "There is no exercise yet." in await net.say("exercise list")
    await planned(net)
    await planned(net)
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


async def test_nobody_joins_what_has_ended(net: Network) -> None:
    await planned(net)
    await net.forward(timedelta(days=20))
    assert "Exercise E-2026-01 has ended: nothing about it" in await net.say("exercise join 1")


async def test_who_leads_an_exercise_has_a_duty_until_it_is_over(net: Network) -> None:
    async with net.transaction() as tx:
        member = await Members(tx).get(net.person("ghana2"))
        assert member is not None
        member.role = Role.COORDINATOR
    await planned(net)
    assert "Lead coordinator: Kofi Sample" in await net.say("exercise set 1 lead=@ghana2:test", as_="coordinator")
    removed = await net.say("member remove @ghana2:test", as_="coordinator")
    assert "lead coordinator of exercise E-2026-01, Clean Quay" in removed


async def test_an_exercise_that_is_over_is_no_duty(net: Network) -> None:
    await planned(net)
    async with net.transaction() as tx:
        assert len(await Exercises(tx).led_by(net.person("coordinator"), net.now)) == 1
        assert await Exercises(tx).led_by(net.person("coordinator"), net.now + timedelta(days=20)) == []


async def test_numbers_begin_again_each_year_and_a_bare_one_means_what_is_not_over(net: Network) -> None:
    await planned(net)
    await planned(net, 'start="2027-02-01 09:00" end="2027-02-02 09:00" tz=UTC')
    assert "E-2026-01" in await net.say("exercise show 1")
    assert "E-2027-01" in await net.say("exercise show 2027-1")
    await net.forward(timedelta(days=20))
    assert "E-2027-01" in await net.say("exercise show 1")
