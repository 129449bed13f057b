"""What goes to the homeserver: encrypted, nameless, and not more than it takes."""

from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import web
from nio.crypto.attachments import decrypt_attachment

from bot.matrix.interface import MatrixError, Rejected, Throttled, Unavailable
from bot.matrix.media import Media, TooLarge
from tests.matrix.media.homeserver import REFUSALS, Odd, refusal


async def test_an_upload_is_readable_by_the_other_implementation(odd: tuple[Odd, Media]) -> None:
    server, media = odd
    first, second = await media.upload(b"statistics"), await media.upload(b"statistics")
    assert (first.key, first.iv) != (second.key, second.iv)
    assert second.iv[8:] == bytes(8)
    assert b"statistics" not in server.files["new1"]
    told = second.content()
    opened = decrypt_attachment(server.files["new1"], told["key"]["k"], told["hashes"]["sha256"], told["iv"])
    assert opened == b"statistics"
    assert server.asked == [("application/octet-stream", "")] * 2, "no name leaves the room"


async def test_what_the_homeserver_would_not_take_is_not_sent(odd: tuple[Odd, Media]) -> None:
    server, media = odd
    with pytest.raises(TooLarge) as large:
        await media.upload(bytes(1001))
    assert (large.value.limit_bytes, server.asked) == (1000, [])
    assert await media.upload(bytes(1000))


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (lambda: refusal("M_TOO_LARGE", 413), TooLarge),
        (lambda: web.Response(text="<h1>Too large</h1>", status=413, content_type="text/html"), TooLarge),
        (REFUSALS["forbidden"], Rejected),
        (REFUSALS["throttled"], Throttled),
        (REFUSALS["bad"], Unavailable),
        (lambda: web.Response(text="<h1>Welcome to the hotel</h1>", content_type="text/html"), Unavailable),
    ],
)
@pytest.mark.parametrize("limit", [None, "much", 10**9])
async def test_every_failed_upload_is_one_error(
    odd: tuple[Odd, Media], answer: Callable[[], web.Response], error: type[MatrixError], limit: Any
) -> None:
    server, media = odd
    server.limit, server.refuses = limit, answer()
    with pytest.raises(error):
        await media.upload(bytes(2_000_000))


@pytest.mark.parametrize("hangs_up", [True, False])
async def test_a_limit_that_was_lowered_is_asked_for_again(odd: tuple[Odd, Media], hangs_up: bool) -> None:
    server, media = odd
    await media.upload(bytes(1000))
    server.limit, server.hangs_up, server.refuses = 500, hangs_up, refusal("M_TOO_LARGE", 413)
    with pytest.raises(TooLarge) as large:
        await media.upload(bytes(1000))
    assert large.value.limit_bytes == 500


async def test_a_cut_upload_may_be_tried_again(odd: tuple[Odd, Media]) -> None:
    server, media = odd
    server.hangs_up = True
    with pytest.raises(Unavailable):
        await media.upload(bytes(1000))
    server.hangs_up = False
    assert await media.upload(bytes(1000))


@pytest.mark.parametrize("told", [[], {}, {"content_uri": 7}, {"content_uri": "https://localhost/x"}])
async def test_an_upload_without_an_address_did_not_happen(odd: tuple[Odd, Media], told: Any) -> None:
    server, media = odd
    server.told = told
    with pytest.raises(Unavailable):
        await media.upload(b"x")
