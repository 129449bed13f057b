"""How well the facts in officials' messages are found: precision and recall by kind, on tuned and on held-out messages.

The messages and the rules of their annotation are in `tests/understanding/corpus`. A finding is right when kind and
value are; roles of places and doubts have rows of their own. "held out" are messages on which nothing was improved.
"""

import argparse
import json
import sys
from collections import Counter
from datetime import date

from commands.alerts.understanding import Confidence, FactKind, Finding, understand
from tests.understanding.corpus import Sample, Score, read, samples, stated

TODAY = date(2026, 11, 22)
PARTS = ("tuned", "held_out")
LIMITS = {"tuned": 0.97, "held_out": 0.90}
"""Least precision and recall over all kinds."""


def findings(sample: Sample) -> tuple[Finding, ...]:
    """Read one message for every kind of fact."""
    return understand(sample.text, today=TODAY, kinds=frozenset(FactKind)).findings


def measure(part: str) -> dict[str, Score]:
    """Return the scores of one part by row: every kind, roles and doubts, and "all" for the kinds together."""
    scores: dict[str, Score] = {}
    total = Score()
    for sample in samples(part):
        expected, found = stated(sample), read(findings(sample))
        for row, facts in expected.items():
            scores.setdefault(row, Score()).add(facts, found[row])
            if row not in {"role", "doubt"}:
                total.add(facts, found[row])
    return scores | {"all": total}


def by_confidence(part: str) -> dict[Confidence, tuple[int, int]]:
    """Return, for each confidence, how many findings are right and how many there are."""
    right: Counter[Confidence] = Counter()
    every: Counter[Confidence] = Counter()
    for sample in samples(part):
        expected = stated(sample)
        for one in findings(sample):
            every[one.confidence] += 1
            right[one.confidence] += all(read([one])[row] <= expected[row] for row in (one.kind.value,))
    return {confidence: (right[confidence], every[confidence]) for confidence in Confidence}


def mistakes(part: str) -> None:
    """Print each message that is read otherwise than a careful reader does."""
    for sample in samples(part):
        expected, found = stated(sample), read(findings(sample))
        wrong = [f"+ {row} {one}" for row in expected for one in sorted(found[row] - expected[row])]
        wrong += [f"- {row} {one}" for row in expected for one in sorted(expected[row] - found[row])]
        if wrong:
            print(f"[{sample.language}] {sample.text}")
            print(*(f"    {line}" for line in wrong), sep="\n")


def table(scores: dict[str, Score]) -> None:
    """Print the scores of one part."""
    print(f"{'':16}{'right':>7}{'wrong':>7}{'missed':>8}{'precision':>11}{'recall':>8}")
    for row, score in scores.items():
        if score.right + score.wrong + score.missed:
            numbers = f"{score.right:7}{score.wrong:7}{score.missed:8}{score.precision:11.3f}{score.recall:8.3f}"
            print(f"{row:16}{numbers}")


def main() -> int:
    """Print both tables and one line of JSON; 1 when a part is below its limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mistakes", choices=PARTS, help="print what is read wrongly in one part")
    chosen = parser.parse_args()
    result: dict[str, dict[str, float]] = {}
    for part in PARTS:
        scores = measure(part)
        languages = Counter(sample.language for sample in samples(part))
        print(f"{part.replace('_', ' ')}: {sum(languages.values())} messages {dict(languages)}")
        table(scores)
        for confidence, (right, every) in by_confidence(part).items():
            print(f"confidence {confidence.value}: {right} of {every} right")
        print()
        if chosen.mistakes == part:
            mistakes(part)
        result[part] = {"messages": sum(languages.values())} | {
            f"{row} {measure_name}": round(value, 4)
            for row, score in scores.items()
            for measure_name, value in (("precision", score.precision), ("recall", score.recall))
            if score.right + score.wrong + score.missed
        }
    good = all(min(result[part]["all precision"], result[part]["all recall"]) >= LIMITS[part] for part in PARTS)
    print(json.dumps({"benchmark": "understanding", "good": good, **result}))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
