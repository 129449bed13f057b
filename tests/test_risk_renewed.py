"""An answer about a risk stays true: edited when a fact changes, and said anew when it is another word."""

from datetime import timedelta

import pytest

from tests.alerts.raising import card_in, sent
from tests.fakes import Heard, Network, Reply

QUIET = "CSQU3054383 at Tema from Antwerp to Rotterdam"


async def risk(
    net: Network, *, as_: str = "belgium", room: str | None = "belgium", text: str = "!alert risk 1"
) -> Reply:
    return await net.say(text, as_=as_, room=room)


def lines(heard: list[Heard]) -> list[Heard]:
    return [one for one in heard if one.replaces is None and "More is known of alert A-2026-0001" in one.body]


async def test_it_is_edited_when_a_fact_changes(net: Network) -> None:
    await sent(net, QUIET)
    answer = await risk(net)
    assert "Risk of alert A-2026-0001: 0 points, low" in answer
    await net.say("!alert set 1 container=CSQU3054384", as_="ghana")
    now = net.latest("belgium", answer.messages[0].event_id)
    assert "Risk of alert A-2026-0001: 1 point, low" in now
    assert "wrong check digit" in now
    assert lines(net.heard("belgium")) == []


async def test_a_line_below_it_says_when_it_is_another_word(net: Network) -> None:
    await sent(net, QUIET)
    answer = await risk(net)
    await net.say("!alert set 1 waste=B1110 declared=used computers, not tested", as_="ghana")
    (line,) = lines(net.heard("belgium"))
    assert "its risk is raised now" in line.body or "its risk is high now" in line.body
    assert "before it was low" in line.body
    assert line.thread_root == answer.messages[0].event_id
    await net.say("!alert set 1 seen=yesterday", as_="ghana")
    assert len(lines(net.heard("belgium"))) == 1


async def test_in_a_thread_it_is_said_in_that_thread(net: Network) -> None:
    await sent(net, QUIET)
    card = card_in(net, "belgium")
    await net.say("!alert risk", as_="belgium", room="belgium", thread=card)
    await net.say("!alert set 1 waste=B1110 declared=used computers, not tested", as_="ghana")
    (line,) = lines(net.heard("belgium"))
    assert line.thread_root == card


async def test_only_the_newest_answer_of_each_place_is_kept_up(net: Network) -> None:
    await sent(net, QUIET)
    first, second, own = await risk(net), await risk(net), await risk(net, room=None)
    await net.say("!alert set 1 waste=B1110 declared=used computers, not tested", as_="ghana")
    edited = {one.replaces for one in [*net.heard("belgium"), *await net.heard_by("belgium")]}
    assert {second.messages[0].event_id, own.messages[0].event_id} <= edited
    assert first.messages[0].event_id not in edited
    assert len(lines(net.heard("belgium"))) == len(lines(await net.heard_by("belgium"))) == 1


async def test_of_a_draft_too(net: Network) -> None:
    await net.say(f"!alert {QUIET}")
    answer = await net.say("!alert risk 1")
    await net.say("!alert set 1 waste=B1110 declared=used computers, not tested")
    heard = [one for one in await net.heard_by("ghana") if one.replaces == answer.messages[0].event_id]
    assert "no longer in force" in heard[-1].body


async def test_a_proposal_that_is_accepted_counts(net: Network) -> None:
    await sent(net, QUIET)
    answer = await risk(net)
    await net.say("!alert propose 1 waste=B1110 why=label", as_="belgium", room="belgium")
    await net.say("!alert accept 1", as_="ghana")
    assert "no longer in force" in net.latest("belgium", answer.messages[0].event_id)


@pytest.mark.parametrize("then", ["!alert set 1 tlp=red person=@netherlands:test", "!alert withdraw 1 misread"])
async def test_what_was_taken_back_is_not_renewed(net: Network, then: str) -> None:
    await sent(net, QUIET)
    await risk(net)
    await net.say(then, as_="ghana")
    before = len(net.heard("belgium"))
    await net.say("!alert set 1 container=CSQU3054384", as_="ghana")
    assert not [one for one in net.heard("belgium")[before:] if "Risk" in one.body or "risk" in one.body]


async def test_an_earlier_case_counts_only_where_the_reader_may_see_it(net: Network) -> None:
    await sent(net, "MSKU1234565 at Tema tlp=amber-strict")
    await net.say("!alert inspect 1", as_="ghana")
    await net.say("!alert confirm 1 ground=b", as_="ghana")
    await sent(net, QUIET)
    there = await risk(net, text="!alert risk 2")
    own = await risk(net, as_="ghana", room="ghana", text="!alert risk 2")
    await net.say("!alert set 2 container=+MSKU1234565", as_="ghana")
    assert "A-2026-0001" in net.latest("ghana", own.messages[0].event_id)
    assert "A-2026-0001" not in net.latest("belgium", there.messages[0].event_id)
    assert "case" not in net.latest("belgium", there.messages[0].event_id).partition("Not known")[0]


async def test_where_nobody_asked_nothing_is_weighed(net: Network) -> None:
    await sent(net, QUIET)
    await net.say("!alert set 1 container=CSQU3054384", as_="ghana")
    assert not [one for one in net.heard("ghana") if "Risk of" in one.body]


async def test_an_exercise_says_so(net: Network) -> None:
    await sent(net, QUIET, exercise="yes")
    assert "EXERCISE." in await risk(net, text="!alert risk X-1")


async def changed(net: Network) -> None:
    """Let a coordinator count a wrong check digit three times as much, and let time pass for what follows."""
    await net.say("!risk weights check-digit 3", as_="coordinator", room="coordination")
    await net.forward(timedelta(minutes=1))


WRONG_DIGIT = "CSQU3054384 at Tema from Antwerp to Rotterdam"


async def test_a_changed_weight_edits_what_was_answered_and_is_no_news_of_the_shipment(net: Network) -> None:
    await sent(net, WRONG_DIGIT)
    first, second, own = await risk(net), await risk(net), await risk(net, room=None)
    assert "1 point, low" in own
    await changed(net)
    for answer, heard in ((second, net.heard("belgium")), (own, await net.heard_by("belgium"))):
        (edit,) = [one for one in heard if one.replaces == answer.messages[0].event_id]
        assert "3 points, raised" in edit.body
        assert "3 of 3: " in edit.body
    assert not [one for one in net.heard("belgium") if one.replaces == first.messages[0].event_id]
    assert lines(net.heard("belgium")) == []


async def test_a_changed_weight_leaves_ended_alerts_and_old_answers(net: Network) -> None:
    await sent(net, WRONG_DIGIT)
    await sent(net, WRONG_DIGIT.replace("Tema", "Takoradi"))
    old = await risk(net)
    await net.forward(timedelta(days=31))
    ended = await risk(net, text="!alert risk 2")
    await net.say("!alert withdraw 2 misread", as_="ghana")
    before = len(net.heard("belgium"))
    await changed(net)
    edited = {one.replaces for one in net.heard("belgium")[before:]}
    assert not edited & {old.messages[0].event_id, ended.messages[0].event_id}
    assert await net.clocks("risk.anew") == []


async def test_many_answers_are_weighed_anew_one_in_each_transaction(net: Network) -> None:
    await sent(net, WRONG_DIGIT)
    answers = [await risk(net, as_=who, room=None) for who in ("belgium", "netherlands", "ghana")]
    await net.say("!risk weights check-digit 3", as_="coordinator", room="coordination")
    for left in (2, 1, 0):
        assert len(await net.clocks("risk.anew")) == 1
        edited = [
            answer
            for who, answer in zip(("belgium", "netherlands", "ghana"), answers, strict=True)
            if [one for one in await net.heard_by(who) if one.replaces == answer.messages[0].event_id]
        ]
        assert len(edited) == 3 - left
        await net.forward(timedelta(milliseconds=200))
    assert await net.clocks("risk.anew") == []


CASE = "CSQU3054383 at Tema from Antwerp to Rotterdam"


async def confirmed(net: Network, number: int) -> None:
    await net.say(f"!alert inspect {number}", as_="ghana")
    await net.say(f"!alert confirm {number} ground=b", as_="ghana")
    await net.forward(timedelta(minutes=1))


async def test_a_case_confirmed_since_counts_in_what_was_answered(net: Network) -> None:
    await sent(net, CASE)
    await sent(net, "CSQU3054383 at Takoradi from Antwerp to Rotterdam")
    await sent(net, "MSKU1234565 at Takoradi")
    answer, other = await risk(net, text="!alert risk 2"), await risk(net, text="!alert risk 3")
    await confirmed(net, 1)
    now = net.latest("belgium", answer.messages[0].event_id)
    assert "A-2026-0001" in now.partition("Not known")[0]
    assert not [one for one in net.heard("belgium") if one.replaces == other.messages[0].event_id]
    await net.say("!alert withdraw 1 misread", as_="ghana")
    await net.forward(timedelta(minutes=1))
    assert "A-2026-0001" not in net.latest("belgium", answer.messages[0].event_id)


async def test_a_case_that_the_reader_may_not_see_changes_nothing_there(net: Network) -> None:
    await sent(net, f"{CASE} tlp=amber-strict".replace("from Antwerp to Rotterdam", ""))
    await sent(net, "CSQU3054383 at Takoradi from Antwerp to Rotterdam")
    answer = await risk(net, text="!alert risk 2")
    await confirmed(net, 1)
    assert not [one for one in net.heard("belgium") if one.replaces == answer.messages[0].event_id]
