"""Matches that could not be shown when they were found: told by number once they can be, to each owner once."""

from tests.alerts.matching import HIDDEN, dutch, told
from tests.alerts.raising import sent
from tests.fakes import Network

NAMED = "names the same as:"


async def hidden_from_both(net: Network) -> None:
    """Each country has an alert about the container that the other one may not see."""
    await sent(net, "CSQU3054383 at Tema")
    await dutch(net, "CSQU3054383 at Rotterdam")
    for name in ("ghana", "netherlands"):
        (words,) = await told(net, name)
        assert HIDDEN in words


async def named(net: Network, name: str) -> list[str]:
    return [one for one in await told(net, name) if one.startswith("Your alert") and NAMED in one]


async def test_a_downgrade_names_the_match_to_who_may_see_it_now(net: Network) -> None:
    await hidden_from_both(net)
    await net.say("!alert downgrade 2 tlp=green It is public", as_="netherlands")
    (words,) = await named(net, "ghana")
    assert "A-2026-0002" in words
    assert await named(net, "netherlands") == []  # Ghana's is as it was
    await net.say("!alert downgrade 1 tlp=green It is public", as_="ghana")
    (words,) = await named(net, "netherlands")
    assert "A-2026-0001" in words
    for text in ("!alert downgrade 1 tlp=clear It is public", "!alert set 1 vessel=Ever Given"):
        await net.say(text, as_="ghana")
    assert len(await named(net, "ghana")) == len(await named(net, "netherlands")) == 1


async def test_a_country_that_is_added_hears_by_number(net: Network) -> None:
    await hidden_from_both(net)
    await net.say("!alert set 2 tell=GH", as_="netherlands")
    (words,) = await named(net, "ghana")
    assert "A-2026-0002" in words
    assert await named(net, "netherlands") == []


async def test_a_country_that_is_named_by_a_fact_hears_by_number(net: Network) -> None:
    await hidden_from_both(net)
    await net.say("!alert set 1 destination=Rotterdam", as_="ghana")
    (words,) = await named(net, "netherlands")
    assert "A-2026-0001" in words


async def test_a_person_who_is_named_hears_of_a_red_alert(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema")
    await dutch(net, "CSQU3054383 at Rotterdam", tlp="red", person="@belgium:test")
    await net.say("!alert send", as_="netherlands")
    assert await told(net, "ghana") == []
    await net.say("!alert set 2 person=+@ghana:test", as_="netherlands")
    (words,) = await named(net, "ghana")
    assert "A-2026-0002" in words


async def test_what_was_taken_back_is_told_anew_when_it_may_be_shown_again(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema to Rotterdam")
    await dutch(net, "CSQU3054383 at Rotterdam from Tema", tlp="green")
    assert len(await named(net, "ghana")) == 1
    await net.say("!alert set 2 tlp=red person=@belgium:test", as_="netherlands")
    assert await named(net, "ghana") == []
    await net.say("!alert downgrade 2 tlp=amber It may be known", as_="netherlands")
    (words,) = await named(net, "ghana")
    assert "A-2026-0002" in words
