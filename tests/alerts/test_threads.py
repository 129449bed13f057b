"""In the thread of an alert one short word is enough for each command."""

from datetime import timedelta

import pytest

from bot.capabilities import discover
from commands.alerts.meant import is_by_number
from storage.alerts import AlertState
from tests.alerts.raising import card_in, sent, state_of
from tests.alerts.test_bad_input import COMMANDS
from tests.fakes import Network


async def test_the_whole_life_in_single_words(net: Network) -> None:
    await sent(net)
    for person, text, state in (
        ("netherlands", "!ack", AlertState.CIRCULATED),
        ("netherlands", "!hold On terminal 3", AlertState.UNDER_CONTROL),
        ("netherlands", "!confirm ground=d", AlertState.CONFIRMED),
        ("ghana", "!inform-export-state when=now proof=letter", AlertState.EXPORT_STATE_INFORMED),
        ("belgium", "!take-back", AlertState.TAKE_BACK_AGREED),
        ("ghana", "!shipped", AlertState.IN_RETURN),
        ("belgium", "!received", AlertState.RECEIVED),
    ):
        answer = await net.say(text, as_=person, room=person, thread=card_in(net, person))
        asks = "Do you mean alert A-2026-0001" in answer
        assert asks == is_by_number(text.split()[0].removeprefix("!"))
        if asks:
            assert await state_of(net) is not state
            await net.say("A-2026-0001", as_=person, room=person, thread=card_in(net, person))
        assert await state_of(net) is state
    card = card_in(net, "ghana")
    assert "Do you mean alert A-2026-0001" in await net.say(
        "!close outcome=returned", as_="ghana", room="ghana", thread=card
    )
    await net.say("A-2026-0001", as_="ghana", room="ghana", thread=card)
    assert await state_of(net) is AlertState.CLOSED


OWN_WORDS = {command.words[0] for command in discover().commands if len(command.words) == 1}
"""What is a command by itself stays it in a thread: `contact` looks into the directory there too."""


@pytest.mark.parametrize(
    "name", [name for name in COMMANDS if name.startswith("alert ") and name.removeprefix("alert ") not in OWN_WORDS]
)
async def test_each_command_is_known_by_its_own_word_in_the_thread(net: Network, name: str) -> None:
    await sent(net)
    word = name.removeprefix("alert ")
    card = card_in(net, "ghana")
    long = await net.say(f"!alert {word}", as_="ghana", room="ghana", thread=card)
    short = await net.say(f"!{word}", as_="ghana", room="ghana", thread=card)
    assert "know no command" not in short
    if name not in {"alert verify", "alert hold", "alert inspect", "alert reopen", "alert submit", "alert ack"}:
        assert short.text == long.text


async def test_outside_a_thread_the_word_alone_is_no_command(net: Network) -> None:
    await sent(net)
    assert "Did you mean !alert hold?" in await net.say("!hold", as_="netherlands", room="netherlands")
    assert await state_of(net) is AlertState.CIRCULATED


async def test_what_is_a_command_by_itself_stays_one(net: Network) -> None:
    await sent(net)
    answer = await net.say("!help", as_="ghana", room="ghana", thread=card_in(net, "ghana"))
    assert "!contact" in answer


@pytest.mark.parametrize(
    ("as_", "command", "said"),
    [
        ("ghana2", "verify 1 source=B info=2 I saw the scan", ["verified", "> I saw the scan", "evaluated"]),
        ("ghana", "set 1 tlp=amber+strict source=A vessel=Probo Koala", ["marking", "evaluated", "corrected or added"]),
        ("ghana", "set 1 source=A", ["evaluated"]),
        ("ghana", "accept 1 P1", ["accepted the proposal P1", "corrected or added: Container"]),
    ],
)
async def test_whatever_one_command_does_is_one_message_in_each_thread_and_one_edit_of_each_card(
    net: Network, as_: str, command: str, said: list[str]
) -> None:
    await sent(net)
    await net.say("!alert propose 1 container=MSKU1234565 why=read at the berth", as_="netherlands", room="netherlands")
    card, before = card_in(net, "belgium"), len(net.heard("belgium"))
    await net.say(f"!alert {command}", as_=as_, room="ghana")
    await net.forward(timedelta(seconds=10))
    new = net.heard("belgium")[before:]
    (line,) = [one.body.splitlines() for one in new if one.thread_root == card]
    assert len(line) == len(said)
    for words, expected in zip(line, said, strict=True):
        assert expected in words
    assert len([one for one in new if one.replaces == card]) == 1


@pytest.mark.parametrize("text", ["!hold 2", "!alert hold 2", "!alert inspect A-2", "!alert hold 2026-0002"])
async def test_a_number_alone_is_that_of_the_alert_that_is_meant_also_in_anothers_thread(
    net: Network, text: str
) -> None:
    await sent(net, "CSQU3054383 at Tema to Rotterdam")
    await sent(net, "drums at Tema to Rotterdam")
    await net.say(text, as_="ghana", room="ghana", thread=card_in(net, "ghana"))
    assert await state_of(net, 1) is AlertState.CIRCULATED
    assert await state_of(net, 2) is AlertState.UNDER_CONTROL


async def test_a_number_alone_is_text_where_a_text_is_needed(net: Network) -> None:
    await sent(net, "drums at Tema to Rotterdam")
    await net.say("!request 1 NL How many drums?", as_="ghana", room="ghana")
    await net.say("!answer 12", as_="netherlands", room="netherlands", thread=card_in(net, "netherlands"))
    assert any("12" in one.body and "R1" in one.body for one in net.heard("ghana"))


async def test_of_an_alert_that_is_not_there_nothing_is_done_in_the_thread_of_another(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema to Rotterdam")
    await net.say("!alert hold 1", as_="ghana")
    answer = await net.say("!not-located 7", as_="ghana", room="ghana", thread=card_in(net, "ghana"))
    assert "I know no alert 7" in answer
    assert await state_of(net, 1) is AlertState.UNDER_CONTROL
