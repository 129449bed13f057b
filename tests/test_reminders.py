"""Personal reminders, as people ask for them."""

from datetime import timedelta

from bot.app import Machinery
from bot.config import Config
from storage.members import Members
from storage.reminders import Reminders, ReminderState
from tests.fakes import Network


async def _remove(net: Network, name: str) -> None:
    async with net.transaction() as tx:
        member = await Members(tx).get(net.person(name))
        assert member is not None
        member.removed_at = net.now


async def test_a_reminder_comes_where_it_was_asked_for_once_and_mentions_the_person(net: Network) -> None:
    reply = await net.say("!remind me in 2h call Rotterdam", as_="netherlands", room="netherlands")
    assert "I will remind you on Mon 23 Nov 2026, 12:00 (Europe/Amsterdam, 11:00 UTC) (reminder 1)." in reply
    net.clear_heard()

    await net.forward(timedelta(hours=1, minutes=59))
    assert net.heard("netherlands") == []

    await net.forward(timedelta(minutes=1))
    (heard,) = net.heard("netherlands")
    assert heard.body == "Jan Voorbeeld, you asked me to remind you:\n> call Rotterdam"
    assert heard.mentions == (net.person("netherlands"),)
    assert not heard.notice

    await net.forward(timedelta(days=2))
    assert len(net.heard("netherlands")) == 1


async def test_in_a_thread_it_comes_in_that_thread(net: Network) -> None:
    start = await net.say("!remind list", room="ghana")
    await net.say("!remind me in 30m look again", room="ghana", thread=start.event_id)
    net.clear_heard()
    await net.forward(timedelta(minutes=30))
    (heard,) = net.heard("ghana")
    assert heard.thread_root == start.event_id


async def test_in_the_direct_chat_it_stays_there_and_needs_no_prefix(net: Network) -> None:
    await net.say("remind me tomorrow 09:00 inspection at the scanner")
    net.clear_heard()
    await net.forward(timedelta(days=1))
    (heard,) = await net.heard_by("ghana")
    assert "> inspection at the scanner" in heard.body
    assert net.heard("ghana") == []
    assert net.heard("network") == []


async def test_what_is_missing_is_asked_for(net: Network) -> None:
    asked = await net.say("remind me")
    assert "When shall I remind you?" in asked
    asked = await net.say("in 1h")
    assert "What shall I remind you of?" in asked
    done = await net.say("the container's seal")
    assert "(reminder 1)" in done
    net.clear_heard()
    await net.forward(timedelta(hours=1))
    (heard,) = await net.heard_by("ghana")
    assert "> the container's seal" in heard.body


async def test_a_past_time_or_one_beyond_ten_years_is_refused(net: Network) -> None:
    past = await net.say("remind me 2026-11-20 09:00 too late")
    assert "Fri 20 Nov 2026, 09:00 (Africa/Accra, UTC) is past" in past
    far = await net.say("remind me 2126-11-20 09:00 a hundred years")
    assert "more than ten years from now" in far
    async with net.transaction() as tx:
        assert await Reminders(tx).pending(net.person("ghana")) == []


async def test_the_text_has_an_end(net: Network) -> None:
    assert "at most 2,000 characters" in (await net.say("remind me in 1h " + "x" * 2001)).text.replace("2000", "2,000")
    assert "(reminder 1)" in await net.say("remind me in 1h " + "x" * 2000)


async def test_a_hundred_are_kept_and_not_one_more(net: Network) -> None:
    async with net.transaction() as tx:
        for _count in range(99):
            await Reminders(tx).add(
                net.person("ghana"),
                "text",
                net.now + timedelta(days=1),
                room_id=net.room("ghana"),
                direct=False,
                thread_root=None,
                now=net.now,
            )
    assert "(reminder 100)" in await net.say("remind me in 1h the hundredth")
    assert "You have 100 reminders to come" in await net.say("remind me in 1h one more")
    assert "(reminder 1)" in await net.say("remind me in 1h mine", as_="ghana2")
    await net.say("remind cancel 100")
    assert "(reminder 101)" in await net.say("remind me in 1h there is room again")


async def test_the_list_shows_only_ones_own(net: Network) -> None:
    assert await net.say("remind list") is not None
    assert "You have no reminder to come." in await net.say("remind list")
    await net.say("remind me in 2h second")
    await net.say("remind me in 1h first")
    await net.say("remind me in 1h of somebody else", as_="ghana2")
    shown = await net.say("remind list")
    assert shown.text == (
        "- 2. Mon 23 Nov 2026, 10:00 (Africa/Accra, UTC): first\n"
        "- 1. Mon 23 Nov 2026, 11:00 (Africa/Accra, UTC): second"
    )


async def test_a_room_does_not_read_what_was_asked_for_elsewhere(net: Network) -> None:
    await net.say("remind me in 2h confidential")
    await net.say("!remind me in 1h for all to see", room="ghana")
    shown = await net.say("!remind list", room="ghana")
    assert "for all to see" in shown
    assert "confidential" not in shown
    assert "1 more was asked for elsewhere" in shown
    assert "confidential" not in await net.say("!remind cancel 1", room="ghana")


async def test_cancelled_it_does_not_come(net: Network) -> None:
    await net.say("remind me in 1h nothing")
    assert "Reminder 1, due on Mon 23 Nov 2026, 10:00" in await net.say("remind cancel #1")
    net.clear_heard()
    await net.forward(timedelta(hours=2))
    assert await net.heard_by("ghana") == []
    assert "Reminder 1 was cancelled before." in await net.say("remind cancel 1")


async def test_nobody_cancels_what_is_not_theirs_or_not_there(net: Network) -> None:
    await net.say("remind me in 1h stays")
    for number in ("1", "99", "x", "-1", "99999999999999999999", "²"):
        assert "You have no reminder" in await net.say(f"remind cancel {number}", as_="ghana2"), number
    net.clear_heard()
    await net.forward(timedelta(hours=1))
    assert len(await net.heard_by("ghana")) == 1
    assert "Reminder 1 was given already." in await net.say("remind cancel 1")


async def test_a_stranger_is_reminded_of_nothing(net: Network) -> None:
    await net.say("remind me in 1h listen", as_="stranger")
    async with net.transaction() as tx:
        assert await Reminders(tx).pending(net.person("stranger")) == []


async def test_a_removed_members_reminders_do_not_fire(net: Network) -> None:
    await net.say("!remind me in 1h my old duty", room="ghana")
    await _remove(net, "ghana")
    net.clear_heard()
    await net.forward(timedelta(hours=2))
    assert net.heard("ghana") == []
    assert await net.heard_by("ghana") == []
    async with net.transaction() as tx:
        reminder = await Reminders(tx).of(net.person("ghana"), 1)
        assert reminder is not None
        assert reminder.state is ReminderState.CANCELLED


async def test_when_the_bot_or_the_person_left_the_room_it_comes_in_the_direct_chat(net: Network) -> None:
    await net.say("!remind me in 1h without the bot", room="ghana")
    await net.say("!remind me in 1h without me", as_="netherlands", room="netherlands")
    await net.direct("ghana")
    await net.direct("netherlands")
    net.clear_heard()
    net.gateway.rooms.pop(net.room("ghana"))
    net.gateway.rooms[net.room("netherlands")].joined.remove(net.person("netherlands"))
    await net.forward(timedelta(hours=1))
    assert ["> without the bot" in heard.body for heard in await net.heard_by("ghana")] == [True]
    assert ["> without me" in heard.body for heard in await net.heard_by("netherlands")] == [True]
    assert net.heard("netherlands") == []


async def test_what_was_said_between_two_is_not_repeated_before_a_third(net: Network) -> None:
    await net.say("remind me in 1h secret")
    chat = net.gateway.rooms[await net.direct("ghana")]
    chat.joined.add(net.person("ghana2"))
    net.clear_heard()
    await net.forward(timedelta(hours=1))
    assert chat.heard == []
    assert ["> secret" in heard.body for heard in await net.heard_by("ghana")] == [True]


async def test_after_an_outage_it_says_that_it_is_late(net: Network) -> None:
    await net.say("remind me in 1h call")
    net.clear_heard()
    net.now += timedelta(hours=5)
    await net.settle()
    (heard,) = await net.heard_by("ghana")
    assert "This is late: it was due on Mon 23 Nov 2026, 10:00 (Africa/Accra, UTC)." in heard.body


async def test_it_survives_a_restart(net: Network) -> None:
    await net.say("!remind me in 1h after the restart", room="ghana")
    net.clear_heard()
    config = Config.model_validate(
        {
            "matrix": {"homeserver": "http://test", "user_id": net.gateway.user_id},
            "network": {"name": "Network", "coordinators": [net.person("coordinator")]},
        }
    )
    net.machinery = Machinery(net.database, net.gateway, config, now=lambda: net.now)
    await net.forward(timedelta(hours=1))
    assert ["> after the restart" in heard.body for heard in net.heard("ghana")] == [True]


async def test_text_is_shown_harmless(net: Network) -> None:
    await net.say("!remind me in 1h <b>@room</b> \u202eevil", room="ghana")
    net.clear_heard()
    await net.forward(timedelta(hours=1))
    (heard,) = net.heard("ghana")
    assert "<b>" not in heard.html
    assert "@room" not in heard.body
    assert "\u202e" not in heard.body
