"""From the content of a message to what a member said: quoted text, mentions and relations taken apart. No I/O."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape
from typing import Any
from urllib.parse import unquote

from storage.ids import EventId, UserId

_QUOTE = re.compile(r"> (?:\* )?<@")
_PILL = re.compile(r'\s*(?:<p>\s*)?<a\s[^>]*?href="https://matrix\.to/#/([^"?]+)[^"]*"[^>]*>([^<]*)</a>', re.IGNORECASE)
_REPLY = re.compile(r"^\s*<mx-reply>.*?</mx-reply>", re.DOTALL | re.IGNORECASE)
_LONGEST_DATE = 253_402_300_799_000  # the last millisecond a datetime can hold


@dataclass(frozen=True, slots=True)
class Said:
    """The words of an m.text message and what they refer to."""

    body: str
    mentioned: bool
    thread_root: EventId | None
    reply_to: EventId | None


def said(content: Mapping[str, Any], outer: Mapping[str, Any], own: UserId, names: Iterable[str]) -> Said | None:
    """Return what a message says, None for edits, notices and whatever else is no plain text.

    `outer` is the clear content around an encrypted one (or the same again); relations are read inside first.
    `names` are the bot's display names; a body that starts with one of them and `:` or `,` is meant for it.
    """
    body = content.get("body")
    if content.get("msgtype") != "m.text" or not isinstance(body, str):
        return None
    relates = _dict(content.get("m.relates_to")) or _dict(outer.get("m.relates_to"))
    if any(_dict(part.get("m.relates_to")).get("rel_type") == "m.replace" for part in (content, outer)):
        return None
    is_reply = isinstance(relates.get("m.in_reply_to"), dict)
    body = without_quote(body)
    html = _html(content)
    users = _dict(content.get("m.mentions")).get("user_ids")
    named = isinstance(users, list) and own in users
    pill = _PILL.match(html)
    if pill is not None and unquote(unescape(pill[1])) == own:
        named, names = True, [unescape(pill[2]), *names]
    body, at_start = _without_mention(body, [own, *names], named=named)
    thread = relates.get("event_id") if relates.get("rel_type") == "m.thread" else None
    reply = _dict(relates.get("m.in_reply_to")).get("event_id")
    falls_back = thread is not None and relates.get("is_falling_back") is True
    return Said(
        body=body,
        mentioned=named or at_start,
        thread_root=EventId(thread) if isinstance(thread, str) else None,
        reply_to=EventId(reply) if is_reply and isinstance(reply, str) and not falls_back else None,
    )


def without_quote(body: str) -> str:
    """Return a body without its reply fallback (the leading `> ` lines that quote somebody)."""
    if not _QUOTE.match(body):
        return body
    lines = body.split("\n")
    while lines and lines[0].startswith(">"):
        del lines[0]
    if lines and not lines[0].strip():
        del lines[0]
    return "\n".join(lines)


def _without_mention(body: str, names: Iterable[str], *, named: bool) -> tuple[str, bool]:
    text = body.lstrip()
    for name in sorted({name for name in names if name.strip()}, key=len, reverse=True):
        for written in (name, f"@{name}"):
            if text[: len(written)].casefold() != written.casefold():
                continue
            rest = text[len(written) :]
            if rest[:1] in {":", ","}:
                return rest[1:].strip(), True
            if named and (not rest or rest[0].isspace()):
                return rest.strip(), True
    return body, False


def _html(content: Mapping[str, Any]) -> str:
    html = content.get("formatted_body")
    if content.get("format") != "org.matrix.custom.html" or not isinstance(html, str):
        return ""
    return _REPLY.sub("", html)


def _dict(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def moment(event: Mapping[str, Any]) -> datetime:
    """Return `origin_server_ts` (milliseconds) as an aware datetime in UTC; 1970 when it is none."""
    value = event.get("origin_server_ts")
    usable = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LONGEST_DATE
    return datetime.fromtimestamp(value / 1000 if usable and value is not None else 0, UTC)


def is_redacted(event: Mapping[str, Any]) -> bool:
    """Say whether the event's content was removed."""
    return "redacted_because" in _dict(event.get("unsigned")) or not event.get("content")
