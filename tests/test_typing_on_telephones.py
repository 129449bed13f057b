"""What telephones make of quotation marks and spaces, and fingers of words."""

import pytest

from commands.arguments import did_you_mean
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


def test_what_was_meant_is_the_nearest_word_and_not_the_shortest() -> None:
    words = ["me", "member", "help", "remind", "room", "alert"]
    meant = {"mmeber": "member", "hlep": "help", "members": "member", "rom": "room", "ale": "alert"}
    assert {typed: did_you_mean(typed, words) for typed in meant} == meant
    assert did_you_mean("xyz", words) is None
