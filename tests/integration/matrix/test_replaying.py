"""A ciphertext is one message for good, and a message that waits for its key is not forgotten."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from bot.demo.member import MemberClient
from bot.matrix import crypto, memory, sync
from bot.matrix.http import path_of
from bot.matrix.interface import NewRoom, SyncBatch, Trust, Unreadable
from storage.ids import EventId, RoomId, UserId
from tests.integration.conftest import NewMember
from tests.integration.faults.conftest import StartBehind
from tests.integration.faults.kinds import Held, LateKeys, changed
from tests.integration.faults.proxy import FaultProxy
from tests.integration.matrix.running import Bot, Start, signed_devices, text, together
from tests.integration.matrix.test_withholding import to_devices


async def put(member: MemberClient, room: RoomId, content: Mapping[str, Any], transaction_id: str) -> EventId:
    """Put a ciphertext into a room, as whoever has seen it can."""
    path = path_of("rooms", room, "send", "m.room.encrypted", transaction_id)
    return EventId(str((await member.request("PUT", path, content))["event_id"]))


async def refusal(bot: Bot, event_id: EventId) -> str:
    """Wait until an event is refused, and return why."""
    events = await bot.until(lambda: [one for one in bot.all(Unreadable) if one.event_id == event_id])
    return str(events[0].reason)


async def test_a_replay_is_refused_after_a_restart(behind_on_each: StartBehind, member: NewMember) -> None:
    async with together(behind_on_each, member) as (bot, ghana, room):
        _, content = await ghana.encrypt(room, "m.room.message", text("once"))
        await put(ghana, room, content, "first")
        await bot.hears(room, "once")
        since = bot.token
    async with behind_on_each(since) as bot:
        assert await refusal(bot, await put(ghana, room, content, "second")) == "replay"
        await ghana.say(room, "the session goes on")
        await bot.hears(room, "the session goes on")
        assert bot.said(room) == ["the session goes on"]


async def test_a_replay_is_refused_when_its_session_is_no_longer_in_memory(
    start: Start, member: NewMember, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "_KEPT_ROOM_KEYS", 1)
    async with together(start, member) as (bot, ghana, room):
        other = await bot.gateway.create_room(NewRoom("another", None, invite=[UserId(ghana.user_id)]))
        await ghana.enters(other)
        _, content = await ghana.encrypt(room, "m.room.message", text("once"))
        await put(ghana, room, content, "first")
        await bot.hears(room, "once")
        await ghana.say(other, "elsewhere")
        await bot.hears(other, "elsewhere")
        assert bot.gateway._crypto.machine.inbound_group_store.named(room, content["session_id"]) == []
        assert await refusal(bot, await put(ghana, room, content, "second")) == "replay"
        assert bot.said(room) == ["once"]


async def test_a_replay_is_refused_when_its_session_leaves_memory_before_it_was_written_down(
    behind: StartBehind, proxy: FaultProxy, member: NewMember, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "_KEPT_ROOM_KEYS", 1)
    held = Held()
    async with together(behind, member) as (bot, ghana, room):
        benin = await member("benin")
        await bot.gateway.invite(room, UserId(benin.user_id))
        await benin.enters(room)
        await bot.sees(room, benin.user_id)
        with proxy.on("GET", "/sync", held):
            await held.until_waiting()
            _, content = await ghana.encrypt(room, "m.room.message", text("once"))
            await put(ghana, room, content, "first")
            await benin.say(room, "another session")
            again = await put(ghana, room, content, "second")
            held.release()
            assert await refusal(bot, again) == "replay"
        assert bot.said(room) == ["once", "another session"]


async def test_what_says_another_room_inside_is_refused(start: Start, member: NewMember) -> None:
    async with together(start, member) as (bot, ghana, room):
        _, content = await ghana.encrypt(room, "m.room.message", text("to share the key"))
        payload = {"type": "m.room.message", "content": text("from elsewhere"), "room_id": "!elsewhere"}
        ciphertext = ghana.client.olm.outbound_group_sessions[room].encrypt(json.dumps(payload))
        refused = await put(ghana, room, {**content, "ciphertext": ciphertext}, "moved")
        assert await refusal(bot, refused) == "encrypted for another room"
        assert bot.said(room) == []


async def test_a_key_that_was_kept_before_the_bot_ended_opens_what_waited_for_it(
    behind: StartBehind, proxy: FaultProxy, member: NewMember
) -> None:
    """The key is written down, with a message that went out; then the bot ends, before anything is journalled."""
    keys = LateKeys()

    def with_keys(told: Any) -> None:
        keys.bring(told)
        bot.failures = 10**6  # from this very answer on

    class Sending(Bot):
        """A message goes out just before the journal fails, and writes down what is pending."""

        async def journal(self, batch: SyncBatch) -> None:
            if self.failures:
                await self.gateway._crypto.chest.commit()
            await super().journal(batch)

    async with together(behind, member, kind=Sending) as (bot, ghana, room):
        with proxy.on("GET", "/sync", changed(keys.leave_out)) as rule:
            await rule.until_met()
            sent = await ghana.say(room, "waits for its key")
            assert await refusal(bot, EventId(sent)) == "no key"
        with proxy.on("GET", "/sync", changed(with_keys)):
            await bot.refused.wait()
            await bot.gateway.send(room, text("meanwhile"), "row-1")
            session = ghana.client.olm.outbound_group_sessions[room].id
            assert await bot.gateway._crypto.chest.fetch(room, session) != []
            since = bot.token
    async with behind(since) as bot:
        assert (await bot.hears(room, "waits for its key")).event_id == sent
        await ghana.say(room, "after")
        await bot.hears(room, "after")
        assert bot.said(room) == ["waits for its key", "after"]
        since = bot.token
    async with behind(since) as bot:
        assert bot.said(room) == []


async def test_what_nobody_can_read_keeps_nobody_from_being_waited_for(
    behind: StartBehind, proxy: FaultProxy, member: NewMember, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync, "_KEPT_UNREADABLE", 2)
    monkeypatch.setattr(crypto, "_MOST_REQUESTS", 2)
    keys = LateKeys()
    async with together(behind, member) as (bot, ghana, room):
        benin = await member("benin")
        await bot.gateway.invite(room, UserId(benin.user_id))
        await benin.enters(room)
        with proxy.on("GET", "/sync", changed(keys.leave_out)) as rule:
            await rule.until_met()
            junk = {"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "x", "device_id": "X", "sender_key": "x"}
            for number in range(3):
                unread = await put(benin, room, junk | {"session_id": f"{number}"}, f"{number}")
                assert await refusal(bot, unread) == "no key"
            sent = await ghana.say(room, "waits for its key")
            assert await refusal(bot, EventId(sent)) == "no key"
            for number in range(3, 6):
                unread = await put(benin, room, junk | {"session_id": f"{number}"}, f"{number}")
                assert await refusal(bot, unread) == "no key"
        wanted = ghana.client.olm.outbound_group_sessions[room].id

        def asked() -> bool:
            requests = to_devices(proxy.requests("PUT", "/m.room_key_request/"))
            return wanted in {content["body"]["session_id"] for _, _, content in requests}

        await proxy.until(asked, "the key is asked for")
        since = bot.token
    with proxy.on("GET", "/sync", changed(keys.bring), times=1):
        async with behind(since) as bot:
            assert len(bot.gateway._syncer._unreadable) <= 2
            await bot.hears(room, "waits for its key")


async def test_what_came_late_and_is_no_message_is_waited_for_no_longer(
    behind: StartBehind, proxy: FaultProxy, member: NewMember
) -> None:
    keys = LateKeys()
    async with together(behind, member) as (bot, ghana, room):
        with proxy.on("GET", "/sync", changed(keys.leave_out)) as rule:
            await rule.until_met()
            sent = await ghana.say(room, "a notice", msgtype="m.notice")
            assert await refusal(bot, EventId(sent)) == "no key"
        with proxy.on("GET", "/sync", changed(keys.bring), times=1):
            await ghana.say(room, "after")
            await bot.hears(room, "after")
        since = bot.token
    async with behind(since) as bot:
        assert bot.gateway._syncer._unreadable == {}


def forwarded(session: Any, **claimed: str) -> dict[str, Any]:
    """Return the content that gives a room key on."""
    return {
        "algorithm": "m.megolm.v1.aes-sha2",
        "room_id": session.room_id,
        "session_id": session.id,
        "session_key": session.export_session(session.first_known_index),
        "sender_key": session.sender_key,
        "sender_claimed_ed25519_key": session.ed25519,
        "forwarding_curve25519_key_chain": [],
        **claimed,
    }


async def give_on(by: MemberClient, bot: Bot, content: Mapping[str, Any], transaction_id: str) -> None:
    """Send a room key to the bot as an answer to its request."""
    olm, to = by.client.olm, bot.gateway
    device = olm.device_store[to.user_id][to.device_id]
    message = olm._olm_encrypt(olm.session_store.get(device.curve25519), device, "m.forwarded_room_key", content)
    body = {"messages": {to.user_id: {to.device_id: message}}}
    await by.request("PUT", path_of("sendToDevice", "m.room.encrypted", transaction_id), body)


async def test_a_missing_key_is_asked_for_and_taken_from_the_device_that_made_it_alone(
    behind: StartBehind, proxy: FaultProxy, member: NewMember
) -> None:
    def without_keys(told: Any) -> None:
        told.pop("to_device", None)

    async with together(behind, member) as (bot, ghana, room):
        user = UserId(ghana.user_id)
        second = await member(account=user, identity=ghana.identity)
        kofi = await member("kofi")
        await bot.gateway.invite(room, UserId(kofi.user_id))
        await kofi.enters(room)
        for one in (kofi, second):
            await one.say(room, f"{one.device_id} is known")
            await bot.hears(room, f"{one.device_id} is known")
        assert {ghana.device_id, second.device_id} <= signed_devices(bot, user)
        with proxy.on("GET", "/sync", changed(without_keys)) as rule:
            await rule.until_met()
            sent = await ghana.say(room, "waits for its key")
            assert await refusal(bot, EventId(sent)) == "no key"
            for number in range(2):
                assert await refusal(bot, EventId(await ghana.say(room, f"{number} waits too"))) == "no key"
        ((name, device, asked),) = to_devices(proxy.requests("PUT", "/sendToDevice/m.room_key_request/"))
        assert (name, device, asked["action"]) == (user, "*", "request")
        assert (asked["body"]["room_id"], asked["requesting_device_id"]) == (room, bot.gateway.device_id)
        session_id = asked["body"]["session_id"]
        assert session_id == ghana.client.olm.outbound_group_sessions[room].id
        await kofi.hears(room, "waits for its key")
        await second.hears(room, "waits for its key", own=True)

        ours = ghana.client.olm.account.identity_keys

        def known(by: MemberClient) -> Any:
            return by.client.olm.inbound_group_store.get(room, ours["curve25519"], session_id)

        # Others who have it too: as it is, and as if they had made it.
        for number, one in enumerate((kofi, second)):
            session, own = known(one), one.client.olm.account.identity_keys
            await give_on(one, bot, forwarded(session), f"as it is {number}")
            half = forwarded(session, sender_claimed_ed25519_key=own["ed25519"])
            await give_on(one, bot, half, f"half as it is {number}")
            if one is kofi:
                as_own = {"sender_key": own["curve25519"], "sender_claimed_ed25519_key": own["ed25519"]}
                await give_on(one, bot, forwarded(session, **as_own), "as one's own")
        # From the right device, but of a session that nobody asked for.
        theirs = second.client.olm.account.identity_keys
        unasked = second.client.olm.outbound_group_sessions[room]
        stranger = second.client.olm.inbound_group_store.get(room, theirs["curve25519"], unasked.id)
        as_ghana = {"sender_key": ours["curve25519"], "sender_claimed_ed25519_key": ours["ed25519"]}
        await give_on(ghana, bot, forwarded(stranger, **as_ghana), "unasked")
        await kofi.say(room, "what came before was taken in")
        await bot.hears(room, "what came before was taken in")
        assert await bot.gateway._crypto.chest.fetch(room, session_id) == []
        (made,) = await bot.gateway._crypto.chest.fetch(room, unasked.id)
        assert made.ed25519 == theirs["ed25519"]
        await give_on(ghana, bot, forwarded(known(ghana)), "the real one")
        assert (await bot.hears(room, "waits for its key")).trust is Trust.SIGNED
        assert {"0 waits too", "1 waits too"} <= set(bot.said(room))
