"""Alerts that name the same: seen at once, told once to both owners, and only as far as each may see the other."""

import pytest

from storage.members import Members
from tests.alerts.matching import HIDDEN, both_see, dutch, told
from tests.alerts.raising import sent
from tests.fakes import Network


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
