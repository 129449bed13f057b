"""Figures in the chat: only what may be seen is counted, exercises never, and many bit by bit."""

from datetime import timedelta

import pytest

from storage.alerts import AlertNumber, Alerts, Finding, Ground
from storage.figures import Counted
from storage.members import Members
from tests.alerts.raising import raised, sent
from tests.fakes import START, Network
from tests.figures.counting import GH


async def stats(net: Network, options: str = "", as_: str = "ghana", room: str | None = "ghana") -> str:
    return (await net.say(f"!alert stats {options}".strip(), as_=as_, room=room)).text


async def sent_red(net: Network) -> None:
    """Let Ghana send an alert for one person in Belgium alone."""
    await net.say("!alert 5 t of drums at Tema tlp=red person=@belgium:test", as_="ghana")
    await net.say("!alert send", as_="ghana")
    assert any("drums" in heard.body for heard in await net.heard_by("belgium"))


async def confirm(net: Network, sequence: int = 1) -> None:
    async with net.transaction() as tx:
        found = await Alerts(tx).by_number(AlertNumber("A", 2026, sequence))
        member = await Members(tx).get(net.person("ghana"))
        assert found is not None
        assert member is not None
        found.inspect(GH, "", by=member, at=net.now)
        found.find(GH, Finding.CONFIRMED, "", ground=Ground.NO_CONSENT, by=member, at=net.now)


async def test_the_figures_of_the_latest_days(net: Network) -> None:
    await sent(net, "18 t in CSQU3054383 at Tema from Antwerp to Rotterdam")
    await raised(net, "a draft counts nowhere, 99 t at Tema")
    await net.forward(timedelta(minutes=12))
    await net.say("!alert ack 1", as_="belgium", room="belgium")
    await net.forward(timedelta(hours=3))
    await confirm(net)
    text = await stats(net)
    for expected in (
        "Alerts sent from 2026-10-25 to 2026-11-23, as far as you may see them here",
        "Raised: 1 alert (1 still open)",
        "Acknowledged: 1 of 2 countries asked, 1 before they were reminded",
        "1 confirmed as illegal (by ground of Article 9(1): b: 1), 0 cleared, and 0 not located",
        "Infringements: 100 % of 1 that was confirmed or cleared",
        "Outcomes: none yet",
        "As of Mon 23 Nov 2026, 12:12",
        "Quantity: 18 t",
        "Median time to the acknowledgement of a country: 12 minutes",
        "Median time to the finding: 3 h 12 min",
        "Feedback owed: 1 acknowledgement (1 overdue)",
        "Exercises are not counted",
    ):
        assert expected in text, expected


async def test_another_period_and_country(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema from Antwerp")
    assert "None." in await stats(net, "period=2025")
    assert "Raised: 1 alert" in await stats(net, "period=2026 country=Belgium")
    assert "None." in await stats(net, "country=NL")
    assert "I cannot read the period" in await stats(net, "period=soon")


async def test_what_may_not_be_seen_leaves_no_trace_in_any_number(net: Network) -> None:
    before = {
        (who, where): await stats(net, as_=who, room=where)
        for who, where in (("netherlands", "netherlands"), ("netherlands", None), ("coordinator", "coordination"))
    }
    await sent(net, "7 t in CSQU3054383 at Tema from Antwerp", tlp="amber-strict")
    await sent_red(net)
    for (who, where), text in before.items():
        assert await stats(net, as_=who, room=where) == text
    assert "Raised: 1 alert" in await stats(net, as_="belgium", room="belgium")
    assert "Raised: 2 alerts" in await stats(net, as_="belgium", room=None)


async def test_a_room_counts_only_what_may_stand_in_it(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema from Antwerp")
    assert "Raised: 1 alert" in await stats(net, as_="ghana", room=None)
    assert "None." in await stats(net, as_="ghana", room="network")


async def test_exercises_are_never_counted(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema from Antwerp")
    async with net.transaction() as tx:
        found = await Alerts(tx).by_number(AlertNumber("A", 2026, 1))
        assert found is not None
        found.series = "X"
    assert "None." in await stats(net)


async def test_members_who_are_no_officials_get_no_figures(net: Network) -> None:
    assert "for officials" in await stats(net, as_="germany", room="germany")


async def test_on_each_database(net_on_each: Network) -> None:
    net = net_on_each
    await sent(net, "18 t in CSQU3054383 at Tema from Antwerp to Rotterdam")
    await sent_red(net)
    await confirm(net)
    text = await stats(net, room=None)
    assert "Raised: 2 alerts" in text
    assert "Raised: 2 alerts" in await stats(net, as_="belgium", room=None)
    assert "Raised: 1 alert" in await stats(net, as_="netherlands", room=None)
    async with net.transaction() as tx:
        both, following = await Counted(tx).circulated(START, START + timedelta(days=1), limit=5)
        assert [one.named for one in both] == [frozenset(), {net.person("belgium")}]
        assert following is None
        (first,), following = await Counted(tx).circulated(START, START + timedelta(days=1), limit=1)
        assert following is not None
        (second,), _ = await Counted(tx).circulated(
            following.at, START + timedelta(days=1), after=following.id, limit=1
        )
        assert [first.id, second.id] == [one.id for one in both]
        assert await Counted(tx).circulated(START + timedelta(days=1), START + timedelta(days=2), limit=5) == ([], None)


async def test_many_alerts_are_counted_bit_by_bit(net: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        await sent(net, f"{number + 1} t in CSQU3054383 at Tema from Antwerp to Rotterdam")
        await net.forward(timedelta(minutes=7 * number))
        await net.say(f"!alert ack {number + 1}", as_="netherlands", room="netherlands")
    await net.say("!alert withdraw 2 misread", as_="ghana")
    at_once = await stats(net, room="ghana")
    monkeypatch.setattr("commands.figures.reading.AT_ONCE", 2)
    first, last = (await net.say("!alert stats", as_="ghana", room="ghana")).messages
    assert "the figures follow here" in first.body
    assert last.body == at_once
    assert "Raised: 4 alerts" in last.body
    assert last.reply_to == first.reply_to
    assert not await net.clocks("figures.count")
