"""How alerts end and go on: closed, withdrawn, merged, reopened; and the number that is typed first."""

from datetime import timedelta

import pytest

from storage.alerts import AlertState
from tests.alerts.raising import card_in, raised, sent, state_of
from tests.fakes import Network

ENDINGS = {
    "close outcome=other nothing more to do": AlertState.CLOSED,
    "withdraw The number was misread": AlertState.WITHDRAWN,
    "merge into=A-2026-0002": AlertState.MERGED,
}


# The number is typed


@pytest.mark.parametrize(("command", "state"), ENDINGS.items())
async def test_what_the_thread_alone_names_is_ended_only_after_its_number_was_typed(
    net: Network, command: str, state: AlertState
) -> None:
    await sent(net)
    await sent(net)
    card = card_in(net, "ghana")
    asked = await net.say(f"!alert {command}", as_="ghana", room="ghana", thread=card)
    assert "Do you mean alert A-2026-0001 (CSQU3054383)? Answer with its number" in asked
    assert await state_of(net) is AlertState.CIRCULATED
    await net.say("A-2026-0001", as_="ghana", room="ghana", thread=card)
    assert await state_of(net) is state
    assert await state_of(net, 2) is AlertState.CIRCULATED


@pytest.mark.parametrize("answer", ["yes", "A-2026-0002", "2", "1 2", "no"])
async def test_any_other_answer_leaves_it(net: Network, answer: str) -> None:
    await sent(net)
    await sent(net)
    card = card_in(net, "ghana")
    await net.say("!alert withdraw misread", as_="ghana", room="ghana", thread=card)
    assert "stays as it is" in await net.say(answer, as_="ghana", room="ghana", thread=card)
    assert await state_of(net, 1) is await state_of(net, 2) is AlertState.CIRCULATED


async def test_a_reply_moved_to_another_alert_ends_nothing(net: Network) -> None:
    """What the homeserver may change is the relation; the text that was typed names another alert."""
    await sent(net)
    await sent(net, "drums from Tema to Rotterdam")
    other = next(one for one in net.heard("ghana") if "Raised by" in one.body and "A-2026-0002" in one.body)
    await net.say("!alert withdraw A-2026-0001 misread", as_="ghana", room="ghana", thread=other.event_id)
    assert await state_of(net, 2) is AlertState.CIRCULATED
    assert await state_of(net, 1) is AlertState.WITHDRAWN


async def test_who_may_not_is_refused_before_anything_is_asked(net: Network) -> None:
    await sent(net)
    card = card_in(net, "netherlands")
    refused = await net.say("!alert withdraw misread", as_="netherlands", room="netherlands", thread=card)
    assert "Only who raised" in refused
    await net.say("!alert close A-2026-0001 outcome=other", as_="ghana", room="ghana")
    refused = await net.say("!alert close outcome=other", as_="netherlands", room="netherlands", thread=card)
    assert "is ended: it was closed" in refused


async def test_the_missing_outcome_is_asked_first_then_the_number(net: Network) -> None:
    await sent(net)
    card = card_in(net, "ghana")
    asked = await net.say("!alert close", as_="ghana", room="ghana", thread=card)
    assert "What came of it?" in asked
    assert "Do you mean" in await net.say("treated", as_="ghana", room="ghana", thread=card)
    await net.say("#1", as_="ghana", room="ghana", thread=card)
    assert await state_of(net) is AlertState.CLOSED


# Closing


@pytest.mark.parametrize(
    ("steps", "refused", "allowed"),
    [
        (["inspect 1", "clear 1"], "returned", "cleared"),
        (["inspect 1", "not-located 1"], "cleared", "not-located"),
        (["hold 1", "confirm 1 ground=a"], "not-located", "prosecuted"),
        (["hold 1", "confirm 1 ground=a"], "cleared", "treated"),
    ],
)
async def test_an_outcome_does_not_contradict_what_was_found(
    net: Network, steps: list[str], refused: str, allowed: str
) -> None:
    await sent(net)
    for step in steps:
        await net.say(f"!alert {step}", as_="netherlands", room="netherlands")
    answer = await net.say(f"!alert close 1 outcome={refused}", as_="ghana", room="ghana")
    assert "contradicts what was found" in answer
    assert allowed in answer
    assert "is closed" in await net.say(f"!alert close 1 outcome={allowed}", as_="ghana", room="ghana")


async def test_cost_and_sanction_are_checked(net: Network) -> None:
    await sent(net)
    assert "not one of" in await net.say("!alert close 1 outcome=other cost=nobody", as_="ghana", room="ghana")
    long = await net.say(f'!alert close 1 outcome=other sanction="{"x" * 301}"', as_="ghana", room="ghana")
    assert "at most 300" in long
    assert await state_of(net) is AlertState.CIRCULATED


# Reopening


async def test_a_closed_alert_goes_on_and_its_clocks_run_again(net: Network) -> None:
    await sent(net)
    await net.say("!alert hold 1", as_="netherlands", room="netherlands")
    await net.say("!alert confirm 1 ground=a", as_="netherlands", room="netherlands")
    await net.say("!alert close 1 outcome=treated", as_="ghana", room="ghana")
    card = card_in(net, "belgium")
    assert "is ended" in await net.say("!alert ack 1", as_="belgium", room="belgium")
    await net.say("!alert reopen 1 The same container again", as_="belgium", room="belgium")
    assert await state_of(net) is AlertState.REOPENED
    shown = net.latest("belgium", card)
    assert "State: reopened, waiting for Belgium" in shown
    assert "Illegal because" not in shown
    assert "holds it" not in shown
    assert "The same container again" in net.heard("netherlands")[-1].body
    net.clear_heard()
    await net.forward(timedelta(minutes=31))
    assert any("Belgium has not acknowledged" in one.body for one in net.heard("belgium"))
    await net.say("!alert inspect 1", as_="belgium", room="belgium")
    assert await state_of(net) is AlertState.UNDER_CONTROL


async def test_only_what_was_closed_is_reopened(net: Network) -> None:
    await sent(net)
    assert "cannot be done" in await net.say("!alert reopen 1 again", as_="ghana", room="ghana")
    await net.say("!alert withdraw 1 misread", as_="ghana", room="ghana")
    assert "cannot be done" in await net.say("!alert reopen 1 again", as_="ghana", room="ghana")
    assert await state_of(net) is AlertState.WITHDRAWN


# Merging


async def test_a_merged_alert_names_the_other_one_and_its_clocks_stop(net: Network) -> None:
    await sent(net)
    await sent(net)
    card = card_in(net, "belgium")
    answer = await net.say("!alert merge 1 into=2 The same container", as_="ghana", room="ghana")
    assert "A-2026-0001 is merged into A-2026-0002" in answer
    assert "State: merged into alert A-2026-0002" in net.latest("belgium", card)
    lines = [one.body for one in net.heard("belgium") if one.thread_root is not None]
    assert any("merged alert A-2026-0001 into A-2026-0002. Go on there." in body for body in lines)
    assert any("Alert A-2026-0001 was merged into A-2026-0002." in body for body in lines)
    assert not [one for one in await net.clocks("alert.escalate") if one.subject.startswith("alert:1:")]


async def test_rooms_that_may_not_see_the_other_one_do_not_hear_its_number(net: Network) -> None:
    await sent(net)
    await sent(net, "CSQU3054383 at Tema to Rotterdam", tlp="amber-strict")
    answer = await net.say("!alert merge 1 into=2", as_="ghana", room="ghana")
    assert "Belgium hear nothing of A-2026-0002" in answer
    assert "!alert set A-2026-0002 tell=+BE" in answer
    assert not any("0002" in one.body for room in ("belgium", "coordination") for one in net.heard(room))
    assert "merged into another alert" in net.latest("belgium", card_in(net, "belgium"))
    assert "0002" in net.latest("netherlands", card_in(net, "netherlands"))
    shown = await net.say("!alert show 1", as_="belgium", room="belgium")
    assert "0002" not in shown


async def test_the_other_way_round_the_merged_one_is_not_named_where_it_may_not_be_seen(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema to Rotterdam", tlp="amber-strict")
    await sent(net)
    net.clear_heard()
    await net.say("!alert merge A-2026-0001 into=A-2026-0002", as_="ghana", room="ghana")
    assert not any("0001" in one.body for room in ("belgium", "coordination") for one in net.heard(room))
    assert any("0001" in one.body for one in net.heard("netherlands"))


async def test_the_number_of_the_one_that_goes_on_goes_wherever_it_may_no_longer_be_seen(net: Network) -> None:
    await sent(net, "drums at Tema to Rotterdam", tlp="green")
    await sent(net, "CSQU3054383 at Tema to Rotterdam", tlp="green")  # names nothing that the first one names
    await net.say("!alert merge 1 into=2", as_="ghana")
    asked = [await net.say(text, as_="belgium") for text in ("!alert show 1", "!alert export 1", "!alert list")]
    assert all(one.messages for one in asked)
    card = card_in(net, "network")
    assert "merged into alert A-2026-0002" in net.latest("network", card)
    await net.say("!alert set 2 tlp=amber", as_="ghana")
    assert "merged into another alert" in net.latest("network", card)
    assert "merged into alert A-2026-0002" in net.latest("netherlands", card_in(net, "netherlands"))
    standing = [one for one in net.heard("network") if one.replaces is None or one.body == net.latest("network", card)]
    left = {one.body for one in [*standing, *await net.heard_by("belgium")] if "0002" in one.body}
    assert left == {"What stood here about alert A-2026-0002 may no longer be shown in this room."}
    assert not [one for one in await net.heard_by("belgium") if one.file]


@pytest.mark.parametrize("merged", ["1 into=2", "2 into=1"])
async def test_a_merger_names_before_outsiders_only_what_is_for_anybody(net: Network, merged: str) -> None:
    await sent(net, "CSQU3054383 at Tema to Rotterdam", tlp="clear")
    await sent(net, "drums at Tema to Rotterdam", tlp="green")
    net.gateway.rooms[net.room("network")].joined.add(net.person("stranger"))
    before = len(net.heard("network"))
    await net.say(f"!alert merge {merged}", as_="ghana")
    for room, is_named in (("network", False), ("ghana", True)):
        assert any("0002" in one.body for one in net.heard(room)[before:]) == is_named, room


async def test_what_cannot_be_merged_is_refused(net: Network) -> None:
    await sent(net)
    await sent(net, "drums from Tema to Rotterdam")
    await raised(net, "a draft at Tema")
    for command, why in (
        ("merge 1 into=1", "is not merged into itself"),
        ("merge 1 into=99", "know no alert 99"),
        ("merge 1 into=what", "know no alert what"),
        ("merge 1 into=3", "does not go on"),
    ):
        assert why in await net.say(f"!alert {command}", as_="ghana", room="ghana")
    refused = await net.say("!alert merge 1 into=2", as_="netherlands", room="netherlands")
    assert "is for who raised it or the coordinators" in refused
    await net.say("!alert withdraw 2 misread", as_="ghana", room="ghana")
    assert "does not go on" in await net.say("!alert merge 1 into=2", as_="ghana", room="ghana")
    assert await state_of(net) is AlertState.CIRCULATED
    unknown = await net.say("!alert merge 1 into=99", as_="coordinator", room="coordination")
    invisible = await net.say("!alert merge 1 into=3", as_="coordinator", room="coordination")
    assert invisible.text == unknown.text.replace("99", "3")


async def test_coordinators_merge(net: Network) -> None:
    await sent(net)
    await sent(net)
    await net.say("!alert merge 2 into=1", as_="coordinator", room="coordination")
    assert await state_of(net, 2) is AlertState.MERGED


# Types


async def test_news_become_a_warning_by_a_follow_up(net: Network) -> None:
    draft = await raised(net, type="news")
    assert "Type: news, unconfirmed" in draft.text
    await net.say("!alert send", as_="ghana", room="ghana")
    assert "Type: news, unconfirmed" in net.latest("belgium", card_in(net, "belgium"))
    assert "!alert type A-2026-0001 warning" in await net.say("!alert set 1 type=warning", as_="ghana", room="ghana")
    await net.say("!alert type 1 warning The same exporter", as_="ghana2", room="ghana")
    assert "Type: warning" in net.latest("belgium", card_in(net, "belgium"))
    line = net.heard("belgium")[-1].body
    assert "made alert A-2026-0001 this: warning" in line
    assert "The same exporter" in line


async def test_the_type_is_said_by_the_side_that_raised_it(net: Network) -> None:
    await sent(net)
    refused = await net.say("!alert type 1 warning again", as_="belgium", room="belgium")
    assert "by officials of the country that raised it" in refused
    assert "is of that type already" in await net.say("!alert type 1 alert again", as_="ghana", room="ghana")
    assert "not one of" in await net.say("!alert type 1 rumour again", as_="ghana", room="ghana")
    assert "warning" in await net.say("!alert type 1 warning again", as_="coordinator", room="coordination")


async def test_the_type_of_a_draft_is_set(net: Network) -> None:
    draft = await raised(net)
    await net.say("!alert set 1 type=information", as_="ghana", room="ghana")
    assert "Type: information" in net.latest("ghana", draft.messages[0].event_id)


# What can be done


async def test_next_says_what_can_be_done_by_whom_and_what_is_late(net: Network) -> None:
    await sent(net)
    await net.forward(timedelta(hours=1))
    card = card_in(net, "netherlands")
    steps = (await net.say("!alert next", as_="netherlands", room="netherlands", thread=card)).text
    assert "Alert A-2026-0001: circulated." in steps
    assert "Overdue:\n- Belgium: to acknowledge by" in steps
    assert "You can:\n- !alert ack: say that the country deals with it\n- !alert hold: hold the shipment" in steps
    assert "- !alert withdraw: withdraw it (who raised it)" in steps
    assert "confirm" not in steps
    await net.say("!alert hold 1", as_="netherlands", room="netherlands")
    steps = (await net.say("!alert next 1", as_="netherlands", room="netherlands")).text
    assert "- !alert confirm: confirm that it is illegal" in steps
    assert "- Netherlands: to say what it found" in steps
    assert "- !alert hold: hold the shipment (Ghana or Belgium)" in steps.replace(
        "Belgium or Ghana", "Ghana or Belgium"
    )
    await net.say("!alert withdraw 1 misread", as_="ghana", room="ghana")
    assert "Nothing more can be done" in await net.say("!alert next 1", as_="ghana", room="ghana")


async def test_next_of_a_draft_is_for_its_author(net: Network) -> None:
    await raised(net)
    steps = await net.say("!alert next 1", as_="ghana", room="ghana")
    assert "!alert send" in steps
    assert "!alert submit" in steps
