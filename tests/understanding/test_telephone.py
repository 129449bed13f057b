"""What is typed on a telephone at the quay: shortened words, small letters, no stops."""

import pytest

from commands.understanding import FactKind, names_a_person, understand
from tests.understanding.saying import TODAY, said


def read(text: str) -> list[str]:
    return [said(found) for found in understand(text, today=TODAY, kinds=frozenset(FactKind)).findings]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("opened ystdy", "2026-11-21"),
        ("comes tmrw", "2026-11-23"),
        ("vu ajd", "2026-11-22"),
        ("eta fri", "2026-11-27"),
        ("seen on wed", "2026-11-18"),
        ("arrives next mon", "2026-11-23"),
        ("le bateau a quitté Dakar lundi, il sera à Lomé", "2026-11-16"),
        ("il faut répondre avant vendredi", "2026-11-27"),
        ("retenido desde el 17 de nov", "2026-11-17"),
        ("eta 28 dec", "2026-12-28"),
        ("arrivé de Hambourg jeudi", "2026-11-19"),
        ("il repart samedi", "2026-11-28"),
        ("arrived 19/11/2026 0720 from Izmir", "2026-11-19 07:20"),
    ],
)
def test_days(text: str, day: str) -> None:
    found = understand(text, today=TODAY).of(FactKind.DATE)
    assert [one.shown for one in found] == [day]


@pytest.mark.parametrize(
    "text",
    [
        "the sun was low and mon ami left",
        "18 may have been opened",
        "tue le moteur",
        "2 ago 3",
        "11/24 0720",
    ],
)
def test_words_that_look_like_days_are_none(text: str) -> None:
    assert understand(text, today=TODAY).of(FactKind.DATE) == ()


def test_a_year_is_no_time_of_day() -> None:
    (found,) = understand("eta 24/11 2019.", today=TODAY).of(FactKind.DATE)
    assert found.shown == "2026-11-24"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("held at tema", ["port GHTEM seen"]),
        ("retenido pto de Veracruz", ["port MXVER"]),
        ("viene d Valencia", ["port ESVLC origin"]),
        ("por Cartagena d Indias", ["port COCTG transit"]),
        ("salió de Nueva Orleans", ["port USMSY origin"]),
        ("la carga en Iquique", ["port CLIQQ seen"]),
        ("carga en Iquique", ["port CLIQQ origin"]),
        ("le reste de la cargaison à Abidjan", ["port CIABJ seen"]),
        ("onward by rail to Uganda", ["country UG destination"]),
        ("rolled over at Colombo", ["port LKCMB transit"]),
        ("leaves Laem Chabang back to Los Angeles", ["port THLCH origin", "port USLAX destination"]),
        (
            "de Fos à Djibouti par Port Saïd puis Djeddah",
            ["port FRFOS origin", "port DJJIB destination", "port EGPSD transit", "port SAJED transit"],
        ),
        ("Pour le Sénégal: le bateau est à Dakar", ["country SN", "port SNDKR seen"]),
        ("its Anna Bergen from Aarhus", ["port DKAAR seen"]),
        ("destination declared: Tema", ["port GHTEM"]),
        ("for Tema: 12 drums", ["port GHTEM destination", "quantity 12 drums"]),
        ("driver is Kofi Mensah from Lagos", ["port NGLOS origin"]),
        ("EURL Durand Lome", ["company EURL DURAND", "port TGLFW"]),
        ("frm Lome, lying in Tema", ["port TGLFW origin", "port GHTEM seen"]),
        ("va pal Callao", ["port PECLL destination"]),
        ("going back to Southampton", ["port GBSOU destination"]),
        ("stopped by us in Tunis", ["port TNTUN seen"]),
        ("parti de chez nous, pas encore vu à Abidjan", ["port CIABJ destination"]),
        ("lo bajaron en Veracruz", ["port MXVER seen"]),
        ("ruta Barcelona Tánger Dakar", ["port ESBCN origin", "port MATNG transit", "port SNDKR destination"]),
        ("expédition Rouen/Nouakchott", ["port FRURO origin", "port MRNKC destination"]),
        ("going to Kumasi by truck", []),
        ("el camion cruza de Haiti a Dominicana", ["country HT origin", "country DO destination"]),
        ("in Tema instead of Abidjan", ["port GHTEM seen", "port CIABJ destination"]),
        ("consignee Delta Bright Ltd of Port Harcourt", ["company DELTA BRIGHT LTD", "port NGPHC destination"]),
        ("exportador Reusa Norte SL de Bilbao", ["company REUSA NORTE SL", "port ESBIO origin"]),
        ("shipper Evergreen Scrap Ltd of Birmingham", ["company EVERGREEN SCRAP LTD"]),
    ],
)
def test_places(text: str, expected: list[str]) -> None:
    assert [one.replace(" ?guessed", "") for one in read(text)] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("navire Ville de Bizerte à quai", "vessel VILLE DE BIZERTE"),
        ("MV Pride of Hull sails", "vessel PRIDE OF HULL"),
        ("ship was Caribbean Dawn, gone now", "vessel CARIBBEAN DAWN"),
        ("déchargé du Delmas Keta", "vessel DELMAS KETA ?guessed"),
        ("importateur Sarl Casbah Import, vu", "company SARL CASBAH IMPORT"),
        ("chez Ets Ngono Métaux hier", "company ETS NGONO METAUX"),
        ("Factura de Importadora Caribe S.R.L.", "company IMPORTADORA CARIBE SRL"),
        ("2 400 TM de chatarra", "quantity 2400 t"),
        ("poids 3 tonnes 2, sec", "quantity 3.2 t"),
        ("22t5 de ferraille", "quantity 22.5 t"),
        ("2 boxes held, MSKU8379339 and MEDU2650055", "quantity 2 containers"),
        ("three 40ft boxes", "quantity 3 containers"),
        ("2 boxes of toner, MSKU8379339 and MEDU2650055", "quantity 2 boxes"),
        ("à bord du Cap Lopez à quai", "vessel CAP LOPEZ ?guessed"),
        ("the ship was MV Anna Bella", "vessel ANNA BELLA"),
        ("12 boxes of toner", "quantity 12 boxes"),
        ("declared aluminium scrap, is transformers", "declared ALUMINIUM SCRAP"),
        ("contenu déclaré farine de poisson, 26t", "declared FARINE DE POISSON"),
        ("lo declaran como ropa usada, 12 fardos", "declared ROPA USADA"),
        ("Contenu déclaré : « pièces auto »", "declared PIECES AUTO"),
    ],
)
def test_other_facts(text: str, expected: str) -> None:
    assert expected in read(text)


@pytest.mark.parametrize(
    "text",
    [
        "the ship is Dutch", "he fell off the Ivory Coast", "jumped off the Tema Truck", "déchargé du camion",
        "declared by the agent", "it was not declared hazardous", "declared value 4500", "180 car batteries",
        "18t 2 doors", "the driver declared nothing", "declared for Tema", "destination declared: Tema", "Ste Marie",
        "port declared Las Palmas", "agent declared he did not know", "came off the Main Road", "importer SARL Tema",
    ],
)  # fmt: skip
def test_what_only_looks_like_a_fact_is_none(text: str) -> None:
    kinds = {FactKind.VESSEL, FactKind.DECLARED, FactKind.COMPANY}
    found = understand(text, today=TODAY, kinds=frozenset(FactKind)).findings
    assert not any(one.kind in kinds for one in found)
    assert [one.value for one in found if one.kind is FactKind.QUANTITY] == ["18 t"] * text.startswith("18t")


def test_a_call_goes_on_behind_a_date() -> None:
    places = ["port NAWVB transit", "port AOLAD transit", "port CDMAT destination"]
    found = read("calling Walvis Bay 25/11, Luanda 28/11, final Matadi")
    assert [one for one in found if one.startswith("port")] == places


def test_who_says_a_name_is_a_person() -> None:
    assert names_a_person("me llamo Rosario Vigo")
    assert names_a_person("my name is Tema Boateng")
    assert understand("me llamo Rosario Vigo", today=TODAY).findings == ()
