"""Names that differ from what was typed in a letter or two."""

from collections.abc import Iterable
from dataclasses import dataclass

_SHORTEST = 5


@dataclass(frozen=True, slots=True)
class Spelling:
    """A name that a misspelt text may mean."""

    name: str
    distance: int  # letters typed wrongly, left out, added or exchanged


class Spellings:
    """Names by their number of words and letters, so that only those of about the same shape are compared."""

    def __init__(self, names: Iterable[str]) -> None:
        shapes: dict[tuple[int, int], list[str]] = {}
        for name in names:
            if len(name) >= _SHORTEST and not name.isdigit():
                shapes.setdefault((name.count(" "), len(name)), []).append(name)
        self._shapes = {shape: tuple(some) for shape, some in shapes.items()}

    def near(self, name: str, most: int) -> tuple[Spelling, ...]:
        """Return the names of as many words that differ in at most `most` letters, the nearest first.

        Of each length the eight nearest are returned.
        """
        from rapidfuzz import process
        from rapidfuzz.distance import OSA

        found: list[Spelling] = []
        for length in range(max(_SHORTEST, len(name) - most), len(name) + most + 1):
            names = self._shapes.get((name.count(" "), length))
            if names:
                near = process.extract(name, names, scorer=OSA.distance, score_cutoff=most, limit=8)
                found += [Spelling(spelling, int(distance)) for spelling, distance, _ in near]
        return tuple(sorted(found, key=lambda one: (one.distance, one.name)))
