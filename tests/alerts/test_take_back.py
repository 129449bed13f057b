"""From the confirmed finding to the receipt: the State of export informed, the 30 days, extensions, the way back."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from commands.arguments import Reading
from commands.moments import read_past
from commands.when import NotATime
from storage.alerts import AlertState
from storage.ids import EventId
from tests.alerts.raising import card_in, sent, state_of
from tests.fakes import START, Network

DAY = timedelta(days=1)
INFORMED = "!alert inform-export-state 1 when=2026-11-23 08:00 proof=e-mail, receipt 4711"


async def confirmed(net: Network) -> None:
    await sent(net)
    await net.say("!alert ack 1", as_="belgium", room="belgium")
    await net.say("!alert verify 1", as_="ghana2", room="ghana")
    await net.say("!alert hold 1", as_="netherlands", room="netherlands")
    await net.say("!alert confirm 1 ground=d", as_="netherlands", room="netherlands")


async def informed(net: Network) -> None:
    await confirmed(net)
    await net.say(INFORMED, as_="ghana", room="ghana")


async def test_the_thirty_days_count_from_when_the_state_of_export_was_informed(net: Network) -> None:
    await informed(net)
    card = card_in(net, "belgium")
    shown = net.latest("belgium", card)
    assert "State of export informed: Mon 23 Nov 2026, 09:00 (Europe/Brussels, 08:00 UTC)" in shown
    assert "Take-back: by Wed 23 Dec 2026, 09:00 (Europe/Brussels, 08:00 UTC): 30 days left" in shown
    assert any("e-mail, receipt 4711" in one.body for one in net.heard("belgium") if one.thread_root == card)

    net.clear_heard()
    await net.forward(10 * DAY)
    assert "20 days left" in net.latest("belgium", card)
    assert [one for one in net.heard("belgium") if one.replaces is None] == []
    await net.forward(20 * DAY)
    lines = [one.body for one in net.heard("belgium") if one.thread_root == card]
    assert lines == [f"Take-back of alert A-2026-0001: {days}." for days in (
        "14 days left", "7 days left", "3 days left", "1 day left", "OVERDUE since today"
    )]  # fmt: skip
    await net.forward(8 * DAY)
    assert "8 days OVERDUE" in net.latest("belgium", card)
    lines = [one.body for one in net.heard("belgium") if one.thread_root == card]
    assert lines[5:] == [f"Take-back of alert A-2026-0001: {days} OVERDUE." for days in ("1 day", "7 days")]


async def test_long_overdue_it_is_said_once_a_week(net: Network) -> None:
    await informed(net)
    await net.forward(45 * DAY)
    net.clear_heard()
    await net.forward(28 * DAY)
    assert 4 <= len([one for one in net.heard("netherlands") if one.replaces is None]) <= 5


async def test_an_agreed_extension_moves_the_deadline(net: Network) -> None:
    await informed(net)
    answer = await net.say(
        "!alert extend 1 until=2027-01-31 with=BE proof=letter", as_="netherlands", room="netherlands"
    )
    assert "to be taken back by Sun 31 Jan 2027, 23:59" in answer
    card = net.latest("ghana", card_in(net, "ghana"))
    assert "Take-back: by Sun 31 Jan 2027, 22:59 (Africa/Accra, UTC): 70 days left" in card
    net.clear_heard()
    await net.forward(40 * DAY)
    assert not any("OVERDUE" in one.body for one in net.heard("ghana"))


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ("until=2026-12-01 with=BE", "ends after the present deadline"),
        ("until=2027-01-31 with=NL", "agreed with another country concerned: Belgium or Ghana"),
        ("until=2027-01-31 with=DE", "agreed with another country concerned"),
        ("until=someday with=BE", "cannot read the time"),
    ],
)
async def test_extensions_that_contradict_are_refused(net: Network, options: str, why: str) -> None:
    await informed(net)
    assert why in await net.say(f"!alert extend 1 {options}", as_="netherlands", room="netherlands")


async def test_the_way_back(net: Network) -> None:
    await informed(net)
    for command, person, state in (
        ("dispute 1 It is no waste, they say", "ghana", AlertState.DISPUTED),
        ("take-back 1 By the exporter", "belgium", AlertState.TAKE_BACK_AGREED),
        ("shipped 1 On MV Example", "netherlands", AlertState.IN_RETURN),
        ("received 1 Seals whole", "belgium", AlertState.RECEIVED),
    ):
        await net.say(f"!alert {command}", as_=person, room=person)
        assert await state_of(net) is state
    lines = [one.body for one in net.heard("netherlands") if one.thread_root == card_in(net, "netherlands")]
    assert "is back in the State of export" in lines[-1]
    net.clear_heard()
    await net.forward(40 * DAY)
    assert net.heard("netherlands") == []
    closed = await net.say(
        '!alert close A-2026-0001 outcome=returned cost=exporter sanction="fine of 20 000 EUR"',
        as_="ghana",
        room="ghana",
    )
    assert "closed" in closed
    card = net.latest("belgium", card_in_any(net))
    assert "Cost borne by: the exporter" in card
    assert "Sanction: fine of 20 000 EUR" in card


def card_in_any(net: Network) -> EventId:
    return next(one.replaces for one in net.heard("belgium") if one.replaces is not None)


async def test_treated_where_it_is_the_clock_stops(net: Network) -> None:
    await informed(net)
    await net.say("!alert treat 1 At the licensed plant", as_="netherlands", room="netherlands")
    assert await state_of(net) is AlertState.LOCAL_TREATMENT
    net.clear_heard()
    await net.forward(40 * DAY)
    assert net.heard("netherlands") == []
    refused = await net.say("!alert close A-2026-0001 outcome=returned", as_="netherlands", room="netherlands")
    assert "contradicts what was found" in refused
    assert "treated, prosecuted, and other" in refused


async def test_the_state_of_export_does_not_inform_itself_and_others_do_not_receive(net: Network) -> None:
    await confirmed(net)
    refused = await net.say(INFORMED, as_="belgium", room="belgium")
    assert "is for Ghana, Netherlands, or the coordinators" in refused
    await net.say(INFORMED, as_="ghana", room="ghana")
    await net.say("!alert take-back 1", as_="ghana", room="ghana")
    await net.say("!alert shipped 1", as_="ghana", room="ghana")
    assert "is for Belgium or the coordinators" in await net.say("!alert received 1", as_="ghana", room="ghana")
    assert await state_of(net) is AlertState.IN_RETURN


@pytest.mark.parametrize(
    "command",
    ["take-back 1", "shipped 1", "treat 1", "dispute 1 no", "extend 1 until=2027-01-31 with=BE", INFORMED[7:]],
)
async def test_too_early_is_refused_with_what_can_be_done(net: Network, command: str) -> None:
    await sent(net)
    refused = await net.say(f"!alert {command}", as_="netherlands", room="netherlands")
    assert "stands at “circulated”, where this cannot be done" in refused
    assert "!alert next A-2026-0001" in refused
    assert await state_of(net) is AlertState.CIRCULATED


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ("when=2026-12-24 proof=letter", "has not come yet"),
        ("when=2026-11-23 08:00 proof=...", "Say what proves it"),
        ("when=soon proof=letter", "cannot read the time"),
        ("when=2026-11-23 when=2026-11-22 proof=x", "given twice"),
    ],
)
async def test_informing_without_a_time_that_has_been_or_proof_is_refused(net: Network, options: str, why: str) -> None:
    await confirmed(net)
    refused = await net.say(f"!alert inform-export-state 1 {options}", as_="ghana", room="ghana")
    assert why in refused
    assert await state_of(net) is AlertState.CONFIRMED


async def test_informed_long_ago_it_is_overdue_at_once(net: Network) -> None:
    await confirmed(net)
    await net.say("!alert inform-export-state 1 when=2026-10-01 10:00 proof=letter", as_="ghana", room="ghana")
    assert "22 days OVERDUE" in net.latest("belgium", card_in(net, "belgium"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-22 14:00", "2026-11-22T14:00"),
        ("yesterday 14:00", "2026-11-22T14:00"),
        ("hier", "2026-11-22T09:00"),
        ("14:00", "2026-11-22T14:00"),
        ("08:30", "2026-11-23T08:30"),
        ("2h ago", "2026-11-23T07:00"),
        ("fri 14:00", "2026-11-20T14:00"),
        ("now", "2026-11-23T09:00"),
        ("2026-12-01", "2026-12-01T09:00"),
    ],
)
def test_times_that_have_been_are_read(text: str, expected: str) -> None:
    read = read_past(text, Reading(START, ZoneInfo("Africa/Accra")))
    assert read.astimezone(UTC) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize("text", ["2026-11-23", "23 nov", "mon"])
def test_the_present_day_alone_is_now_where_its_morning_has_not_come(text: str) -> None:
    now = START - timedelta(hours=2)
    assert read_past(text, Reading(now, ZoneInfo("Africa/Accra"))) == now
    later = START + timedelta(hours=2)
    assert read_past(f"{text} 09:30", Reading(later, ZoneInfo("Africa/Accra"))) == START + timedelta(minutes=30)


@pytest.mark.parametrize("text", ["", "soon", "ago", "x ago", "yesterday noonish", "2026-13-01", "99:99"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(NotATime):
        read_past(text, Reading(START, ZoneInfo("Africa/Accra")))


async def test_the_whole_way_on_each_database(net_on_each: Network) -> None:
    net = net_on_each
    await informed(net)
    await net.say("!request 1 BE When will it be fetched? due=2d", as_="ghana", room="ghana")
    await net.say("!alert propose 1 vessel=IMO9074729", as_="belgium", room="belgium")
    await net.say("!alert accept 1", as_="ghana", room="ghana")
    owed = (await net.say("!alert owed country=BE", as_="ghana", room="ghana")).text
    assert "to answer R1" in owed
    assert "to take back, 30 days left" in owed
    await net.say("!answer 1 R1 Next week", as_="belgium", room="belgium")
    await net.say("!alert take-back 1", as_="belgium", room="belgium")
    await net.say("!alert shipped 1", as_="ghana", room="ghana")
    await net.forward(3 * DAY)
    await net.say("!alert received 1", as_="belgium", room="belgium")
    await net.say("!alert close 1 outcome=returned cost=exporter", as_="ghana", room="ghana")
    await net.say("!alert reopen 1 again", as_="ghana", room="ghana")
    assert await state_of(net) is AlertState.REOPENED
    shown = (await net.say("!alert show 1", as_="ghana", room="ghana")).text
    for part in (
        "accepted the proposal P1",
        "answers R1",
        "is back in the State of export",
        "cost borne by the exporter",
    ):
        assert part in shown
    assert "Nothing" not in await net.say("!alert next 1", as_="ghana", room="ghana")
