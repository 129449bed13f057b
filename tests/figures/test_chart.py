"""The chart: a picture, and a text that says the same."""

import io
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from PIL import Image

from bot.rendering import render
from commands.figures import drawing as charts
from commands.figures.counting import count
from commands.figures.drawing import NothingToShow, chart
from commands.figures.period import days_before
from storage.alerts import Ground
from storage.figures import CountedAlert
from tests.alerts.raising import sent
from tests.fakes import START, Network
from tests.figures.counting import ACCRA, NL, alert


def many(months: int) -> Sequence[CountedAlert]:
    return [
        alert(number, at=datetime(2024 + number // 12, number % 12 + 1, 5, tzinfo=UTC), ground=Ground.NO_CONSENT)
        for number in range(months)
        for _ in range(number % 5 + 1)
    ]


@pytest.mark.parametrize("months", [1, 12, 30])
def test_the_chart_is_a_picture_with_a_text_that_says_the_same(months: int) -> None:
    made = chart(count(many(months), START), days_before(START, 90, ACCRA), NL)
    assert made.content_type == "image/png"
    with Image.open(io.BytesIO(made.data)) as picture:
        assert picture.format == "PNG"
        assert picture.size == made.pixels == (charts.WIDTH, charts.HEIGHT)
        colours = picture.getcolors(maxcolors=100_000)
        assert colours is not None
        assert len(colours) > 4
    assert made.name.startswith("alerts-NL-2026-08-26")
    text = render(made.caption, "en")[0].body
    assert "2024-01: 1 raised, 1 confirmed" in text or months > charts.MOST_BARS
    assert text.count("\n- ") == min(months, charts.MOST_BARS)


def test_bars_are_as_high_as_their_numbers() -> None:
    assert charts._y(0, 4) - charts._y(2, 4) == 2 * (charts._y(0, 4) - charts._y(1, 4))
    assert [charts._round_up(value) for value in (0, 3, 4, 5, 9, 11, 41, 99)] == [4, 4, 4, 5, 10, 20, 50, 100]


def test_there_is_no_chart_of_nothing() -> None:
    with pytest.raises(NothingToShow):
        chart(count([], START), days_before(START, 90, ACCRA), None)


async def test_the_chart_comes_beside_the_words_where_it_was_asked_for(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema from Antwerp", tlp="amber-strict")
    reply = await net.say("!alert stats chart=yes", as_="belgium", room="belgium")
    (upload,) = net.gateway.uploads
    assert upload[0] == "alerts-all-2026-10-25-2026-11-23.png"
    assert upload[1].startswith(b"\x89PNG")
    assert "2026-11: 1 raised, 0 confirmed" in reply.text
    assert "Raised: 1 alert" in reply.text


async def test_there_is_no_chart_of_what_may_not_be_seen(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema from Antwerp", tlp="amber-strict")
    assert "None." in await net.say("!alert stats chart=yes", as_="netherlands", room="netherlands")
    assert net.gateway.uploads == []
