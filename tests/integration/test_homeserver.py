"""The instruments that every other integration test trusts: the homeserver and the members' clients."""

import asyncio
import contextlib
import itertools
import os
import re
import signal
import socket
import sys
from pathlib import Path
from typing import Any

import pytest

from bot.demo.homeserver import Homeserver, HomeserverFailed
from bot.demo.member import MemberClient
from bot.matrix.errors import IdentityConflict
from bot.matrix.http import Http, path_of
from bot.matrix.interface import Throttled
from tests.integration.conftest import PASSWORD, NewAccount, NewMember


async def test_registers_an_account_once(server: Homeserver) -> None:
    assert await server.register("once", PASSWORD) == "@once:localhost"
    with pytest.raises(HomeserverFailed, match="M_USER_IN_USE"):
        await server.register("once", PASSWORD)


async def test_two_signed_members_talk_encrypted(member: NewMember) -> None:
    ghana, netherlands = await member("ghana", strict=True), await member("netherlands", strict=True)
    room = await ghana.create_room("Tema and Rotterdam", [netherlands.user_id])
    await netherlands.enters(room)
    asked = await ghana.say(room, "Is the container still at the quay?", mentions=[netherlands.user_id])

    heard = await netherlands.hears(room, "at the quay")
    assert (heard.event_id, heard.sender) == (asked, ghana.user_id)
    assert heard.encrypted
    assert heard.sender_signed
    assert heard.device_id == ghana.device_id
    assert heard.mentions == {netherlands.user_id}

    await netherlands.say(room, "It is.", reply_to=asked)
    answer = await ghana.hears(room, "It is.")
    assert answer.reply_to == asked
    assert answer.sender_signed


async def test_edits_threads_and_reactions_are_seen(member: NewMember) -> None:
    ghana, benin = await member("ghana"), await member("benin")
    room = await ghana.dm(benin.user_id)
    await benin.enters(room)
    card = await ghana.say(room, "state: open")
    line = await ghana.say(room, "acknowledged", thread=card)
    await ghana.edit(card, "state: acknowledged")
    await benin.hears(room, "acknowledged", thread=card)
    assert (await benin.until_edited(card, "acknowledged")).replaces == card
    assert benin.latest(line).thread_root == card

    await benin.react(room, card, "\N{EYES}")
    reaction = await ghana.hears(room, lambda one: one.reacts_to == card)
    assert reaction.body == "\N{EYES}"
    assert not reaction.encrypted
    assert await ghana.dm(benin.user_id) == room


async def test_clear_text_in_an_encrypted_room_is_seen_as_clear(member: NewMember) -> None:
    ghana, benin = await member("ghana"), await member("benin")
    room = await ghana.dm(benin.user_id)
    await benin.enters(room)
    await ghana.say(room, "in clear", clear=True)
    heard = await benin.hears(room, "in clear")
    assert not heard.encrypted
    assert not heard.sender_signed


async def test_an_unsigned_device_is_seen_as_unsigned_and_kept_out_by_the_strict(member: NewMember) -> None:
    ghana, stranger = await member("ghana", strict=True), await member("stranger", signed=False)
    jamaica = await member("jamaica")
    room = await ghana.create_room("Three", [stranger.user_id, jamaica.user_id])
    await stranger.enters(room)
    await jamaica.enters(room)

    await stranger.say(room, "believe me")
    assert not (await jamaica.hears(room, "believe me")).sender_signed
    with pytest.raises(AssertionError, match="believe me"):
        await ghana.hears(room, "believe me", within=0.1)  # readable, but nothing a strict client believes

    secret = await ghana.say(room, "for signed devices")
    await jamaica.hears(room, "for signed devices")
    await ghana.say(room, "in clear, so that the stranger has something to wait for", clear=True)
    await stranger.hears(room, "something to wait for")
    assert secret in stranger.hearing.unreadable


async def test_a_message_is_heard_when_its_key_comes_late(member: NewMember, monkeypatch: pytest.MonkeyPatch) -> None:
    ghana, benin = await member("ghana"), await member("benin")
    room = await ghana.dm(benin.user_id)
    await benin.enters(room)
    deliver, held = benin.client._handle_to_device, []

    async def hold(response: Any) -> None:
        held.extend(response.to_device_events)
        response.to_device_events.clear()

    async def catch_up(response: Any) -> None:
        response.to_device_events[:0] = held
        held.clear()
        await deliver(response)

    monkeypatch.setattr(benin.client, "_handle_to_device", hold)
    said = await ghana.say(room, "before its key")
    await benin.hearing.until(lambda: said in benin.hearing.unreadable, 20, lambda: "it was readable, or never came")

    monkeypatch.setattr(benin.client, "_handle_to_device", catch_up)
    await ghana.react(room, said, "a reason to sync")
    assert (await benin.hears(room, "before its key")).sender_signed
    assert not benin.hearing.unreadable


async def test_a_room_without_encryption_and_with_powers(member: NewMember) -> None:
    ghana, benin = await member("ghana"), await member("benin", auto_join=False)
    room = await ghana.create_room("open", [benin.user_id], encrypted=False, powers={benin.user_id: 100})
    await benin.is_invited(room)
    assert await benin.accept_invites() == [room]
    await benin.set_state(room, "m.room.topic", {"topic": "with power"})
    await benin.say(room, "for everybody to read")
    assert not (await ghana.hears(room, "everybody")).encrypted
    assert await ghana.enters_named("open") == room


async def test_a_second_device_of_a_member_reads_and_is_signed(member: NewMember) -> None:
    ghana, panama = await member("ghana"), await member("panama")
    room = await ghana.dm(panama.user_id)
    await panama.enters(room)
    await panama.say(room, "to the first device")
    await ghana.hears(room, "to the first device")

    phone = await member(account=ghana.user_id, identity=ghana.identity)
    await panama.say(room, "to both devices")
    assert (await phone.hears(room, "to both devices")).sender_signed
    await phone.say(room, "from the phone")
    heard = await panama.hears(room, "from the phone")
    assert (heard.device_id, heard.sender_signed) == (phone.device_id, True)

    with pytest.raises(IdentityConflict):
        await member(account=ghana.user_id)  # a new identity would replace the member's own


async def test_a_stored_device_is_the_same_device_again(
    server: Homeserver, member: NewMember, account: NewAccount, tmp_path: Path
) -> None:
    ghana, user = await member("ghana"), await account("keeper")
    async with MemberClient.open(server.url, user, PASSWORD, store=tmp_path) as keeper:
        first = keeper.device_id
        room = await ghana.dm(user)
        await keeper.enters(room)
    await ghana.say(room, "while you were away")
    async with MemberClient.open(server.url, user, PASSWORD, store=tmp_path) as keeper:
        assert keeper.device_id == first
        assert (await keeper.hears(room, "while you were away")).sender_signed
        await keeper.say(room, "back again")
        assert (await ghana.hears(room, "back again")).sender_signed


async def test_what_was_heard_is_told_when_the_wanted_did_not_come(member: NewMember) -> None:
    ghana, benin = await member("ghana"), await member("benin")
    room = await ghana.dm(benin.user_id)
    await benin.enters(room)
    await ghana.say(room, "something else")
    await benin.hears(room, re.compile("some.*"))
    marked = benin.mark()
    with pytest.raises(AssertionError, match="something else"):
        await benin.hears(room, "the wanted", within=0.1)
    with pytest.raises(AssertionError, match=r"\(nothing\)"):
        await benin.hears(room, "something else", within=0.1, since=marked)


async def test_members_talk_on_after_a_restart_on_the_same_data(tmp_path: Path) -> None:
    async with Homeserver.start(tmp_path / "own") as own:
        port = own.port
        ghana_id, benin_id = await own.register("ghana", PASSWORD), await own.register("benin", PASSWORD)
        async with (
            MemberClient.open(own.url, ghana_id, PASSWORD) as ghana,
            MemberClient.open(own.url, benin_id, PASSWORD) as benin,
        ):
            room = await ghana.dm(benin_id)
            await benin.enters(room)
            await own.stop()
            waiting = asyncio.create_task(ghana.say(room, "said while it was down"))
            await own.resume()
            assert own.port == port
            assert await waiting == (await benin.hears(room, "said while it was down")).event_id


async def test_a_taken_port_is_left_alone_and_a_limit_limits(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        wish = taken.getsockname()[1]
        async with Homeserver.start(tmp_path / "limited", port=wish, rate_limits=True) as own:
            assert own.port != wish
            user = await own.register("hasty", PASSWORD)
            async with MemberClient.open(own.url, user, PASSWORD) as hasty:
                room = await hasty.create_room("alone", encrypted=False)
                async with Http(own.url, token=hasty.client.access_token) as http, asyncio.timeout(20):
                    with pytest.raises(Throttled):
                        await _send_without_end(http, room)


async def _send_without_end(http: Http, room: str) -> None:
    for number in itertools.count():
        message = {"msgtype": "m.text", "body": "again"}
        await http.request("PUT", path_of("rooms", room, "send", "m.room.message", str(number)), message)


async def test_a_homeserver_that_cannot_start_says_why(tmp_path: Path) -> None:
    (tmp_path / "signing.key").write_text("no key\n")
    with pytest.raises(HomeserverFailed, match=r"(?s)ended with status.*signing"):
        async with Homeserver.start(tmp_path):
            pass


async def test_the_homeserver_does_not_outlive_its_parent(tmp_path: Path) -> None:
    program = (
        "import asyncio, sys; from pathlib import Path; from bot.demo.homeserver import Homeserver\n"
        "async def main():\n"
        "    async with Homeserver.start(Path(sys.argv[1])) as server:\n"
        "        print(server.process.pid, server.port, flush=True)\n"
        "        await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, str(tmp_path / "orphan"), stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    pid, port = (int(word) for word in (await parent.stdout.readline()).split())
    try:
        parent.kill()
        await parent.wait()
        async with asyncio.timeout(10):
            while await _is_listening(port):  # noqa: ASYNC110  another process
                await asyncio.sleep(0.05)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


async def _is_listening(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return True
