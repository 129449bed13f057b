"""What tests of the sender do again and again: write to the outbox, hold sends up, and let the sender run."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest

from bot import outgoing
from bot.matrix.interface import Sent
from commands.base import Post
from commands.document import doc
from storage.ids import RoomId
from storage.outbox import Outbox, OutboxRow
from tests.fakes import Network

COUNTRIES = ["ghana", "netherlands", "belgium", "germany"]


async def post(net: Network, text: str, room: str = "ghana", **wishes: Any) -> int:
    """Write a message to the outbox and return its row."""
    async with net.transaction() as tx:
        wanted = Post(doc=doc(text), room=net.room(room), **wishes)
        row = await outgoing.write(tx, wanted, device=net.gateway.device, now=net.now)
        return row.id


async def row_of(net: Network, row_id: int) -> OutboxRow:
    async with net.transaction() as tx:
        row = await Outbox(tx).get(row_id)
        assert row is not None
        return row


def bodies(net: Network, room: str = "ghana") -> list[str]:
    return [heard.body for heard in net.heard(room)]


class Gate:
    """Holds every send until it is let through, and counts how many wait at the same time."""

    def __init__(self, net: Network, monkeypatch: pytest.MonkeyPatch) -> None:
        self.waiting: dict[RoomId, asyncio.Event] = {}
        self.began: list[RoomId] = []
        self.most = 0
        self.open = False
        self._send = net.gateway.send
        self._changed = asyncio.Condition()
        monkeypatch.setattr(net.gateway, "send", self.send)

    async def send(self, room: RoomId, content: Mapping[str, Any], transaction: str, **how: Any) -> Sent:
        assert room not in self.waiting, "two messages of one room at the same time"
        async with self._changed:
            self.waiting[room] = asyncio.Event()
            if self.open:
                self.waiting[room].set()
            self.began.append(room)
            self.most = max(self.most, len(self.waiting))
            self._changed.notify_all()
        await self.waiting[room].wait()
        async with self._changed:
            del self.waiting[room]
            self._changed.notify_all()
        return await self._send(room, content, transaction, **how)

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(20), self._changed:
            await self._changed.wait_for(condition)


@asynccontextmanager
async def running(net: Network) -> AsyncIterator[None]:
    """The sender as it runs for real, beside the test."""
    task = asyncio.create_task(net.machinery.sender.run())
    try:
        yield
        assert not task.done()
    finally:
        async with net.database.idle():
            task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - what the sender does is seen in the fake alone
            await asyncio.sleep(0.005)
