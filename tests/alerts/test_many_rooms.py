"""Alerts that concern many countries: every room gets its card once, the first at once and the others by a clock."""

from bot.clock import Clock
from commands.alerts.circulating import circulation
from storage.ids import EventId
from storage.reference.countries import countries
from storage.rooms import BindingKind
from tests.alerts.raising import raised
from tests.fakes import Network

SUSPICION = "CSQU3054383 at Tema, 18 t of A1180"
_OWN = {"GH", "NL", "BE", "DE"}


async def many_rooms(net: Network) -> list[str]:
    """Give many countries a room; return their codes."""
    codes = [str(one.code) for one in countries() if one.code not in _OWN][
        : 2 * circulation._BATCH + circulation._AT_ONCE
    ]
    for code in codes:
        await net.add_room(code, {"coordinator"}, [(BindingKind.COUNTRY, code)])
    return codes


def cards(net: Network, room: str) -> list[EventId]:
    return [one.event_id for one in net.heard(room) if one.replaces is None and "Raised by" in one.body]


def lines(net: Network, room: str, words: str) -> int:
    return sum(words in one.body for one in net.heard(room) if one.replaces is None and one.thread_root is not None)


async def go_on(net: Network) -> None:
    """Fire all clocks that are due, each as a bot does that was just started."""
    while await Clock(net.database, net.machinery.house).fire_next():
        await net.machinery.sender.drain()


async def sent_to(net: Network, codes: list[str], **options: str) -> None:
    await raised(net, SUSPICION, **options)
    await net.say(f"!alert set tell={','.join(codes)}", as_="ghana", room="ghana")
    await net.say("!alert send", as_="ghana", room="ghana")


async def test_each_room_gets_one_card_and_every_line(net_on_each: Network) -> None:
    net = net_on_each
    codes = await many_rooms(net)
    await sent_to(net, codes)
    rooms = [*codes, "ghana", "coordination"]
    assert {room: len(cards(net, room)) for room in rooms} == dict.fromkeys(rooms, 1)
    report = next(one for one in net.heard("ghana") if one.replaces is None and "is sent:" in one.body)
    assert f"delivered to {len(rooms)} of {len(rooms)}." in net.latest("ghana", report.event_id)
    await net.say("!alert note 1 The seal is broken", as_="ghana", room="ghana")
    assert {room: lines(net, room, "The seal is broken") for room in codes} == dict.fromkeys(codes, 1)
    await net.say("!alert set 1 declared=plastics", as_="ghana", room="ghana")
    for room in rooms:
        assert "plastics" in net.latest(room, cards(net, room)[0])
        assert len(cards(net, room)) == 1


async def test_the_others_follow_a_batch_at_a_time_after_a_restart_too(paused: Network) -> None:
    codes = await many_rooms(paused)
    await sent_to(paused, codes)
    rooms = [*codes, "ghana", "coordination"]
    at_once = [room for room in rooms if cards(paused, room)]
    assert len(at_once) == circulation._AT_ONCE
    assert "coordination" in at_once
    report = next(one for one in paused.heard("ghana") if one.replaces is None and "is sent:" in one.body)
    shown = paused.latest("ghana", report.event_id)
    assert f"delivered to {len(at_once)} of {len(rooms)}." in shown
    assert shown.count("on its way") == len(rooms) - len(at_once)
    await paused.say("!alert set 1 declared=plastics", as_="ghana", room="ghana")
    await go_on(paused)
    for room in rooms:
        assert len(cards(paused, room)) == 1
        assert "plastics" in paused.latest(room, cards(paused, room)[0])


async def test_what_is_withdrawn_meanwhile_is_shown_to_nobody_else(paused: Network) -> None:
    codes = await many_rooms(paused)
    await sent_to(paused, codes)
    at_once = [room for room in codes if cards(paused, room)]
    await paused.say("!alert withdraw 1 Misread", as_="ghana", room="ghana")
    await go_on(paused)
    for room in codes:
        if room in at_once:
            assert "WITHDRAWN" in paused.latest(room, cards(paused, room)[0])
        else:
            assert paused.heard(room) == []


async def test_a_room_that_lost_the_right_meanwhile_gets_no_card(paused: Network) -> None:
    codes = await many_rooms(paused)
    await sent_to(paused, codes)
    left = [room for room in codes if not cards(paused, room)]
    for code in left[:3]:
        said = await paused.say(f"!room unbind room={paused.room(code)}", as_="coordinator", room="coordination")
        assert "Refused" not in said
    await go_on(paused)
    assert {room: len(cards(paused, room)) for room in left} == {room: int(room not in left[:3]) for room in left}


async def test_a_stricter_marking_takes_every_card_away_from_who_may_not_see_it(net: Network) -> None:
    codes = await many_rooms(net)
    await raised(net, SUSPICION, tlp="clear")
    await net.say("!alert send", as_="ghana", room="ghana")
    assert all(len(cards(net, room)) == 1 for room in codes)
    await net.say("!alert set 1 tlp=amber", as_="ghana", room="ghana")
    assert all(cards(net, room) == [] for room in codes)
    assert len(cards(net, "ghana")) == 1
