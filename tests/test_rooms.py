"""Rooms and what they stand for, as coordinators speak of them."""

from datetime import timedelta

import pytest

from bot.matrix.interface import MembershipChange, Rejected, Unavailable
from storage.ids import CountryCode, RoomId
from storage.members import Members
from storage.rooms import BindingKind, Rooms
from tests.fakes import FakeRoom, Network, Reply


async def coordinate(net: Network, text: str, room: str = "coordination") -> Reply:
    return await net.say(text, as_="coordinator", room=room)


async def bindings(net: Network, room_id: RoomId) -> set[tuple[BindingKind, str]]:
    async with net.transaction() as tx:
        return {(binding.kind, binding.value) for binding in await Rooms(tx).of_room(room_id)}


async def joins(net: Network, person: str, room_id: RoomId) -> None:
    net.gateway.rooms[room_id].joined.add(net.person(person))
    await net.receive(MembershipChange(room_id, net.person(person), joined=True))


def made(net: Network) -> FakeRoom:
    """Return the room that the bot made; a direct chat has no name."""
    (room,) = [room for room in net.gateway.rooms.values() if room.room_id.startswith("!new") and room.name]
    return room


async def test_a_bound_room_is_greeted_in_two_lines(net: Network) -> None:
    room_id = await net.add_room("accra", {"coordinator", "ghana", "ghana2"})
    reply = await coordinate(net, "!room bind country=Ghana", room="accra")
    greeting, answer = net.heard("accra")
    who, begin = greeting.body.splitlines()
    assert who.startswith("I am the bot of the Seaport Environmental Security Network.")
    assert "concern Ghana" in who
    assert "!help" in begin
    assert answer.body == "This room stands for Ghana."
    assert "Take care" not in reply
    assert await bindings(net, room_id) == {(BindingKind.COUNTRY, "GH")}
    assert "“Accra” now stands for Ghana. Bound by Co Ordinator." in net.heard("coordination")[0].body


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("country=GH,NL", {(BindingKind.COUNTRY, "GH"), (BindingKind.COUNTRY, "NL")}),
        ("region=west africa", {(BindingKind.REGION, "Western Africa")}),
        ("network", {(BindingKind.NETWORK, "")}),
        ("Network country = Ghana", {(BindingKind.NETWORK, ""), (BindingKind.COUNTRY, "GH")}),
        ("coordination", {(BindingKind.COORDINATION, "")}),
    ],
)
async def test_a_room_can_stand_for_this(net: Network, typed: str, expected: set[tuple[BindingKind, str]]) -> None:
    room_id = await net.add_room("new", {"coordinator", "ghana"})
    await coordinate(net, f"!room bind {typed}", room="new")
    assert await bindings(net, room_id) == expected


async def test_a_second_binding_is_added_and_only_noted(net: Network) -> None:
    await coordinate(net, "!room bind country=BJ", room="ghana")
    note, answer = net.heard("ghana")
    assert note.notice
    assert "concern Benin" in note.body
    assert "stands for Ghana and Benin" in answer.body
    net.clear_heard()
    assert "already stands for Ghana and Benin" in await coordinate(net, "!room bind country=BJ", room="ghana")
    assert len(net.heard("ghana")) == 1


async def test_members_who_are_not_there_are_named(net: Network) -> None:
    await net.add_room("team", {"coordinator", "ghana"})
    reply = await coordinate(net, "!room bind country=GH", room="team")
    assert "Not in this room, though it is for them: @ghana2:test." in reply
    assert "@ghana:test" not in reply


async def test_who_would_read_what_is_not_for_them_is_named(net: Network) -> None:
    await net.add_room("mixed", {"coordinator", "ghana", "stranger"})
    reply = await coordinate(net, "!room bind country=GH", room="mixed")
    assert "Take care" in reply
    assert "@stranger:test is on no roster." in reply
    assert "!room allow @stranger:test" in reply
    assert "@ghana" not in reply  # members who are elsewhere are not named before strangers
    reply = await coordinate(net, "!room bind coordination", room="mixed")
    assert "@stranger:test is on no roster." in reply
    assert "@ghana:test is no coordinator." in reply


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "!room bind country=GH"),
        ("GH", "country=GH"),
        ("Africa", "region=Africa"),
        ("netwrk", "Did you mean network?"),
        ("everything", "It can stand for"),
        ("country=Gahna", "Ghana (GH)"),
        ("region=Afrca", "Did you mean Africa?"),
        ("region=Atlantis", "I know no region"),
        ("contry=GH", "Did you mean country=?"),
    ],
)
async def test_what_a_room_cannot_stand_for_is_refused(net: Network, typed: str, words: str) -> None:
    room_id = await net.add_room("new", {"coordinator", "ghana"})
    assert words in await coordinate(net, f"!room bind {typed}", room="new")
    assert await bindings(net, room_id) == set()


async def test_a_direct_chat_is_not_bound(net: Network) -> None:
    reply = await net.say("room bind network", as_="coordinator")
    assert "our direct chat" in reply
    assert await bindings(net, await net.direct("coordinator")) == set()


@pytest.mark.parametrize("text", ["!room bind country=NL", "!room list", "!room unbind", "!room create country=GH"])
async def test_rooms_are_for_coordinators(net: Network, text: str) -> None:
    assert "is for coordinators" in await net.say(text, as_="ghana", room="ghana")
    assert await bindings(net, net.room("ghana")) == {(BindingKind.COUNTRY, "GH")}
    assert not [room for room in net.gateway.rooms if room.startswith("!new")]


async def test_the_list_shows_rooms_and_who_has_none(net: Network) -> None:
    assert "Members, but no room" not in await coordinate(net, "!room list")
    del net.gateway.rooms[net.room("belgium")]
    await coordinate(net, "!room unbind", room="germany")
    reply = await coordinate(net, "!room list")
    assert "5 rooms:" in reply
    assert "“Ghana” stands for Ghana; 3 persons; !ghana:test" in reply
    assert "Belgium; nobody there, or I am not; !belgium:test" in reply
    assert "“Network” stands for the whole network; 6 persons" in reply
    assert "Members, but no room: Germany." in reply


async def test_unbinding_takes_back_all_or_what_is_named(net: Network) -> None:
    await coordinate(net, "!room bind country=NL,BE", room="ghana")
    reply = await coordinate(net, "!room unbind country=NL", room="ghana")
    assert "“Ghana” no longer stands for Netherlands." in reply
    assert "No room stands for" not in reply
    assert await bindings(net, net.room("ghana")) == {(BindingKind.COUNTRY, "GH"), (BindingKind.COUNTRY, "BE")}
    reply = await coordinate(net, "!room unbind", room="ghana")
    assert "No room stands for Ghana now" in reply
    assert await bindings(net, net.room("ghana")) == set()
    assert "no longer stands for Ghana and Belgium" in net.heard("coordination")[-1].body
    assert "stands for nothing" in await coordinate(net, "!room unbind", room="ghana")


async def test_unbinding_what_the_room_does_not_stand_for_is_refused(net: Network) -> None:
    assert "It stands for Ghana" in await coordinate(net, "!room unbind country=NL", room="ghana")
    assert await bindings(net, net.room("ghana")) == {(BindingKind.COUNTRY, "GH")}


async def test_a_room_that_the_bot_has_left_can_be_unbound_from_elsewhere(net: Network) -> None:
    del net.gateway.rooms[net.room("belgium")]
    assert "!belgium:test no longer stands for Belgium" in await coordinate(net, "!room unbind room=!belgium:test")
    assert await bindings(net, net.room("belgium")) == set()


async def test_a_room_is_made_bound_and_filled(net: Network) -> None:
    reply = await coordinate(net, "!room create country=GH")
    assert "I am making the room “Ghana”" in reply
    assert "“Ghana” stands for Ghana too." in reply
    assert "The room “Ghana” is made; 3 persons are invited." in reply
    room = made(net)
    assert room.name == "Ghana"
    assert room.invited == {net.person("ghana"), net.person("ghana2"), net.person("coordinator")}
    assert await bindings(net, room.room_id) == {(BindingKind.COUNTRY, "GH")}


async def test_a_new_room_is_greeted_when_somebody_is_there_to_read_it(net: Network) -> None:
    await coordinate(net, "!room create country=GH")
    room = made(net)
    assert room.heard == []
    await joins(net, "ghana", room.room_id)
    (greeting,) = room.heard
    assert len(greeting.body.splitlines()) == 2
    assert "concern Ghana" in greeting.body
    await joins(net, "ghana2", room.room_id)
    assert len(room.heard) == 1


@pytest.mark.parametrize(
    ("typed", "name", "invited"),
    [
        ("country=GH,NL", "Ghana, Netherlands", {"ghana", "ghana2", "netherlands", "coordinator"}),
        ("region=Europe", "Europe", {"netherlands", "belgium", "germany", "coordinator"}),
        (
            "network name=“Everybody”",
            "Everybody",
            {"ghana", "ghana2", "netherlands", "belgium", "germany", "coordinator"},
        ),
        ("coordination", "Coordination", {"coordinator"}),
    ],
)
async def test_those_concerned_are_invited(net: Network, typed: str, name: str, invited: set[str]) -> None:
    await coordinate(net, f"!room create {typed}")
    room = made(net)
    assert room.name == name
    assert room.invited == {net.person(person) for person in invited}


async def test_a_room_for_a_country_without_members_says_so(net: Network) -> None:
    reply = await net.say("room create country=UY", as_="coordinator")
    assert "Nobody on the roster is concerned yet" in reply
    assert "1 person is invited" in reply


@pytest.mark.parametrize(
    ("typed", "words"), [("", "!room create country=GH"), ("coordination country=GH", "for the coordinators alone")]
)
async def test_no_room_is_made_when_it_is_not_clear_for_whom(net: Network, typed: str, words: str) -> None:
    assert words in await coordinate(net, f"!room create {typed}")
    assert not [room for room in net.gateway.rooms if room.startswith("!new")]


async def test_a_room_that_cannot_be_made_is_told(net: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(_room: object) -> RoomId:
        raise Rejected(403, "M_FORBIDDEN")

    monkeypatch.setattr(net.gateway, "create_room", refuse)
    reply = await coordinate(net, "!room create country=GH")
    assert "The room “Ghana” could not be made." in reply
    async with net.transaction() as tx:
        assert await Rooms(tx).of_country(CountryCode("GH")) == [net.room("ghana")]


async def test_a_room_asked_for_by_somebody_who_was_removed_meanwhile_is_bound_to_nothing(
    net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = net.gateway.create_room
    await coordinate(net, "!member set @netherlands:test role=coordinator")

    async def unreachable(_room: object) -> RoomId:
        raise Unavailable

    monkeypatch.setattr(net.gateway, "create_room", unreachable)
    await net.say("!room create country=GH", as_="netherlands", room="netherlands")
    await coordinate(net, "!member remove @netherlands:test")
    monkeypatch.setattr(net.gateway, "create_room", make)
    await net.forward(timedelta(minutes=10))
    await net.settle()
    assert await bindings(net, made(net).room_id) == set()


async def test_a_stranger_in_a_bound_room_is_told_to_the_coordinators(net: Network) -> None:
    await joins(net, "germany", net.room("ghana"))
    assert net.heard("coordination") == []
    await joins(net, "stranger", net.room("ghana"))
    (warning,) = net.heard("coordination")
    assert "@stranger:test, who is on no roster, joined “Ghana” (Ghana)" in warning.body
    await joins(net, "ghana", net.room("coordination"))
    assert "@ghana:test, who is no coordinator, joined “Coordination”" in net.heard("coordination")[-1].body
    async with net.transaction() as tx:
        assert await Members(tx).get(net.person("stranger")) is None
