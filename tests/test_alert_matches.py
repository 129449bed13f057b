"""Alerts that name the same: seen at once, told once to both owners, and only as far as each may see the other."""

from datetime import timedelta

import pytest

from storage.alerts import AlertState
from storage.ids import EventId
from storage.members import Members
from tests.fakes import Heard, Network, Reply
from tests.test_alerts import card_in, raised, sent, state_of

HIDDEN = "stands elsewhere too, where I may not show it to you"


async def told(net: Network, name: str) -> list[str]:
    """What a person was told of matches, in the direct chat, as it stands after its edits."""
    heard = await net.heard_by(name)
    first = [one for one in heard if one.replaces is None and _is_of_matches(one)]
    return [[now.body for now in heard if one.event_id in {now.event_id, now.replaces}][-1] for one in first]


def _is_of_matches(one: Heard) -> bool:
    return any(words in one.body for words in ("names the same as:", HIDDEN, "raised an alert that names the same"))


async def dutch(net: Network, text: str, **options: str) -> Reply:
    """Let the Netherlands draft an alert and send it."""
    words = " ".join(f"{key}={value}" for key, value in options.items())
    draft = await net.say(f"!alert {text} {words}".strip(), as_="netherlands", room="netherlands")
    await net.say("!alert send", as_="netherlands", room="netherlands")
    return draft


async def both_see(net: Network, first: str, second: str) -> None:
    """Ghana sends an alert that the Netherlands may see, and the Netherlands one that Ghana may see."""
    await sent(net, f"{first} at Tema to Rotterdam")
    await dutch(net, f"{second} at Rotterdam from Tema")


@pytest.mark.parametrize(
    ("first", "second", "what"),
    [
        ("CSQU3054383", "csqu 305438-3", "Container CSQU3054383"),
        ("CSQU3054384", "CSQU3054383", "Container CSQU3054384 (written CSQU3054383 there)"),
        ("drums on MV Ever Given", "box on M/V EVER GIVEN", "Vessel Ever Given"),
        ("drums, IMO 9811000", "box, ship IMO9811000", "Vessel IMO 9811000"),
        ("B/L HLCUHAM2611XYZ9", "B/L hlcuham 2611xyz9", "Bill of lading HLCUHAM2611XYZ9"),
        ("notification NL 0012345678i", "movement document NL0012345678.000012", "Notification NL0012345678"),
        ("drums of Green Metal Trading Ltd", "box of GREEN METAL TRADING B.V.", "Company Green Metal Trading Ltd"),
    ],
)
async def test_both_owners_are_told_what_both_alerts_name_however_it_is_written(
    net: Network, first: str, second: str, what: str
) -> None:
    await both_see(net, first, second)
    (ghana,), (nl,) = await told(net, "ghana"), await told(net, "netherlands")
    assert "Your alert A-2026-0001 names the same as:" in ghana
    assert "- A-2026-0002, circulated, TLP:AMBER, raised by ILT (Netherlands):" in ghana
    assert what in ghana
    assert "Your alert A-2026-0002 names the same as:" in nl
    assert "- A-2026-0001, circulated, TLP:AMBER, raised by EPA Ghana (Ghana):" in nl


async def test_nothing_is_told_twice_whatever_happens_later(net: Network) -> None:
    await both_see(net, "CSQU3054383", "CSQU3054383")
    for text in (
        "set 1 vessel=Ever Given",
        "set 1 container=+MSKU1234565",
        "set 1 container=-CSQU3054383",
        "set 1 container=+CSQU3054383",
        "note 1 still here",
        "close 1 outcome=other",
        "reopen 1 again",
    ):
        await net.say(f"!alert {text}", as_="ghana")
    await net.say("!alert set 2 vessel=Ever Given", as_="netherlands")
    assert len(await told(net, "ghana")) == len(await told(net, "netherlands")) == 1


async def test_what_is_added_later_matches_too_and_a_closed_alert_as_well(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema to Rotterdam")
    await net.say("!alert close 1 outcome=other nothing there", as_="ghana")
    await dutch(net, "drums at Rotterdam from Tema")
    assert await told(net, "ghana") == await told(net, "netherlands") == []
    await net.say("!alert set 2 container=CSQU3054383", as_="netherlands")
    assert "A-2026-0001, closed" in (await told(net, "netherlands"))[0]
    assert "A-2026-0002" in (await told(net, "ghana"))[0]


async def test_a_draft_is_matched_with_others_before_its_author_alone(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema to Rotterdam")
    draft = await net.say("!alert CSQU3054383 at Rotterdam from Tema", as_="netherlands", room="netherlands")
    assert "A-2026-0001" in draft
    assert await told(net, "ghana") == await told(net, "netherlands") == []


async def test_who_may_not_see_the_other_hears_only_that_there_is_a_match(net: Network) -> None:
    await sent(net, "CSQU3054383 of Green Metal Ltd at Tema")
    await dutch(net, "CSQU3054384 of Green Metal B.V. at Rotterdam")
    (ghana,), (nl,) = await told(net, "ghana"), await told(net, "netherlands")
    assert ghana.startswith(
        f"What your alert A-2026-0001 names {HIDDEN}: Container CSQU3054383 and Company Green Metal Ltd."
    )
    assert "Container CSQU3054384 and Company Green Metal B.V" in nl
    for text, hidden in ((ghana, "A-2026-0002 Netherlands NL ILT Rotterdam CSQU3054384 B.V AMBER circulated"),
                         (nl, "A-2026-0001 Ghana GH EPA Tema CSQU3054383 Ltd AMBER circulated")):  # fmt: skip
        assert not [word for word in hidden.split() if word in text]


async def test_how_many_hidden_ones_there_are_is_not_said(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema")
    await dutch(net, "CSQU3054383 at Rotterdam")
    await dutch(net, "CSQU3054383 again at Rotterdam")
    assert len(await told(net, "ghana")) == 1
    await net.say("!alert set 1 bill=HLCUHAM2611XYZ9", as_="ghana")
    await dutch(net, "box with B/L HLCUHAM2611XYZ9 at Rotterdam")
    first, second = await told(net, "ghana")
    assert "HLCUHAM2611XYZ9" not in first
    assert "Bill of lading HLCUHAM2611XYZ9" in second
    assert "CSQU3054383" not in second


async def test_of_a_red_alert_nobody_outside_hears_even_that(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema")
    await net.say("!alert CSQU3054383 at Antwerp tlp=red person=@netherlands:test", as_="belgium")
    await net.say("!alert send", as_="belgium")
    assert await told(net, "ghana") == []
    await net.say("!alert CSQU3054383 at Antwerp tlp=red person=@ghana:test", as_="belgium")
    await net.say("!alert send", as_="belgium")
    assert "A-2026-0003, circulated, TLP:RED" in "".join(await told(net, "ghana"))


async def test_who_raised_a_red_alert_is_told_of_what_they_may_see(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema from Antwerp")
    await net.say("!alert CSQU3054383 at Antwerp tlp=red person=@netherlands:test", as_="belgium")
    await net.say("!alert send", as_="belgium")
    assert "- A-2026-0001, circulated" in (await told(net, "belgium"))[0]
    assert await told(net, "ghana") == []


async def test_exercises_and_real_alerts_never_match(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema to Rotterdam")
    draft = await dutch(net, "CSQU3054383 at Rotterdam from Tema", exercise="yes")
    assert "A-2026-0001" not in draft
    assert await told(net, "ghana") == await told(net, "netherlands") == []
    await sent(net, "CSQU3054383 at Tema to Rotterdam", exercise="yes")
    assert "EXERCISE" in (await told(net, "netherlands"))[0]
    assert "X-2026-0001" in (await told(net, "ghana"))[0]
    assert "A-2026-0001" not in (await told(net, "ghana"))[0]


async def test_withdrawn_alerts_match_no_more_and_merged_ones_still_do(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema to Rotterdam")
    await net.say("!alert withdraw 1 misread", as_="ghana")
    await dutch(net, "CSQU3054383 at Rotterdam from Tema")
    assert await told(net, "netherlands") == []
    await sent(net, "MSKU1234565 at Tema to Rotterdam")
    await sent(net, "drums at Tema to Rotterdam")
    await net.say("!alert merge 3 into=4", as_="ghana")
    await dutch(net, "MSKU1234565 at Rotterdam from Tema")
    assert "A-2026-0003, merged into another alert" in (await told(net, "netherlands"))[0]


async def test_the_same_person_is_told_once_and_of_a_merged_pair_nothing(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema to Rotterdam")
    await sent(net, "CSQU3054383 again at Tema to Rotterdam")
    (text,) = await told(net, "ghana")
    assert "Your alert A-2026-0002 names the same as:" in text
    assert "!alert merge A-2026-0002 into=A-2026-0001" in text


async def test_an_official_of_the_same_authority_is_told_when_the_author_has_gone(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema to Rotterdam")
    async with net.transaction() as tx:
        member = await Members(tx).get(net.person("ghana2"))
        assert member is not None
        member.authority = "EPA Ghana"
    await net.say("!member remove @ghana:test", as_="coordinator", room="coordination")
    await dutch(net, "CSQU3054383 at Rotterdam from Tema")
    assert "A-2026-0002" in (await told(net, "ghana2"))[0]


async def test_a_popular_value_is_cut_off_at_the_newest(net: Network) -> None:
    for _ in range(23):
        await sent(net, "drums of Green Metal Ltd at Tema to Rotterdam")
    net.clear_heard()
    await dutch(net, "box of Green Metal Ltd at Rotterdam from Tema")
    (text,) = await told(net, "netherlands")
    numbers = [f"A-2026-{number:04}" for number in range(1, 24)]
    assert [number for number in numbers if f"- {number}," in text] == numbers[3:]
    answer = await net.say("!alert links 24", as_="netherlands", room="netherlands")
    assert "20 alerts name the same as alert A-2026-0024" in answer
    assert "the newest 20" in answer


# The list


async def test_links_lists_what_may_be_seen_here(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema to Rotterdam")
    await sent(net, "CSQU3054383 at Tema to Rotterdam", tlp="amber-strict")
    await sent(net, "CSQU3054383 at Tema to Rotterdam", tlp="green")
    asked = {
        ("netherlands", "netherlands"): ("A-2026-0002", "A-2026-0003"),
        ("coordinator", "coordination"): ("A-2026-0003",),
        ("coordinator", None): ("A-2026-0003",),
        ("netherlands", None): ("A-2026-0002", "A-2026-0003"),
    }
    for (who, where), numbers in asked.items():
        answer = await net.say("!alert links 1", as_=who, room=where)
        assert [one for one in ("A-2026-0002", "A-2026-0003") if f"- {one}, circulated" in answer] == list(numbers)
    hidden = await net.say("!alert links 1", as_="belgium", room="belgium")
    unknown = await net.say("!alert links 9", as_="belgium", room="belgium")
    assert hidden.text.replace(" 1 ", " 9 ") == unknown.text
    assert "no alert here that names the same" in await net.say("!alert links 3", as_="germany", room="network")


async def test_the_owner_is_reminded_of_hidden_matches_in_the_direct_chat_alone(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema")
    await dutch(net, "CSQU3054383 at Rotterdam")
    assert "As I told you, this stands elsewhere too" in await net.say("!alert links 1", as_="ghana")
    assert "elsewhere" not in await net.say("!alert links 1", as_="ghana", room="ghana")
    assert "elsewhere" not in await net.say("!alert links 1", as_="ghana2")
    assert "elsewhere" not in await net.say("!alert links 1", as_="coordinator")


# Cards


async def test_a_card_counts_matches_and_its_thread_names_them_only_where_they_may_be_seen(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema to Rotterdam", tlp="amber-strict")
    await sent(net, "CSQU3054383 at Tema to Rotterdam from Antwerp")
    for room in ("ghana", "netherlands"):
        assert "Same in: 1 other alert (Container): !alert links" in _card(net, room, "A-2026-0002")
        assert "Same in: 1 other alert (Container)" in _card(net, room, "A-2026-0001")
        assert "- A-2026-0001, circulated" in _below(net, room, "A-2026-0002")
        assert "- A-2026-0002, circulated" in _below(net, room, "A-2026-0001")
    for room in ("belgium", "coordination"):
        assert "Same in" not in _card(net, room, "A-2026-0002")
        assert _below(net, room, "A-2026-0002") == ""
        assert not any("A-2026-0001" in one.body for one in net.heard(room))
    assert "Same in" in await net.say("!alert show 2", as_="netherlands", room="netherlands")
    assert "Same in" not in await net.say("!alert show 2", as_="belgium", room="belgium")


def _card(net: Network, room: str, number: str) -> str:
    return net.latest(room, _event_of_card(net, room, number))


def _event_of_card(net: Network, room: str, number: str) -> EventId:
    heard = net.heard(room)
    return next(one.event_id for one in heard if f"Alert {number}, TLP" in one.body and one.replaces is None)


def _below(net: Network, room: str, number: str) -> str:
    """What the thread of a card says of matches."""
    card = _event_of_card(net, room, number)
    return "".join(one.body for one in net.heard(room) if one.thread_root == card and "names the same as" in one.body)


async def test_a_stricter_marking_takes_the_number_away_wherever_it_stood(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema to Rotterdam from Antwerp")
    await sent(net, "CSQU3054383 at Tema to Rotterdam from Antwerp", tlp="green")
    await dutch(net, "CSQU3054383 at Rotterdam", tlp="green")
    await net.say("!alert CSQU3054383 at Antwerp", as_="belgium", room="belgium")
    await net.say("!alert links 3", as_="germany", room="network")
    everywhere = ("ghana", "netherlands", "belgium", "coordination", "network")
    assert all(any("A-2026-0002" in one.body for one in net.heard(room)) for room in everywhere)
    assert "2 other alerts (Container)" in _card(net, "coordination", "A-2026-0001")
    assert "1 other alert (Container)" in _card(net, "belgium", "A-2026-0001")
    await net.say("!alert set 2 tlp=red person=@netherlands:test", as_="ghana")
    for room in everywhere:
        left = [one.body for one in net.heard(room) if "A-2026-0002" in one.body]
        assert all("may no longer be shown" in body or "(marked)" in body for body in left), left
    assert "1 other alert (Container)" in _card(net, "coordination", "A-2026-0001")
    assert "Same in" not in _card(net, "belgium", "A-2026-0001")
    assert any("A-2026-0003" in one.body for one in await net.heard_by("belgium"))


async def test_a_card_that_never_counted_an_alert_is_not_touched_when_that_becomes_stricter(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema to Rotterdam")
    await net.say("!alert CSQU3054383 at Antwerp tlp=green", as_="belgium", room="belgium")
    await net.say("!alert send", as_="belgium", room="belgium")
    before = len(net.heard("belgium"))
    await net.say("!alert set 1 tlp=amber-strict", as_="ghana")
    await net.say("!alert withdraw 1 misread", as_="ghana")
    assert len(net.heard("belgium")) == before


async def test_what_an_owner_was_told_is_said_anew_without_what_may_no_longer_be_seen(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema to Rotterdam")
    await sent(net, "CSQU3054383 at Tema to Rotterdam")
    await dutch(net, "CSQU3054383 at Rotterdam")
    (text,) = await told(net, "netherlands")
    assert "A-2026-0001" in text
    await net.say("!alert set 1 tlp=red person=@belgium:test", as_="ghana")
    (text,) = await told(net, "netherlands")
    assert "A-2026-0001" not in text
    assert "A-2026-0002" in text
    await net.say("!alert set 2 tlp=red person=@belgium:test", as_="ghana")
    assert await told(net, "netherlands") == []


async def test_a_withdrawn_alert_is_counted_no_more(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema to Rotterdam")
    await dutch(net, "CSQU3054383 at Rotterdam from Tema")
    assert "Same in: 1 other alert" in _card(net, "ghana", "A-2026-0002")
    await net.say("!alert withdraw 1 misread", as_="ghana")
    assert "Same in" not in _card(net, "ghana", "A-2026-0002")


async def test_a_clear_card_that_anybody_reads_speaks_only_of_clear_ones(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema", tlp="green")
    await sent(net, "CSQU3054383 at Tema", tlp="clear")
    net.gateway.rooms[net.room("network")].joined.add(net.person("stranger"))
    before = len(net.heard("network"))
    await sent(net, "CSQU3054383 at Tema", tlp="clear")
    assert "1 other alert (Container)" in _card(net, "network", "A-2026-0003")
    assert not any("A-2026-0001" in one.body for one in net.heard("network")[before:])


# Being put in touch


async def test_a_name_is_passed_on_once_and_nothing_comes_back(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema")
    assert "nobody to ask" in await net.say("!alert contact 1", as_="ghana")
    await dutch(net, "CSQU3054384 at Rotterdam")
    assert "in your direct chat" in await net.say("!alert contact 1", as_="ghana", room="ghana")
    answer = await net.say("!alert contact 1", as_="ghana")
    assert "I pass your name" in answer
    asked = (await told(net, "netherlands"))[-1]
    for expected in ("Ama Example", "EPA Ghana (Ghana)", "@ghana:test", "alert A-2026-0002", "CSQU3054384"):
        assert expected in asked
    assert "A-2026-0001" not in asked
    assert "CSQU3054383" not in asked
    assert "You asked before" in await net.say("!alert contact 1", as_="ghana")
    assert len(await told(net, "netherlands")) == 2
    assert "Only who raised" in await net.say("!alert contact 1", as_="ghana2")


@pytest.mark.parametrize("change", ["!alert set 1 container=MSKU1234565", "!alert withdraw 1 misread"])
async def test_a_name_is_passed_on_only_for_what_the_own_alert_names_still(net: Network, change: str) -> None:
    await sent(net, "CSQU3054383 at Tema")
    await dutch(net, "CSQU3054384 at Rotterdam")
    await net.say(change, as_="ghana")
    assert "not named by alert A-2026-0001 as it stands now" in await net.say("!alert contact 1", as_="ghana")
    assert "As I told you" not in await net.say("!alert links 1", as_="ghana")
    assert len(await told(net, "netherlands")) == 1


async def test_the_answer_is_the_same_whatever_became_of_the_other(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema")
    await dutch(net, "CSQU3054383 at Rotterdam")
    await net.say("!alert withdraw 2 misread", as_="netherlands")
    await net.say("!alert CSQU3054383 at Antwerp tlp=red person=@netherlands:test", as_="belgium")
    await net.say("!alert send", as_="belgium")
    before = [len(await net.heard_by(name)) for name in ("netherlands", "belgium")]
    assert "I pass your name" in await net.say("!alert contact 1", as_="ghana")
    assert [len(await net.heard_by(name)) for name in ("netherlands", "belgium")] == before


# Raised twice within a day


async def test_a_draft_about_the_same_within_a_day_offers_what_may_be_done(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema to Rotterdam")
    await net.forward(timedelta(hours=23))
    text = "CSQU3054383 at Rotterdam, seal broken"
    draft = await net.say(f"!alert {text}", as_="netherlands", room="netherlands")
    for expected in (
        "Alert A-2026-0001 was sent",
        "and names the same: Container CSQU3054383",
        "!alert follow-up A-2026-0002 of=A-2026-0001",
        "!alert merge A-2026-0002 into=A-2026-0001",
        "no time to find out: !alert send A-2026-0002",
    ):
        assert expected in draft
    await net.forward(timedelta(hours=2))
    draft = await net.say(f"!alert {text}", as_="netherlands", room="netherlands")
    assert "follow-up" not in draft
    assert "Other alerts that name the same: A-2026-0001 (Container)" in draft


@pytest.mark.parametrize(
    ("first", "second", "offered"),
    [
        ("MV Ever Given", "MV Ever Given", False),
        ("drums of Metals Ltd", "drums of Metals GmbH", False),
        ("MV Ever Given, drums of Metals Ltd", "MV Ever Given, drums of Metals Ltd", True),
        ("MV Ever Given B/L HLCUHAM2611XYZ9", "B/L HLCUHAM2611XYZ9", True),
    ],
)
async def test_the_same_ship_alone_is_no_duplicate(net: Network, first: str, second: str, *, offered: bool) -> None:
    await sent(net, f"{first} at Tema to Rotterdam")
    draft = await raised(net, f"{second} at Tema to Rotterdam")
    assert ("follow-up" in draft) == offered
    assert "A-2026-0001" in draft


async def test_what_may_not_be_seen_is_not_offered(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema to Rotterdam")
    seen = await net.say("!alert CSQU3054383 at Antwerp", as_="belgium", room="belgium")
    assert "A-2026-0001" not in seen
    assert "name the same" not in seen
    alone = await net.say("!alert MSKU1234565 at Antwerp", as_="belgium", room="belgium")
    assert alone.text.replace("MSKU1234565", "CSQU3054383").replace("0003", "0002") == seen.text


async def test_an_urgent_alert_is_sent_all_the_same(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema to Rotterdam")
    await raised(net, "CSQU3054383 at Tema to Rotterdam", urgency="urgent")
    answer = await net.say("!alert send", as_="ghana", room="ghana")
    assert "Alert A-2026-0002 is sent" in answer
    assert "A-2026-0002" in _card(net, "netherlands", "A-2026-0002")


async def test_a_follow_up_puts_the_draft_into_the_other_as_a_note(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema to Rotterdam")
    draft = await net.say(
        "!alert CSQU3054383 at Rotterdam on MV Ever Given, seal broken", as_="netherlands", room="netherlands"
    )
    answer = await net.say("!alert follow-up of=1", as_="netherlands", room="netherlands")
    assert "stands as a note on alert A-2026-0001; your draft A-2026-0002 is ended" in answer
    assert "Vessel Ever Given" in answer
    assert "!alert propose A-2026-0001" in answer
    assert any("seal broken" in one.body and one.thread_root == card_in(net, "ghana") for one in net.heard("ghana"))
    assert await state_of(net, 2) is AlertState.MERGED
    assert "!alert send" not in net.latest("netherlands", draft.messages[0].event_id)


async def test_a_follow_up_says_what_stays_with_the_draft(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema to Rotterdam")
    draft = await net.say("!alert CSQU3054383 at Rotterdam", as_="netherlands")
    file = net.uploaded(b"%PDF-1.7\n", name="bill.pdf", mimetype="application/pdf")
    await net.say("", as_="netherlands", reply_to=draft.messages[0].event_id, file=file)
    await net.say("!alert person 2 role=driver John Sample", as_="netherlands")
    answer = await net.say("!alert follow-up 2 of=1", as_="netherlands")
    assert "1 file stays with the draft: send it again in the thread of alert A-2026-0001." in answer
    assert "1 name stays with the draft: !alert person A-2026-0001 ..." in answer
    assert "alert forward" not in await net.say("!alert files 2", as_="netherlands")


@pytest.mark.parametrize(
    ("before", "command", "expected"),
    [
        (("!alert CSQU3054383 at Tema tlp=red",), "!alert follow-up 2 of=1", "more people would read it"),
        (("!alert CSQU3054383 at Tema exercise=yes",), "!alert follow-up X-2026-0001 of=1", "never put together"),
        (("!alert CSQU3054383 at Tema", "!alert send 2"), "!alert follow-up 2 of=1", "was sent already"),
        (("!alert CSQU3054383 at Tema",), "!alert follow-up 2 of=2", "is a draft"),
        (("!alert CSQU3054383 at Tema",), "!alert follow-up 2 of=77", "I know no alert 77"),
        (("!alert CSQU3054383 at Tema", "!alert close 1 outcome=other"), "!alert follow-up 2 of=1", "is ended"),
    ],
)  # fmt: skip
async def test_what_cannot_be_a_follow_up_is_refused(
    net: Network, before: tuple[str, ...], command: str, expected: str
) -> None:
    await sent(net, "drums at Tema to Rotterdam")
    for text in before:
        await net.say(text, as_="ghana")
    assert expected in await net.say(command, as_="ghana")


async def test_who_has_no_say_in_an_alert_adds_nothing_to_it(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema to Rotterdam", tlp="green")
    draft = await net.say("!alert CSQU3054383 at Antwerp", as_="belgium", room="belgium")
    assert "follow-up" not in draft
    assert "come from the countries concerned" in await net.say("!alert follow-up 2 of=1", as_="belgium")


async def test_on_each_database(net_on_each: Network) -> None:
    net = net_on_each
    await both_see(net, "CSQU3054383", "CSQU3054384")
    assert "A-2026-0002" in (await told(net, "ghana"))[0]
    assert "A-2026-0001" in await net.say("!alert links 2", as_="netherlands", room="netherlands")
    await net.say("!alert CSQU3054383 at Antwerp", as_="belgium", room="belgium")
    await net.say("!alert send", as_="belgium", room="belgium")
    assert HIDDEN in (await told(net, "belgium"))[0]
    assert "I pass your name" in await net.say("!alert contact 3", as_="belgium")
    await net.say("!alert set 1 tlp=red person=@belgium:test", as_="ghana")
    assert "A-2026-0001" not in "".join(await told(net, "netherlands"))
