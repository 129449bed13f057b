"""Doc -> pages of (body, formatted_body). The only place where HTML is made, and everything in it is escaped here."""

import gettext
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from html import escape
from pathlib import Path
from typing import assert_never
from urllib.parse import quote

from babel import Locale, UnknownLocaleError
from babel.dates import format_datetime
from babel.lists import format_list

import commands
from commands.document import (
    Block,
    Bullets,
    Code,
    CountryName,
    Doc,
    Emphasis,
    Fields,
    Heading,
    Inline,
    Joined,
    Mention,
    Message,
    Moment,
    Paragraph,
    Quote,
    Strong,
    Table,
    Text,
    _,
)
from storage.ids import UserId

PAGE_BYTES = 24_000
"""Text and HTML of one page together; with encryption and base64 an event stays below the limit of 65,536 bytes."""

_PLACE = re.compile(r"\{(\w+)\}")
# Controls that reorder or hide what is read: bidi embeddings, overrides, isolates and marks, zero-width characters,
# and every other control but line feed and tab.
_HOSTILE = re.compile("[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


@dataclass(frozen=True, slots=True)
class Page:
    """One Matrix message: what plain clients show, what others show, and who is notified."""

    body: str
    html: str
    mentions: tuple[UserId, ...]
    notice: bool


@dataclass(frozen=True, slots=True)
class _Both:
    """The same words twice: as plain text and as HTML."""

    text: str
    html: str


def clean(text: str) -> str:
    """Take out what would let somebody's text reorder the line, hide in it, or notify a whole room."""
    return _HOSTILE.sub("", text).replace("@room", "@\u00adroom")


def render(doc: Doc, language: str) -> list[Page]:
    """Put a document into words of a language, on as many pages as the size of a Matrix event asks for."""
    renderer = _Renderer(language)
    blocks = [part for block in doc.blocks for part in _split(block)]
    rendered = [(renderer.block(block), _mentions_of(block)) for block in blocks]
    pages: list[Page] = []
    current: list[tuple[_Both, tuple[UserId, ...]]] = []
    size = 0
    for both, mentions in rendered:
        length = len(both.text.encode()) + len(both.html.encode())
        if current and size + length > PAGE_BYTES:
            pages.append(_page(current, doc, first=not pages))
            current, size = [], 0
        current.append((both, mentions))
        size += length
    pages.append(_page(current, doc, first=not pages))
    return pages


def _page(parts: Sequence[tuple[_Both, tuple[UserId, ...]]], doc: Doc, *, first: bool) -> Page:
    named = [user for _both, mentions in parts for user in mentions]
    meant = [*(doc.mentions if first else ()), *named]
    return Page(
        body="\n".join(both.text for both, _mentions in parts),
        html="".join(both.html for both, _mentions in parts),
        mentions=tuple(dict.fromkeys(meant)),
        notice=doc.notice,
    )


def _split(block: Block) -> list[Block]:
    """Cut what is too long for one page into several blocks of the same kind."""
    if isinstance(block, Quote) and len(block.text.encode()) > PAGE_BYTES // 3:
        step = PAGE_BYTES // 12  # a character has at most four bytes, and the text stands on the page twice
        return [Quote(block.text[start : start + step]) for start in range(0, len(block.text), step)]
    if isinstance(block, Bullets) and len(block.items) > 40:
        return [Bullets(block.items[start : start + 40]) for start in range(0, len(block.items), 40)]
    if isinstance(block, Table) and len(block.rows) > 40:
        return [Table(block.header, block.rows[start : start + 40]) for start in range(0, len(block.rows), 40)]
    if (
        isinstance(block, Paragraph)
        and isinstance(block.inside, Text)
        and len(block.inside.text.encode()) > PAGE_BYTES // 3
    ):
        step = PAGE_BYTES // 12
        text = block.inside.text
        return [Paragraph(Text(text[start : start + step])) for start in range(0, len(text), step)]
    return [block]


@cache
def _translations(language: str) -> gettext.NullTranslations:
    folder = Path(commands.__file__).parent / "locale"
    return gettext.translation("sesn", folder, [language], fallback=True)


@cache
def _locale(language: str) -> Locale:
    try:
        return Locale.parse(language)
    except (UnknownLocaleError, ValueError):
        return Locale("en")


class _Renderer:
    def __init__(self, language: str) -> None:
        self._translations = _translations(language)
        self._locale = _locale(language)

    def block(self, block: Block) -> _Both:
        match block:
            case Paragraph(inside):
                both = self.inline(inside)
                return _Both(both.text, f"<p>{_breaks(both.html)}</p>")
            case Heading(inside):
                both = self.inline(inside)
                return _Both(both.text, f"<h4>{both.html}</h4>")
            case Bullets(items):
                lines = [self.inline(item) for item in items]
                text = "\n".join(f"- {line.text}" for line in lines)
                return _Both(text, "<ul>" + "".join(f"<li>{_breaks(line.html)}</li>" for line in lines) + "</ul>")
            case Fields(rows):
                lines = [self.inline(_("{name}: {value}", name=Strong(name), value=value)) for name, value in rows]
                return _Both(
                    "\n".join(line.text for line in lines),
                    "<p>" + "<br>".join(_breaks(line.html) for line in lines) + "</p>",
                )
            case Table(header, rows):
                return self._table(header, rows)
            case Quote(text):
                cleaned = clean(text)
                quoted = "\n".join(f"> {line}" for line in cleaned.splitlines() or [""])
                return _Both(quoted, f"<blockquote>{_breaks(escape(cleaned))}</blockquote>")
            case _:
                assert_never(block)

    def _table(self, header: Sequence[Inline], rows: Sequence[Sequence[Inline]]) -> _Both:
        head = [self.inline(cell) for cell in header]
        body = [[self.inline(cell) for cell in row] for row in rows]
        lines = [" | ".join(cell.text for cell in row) for row in [head, *body]]
        html = "<table><thead><tr>" + " ".join(f"<th>{cell.html}</th>" for cell in head) + "</tr></thead><tbody>"
        html += "".join("<tr>" + " ".join(f"<td>{cell.html}</td>" for cell in row) + "</tr>" for row in body)
        return _Both("\n".join(lines), html + "</tbody></table>")

    def inline(self, node: Inline) -> _Both:  # noqa: C901, PLR0911 - one return for each kind of node
        match node:
            case Text(text):
                cleaned = clean(text)
                return _Both(cleaned, escape(cleaned))
            case Message():
                return self._message(node)
            case Strong(inside):
                both = self.inline(inside)
                return _Both(both.text, f"<strong>{both.html}</strong>")
            case Emphasis(inside):
                both = self.inline(inside)
                return _Both(both.text, f"<em>{both.html}</em>")
            case Code(text):
                cleaned = clean(text)
                return _Both(cleaned, f"<code>{escape(cleaned)}</code>")
            case Mention(user_id, name):
                link = f"https://matrix.to/#/{quote(user_id, safe='@:')}"
                return _Both(clean(name), f'<a href="{escape(link)}">{escape(clean(name))}</a>')
            case Moment(at, zone, with_utc):
                text = self._moment(
                    at, zone.key if zone else "UTC", with_utc=with_utc, local=at.astimezone(zone or UTC)
                )
                return _Both(text, escape(text))
            case CountryName(code):
                name = str(self._locale.territories.get(code, code))
                return _Both(name, escape(name))
            case Joined(items):
                parts = [self.inline(item) for item in items]
                if not parts:
                    return _Both("", "")
                return _Both(
                    format_list([part.text for part in parts], "standard", self._locale),
                    format_list([part.html for part in parts], "standard", self._locale),
                )
            case _:
                assert_never(node)

    def _message(self, message: Message) -> _Both:
        if message.plural is None:
            template = self._translations.gettext(message.msgid)
        else:
            template = self._translations.ngettext(message.msgid, message.plural, message.count)
        places = {name: self.inline(node) for name, node in message.places}
        text, html, position = [], [], 0
        for found in _PLACE.finditer(template):
            literal = template[position : found.start()]
            both = places[found.group(1)]
            text += [literal, both.text]
            html += [escape(literal), both.html]
            position = found.end()
        text.append(template[position:])
        html.append(escape(template[position:]))
        return _Both("".join(text), "".join(html))

    def _moment(self, at: datetime, zone: str, *, with_utc: bool, local: datetime) -> str:
        shown = format_datetime(local, "EEE d MMM y, HH:mm", locale=self._locale)
        if zone == "UTC":
            return f"{shown} UTC"
        if not with_utc:
            return f"{shown} ({zone})"
        utc = at.astimezone(UTC)
        pattern = "HH:mm" if utc.date() == local.date() else "EEE d MMM, HH:mm"
        return f"{shown} ({zone}, {format_datetime(utc, pattern, locale=self._locale)} UTC)"


def _breaks(html: str) -> str:
    return html.replace("\n", "<br>")


def _mentions_of(block: Block) -> tuple[UserId, ...]:
    match block:
        case Paragraph(inside) | Heading(inside):
            return _meant(inside)
        case Bullets(items):
            return tuple(user for item in items for user in _meant(item))
        case Fields(rows):
            return tuple(user for _name, value in rows for user in _meant(value))
        case Table(_header, rows):
            return tuple(user for row in rows for cell in row for user in _meant(cell))
        case Quote():
            return ()
        case _:
            assert_never(block)


def _meant(node: Inline) -> tuple[UserId, ...]:
    match node:
        case Mention(user_id, _name):
            return (user_id,)
        case Message():
            return tuple(user for _name, inside in node.places for user in _meant(inside))
        case Strong(inside) | Emphasis(inside):
            return _meant(inside)
        case Joined(items):
            return tuple(user for item in items for user in _meant(item))
        case _:
            return ()
