"""Doc -> pages of (body, formatted_body). The only place where HTML is made, and everything in it is escaped here."""

import gettext
import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, cached_property, lru_cache
from html import escape
from pathlib import Path
from typing import Literal, NamedTuple, assert_never
from urllib.parse import quote
from zoneinfo import ZoneInfo

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

PAGE_BYTES = 21_000
"""Text, HTML and mentions of one page, as JSON in ASCII, which is what is encrypted.

An edit carries its text twice, and base64 makes four bytes of three: so even the event of an edit stays below the
limit of 65,536 bytes, with room for relations, keys and signatures.
"""

_PLACE = re.compile(r"\{(\w+)\}")
# What reorders or hides what is read: bidi embeddings, overrides, isolates and marks, characters without width or
# shape, halves of surrogate pairs, and every other control but line feed and tab.
_HOSTILE = re.compile(
    "[\u0000-\u0008\u000e-\u001f\u007f-\u0084\u0086-\u009f\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufdd0-\ufdef\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
    "\U000e0000-\U000e0fff]"
)
_LINE_BREAK = re.compile("\r\n|[\u000b-\u000d\u0085\u2028\u2029]")
_WHOLE_ROOM = re.compile("@(?=room)", re.IGNORECASE)


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


@dataclass(frozen=True)
class _Part:
    """What stands on one page together, with the persons it names."""

    both: _Both
    mentions: tuple[UserId, ...]

    @cached_property
    def size(self) -> int:
        return len(json.dumps([self.both.text, self.both.html, self.mentions]))


def clean(text: str) -> str:
    """Take out what would let somebody's text reorder the line, hide in it, or notify a whole room."""
    return _WHOLE_ROOM.sub("@\u00ad", _HOSTILE.sub("", _LINE_BREAK.sub("\n", text)))


def render(doc: Doc, language: str) -> list[Page]:
    """Put a document into words of a language, on as many pages as the size of a Matrix event asks for."""
    return Renderer(language).pages(doc)


def _page(parts: Sequence[_Part], doc: Doc, *, first: bool) -> Page:
    named = [user for part in parts for user in part.mentions]
    meant = [*(doc.mentions if first else ()), *named]
    return Page(
        body="\n".join(part.both.text for part in parts),
        # White space between blocks: previews and notifications drop the tags and would run the words together.
        html="\n".join(part.both.html for part in parts),
        mentions=tuple(dict.fromkeys(meant)),
        notice=doc.notice,
    )


def _halves(block: Block) -> tuple[Block, Block] | None:
    """Part a block between its rows, or a text between its lines or words; None when it has only one row."""
    match block:
        case Bullets(items) if len(items) > 1:
            middle = len(items) // 2
            return Bullets(items[:middle]), Bullets(items[middle:])
        case Fields(rows) if len(rows) > 1:
            middle = len(rows) // 2
            return Fields(rows[:middle]), Fields(rows[middle:])
        case Table(header, rows) if len(rows) > 1:
            middle = len(rows) // 2
            return Table(header, rows[:middle]), Table(header, rows[middle:])
        case Quote(text):
            first, second = _cut(text)
            return Quote(first), Quote(second)
        case Paragraph(Text(text)):
            first, second = _cut(text)
            return Paragraph(Text(first)), Paragraph(Text(second))
        case _:
            return None


def _cut(text: str) -> tuple[str, str]:
    """Cut a text near its middle: after a line, else after a word, else between two characters."""
    middle = len(text) // 2
    reach = len(text) // 4
    for mark in ("\n", " "):
        at = text.rfind(mark, middle - reach, middle + reach)
        if at > 0:
            return text[: at + (mark == " ")], text[at + 1 :]
    while 1 < middle < len(text) and unicodedata.combining(text[middle]):
        middle -= 1
    return text[:middle], text[middle:]


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


class Renderer:
    """Puts documents into words of one language; what several of them have in common only once.

    To be kept no longer than those documents: it remembers all of their lines.
    """

    def __init__(self, language: str) -> None:
        self._translations = _translations(language)
        self._locale = _locale(language)
        self._language = language
        self._parts: dict[Block, list[_Part]] = {}
        self._lines: dict[Inline, _Both] = {}

    def pages(self, doc: Doc) -> list[Page]:
        """Return a document on as many pages as the size of a Matrix event asks for."""
        pages: list[Page] = []
        current: list[_Part] = []
        size = len(json.dumps(doc.mentions))
        for part in (part for block in doc.blocks for part in self.parts(block)):
            if current and size + part.size > PAGE_BYTES:
                pages.append(_page(current, doc, first=not pages))
                current, size = [], 0
            current.append(part)
            size += part.size
        pages.append(_page(current, doc, first=not pages))
        return pages

    def parts(self, block: Block) -> list[_Part]:
        """Render a block; what is too long for one page becomes several parts, and nothing of it is lost."""
        if block not in self._parts:
            self._parts[block] = self._made(block)
        return self._parts[block]

    def _line(self, node: Inline) -> _Both:
        if node not in self._lines:
            self._lines[node] = self.inline(node)
        return self._lines[node]

    def _made(self, block: Block) -> list[_Part]:
        part = _Part(self.block(block), _mentions_of(block))
        if part.size <= PAGE_BYTES:
            return [part]
        halves = _halves(block)
        if halves is not None:
            return [piece for half in halves for piece in self.parts(half)]
        # One giant row: its words go on as plain text, and whom it names is notified on its first page.
        first, *others = self.parts(Paragraph(Text(part.both.text)))
        return [_Part(first.both, part.mentions), *others]

    def block(self, block: Block) -> _Both:
        match block:
            case Paragraph(inside):
                both = self.inline(inside)
                return _Both(both.text, f"<p>{_breaks(both.html)}</p>")
            case Heading(inside):
                both = self.inline(inside)
                return _Both(both.text, f"<h4>{both.html}</h4>")
            case Bullets(items):
                lines = [self._line(item) for item in items]
                text = "\n".join("- " + line.text.replace("\n", "\n  ") for line in lines)
                return _Both(text, "<ul>\n" + "".join(f"<li>{_breaks(line.html)}</li>\n" for line in lines) + "</ul>")
            case Fields(rows):
                lines = [self._line(_("{name}: {value}", name=Strong(name), value=value)) for name, value in rows]
                return _Both(
                    "\n".join(line.text for line in lines),
                    "<p>" + "<br>\n".join(_breaks(line.html) for line in lines) + "</p>",
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
        lines = [" | ".join(cell.text.replace("\n", " ") for cell in row) for row in [head, *body]]
        html = (
            "<table><thead><tr>" + " ".join(f"<th>{_breaks(cell.html)}</th>" for cell in head) + "</tr></thead> <tbody>"
        )
        html += " ".join("<tr>" + " ".join(f"<td>{_breaks(cell.html)}</td>" for cell in row) + "</tr>" for row in body)
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
                text = _moment(at, zone, self._language, with_utc=with_utc)
                return _Both(text, escape(text))
            case CountryName(code):
                name = clean(str(self._locale.territories.get(code, code)))
                return _Both(name, escape(name))
            case Joined(items, one_of):
                parts = [self.inline(item) for item in items]
                style: Literal["or", "standard"] = "or" if one_of else "standard"
                if not parts:
                    return _Both("", "")
                return _Both(
                    format_list([part.text for part in parts], style, self._locale),
                    format_list([part.html for part in parts], style, self._locale),
                )
            case _:
                assert_never(node)

    def _message(self, message: Message) -> _Both:
        if message.plural is None:
            template = self._translations.gettext(message.msgid)
        else:
            template = self._translations.ngettext(message.msgid, message.plural, message.count)
        pieces = _pieces(template)
        if not message.places:
            return pieces[0].both if len(pieces) == 1 else _joined([piece.both for piece in pieces])
        places = {name: self.inline(node) for name, node in message.places}
        return _joined([places.get(piece.place, piece.both) if piece.place else piece.both for piece in pieces])


@lru_cache(maxsize=5_000)
def _moment(at: datetime, zone: ZoneInfo | None, language: str, *, with_utc: bool) -> str:
    """Write a time, once for each zone and language: the same ones stand on many cards."""
    locale, local, name = _locale(language), at.astimezone(zone or UTC), zone.key if zone else "UTC"
    shown = format_datetime(local, "EEE d MMM y, HH:mm", locale=locale)
    if name == "UTC":
        return f"{shown} UTC"
    if not with_utc:
        return f"{shown} ({name})"
    if not local.utcoffset():
        return f"{shown} ({name}, UTC)"
    utc = at.astimezone(UTC)
    pattern = "HH:mm" if utc.date() == local.date() else "EEE d MMM, HH:mm"
    return f"{shown} ({name}, {format_datetime(utc, pattern, locale=locale)} UTC)"


class _Piece(NamedTuple):
    """A part of a sentence: what stands there, or the name of the place that is filled in."""

    place: str | None
    both: _Both


@lru_cache(maxsize=5_000)
def _pieces(template: str) -> tuple[_Piece, ...]:
    """Take a sentence apart, once for each: what stands between its places is escaped here."""
    pieces: list[_Piece] = []
    position = 0
    for found in _PLACE.finditer(template):
        literal = template[position : found.start()]
        pieces.append(_Piece(None, _Both(literal, escape(literal))))
        pieces.append(_Piece(found.group(1), _Both(found.group(), escape(found.group()))))
        position = found.end()
    pieces.append(_Piece(None, _Both(template[position:], escape(template[position:]))))
    return tuple(pieces)


def _joined(parts: Sequence[_Both]) -> _Both:
    return _Both("".join([part.text for part in parts]), "".join([part.html for part in parts]))


def _breaks(html: str) -> str:
    return html.replace("\n", "<br>\n")


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
