"""Files sent on without another upload, to those who may see the alert as it is marked now."""

from datetime import timedelta

import pytest

from bot.matrix.interface import Unavailable
from storage.alerts import AlertNumber, Alerts, What
from tests.alerts.files import JPEG, SHORT, content, says, sends, takes_back
from tests.alerts.raising import card_in, raised, sent
from tests.fakes import Network


async def test_a_file_goes_to_the_rooms_that_hear_of_the_alert_without_another_upload(net: Network) -> None:
    await sent(net)
    said = content(net)
    await net.say("", room="ghana", thread=card_in(net, "ghana"), file=said)
    answer = await says(net, "!forward F1")
    assert "F1 of alert A-2026-0001: on the way to Belgium, Netherlands, and the coordinators." in answer
    for room in ("netherlands", "belgium", "coordination"):
        [copy] = [one for one in net.heard(room) if one.carried is not None]
        assert copy.carried is not None
        assert copy.carried.content() == said["file"]
        assert copy.thread_root == card_in(net, room)
        assert f"F1 of alert A-2026-0001, TLP:AMBER: a PDF, 28 B, from EPA Ghana (Ghana), SHA-256 {SHORT}" in copy.body
    for room in ("ghana", "germany", "network"):
        assert not [one for one in net.heard(room) if one.carried is not None]
    assert net.gateway.uploads == []
    assert "Nothing to send: everybody" in await says(net, "!forward F1")


async def test_all_files_go_to_one_country(net: Network) -> None:
    await sent(net)
    await sends(net)
    await sends(net, JPEG, mimetype="image/jpeg")
    assert "F1 and F2 of alert A-2026-0001: on the way to Netherlands." in await says(net, "!forward all to=NL")
    assert len([one for one in net.heard("netherlands") if one.carried is not None]) == 2
    assert not [one for one in net.heard("belgium") if one.carried is not None]
    answer = await says(net, "!forward 2", as_="netherlands", room="netherlands")
    assert "F2 of alert A-2026-0001: on the way to Belgium and the coordinators." in answer
    async with net.transaction() as tx:
        alert = await Alerts(tx).by_number(AlertNumber("A", 2026, 1))
        assert alert is not None
        lines = [line for line in await Alerts(tx).history(alert) if line.what is What.FORWARDED]
        assert [line.details["files"] for line in lines] == [[1, 2], [2]]


async def test_a_country_that_may_not_see_the_alert_gets_nothing(net: Network) -> None:
    await sent(net)
    await sends(net)
    assert "Germany has nobody who may see alert A-2026-0001 under TLP:AMBER" in await says(net, "!forward F1 to=DE")
    assert not net.heard("germany")


async def test_the_marking_of_now_decides_who_gets_it(net: Network) -> None:
    await sent(net)
    await sends(net)
    await says(net, "!alert set tlp=red person=@netherlands:test")
    answer = await net.say("!alert forward 1 F1", as_="ghana")
    assert "on the way to 1 person" in answer
    assert "Netherlands" not in answer
    assert [one for one in await net.heard_by("netherlands") if one.carried is not None]
    for room in ("ghana", "netherlands", "belgium", "coordination"):
        assert not [one for one in net.heard(room) if one.carried is not None]
    assert "I know no alert" in await net.say("!alert forward 1 F1", as_="belgium", room="belgium")


async def test_what_was_sent_on_is_taken_away_where_a_stricter_marking_forbids_it(net: Network) -> None:
    await sent(net)
    await sends(net)
    await says(net, "!forward F1")
    await net.say("!alert set 1 tlp=red person=@netherlands:test", room="ghana")
    for room in ("netherlands", "belgium", "coordination"):
        assert not [one for one in net.heard(room) if one.carried is not None]
        assert [one for one in net.gateway.rooms[net.room(room)].redacted if one.carried is not None]


@pytest.mark.parametrize(
    ("command", "part"),
    [
        ("!forward F7", "has no file F7. Look with !alert files A-2026-0001"),
        ("!forward pictures", "pictures is no file"),
        ("!forward F1 F7", "has no file F7"),
        ("!forward F1 to=Atlantis", "I know no country"),
    ],
)
async def test_what_cannot_be_sent_on_is_said(net: Network, command: str, part: str) -> None:
    await sent(net)
    await sends(net)
    assert part in await says(net, command)
    assert not [one for one in net.heard("belgium") if one.carried is not None]


async def test_who_may_not_send_on(net: Network) -> None:
    await sent(net, tlp="GREEN")
    await sends(net)
    assert "for officials" in await says(net, "!forward F1", as_="germany", room="network")
    assert "Of which alert?" in await net.say("!alert forward F1", as_="ghana", room="ghana")
    await raised(net, "pumps at Tema")
    draft = await net.say("!alert forward 2 F1", as_="ghana", room="ghana")
    assert "is a draft that nobody has seen" in draft
    await net.say("!alert withdraw 1 a mistake", as_="ghana", room="ghana")
    assert "ended" in await net.say("!alert forward 1 F1", as_="ghana", room="ghana")
    assert "ended" in await net.say("!alert files 1", as_="ghana", room="ghana")


async def test_an_alert_that_may_not_be_seen_has_no_files(net: Network) -> None:
    await sent(net)
    await sends(net)
    for command in ("!alert files 1", "!alert forward 1 F1"):
        hidden = await net.say(command, as_="belgium", room="network")
        unknown = await net.say(command.replace(" 1", " 99", 1), as_="belgium", room="network")
        assert hidden.text.replace("1", "99", 1) == unknown.text


async def test_what_is_taken_back_on_its_way_is_not_sent_on(net: Network) -> None:
    await sent(net)
    reply = await sends(net)
    net.fail_room("belgium", Unavailable("down"))
    await says(net, "!forward F1 to=BE")
    await takes_back(net, reply.event_id)
    net.fail_room("belgium", None)
    await net.forward(timedelta(hours=1))
    assert not [one for one in net.heard("belgium") if one.carried is not None]
