"""The clocks of an alert that a country does not acknowledge."""

from datetime import timedelta

import pytest

from storage.alerts import AlertNumber, Alerts, What
from storage.audit import Audit
from tests.alerts.raising import sent
from tests.fakes import Network

MINUTES = timedelta(minutes=1)


def lines_in(net: Network, room: str) -> list[str]:
    return [one.body for one in net.heard(room) if one.replaces is None]


async def test_room_then_contacts_on_duty_then_coordinators(net: Network) -> None:
    await sent(net)
    await net.say("!alert ack 1", as_="netherlands", room="netherlands")
    net.clear_heard()
    await net.forward(29 * MINUTES)
    assert lines_in(net, "belgium") == []

    await net.forward(1 * MINUTES)
    [reminder] = [one for one in net.heard("belgium") if one.replaces is None]
    assert "Belgium has not acknowledged alert A-2026-0001" in reminder.body
    assert reminder.thread_root is not None
    assert reminder.mentions == ()

    await net.forward(30 * MINUTES)
    call = [one for one in net.heard("belgium") if one.replaces is None][1]
    assert call.mentions == (net.person("belgium"),)

    await net.forward(30 * MINUTES)
    [taken] = [one for one in net.heard("coordination") if one.mentions]
    assert taken.mentions == (net.person("coordinator"),)
    assert "Belgium does not acknowledge" in taken.body

    net.clear_heard()
    await net.forward(timedelta(days=3))
    assert net.heard("belgium") == []
    assert not any("Netherlands has not acknowledged" in one.body for one in net.heard("netherlands"))


async def test_each_step_is_on_record_and_on_the_card(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema to Rotterdam")
    card = net.heard("netherlands")[0].event_id
    await net.forward(31 * MINUTES)
    assert "not acknowledged, reminded" in net.latest("netherlands", card)
    await net.forward(2 * timedelta(hours=1))
    async with net.transaction() as tx:
        alert = await Alerts(tx).by_number(AlertNumber("A", 2026, 1))
        assert alert is not None
        steps = [line.details["step"] for line in await Alerts(tx).history(alert) if line.what is What.REMINDED]
        audited = await Audit(tx).lines(f"alert:{alert.id}:NL")
    assert steps == ["room", "on duty", "coordinators"]
    assert [line.outcome for line in audited] == ["fired"] * 3


@pytest.mark.parametrize(("urgency", "minutes"), [("routine", 30), ("urgent", 15), ("immediate", 10)])
async def test_urgency_shortens_the_clock(net: Network, urgency: str, minutes: int) -> None:
    await sent(net, "CSQU3054383 at Tema to Rotterdam", urgency=urgency)
    net.clear_heard()
    await net.forward(minutes * MINUTES - timedelta(seconds=1))
    assert lines_in(net, "netherlands") == []
    await net.forward(timedelta(seconds=1))
    assert len(lines_in(net, "netherlands")) == 1


async def test_acknowledging_late_stops_what_is_left(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema to Rotterdam")
    await net.forward(31 * MINUTES)
    await net.say("!alert ack 1", as_="netherlands", room="netherlands")
    net.clear_heard()
    await net.forward(timedelta(hours=5))
    assert net.heard("netherlands") == net.heard("coordination") == []


async def test_a_country_without_room_and_contacts_goes_to_the_coordinators_first(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema, from Montevideo")
    net.clear_heard()
    await net.forward(30 * MINUTES)
    [taken] = [one for one in net.heard("coordination") if one.mentions]
    assert "Uruguay could still not be told of alert A-2026-0001: I reach nobody there. Please call" in taken.body
    assert any("Uruguay could not be told of alert A-2026-0001; help" in one.body for one in net.heard("ghana"))


async def test_what_coordinators_may_not_hear_comes_back_to_the_author(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema to Rotterdam", tlp="amber-strict")
    await net.forward(timedelta(hours=3))
    assert net.heard("coordination") == []
    assert any("does not let me take it to the coordinators" in one.body for one in await net.heard_by("ghana"))


async def test_the_time_is_configured() -> None:
    async with Network.open(alerts={"acknowledge_within": "10s"}) as net:
        await sent(net, "CSQU3054383 at Tema to Rotterdam")
        net.clear_heard()
        await net.forward(timedelta(seconds=10))
        assert len(lines_in(net, "netherlands")) == 1
