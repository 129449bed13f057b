"""Whose an alert is when its author leaves the roster or the country: handed over, and no longer theirs."""

from datetime import timedelta

import pytest

from storage.alerts import Alerts, What
from tests.alerts.raising import sent
from tests.fakes import Network

TO_ROTTERDAM = "CSQU3054383 at Tema to Rotterdam"
MAY_NOT = "is handed over by who raised it"


async def coordinate(net: Network, text: str) -> str:
    return (await net.say(text, as_="coordinator", room="coordination")).text


async def author_of(net: Network) -> str:
    async with net.transaction() as tx:
        alert = await Alerts(tx).get(1)
        assert alert is not None
        return alert.author


async def test_the_author_hands_it_over_and_has_no_more_say_in_it(net: Network) -> None:
    await sent(net, TO_ROTTERDAM)
    assert "Alert A-2026-0001 is Kofi Sample's now." in await net.say("!alert hand-over 1 @ghana2:test")
    assert any("another official looks after alert A-2026-0001" in one.body for one in net.heard("netherlands"))
    assert not any("Kofi" in one.body for one in net.heard("netherlands"))
    assert "Only who raised" in await net.say("!alert set 1 vessel=Ever Given")
    assert "corrected" in await net.say("!alert set 1 vessel=Ever Given", as_="ghana2")
    assert "withdrawn" in await net.say("!alert withdraw 1 misread", as_="ghana2")


@pytest.mark.parametrize("who", ["ghana2", "coordinator"])
async def test_of_who_left_the_roster_others_hand_it_over(net: Network, who: str) -> None:
    await sent(net, TO_ROTTERDAM)
    assert MAY_NOT in await net.say("!alert hand-over 1 @ghana2:test", as_=who)
    told = await coordinate(net, "!member remove @ghana:test")
    assert "!alert hand-over A-2026-0001 @name:server" in told
    assert MAY_NOT in await net.say("!alert hand-over 1 @ghana2:test", as_="netherlands")
    assert "is Kofi Sample's now" in await net.say("!alert hand-over 1 @ghana2:test", as_=who)
    assert "withdrawn" in await net.say("!alert withdraw 1 misread", as_="ghana2")


@pytest.mark.parametrize("to", ["@netherlands:test", "@germany:test", "@coordinator:test", "@nobody:test"])
async def test_it_stays_with_the_country_that_raised_it(net: Network, to: str) -> None:
    await sent(net, TO_ROTTERDAM)
    assert "is not an official of the country that raised alert" in await net.say(f"!alert hand-over 1 {to}")
    assert await author_of(net) == "@ghana:test"


async def test_what_is_theirs_already_or_has_ended_is_not_handed_over(net: Network) -> None:
    await sent(net, TO_ROTTERDAM)
    assert "is Ama Example's already" in await net.say("!alert hand-over 1 @ghana:test")
    await net.say("!alert withdraw 1 misread")
    assert "is ended" in await net.say("!alert hand-over 1 @ghana2:test")


async def test_in_a_thread_the_number_is_asked_for(net: Network) -> None:
    await sent(net, TO_ROTTERDAM)
    card = next(one.event_id for one in net.heard("ghana") if "Raised by" in one.body)
    asked = await net.say("!alert hand-over @ghana2:test", room="ghana", thread=card)
    assert "Answer with its number" in asked
    assert await author_of(net) == "@ghana:test"
    await net.say("1", room="ghana", thread=card)
    assert await author_of(net) == "@ghana2:test"


async def test_a_draft_goes_to_the_new_author_and_away_from_the_old_one(net: Network) -> None:
    await net.say(f"!alert {TO_ROTTERDAM}")
    for text in ("set company=Metals Ltd", "show 1", "ack 1"):
        assert "A-2026-0001" in await net.say(f"!alert {text}")
    await net.say("!alert hand-over 1 @ghana2:test")
    assert any("Draft of alert A-2026-0001" in one.body for one in await net.heard_by("ghana2"))
    left = [one.body for one in await net.heard_by("ghana") if "A-2026-0001" in one.body]
    assert left == ["Alert A-2026-0001 is Kofi Sample's now."]
    assert "I know no alert 1" in await net.say("!alert show 1")
    await net.say("!alert send 1", as_="ghana2")
    assert "Raised by" in net.heard("netherlands")[-1].body


@pytest.mark.parametrize("tlp", ["amber-strict", "amber", "red"])
async def test_who_moved_to_another_country_has_no_more_part_in_it(net: Network, tlp: str) -> None:
    await net.say(f"!alert {TO_ROTTERDAM} tlp={tlp} person=@netherlands:test")
    await net.say("!alert send 1")
    await coordinate(net, "!member set @ghana:test country=DE")
    before = len(await net.heard_by("ghana"))
    for text in ("show 1", "set 1 vessel=Ever Given", "withdraw 1 misread", "note 1 hello", "next 1", "files 1"):
        assert "I know no alert 1" in await net.say(f"!alert {text}")
    await net.say("!alert note 1 The seal is broken", as_="netherlands")
    await net.forward(timedelta(hours=30))  # reminders, verification
    heard = (await net.heard_by("ghana"))[before:]
    assert not [one for one in heard if "A-2026-0001" in one.body and "may no longer be shown" not in one.body]


async def test_who_moved_away_is_not_shown_the_draft_anew(net: Network) -> None:
    await net.say("!alert CSQU3054383 at Rotterdam from Tema", as_="netherlands")
    await net.say("!alert send", as_="netherlands")
    await net.say(f"!alert {TO_ROTTERDAM} CSQU3054383")
    await coordinate(net, "!member set @ghana:test country=DE")
    await net.say("!alert set 1 tlp=red person=@belgium:test", as_="netherlands")  # the draft names it no more
    everywhere = [one.body for room in net.gateway.rooms.values() for one in room.heard]
    assert not [body for body in everywhere if "Draft of alert A-2026-0002" in body]


async def test_who_moved_away_and_comes_back_has_it_again(net: Network) -> None:
    await sent(net, TO_ROTTERDAM)
    await coordinate(net, "!member set @ghana:test country=DE")
    assert "I know no alert 1" in await net.say("!alert show 1")
    await coordinate(net, "!member set @ghana:test country=GH")
    assert "corrected" in await net.say("!alert set 1 vessel=Ever Given")


async def test_it_stands_on_record(net: Network) -> None:
    await sent(net, TO_ROTTERDAM)
    await net.say("!alert hand-over 1 @ghana2:test")
    async with net.transaction() as tx:
        alert = await Alerts(tx).get(1)
        assert alert is not None
        (line,) = [one for one in await Alerts(tx).history(alert) if one.what is What.HANDED_OVER]
    assert (line.actor, line.details) == ("@ghana:test", {})
    assert "Ghana Customs" in (await net.say("!alert show 1", as_="netherlands")).text


async def test_under_red_nothing_of_it_stays_before_the_old_author(net: Network) -> None:
    await net.say(f"!alert {TO_ROTTERDAM} tlp=red person=@netherlands:test")
    await net.say("!alert send")
    await net.say("!alert risk 1")
    assert len([one for one in await net.heard_by("ghana") if "A-2026-0001" in one.body]) > 3
    await net.say("!alert hand-over 1 @ghana2:test")
    left = {one.body for one in await net.heard_by("ghana") if "A-2026-0001" in one.body}
    assert left == {
        "What stood here about alert A-2026-0001 may no longer be shown in this room.",
        "Alert A-2026-0001 is Kofi Sample's now.",
    }
    await net.say("!alert note 1 The seal is broken", as_="netherlands")
    assert "The seal is broken" in (await net.heard_by("ghana2"))[-1].body
