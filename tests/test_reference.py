"""The code tables shipped with the project, and how they forgive spelling."""

import subprocess
import sys
import time
from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.reference import codes, countries, ports
from storage.reference.text import fold, key

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("GH", "GH"), ("gh", "GH"), ("Ghana", "GH"), ("GHANA", "GH"), ("Ghanaian", "GH"), ("ghanéenne", "GH"),
        ("Ivory Coast", "CI"), ("Côte d’Ivoire", "CI"), ("cote d'ivoire", "CI"), ("Costa de Marfil", "CI"),
        ("Holland", "NL"), ("the Netherlands", "NL"), ("Pays-Bas", "NL"), ("Países Bajos", "NL"), ("Nederland", "NL"),
        ("UK", "GB"), ("Great Britain", "GB"), ("USA", "US"), ("Etats-Unis", "US"), ("EE.UU.", "US"),
        ("Estados Unidos", "US"), ("Deutschland", "DE"), ("Griechenland", "GR"), ("Brasil", "BR"), ("DRC", "CD"),
        ("GHA", "GH"), ("Turkey", "TR"), ("Türkiye", "TR"), ("la France", "FR"), ("Nigeria", "NG"), ("Niger", "NE"),
        ("Nigerian", "NG"), ("Nigerien", "NE"), ("Atlantis", None), ("", None), ("the", None),
    ],
)  # fmt: skip
def test_countries_are_found_by_any_common_name(text: str, expected: str | None) -> None:
    assert countries.find_country(text) == expected


def test_misspelt_countries_are_guessed_best_first() -> None:
    assert countries.guess_countries("Ghanna")[0].code == "GH"
    assert countries.guess_countries("Nehterlands")[0].code == "NL"
    assert countries.guess_countries("qqqqqqqq") == ()


def test_every_country_has_a_region_a_zone_and_a_name_in_every_language() -> None:
    for one in countries.countries():
        assert ZoneInfo(one.zone).key == one.zone
        assert one.code in countries.countries_in(one.region)
        assert one.code in countries.countries_in(one.subregion)
        for language in countries.NAME_LANGUAGES:
            assert countries.find_country(countries.country_name(one.code, language)) is not None
        assert countries.find_country(countries.country_name(one.code)) == one.code
    assert countries.country("us").zone == "America/New_York"
    with pytest.raises(KeyError):
        countries.country("ZZ")


def test_names_come_in_the_language_asked_for_and_else_in_english() -> None:
    assert countries.country_name("NL", "fr") == "Pays-Bas"
    assert countries.country_name("NL", "xx") == "Netherlands"


def test_regions_are_found_in_three_languages() -> None:
    for text in ("Western Africa", "west africa", "Afrique de l’Ouest", "África occidental"):
        region = countries.find_region(text)
        assert region is not None
        assert "GH" in region.countries
    assert countries.find_region("Middle Earth") is None
    with pytest.raises(KeyError):
        countries.countries_in("Middle Earth")


def test_standing_under_the_convention_keeps_unknown_apart_from_no() -> None:
    ghana, america, emirates = map(countries.basel_standing, ("GH", "us", "AE"))
    assert ghana is not None
    assert (ghana.party, ghana.eu) == (True, False)
    assert america is not None
    assert (america.party, america.oecd) == (False, True)
    assert emirates is not None
    assert emirates.ban_amendment is None
    assert countries.basel_standing("ZZ") is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("GHTEM", "GHTEM"), ("gh tem", "GHTEM"), ("Tema", "GHTEM"), ("téma", "GHTEM"), ("Port of Tema", "GHTEM"),
        ("Tema, Ghana", "GHTEM"), ("Antwerp", "BEANR"), ("Anvers", "BEANR"), ("Amberes", "BEANR"),
        ("Le Havre", "FRLEH"),
        ("Lagos", "NGLOS"), ("Valencia", "ESVLC"), ("Shanghai", "CNSHA"), ("Tanger Med", "MAPTM"),
        ("Cartagena, Spain", "ESCAR"), ("Cartagena Colombia", "COCTG"), ("Newcastle", None),
        ("Newcastle, Australia", "AUNTL"), ("qwxyz", None), ("", None),
    ],
)  # fmt: skip
def test_ports_are_found_by_code_and_name(text: str, expected: str | None) -> None:
    found = ports.find_port(text)
    assert (found.locode if found else None) == expected


def test_port_search_ranks_well_known_ports_first_and_forgives_typos() -> None:
    assert ports.search_ports("Roterdam")[0].port.locode == "NLRTM"
    assert ports.search_ports("takoradi")[0].port.locode == "GHTKD"
    assert ports.search_ports("hambrug")[0].port.locode == "DEHAM"
    assert {match.port.country for match in ports.search_ports("Newcastle", countries.find_country("AU"))} == {"AU"}
    assert len(ports.search_ports("port", limit=3)) == 3
    assert ports.search_ports("") == ()


def test_every_port_is_found_by_its_own_code_and_lies_on_earth() -> None:
    for one in ports.ports():
        assert ports.find_port(one.locode) is one
        assert countries.is_country(one.country)
        assert one.lat is None or -90 <= one.lat <= 90
        assert one.lon is None or -180 <= one.lon <= 180
        assert (one.lat is None) == (one.lon is None)
    with pytest.raises(KeyError):
        ports.port("ZZZZZ")


def test_eighteen_thousand_ports_load_in_a_moment() -> None:
    code = (
        "import time; from storage.reference import ports; t = time.perf_counter(); "
        "n = len(list(ports.ports())); ports.names_in_text(); print(n, time.perf_counter() - t)"
    )
    out = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=60)
    count, seconds = out.stdout.split()
    assert int(count) > 18_000
    # Some 0.1 s alone on a core; the bound leaves room for a busy machine.
    assert float(seconds) < 2


def test_lookups_are_fast() -> None:
    ports.search_ports("warm up")
    started = time.perf_counter()
    for _ in range(20):
        ports.search_ports("Rotredam")
    assert time.perf_counter() - started < 4


def test_basel_codes_depend_on_the_day() -> None:
    before, after = (codes.basel("a 1180", on=day) for day in (date(2024, 12, 31), date(2025, 1, 1)))
    assert before is not None
    assert after is not None
    assert (before.valid, after.valid, after.successor) == (True, False, "A1181")
    b1110 = codes.basel("B1110", on=TODAY)
    assert b1110 is not None
    assert b1110.successors == ("A1181", "Y49")
    new = codes.basel("y-49", on=date(2024, 12, 31))
    assert new is not None
    assert not new.valid
    assert codes.basel("A9999", on=TODAY) is None
    assert codes.basel("nonsense", on=TODAY) is None


@pytest.mark.parametrize("code", [code.code for code in codes.basel_codes(on=TODAY)])
def test_every_basel_code_is_found_in_any_spelling(code: str) -> None:
    for written in (code, code.lower(), f"{code[0]} {code[1:]}", f"{code[0]}-{code[1:]}", f"Basel {code}"):
        found = codes.basel(written, on=TODAY)
        assert found is not None
        assert found.code == code


def test_list_of_waste() -> None:
    for written in ("160601", "16 06 01*", "16.06.01", "EWC 160601*", "LER 16 06 01"):
        found = codes.ewc(written, on=TODAY)
        assert found is not None
        assert (found.code, found.formatted, found.hazardous) == ("160601", "16 06 01*", True)
    ending = [codes.ewc("200133", on=day) for day in (date(2026, 12, 8), date(2026, 12, 9))]
    assert [one.valid for one in ending if one] == [True, False]
    assert codes.ewc("999999", on=TODAY) is None
    assert codes.ewc("16 06", on=TODAY) is None
    assert codes.ewc_may_be_new("191401", on=date(2026, 12, 9))
    assert not codes.ewc_may_be_new("191401", on=TODAY)


def test_customs_codes_and_their_watch_list() -> None:
    for written in ("8549.21", "854921", "HS 8549.21", "hs code 8549 21", "8549.21.00"):
        found = codes.hs(written)
        assert found is not None
        assert (found.code, found.formatted) == ("854921", "8549.21")
    watched = codes.hs_watch("8549.21")
    assert watched is not None
    assert "A1181" in watched.likely_basel
    assert codes.hs_watch("0101") is None
    assert codes.hs("8548.10") is None


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert key(key(text)) == key(text)


def test_folding_takes_away_accents_case_and_what_cannot_be_seen() -> None:
    assert fold("  CÔTE\u200b d’Ivoire\u202e ") == "cote d'ivoire"
    assert fold("ＡＢＣ Łódź Straße") == "abc lodz strasse"


@given(st.text(max_size=60))
def test_no_text_breaks_a_lookup(text: str) -> None:
    countries.find_country(text)
    countries.find_region(text)
    ports.find_port(text)
    codes.basel(text, on=TODAY)
    codes.ewc(text, on=TODAY)
    codes.hs(text)


def test_importing_loads_nothing() -> None:
    code = (
        "import sys; from storage.reference import codes as k, countries as c, ports as p;"
        "print(p._table.cache_info().currsize, c._table.cache_info().currsize, k._basel.cache_info().currsize,"
        " 'babel' in sys.modules, 'rapidfuzz' in sys.modules)"
    )
    out = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=60)
    assert out.stdout.split() == ["0", "0", "0", "False", "False"]
