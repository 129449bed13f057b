"""Who hears of an alert, by its marking; and that nobody else ever does."""

from collections.abc import Iterable
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from commands.alerts.audience import room_may_hear
from storage.alerts import Tlp
from storage.ids import CountryCode, RoomId, UserId
from storage.rooms import Binding, BindingKind
from tests.alerts.raising import card_in, raised, sent
from tests.fakes import COUNTRY_ROOMS, START, Network

EVERYWHERE = ("ghana", "netherlands", "belgium", "germany", "network", "coordination")
TO_ROTTERDAM = "CSQU3054383 at Tema to Rotterdam"


def told(net: Network) -> set[str]:
    """Return the rooms in which the container was named."""
    return {room for room in EVERYWHERE if any("CSQU3054383" in one.body for one in net.heard(room))}


@pytest.mark.parametrize(
    ("tlp", "rooms"),
    [
        ("amber-strict", {"ghana", "netherlands"}),
        ("amber", {"ghana", "netherlands", "coordination"}),
        ("green", {"ghana", "netherlands", "coordination", "network"}),
        ("clear", set(EVERYWHERE)),
    ],
)
async def test_the_marking_decides_which_rooms_are_told(net: Network, tlp: str, rooms: set[str]) -> None:
    await sent(net, TO_ROTTERDAM, tlp=tlp)
    assert told(net) == rooms


async def test_red_goes_only_to_the_persons_named_each_directly(net: Network) -> None:
    await net.say(f"!alert {TO_ROTTERDAM} tlp=red person=@netherlands:test", as_="ghana")
    await net.say("!alert send", as_="ghana")
    assert told(net) == set()
    assert any("CSQU3054383" in one.body for one in await net.heard_by("netherlands"))
    assert await net.heard_by("belgium") == []
    answer = await net.say("!alert ack 1", as_="netherlands")
    assert "Netherlands has acknowledged" in answer.text
    assert any("ILT (Netherlands) has acknowledged" in one.body for one in await net.heard_by("ghana"))


async def test_red_without_a_name_is_not_sent(net: Network) -> None:
    await net.say(f"!alert {TO_ROTTERDAM} tlp=red", as_="ghana")
    assert "only persons you name" in await net.say("!alert send", as_="ghana")


async def test_a_red_draft_never_stands_in_a_room(net: Network) -> None:
    answer = await raised(net, TO_ROTTERDAM, tlp="red")
    assert "CSQU3054383" not in answer.text
    assert any("CSQU3054383" in one.body for one in await net.heard_by("ghana"))


async def test_a_draft_that_turns_red_leaves_the_room(net: Network) -> None:
    card = (await raised(net, TO_ROTTERDAM)).messages[0].event_id
    await net.say("!alert set tlp=red", as_="ghana", room="ghana")
    assert net.is_redacted("ghana", card)
    assert not any("CSQU3054383" in one.body for one in net.heard("ghana"))
    assert any("CSQU3054383" in one.body for one in await net.heard_by("ghana"))


async def test_strict_leaves_out_rooms_that_stand_for_more(net: Network) -> None:
    both = [(BindingKind.COUNTRY, "GH"), (BindingKind.COUNTRY, "NL")]
    await net.add_room("shared", {"ghana", "netherlands"}, both)
    await sent(net, TO_ROTTERDAM, tlp="amber-strict")
    assert net.heard("shared") == []
    await sent(net, TO_ROTTERDAM, tlp="amber")
    assert "CSQU3054383" in net.heard("shared")[0].body


async def test_amber_reaches_a_room_that_a_country_concerned_shares_and_no_wider_one(net: Network) -> None:
    dutch = (BindingKind.COUNTRY, "NL")
    await net.add_room("shared", {"netherlands", "germany"}, [dutch, (BindingKind.COUNTRY, "DE")])
    await net.add_room("wide", {"netherlands", "germany"}, [dutch, (BindingKind.NETWORK, "")])
    await net.add_room("others", {"germany"}, [(BindingKind.COUNTRY, "DE"), (BindingKind.COUNTRY, "FR")])
    await sent(net, TO_ROTTERDAM)
    assert "CSQU3054383" in net.heard("shared")[0].body
    assert net.heard("wide") == net.heard("others") == []


async def test_green_reaches_the_region_of_a_country_concerned(net: Network) -> None:
    await net.add_room("west", {"ghana"}, [(BindingKind.REGION, "Western Africa")])
    await net.add_room("asia", {"germany"}, [(BindingKind.REGION, "Eastern Asia")])
    await sent(net, TO_ROTTERDAM, tlp="green")
    assert net.heard("west")
    assert net.heard("asia") == []


async def test_the_authors_name_stands_only_at_home_and_before_coordinators(net: Network) -> None:
    await sent(net, TO_ROTTERDAM, tlp="clear")
    for room in EVERYWHERE:
        named = any("Ama Example" in one.body for one in net.heard(room))
        assert named == (room in {"ghana", "coordination"})


async def test_an_invisible_alert_is_answered_as_an_unknown_one(net: Network) -> None:
    await sent(net, TO_ROTTERDAM)
    for command in ("show", "ack", "note", "close", "withdraw", "set", "send"):
        tail = {"note": "hello", "withdraw": "why", "close": "outcome=other", "set": "origin=FR"}.get(command, "")
        for person, room in (
            ("belgium", "belgium"),
            ("belgium", None),
            ("netherlands", "network"),
            ("ghana", "network"),
        ):
            invisible = await net.say(f"!alert {command} A-2026-0001 {tail}", as_=person, room=room)
            unknown = await net.say(f"!alert {command} A-2026-0777 {tail}", as_=person, room=room)
            assert invisible.text == unknown.text.replace("0777", "0001")
    assert "no such alert" in await net.say("!alert list", as_="belgium", room="belgium")
    assert "no such alert" in await net.say("!alert list country=GH", as_="ghana", room="network")


async def test_in_the_direct_chat_everybody_sees_what_they_may(net: Network) -> None:
    await sent(net, TO_ROTTERDAM)
    for person, expected in (("netherlands", True), ("ghana2", True), ("coordinator", True), ("belgium", False),
                             ("germany", False)):  # fmt: skip
        answer = await net.say("!alert show 1", as_=person)
        assert ("CSQU3054383" in answer.text) == expected


async def test_the_draft_warns_of_those_whom_the_marking_does_not_mean(net: Network) -> None:
    assert "without being meant" not in (await raised(net, TO_ROTTERDAM)).text
    net.gateway.rooms[net.room("netherlands")].joined |= {net.person("germany"), net.person("stranger")}
    draft = await raised(net, TO_ROTTERDAM)
    assert (
        "2 of them are in these rooms without being meant by the marking: @germany:test and @stranger:test"
        in draft.text
    )


async def test_a_stricter_marking_empties_what_stood_elsewhere(net: Network) -> None:
    await sent(net, TO_ROTTERDAM)
    await net.say("!alert note 1 seal broken", as_="netherlands", room="netherlands")
    shown = await net.say("!alert show 1", as_="coordinator")
    note = next(one.event_id for one in net.heard("coordination") if "seal broken" in one.body)
    card = card_in(net, "coordination")
    answer = await net.say("!alert set 1 tlp=amber strict", as_="ghana", room="ghana")
    assert "TLP:AMBER+STRICT" in answer.text
    for event in (card, note):
        assert net.is_redacted("coordination", event)
    assert [one.body for one in net.heard("coordination")] == [
        "What stood here about alert A-2026-0001 may no longer be shown in this room."
    ]
    assert shown.messages[0].event_id not in {one.event_id for one in await net.heard_by("coordinator")}
    assert "CSQU3054383" in net.latest("netherlands", card_in(net, "netherlands"))


async def test_after_sending_the_marking_only_becomes_stricter(net: Network) -> None:
    await sent(net, TO_ROTTERDAM)
    answer = await net.say("!alert set 1 tlp=green", as_="ghana", room="ghana")
    assert "can only become stricter" in answer.text
    assert "CSQU3054383" not in "".join(one.body for one in net.heard("network"))
    assert "Name one at the same time" in await net.say("!alert set 1 tlp=red", as_="ghana")


CODES = ("GH", "NL", "BE", "DE")
countries = st.frozensets(st.sampled_from([CountryCode(code) for code in CODES]), max_size=4)


def _bindings(pairs: Iterable[tuple[BindingKind, str]]) -> list[Binding]:
    return [
        Binding(room_id=RoomId("!r:test"), kind=kind, value=value, bound_by=UserId("@c:test"), bound_at=START)
        for kind, value in pairs
    ]


any_binding = st.one_of(
    st.tuples(st.just(BindingKind.COUNTRY), st.sampled_from(CODES)),
    st.tuples(st.just(BindingKind.REGION), st.sampled_from(["Western Africa", "Western Europe", "Eastern Asia"])),
    st.sampled_from([(BindingKind.NETWORK, ""), (BindingKind.COORDINATION, "")]),
)


@given(concerned=countries, pairs=st.lists(any_binding, max_size=4, unique=True))
def test_a_stricter_marking_never_reaches_a_further_room(
    concerned: frozenset[CountryCode], pairs: list[tuple[BindingKind, str]]
) -> None:
    bindings = _bindings(pairs)
    hears = [room_may_hear(tlp, concerned, bindings) for tlp in Tlp]
    assert hears == sorted(hears)
    assert not hears[0]


@given(concerned=countries, pairs=st.lists(any_binding, min_size=1, max_size=4, unique=True))
def test_amber_reaches_only_rooms_of_countries_and_coordination(
    concerned: frozenset[CountryCode], pairs: list[tuple[BindingKind, str]]
) -> None:
    if room_may_hear(Tlp.AMBER, concerned, _bindings(pairs)):
        allowed = {(BindingKind.COUNTRY, str(code)) for code in concerned} | {(BindingKind.COORDINATION, "")}
        assert set(pairs) & allowed
        assert {kind for kind, _value in pairs} <= {BindingKind.COUNTRY, BindingKind.COORDINATION}


@settings(
    max_examples=5, deadline=None, phases=[Phase.explicit, Phase.generate], suppress_health_check=[HealthCheck.too_slow]
)
@given(
    tlp=st.sampled_from(["red", "amber-strict", "amber", "green", "clear"]),
    rooms=st.lists(st.lists(any_binding, min_size=1, max_size=3, unique=True), max_size=3),
)
async def test_no_room_of_a_random_network_hears_what_it_may_not(
    tlp: str, rooms: list[list[tuple[BindingKind, str]]]
) -> None:
    async with Network.open() as net:
        names = list(EVERYWHERE)
        for number, pairs in enumerate(rooms):
            names.append(f"more{number}")
            await net.add_room(names[-1], {"germany"}, pairs)
        for person in ("germany", "belgium", "coordinator", "ghana2"):
            for terms in ("container=CSQU3054383", "country=GH", "port=GHTEM", "port=NLRTM country=NL"):
                await net.say(f"!watch {terms}", as_=person)
        await net.say(
            f"!alert SECRETWORD CSQU3054383 at Tema to Rotterdam tlp={tlp} person=@netherlands:test", as_="ghana"
        )
        for person, text in LIFE:
            await net.say(text, as_=person)
            await net.forward(timedelta(hours=5))
        for name in names:
            for command in (
                "!alert show 1",
                "!alert list",
                "!alert list waste=A1181",
                "!alert ack 1",
                "!alert note 1 x",
                "!alert next 1",
                "!alert owed",
                "!alert propose 1 vessel=IMO9074729",
                "!sightings 1",
                "!seen 1 at Hamburg",
                "!watch list",
            ):
                await net.say(command, as_="germany", room=name)
        await net.say("!alert merge 2 into=1", as_="ghana")
        await net.say("!alert close 1 outcome=returned SECRETWORD", as_="ghana")
        await net.say("!alert reopen 1 SECRETWORD", as_="netherlands")
        concerned = frozenset({CountryCode("GH"), CountryCode("NL")})
        marking = {"amber-strict": Tlp.AMBER_STRICT}.get(tlp) or Tlp(tlp.upper())
        await _check_persons(net, marking, stands=True)
        await net.say("!alert withdraw 1 SECRETWORD", as_="ghana")
        for name in names:
            pairs = _pairs(name, rooms)
            heard = "".join(one.body + one.html for one in net.heard(name))
            if not room_may_hear(marking, concerned, _bindings(pairs)):
                assert "SECRETWORD" not in heard
                assert "CSQU3054383" not in heard
                assert "Rotterdam" not in heard
            if not room_may_hear(min(marking, Tlp.AMBER, key=list(Tlp).index), concerned, _bindings(pairs)):
                assert "SEENWORD" not in heard
        await _check_persons(net, marking, stands=False)


def _pairs(name: str, rooms: list[list[tuple[BindingKind, str]]]) -> list[tuple[BindingKind, str]]:
    """Return what a room of the random network is bound to."""
    if name in COUNTRY_ROOMS:
        return [(BindingKind.COUNTRY, COUNTRY_ROOMS[name])]
    if name in {"network", "coordination"}:
        return [(BindingKind(name), "")]
    return rooms[int(name.removeprefix("more"))]


async def _check_persons(net: Network, marking: Tlp, *, stands: bool) -> None:
    """See that nobody was told in the direct chat of what the marking does not let them hear, by a watch or else."""
    for person, may in (
        ("belgium", {Tlp.GREEN, Tlp.CLEAR}),
        ("germany", {Tlp.GREEN, Tlp.CLEAR}),
        ("coordinator", {Tlp.AMBER, Tlp.GREEN, Tlp.CLEAR}),
        ("ghana2", set(Tlp) - {Tlp.RED}),
    ):
        heard = "".join(one.body + one.html for one in await net.heard_by(person))
        assert marking in may or "SECRETWORD" not in heard
        assert marking in may or "A-2026-0001" not in heard
        # The sightings are AMBER: of Ghana and the Netherlands, and for the coordinators.
        assert person in {"coordinator", "ghana2"} or "SEENWORD" not in heard
        # What was told of an alert is taken back with it.
        assert not stands or person in {"belgium", "germany"} or "SEENWORD" in heard


LIFE = (
    ("ghana", "!alert drums at Tema tlp=amber-strict"),
    ("ghana", "!alert submit 1"),
    ("ghana2", "!alert return 1 SECRETWORD"),
    ("ghana", "!alert set 1 declared=SECRETWORD"),
    ("ghana", "!alert submit 1"),
    ("ghana2", "!alert verify 1 SECRETWORD"),
    ("ghana", "!alert send 1"),
    ("ghana", "!alert send 2"),
    ("ghana", "!alert note 1 SECRETWORD too"),
    ("ghana", "!seen CSQU3054383 at Tema 07:00 SEENWORD"),
    ("netherlands", "!seen not 1 CSQU3054383 at Rotterdam SEENWORD"),
    ("ghana", "!alert type 1 warning SECRETWORD"),
    ("ghana", "!request 1 NL SECRETWORD due=2h"),
    ("netherlands", "!answer 1 R1 SECRETWORD"),
    ("ghana", "!request 1 NL SECRETWORD due=2h"),
    ("netherlands", "!alert propose 1 contact=SECRETWORD why=SECRETWORD"),
    ("ghana", "!alert accept 1"),
    ("netherlands", "!alert propose 1 contact=SECRETWORD"),
    ("ghana", "!alert decline 1 SECRETWORD"),
    ("netherlands", "!alert hold 1 SECRETWORD"),
    ("netherlands", "!alert confirm 1 ground=a SECRETWORD"),
    ("ghana", "!alert inform-export-state 1 when=now proof=SECRETWORD"),
    ("ghana", "!alert extend 1 until=2027-01-31 with=NL proof=SECRETWORD"),
    ("netherlands", "!alert dispute 1 SECRETWORD"),
)
