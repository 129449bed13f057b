"""What comes from the homeserver is believed only as far as its hash, its length and its header show."""

import asyncio
import hashlib
import itertools
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.matrix.interface import LoggedOut, MatrixError, Rejected, Throttled, Unavailable
from bot.matrix.media import (
    Elsewhere,
    EncryptedFile,
    HashMismatch,
    Malformed,
    Media,
    NotFound,
    PictureSize,
    TooLarge,
    TooManyPixels,
)
from tests.matrix.media.homeserver import LIMIT, SOON, Odd, at, talking
from tests.matrix.media.messages import FILE, encrypted
from tests.matrix.media.samples import png


@pytest.mark.parametrize("media_id", ["media1", "old"])
async def test_a_file_is_fetched_checked_and_opened(odd: tuple[Odd, Media], media_id: str) -> None:
    server, media = odd
    data = b"%PDF-1.7 " + bytes(200_000)
    server.files[media_id], file = encrypted(data, f"localhost/{media_id}")
    fetched = await media.download(EncryptedFile.of(file), limit_bytes=len(data), deadline=SOON)
    assert fetched.data == data
    assert fetched.sha256 == hashlib.sha256(data).hexdigest()
    assert (fetched.content_type, fetched.picture) == ("application/pdf", None), "whatever the homeserver calls it"
    ways = ["/_matrix/client/v1", "/_matrix"] if media_id == "old" else ["/_matrix/client/v1"]
    assert server.asked == [(way, "Bearer t0ken") for way in ways]
    assert "PDF" not in repr(fetched)


async def test_one_byte_above_the_limit_is_too_much(odd: tuple[Odd, Media]) -> None:
    server, media = odd
    server.files["media1"], file = encrypted(bytes(1001))
    with pytest.raises(TooLarge) as large:
        await media.download(EncryptedFile.of(file), limit_bytes=1000, deadline=SOON)
    assert large.value.limit_bytes == 1000
    assert len((await media.download(EncryptedFile.of(file), limit_bytes=1001, deadline=SOON)).data) == 1001


@pytest.mark.parametrize("tampered", [b"", b"the bill of ladin", b"the bill of ladinG", b"the bill of lading "])
async def test_changed_ciphertext_is_never_opened(odd: tuple[Odd, Media], tampered: bytes) -> None:
    server, media = odd
    server.files["media1"] = tampered
    with pytest.raises(HashMismatch):
        await media.download(EncryptedFile.of(FILE), limit_bytes=LIMIT, deadline=SOON)


@pytest.mark.parametrize(
    ("media_id", "error"),
    [
        ("bomb", Unavailable),
        ("moved", Elsewhere),
        ("throttled", Throttled),
        ("away", TooLarge),
        ("bad", Unavailable),
        ("logged-out", LoggedOut),
        ("forbidden", NotFound),
        ("odd", Rejected),
        ("nowhere", NotFound),
    ],
)
async def test_every_failed_download_is_one_error(
    odd: tuple[Odd, Media], media_id: str, error: type[MatrixError]
) -> None:
    _, media = odd
    with pytest.raises(error) as raised:
        await media.download(at(media_id), limit_bytes=60_000, deadline=SOON)
    assert "t0ken" not in str(raised.value)
    assert "elsewhere" not in str(raised.value)


@pytest.mark.parametrize(
    ("headers", "chunk", "repeats", "error"),
    [
        ("Content-Length: 10", bytes(50_000), 1, (HashMismatch, Unavailable)),
        ("Content-Length: 100", bytes(50), 1, Unavailable),
        ("Content-Length: 99999999", b"", 1, TooLarge),
        ("Connection: close", bytes(50_000), None, TooLarge),
        ("Transfer-Encoding: chunked", b"c350\r\n" + bytes(50_000) + b"\r\n", None, TooLarge),
        ("Transfer-Encoding: chunked", b"5\r\nhello\r\n0\r\n\r\n", 1, HashMismatch),
        ("Transfer-Encoding: chunked", b"not a length", 1, Unavailable),
    ],
    ids=["more than announced", "less", "too much announced", "endless", "endless chunks", "short", "broken"],
)
async def test_no_length_is_believed(
    headers: str, chunk: bytes, repeats: int | None, error: type[MatrixError] | tuple[type[MatrixError], ...]
) -> None:
    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 200 OK\r\n{headers}\r\n\r\n".encode())
        for _ in itertools.count() if repeats is None else range(repeats):
            writer.write(chunk)
            await writer.drain()  # raises once nobody reads on, without which the test would not end

    async with talking(answer) as media:
        with pytest.raises(error):
            await media.download(at("media1"), limit_bytes=60_000, deadline=SOON)


async def test_a_file_that_never_comes_is_given_up() -> None:
    gone = asyncio.Event()

    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbeginning")
        await gone.wait()

    async with talking(answer) as media:
        with pytest.raises(Unavailable):
            await media.download(at("media1"), limit_bytes=60_000, deadline=timedelta(seconds=0.3))
        gone.set()


async def test_a_counter_that_runs_over_is_refused(odd: tuple[Odd, Media]) -> None:
    server, media = odd
    server.files["media1"] = bytes(33)  # three blocks
    named = replace(EncryptedFile.of(FILE), sha256=hashlib.sha256(bytes(33)).digest())
    for last in (2, 3):
        file = replace(named, iv=bytes(8) + (2**64 - last).to_bytes(8, "big"))
        if last == 3:
            assert len((await media.download(file, limit_bytes=LIMIT, deadline=SOON)).data) == 33
        else:
            with pytest.raises(Malformed):
                await media.download(file, limit_bytes=LIMIT, deadline=SOON)


async def test_a_picture_is_measured_and_a_bomb_is_refused(odd: tuple[Odd, Media]) -> None:
    server, media = odd
    server.files["media1"], file = encrypted(png(640, 480))
    fetched = await media.download(EncryptedFile.of(file), limit_bytes=LIMIT, deadline=SOON)
    assert (fetched.content_type, fetched.picture) == ("image/png", PictureSize(640, 480))
    server.files["media1"], file = encrypted(png(60_000, 60_000))
    with pytest.raises(TooManyPixels):
        await media.download(EncryptedFile.of(file), limit_bytes=LIMIT, deadline=SOON)
