"""What is kept of keys: all of a sync or nothing of it, sealed, and given to its owner alone; on each database."""

import asyncio
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
import vodozemac
from nio.crypto import OlmDevice
from nio.crypto.sessions import derive_pickle_key
from sqlalchemy import select

from bot.matrix.crypto import Crypto
from bot.matrix.errors import ForeignStore, WrongSecret
from bot.matrix.interface import SyncBatch
from bot.matrix.rooms import Rooms
from bot.matrix.sync import Syncer
from bot.matrix.vault import Vault
from bot.matrix.verification import Desk, ToSend
from storage.base import Base, Database
from storage.ids import DeviceId, EventId, RoomId, UserId
from storage.inbox import Inbox
from storage.keys import WaitingRow
from tests.played import BOT, CHEAP, GHANA, SECRET, Homeserver, opened

ROOM = RoomId("!room")
ROTATION = (timedelta(days=7), 100)
START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
KINDS = {"key_account", "key_olm_sessions", "key_room_keys", "key_outbound", "key_shares", "key_users", "pins"}
KINDS |= {"key_rooms", "key_room_states", "key_replays", "key_waiting"}
"""The tables of all that a sync may bring."""


async def everything(database: Database) -> dict[str, list[Any]]:
    """Return all rows of all tables that have any."""
    async with database.transaction() as tx:
        rows = {
            table.name: sorted(map(str, (await tx.session.execute(select(table))).all()))
            for table in Base.metadata.sorted_tables
        }
    return {name: found for name, found in rows.items() if found}


def room_with(user: UserId) -> Rooms:
    rooms = Rooms()
    member = {"type": "m.room.member", "state_key": user, "content": {"membership": "join"}}
    rooms.replace(ROOM, [{"type": "m.room.encryption", "state_key": "", "content": {"algorithm": "m.x"}}, member])
    return rooms


async def fill(crypto: Crypto) -> None:
    """Let something of every kind be to be written."""
    machine, chest = crypto.machine, crypto.chest
    machine.save_account()
    await crypto.people.query([GHANA])
    session = machine.outbound_for(ROOM, set(), ROTATION)
    session.reserve(100)
    device = machine.device_store[GHANA]["PHONE"]
    await crypto.sharing.claim([device])
    session.note((GHANA, "PHONE"), None)
    chest.shared(session, [(GHANA, DeviceId("PHONE"))], None)
    (own,) = await chest.fetch(ROOM, session.id)
    chest.used(own, 0, EventId("$first"))
    chest.pending.rooms = room_with(GHANA).changes()
    row = WaitingRow(EventId("$waiting"), ROOM, "session", {"content": {}})
    chest.pending.waiting[row.event_id] = row


def syncer(crypto: Crypto) -> Syncer:
    """Return a loop of which only the journalling is used."""
    nobody = cast(Any, SimpleNamespace())

    async def post(_message: ToSend, _transaction_id: str) -> None: ...

    desk = Desk(BOT, DeviceId("BOT"), {}, keys_of=lambda _user, _device: {}, post=post)
    return Syncer(nobody, crypto, Rooms(), desk=desk, own=BOT, names=lambda _: [], carried=lambda _content, _id: None)


async def test_what_a_sync_brought_is_written_with_its_token_or_not_at_all(
    database: Database, server: Homeserver
) -> None:
    async with opened(database, server) as crypto:
        before = await everything(database)
        await fill(crypto)
        fails = True

        async def journal(batch: SyncBatch) -> None:
            async with database.transaction() as tx:
                await Inbox(tx).save_token(BOT, batch.next_token)
                await batch.keep(tx)
                if fails:
                    raise OSError("the database is full")

        loop, batch = syncer(crypto), SyncBatch("next")
        for _ in range(2):
            with pytest.raises(OSError, match="full"):
                await loop._journal(journal, batch)
            assert await everything(database) == before
        fails = False
        await loop._journal(journal, batch)
        written = await everything(database)
        assert written.keys() - before.keys() == KINDS | {"sync_state"}
        assert not crypto.chest.pending
        await crypto.chest.commit()
        assert await everything(database) == written


async def test_what_was_answered_late_waits_until_its_answer_is_journalled(
    database: Database, server: Homeserver
) -> None:
    """A message that goes out in between writes down what is pending, but not that nobody waits any more."""
    async with opened(database, server) as crypto:
        await fill(crypto)
        await crypto.chest.commit()
        loop, fails = syncer(crypto), True
        loop._late_now = {EventId("$waiting")}

        async def journal(batch: SyncBatch) -> None:
            async with database.transaction() as tx:
                await batch.keep(tx)
                if fails:
                    raise OSError("the database is full")

        with pytest.raises(OSError, match="full"):
            await loop._journal(journal, SyncBatch("next"))
        await crypto.chest.commit()
        assert "key_waiting" in await everything(database)
        fails = False
        await loop._journal(journal, SyncBatch("next"))
        assert "key_waiting" not in await everything(database)


async def test_a_commit_waits_for_what_others_are_writing_and_writes_what_they_could_not(
    database: Database, server: Homeserver
) -> None:
    """A message goes out after its ratchet was written, also when the sync is just writing that."""
    async with opened(database, server) as crypto:
        for fails in (True, False):
            await fill(crypto)
            writing, finish = asyncio.Event(), asyncio.Event()

            async def journal(
                batch: SyncBatch, writing: asyncio.Event = writing, finish: asyncio.Event = finish, fails: bool = fails
            ) -> None:
                async with database.transaction() as tx:
                    await batch.keep(tx)
                    writing.set()
                    await finish.wait()
                    if fails:
                        raise OSError("the database is full")

            journalling = asyncio.create_task(syncer(crypto)._journal(journal, SyncBatch("next")))
            await writing.wait()
            committing = asyncio.create_task(crypto.chest.commit())
            for _ in range(20):
                await asyncio.sleep(0)
            assert not committing.done()
            finish.set()
            assert isinstance((await asyncio.gather(journalling, return_exceptions=True))[0], OSError) is fails
            await committing
            assert (await everything(database)).keys() >= KINDS


async def test_nothing_secret_stands_in_the_database_in_clear(database: Database, server: Homeserver) -> None:
    async with opened(database, server) as crypto:
        await fill(crypto)
        await crypto.chest.commit()
        session = crypto.machine.outbound[ROOM]
        (own,) = await crypto.chest.fetch(ROOM, session.id)
        secrets = {SECRET, session.session_key, own.export_session(0)}
    async with Vault.open(database, BOT, SECRET) as vault:
        assert vault.secrets is not None
        key = vault.pickle_key
    text = str(await everything(database))
    assert not [secret for secret in secrets | {key} if secret in text]
    kinds: dict[str, Any] = {
        "key_account": vodozemac.Account,
        "key_olm_sessions": vodozemac.Session,
        "key_room_keys": vodozemac.InboundGroupSession,
        "key_outbound": vodozemac.GroupSession,
    }
    async with database.transaction() as tx:
        for name, kind in kinds.items():
            (pickle,) = (await tx.session.scalars(select(Base.metadata.tables[name].c.pickle))).all()
            kind.from_pickle(pickle, derive_pickle_key(key))
            # nio's own keys, and none at all.
            for other in ("DEFAULT_KEY", "", BOT, SECRET):
                with pytest.raises(vodozemac.PickleException):
                    kind.from_pickle(pickle, derive_pickle_key(other))


async def test_a_store_that_does_not_open_stays_as_it_is(database: Database, server: Homeserver) -> None:
    async with opened(database, server) as crypto:
        await fill(crypto)
        await crypto.chest.commit()
    before = await everything(database)
    for user, secret, error in ((BOT, "wrong", WrongSecret), (BOT, "", WrongSecret), (GHANA, SECRET, ForeignStore)):
        with pytest.raises(error):
            async with Vault.open(database, user, secret, cost=CHEAP):
                pass
        assert await everything(database) == before


async def test_another_device_takes_over_what_can_be_read_and_nothing_else(
    database: Database, server: Homeserver
) -> None:
    async with opened(database, server) as crypto:
        await fill(crypto)
        await crypto.chest.commit()
        session, identity = crypto.machine.outbound[ROOM].id, crypto.machine.account.identity_keys
    async with opened(database, server, "ANOTHER") as crypto:
        assert crypto.machine.outbound == {}
        assert not crypto.machine.has_session(crypto.machine.device_store[GHANA]["PHONE"])
        assert crypto.machine.account.identity_keys != identity
        assert [one.id for one in await crypto.chest.fetch(ROOM, session)] == [session]
        assert crypto.people.identity(GHANA) is not None
        assert not {"key_olm_sessions", "key_outbound", "key_shares"} & (await everything(database)).keys()


async def test_a_restart_has_everything_again(database: Database, server: Homeserver) -> None:
    async with opened(database, server) as crypto:
        await fill(crypto)
        await crypto.chest.commit()
        session, identity = crypto.machine.outbound[ROOM], crypto.machine.account.identity_keys
    async with opened(database, server) as crypto:
        again = crypto.machine.outbound[ROOM]
        assert (again.id, again.created_at, again.shared_with) == (session.id, session.created_at, session.shared_with)
        assert again.message_index == session.reserved
        assert crypto.machine.account.identity_keys == identity
        assert crypto.machine.has_session(crypto.machine.device_store[GHANA]["PHONE"])
        (own,) = await crypto.chest.fetch(ROOM, session.id)
        assert crypto.chest.used(own, 0, EventId("$second")) == "$first"
        saved = crypto.chest.saved
        assert [row.event_id for row in saved.waiting] == ["$waiting"]
        assert Rooms(saved.rooms, saved.states).view(ROOM).with_membership("join") == {GHANA}


async def test_a_device_is_not_compared_with_those_of_everybody_else(
    database: Database, server: Homeserver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a large network a start, or the first message to all, would compare devices half a million times."""
    compared = 0
    is_equal = OlmDevice.__eq__

    def count(one: OlmDevice, other: object) -> Any:
        nonlocal compared
        compared += 1
        return is_equal(one, other)

    monkeypatch.setattr(OlmDevice, "__eq__", count)
    people = [UserId(f"@member{index}:example.org") for index in range(100)]
    async with opened(database, server) as crypto:
        for person in people:
            crypto.machine.learn_devices(person, {"PHONE": (f"signing {person}", f"identity {person}")})
        await crypto.chest.commit()
        assert compared <= len(people)
    async with opened(database, server) as crypto:
        assert {device.user_id for device in crypto.machine.device_store} == set(people)
        assert compared <= 2 * len(people)


async def test_of_two_parts_of_a_room_key_the_one_that_reads_more_is_kept(
    database: Database, server: Homeserver
) -> None:
    """A later part, told again by whoever likes to, must not take away what the first part could read."""
    made = vodozemac.GroupSession()
    first = made.session_key.to_base64()
    early = made.encrypt(b"early").to_base64()
    later = made.session_key.to_base64()

    def told(crypto: Crypto, key: str) -> None:
        crypto.machine.create_group_session("curve", "ed", ROOM, made.session_id, key)

    for order in ([first, later], [later, first]):
        async with opened(database, server) as crypto:
            for key in order:
                told(crypto, key)
            (kept,) = await crypto.chest.fetch(ROOM, made.session_id)
            assert kept.decrypt(early) == ("early", 0)
            await crypto.chest.commit()
        async with opened(database, server) as crypto:
            told(crypto, later)  # before the database was asked
            await crypto.chest.commit()
            (kept,) = await crypto.chest.fetch(ROOM, made.session_id)
            assert kept.decrypt(early) == ("early", 0)


async def test_the_same_session_of_another_sender_is_another_session(database: Database, server: Homeserver) -> None:
    """Somebody who was given a key cannot put their own in its place, whatever they call it."""
    made, misnamed = vodozemac.GroupSession(), vodozemac.GroupSession()
    async with opened(database, server) as crypto:
        for sender in ("ghana", "kofi"):
            crypto.machine.create_group_session(sender, sender, ROOM, made.session_id, made.session_key.to_base64())
        crypto.machine.create_group_session("kofi", "kofi", ROOM, made.session_id, misnamed.session_key.to_base64())
        await crypto.chest.commit()
    async with opened(database, server) as crypto:
        found = await crypto.chest.fetch(ROOM, made.session_id)
        assert {(one.sender_key, one.ed25519) for one in found} == {("ghana", "ghana"), ("kofi", "kofi")}
        assert await crypto.chest.fetch(ROOM, misnamed.session_id) == [], "what says another name than it has"
