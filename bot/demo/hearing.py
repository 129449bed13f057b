"""What a member's client has received, in the order in which it became readable, and waiting for more of it."""

import asyncio
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NewType

Mark = NewType("Mark", int)
"""A place in what was heard; `hears(..., since=mark)` looks only at what came after it."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One readable room event: a message, an edit of one, or a reaction."""

    event_id: str
    room_id: str
    sender: str
    kind: str  # the event type: "m.room.message", "m.reaction" ...
    body: str  # of an edit: the new text; of a reaction: its key
    html: str | None
    msgtype: str | None
    at: datetime  # origin_server_ts, UTC
    encrypted: bool
    sender_signed: bool  # encrypted by a device of the sender's that its owner has cross-signed
    device_id: str | None = None
    thread_root: str | None = None
    reply_to: str | None = None
    replaces: str | None = None  # the event that this one edits
    reacts_to: str | None = None
    mentions: frozenset[str] = frozenset()
    content: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def __str__(self) -> str:
        marks = [
            "" if self.encrypted else "CLEAR",
            "" if self.sender_signed else "unsigned",
            f"edit of {self.replaces}" if self.replaces else "",
            f"in thread {self.thread_root}" if self.thread_root else "",
        ]
        told = ", ".join(mark for mark in marks if mark)
        return f"{self.at:%H:%M:%S} {self.room_id} {self.sender}{f' ({told})' if told else ''}: {self.body}"


Wanted = str | re.Pattern[str] | Callable[[Heard], bool]
"""A substring of the text, a pattern searched in it, or a question to ask of each event."""


def read(
    source: Mapping[str, Any], room_id: str, *, encrypted: bool, signed: bool, device_id: str | None = None
) -> Heard | None:
    """Return what a client shows of a (decrypted) event, None when it shows nothing: state, or nothing to read."""
    content = source.get("content")
    if not isinstance(content, dict) or "state_key" in source or not content:
        return None
    relation = _mapping(content.get("m.relates_to"))
    kind = relation.get("rel_type")
    shown = _mapping(content.get("m.new_content")) if kind == "m.replace" else content
    reaction = source["type"] == "m.reaction"
    body = relation.get("key") if reaction else shown.get("body")
    named = _mapping(shown.get("m.mentions")).get("user_ids", ())
    return Heard(
        event_id=source["event_id"],
        room_id=room_id,
        sender=source["sender"],
        kind=source["type"],
        body=body if isinstance(body, str) else "",
        html=shown.get("formatted_body"),
        msgtype=shown.get("msgtype"),
        at=datetime.fromtimestamp(source["origin_server_ts"] / 1000, UTC),
        encrypted=encrypted,
        sender_signed=encrypted and signed,
        device_id=device_id,
        thread_root=relation.get("event_id") if kind == "m.thread" else None,
        reply_to=None if relation.get("is_falling_back") else _mapping(relation.get("m.in_reply_to")).get("event_id"),
        replaces=relation.get("event_id") if kind == "m.replace" else None,
        reacts_to=relation.get("event_id") if reaction else None,
        mentions=frozenset(name for name in named if isinstance(name, str)),
        content=content,
    )


class Hearing:
    """Everything one client has heard. Waiting is by condition, never by polling."""

    def __init__(self, owner: str) -> None:
        self._owner = owner
        self._heard: list[Heard] = []
        self._known: set[str] = set()
        self._changed = asyncio.Condition()
        self._broken: BaseException | None = None
        self.unreadable: dict[str, tuple[str, str]] = {}
        """Event id -> (room, sender) of what is encrypted and has no key yet."""

    async def add(self, news: Sequence[Heard]) -> None:
        """Take in new events, each id once, and wake whoever waits (also when there is no news: rooms may be new)."""
        async with self._changed:
            for one in news:
                if one.event_id not in self._known:
                    self._known.add(one.event_id)
                    self._heard.append(one)
            self._changed.notify_all()

    async def break_off(self, why: BaseException) -> None:
        """Tell whoever waits that nothing more will come."""
        async with self._changed:
            self._broken = why
            self._changed.notify_all()

    def mark(self) -> Mark:
        """Return the present place."""
        return Mark(len(self._heard))

    def timeline(self, room_id: str | None = None, since: Mark | None = None) -> list[Heard]:
        """Return what was heard (own messages too), in the order in which it became readable."""
        return [one for one in self._heard[since or 0 :] if room_id in {None, one.room_id}]

    def latest(self, event_id: str) -> Heard:
        """Return the newest version of a message: its last edit by the same sender, or itself.

        Raises:
            LookupError: no such event was heard.
        """
        original = next((one for one in self._heard if one.event_id == event_id), None)
        if original is None:
            raise LookupError(event_id)
        edits = (one for one in self._heard if one.replaces == event_id and one.sender == original.sender)
        return max(edits, key=lambda one: one.at, default=original)

    async def until(self, condition: Callable[[], bool], within: float, what: Callable[[], str]) -> None:
        """Wait until `condition` holds, asking again after each sync.

        Raises:
            AssertionError: it did not hold within so many seconds; the message is `what()`.
        """

        def done() -> bool:
            return self._broken is not None or condition()

        try:
            async with asyncio.timeout(within), self._changed:
                await self._changed.wait_for(done)
        except TimeoutError:
            raise AssertionError(what()) from None
        if not condition():
            raise AssertionError(what()) from self._broken

    async def hears(
        self,
        room_id: str | None,
        wanted: Wanted,
        *,
        within: float = 20.0,
        since: Mark | None = None,
        by: str | None = None,
        thread: str | None = None,
        own: bool = False,
        strict: bool = False,
    ) -> Heard:
        """Return the first event (of others, unless `own`) that is wanted, waiting up to `within` seconds for it.

        `by` and `thread` narrow it to a sender and a thread. With `strict` only that counts which a strict client
        shows without a warning: encrypted, by a device that the sender has cross-signed.

        Raises:
            AssertionError: nothing of the kind came; the message lists what did come.
        """
        fits = _question(wanted)

        def matching() -> Iterator[Heard]:
            return (
                one
                for one in self.timeline(room_id, since)
                if (own or one.sender != self._owner)
                and by in {None, one.sender}
                and thread in {None, one.thread_root}
                and (one.sender_signed or not strict)
                and fits(one)
            )

        def complaint() -> str:
            where = room_id or "any room"
            lines = [f"{self._owner} did not hear {_words(wanted)} in {where} within {within:g} s. What was heard:"]
            lines += [f"  {one}" for one in self.timeline(room_id, since)] or ["  (nothing)"]
            lines += [
                f"  (unreadable: {event_id} by {sender})"
                for event_id, (room, sender) in self.unreadable.items()
                if room_id in {None, room}
            ]
            return "\n".join(lines)

        await self.until(lambda: any(matching()), within, complaint)
        return next(matching())


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _question(wanted: Wanted) -> Callable[[Heard], bool]:
    if isinstance(wanted, str):
        return lambda one: wanted in one.body
    if isinstance(wanted, re.Pattern):
        return lambda one: wanted.search(one.body) is not None
    return wanted


def _words(wanted: Wanted) -> str:
    if isinstance(wanted, str):
        return repr(wanted)
    if isinstance(wanted, re.Pattern):
        return f"/{wanted.pattern}/"
    return "what was asked for"
