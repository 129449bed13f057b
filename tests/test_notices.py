"""What somebody asked for is said as a message; only what is said by the way is a notice, which clients show grey."""

import pytest

from tests.alerts.raising import sent
from tests.fakes import Network


@pytest.mark.parametrize(
    "asked",
    [
        "!alert list", "!alert owed", "!alert stats", "!alert files 1", "!alert persons 1", "!alert show 1",
        "!alert next 1", "!alert links 1", "!alert risk 1", "!sightings CSQU3054383", "!sightings MSKU1234565",
        "!contact Tema", "!country GH", "!help",
    ],
)  # fmt: skip
async def test_an_answer_is_no_notice(net: Network, asked: str) -> None:
    await sent(net, "CSQU3054383 at Tema from Antwerp")
    answer = await net.say(asked, room="ghana")
    assert answer.messages
    assert not [one for one in answer.messages if one.notice]


@pytest.mark.parametrize("asked", ["!watch list", "!watch CSQU3054383"])
async def test_nor_is_one_in_the_direct_chat(net: Network, asked: str) -> None:
    assert not [one for one in (await net.say(asked)).messages if one.notice]


async def test_of_the_weights_neither(net: Network) -> None:
    for asked in ("!risk weights", "!risk weights codes 2"):
        (answer,) = (await net.say(asked, as_="coordinator", room="coordination")).messages
        assert not answer.notice


async def test_that_an_answer_is_elsewhere_is_one(net: Network) -> None:
    (answer,) = (await net.say("!watch CSQU3054383", room="ghana")).messages
    assert "My answer is in your direct chat" in answer.body
    assert answer.notice
