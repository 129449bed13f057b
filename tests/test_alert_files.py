"""Files of an alert: sent by members, looked into, listed, sent on without another upload, taken back."""

import hashlib
import json
from datetime import timedelta
from typing import Any

import pypdfium2
import pytest
from sqlalchemy import select

from bot.matrix.interface import Redaction, Trust, Unavailable
from storage.alerts import AlertAttachments, AlertNumber, Alerts, What
from storage.audit import Audit
from storage.base import Base
from storage.files import IncomingFile, IncomingFiles
from storage.ids import EventId
from tests.fakes import Network, Reply
from tests.test_alerts import SUSPICION, card_in, raised, sent

PDF = b"%PDF-1.7\n% a bill of lading\n"
JPEG = b"\xff\xd8\xff\xe0" + bytes(2_100_000)
HASH = hashlib.sha256(PDF).hexdigest()
SHORT = " ".join(HASH[at : at + 4] for at in range(0, 16, 4))


def content(net: Network, data: bytes = PDF, *, name: str = "bill.pdf", mimetype: str = "application/pdf") -> Any:
    return net.uploaded(data, name=name, mimetype=mimetype)


async def sends(
    net: Network, data: bytes = PDF, *, as_: str = "ghana", room: str = "ghana", text: str = "", **options: Any
) -> Reply:
    """Send a file in the thread of the card in a room."""
    said = content(net, data, **{key: options.pop(key) for key in ("name", "mimetype") if key in options})
    return await net.say(text, as_=as_, room=room, thread=card_in(net, room), file=said, **options)


async def says(net: Network, text: str, *, as_: str = "ghana", room: str = "ghana") -> Reply:
    """Say something in the thread of the card in a room."""
    return await net.say(text, as_=as_, room=room, thread=card_in(net, room))


async def kept(net: Network, sequence: int = 1) -> list[str]:
    async with net.transaction() as tx:
        alert = await Alerts(tx).by_number(AlertNumber("A", 2026, sequence))
        assert alert is not None
        return [f"{one.label} {one.state.value}" for one in await AlertAttachments(tx).of(alert)]


# Sending a file


async def test_a_file_in_the_thread_is_hashed_counted_and_told_to_everybody(net: Network) -> None:
    await sent(net)
    await sends(net, text="as the driver showed it")
    for room in ("ghana", "netherlands", "belgium", "coordination"):
        line = next(one for one in net.heard(room) if "F1" in one.body and one.replaces is None)
        assert line.thread_root == card_in(net, room)
        expected = f"EPA Ghana (Ghana) added the file F1 to alert A-2026-0001: a PDF, 28 B, SHA-256 {SHORT}."
        assert expected in line.body
        assert "as the driver showed it" in line.body
        assert line.carried is None
        assert "1 attachment: !alert files" in net.latest(room, card_in(net, room))
    await sends(net, JPEG, name="IMG_1.jpg", mimetype="image/jpeg")
    assert "2 attachments" in net.latest("belgium", card_in(net, "belgium"))
    assert net.gateway.uploads == []


async def test_the_list_shows_each_file_with_its_whole_hash(net: Network) -> None:
    await sent(net)
    await sends(net, as_="ghana2")
    await sends(net, JPEG, name="IMG_1.jpg", mimetype="image/jpeg", as_="netherlands", room="netherlands")
    listed = await says(net, "!files", as_="belgium", room="belgium")
    assert "2 files belong to alert A-2026-0001" in listed
    assert "F1: “bill.pdf”, a PDF, 28 B, from Ghana Customs (Ghana), " in listed
    assert f"SHA-256 {HASH}" in listed
    assert "F2: “IMG_1.jpg”, a picture (JPEG), 2.1 MB, from ILT (Netherlands), " in listed
    assert "!alert forward A-2026-0001 F1" in listed


async def test_no_file_yet(net: Network) -> None:
    await sent(net)
    assert "No file belongs to alert A-2026-0001 yet" in await says(net, "!files")


async def test_a_file_in_reply_to_the_draft_belongs_to_the_draft(net: Network) -> None:
    draft = await net.say(f"alert {SUSPICION}")
    said = content(net)
    answer = await net.say("", reply_to=draft.messages[0].event_id, file=said)
    assert f"The file “bill.pdf” belongs to alert A-2026-0001 now, as F1: a PDF, 28 B, SHA-256 {SHORT}" in answer
    card = [one for one in await net.heard_by("ghana") if draft.messages[0].event_id == one.replaces][-1]
    assert "1 attachment" in card.body
    assert net.heard("netherlands") == []
    await net.say("!alert send", as_="ghana")
    assert "1 attachment" in net.latest("netherlands", card_in(net, "netherlands"))


async def test_in_the_direct_chat_the_card_is_replied_to(net: Network) -> None:
    await net.say(f"alert {SUSPICION} tlp=red person=@netherlands:test")
    await net.say("alert send")
    card = next(one for one in await net.heard_by("netherlands") if "Raised by" in one.body)
    answer = await net.say("", as_="netherlands", reply_to=card.event_id, file=content(net))
    assert "as F1" in answer
    assert any("F1" in one.body for one in await net.heard_by("ghana"))
    assert not any("F1" in one.body for room in ("ghana", "netherlands") for one in net.heard(room))


async def test_a_file_that_belongs_to_nothing_is_asked_about_only_in_the_direct_chat(net: Network) -> None:
    assert "I do not know what this file belongs to" in await net.say("look at this", file=content(net))
    assert (await net.say("look at this", room="ghana", file=content(net))).messages == ()
    assert net.gateway.media.fetched == []


# Commands beside a file


async def test_the_alert_that_is_raised_beside_a_photo_has_it(net: Network) -> None:
    photo = content(net, JPEG, name="IMG_1.jpg", mimetype="image/jpeg")
    answer = await net.say(f"!alert {SUSPICION}", room="ghana", file=photo)
    assert "Draft of alert A-2026-0001" in answer
    assert "belongs to alert A-2026-0001 now, as F1: a picture (JPEG)" in answer
    assert await kept(net) == ["F1 kept"]


async def test_a_note_beside_a_photo_is_noted_once(net: Network) -> None:
    await sent(net)
    await sends(net, text="!note The container was opened")
    lines = [one.body for one in net.heard("belgium") if "The container was opened" in one.body]
    assert len(lines) == 1
    assert "notes on alert" in lines[0]
    assert await kept(net) == ["F1 kept"]


async def test_a_command_that_changes_nothing_or_is_refused_takes_no_file(net: Network) -> None:
    await sent(net)
    answer = await sends(net, text="!files")
    assert "No file belongs" in answer
    assert "I did not take the file: the words beside it change nothing" in answer
    assert "I did not take the file either" in await sends(net, text="!alert note A-2026-0099 seen")
    assert "The words beside the file are no whole command: What shall I note?" in await sends(net, text="!note")
    assert await kept(net) == []


async def test_a_file_that_is_late_is_taken_and_a_late_command_beside_it_not(net: Network) -> None:
    await sent(net)
    late = net.now - timedelta(hours=1)
    assert "did nothing of it" in await sends(net, JPEG, mimetype="image/jpeg", text="!note seen", sent_at=late)
    await sends(net, sent_at=late)
    assert await kept(net) == ["F1 kept"]


# What is not taken


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


async def test_the_same_file_is_recognised_whatever_it_is_called(net: Network) -> None:
    await sent(net)
    await sends(net)
    answer = await sends(net, name="copy.pdf", as_="netherlands", room="netherlands")
    assert f"“copy.pdf”: it is the same file as F1, to the last byte (SHA-256 {SHORT})" in answer
    assert await kept(net) == ["F1 kept"]


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
    assert "from no roster" in answer
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


# Faults


async def test_a_homeserver_that_fails_is_asked_again_until_it_answers(net: Network) -> None:
    await sent(net)
    net.gateway.media.failure = Unavailable("down")
    await sends(net)
    assert await kept(net) == []
    net.gateway.media.failure = None
    await net.forward(timedelta(minutes=10))
    assert await kept(net) == ["F1 kept"]
    assert len([one for one in net.heard("belgium") if "added the file F1" in one.body]) == 1


async def test_a_homeserver_that_keeps_failing_is_given_up_and_said(net: Network) -> None:
    await sent(net)
    net.gateway.media.failure = Unavailable("down")
    await sends(net)
    await net.forward(timedelta(hours=25))
    assert "did not answer" in "".join(one.body for one in net.heard("ghana"))
    tries = len(net.gateway.media.fetched)
    await net.forward(timedelta(hours=2))
    assert len(net.gateway.media.fetched) == tries < 400


async def test_an_event_that_is_offered_again_is_one_file(net: Network) -> None:
    await sent(net)
    said = content(net)
    for _ in range(2):
        await net.say("", room="ghana", thread=card_in(net, "ghana"), file=said, event_id=EventId("$same"))
    assert await kept(net) == ["F1 kept"]
    assert len(net.gateway.media.fetched) == 1


# Sending on


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


async def test_words_beside_a_file_are_no_longer_than_a_note(net: Network) -> None:
    await sent(net)
    answer = await sends(net, text="a page " * 8_000)
    assert "What you wrote beside the file has 55999 characters; I keep at most 10000." in answer
    assert await kept(net) == []


async def test_an_alert_that_may_not_be_seen_has_no_files(net: Network) -> None:
    await sent(net)
    await sends(net)
    for command in ("!alert files 1", "!alert forward 1 F1"):
        hidden = await net.say(command, as_="belgium", room="network")
        unknown = await net.say(command.replace(" 1", " 99", 1), as_="belgium", room="network")
        assert hidden.text.replace("1", "99", 1) == unknown.text


# Taking back


async def takes_back(net: Network, event_id: EventId, *, as_: str = "ghana", room: str = "ghana") -> None:
    await net.receive(Redaction(net.gateway.event_id(), net.room(room), net.person(as_), event_id))


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


async def test_what_is_taken_back_on_its_way_is_not_sent_on(net: Network) -> None:
    await sent(net)
    reply = await sends(net)
    net.fail_room("belgium", Unavailable("down"))
    await says(net, "!forward F1 to=BE")
    await takes_back(net, reply.event_id)
    net.fail_room("belgium", None)
    await net.forward(timedelta(hours=1))
    assert not [one for one in net.heard("belgium") if one.carried is not None]


async def test_a_removal_by_somebody_else_and_of_other_messages(net: Network) -> None:
    await sent(net)
    reply = await sends(net)
    await takes_back(net, EventId("$other"))
    await takes_back(net, reply.event_id, room="belgium")
    assert await kept(net) == ["F1 kept"]
    await takes_back(net, reply.event_id, as_="coordinator")
    assert "The file F1 of alert A-2026-0001 was removed where it was sent." in net.heard("belgium")[-1].body


# What is written down


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


async def test_an_exercise_says_so_beside_each_file(net: Network) -> None:
    await net.say(f"!alert {SUSPICION} exercise=yes", room="ghana")
    await net.say("!alert send", room="ghana")
    await sends(net)
    await says(net, "!forward F1 to=NL")
    copy = next(one for one in net.heard("netherlands") if one.carried is not None)
    assert copy.body.startswith("EXERCISE EXERCISE EXERCISE")
