"""Countries with many officials: each is told once, a batch at a time, whatever happens between two batches."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

import pytest

from bot.clock import Clock
from commands.alerts.circulating import drafts, retracting
from commands.alerts.clocks import calling
from commands.alerts.showing.summons import directly
from storage.alerts import AlertState
from storage.ids import CountryCode
from storage.members import AuthorityKind, Member, Members, Role
from storage.outbox import Outbox, Priority
from tests.alerts.raising import raised, sent, state_of
from tests.fakes import BOT, START, Network

ASK = "!request 1 NL Who is the consignee? due=3d"
MANY = 2 * calling._BATCH + calling._AT_ONCE + 3


async def officials(net: Network, country: str, count: int = MANY) -> list[str]:
    """Let a country have many officials who are in none of its rooms; return their names."""
    names = [f"{country.lower()}{number:03}" for number in range(count)]
    async with net.transaction() as tx:
        for name in names:
            member = Member(
                user_id=net.person(name), name=name.upper(), authority="Customs", kind=AuthorityKind.CUSTOMS,
                country=CountryCode(country), role=Role.OFFICIAL, zone="UTC", added_by=BOT, added_at=START,
                removed_at=None,
            )  # fmt: skip
            await Members(tx).save(member)
    return names


async def told(net: Network, names: Sequence[str], words: str) -> Counter[str]:
    """Count how often each of these persons was sent something with these words."""
    found: Counter[str] = Counter()
    for name in names:
        for one in await net.heard_by(name):
            found[name] += one.replaces is None and words in one.body
    return +found


async def batch(net: Network) -> bool:
    """Fire the next clock, as a bot that was just started does, and send what it wrote."""
    fired = await Clock(net.database, net.machinery.house).fire_next()
    await net.machinery.sender.drain()
    return fired


async def test_each_is_called_once_in_the_own_direct_chat(net_on_each: Network) -> None:
    net = net_on_each
    names = await officials(net, "NL")
    await sent(net)
    await net.say(ASK, as_="ghana", room="ghana")
    assert await told(net, names, "asks Netherlands") == Counter(names)
    [call] = await net.heard_by(names[-1])
    assert "Who is the consignee?" in call.body
    assert "!answer A-2026-0001 R1" in call.body
    assert names[0].upper() not in call.body  # whom else I call is not for them to read
    assert await net.clocks(calling.CALL) == []


async def test_after_a_few_the_others_wait_for_the_clock(paused: Network) -> None:
    names = await officials(paused, "NL")
    await sent(paused)
    await paused.say(ASK, as_="ghana", room="ghana")
    for count in (calling._AT_ONCE, calling._AT_ONCE + calling._BATCH, calling._AT_ONCE + 2 * calling._BATCH, MANY):
        assert await told(paused, names, "asks Netherlands") == Counter(names[:count])
        assert await batch(paused) is (count < MANY)


async def test_a_crash_in_a_batch_leaves_nobody_out_and_tells_nobody_twice(
    paused: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = await officials(paused, "NL")
    await sent(paused)
    await paused.say(ASK, as_="ghana", room="ghana")

    class Crash(BaseException):
        pass

    with monkeypatch.context() as patched:
        said = []

        def until_it_crashes(*args: object) -> object:
            said.append(args)
            if len(said) > calling._BATCH // 2:
                raise Crash
            return directly(*args)  # type: ignore[arg-type]  # passed on as they came

        patched.setattr("commands.alerts.clocks.calling.directly", until_it_crashes)
        with pytest.raises(Crash):
            await batch(paused)
    await paused.machinery.sender.drain()
    assert await told(paused, names, "asks Netherlands") == Counter(names[: calling._AT_ONCE])
    while await batch(paused):
        pass
    assert await told(paused, names, "asks Netherlands") == Counter(names)


@pytest.mark.parametrize(
    ("text", "as_", "room"),
    [
        ("!alert withdraw 1 Misread", "ghana", "ghana"),
        ("!alert close 1 outcome=other", "ghana", "ghana"),
        ("!answer 1 R1 A shell company", "netherlands", "netherlands"),
        ("!request close 1 R1 The carrier told us", "ghana", "ghana"),
    ],
)
async def test_nobody_is_called_for_what_is_not_wanted_any_more(
    paused: Network, text: str, as_: str, room: str
) -> None:
    names = await officials(paused, "NL")
    await sent(paused)
    await paused.say(ASK, as_="ghana", room="ghana")
    await paused.say(text, as_=as_, room=room)
    while await batch(paused):
        pass
    assert await told(paused, names, "asks Netherlands") == Counter(names[: calling._AT_ONCE])


async def test_who_lost_the_right_between_two_batches_is_not_told(paused: Network) -> None:
    names = await officials(paused, "NL")
    await sent(paused)
    await paused.say(ASK, as_="ghana", room="ghana")
    removed, moved, lesser = names[-3:]
    await paused.say(f"!member remove @{removed}:test", as_="coordinator", room="coordination")
    await paused.say(f"!member set @{moved}:test country=DE", as_="coordinator", room="coordination")
    await paused.say(f"!member set @{lesser}:test role=member", as_="coordinator", room="coordination")
    while await batch(paused):
        pass
    assert await told(paused, names, "asks Netherlands") == Counter(names[:-3])


async def test_what_is_urgent_goes_on_before_what_came_later(paused: Network) -> None:
    names = await officials(paused, "NL")
    for number, urgency in ((1, "routine"), (2, "urgent")):
        await sent(paused, urgency=urgency)
        await paused.say(f"!request {number} NL Who is it?", as_="ghana", room="ghana")
        paused.now += timedelta(seconds=1)
    last: list[str] = []
    while await batch(paused):
        for alert in ("A-2026-0001", "A-2026-0002"):
            if alert not in last and len(await told(paused, names, f"asks Netherlands about alert {alert}")) == MANY:
                last.append(alert)
    assert last == ["A-2026-0002", "A-2026-0001"]
    async with paused.transaction() as tx:
        rows = await Outbox(tx).about("alert:2", "line")
        calls = {row.priority for row in rows if row.user_id is not None and row.user_id.startswith("@nl")}
    assert calls == {Priority.ALERT}


async def test_a_country_that_does_not_acknowledge_has_all_its_officials_called(net: Network) -> None:
    names = await officials(net, "NL")
    await sent(net)
    await net.forward(timedelta(days=3))
    assert await told(net, names, "has still not acknowledged") == Counter(names)


async def test_a_draft_is_shown_to_all_who_may_verify_it_and_to_nobody_after_that(paused: Network) -> None:
    names = await officials(paused, "GH")
    await raised(paused)
    answer = await paused.say("!alert submit", as_="ghana", room="ghana")
    assert f"{MANY + 1} people were asked to look at it" in answer
    few = drafts._AT_ONCE
    assert sum((await told(paused, [*names, "ghana2"], "asks you to verify it")).values()) == few
    assert await batch(paused)
    shown = await told(paused, [*names, "ghana2"], "asks you to verify it")
    assert set(shown.values()) == {1}
    assert len(shown) == few + drafts._BATCH
    assert "verified, and sent" in await paused.say("!alert verify 1", as_=names[0])
    while await batch(paused):
        pass
    assert await state_of(paused) is AlertState.CIRCULATED
    assert await told(paused, [*names, "ghana2"], "asks you to verify it") == Counter()
    for name in set(names) - set(shown):
        assert await paused.heard_by(name) == []


async def test_a_draft_that_is_returned_is_taken_from_all_who_were_shown_it(net: Network) -> None:
    names = await officials(net, "GH")
    await raised(net)
    await net.say("!alert submit", as_="ghana", room="ghana")
    assert len(await told(net, names, "asks you to verify it")) == MANY
    assert "returned to its author" in await net.say("!alert return 1 A digit too few", as_="ghana2")
    assert await told(net, names, "asks you to verify it") == Counter()
    for name in names:
        room = f"direct-{name}"
        net._names[room] = await net.direct(name)
        assert len(net.redacted(room)) >= 1
    await net.say("!alert set 1 container=MSKU1234565", as_="ghana", room="ghana")
    await net.say("!alert submit", as_="ghana", room="ghana")
    assert await told(net, names, "asks you to verify it") == Counter(names)


async def test_what_is_taken_from_many_is_not_sent_any_more_before_its_turn_comes(paused: Network) -> None:
    names = await officials(paused, "GH")
    await raised(paused)
    await paused.say("!alert submit", as_="ghana", room="ghana")
    while await batch(paused):
        pass
    await paused.say("!alert withdraw 1 Misread", as_="ghana", room="ghana")
    async with paused.transaction() as tx:
        rows = await Outbox(tx).about("alert:1", "draft")
        assert [row for row in rows if row.user_id is not None] == []
    before = len(await told(paused, names, "asks you to verify it"))
    assert before == MANY - retracting._AT_ONCE
    while await batch(paused):
        pass
    assert await told(paused, names, "asks you to verify it") == Counter()
