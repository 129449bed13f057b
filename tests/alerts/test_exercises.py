"""Alerts for practice: a number series of their own, and EXERCISE in every message about them."""

from datetime import timedelta

import pytest

from storage.alerts import AlertNumber, Alerts, AlertState
from tests.alerts.raising import raised, sent
from tests.fakes import Heard, Network

MARK = "EXERCISE"


def everything(net: Network) -> list[Heard]:
    return [one for room in net.gateway.rooms.values() for one in room.heard]


async def state_of(net: Network) -> AlertState:
    async with net.transaction() as tx:
        alert = await Alerts(tx).by_number(AlertNumber("X", 2026, 1))
        assert alert is not None
        return alert.state


async def test_it_has_its_own_numbers(net: Network) -> None:
    await raised(net)
    draft = await raised(net, exercise="yes")
    assert "X-2026-0001" in draft
    assert "A-2026-0002" in await raised(net)
    assert "X-2026-0002" in await raised(net, exercise="yes")
    assert "EXERCISE" not in await net.say("!alert show 1", as_="ghana", room="ghana")
    assert "EXERCISE" in await net.say("!alert show X-1", as_="ghana", room="ghana")


LIFE = (
    ("ghana", "!alert CSQU3054383 at Tema, from Antwerp to Rotterdam, 18 t of A1180 exercise=yes"),
    ("ghana", "!alert set X-1 urgency=urgent"),
    ("ghana", "!alert submit X-1"),
    ("ghana2", "alert return X-1 look again"),
    ("ghana", "!alert set X-1 vessel=Probo Koala"),
    ("ghana", "!alert send X-1"),
    ("ghana", "!alert send X-1"),
    ("ghana2", "!alert verify X-1"),
    ("netherlands", "!alert ack X-1"),
    ("netherlands", "!alert ack X-1"),
    ("belgium", "!alert note X-1 seal broken"),
    ("ghana", "!alert type X-1 warning again"),
    ("ghana", "!request X-1 NL Who is it? due=2h"),
    ("netherlands", "!answer X-1 R1 A shell company"),
    ("ghana", "!request X-1 BE Who is it? due=2h"),
    ("netherlands", "!alert propose X-1 seen=2026-11-21"),
    ("ghana", "!alert accept X-1 P1"),
    ("netherlands", "!alert next X-1"),
    ("netherlands", "!alert owed"),
    ("netherlands", "!alert clear X-1"),
    ("netherlands", "!alert hold X-1"),
    ("belgium", "!alert hold X-1"),
    ("netherlands", "!alert confirm X-1 ground=a"),
    ("ghana", "!alert inform-export-state X-1 when=now proof=letter"),
    ("ghana", "!alert extend X-1 until=2027-01-31 with=BE"),
    ("ghana", "!alert extend X-1 until=2027-01-30 with=BE"),
    ("ghana", "!alert dispute X-1 no waste"),
    ("belgium", "!alert take-back X-1"),
    ("ghana", "!alert shipped X-1"),
    ("ghana", "!alert received X-1"),
    ("belgium", "!alert received X-1"),
    ("ghana", "!alert set X-1 tlp=amber-strict"),
    ("ghana", "!alert show X-1"),
    ("ghana", "!alert list"),
    ("ghana", "!alert close X-1 outcome=cleared"),
    ("ghana", "!alert close X-1 outcome=returned"),
    ("netherlands", "!alert reopen X-1 again"),
    ("ghana", "!alert withdraw X-1 it was an exercise"),
    ("ghana", "!alert note X-1 more"),
)  # fmt: skip


async def test_every_message_about_it_says_so(net: Network) -> None:
    for person, text in LIFE:
        room = None if person == "ghana2" and not text.startswith("!") else person.removesuffix("2")
        await net.say(text, as_=person, room=room)
    assert await state_of(net) is AlertState.WITHDRAWN
    said = everything(net)
    assert len(said) > 120
    for one in said:
        assert MARK in one.body, f"{one.room}: {one.body}"
        assert MARK in one.html


async def test_every_clock_of_it_says_so(net: Network) -> None:
    await net.say("!alert CSQU3054383 at Tema, from Antwerp to Rotterdam exercise=yes", as_="ghana", room="ghana")
    await net.say("!alert send", as_="ghana", room="ghana")
    await net.say("!request X-1 NL Who is it? due=2h", as_="ghana", room="ghana")
    await net.say("!alert hold X-1", as_="netherlands", room="netherlands")
    await net.say("!alert confirm X-1 ground=a", as_="netherlands", room="netherlands")
    await net.say("!alert inform-export-state X-1 when=now proof=letter", as_="ghana", room="ghana")
    await net.forward(timedelta(days=33))
    said = everything(net)
    for part in ("has not acknowledged", "does not acknowledge", "second pair", "does not answer R1", "OVERDUE"):
        assert any(part in one.body for one in said)
    for one in said:
        assert MARK in one.body, f"{one.room}: {one.body}"


async def test_the_number_is_typed_for_it_too(net: Network) -> None:
    await net.say("!alert CSQU3054383 at Tema to Rotterdam exercise=yes", as_="ghana", room="ghana")
    await net.say("!alert send", as_="ghana", room="ghana")
    card = next(one.event_id for one in net.heard("ghana") if "Raised by" in one.body)
    assert MARK in await net.say("!alert close outcome=other", as_="ghana", room="ghana", thread=card)
    await net.say("A-2026-0001", as_="ghana", room="ghana", thread=card)
    assert await state_of(net) is AlertState.CIRCULATED
    await net.say("!alert close outcome=other", as_="ghana", room="ghana", thread=card)
    await net.say("1", as_="ghana", room="ghana", thread=card)
    assert await state_of(net) is AlertState.CLOSED


async def test_an_exercise_and_a_real_alert_are_never_merged(net: Network) -> None:
    await sent(net)
    await net.say("!alert CSQU3054383 at Tema to Rotterdam exercise=yes", as_="ghana", room="ghana")
    await net.say("!alert send X-1", as_="ghana", room="ghana")
    for one, other in (("X-1", "A-1"), ("A-1", "X-1")):
        assert "never merged" in await net.say(f"!alert merge {one} into={other}", as_="ghana", room="ghana")


@pytest.mark.parametrize("room", ["ghana", "netherlands"])
async def test_the_list_tells_them_apart(net: Network, room: str) -> None:
    await sent(net)
    await sent(net, exercise="yes")
    listed = (await net.say("!alert list", as_=room, room=room)).text.splitlines()
    assert [MARK in line for line in listed if "2026-0001" in line] == [True, False]


async def test_several_are_told_apart_when_it_is_asked_which(net: Network) -> None:
    for _number in range(2):
        await raised(net, exercise="yes")
    assert "!alert send X-2026-0002 (EXERCISE)" in await net.say("!alert send", as_="ghana", room="ghana")
    for number in (1, 2):
        await net.say(f"!alert send X-{number}", as_="ghana", room="ghana")
        await net.say(f"!request X-{number} NL Who is it?", as_="ghana", room="ghana")
    assert "!alert ack X-2026-0001 (EXERCISE)" in await net.say("!alert ack", as_="netherlands", room="netherlands")
    assert "X-2026-0001 R1 ... (EXERCISE)" in await net.say("!answer so", as_="netherlands", room="netherlands")
    gone = await net.say(f"!member remove {net.person('ghana')}", as_="coordinator", room="coordination")
    assert "X-2026-0001 (EXERCISE)" in gone
