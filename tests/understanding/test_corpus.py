"""The messages that the reading is measured on, and what it reaches."""

import pytest

from commands.understanding import FactKind, Finding, PlaceRole, understand
from storage.reference import ports
from storage.reference.countries import is_country
from tests.understanding.corpus import Sample, measure, samples
from tests.understanding.saying import TODAY

PARTS = ("tuned", "held_out")
EVERY = [sample for part in (*PARTS, "places") for sample in samples(part)]


def test_a_third_is_kept_apart_and_every_language_is_there() -> None:
    tuned, held_out = (samples(part) for part in PARTS)
    assert len(tuned) + len(held_out) >= 150
    assert len(held_out) * 3 >= len(tuned) + len(held_out)
    for part in (tuned, held_out):
        assert {sample.language for sample in part} == {"en", "fr", "es"}
    improved_on = {sample.text for sample in (*tuned, *samples("places"))}
    assert not improved_on & {sample.text for sample in held_out}


@pytest.mark.parametrize("sample", EVERY, ids=[sample.text[:40] for sample in EVERY])
def test_what_is_expected_exists(sample: Sample) -> None:
    for fact in sample.facts:
        if fact.kind is FactKind.PORT:
            assert ports.is_locode(fact.value), fact.value
        if fact.kind is FactKind.COUNTRY:
            assert is_country(fact.value), fact.value
        if fact.role:
            assert fact.kind in {FactKind.PORT, FactKind.COUNTRY}
            PlaceRole(fact.role)


def every_kind(text: str) -> tuple[Finding, ...]:
    return understand(text, today=TODAY, kinds=frozenset(FactKind)).findings


@pytest.mark.parametrize(
    ("part", "row", "least"),
    [
        ("tuned", "all", 0.99), ("tuned", "role", 0.97), ("tuned", "doubt", 0.97), ("tuned", "container", 1.0),
        ("places", "role", 0.97), ("places", "port", 1.0),
        ("held_out", "all", 0.96), ("held_out", "role", 0.85), ("held_out", "doubt", 0.75),
        ("held_out", "container", 0.98),
    ],
)  # fmt: skip
def test_the_reading_keeps_what_it_has_reached(part: str, row: str, least: float) -> None:
    score = measure(part, every_kind)[row]
    assert score.precision >= least
    assert score.recall >= least


def test_scores_count_what_is_right_wrong_and_missed() -> None:
    scores = measure("tuned", lambda _: ())
    assert scores["container"].recall == 0
    assert scores["container"].precision == 1
    assert scores["container"].missed == sum(
        fact.kind is FactKind.CONTAINER for s in samples("tuned") for fact in s.facts
    )
    same = every_kind("Container CSQU3054383 at Tema")
    scores = measure("tuned", lambda _: same)
    assert 0 < scores["container"].precision < 0.1
