"""Where a text can be read in several ways: what is proposed, what decides, and where it stands."""

from datetime import date

from commands.understanding import Doubt, DoubtKind, FactKind, PlaceRole, understand
from tests.understanding.saying import TODAY, only


def test_a_span_is_where_the_text_says_so_despite_invisible_characters() -> None:
    text = "seen \u202eat\u202c Cô\u200btonou and Te\u200dma: CSQU\u20663054383\u2069 end"
    spans = {found.value: text[slice(*found.span)] for found in understand(text, today=TODAY).findings}
    assert spans == {
        "BJCOO": "Cô\u200btonou",
        "GHTEM": "Te\u200dma",
        "CSQU3054383": "CSQU\u20663054383",
    }


def test_wrong_check_digits_are_kept_and_the_right_ones_proposed() -> None:
    assert only("MSKU 305438-3").doubt == Doubt(DoubtKind.CHECK_DIGIT, ("MSKU3054388",))
    assert only("IMO 9811001").doubt == Doubt(DoubtKind.CHECK_DIGIT, ("IMO9811000",))


def test_an_ended_code_names_what_took_its_place() -> None:
    doubt = only("declared as B1110").doubt
    assert doubt is not None
    assert doubt.alternatives == ("A1181", "Y49")
    assert doubt.successor == "A1181"
    (before,) = understand("declared as B1110", today=date(2024, 12, 31)).findings
    assert before.doubt is None


def test_a_code_that_may_be_new_is_not_called_unknown() -> None:
    assert only("EWC 191401*").doubt == Doubt(DoubtKind.UNKNOWN_CODE)
    (later,) = understand("EWC 191401*", today=date(2026, 12, 9)).findings
    assert later.doubt == Doubt(DoubtKind.GUESSED)


def test_ambiguous_findings_carry_every_reading() -> None:
    port = only("held at Newcastle")
    assert port.doubt is not None
    assert {"AUNTL", "GBNCS"} <= set(port.doubt.alternatives)
    assert only("12/11/2026").doubt == Doubt(DoubtKind.AMBIGUOUS, ("2026-11-12", "2026-12-11"))
    assert only("18.500 t").doubt == Doubt(DoubtKind.AMBIGUOUS, ("18.5 t", "18500 t"))


def test_a_country_in_the_text_decides_between_ports_of_one_name() -> None:
    found = understand("held at Newcastle, the shipper is in Australia", today=TODAY)
    assert found.values(FactKind.PORT) == ("AUNTL",)
    assert found.of(FactKind.PORT)[0].doubt is None


def test_roles_gather_the_countries_of_ports_too() -> None:
    found = understand("from Rotterdam and Antwerp to Tema, Ghana, via Morocco, seen in Algeciras", today=TODAY)
    assert found.countries(PlaceRole.ORIGIN) == ("NL", "BE")
    assert found.countries(PlaceRole.DESTINATION) == ("GH",)
    assert found.countries(PlaceRole.TRANSIT) == ("MA",)
    assert found.countries(PlaceRole.SEEN) == ("ES",)


def test_language_decides_what_a_comma_means_for_tonnes() -> None:
    assert only("there was a load of 1,250 t").value == "1250 t"
    assert only("il y a dans le conteneur 1,250 t").value == "1.25 t"
    assert only("hay en el contenedor 1.250 t").value == "1250 t"
