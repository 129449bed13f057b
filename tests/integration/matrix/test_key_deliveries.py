"""Room keys are believed from whoever proves to be their sender, and from nobody else."""

import json
import secrets
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from vodozemac import GroupSession

from bot.demo.member import MemberClient
from bot.matrix.http import path_of
from bot.matrix.interface import NewRoom
from bot.matrix.signing import unpadded
from storage.ids import RoomId, UserId
from storage.keys.tables import RoomKey
from tests.integration.conftest import NewMember
from tests.integration.matrix.running import Bot, Start, text, together


def key_of(session: GroupSession, room: RoomId) -> dict[str, Any]:
    return {
        "algorithm": "m.megolm.v1.aes-sha2",
        "room_id": room,
        "session_id": session.session_id,
        "session_key": session.session_key.to_base64(),
    }


async def give(by: MemberClient, bot: Bot, kind: str, content: Mapping[str, Any]) -> None:
    to = bot.gateway
    body = {"messages": {to.user_id: {to.device_id: content}}}
    await by.request("PUT", path_of("sendToDevice", kind, secrets.token_hex(8)), body)


def olm_message(by: MemberClient, bot: Bot, content: Mapping[str, Any], **claimed: Any) -> Any:
    """Return an Olm message to the bot that brings a room key, with parts of it as `claimed`."""
    olm, to = by.client.olm, bot.gateway
    device, own = olm.device_store[to.user_id][to.device_id], olm.account.identity_keys
    payload = {
        "sender": by.user_id,
        "sender_device": by.device_id,
        "keys": {"ed25519": own["ed25519"]},
        "recipient": to.user_id,
        "recipient_keys": {"ed25519": device.ed25519},
        "type": "m.room_key",
        "content": content,
    }
    session = olm.session_store.get(device.curve25519)
    kind, ciphertext = session.encrypt(json.dumps(payload | claimed)).to_parts()
    return {
        "algorithm": "m.olm.v1.curve25519-aes-sha2",
        "sender_key": own["curve25519"],
        "ciphertext": {device.curve25519: {"type": kind, "body": unpadded(ciphertext)}},
    }


async def test_a_key_whose_sender_or_receiver_is_not_the_one_it_names_is_not_taken(
    start: Start, member: NewMember
) -> None:
    async with together(start, member) as (bot, ghana, room):
        await ghana.say(room, "hello")
        await bot.hears(room, "hello")
        wrong: list[dict[str, Any]] = [
            {"sender": start.user},
            {"recipient": ghana.user_id},
            {"recipient_keys": {"ed25519": "another"}},
        ]
        right, in_clear, *others = [GroupSession() for _ in range(2 + len(wrong))]
        await give(ghana, bot, "m.room_key", key_of(in_clear, room))
        for session, claimed in zip([right, *others], [dict[str, Any](), *wrong], strict=True):
            await give(ghana, bot, "m.room.encrypted", olm_message(ghana, bot, key_of(session, room), **claimed))
        await ghana.say(room, "after")
        await bot.hears(room, "after")
        given = [await bot.gateway._crypto.chest.fetch(room, one.session_id) for one in (right, in_clear, *others)]
        assert [len(found) for found in given] == [1, 0, 0, 0, 0]


async def test_who_shares_a_room_with_the_bot_is_known_and_keys_of_other_rooms_are_strays(
    start: Start, member: NewMember
) -> None:
    async with together(start, member) as (bot, ghana, room):
        await ghana.say(room, "hello")
        await bot.hears(room, "hello")
        here, elsewhere = GroupSession(), GroupSession()
        for session, where in ((here, room), (elsewhere, RoomId("!of-others"))):
            await give(ghana, bot, "m.room.encrypted", olm_message(ghana, bot, key_of(session, where)))
        await ghana.say(room, "after")
        await bot.hears(room, "after")
        async with bot.database.transaction() as tx:
            strays = dict((await tx.session.execute(select(RoomKey.session_id, RoomKey.stray))).all())
        assert (strays[here.session_id], strays[elsewhere.session_id]) == (False, True)
        knows = bot.gateway._desk._knows
        assert knows(UserId(ghana.user_id))
        assert not knows(UserId("@stranger:localhost"))


async def test_a_key_serves_the_room_it_was_given_for_alone(start: Start, member: NewMember) -> None:
    async with together(start, member) as (bot, ghana, room):
        other = await bot.gateway.create_room(NewRoom("another", None, invite=[UserId(ghana.user_id)]))
        await ghana.enters(other)
        await ghana.say(room, "hello")
        await bot.hears(room, "hello")
        session = ghana.client.olm.outbound_group_sessions[room]
        assert await bot.gateway._crypto.chest.fetch(room, session.id) != []
        assert await bot.gateway._crypto.chest.fetch(other, session.id) == []


async def test_nobody_is_given_a_key_who_asks_for_it(start: Start, member: NewMember) -> None:
    """What the bot has, it has for itself: it answers no requests for keys, not even of those in the room."""
    async with together(start, member) as (bot, ghana, room):
        await bot.gateway.send(room, text("secret"), "row-1")
        session = bot.gateway._crypto.machine.outbound[room]
        request = {
            "action": "request",
            "request_id": "1",
            "requesting_device_id": ghana.device_id,
            "body": {"algorithm": "m.megolm.v1.aes-sha2", "room_id": room, "session_id": session.id, "sender_key": "x"},
        }
        await give(ghana, bot, "m.room_key_request", request)
        await ghana.say(room, "after")
        await bot.hears(room, "after")
        machine = bot.gateway._crypto.machine
        assert machine.outgoing_to_device_messages == []
        assert not machine.received_key_requests
