"""What is sent arrives once, readable for those it is meant for."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from bot.matrix.http import path_of
from bot.matrix.interface import (
    MARKER,
    MembershipChange,
    NewRoom,
    RoomUnsafe,
    Throttled,
    Trust,
    Unavailable,
    WhyUnsafe,
)
from storage.ids import RoomId, UserId
from tests.integration.conftest import NewMember
from tests.integration.matrix.running import Bot, Start, signed_devices, text, together


async def test_the_same_transaction_id_makes_one_event(start: Start, member: NewMember) -> None:
    steps: list[str] = []
    async with together(start, member, observer=steps.append) as (bot, ghana, room):
        assert await bot.gateway.find_sent(room, "row-1") is None
        steps.clear()
        sent = {(await bot.gateway.send(room, text("alert"), "row-1")).event_id for _ in range(3)}
        assert len(sent) == 1
        heard = await ghana.hears(room, "alert")
        assert (heard.event_id, heard.encrypted, heard.sender_signed) == (*sent, True, True)
        assert heard.content[MARKER] == "row-1"
        assert {step for step in steps if step.startswith("send")} == {"send.before_put", "send.after_put"}
        since = bot.token
    async with start(since) as bot:
        assert {await bot.gateway.find_sent(room, "row-1")} == sent
        await bot.gateway.send(room, text("after a restart"), "row-2")
        await ghana.hears(room, "after a restart")


async def test_rooms_are_sent_to_in_parallel(start: Start, member: NewMember) -> None:
    async with start() as bot:
        ghana, benin = await member("ghana"), await member("benin")
        both = [UserId(ghana.user_id), UserId(benin.user_id)]
        rooms = [await bot.gateway.create_room(NewRoom(f"room {n}", None, invite=both)) for n in range(4)]
        for room in rooms:
            for one in (ghana, benin):
                await one.enters(room)
                await bot.sees(room, one.user_id)
        numbers = range(5)
        await asyncio.gather(
            *(bot.gateway.send(r, text(f"{n}"), f"{i}-{n}") for i, r in enumerate(rooms) for n in numbers)
        )
        for room in rooms:
            for one in (ghana, benin):
                for n in numbers:
                    await one.hears(room, f"{n}")


async def test_a_newcomer_and_a_new_device_read_the_next_message(start: Start, member: NewMember) -> None:
    async with together(start, member) as (bot, ghana, room):
        await bot.gateway.send(room, text("first"), "row-1")
        session = bot.gateway._crypto.machine.outbound[room].id
        benin = await member("benin")
        await bot.gateway.invite(room, UserId(benin.user_id))
        await benin.enters(room)
        await bot.sees(room, benin.user_id)
        second = await member(account=ghana.user_id, identity=ghana.identity)
        user = UserId(ghana.user_id)
        await bot.until(lambda: second.device_id in signed_devices(bot, user))
        await bot.gateway.send(room, text("second"), "row-2")
        for one in (ghana, benin, second):
            await one.hears(room, "second")
        assert bot.gateway._crypto.machine.outbound[room].id == session
        await benin.leave(room)
        gone = MembershipChange(room, UserId(benin.user_id), joined=False)
        await bot.until(lambda: gone in bot.events)
        await bot.gateway.send(room, text("third"), "row-3")
        await ghana.hears(room, "third")
        assert bot.gateway._crypto.machine.outbound[room].id != session


async def test_nothing_goes_to_an_unencrypted_room_but_the_polite_refusal(start: Start, member: NewMember) -> None:
    ghana = await member("ghana")
    plain = RoomId(await ghana.create_room("in clear", [start.user], encrypted=False))
    async with start() as bot:
        with pytest.raises(RoomUnsafe) as unsafe:
            await bot.gateway.send(plain, text("secret"), "row-1")
        assert unsafe.value.why is WhyUnsafe.NOT_JOINED
        await bot.gateway.join(plain)
        with pytest.raises(RoomUnsafe) as unsafe:
            await bot.gateway.send(plain, text("secret"), "row-1")
        assert unsafe.value.why is WhyUnsafe.NOT_ENCRYPTED
        await bot.gateway.send(plain, text("please encrypt"), "row-2", clear=True)
        assert not (await ghana.hears(plain, "please encrypt")).encrypted
        await ghana.say(plain, "why?")
        heard = await bot.hears(plain, "why?")
        assert (heard.trust, heard.room_encrypted) == (Trust.CLEAR, False)


@pytest.mark.parametrize("error", [Throttled(timedelta(seconds=3)), Unavailable("502")])
async def test_a_failed_key_share_is_no_success(
    start: Start, member: NewMember, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    async with together(start, member) as (bot, ghana, room):
        request = bot.gateway._http.request

        async def fails(method: str, path: str, body: Any = None, **more: Any) -> Any:
            if "/sendToDevice/" in path:
                raise error
            return await request(method, path, body, **more)

        with monkeypatch.context() as patch:
            patch.setattr(bot.gateway._http, "request", fails)
            with pytest.raises(type(error)):
                await bot.gateway.send(room, text("alert"), "row-1")
        assert await bot.gateway.find_sent(room, "row-1") is None
        await bot.gateway.send(room, text("alert"), "row-1")
        await ghana.hears(room, "alert")


async def test_a_send_that_was_cancelled_does_not_block_the_room(
    start: Start, member: NewMember, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with together(start, member) as (bot, ghana, room):
        request = bot.gateway._http.request
        waiting = asyncio.Event()

        async def hangs(method: str, path: str, body: Any = None, **more: Any) -> Any:
            if path.endswith("/keys/claim"):
                waiting.set()
                await asyncio.Event().wait()
            return await request(method, path, body, **more)

        with monkeypatch.context() as patch:
            patch.setattr(bot.gateway._http, "request", hangs)
            sending = asyncio.create_task(bot.gateway.send(room, text("cut off"), "row-1"))
            await waiting.wait()
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
        async with asyncio.timeout(10):
            await bot.gateway.send(room, text("goes through"), "row-2")
        await ghana.hears(room, "goes through")


async def test_one_time_keys_are_replenished_from_nothing(start: Start, member: NewMember) -> None:
    ghana = await member("ghana")
    async with start.open() as gateway:
        claim = {"one_time_keys": {start.user: {gateway.device_id: "signed_curve25519"}}}

        async def claimed() -> set[str]:
            answer = await ghana.request("POST", path_of("keys", "claim"), claim)
            return {key["key"] for key in answer["one_time_keys"][start.user][gateway.device_id].values()}

        keys = set().union(*[await claimed() for _ in range(52)])
        # Fifty one-time keys, and the fallback key given out again and again.
        assert len(keys) == 51
        assert await claimed() <= keys
        bot = Bot(gateway, gateway._crypto.chest._database)
        syncing = asyncio.create_task(gateway.sync_forever(bot.journal, since=None))
        try:
            await bot.until(lambda: bot.token)
            # Three different ones: not only another fallback key.
            assert len(set().union(*[await claimed() for _ in range(3)]) - keys) == 3
        finally:
            syncing.cancel()
            await asyncio.gather(syncing, return_exceptions=True)
