"""Requests: directed to a country, answered, reminded, taken further, closed; and what countries owe."""

from datetime import timedelta

import pytest

from storage.alerts import AlertNumber, AlertRequests, Alerts, RequestState
from tests.alerts.raising import card_in, sent
from tests.fakes import Network

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ASK = "!request 1 NL Who is the consignee? due=3d"


async def asked(net: Network, text: str = ASK) -> None:
    await sent(net)
    await net.say("!alert ack 1", as_="netherlands", room="netherlands")
    await net.say("!alert ack 1", as_="belgium", room="belgium")
    await net.say("!alert verify 1", as_="ghana2", room="ghana")
    await net.say(text, as_="ghana", room="ghana")


async def request_state(net: Network, number: int = 1) -> RequestState:
    async with net.transaction() as tx:
        alert = await Alerts(tx).by_number(AlertNumber("A", 2026, 1))
        assert alert is not None
        request = await AlertRequests(tx).numbered(alert, number)
        assert request is not None
        return request.state


def lines_in(net: Network, room: str) -> list[str]:
    return [one.body for one in net.heard(room) if one.replaces is None]


async def test_the_country_is_asked_by_name_and_the_others_read_it(net: Network) -> None:
    await asked(net)
    question = net.heard("netherlands")[-1]
    assert question.thread_root == card_in(net, "netherlands")
    assert "EPA Ghana (Ghana) asks Netherlands about alert A-2026-0001 (R1)" in question.body
    assert "Who is the consignee?" in question.body
    assert "!answer R1 ..." in question.body
    assert question.mentions == (net.person("netherlands"),)
    other = net.heard("belgium")[-1]
    assert "Who is the consignee?" in other.body
    assert "!answer" not in other.body
    assert other.mentions == ()
    card = net.latest("belgium", card_in(net, "belgium"))
    assert "R1, Netherlands: by Thu 26 Nov 2026, 10:00 (Europe/Brussels, 09:00 UTC): Who is the consignee?" in card


@pytest.mark.parametrize("text", ["!answer A shell company", "!answer R1 A shell company"])
async def test_it_is_answered_in_the_thread(net: Network, text: str) -> None:
    await asked(net)
    await net.say(text, as_="netherlands", room="netherlands", thread=card_in(net, "netherlands"))
    assert await request_state(net) is RequestState.ANSWERED
    for room in ("ghana", "belgium", "netherlands"):
        answers = [one for one in net.heard(room) if one.thread_root and "answers R1" in one.body]
        assert len(answers) == 1
        assert "A shell company" in answers[0].body
        assert "To be answered" not in net.latest(room, card_in(net, room))
    net.clear_heard()
    await net.forward(10 * DAY)
    assert net.heard("netherlands") == net.heard("coordination") == []


@pytest.mark.parametrize("text", ["!answer 1 R1 yes", "!answer R1 yes", "!answer A-2026-0001 yes", "!answer yes"])
async def test_it_is_answered_anywhere(net: Network, text: str) -> None:
    await asked(net)
    assert "in every room's thread" in await net.say(text, as_="netherlands", room="netherlands")
    assert await request_state(net) is RequestState.ANSWERED


async def test_it_is_reminded_then_called_for_then_taken_to_the_coordinators(net: Network) -> None:
    await asked(net)
    net.clear_heard()
    await net.forward(2 * DAY)
    [reminder] = lines_in(net, "netherlands")
    assert "Reminder: Netherlands is to answer R1" in reminder
    assert "!answer R1" in reminder
    [quiet] = [one for one in net.heard("belgium") if one.replaces is None]
    assert quiet.notice

    net.clear_heard()
    await net.forward(1 * DAY)
    [call] = [one for one in net.heard("netherlands") if one.replaces is None]
    assert "the time is over" in call.body
    assert call.mentions == (net.person("netherlands"),)

    net.clear_heard()
    await net.forward(1 * DAY)
    [taken] = [one for one in net.heard("coordination") if one.mentions]
    assert "Netherlands does not answer R1" in taken.body
    card = [one.body for one in net.heard("belgium") if one.replaces][-1]
    assert "R1, Netherlands: OVERDUE since" in card

    net.clear_heard()
    await net.forward(10 * DAY)
    assert net.heard("netherlands") == net.heard("coordination") == []


async def test_what_coordinators_may_not_hear_comes_back_to_the_author(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema to Rotterdam", tlp="amber-strict")
    await net.say("!request 1 NL Who is it? due=2h", as_="ghana", room="ghana")
    await net.forward(5 * HOUR)
    assert net.heard("coordination") == []
    assert any("does not answer R1 on your alert" in one.body for one in await net.heard_by("ghana"))


async def test_only_the_country_that_was_asked_answers(net: Network) -> None:
    await asked(net)
    refused = await net.say("!answer 1 R1 it is me", as_="belgium", room="belgium")
    assert "directed to Netherlands" in refused
    assert "Nothing on alert A-2026-0001 waits" in await net.say("!answer 1 it is me", as_="belgium", room="belgium")
    assert "Nothing here waits" in await net.say("!answer it is me", as_="belgium", room="belgium")
    assert "has no request R7" in await net.say("!answer 1 R7 yes", as_="netherlands", room="netherlands")
    assert await request_state(net) is RequestState.OPEN


async def test_of_several_requests_it_is_said_which(net: Network) -> None:
    await asked(net)
    await net.say("!request 1 NL And the carrier?", as_="belgium", room="belgium")
    answer = await net.say("!answer 1 yes indeed", as_="netherlands", room="netherlands")
    assert "!answer A-2026-0001 R2 ..." in answer
    assert "!answer A-2026-0001 R2 ..." in await net.say("!answer yes indeed", as_="netherlands", room="netherlands")
    await net.say("!answer 1 R2 Example Lines", as_="netherlands", room="netherlands")
    assert await request_state(net, 2) is RequestState.ANSWERED
    assert await request_state(net, 1) is RequestState.OPEN


async def test_who_asked_closes_it(net: Network) -> None:
    await asked(net)
    assert "closed by who asked" in await net.say("!request close 1 R1", as_="belgium", room="belgium")
    await net.say("!request close 1 R1 the carrier told us", as_="ghana2", room="ghana")
    assert await request_state(net) is RequestState.CLOSED
    assert "on record" in await net.say("!answer 1 R1 yes", as_="netherlands", room="netherlands")
    net.clear_heard()
    await net.forward(10 * DAY)
    assert net.heard("netherlands") == []


async def test_with_the_alert_end_its_requests(net: Network) -> None:
    await asked(net)
    await net.say("!alert close 1 outcome=other", as_="ghana", room="ghana")
    assert await request_state(net) is RequestState.DROPPED
    assert "is ended" in await net.say("!answer 1 R1 yes", as_="netherlands", room="netherlands")
    assert await net.clocks("alert.request") == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("!request 1 DE Who is it?", "not addressed to Germany"),
        ("!request 1 GH Who is it?", "your own country"),
        ("!request 1 NL Who is it? due=5m", "within an hour at least"),
        ("!request 1 NL Who is it? due=9999d", "a year at most"),
        ("!request 1 NL Who is it? due=soon", "cannot read the duration"),
        ("!request 1 Atlantis Who is it?", "know no country"),
        ("!request 99 NL Who is it?", "know no alert 99"),
        (f"!request 1 NL {'x' * 10_001}", "10000"),
    ],
)
async def test_what_cannot_be_asked_is_refused(net: Network, text: str, why: str) -> None:
    await sent(net)
    assert why in (await net.say(text, as_="ghana", room="ghana")).text.replace("10,000", "10000")


async def test_countries_not_concerned_ask_nothing(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema to Rotterdam", tlp="green")
    refused = await net.say("!request 1 NL Who is it?", as_="belgium", room="network")
    assert "come from the countries concerned" in refused


async def test_a_country_that_cannot_be_told_is_said_loudly(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema, from Montevideo to Rotterdam")
    assert "will NOT be told" in await net.say("!request 1 UY Who is it?", as_="ghana", room="ghana")


async def test_a_draft_is_not_asked_about(net: Network) -> None:
    await net.say("!alert CSQU3054383 at Tema to Rotterdam", as_="ghana", room="ghana")
    assert "is a draft" in await net.say("!request 1 NL Who?", as_="ghana", room="ghana")


# What is owed


async def test_what_is_owed_is_listed_with_what_is_overdue_first(net: Network) -> None:
    await sent(net)
    await net.say("!request 1 NL Who is it? due=3d", as_="ghana", room="ghana")
    await net.say("!alert hold 1", as_="belgium", room="belgium")
    await net.forward(2 * HOUR)
    owed = (await net.say("!alert owed", as_="ghana", room="ghana")).text.splitlines()
    assert owed[1].startswith("- OVERDUE: Netherlands, A-2026-0001: to acknowledge by")
    assert "- Belgium, A-2026-0001: to say what it found" in owed
    assert any("Netherlands, A-2026-0001: to answer R1 by" in line for line in owed)
    only = await net.say("!alert owed country=BE", as_="ghana", room="ghana")
    assert "Belgium" in only
    assert "Netherlands" not in only


async def test_what_may_not_be_seen_is_not_owed_either(net: Network) -> None:
    nothing = (await net.say("!alert owed", as_="germany", room="germany")).text
    await asked(net)
    assert (await net.say("!alert owed", as_="germany", room="germany")).text == nothing
    assert (await net.say("!alert owed", as_="ghana", room="network")).text == nothing
    assert "R1" in await net.say("!alert owed", as_="ghana", room="ghana")


async def test_a_take_back_is_owed_by_the_state_of_export(net: Network) -> None:
    await asked(net)
    await net.say("!alert hold 1", as_="netherlands", room="netherlands")
    await net.say("!alert confirm 1 ground=a", as_="netherlands", room="netherlands")
    await net.say("!alert inform-export-state 1 when=now proof=letter", as_="ghana", room="ghana")
    owed = await net.say("!alert owed country=BE", as_="ghana", room="ghana")
    assert "Belgium, A-2026-0001: to take back, 30 days left" in owed
