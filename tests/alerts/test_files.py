"""Files of an alert: sent by members, looked into, listed, told to all who may see the alert."""

from datetime import timedelta

from bot.matrix.interface import Unavailable
from storage.ids import EventId
from tests.alerts.files import HASH, JPEG, SHORT, content, kept, says, sends
from tests.alerts.raising import SUSPICION, card_in, sent
from tests.fakes import Network

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


async def test_the_same_file_is_recognised_whatever_it_is_called(net: Network) -> None:
    await sent(net)
    await sends(net)
    answer = await sends(net, name="copy.pdf", as_="netherlands", room="netherlands")
    assert f"“copy.pdf”: it is the same file as F1, to the last byte (SHA-256 {SHORT})" in answer
    assert await kept(net) == ["F1 kept"]


# Once and no more


async def test_a_homeserver_that_fails_is_asked_again_until_it_answers(net: Network) -> None:
    await sent(net)
    net.gateway.media.failure = Unavailable("down")
    await sends(net)
    assert await kept(net) == []
    net.gateway.media.failure = None
    await net.forward(timedelta(minutes=10))
    assert await kept(net) == ["F1 kept"]
    assert len([one for one in net.heard("belgium") if "added the file F1" in one.body]) == 1


async def test_an_event_that_is_offered_again_is_one_file(net: Network) -> None:
    await sent(net)
    said = content(net)
    for _ in range(2):
        await net.say("", room="ghana", thread=card_in(net, "ghana"), file=said, event_id=EventId("$same"))
    assert await kept(net) == ["F1 kept"]
    assert len(net.gateway.media.fetched) == 1


async def test_an_exercise_says_so_beside_each_file(net: Network) -> None:
    await net.say(f"!alert {SUSPICION} exercise=yes", room="ghana")
    await net.say("!alert send", room="ghana")
    await sends(net)
    await says(net, "!forward F1 to=NL")
    copy = next(one for one in net.heard("netherlands") if one.carried is not None)
    assert copy.body.startswith("EXERCISE EXERCISE EXERCISE")
