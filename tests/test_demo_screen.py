"""What the demo prints and exports: readable, in the order of saying, each thing once, whatever people wrote."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest

from bot.demo.screen import MOST_LINES, Entry, Screen
from bot.demo.transcript import WIDTH, to_markdown, to_svg

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ASKED = Entry("Ama Example-Mensah", "Ghana", "!alert Container CSQU3054383", AT)
CARD = Entry(
    "SESN",
    "Ghana",
    "Alert A-2026-0001\nContainer: CSQU3054383\nOrigin: Belgium\nSent: Mon 23 Nov 2026, 09:00 UTC\n- Belgium: waits",
    AT,
    by_bot=True,
    step=4,
)
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Screen:
    monkeypatch.setenv("COLUMNS", "80")
    return Screen()


def printed(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [line.strip() for line in capsys.readouterr().out.splitlines() if line.strip()]


def test_a_message_is_shown_with_who_said_it_and_where(screen: Screen, capsys: pytest.CaptureFixture[str]) -> None:
    screen.show([ASKED])
    assert printed(capsys) == ["Ama Example-Mensah · Ghana", "!alert Container CSQU3054383"]
    assert screen.entries == [ASKED]


def test_an_edit_shows_what_is_new_and_nothing_when_nothing_is(
    screen: Screen, capsys: pytest.CaptureFixture[str]
) -> None:
    screen.show([CARD])
    printed(capsys)
    text = CARD.text.replace("Belgium: waits", "Belgium: acknowledged")
    screen.show([replace(CARD, text=text, edited=True)])
    assert printed(capsys) == ["SESN · Ghana, edited", "- Belgium: acknowledged"]
    screen.show([replace(CARD, edited=True)])
    assert printed(capsys) == []


def test_the_same_in_several_rooms_is_shown_once(screen: Screen, capsys: pytest.CaptureFixture[str]) -> None:
    dutch = replace(
        CARD, room="Netherlands", text=CARD.text.replace("09:00 UTC", "10:00 (Europe/Amsterdam, 09:00 UTC)")
    )
    screen.show([CARD, dutch])
    shown = printed(capsys)
    assert shown[0] == "SESN · Ghana and Netherlands"
    assert len(shown) == 6
    screen.show([replace(CARD, room="Belgium")])
    assert printed(capsys) == ["SESN · Belgium", "Alert A-2026-0001", "… the same as in Ghana"]
    german = CARD.text.replace("- Belgium: waits", "- Germany: waits")
    screen.show([replace(CARD, room="Germany", text=german)])
    assert printed(capsys)[2:] == ["… the same as in Ghana, but here:", "- Germany: waits"]
    screen.show([replace(CARD, room="Belgium", step=5)])
    assert len(printed(capsys)) == 6, "in another step it is shown in full"
    screen.show([replace(CARD, room="Netherlands", at=AT + timedelta(minutes=1))])
    assert len(printed(capsys)) == 6, "asked for later it is shown in full"
    assert len(screen.entries) == 6


def test_a_long_message_is_cut_and_says_so(screen: Screen, capsys: pytest.CaptureFixture[str]) -> None:
    screen.show([replace(ASKED, text="\n".join(f"line {number}" for number in range(MOST_LINES + 3)))])
    assert printed(capsys)[-1] == "… (and 3 more)"


def test_paths_and_addresses_are_not_broken(screen: Screen, capsys: pytest.CaptureFixture[str]) -> None:
    path = "/tmp/a-folder-with-many-hyphens/and-one-more-folder/bot.log"  # noqa: S108 - only printed
    screen.say(f"The logs are kept, and this is where they are to be found: {path}")
    assert path in printed(capsys)


def test_no_colour_where_it_is_not_wanted(
    screen: Screen, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("click._compat.isatty", lambda _stream: True)
    screen.tick("held")
    assert "\x1b[" in capsys.readouterr().out
    monkeypatch.setenv("NO_COLOR", "1")
    screen.tick("held")
    assert capsys.readouterr().out == "   ✓ held\n"


def test_what_arrives_stands_above_the_prompt(screen: Screen, capsys: pytest.CaptureFixture[str]) -> None:
    screen.ask("[Ama · Ghana] ")
    screen.show([ASKED])
    out = re.sub(r"\x1b\[\d*[mK]", "", capsys.readouterr().out)
    assert out.endswith("[Ama · Ghana] ")
    assert out.count("!alert Container") == 1


def test_a_failed_progress_says_so(screen: Screen, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(OSError, match="no"), screen.progress("starting"):
        raise OSError("no")
    assert printed(capsys) == ["==> starting … failed"]


def test_the_picture_is_well_formed_whatever_was_said() -> None:
    hostile = replace(ASKED, who="A <b>", room='"&', text='</text><script>alert(1)</script> & "quotes"\n\n> <i>x</i>')
    picture = ET.fromstring(to_svg([hostile, CARD]))  # noqa: S314 - our own
    assert picture.get("width") == str(WIDTH)
    assert {element.tag for element in picture.iter()} <= {
        SVG + tag for tag in ("svg", "rect", "circle", "path", "text", "tspan")
    }
    said = " ".join("".join(text.itertext()) for text in picture.iter(f"{SVG}text"))
    assert '</text><script>alert(1)</script> & "quotes"' in said
    assert "Alert A-2026-0001" in said


def test_every_line_of_the_picture_stands_inside_it_and_below_the_one_before() -> None:
    words = replace(ASKED, text=" ".join(["container"] * 200))
    picture = ET.fromstring(to_svg([words, CARD, words]))  # noqa: S314 - our own
    lines = [text for text in picture.iter(f"{SVG}text") if "container" in "".join(text.itertext())]
    assert len(lines) > 20
    assert all(len("".join(line.itertext())) < 100 for line in lines)
    heights = [float(line.get("y", "")) for line in lines]
    assert heights == sorted(set(heights))
    assert heights[-1] < float(picture.get("height", ""))


def test_markdown_keeps_every_word() -> None:
    text = to_markdown([ASKED, replace(CARD, threaded=True), replace(CARD, text="```\nx", edited=True)])
    assert "## Ghana" in text
    assert "**SESN** (09:00:00 UTC, in the thread)" in text
    assert "````text\n```\nx\n````" in text
    assert CARD.text in text
