"""What a hostile homeserver, a stranger, a member without rights or a confused moment must not achieve."""

import time
from typing import Any

import pytest

from bot.matrix.reading import said
from storage.ids import EventId
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
