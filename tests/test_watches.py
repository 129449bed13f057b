"""Watches: set, told of what their owner may see, asked about before they end; and nothing told beyond that."""

import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.matrix.interface import Unavailable
from commands.matching import keys_of_fact, waste_key
from commands.watches import telling
from storage.ids import UserId
from storage.timers import Timers
from storage.watches import Term, Watches
from tests.alerts.raising import raised, sent
from tests.fakes import START, Heard, Network
from tests.test_changed_keys import shows

TO_ROTTERDAM = "CSQU3054383 at Tema to Rotterdam, 18 t of A1181 on MV Ever Given"


async def told(net: Network, name: str, about: str = "A-2026-0001") -> list[str]:
    """Return what a member was told of an alert because of a watch."""
    heard = [one.body for one in await net.heard_by(name) if one.replaces is None]
    return [body for body in heard if body.startswith(("Your watch", "EXERCISE.\nYour watch")) and about in body]


async def test_who_watches_is_told_of_an_alert_when_it_is_sent(net: Network) -> None:
    found = [
        "container=csqu 305438-4", "vessel=m/v EVER-GIVEN", "vessel=Ever Given IMO 9811000", "port=Rottredam",
        "port=ghtem", "country=Ghana", "country=NL", "waste=A1181", "waste=a1", "waste=A1181 port=Tema country=NL",
        "CSQU 305438-3 Ghana", "GHTEM A1181",
    ]  # fmt: skip
    missed = [
        "container=MSKU1234565", "waste=A1180", "waste=A2", "port=NLAMS", "country=BE",
        "container=CSQU3054383 country=DE",
    ]  # fmt: skip
    for number, terms in enumerate([*found, *missed], start=1):
        assert f"Watch {number}: " in await net.say(f"!watch {terms}", as_="netherlands"), terms
    await raised(net, TO_ROTTERDAM)
    assert await told(net, "netherlands") == []
    await net.say("!alert send", as_="ghana")
    words = await told(net, "netherlands")
    assert [int(re.findall(r"\d+", one)[0]) for one in words] == list(range(1, len(found) + 1))
    assert all("Alert A-2026-0001, TLP:AMBER, raised by EPA Ghana (Ghana)" in one for one in words)
    assert all("!alert show A-2026-0001" in one for one in words)


async def test_a_fact_that_comes_later_is_told_and_each_alert_once(net: Network) -> None:
    await net.say("!watch waste=16 06", as_="netherlands")
    await net.say("!watch container=MSKU1234565", as_="netherlands")
    await sent(net, TO_ROTTERDAM)
    assert await told(net, "netherlands") == []
    await net.say("!alert set 1 waste=+160601*", as_="ghana")
    assert len(await told(net, "netherlands")) == 1
    await net.say("!alert propose 1 container=+MSKU1234565 why=seal", as_="netherlands")
    await net.say("!alert accept 1", as_="ghana")
    assert len(await told(net, "netherlands")) == 2
    await net.say("!alert note 1 The seal is broken", as_="ghana")
    await net.say("!alert set 1 declared=plastics", as_="ghana")
    assert len(await told(net, "netherlands")) == 2


async def test_nobody_is_told_of_what_they_may_not_see(net: Network) -> None:
    await net.say("!watch container=CSQU3054383", as_="germany")
    await net.say("!watch country=GH", as_="germany")
    markings = ("red", "amber-strict", "amber", "green", "clear")
    for number, tlp in enumerate(markings, start=1):
        before = len(await net.heard_by("germany"))
        await net.say(f"!alert {TO_ROTTERDAM} tlp={tlp} person=@netherlands:test", as_="ghana")
        await net.say(f"!alert send {number}", as_="ghana")
        heard = (await net.heard_by("germany"))[before:]
        assert len(heard) == (2 if tlp in {"green", "clear"} else 0), tlp


async def test_a_member_who_is_named_later_is_told_then(net: Network) -> None:
    await net.say("!watch container=CSQU3054383", as_="germany")
    await sent(net, TO_ROTTERDAM)
    assert await told(net, "germany") == []
    await net.say("!alert set 1 tell=+DE", as_="ghana")
    assert len(await told(net, "germany")) == 1


async def test_what_was_told_is_emptied_when_it_may_no_longer_be_seen(net: Network) -> None:
    await net.say("!watch container=CSQU3054383", as_="coordinator")
    await sent(net, TO_ROTTERDAM)
    assert len(await told(net, "coordinator")) == 1
    await net.say("!alert set 1 tlp=amber-strict", as_="ghana")
    assert await told(net, "coordinator") == []


async def test_a_watch_that_is_set_later_names_what_is_open_and_may_be_seen(net: Network) -> None:
    await sent(net, TO_ROTTERDAM)
    hidden = await net.say("!watch container=CSQU3054383", as_="germany")
    assert "A-2026-0001" not in hidden.text
    other = await net.say("!watch container=MSKU1234565", as_="germany")
    assert hidden.text.replace("CSQU3054383", "MSKU1234565").replace("Watch 1", "Watch 2") == other.text
    assert "Open already:\n- Alert A-2026-0001" in await net.say("!watch vessel=Ever Given", as_="netherlands")
    await net.say("!alert set 1 declared=plastics", as_="ghana")
    assert await told(net, "netherlands") == []


async def test_the_answer_comes_into_the_direct_chat_wherever_it_is_set(net: Network) -> None:
    assert "direct chat" in await net.say("!watch port=NLRTM", as_="netherlands", room="network")
    assert "Watch 1: port Rotterdam, Netherlands (NLRTM)" in (await net.heard_by("netherlands"))[-1].body
    listed = await net.say("!watch list", as_="netherlands", room="network")
    assert "NLRTM" not in listed.text
    await sent(net, TO_ROTTERDAM, tlp="green")
    assert len(await told(net, "netherlands")) == 1
    assert "Your watch" not in "".join(one.body for one in net.heard("network"))


async def test_a_country_may_be_named_by_its_code_alone(net: Network) -> None:
    assert "Watch 1: country Belgium (BE), until" in await net.say("!watch be", as_="germany")
    assert "I find no container" in await net.say("!watch be there", as_="germany")


async def test_a_port_that_may_be_two_is_asked_about(net: Network) -> None:
    asked = await net.say("!watch port=Bilboa waste=A1181", as_="germany")
    assert "Bilbao (ESBIO), Balboa (PABLB)" in asked.text
    assert "Watch 1: port Bilbao, Spain (ESBIO) and waste A1181" in await net.say("ESBIO", as_="germany")
    await net.say("!watch port=Bilboa", as_="germany")
    assert "leave it" in await net.say("no", as_="germany")
    assert "1 watch:" in await net.say("!watch list", as_="germany")


REFUSED = [
    ("", "Say what to watch for"),
    ("container=CSQU30543", "cannot read “CSQU30543” as container"),
    ("vessel=9", "cannot read “9” as vessel"),
    ("port=Qqqqqq", "cannot read “Qqqqqq” as port"),
    ("country=Qqqqqq", "cannot read “Qqqqqq” as country"),
    ("waste=batteries", "cannot read “batteries” as a waste code"),
    ("waste=" + "9" * 500, "as a waste code"),
    ("container=" + "x" * 60_000, "as container"),
    ("hello there", "I find no container, ship, port, country or waste code in “hello there”"),
    ("<b>bold</b>\u202e", "I find no container"),
    ("CSQU3054383 MSKU1234565", "Set a watch for each"),
    ("port=NLRTM for=30m", "an hour at least and a year at most"),
    ("port=NLRTM for=3y", "cannot read the duration"),
    ("port=NLRTM for=400d", "an hour at least and a year at most"),
    ("port=NLRTM until=2026-11-20", "an hour at least and a year at most"),
    ("port=NLRTM for=30d until=2026-12-01", "Give either"),
    ("prot=NLRTM", "Did you mean port="),
]


async def test_what_cannot_be_is_refused_in_the_words_of_who_wrote(net: Network) -> None:
    for typed, answer in REFUSED:
        assert answer in await net.say(f"!watch {typed}".strip(), as_="germany"), typed[:60]
    assert "You have no watch" in await net.say("!watch list", as_="germany")


async def test_watches_are_listed_stopped_and_renewed_by_their_owner_alone(net: Network) -> None:
    await net.say("!watch container=CSQU3054383", as_="netherlands")
    await net.say("!watch waste=8549 for=10d", as_="netherlands")
    listed = await net.say("!watch list", as_="netherlands")
    assert "1. container CSQU3054383, until Sun 21 Feb 2027" in listed.text
    assert "2. waste 8549, until Thu 3 Dec 2026" in listed.text
    assert "You watch for that already: watch 1" in await net.say("!watch container=CSQU3054383", as_="netherlands")
    for command in ("stop", "renew"):
        assert "You have no watch 1." in await net.say(f"!watch {command} 1", as_="germany")
        assert "You have no watch x." in await net.say(f"!watch {command} x", as_="netherlands")
    assert "goes on until Wed 23 Dec 2026" in await net.say("!watch renew 2 for=30d", as_="netherlands")
    assert "is stopped" in await net.say("!watch stop 1", as_="netherlands")
    for command in ("stop", "renew"):
        refused = await net.say(f"!watch {command} 1", as_="netherlands")
        assert "You stopped watch 1 (container CSQU3054383) before. Set it anew: !watch ..." in refused
    await sent(net, TO_ROTTERDAM)
    assert await told(net, "netherlands") == []


async def test_the_owner_is_asked_before_a_watch_ends(net: Network) -> None:
    await net.say("!watch container=CSQU3054383 for=20d", as_="netherlands")
    await net.forward(timedelta(days=13, hours=-1))
    assert len(await net.heard_by("netherlands")) == 1
    await net.forward(timedelta(hours=2))
    assert "ends on Sun 13 Dec 2026" in (await net.heard_by("netherlands"))[-1].body
    await net.say("watch renew 1", as_="netherlands")
    await net.forward(timedelta(days=10))
    await sent(net, TO_ROTTERDAM)
    assert len(await told(net, "netherlands")) == 1


async def asked_about(net: Network, *watches: str) -> list[Heard]:
    """Set watches of the Netherlands that end soon, and return what their owner is asked."""
    for one in watches:
        await net.say(f"!watch {one} for=20d", as_="netherlands")
        await net.forward(timedelta(hours=1))
    await net.forward(timedelta(days=14))
    return [one for one in await net.heard_by("netherlands") if "Shall it go on? Answer yes or no" in one.body]


async def test_yes_lets_a_watch_go_on(net: Network) -> None:
    (asked,) = await asked_about(net, "container=CSQU3054383")
    assert not asked.notice
    assert "Watch 1 (container CSQU3054383) goes on until" in await net.say("Yes!", as_="netherlands")
    await net.forward(timedelta(days=30))
    await sent(net, TO_ROTTERDAM)
    assert len(await told(net, "netherlands", "A-2027-0001")) == 1


async def test_no_lets_a_watch_end_by_itself(net: Network) -> None:
    await asked_about(net, "container=CSQU3054383")
    assert "Good: watch 1 (container CSQU3054383) ends by itself on Sun 13 Dec 2026" in await net.say(
        "non", as_="netherlands"
    )
    await net.forward(timedelta(days=30))
    assert "has ended" in (await net.heard_by("netherlands"))[-1].body


async def test_of_two_watches_a_reply_says_which(net: Network) -> None:
    one, two = await asked_about(net, "container=CSQU3054383", "container=MSKU1234565")
    assert "Watch 1 (" in await net.say("yes", as_="netherlands", reply_to=one.event_id)
    assert "watch 2 (" in await net.say("no", as_="netherlands", thread=two.event_id)
    assert "goes on until" not in await net.say("yes", as_="netherlands")


async def test_of_two_watches_a_plain_yes_is_for_the_latest_and_the_next_for_the_other(net: Network) -> None:
    await asked_about(net, "container=CSQU3054383", "container=MSKU1234565")
    assert "Watch 2 (" in await net.say("yes", as_="netherlands")
    assert "Watch 1 (" in await net.say("yes", as_="netherlands")


async def test_a_question_of_days_takes_no_command_for_an_answer(net: Network) -> None:
    await asked_about(net, "container=CSQU3054383")
    assert "1. container CSQU3054383" in await net.say("watch list", as_="netherlands")
    assert "goes on until" in await net.say("watch renew 1 for=60d", as_="netherlands")
    assert "goes on until" in (answer := await net.say("yes", as_="netherlands"))
    assert "already" in answer


async def test_a_watch_that_was_stopped_does_not_go_on(net: Network) -> None:
    await asked_about(net, "container=CSQU3054383")
    await net.say("!watch stop 1", as_="netherlands")
    assert "You stopped watch 1" in await net.say("yes", as_="netherlands")


@pytest.mark.parametrize("who", ["germany", "netherlands"])
async def test_only_its_owner_answers_and_in_their_own_chat(net: Network, who: str) -> None:
    await asked_about(net, "container=CSQU3054383")
    room = "netherlands" if who == "netherlands" else None
    assert "goes on" not in await net.say("yes", as_=who, room=room)


async def test_a_watch_ends_by_itself_and_may_begin_again(net: Network) -> None:
    await net.say("!watch container=CSQU3054383 for=2d", as_="netherlands")
    await net.forward(timedelta(days=3))
    asked, ended = [one.body for one in await net.heard_by("netherlands")][1:]
    assert "Shall it go on?" in asked
    assert "has ended" in ended
    await sent(net, TO_ROTTERDAM)
    assert await told(net, "netherlands") == []
    assert "Watch 1 has ended" in await net.say("!watch stop 1", as_="netherlands")
    await net.say("!watch renew 1", as_="netherlands")
    await net.say("!alert set 1 declared=plastics", as_="ghana")
    assert len(await told(net, "netherlands")) == 1


async def test_a_removed_member_is_told_nothing_and_the_watch_ends(net: Network) -> None:
    await net.say("!watch container=CSQU3054383 for=20d", as_="netherlands")
    await net.say("!watch country=GH for=20d", as_="belgium")
    await net.say("!member remove @netherlands:test", as_="coordinator", room="coordination")
    before = len(await net.heard_by("netherlands"))
    await sent(net, TO_ROTTERDAM)
    await net.forward(timedelta(days=30))
    assert len(await net.heard_by("netherlands")) == before
    async with net.transaction() as tx:
        assert await Watches(tx).active(net.person("netherlands")) == []


async def test_a_member_whose_keys_changed_is_told_nothing_until_confirmed(net: Network) -> None:
    await shows(net, "netherlands", "first")
    await net.say("!watch container=CSQU3054383", as_="netherlands")
    await shows(net, "netherlands", "second")
    before = len(await net.heard_by("netherlands"))
    await sent(net, TO_ROTTERDAM)
    assert len(await net.heard_by("netherlands")) == before
    await net.say("!member confirm @netherlands:test", as_="coordinator", room="coordination")
    await net.say("!alert set 1 declared=plastics", as_="ghana")
    assert len(await told(net, "netherlands")) == 1


async def test_a_member_has_only_so_many_watches() -> None:
    async with Network.open(watches={"most": 2, "lasts": "30d", "ask_before": "3d"}) as net:
        await net.say("!watch waste=A1181", as_="germany")
        assert "until Wed 23 Dec 2026" in await net.say("!watch waste=A1180", as_="germany")
        assert "You have 2 watches, and that is the most" in await net.say("!watch waste=A1170", as_="germany")
        await net.say("!watch stop 1", as_="germany")
        assert "Watch 3" in await net.say("!watch waste=A1170", as_="germany")


async def test_what_is_practised_says_so(net: Network) -> None:
    await net.say("!watch container=CSQU3054383", as_="netherlands")
    await sent(net, f"{TO_ROTTERDAM} exercise=yes")
    (words,) = await told(net, "netherlands", "X-2026-0001")
    assert words.startswith("EXERCISE.")


async def test_nobody_is_told_what_they_said_themselves(net: Network) -> None:
    await net.say("!watch port=NLRTM", as_="ghana")
    await net.say("!watch container=CSQU3054383", as_="netherlands")
    await sent(net, TO_ROTTERDAM)
    await net.say("!seen CSQU3054383 at NLRTM", as_="netherlands", room="netherlands")
    assert await told(net, "ghana", "raised by") == await told(net, "netherlands", "seen at") == []
    assert len(await told(net, "ghana", "seen at")) == len(await told(net, "netherlands", "raised by")) == 1


async def test_who_was_told_of_an_alert_is_told_that_it_is_withdrawn_or_never_hears_of_it(net: Network) -> None:
    for name in ("netherlands", "germany"):
        await net.say("!watch container=CSQU3054383", as_=name)
    waiting = net.gateway.rooms[await net.direct("germany")]
    waiting.failure = Unavailable("down")
    await sent(net, TO_ROTTERDAM, tlp="green")
    assert len(await told(net, "netherlands")) == 1
    await net.say("!alert withdraw 1 misread", as_="ghana")
    waiting.failure = None
    await net.forward(timedelta(minutes=20))
    assert (await net.heard_by("netherlands"))[-1].body == "Alert A-2026-0001 is withdrawn. Do not act on it."
    assert await told(net, "netherlands") == await told(net, "germany") == []
    assert not any("A-2026-0001" in one.body for one in await net.heard_by("germany"))


async def test_an_alert_that_has_ended_is_not_told(net: Network) -> None:
    await sent(net, TO_ROTTERDAM)
    await net.say("!watch port=NLRTM", as_="netherlands")
    await net.say("!alert withdraw 1 misread", as_="ghana")
    assert await told(net, "netherlands") == []


async def test_however_many_watch_each_is_told_once_a_batch_at_a_time(net_on_each: Network) -> None:
    net = net_on_each
    count = 2 * telling._BATCH + 7
    term = Term("container", "CSQU3054383", ["container:CSQU305438"])
    async with net.transaction() as tx:
        for _watch in range(count):
            await Watches(tx).add(UserId("@netherlands:test"), [term], now=START, expires_at=START + timedelta(days=90))
        assert len(await Watches(tx).found_by(["container:CSQU305438"], limit=10)) == 10
        assert await Watches(tx).found_by([], limit=10) == ()
    await sent(net, TO_ROTTERDAM)
    assert len(await told(net, "netherlands")) == count
    assert await net.clocks("watch.look") == []


async def test_nothing_is_looked_up_for_what_nobody_watches(net: Network) -> None:
    await net.say("!watch container=MSKU1234565", as_="netherlands")
    await sent(net, TO_ROTTERDAM)
    async with net.transaction() as tx:
        assert await Timers(tx).pending("watched alert:1") == []


@pytest.mark.parametrize(
    ("text", "kind", "value", "matches"),
    [
        ("A1", "basel", "A1181", True),
        ("a 1181", "basel", "A1181", True),
        ("Basel A1181", "basel", "A1181", True),
        ("A1181", "basel", "A1180", True),  # a paper may still use the code that ended
        ("A1180", "basel", "A1181", False),
        ("Y49", "basel", "B1110", True),
        ("Y4", "basel", "Y46", False),
        ("Y", "basel", "Y46", True),
        ("B", "basel", "A1181", False),
        ("8549", "hs", "854921", True),
        ("HS 8549.21", "hs", "854921", True),
        ("8549.21.00", "hs", "854921", True),
        ("8549", "hs", "8549", True),
        ("8549.21", "hs", "8549", False),
        ("16 06 01*", "ewc", "160601", True),
        ("EWC 16", "ewc", "160601", True),
        ("EWC 16", "hs", "160601", False),
        ("16", "hs", "160601", True),
        ("UN 2794", "un", "UN2794", True),
        ("2794", "un", "UN2794", False),
    ],
)
def test_a_waste_code_or_its_beginning_is_found(text: str, kind: str, value: str, matches: bool) -> None:
    key = waste_key(text)
    assert key is not None
    assert (key in keys_of_fact(kind, value)) == matches


@pytest.mark.parametrize("text", ["", "x", "batteries", "A5", "A11811", "1", "Y123", "UN 27", "HS", "12345678901"])
def test_what_is_no_waste_code_is_none(text: str) -> None:
    assert waste_key(text) is None


@given(text=st.text(max_size=40))
def test_any_text_is_read_as_a_code_or_none(text: str) -> None:
    key = waste_key(text)
    assert key is None or key.partition(":")[0] in {"basel", "un", "hs", "ewc", "digits"}
