"""Matches on cards and in threads: counted and named where they may be seen, and taken away where they may not."""

import pytest

from commands.alerts.circulating import mentions
from tests.alerts.matching import below, card_of, dutch, told
from tests.alerts.raising import sent
from tests.fakes import Network


async def test_a_card_counts_matches_and_its_thread_names_them_only_where_they_may_be_seen(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema to Rotterdam", tlp="amber-strict")
    await sent(net, "CSQU3054383 at Tema to Rotterdam from Antwerp")
    for room in ("ghana", "netherlands"):
        assert "Same in: 1 other alert (Container): !alert links" in card_of(net, room, "A-2026-0002")
        assert "Same in: 1 other alert (Container)" in card_of(net, room, "A-2026-0001")
        assert "- A-2026-0001, circulated" in below(net, room, "A-2026-0002")
        assert "- A-2026-0002, circulated" in below(net, room, "A-2026-0001")
    for room in ("belgium", "coordination"):
        assert "Same in" not in card_of(net, room, "A-2026-0002")
        assert below(net, room, "A-2026-0002") == ""
        assert not any("A-2026-0001" in one.body for one in net.heard(room))
    assert "Same in" in await net.say("!alert show 2", as_="netherlands", room="netherlands")
    assert "Same in" not in await net.say("!alert show 2", as_="belgium", room="belgium")


async def test_a_stricter_marking_takes_the_number_away_wherever_it_stood(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema to Rotterdam from Antwerp")
    await sent(net, "CSQU3054383 at Tema to Rotterdam from Antwerp", tlp="green")
    await dutch(net, "CSQU3054383 at Rotterdam", tlp="green")
    await net.say("!alert CSQU3054383 at Antwerp", as_="belgium", room="belgium")
    await net.say("!alert links 3", as_="germany", room="network")
    everywhere = ("ghana", "netherlands", "belgium", "coordination", "network")
    assert all(any("A-2026-0002" in one.body for one in net.heard(room)) for room in everywhere)
    assert "2 other alerts (Container)" in card_of(net, "coordination", "A-2026-0001")
    assert "1 other alert (Container)" in card_of(net, "belgium", "A-2026-0001")
    await net.say("!alert set 2 tlp=red person=@netherlands:test", as_="ghana")
    for room in everywhere:
        left = [one.body for one in net.heard(room) if "A-2026-0002" in one.body]
        assert all("may no longer be shown" in body or "(marked)" in body for body in left), left
    assert "1 other alert (Container)" in card_of(net, "coordination", "A-2026-0001")
    assert "Same in" not in card_of(net, "belgium", "A-2026-0001")
    assert any("A-2026-0003" in one.body for one in await net.heard_by("belgium"))


async def test_a_card_that_never_counted_an_alert_is_not_touched_when_that_becomes_stricter(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema to Rotterdam")
    await net.say("!alert CSQU3054383 at Antwerp tlp=green", as_="belgium", room="belgium")
    await net.say("!alert send", as_="belgium", room="belgium")
    before = len(net.heard("belgium"))
    await net.say("!alert set 1 tlp=amber-strict", as_="ghana")
    await net.say("!alert withdraw 1 misread", as_="ghana")
    assert len(net.heard("belgium")) == before


async def test_what_an_owner_was_told_is_said_anew_without_what_may_no_longer_be_seen(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema to Rotterdam")
    await sent(net, "CSQU3054383 at Tema to Rotterdam")
    await dutch(net, "CSQU3054383 at Rotterdam")
    (text,) = await told(net, "netherlands")
    assert "A-2026-0001" in text
    await net.say("!alert set 1 tlp=red person=@belgium:test", as_="ghana")
    (text,) = await told(net, "netherlands")
    assert "A-2026-0001" not in text
    assert "A-2026-0002" in text
    await net.say("!alert set 2 tlp=red person=@belgium:test", as_="ghana")
    assert await told(net, "netherlands") == []


async def test_what_was_answered_about_one_that_names_the_same_goes_too(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema to Rotterdam", tlp="green")
    await dutch(net, "CSQU3054383 at Rotterdam from Tema", tlp="green")
    for text in ("show", "next", "links"):
        answer = await net.say(f"!alert {text} 2", as_="belgium")
        assert "1 other alert" in answer or "1 alert names" in answer, text
    await net.say("!alert set 1 tlp=red person=@ghana2:test", as_="ghana")
    assert [one.body for one in await net.heard_by("belgium") if "A-2026" in one.body] == []
    assert "Same in" not in await net.say("!alert show 2", as_="belgium")


async def test_a_withdrawn_alert_is_counted_no_more(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema to Rotterdam")
    await dutch(net, "CSQU3054383 at Rotterdam from Tema")
    assert "Same in: 1 other alert" in card_of(net, "ghana", "A-2026-0002")
    await net.say("!alert withdraw 1 misread", as_="ghana")
    assert "Same in" not in card_of(net, "ghana", "A-2026-0002")


async def test_however_many_counted_an_alert_all_of_them_count_it_no_more(
    net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mentions, "_OTHERS", 2)
    monkeypatch.setattr(mentions, "_CARDS", 2)
    where = "CSQU3054383 at Tema to Rotterdam from Antwerp"
    others = [f"A-2026-{number:04}" for number in range(2, 7)]
    for _ in range(6):
        await sent(net, where)
    rooms = ("ghana", "netherlands", "belgium", "coordination")
    before = [card_of(net, room, number) for room in rooms for number in others]
    assert all("Same in: 5 other alerts" in card for card in before)
    await net.say("!alert set 1 tlp=red person=@netherlands:test", as_="ghana")
    after = [card_of(net, room, number) for room in rooms for number in others]
    assert all("Same in: 4 other alerts" in card for card in after)


async def test_a_clear_card_that_anybody_reads_speaks_only_of_clear_ones(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema", tlp="green")
    await sent(net, "CSQU3054383 at Tema", tlp="clear")
    net.gateway.rooms[net.room("network")].joined.add(net.person("stranger"))
    before = len(net.heard("network"))
    await sent(net, "CSQU3054383 at Tema", tlp="clear")
    assert "1 other alert (Container)" in card_of(net, "network", "A-2026-0003")
    assert not any("A-2026-0001" in one.body for one in net.heard("network")[before:])
