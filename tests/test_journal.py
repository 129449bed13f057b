"""What a sync brought is written down with its token or not at all, and at the time at which it came."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.matrix.interface import NO_KEY, Message, SyncBatch, Trust, Unreadable
from storage.base import Database, Transaction
from storage.ids import DeviceId, EventId
from storage.inbox import Inbox
from tests.alerts.files import says, sends
from tests.alerts.raising import sent
from tests.fakes import Network

FAR = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
"""The last moment that a homeserver can name."""


def message(net: Network, text: str, event_id: str) -> Message:
    return Message(
        event_id=EventId(event_id),
        room_id=net.room("ghana"),
        sender=net.person("ghana"),
        sent_at=net.now,
        body=text,
        trust=Trust.SIGNED,
        device_id=DeviceId("PHONE"),
        room_encrypted=True,
        direct=False,
        mentioned=False,
    )


async def test_the_token_is_written_with_what_it_stands_behind_and_not_before(net: Network) -> None:
    async def fails(_tx: Transaction) -> None:
        raise OSError("the database is full")

    batch = SyncBatch("s9", (message(net, "!help", "$1"), message(net, "!help", "$2")))
    with pytest.raises(OSError, match="full"):
        await net.machinery.journal(replace(batch, keep=fails))
    assert await net.machinery.journal.token() is None
    async with net.transaction() as tx:
        assert await Inbox(tx).next_unhandled() is None
    await net.machinery.journal(batch)
    assert await net.machinery.journal.token() == "s9"
    await net.settle()
    assert len(net.heard("ghana")) == 2


async def test_keys_and_states_are_written_in_the_same_transaction(net: Network) -> None:
    async def keep(tx: Transaction) -> None:
        assert await Inbox(tx).next_unhandled() is not None, "the events are there"
        kept.append(tx)

    kept: list[Transaction] = []
    await net.machinery.journal(SyncBatch("s9", (message(net, "!help", "$1"),), keep))
    assert len(kept) == 1


# What outlasts a failure of the machine's power


def bare(database: Database) -> sqlite3.Connection:
    """Return the driver's connection of an SQLite database."""
    assert database._connection is not None
    driver = database._connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver


def lasts(database: Database) -> bool:
    return database.lasts


@pytest.fixture
async def on_disk(migrated_sqlite: str) -> AsyncIterator[Network]:
    """A network whose database is a file, so that there is a disk to wait for."""
    async with Network.open(url=migrated_sqlite) as network:
        yield network


async def test_what_nobody_handles_lasts_before_the_next_sync_is_asked_for(on_disk: Network) -> None:
    await on_disk.machinery.journal(SyncBatch("s1", (message(on_disk, "!help", "$1"),)))
    assert on_disk.database.lasts
    assert await on_disk.machinery.journal.token() == "s1"


async def test_what_is_handled_at_once_waits_for_the_disk_once(on_disk: Network) -> None:
    net, said = on_disk, list[str]()
    net.machinery.dispatcher.notify([])
    handling = asyncio.create_task(net.machinery.dispatcher.run())
    await asyncio.sleep(0)
    bare(net.database).set_trace_callback(said.append)
    await net.machinery.journal(SyncBatch("s1", (message(net, "!help", "$1"),)))
    bare(net.database).set_trace_callback(None)
    handling.cancel()
    assert net.database.lasts
    told = [line for line in said if line.startswith(("PRAGMA", "COMMIT"))]
    assert told == ["PRAGMA synchronous=NORMAL", "COMMIT", "PRAGMA synchronous=FULL", "COMMIT"]
    async with net.transaction() as tx:
        assert await Inbox(tx).next_unhandled() is None, "the second was the handler's"


async def test_a_sync_without_events_waits_for_the_disk_by_itself(on_disk: Network) -> None:
    said = list[str]()
    async with on_disk.transaction():
        pass
    bare(on_disk.database).set_trace_callback(said.append)
    await on_disk.machinery.journal(SyncBatch("s1", ()))
    bare(on_disk.database).set_trace_callback(None)
    assert "PRAGMA synchronous=NORMAL" not in said
    assert on_disk.database.lasts


async def test_only_what_is_written_brings_what_is_owed_to_the_disk(on_disk: Network) -> None:
    database = on_disk.database
    user = on_disk.person("ghana")
    async with database.transaction(lasting=False):
        pass
    assert lasts(database), "nothing was written"
    async with database.transaction(lasting=False) as tx:
        await Inbox(tx).save_token(user, "s1")
    assert not lasts(database)
    async with database.transaction() as tx:
        assert await Inbox(tx).token(user) == "s1"
    assert not lasts(database), "to read waits for nothing"
    async with database.transaction() as tx:
        with suppress(KeyError):
            async with tx.attempt():
                await Inbox(tx).save_token(user, "s2")
                raise KeyError
    assert not lasts(database), "what was undone is not written"
    async with database.transaction() as tx:
        await Inbox(tx).save_token(user, "s3")
    assert lasts(database)


# When it was sent: the word of a homeserver


async def test_nothing_is_sent_later_than_it_came(net: Network) -> None:
    """A time at the end of the calendar cannot be shown in every zone: nobody could have listed the files."""
    await sent(net)
    await sends(net, sent_at=FAR)
    listed = await says(net, "!files", as_="belgium", room="belgium")
    assert "F1: “bill.pdf”" in listed
    assert "9999" not in listed
    assert "Mon 23 Nov 2026" in listed


async def test_who_sent_what_could_not_be_read_is_told_whatever_its_time(net: Network) -> None:
    event = Unreadable(EventId("$unread"), net.room("netherlands"), net.person("netherlands"), FAR, NO_KEY)
    await net.receive(event)
    await net.forward(timedelta(minutes=5))
    assert "I could not read what you wrote" in (await net.heard_by("netherlands"))[-1].body


async def test_a_command_from_the_future_is_late_all_the_same_when_it_is_handled_late(net: Network) -> None:
    await net.machinery.journal(SyncBatch("s9", (replace(message(net, "!help", "$1"), sent_at=FAR),)))
    net.now += timedelta(hours=2)
    await net.settle()
    assert "Do you still mean it?" in net.heard("ghana")[-1].body
