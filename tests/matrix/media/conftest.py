"""A homeserver whose answers are chosen by the test, and what the bot uses it with."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.matrix.http import Http
from bot.matrix.media import Media
from tests.matrix.media.homeserver import Odd, at_once


@pytest.fixture
async def odd() -> AsyncIterator[tuple[Odd, Media]]:
    odd, app = Odd(), web.Application(client_max_size=10_000_000)
    for version in ("client/v1/media", "media/v3"):
        app.router.add_get(f"/_matrix/{version}/download/localhost/{{id}}", odd.download)
    app.router.add_get("/_matrix/client/v1/media/config", odd.config)
    app.router.add_post("/_matrix/media/v3/upload", odd.upload)
    async with TestServer(app) as server, Http(str(server.make_url("")), token="t0ken", sleep=at_once) as http:
        yield odd, Media(http)
