"""Files that are not taken: what they are, who sends them, what became of the alert meanwhile."""

from datetime import timedelta

import pytest

from bot.matrix.interface import Trust, Unavailable
from storage.files import IncomingFiles
from tests.alerts.files import JPEG, PDF, content, kept, says, sends
from tests.alerts.raising import card_in, raised, sent
from tests.fakes import Network


@pytest.mark.parametrize(
    ("data", "mimetype", "why"),
    [
        (b"\xff\xd8\xff\xe0" + bytes(20_000_000), "image/jpeg", "larger than 20 MB"),
        (PDF, "image/jpeg", "its content is of another type than your app says"),
        (b"\x7fELF" + bytes(60), "application/octet-stream", "it is a program"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + b"\0\0\xff\xff" * 2 + bytes(9), "image/png", "more pixels"),
    ],
    ids=["large", "disguised", "program", "bomb"],
)
@pytest.mark.parametrize("honest", [True, False])
async def test_what_is_not_taken_is_said_with_what_to_do(
    net: Network, data: bytes, mimetype: str, why: str, *, honest: bool
) -> None:
    await sent(net)
    said = content(net, data, name="x.bin", mimetype=mimetype)
    if not honest:
        del said["info"]["size"]
    answer = await net.say("", room="ghana", thread=card_in(net, "ghana"), file=said)
    assert "I did not take the file “x.bin”" in answer
    assert why in answer
    assert await kept(net) == []
    assert "x.bin" not in "".join(one.body for one in net.heard("belgium"))
    async with net.transaction() as tx:
        file = await IncomingFiles(tx).get(1)
        assert file is None or file.sealed is None


async def test_the_limit_is_a_setting(net: Network) -> None:
    async with Network.open(alerts={"largest_file_mb": 1}) as small:
        await sent(small)
        assert "larger than 1 MB" in await sends(small, JPEG, mimetype="image/jpeg")


@pytest.mark.parametrize("wrong", ["unencrypted", "no key", "not there", "changed"])
async def test_a_file_that_cannot_be_had_or_believed_is_refused(net: Network, wrong: str) -> None:
    await sent(net)
    said = content(net)
    place = said["file"]["url"]
    match wrong:
        case "unencrypted":
            said["url"], why = place, "it is not encrypted"
        case "no key":
            why = "your app did not say"
            del said["file"]["key"]
        case "not there":
            why = "does not have it"
            del net.gateway.media.stored[place]
        case _:
            why = "its SHA-256 is another one"
            net.gateway.media.stored[place] = b"something else"
    await net.say("", room="ghana", thread=card_in(net, "ghana"), file=said)
    await net.forward(timedelta(minutes=1))
    assert why in net.heard("ghana")[-1].body
    assert await kept(net) == []


async def test_the_same_file_in_another_alert_is_told_to_whom_both_may_be_shown(net: Network) -> None:
    await sent(net)
    await sends(net)
    await raised(net, "pumps at Tema", tell="GH", tlp="AMBER+STRICT")
    await net.say("!alert send 2", room="ghana")
    card = [one.event_id for one in net.heard("ghana") if "Alert A-2026-0002" in one.body and "Raised by" in one.body]
    answer = await net.say("", room="ghana", thread=card[0], file=content(net))
    assert "The very same file belongs to other alerts too: A-2026-0001." in answer
    await net.say("!alert 3 drums at Rotterdam", as_="netherlands", room="netherlands")
    await net.say("!alert set 3 tell=NL", as_="netherlands", room="netherlands")
    draft = next(one for one in net.heard("netherlands") if "Draft of alert A-2026-0003" in one.body)
    there = await net.say("", as_="netherlands", room="netherlands", reply_to=draft.event_id, file=content(net))
    assert "other alerts too: A-2026-0001." in there
    assert "A-2026-0002" not in there


@pytest.mark.parametrize("ended", ["close 1 outcome=cleared", "withdraw 1 a mistake"])
async def test_an_alert_that_has_ended_takes_none(net: Network, ended: str) -> None:
    await sent(net)
    await net.say(f"!alert {ended}", room="ghana")
    assert "ended" in await sends(net)
    assert net.gateway.media.fetched == []


async def test_who_may_not_add_is_told_who_may(net: Network) -> None:
    await sent(net, tlp="GREEN")
    answer = await sends(net, as_="germany", room="network")
    assert "come from officials of the countries concerned and from coordinators" in answer
    assert "not verified" in await sends(net, trust=Trust.UNSIGNED)
    assert await kept(net) == []


async def test_who_may_not_see_the_alert_is_answered_as_if_there_were_none(net: Network) -> None:
    await sent(net)
    thread = card_in(net, "ghana")
    net.gateway.rooms[net.room("ghana")].joined.add(net.person("belgium"))
    await says(net, "!alert set tlp=red person=@netherlands:test")
    answer = await net.say("", as_="belgium", room="ghana", thread=thread, file=content(net))
    assert "I know no alert here that I may show you" in answer
    assert net.gateway.media.fetched == []


async def test_a_stranger_sends_nothing(net: Network) -> None:
    await sent(net)
    net.gateway.rooms[net.room("ghana")].joined.add(net.person("mallory"))
    answer = await sends(net, as_="mallory")
    assert "is not on the roster" in answer
    assert net.gateway.media.fetched == []


async def test_who_was_removed_while_the_file_was_fetched_has_added_none(net: Network) -> None:
    await sent(net)
    net.gateway.media.failure = Unavailable("down")
    await sends(net, as_="ghana2")
    await net.say("!member remove @ghana2:test", as_="coordinator", room="coordination")
    net.gateway.media.failure = None
    net.clear_heard()
    await net.forward(timedelta(minutes=10))
    assert len(net.gateway.media.fetched) > 1
    assert net.heard("ghana") == net.heard("belgium") == []


async def test_who_is_no_official_any_more_when_the_file_was_fetched_has_added_none(net: Network) -> None:
    await sent(net, tlp="green")
    net.gateway.media.failure = Unavailable("down")
    await sends(net, as_="netherlands", room="netherlands")
    await net.say("!member set @netherlands:test role=member", as_="coordinator", room="coordination")
    net.gateway.media.failure = None
    await net.forward(timedelta(minutes=10))
    assert any("come from officials" in one.body for one in net.heard("netherlands"))
    assert not any("F1" in one.body for one in net.heard("ghana"))
    assert await kept(net) == []


async def test_an_alert_that_is_closed_while_the_file_is_fetched_takes_it_not(net: Network) -> None:
    await sent(net)
    net.gateway.media.failure = Unavailable("down")
    await sends(net)
    await net.say("!alert close 1 outcome=cleared", room="ghana")
    net.gateway.media.failure = None
    await net.forward(timedelta(minutes=10))
    assert "alert A-2026-0001 has ended meanwhile" in net.heard("ghana")[-1].body


async def test_a_homeserver_that_keeps_failing_is_given_up_and_said(net: Network) -> None:
    await sent(net)
    net.gateway.media.failure = Unavailable("down")
    await sends(net)
    await net.forward(timedelta(hours=25))
    assert "did not answer" in "".join(one.body for one in net.heard("ghana"))
    tries = len(net.gateway.media.fetched)
    await net.forward(timedelta(hours=2))
    assert len(net.gateway.media.fetched) == tries < 400


async def test_words_beside_a_file_are_no_longer_than_a_note(net: Network) -> None:
    await sent(net)
    answer = await sends(net, text="a page " * 8_000)
    assert "What you wrote beside the file has 55999 characters; I keep at most 10000." in answer
    assert await kept(net) == []
