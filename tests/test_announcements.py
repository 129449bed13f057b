"""Announcements, as coordinators make them and the network hears them."""

from datetime import timedelta

import pytest

from bot.matrix.interface import RoomUnsafe, Trust, Unavailable, WhyUnsafe
from storage.announcements import Announcements, AnnouncementState, Progress
from storage.members import Members, Role
from storage.rooms import BindingKind, Rooms
from tests.fakes import Heard, Network

TEXT = "The annual meeting is in Tema."
ROOMS = ("ghana", "netherlands", "belgium", "germany", "network")
EVERYBODY = ("coordinator", "ghana", "ghana2", "netherlands", "belgium", "germany")


def _announced(heard: list[Heard]) -> list[str]:
    return [one.body for one in heard if one.body.startswith("Announcement by")]


async def _rooms_reached(net: Network) -> list[str]:
    return [room for room in (*ROOMS, "coordination") if _announced(net.heard(room))]


async def _send(net: Network, command: str) -> str:
    """Announce in the direct chat, confirm, and return the report as it stands in the end."""
    await net.say(command, as_="coordinator")
    reply = await net.say("send", as_="coordinator")
    message = next(one for one in reply.messages if one.replaces is None)
    shown = [one.body for one in reply.messages if message.event_id in {one.event_id, one.replaces}]
    return shown[-1]


async def test_text_and_audience_are_shown_and_nothing_is_sent_before_the_answer(net: Network) -> None:
    shown = await net.say(f"announce country=GH,NL {TEXT}", as_="coordinator")
    assert f"> {TEXT}" in shown
    assert "It is TLP:AMBER and goes to Ghana and Netherlands:" in shown
    assert "- Ghana: 3 people" in shown
    assert "- Netherlands: 2 people" in shown
    assert "Altogether 4 different people read it." in shown
    assert "Answer send or cancel." in shown
    assert await _rooms_reached(net) == []


async def test_confirmed_it_is_sent_and_the_report_says_what_arrived(net: Network) -> None:
    await net.say(f"announce country=GH,NL {TEXT}\n\nBring your badge.", as_="coordinator")
    reply = await net.say("Send.", as_="coordinator")
    assert await _rooms_reached(net) == ["ghana", "netherlands"]
    (heard,) = net.heard("ghana")
    assert heard.body == f"Announcement by Co Ordinator, SESN Secretariat, TLP:AMBER\n{TEXT}\nBring your badge."
    assert not heard.notice
    assert heard.mentions == ()
    assert "Announcement 1: 0 of 2 delivered." in reply.text
    assert reply.messages[-1].body == (
        "Announcement 1: 2 of 2 delivered.\n- ✓ Ghana: delivered\n- ✓ Netherlands: delivered"
    )
    assert reply.messages[-1].replaces == reply.messages[0].event_id


async def test_cancelled_it_is_not_sent_and_cannot_be_sent_later(net: Network) -> None:
    await net.say(f"announce to=all {TEXT}", as_="coordinator")
    assert "Nothing was sent." in await net.say("cancel", as_="coordinator")
    await net.say("send", as_="coordinator")
    assert await _rooms_reached(net) == []
    async with net.transaction() as tx:
        announcement = await Announcements(tx).get(1)
        assert announcement is not None
        assert announcement.state is AnnouncementState.CANCELLED


async def test_any_other_answer_is_asked_about_again(net: Network) -> None:
    await net.say(f"announce country=GH {TEXT}", as_="coordinator")
    for word in ("yes", "sent", "send it", "ok"):
        assert "I did not send anything yet." in await net.say(word, as_="coordinator"), word
    assert await _rooms_reached(net) == []
    await net.say("SEND", as_="coordinator")
    assert await _rooms_reached(net) == ["ghana"]


async def test_only_the_same_person_confirms(net: Network) -> None:
    asked = await net.say(f"!announce country=GH {TEXT}", as_="coordinator", room="network")
    await net.say("send", as_="ghana", room="network", thread=asked.event_id)
    assert await _rooms_reached(net) == []
    await net.say("send", as_="coordinator", room="network", thread=asked.event_id)
    assert await _rooms_reached(net) == ["ghana"]


async def test_only_a_signed_encrypted_answer_confirms(net: Network) -> None:
    await net.say(f"announce country=GH {TEXT}", as_="coordinator")
    for trust in (Trust.UNSIGNED, Trust.CLEAR):
        await net.say("send", as_="coordinator", trust=trust)
        assert await _rooms_reached(net) == []


async def test_an_answer_that_comes_too_late_sends_nothing(net: Network) -> None:
    await net.say(f"announce country=GH {TEXT}", as_="coordinator")
    await net.forward(timedelta(minutes=31))
    await net.say("send", as_="coordinator")
    assert await _rooms_reached(net) == []


async def test_who_is_no_longer_coordinator_sends_nothing(net: Network) -> None:
    await net.say(f"announce country=GH {TEXT}", as_="coordinator")
    async with net.transaction() as tx:
        member = await Members(tx).get(net.person("coordinator"))
        assert member is not None
        member.role = Role.OFFICIAL
    assert "no longer a coordinator" in await net.say("send", as_="coordinator")
    assert await _rooms_reached(net) == []


@pytest.mark.parametrize("command", [f"announce to=all {TEXT}", "announce list", "announce show 1"])
@pytest.mark.parametrize("person", ["ghana", "germany"])
async def test_it_is_for_coordinators(net: Network, command: str, person: str) -> None:
    await _send(net, f"announce country=GH {TEXT}")
    reply = await net.say(command, as_=person)
    assert "coordinator" in reply
    assert TEXT not in reply


async def test_all_means_the_network_room_when_everybody_is_in_it(net: Network) -> None:
    shown = await net.say(f"announce to=all {TEXT}", as_="coordinator")
    assert "It is TLP:GREEN and goes to the whole network:" in shown
    assert "- Network: 6 people" in shown
    assert "Altogether 6 different people" in shown
    assert "- Ghana" not in shown
    await net.say("send", as_="coordinator")
    assert await _rooms_reached(net) == ["network"]


async def test_all_adds_the_rooms_of_those_who_are_not_in_the_network_room(net: Network) -> None:
    net.gateway.rooms[net.room("network")].joined.remove(net.person("belgium"))
    await _send(net, f"announce to=all {TEXT}")
    assert await _rooms_reached(net) == ["belgium", "network"]


async def test_all_without_a_network_room_goes_to_every_country(net: Network) -> None:
    async with net.transaction() as tx:
        await Rooms(tx).unbind(net.room("network"))
    await _send(net, f"announce to=all {TEXT}")
    assert await _rooms_reached(net) == ["ghana", "netherlands", "belgium", "germany"]


async def test_who_is_left_out_is_named(net: Network) -> None:
    for room in ("network", "belgium"):
        net.gateway.rooms[net.room(room)].joined.remove(net.person("belgium"))
    shown = await net.say(f"announce to=all {TEXT}", as_="coordinator")
    assert "In none of these rooms, and therefore left out: Eva Exemple." in shown


async def test_who_listens_without_being_on_the_roster_is_named(net: Network) -> None:
    assert "Not on the roster" not in await net.say(f"announce country=GH {TEXT}", as_="coordinator")
    await net.say("cancel", as_="coordinator")
    net.gateway.rooms[net.room("ghana")].joined.add(net.person("stranger"))
    shown = await net.say(f"announce country=GH {TEXT}", as_="coordinator")
    assert "Not on the roster, but in these rooms: @stranger:test." in shown


async def test_a_region_means_its_rooms_and_those_of_its_countries_each_once(net: Network) -> None:
    bindings = [(BindingKind.REGION, "Europe"), (BindingKind.COUNTRY, "FR"), (BindingKind.COUNTRY, "DE")]
    await net.add_room("europe", {"netherlands", "coordinator"}, bindings)
    report = await _send(net, f"announce region=europe {TEXT}")
    assert report.startswith("Announcement 1: 4 of 4 delivered.\n")
    assert await _rooms_reached(net) == ["netherlands", "belgium", "germany"]
    assert len(_announced(net.heard("europe"))) == 1


async def test_a_role_means_each_such_person_in_the_direct_chat(net: Network) -> None:
    shown = await net.say(f"announce role=official {TEXT}", as_="coordinator")
    assert "It is TLP:GREEN and goes to everybody with the role official:" in shown
    assert "- Ama Example, in the direct chat" in shown
    assert "Altogether 4 different people read it." in shown
    await net.say("send", as_="coordinator")
    assert await _rooms_reached(net) == []
    reached = [name for name in EVERYBODY if _announced(await net.heard_by(name))]
    assert reached == ["ghana", "ghana2", "netherlands", "belgium"]


@pytest.mark.parametrize(
    ("to", "rooms"),
    [
        ("to=GH", ["ghana"]),
        ("to=country=GH,NL", ["ghana", "netherlands"]),
        ("to=Africa", ["ghana"]),
        ("to=region=Africa", ["ghana"]),
        ("to=ALL", ["network"]),
        ("to=everyone", ["network"]),
    ],
)
async def test_the_address_is_understood_as_people_write_it(net: Network, to: str, rooms: list[str]) -> None:
    await _send(net, f"announce {to} {TEXT}")
    assert await _rooms_reached(net) == rooms


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (f"announce {TEXT}", "To whom?"),
        (f"announce to=nobody {TEXT}", "I do not know who “nobody” is."),
        (f"announce to=all country=GH {TEXT}", "has one address"),
        (f"announce country=Atlantis {TEXT}", "I know no country “Atlantis”"),
        (f"announce region=Atlantis {TEXT}", "I know no region “Atlantis”"),
        (f"announce role=admiral {TEXT}", "admiral is not one of"),
        (f"announce country=PA {TEXT}", "No room is bound for Panama"),
        (f"announce region=Oceania {TEXT}", "No room is bound for Oceania"),
        ("announce to=all " + "x" * 8001, "an announcement at most 8000"),
    ],
)
async def test_what_cannot_be_is_refused_and_no_answer_sends_it(net: Network, command: str, words: str) -> None:
    assert words in await net.say(command, as_="coordinator")
    await net.say("send", as_="coordinator")
    assert await _rooms_reached(net) == []


async def test_a_missing_text_is_asked_for(net: Network) -> None:
    assert "What do you want to announce?" in await net.say("announce country=GH", as_="coordinator")
    assert f"> {TEXT}" in await net.say(TEXT, as_="coordinator")
    await net.say("send", as_="coordinator")
    assert await _rooms_reached(net) == ["ghana"]


async def test_a_country_without_a_room_is_named_beside_the_others(net: Network) -> None:
    assert "No room is bound to Panama." in await net.say(f"announce country=GH,PA {TEXT}", as_="coordinator")


async def test_what_was_not_delivered_is_reported_with_the_reason(net: Network) -> None:
    net.fail_room("netherlands", RoomUnsafe(WhyUnsafe.NOT_ENCRYPTED))
    report = await _send(net, f"announce country=GH,NL {TEXT}")
    assert report == (
        "Announcement 1: 1 of 2 delivered.\n- ✗ Netherlands: NOT delivered, the room is not encrypted\n"
        "- ✓ Ghana: delivered"
    )
    shown = await net.say("announce show 1", as_="coordinator")
    assert "Netherlands | 2 | not delivered: the room is not encrypted" in shown
    assert "Ghana | 3 | delivered, Mon 23 Nov 2026, 09:00 UTC" in shown


async def test_what_is_still_tried_is_on_its_way_and_reported_once_it_arrives(net: Network) -> None:
    net.fail_room("netherlands", Unavailable("502"))
    await net.say(f"announce country=GH,NL {TEXT}", as_="coordinator")
    reply = await net.say("send", as_="coordinator")
    assert reply.messages[-1].body == (
        "Announcement 1: 1 of 2 delivered.\n- ⏳ Netherlands: on its way\n- ✓ Ghana: delivered"
    )
    net.fail_room("netherlands", None)
    await net.forward(timedelta(minutes=5))
    latest = (await net.heard_by("coordinator"))[-1]
    assert latest.body == "Announcement 1: 2 of 2 delivered.\n- ✓ Ghana: delivered\n- ✓ Netherlands: delivered"
    assert latest.replaces == reply.messages[0].event_id
    assert len(_announced(net.heard("netherlands"))) == 1


async def test_when_the_audience_changed_meanwhile_it_is_shown_again(net: Network) -> None:
    await net.say(f"announce country=GH {TEXT}", as_="coordinator")
    await net.add_room("tema", {"ghana"}, [(BindingKind.COUNTRY, "GH")])
    again = await net.say("send", as_="coordinator")
    assert "Meanwhile the audience is another one. I did not send anything yet." in again
    assert "- Tema: 1 person" in again
    assert await _rooms_reached(net) == []
    await net.say("send", as_="coordinator")
    assert await _rooms_reached(net) == ["ghana"]
    assert len(_announced(net.heard("tema"))) == 1


async def test_the_list_and_the_record_of_what_was_sent(net: Network) -> None:
    assert "Nothing was announced yet." in await net.say("announce list", as_="coordinator")
    await net.say(f"announce country=BE {TEXT}", as_="coordinator")
    assert "Nothing was announced yet." in await net.say("!announce list", as_="coordinator")
    assert "I know no announcement 1" in await net.say("!announce show 1", as_="coordinator", room="coordination")
    await net.say("cancel", as_="coordinator")
    await _send(net, f"announce country=GH {TEXT}")
    listed = await net.say("announce list", as_="coordinator")
    assert listed.text == (
        "Announcements, the latest first:\n- 2. Mon 23 Nov 2026, 09:00 UTC, Co Ordinator to Ghana: 1 of 1 delivered"
    )
    shown = await net.say("announce show 2", as_="coordinator")
    assert f"> {TEXT}" in shown
    assert "From: Co Ordinator" in shown
    for number in ("1", "7"):
        assert f"I know no announcement {number}" in await net.say(f"announce show {number}", as_="coordinator")


async def test_in_a_room_question_and_report_stand_in_the_commands_thread(net: Network) -> None:
    asked = await net.say(f"!announce country=GH {TEXT}", as_="coordinator", room="coordination")
    assert asked.messages[0].thread_root == asked.event_id
    sent = await net.say("send", as_="coordinator", room="coordination", thread=asked.event_id)
    assert sent.messages[0].thread_root == asked.event_id
    assert "1 of 1 delivered" in net.latest("coordination", sent.messages[0].event_id)


async def test_the_text_is_shown_harmless(net: Network) -> None:
    await _send(net, "announce country=GH <b>@room</b> \u202eevil")
    (heard,) = net.heard("ghana")
    assert "<b>" not in heard.html
    assert "@room" not in heard.body
    assert "\u202e" not in heard.body


async def test_a_report_on_many_rooms_is_edited_at_each_fifth_and_whenever_one_fails(net: Network) -> None:
    for number in range(40):
        await net.add_room(f"of the region {number}", {"coordinator"})
        await net.say("!room bind region=Africa", as_="coordinator", room=f"of the region {number}")
    net.fail_room("of the region 7", RoomUnsafe(WhyUnsafe.NOT_ENCRYPTED))
    await net.say(f"announce region=africa {TEXT}", as_="coordinator")
    reply = await net.say("send", as_="coordinator")
    edits = [one.body.partition("\n")[0] for one in reply.messages if one.replaces is not None]
    assert edits[-1] == "Announcement 1: 40 of 41 delivered."
    assert sum(Progress(messages=200, waiting=waiting).is_worth_telling(1) for waiting in range(200)) == 5
    assert not Progress(messages=200, waiting=168).is_worth_telling(16)  # of those marked together some may be it
    assert Progress(messages=200, waiting=158).is_worth_telling(6)
    assert all(Progress(messages=9, waiting=waiting).is_worth_telling(1) for waiting in range(9))


async def test_the_marking_is_shown_and_only_a_clear_one_goes_past_strangers(net: Network) -> None:
    net.gateway.rooms[net.room("ghana")].joined.add(net.person("stranger"))
    await net.say(f"announce country=GH {TEXT}", as_="coordinator")
    await net.say("send", as_="coordinator")
    assert net.heard("ghana") == []
    await net.say(f"announce country=NL tlp=clear {TEXT}", as_="coordinator")
    await net.say("send", as_="coordinator")
    assert "TLP:CLEAR" in net.heard("netherlands")[0].body
    net.gateway.rooms[net.room("belgium")].joined.add(net.person("stranger"))
    await net.say(f"announce country=BE tlp=clear {TEXT}", as_="coordinator")
    await net.say("send", as_="coordinator")
    assert TEXT in net.heard("belgium")[0].body
    assert "TLP:CLEAR" in await net.say("announce show 3", as_="coordinator")


async def test_what_whole_rooms_hear_is_not_red(net: Network) -> None:
    for tlp in ("red", "amber-strict"):
        answer = await net.say(f"announce to=all tlp={tlp} {TEXT}", as_="coordinator")
        assert "cannot be kept" in answer
