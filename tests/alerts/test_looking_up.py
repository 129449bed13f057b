"""Alerts looked up: shown, listed, filtered."""

import pytest

from tests.alerts.raising import SUSPICION, raised, sent
from tests.fakes import Network


async def test_a_withdrawn_alert_is_listed_by_its_number_alone(net: Network) -> None:
    await sent(net)
    await net.say("!alert withdraw 1 misread", as_="ghana", room="ghana")
    listed = await net.say("!alert list", as_="ghana", room="ghana")
    assert "A-2026-0001, withdrawn, TLP:AMBER (" in listed


async def test_an_alert_is_shown_with_its_history(net: Network) -> None:
    await sent(net)
    await net.say("!alert note 1 seal broken", as_="belgium", room="belgium")
    shown = await net.say("!alert show A-2026-0001", as_="netherlands", room="netherlands")
    assert "sent by EPA Ghana (Ghana)" in shown.text
    assert "note by Federal Police (Belgium): “seal broken”" in shown.text
    assert SUSPICION in shown.text


@pytest.mark.parametrize("number", ["A-2026-0001", "a-2026-1", "#1", "1", "2026-1"])
async def test_numbers_are_read_in_every_form(net: Network, number: str) -> None:
    await raised(net)
    assert "Draft of alert A-2026-0001" in await net.say(f"!alert show {number}", as_="ghana", room="ghana")


async def test_the_list_is_filtered(net: Network) -> None:
    await sent(net)
    await sent(net, "drums A1010 from Hamburg to Tema")
    await net.say("!alert close 1 outcome=cleared", as_="ghana", room="ghana")
    everything = await net.say("!alert list", as_="ghana", room="ghana")
    assert "A-2026-0001" in everything.text
    assert "A-2026-0002" in everything.text
    for command, expected in (
        ("!alert list open", "0002"),
        ("!alert list country=NL", "0001"),
        ("!alert list waste=A1010", "0002"),
        ("!alert list mine country=DE", "0002"),
    ):
        answer = await net.say(command, as_="ghana", room="ghana")
        assert f"A-2026-{expected}" in answer.text
        assert answer.text.count("A-2026-") == 1
    assert "no such alert" in await net.say("!alert list mine", as_="ghana2", room="ghana")


async def test_the_list_shows_twenty_and_counts_the_rest(net: Network) -> None:
    for _number in range(23):
        await raised(net, "drums at Tema")
    answer = await net.say("!alert list", as_="ghana", room="ghana")
    assert answer.text.count("A-2026-") == 20
    assert "And 3 older ones" in answer.text


async def test_a_draft_that_concerns_no_country_yet_is_listed_as_such(net: Network) -> None:
    await net.say("!alert a smell of burnt plastic", as_="ghana")
    assert "a smell of burnt plastic (no country yet)" in await net.say("!alert list mine", as_="ghana")


LISTED = {
    "!alert list": "CSQU3054383",
    "!alert list open": "A-2026-0002",
    "!alert list mine": "A-2026-0003",
    "!alert list mine country=BE": "A-2026-0001",
    "!alert list country=DE": "A-2026-0002",
    "!alert list open country=BE": "A-2026-0001",
    "!alert list waste=A1010": "A-2026-0002",
    "!alert list open waste=A1010 country=DE": "A-2026-0002",
    "!alert owed": "Belgium, A-2026-0001: to answer R1",
    "!alert owed country=DE": "Germany, A-2026-0002: to acknowledge",
    "!sightings CSQU3054383": "CSQU3054383 seen at",
}


async def test_lists_are_the_same_on_each_database(net_on_each: Network) -> None:
    net = net_on_each
    await sent(net)
    await sent(net, "drums A1010 from Hamburg to Tema")
    await raised(net, "scrap at Tema tlp=red person=@ghana2:test")
    await net.say("!request 1 BE Who is the consignee? due=3d", as_="ghana", room="ghana")
    await net.say("!seen CSQU3054383 at Tema 2h ago", as_="ghana", room="ghana")
    for said, expected in LISTED.items():
        assert expected in await net.say(said, as_="ghana"), said
    assert "A-2026-0003" not in await net.say("!alert list", as_="belgium")
