"""The bot's own keys on the homeserver: always some to reach it by, each held before it is given out."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from nio.crypto import OlmAccount, OutboundSession

from bot.matrix import crypto as crypto_module
from bot.matrix.crypto import Crypto
from bot.matrix.interface import Unavailable
from storage.base import Database
from tests.matrix.test_sharing import rooms_of
from tests.played import GHANA, Homeserver, Json, Person, opened


class Keeper(Homeserver):
    """Keeps the keys that are uploaded, and says how many one-time keys there are; with `cut` nobody hears it."""

    def __init__(self) -> None:
        super().__init__()
        self.uploads: list[Json] = []
        self.one_time: dict[str, Json] = {}
        self.fallback: dict[str, Json] = {}
        self.cut = False

    async def request(self, _method: str, path: str, body: Any = None, **_more: Any) -> Any:
        assert path.endswith("/keys/upload")
        self.uploads.append(body)
        self.one_time |= body.get("one_time_keys", {})
        self.fallback = body.get("fallback_keys", self.fallback)
        if self.cut:
            raise Unavailable("cut")
        return {"one_time_key_counts": {"signed_curve25519": len(self.one_time)}}


@pytest.fixture
async def database(migrated_sqlite: str) -> AsyncIterator[Database]:
    database = Database.open(migrated_sqlite)
    yield database
    await database.close()


def told(*, left: int | None, fallback_unused: bool = True) -> Json:
    """Return what a sync answer says of the keys that are left; None: it does not name them."""
    counts = {} if left is None else {"signed_curve25519": left}
    unused = ["signed_curve25519"] if fallback_unused else []
    return {"device_one_time_keys_count": counts, "device_unused_fallback_key_types": unused}


async def after(crypto: Crypto, sync: Json) -> None:
    crypto.note_counts(sync)
    await crypto.upkeep()


def said_to(crypto: Crypto, key: Json) -> bytes:
    """Return what the bot reads of what a new device encrypts with one of its keys."""
    new = OlmAccount()
    message = OutboundSession(new, crypto.machine.account.identity_keys["curve25519"], key["key"]).encrypt("hello")
    _, words = crypto.machine.account.create_inbound_session(new.identity_keys["curve25519"], message)
    return bytes(words)


async def test_what_is_missing_is_made_down_to_the_last(database: Database) -> None:
    server = Keeper()
    async with opened(database, server) as crypto:
        await crypto.upload_keys(first=True)
        full = len(server.one_time)
        assert full == crypto.machine.account.max_one_time_keys
        for left in (full, full - 7, 0, None):
            names = sorted(server.one_time)[: left or 0]
            server.one_time = {name: server.one_time[name] for name in names}
            await after(crypto, told(left=left))
            assert len(server.one_time) == full, left
        asked = len(server.uploads)
        await after(crypto, told(left=full))
        assert len(server.uploads) == asked


async def test_there_is_a_fallback_key_and_another_once_it_was_used(database: Database) -> None:
    server = Keeper()
    async with opened(database, server) as crypto:
        await crypto.upload_keys(first=True)
        full = len(server.one_time)
        ((first, key),) = server.fallback.items()
        assert key["fallback"] is True
        assert said_to(crypto, key) == b"hello"
        await after(crypto, told(left=full))
        assert list(server.fallback) == [first]
        await after(crypto, told(left=full, fallback_unused=False))
        ((second, other),) = server.fallback.items()
        assert second != first
        assert said_to(crypto, other) == b"hello"
        assert said_to(crypto, key) == b"hello", "which may be on its way still"


@pytest.mark.parametrize("first", [True, False])
async def test_a_crash_before_the_answer_to_an_upload_leaves_no_key_that_nobody_holds(
    database: Database, *, first: bool
) -> None:
    server = Keeper()
    if not first:
        async with opened(database, server) as crypto:
            await crypto.upload_keys(first=True)
            await crypto.chest.commit()
        server.one_time.clear()
    async with opened(database, server) as crypto:
        server.cut = True
        with pytest.raises(Unavailable):
            await crypto.upload_keys(first=first)
        # Nothing more is written: the program has ended.
    given_out = [*server.one_time.values(), *server.fallback.values()]
    assert given_out
    async with opened(database, server) as crypto:
        assert {said_to(crypto, key) for key in given_out} == {b"hello"}
        server.cut = False
        await crypto.upload_keys(first=first)
        assert server.uploads[-1].get("one_time_keys"), "and it goes on with keys that were never offered"


async def test_a_share_that_is_cancelled_holds_up_none_after_it(database: Database) -> None:
    """What is not waited for any longer, as when the bot is told to stop a send, lets go of all that it held."""

    class Stuck(Homeserver):
        stuck = True

        async def request(self, _method: str, path: str, body: Any = None, **_more: Any) -> Any:
            if self.stuck and path.endswith("/keys/claim"):
                waits.set()
                await asyncio.Event().wait()
            return await super().request(_method, path, body)

    ghana, waits = Person(GHANA), asyncio.Event()
    ghana.add("PHONE")
    server = Stuck(ghana)
    async with opened(database, server) as crypto:
        (view,) = rooms_of(ghana)
        task = asyncio.create_task(crypto.sharing.share([view]))
        await waits.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        server.stuck = False
        async with asyncio.timeout(10):
            await crypto.sharing.share([view])
        assert crypto.machine.outbound[view.room_id].shared_with == {(GHANA, "PHONE")}


async def test_while_it_is_not_known_whether_keys_arrived_no_others_are_made(database: Database) -> None:
    """An account holds so many; with each batch that is made in vain it forgets some that others may have got."""
    server = Keeper()
    async with opened(database, server) as crypto:
        await crypto.upload_keys(first=True)
        full = len(server.one_time)
        server.one_time.clear()
        crypto.note_counts(told(left=0))
        server.cut = True
        for _ in range(5):
            with pytest.raises(Unavailable):
                await crypto.upload_keys()
        assert len(server.one_time) == full, "keys were made again and again for a homeserver that had them"
        server.cut = False
        await crypto.upload_keys()
        assert len(server.one_time) == full
        assert {said_to(crypto, key) for key in server.one_time.values()} == {b"hello"}


async def test_a_homeserver_that_does_not_answer_holds_up_what_came_with_a_sync_for_a_while_only(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Silent(Keeper):
        async def request(self, _method: str, path: str, *_args: Any, **_more: Any) -> Any:
            waiting.append(path)
            await asyncio.Event().wait()

    waiting: list[str] = []
    monkeypatch.setattr(crypto_module, "_LONGEST_STEP", timedelta(seconds=0.05))
    async with opened(database, Silent()) as crypto:
        crypto.people.doubt(GHANA)
        crypto.note_counts(told(left=0))
        async with asyncio.timeout(30):
            await crypto.upkeep()
        assert len(waiting) == 2, "the query and the upload were each tried, and let go"
        assert crypto.behind
