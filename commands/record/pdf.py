"""A paper as PDF: a typeface for Latin, Greek, Cyrillic, Arabic, Hebrew, Georgian, Thai and Devanagari is embedded."""

import tempfile
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from commands.record.paper import Paper, Section
from storage.reference.text import strip_controls

if TYPE_CHECKING:
    from fpdf import FPDF

_FAMILY = "FiraGO"
_FACES = {"": "figo", "B": "figbo"}
"""Names in the package of typefaces, by style."""
_NAME_WIDTH, _LINE, _SIZE = 52, 5, 9  # millimetres, millimetres, points


def as_pdf(paper: Paper, made_at: datetime) -> bytes:
    """Set a paper on A4 pages, marked on each. Takes about a second: for a thread beside the loop.

    A character that the typeface lacks stands as its code point, such as [U+4E2D], so that nothing is lost silently.
    """
    from fpdf import FPDF
    from fpdf.enums import XPos, YPos

    class Pages(FPDF):
        def header(self) -> None:
            self.set_font(_FAMILY, "B", _SIZE)
            self.cell(0, _LINE, _printable(paper.marking), align="R", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
            self.ln(2)

        def footer(self) -> None:
            self.set_y(-16)
            self.set_font(_FAMILY, "", 7)
            self.multi_cell(self.epw - 40, 3.5, _printable(paper.footer), align="L", new_x=XPos.RIGHT, new_y=YPos.TOP)
            self.set_font(_FAMILY, "B", 7)
            marks = f"{_printable(paper.marking)}   {self.page_no()}/{{nb}}"
            self.set_x(self.l_margin + self.epw - 40)
            self.cell(40, 3.5, marks, align="R")

    with tempfile.TemporaryDirectory(prefix="sesn-fonts-") as folder:
        pages = Pages(format="A4")
        for style, name in _FACES.items():
            file = Path(folder) / f"{name}.ttf"
            file.write_bytes(_face(name))
            pages.add_font(_FAMILY, style, file)
        pages.set_text_shaping(use_shaping_engine=True)
        pages.set_title(_printable(paper.title))
        pages.set_creation_date(made_at)
        pages.set_auto_page_break(auto=True, margin=20)
        pages.add_page()
        pages.set_font(_FAMILY, "B", 16)
        pages.multi_cell(0, 9, _printable(paper.title), new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        for section in paper.sections:
            _section(pages, section)
        return bytes(pages.output())


def _section(pages: "FPDF", section: Section) -> None:
    from fpdf.enums import XPos, YPos

    if pages.will_page_break(25):
        pages.add_page()
    pages.ln(3)
    pages.set_font(_FAMILY, "B", 12)
    pages.multi_cell(0, 7, _printable(section.title), new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    for row in section.rows:
        if pages.will_page_break(2 * _LINE):
            pages.add_page()
        page, top = pages.page, pages.get_y()
        pages.set_font(_FAMILY, "B", _SIZE)
        pages.multi_cell(_NAME_WIDTH - 2, _LINE, _printable(row.name), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        below = (pages.page, pages.get_y())
        pages.page = page
        pages.set_xy(pages.l_margin + _NAME_WIDTH, top)
        pages.set_font(_FAMILY, "", _SIZE)
        pages.multi_cell(0, _LINE, _printable(row.value), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        if (pages.page, pages.get_y()) < below:
            pages.page = below[0]
            pages.set_y(below[1])
        pages.ln(1)


@cache
def _face(name: str) -> bytes:
    import pymupdf_fonts

    face: bytes = pymupdf_fonts.myfont(name)
    return face


@cache
def _drawn() -> frozenset[int]:
    """Return the code points that both faces have."""
    import io

    from fontTools.ttLib import TTFont

    return frozenset.intersection(
        *(frozenset(TTFont(io.BytesIO(_face(name)), lazy=True).getBestCmap()) for name in _FACES.values())
    )


def _printable(text: str) -> str:
    drawn = _drawn()
    clean = strip_controls(text).replace("\r\n", "\n").replace("\t", " ")
    return "".join(
        one if one == "\n" or ord(one) in drawn else f"[U+{ord(one):04X}]" if one.isprintable() else "" for one in clean
    )
