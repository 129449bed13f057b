"""Each country's part: holding, inspecting, and what was found."""

import pytest

from storage.alerts import AlertState
from tests.alerts.raising import card_in, sent, state_of
from tests.fakes import Network


async def test_holding_is_a_line_in_each_thread_and_on_each_card_and_acknowledges(net: Network) -> None:
    await sent(net)
    card = card_in(net, "netherlands")
    answer = await net.say("!alert hold On terminal 3", as_="netherlands", room="netherlands", thread=card)
    assert "It is on record" not in answer.text
    assert await state_of(net) is AlertState.UNDER_CONTROL
    for room in ("ghana", "netherlands", "belgium", "coordination"):
        own = card_in(net, room)
        assert "under control, waiting for Belgium" in net.latest(room, own)
        assert "Netherlands (destination): acknowledged by ILT" in net.latest(room, own)
        assert "holds it since" in net.latest(room, own)
        lines = [one for one in net.heard(room) if one.thread_root == own and "holds the shipment" in one.body]
        assert len(lines) == 1
        assert "On terminal 3" in lines[0].body


async def test_one_country_still_looking_keeps_it_open(net: Network) -> None:
    await sent(net)
    await net.say("!alert inspect 1", as_="netherlands", room="netherlands")
    await net.say("!alert inspect 1", as_="belgium", room="belgium")
    await net.say("!alert not-located 1 left before we came", as_="netherlands", room="netherlands")
    assert await state_of(net) is AlertState.UNDER_CONTROL
    await net.say("!alert clear 1", as_="belgium", room="belgium")
    assert await state_of(net) is AlertState.CLEARED
    card = net.latest("ghana", card_in(net, "ghana"))
    assert "found: not located" in card
    assert "found: cleared" in card


async def test_confirmed_counts_at_once_with_its_ground(net: Network) -> None:
    await sent(net)
    await net.say("!alert hold 1", as_="netherlands", room="netherlands")
    await net.say("!alert inspect 1", as_="belgium", room="belgium")
    await net.say("!alert confirm 1 ground=c Forged consent", as_="netherlands", room="netherlands")
    assert await state_of(net) is AlertState.CONFIRMED
    assert "Illegal because: Basel 9(1)(c)" in net.latest("belgium", card_in(net, "belgium"))
    await net.say("!alert not-located 1", as_="belgium", room="belgium")
    assert await state_of(net) is AlertState.CONFIRMED


async def test_what_was_not_located_may_turn_up(net: Network) -> None:
    await sent(net)
    await net.say("!alert inspect 1", as_="netherlands", room="netherlands")
    await net.say("!alert not-located 1", as_="netherlands", room="netherlands")
    assert await state_of(net) is AlertState.NOT_LOCATED
    await net.say("!alert hold 1", as_="netherlands", room="netherlands")
    assert await state_of(net) is AlertState.UNDER_CONTROL
    assert "found:" not in net.latest("ghana", card_in(net, "ghana"))


async def test_the_ground_is_asked_for(net: Network) -> None:
    await sent(net)
    await net.say("!alert hold 1", as_="netherlands", room="netherlands")
    asked = await net.say("!alert confirm 1", as_="netherlands", room="netherlands")
    assert "On which ground" in asked
    await net.say("b", as_="netherlands", room="netherlands", thread=asked.event_id)
    assert await state_of(net) is AlertState.CONFIRMED
    assert "not one of" in await net.say("!alert confirm 1 ground=f", as_="netherlands", room="netherlands")


@pytest.mark.parametrize("command", ["confirm 1 ground=a", "clear 1", "not-located 1"])
async def test_findings_come_from_who_has_control(net: Network, command: str) -> None:
    await sent(net)
    early = await net.say(f"!alert {command}", as_="netherlands", room="netherlands")
    assert "stands at “circulated”" in early
    assert "!alert next A-2026-0001" in early
    await net.say("!alert hold 1", as_="belgium", room="belgium")
    other = await net.say(f"!alert {command}", as_="netherlands", room="netherlands")
    assert "neither holds nor inspects" in other
    assert "!alert hold A-2026-0001" in other
    assert await state_of(net) is AlertState.UNDER_CONTROL


@pytest.mark.parametrize("command", ["hold", "inspect", "confirm ground=a", "clear", "not-located"])
async def test_control_is_refused_to_others(net: Network, command: str) -> None:
    word, _, rest = command.partition(" ")
    text = f"!alert {word} 1 {rest}"
    await sent(net, "CSQU3054383 at Tema to Rotterdam", tlp="green")
    assert "is for Ghana or Netherlands" in await net.say(text, as_="belgium", room="network")
    assert "no country" in await net.say(text, as_="coordinator", room="coordination")
    assert "for officials" in await net.say(text, as_="germany", room="network")
    assert await state_of(net) is AlertState.CIRCULATED


async def test_saying_it_twice_is_refused(net: Network) -> None:
    await sent(net)
    await net.say("!alert hold 1", as_="netherlands", room="netherlands")
    assert "on record" in await net.say("!alert hold 1", as_="netherlands", room="netherlands")
    await net.say("!alert clear 1", as_="netherlands", room="netherlands")
    assert "stands at “cleared”" in await net.say("!alert clear 1", as_="netherlands", room="netherlands")


async def test_the_country_that_raised_it_holds_it_too(net: Network) -> None:
    await sent(net)
    await net.say("!alert hold 1", as_="ghana2", room="ghana")
    card = net.latest("belgium", card_in(net, "belgium"))
    assert "Ghana (seen there): raised it; holds it since" in card
