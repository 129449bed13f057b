"""Homeservers whose answers are chosen by the test."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

from aiohttp import web

from bot.matrix.http import Http
from bot.matrix.media import EncryptedFile, Media
from tests.matrix.media.messages import FILE

SOON = timedelta(seconds=10)
LIMIT = 1_000_000


def refusal(errcode: str, status: int) -> web.Response:
    return web.json_response({"errcode": errcode, "error": "said by the homeserver"}, status=status)


REFUSALS: dict[str, Callable[[], web.Response]] = {
    "moved": lambda: web.Response(status=307, headers={"Location": "http://127.0.0.1:1/elsewhere"}),
    "throttled": lambda: refusal("M_LIMIT_EXCEEDED", 429),
    "away": lambda: refusal("M_TOO_LARGE", 502),
    "bad": lambda: web.Response(text="<h1>" + "bad gateway " * 20_000, status=502, content_type="text/html"),
    "logged-out": lambda: refusal("M_UNKNOWN_TOKEN", 401),
    "odd": lambda: refusal("M_BAD_JSON", 400),
    "forbidden": lambda: refusal("M_FORBIDDEN", 403),
    "bomb": lambda: web.Response(body=gzip.compress(bytes(100_000)), headers={"Content-Encoding": "gzip"}),
}


class Odd:
    """A homeserver whose answer to a download is chosen by the media id."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.asked: list[tuple[str, str]] = []
        self.limit: Any = 1000
        self.refuses: web.Response | None = None
        self.hangs_up = False
        self.told: Any = {"content_uri": "mxc://localhost/new1"}

    async def download(self, request: web.Request) -> web.StreamResponse:
        media_id = request.match_info["id"]
        self.asked.append((request.path.partition("/media/")[0], request.headers.get("Authorization", "")))
        if media_id == "old" and "/client/v1/" in request.path:
            return web.json_response({"errcode": "M_UNRECOGNIZED"}, status=404)
        if media_id in REFUSALS:
            return REFUSALS[media_id]()
        if media_id in self.files:
            return web.Response(body=self.files[media_id], content_type="text/html")
        return web.json_response({"errcode": "M_NOT_FOUND"}, status=404)

    async def config(self, _: web.Request) -> web.Response:
        if self.limit is None:
            return web.json_response({"errcode": "M_UNRECOGNIZED"}, status=404)
        return web.json_response({"m.upload.size": self.limit})

    async def upload(self, request: web.Request) -> web.Response:
        self.asked.append((request.content_type, request.query_string))
        self.files["new1"] = await request.read()
        if self.hangs_up:
            assert request.transport is not None
            request.transport.abort()
        return self.refuses or web.json_response(self.told)


async def at_once(_seconds: float) -> None:
    """Wait for the next turn alone: how often a failing homeserver is asked is seen in the tests of HTTP."""
    await asyncio.sleep(0)


def at(media_id: str) -> EncryptedFile:
    return replace(EncryptedFile.of(FILE), media_id=media_id)


@asynccontextmanager
async def talking(answer: Callable[[asyncio.StreamWriter], Awaitable[None]]) -> AsyncIterator[Media]:
    """A homeserver that says what no HTTP library would; it is left when the last connection is closed."""
    connections: list[asyncio.Task[None]] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            await reader.readuntil(b"\r\n\r\n")
            await answer(writer)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(asyncio.create_task(talk(reader, writer)))

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    async with server:
        async with Http(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}") as http:
            yield Media(http)
        async with asyncio.timeout(10):
            await asyncio.gather(*connections)
