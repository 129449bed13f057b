"""Who gets no room key is told why, once for each key; and whoever sends is told who cannot read."""

import re
import time
from collections.abc import Iterable
from typing import Any

import pytest

from bot.demo.homeserver import Homeserver
from bot.demo.member import MemberClient
from bot.matrix.http import path_of
from bot.matrix.interface import Unread, WhyUnread
from bot.matrix.sharing import CLAIM_AGAIN
from storage.ids import DeviceId, RoomId, UserId
from tests.integration.conftest import NewAccount, NewMember
from tests.integration.faults.conftest import StartBehind
from tests.integration.faults.proxy import Exchange, FaultProxy
from tests.integration.matrix.devices import Bare, keys_of
from tests.integration.matrix.running import signed_devices, text, together


def to_devices(exchanges: Iterable[Exchange]) -> list[tuple[str, str, Any]]:
    """Return the messages to devices in these requests: user, device, content."""
    return [
        (user, device, content)
        for one in exchanges
        for user, devices in one.said["messages"].items()
        for device, content in devices.items()
    ]


def withheld(proxy: FaultProxy) -> list[tuple[str, str, Any]]:
    """Return whom the bot has told that they get no key."""
    return to_devices(proxy.requests("PUT", "/sendToDevice/m.room_key.withheld/"))


def given(proxy: FaultProxy) -> set[str]:
    """Return the devices that the bot has sent a room key to."""
    return {device for _, device, _ in to_devices(proxy.requests("PUT", "/sendToDevice/m.room.encrypted/"))}


def sessions(proxy: FaultProxy, room: RoomId) -> list[str]:
    """Return the session of each message the bot has sent to a room, in order."""
    puts = proxy.requests("PUT", f"/rooms/{re.escape(room)}/send/m.room.encrypted/")
    return [str(one.said["session_id"]) for one in puts]


async def sign(device: MemberClient, owner: MemberClient) -> None:
    """Let a member sign another device of theirs."""
    assert owner.identity is not None
    keys = keys_of(device.user_id, device.device_id, device.client.olm.account)
    signed = {device.device_id: owner.identity.signed(keys, "self_signing")}
    await owner.request("POST", path_of("keys", "signatures", "upload"), {owner.user_id: signed})


async def test_an_unsigned_device_is_told_once_for_each_key_and_reads_once_it_is_signed(
    behind: StartBehind, proxy: FaultProxy, member: NewMember
) -> None:
    async with together(behind, member) as (bot, ghana, room):
        user = UserId(ghana.user_id)
        second = await member(account=user, signed=False)
        await bot.until(
            lambda: bot.gateway._crypto.machine.device_store[user].get(second.device_id) is not None  # a sync told
        )
        unread = Unread(user, DeviceId(second.device_id), WhyUnread.UNSIGNED)
        for number in range(2):
            assert (await bot.gateway.send(room, text(f"{number}"), f"row-{number}")).unread == {unread}
        since = bot.token
    async with behind(since) as bot:
        assert (await bot.gateway.send(room, text("2"), "row-2")).unread == {unread}
        await ghana.hears(room, "2")
        ((name, device, told),) = withheld(proxy)
        assert (name, device, told["code"]) == (user, second.device_id, "m.unverified")
        assert (told["room_id"], told["session_id"]) == (room, sessions(proxy, room)[0])
        assert told["sender_key"] == bot.gateway._crypto.machine.account.identity_keys["curve25519"]
        # Another key: it is told once more.
        await bot.gateway._crypto.chest.commit()
        bot.gateway._crypto.machine.outbound[room].created_at = bot.gateway._crypto.machine.now().replace(year=2000)
        await bot.gateway.send(room, text("3"), "row-3")
        assert [content["session_id"] for _, _, content in withheld(proxy)] == sessions(proxy, room)[-2:]
        assert second.device_id not in given(proxy)
        await sign(second, ghana)
        await bot.until(lambda: second.device_id in signed_devices(bot, user))
        assert (await bot.gateway.send(room, text("4"), "row-4")).unread == frozenset()
        await second.hears(room, "4")
        assert [one.body for one in second.timeline(room)] == ["4"]
        assert len(withheld(proxy)) == 2


async def test_a_device_that_cannot_be_reached_is_told_so_and_holds_up_nobody(
    behind: StartBehind, proxy: FaultProxy, member: NewMember, server: Homeserver, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with together(behind, member) as (bot, ghana, room), Bare.open(server.url, ghana.user_id) as bare:
        assert ghana.identity is not None
        user = UserId(ghana.user_id)
        await bare.upload_keys(ghana.identity)
        await bot.until(lambda: bare.device_id in signed_devices(bot, user))
        unread = Unread(user, DeviceId(bare.device_id), WhyUnread.UNREACHABLE)
        for number in range(2):
            assert (await bot.gateway.send(room, text(f"{number}"), f"row-{number}")).unread == {unread}
        await ghana.hears(room, "1")
        ((name, device, told),) = withheld(proxy)
        assert (name, device, told["code"]) == (user, bare.device_id, "m.no_olm")
        # Of a device, whatever the room: the specification has neither room nor session here.
        assert not {"room_id", "session_id"} & told.keys()
        # It is not asked for keys with each message, but it is asked again.
        assert len(asked := proxy.requests("POST", "/keys/claim")) == 1
        assert bare.device_id in asked[0].said["one_time_keys"][user]
        await bare.upload_one_time_keys(1)
        monkeypatch.setattr(bot.gateway._crypto.sharing, "_clock", lambda: time.monotonic() + CLAIM_AGAIN)
        assert (await bot.gateway.send(room, text("2"), "row-2")).unread == frozenset()
        assert bare.device_id in given(proxy)
        assert len(set(sessions(proxy, room))) == 1


async def test_who_has_no_identity_or_no_device_is_named(
    behind: StartBehind, proxy: FaultProxy, member: NewMember, account: NewAccount, server: Homeserver
) -> None:
    async with together(behind, member) as (bot, ghana, room):
        without = await member("kofi", signed=False)
        async with Bare.open(server.url, await account("nobody")) as nobody:
            for user in (without.user_id, nobody.user_id):
                await bot.gateway.invite(room, UserId(user))
            await without.enters(room)
            await nobody.http.request("POST", path_of("join", room), {})
            await bot.sees(room, without.user_id)
            await bot.sees(room, nobody.user_id)
            assert (await bot.gateway.send(room, text("hello"), "row-1")).unread == {
                Unread(UserId(without.user_id), None, WhyUnread.NO_IDENTITY),
                Unread(UserId(nobody.user_id), None, WhyUnread.NO_DEVICE),
            }
        await ghana.hears(room, "hello")
        assert {device for _, device, _ in withheld(proxy)} == {without.device_id}
        assert given(proxy) == {ghana.device_id}
