"""A day and a month without a year, told apart from a part of a whole."""

import pytest

from commands.understanding import FactKind, understand
from tests.understanding.saying import TODAY, said


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("ETA 3/12", "2026-12-03"),
        ("ETA Tema 24/11 0600", "2026-11-24"),
        ("loaded on 3/12", "2026-12-03"),
        ("due by 3/12", "2026-12-03"),
        ("discharged Onne 20/11 from Hamburg", "2026-11-20"),
        ("arrivée prévue 3/12", "2026-12-03"),
        ("arrivée prévue le 1/2 à Sfax", "2027-02-01"),
        ("arrivé à Tema le 1/9", "2026-09-01"),
        ("llega el 3/12", "2026-12-03"),
        ("llega el 3/12 de Amberes", "2026-12-03"),
        ("visto el 1/9 en Vigo", "2026-09-01"),
        ("lundi 23/11", "2026-11-23"),
        ("photo from Tema, 20/11", "2026-11-20"),
    ],
)
def test_a_day_is_read_in_the_year_that_is_nearest(text: str, day: str) -> None:
    assert [one.value for one in understand(text, today=TODAY).of(FactKind.DATE)] == [day]


@pytest.mark.parametrize(
    "text",
    [
        "le 1/3 de la cargaison est de la ferraille",
        "le 1/3 est de la ferraille",
        "rempli aux 3/4 de pièces",
        "le 3/12 de la cargaison",
        "load reduced by 1/2",
        "2/3 of the load",
        "on 3/4 of the pallets",
        "arrived 3/4 full",
        "it was expected 2/3 full",
        "un 1/3 de la carga",
        "el 1/3 de la carga son neveras",
        "el 2/3 son llantas",
        "se redujo en 1/2",
        "salió el 1/3 de la carga",
        "stands at gate 20/11",
        "photo 14/12",
        "ETA 5/6 days",
        "llega en 2/3 dias",
    ],
)
def test_a_part_of_a_whole_is_no_day(text: str) -> None:
    assert understand(text, today=TODAY).of(FactKind.DATE) == ()


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("CSQU3054383 at Tema, le 1/3 de la cargaison est de la ferraille", "port GHTEM seen"),
        ("CSQU3054383, 2/3 of it held at Tema", "port GHTEM seen"),
        ("CSQU3054383 arrivée prévue 3/12 à Sfax", "port TNSFA destination"),
        ("CSQU3054383 retenido desde el 3/12 en Vigo", "port ESVGO seen"),
    ],
)
def test_a_place_keeps_its_role_beside_it(text: str, role: str) -> None:
    assert role in [said(found) for found in understand(text, today=TODAY).findings]
