"""From the content of a message to what a member said: quoted text, mentions and relations taken apart. No I/O."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape
from html.parser import HTMLParser
from typing import Any
from urllib.parse import unquote

from bot.matrix.media.files import FILE_TYPES
from storage.ids import EventId, UserId

_QUOTE = re.compile(r"> (?:\* )?<@")
_PILL = re.compile(r'\s*(?:<p>\s*)?<a\s[^>]*?href="https://matrix\.to/#/([^"?]+)[^"]*"[^>]*>([^<]*)</a>', re.IGNORECASE)
_LINK = re.compile(r'<a\s[^>]*?href="([^"]*)"', re.IGNORECASE)
_PERSON = re.compile(r"https://matrix\.to/#/((?:@|%40)[^?]+)")
_REPLY = re.compile(r"^\s*<mx-reply>.*?</mx-reply>", re.DOTALL | re.IGNORECASE)
_LONGEST_HTML = 2_000
"""Characters of the formatted body in which a mention is looked for: it stands at the start."""
_EVENT_ID = re.compile(r"\$[!-~]{1,254}")
_LONGEST_DATE = 253_402_300_799_000  # the last millisecond a datetime can hold


@dataclass(frozen=True, slots=True)
class Said:
    """The words of a message, or beside its file, and what they refer to."""

    body: str
    mentioned: bool
    thread_root: EventId | None
    reply_to: EventId | None


def said(content: Mapping[str, Any], outer: Mapping[str, Any], own: UserId, names: Iterable[str]) -> Said | None:
    """Return what a message says, None for edits, notices and whatever else is neither plain text nor a file.

    `outer` is the clear content around an encrypted one (or the same again); relations are read inside first.
    `names` are the bot's display names; a body that starts with one of them and `:` or `,` is meant for it.
    """
    body = _caption(content) if content.get("msgtype") in FILE_TYPES else content.get("body")
    if content.get("msgtype") not in {*FILE_TYPES, "m.text"} or not isinstance(body, str):
        return None
    relates = _dict(content.get("m.relates_to")) or _dict(outer.get("m.relates_to"))
    if any(_dict(part.get("m.relates_to")).get("rel_type") == "m.replace" for part in (content, outer)):
        return None
    is_reply = isinstance(relates.get("m.in_reply_to"), dict)
    body = without_quote(_storable(body))
    html = _html(content)
    users = _dict(content.get("m.mentions")).get("user_ids")
    named = isinstance(users, list) and own in users
    pill = _PILL.match(html)
    if pill is not None and unquote(unescape(pill[1])) == own:
        named, names = True, [unescape(pill[2]), *names]
    body, at_start = _without_mention(_with_ids(body, html, own), [own, *names], named=named)
    thread = relates.get("event_id") if relates.get("rel_type") == "m.thread" else None
    reply = _dict(relates.get("m.in_reply_to")).get("event_id")
    falls_back = thread is not None and relates.get("is_falling_back") is True
    return Said(
        body=body,
        mentioned=named or at_start,
        thread_root=_event_id(thread),
        reply_to=_event_id(reply) if is_reply and not falls_back else None,
    )


def _caption(content: Mapping[str, Any]) -> str:
    """Return what stands beside a file: with a `filename` that differs, the body (Matrix specification, captions)."""
    body, name = content.get("body"), content.get("filename")
    return body if isinstance(body, str) and isinstance(name, str) and body != name else ""


def redacted(event: Mapping[str, Any]) -> EventId | None:
    """Return what a redaction takes back; room version 11 moved it into the content."""
    return _event_id(_dict(event.get("content")).get("redacts") or event.get("redacts"))


def _storable(text: str) -> str:
    """Return a text that every database and every encoder takes: JSON may hold halves of characters, and NUL."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _event_id(value: Any) -> EventId | None:
    """Return an event id that somebody wrote into a relation, None when it cannot be one."""
    return EventId(value) if isinstance(value, str) and _EVENT_ID.fullmatch(value) else None


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


def _with_ids(body: str, html: str, own: UserId) -> str:
    """Return the words with the Matrix id of each person who stands in them as a pill, where the body has the name."""
    if not any(_person(target) not in {None, own} for target in _LINK.findall(html)):
        return body
    words = _Words(own)
    words.feed(html)
    words.close()
    return words.text()


def _person(link: str) -> str | None:
    """Return the Matrix id that a link names, if it names a person."""
    found = _PERSON.match(unescape(link))
    return unquote(found[1]) if found else None


class _Words(HTMLParser):
    """The text of a message's HTML, with pills of persons as their ids."""

    def __init__(self, own: str) -> None:
        super().__init__(convert_charrefs=True)
        self._own = own
        self._parts: list[str] = []
        self._in_pill = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            self._parts.append("\n")
        person = _person(dict(attrs).get("href") or "") if tag == "a" else None
        if person is not None and person != self._own:
            self._parts.append(person)
            self._in_pill = True

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._in_pill = False
        elif tag in {"p", "li", "div", "h1", "h2", "h3", "h4", "blockquote", "pre"}:
            self._parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._in_pill:
            self._parts.append(data)

    def text(self) -> str:
        return "".join(self._parts).strip()


def _html(content: Mapping[str, Any]) -> str:
    html = content.get("formatted_body")
    if content.get("format") != "org.matrix.custom.html" or not isinstance(html, str):
        return ""
    return _REPLY.sub("", html)[:_LONGEST_HTML]


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
