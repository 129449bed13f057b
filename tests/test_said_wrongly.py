"""What is typed wrongly in a hurry: each answer says in the sender's words what is wrong, and what to do next."""

import pytest

from tests.alerts.raising import card_in, raised, sent
from tests.fakes import Network

LONG = "x" * 60_000


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("!alert stats chart=", "Nothing stands behind chart=. Write it like chart=yes|no."),
        ("!alert confirm 1 ground=", "Nothing stands behind ground=. Write it like ground=a|b|c|d|e."),
        ("!alert set 1 tlp=purple", "purple is not one of RED, AMBER+STRICT, AMBER, GREEN, or CLEAR."),
        ("!alert set 1 vesel=Stella", "I know no option vesel=. Did you mean vessel=?"),
        ("!me tz=Mars", "I know no time zone Mars. Write it like Europe/Paris."),
        ("!me tz=europe/pariss", "I know no time zone europe/pariss. Did you mean Europe/Paris?"),
        ("!alert merge 1 into=1", "Name the one that goes on: !alert merge A-2026-0001 into=..."),
        ("!alert send", "You have no draft. Begin one with !alert ...."),
        ("!watch GH for=0d", "A watch goes on for an hour at least and a year at most: for=30d or until=2027-03-01."),
    ],
)  # fmt: skip
async def test_an_answer_says_what_is_wrong_and_how_it_is_written(net: Network, typed: str, answer: str) -> None:
    await sent(net)
    assert (await net.say(typed, as_="ghana")).text.endswith(answer)


async def test_of_a_command_with_many_options_only_their_names_are_shown(net: Network) -> None:
    answer = (await net.say("!alert set colour=red", as_="ghana")).text
    assert answer.startswith("I know no option colour= here. !alert set takes container=, vessel=, port=, origin=,")
    assert "CSQU3054383" not in answer


@pytest.mark.parametrize(
    "typed",
    [
        f"!{LONG}",
        LONG,
        f"!alert {LONG}",
        f"!help {LONG}",
        f"!alert show {LONG}",
        f"!watch stop {LONG}",
        f"!remind cancel {LONG}",
    ],
)
async def test_a_word_without_end_is_not_repeated(net: Network, typed: str) -> None:
    answer = (await net.say(typed, as_="ghana")).text
    assert "x" * 39 in answer
    assert len(answer) < 250


@pytest.mark.parametrize("number", ["A2026-1", "a20260001", "A-20260001", "A–2026–1"])
async def test_a_number_is_known_without_its_hyphens(net: Network, number: str) -> None:
    await sent(net)
    assert "Alert A-2026-0001, TLP:AMBER" in await net.say(f"!alert show {number}", as_="netherlands")


async def test_what_was_given_and_could_not_be_read_is_not_said_to_be_missing(net: Network) -> None:
    draft = await raised(net, "Drums, container=CSQU305 quantity=lots")
    assert "I could not read container=CSQU305. Write it anew: !alert set container=CSQU3054383" in draft
    assert "I could not read quantity=lots. Write it anew: !alert set quantity=18 t" in draft
    assert "Not given (you can send it all the same): vessel=, port=," in draft
    await net.say("!alert set container=CSQU3054383", as_="ghana", room="ghana")
    card = net.latest("ghana", draft.messages[0].event_id)
    assert "I could not read quantity=lots" in card
    assert "CSQU305." not in card


async def test_an_option_without_its_value_empties_the_line(net: Network) -> None:
    await sent(net, "Drums in CSQU3054383 at Tema, 18 t")
    await net.say("!alert set 1 declared=used goods", as_="ghana")
    for key, name in (("declared", "Declared as"), ("quantity", "Quantity")):
        assert f"{name}: nothing" in await net.say(f"!alert set 1 {key}=", as_="ghana")
        assert name not in net.latest("ghana", card_in(net, "ghana"))


async def test_a_country_concerned_is_not_left_out_and_why_is_said(net: Network) -> None:
    await raised(net)
    answer = await net.say("!alert set tell=-BE", as_="ghana", room="ghana")
    assert "Countries you added: none" in answer
    assert "Belgium is told all the same, as it is concerned: origin" in answer
    await net.say("!alert set tell=DE", as_="ghana", room="ghana")
    without = await net.say("!alert set tell=-DE", as_="ghana", room="ghana")
    assert "Countries you added: none" in without
    assert "all the same" not in without.text


async def test_a_day_to_come_is_not_one_on_which_something_was_seen(net: Network) -> None:
    draft = await raised(net, "CSQU3054383 seen yesterday at Antwerp, arrives in Tema on 27 November 2026")
    assert "Seen on: 2026-11-22\nExpected on: 2026-11-27\n" in draft
    await net.say("!alert send", as_="ghana", room="ghana")
    assert "Expected on: 2026-11-27" in net.latest("belgium", card_in(net, "belgium"))
    today = await raised(net, "CSQU3054383 at Tema on 23 November 2026")
    assert "Seen on: 2026-11-23\n" in today
    assert "Expected" not in today.text


async def test_a_misspelt_place_of_a_sighting_is_named_with_how_to_take_it_back(net: Network) -> None:
    answer = await net.say("!seen CSQU3054383 at Rotterdm", as_="germany")
    assert (
        "I read “Rotterdm” as Rotterdam (NLRTM). If it was another place: !seen not CSQU3054383 at NLRTM, "
        "and report it anew." in answer
    )
    refuted = await net.say("!seen not CSQU3054383 at Rotterdm", as_="germany")
    assert "I read “Rotterdm” as Rotterdam (NLRTM)." in refuted
    assert "I read" not in (await net.say("!seen CSQU3054383 at Rotterdam", as_="germany")).text


async def test_an_id_that_is_merely_alike_is_not_offered(net: Network) -> None:
    for typed, words in (
        ("@nobody:test", "@nobody:test is not on the roster. !member list shows who is."),
        ("@gahna:test", "@gahna:test is not on the roster. Did you mean @ghana:test?"),
    ):
        assert words in await net.say(f"!member show {typed}", as_="coordinator")


async def test_the_one_word_that_has_to_be_chosen_needs_no_key(net: Network) -> None:
    await sent(net)
    await net.say("!alert hold 1", as_="netherlands")
    assert "confirmed as illegal" in await net.say("!alert confirm 1 d", as_="netherlands")
    assert "Why may more people know" in await net.say("!alert downgrade 1 tlp green", as_="ghana")
    assert "TLP:GREEN" in await net.say("it is public", as_="ghana")
    asked = await net.say("!alert close 1 returned to Antwerp", as_="netherlands")
    assert "What came of it?" in asked  # a text of several words is a text
    assert "Outcome: returned" in await net.say("returned", as_="netherlands")


async def test_a_mark_behind_a_number_is_no_part_of_it(net: Network) -> None:
    await sent(net)
    assert "Noted on alert A-2026-0001" in await net.say("!alert note A-2026-0001: seal broken", as_="netherlands")
    assert "what to do with “on our way”" in await net.say("!alert ack 1, on our way", as_="netherlands")


async def test_a_number_alone_is_answered_with_what_can_be_asked_about_it(net: Network) -> None:
    answer = (await net.say("a-2026-0001", as_="germany")).text
    assert answer == (
        "What about A-2026-0001? For example !alert show A-2026-0001 and !alert next A-2026-0001. I did nothing."
    )


async def test_who_answers_a_question_wrongly_is_told_how_to_drop_it(net: Network) -> None:
    await net.say("!remind me", as_="germany")
    for _time in range(2):
        wrong = await net.say("someday", as_="germany")
        assert "I cannot read the time “someday”." in wrong
        assert wrong.text.endswith("Answer again, or no to drop it.")
    assert "Good, I leave it." in await net.say("no", as_="germany")
