"""The figures of a period as a picture: alerts raised and confirmed, month by month."""

import io
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from commands.document import Doc, Message, Strong, _, bullets, doc
from commands.figures.counting import Figures
from commands.figures.period import TimeSpan
from commands.figures.words import heading
from commands.files import MadeFile
from storage.ids import CountryCode

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont

WIDTH, HEIGHT = 900, 640
"""Pixels. A telephone held upright shows it at about a third of this: so large are the letters."""

MOST_BARS = 24
"""Months shown; of a longer time the last ones."""

_LEFT, _RIGHT, _TOP, _BOTTOM = 90, 20, 130, 70
_LETTERS, _SMALLEST = 38, 14  # pixels
_WIDEST_BAR = 120
_INK, _GRID, _PAPER = "#1b1f24", "#d0d7de", "#ffffff"
_RAISED, _CONFIRMED = "#3b6fb6", "#c4501b"
"""Told apart by brightness too, for those who do not see the colours."""


class NothingToShow(Exception):
    """No alert was raised in the period."""


def chart(figures: Figures, span: TimeSpan, country: CountryCode | None) -> MadeFile:
    """Draw the alerts raised and confirmed of each month (UTC) as a PNG; the caption says the same in words.

    Raises:
        NothingToShow: there is no alert in the figures.
    """
    months = list(figures.by_month.items())[-MOST_BARS:]
    if not months:
        raise NothingToShow
    labels = [f"{year}-{month:02}" for (year, month), _counts in months]
    data = _draw(labels, [counts for _month, counts in months])
    name = f"alerts-{country or 'all'}-{span.first.isoformat()}-{span.last.isoformat()}.png"
    return MadeFile(name, "image/png", data, _caption(labels, [counts for _m, counts in months], span, country),
                    (WIDTH, HEIGHT))  # fmt: skip


def _caption(
    labels: Sequence[str], counts: Sequence[tuple[int, int]], span: TimeSpan, country: CountryCode | None
) -> Doc:
    return doc(
        Strong(heading(span, country)),
        _("Chart of the alerts raised, and of those confirmed as illegal, by month:"),
        bullets(_month(label, raised, confirmed) for label, (raised, confirmed) in zip(labels, counts, strict=True)),
        notice=True,
    )


def _month(label: str, raised: int, confirmed: int) -> Message:
    return _("{month}: {raised} raised, {confirmed} confirmed", month=label, raised=raised, confirmed=confirmed)


def _draw(labels: Sequence[str], counts: Sequence[tuple[int, int]]) -> bytes:
    from PIL import Image, ImageDraw, ImageFont

    picture = Image.new("RGB", (WIDTH, HEIGHT), _PAPER)
    pen = ImageDraw.Draw(picture)
    slot = (WIDTH - _LEFT - _RIGHT) / len(counts)
    bar = min(slot * 0.4, _WIDEST_BAR)
    # The numbers stand over their bars: with many bars they are smaller, and not every month is named.
    font, small = ImageFont.load_default(_LETTERS), ImageFont.load_default(max(_SMALLEST, min(_LETTERS, bar * 0.9)))
    assert not isinstance(font, ImageFont.ImageFont)
    assert not isinstance(small, ImageFont.ImageFont)
    _legend(pen, font)
    top = _round_up(max(max(pair) for pair in counts))
    _grid(pen, font, top)
    every = math.ceil(pen.textlength(f" {labels[0]} ", font=font) / slot)
    for place, (label, (raised, confirmed)) in enumerate(zip(labels, counts, strict=True)):
        middle = _LEFT + (place + 0.5) * slot
        for number, x, colour in ((raised, middle - bar, _RAISED), (confirmed, middle, _CONFIRMED)):
            y = _y(number, top)
            pen.rectangle((x + 1, y, x + bar - 1, HEIGHT - _BOTTOM), fill=colour)
            if number:
                pen.text((x + bar / 2, y - 4), str(number), fill=_INK, font=small, anchor="mb")
        if place % every == 0:
            pen.text((middle, HEIGHT - _BOTTOM + 20), label, fill=_INK, font=font, anchor="ma")
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _legend(pen: "ImageDraw", font: "FreeTypeFont") -> None:
    x = _LEFT
    # Words in a picture cannot be put into the reader's language afterwards; the caption has them in it.
    for colour, word in ((_RAISED, "raised"), (_CONFIRMED, "confirmed as illegal")):
        pen.rectangle((x, 24, x + 36, 60), fill=colour)
        pen.text((x + 50, 42), word, fill=_INK, font=font, anchor="lm")
        x += 100 + int(pen.textlength(word, font=font))


def _grid(pen: "ImageDraw", font: "FreeTypeFont", top: int) -> None:
    steps = 4 if top % 4 == 0 else min(top, 5)
    for step in range(steps + 1):
        value = top * step / steps
        if value != int(value):
            continue
        y = _y(value, top)
        pen.line((_LEFT, y, WIDTH - _RIGHT, y), fill=_GRID if step else _INK, width=2)
        pen.text((_LEFT - 12, y), str(int(value)), fill=_INK, font=font, anchor="rm")


def _y(value: float, top: int) -> float:
    return HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * value / top


def _round_up(value: int) -> int:
    """Return the end of the scale: 1, 2, 4, 5, 8 or 10 times a power of ten, never below 4."""
    power = 1
    while True:
        for step in (1, 2, 4, 5, 8):
            if step * power >= max(value, 4):
                return step * power
        power *= 10
