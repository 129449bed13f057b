"""The measuring proxy: a process of its own between one client and the homeserver, which it leaves as they are.

Run as `python -m benchmarks.bench.proxy HOST PORT`. It prints its own port, then one JSON object a line: `{"begin":
...}` when the first byte of a request has come, `{"end": ...}` when the last byte of its answer has gone to the client,
`{"gone": ...}` when a request was given up without an answer. Times are seconds of the system's monotonic clock, which
all processes of a machine share. It ends when its input ends.
"""

import asyncio
import itertools
import json
import os
import re
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

_LOOPBACK = "127.0.0.1"
_HEAD_END = b"\r\n\r\n"
_EVENT_ID = re.compile(rb'"event_id":\s*"([^"]+)"')
_TELL_AFTER = 0.02  # seconds: whoever reads the notes is not woken while the client is at work
_NO_BODY = {204, 304}
_numbers = itertools.count(1)


class Framer:
    """Finds where the messages of one direction of an HTTP/1.1 connection begin and end; `feed` takes what arrived."""

    def __init__(self, begun: Callable[[bytes], bool], ended: Callable[[], None]) -> None:
        """`begun` gets the head of a message and says whether a body may follow it."""
        self._begun = begun
        self._ended = ended
        self._buffer = b""
        self._left = 0  # bytes of the body, or of the chunk, still to come
        self._chunked = False
        self._in_body = False

    @property
    def between(self) -> bool:
        """The next byte is the first of a message."""
        return not self._in_body and not self._buffer

    def feed(self, data: bytes) -> None:
        data = self._buffer + data
        self._buffer = b""
        while data:
            if not self._in_body:
                head, found, data = data.partition(_HEAD_END)
                if not found:
                    self._buffer = head
                    return
                self._open(head)
            elif self._chunked:
                data, complete = self._next_chunk(data)
                if not complete:
                    return
            else:
                taken = min(self._left, len(data))
                self._left -= taken
                data = data[taken:]
            if self._in_body and not self._chunked and self._left == 0:
                self._close()

    def _open(self, head: bytes) -> None:
        has_body = self._begun(head)
        low = head.lower()
        self._chunked = has_body and b"transfer-encoding: chunked" in low
        length = re.search(rb"content-length:\s*(\d+)", low)
        self._left = int(length.group(1)) if length and has_body else 0
        self._in_body = True

    def _next_chunk(self, data: bytes) -> tuple[bytes, bool]:
        if self._left:
            taken = min(self._left, len(data))
            self._left -= taken
            return data[taken:], True
        line, found, rest = data.partition(b"\r\n")
        if not found:
            self._buffer = data
            return b"", False
        size = int(line.partition(b";")[0], 16)
        if size == 0:
            if len(rest) < 2:
                self._buffer = data
                return b"", False
            self._close()
            return rest[2:], True
        self._left = size + 2  # with the line's end behind the chunk
        return rest, True

    def _close(self) -> None:
        self._in_body = self._chunked = False
        self._ended()


@dataclass
class Exchange:
    """One request and its answer, as the notes tell it."""

    number: int
    began: float
    method: str = ""
    target: str = ""
    asked: float = 0.0  # the last byte of the request came
    status: int = 0
    sent: int = 0  # bytes of the request
    received: int = 0  # bytes of the answer
    body: list[bytes] = field(default_factory=list)

    def note(self, ended: float) -> dict[str, Any]:
        found = _EVENT_ID.findall(b"".join(self.body))
        return {
            "number": self.number,
            "method": self.method,
            "target": self.target,
            "began": self.began,
            "asked": self.asked,
            "ended": ended,
            "status": self.status,
            "sent": self.sent,
            "received": self.received,
            "events": [event.decode() for event in found],
        }


class Teller:
    """Prints notes a moment after what they are about."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: list[Callable[[], dict[str, Any]]] = []

    def tell(self, note: Callable[[], dict[str, Any]]) -> None:
        if not self._waiting:
            self._loop.call_later(_TELL_AFTER, self._flush)
        self._waiting.append(note)

    def _flush(self) -> None:
        waiting, self._waiting = self._waiting, []
        sys.stdout.write("".join(json.dumps(note()) + "\n" for note in waiting))
        sys.stdout.flush()


class Client(asyncio.Protocol):
    """The side of the client under test."""

    def __init__(self, host: str, port: int, teller: Teller) -> None:
        self._where = (host, port)
        self._teller = teller
        self._framer = Framer(self._begun, self._asked)
        self._upstream: asyncio.Transport | None = None
        self._early: list[bytes] = []
        self.exchanges: list[Exchange] = []  # asked, not answered
        self.transport: asyncio.Transport | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._began: Exchange | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._connecting = asyncio.get_running_loop().create_task(self._connect())

    async def _connect(self) -> None:
        try:
            upstream, _ = await asyncio.get_running_loop().create_connection(lambda: Server(self), *self._where)
        except OSError:
            assert self.transport is not None
            self.transport.abort()
            return
        for data in self._early:
            upstream.write(data)
        self._early.clear()
        self._upstream = upstream

    def data_received(self, data: bytes) -> None:
        now = time.monotonic()
        if self._framer.between:
            self._began = Exchange(next(_numbers), now)
        if self._upstream is None:
            self._early.append(data)
        else:
            self._upstream.write(data)
        if self._began is not None:
            self._began.sent += len(data)
        self._framer.feed(data)

    def _begun(self, head: bytes) -> bool:
        exchange = self._began or Exchange(next(_numbers), time.monotonic())
        self._began = exchange
        method, target, _ = head.split(b"\r\n", 1)[0].decode().split(" ", 2)
        exchange.method, exchange.target = method, target
        self.exchanges.append(exchange)
        began = {"number": exchange.number, "method": method, "target": target, "began": exchange.began}
        self._teller.tell(lambda: {"begin": began})
        return True

    def _asked(self) -> None:
        if self._began is not None:
            self._began.asked = time.monotonic()
            self._began = None

    def answered(self, exchange: Exchange, at: float) -> None:
        self.exchanges.remove(exchange)
        self._teller.tell(lambda: {"end": exchange.note(at)})

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        for exchange in self.exchanges:
            self._teller.tell(partial(dict, gone=exchange.number))
        if self._upstream is not None:
            self._upstream.close()


class Server(asyncio.Protocol):
    """The side of the homeserver."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._framer = Framer(self._begun, self._ended)
        self._done: list[Exchange] = []

    def data_received(self, data: bytes) -> None:
        client = self._client
        waiting = client.exchanges
        if waiting:
            waiting[0].received += len(data)
            if "/sync" in waiting[0].target:
                waiting[0].body.append(data)
        self._framer.feed(data)
        # Taken before the write, which may let the client run first.
        now = time.monotonic()
        if client.transport is not None:
            client.transport.write(data)
        for exchange in self._done:
            client.answered(exchange, now)
        self._done.clear()

    def _begun(self, head: bytes) -> bool:
        status = int(head.split(b" ", 2)[1])
        if self._client.exchanges:
            self._client.exchanges[0].status = status
        return status >= 200 and status not in _NO_BODY

    def _ended(self) -> None:
        if self._client.exchanges:
            self._done.append(self._client.exchanges[0])

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        if self._client.transport is not None:
            self._client.transport.close()


async def serve(host: str, port: int) -> None:
    """Pass on what comes until the input ends."""
    loop = asyncio.get_running_loop()
    teller = Teller(loop)
    server = await loop.create_server(lambda: Client(host, port, teller), _LOOPBACK, 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    ended = asyncio.Event()
    loop.add_reader(sys.stdin.fileno(), lambda: None if os.read(sys.stdin.fileno(), 64) else ended.set())
    await ended.wait()
    server.close()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], int(sys.argv[2])))
