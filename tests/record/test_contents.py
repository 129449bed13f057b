"""What stands in a record, in each form, and for whom."""

import json
from datetime import datetime, timedelta
from typing import Any, cast

import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.rendering import render
from commands.record import ExportFormat, made_of
from commands.record.gathering import gather
from commands.record.paper import Paper, Section
from commands.record.pdf import as_pdf
from commands.record.tables import COLUMNS
from commands.record.wording import Row
from tests.alerts.raising import sent
from tests.fakes import START, Network
from tests.record.reading import SUSPICION, export, found, lived, speaking, table, text_of, times_of


async def test_json_holds_everything_with_its_versions(net: Network) -> None:
    await lived(net)
    made = await export(net, ExportFormat.JSON)
    assert (made.content_type, made.name) == ("application/json", "A-2026-0001-20261123T090507Z.json")
    record = json.loads(made.data)
    assert record["format"] == "sesn-alert/1"
    assert (record["number"], record["state"], record["ground"], record["tlp"]) == (
        "A-2026-0001",
        "confirmed",
        "c",
        "AMBER",
    )
    containers = [fact for fact in record["facts"] if fact["kind"] == "container"]
    assert [(fact["value"], fact["replaced_at"]) for fact in containers] == [
        ("CSQU3054384", "2026-11-23T09:05:07+00:00"),
        ("CSQU3054383", None),
    ]
    whats = [line["what"] for line in record["history"]]
    assert whats[:2] == ["drafted", "circulated"]
    assert {"acknowledged", "corrected", "noted", "inspected", "found", "requested", "answered", "proposed"} <= set(
        whats
    )
    assert [line["line"] for line in record["history"]] == list(range(1, len(whats) + 1))
    assert record["requests"][0]["answer"] == "We ask the terminal"
    assert record["proposals"][0]["why"] == "Seen on the quay"
    assert SUSPICION in record["text"]


async def test_every_time_is_to_the_second_with_its_zone(net: Network) -> None:
    await lived(net)

    stamps = times_of(json.loads((await export(net, ExportFormat.JSON)).data))
    stamps += [row["at"] for row in table(await export(net, ExportFormat.CSV))]
    assert len(stamps) > 30
    for stamp in stamps:
        at = datetime.fromisoformat(stamp)
        assert at.utcoffset() == timedelta(0)
        assert at.microsecond == 0


async def test_csv_has_a_row_for_each_thing_in_the_order_of_time(net: Network) -> None:
    await lived(net)
    made = await export(net, ExportFormat.CSV)
    rows = table(made)
    assert tuple(rows[0]) == COLUMNS
    assert [row["at"] for row in rows] == sorted(row["at"] for row in rows)
    assert {row["record"] for row in rows} == {"history", "fact", "request", "proposal"}
    record = json.loads((await export(net, ExportFormat.JSON)).data)
    assert len(rows) == sum(len(record[name]) for name in ("history", "facts", "requests", "proposals"))
    noted = next(row for row in rows if row["what"] == "noted")
    assert (noted["authority"], noted["country"], noted["person"]) == (
        "Ghana Customs", "GH", "Kofi Sample (@ghana2:test)",
    )  # fmt: skip


async def test_no_cell_is_a_formula(net: Network) -> None:
    await sent(net, "=cmd() drums at Tema", declared="=SUM")
    await net.say("!alert note 1 +233 30 212: call", as_="ghana", room="ghana")
    rows = table(await export(net, ExportFormat.CSV))
    assert any(cell.startswith("'+233") for row in rows for cell in row.values())
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())


async def test_the_paper_has_the_fields_of_an_ecomessage_and_the_blocks_of_the_notification(net: Network) -> None:
    await lived(net)
    made = await export(net, ExportFormat.PDF)
    assert made.content_type == "application/pdf"
    text = text_of(made)
    for expected in (
        "Alert A-2026-0001",
        "Subject Suspected illegal traffic in waste, A1180, CSQU3054383, Tema, Ghana (GHTEM)",
        "Article 9(1)(c): movement with consent obtained through falsification",
        "Place and method of discovery Tema, Ghana (GHTEM); inspected by EPA Ghana, Ghana",
        "Agency in charge EPA Ghana, Ghana",
        "Modus operandi A1180 declared as plastics",
        "origin: Antwerpen, Belgium (BEANR)",
        "1. Exporter - notifier Green Metal Trading Ltd (part in the shipment not stated)",
        "3. Notification number BE0001234567",
        "Documents used notification BE0001234567",
        "5. Total intended quantity 18 t",
        "7. Packaging, special handling 20 drums",
        "12. Designation and composition plastics",
        "14. Waste identification Basel A1180",
        "15. Countries, points of exit and entry",
        "Container identification numbers CSQU3054383",
        "2026-11-23 09:05:07 UTC",
        "CSQU3054384 (doubtful: check digit, may be CSQU3054383)",
        "Kofi Sample (@ghana2:test), Ghana Customs, Ghana",
        "Who packed it?",
        "We ask the terminal",
        "Seen on the quay",
        "TLP:AMBER 1/",
        "ООО Ромашка",
        "Ελλάδα",
        "[U+4E2D][U+6587]",
        "<b>bold</b>",
    ):
        assert expected in text, expected
    for number in range(1, 16):
        assert f" {number}. " in text
    assert b"FiraGO" in made.data


async def test_every_page_is_marked(net: Network) -> None:
    await lived(net)
    await net.say("!alert note 1 " + "Opened and inspected. " * 300, as_="ghana", room="ghana")
    document = pypdfium2.PdfDocument((await export(net, ExportFormat.PDF)).data)
    pages = [page.get_textpage().get_text_range() for page in document]
    document.close()
    assert len(pages) > 3
    for page in pages:
        assert page.count("TLP:AMBER") >= 2


async def test_times_in_the_paper_are_those_of_who_asks_beside_utc(net: Network) -> None:
    await lived(net)
    text = text_of(await export(net, ExportFormat.PDF, as_="belgium"))
    assert "2026-11-23 09:05:07 UTC (2026-11-23 10:05:07 Europe/Brussels)" in text
    assert "for Federal Police" in text


@pytest.mark.parametrize("form", [ExportFormat.JSON, ExportFormat.CSV])
async def test_names_are_for_the_own_country_and_the_coordinators(net: Network, form: ExportFormat) -> None:
    await lived(net)
    names = {"Ama Example", "Kofi Sample", "Eva Exemple"}

    async def seen_by(who: str) -> set[str]:
        text = (await export(net, form, as_=who)).data.decode()
        return {name for name in names if name in text}

    assert await seen_by("ghana") == {"Ama Example", "Kofi Sample"}
    assert await seen_by("belgium") == {"Eva Exemple"}
    assert await seen_by("germany") == set()
    assert await seen_by("coordinator") == names
    for who in ("belgium", "germany"):
        data = (await export(net, form, as_=who)).data.decode()
        assert "@ghana" not in data
        assert "EPA Ghana" in data


async def test_a_coordinator_reads_no_names_where_the_marking_leaves_coordinators_out(net: Network) -> None:
    await sent(net, SUSPICION, tlp="amber-strict")
    assert "Ama Example" not in (await export(net, ExportFormat.JSON, as_="coordinator")).data.decode()


async def test_a_withdrawn_alert_is_a_tombstone_for_the_others(net: Network) -> None:
    await lived(net)
    await net.say("!alert withdraw 1 The container number was misread", as_="ghana", room="ghana")
    for form in ExportFormat:
        made = await export(net, form, as_="belgium")
        text = text_of(made) if form is ExportFormat.PDF else made.data.decode()
        assert "misread" in text
        assert "CSQU305438" not in text
        assert "Ever Given" not in text
    assert "CSQU3054383" in (await export(net, ExportFormat.JSON, as_="ghana")).data.decode()


async def test_a_merger_does_not_tell_of_an_alert_that_may_not_be_seen(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema from Antwerp")
    await sent(net, "CSQU3054383 at Tema", tlp="amber-strict")
    async with speaking(net, "ghana") as context:
        (await found(context)).merge(await found(context, 2), "", by=context.member, at=net.now)
    told = {who: json.loads((await export(net, ExportFormat.JSON, as_=who)).data) for who in ("ghana", "belgium")}
    assert told["ghana"]["merged_into"] == "A-2026-0002"
    assert told["belgium"]["merged_into"] is None
    assert [line["details"] for line in told["belgium"]["history"] if line["what"] == "merged"] == [{}]


async def test_an_exercise_says_so_everywhere(net: Network) -> None:
    await sent(net, SUSPICION)
    async with speaking(net, "ghana") as context:
        alert = await found(context)
        alert.series = "X"
        made = {form: made_of(await gather(alert, context), form, context.zone) for form in ExportFormat}
    for one in made.values():
        assert one.name.startswith("EXERCISE-X-2026-0001")
        assert render(one.caption, "en")[0].body.startswith("EXERCISE.")
    assert json.loads(made[ExportFormat.JSON].data)["exercise"] is True
    assert {row["exercise"] for row in table(made[ExportFormat.CSV])} == {"yes"}
    assert "EXERCISE - Alert X-2026-0001 - EXERCISE" in text_of(made[ExportFormat.PDF])


async def test_on_each_database(net_on_each: Network) -> None:
    await lived(net_on_each)
    record = json.loads((await export(net_on_each, ExportFormat.JSON, as_="coordinator")).data)
    assert len(record["history"]) > 6
    assert record["countries"][0]["finding"] == "confirmed"


@given(st.text(st.characters(codec="utf-8"), max_size=300))
@settings(deadline=None, max_examples=15)
def test_any_text_can_be_set(text: str) -> None:
    page = Paper(text, "TLP:RED", text, [Section(text, [Row(text, text), Row("x", "W" * 400)])])
    document = pypdfium2.PdfDocument(as_pdf(page, START))
    assert len(document) >= 1
    cast(Any, document).close()
