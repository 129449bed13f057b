"""What is left of a file: in the database, in the audit, in the record, and after it was taken back."""

import json
from datetime import timedelta

import pypdfium2
from sqlalchemy import select

from bot.matrix.interface import Unavailable
from storage.audit import Audit
from storage.base import Base
from storage.files import IncomingFile, IncomingFiles
from storage.ids import EventId
from tests.alerts.files import HASH, JPEG, content, kept, says, sends, takes_back
from tests.alerts.raising import card_in, sent
from tests.fakes import Network


async def test_a_file_that_is_taken_back_keeps_its_hash_and_goes_nowhere(net: Network) -> None:
    await sent(net)
    reply = await sends(net)
    await says(net, "!forward F1 to=NL")
    copy = next(one for one in net.heard("netherlands") if one.carried is not None)
    await takes_back(net, reply.event_id)
    assert "EPA Ghana (Ghana) took back the file F1 of alert A-2026-0001." in net.heard("belgium")[-1].body
    assert copy in net.gateway.rooms[net.room("netherlands")].redacted
    assert not [one for one in net.heard("netherlands") if one.carried is not None]
    assert "attachment" not in net.latest("ghana", card_in(net, "ghana"))
    listed = await says(net, "!files")
    assert "F1: TAKEN BACK on" in listed
    assert HASH in listed
    assert "bill.pdf" not in listed
    assert "was taken back, so I do not send it on" in await says(net, "!forward F1")
    async with net.transaction() as tx:
        file = await IncomingFiles(tx).of_event(reply.event_id)
        assert file is not None
        assert file.sealed is None
        assert file.sha256 == HASH


async def test_a_file_that_is_taken_back_before_it_was_fetched_is_never_kept(net: Network) -> None:
    await sent(net)
    net.gateway.media.failure = Unavailable("down")
    reply = await sends(net)
    await takes_back(net, reply.event_id)
    net.gateway.media.failure = None
    await net.forward(timedelta(hours=1))
    assert await kept(net) == []
    assert len(net.gateway.media.fetched) == 1


async def test_a_removal_by_somebody_else_and_of_other_messages(net: Network) -> None:
    await sent(net)
    reply = await sends(net)
    await takes_back(net, EventId("$other"))
    await takes_back(net, reply.event_id, room="belgium")
    assert await kept(net) == ["F1 kept"]
    await takes_back(net, reply.event_id, as_="coordinator")
    assert "The file F1 of alert A-2026-0001 was removed where it was sent." in net.heard("belgium")[-1].body


async def test_no_key_stands_in_the_database_in_the_clear(net: Network) -> None:
    await sent(net)
    net.gateway.media.failure = Unavailable("down")
    said = content(net)
    await net.say("", room="ghana", thread=card_in(net, "ghana"), file=said)
    net.gateway.media.failure = None
    await net.forward(timedelta(minutes=5))
    await says(net, "!forward F1")
    dump = ""
    async with net.transaction() as tx:
        for table in Base.metadata.sorted_tables:
            found = await tx.session.execute(table.select())
            dump += "\n".join(str(row) for row in found.all())
    assert HASH in dump
    assert said["file"]["key"]["k"] not in dump
    assert said["file"]["url"] not in dump


async def test_the_audit_names_the_hash(net: Network) -> None:
    await sent(net)
    await sends(net)
    async with net.transaction() as tx:
        line = next(line for line in await Audit(tx).lines("alert:1") if line.action == "file")
        assert (line.actor, line.outcome, line.details) == (net.person("ghana"), "ok", {"sha256": HASH})


async def exported(net: Network, form: str, *, as_: str = "ghana") -> bytes:
    await net.say(f"!alert export A-2026-0001 format={form}", as_=as_)
    return net.gateway.uploads[-1][1]


async def test_the_record_lists_the_files_with_their_hashes(net: Network) -> None:
    await sent(net)
    reply = await sends(net, text="as the driver showed it")
    await sends(net, JPEG, name="IMG_1.jpg", mimetype="image/jpeg")
    await takes_back(net, reply.event_id)
    record = json.loads(await exported(net, "json"))
    first, second = record["attachments"]
    assert (first["number"], first["name"], first["sha256"]) == (1, "", HASH)
    assert first["taken_back_at"] == "2026-11-23T09:00:00+00:00"
    assert (second["name"], second["content_type"], second["size_bytes"]) == ("IMG_1.jpg", "image/jpeg", 2_100_004)
    assert second["sent_by"]["person"] == "Ama Example (@ghana:test)"
    assert [line["what"] for line in record["history"] if "file" in line["details"]] == [
        "attached", "attached", "taken back",
    ]  # fmt: skip
    rows = [row for row in (await exported(net, "csv")).decode().splitlines() if ",file," in row]
    assert len(rows) == 2
    assert HASH in rows[0]
    # Another country reads the authority and not the person.
    assert b"Ama Example" not in await exported(net, "json", as_="netherlands")
    document = pypdfium2.PdfDocument(await exported(net, "pdf"))
    try:
        words = " ".join(page.get_textpage().get_text_range() for page in document)
    finally:
        document.close()
    assert HASH in words
    assert "IMG_1.jpg, image/jpeg, 2100004 bytes" in words


async def test_when_the_time_of_the_names_is_over_nothing_opens_the_files(net: Network) -> None:
    await sent(net)
    await sends(net, text="with the driver SECRETWORD", name="SECRETWORD.pdf")
    await says(net, "!forward F1 to=NL")
    await net.say("!alert close 1 outcome=cleared", room="ghana")
    await net.forward(timedelta(days=800))
    copies = [one for one in net.gateway.rooms[net.room("netherlands")].redacted if one.carried is not None]
    assert len(copies) == 1
    listed = await net.say("!alert files A-2026-0001", as_="ghana")
    assert "F1: a PDF, 28 B, from EPA Ghana (Ghana), " in listed
    assert HASH in listed
    assert "SECRETWORD" not in listed
    assert "what opens its files" in await net.say("!alert forward A-2026-0001 F1", as_="ghana")
    async with net.transaction() as tx:
        [file] = (await tx.session.scalars(select(IncomingFile))).all()
        assert file.sealed is None
        assert file.sha256 == HASH
