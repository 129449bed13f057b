"""Proposals: somebody else wants a correction; the owner accepts or declines it; every version stays."""

import pytest

from storage.alerts import AlertNumber, AlertProposals, Alerts, ProposalState
from storage.members import Member, Members
from tests.alerts.raising import card_in, sent
from tests.fakes import Network


async def proposed(net: Network) -> None:
    await sent(net)
    await net.say(
        "!alert propose 1 container=MSKU1234565 vessel=Probo Koala why=read at the berth",
        as_="netherlands",
        room="netherlands",
    )


async def proposal_state(net: Network, number: int = 1) -> ProposalState:
    async with net.transaction() as tx:
        alert = await Alerts(tx).by_number(AlertNumber("A", 2026, 1))
        assert alert is not None
        proposal = await AlertProposals(tx).numbered(alert, number)
        assert proposal is not None
        return proposal.state


async def test_a_proposal_changes_nothing_and_the_author_is_told_what_to_type(net: Network) -> None:
    await proposed(net)
    assert "Container: CSQU3054383" in net.latest("ghana", card_in(net, "ghana"))
    told = net.heard("ghana")[-1]
    assert "ILT (Netherlands) proposes a correction of alert A-2026-0001 (P1)" in told.body
    assert "Container: MSKU1234565" in told.body
    assert "Vessel: Probo Koala" in told.body
    assert "read at the berth" in told.body
    assert "!alert accept A-2026-0001 P1" in told.body
    assert told.mentions == (net.person("ghana"),)
    other = net.heard("belgium")[-1]
    assert "MSKU1234565" in other.body
    assert "Ama" not in other.body
    assert other.mentions == ()


async def test_an_accepted_proposal_corrects_every_card_and_the_old_stays_on_record(net: Network) -> None:
    await proposed(net)
    assert "corrected as P1 says" in await net.say("!alert accept 1 P1", as_="ghana", room="ghana")
    for room in ("ghana", "netherlands", "belgium"):
        card = net.latest(room, card_in(net, room))
        assert "Container: MSKU1234565" in card
        assert "Vessel: Probo Koala" in card
    assert await proposal_state(net) is ProposalState.ACCEPTED
    async with net.transaction() as tx:
        alert = await Alerts(tx).by_number(AlertNumber("A", 2026, 1))
        assert alert is not None
        old = [fact for fact in alert.facts if fact.value == "CSQU3054383"]
        assert old[0].replaced_at == net.now
    shown = await net.say("!alert show 1", as_="belgium", room="belgium")
    assert "EPA Ghana (Ghana) accepted the proposal P1" in shown
    assert "on record" in await net.say("!alert accept 1 P1", as_="ghana", room="ghana")


async def test_a_declined_proposal_leaves_it_with_the_reason(net: Network) -> None:
    await proposed(net)
    await net.say("!alert decline 1 P1 Read from the box itself", as_="ghana", room="ghana")
    assert await proposal_state(net) is ProposalState.DECLINED
    line = net.heard("netherlands")[-1].body
    assert "declined the proposal P1" in line
    assert "Read from the box itself" in line
    assert "Container: CSQU3054383" in net.latest("netherlands", card_in(net, "netherlands"))


async def test_plus_minus_and_countries_are_proposed_too(net: Network) -> None:
    await sent(net)
    await net.say("!alert propose 1 container=+MSKU1234565 tell=DE", as_="belgium", room="belgium")
    await net.say("!alert accept", as_="ghana", room="ghana", thread=card_in(net, "ghana"))
    assert "Container: CSQU3054383 and MSKU1234565" in net.latest("belgium", card_in(net, "belgium"))
    assert "MSKU1234565" in net.heard("germany")[0].body


async def test_a_colleague_of_the_same_authority_decides_and_nobody_else(net: Network) -> None:
    await proposed(net)
    for person, room in (("ghana2", "ghana"), ("belgium", "belgium"), ("coordinator", "coordination")):
        for command in ("accept 1 P1", "decline 1 P1 no"):
            refused = await net.say(f"!alert {command}", as_=person, room=room)
            assert "decided by who raised it, or an official of the same authority" in refused
    async with net.transaction() as tx:
        colleague = await Members(tx).get(net.person("ghana2"))
        assert isinstance(colleague, Member)
        colleague.authority = "EPA Ghana"
    assert "corrected as P1 says" in await net.say("!alert accept 1 P1", as_="ghana2", room="ghana")


async def test_members_who_are_no_officials_propose(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema from Hamburg")
    assert "waits for who raised it" in await net.say(
        "!alert propose 1 vessel=IMO9074729", as_="germany", room="germany"
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("!alert propose 1 container=hello", "cannot read"),
        ("!alert propose 1 tell=Atlantis", "know no country"),
        ("!alert propose 1 tell=-NL", "cannot be left out again"),
        ("!alert propose 1", "Say what to correct"),
        ("!alert propose 1 colour=red", "know no option"),
        ("!alert propose 99 vessel=x", "know no alert 99"),
    ],
)
async def test_what_cannot_be_proposed_is_refused(net: Network, text: str, why: str) -> None:
    await sent(net)
    assert why in await net.say(text, as_="netherlands", room="netherlands")
    async with net.transaction() as tx:
        alert = await Alerts(tx).by_number(AlertNumber("A", 2026, 1))
        assert alert is not None
        assert await AlertProposals(tx).of(alert) == []


async def test_the_author_corrects_and_countries_not_concerned_do_not_propose(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema to Rotterdam", tlp="green")
    assert "!alert set A-2026-0001" in await net.say("!alert propose 1 vessel=x", as_="ghana", room="ghana")
    refused = await net.say("!alert propose 1 vessel=x", as_="belgium", room="network")
    assert "come from the countries concerned" in refused


async def test_of_several_it_is_said_which(net: Network) -> None:
    await proposed(net)
    await net.say("!alert propose 1 seen=2026-11-21", as_="belgium", room="belgium")
    assert "!alert accept A-2026-0001 P2" in await net.say("!alert accept 1", as_="ghana", room="ghana")
    assert "has no proposal P9" in await net.say("!alert accept 1 P9", as_="ghana", room="ghana")
    await net.say("!alert accept 1 P2", as_="ghana", room="ghana")
    assert "Seen on: 2026-11-21" in net.latest("belgium", card_in(net, "belgium"))
    await net.say("!alert decline 1 no", as_="ghana", room="ghana")
    assert "No proposal on alert A-2026-0001 waits" in await net.say("!alert accept 1", as_="ghana", room="ghana")


async def test_nothing_is_proposed_for_what_has_ended(net: Network) -> None:
    await proposed(net)
    await net.say("!alert close 1 outcome=other", as_="ghana", room="ghana")
    assert "is ended" in await net.say("!alert propose 1 vessel=x", as_="belgium", room="belgium")
    assert "is ended" in await net.say("!alert accept 1 P1", as_="ghana", room="ghana")
    assert "Container: CSQU3054383" in net.latest("ghana", card_in(net, "ghana"))
