"""How far the source of an alert and its information can be relied on: in letters, in words, on record."""

import json
from datetime import timedelta

from tests.alerts.raising import card_in, sent
from tests.fakes import Network

TEXT = "CSQU3054383 at Tema to Rotterdam"
MOSTLY = "Reliability: source B, mostly reliable; information 2, known to the source itself"


async def test_it_is_given_at_raising_and_shown_on_every_card(net: Network) -> None:
    draft = await net.say(f"!alert {TEXT} source=B info=2", as_="ghana", room="ghana")
    assert MOSTLY in draft
    await net.say("!alert send", as_="ghana", room="ghana")
    for room in ("ghana", "netherlands", "coordination"):
        assert MOSTLY in net.latest(room, card_in(net, room))
    assert MOSTLY in await net.say("!alert show 1", as_="netherlands")


async def test_it_is_changed_later_and_every_change_is_on_record(net: Network) -> None:
    await sent(net, TEXT)
    card = card_in(net, "netherlands")
    assert "Reliability: not evaluated yet" in net.latest("netherlands", card)
    answer = await net.say("!alert set 1 source=X info=4", as_="ghana", room="ghana")
    assert "source X, its reliability cannot be assessed; information 4" in answer
    await net.say("!alert set 1 info=3 vessel=IMO9811000", as_="ghana", room="ghana")
    assert "information 3, not known to the source itself, but supported" in net.latest("netherlands", card)
    lines = [one.body for one in net.heard("netherlands") if one.thread_root == card]
    assert sum("evaluated alert A-2026-0001" in line for line in lines) == 2
    assert any("corrected or added: Vessel" in line for line in lines)
    await net.say("!alert export 1 format=json", as_="ghana")
    record = json.loads(net.gateway.uploads[-1][1])
    assert (record["source"], record["information"]) == ("X", "3")
    changes = [entry["details"] for entry in record["history"] if entry["what"] == "evaluated"]
    assert changes == [{"from": [None, None], "to": ["X", "4"]}, {"from": ["X", "4"], "to": ["X", "3"]}]


async def test_who_verifies_is_asked_and_never_made_to(net: Network) -> None:
    await sent(net, TEXT)
    answer = await net.say("!alert verify 1", as_="ghana2", room="ghana")
    assert "!alert evaluate A-2026-0001 source=B info=2. It is no condition." in answer
    assert "Verified: by Ghana Customs" in net.latest("ghana", card_in(net, "ghana"))
    await net.say("!alert evaluate 1 source=A", as_="ghana2", room="ghana")
    card = net.latest("netherlands", card_in(net, "netherlands"))
    assert "source A, reliable in every instance so far; information not said" in card
    await sent(net, "drums at Tema to Rotterdam")
    again = await net.say("!alert verify 2 source=C info=1", as_="ghana2", room="ghana")
    assert "no condition" not in again
    assert "source C, mostly unreliable; information 1" in again


async def test_others_do_not_evaluate_and_wrong_letters_are_named(net: Network) -> None:
    await sent(net, TEXT)
    assert "is for" in await net.say("!alert evaluate 1 source=A", as_="netherlands", room="netherlands")
    assert "not one of A, B, C, or X" in await net.say("!alert evaluate 1 source=D", as_="ghana")
    assert "mostly unreliable" in await net.say("!alert evaluate 1", as_="ghana")
    await net.forward(timedelta(minutes=1))
    assert "Reliability: not evaluated yet" in await net.say("!alert show 1", as_="ghana")


async def test_figures_tell_how_many_of_each_source_were_confirmed(net: Network) -> None:
    assert "By source" not in await net.say("!alert stats", as_="ghana")
    for number, source in enumerate("BBX", start=1):
        await net.say(f"!alert drums at Tema to Rotterdam source={source}", as_="ghana")
        await net.say(f"!alert send {number}", as_="ghana")
    await net.say("!alert hold 2", as_="netherlands")
    await net.say("!alert confirm 2 ground=a", as_="netherlands")
    figures = await net.say("!alert stats", as_="ghana")
    assert "By source, A to X (of them confirmed): B: 2 (1) and X: 1 (0)" in figures
