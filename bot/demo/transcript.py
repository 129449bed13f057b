"""The conversation of the demo as a document: Markdown, or a picture in SVG that needs nothing else."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from zlib import crc32

from bot.demo.screen import Entry

WIDTH = 760
_MARGIN = 24
_AVATAR = 34
_LEFT = _MARGIN + _AVATAR + 12  # where bubbles begin
_INDENT = 22  # of what is said in a thread
_PADDING = 12
_SIZE = 13.5  # of letters, in pixels
_LINE = 19
_GAP = 14
_FONT = "-apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
_COLOURS = ("#1f6f8b", "#8a4f9e", "#a3542c", "#4b6a2f", "#9a3b52")
_BOT = "#0b6e4f"
_LABEL = re.compile(r"[A-Z][^:<>!]{1,28}:(?= )")

# How wide letters are, in parts of their size, in the widest of the usual sans-serif fonts: with the others
# a bubble has some room to the right.
_NARROW, _WIDE = frozenset("iljtfrI.,:;'|!()[]- "), frozenset("mwMW@%⏳✓—…")


def to_markdown(entries: Iterable[Entry]) -> str:
    """Return a conversation as Markdown: who said what, where and when; an edit stands where it was made."""
    parts = ["# A conversation with the bot", ""]
    room = None
    for entry in entries:
        if entry.room != room:
            room = entry.room
            parts += [f"## {_literal(room)}", ""]
        marks = [f"{entry.at:%H:%M:%S} UTC", *(["in the thread"] if entry.threaded else [])]
        marks += ["edited"] if entry.edited else []
        parts += [f"**{_literal(entry.who)}** ({', '.join(marks)})", ""]
        fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", entry.text)), default=0))
        parts += [f"{fence}text", entry.text, fence, ""]
    return "\n".join(parts)


def to_svg(entries: Sequence[Entry]) -> str:
    """Return a conversation as a picture: a bubble for each message, a line with its name where the room changes.

    The width is 760 pixels, the height follows the text. Whatever people wrote is escaped; nothing is loaded.
    """
    shapes: list[str] = []
    y = float(_MARGIN)
    room = None
    for entry in entries:
        if entry.room != room:
            room = entry.room
            shapes += _divider(room, y)
            y += 40
        drawn, y = _message(entry, y)
        shapes += drawn
    height = round(y + _MARGIN - _GAP)
    names = ", ".join(dict.fromkeys(entry.who for entry in entries))
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" '
        f'font-family="{_FONT}" font-size="{_SIZE}" role="img" aria-label="{escape(f"Conversation of {names}")}">'
    )
    ground = f'<rect width="{WIDTH}" height="{height}" rx="10" fill="#f4f6f8" stroke="#d7dde3"/>'
    return "\n".join([head, ground, *shapes, "</svg>", ""])


@dataclass(frozen=True)
class _Line:
    """One line of a bubble."""

    text: str
    bold: int = 0
    """How many of its first characters are bold."""
    indent: float = 0.0
    bullet: bool = False
    quote: bool = False


def _divider(room: str, y: float) -> list[str]:
    label = f"Room: {room}"
    half = _width(label) / 2 + 16
    middle = WIDTH / 2
    ends = f"M{_MARGIN} {y + 12}H{middle - half:.0f}M{middle + half:.0f} {y + 12}H{WIDTH - _MARGIN}"
    return [
        f'<path d="{ends}" stroke="#c9d1d9"/>',
        _text(middle, y + 16.5, label, 'text-anchor="middle" fill="#57606a" font-weight="600"'),
    ]


def _message(entry: Entry, y: float) -> tuple[list[str], float]:
    """Return the shapes of one message that begins at `y`, and where the next one begins."""
    x = _LEFT + (_INDENT if entry.threaded else 0)
    lines = list(_lines(entry, WIDTH - x - _MARGIN - 2 * _PADDING))
    width = max(_width(line.text, line.bold) + line.indent for line in lines) + 2 * _PADDING
    height = len(lines) * _LINE + 2 * _PADDING - 5
    colour = _BOT if entry.by_bot else _COLOURS[crc32(entry.who.encode()) % len(_COLOURS)]
    marks = [f"{entry.at:%H:%M} UTC", *(["in the thread"] if entry.threaded else [])]
    marks += ["edited"] if entry.edited else []
    centre, middle = x - 12 - _AVATAR / 2, y + _AVATAR / 2 + 2
    top, wide = y + _LINE + 1, min(width, WIDTH - x - _MARGIN)
    paint = 'fill="#e6f4ee" stroke="#b9dccd"' if entry.by_bot else 'fill="#ffffff" stroke="#d0d7de"'
    name = f'<tspan fill="{colour}" font-weight="700">{escape(entry.who)}</tspan>'
    when = f'<tspan fill="#6e7781" font-size="11.5" dx="8">{escape(" · ".join(marks))}</tspan>'
    shapes = [
        f'<circle cx="{centre}" cy="{middle}" r="{_AVATAR / 2}" fill="{colour}"/>',
        _text(centre, middle + 4.5, _initials(entry.who), 'text-anchor="middle" fill="#fff" font-weight="700"'),
        f'<text x="{x:g}" y="{y + 13:g}">{name}{when}</text>',
        f'<rect x="{x}" y="{top}" width="{wide:.0f}" height="{height}" rx="9" {paint}/>',
    ]
    for number, line in enumerate(lines):
        shapes.append(_drawn(line, x + _PADDING, top + _PADDING + 11 + number * _LINE))
    return shapes, top + height + _GAP


def _text(x: float, y: float, text: str, style: str) -> str:
    return f'<text x="{x:g}" y="{y:g}" {style}>{escape(text)}</text>'


def _drawn(line: _Line, x: float, y: float) -> str:
    shape = ""
    if line.quote:
        shape += f'<path d="M{x + 1.5} {y - 13}v{_LINE}" stroke="#9fb8ad" stroke-width="3"/>'
    if line.bullet:
        shape += f'<circle cx="{x + 5}" cy="{y - 4.5}" r="2.2" fill="#57606a"/>'
    bold, rest = escape(line.text[: line.bold]), escape(line.text[line.bold :])
    strong = f'<tspan font-weight="700">{bold}</tspan>' if bold else ""
    fill = "#57606a" if line.quote else "#1f2328"
    return f'{shape}<text x="{x + line.indent}" y="{y}" fill="{fill}" xml:space="preserve">{strong}{rest}</text>'


def _lines(entry: Entry, room: float) -> Iterator[_Line]:
    """Break a message into lines that fit into `room` pixels."""
    texts = [text for text in entry.text.splitlines() if text.strip()] or [""]
    for number, text in enumerate(texts):
        quote, bullet = text.startswith("> "), text.startswith("- ")
        plain = text[2:] if quote or bullet else text
        indent = 12.0 if quote else 16.0 if bullet else 0.0
        bold = 0
        if entry.by_bot and not quote and not bullet:
            label = _LABEL.match(plain)
            if number == 0 and len(texts) > 3:
                bold = len(plain)
            elif label is not None and len(texts) > 3:
                bold = label.end()
        for part in _broken(plain, room - indent, bold):
            yield _Line(part, min(bold, len(part)), indent, bullet, quote)
            bold = max(0, bold - len(part) - 1)
            bullet = False


def _broken(text: str, room: float, bold: int) -> list[str]:
    """Break a text at spaces so that no line is wider than `room`; a word that is too long stays whole."""
    lines: list[str] = []
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and _width(longer, bold) <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines or [""]


def _width(text: str, bold: int = 0) -> float:
    parts = sum(0.36 if c in _NARROW else 0.95 if c in _WIDE else 0.71 if c.isupper() else 0.62 for c in text)
    return float((parts + 0.07 * bold) * _SIZE)


def _initials(name: str) -> str:
    words = [word for word in re.split(r"[\s-]+", name) if word[:1].isalpha()]
    return "".join(word[0] for word in words[:2]).upper() if len(words) > 1 else name[:2].upper()


def _literal(text: str) -> str:
    return re.sub(r"([\\`*_\[\]<>#])", r"\\\1", " ".join(text.split()))
