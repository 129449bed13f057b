"""Confidence, sources of doubt, and how one is chosen of several that may be meant."""

import pytest

from commands.understanding import (
    Confidence,
    Doubt,
    DoubtKind,
    DoubtSource,
    FactKind,
    Finding,
    parse_fact,
    understand,
)
from commands.understanding.numbers import number_words
from commands.understanding.words import doubt_words
from storage.ids import CountryCode
from storage.reference import ports
from tests.understanding.corpus import samples
from tests.understanding.saying import TODAY, only

EVERY_KIND = frozenset(FactKind)


def every(text: str) -> tuple[Finding, ...]:
    return understand(text, today=TODAY, kinds=EVERY_KIND).findings


@pytest.mark.parametrize(
    ("text", "source", "confidence"),
    [
        ("CSQU3054383", None, Confidence.HIGH),
        ("CSQU3054384", DoubtSource.CHECK_DIGIT, Confidence.MIDDLE),
        ("CSQU30S4383", DoubtSource.LETTER_FOR_DIGIT, Confidence.MIDDLE),
        ("A1180", DoubtSource.ENDED, Confidence.MIDDLE),
        ("EWC 990199", DoubtSource.NOT_IN_TABLE, Confidence.MIDDLE),
        ("from Roterdan", DoubtSource.MISSPELT, Confidence.MIDDLE),
        ("held at Newcastle", DoubtSource.SAME_NAME, Confidence.LOW),
        ("the Ghanaian police", DoubtSource.ADJECTIVE, Confidence.LOW),
        ("12/11/2026", DoubtSource.DAY_OR_MONTH, Confidence.LOW),
        ("3 November", DoubtSource.NO_YEAR, Confidence.MIDDLE),
        ("seen on Friday", DoubtSource.WEEKDAY, Confidence.MIDDLE),
        ("seen at 14:30", DoubtSource.ONLY_TIME, Confidence.LOW),
        ("18.500 t", DoubtSource.MARK, Confidence.LOW),
        ("a dozen drums", DoubtSource.ABOUT, Confidence.MIDDLE),
        ("20 01 26 in a box", DoubtSource.LIKE_A_DATE, Confidence.LOW),
        ("8549.21 on the papers", None, Confidence.HIGH),
        ("MSC Tina sailed", DoubtSource.NOT_INTRODUCED, Confidence.LOW),
        ("held in the port of Nueva Palmira", None, Confidence.HIGH),
        ("seen in Greymouth", DoubtSource.LITTLE_KNOWN, Confidence.LOW),
    ],
)
def test_each_finding_says_how_sure_it_is_and_why_not(
    text: str, source: DoubtSource | None, confidence: Confidence
) -> None:
    found = only(text)
    assert (found.doubt.source if found.doubt else None) is source
    assert found.confidence is confidence


def test_every_doubt_has_a_source_and_every_source_words() -> None:
    said = set()
    for sample in (*samples("tuned"), *samples("held_out")):
        for found in every(sample.text):
            if found.doubt is not None:
                assert found.doubt.source is not None
                said.add(doubt_words(found.shown, found.doubt).msgid)
    assert len(said) >= 8


def test_the_way_decides_between_ports_of_one_name() -> None:
    (held, *_) = every("Held at Cartagena, from Antwerp to Algeciras")
    assert (held.value, held.doubt and held.doubt.source) == ("ESCAR", DoubtSource.CHOSEN_BY_ROUTE)
    assert held.doubt is not None
    assert set(held.doubt.alternatives) == {"ESCAR", "COCTG"}
    (held, *_) = every("Held at Cartagena, from Kingston to Colon")
    assert held.value == "COCTG"
    # Both lie on the way, or the way is not known: a person is asked.
    assert every("de Rotterdam a Callao vía Cartagena")[-1].doubt == which_of("COCTG", "ESCAR")
    assert only("held at Cartagena").doubt == which_of("COCTG", "ESCAR")


def which_of(*locodes: str) -> Doubt:
    return Doubt(DoubtKind.AMBIGUOUS, locodes)


def test_the_country_of_whoever_writes_comes_first_but_is_asked_about() -> None:
    (found,) = understand("held at Cartagena", today=TODAY, home=CountryCode("ES")).findings
    assert found.value == "ESCAR"
    assert found.doubt == which_of("ESCAR", "COCTG")


def test_a_country_in_the_text_decides_what_a_misspelt_port_is() -> None:
    # Both are one letter away from known ports.
    dover, _ = every("from Doverr to France")
    assert dover.value == "GBDVR"
    small = every("seen in the port of Greymoth, New Zealand")[0]
    assert (small.value, small.doubt and small.doubt.source) == ("NZGMN", DoubtSource.MISSPELT)


def test_near_equal_ports_are_asked_about() -> None:
    # Bilbao with two letters exchanged, or Balboa with one wrong.
    (found,) = every("from Bilboa")
    assert found.doubt == which_of("ESBIO", "PABLB")
    assert found.doubt is not None
    assert found.doubt.source is DoubtSource.MISSPELT
    # A country that is named decides; what is rightly spelt is not asked about.
    decided = every("from Bilboa, Panama")[0]
    assert (decided.value, decided.doubt and decided.doubt.kind) == ("PABLB", DoubtKind.GUESSED)
    assert [found.doubt for found in every("from Bilbao to Balboa")] == [None, None]
    typed = parse_fact(FactKind.PORT, "Bilboa", TODAY)
    assert typed is not None
    assert typed.doubt is not None
    assert {"ESBIO", "PABLB"} <= set(typed.doubt.alternatives)


def test_persons_are_taken_for_nothing() -> None:
    for text in (
        "Mr Jordan Smith and Mrs Victoria Santos called",
        "M. Maurice Dakar et Mme Florence Nantes",
        "el señor Santiago Valencia y doña Marina Vigo",
        "my colleague Jean Marseille, agent Charlotte Savannah",
        "Carmen Valencia, Kofi Tema",
    ):
        assert every(text) == (), text


def test_a_place_beside_a_person_is_still_a_place() -> None:
    assert [found.value for found in every("Mr Smith of Tema Port Authority")] == ["GHTEM"]
    assert [found.value for found in every("Captain Mensah is in Dakar")] == ["SNDKR"]


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("twenty five", 25), ("one hundred and twenty", 120), ("three thousand", 3000), ("ninety nine", 99),
        ("soixante et onze", 71), ("quatre vingt dix neuf", 99), ("deux cents", 200), ("mille", 1000),
        ("veintidos", 22), ("treinta y cinco", 35), ("ciento veinte", 120), ("trescientas", 300), ("cien", 100),
    ],
)  # fmt: skip
def test_numbers_are_read_as_words(words: str, number: int) -> None:
    assert number_words()[words] == number


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (FactKind.UN_NUMBER, "un no. 2794", "UN2794"),
        (FactKind.UN_NUMBER, "2794", "UN2794"),
        (FactKind.UN_NUMBER, "279", None),
        (FactKind.BILL_OF_LADING, "maeu 226 114 578", "MAEU226114578"),
        (FactKind.BILL_OF_LADING, "none", None),
        (FactKind.NOTIFICATION, "be 0003 012345", "BE0003012345"),
        (FactKind.NOTIFICATION, "GLW.DE1234567890", "GLW.DE1234567890"),
        (FactKind.NOTIFICATION, "XX0003012345", None),
        (FactKind.COMPANY, "Récup'Auto S.A.R.L.", "RECUP AUTO SARL"),
        (FactKind.COMPANY, "!", None),
        (FactKind.DECLARED, "«used clothes»", "USED CLOTHES"),
        (FactKind.DECLARED, "12", None),
    ],
)
def test_single_values_of_papers(kind: FactKind, text: str, value: str | None) -> None:
    found = parse_fact(kind, text, TODAY)
    assert (found.value if found else None) == value


def test_kinds_that_are_not_asked_for_are_not_found() -> None:
    text = "B/L HLCUHAM2611XYZ9, UN 2794, Metals Ltd, NL0012345678, 18 t"
    assert [found.kind for found in every(text)] == [
        FactKind.BILL_OF_LADING, FactKind.UN_NUMBER, FactKind.COMPANY, FactKind.NOTIFICATION, FactKind.QUANTITY,
    ]  # fmt: skip
    assert only(text).kind is FactKind.QUANTITY


def test_distances_are_those_of_the_globe() -> None:
    away = ports.distance_km(ports.port("NLRTM"), ports.port("BEANR"))
    assert away is not None
    assert 60 < away < 100
    assert ports.distance_km(ports.port("NLRTM"), ports.port("NLRTM")) == 0
