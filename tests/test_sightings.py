"""Sightings: read as people write them, shown beside the alerts that carry what was seen, and nowhere else."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands.arguments import Reading
from commands.record import ExportFormat
from commands.sightings.reading import read_report
from storage.members import Role
from tests.alerts.raising import card_in, sent
from tests.fakes import START, Network
from tests.record.reading import export, text_of

TO_ROTTERDAM = "CSQU3054383 at Tema to Rotterdam"
READING = Reading(START, ZoneInfo("Africa/Accra"))


def at(hour: int, minute: int = 0, *, day: int = 23) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "things", "place", "when", "says_more"),
    [
        ("CSQU3054383 at NLRTM", ["CSQU3054383"], "NLRTM", None, False),
        ("csqu 305438-3 at Rotterdam yesterday 14:00", ["CSQU3054383"], "NLRTM", at(14, day=22), False),
        ("CSQU3054384 at rottredam 2h ago", ["CSQU3054384"], "NLRTM", at(7), False),
        ("MV Ever Given at Tema", ["Ever Given"], "GHTEM", None, False),
        ("Probo Koala at Tema now", ["Probo Koala"], "GHTEM", at(9), False),
        ("MV Ever Given IMO 9811000 at Tema 07:30", ["Ever Given (IMO 9811000)"], "GHTEM", at(7, 30), False),
        ("CSQU3054383 vu à Anvers hier vers 15h30", ["CSQU3054383"], "BEANR", at(15, 30, day=22), False),
        ("CSQU3054383 and MSKU1234565 in Ghana fri 14:00", ["CSQU3054383", "MSKU1234565"], "GH", at(14, day=20), False),
        ("IMO 9811000 at NLRTM 22 nov", ["IMO 9811000"], "NLRTM", at(9, day=22), False),
        ("CSQU3054383 at NLRTM tomorrow", ["CSQU3054383"], "NLRTM", at(9, day=24), False),
        ("CSQU3054383 at Tema 2026-11-20 10:00, seal broken", ["CSQU3054383"], "GHTEM", at(10, day=20), True),
        ("CSQU3054383 from Hamburg at Tema", ["CSQU3054383"], "GHTEM", None, True),
        ("at NLRTM", [], "NLRTM", None, False),
        ("CSQU3054383", ["CSQU3054383"], None, None, False),
    ],
)
def test_a_report_is_read_as_people_write_it(
    text: str, things: list[str], place: str | None, when: datetime | None, *, says_more: bool
) -> None:
    report = read_report(text, READING, None)
    assert [thing.shown for thing in report.things] == things
    assert (report.place.spots[0].code if report.place else None) == place
    assert report.when == when
    assert report.says_more == says_more


@given(text=st.text(max_size=120))
def test_any_text_is_read(text: str) -> None:
    report = read_report(text, READING, None)
    assert report.when is None or report.when.tzinfo is not None


async def test_a_sighting_stands_on_the_cards_and_in_the_threads_of_the_alert(net: Network) -> None:
    await sent(net, TO_ROTTERDAM)
    answer = await net.say("!seen csqu 305438-4 at NLRTM yesterday 14:00, seal broken", as_="germany", room="germany")
    assert "CSQU3054384 (check: the check digit is wrong; with the right one it is CSQU3054383)" in answer.text
    assert "A-2026-0001" not in answer.text
    for room, zone in (
        ("ghana", "13:00 (Africa/Accra"),
        ("netherlands", "14:00 (Europe/Amsterdam"),
        ("coordination", "13:00 UTC"),
    ):
        card = net.latest(room, card_in(net, room))
        assert "Sightings:" in card
        assert "seen at Rotterdam (NLRTM)" in card
        assert zone in card
        (line,) = [one for one in net.heard(room) if one.body.startswith("Alert A-2026-0001: CSQU3054384")]
        assert line.thread_root == card_in(net, room)
        assert "by Port of Hamburg (Germany)" in line.body or room == "coordination"
        assert "> csqu 305438-4 at NLRTM yesterday 14:00, seal broken" in line.body
        assert ("Ama Example: you raised this alert" in line.body) == (room == "ghana")
        assert ("Max Muster" in line.body + card) == (room == "coordination")


async def test_in_the_thread_of_an_alert_its_container_may_be_left_out(net: Network) -> None:
    await sent(net, TO_ROTTERDAM)
    thread = card_in(net, "netherlands")
    answer = await net.say("!seen at NLRTM 2h ago", as_="netherlands", room="netherlands", thread=thread)
    (line,) = answer.messages[-1:]
    assert line.body.startswith("Alert A-2026-0001: CSQU3054383 seen at Rotterdam (NLRTM), Mon 23 Nov 2026, 08:00")
    assert len([one for one in answer.messages if one.replaces is None]) == 1
    other = await net.say("!seen MSKU1234565 at NLRTM", as_="netherlands", room="netherlands", thread=thread)
    assert "Alert A-2026-0001 does not name it" in other.text
    await net.say("!alert set 1 container=+MSKU1234565", as_="ghana")
    several = await net.say("!seen at NLRTM", as_="netherlands", room="netherlands", thread=thread)
    assert "names several: CSQU3054383 and MSKU1234565" in several.text
    assert "MSKU1234565 seen at Rotterdam" in net.latest("netherlands", thread)


async def test_a_sighting_without_an_alert_stands_on_one_that_is_raised_later(net: Network) -> None:
    kept = await net.say("!seen MV Ever Given at Tema", as_="germany")
    assert "It is kept, marked TLP:AMBER" in kept.text
    await sent(net, "drums on M/V EVER-GIVEN at Tema to Rotterdam")
    assert "Ever Given seen at Tema (GHTEM)" in net.latest("netherlands", card_in(net, "netherlands"))


async def test_who_reports_is_answered_alike_whether_there_is_a_hidden_alert_or_none(net: Network) -> None:
    await sent(net, TO_ROTTERDAM)
    for room in ("belgium", None, "network"):
        there = await net.say("!seen CSQU3054383 at BEANR", as_="belgium", room=room)
        none = await net.say("!seen MSKU1234565 at BEANR", as_="belgium", room=room)
        assert there.text.replace("CSQU3054383", "MSKU1234565") == none.text
        listed = await net.say("!sightings CSQU9999999", as_="germany", room=room and "germany")
        hidden = await net.say("!sightings CSQU3054383", as_="germany", room=room and "germany")
        assert hidden.text.replace("CSQU3054383", "CSQU9999999") == listed.text


async def test_its_own_marking_keeps_a_sighting_from_rooms_that_see_the_alert(net: Network) -> None:
    await sent(net, TO_ROTTERDAM, tlp="clear")
    await net.say("!seen CSQU3054383 at NLRTM SECRETWORD", as_="netherlands")
    await net.say("!seen CSQU3054383 at NLRTM HIDDENWORD tlp=amber-strict", as_="netherlands")
    await net.say("!seen CSQU3054383 at NLRTM OPENWORD tlp=clear", as_="netherlands")
    for room, words in (
        ("ghana", {"SECRETWORD", "OPENWORD"}),  # STRICT: not beside the own alert either
        ("netherlands", {"SECRETWORD", "HIDDENWORD", "OPENWORD"}),
        ("coordination", {"SECRETWORD", "OPENWORD"}),
        ("network", {"OPENWORD"}),
        ("belgium", {"OPENWORD"}),
    ):
        heard = "".join(one.body + one.html for one in net.heard(room))
        assert {word for word in ("SECRETWORD", "HIDDENWORD", "OPENWORD") if word in heard} == words, room
        asking = room if room in {"ghana", "netherlands", "belgium"} else "coordinator"
        shown = await net.say("!sightings 1", as_=asking, room=room)
        assert {word for word in ("SECRETWORD", "HIDDENWORD", "OPENWORD") if word in shown.text} == words, room
    red = await net.say("!seen CSQU3054383 at NLRTM tlp=red", as_="netherlands")
    assert "at most TLP:AMBER+STRICT" in red.text


async def test_outsiders_in_a_room_read_only_what_is_marked_clear(net: Network) -> None:
    net.gateway.rooms[net.room("netherlands")].joined.add(net.person("stranger"))
    await sent(net, TO_ROTTERDAM, tlp="clear")
    await net.say("!seen CSQU3054383 at NLRTM OPENWORD tlp=clear", as_="ghana")
    await net.say("!seen CSQU3054383 at NLRTM SECRETWORD", as_="ghana")
    heard = "".join(one.body + one.html for one in net.heard("netherlands"))
    assert "OPENWORD" in heard
    assert "SECRETWORD" not in heard
    assert "Ama Example" not in heard


async def test_what_is_not_there_refutes_what_was_seen_there(net: Network) -> None:
    await sent(net, TO_ROTTERDAM)
    await net.say("!seen CSQU3054383 at NLRTM yesterday 14:00", as_="germany")
    answer = await net.say("!seen not CSQU3054383 at Rotterdam", as_="netherlands")
    assert "CSQU3054383 is NOT at Rotterdam (NLRTM)" in answer.text
    card = net.latest("ghana", card_in(net, "ghana"))
    assert "- CSQU3054383 is NOT at Rotterdam" in card
    assert "- refuted since: CSQU3054383 seen at Rotterdam" in card
    await net.forward(timedelta(hours=1))
    await net.say("!seen CSQU3054383 at Rotterdam", as_="netherlands")
    assert "- CSQU3054383 seen at Rotterdam" in net.latest("ghana", card_in(net, "ghana"))


async def test_after_its_time_a_sighting_is_shown_as_old() -> None:
    async with Network.open(sightings={"current_for": "2d"}) as net:
        await sent(net, TO_ROTTERDAM)
        await net.say("!seen CSQU3054383 at NLRTM", as_="netherlands")
        await net.forward(timedelta(days=2, hours=-1))
        assert "old:" not in net.latest("ghana", card_in(net, "ghana"))
        lines = len([one for one in net.heard("ghana") if one.replaces is None])
        await net.forward(timedelta(hours=1))
        assert "- old: CSQU3054383 seen at" in net.latest("ghana", card_in(net, "ghana"))
        await net.say("!seen CSQU3054383 at Tema 2026-11-01 10:00", as_="ghana")
        assert "- old: CSQU3054383 seen at Tema" in net.latest("ghana", card_in(net, "ghana"))
        assert len([one for one in net.heard("ghana") if one.replaces is None]) == lines + 1


async def test_what_was_written_with_a_sighting_is_forgotten_after_its_time() -> None:
    async with Network.open(sightings={"text_kept": "30d"}) as net:
        await net.say("!seen CSQU3054383 at NLRTM, the driver was John Doe", as_="netherlands")
        assert "John Doe" in await net.say("!sightings CSQU3054383", as_="netherlands")
        await net.forward(timedelta(days=31))
        kept = await net.say("!sightings CSQU3054383", as_="netherlands")
        assert "CSQU3054383 seen at Rotterdam" in kept
        assert "John Doe" not in kept


async def test_a_place_that_is_missing_or_not_sure_is_asked_for(net: Network) -> None:
    assert "Where?" in await net.say("!seen CSQU3054383", as_="germany")
    assert "I know no port or country “Qqqqqq”" in await net.say("Qqqqqq", as_="germany")
    assert "Where?" in await net.say("!seen CSQU3054383 yesterday 14:00", as_="germany")
    assert "seen at Hamburg (DEHAM), Sun 22 Nov 2026, 14:00" in await net.say("Hamburg", as_="germany")
    asked = await net.say("!seen not CSQU3054383 at Bilboa", as_="germany")
    assert "Bilbao (ESBIO), Balboa (PABLB)" in asked.text
    assert "is NOT at Balboa (PABLB)" in await net.say("PABLB", as_="germany")
    assert "What was seen where" in await net.say("!seen", as_="germany")
    await net.say("no", as_="germany")


async def test_what_cannot_be_is_refused_in_the_words_of_who_wrote(net: Network) -> None:
    for typed, answer in (
        ("something at NLRTM on the quay and so on", "I find no container number and no ship in “something"),
        ("CSQU3054383 at NLRTM tomorrow", "has not come yet"),
        ("CSQU3054383 at NLRTM 2001-01-01", "more than five years ago"),
        ("CSQU3054383 at NLRTM when=soon", "cannot read the time"),
        ("CSQU3054383 at NLRTM " + "x" * 60_000, "I keep at most 2000"),
        (" ".join(f"CSQU{number * 10:07}" for number in range(20)) + " at NLRTM", "You name 20 containers"),
        ("A-2026-0777 at NLRTM", "I know no alert A-2026-0777"),
        ("CSQU3054383 at NLRTM tpl=green", "Did you mean tlp="),
    ):
        assert answer in await net.say(f"!seen {typed}", as_="germany"), typed[:60]
    assert "no sighting of CSQU3054383" in await net.say("!sightings CSQU3054383", as_="germany")
    assert "Which container or ship?" in await net.say("!sightings", as_="germany")
    hostile = await net.say("!seen CSQU3054383 at NLRTM <img src=x> \u202egnp @room", as_="germany")
    assert all("<img" not in one.html and "\u202e" not in one.body for one in hostile.messages)


async def test_who_watches_is_told_of_a_sighting_that_they_may_see(net: Network) -> None:
    await net.say("!watch container=CSQU3054383", as_="netherlands")
    await net.say("!watch port=NLRTM waste=A1181", as_="belgium")
    await net.say("!watch country=NL", as_="germany")
    for name in ("netherlands", "belgium", "germany"):
        net.gateway.rooms[await net.direct(name)].heard.clear()
    await net.say("!seen CSQU3054383 at NLRTM", as_="ghana")
    (told,) = await net.heard_by("netherlands")
    assert "Your watch 1 (container CSQU3054383):\nCSQU3054383 seen at Rotterdam (NLRTM)" in told.body
    assert "by EPA Ghana (Ghana)" in told.body
    assert await net.heard_by("belgium") == await net.heard_by("germany") == []
    await net.say("!seen CSQU3054383 at NLRTM tlp=green", as_="ghana")
    assert len(await net.heard_by("germany")) == 1
    await sent(net, f"{TO_ROTTERDAM}, A1181", tlp="green")
    assert len(await net.heard_by("belgium")) == 1
    await net.say("!seen CSQU3054383 at NLRTM tlp=green", as_="netherlands")
    assert "All of it: !alert show A-2026-0001" in (await net.heard_by("belgium"))[-1].body
    assert "CSQU3054383 seen at" in (await net.heard_by("belgium"))[-1].body


async def test_what_is_practised_stays_apart(net: Network) -> None:
    await sent(net, TO_ROTTERDAM)
    await sent(net, f"{TO_ROTTERDAM} exercise=yes")
    await net.say("!seen CSQU3054383 at NLRTM PRACTICE exercise=yes", as_="netherlands")
    await net.say("!seen CSQU3054383 at NLRTM EARNEST", as_="netherlands")
    real = await net.say("!alert show A-2026-0001", as_="netherlands")
    assert "EARNEST" in real
    assert "PRACTICE" not in real
    practised = await net.say("!alert show X-2026-0001", as_="netherlands")
    assert "PRACTICE" in practised
    assert "EARNEST" not in practised


async def test_the_record_holds_the_sightings_that_who_asks_may_see(net: Network) -> None:
    await sent(net, TO_ROTTERDAM, tlp="green")
    await net.say("!seen CSQU3054383 at NLRTM 07:00, quay 4", as_="netherlands")
    await net.say("!seen not CSQU3054383 at Tema tlp=green", as_="ghana")
    record = json.loads((await export(net, ExportFormat.JSON)).data)
    assert [(one["value"], one["place"], one["found"]) for one in record["sightings"]] == [
        ("CSQU3054383", "NLRTM", True),
        ("CSQU3054383", "GHTEM", False),
    ]
    assert record["sightings"][0]["reported_by"] == {"person": None, "authority": "ILT", "country": "NL"}
    assert "Ama Example" in record["sightings"][1]["reported_by"]["person"]
    rows = csv.DictReader(io.StringIO((await export(net, ExportFormat.CSV)).data.decode("utf-8-sig")))
    seen = [
        (row["what"], row["state"], row["part_of"], row["authority"]) for row in rows if row["record"] == "sighting"
    ]
    assert seen == [("seen", "current", "NL", "ILT"), ("not there", "current", "GH", "EPA Ghana")]
    words = text_of(await export(net, ExportFormat.PDF))
    assert "seen at Rotterdam (NLRTM), 2026-11-23 06:00:00 UTC" in words
    assert "NOT at Tema (GHTEM)" in words
    foreign = json.loads((await export(net, ExportFormat.JSON, as_="belgium")).data)
    assert [one["place"] for one in foreign["sightings"]] == ["GHTEM"]


async def test_a_withdrawn_alert_shows_no_sighting_and_gets_none(net: Network) -> None:
    await sent(net, TO_ROTTERDAM)
    await net.say("!alert withdraw 1 misread", as_="ghana")
    before = len(net.heard("netherlands"))
    await net.say("!seen CSQU3054383 at NLRTM", as_="ghana")
    assert len(net.heard("netherlands")) == before


async def test_a_member_reports_only_so_many_a_day(net: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("commands.sightings.reporting.MOST_A_DAY", 2)
    for _time in range(2):
        await net.say("!seen CSQU3054383 at NLRTM", as_="germany")
    assert "You reported 2 sightings within a day" in await net.say("!seen CSQU3054383 at NLRTM", as_="germany")
    await net.forward(timedelta(days=1, hours=1))
    assert "Noted" in await net.say("!seen CSQU3054383 at NLRTM", as_="germany")


def test_every_member_may_report() -> None:
    from commands.sightings import capability

    assert {command.role for command in capability.commands} == {Role.MEMBER}
