"""One value at a time, as an option of a command gives it."""

from decimal import Decimal

import pytest

from commands.understanding import FactKind, Unit, parse_fact, quantity
from tests.understanding.saying import TODAY, only, said


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        (FactKind.CONTAINER, "csqu 305438-3", "container CSQU3054383"),
        (FactKind.CONTAINER, "CSQU3054384", "container CSQU3054384 ?check digit"),
        (FactKind.CONTAINER, "CSQU 30543", None),
        (FactKind.VESSEL, "9811000", "vessel IMO9811000"),
        (FactKind.VESSEL, "IMO 9811001", "vessel IMO9811001 ?check digit"),
        (FactKind.VESSEL, "0000000", None),
        (FactKind.VESSEL, "mv Ever Given", "vessel EVER GIVEN"),
        (FactKind.VESSEL, "L'Été", "vessel L'ETE"),
        (FactKind.VESSEL, "imo 123", None),
        (FactKind.PORT, "téma", "port GHTEM"),
        (FactKind.PORT, "Roterdamm", "port NLRTM ?guessed"),
        (FactKind.PORT, "Cartagena", "port COCTG ?ambiguous"),
        (FactKind.PORT, "qwxyz", None),
        (FactKind.COUNTRY, "ghana", "country GH"),
        (FactKind.COUNTRY, "Ghanna", "country GH ?guessed"),
        (FactKind.COUNTRY, "qwxyz", None),
        (FactKind.BASEL, "a 1180", "basel A1180 ?expired code"),
        (FactKind.BASEL, "Y-49", "basel Y49"),
        (FactKind.BASEL, "e-waste", None),
        (FactKind.EWC, "16.06.01", "ewc 160601"),
        (FactKind.EWC, "16 06", None),
        (FactKind.HS, "8549.21.00", "hs 854921"),
        (FactKind.HS, "85", None),
        (FactKind.QUANTITY, "18,5 t", "quantity 18.5 t"),
        (FactKind.QUANTITY, "2 x 40'", "quantity 2 containers"),
        (FactKind.QUANTITY, "0 t", None),
        (FactKind.QUANTITY, "a lot", None),
        (FactKind.QUANTITY, "18 t and 3 kg", None),
        (FactKind.DATE, "yesterday", "date 2026-11-21"),
        (FactKind.DATE, "2026-11-22", "date 2026-11-22"),
        (FactKind.DATE, "31/02/2026", None),
    ],
)
def test_single_values(kind: FactKind, text: str, expected: str | None) -> None:
    found = parse_fact(kind, text, TODAY)
    assert (said(found) if found else None) == expected


def test_quantities_can_be_added_up() -> None:
    assert quantity(only("18 000 kg").value) == (Decimal(18000), Unit.KILOGRAM)
    with pytest.raises(ValueError, match="a lot"):
        quantity("a lot")
