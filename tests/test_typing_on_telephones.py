"""What telephones make of quotation marks and spaces, and fingers of words."""

import pytest

from commands.arguments import did_you_mean
from tests.alerts.raising import card_in, sent
from tests.fakes import Network


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("name = ‘Ama Example’", "Ama Example"),
        ("name=‘Ama O’Brien’ tz=UTC", "Ama O’Brien"),
        ("name=»Ama Example« tz=UTC", "Ama Example"),
        ("name=‚Ama Example‘", "Ama Example"),
        ("NAME = „Ama Example“", "Ama Example"),
        ("name=‘t Hooft tz=UTC", "‘t Hooft"),
        ("name=‘t Hooft lang=“drivers’ ” ", None),
        ("name='t Hooft", "'t Hooft"),
    ],
)
async def test_every_telephone_s_quotation_marks_hold_a_value(net: Network, typed: str, name: str | None) -> None:
    answer = await net.say(f"!me {typed}")
    if name is None:
        assert "drivers" in answer.text
    else:
        assert f"Name: {name}\n" in answer.text


@pytest.mark.parametrize("typed", ["! help", "! Help", "!  help", "!\u00a0help"])
async def test_a_space_behind_the_exclamation_mark_makes_no_difference_to_a_command(net: Network, typed: str) -> None:
    assert "Your role is official." in await net.say(typed, as_="ghana", room="ghana")


@pytest.mark.parametrize("typed", ["!", "! ", "!!", "! Attention, the scanner in Tema is down", "!? help"])
async def test_a_remark_that_begins_with_an_exclamation_mark_is_no_command(net: Network, typed: str) -> None:
    assert not (await net.say(typed, as_="ghana", room="ghana")).messages


@pytest.mark.parametrize("typed", ["!help?", "!Help!", "!help, please", "!help."])
async def test_a_mark_behind_a_command_makes_no_difference(net: Network, typed: str) -> None:
    answer = await net.say(typed, as_="ghana", room="ghana")
    assert "I know no command help" not in answer
    assert "!help" in answer


async def test_a_mark_behind_the_word_in_a_thread_makes_no_difference(net: Network) -> None:
    await sent(net, "18 t in CSQU3054383 at Tema from Antwerp to Rotterdam")
    (card,) = [one for one in net.heard("belgium") if one.body.startswith("Alert A-2026-0001")]
    await net.say("!Ack.", as_="belgium", room="belgium", thread=card.event_id)
    assert "Belgium (origin): acknowledged" in net.latest("belgium", card.event_id)


@pytest.mark.parametrize("typed", ["what can you do?", "start", "menu", "find Tema", "hello"])
async def test_what_is_merely_like_a_command_is_taken_for_none(net: Network, typed: str) -> None:
    answer = await net.say(typed, as_="germany")
    assert "I am a program and understand commands only" in answer
    assert "Did you mean" not in answer


@pytest.mark.parametrize(
    "typed", ["Container MSKU1234565 in Tema", "batteries leak on the quay", "18 t e-waste from Antwerp"]
)
async def test_who_writes_a_sentence_is_told_how_an_alert_begins(net: Network, typed: str) -> None:
    answer = await net.say(typed, as_="ghana")
    first = typed.partition(" ")[0].casefold()
    assert answer.text == (
        f"I know no command {first}. If this is to be an alert, begin with !alert. !help shows all commands."
    )
    assert "Draft of alert" in await net.say(f"alert {typed}", as_="ghana")


@pytest.mark.parametrize("typed", ["!alert help", "!alert photo", "!alert cancel 1", "!alert drop #1"])
async def test_a_word_alone_is_no_text_of_an_alert(net: Network, typed: str) -> None:
    answer = await net.say(typed, as_="ghana", room="ghana")
    assert "!help alert shows what there is" in answer
    assert "Draft" not in answer


async def test_a_container_or_a_few_words_are_the_text_of_an_alert(net: Network) -> None:
    for text in ("CSQU3054383", "cancel the inspection in Tema", "drums in Tema"):
        assert "Draft of alert" in await net.say(f"!alert {text}", as_="ghana", room="ghana")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("!alert set tlp: red", "tlp takes an equals sign: tlp=red"),
        ("!alert set Quantity 20 t", "quantity takes an equals sign: quantity=20 t"),
        ("!me name Kofi", "name takes an equals sign: name=Kofi"),
        ("!me tz", "tz takes an equals sign: tz=..."),
        ("!me please", "I do not know what to do with “please”. Write it like this: !me"),
    ],
)
async def test_an_option_without_its_equals_sign_is_shown_with_it(net: Network, typed: str, meant: str) -> None:
    await net.say("!alert CSQU3054383 in Tema", as_="ghana", room="ghana")
    assert meant in await net.say(typed, as_="ghana", room="ghana")


SLIPS = {
    "contct x": "contact", "exercises": "exercise", "wtach": "watch", "contacts x": "contact", "remnd": "remind",
    "hlep": None,
}  # fmt: skip


@pytest.mark.parametrize(("typed", "meant"), SLIPS.items())
async def test_a_slip_is_asked_about(net: Network, typed: str, meant: str | None) -> None:
    answer = await net.say(typed, as_="germany")
    assert (f"Did you mean !{meant}?" in answer) is (meant is not None)


@pytest.mark.parametrize("typed", ["yes", "No.", "OK"])
async def test_an_answer_to_nothing_is_told_so(net: Network, typed: str) -> None:
    assert "I am waiting for no answer of yours." in await net.say(typed, as_="germany")


def test_what_was_meant_is_the_nearest_word_and_not_the_shortest() -> None:
    words = ["me", "member", "help", "remind", "room", "alert"]
    meant = {"mmeber": "member", "hlep": "help", "members": "member", "rom": "room", "ale": "alert"}
    assert {typed: did_you_mean(typed, words) for typed in meant} == meant
    assert did_you_mean("xyz", words) is None


@pytest.mark.parametrize("hyphen", ["\u2010", "\u2011", "\u2012", "\u2013", "\u2014", "\u2212"])
async def test_a_number_may_be_pasted_with_another_hyphen(net: Network, hyphen: str) -> None:
    await sent(net, "CSQU3054383 at Tema from Antwerp")
    number = f"A{hyphen}2026{hyphen}0001"
    assert "Alert A-2026-0001, TLP:AMBER" in await net.say(f"!alert show {number}", as_="belgium", room="belgium")
    await net.say("!alert withdraw misread", room="ghana", thread=card_in(net, "ghana"))
    assert "withdrew alert A-2026-0001" in await net.say(number, room="ghana", thread=card_in(net, "ghana"))


@pytest.mark.parametrize("hyphen", ["\u2010", "\u2011"])
async def test_so_may_that_of_an_exercise_and_of_a_container(net: Network, hyphen: str) -> None:
    assert "CSQU3054383" in await net.say(f"!watch container=CSQU{hyphen}305438{hyphen}3")
    dates = 'start="2027-03-01 08:00" end="2027-03-05 18:00"'
    await net.say(f"!exercise new title=Quay {dates} countries=GH", as_="coordinator", room="coordination")
    shown = await net.say(f"!exercise show E{hyphen}2027{hyphen}01", as_="coordinator", room="coordination")
    assert "Quay" in shown
