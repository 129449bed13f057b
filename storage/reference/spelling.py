"""Names that differ from what was typed in a letter or two."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

_SHORTEST = 5


@dataclass(frozen=True, slots=True)
class Spelling:
    """A name that a misspelt text may mean."""

    name: str
    distance: int  # letters typed wrongly, left out, added or exchanged


def likeness(word: str, other: str) -> float:
    """Return how much of two words is the same, 0 to 100."""
    # The library weighs some megabytes, which a process that is asked nothing misspelt never needs; so throughout here.
    from rapidfuzz import fuzz

    return fuzz.ratio(word, other)


def slips(word: str, other: str) -> int:
    """Return how many letters are typed wrongly, left out, added or exchanged with a neighbour."""
    from rapidfuzz.distance import OSA

    return OSA.distance(word, other)


def most_like(word: str, known: Collection[str], at_least: float, most: int = 1) -> list[tuple[str, float]]:
    """Return the known words that are most like one, with their `likeness` (0 to 100), the nearest first."""
    from rapidfuzz import fuzz, process

    found = process.extract(word, known, scorer=fuzz.ratio, score_cutoff=at_least, limit=most)
    return [(one, score) for one, score, _ in found]


def meant(word: str, known: Collection[str], nearness: float) -> str | None:
    """Return the known word that was most probably meant: a slip of the finger first, then what begins or holds it.

    `nearness`: the share of letters that must be right for a slip, 0 to 1.
    """
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    slip = process.extractOne(word, known, scorer=OSA.normalized_similarity, score_cutoff=nearness)
    found = slip if slip is not None else process.extractOne(word, known, score_cutoff=70)
    return None if found is None else found[0]


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
