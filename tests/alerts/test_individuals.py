"""Names of persons: counted everywhere, read where the handling allows it, and deleted at the end of their time."""

import json
from datetime import timedelta

from sqlalchemy import select

from storage.alerts import HistoryText, Individual
from storage.audit import Audit
from storage.base import Base
from storage.outbox import OutboxRow
from tests.alerts.raising import card_in, sent
from tests.fakes import Network

TEXT = "CSQU3054383 at Tema to Rotterdam, SECRETWORD"
NAME = "Janus Verborgen"


async def named(net: Network) -> None:
    await sent(net, TEXT)
    await net.say(f"!alert person 1 role=driver {NAME}", as_="ghana")


def everything(net: Network) -> str:
    """Return all that stands anywhere, but for what was taken back."""
    return "".join(one.body + one.html for room in net.gateway.rooms.values() for one in room.heard)


async def test_a_name_stands_in_no_card_line_list_export_or_answer(net: Network) -> None:
    await named(net)
    card = card_in(net, "netherlands")
    assert "Persons: 1 person named" in net.latest("netherlands", card)
    assert any("named a person in alert A-2026-0001" in one.body for one in net.heard("netherlands"))
    for text in ("!alert show 1", "!alert list", "!alert next 1", "!alert risk 1", "!alert owed"):
        for person in ("ghana", "netherlands", "coordinator"):
            await net.say(text, as_=person)
            await net.say(text, as_=person, room=person if person != "coordinator" else "coordination")
    for form in ("json", "csv", "pdf"):
        await net.say(f"!alert export 1 format={form}", as_="ghana")
    assert NAME not in everything(net)
    assert not any(NAME.encode() in data for _name, data in net.gateway.uploads)


async def test_names_are_read_by_the_countries_concerned_and_each_time_is_on_record(net: Network) -> None:
    await named(net)
    for person, room, may in (
        ("ghana", None, True),
        ("netherlands", None, True),
        ("netherlands", "netherlands", True),
        ("ghana2", "ghana", True),
        ("coordinator", None, False),
        ("coordinator", "coordination", False),
        ("ghana", "network", False),
        ("belgium", None, False),
        ("germany", None, False),
    ):
        answer = await net.say("!alert persons 1", as_=person, room=room)
        assert (f"1: {NAME}, driver (named by EPA Ghana)" in answer) == may, (person, room)
    async with net.transaction() as tx:
        shown = [line for line in await Audit(tx).lines("alert:1") if line.action == "names shown"]
    assert [(line.actor, line.details) for line in shown] == [
        (f"@{person}:test", {"persons": [1]}) for person in ("ghana", "netherlands", "netherlands", "ghana2")
    ]


async def test_under_red_only_the_named_read_names(net: Network) -> None:
    await named(net)
    room = await net.say("!alert persons 1", as_="netherlands", room="netherlands")
    await net.say("!alert set 1 tlp=red person=@belgium:test", as_="ghana")
    assert net.is_redacted("netherlands", room.messages[0].event_id)
    assert NAME in await net.say("!alert persons 1", as_="belgium")
    assert "I know no alert" in await net.say("!alert persons 1", as_="netherlands")
    assert NAME not in await net.say("!alert persons 1", as_="belgium", room="belgium")


async def test_a_name_that_was_typed_before_others_is_pointed_out(net: Network) -> None:
    await sent(net, TEXT)
    answer = await net.say(f"!alert person 1 {NAME}", as_="coordinator", room="coordination")
    assert "delete your message" in answer
    assert NAME not in everything(net)


async def test_a_wrong_name_is_deleted_and_taken_back(net: Network) -> None:
    await named(net)
    shown = await net.say("!alert persons 1", as_="netherlands", room="netherlands")
    assert "removed by who wrote it down" in await net.say("!alert unname 1 1", as_="netherlands")
    await net.say("!alert unname 1 1", as_="ghana")
    assert net.is_redacted("netherlands", shown.messages[0].event_id)
    assert "holds no name" in await net.say("!alert persons 1", as_="ghana")
    assert "Persons:" not in net.latest("netherlands", card_in(net, "netherlands"))
    async with net.transaction() as tx:
        assert (await tx.session.scalars(select(Individual))).all() == []
        assert not any(NAME in str(row.content) for row in await tx.session.scalars(select(OutboxRow)))


async def test_nobody_reads_the_names_of_what_was_withdrawn(net: Network) -> None:
    await named(net)
    shown = await net.say("!alert persons 1", as_="netherlands", room="netherlands")
    await net.say("!alert withdraw 1 the wrong man", as_="ghana", room="ghana")
    assert net.is_redacted("netherlands", shown.messages[0].event_id)
    assert NAME not in await net.say("!alert persons 1", as_="ghana")
    assert "for officials" in await net.say("!alert export 1 persons=yes", as_="ghana")


async def test_names_are_in_an_export_only_when_asked_for_and_allowed(net: Network) -> None:
    await named(net)
    refused = await net.say("!alert export 1 format=json persons=yes", as_="coordinator")
    assert "for officials of the countries concerned" in refused
    assert net.gateway.uploads == []
    await net.say("!alert export 1 format=json persons=yes", as_="netherlands", room="netherlands")
    record = json.loads(net.gateway.uploads[-1][1])
    assert [(one["name"], one["role"]) for one in record["names"]] == [(NAME, "driver")]
    assert "WITH NAMES" in (await net.heard_by("netherlands"))[-1].body
    async with net.transaction() as tx:
        lines = await Audit(tx).lines("alert:1")
    assert [(line.actor, line.details) for line in lines if line.action == "names exported"] == [
        ("@netherlands:test", {"persons": 1})
    ]


async def test_the_draft_says_where_names_belong(net: Network) -> None:
    answer = await net.say("!alert CSQU3054383 at Tema, the driver Mr John Verborgen says scrap", as_="ghana")
    assert "seems to name a person" in answer
    assert "!alert person A-2026-0001" in answer
    assert "seems to name" not in await net.say("!alert CSQU3054383 at Tema from Antwerp", as_="ghana")


async def test_at_the_end_of_their_time_names_and_texts_are_deleted_for_good(net: Network) -> None:
    await named(net)
    await net.say("!alert set 1 contact=SECRETWORD", as_="ghana", room="ghana")
    await net.say("!alert note 1 SECRETWORD", as_="ghana", room="ghana")
    await net.say("!request 1 NL SECRETWORD", as_="ghana", room="ghana")
    await net.say("!answer 1 R1 SECRETWORD", as_="netherlands", room="netherlands")
    for _proposal in range(3):
        await net.say("!alert propose 1 contact=SECRETWORD why=SECRETWORD", as_="netherlands", room="netherlands")
    await net.say("!alert accept 1 P2", as_="ghana", room="ghana")
    await net.say("!alert decline 1 P3 SECRETWORD", as_="ghana", room="ghana")
    await net.say("!alert persons 1", as_="netherlands", room="netherlands")
    await net.forward(timedelta(days=800))  # it goes on all this time
    assert NAME in await net.say("!alert persons A-2026-0001", as_="ghana")
    await net.say("!alert close A-2026-0001 outcome=other SECRETWORD", as_="ghana", room="ghana")
    card = card_in(net, "netherlands")
    await net.forward(timedelta(days=700))
    assert "SECRETWORD" in await net.say("!alert show A-2026-0001", as_="ghana")
    await net.forward(timedelta(days=800))
    assert net.is_redacted("netherlands", card)
    assert NAME not in everything(net)
    assert "SECRETWORD" not in everything(net)
    shown = await net.say("!alert show A-2026-0001", as_="ghana")
    assert "every name, were deleted on" in shown
    assert "The names of persons in alert A-2026-0001" in shown
    assert "CSQU3054383" in shown
    await net.say("!alert export A-2026-0001 format=json", as_="ghana")
    record = json.loads(net.gateway.uploads[-1][1])
    assert [entry["details"] for entry in record["history"] if entry["what"] == "purged"] == [{"persons": 1}]
    assert "SECRETWORD" not in json.dumps(record)
    async with net.transaction() as tx:
        assert (await tx.session.scalars(select(HistoryText))).all() == []
        assert (await tx.session.scalars(select(Individual))).all() == []
        kept = [str(row) for one in Base.metadata.sorted_tables for row in await tx.session.execute(select(one))]
    assert not [row for row in kept if NAME in row or "SECRETWORD" in row]


async def test_a_draft_that_was_never_sent_is_purged_too(net: Network) -> None:
    await net.say(f"!alert {TEXT}", as_="ghana")
    await net.forward(timedelta(days=731))
    assert "SECRETWORD" not in everything(net)
    assert "SECRETWORD" not in await net.say("!alert show A-2026-0001", as_="ghana")


async def test_what_is_written_after_a_reopening_has_its_own_time(net: Network) -> None:
    await named(net)
    await net.say("!alert close 1 outcome=other", as_="ghana", room="ghana")
    await net.forward(timedelta(days=731))
    await net.say("!alert reopen A-2026-0001 SECRETWORD again", as_="ghana", room="ghana")
    await net.say(f"!alert person A-2026-0001 {NAME}", as_="ghana")
    assert NAME in await net.say("!alert persons A-2026-0001", as_="ghana")
    await net.say("!alert close A-2026-0001 outcome=other SECRETWORD", as_="ghana", room="ghana")
    await net.forward(timedelta(days=1500))
    assert NAME not in everything(net)
    assert "SECRETWORD" not in everything(net)
