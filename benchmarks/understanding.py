"""How well the facts in officials' messages are found: precision and recall by kind, on tuned and on held-out messages.

The messages and the rules of their annotation are in `tests/understanding/corpus`. A finding is right when kind and
value are; roles of places and doubts have rows of their own. "held out" are messages on which nothing was improved.
Beside them: every well-known port with one letter wrong, and all 18,000 by name and country.
"""

import argparse
import json
import random
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import date

from commands.understanding import Confidence, FactKind, Finding, understand
from storage.ids import Locode
from storage.reference import ports
from storage.reference.countries import country_name
from tests.understanding.corpus import Score, measure, read, samples, stated

TODAY = date(2026, 11, 22)
PARTS = ("tuned", "places", "earlier", "quay", "legs", "held_out", "night")
LIMITS = {"tuned": 0.99, "places": 0.97, "earlier": 0.97, "quay": 0.98, "legs": 0.98, "held_out": 0.96, "night": 0.95}
"""Least precision and recall over all kinds."""


def findings(text: str) -> tuple[Finding, ...]:
    """Read one message for every kind of fact."""
    return understand(text, today=TODAY, kinds=frozenset(FactKind)).findings


def by_confidence(part: str) -> dict[Confidence, tuple[int, int]]:
    """Return, for each confidence, how many findings are right and how many there are."""
    right: Counter[Confidence] = Counter()
    every: Counter[Confidence] = Counter()
    for sample in samples(part):
        expected = stated(sample)
        for one in findings(sample.text):
            every[one.confidence] += 1
            right[one.confidence] += all(read([one])[row] <= expected[row] for row in (one.kind.value,))
    return {confidence: (right[confidence], every[confidence]) for confidence in Confidence}


def mistyped(name: str, draw: random.Random) -> str:
    """Return a name with one letter left out, doubled, wrong or exchanged with the next; the first is kept."""
    at = draw.randrange(1, len(name) - 1)
    one, two = name[at], name[at + 1]
    other = draw.choice("abcdefghijklmnopqrstuvwxyz")
    ways = (name[:at] + name[at + 1 :], name[:at] + one + name[at:], name[:at] + other + name[at + 1 :])
    return draw.choice((*ways, name[:at] + two + one + name[at + 2 :]))


def judged(found: Sequence[Finding], locode: Locode, *, otherwise: str) -> str:
    """Say how well the port that was meant was found."""
    if not found:
        return "not found"
    if found[0].value == locode:
        return "right"
    readings = {one.value for one in found}
    readings |= {other for one in found if one.doubt for other in one.doubt.alternatives}
    return "among those asked about" if locode in readings else otherwise


def typing_errors() -> Counter[str]:
    """Read every well-known port of six letters or more with one letter wrong, ten times."""
    draw = random.Random(0)  # noqa: S311 - the same errors at each run
    counted: Counter[str] = Counter()
    for port in (one for one in ports.ports() if one.known and len(one.shown) >= 6 and one.shown.isascii()):
        for _ in range(10):
            found = understand(f"Container from {mistyped(port.shown, draw)}", today=TODAY).of(FactKind.PORT)
            counted[judged(found, port.locode, otherwise="wrong")] += 1
    return counted


def by_name_and_country() -> Counter[str]:
    """Read each of all the ports as "held at <name>, <country>"."""
    counted: Counter[str] = Counter()
    for port in ports.ports():
        text = f"held at {port.shown}, {country_name(port.country)}"
        found = understand(text, today=TODAY).of(FactKind.PORT)
        counted[judged(found, port.locode, otherwise="another port")] += 1
    return counted


def mistakes(part: str) -> None:
    """Print each message that is read otherwise than a careful reader does."""
    for sample in samples(part):
        expected, found = stated(sample), read(findings(sample.text))
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
        scores = measure(part, findings)
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
    for name, counted in (("one letter wrong", typing_errors()), ("name and country", by_name_and_country())):
        every = counted.total()
        print(f"{name}: " + ", ".join(f"{what} {count / every:.1%}" for what, count in counted.most_common()))
        print(f"({every} readings)")
        result[name] = {what: round(count / every, 4) for what, count in counted.items()}
    good = all(min(result[part]["all precision"], result[part]["all recall"]) >= LIMITS[part] for part in PARTS)
    print(json.dumps({"benchmark": "understanding", "good": good, **result}))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
