"""What holds for every text."""

from hypothesis import example, given, settings
from hypothesis import strategies as st
from stdnum import iso6346

from commands.alerts.declaration import LONGEST_TEXT
from commands.understanding import LONGEST_READ, FactKind, parse_fact, understand
from storage.reference import codes, ports
from tests.understanding.saying import TODAY, only, said

PIECES = st.sampled_from(
    [
        "from ", "to ", "via ", "at ", "à ", "de ", "port of ", "Tema", "Ghana", "GH", "GHTEM", "GH TEM", "CSQU",
        " 305438", "-3", "IMO ", "9811000", "16 06 01", "*", "8549.21", "18,5", " t", "kg", "2 x 40", "'", "ft", "MV ",
        "Ever Given", "22/11/2026", " Nov ", "A1180", "Y46", "\u202e", "\u200b", "\n", ", ", " (", ")", "->", "İ", "ß",
        "ﬁ", "ů", "２０", "٣", "\u0301", "½", ".", "/", "-",
    ]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@example("NOV ¼ NOV")
@given(st.one_of(st.text(max_size=200), st.lists(PIECES, max_size=25).map("".join)))
def test_any_text_is_read_and_spans_lie_within_it(text: str) -> None:
    ends = 0
    for found in understand(text, today=TODAY).findings:
        start, end = found.span
        assert ends <= start < end <= len(text)
        assert found.value
        assert found.shown
        ends = end
    for kind in FactKind:
        parse_fact(kind, text, TODAY)


HOSTILE = st.sampled_from(
    [
        "via ", "from via ", "via via via ", "Tema ", "Antwerp ", "then ", "puis ", "discharged at ", "1/3 ",
        "le 1/3 de la ", "ETA 3/12 ", "0720 ", "MSKU8379339 ", "2 boxes ", "navire Ville de ", "off the Big Ship ",
        "Ets Ngono ", "Ltd of ", "declared ", "its Anna ", "d ", "22t5 ", "\u202e", "\u2066", "\u2069", "\u200b",
        "\u0301\u0302", "\ufdfa", "¾", "㍿", "\0", "\ud800", "\U000e0041", "👩\u200d👧", "<b>", "\n", "\t", ":",
        ".", "(", "«",
    ]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(HOSTILE, max_size=30).map("".join), st.integers(1, 40))
def test_hostile_text_is_read_whatever_it_holds(text: str, times: int) -> None:
    text *= times
    ends = 0
    for found in understand(text, today=TODAY, kinds=frozenset(FactKind)).findings:
        start, end = found.span
        assert ends <= start < end <= len(text)
        ends = end


def test_a_thousand_container_numbers_are_all_read() -> None:
    numbers = [f"CSQU{serial:06}" for serial in range(1_000)]
    numbers = [number + str(int(iso6346.calc_check_digit(number)) % 10) for number in numbers]
    found = understand("\n".join(numbers), today=TODAY).of(FactKind.CONTAINER)
    assert [one.value for one in found] == numbers


def test_what_stands_behind_the_beginning_is_not_read_and_no_number_torn() -> None:
    number = "18000000 kg "
    text = number * (LONGEST_READ // len(number)) + "1" * 200 + " kg at Tema"
    assert [said(found) for found in understand(text, today=TODAY).findings] == ["quantity 18000000 kg"]
    assert understand(" " * (LONGEST_READ - 3) + "Tema, CSQU3054383", today=TODAY).findings == ()
    assert LONGEST_TEXT <= LONGEST_READ  # an alert is read to its end


def containers() -> st.SearchStrategy[str]:
    def number(owner: str, category: str, serial: int) -> str:
        head = f"{owner}{category}{serial:06}"
        return head + iso6346.calc_check_digit(head)

    letters = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=3, max_size=3)
    return st.builds(number, letters, st.sampled_from("UJZ"), st.integers(0, 999_999)).filter(iso6346.is_valid)


@settings(max_examples=100, deadline=None)
@given(
    number=containers(),
    gaps=st.lists(st.sampled_from(["", "", " ", "-", ".", "/", " - "[:2]]), min_size=7, max_size=7),
    lower=st.booleans(),
)
def test_container_numbers_survive_any_formatting(number: str, gaps: list[str], *, lower: bool) -> None:
    written = number[:4] + "".join(gap + digit for gap, digit in zip(gaps, number[4:], strict=True))
    text = f"container {written.lower() if lower else written} held"
    found = only(text)
    assert (found.kind, found.value, found.doubt) == (FactKind.CONTAINER, number, None)
    assert text[slice(*found.span)].upper() == written.upper()


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([code for code in codes.basel_codes(on=TODAY) if code.list != "H"]), st.booleans())
def test_basel_codes_round_trip(code: codes.BaselCode, lower: bool) -> None:
    found = only(f"waste {code.code.lower() if lower else code.code}, held")
    assert found.value == code.code
    assert (found.doubt is None) == code.valid


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([one for one in ports.ports() if one.known]))
def test_locodes_of_known_ports_round_trip(port: ports.Port) -> None:
    assert only(f"it was held at {port.locode}").value == port.locode
    assert only(f"it was held at {port.locode[:2]} {port.locode[2:]}").value == port.locode
