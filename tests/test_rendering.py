"""A document as text and HTML: nothing in it breaks out, reorders what is read, or fills more than an event holds."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.matrix.interface import MARKER
from bot.outgoing import content_of
from bot.rendering import Page, clean, render
from bot.sender.trying import as_edit
from commands.document import (
    Block,
    Bullets,
    Code,
    CountryName,
    Doc,
    Emphasis,
    Fields,
    Heading,
    Inline,
    Joined,
    Mention,
    Message,
    Moment,
    Paragraph,
    Quote,
    Strong,
    Table,
    Text,
    _,
    _n,
    bullets,
    doc,
    fields,
    joined,
    table,
)
from storage.ids import CountryCode, UserId

HOSTILE = "<script>alert('1')</script><img src=x onerror=\"x\">&amp;</p></td>"
AMA = UserId("@ama:test")


def page(*parts: Any, language: str = "en") -> Page:
    """Render what must fit on one page."""
    (only,) = render(doc(*parts), language)
    return only


class _Tags(HTMLParser):
    """Collects the tags and the text of HTML, as a client's sanitizer sees them."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []
        self.text: list[str] = []
        self.depth: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert not [name for name, _value in attrs if name != "href"], attrs
        self.opened.append(tag)
        if tag != "br":
            self.depth.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.depth.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def read_html(html: str) -> _Tags:
    """Parse HTML and check that every tag is closed where it should be."""
    tags = _Tags()
    tags.feed(html)
    tags.close()
    assert tags.depth == []
    return tags


INLINE_KINDS: dict[str, Inline] = {
    "text": Text(HOSTILE),
    "sentence": _("It is {what}.", what=HOSTILE),
    "number": _n("{count} of {what}", "{count} of {what}", 2, what=HOSTILE),
    "strong": Strong(Text(HOSTILE)),
    "emphasis": Emphasis(Text(HOSTILE)),
    "code": Code(HOSTILE),
    "mention": Mention(AMA, HOSTILE),
    "list": Joined((Text(HOSTILE), Text("b"), Text(HOSTILE))),
}
ALLOWED = {"p", "h4", "ul", "li", "br", "strong", "em", "code", "a", "table", "thead", "tbody", "tr", "th", "td"}


@pytest.mark.parametrize("node", INLINE_KINDS.values(), ids=INLINE_KINDS)
def test_hostile_text_stays_text_in_every_kind_of_node(node: Inline) -> None:
    blocks: list[Block] = [
        Paragraph(node),
        Heading(node),
        Bullets((node,)),
        Fields(((node, node),)),
        Table((node,), ((node,),)),
    ]
    for block in blocks:
        shown = page(block)
        tags = read_html(shown.html)
        assert set(tags.opened) <= ALLOWED
        assert HOSTILE in "".join(tags.text)
        assert HOSTILE in shown.body


def test_hostile_text_stays_text_in_a_quotation() -> None:
    shown = page(Quote(f"{HOSTILE}\nsecond line"))
    tags = read_html(shown.html)
    assert tags.opened == ["blockquote", "br"]
    assert HOSTILE in "".join(tags.text)
    assert shown.body == f"> {HOSTILE}\n> second line"


def test_a_hostile_user_id_stays_inside_its_link() -> None:
    shown = page(Mention(UserId('@a"><script>:test'), "Ama"))
    assert read_html(shown.html).opened == ["p", "a"]
    for odd, within in (("?via=evil", "%3Fvia%3Devil"), ("/#/@other:test", "%2F%23%2F@other:test"), ("%40", "%2540")):
        link = f'<a href="https://matrix.to/#/@a:test{within}">Ama</a>'
        assert link in page(Mention(UserId(f"@a:test{odd}"), "Ama")).html, "the link says whom it names"


def test_a_country_without_a_name_is_shown_by_its_code() -> None:
    assert page(CountryName(CountryCode("<b>"))).html == "<p>&lt;b&gt;</p>"
    assert page(CountryName(CountryCode("GH"))).body == "Ghana"
    assert page(CountryName(CountryCode("DE")), language="fr").body == "Allemagne"


@pytest.mark.parametrize(
    "control",
    [
        "\u202e", "\u202a", "\u2066", "\u2069", "\u200f", "\u061c",  # what turns the direction
        "\u200b", "\u200d", "\u2060", "\ufeff", "\u034f", "\u3164", "\U000e0041",  # what has no width or shape
        "\x00", "\x07", "\x1b", "\x7f", "\x9b",  # controls
        "\ud800",  # half of a pair, which no UTF-8 can hold
    ],
)  # fmt: skip
def test_what_reorders_or_hides_is_taken_out_everywhere(control: str) -> None:
    name = f"Am{control}a"
    for block in (Paragraph(Text(name)), Quote(name), Paragraph(Mention(AMA, name)), Paragraph(Code(name))):
        shown = page(block)
        assert "Ama" in shown.body
        assert control not in shown.body + shown.html
        shown.body.encode()


@pytest.mark.parametrize("break_", ["\r\n", "\r", "\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\n"])
def test_every_line_break_is_a_plain_one(break_: str) -> None:
    assert page(Quote(f"a{break_}b")).body == "> a\n> b"
    assert page(Text(f"a{break_}b")).html == "<p>a<br>\nb</p>"


@pytest.mark.parametrize("written", ["@room", "@ROOM", "@r\u200boom", "x@Room!"])
def test_nobody_notifies_a_whole_room(written: str) -> None:
    shown = page(Text(written), Quote(written), Code(written))
    assert "@room" not in (shown.body + shown.html).casefold()
    assert "room" in shown.body.casefold()


def test_who_is_named_anywhere_is_notified_once() -> None:
    ids = [UserId(f"@{name}:test") for name in "abcdefg"]
    a, b, c, d, e, f, _g = (Mention(user, user[1]) for user in ids)
    said = doc(
        _("{who} and {others}", who=Strong(a), others=joined([b, Emphasis(c)])),
        bullets([d]),
        fields([("who", e)]),
        table(["who"], [[f], [a]]),
    )
    (shown,) = render(replace(said, mentions=(ids[6], ids[0])), "en")
    assert set(shown.mentions) == set(ids)
    assert len(shown.mentions) == len(ids)
    assert 'href="https://matrix.to/#/@a:test"' in shown.html
    assert content_of(shown)["m.mentions"] == {"user_ids": list(shown.mentions)}
    assert content_of(page("nobody"))["m.mentions"] == {}


def test_a_table_reads_as_text_too() -> None:
    shown = page(table(["Port", "State"], [["Tema", "open"], ["Cotonou", "on\nstrike"]]))
    assert shown.body == "Port | State\nTema | open\nCotonou | on strike"
    stripped = re.sub(r"<[^>]+>", "", shown.html)
    for left, right in (("Port", "State"), ("State", "Tema"), ("Tema", "open"), ("open", "Cotonou")):
        assert left + right not in stripped
    with pytest.raises(ValueError, match="six columns"):
        table(list("abcdefg"), [])


def test_lines_inside_an_item_are_not_items() -> None:
    assert page(bullets(["one\n- two", "three"])).body == "- one\n  - two\n- three"


@pytest.mark.parametrize(
    ("zone", "with_utc", "shown"),
    [
        ("Africa/Accra", True, "Mon 23 Nov 2026, 23:30 (Africa/Accra, UTC)"),
        ("Europe/Amsterdam", True, "Tue 24 Nov 2026, 00:30 (Europe/Amsterdam, Mon 23 Nov, 23:30 UTC)"),
        ("America/Panama", True, "Mon 23 Nov 2026, 18:30 (America/Panama, 23:30 UTC)"),
        ("Europe/Amsterdam", False, "Tue 24 Nov 2026, 00:30 (Europe/Amsterdam)"),
        (None, True, "Mon 23 Nov 2026, 23:30 UTC"),
        ("UTC", True, "Mon 23 Nov 2026, 23:30 UTC"),
    ],
)
def test_a_moment_says_its_zone_and_utc(zone: str | None, with_utc: bool, shown: str) -> None:
    at = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
    assert page(Moment(at, ZoneInfo(zone) if zone else None, with_utc)).body == shown


def test_words_are_of_the_language_and_an_unknown_language_is_english() -> None:
    at = Moment(datetime(2026, 11, 23, 9, 0, tzinfo=UTC))
    assert page(at, language="fr").body == "lun. 23 nov. 2026, 09:00 UTC"
    for language in ("xx", "not a language", ""):
        assert page(at, joined("abc"), language=language).body == "Mon 23 Nov 2026, 09:00 UTC\na, b, and c"
    assert (
        page(_n("{count} room", "{count} rooms", 1), _n("{count} room", "{count} rooms", 3)).body == "1 room\n3 rooms"
    )
    assert page(joined([])).body == ""


def test_a_place_that_only_the_translation_has_does_not_break_the_sentence() -> None:
    assert page(Message("Alert {number} {nubmer}", (("number", Text("7")),))).body == "Alert 7 {nubmer}"


def test_a_document_keeps_its_tone_when_added_to() -> None:
    quiet, loud = doc("a", notice=True), doc("b")
    assert render(quiet + quiet, "en")[0].notice
    assert not render(quiet + loud, "en")[0].notice
    assert render(loud.quietly(), "en")[0].notice
    assert render(Doc(()), "en")[0].body == ""


# Pages

LIMIT = 65_536
ENVELOPE = 3_000
"""What stands around the ciphertext: keys, relations, hashes, the signatures of servers."""


def event_bytes(page: Page) -> int:
    """Return about how long the encrypted event is, as an edit, which is the longest of what is sent."""
    content = {**content_of(page), MARKER: "sesn-" + "0" * 32}
    edit = as_edit(content, {"rel_type": "m.replace", "event_id": "$" + "0" * 43})
    longest = max(len(json.dumps({"type": "m.room.message", "content": each})) for each in (content, edit))
    return (longest + 200) * 4 // 3 + ENVELOPE


FILLERS = {
    "😀": "four bytes",
    "ع": "two bytes",
    "漢": "three bytes",
    "&": "escaped",
    '"': "quoted",
    "\n": "lines",
    "a ": "words",
}
HUGE: dict[str, Any] = {
    "quotation": Quote,
    "paragraph": lambda text: Paragraph(Text(text)),
    "place": lambda text: Paragraph(_("It said: {text}", text=text)),
    "strong": lambda text: Paragraph(Strong(Emphasis(Text(text)))),
    "code": lambda text: Paragraph(Code(text)),
    "heading": lambda text: Heading(Text(text)),
    "item": lambda text: bullets(["first", text, "last"]),
    "field": lambda text: fields([("name", text), ("other", "value")]),
    "name of a field": lambda text: fields([(text, "value")]),
    "cell": lambda text: table(["a", "b"], [["x", text], [text, "y"]]),
    "header": lambda text: table(["a", text], [["x", "y"]]),
    "mention": lambda text: Paragraph(Mention(AMA, text)),
    "list": lambda text: Paragraph(joined([text, "and more"])),
}


@pytest.mark.parametrize("kind", HUGE)
@pytest.mark.parametrize("filler", FILLERS, ids=FILLERS.values())
def test_no_event_is_too_long_and_nothing_is_lost(kind: str, filler: str) -> None:
    size = 60_000 // len(filler.encode())
    text = "BEGIN" + filler * size + "END"
    pages = render(doc("before", HUGE[kind](text), "after"), "en")
    assert len(pages) > 1
    assert max(event_bytes(each) for each in pages) <= LIMIT
    everything = "".join(each.body for each in pages)
    assert everything.count("BEGIN") >= 1
    assert everything.count("END") >= 1
    if filler.strip():
        assert everything.count(filler.strip()) >= size
    assert everything.startswith("before")
    assert everything.endswith("after")
    for each in pages:
        read_html(each.html)


def test_many_rows_are_parted_between_rows_and_tables_repeat_their_header() -> None:
    pages = render(doc(table(["Port"], [[f"Port number {number}"] for number in range(3_000)])), "en")
    assert len(pages) > 2
    assert all(each.body.startswith("Port\n") for each in pages)
    rows = [line for each in pages for line in each.body.splitlines() if line != "Port"]
    assert rows == [f"Port number {number}" for number in range(3_000)]


def test_who_is_named_on_a_later_page_is_notified_there() -> None:
    other = UserId("@kofi:test")
    giant = _("{who}: {text}", who=Mention(other, "Kofi"), text="word " * 10_000)
    pages = render(doc(Mention(AMA, "Ama"), Quote("word " * 10_000), giant), "en")
    assert pages[0].mentions == (AMA,)
    assert [each.mentions for each in pages].count((other,)) == 1


def test_a_long_text_is_cut_between_words_and_never_before_an_accent() -> None:
    words = render(doc(Quote("container " * 6_000)), "en")
    lines = [line.removeprefix("> ") for each in words for line in each.body.splitlines()]
    assert {word for line in lines for word in line.split()} == {"container"}
    accents = render(doc(Text("e\u0301" * 9_001)), "en")
    assert len(accents) > 1
    assert not any(each.body.startswith("\u0301") for each in accents)


texts = st.text(max_size=300)
long_texts = st.builds(lambda text, times: text * times, texts, st.integers(1, 200))
inlines: st.SearchStrategy[Inline] = st.one_of(
    st.builds(Text, long_texts),
    st.builds(Code, texts),
    st.builds(Mention, st.just(AMA), texts),
    st.builds(lambda text: _("It is {text}.", text=Strong(Text(text))), long_texts),
    st.builds(joined, st.lists(texts, max_size=4)),
)
blocks: st.SearchStrategy[Block] = st.one_of(
    st.builds(Paragraph, inlines),
    st.builds(Heading, inlines),
    st.builds(Quote, long_texts),
    st.builds(lambda items: Bullets(tuple(items)), st.lists(inlines, max_size=5)),
    st.builds(lambda rows: Fields(tuple(rows)), st.lists(st.tuples(inlines, inlines), max_size=5)),
    st.builds(lambda rows: Table((Text("h"),), tuple((cell,) for cell in rows)), st.lists(inlines, max_size=5)),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(blocks, max_size=4))
def test_the_text_of_any_document_survives_paging(parts: list[Block]) -> None:
    pages = render(Doc(tuple(parts)), "en")
    assert max(event_bytes(each) for each in pages) <= LIMIT
    # Headers of tables are repeated, `> ` and `- ` stand before pieces: what remains is what was written, in order.
    marks = re.compile(r"[\s>h|-]+")
    together = "".join(each.body for each in pages)
    alone = [render(Doc((part,)), "en") for part in parts]
    if all(len(each) == 1 for each in alone):
        assert marks.sub("", together) == marks.sub("", "".join(each[0].body for each in alone))
    for written in (part.text for part in parts if isinstance(part, Quote)):
        assert marks.sub("", clean(written)) in marks.sub("", together)
    for each in pages:
        read_html(each.html)


@given(st.text(st.characters(exclude_categories=()), max_size=200))
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    cleaned = clean(text)
    assert clean(cleaned) == cleaned
    cleaned.encode()


def test_words_stay_apart_where_a_preview_drops_the_tags() -> None:
    shown = page(_("Ports"), bullets(["Tema", "Rotterdam"]), fields([("State", "open"), ("Type", "alert")])).html
    assert re.sub(r"<[^>]+>", "", shown).split() == ["Ports", "Tema", "Rotterdam", "State:", "open", "Type:", "alert"]
