"""What a message says, and what only looks like it."""

from collections.abc import Mapping
from typing import Any

import pytest

from bot.matrix.reading import Said, redacted, said
from storage.ids import UserId

BOT = UserId("@sesn:localhost")


def read(body: str, outer: Mapping[str, Any] | None = None, **content: Any) -> Said | None:
    whole = {"msgtype": "m.text", "body": body, **content}
    return said(whole, whole if outer is None else outer, BOT, ["SESN Bot"])


def words(body: str, **content: Any) -> tuple[str, bool]:
    heard = read(body, **content)
    assert heard is not None
    return heard.body, heard.mentioned


def test_a_mention_at_the_start_is_taken_off() -> None:
    assert words("SESN Bot: alert ack 7") == ("alert ack 7", True)
    assert words("sesn bot, help") == ("help", True)
    assert words("@SESN Bot: help") == ("help", True)
    assert words(f"{BOT}: help") == ("help", True)
    assert words("SESN Bot help", **{"m.mentions": {"user_ids": [BOT]}}) == ("help", True)
    pill = f'<a href="https://matrix.to/#/{BOT}">The Bot</a> help'
    assert words("The Bot help", format="org.matrix.custom.html", formatted_body=pill) == ("help", True)


def test_words_that_only_look_like_a_mention_stay() -> None:
    assert words("SESN Bot help") == ("SESN Bot help", False)
    assert words("SESN Bottles: found") == ("SESN Bottles: found", False)
    assert words("ask SESN Bot: now") == ("ask SESN Bot: now", False)
    other = '<a href="https://matrix.to/#/@evil:localhost">SESN Bot</a> help'
    assert words("SESN Bot help", format="org.matrix.custom.html", formatted_body=other) == (
        "@evil:localhost help",
        False,
    )
    assert words("see above", **{"m.mentions": {"user_ids": [BOT]}}) == ("see above", True)


def test_a_person_who_stands_in_a_command_as_a_pill_is_named_by_id() -> None:
    pill = '<a href="https://matrix.to/#/%40ama%3Aexample.org">Ama &amp; Co</a>'
    html = f"<p>!member add {pill} role=official<br>kind=police</p>"
    heard = words(
        "!member add Ama & Co role=official\nkind=police", format="org.matrix.custom.html", formatted_body=html
    )
    assert heard == ("!member add @ama:example.org role=official\nkind=police", False)
    room = '<a href="https://matrix.to/#/!room:example.org">Room</a> <b>text</b>'
    assert words("Room *text*", format="org.matrix.custom.html", formatted_body=room) == ("Room *text*", False)


def test_quoted_text_never_speaks() -> None:
    assert words("> <@ghana:localhost> !alert send 7\n> more\n\nno, not yet") == ("no, not yet", False)
    assert words("> <@ghana:localhost> !alert send 7") == ("", False)
    assert words("> 20 tonnes of batteries") == ("> 20 tonnes of batteries", False)


def test_edits_and_notices_are_no_messages() -> None:
    edit: dict[str, Any] = {"m.relates_to": {"rel_type": "m.replace", "event_id": "$1"}}
    assert read("* !help", **edit) is None
    assert read("* !help", outer=edit) is None
    assert read("!help", msgtype="m.notice") is None
    assert read("here", msgtype="m.location") is None
    assert said({"msgtype": "m.text"}, {}, BOT, []) is None


def test_threads_and_replies_are_told_apart() -> None:
    thread = {"rel_type": "m.thread", "event_id": "$root", "is_falling_back": True, "m.in_reply_to": {"event_id": "$x"}}
    falling, real = (
        read("yes", **{"m.relates_to": thread}),
        read("y", **{"m.relates_to": {**thread, "is_falling_back": False}}),
    )
    plain = read("yes", **{"m.relates_to": {"m.in_reply_to": {"event_id": "$card"}}})
    assert falling is not None
    assert real is not None
    assert plain is not None
    assert (falling.thread_root, falling.reply_to) == ("$root", None)
    assert (real.thread_root, real.reply_to) == ("$root", "$x")
    assert (plain.thread_root, plain.reply_to) == (None, "$card")


@pytest.mark.parametrize("relates", ["x", 7, ["$1"], {"m.in_reply_to": "$1"}, {"rel_type": "m.thread", "event_id": 5}])
def test_malformed_relations_are_no_relations(relates: object) -> None:
    odd: dict[str, Any] = {"m.relates_to": relates, "m.mentions": relates}
    heard = read("help", **odd)
    assert heard == Said("help", mentioned=False, thread_root=None, reply_to=None)


@pytest.mark.parametrize("kind", ["m.image", "m.file", "m.video", "m.audio"])
def test_what_stands_beside_a_file_is_what_is_said(kind: str) -> None:
    thread = {"m.relates_to": {"rel_type": "m.thread", "event_id": "$card"}}
    heard = read("SESN Bot: note 7 opened", msgtype=kind, filename="IMG_1.jpg", **thread)
    assert heard is not None
    assert (heard.body, heard.mentioned, heard.thread_root) == ("note 7 opened", True, "$card")
    assert words("IMG_1.jpg", msgtype=kind) == ("", False)
    assert words("IMG_1.jpg", msgtype=kind, filename="IMG_1.jpg") == ("", False)
    assert words("!alert send", msgtype=kind) == ("", False), "the name of a file is no command"
    assert read("*", msgtype=kind, **{"m.relates_to": {"rel_type": "m.replace", "event_id": "$old"}}) is None


def test_what_a_redaction_takes_back_stands_in_one_of_two_places() -> None:
    assert redacted({"content": {"redacts": "$new"}}) == "$new"
    assert redacted({"content": {}, "redacts": "$old"}) == "$old"
    for odd in ({}, {"content": {"redacts": 7}}, {"content": [], "redacts": "no id"}):
        assert redacted(odd) is None
