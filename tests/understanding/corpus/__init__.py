"""Invented messages of officials with the facts that a careful reader finds in them, and how a reading is measured.

`tuned.txt` is what the reading was improved on, later `places.txt` for what places are, and `earlier.txt`, which had
been kept apart until then; last `quay.txt` and `legs.txt`, after each had been measured once. `held_out.txt` and
`night.txt` are kept apart for honest figures. A message begins with ">", its facts follow, one a line:
`kind: value @role ?doubt`.

Rules of annotation: a value is what `Finding.value` says, for a date with a time of day what is shown. A place has a
role where a reader of the one message would give it one. A person's or ship's name is never a place. Kept doubts are
those that somebody must settle (check digit, ended or unknown code, several readings), not the mere confidence.
A port without a role counts as seen there: that is the line of the card in which it stands. Where something was
landed is where it was to go, if the same sentence says which way it came and the text names no other destination;
otherwise it is seen there.
An article ("un conteneur") is no quantity. What is said twice stands there once.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.resources import files

from commands.understanding import DoubtKind, FactKind, Finding
from storage.reference.text import fold, key

_FREE = frozenset({FactKind.DECLARED, FactKind.VESSEL})


@dataclass(frozen=True, slots=True)
class Expected:
    """One fact that a message states."""

    kind: FactKind
    value: str
    role: str | None = None
    doubt: DoubtKind | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """A message with the facts that it states."""

    language: str
    text: str
    facts: tuple[Expected, ...]


@dataclass(slots=True)
class Score:
    """Right, wrong and missed findings."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    @property
    def precision(self) -> float:
        """How many of the findings are right, 0 to 1; 1 where nothing was found."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self) -> float:
        """How much of what is stated was found, 0 to 1; 1 where nothing is stated."""
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0

    def add(self, expected: set[str], found: set[str]) -> None:
        """Count one message."""
        self.right += len(expected & found)
        self.wrong += len(found - expected)
        self.missed += len(expected - found)


def _fact(line: str) -> Expected:
    kind, _, rest = line.partition(": ")
    rest, _, doubt = rest.partition(" ?")
    value, _, role = rest.partition(" @")
    return Expected(FactKind(kind), value, role or None, DoubtKind(doubt) if doubt else None)


def samples(name: str) -> tuple[Sample, ...]:
    """Return the messages of one part: "tuned", "places", "earlier", "quay", "legs", "held_out" or "night".

    Raises:
        FileNotFoundError: there is no such part.
        ValueError: a line is not of the form that is described above.
    """
    found: list[Sample] = []
    language = ""
    text: list[str] = []
    facts: list[Expected] = []
    lines = files(__name__).joinpath(f"{name}.txt").read_text(encoding="utf-8").split("\n")
    for line in [*lines, ""]:
        if line.startswith("> "):
            text.append(line.removeprefix("> "))
        elif line and not line.startswith(("#", "[")):
            facts.append(_fact(line))
        elif text:
            found.append(Sample(language, "\n".join(text), tuple(facts)))
            text, facts = [], []
        if line.startswith("["):
            language = line.strip("[]")
    return tuple(found)


def _written(kind: FactKind, value: str) -> str:
    if kind is FactKind.COMPANY:
        return key(value.replace(".", ""))
    return fold(value) if kind in _FREE else value


def stated(sample: Sample) -> dict[str, set[str]]:
    """Return what a message states, by row of the table: each kind, then roles and doubts."""
    return _rows((one.kind, one.value, one.role, one.doubt) for one in sample.facts)


def read(findings: Iterable[Finding]) -> dict[str, set[str]]:
    """Return what was found, by row of the table."""
    return _rows(
        (
            one.kind,
            one.shown if one.kind is FactKind.DATE else one.value,
            one.role.value if one.role else None,
            one.doubt.kind if one.doubt and one.doubt.kind is not DoubtKind.GUESSED else None,
        )
        for one in findings
    )


def _rows(facts: Iterable[tuple[FactKind, str, str | None, DoubtKind | None]]) -> dict[str, set[str]]:
    rows: dict[str, set[str]] = {row: set() for row in (*FactKind, "role", "doubt")}
    for kind, value, role, doubt in facts:
        written = _written(kind, value)
        rows[kind.value].add(written)
        said = role or ("seen" if kind is FactKind.PORT else None)
        if said:
            rows["role"].add(f"{written} {said}")
        if doubt:
            rows["doubt"].add(f"{written} {doubt.value}")
    return rows


def measure(part: str, reading: Callable[[str], Iterable[Finding]]) -> dict[str, Score]:
    """Return the scores of one part by row: every kind, roles and doubts, and "all" for the kinds together."""
    scores: dict[str, Score] = {}
    total = Score()
    for sample in samples(part):
        expected, found = stated(sample), read(reading(sample.text))
        for row, facts in expected.items():
            scores.setdefault(row, Score()).add(facts, found[row])
            if row not in {"role", "doubt"}:
                total.add(facts, found[row])
    return scores | {"all": total}
