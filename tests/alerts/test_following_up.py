"""What becomes of an alert: acknowledged, noted, closed, withdrawn."""

from datetime import timedelta

from storage.alerts import AlertState
from tests.alerts.raising import card_in, raised, sent, state_of
from tests.fakes import Network


async def test_one_country_acknowledges_for_itself_alone(net: Network) -> None:
    await sent(net)
    card = card_in(net, "netherlands")
    await net.say("!alert ack", as_="netherlands", room="netherlands", thread=card)
    latest = net.latest("netherlands", card)
    assert "Netherlands (destination): acknowledged by ILT" in latest
    assert "waiting for Belgium" in latest
    lines = [one for one in net.heard("belgium") if one.thread_root is not None]
    assert "ILT (Netherlands) has acknowledged alert A-2026-0001." in lines[-1].body
    assert "Belgium (origin): to acknowledge by" in net.latest("belgium", card_in(net, "belgium"))


async def test_acknowledging_without_a_number_means_the_only_one_that_waits(net: Network) -> None:
    await sent(net)
    assert "Netherlands has acknowledged" in await net.say("!alert ack", as_="netherlands", room="netherlands")
    assert "No alert waits" in await net.say("!alert ack", as_="netherlands", room="netherlands")


async def test_acknowledging_twice_is_told_politely(net: Network) -> None:
    await sent(net)
    await net.say("!alert ack 1", as_="belgium", room="belgium")
    assert "has acknowledged alert A-2026-0001 already" in await net.say("!alert ack 1", as_="belgium", room="belgium")
    assert "raised alert A-2026-0001 itself" in await net.say("!alert ack 1", as_="ghana2", room="ghana")


async def test_a_country_that_is_not_addressed_cannot_acknowledge(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema to Rotterdam", tlp="green")
    assert "not addressed to your country" in await net.say("!alert ack 1", as_="belgium", room="network")
    assert "no country" in await net.say("!alert ack 1", as_="coordinator", room="coordination")


async def test_notes_stand_in_every_thread(net: Network) -> None:
    await sent(net)
    card = card_in(net, "belgium")
    await net.say("!alert note 40 drums found, leaking", as_="belgium", room="belgium", thread=card)
    for room in ("ghana", "netherlands", "belgium", "coordination"):
        notes = [one for one in net.heard(room) if one.thread_root is not None and "40 drums found" in one.body]
        assert len(notes) == 1
        assert "Federal Police (Belgium)" in notes[0].body
        assert "Eva" not in notes[0].body


async def test_notes_from_elsewhere_are_refused(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema to Rotterdam", tlp="green")
    assert "come from the countries concerned" in await net.say("!alert note 1 hello", as_="belgium", room="network")
    assert "10000" in (await net.say(f"!alert note 1 {'x' * 10_001}", as_="ghana", room="ghana")).text.replace(",", "")


async def test_a_draft_takes_no_notes_and_no_end(net: Network) -> None:
    await raised(net)
    for command in ("!alert note 1 hello", "!alert close 1 outcome=other", "!alert ack 1"):
        assert "is a draft" in await net.say(command, as_="ghana", room="ghana")


async def test_closing_with_an_outcome_stops_the_clocks(net: Network) -> None:
    await sent(net)
    closed = await net.say("!alert close 1 outcome=returned Shipped back to Antwerp", as_="ghana2", room="ghana")
    assert "Outcome: returned to the country of origin" in closed.text
    latest = net.latest("belgium", card_in(net, "belgium"))
    assert "State: closed, outcome: returned to the country of origin" in latest
    assert "Shipped back to Antwerp" in latest
    net.clear_heard()
    await net.forward(timedelta(hours=5))
    assert net.heard("belgium") == net.heard("coordination") == []
    assert "is ended" in await net.say("!alert note 1 more", as_="ghana", room="ghana")
    assert "is ended" in await net.say("!alert set 1 origin=FR", as_="ghana", room="ghana")


async def test_a_country_concerned_closes_it_for_all(net: Network) -> None:
    """The country where the container is found knows what came of it."""
    await sent(net)
    closed = await net.say("!alert close 1 outcome=cleared Empty, swept clean", as_="belgium", room="belgium")
    assert "Outcome: cleared" in closed.text
    told = [one.body for one in net.heard("ghana") if one.thread_root == card_in(net, "ghana")]
    assert told[-1].startswith("Federal Police (Belgium) closed alert A-2026-0001. Outcome: cleared")


async def test_countries_not_concerned_do_not_close(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema to Rotterdam", tlp="green")
    refused = await net.say("!alert close 1 outcome=cleared", as_="belgium", room="network")
    assert "!alert close is for Ghana, Netherlands, or the coordinators" in refused
    assert "closed" in await net.say("!alert close 1 outcome=not-located", as_="coordinator", room="coordination")


async def test_closing_asks_for_the_outcome(net: Network) -> None:
    await sent(net)
    asked = await net.say("!alert close 1", as_="ghana", room="ghana")
    assert "What came of it?" in asked.text
    answer = await net.say("treated", as_="ghana", room="ghana", thread=asked.event_id)
    assert "treated in the country of detection" in answer.text
    assert await state_of(net) is AlertState.CLOSED


async def test_a_withdrawn_alert_leaves_a_tombstone(net: Network) -> None:
    await sent(net)
    await net.say("!alert withdraw 1 The number was misread", as_="ghana", room="ghana")
    latest = net.latest("netherlands", card_in(net, "netherlands"))
    assert "WITHDRAWN" in latest
    assert "The number was misread" in latest
    assert "CSQU3054383" not in latest
    net.clear_heard()
    await net.forward(timedelta(hours=5))
    assert net.heard("netherlands") == []
    assert "WITHDRAWN" in await net.say("!alert show 1", as_="netherlands", room="netherlands")


async def test_a_draft_is_dropped_without_anybody_hearing(net: Network) -> None:
    draft = await raised(net)
    assert "Nobody was told" in await net.say("!alert withdraw 1 wrong box", as_="ghana", room="ghana")
    assert "WITHDRAWN" in net.latest("ghana", draft.messages[0].event_id)
    assert "is ended" in await net.say("!alert send 1", as_="ghana", room="ghana")
    assert net.heard("coordination") == []


async def test_a_member_who_goes_leaves_open_alerts_behind(net: Network) -> None:
    await sent(net)
    answer = await net.say(f"!member remove {net.person('ghana')}", as_="coordinator", room="coordination")
    assert "A-2026-0001" in answer.text


async def test_the_whole_life_on_each_database(net_on_each: Network) -> None:
    net = net_on_each
    await sent(net)
    await net.say("!alert ack 1", as_="netherlands", room="netherlands")
    await net.say("!alert set 1 container=+MSKU1234565", as_="ghana", room="ghana")
    await net.forward(timedelta(minutes=31))
    await net.say("!alert close 1 outcome=returned back to Antwerp", as_="ghana", room="ghana")
    latest = net.latest("belgium", card_in(net, "belgium"))
    for expected in ("MSKU1234565", "State: closed", "Belgium (origin): had not acknowledged", "acknowledged by ILT"):
        assert expected in latest
    for command in ("!alert list waste=a1180", "!alert list country=BE"):
        assert "A-2026-0001" in await net.say(command, as_="ghana", room="ghana")
