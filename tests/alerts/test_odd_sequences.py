"""What is done in an order that nobody planned: answered, informed and asked for after something else happened."""

from datetime import timedelta

import pytest

from storage.alerts import Alerts, AlertState
from tests.alerts.raising import sent, state_of
from tests.fakes import Network


async def test_a_request_is_answered_after_its_alert_was_closed_and_reopened(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema to Rotterdam")
    await net.say("!request 1 NL Please open it due=3d")
    await net.say("!alert close 1 outcome=other nothing there")
    assert "is ended: it was closed" in await net.say("!answer 1 R1 We opened it", as_="netherlands")
    await net.say("!alert reopen 1 something after all")
    assert "Your answer to R1" in await net.say("!answer 1 R1 We opened it", as_="netherlands")
    assert any("We opened it" in one.body for one in net.heard("ghana"))
    assert "on record" in await net.say("!answer 1 R1 again", as_="netherlands")
    await net.forward(timedelta(days=5))
    assert not [one for one in net.heard("netherlands") if "R1" in one.body and "overdue" in one.body]


async def test_a_year_that_cannot_be_meant_starts_no_clock(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema from Antwerp to Rotterdam")
    await net.say("!alert inspect 1")
    await net.say("!alert confirm 1 ground=b")
    refused = await net.say("!alert inform-export-state 1 when=2020-01-01 proof=mail")
    assert "is more than a year before alert A-2026-0001 was raised. Check the year." in refused
    assert await state_of(net) is AlertState.CONFIRMED
    assert "is to be taken back by" in await net.say("!alert inform-export-state 1 when=2026-06-01 proof=mail")


@pytest.mark.parametrize("typed", ["!alert request 1 NL please open it", "!alert answer 1 R1 We opened it",
                                   "!alert REQUEST #1 NL please open it"])  # fmt: skip
async def test_a_command_of_its_own_makes_no_draft(net: Network, typed: str) -> None:
    await sent(net, "CSQU3054383 at Tema to Rotterdam")
    answer = await net.say(typed)
    assert "That is a command of its own: !" in answer
    async with net.transaction() as tx:
        assert await Alerts(tx).drafts_of(net.person("ghana"), limit=5) == []


@pytest.mark.parametrize("text", ["seen 3 drums at Tema today", "request from Tema: CSQU3054383 leaks",
                                  "watch 2 containers in Tema"])  # fmt: skip
async def test_words_that_are_commands_elsewhere_may_begin_an_alert(net: Network, text: str) -> None:
    assert "Draft of alert A-2026-0001" in await net.say(f"!alert {text}")


async def test_a_short_number_of_last_year_is_explained_whether_it_exists_or_not(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema to Rotterdam")
    await net.forward(timedelta(days=60))
    for number, full in (("1", "A-2026-0001"), ("7", "A-2026-0007"), ("X-1", "X-2026-0001")):
        for who in ("ghana", "germany"):
            answer = await net.say(f"!alert next {number}", as_=who)
            assert f"I know no alert {number} that I may show here." in answer
            assert f"I looked at those of 2027; one of last year is written in full: {full}." in answer
    assert "last year" not in await net.say("!alert next A-2025-0001")
    assert "last year" not in await net.say("!alert next 1" + "0" * 60)


async def test_a_country_that_leaves_and_comes_back_reads_what_was_said_meanwhile(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema via Antwerp to Rotterdam")
    await net.say("!room unbind", as_="coordinator", room="belgium")
    await net.say("!alert note 1 The seal is broken")
    assert not [one for one in net.heard("belgium") if "seal" in one.body]
    await net.say("!room bind country=BE", as_="coordinator", room="belgium")
    assert any("Raised by" in one.body for one in net.heard("belgium"))
    assert "The seal is broken" in (await net.say("!alert show 1", as_="belgium", room="belgium")).text
    assert "has acknowledged" in await net.say("!alert ack 1", as_="belgium", room="belgium")


async def test_nothing_was_seen_at_a_time_that_has_not_come(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema to Rotterdam")
    refused = await net.say("!alert set 1 seen=2030-01-01")
    assert "2030-01-01 has not come yet, so nothing was seen then. Check the year." in refused
    assert "Seen on: 2026-11-23" in await net.say("!alert set 1 seen=2026-11-23")
