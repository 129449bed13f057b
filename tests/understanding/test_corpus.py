"""The messages that the reading is measured on, and what it reaches."""

import pytest

from commands.understanding import FactKind, Finding, PlaceRole, understand
from storage.reference import ports
from storage.reference.countries import is_country
from tests.understanding.corpus import Sample, measure, samples
from tests.understanding.saying import TODAY

IMPROVED_ON = ("tuned", "places", "earlier", "quay", "legs")
KEPT_APART = ("held_out", "night")
EVERY = [sample for part in (*IMPROVED_ON, *KEPT_APART) for sample in samples(part)]


def test_some_are_kept_apart_and_every_language_is_there() -> None:
    held_out = [sample for part in KEPT_APART for sample in samples(part)]
    improved_on = [sample for part in IMPROVED_ON for sample in samples(part)]
    assert len(held_out) >= 96
    assert len(improved_on) >= 375
    for part in (improved_on, held_out):
        assert {sample.language for sample in part} == {"en", "fr", "es"}
    assert not {sample.text for sample in improved_on} & {sample.text for sample in held_out}


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
        ("places", "role", 0.99), ("places", "port", 1.0),
        ("earlier", "all", 0.97), ("earlier", "role", 0.97), ("earlier", "container", 1.0),
        ("held_out", "all", 0.97), ("held_out", "role", 0.91), ("held_out", "container", 1.0),
        ("quay", "all", 0.98), ("quay", "role", 0.93), ("quay", "container", 1.0),
        ("legs", "role", 0.89), ("legs", "port", 0.98),
        ("night", "all", 0.95), ("night", "role", 0.88), ("night", "container", 1.0),
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
