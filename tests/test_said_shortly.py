"""What people type in a hurry: a bare name, the number first, a length of time in the middle."""

import pytest

from storage.alerts import Alerts
from storage.ids import UserId
from tests.alerts.raising import sent
from tests.fakes import Network


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("!alert 1 note The seal is broken", "!alert note 1, not !alert 1 note"),
        ("!alert 1 close", "!alert close 1, not !alert 1 close"),
        ("!alert #1 ack", "!alert ack #1, not !alert #1 ack"),
        ("!alert A-2026-0001: note hello", "!alert note A-2026-0001, not !alert A-2026-0001 note"),
        ("!alert 1", "For example !alert show 1 and !alert next 1"),
    ],
)
async def test_a_number_before_the_word_makes_no_draft(net: Network, typed: str, meant: str) -> None:
    await sent(net, "CSQU3054383 at Tema")
    answer = await net.say(typed)
    assert meant in answer
    assert "I did nothing" in answer
    async with net.transaction() as tx:
        assert await Alerts(tx).drafts_of(UserId("@ghana:test"), limit=5) == []


@pytest.mark.parametrize("text", ["20 ft CSQU3054383 at Tema", "40 drums at Tema", "3 containers, no papers, Tema"])
async def test_an_alert_may_begin_with_a_quantity(net: Network, text: str) -> None:
    assert "Draft of alert A-2026-0001" in await net.say(f"!alert {text}")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("!watch port=Springfield", "port Springfield, United States (USSFY), until"),
        ("!watch for=3d GH", "country Ghana (GH), until Thu 26 Nov 2026"),
        ("!watch GH for=3 days waste=A1181", "waste A1181 and country Ghana (GH), until Thu 26 Nov 2026"),
        (
            "!watch container=CSQU3054383 for=2w GH",
            "container CSQU3054383 and country Ghana (GH), until Mon 7 Dec 2026",
        ),
    ],
)
async def test_a_watch_is_read_as_it_was_meant(net: Network, typed: str, kept: str) -> None:
    assert kept in await net.say(typed)


@pytest.mark.parametrize(
    ("typed", "answers", "kept"),
    [
        ("ever given", ["ship"], "ship ever given, until"),
        ("rottredam", ["PORT."], "port Rotterdam, Netherlands (NLRTM), until"),
        ("Springfield", ["port"], "port Springfield, United States (USSFY), until"),
        ("probo koala waste=A1181", ["yes"], "ship probo koala and waste A1181, until"),
        ("probo koala", ["what?", "!watch probo koala", "IMO 9811000"], "ship IMO 9811000, until"),
        ("ever given", ["no"], "Good, I leave it."),
    ],
)
async def test_of_a_bare_name_it_is_asked_what_it_is(net: Network, typed: str, answers: list[str], kept: str) -> None:
    reply = await net.say(f"!watch {typed}")
    assert "If it is the name of a ship, answer ship" in reply
    for answer in answers:
        reply = await net.say(answer)
    assert kept in reply


async def test_a_watch_for_a_ship_that_was_asked_about_tells(net: Network) -> None:
    await net.say("!watch ever given", as_="netherlands")
    await net.say("ship", as_="netherlands")
    await sent(net, "drums on M/V EVER GIVEN at Tema to Rotterdam")
    assert [one for one in await net.heard_by("netherlands") if "Your watch 1 (ship ever given)" in one.body]


async def test_a_sentence_is_no_name(net: Network) -> None:
    assert "I find no container" in await net.say("!watch is there anything new about it")


async def test_a_port_of_which_there_are_several_is_asked_about_in_its_turn(net: Network) -> None:
    assert "answer ship; if Victoria, Canada (CAVIC) is meant, answer port" in await net.say("!watch Victoria")
    assert "Which port do you mean by “Victoria”: Victoria (CAVIC)," in await net.say("port")
    assert "port Victoria, Seychelles (SCVIC), until" in await net.say("SCVIC")


async def test_minutes_are_too_short_for_a_watch(net: Network) -> None:
    assert "The letter m stands for minutes. For three months write for=90d." in await net.say("!watch GH for=3m")
