"""The bot's identity, short codes to compare, who cannot read what it says, and what it could not read."""

from datetime import timedelta

import pytest

from bot.matrix.interface import Message, ShortCode, Trust, Unread, Unreadable, WhyUnread
from storage.ids import DeviceId
from storage.inbox import Inbox
from tests.fakes import Network

FISH = (
    ("🐟", "Fish"),
    ("🔒", "Lock"),
    ("🚂", "Train"),
    ("☂", "Umbrella"),
    ("🎅", "Santa"),
    ("🐌", "Snail"),
    ("⚓", "Anchor"),
)


def unread(net: Network, name: str, device: str | None, why: WhyUnread) -> Unread:
    return Unread(net.person(name), DeviceId(device) if device else None, why)


def cannot_read(net: Network, room: str, *who: Unread) -> None:
    net.gateway.rooms[net.room(room)].unread = frozenset(who)


# Identity and short codes


async def test_the_bot_says_by_what_it_is_known(net: Network) -> None:
    for reply in (await net.say("!bot identity", as_="germany", room="germany"), await net.say("bot identity")):
        assert f"Master key: {net.gateway.fingerprint}" in reply
        assert "Device: DEVICE" in reply
        assert "sesn-bot check" in reply


async def test_a_short_code_is_shown_to_the_coordinators_once(net: Network) -> None:
    code = ShortCode("txn", net.person("ghana"), DeviceId("PHONE"), FISH, (1111, 2222, 3333))
    await net.receive(code)
    await net.receive(code)
    (told,) = net.heard("coordination")
    assert "Ama Example (@ghana:test) verifies me on the device PHONE." in told.body
    assert [line for line in told.body.splitlines() if line.startswith("- ")] == [f"- {s} {name}" for s, name in FISH]
    assert "1111 2222 3333" in told.body
    assert "by telephone" in told.body
    assert "tell the operator" in told.body


async def test_a_strangers_short_code_is_shown_to_nobody(net: Network) -> None:
    await net.receive(ShortCode("txn", net.person("stranger"), DeviceId("PHONE"), FISH, (1111, 2222, 3333)))
    assert net.heard("coordination") == []


# Who cannot read


@pytest.mark.parametrize(
    ("why", "words"),
    [
        (WhyUnread.UNSIGNED, "the session OLD is not verified"),
        (WhyUnread.NO_IDENTITY, "no cross-signing is set up"),
        (WhyUnread.CHANGED, "!member confirm @ghana2:test"),
        (WhyUnread.UNREACHABLE, "the session OLD has no keys left"),
        (WhyUnread.NO_DEVICE, "no session can read encrypted messages"),
    ],
)
async def test_who_cannot_read_is_told_with_what_to_do(net: Network, why: WhyUnread, words: str) -> None:
    device = "OLD" if why in {WhyUnread.UNSIGNED, WhyUnread.UNREACHABLE} else None
    cannot_read(net, "ghana", unread(net, "ghana2", device, why))
    await net.say("!me", room="ghana")
    (told,) = net.heard("coordination")
    assert "Not everybody can read what I say in “Ghana”" in told.body
    assert f"Kofi Sample (@ghana2:test): {words}" in told.body or words in told.body


async def test_those_of_one_message_are_told_together_and_each_once(net: Network) -> None:
    first = unread(net, "ghana2", "OLD", WhyUnread.UNSIGNED)
    second = unread(net, "ghana", None, WhyUnread.NO_DEVICE)
    cannot_read(net, "ghana", first, second)
    for _time in range(3):
        await net.say("!me", room="ghana")
    (told,) = net.heard("coordination")
    assert "Kofi Sample" in told.body
    assert "Ama Example" in told.body
    cannot_read(net, "ghana")
    await net.say("!me", room="ghana")
    cannot_read(net, "ghana", first)
    await net.say("!me", room="ghana")
    assert len(net.heard("coordination")) == 1
    cannot_read(net, "ghana", first, unread(net, "ghana2", "NEW", WhyUnread.UNSIGNED))
    await net.say("!me", room="ghana")
    assert "the session NEW is not verified" in net.heard("coordination")[-1].body
    assert "OLD" not in net.heard("coordination")[-1].body
    cannot_read(net, "network", first)
    await net.say("!me", room="network")
    assert "“Network”" in net.heard("coordination")[-1].body


async def test_several_sessions_of_one_person_stand_in_one_line(net: Network) -> None:
    cannot_read(net, "ghana", *(unread(net, "ghana2", device, WhyUnread.UNSIGNED) for device in ("A", "B")))
    await net.say("!me", room="ghana")
    (line,) = [one for one in net.heard("coordination")[0].body.splitlines() if one.startswith("- ")]
    assert "A and B" in line


async def test_of_strangers_who_cannot_read_nobody_is_told(net: Network) -> None:
    cannot_read(net, "ghana", unread(net, "stranger", None, WhyUnread.NO_DEVICE))
    await net.say("!me", room="ghana")
    assert net.heard("coordination") == []


async def test_in_a_direct_chat_it_is_said_whose(net: Network) -> None:
    room = await net.direct("ghana")
    net.gateway.rooms[room].unread = frozenset({unread(net, "ghana", "OLD", WhyUnread.UNSIGNED)})
    await net.say("me", as_="ghana")
    assert "the direct chat with Ama Example" in net.heard("coordination")[-1].body


# What the bot could not read


def unreadable(net: Network, sender: str = "ghana", room: str = "ghana", reason: str = "no key") -> Unreadable:
    return Unreadable(net.gateway.event_id(), net.room(room), net.person(sender), net.now, reason)


def read_late(net: Network, event: Unreadable, body: str) -> Message:
    return Message(
        event_id=event.event_id,
        room_id=event.room_id,
        sender=event.sender,
        sent_at=event.sent_at,
        body=body,
        trust=Trust.SIGNED,
        device_id=DeviceId("PHONE"),
        room_encrypted=True,
        direct=False,
        mentioned=False,
        once=f"ciphertext of {event.event_id}",
        late=True,
    )


async def notices(net: Network, name: str = "ghana") -> list[str]:
    return [one.body for one in await net.heard_by(name) if "could not read" in one.body]


async def test_the_sender_is_told_when_the_key_does_not_come(net: Network) -> None:
    await net.receive(unreadable(net))
    await net.forward(timedelta(seconds=59))
    assert await notices(net) == []
    await net.forward(timedelta(seconds=2))
    (told,) = await notices(net)
    assert "I could not read what you wrote in “Ghana” on Mon 23 Nov 2026, 09:00" in told
    assert "send it again" in told
    assert net.heard("ghana") == []


@pytest.mark.parametrize("body", ["!me", "!room list", "good morning", "!nonsense"])
async def test_a_key_that_comes_in_time_makes_it_unsaid(net: Network, body: str) -> None:
    event = unreadable(net)
    await net.receive(event)
    await net.receive(read_late(net, event, body))
    await net.forward(timedelta(minutes=10))
    assert await notices(net) == []


async def test_it_is_said_once_an_hour_for_each_sender_and_room(net: Network) -> None:
    for _time in range(5):
        await net.receive(unreadable(net))
        await net.forward(timedelta(minutes=10))
    assert len(await notices(net)) == 1
    await net.receive(unreadable(net, room="network"))
    await net.receive(unreadable(net, "ghana2"))
    await net.forward(timedelta(minutes=2))
    assert len(await notices(net)) == 2
    assert len(await notices(net, "ghana2")) == 1
    await net.forward(timedelta(minutes=10))
    await net.receive(unreadable(net))
    await net.forward(timedelta(minutes=2))
    assert len(await notices(net)) == 3


@pytest.mark.parametrize("reason", ["spoofed sender", "encrypted state", "malformed", "replay"])
async def test_what_may_be_forged_is_answered_nowhere(net: Network, reason: str) -> None:
    await net.receive(unreadable(net, reason=reason))
    await net.forward(timedelta(hours=1))
    assert await notices(net) == []
    assert net.heard("ghana") == []


async def test_strangers_and_the_removed_are_not_told(net: Network) -> None:
    await net.receive(unreadable(net, "stranger"))
    await net.receive(unreadable(net, "ghana"))
    await net.say("!member remove @ghana:test", as_="coordinator", room="coordination")
    await net.forward(timedelta(hours=1))
    assert await notices(net) == []
    assert await notices(net, "stranger") == []


@pytest.mark.parametrize("reason", ["no key", "unknown device"])
async def test_the_share_of_what_could_not_be_read_is_counted(net_on_each: Network, reason: str) -> None:
    net = net_on_each
    await net.receive(unreadable(net, reason="spoofed sender"))
    await net.forward(timedelta(days=2))
    late = unreadable(net, reason=reason)
    await net.receive(late, unreadable(net, reason=reason))
    await net.receive(read_late(net, late, "good morning"))
    await net.say("!me", room="ghana")
    async with net.transaction() as tx:
        day = await Inbox(tx).tally(net.now - timedelta(days=1))
        week = await Inbox(tx).tally(net.now - timedelta(days=7))
    assert (day.unreadable, day.messages) == (1, 3)
    assert (week.unreadable, week.messages) == (2, 4)
