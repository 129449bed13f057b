"""The numbers of alerts: a series for the real ones, another for exercises."""

import re
from dataclasses import dataclass
from typing import Self

from storage.reference.text import DASHES

REAL = "A"
"""The number series of real alerts."""

EXERCISE = "X"
"""The number series of exercises: never mixed with real figures."""

_HYPHENS = str.maketrans(dict.fromkeys(DASHES, "-"))
_NUMBER = re.compile(r"(?:(?:([A-Za-z])-?)?(\d{4})-)?([A-Za-z]-?)?(\d{1,9})")
_RUN_TOGETHER = re.compile(r"([AaXx])-?(20\d\d)(\d{4})")


@dataclass(frozen=True, slots=True)
class AlertNumber:
    """The number of an alert as people write it: "A-2026-0001"."""

    series: str
    year: int
    sequence: int

    def __str__(self) -> str:
        return f"{self.series}-{self.year}-{self.sequence:04d}"

    @classmethod
    def parse(cls, text: str, *, year: int) -> Self | None:
        """Read `A-2026-0001`, `A20260001`, `2026-1`, `A-1` or `1`; without a year it is of `year`.

        None when it is no number.
        """
        plain = text.translate(_HYPHENS).strip().lstrip("#")
        if together := _RUN_TOGETHER.fullmatch(plain):
            return cls(together[1].upper(), int(together[2]), int(together[3]))
        found = _NUMBER.fullmatch(plain)
        if found is None or (found[3] and found[2]):
            return None
        series = (found[1] or found[3] or REAL)[0].upper()
        return cls(series, int(found[2] or year), int(found[4]))
