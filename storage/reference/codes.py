"""Waste and customs codes: Basel, EU list of waste, HS.

Every lookup takes the code as people write it ("a 1180", "16 06 01*", "HS 8549.21").
"""

import re
from dataclasses import dataclass
from datetime import date
from functools import cache

from storage.reference.tables import day, rows, yes_no
from storage.reference.text import fold

_SUCCESSORS = {"A1180": ("A1181",), "B1110": ("A1181", "Y49"), "B4030": ("A1181", "Y49"), "B3010": ("B3011",)}


@dataclass(frozen=True, slots=True)
class BaselCode:
    """An entry of the Basel annexes, as it stands on one day."""

    code: str
    list: str  # A (Annex VIII), B (Annex IX), Y (Annexes I and II), H (Annex III)
    annex: str
    description: str
    consent: bool | None  # prior informed consent needed; None: depends on the waste
    valid_from: date | None  # None: not known
    valid_to: date | None
    valid: bool  # on the day asked for
    successors: tuple[str, ...]  # codes that took its place
    note: str

    @property
    def successor(self) -> str | None:
        """The first code that took its place."""
        return self.successors[0] if self.successors else None


@dataclass(frozen=True, slots=True)
class EwcCode:
    """An entry of the EU list of waste, as it stands on one day."""

    code: str  # six digits
    formatted: str  # "16 06 01*"
    hazardous: bool
    chapter: str
    subchapter: str
    description: str
    valid: bool
    note: str


@dataclass(frozen=True, slots=True)
class HsCode:
    """A chapter, heading or subheading of the Harmonized System, edition 2022."""

    code: str  # two, four or six digits
    description: str
    section: str  # Roman numeral

    @property
    def formatted(self) -> str:
        """As customs write it: "8549.21"."""
        return hs_formatted(self.code)


@dataclass(frozen=True, slots=True)
class HsWatch:
    """Why an HS code deserves a look: our own triage, not an official correlation."""

    code: str
    description: str
    waste_type: str
    likely_basel: tuple[str, ...]
    level: str  # "high", "medium" or "low"
    note: str


def _packed(text: str) -> str:
    return re.sub(r"[^0-9A-Z.]", "", fold(text).upper())


def normalise_basel(text: str) -> str | None:
    """Return a Basel code as the annexes write it ("A1180", "Y46", "H6.1"); None for what has no such shape."""
    code = _packed(text).removeprefix("BASEL").removeprefix("CODE")
    if re.fullmatch(r"[AB]\.?[1-4]\.?\d{3}", code):
        return code.replace(".", "")
    if match := re.fullmatch(r"Y\.?0?(\d{1,2})", code):
        return f"Y{match[1]}"
    return code if re.fullmatch(r"H\d{1,2}(\.\d)?", code) else None


@cache
def _basel() -> dict[str, dict[str, str]]:
    return {row["code"]: row for row in rows("basel_codes.csv")}


def basel(code: str, *, on: date) -> BaselCode | None:
    """Return a Basel entry as it stands on a day; None for a code the annexes never had."""
    row = _basel().get(normalise_basel(code) or "")
    if row is None:
        return None
    start, end = day(row["valid_from"]), day(row["valid_to"])
    return BaselCode(
        code=row["code"],
        list=row["list"],
        annex=row["annex"],
        description=row["description"],
        consent=yes_no(row["pic_required"]),
        valid_from=start,
        valid_to=end,
        valid=(start is None or start <= on) and (end is None or on <= end),
        successors=_SUCCESSORS.get(row["code"], ()),
        note=row["note"],
    )


def basel_successors(code: str) -> tuple[str, ...]:
    """Return the Basel codes that took the place of one; none for one that still stands or never did."""
    return _SUCCESSORS.get(normalise_basel(code) or "", ())


def basel_codes(*, on: date) -> tuple[BaselCode, ...]:
    """Return all Basel entries, ended ones too, as they stand on a day."""
    return tuple(found for code in _basel() if (found := basel(code, on=on)))


def normalise_ewc(text: str) -> str | None:
    """Return the six digits of a code of the EU list of waste; None for what has no such shape."""
    code = re.sub(r"[\s.\-*]", "", fold(text))
    for prefix in ("ewc", "low", "ler", "ced", "avv", "code"):
        code = code.removeprefix(prefix).lstrip(":")
    return code if re.fullmatch(r"[0-9]{6}", code) else None


@cache
def _ewc() -> dict[str, dict[str, str]]:
    return {row["code"]: row for row in rows("ewc_codes.csv")}


def ewc(code: str, *, on: date) -> EwcCode | None:
    """Return an entry of the EU list of waste as it stands on a day; None for a code the table does not hold.

    The table lacks some codes of sub-chapters 16 06, 19 02 and 19 14 that apply in the EU from 2026-12-09:
    see `ewc_may_be_new`.
    """
    row = _ewc().get(normalise_ewc(code) or "")
    if row is None:
        return None
    start, end = day(row["valid_from"]), day(row["valid_to"])
    return EwcCode(
        code=row["code"],
        formatted=row["code_formatted"],
        hazardous=row["hazardous"] == "yes",
        chapter=row["chapter_name"],
        subchapter=row["subchapter_name"],
        description=row["description"],
        valid=(start is None or start <= on) and (end is None or on <= end),
        note=row["note"],
    )


def ewc_may_be_new(code: str, *, on: date) -> bool:
    """Say whether a code that the table lacks may be one of those that Decision (EU) 2025/934 added."""
    digits = normalise_ewc(code) or ""
    return on >= date(2026, 12, 9) and digits[:4] in {"1606", "1902", "1914", "2001"}


def ewc_formatted(digits: str) -> str:
    """Return six digits in the form of the list, with the star of hazardous waste where the table has it."""
    row = _ewc().get(digits)
    return row["code_formatted"] if row else f"{digits[:2]} {digits[2:4]} {digits[4:]}"


def normalise_hs(text: str) -> str | None:
    """Return the HS digits (2, 4 or 6; national digits after them are cut off); None for what has no such shape."""
    code = re.sub(r"[\s.\-]", "", fold(text))
    code = re.sub(r"^(hts|hs|sh|sa|cn|taric)?(code|n)?:?", "", code)
    if not re.fullmatch(r"[0-9]{2,12}", code) or len(code) % 2:
        return None
    return code[:6]


def hs_formatted(digits: str) -> str:
    """Return HS digits as customs write them: "8549.21"."""
    return f"{digits[:4]}.{digits[4:]}" if len(digits) > 4 else digits


@cache
def _hs() -> dict[str, HsCode]:
    return {row["code"]: HsCode(row["code"], row["description"], row["section"]) for row in rows("hs_codes.csv")}


def hs(code: str) -> HsCode | None:
    """Return an HS chapter, heading or subheading; None for a code that edition 2022 does not have."""
    return _hs().get(normalise_hs(code) or "")


@cache
def _watch() -> dict[str, HsWatch]:
    return {
        row["code"]: HsWatch(
            code=row["code"],
            description=row["description"],
            waste_type=row["waste_type"],
            likely_basel=tuple(row["likely_basel_codes"].split()),
            level=row["alert_level"],
            note=row["note"],
        )
        for row in rows("hs_waste_watch.csv")
    }


def hs_watch(code: str) -> HsWatch | None:
    """Return the entry of the watch list for a code, or for its heading."""
    digits = normalise_hs(code) or ""
    return _watch().get(digits) or _watch().get(digits[:4])
