"""The bot as a process, a real homeserver, members with encrypted clients of their own."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot.demo.hearing import Mark
from bot.demo.homeserver import Homeserver
from bot.demo.member import MemberClient
from bot.matrix.http import path_of
from bot.steps import Step
from tests.integration.botprocess import BotProcess
from tests.integration.conftest import PASSWORD, NewAccount, NewMember


@dataclass
class Scene:
    """A running bot, its coordinator in a strict client, and the coordination room, bound."""

    bot: BotProcess
    coordinator: MemberClient
    room: str

    async def bot_in(self, room: str) -> None:
        """Wait until the bot is in the room."""

        def joined() -> bool:
            user = self.coordinator.client.rooms[room].users.get(self.bot.user_id)
            return user is not None and not user.invited

        await self.coordinator.hearing.until(joined, 40, lambda: f"the bot is not in {room}\n{self.bot.log}")

    async def answered(self, text: str, part: str, *, room: str | None = None) -> str:
        """The coordinator says something and hears an answer that holds `part`; return the command's event id."""
        mark = self.coordinator.mark()
        event_id = await self.coordinator.say(room or self.room, text)
        await self.coordinator.hears(room or self.room, part, since=mark, by=self.bot.user_id, strict=True, within=40)
        return event_id


@pytest_asyncio.fixture(loop_scope="session")
async def scene(server: Homeserver, account: NewAccount, member: NewMember, tmp_path: Path) -> AsyncIterator[Scene]:
    coordinator = await member("coordinator", strict=True)
    user_id = await account("sesn")
    prepared = BotProcess.prepared(tmp_path / "bot", server.url, user_id, PASSWORD, coordinator=coordinator.user_id)
    async with prepared as bot:
        await bot.start()
        # A room of two would be the direct chat of the coordinator and the bot, which stands for nobody else.
        colleague = await member("colleague")
        room = await coordinator.create_room("Coordination", [user_id, colleague.user_id])
        await colleague.enters(room)
        scene = Scene(bot, coordinator, room)
        await scene.bot_in(room)
        await scene.answered("!room bind coordination", "coordination")
        await scene.answered(f"!room allow {colleague.user_id}", "may read")
        yield scene


async def test_a_strict_client_is_answered_and_the_bot_stops_cleanly(scene: Scene) -> None:
    await scene.answered("!help", "!help")
    assert await scene.bot.stop() == 0


async def test_what_is_said_while_the_bot_is_down_is_answered_once(scene: Scene) -> None:
    await scene.bot.stop()
    mark = scene.coordinator.mark()
    await scene.coordinator.say(scene.room, "!remind me in 2 days count the containers")
    await scene.bot.start()
    await scene.coordinator.hears(scene.room, "I will remind you", since=mark, by=scene.bot.user_id, within=60)
    await scene.bot.stop()
    await scene.bot.start()
    mark = scene.coordinator.mark()
    await scene.answered("!remind list", "count the containers")
    spoken = [one.body for one in scene.coordinator.timeline(scene.room, mark) if one.sender == scene.bot.user_id]
    # What the room's settings give to newcomers is told once, whenever that comes.
    heard = [body for body in spoken if "later may be given" not in body]
    assert len(heard) == 1, heard
    assert heard[0].count("count the containers") == 1


async def test_an_unsigned_device_changes_nothing(scene: Scene, member: NewMember) -> None:
    unsigned = await member(account=scene.coordinator.user_id, signed=False)
    await unsigned.enters(scene.room)
    mark = scene.coordinator.mark()
    await unsigned.say(scene.room, "!me name=Mallory")
    # The unsigned device itself gets no keys: the refusal is read on the one that can verify it.
    await scene.coordinator.hears(scene.room, "not verified", since=mark, by=scene.bot.user_id, within=40)
    await scene.answered("!me", "Name")
    assert not any(
        "Mallory" in one.body for one in scene.coordinator.timeline(scene.room) if one.sender == scene.bot.user_id
    )


async def test_clear_text_in_an_encrypted_room_is_not_heard(scene: Scene) -> None:
    mark = scene.coordinator.mark()
    clear = await scene.coordinator.say(scene.room, "!remind me in 2 days in clear", clear=True)
    await scene.answered("!remind list", "no reminder")
    answers = [one for one in scene.coordinator.timeline(scene.room, mark) if one.reply_to == clear]
    assert answers == []


async def test_a_room_without_encryption_is_refused_once(scene: Scene) -> None:
    room = await scene.coordinator.create_room("Open", [scene.bot.user_id], encrypted=False)
    await scene.bot_in(room)
    mark = scene.coordinator.mark()
    await scene.coordinator.say(room, "!help", clear=True)

    def refusals() -> list[str]:
        return [one.body for one in scene.coordinator.timeline(room, mark) if one.sender == scene.bot.user_id]

    await scene.coordinator.hearing.until(lambda: bool(refusals()), 40, lambda: scene.bot.log)
    await scene.coordinator.say(room, "!help", clear=True)
    await scene.answered("!help", "!help")
    assert len(refusals()) == 1
    assert "not encrypted" in refusals()[0]


async def test_a_stranger_is_refused_once_and_an_invitation_of_theirs_is_not_followed(
    scene: Scene, member: NewMember
) -> None:
    stranger = await member("stranger")
    await scene.coordinator.invite(scene.room, stranger.user_id)
    await stranger.enters(scene.room)
    mark = stranger.mark()
    await stranger.say(scene.room, "!help")
    await stranger.hears(scene.room, "I cannot take commands from you", since=mark, by=scene.bot.user_id, within=40)
    own = await stranger.create_room("Trap", [scene.bot.user_id])
    await stranger.say(scene.room, "!help")
    await scene.answered("!help", "!help")
    assert stranger.client.rooms[own].users[scene.bot.user_id].invited
    assert (
        len([one for one in stranger.timeline(scene.room, mark) if "I cannot take commands from you" in one.body]) == 1
    )


@pytest.mark.long
async def test_killed_at_every_step_it_does_everything_once(scene: Scene) -> None:
    """SIGKILL between "sync answered" and "row marked sent", at each step in turn; then nothing is lost or doubled.

    The bot that is killed at a step is the one that came up after the step before, until the armed file says so.
    """
    await scene.bot.stop()
    commands: dict[Step, str] = {}
    everything = scene.coordinator.mark()
    mark: Mark | None = None
    for step in Step:
        await scene.bot.start(crash_at=step)
        if mark is not None:
            await scene.coordinator.hears(scene.room, "I will remind you", since=mark, by=scene.bot.user_id, within=60)
        # An answer may have been put by the killed process: this one is up when it answers by itself.
        await scene.answered("!help", "!help")
        scene.bot.armed.touch()
        mark = scene.coordinator.mark()
        commands[step] = await scene.coordinator.say(scene.room, f"!remind me in 2 days step {step}.")
        assert await scene.bot.ended() == -9, f"not killed at {step}"
        scene.bot.armed.unlink()
    await scene.bot.start()
    await scene.coordinator.hears(scene.room, "I will remind you", since=mark, by=scene.bot.user_id, within=60)
    mark = scene.coordinator.mark()
    await scene.answered("!remind list", "step")
    listed = "\n".join(
        one.body for one in scene.coordinator.timeline(scene.room, mark) if one.sender == scene.bot.user_id
    )
    for step, command in commands.items():
        answers = [one for one in scene.coordinator.timeline(scene.room, everything) if one.reply_to == command]
        assert len(answers) == 1, f"{step}: {answers}"
        assert listed.count(f"step {step}.") == 1, f"{step}: {listed}"


async def test_what_a_stranger_would_read_waits_until_a_coordinator_decides(scene: Scene, member: NewMember) -> None:
    stranger = await member("stranger")
    await scene.coordinator.invite(scene.room, stranger.user_id)
    await stranger.enters(scene.room)
    mark = scene.coordinator.mark()
    asked = await scene.coordinator.say(scene.room, "!me")
    await scene.answered("!help", "What you can do")
    assert not any(one.reply_to == asked for one in scene.coordinator.timeline(scene.room, mark))
    await scene.answered(f"!room allow {stranger.user_id}", "may read")

    def answers() -> list[str]:
        return [one.body for one in scene.coordinator.timeline(scene.room, mark) if one.reply_to == asked]

    await scene.coordinator.hearing.until(lambda: bool(answers()), 40, lambda: scene.bot.log)
    assert "Role: coordinator" in answers()[0]


async def test_a_raised_marking_makes_unreadable_what_a_room_may_no_longer_hear(
    scene: Scene, member: NewMember
) -> None:
    """Whoever asks the homeserver anew gets redacted events where the marking forbids, and the old ones elsewhere."""
    ghana = await member("ghana", strict=True)
    country = await scene.coordinator.create_room("Ghana", [scene.bot.user_id, ghana.user_id])
    await scene.bot_in(country)
    await ghana.enters(country)
    profile = 'role=official country=GH authority="EPA Ghana" kind=environment name="Ama E."'
    await scene.answered(f"!member add {ghana.user_id} {profile}", "Ama E.")
    await scene.answered("!room bind country=GH", "Ghana", room=country)
    mark = ghana.mark()
    await ghana.say(country, "!alert Container CSQU3054383 at Tema, leaking")
    await ghana.hears(country, "Draft of alert", since=mark, by=scene.bot.user_id, within=40)
    await ghana.say(country, "!alert send")
    await scene.coordinator.hears(scene.room, "CSQU3054383", by=scene.bot.user_id, strict=True, within=40)
    await ghana.say(country, "!alert set 1 declared=used shoes")  # an edit of the card: a second version to be redacted
    await scene.coordinator.hears(scene.room, "used shoes", by=scene.bot.user_id, strict=True, within=40)

    def told(room: str) -> list[str]:
        heard = [one for one in scene.coordinator.timeline(room) if one.sender == scene.bot.user_id]
        return [one.event_id for one in heard if "CSQU3054383" in one.body]

    async def as_it_stands(room: str, event_id: str) -> dict[str, Any]:
        found = await scene.coordinator.request("GET", path_of("rooms", room, "event", event_id))
        assert isinstance(found, dict)
        return found

    before = told(scene.room)
    assert len(before) >= 2
    await ghana.say(country, "!alert set 1 tlp=amber strict")
    await scene.coordinator.hears(scene.room, "may no longer be shown", by=scene.bot.user_id, strict=True, within=40)
    for event_id in before:
        event = await as_it_stands(scene.room, event_id)
        assert event["content"] == {}
        assert "redacted_because" in event["unsigned"]
    kept = [await as_it_stands(country, event_id) for event_id in told(country)]
    assert kept
    assert all("ciphertext" in event["content"] for event in kept)
