"""Where something was landed: where it was to go, if the text says which way it came; else where it was seen."""

import pytest

from commands.understanding import FactKind, understand
from tests.understanding.saying import TODAY, said

ANTWERP, LAS_PALMAS = "port BEANR origin", "port ESLPA transit"
ABIDJAN, THERE, SEEN = "port CIABJ destination", "port GHTEM destination", "port GHTEM seen"


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("CSQU3054383 from Antwerp, discharged at Tema", [ANTWERP, THERE]),
        ("CSQU3054383 unloaded at Tema yesterday from Antwerp", [THERE, ANTWERP]),
        ("CSQU3054383 discharged at Tema, arrived from Antwerp via Las Palmas", [THERE, ANTWERP, LAS_PALMAS]),
        ("CSQU3054383 débarqué à Tema le 20/11, venant d'Anvers", [THERE, ANTWERP]),
        ("CSQU3054383 descargado en Tema ayer, viene de Amberes vía Las Palmas", [THERE, ANTWERP, LAS_PALMAS]),
        ("CSQU3054383 discharged at Tema yesterday", [SEEN]),
        ("CSQU3054383 discharged at Tema for Abidjan, came from Antwerp", [SEEN, ABIDJAN, ANTWERP]),
        ("CSQU3054383 discharged at Tema, shipper in Antwerp", [SEEN, ANTWERP]),
        ("CSQU3054383 discharged at Tema. The inspector came from Antwerp", [SEEN, ANTWERP]),
        ("CSQU3054383 seen at Tema, came from Antwerp", [SEEN, ANTWERP]),
    ],
)  # fmt: skip
def test_the_way_may_stand_before_or_after(text: str, places: list[str]) -> None:
    assert [said(found) for found in understand(text, today=TODAY).of(FactKind.PORT)] == places
