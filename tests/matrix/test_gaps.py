"""Limited timelines: what a sync leaves out is asked for, and handled before what came after it, once."""

from collections.abc import Mapping
from typing import Any

from bot.matrix.interface import Message, Rejected, SyncBatch, Throttled
from tests.matrix.test_syncing import BOT, GHANA, Homeserver, answer, heard, member, says

JOINED = [member(BOT, "join"), member(GHANA, "join")]


class Paged(Homeserver):
    """Has pages of what was said before, the newest first, by the position from which they are asked for."""

    def __init__(self, answers: list[Mapping[str, Any]], pages: Mapping[str, Any]) -> None:
        super().__init__(answers, JOINED)
        self.pages = pages
        self.asked: list[Mapping[str, str]] = []

    async def request(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        if not path.endswith("/messages"):
            return await super().request(method, path, body, **more)
        self.asked.append(more["query"])
        page = self.pages[more["query"]["from"]]
        if isinstance(page, Exception):
            raise page
        return page


def limited(token: str, *timeline: Any) -> dict[str, Any]:
    """Return an answer that leaves out what stands before position p1."""
    part = {"timeline": {"events": list(timeline), "limited": True, "prev_batch": "p1"}}
    return {"next_batch": token, "rooms": {"join": {"!opaque": part}}}


def words(batches: list[SyncBatch]) -> list[str]:
    return [event.body for batch in batches for event in batch.events if isinstance(event, Message)]


TWO_PAGES = {
    "p1": {"chunk": [says("four"), says("three")], "end": "p2"},
    "p2": {"chunk": [says("two")], "end": "p3"},
    "p3": {"chunk": []},
}


async def test_what_a_sync_left_out_is_asked_for_back_to_where_the_last_one_ended() -> None:
    server = Paged([answer("s2", state=JOINED, timeline=[says("one")]), limited("s3", says("five"))], TWO_PAGES)
    _, batches, _ = await heard(server)
    assert words(batches) == ["one", "two", "three", "four", "five"]
    assert [asked["from"] for asked in server.asked] == ["p1", "p2", "p3"]
    assert {(asked["dir"], asked["to"]) for asked in server.asked} == {("b", "s2")}


async def test_what_overlaps_is_handled_once() -> None:
    pages = {"p1": {"chunk": [says("two"), says("two")]}}
    _, batches, _ = await heard(Paged([answer("s2", state=JOINED), limited("s3", says("two"), says("three"))], pages))
    assert words(batches) == ["two", "three"]


async def test_a_gap_that_cannot_be_filled_now_keeps_the_token_where_it_is() -> None:
    for fault in (Throttled(None), OSError("cut")):
        server = Paged([answer("s2", state=JOINED), limited("s3", says("five"))], {"p1": fault})
        _, batches, pauses = await heard(server)
        assert [batch.next_token for batch in batches] == ["s2"]
        assert len(pauses) == 1


async def test_a_homeserver_that_does_not_give_it_or_never_ends_is_not_asked_for_ever() -> None:
    for page in (Rejected(403, "M_FORBIDDEN"), {"chunk": [says("four")], "end": "p1"}):
        server = Paged([answer("s2", state=JOINED), limited("s3", says("five"))], {"p1": page})
        _, batches, _ = await heard(server)
        assert words(batches)[-1] == "five"
        assert len(server.asked) == 1


async def test_what_was_said_before_the_bot_came_in_is_not_asked_for() -> None:
    server = Paged([limited("s2", says("old"), member(BOT, "join"), says("new"))], TWO_PAGES)
    _, batches, _ = await heard(server)
    assert words(batches) == ["new"]
    assert server.asked == []
