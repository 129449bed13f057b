"""The roster, as coordinators and members speak of it."""

import re
from datetime import timedelta

import pytest

from bot.matrix.interface import MembershipChange, Trust, Unread, WhyUnread
from storage.ids import CountryCode, DeviceId, RoomId
from storage.members import AuthorityKind, Member, Members, Role
from storage.questions import Questions
from tests.fakes import BOT, Network, Reply

ADD = '!member add @new:test role=official country=GH authority="EPA Ghana" kind=environment'


async def coordinate(net: Network, text: str, room: str = "coordination") -> Reply:
    return await net.say(text, as_="coordinator", room=room)


async def member(net: Network, name: str) -> Member | None:
    async with net.transaction() as tx:
        return await Members(tx).get(net.person(name))


async def second_coordinator(net: Network) -> None:
    await coordinate(net, "!member set @netherlands:test role=coordinator")
    net.clear_heard()


async def test_own_record_is_shown_with_the_local_time(net: Network) -> None:
    reply = await net.say("!me", as_="netherlands", room="netherlands")
    assert "Name: Jan Voorbeeld" in reply
    assert "Role: official" in reply
    assert "Country: Netherlands" in reply
    assert "10:00 (Europe/Amsterdam, 09:00 UTC)" in reply
    assert "Changed" not in reply


async def test_own_zone_language_and_name_are_used_from_then_on(net: Network) -> None:
    reply = await net.say("me tz=america/panama lang=Spanish name='Ama' ")
    assert "Time zone: America/Panama" in reply
    reply = await net.say("!me name=“Ama  E. Example”", room="ghana")
    assert "04:00 (America/Panama, 09:00 UTC)" in reply
    ama = await member(net, "ghana")
    assert ama is not None
    assert (ama.zone, ama.language, ama.name) == ("America/Panama", "es", "Ama E. Example")
    assert ama.authority == "EPA Ghana"


async def test_a_new_name_is_told_to_the_coordinators_but_a_zone_is_not(net: Network) -> None:
    await net.say("!me tz=Europe/Paris", room="ghana")
    assert net.heard("coordination") == []
    await net.say("!me name=Jan", room="ghana")
    (notice,) = net.heard("coordination")
    assert notice.notice
    assert "@ghana:test" in notice.body
    assert "name: Jan (was Ama Example)" in notice.body


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("!me tz=Acra", "Africa/Accra"),
        ("!me lang=klingonish", "I know no language"),
        ("!me name=...", "at least one letter"),
        (f"!me name={'x' * 121}", "too long"),
        ("!me zone2=Africa/Accra", "zone2="),
    ],
)
async def test_what_cannot_be_is_refused_with_what_can(net: Network, text: str, words: str) -> None:
    assert words in await net.say(text, room="ghana")
    ama = await member(net, "ghana")
    assert ama is not None
    assert (ama.zone, ama.language, ama.name) == ("Africa/Accra", "en", "Ama Example")


async def test_own_record_is_not_changed_from_an_unsigned_device(net: Network) -> None:
    reply = await net.say("!me tz=Europe/Paris", room="ghana", trust=Trust.UNSIGNED)
    assert "not verified" in reply
    ama = await member(net, "ghana")
    assert ama is not None
    assert ama.zone == "Africa/Accra"


async def test_an_added_person_has_rights_at_once_and_is_welcomed(net: Network) -> None:
    assert "not on the roster" in await net.say("help", as_="new")
    reply = await coordinate(net, ADD)
    assert "new is on the roster." in reply
    assert "Time zone: Africa/Accra" in reply
    assert "Language: en" in reply
    (*_refusal, welcome) = await net.heard_by("new")
    assert "Welcome to the Seaport Environmental Security Network, new." in welcome.body
    assert "Co Ordinator has put you on the roster for EPA Ghana; your role is official." in welcome.body
    assert "Name: new" in await net.say("me", as_="new")


async def test_who_had_no_session_when_added_is_welcomed_on_coming_in(net: Network) -> None:
    new, chat = net.person("new"), await net.direct("new")
    net.gateway.rooms[chat].unread = frozenset({Unread(new, None, WhyUnread.NO_DEVICE)})
    await coordinate(net, ADD)
    assert len(await net.heard_by("new")) == 1  # which nobody can open
    net.gateway.rooms[chat].unread = frozenset()
    for _time in range(2):
        await net.receive(MembershipChange(chat, new, joined=True))
    _locked, welcome = await net.heard_by("new")
    assert "Network, new. You are on the roster for EPA Ghana; your role is official." in welcome.body
    assert "Type help to see what you can do" in welcome.body
    assert "stays locked" in welcome.body


async def test_who_could_read_the_welcome_is_not_welcomed_twice(net: Network) -> None:
    await coordinate(net, ADD)
    chat = await net.direct("new")
    unsigned = Unread(net.person("new"), DeviceId("OLD"), WhyUnread.UNSIGNED)
    net.gateway.rooms[chat].unread = frozenset({unsigned})
    await net.say("me", as_="new")
    await net.receive(MembershipChange(chat, net.person("new"), joined=True))
    assert sum("Welcome" in one.body for one in await net.heard_by("new")) == 1


async def test_an_added_person_is_invited_where_they_belong_and_only_there(net: Network) -> None:
    await net.add_room("africa", {"coordinator"})
    await coordinate(net, "!room bind region=Africa", room="africa")
    await coordinate(net, ADD)
    person = net.person("new")
    invited = {room.name for room in net.gateway.rooms.values() if person in room.invited}
    assert invited == {"Ghana", "Network", "Africa"}


async def test_a_person_who_is_in_the_room_already_is_not_invited(net: Network) -> None:
    net.gateway.rooms[net.room("ghana")].joined.add(net.person("new"))
    await coordinate(net, ADD)
    assert net.person("new") not in net.gateway.rooms[net.room("ghana")].invited
    assert net.person("new") in net.gateway.rooms[net.room("network")].invited


async def test_the_coordinators_hear_of_an_addition_made_elsewhere(net: Network) -> None:
    await coordinate(net, ADD, room="ghana")
    (notice,) = net.heard("coordination")
    assert notice.notice
    assert "new (@new:test) is now on the roster: official, EPA Ghana, Ghana. Added by Co Ordinator." in notice.body


async def test_everything_can_be_given(net: Network) -> None:
    reply = await coordinate(
        net,
        "!member add @li:test kind=International ROLE=member lang=fr tz=Europe/Paris "
        "name=Li Example authority = „Basel Secretariat“",
    )
    assert "Name: Li Example" in reply
    assert "Authority: Basel Secretariat (international organisation)" in reply
    assert "Country: international" in reply
    assert "Time zone: Europe/Paris" in reply
    assert "Language: fr" in reply


async def test_missing_arguments_are_asked_for_one_by_one(net: Network) -> None:
    reply = await net.say("member add @new:test country=GH authority=EPA", as_="coordinator")
    assert "Which role" in reply
    reply = await net.say("official", as_="coordinator")
    assert "Of which kind" in reply
    reply = await net.say("police", as_="coordinator")
    assert "new is on the roster." in reply
    assert "Role: official" in reply


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (ADD.replace("country=GH", ""), "For which country?"),
        (ADD.replace("country=GH", "country=Gahna"), "Did you mean Ghana (GH)"),
        (ADD.replace("official", "oficial"), "Did you mean official?"),
        (ADD.replace("environment", "enviroment"), "Did you mean environment?"),
        (ADD.replace("@new:test", "new"), "is not a Matrix id"),
        (ADD.replace("@new:test", "@sesn:test"), "That is me"),
        (ADD.replace("@new:test", "@ghana:test"), "!member set @ghana:test"),
        (ADD.replace("authority", "autority"), "Did you mean authority=?"),
    ],
)
async def test_nobody_is_added_when_something_is_wrong(net: Network, text: str, words: str) -> None:
    assert words in await coordinate(net, text)
    async with net.transaction() as tx:
        assert len(await Members(tx).all()) == 6
    assert await net.heard_by("new") == []


@pytest.mark.parametrize(
    "text",
    [
        ADD,
        "!member list",
        "!member show @ghana2:test",
        "!member set @ghana:test role=coordinator",
        "!member remove @ghana2:test",
    ],
)
async def test_the_roster_is_for_coordinators(net: Network, text: str) -> None:
    assert "is for coordinators" in await net.say(text, as_="ghana", room="ghana")
    ama = await member(net, "ghana")
    assert ama is not None
    assert ama.role is Role.OFFICIAL
    assert await member(net, "ghana2") is not None
    assert await member(net, "new") is None


async def test_the_roster_is_not_changed_from_an_unsigned_device(net: Network) -> None:
    reply = await net.say(ADD, as_="coordinator", room="coordination", trust=Trust.UNSIGNED)
    assert "not verified" in reply
    assert await member(net, "new") is None


async def test_the_list_shows_the_roster_or_a_part_of_it(net: Network) -> None:
    everybody = await coordinate(net, "!member list")
    assert "6 persons" in everybody
    assert "@germany:test" in everybody
    ghana = await coordinate(net, "!member list country=Ghana")
    assert "@ghana:test" in ghana
    assert "@ghana2:test" in ghana
    assert "@belgium:test" not in ghana
    members = await coordinate(net, "!member list role=member")
    assert "1 person:" in members
    assert "@germany:test" in members
    assert "Nobody" in await coordinate(net, "!member list country=UY")


async def test_a_long_roster_is_listed_a_page_at_a_time(net: Network) -> None:
    async with net.transaction() as tx:
        for number in range(130):
            added = Member(
                user_id=net.person(f"nl{number:03}"), name=f"Name {number:03}", authority="Customs",
                kind=AuthorityKind.CUSTOMS, country=CountryCode("NL"), role=Role.OFFICIAL, zone="UTC", added_by=BOT,
                added_at=net.now, removed_at=None,
            )  # fmt: skip
            await Members(tx).save(added)
    found: list[str] = []
    command = "!member list country=NL role=official"
    for first, last in ((1, 50), (51, 100), (101, 131)):
        reply = await coordinate(net, command)
        assert f"131 persons, by country and name; here {first} to {last}:" in reply
        found += re.findall(r"@\w+:test", reply.text)
        following = re.search(r"The next ones: (!member list country=NL role=official page=\d)", reply.text)
        assert (following is None) is (last == 131)
        command = following[1] if following is not None else ""
    assert len(found) == len(set(found)) == 131
    assert "There are 3 pages." in await coordinate(net, "!member list country=NL page=4")


async def test_a_record_is_shown_also_after_removal(net: Network) -> None:
    assert "Removed" not in await coordinate(net, "!member show @ghana:test")
    await coordinate(net, "!member remove @ghana:test")
    reply = await coordinate(net, "!member show @ghana:test")
    assert "Name: Ama Example" in reply
    assert "Removed: Mon 23 Nov 2026" in reply


async def test_an_unknown_person_is_named_with_the_nearest(net: Network) -> None:
    for command in ("show", "remove"):
        assert "Did you mean @ghana2:test?" in await coordinate(net, f"!member {command} @ghna2:test")
    assert "!member list shows who is" in await coordinate(net, "!member show @qqqqq:elsewhere.example")


async def test_a_change_of_role_is_in_force_at_once_and_told(net: Network) -> None:
    assert "is for coordinators" in await net.say("member list", as_="ghana")
    net.clear_heard()
    assert "Role: coordinator" in await coordinate(net, "!member set @ghana:test role=coordinator", room="network")
    assert "6 persons" in await net.say("member list", as_="ghana")
    assert "made you coordinator" in (await net.heard_by("ghana"))[0].body
    (notice,) = net.heard("coordination")
    assert "is now coordinator, no longer official" in notice.body
    assert net.person("ghana") in net.gateway.rooms[net.room("coordination")].invited


async def test_who_is_coordinator_no_longer_is_said_to_sit_in_their_rooms(net: Network) -> None:
    await second_coordinator(net)
    net.gateway.rooms[net.room("coordination")].joined.add(net.person("netherlands"))
    reply = await coordinate(net, "!member set @netherlands:test role=official")
    assert "Still in rooms for coordinators" in reply
    assert "“Coordination”" in reply


async def test_a_change_of_country_moves_the_zone_and_names_the_old_rooms(net: Network) -> None:
    reply = await coordinate(net, "!member set @ghana:test country=Benin authority=ABE name=Ama")
    assert "Country: Benin" in reply
    assert "Time zone: Africa/Porto-Novo" in reply
    assert "Still in rooms of the former country" in reply
    assert "“Ghana”" in reply


async def test_a_zone_of_ones_own_choice_stays(net: Network) -> None:
    await net.say("me tz=Europe/Paris", as_="ghana")
    assert "Time zone: Europe/Paris" in await coordinate(net, "!member set @ghana:test country=BJ")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("!member set @ghana:test", "Say what shall change"),
        ("!member set @ghana:test role=official", "Nothing changed"),
        ("!member set @coordinator:test kind=police", "For which country?"),
        ("!member set @coordinator:test role=official", "only coordinator"),
        ("!member set @nobody:test role=official", "not on the roster"),
        ("!member set @ghana:test rol=official", "Did you mean role=?"),
    ],
)
async def test_a_change_that_cannot_be_changes_nothing(net: Network, text: str, words: str) -> None:
    assert words in await coordinate(net, text)
    ama, chief = await member(net, "ghana"), await member(net, "coordinator")
    assert ama is not None
    assert ama.role is Role.OFFICIAL
    assert chief is not None
    assert chief.role is Role.COORDINATOR


async def test_removal_ends_every_right_at_once(net: Network) -> None:
    reply = await coordinate(net, "!member remove @ghana:test")
    assert "Ama Example (@ghana:test) is no longer on the roster and has no rights." in reply
    assert "“Ghana”" in reply
    assert "“Network”" in reply
    assert "“Belgium”" not in reply
    net.clear_heard()
    assert "Name:" not in await net.say("!me", as_="ghana", room="ghana")
    assert await member(net, "ghana") is None


async def test_removal_names_what_is_now_without_a_person(net: Network) -> None:
    assert "no other official" not in await coordinate(net, "!member remove @ghana:test")
    reply = await coordinate(net, "!member remove @ghana2:test")
    assert "Now without a person" in reply
    assert "Ghana has no other official" in reply
    assert "no other official" not in await coordinate(net, "!member remove @germany:test")


async def test_removal_deletes_what_the_person_was_asked(net: Network) -> None:
    await second_coordinator(net)
    asked = await net.say("member add @new:test country=NL authority=ILT kind=port", as_="netherlands")
    assert "Which role" in asked
    await coordinate(net, "!member remove @netherlands:test")
    async with net.transaction() as tx:
        room: RoomId = await net.direct("netherlands")
        assert await Questions(tx).open_for(room, net.person("netherlands"), now=net.now) == []
    await net.say("coordinator", as_="netherlands")
    assert await member(net, "new") is None
    await net.forward(timedelta(hours=1))
    assert "no answer" not in "\n".join(heard.body for heard in await net.heard_by("netherlands")).casefold()


async def test_removal_is_told_to_the_coordinators(net: Network) -> None:
    await coordinate(net, "!member remove @germany:test", room="network")
    (notice,) = net.heard("coordination")
    assert "Max Muster (@germany:test), Port of Hamburg, was removed from the roster by Co Ordinator." in notice.body


async def test_the_last_coordinator_cannot_go(net: Network) -> None:
    assert "only coordinator" in await coordinate(net, "!member remove @coordinator:test")
    await second_coordinator(net)
    assert "no longer on the roster" in await coordinate(net, "!member remove @coordinator:test")
    assert "only coordinator" in await net.say("member remove @netherlands:test", as_="netherlands")
    assert await member(net, "coordinator") is None


async def test_a_removed_person_can_come_back(net: Network) -> None:
    await coordinate(net, "!member remove @ghana:test")
    reply = await coordinate(net, "!member set @ghana:test role=official")
    assert "was removed on" in reply
    assert "!member add @ghana:test" in reply
    reply = await coordinate(net, ADD.replace("@new", "@ghana"), room="network")
    assert "ghana is on the roster." in reply
    assert "is on the roster again" in net.heard("coordination")[-1].body
    ama = await member(net, "ghana")
    assert ama is not None
    assert ama.removed_at is None


async def test_a_name_is_shown_harmless(net: Network) -> None:
    await coordinate(net, '!member set @ghana:test name="<b>Ama</b> @room"')
    reply = await net.say("!me", as_="ghana", room="ghana")
    assert "<b>" not in reply.messages[0].html
    assert reply.messages[0].mentions == ()
