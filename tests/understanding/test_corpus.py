"""The messages that the reading is measured on, and what it reaches."""

import pytest

from commands.alerts.understanding import FactKind, PlaceRole
from storage.reference import ports
from storage.reference.countries import is_country
from tests.understanding.corpus import Sample, samples

PARTS = ("tuned", "held_out")
EVERY = [sample for part in PARTS for sample in samples(part)]


def test_a_third_is_kept_apart_and_every_language_is_there() -> None:
    tuned, held_out = (samples(part) for part in PARTS)
    assert len(tuned) + len(held_out) >= 150
    assert len(held_out) * 3 >= len(tuned) + len(held_out)
    for part in (tuned, held_out):
        assert {sample.language for sample in part} == {"en", "fr", "es"}
    assert not {sample.text for sample in tuned} & {sample.text for sample in held_out}


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
