"""The grammar, as people type it on telephones: what is understood, what is asked, what is refused in which words."""

from datetime import UTC, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bot.capabilities import discover
from bot.parser import Call, Missing, fields_of, parse
from bot.rendering import render
from commands.arguments import About, Choice, Countries, Country, Option, Reading, Ref, Rest, When, Word, Zone
from commands.base import Args, Command, Context, Effect, Refusal, Role, Subject
from commands.document import Doc, _, doc
from storage.ids import CountryCode
from storage.members import AuthorityKind
from tests.fakes import Network

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
READING = Reading(NOW, ZoneInfo("Africa/Accra"))
ASK = _("Which one?")


class Plain(Args):
    """Options alone."""

    name: str | None = None
    kind: Annotated[AuthorityKind | None, Choice(AuthorityKind)] = None
    take_back: str | None = None
    telephone: Annotated[str | None, Option(aliases=("phone",))] = None
    countries: Annotated[tuple[CountryCode, ...], Countries()] = ()
    tz: Annotated[str | None, Zone()] = None
    start: Annotated[datetime | None, When()] = None


class Texted(Args):
    """A number, options and a free text."""

    about: Annotated[Ref, About("alert", ask=ASK)]
    tlp: str = "amber"
    tell: Annotated[tuple[CountryCode, ...], Countries()] = ()
    seen: Annotated[datetime | None, When()] = None
    text: Annotated[str, Rest(ask=_("What do you want to say?"))]


class Needed(Args):
    country: Annotated[CountryCode, Country(), Word(ask=_("Which country?"))]
    kind: Annotated[AuthorityKind, Choice(AuthorityKind), Option(ask=_("Of which kind?"))]


class Numbered(Args):
    about: Annotated[Ref, About("alert", ask=ASK)]


class Nothing(Args):
    pass


async def _handle(args: Args, context: Context) -> Doc | None:
    raise AssertionError("the parser runs nothing")


def _command(words: str, args: type[Args]) -> Command:
    return Command(tuple(words.split()), args, Role.MEMBER, Effect.READS, _("A command"), (), _handle)


COMMANDS = [
    _command("plain", Plain),
    _command("note", Texted),
    _command("note send", Numbered),
    _command("note list", Nothing),
    _command("need", Needed),
]
HERE = Subject("alert", 40)


def read(text: str, given: dict[str, str] | None = None, *, subject: Subject | None = None) -> dict[str, Any]:
    """Parse a whole command and return what was given."""
    call = parse(text, COMMANDS, READING, prefix="!", subject=subject, given=given)
    assert isinstance(call, Call), call
    return {name: getattr(call.args, name) for name in call.args.model_fields_set}


def asked(text: str, **given: str) -> tuple[str, str]:
    """Parse a command that lacks something: the field and the question."""
    missing = parse(text, COMMANDS, READING, prefix="!", given=given)
    assert isinstance(missing, Missing), missing
    return missing.field, render(doc(missing.question), "en")[0].body


def refused(text: str, *, subject: Subject | None = None) -> str:
    """Parse a command that is refused, and return the words."""
    with pytest.raises(Refusal) as refusal:
        parse(text, COMMANDS, READING, prefix="!", subject=subject)
    words = refusal.value.words
    return render(words if isinstance(words, Doc) else doc(words), "en")[0].body


@pytest.mark.parametrize(
    "text",
    [
        "plain name=Ama kind=police",
        "plain kind=police name=Ama",
        "PLAIN Name=Ama KIND=Police",
        "plain name = Ama kind= police",
        "plain   name =Ama\n kind=police  ",
        'plain name="Ama" kind="police"',
        "plain name=“Ama” kind=”police”",
        "plain name=„Ama“ kind=„police”",
        "plain name=«Ama» kind=« police »",
        "plain --name=Ama -kind=police",
        "plain —name=Ama –kind=police",
        "plain name＝Ama kind＝police",
    ],
)
def test_options_come_in_any_order_case_and_quotation(text: str) -> None:
    assert read(text) == {"name": "Ama", "kind": AuthorityKind.POLICE}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("plain name=Ama Example", "Ama Example"),
        ("plain name=Ama Example kind=police", "Ama Example"),
        ("plain name=Côte d'Ivoire kind=police", "Côte d'Ivoire"),
        ("plain name=O'Brien", "O'Brien"),
        ("plain name=d’Almeida", "d’Almeida"),
        ('plain name="kind=police"', "kind=police"),
        ('plain name="it\'s “here”"', "it's “here”"),
        ("plain name=a=b", "a=b"),
        ("plain name=https://epa.example/?q=1&kind=2", "https://epa.example/?q=1&kind=2"),
        ('plain name=""', ""),
        ("plain name=", ""),
    ],
)
def test_values_are_kept_as_written(text: str, name: str) -> None:
    assert read(text)["name"] == name


def test_keys_may_be_written_with_hyphens_and_have_other_names() -> None:
    for key in ("take_back", "take-back", "takeback", "Take-Back"):
        assert read(f"plain {key}=yes") == {"take_back": "yes"}
    assert read("plain phone=030") == {"telephone": "030"}


@pytest.mark.parametrize(
    "text", ["GH,NL,BE", "GH, NL, BE", "gh ; nl ;be", "Ghana, Netherlands, Belgium", '"GH, NL, BE"']
)
def test_lists_take_spaces_after_their_commas(text: str) -> None:
    assert read(f"plain countries={text} name=x")["countries"] == ("GH", "NL", "BE")
    assert read(f"note 7 tell={text} leaking drums") == {
        "about": Ref(number="7"),
        "tell": ("GH", "NL", "BE"),
        "text": "leaking drums",
    }


def test_times_of_several_words_are_taken_from_a_text() -> None:
    told = read("note 7 seen=tomorrow 09:00 two drums leak")
    assert (told["seen"], told["text"]) == (datetime(2026, 11, 24, 9, tzinfo=UTC), "two drums leak")


def test_tz_is_the_zone_of_the_other_times() -> None:
    for text in ("plain tz=Europe/Amsterdam start=2026-12-01 09:00", "plain start=2026-12-01 09:00 tz=amsterdam"):
        assert read(text)["start"] == datetime(2026, 12, 1, 8, tzinfo=UTC)
    assert read("plain start=2026-12-01 09:00")["start"] == datetime(2026, 12, 1, 9, tzinfo=UTC)
    assert "no time zone" in refused("plain tz=Nowhere start=2026-12-01 09:00")


@pytest.mark.parametrize(
    "text",
    [
        "The seal is “broken”, says the master's mate",
        "line one\n\n  line two\n- item",
        '"quoted" from the start',
        "weight=12 t and a=b, unknown=x stays",
        "see https://epa.example/?tlp=red&q=1",
        "“tpl=red” was written on the drum",
        "— dashes — and --more",
        "7 drums, then 8",
    ],
)
def test_free_text_is_kept_raw(text: str) -> None:
    assert read(f"note A-2026-0001 {text}")["text"] == text
    assert read(f"note {text}", subject=HERE)["text"] == text


def test_options_are_taken_from_before_within_and_after_a_text() -> None:
    for text in (
        "note 7 tlp=red it leaks",
        "note tlp=red 7 it leaks",
        "note 7 it tlp=red leaks",
        "note 7 it leaks tlp=red",
    ):
        told = read(text)
        assert (told["about"], told["tlp"], told["text"].split()) == (Ref(number="7"), "red", ["it", "leaks"])


@pytest.mark.parametrize("number", ["7", "#7", "A-2026-0007", "a-2026-7", "2026-0007", "A7", "A-7"])
def test_a_number_is_taken_in_every_short_form(number: str) -> None:
    assert read(f"note send {number}") == {"about": Ref(number=number.lstrip("#"))}


def test_in_its_thread_the_number_may_be_left_out_and_forty_drums_are_text() -> None:
    assert read("note send", subject=HERE) == {"about": Ref(id=40)}
    assert read("note send 7", subject=HERE) == {"about": Ref(number="7")}
    assert read("note 40 drums found", subject=HERE) == {"about": Ref(id=40), "text": "40 drums found"}
    assert read("note 40 drums found") == {"about": Ref(number="40"), "text": "drums found"}
    assert read("note A-2026-0007 drums", subject=HERE) == {"about": Ref(number="A-2026-0007"), "text": "drums"}
    assert read("note #7 drums", subject=HERE) == {"about": Ref(number="7"), "text": "drums"}


def test_a_thread_about_something_else_lends_no_number() -> None:
    assert isinstance(parse("note send", COMMANDS, READING, prefix="!", subject=Subject("exercise", 1)), Missing)


def test_what_is_missing_is_asked_for_in_turn_and_its_answer_completes_the_command() -> None:
    assert asked("need") == ("country", "Which country?")
    assert asked("need", country="Ghana") == ("kind", "Of which kind?")
    assert read("need", {"country": "Ghana", "kind": "customs"}) == {"country": "GH", "kind": AuthorityKind.CUSTOMS}
    assert asked("note 7") == ("text", "What do you want to say?")
    assert asked("note send")[0] == "about"
    assert read("note send", {"about": "#7"}) == {"about": Ref(number="7")}
    assert read("note 7", {"text": "tlp=red is kept in an answer"}) == {
        "about": Ref(number="7"),
        "text": "tlp=red is kept in an answer",
    }


def test_a_bad_value_is_refused_before_anything_is_asked_for() -> None:
    assert "I know no country “Ghanaland”" in refused("need Ghanaland")
    assert "is not one of" in refused("need kind=polise")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Type !help"),
        ("   \n", "Type !help"),
        ("plian name=x", "Did you mean !plain?"),
        ("xyzzy", "I know no command xyzzy. I am a program and understand commands only: !help shows"),
        ("note snd 7", "Did you mean !note send?"),
        ("note lsit", "Did you mean !note list?"),
        ("plain nmae=Ama", "I know no option nmae=. Did you mean name=?"),
        ("plain xyzzy=1", "I know no option xyzzy= here. Write it like this: !plain [name=...]"),
        ("plain name=Ama kind=police kind=port", "kind= is given twice"),
        ("plain name=Ama phone=1 telephone=2", "telephone= is given twice"),
        ('plain name="Ama kind=police', "The quotation mark after name= is never closed"),
        ("plain name=«Ama", "never closed"),
        ("plain kind=polise", "Did you mean police?"),
        ("plain kind=xyzzy", "xyzzy is not one of environment,"),
        ("plain start=soonish", "I cannot read the time “soonish”"),
        ("plain countries=Ganha", "I know no country"),
        ("plain countries=,", "Name at least one country"),
        ("plain Ama", "I do not know what to do with “Ama”. Write it like this: !plain"),
        ('plain name="Ama" Example', "I do not know what to do with “Example”"),
        ("note list 7", "I do not know what to do with “7”"),
        ("note send seven", "I do not know what to do with “seven”"),
        ("note 7 tlpp=red it leaks", "Did you mean tlp=? If it is part of your text, write “tlpp=…”"),
        ("note 7 it leaks tpl=red", "Did you mean tlp=? If it is part of your text, write “tpl=…”"),
        ("note 7 tlp=red it leaks tlp=green", "tlp= is given twice"),
        ('note 7 tlp="red it leaks', "never closed"),
    ],
)
def test_what_is_wrong_is_said_with_what_to_do_next(text: str, words: str) -> None:
    assert words in refused(text)


def test_a_text_that_begins_like_a_subcommand_is_a_text() -> None:
    assert read("note sending two inspectors to the terminal", subject=HERE)["text"].startswith("sending two")
    assert read("note lists of the consignee were found today", subject=HERE)["text"].startswith("lists of")


def test_a_family_without_a_command_of_its_own_names_its_members() -> None:
    commands = [_command("room bind", Nothing), _command("room list", Nothing)]
    for text, words in (("room", "Did you mean !room bind"), ("room lits", "Did you mean !room list?")):
        with pytest.raises(Refusal) as refusal:
            parse(text, commands, READING, prefix="!")
        assert words in render(refusal.value.words, "en")[0].body


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("risk", "Did you mean !risk weights or !alert risk?"),
        ("stats country=GH", "I know no command stats. Did you mean !alert stats?"),
    ],
)
def test_the_second_word_of_a_command_alone_names_the_command(text: str, words: str) -> None:
    commands = [_command("risk weights", Nothing), _command("alert risk", Nothing), _command("alert stats", Nothing)]
    with pytest.raises(Refusal) as refusal:
        parse(text, commands, READING, prefix="!")
    assert render(refusal.value.words, "en")[0].body == words


def test_long_nonsense_is_not_repeated_in_full() -> None:
    assert len(refused("plain " + "x " * 5_000)) < 500


# Any text

REAL = discover().commands
KEYS = sorted({entry.name for command in REAL for entry in fields_of(command.args)})
VALUES = [
    "", "GH", "red", "7", "A-2026-0001", "fri 14:00", "2027-03-28 02:30", "Europe/Amsterdam", "Nowhere", "“", '"a b"',
    "@a:b", "yes", "-1", "99999999999999999999", "1e9", "٣", "\x00", "'", "=", ",", ";", "9999-12-31T23:59", "+233",
    "in 99999 weeks", "\ud800",
]  # fmt: skip
pieces = st.one_of(
    st.sampled_from(VALUES),
    st.text(max_size=10),
    st.builds("{}{}={}".format, st.sampled_from(["", "--", "—"]), st.sampled_from(KEYS), st.sampled_from(VALUES)),
    st.builds("{} = {}".format, st.sampled_from(KEYS), st.text(max_size=10)),
)
near_commands = st.builds(
    lambda command, parts: " ".join([command, *parts]),
    st.sampled_from([command.name for command in REAL]),
    st.lists(pieces, max_size=5),
)
anything = st.one_of(st.text(st.characters(exclude_categories=()), max_size=60), near_commands, pieces)
subjects = st.sampled_from([None, Subject("alert", 1), Subject("exercise", 1), Subject("contact", 1)])
readings = st.sampled_from([READING, Reading(NOW, ZoneInfo("Europe/Amsterdam"), "fr")])


@settings(max_examples=400, deadline=None)
@given(anything, subjects, readings, st.one_of(st.none(), pieces))
@example("remind me 0001-01-01T00:00+14:00 x", None, READING, None)
def test_any_text_is_a_call_a_question_or_a_refusal(
    text: str, subject: Subject | None, reading: Reading, answer: str | None
) -> None:
    try:
        found = parse(text, REAL, reading, prefix="!", subject=subject)
        if isinstance(found, Missing) and answer is not None:
            parse(text, REAL, reading, prefix="!", subject=subject, given={found.field: answer})
    except Refusal as refusal:
        words = refusal.words
        assert render(words, "en")[0].body


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    texts=st.lists(st.one_of(near_commands, anything), min_size=1, max_size=3),
    speaker=st.sampled_from(["ghana", "coordinator"]),
)
@example(texts=["me name=\ud800", "remind me tomorrow \x00\udfff"], speaker="ghana")
async def test_no_text_is_answered_with_a_fault_of_the_bot(net: Network, texts: list[str], speaker: str) -> None:
    for text in texts:
        for room in ("network", None):
            reply = await net.say(f"!{text}", as_=speaker, room=room)
            assert "went wrong" not in reply.text, text
