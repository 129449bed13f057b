"""How much work a text can make: hostile input costs no more than ordinary text of its length.

No time is measured. Every regular expression is shown to try a bounded number of ways from each place of the text, and
what the reading calls is counted.
"""

import importlib
import inspect
import pkgutil
import re
import sys
from collections.abc import Callable, Iterator
from types import FrameType, ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import commands.understanding as package
from commands.understanding import LONGEST_READ, FactKind, dates, quantities, understand
from commands.understanding.page import Page
from tests.understanding.expressions import Steps, is_unbounded
from tests.understanding.saying import TODAY

EVERY_KIND = frozenset(FactKind)
MOST_STEPS = 400
"""The greatest number of characters that an expression may look at for one place of a hostile text, on average."""


def modules() -> Iterator[ModuleType]:
    for found in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        yield importlib.import_module(found.name)


def patterns() -> Iterator[tuple[str, re.Pattern[str]]]:
    for module in modules():
        for name, value in inspect.getmembers(module):
            if isinstance(value, re.Pattern):
                yield f"{module.__name__}.{name}", value
    # Those that need tables are made at their first use.
    made: list[Callable[[], Any]] = [dates._with_name, quantities._quantity, quantities._after_words]
    for maker in made:
        found = maker()
        for pattern in found if isinstance(found, tuple) else (found,):
            yield maker.__qualname__, pattern


PATTERNS = dict(patterns())


@pytest.mark.parametrize("name", PATTERNS)
def test_every_repetition_has_a_bound(name: str) -> None:
    assert not is_unbounded(PATTERNS[name])


PIECES = (
    "1/3 ", "le ", "ville de ", "ets ", "off the ", "declared ", "ltd of ", "boxes ", "t5", "fri ",
    "1", "11", "111", "1 111", "1.1", "1,1", "0", " ", "  ", "-", ".", "/", "'", ":", "(", "]", "a", "de ", "d'", "s.a",
    "used ", "40 foot ", "x 40 ", "at ", "a las ", "h", "pm", "hrs", "mv ", "vessel ", "named ", "imo ", "no ", "n°",
    "un ", "b/l ", "bill of lading ", "basel ", "code ", "a1", "ewc ", "hs ", "nl ", "glw.", "declared as ", "csqu",
    "o", "last ", "monday ", "tel ", "is ", "tonnes ", "metric ", "big bags", "ltd", "co. ", "c.a.", "«", "of ",
)  # fmt: skip
HOSTILE = st.one_of(
    st.builds(lambda piece, times: piece * times, st.sampled_from(PIECES), st.integers(1, 20)),
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=25).map("".join),
    st.builds(
        lambda some, times: "".join(some) * times, st.lists(st.sampled_from(PIECES), max_size=4), st.integers(2, 8)
    ),
)


@settings(max_examples=15, deadline=None)
@given(HOSTILE)
def test_hostile_text_makes_no_expression_explode(text: str) -> None:
    text = text[:40]
    for name, pattern in PATTERNS.items():
        assert Steps(pattern, text).anywhere() <= MOST_STEPS * (len(text) + 1), name


def test_the_count_agrees_with_the_library_and_would_notice_an_explosion() -> None:
    for text in ("seen 12 used cars at 14:30 on Monday", "B/L MAEU 226114578, UN 2794, 18 000 kg"):
        for name, pattern in PATTERNS.items():
            counted = Steps(pattern, text)
            ends = [counted.match(at) for at in range(len(text) + 1)]
            matches = [pattern.match(text, at) for at in range(len(text) + 1)]
            assert ends == [match.end() if match else None for match in matches], name
    assert Steps(re.compile(r"(?:a{1,3}){1,8}b"), "a" * 14).anywhere() > MOST_STEPS * 15
    assert is_unbounded(re.compile(r"(?:a+)+b"))


def calls(text: str) -> int:
    """Count the functions that are called while a text is read, those of C included."""
    count = 0

    def notice(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(notice)
    try:
        understand(text, today=TODAY, kinds=EVERY_KIND)
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize(
    "piece",
    [
        "from Xyzzyq to Rotterdan ", "111 ", "de la ", "port of ", "mv a ", "mv.", "1.", "é\u0302", "GH TEM ", "1'",
        "((((", "Metals BV, ", "Mr A ", "monday ", "yesterday at ", "declared as a ", "B/L M1 ", "from ", "twenty ",
        "Las Plamas ", "Congo, ", "Cartagena ", "Antwerp > ", "NL 00 ", "\u202e", "a" * 50, " " * 50,
        "to " + "x" * 40 + " ", "1/3 ", "arrive le 1/3 ", "19/11/2026 0720 from ", "navire Ville de la ",
        "off the Big Ship ", "A Ltd of ", "Ets A ", "declared foo ", "discharged at Tema from Antwerp ", "via via via ",
        "then Tema ", "22t5 ", "MSKU8379339 1 boxes ", "its Anna Bergen from ", "on fri ",
        "\ufdfa ", "e\u0301\u0302\u0303", "T\u200be\u2060m",
    ],
)  # fmt: skip
def test_a_long_text_costs_in_proportion_to_its_length(piece: str) -> None:
    calls("from Xyzzyq to Tema")  # the tables are loaded once
    short, long = calls((piece * 1_000)[:1_000]), calls((piece * 4_000)[:4_000])
    # Four times the text; what is done once for each text, whatever its length, comes on top.
    assert long <= 4.4 * short + 5_000
    assert long <= 400 * 4_000


@settings(max_examples=10, deadline=None)
@given(st.lists(st.sampled_from((*PIECES, "Antwerp ", "Tema, Ghana ", "from ", "via ")), min_size=1, max_size=12))
def test_any_text_repeated_costs_in_proportion_to_its_length(pieces: list[str]) -> None:
    unit = "".join(pieces)
    short = (unit * 500)[:500]
    assert calls(short * 4) <= 4.6 * calls(short) + 5_000


@pytest.mark.parametrize(
    "piece",
    [
        "Container CSQU3054383 seen at Tema, declared as TVs, from Antwerp to Ghana, 18t. ", "from via via via ",
        "port of ",
        "\u202eTema \u2066from\u2069 Antwerp ", "e" + "\u0301" * 50, "\ufdfa", "MSKU8379339 1 boxes ", "A ", "d ", "a",
    ],
)  # fmt: skip
def test_no_text_costs_more_than_the_beginning_of_it_that_is_read(piece: str) -> None:
    """60 kB, more than an event of Matrix holds, cost as much as the first fifth of them."""
    text = (piece * 60_000)[:60_000]
    calls("from Xyzzyq to Tema")
    whole, beginning = calls(text), calls(text[:LONGEST_READ])
    assert whole <= 1.05 * beginning + 5_000
    assert whole <= 1_000_000


def test_a_letter_that_stands_for_a_sentence_makes_no_long_page() -> None:
    assert len(Page("\ufdfa" * 1_000).low) == 1_000
    assert Page("¾ ㍿").low == "3⁄4 株式会社"
