"""The gateway against a real homeserver and independent clients: what it believes, what it sends, what it survives."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest

from bot.demo.homeserver import Homeserver
from bot.demo.member import MemberClient
from bot.matrix.client import MatrixGateway, reachable
from bot.matrix.errors import IdentityConflict, LoginRefused, WrongSecret
from bot.matrix.http import Http, path_of
from bot.matrix.interface import (
    MARKER,
    Incoming,
    Invite,
    MembershipChange,
    Message,
    NewRoom,
    Rejected,
    RoomUnsafe,
    SyncBatch,
    Throttled,
    Tombstone,
    Trust,
    Unavailable,
    Unreadable,
    WhyUnsafe,
)
from bot.matrix.machine import Machine
from bot.matrix.signing import CrossSigningIdentity, device_is_signed
from bot.matrix.store import Cost, KeyStore, Secrets
from storage.ids import RoomId, UserId
from tests.integration.conftest import PASSWORD, NewAccount, NewMember

SECRET = "a secret of the operator"
CHEAP = Cost(log2_n=4)
Kind = TypeVar("Kind", bound=Incoming)


class Bot:
    """A gateway with a journal in memory; `token` is where the next start continues."""

    def __init__(self, gateway: MatrixGateway) -> None:
        self.gateway = gateway
        self.events: list[Incoming] = []
        self.token: str | None = None
        self.failures = 0
        self._changed = asyncio.Condition()

    async def journal(self, batch: SyncBatch) -> None:
        if self.failures:
            self.failures -= 1
            raise OSError("the database is down")
        async with self._changed:
            self.events += batch.events
            self.token = batch.next_token
            self._changed.notify_all()

    async def until(self, condition: Callable[[], Any], within: float = 20) -> Any:
        """Wait until a batch makes the condition true, and return what it said."""
        async with asyncio.timeout(within), self._changed:
            await self._changed.wait_for(condition)
            return condition()

    def all(self, kind: type[Kind], room: str | None = None) -> list[Kind]:
        return [event for event in self.events if isinstance(event, kind) and room in {None, event.room_id}]

    def said(self, room: str) -> list[str]:
        return [message.body for message in self.all(Message, room)]

    async def hears(self, room: str, body: str) -> Message:
        def found() -> Message | None:
            return next((message for message in self.all(Message, room) if message.body == body), None)

        message = await self.until(found)
        assert isinstance(message, Message)
        return message

    async def sees(self, room: str, user: str) -> None:
        """Wait until a sync has shown that somebody joined."""
        change = MembershipChange(RoomId(room), UserId(user), joined=True)
        await self.until(lambda: change in self.events)


class Start:
    """Starts the bot on its own store, again and again."""

    def __init__(self, server: Homeserver, user: str, folder: Path) -> None:
        self.server = server
        self.user = UserId(user)
        self.folder = folder

    def open(self, **wishes: Any) -> AbstractAsyncContextManager[MatrixGateway]:
        settings: dict[str, Any] = {
            "homeserver": self.server.url,
            "user_id": self.user,
            "password": PASSWORD,
            "store": self.folder,
            "store_secret": SECRET,
            "cost": CHEAP,
            "poll": timedelta(seconds=5),
        }
        return MatrixGateway.open(**(settings | wishes))

    @asynccontextmanager
    async def __call__(self, since: str | None = None, **wishes: Any) -> AsyncIterator[Bot]:
        async with self.open(**wishes) as gateway:
            bot = Bot(gateway)
            syncing = asyncio.create_task(gateway.sync_forever(bot.journal, since=since))
            try:
                await bot.until(lambda: bot.token)
                yield bot
            finally:
                syncing.cancel()
                await asyncio.gather(syncing, return_exceptions=True)


@pytest.fixture
async def start(server: Homeserver, account: NewAccount, tmp_path: Path) -> Start:
    return Start(server, await account("sesn"), tmp_path / "store")


@asynccontextmanager
async def together(start: Start, member: NewMember, **wishes: Any) -> AsyncIterator[tuple[Bot, MemberClient, RoomId]]:
    """The bot and Ghana in an encrypted room of the bot's making."""
    async with AsyncExitStack() as stack:
        bot = await stack.enter_async_context(start(**wishes))
        ghana = await member("ghana")
        room = await bot.gateway.create_room(NewRoom(request="ghana", name="Ghana", invite=[UserId(ghana.user_id)]))
        await ghana.enters(room)
        await bot.sees(room, ghana.user_id)
        yield bot, ghana, room


def text(body: str) -> dict[str, Any]:
    return {"msgtype": "m.text", "body": body, "m.mentions": {}}


# --- who we are


async def test_the_chain_is_made_kept_and_checked_by_an_independent_eye(
    server: Homeserver, start: Start, member: NewMember
) -> None:
    async with start.open() as first:
        status = await first.chain()
        assert status.complete
        assert first.fresh_login
        fingerprint, device = first.fingerprint, first.device_id
    async with start.open(password="not needed any more") as again:
        assert (again.fingerprint, again.device_id, again.fresh_login) == (fingerprint, device, False)
        assert await again.logged_in() == device
        assert (await again.chain()).complete
    ghana = await member("ghana")
    answer = await ghana.request("POST", path_of("keys", "query"), {"device_keys": {start.user: []}})
    assert device_is_signed(answer, start.user, device)
    assert "v1.11" in await reachable(server.url)


async def test_a_crash_after_the_seeds_were_kept_is_mended_at_the_next_start(start: Start) -> None:
    """The store holds device and seeds, the server knows neither: the state after a crash before the upload."""
    seeds = CrossSigningIdentity.create(start.user).seeds
    with KeyStore.open(start.folder, start.user, SECRET, cost=CHEAP) as store:
        store.keep(Secrets(start.user, "CHOSEN", seeds=seeds))
    async with start.open() as gateway:
        assert gateway.device_id == "CHOSEN"
        assert gateway.fingerprint == CrossSigningIdentity(start.user, seeds).fingerprint
        assert (await gateway.chain()).complete


async def test_a_foreign_identity_on_the_server_stops_the_start_until_it_is_reset(start: Start, tmp_path: Path) -> None:
    async with start.open() as gateway:
        fingerprint = gateway.fingerprint
    start.folder = tmp_path / "another store"
    with pytest.raises(IdentityConflict, match="identity reset"):
        async with start.open():
            pass
    async with start.open(reset_identity=True) as gateway:
        assert gateway.fingerprint != fingerprint
        assert (await gateway.chain()).complete


async def test_a_wrong_secret_or_password_is_said_clearly(start: Start) -> None:
    with pytest.raises(LoginRefused):
        async with start.open(password="wrong"):
            pass
    async with start.open():
        pass
    with pytest.raises(WrongSecret):
        async with start.open(store_secret="wrong"):
            pass


async def test_a_device_that_was_logged_out_is_replaced_and_finds_what_was_sent(
    start: Start, member: NewMember
) -> None:
    async with together(start, member) as (bot, ghana, room):
        sent = await bot.gateway.send(room, text("before"), "row-1")
        device, fingerprint = bot.gateway.device_id, bot.gateway.fingerprint
        with KeyStore.open(start.folder.parent / "copy", start.user, SECRET, cost=CHEAP):
            token = bot.gateway._http.token
        since = bot.token
    async with Http(start.server.url, token=token) as http:
        await http.request("POST", path_of("logout"), {})
    async with start(since) as bot:
        assert bot.gateway.fresh_login
        assert bot.gateway.device_id != device
        assert bot.gateway.fingerprint == fingerprint
        assert (await bot.gateway.chain()).complete
        assert await bot.gateway.find_sent(room, "row-1") == sent
        await ghana.say(room, "still there?")
        assert (await bot.hears(room, "still there?")).trust is Trust.SIGNED


# --- what is believed


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
        await bot.until(lambda: second.device_id in _signed_devices(bot, user))
        await second.say(room, "two")
        assert (await bot.hears(room, "two")).trust is Trust.SIGNED


def _signed_devices(bot: Bot, user: UserId) -> set[str]:
    identity = bot.gateway._crypto.identity(user)
    return set(identity.signed) if identity else set()


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
        read = bot.gateway._syncer._read_encrypted

        async def relabelled(view: Any, event: Any) -> Incoming | None:
            return await read(view, {**event, "sender": other.user_id})

        monkeypatch.setattr(bot.gateway._syncer, "_read_encrypted", relabelled)
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


# --- nothing lost, nothing twice


async def test_a_restart_replays_nothing_and_misses_nothing(start: Start, member: NewMember) -> None:
    async with together(start, member) as (bot, ghana, room):
        await ghana.say(room, "before")
        await bot.hears(room, "before")
        since = bot.token
    await ghana.say(room, "meanwhile")
    async with start.open() as gateway:
        # A change of name looks much like a join, before which nothing would be executed.
        await gateway.set_display_name("SESN")
    await ghana.say(room, "and then")
    async with start(since) as bot:
        await bot.hears(room, "and then")
        # Room state is there again before anything is judged.
        assert (await bot.gateway.room(room)).joined == {start.user, ghana.user_id}
        await ghana.say(room, "after")
        assert (await bot.hears(room, "after")).trust is Trust.SIGNED
        assert bot.said(room) == ["meanwhile", "and then", "after"]


async def test_a_limited_timeline_is_filled(start: Start, member: NewMember) -> None:
    async with together(start, member) as (bot, ghana, room):
        since = bot.token
    said = [f"message {number}" for number in range(12)]
    for body in said:
        await ghana.say(room, body)
    async with start(since, timeline=3) as bot:
        await bot.hears(room, said[-1])
        assert bot.said(room) == said


async def test_a_first_start_executes_nothing_old_but_sees_invitations(start: Start, member: NewMember) -> None:
    async with together(start, member) as (bot, ghana, room):
        await ghana.say(room, "old")
        await bot.hears(room, "old")
    invited = await ghana.create_room("another", [start.user])
    # Another filter: Synapse answers the very same initial sync from a cache for two minutes.
    async with start(None, timeline=49) as bot:
        assert bot.all(Invite) == [Invite(RoomId(invited), UserId(ghana.user_id))]
        await ghana.say(room, "new")
        await bot.hears(room, "new")
        assert bot.said(room) == ["new"]


async def test_what_was_said_before_the_bot_came_is_not_for_it(start: Start, member: NewMember) -> None:
    ghana = await member("ghana")
    room = await ghana.create_room("long since", encrypted=False)
    await ghana.say(room, "before the bot came")
    async with start() as bot:
        await ghana.invite(room, start.user)
        await bot.until(lambda: bot.all(Invite, room))
        await bot.gateway.join(RoomId(room))
        await ghana.say(room, "welcome")
        await bot.hears(room, "welcome")
        assert bot.said(room) == ["welcome"]


async def test_a_failing_journal_gets_the_same_batch_again(start: Start, member: NewMember) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        await asyncio.sleep(0)

    async with together(start, member, sleep=sleep, random=lambda: 0.0) as (bot, ghana, room):
        bot.failures = 3
        await ghana.say(room, "only once")
        await bot.hears(room, "only once")
        await ghana.say(room, "after")
        await bot.hears(room, "after")
        assert bot.said(room) == ["only once", "after"]
        assert slept == [1, 1, 2]


async def test_membership_and_tombstones_are_told(start: Start, member: NewMember) -> None:
    async with together(start, member) as (bot, ghana, room):
        await ghana.leave(room)
        gone = MembershipChange(room, UserId(ghana.user_id), joined=False)
        await bot.until(lambda: gone in bot.events)
        body = {"replacement_room": "!next"}
        await bot.gateway._http.request("PUT", path_of("rooms", room, "state", "m.room.tombstone", ""), body)
        await bot.until(lambda: bot.all(Tombstone))
        assert bot.all(Tombstone) == [Tombstone(room, RoomId("!next"))]
        with pytest.raises(RoomUnsafe) as unsafe:
            await bot.gateway.send(room, text("into the void"), "row-1")
        assert unsafe.value.why is WhyUnsafe.TOMBSTONED


# --- sending


async def test_the_same_transaction_id_makes_one_event(start: Start, member: NewMember) -> None:
    steps: list[str] = []
    async with together(start, member, observer=steps.append) as (bot, ghana, room):
        assert await bot.gateway.find_sent(room, "row-1") is None
        steps.clear()
        sent = {await bot.gateway.send(room, text("alert"), "row-1") for _ in range(3)}
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
        session = bot.gateway._crypto.machine.outbound_group_sessions[room].id
        benin = await member("benin")
        await bot.gateway.invite(room, UserId(benin.user_id))
        await benin.enters(room)
        await bot.sees(room, benin.user_id)
        second = await member(account=ghana.user_id, signed=False)
        user = UserId(ghana.user_id)
        devices = bot.gateway._crypto.machine.device_store
        await bot.until(lambda: second.device_id in devices[user])
        await bot.gateway.send(room, text("second"), "row-2")
        for one in (ghana, benin, second):
            await one.hears(room, "second")
        assert bot.gateway._crypto.machine.outbound_group_sessions[room].id == session
        await benin.leave(room)
        gone = MembershipChange(room, UserId(benin.user_id), joined=False)
        await bot.until(lambda: gone in bot.events)
        await bot.gateway.send(room, text("third"), "row-3")
        await ghana.hears(room, "third")
        assert bot.gateway._crypto.machine.outbound_group_sessions[room].id != session


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
    async with start() as bot:
        ghana = await member("ghana")
        claim = {"one_time_keys": {start.user: {bot.gateway.device_id: "signed_curve25519"}}}
        names: set[str] = set()
        for _ in range(51):
            answer = await ghana.request("POST", path_of("keys", "claim"), claim)
            names |= set(answer["one_time_keys"][start.user][bot.gateway.device_id])
        assert len(names) >= 50
        async with asyncio.timeout(20):
            while True:
                # With none left the fallback key is given out again and again, until the bot has uploaded new ones.
                answer = await ghana.request("POST", path_of("keys", "claim"), claim)
                if set(answer["one_time_keys"][start.user][bot.gateway.device_id]) - names:
                    break
                await asyncio.sleep(0.05)


# --- rooms


async def test_a_room_is_made_once_encrypted_and_closed_to_strangers(start: Start, member: NewMember) -> None:
    async with start() as bot:
        ghana = await member("ghana")
        wish = NewRoom(
            "country GH", "Ghana", invite=[UserId(ghana.user_id), UserId("@nobody:localhost:1")], topic="Ports",
            admins=[UserId(ghana.user_id)],
        )  # fmt: skip
        room = await bot.gateway.create_room(wish)
        assert await bot.gateway.create_room(wish) == room
        facts = await bot.gateway.room(room)
        assert (facts.name, facts.encrypted, facts.world_readable) == ("Ghana", True, False)
        assert facts.powers[UserId(ghana.user_id)] == 100
        assert facts.powers[start.user] >= 100
        state = await bot.gateway._http.request("GET", path_of("rooms", room, "state"))
        told = {event["type"]: event["content"] for event in state}
        assert told["m.room.join_rules"]["join_rule"] == "invite"
        assert told["m.room.history_visibility"]["history_visibility"] == "joined"
        assert told["m.room.guest_access"]["guest_access"] == "forbidden"
    async with start() as bot:
        assert await bot.gateway.create_room(wish) == room


async def test_the_direct_chat_with_somebody_is_found(start: Start, member: NewMember) -> None:
    async with together(start, member) as (bot, ghana, room):
        user = UserId(ghana.user_id)
        assert await bot.gateway.direct_room(user) is None
        direct = await bot.gateway.create_room(NewRoom("direct", None, invite=[user], direct=True))
        assert direct != room
        assert await bot.gateway.direct_room(user) == direct
        benin = await member("benin")
        theirs = RoomId(await benin.dm(start.user))
        await bot.gateway.join(theirs)
        assert await bot.gateway.direct_room(UserId(benin.user_id)) == theirs
        await bot.gateway.leave(theirs)
        assert await bot.gateway.direct_room(UserId(benin.user_id)) is None
        assert theirs not in await bot.gateway.joined_rooms()
        with pytest.raises(RoomUnsafe):
            await bot.gateway.room(theirs)


async def test_who_is_invited_to_a_direct_chat_can_read_what_was_sent_before_joining(
    start: Start, member: NewMember
) -> None:
    async with start() as bot:
        ghana = await member("ghana", auto_join=False)
        wish = NewRoom("direct", None, invite=[UserId(ghana.user_id)], direct=True)
        room = await bot.gateway.create_room(wish)
        await bot.gateway.send(room, text("for you alone"), "row-1")
        second = await member(account=ghana.user_id, identity=ghana.identity, auto_join=False)
        await bot.gateway.send(room, text("and on your new device"), "row-2")
        await ghana.join(room)
        for body in ("for you alone", "and on your new device"):
            await ghana.hears(room, body)
        await second.hears(room, "and on your new device")


async def test_the_homeserver_s_no_is_told(start: Start) -> None:
    async with start.open() as gateway:
        with pytest.raises(Rejected):
            await gateway.join(RoomId("!nowhere:localhost"))
        with pytest.raises(RoomUnsafe):
            await gateway.room(RoomId("!nowhere:localhost"))
    with pytest.raises(Unavailable):
        await reachable("http://127.0.0.1:9", timeout=timedelta(seconds=5))
