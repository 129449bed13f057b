"""A country that nobody told of an alert owes nothing; whoever looks is told why nobody did, and what to do."""

from datetime import timedelta

import pytest

from bot.matrix.interface import MembershipChange, Rejected
from tests.alerts.raising import sent
from tests.fakes import Network

FROM_URUGUAY = "CSQU3054383 at Tema, from Montevideo to Rotterdam"
NOTHING = "No country owes feedback on an alert that I may show here."


async def following(net: Network) -> list[str]:
    return (await net.say("!alert next 1", as_="ghana", room="ghana")).text.splitlines()


async def untold(net: Network) -> list[str]:
    """Return what `next` says of the countries that were not told."""
    lines = await following(net)
    heading = "Not told, and owing nothing until they are:"
    if heading not in lines:
        return []
    after = lines[lines.index(heading) + 1 :]
    return after[: next((place for place, line in enumerate(after) if not line.startswith("- ")), len(after))]


async def owed(net: Network, country: str) -> str:
    return (await net.say(f"!alert owed country={country}", as_="ghana", room="ghana")).text


async def test_a_country_without_a_room_owes_nothing_and_it_is_said_how_to_reach_it(net: Network) -> None:
    await sent(net, FROM_URUGUAY)
    await net.forward(timedelta(days=2))
    (said,) = await untold(net)
    assert said == (
        "- Uruguay: it has no room that may hear of this. A coordinator gives it one with !room create country=UY; "
        "until then call: !contact UY"
    )
    assert not [line for line in await following(net) if "Uruguay: to acknowledge" in line]
    assert [line for line in await following(net) if "Netherlands: to acknowledge" in line]
    everything = (await net.say("!alert owed", as_="ghana", room="ghana")).text
    assert "Netherlands, A-2026-0001: to acknowledge" in everything
    assert "Uruguay" not in everything
    assert await owed(net, "UY") == (
        f"{NOTHING}\nUruguay has no room: what I could tell nobody there it does not owe. A coordinator gives it one "
        "with !room create country=UY"
    )
    assert "Feedback owed: 1 acknowledgement" in await net.say("!alert stats", as_="ghana", room="ghana")
    shown = await net.say("!alert show 1", as_="ghana", room="ghana")
    assert "Uruguay (origin): not told, nobody there may hear of it through me" in shown


async def test_what_it_is_asked_it_does_not_owe_either(net: Network) -> None:
    await sent(net, FROM_URUGUAY)
    await net.say("!request 1 UY Who is the shipper? due=1d", as_="ghana", room="ghana")
    await net.say("!request 1 NL Who is the consignee? due=1d", as_="ghana", room="ghana")
    everything = (await net.say("!alert owed", as_="ghana", room="ghana")).text
    assert "Netherlands, A-2026-0001: to answer R2" in everything
    assert "R1" not in everything


async def test_once_it_has_a_room_it_is_told_and_owes(net: Network) -> None:
    await sent(net, FROM_URUGUAY)
    await net.add_room("uruguay", {"germany", "coordinator"})
    await net.say("!room bind country=UY", as_="coordinator", room="uruguay")
    await net.forward(timedelta(minutes=1))
    assert any("CSQU3054383" in one.body for one in net.heard("uruguay"))
    assert await untold(net) == []
    assert "Uruguay, A-2026-0001: to acknowledge" in await owed(net, "UY")
    await net.say("!room unbind country=UY", as_="coordinator", room="uruguay")
    assert "Uruguay, A-2026-0001: to acknowledge" in await owed(net, "UY")  # it knows of it


async def test_who_was_called_in_person_was_told(net: Network) -> None:
    await net.say(
        "!member add @uruguay:test role=official country=UY authority=DINACEA kind=environment",
        as_="coordinator",
        room="coordination",
    )
    await sent(net, FROM_URUGUAY)
    assert len(await untold(net)) == 1
    await net.forward(timedelta(minutes=31))
    assert any("A-2026-0001" in one.body for one in await net.heard_by("uruguay"))
    assert await untold(net) == []
    assert "Uruguay, A-2026-0001: to acknowledge" in await owed(net, "UY")


async def test_what_could_not_be_delivered_is_not_owed(net: Network) -> None:
    net.fail_room("netherlands", Rejected(403, "M_FORBIDDEN"))
    await sent(net, "CSQU3054383 at Tema to Rotterdam")
    assert await untold(net) == ["- Netherlands: what I wrote there is not delivered. Until it is, call: !contact NL"]
    assert await owed(net, "NL") == NOTHING
    net.fail_room("netherlands", None)


async def test_what_stands_in_a_room_without_anybody_is_not_owed_until_somebody_comes(net: Network) -> None:
    there = net.gateway.rooms[net.room("netherlands")]
    people = set(there.joined)
    there.joined.clear()
    await sent(net, "CSQU3054383 at Tema to Rotterdam")
    assert await untold(net) == ["- Netherlands: nobody is in its room. Invite somebody, or call: !contact NL"]
    assert await owed(net, "NL") == NOTHING
    there.joined |= people
    await net.receive(MembershipChange(there.room_id, net.person("netherlands"), joined=True))
    await net.forward(timedelta(minutes=1))
    assert await untold(net) == []
    assert "Netherlands, A-2026-0001: to acknowledge" in await owed(net, "NL")


@pytest.mark.parametrize("country", ["DE", "BE"])
async def test_a_country_that_had_the_card_before_it_was_concerned_owes_at_once(net: Network, country: str) -> None:
    await sent(net, "CSQU3054383 at Tema to Rotterdam", tlp="clear")
    assert await owed(net, country) == NOTHING
    await net.say(f"!alert set 1 tell=+{country}", as_="ghana", room="ghana")
    assert await untold(net) == []
    assert "A-2026-0001: to acknowledge" in await owed(net, country)


async def test_a_room_that_has_the_card_and_stands_for_a_country_later_has_told_it(net: Network) -> None:
    await sent(net, FROM_URUGUAY, tlp="green")
    await net.say("!room bind country=UY", as_="coordinator", room="network")
    await net.forward(timedelta(minutes=1))
    assert await untold(net) == []


async def test_under_red_those_owe_of_whom_somebody_is_named(net: Network) -> None:
    text = "CSQU3054383 at Tema, from Antwerp to Rotterdam"
    await net.say(f"!alert {text} tlp=red person=@belgium:test", as_="ghana")
    await net.say("!alert send", as_="ghana")
    lines = (await net.say("!alert next 1", as_="ghana")).text
    assert "- Netherlands: nobody from there is named. Name somebody, !alert set A-2026-0001" in lines
    assert "Belgium: to acknowledge" in lines
    everything = (await net.say("!alert owed", as_="ghana")).text
    assert "Belgium, A-2026-0001: to acknowledge" in everything
    assert "Netherlands" not in everything
