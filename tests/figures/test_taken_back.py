"""Figures that were said before a marking became stricter: those of few alerts go with them, those of many stay."""

import pytest

from commands.figures.reading import FEW
from tests.alerts.raising import sent
from tests.fakes import Network


async def stats_heard(net: Network, room: str = "belgium") -> list[str]:
    return [one.body for one in net.heard(room) if "as far as you may see them" in one.body]


@pytest.mark.parametrize("options", ["", "country=BE", "chart=yes", "period=2026"])
async def test_figures_of_few_go_with_an_alert_that_may_no_longer_be_seen(net: Network, options: str) -> None:
    await sent(net, "18 t in CSQU3054383 at Tema from Antwerp to Rotterdam")
    await sent(net, "drums at Tema from Antwerp to Rotterdam")
    await net.say(f"!alert stats {options}".strip(), as_="belgium", room="belgium")
    await net.say(f"!alert stats {options}".strip(), as_="belgium")
    assert len(await stats_heard(net)) == (2 if "chart" in options else 1)
    await net.say("!alert set 1 tlp=red person=@netherlands:test", as_="ghana")
    assert await stats_heard(net) == []
    assert not [one for one in await net.heard_by("belgium") if "as far as you may see them" in one.body]
    anew = await net.say("!alert stats", as_="belgium", room="belgium")
    assert "Raised: 1 alert" in anew
    assert "18 t" not in anew


async def test_figures_stay_where_the_alert_may_still_be_seen(net: Network) -> None:
    await sent(net, "18 t in CSQU3054383 at Tema from Antwerp to Rotterdam tlp=green")
    for room in ("belgium", "network"):
        await net.say("!alert stats", as_="belgium", room=room)
    await net.say("!alert set 1 tlp=amber", as_="ghana")
    assert len(await stats_heard(net)) == 1
    assert await stats_heard(net, "network") == []


async def test_figures_of_many_stay(net: Network) -> None:
    for number in range(FEW + 1):
        await sent(net, f"{number} drums at Tema from Antwerp to Rotterdam")
    await net.say("!alert stats", as_="belgium", room="belgium")
    await net.say("!alert set 1 tlp=red person=@netherlands:test", as_="ghana")
    assert len(await stats_heard(net)) == 1


async def test_what_became_stricter_while_it_was_counted_is_counted_by_nobody(
    net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("commands.figures.reading.AT_ONCE", 1)
    await sent(net, "18 t in CSQU3054383 at Tema from Antwerp to Rotterdam")
    await sent(net, "drums at Tema from Antwerp to Rotterdam")
    with net.paused():
        asked = await net.say("!alert stats", as_="belgium", room="belgium")
        assert "the figures follow here" in asked
        await net.say("!alert set 1 tlp=red person=@netherlands:test", as_="ghana")
    await net.settle()
    said = (await stats_heard(net))[-1]
    assert "Raised: 1 alert" in said
    assert "18 t" not in said


@pytest.mark.parametrize("text", ["!alert list", "!alert owed", "!alert links 2", "!alert risk 2", "!alert next 2",
                                  "!alert list country=BE"])  # fmt: skip
async def test_a_list_that_names_it_goes_too(net: Network, text: str) -> None:
    await sent(net, "18 t in CSQU3054383 at Tema from Antwerp to Rotterdam")
    await sent(net, "CSQU3054383 again at Tema from Antwerp to Rotterdam")
    await net.say("!seen CSQU3054383 at NLRTM tlp=amber", as_="netherlands", room="netherlands")
    await net.say("!alert inspect 1", as_="belgium", room="belgium")
    await net.say("!alert confirm 1 ground=b", as_="belgium", room="belgium")
    answer = await net.say(text, as_="belgium", room="belgium")
    assert answer.messages
    assert net.heard("belgium")[-1].event_id == answer.messages[-1].event_id
    await net.say("!alert set 1 tlp=red person=@netherlands:test", as_="ghana")
    left = [one.event_id for one in net.heard("belgium")]
    assert not [one for one in answer.messages if one.event_id in left]
