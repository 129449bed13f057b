"""What a sync brought is written down with its token or not at all, and at the time at which it came."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.matrix.interface import NO_KEY, Message, SyncBatch, Trust, Unreadable
from storage.base import Transaction
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
