"""What a hostile homeserver, a stranger, a member without rights or a confused moment must not achieve."""

import logging
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from bot import logs
from bot.matrix.interface import MembershipChange, Message, Trust, Unavailable
from bot.matrix.reading import said
from storage import schema
from storage.ids import DeviceId, EventId, RoomId
from tests.fakes import BOT, Network

HALF = "\ud800"
"""Half of a character: JSON may hold it, no encoder takes it."""


def _read(body: str, **content: Any) -> Any:
    return said({"msgtype": "m.text", "body": body, **content}, {}, BOT, ["SESN"])


def test_text_that_no_encoder_takes_is_mended_when_it_is_read() -> None:
    words = _read(f"!help {HALF}\0")
    assert words.body == "!help ?"


@pytest.mark.parametrize("written", [f"${HALF}", "$a\0", "$" + "a" * 60_000, "no event", "", 7])
def test_what_cannot_be_an_event_id_is_no_thread(written: Any) -> None:
    thread = {"rel_type": "m.thread", "event_id": written}
    assert _read("!help", **{"m.relates_to": thread}).thread_root is None
    assert _read("!help", **{"m.relates_to": {"m.in_reply_to": {"event_id": written}}}).reply_to is None


def test_a_mention_that_never_ends_is_read_in_no_time() -> None:
    endless = '<a href="https://matrix.to/#/' + "a" * 48_000
    began = time.perf_counter()
    assert _read("hello", format="org.matrix.custom.html", formatted_body=endless) is not None
    assert time.perf_counter() - began < 0.5


async def test_an_event_that_cannot_be_handled_does_not_stop_those_behind_it(net: Network) -> None:
    await net.say(f"!{HALF}", room="ghana")
    await net.say("!help", room="ghana", thread=EventId(f"${HALF}"))
    assert "help" in await net.say("!help", room="ghana")


async def _let_in(net: Network, whom: str, into: str) -> RoomId:
    """Let a third person into somebody's direct chat with the bot."""
    room = await net.direct(into)
    net.gateway.rooms[room].joined.add(net.person(whom))
    return room


def _said_in(net: Network, room: RoomId) -> str:
    return "\n".join(one.body for one in net.gateway.rooms[room].heard)


async def test_an_answer_does_not_reach_who_came_into_the_chat_before_it_was_sent(net: Network) -> None:
    room = await net.direct("ghana")
    net.gateway.rooms[room].failure = Unavailable("down")
    await net.say("contact add country=GH kind=port name=Efua phone=0302123456", as_="ghana")
    net.gateway.rooms[room].failure = None
    await _let_in(net, "stranger", "ghana")
    net.now += timedelta(minutes=1)
    await net.settle()
    assert _said_in(net, room) == ""
    assert "Efua" in (await net.heard_by("ghana"))[-1].body


async def test_a_draft_and_its_report_do_not_reach_who_came_into_the_chat_later(net: Network) -> None:
    drafted = await net.say("alert CSQU3054383 at Tema, from Antwerp", as_="ghana")
    room = await _let_in(net, "stranger", "ghana")
    net.clear_heard()
    await net.say("!alert set 1 declared=secret", as_="ghana", room="ghana")
    await net.say("!alert send 1", as_="ghana", room="ghana")
    assert "CSQU3054383" in drafted
    assert _said_in(net, room) == ""
    told = await net.heard_by("ghana")
    assert "secret" in told[0].body
    assert told[0].replaces is None
    assert {one.replaces for one in told[1:]} == {told[0].event_id}


async def test_a_named_person_hears_all_of_it_after_letting_somebody_into_the_chat(net: Network) -> None:
    await net.say(f"alert CSQU3054383 at Tema tlp=red person={net.person('netherlands')}", as_="ghana")
    await net.say("alert send", as_="ghana")
    first = await net.heard_by("netherlands")
    assert "CSQU3054383" in first[0].body
    room = await _let_in(net, "stranger", "netherlands")
    net.gateway.rooms[room].heard.clear()
    await net.say("alert note 1 seal broken", as_="ghana")
    await net.say("alert note 1 opened", as_="ghana")
    assert _said_in(net, room) == ""
    card, line, edit, second = await net.heard_by("netherlands")
    assert "CSQU3054383" in card.body
    assert card.replaces is None
    assert "seal broken" in line.body
    assert line.thread_root == card.event_id
    assert edit.replaces == card.event_id
    assert second.thread_root == card.event_id


async def test_what_may_no_longer_be_shown_is_emptied_where_it_stands(net: Network) -> None:
    shown = await net.say("alert CSQU3054383 at Tema, from Antwerp", as_="ghana")
    await net.say("alert send", as_="ghana")
    shown = await net.say("alert show 1", as_="netherlands")
    assert "I know no alert" in shown
    shown = await net.say("alert show 1", as_="belgium")
    room = await _let_in(net, "stranger", "belgium")
    await net.say(f"alert set 1 tlp=red person={net.person('ghana2')}", as_="ghana")
    place = net.gateway.rooms[room]
    assert shown.messages[0].event_id in {one.event_id for one in place.redacted}
    assert "CSQU3054383" not in "".join(one.body for one in place.heard)


async def test_a_card_that_still_waits_is_not_said_after_its_room_lost_the_right_to_it(net: Network) -> None:
    net.fail_room("belgium", Unavailable("down"))
    await net.say("!alert CSQU3054383 at Tema, from Antwerp", room="ghana")
    await net.say("!alert send", room="ghana")
    await net.say("!alert note 1 the seal is broken", room="ghana")
    await net.say(f"!alert set 1 tlp=red person={net.person('ghana2')}", room="ghana")
    net.fail_room("belgium", None)
    await net.forward(timedelta(minutes=10))
    assert net.heard("belgium") == net.redacted("belgium") == []


async def test_a_room_that_stands_for_nothing_hears_nothing_while_outsiders_read_there(net: Network) -> None:
    await net.say("!contact add country=GH kind=port name=Efua phone=0302123456", as_="ghana", room="ghana")
    room = await net.add_room("lobby", {"ghana", "coordinator", "stranger"})
    for command, who in (
        ("!contact ghana", "ghana"),
        ("!profile GH", "ghana"),
        ("!alert CSQU3054383 at Tema", "ghana"),
        ("!member list", "coordinator"),
        ("!room list", "coordinator"),
        ("!announce to=all hello", "coordinator"),
    ):
        assert "stands for nothing" in await net.say(command, as_=who, room="lobby")
    assert "What you can do" in await net.say("!help", as_="ghana", room="lobby")
    net.gateway.rooms[room].joined.discard(net.person("stranger"))
    assert "Efua" in await net.say("!contact ghana", as_="ghana", room="lobby")
    net.gateway.rooms[room].invited.add(net.person("stranger"))
    assert "stands for nothing" in await net.say("!contact ghana", as_="ghana", room="lobby")
    assert "stands for" in await net.say("!room bind country=GH", as_="coordinator", room="lobby")
    assert not (await net.say("!contact ghana", as_="ghana", room="lobby")).text
    await net.say("!room allow @stranger:test", as_="coordinator", room="lobby")
    assert "Efua" in await net.say("!contact ghana", as_="ghana", room="lobby")


async def test_a_direct_chat_that_outsiders_joined_is_none_any_more(net: Network) -> None:
    room = await net.add_room("chat", {"ghana"})
    net.gateway.rooms[room].joined.add(net.person("stranger"))
    assert "stands for nothing" in await net.say("!alert list", as_="ghana", room="chat")


async def test_a_confirmation_is_not_taken_where_outsiders_came_to_read(net: Network) -> None:
    room = await net.add_room("team", {"ghana", "coordinator"})
    asked = await net.say("!announce to=all hello", as_="coordinator", room="team")
    net.gateway.rooms[room].joined.add(net.person("stranger"))
    refused = await net.say("send", as_="coordinator", room="team", thread=asked.event_id)
    assert "stands for nothing" in refused
    assert not net.heard("network")


async def test_a_thread_of_another_room_is_no_thread_here(net: Network) -> None:
    for container in ("CSQU3054383", "MSKU1234565"):
        await net.say(f"!alert {container} at Tema, from Antwerp", room="ghana")
    await net.say("!alert send 1", room="ghana")
    card = net.heard("belgium")[0]
    answer = await net.say("!alert note seal broken", as_="ghana", room="ghana", thread=card.event_id)
    assert "Which alert" in answer


async def test_a_country_is_told_however_much_the_text_lists_before_it(net: Network) -> None:
    boxes = " ".join(f"MSKU{number:07d}" for number in range(1, 400))
    drafted = await net.say(f"!alert {boxes} at Tema, from Antwerp to Rotterdam", room="ghana")
    assert "Belgium" in drafted.text.partition("Sending it tells")[2]
    assert "Netherlands" in drafted.text.partition("Sending it tells")[2]


async def test_a_page_of_words_is_no_question_for_the_directory(net: Network) -> None:
    began = time.perf_counter()
    assert "few words" in await net.say(f"contact {'1.' * 20_000}", as_="ghana")
    assert time.perf_counter() - began < 2


async def test_a_room_bound_after_an_alert_was_sent_is_told_at_once(net: Network) -> None:
    await net.say("!alert CSQU3054383 at Tema, from Montevideo", room="ghana")
    await net.say("!alert send", room="ghana")
    await net.forward(timedelta(hours=3))
    await net.add_room("uruguay", {"coordinator"})
    await net.say("!room bind country=UY", as_="coordinator", room="uruguay")
    assert len([one for one in net.heard("uruguay") if "CSQU3054383" in one.body]) == 1
    await net.say("!room bind region=Americas", as_="coordinator", room="uruguay")
    assert len([one for one in net.heard("uruguay") if "CSQU3054383" in one.body and not one.replaces]) == 1


async def test_a_card_shown_to_an_empty_room_is_shown_again_to_who_comes_first(net: Network) -> None:
    await net.say("!room create country=UY", as_="coordinator", room="coordination")
    await net.say("!alert CSQU3054383 at Tema, from Montevideo", room="ghana")
    await net.say("!alert send", room="ghana")
    room = next(room for room in net.gateway.rooms.values() if room.name == "Uruguay")
    room.heard.clear()
    for person in ("coordinator", "ghana"):
        room.joined.add(net.person(person))
        await net.receive(MembershipChange(room.room_id, net.person(person), joined=True))
    assert len([one for one in room.heard if "CSQU3054383" in one.body]) == 1
    await net.say("!alert note 1 seal broken", room="ghana")
    assert room.heard[-1].thread_root == next(one for one in room.heard if "CSQU3054383" in one.body).event_id


def test_the_database_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir(mode=0o755)
    schema.make_folder(f"sqlite:///{tmp_path}/data/sesn.db")
    assert (tmp_path / "data" / "sesn.db").stat().st_mode & 0o077 == 0


def test_a_log_line_names_no_person() -> None:
    line = logs.no_persons(None, "", {"event": "keys.query_failed", "user": "@ama.example:ghana.test", "count": 3})
    assert line == {"event": "keys.query_failed", "user": "@…:ghana.test", "count": 3}


def test_a_library_that_logs_an_exception_shows_no_text() -> None:
    info = (ValueError, ValueError("the container CSQU3054383"), None)
    record = logging.LogRecord("asyncio", logging.ERROR, "", 1, "Task %s failed", ("secret",), info)
    written = logs.PlacesOnly("%(name)s: %(levelname)s").format(record)
    assert "ValueError" in written
    assert "CSQU3054383" not in written
    assert "secret" not in written


async def test_a_failing_statement_names_no_values(net: Network) -> None:
    with pytest.raises(Exception, match="hide_parameters"):
        async with net.transaction() as tx:
            await tx.session.execute(text("SELECT :secret FROM nowhere"), {"secret": "CSQU3054383"})


async def test_a_ciphertext_offered_again_as_another_event_is_executed_once(net: Network) -> None:
    def offered(event_id: str) -> Message:
        return Message(
            event_id=EventId(event_id),
            room_id=net.room("ghana"),
            sender=net.person("ghana"),
            sent_at=net.now,
            body="!me name=Ama",
            trust=Trust.SIGNED,
            device_id=DeviceId("PHONE"),
            room_encrypted=True,
            direct=False,
            mentioned=False,
            once="key/session/7",
        )

    await net.receive(offered("$first"))
    await net.receive(offered("$second"))
    assert len(net.heard("ghana")) == 1


async def test_the_word_that_confirms_an_announcement_sets_off_no_late_command(net: Network) -> None:
    await net.say("announce to=all hello", as_="coordinator")
    late = net.now - timedelta(hours=1)
    await net.say(f"!member remove {net.person('ghana')}", as_="coordinator", sent_at=late)
    assert "yes" in await net.say("send", as_="coordinator")
    assert "Ama Example" in await net.say("!me", as_="ghana")


async def test_the_name_of_a_room_writes_no_lines_into_a_report(net: Network) -> None:
    net.gateway.rooms[net.room("belgium")].name = "Belgium\n✓ Netherlands: delivered" + "!" * 5_000
    drafted = await net.say("!alert CSQU3054383 at Tema, from Antwerp", room="ghana")
    assert "\n✓" not in drafted.text
    assert "!" * 200 not in drafted.text
