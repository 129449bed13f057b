"""The second pair of eyes: before an alert is sent, after it was sent, and the clock for it."""

from datetime import timedelta

from storage.alerts import AlertState
from tests.alerts.raising import card_in, raised, sent, state_of
from tests.fakes import Network

HOUR = timedelta(hours=1)


async def in_direct(net: Network, person: str) -> str:
    """Return what the bot said last in a person's direct chat, edits included."""
    return [one.body for one in await net.heard_by(person)][-1]


async def test_a_draft_is_shown_to_the_colleagues_alone_and_sent_when_one_verifies_it(net: Network) -> None:
    await raised(net)
    answer = await net.say("!alert submit", as_="ghana", room="ghana")
    assert "1 person was asked to look at it" in answer
    assert await state_of(net) is AlertState.SUBMITTED
    asked = await in_direct(net, "ghana2")
    assert "CSQU3054383" in asked
    assert "EPA Ghana (Ghana) asks you to verify it" in asked
    assert net.heard("netherlands") == net.heard("coordination") == []
    assert await net.heard_by("netherlands") == await net.heard_by("coordinator") == []

    verified = await net.say("!alert verify 1", as_="ghana2")
    assert "A-2026-0001 is verified, and sent" in verified
    assert await state_of(net) is AlertState.CIRCULATED
    card = net.latest("netherlands", card_in(net, "netherlands"))
    assert "Verified: by Ghana Customs" in card
    assert "Raised by: EPA Ghana (Ghana)" in card
    assert any("delivered to 4 of 4" in one.body for one in await net.heard_by("ghana"))


async def test_verified_before_no_clock_runs_for_it(net: Network) -> None:
    await raised(net)
    await net.say("!alert submit", as_="ghana", room="ghana")
    await net.say("!alert verify 1", as_="ghana2")
    net.clear_heard()
    await net.forward(49 * HOUR)
    assert not any("second pair" in one.body for room in ("ghana", "coordination") for one in net.heard(room))


async def test_what_is_returned_is_corrected_and_submitted_again(net: Network) -> None:
    await raised(net)
    await net.say("!alert submit", as_="ghana", room="ghana")
    answer = await net.say("!alert return 1 The number has a digit too few", as_="ghana2")
    assert "returned to its author" in answer
    assert await state_of(net) is AlertState.RETURNED
    told = [one.body for one in await net.heard_by("ghana")]
    assert any("Ghana Customs (Ghana) returned alert A-2026-0001" in body for body in told)
    assert any("The number has a digit too few" in body for body in told)
    assert "returned to you" in await net.say("!alert send 1", as_="ghana", room="ghana")
    await net.say("!alert set 1 container=MSKU1234565", as_="ghana", room="ghana")
    assert await state_of(net) is AlertState.DRAFT
    await net.say("!alert submit", as_="ghana", room="ghana")
    assert "verified, and sent" in await net.say("!alert verify 1", as_="ghana2")


async def test_who_returned_it_sees_it_no_longer(net: Network) -> None:
    await raised(net)
    unknown = await net.say("!alert show 1", as_="ghana2")
    await net.say("!alert submit", as_="ghana", room="ghana")
    assert "CSQU3054383" in await net.say("!alert show 1", as_="ghana2")
    await net.say("!alert return 1 wrong", as_="ghana2")
    assert (await net.say("!alert show 1", as_="ghana2")).text == unknown.text
    shown = {one.replaces or one.event_id: one.body for one in await net.heard_by("ghana2")}
    assert not any("CSQU3054383" in body for body in shown.values())


async def test_the_author_is_no_second_pair_of_eyes(net: Network) -> None:
    await sent(net)
    assert "You raised alert A-2026-0001 yourself" in await net.say("!alert verify 1", as_="ghana", room="ghana")


async def test_another_country_does_not_verify(net: Network) -> None:
    await sent(net)
    refused = await net.say("!alert verify 1", as_="netherlands", room="netherlands")
    assert "is for another official of Ghana or a coordinator" in refused


async def test_what_was_sent_is_verified_afterwards(net: Network) -> None:
    await sent(net)
    card = card_in(net, "belgium")
    assert "Verified: not yet" in net.latest("belgium", card)
    await net.say("!alert verify 1 I saw the scan", as_="ghana2", room="ghana")
    assert "Verified: by Ghana Customs" in net.latest("belgium", card)
    line = net.heard("belgium")[-1]
    assert line.thread_root == card
    assert "Ghana Customs (Ghana) verified alert A-2026-0001" in line.body
    assert "I saw the scan" in line.body
    assert "verified already, by Ghana Customs" in await net.say("!alert verify 1", as_="ghana2", room="ghana")
    net.clear_heard()
    await net.forward(49 * HOUR)
    assert not any("second pair" in one.body for one in net.heard("ghana"))


async def test_unverified_for_a_day_the_country_is_reminded_then_the_coordinators(net: Network) -> None:
    await sent(net)
    net.clear_heard()
    await net.forward(24 * HOUR)
    [call] = [one for one in net.heard("ghana") if "second pair" in one.body]
    assert call.mentions == (net.person("ghana2"),)
    assert not any("second pair" in one.body for one in net.heard("coordination"))
    await net.forward(24 * HOUR)
    [call] = [one for one in net.heard("coordination") if "second pair" in one.body]
    assert call.mentions == (net.person("coordinator"),)
    net.clear_heard()
    await net.forward(72 * HOUR)
    assert not any("second pair" in one.body for room in ("ghana", "coordination") for one in net.heard(room))


async def test_where_nobody_else_is_the_coordinators_verify(net: Network) -> None:
    await net.say("!alert CSQU3054383 at Rotterdam from Tema", as_="netherlands", room="netherlands")
    await net.say("!alert submit", as_="netherlands", room="netherlands")
    assert "asks you to verify" in await in_direct(net, "coordinator")
    assert "verified, and sent" in await net.say("!alert verify 1", as_="coordinator")
    assert any("CSQU3054383" in one.body for one in net.heard("ghana"))


async def test_where_nobody_may_verify_it_is_said(net: Network) -> None:
    await net.say("!alert CSQU3054383 at Rotterdam tlp=amber-strict", as_="netherlands", room="netherlands")
    refused = await net.say("!alert submit", as_="netherlands", room="netherlands")
    assert "Nobody else may verify" in refused
    assert await state_of(net) is AlertState.DRAFT
    assert await net.heard_by("coordinator") == []


async def test_a_red_alert_is_shown_to_no_colleague_who_is_not_named(net: Network) -> None:
    await net.say("!alert CSQU3054383 at Tema tlp=red person=@belgium:test", as_="ghana")
    assert "Nobody else may verify" in await net.say("!alert submit", as_="ghana")
    assert await net.heard_by("ghana2") == []


async def test_a_submitted_draft_that_is_withdrawn_is_taken_away(net: Network) -> None:
    await raised(net)
    await net.say("!alert submit", as_="ghana", room="ghana")
    await net.say("!alert withdraw 1 misread", as_="ghana", room="ghana")
    shown = {one.replaces or one.event_id: one.body for one in await net.heard_by("ghana2")}
    assert not any("CSQU3054383" in body for body in shown.values())
    assert "know no alert" in await net.say("!alert verify 1", as_="ghana2")


async def test_verification_may_be_the_rule_and_urgent_alerts_never_wait() -> None:
    async with Network.open(alerts={"verify_first": True}) as net:
        await raised(net)
        assert "waits for a second pair of eyes" in await net.say("!alert send", as_="ghana", room="ghana")
        assert net.heard("netherlands") == []
        again = await net.say("!alert send 1", as_="ghana", room="ghana")
        assert "If it is urgent: !alert set A-2026-0001 urgency=urgent" in again
        await net.say("!alert set 1 urgency=urgent", as_="ghana", room="ghana")
        assert "is sent" in await net.say("!alert send 1", as_="ghana", room="ghana")
        net.clear_heard()
        await net.forward(24 * HOUR)
        assert any("second pair" in one.body for one in net.heard("ghana"))
        assert "is sent" in await sent(net, urgency="immediate")
        await net.say("!alert drums at Rotterdam from Tema tlp=amber-strict", as_="netherlands", room="netherlands")
        assert "is sent" in await net.say("!alert send", as_="netherlands", room="netherlands")


async def test_what_waits_for_a_day_is_called_for(net: Network) -> None:
    await raised(net)
    await net.say("!alert submit", as_="ghana", room="ghana")
    await net.forward(24 * HOUR)
    assert "A-2026-0001 still waits for a second pair of eyes" in await in_direct(net, "ghana2")
    assert any("Nobody has looked at alert A-2026-0001 yet" in one.body for one in await net.heard_by("ghana"))
    await net.forward(24 * HOUR)
    assert await net.heard_by("netherlands") == net.heard("belgium") == net.heard("coordination") == []
    assert any("still waits" in one.body for one in await net.heard_by("coordinator"))
    assert "verified, and sent" in await net.say("!alert verify 1", as_="coordinator")


async def test_where_nobody_may_verify_nobody_is_called(net: Network) -> None:
    await net.say("!alert CSQU3054383 at Rotterdam tlp=amber-strict", as_="netherlands", room="netherlands")
    await net.say("!alert send", as_="netherlands", room="netherlands")
    net.clear_heard()
    await net.forward(72 * HOUR)
    assert net.heard("netherlands") == []


async def test_a_draft_that_is_not_sent_is_called_to_mind_within_48_hours(net: Network) -> None:
    await raised(net)
    await net.forward(24 * HOUR)
    assert "A-2026-0001 of Mon 23 Nov 2026, 09:00 (Africa/Accra, UTC) is not sent yet" in await in_direct(net, "ghana")
    await net.forward(24 * HOUR)
    assert "the time for it is over" in await in_direct(net, "ghana")
    count = len(await net.heard_by("ghana"))
    await net.forward(240 * HOUR)
    assert len(await net.heard_by("ghana")) == count
    assert all(net.heard(room) == [] for room in ("netherlands", "belgium", "coordination"))


async def test_a_draft_that_was_sent_or_dropped_is_not_called_to_mind(net: Network) -> None:
    await sent(net)
    await raised(net)
    await net.say("!alert withdraw 2 misread", as_="ghana", room="ghana")
    await net.forward(72 * HOUR)
    assert not any("not sent" in one.body for one in await net.heard_by("ghana"))
