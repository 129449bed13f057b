"""What matches may never tell: tried on random networks, markings and orders of events."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from commands.base import RoomView
from commands.visibility import may_see, room_may_see
from storage.alerts import AlertNumber, Alerts
from storage.ids import EventId, RoomId, UserId
from storage.members import Member, Members
from storage.rooms import BindingKind, Rooms
from tests.fakes import FakeRoom, Network

PEOPLE = ("ghana", "ghana2", "netherlands", "belgium", "germany", "coordinator")
PLACES = ("ghana", "netherlands", "belgium", "germany", "network", "coordination")
WORDS = {1: "FIRSTSECRET", 2: "SECONDSECRET", 3: "THIRDSECRET"}
DIRECT = RoomView(RoomId(""), direct=True)
TLPS = ("red", "amber-strict", "amber", "green", "clear")
RAISED = {
    1: ("ghana", "FIRSTSECRET CSQU3054383 of Green Metal Ltd at Tema to Hamburg"),
    2: ("netherlands", "SECONDSECRET csqu 305438-4 of GREEN METAL B.V. at Rotterdam from Tema"),
    3: ("belgium", "THIRDSECRET CSQU 305438 5, Green Metal GmbH, at Antwerp"),
}

slowly = settings(
    max_examples=3, deadline=None, phases=[Phase.explicit, Phase.generate], suppress_health_check=[HealthCheck.too_slow]
)
any_binding = st.one_of(
    st.tuples(st.just(BindingKind.COUNTRY), st.sampled_from(["GH", "NL", "BE", "DE"])),
    st.sampled_from(
        [(BindingKind.NETWORK, ""), (BindingKind.COORDINATION, ""), (BindingKind.REGION, "Western Africa")]
    ),
)
number = st.sampled_from([1, 2, 3])
later = st.tuples(
    number,
    st.sampled_from([
        "!alert set {n} container=+MSKU1234565 company=Green Metal",
        "!alert set {n} bill=HLCUHAM2611XYZ9",
        "!alert set {n} tlp=amber-strict",
        "!alert set {n} tlp=red person=@germany:test",
        "!alert set {n} tell=+DE person=@ghana2:test",
        "!alert downgrade {n} tlp=green it is known by now",
        "!alert contact {n}",
        "!alert close {n} outcome=other",
        "!alert reopen {n} again",
        "!alert withdraw {n} misread",
        "!alert merge {n} into={m}",
    ]),
)  # fmt: skip


class Watch:
    """Looks at everything that is said, as it is said, and asks whether it may be."""

    def __init__(self, net: Network) -> None:
        self._net = net
        self._seen: set[EventId] = set()

    async def check(self, after: str) -> None:
        async with self._net.transaction() as tx:
            alerts = [await Alerts(tx).by_number(AlertNumber("A", 2026, one)) for one in WORDS]
            members = {one.user_id: one for one in await Members(tx).all()}
            for room in self._net.gateway.rooms.values():
                bindings = await Rooms(tx).of_room(room.room_id)
                reader = None if bindings else _reader(room, members)
                for heard in [one for one in room.heard if one.event_id not in self._seen]:
                    self._seen.add(heard.event_id)
                    said = heard.body + heard.html
                    if "may no longer be shown" in said:
                        continue
                    for alert, word in zip(alerts, WORDS.values(), strict=True):
                        if alert is None or (alert.number not in said and word not in said):
                            continue
                        may = room_may_see(alert, bindings) if reader is None else may_see(alert, reader, DIRECT)
                        assert may, f"after {after}: {room.room_id} hears of {alert.number}: {heard.body}"


def _reader(room: FakeRoom, members: dict[UserId, Member]) -> Member | None:
    (person,) = room.joined
    return members[person]


@slowly
@given(
    tlps=st.tuples(*[st.sampled_from(TLPS)] * 3),
    named=st.tuples(*[st.sampled_from(PEOPLE)] * 3),
    rooms=st.lists(st.lists(any_binding, min_size=1, max_size=2, unique=True), max_size=2),
    happens=st.lists(later, max_size=6),
)
async def test_nothing_that_is_said_names_an_alert_where_it_may_not_be_seen(
    tlps: tuple[str, str, str],
    named: tuple[str, str, str],
    rooms: list[list[tuple[BindingKind, str]]],
    happens: list[tuple[int, str]],
) -> None:
    async with Network.open() as net:
        places = list(PLACES)
        for pairs in rooms:
            places.append(f"more{len(places)}")
            await net.add_room(places[-1], {"coordinator"}, pairs)
        watch = Watch(net)
        for one, (who, text) in RAISED.items():
            for said in (f"!alert {text} tlp={tlps[one - 1]} person=@{named[one - 1]}:test", f"!alert send {one}"):
                await net.say(said, as_=who)
                await watch.check(said)
        for one, text in happens:
            said = text.format(n=one, m=one % 3 + 1)
            await net.say(said, as_=RAISED[one][0])
            await watch.check(said)
        for one in WORDS:
            for ask in (f"!alert links {one}", f"!alert risk {one}"):
                for person in PEOPLE:
                    await net.say(ask, as_=person)
                for place in places:
                    await net.say(ask, as_="coordinator", room=place)
                await watch.check(ask)
        for person, where in (("ghana2", "ghana"), ("netherlands", "network"), ("belgium", None)):
            said = "!alert CSQU3054383 of Green Metal at Tema to Antwerp"
            await net.say(said, as_=person, room=where)
            await watch.check(said)


# What a person who may not see the other alert can tell apart: nothing


@asynccontextmanager
async def _ghana_first() -> AsyncGenerator[Network]:
    async with Network.open() as net:
        await net.say("!alert CSQU3054383 of Green Metal Ltd at Tema", as_="ghana", room="ghana")
        await net.say("!alert send", as_="ghana", room="ghana")
        yield net


async def _outside(net: Network, *people: str) -> Mapping[str, Sequence[str]]:
    """All that these people read, and the room of Ghana, in order."""
    for ask in ("!alert links 1", "!alert list", "!alert show 1", "!alert risk 1", "!alert contact 1"):
        for person in people:
            await net.say(ask, as_=person)
    await net.say("!alert CSQU3054383 again at Tema", as_="ghana", room="ghana")
    # The number that the next draft gets says how many were raised before, as any number does.
    found = {person: [_unnumbered(one.body) for one in await net.heard_by(person)] for person in people}
    return found | {"room": [_unnumbered(one.body) for one in net.heard("ghana")]}


def _unnumbered(text: str) -> str:
    for drafted in range(2, 9):
        text = text.replace(f"A-2026-{drafted:04}", "A-2026-NEXT")
    return text


other = st.tuples(
    st.sampled_from(["netherlands", "belgium"]),
    st.sampled_from(["amber", "amber-strict"]),
    st.sampled_from(["CSQU3054383", "csqu 305438-4", "CSQU3054380, B/L HLCUHAM2611XYZ9, MV Ever Given"]),
    st.sampled_from(
        ["", "!alert close {n} outcome=other", "!alert set {n} tlp=amber-strict", "!alert set {n} vessel=Ever"]
    ),
)


@settings(slowly, max_examples=3)
@given(others=st.lists(other, min_size=1, max_size=3))
async def test_a_hidden_match_tells_neither_whose_it_is_nor_how_many_there_are(
    others: list[tuple[str, str, str, str]],
) -> None:
    async with _ghana_first() as net:
        await net.say("!alert CSQU3054383 at Rotterdam", as_="netherlands")
        await net.say("!alert send 2", as_="netherlands")
        expected = await _outside(net, "ghana", "ghana2", "germany")
    assert sum("stands elsewhere too" in text for text in expected["ghana"]) == 2  # when found, and when asked
    async with _ghana_first() as net:
        for place, (who, tlp, container, then) in enumerate(others, 2):
            port = {"netherlands": "Rotterdam", "belgium": "Antwerp"}[who]
            await net.say(f"!alert {container} at {port} tlp={tlp}", as_=who)
            await net.say(f"!alert send {place}", as_=who)
            if then:
                await net.say(then.format(n=place), as_=who)
        assert await _outside(net, "ghana", "ghana2", "germany") == expected


@settings(slowly, max_examples=3)
@given(shared=st.sampled_from(["CSQU3054383", "CSQU3054384 of Green Metal B.V."]), later=st.booleans())
async def test_nobody_outside_can_tell_that_a_red_alert_names_the_same(shared: str, *, later: bool) -> None:
    found = []
    for named in ("MSKU1234565", shared):
        async with _ghana_first() as net:
            text = "drums" if later else named
            await net.say(f"!alert {text} at Antwerp tlp=red person=@netherlands:test", as_="belgium")
            await net.say("!alert send 2", as_="belgium")
            if later:
                container, _, company = named.partition(" of ")
                more = f" company={company}" if company else ""
                await net.say(f"!alert set 2 container={container}{more}", as_="belgium")
            found.append(await _outside(net, "ghana", "ghana2", "germany", "coordinator"))
    assert found[0] == found[1]


async def test_a_draft_is_answered_alike_whether_there_is_a_hidden_match_or_not() -> None:
    found = []
    for container in ("MSKU1234565", "CSQU3054383"):
        async with _ghana_first() as net:
            await net.say(f"!alert {container} at Rotterdam", as_="netherlands")
            await net.say("!alert send 2", as_="netherlands")
            await net.say("!alert CSQU3054383 at Antwerp", as_="belgium", room="belgium")
            found.append([one.body for one in net.heard("belgium")])
    assert found[0] == found[1]


async def test_whoever_is_asked_hears_nothing_of_the_alert_of_who_asks() -> None:
    async with _ghana_first() as net:
        await net.say("!alert csqu 305438-4 at Rotterdam tlp=amber-strict", as_="netherlands")
        await net.say("!alert send 2", as_="netherlands")
        net.clear_heard()
        await net.say("!alert contact 1", as_="ghana")
        (asked,) = await net.heard_by("netherlands")
        for part in ("A-2026-0001", "CSQU3054383", "Green Metal", "Tema", "AMBER", "GHTEM"):
            assert part not in asked.body + asked.html
