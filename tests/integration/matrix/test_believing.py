"""What is believed of what arrives."""

from datetime import timedelta
from typing import Any

import pytest

from bot.matrix.http import path_of
from bot.matrix.interface import (
    Incoming,
    Trust,
    Unreadable,
)
from bot.matrix.machine import Machine
from storage.ids import UserId
from tests.integration.conftest import NewMember
from tests.integration.matrix.running import Start, signed_devices, text, together


async def test_signed_unsigned_and_clear_messages_are_told_apart(start: Start, member: NewMember) -> None:
    async with together(start, member) as (bot, ghana, room):
        unsigned = await member("kofi", signed=False)
        await bot.gateway.invite(room, UserId(unsigned.user_id))
        await unsigned.enters(room)
        root = await ghana.say(room, "a card")
        sent = await ghana.say(room, "from a signed device", thread=root)
        await unsigned.say(room, "from an unsigned device")
        await ghana.say(room, "in clear", clear=True)
        signed = await bot.hears(room, "from a signed device")
        assert (signed.event_id, signed.trust, signed.device_id) == (sent, Trust.SIGNED, ghana.device_id)
        assert (signed.sender, signed.room_encrypted, signed.thread_root) == (ghana.user_id, True, root)
        assert signed.sent_at.utcoffset() == timedelta(0)
        assert (await bot.hears(room, "from an unsigned device")).trust is Trust.UNSIGNED
        clear = await bot.hears(room, "in clear")
        assert (clear.trust, clear.room_encrypted, clear.device_id) == (Trust.CLEAR, True, None)
        assert not clear.direct


async def test_a_device_that_gets_signed_is_believed_from_then_on(start: Start, member: NewMember) -> None:
    async with together(start, member) as (bot, ghana, room):
        second = await member(account=ghana.user_id, signed=False)
        await second.say(room, "one")
        assert (await bot.hears(room, "one")).trust is Trust.UNSIGNED
        assert ghana.identity is not None
        keys = await second.request("POST", path_of("keys", "query"), {"device_keys": {ghana.user_id: []}})
        own = keys["device_keys"][ghana.user_id][second.device_id]
        own.pop("unsigned", None)
        signed = {second.device_id: ghana.identity.signed(own, "self_signing")}
        await second.request("POST", path_of("keys", "signatures", "upload"), {ghana.user_id: signed})
        user = UserId(ghana.user_id)
        # The change reaches the bot by sync; a message sent before that may still be judged by the old answer.
        await bot.until(lambda: second.device_id in signed_devices(bot, user))
        await second.say(room, "two")
        assert (await bot.hears(room, "two")).trust is Trust.SIGNED


async def test_a_sender_who_does_not_own_the_session_is_refused(
    start: Start, member: NewMember, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The homeserver relabels an event: as a member without rights would like it to be read."""
    async with together(start, member) as (bot, ghana, room):
        other = await member("kofi")
        await bot.gateway.invite(room, UserId(other.user_id))
        await other.enters(room)
        await other.say(room, "known to the bot")
        await bot.hears(room, "known to the bot")
        hearing = bot.gateway._syncer._hearing
        read = hearing._read_encrypted

        async def relabelled(view: Any, event: Any) -> Incoming | None:
            return await read(view, {**event, "sender": other.user_id})

        monkeypatch.setattr(hearing, "_read_encrypted", relabelled)
        await ghana.say(room, "as somebody else")
        await bot.until(lambda: bot.all(Unreadable, room))
        (refused,) = bot.all(Unreadable, room)
        assert (refused.reason, refused.sender) == ("spoofed sender", other.user_id)
        assert "as somebody else" not in bot.said(room)


async def test_a_ciphertext_is_accepted_once_and_in_its_own_room(start: Start, member: NewMember) -> None:
    async with together(start, member) as (bot, ghana, room):
        kind, content = await ghana.encrypt(room, "m.room.message", text("once"))
        for number in range(2):
            await ghana.request("PUT", path_of("rooms", room, "send", kind, f"replay-{number}"), content)
        await bot.until(lambda: bot.all(Unreadable, room))
        assert bot.said(room) == ["once"]
        assert [event.reason for event in bot.all(Unreadable, room)] == ["replay"]


async def test_encrypted_state_is_never_state(start: Start, member: NewMember) -> None:
    async with together(start, member) as (bot, ghana, room):
        ghost = {"membership": "join", "displayname": "a ghost"}
        payloads = [
            {"type": "m.room.member", "state_key": "@ghost:localhost", "content": ghost},
            {"type": "m.room.power_levels", "state_key": "", "content": {"users": {ghana.user_id: 100}}},
            {"type": "m.room.message", "state_key": "", "content": text("a message with a state key")},
            {"type": "m.room.tombstone", "content": {"replacement_room": "!trap"}},
        ]
        before = await bot.gateway.room(room)
        for number, payload in enumerate(payloads):
            await ghana.encrypt(room, "m.room.message", text("only to share the key"))
            content = ghana.client.olm.group_encrypt(room, payload)
            await ghana.request("PUT", path_of("rooms", room, "send", "m.room.encrypted", f"state-{number}"), content)
        await ghana.say(room, "after")
        await bot.hears(room, "after")
        assert await bot.gateway.room(room) == before
        assert bot.said(room) == ["after"]
        assert [event.reason for event in bot.all(Unreadable, room)] == ["encrypted state"] * 3


async def test_edits_notices_reactions_and_own_messages_are_not_heard(start: Start, member: NewMember) -> None:
    async with together(start, member) as (bot, ghana, room):
        name = "SESN"
        await bot.gateway.set_display_name(name)
        sent = await ghana.say(room, "!help")
        await ghana.edit(sent, "!alert send 7")
        await ghana.react(room, sent, "+1")
        await ghana.say(room, "!notice", msgtype="m.notice")
        await bot.gateway.send(room, text("!own"), "own")
        await ghana.say(room, f"{name}: last")
        last = await bot.hears(room, "last")
        assert last.mentioned
        assert last.direct
        assert bot.said(room) == ["!help", "last"]


async def test_a_key_that_comes_late_still_opens_the_message(
    start: Start, member: NewMember, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with together(start, member) as (bot, ghana, room):
        receive, held = Machine.receive, []

        def hold(machine: Machine, event: Any) -> None:
            if machine is bot.gateway._crypto.machine:
                held.append(event)

        monkeypatch.setattr(Machine, "receive", hold)
        sent = await ghana.say(room, "the key comes later")
        await bot.until(lambda: bot.all(Unreadable, room))
        assert bot.all(Unreadable, room)[0].reason == "no key"
        monkeypatch.setattr(Machine, "receive", receive)
        machine = bot.gateway._crypto.machine
        keys = [machine.receive(event) for event in held]
        monkeypatch.setattr(bot.gateway._crypto, "take_to_device", lambda _: [key for key in keys if key])
        await ghana.say(room, "next")
        assert (await bot.hears(room, "the key comes later")).event_id == sent
