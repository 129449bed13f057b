"""Files: what a message says of one, what the homeserver answers, what the bytes are."""

import asyncio
import gzip
import hashlib
import io
import itertools
import json
import struct
import zipfile
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nio.crypto.attachments import decrypt_attachment, encrypt_attachment

from bot.matrix.http import Http
from bot.matrix.interface import LoggedOut, MatrixError, Rejected, Throttled, Unavailable
from bot.matrix.media import (
    FILE_TYPES,
    MOST_PIXELS,
    UNKNOWN,
    Attachment,
    Elsewhere,
    EncryptedFile,
    HashMismatch,
    Malformed,
    Media,
    NotFound,
    PictureSize,
    TooLarge,
    TooManyPixels,
    Unencrypted,
    clean_name,
    content_of,
    contradicts,
    picture_size,
    recognise,
)

SOON = timedelta(seconds=10)
LIMIT = 1_000_000


def encrypted(data: bytes, place: str = "localhost/media1") -> tuple[bytes, dict[str, Any]]:
    """Encrypt with the other implementation; return ciphertext and the `file` of a message."""
    ciphertext, keys = encrypt_attachment(data)
    return ciphertext, {**keys, "url": f"mxc://{place}"}


FILE = encrypted(b"the bill of lading")[1]


def message(**changes: Any) -> dict[str, Any]:
    info = {"mimetype": "application/pdf", "size": 18}
    content = {"msgtype": "m.file", "body": "lading.pdf", "file": FILE, "info": info, **changes}
    return {key: value for key, value in content.items() if value is not None}


# What a message says


def test_a_message_says_where_the_file_is_and_how_it_opens() -> None:
    attachment = Attachment.of(message())
    assert (attachment.name, attachment.declared_type, attachment.declared_bytes) == (
        "lading.pdf",
        "application/pdf",
        18,
    )
    assert (attachment.file.url, attachment.caption) == ("mxc://localhost/media1", None)
    assert attachment.file.content() == FILE
    assert repr(attachment.file.key) not in repr(attachment), "a key in a log opens the file"


@pytest.mark.parametrize("msgtype", FILE_TYPES)
def test_a_body_beside_a_file_name_is_a_caption(msgtype: str) -> None:
    attachment = Attachment.of(message(msgtype=msgtype, filename="P1.jpg", body="seal\u202e broken\0\nsee left"))
    assert (attachment.name, attachment.caption) == ("P1.jpg", "seal broken\nsee left")
    assert Attachment.of(message(filename="P1.jpg", body="P1.jpg")).caption is None


@pytest.mark.parametrize(
    "content",
    [message(file=None, url="mxc://localhost/plain"), message(url="mxc://localhost/plain")],
    ids=["alone", "beside"],
)
def test_an_unencrypted_file_is_refused(content: dict[str, Any]) -> None:
    with pytest.raises(Unencrypted):
        Attachment.of(content)


def changed(path: str, value: Any) -> dict[str, Any]:
    """Return FILE with one thing changed; None takes it out."""
    file: dict[str, Any] = json.loads(json.dumps(FILE))
    *way, last = path.split(".")
    inner = file
    for step in way:
        inner = inner[step]
    inner[last] = value
    if value is None:
        del inner[last]
    return file


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("v", "v1"),
        ("v", None),
        ("url", None),
        ("url", "https://elsewhere.example/media1"),
        ("url", "mxc://localhost/../../v3/logout"),
        ("url", "mxc://../logout"),
        ("url", "mxc://localhost/a?b=c"),
        ("url", "mxc://localhost/a\n"),
        ("url", "mxc://local host/a"),
        ("url", "mxc://localhost/"),
        ("url", ["mxc://localhost/a"]),
        ("key", None),
        ("key.alg", "A128CTR"),
        ("key.kty", "RSA"),
        ("key.ext", "true"),
        ("key.key_ops", ["encrypt"]),
        ("key.key_ops", "encrypt decrypt"),
        ("key.k", "c2hvcnQ"),
        ("key.k", "+" * 43),
        ("key.k", 7),
        ("iv", "c2hvcnQ"),
        ("iv", "A" * 21 + "B"),  # bits that belong to no byte
        ("hashes", {}),
        ("hashes.sha256", "A" * 42),
        ("hashes.sha256", "Ä" * 43),
    ],
)
def test_what_is_not_as_specified_is_refused(path: str, value: Any) -> None:
    with pytest.raises(Malformed) as refused:
        Attachment.of(message(file=changed(path, value)))
    assert type(refused.value) is Malformed


@pytest.mark.parametrize("content", [{}, {"msgtype": "m.text", "body": "x", "file": FILE}, message(file=None)])
def test_a_message_without_a_file_is_refused(content: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        Attachment.of(content)


@pytest.mark.parametrize("field", ["iv", "hashes.sha256", "key.k"])
def test_padding_is_taken_and_the_file_is_the_same(field: str) -> None:
    way = field.split(".")
    text = FILE[way[0]] if len(way) == 1 else FILE[way[0]][way[1]]
    padded = EncryptedFile.of(changed(field, text + "=" * (-len(text) % 4)))
    assert padded == EncryptedFile.of(FILE)


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ama\\waste.docx", "waste.docx"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("a\0b\r\nc\u200b\u2066.pdf", "ab c.pdf"),
        ("  two   spaces .txt ", "two spaces .txt"),
        ("...", "file"),
        ("photos/", "file"),
        ("\ud800", "file"),
        ("", "file"),
        (None, "file"),
        (7, "file"),
        ("connaissement à vérifier №4.pdf", "connaissement à vérifier №4.pdf"),
        ("x" * 300 + ".jpeg", "x" * 115 + ".jpeg"),
        ("x" * 300, "x" * 120),
    ],
)
def test_a_name_is_a_name_and_nothing_else(said: Any, name: str) -> None:
    assert clean_name(said) == name


@given(st.text())
def test_a_clean_name_stays_as_it_is(said: str) -> None:
    name = clean_name(said)
    assert clean_name(name) == name
    assert 0 < len(name) <= 120
    assert not set(name) & set("/\\\0\n\r\u202e\u2067\u200f")


@pytest.mark.parametrize(
    ("info", "declared"),
    [
        ({"mimetype": "Image/JPEG; q=1", "size": 3}, ("image/jpeg", 3)),
        ({"mimetype": "image", "size": -1}, (None, None)),
        ({"mimetype": "image/<b>", "size": True}, (None, None)),
        ({"mimetype": 7, "size": 2.5}, (None, None)),
        ({"size": 2**60}, (None, None)),
        ("large", (None, None)),
        (None, (None, None)),
    ],
)
def test_type_and_size_are_taken_when_they_can_be_such(info: Any, declared: tuple[str | None, int | None]) -> None:
    attachment = Attachment.of(message(info=info))
    assert (attachment.declared_type, attachment.declared_bytes) == declared


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
PATHS = ["v", "url", "key", "key.k", "key.alg", "key.kty", "key.ext", "key.key_ops", "iv", "hashes", "hashes.sha256"]


@given(st.sampled_from([*PATHS, "file"]), JSON)
def test_whatever_stands_in_a_message_is_parsed_or_refused(path: str, value: Any) -> None:
    file = value if path == "file" else changed(path, value)
    try:
        parsed = EncryptedFile.of(file)
    except Malformed:
        return
    assert EncryptedFile.of(parsed.content()) == parsed


@given(st.dictionaries(st.sampled_from(["msgtype", "body", "filename", "file", "info", "url"]), JSON))
def test_whatever_a_message_is_it_is_parsed_or_refused(content: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        Attachment.of(content)  # no random JSON holds a whole encrypted file
    try:
        attachment = Attachment.of({**content, "msgtype": "m.file", "file": FILE})
    except Unencrypted:
        assert content.get("url") is not None
    else:
        assert attachment.name


# What a message is made of


def test_a_file_is_sent_as_it_was_received() -> None:
    received = Attachment.of(message(filename="lading.pdf", body="page 1"))
    content = content_of(received.file, received.name, size_bytes=18, content_type="application/pdf", caption="page 1")
    assert content["file"] == FILE
    assert content["info"] == {"size": 18, "mimetype": "application/pdf"}
    assert (content["msgtype"], content["m.mentions"]) == ("m.file", {})
    assert Attachment.of(content) == received


@pytest.mark.parametrize(
    ("kind", "size", "msgtype"),
    [
        ("image/png", PictureSize(3, 4), "m.image"),
        ("image/png", None, "m.file"),
        ("image/heic", PictureSize(3, 4), "m.file"),
        ("image/svg+xml", PictureSize(3, 4), "m.file"),
        ("video/mp4", None, "m.file"),
    ],
)
def test_what_members_clients_can_show_is_sent_as_a_picture(kind: str, size: PictureSize | None, msgtype: str) -> None:
    content = content_of(EncryptedFile.of(FILE), "a/b.png", size_bytes=9, content_type=kind, picture=size)
    assert (content["msgtype"], content["body"], content["filename"]) == (msgtype, "b.png", "b.png")
    assert ("w" in content["info"]) == (msgtype == "m.image")
    if msgtype == "m.image":
        assert (content["info"]["w"], content["info"]["h"]) == (3, 4)


# What the homeserver answers


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


@pytest.fixture
async def odd() -> AsyncIterator[tuple[Odd, Media]]:
    odd, app = Odd(), web.Application(client_max_size=10_000_000)
    for version in ("client/v1/media", "media/v3"):
        app.router.add_get(f"/_matrix/{version}/download/localhost/{{id}}", odd.download)
    app.router.add_get("/_matrix/client/v1/media/config", odd.config)
    app.router.add_post("/_matrix/media/v3/upload", odd.upload)
    async with TestServer(app) as server, Http(str(server.make_url("")), token="t0ken", sleep=at_once) as http:
        yield odd, Media(http)


def at(media_id: str) -> EncryptedFile:
    return replace(EncryptedFile.of(FILE), media_id=media_id)


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


# What the bytes are


def png(width: int, height: int) -> bytes:
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))


def jpeg(width: int, height: int, *, sof: int = 0xC0) -> bytes:
    exif = b"\xff\xe1\x00\x08Exif\0\0"
    table = b"\xff\xc4\x00\x04\0\0"
    return b"\xff\xd8" + exif + b"\xff" + table + struct.pack(">BBHBHHB", 0xFF, sof, 11, 8, height, width, 1)


def gif(width: int, height: int) -> bytes:
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0, 0, 0)


def webp(width: int, height: int, kind: bytes = b"VP8X") -> bytes:
    match kind:
        case b"VP8X":
            chunk = bytes(4) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
        case b"VP8L":
            chunk = b"\x2f" + ((width - 1) | (height - 1) << 14).to_bytes(4, "little")
        case _:
            chunk = b"\0\0\0\x9d\x01\x2a" + struct.pack("<HH", width, height)
    return b"RIFF" + struct.pack("<I", 12 + len(chunk)) + b"WEBP" + kind + struct.pack("<I", len(chunk)) + chunk


def tiff(width: int, height: int, order: str = "<") -> bytes:
    entries = struct.pack(order + "HHII", 254, 4, 1, 0) + struct.pack(order + "HHII", 256, 4, 1, width)
    entries += struct.pack(order + "HHIHH", 257, 3, 1, height, 0)
    head = b"II*\0" if order == "<" else b"MM\0*"
    return head + struct.pack(order + "I", 8) + struct.pack(order + "H", 3) + entries + bytes(4)


def box(kind: bytes, *inside: bytes) -> bytes:
    content = b"".join(inside)
    return struct.pack(">I", 8 + len(content)) + kind + content


def ftyp(major: bytes, *compatible: bytes) -> bytes:
    return box(b"ftyp", major, bytes(4), *compatible)


def heic(width: int, height: int) -> bytes:
    sizes = [box(b"ispe", bytes(4), struct.pack(">II", *size)) for size in ((512, 512), (width, height))]
    properties = box(b"iprp", box(b"ipco", box(b"hvcC", bytes(20)), *sizes), box(b"ipma", bytes(8)))
    return ftyp(b"heic", b"mif1") + box(b"meta", bytes(4), box(b"hdlr", bytes(25)), properties)


def zipped(*names: str, stored: bytes = b"x") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, stored)
    return out.getvalue()


def ole(*names: str, others: int = 0) -> bytes:
    """A compound file whose root holds streams of these names, after `others` in deeper storages."""
    entries = [("Root Entry", 1)] + [(name, 2) for name in names]
    directory = b""
    for number, (name, _) in enumerate(entries + [("WordDocument", 3)] * others):
        text = (name + "\0").encode("utf-16-le")
        right = number + 1 if 0 < number < len(names) else 0xFFFFFFFF
        child = 1 if number == 0 and names else 0xFFFFFFFF
        directory += text.ljust(64, b"\0") + struct.pack("<HBBIII", len(text), 1, 1, 0xFFFFFFFF, right, child)
        directory += bytes(128 - 80)
    directory += bytes(-len(directory) % 512)
    sectors = len(directory) // 512
    # Sector 0 is the table; the directory lies in the sectors after it, in reverse, so that only the table leads on.
    blocks = [directory[at : at + 512] for at in range(0, len(directory), 512)]
    follows = {sectors - number: sectors - number - 1 for number in range(sectors - 1)}
    table = b"".join(struct.pack("<I", follows.get(sector, 0xFFFFFFFE)) for sector in range(128))
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
    head = head.ljust(48, b"\0") + struct.pack("<I", sectors)
    head = head.ljust(76, b"\0") + struct.pack("<I", 0) + b"\xff" * 432
    return head + table + b"".join(reversed(blocks))


MP3_FRAME = b"\xff\xfb\x90\x00" + bytes(413)  # 128 kbit/s, 44.1 kHz: 417 bytes
OOXML = "application/vnd.openxmlformats-officedocument."
SAMPLES: dict[str, tuple[bytes, str]] = {
    "jpeg": (jpeg(4, 3), "image/jpeg"),
    "png": (png(4, 3), "image/png"),
    "gif": (gif(4, 3), "image/gif"),
    "webp": (webp(4, 3), "image/webp"),
    "tiff": (tiff(4, 3), "image/tiff"),
    "tiff, big-endian": (tiff(4, 3, ">"), "image/tiff"),
    "heic": (heic(4, 3), "image/heic"),
    "heif of a telephone": (ftyp(b"mif1", b"mif1", b"heic"), "image/heic"),
    "heif": (ftyp(b"mif1", b"miaf"), "image/heif"),
    "avif": (ftyp(b"avif", b"mif1"), "image/avif"),
    "pdf": (b"%PDF-1.7\n\0\0", "application/pdf"),
    "pdf after blanks": (b"\xef\xbb\xbf\r\n%PDF-1.4\n", "application/pdf"),
    "zip": (zipped("a.txt"), "application/zip"),
    "empty zip": (zipped(), "application/zip"),
    "docx": (zipped("[Content_Types].xml", "word/document.xml"), OOXML + "wordprocessingml.document"),
    "xlsx": (zipped("xl/workbook.xml", "[Content_Types].xml"), OOXML + "spreadsheetml.sheet"),
    "pptx": (zipped("[Content_Types].xml", "ppt/presentation.xml"), OOXML + "presentationml.presentation"),
    "docm": (
        zipped("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"),
        "application/vnd.ms-word.document.macroenabled.12",
    ),
    "no docx": (zipped("word/document.xml"), "application/zip"),
    "odt": (
        zipped("mimetype", stored=b"application/vnd.oasis.opendocument.text"),
        "application/vnd.oasis.opendocument.text",
    ),
    "doc": (ole("1Table", "WordDocument"), "application/msword"),
    "xls": (ole("Workbook"), "application/vnd.ms-excel"),
    "xls with a doc inside": (ole("a", "b", "c", "d", "Book", others=3), "application/vnd.ms-excel"),
    "msg": (ole("__properties_version1.0"), "application/vnd.ms-outlook"),
    "some compound file": (ole(), "application/x-ole-storage"),
    "mp4": (ftyp(b"isom", b"mp41"), "video/mp4"),
    "3gp": (ftyp(b"3gp4"), "video/3gpp"),
    "m4a": (ftyp(b"M4A "), "audio/mp4"),
    "mov": (ftyp(b"qt  "), "video/quicktime"),
    "old mov": (box(b"wide") + box(b"mdat"), "video/quicktime"),
    "mp3 with a tag": (b"ID3\x04\0\0\0\0\0\0", "audio/mpeg"),
    "mp3": (MP3_FRAME * 2, "audio/mpeg"),
    "one frame alone": (MP3_FRAME, UNKNOWN),
    "ogg": (b"OggS" + bytes(24) + b"OpusHead", "audio/ogg"),
    "ogg video": (b"OggS" + bytes(24) + b"\x80theora", "video/ogg"),
    "webm": (b"\x1aE\xdf\xa3\x9f\x42\x82\x84webm", "video/webm"),
    "wav": (b"RIFF\x24\0\0\0WAVEfmt ", "audio/wav"),
    "rtf": (b"{\\rtf1 x}", "application/rtf"),
    "program": (b"MZ" + bytes(58) + b"\x40\0\0\0PE\0\0", "application/vnd.microsoft.portable-executable"),
    "text like a program": (b"MZ 12 arrived", "text/plain"),
    "elf": (b"\x7fELF\x02", "application/x-executable"),
    "text": ("conteneur arrivé à Tema".encode(), "text/plain"),
    "text with commas": (b"Dear all, two containers, both full.\nThanks", "text/plain"),
    "old text": ("arrivé à Tema".encode("cp1252"), "text/plain"),
    "utf-16": ("arrivé".encode("utf-16"), "text/plain"),
    "csv": (b"container,port\r\nCSQU3054383,GHTEM\r\n", "text/csv"),
    "csv with quotes": (b'a,b\n"1,5","x\ny"\n', "text/csv"),
    "csv of a comma country": (b"\xef\xbb\xbfport;tonnes\nGHTEM;1,5\n", "text/csv"),
    "csv in utf-16": ("a;b\n1;2\n".encode("utf-16"), "text/csv"),
    "long csv": (b"container,port\n" + b"CSQU3054383,GHTEM\n" * 10_000, "text/csv"),
    "tsv": (b"a\tb\n1\t2\n", "text/tab-separated-values"),
    "empty": (b"", UNKNOWN),
    "noise": (b"\x00\x01\x02\x03", UNKNOWN),
    "noise after text": (b"text " * 50_000 + b"\0", UNKNOWN),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_content_says_what_it_is(name: str) -> None:
    data, kind = SAMPLES[name]
    assert recognise(data) == kind
    assert not contradicts(kind, recognise(data))


@pytest.mark.parametrize(
    ("declared", "found"),
    [
        (None, "image/jpeg"),
        ("application/octet-stream", "image/jpeg"),
        ("image/jpg", "image/jpeg"),
        ("video/mp4", "video/quicktime"),
        ("audio/x-m4a", "video/mp4"),
        ("image/heif", "image/heic"),
        ("application/vnd.ms-excel", "text/csv"),
        ("application/json", "text/plain"),
        ("message/rfc822", "text/plain"),
        ("image/svg+xml", "text/plain"),
        ("application/x-zip-compressed", OOXML + "wordprocessingml.document"),
        ("application/zip", "application/vnd.oasis.opendocument.text"),
        ("application/x-ole-storage", "application/msword"),
        ("application/vnd.google-earth.kmz", "application/zip"),
        ("model/stl", UNKNOWN),
    ],
)
def test_what_may_both_be_true_is_no_contradiction(declared: str | None, found: str) -> None:
    assert not contradicts(declared, found)


@pytest.mark.parametrize(
    ("declared", "found"),
    [
        ("image/jpeg", "image/png"),
        ("image/jpeg", UNKNOWN),
        ("image/jpeg", "application/vnd.microsoft.portable-executable"),
        ("application/pdf", "text/plain"),
        ("application/pdf", UNKNOWN),
        ("text/plain", UNKNOWN),
        ("text/plain", "application/zip"),
        ("application/msword", "application/vnd.ms-excel"),
        (OOXML + "wordprocessingml.document", "application/vnd.ms-word.document.macroenabled.12"),
        (OOXML + "wordprocessingml.document", "application/zip"),
        ("model/stl", "application/pdf"),
        ("application/vnd.ms-excel", "text/plain"),
    ],
)
def test_a_declaration_that_the_content_denies_is_said(declared: str, found: str) -> None:
    assert contradicts(declared, found)


PICTURES: dict[str, Callable[[int, int], bytes]] = {
    "png": png,
    "jpeg": jpeg,
    "progressive jpeg": lambda w, h: jpeg(w, h, sof=0xC2),
    "gif": gif,
    "webp": webp,
    "webp, lossless": lambda w, h: webp(w, h, b"VP8L"),
    "webp, lossy": lambda w, h: webp(w, h, b"VP8 "),
    "tiff": tiff,
    "tiff, big-endian": lambda w, h: tiff(w, h, ">"),
    "heic": heic,
}


@pytest.mark.parametrize("make", PICTURES.values(), ids=PICTURES)
def test_the_size_of_a_picture_is_in_its_header(make: Callable[[int, int], bytes]) -> None:
    data = make(1920, 1081)
    kind = recognise(data)
    assert picture_size(data, kind) == PictureSize(1920, 1081)
    assert picture_size(data, kind, most_pixels=1920 * 1081) is not None
    with pytest.raises(TooManyPixels) as many:
        picture_size(data, kind, most_pixels=1920 * 1081 - 1)
    assert (many.value.width, many.value.height) == (1920, 1081)
    for end in range(8, len(data)):
        picture_size(data[:end], kind)  # cut anywhere, it is another size or none, and no error


NO_LENGTH = b"\xff\xd8\xff\xe1\x00\x00" + jpeg(4, 3)[2:]


@pytest.mark.parametrize("data", [png(0, 5), jpeg(5, 0), gif(0, 0), tiff(0, 1), NO_LENGTH, b"\xff\xd8\xff" * 99])
def test_a_picture_without_a_size_has_none(data: bytes) -> None:
    assert picture_size(data, recognise(data)) is None


def test_other_files_are_no_pictures() -> None:
    assert picture_size(png(4, 3), "application/pdf") is None


@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(sorted(SAMPLES)), st.data())
def test_no_hostile_bytes_raise(name: str, drawn: st.DataObject) -> None:
    start = SAMPLES[name][0][:2_000]
    data = bytearray(start[: drawn.draw(st.integers(0, len(start)))] + drawn.draw(st.binary(max_size=200)))
    for place, value in drawn.draw(
        st.lists(st.tuples(st.integers(0, 400), st.sampled_from([0, 1, 127, 255])), max_size=8)
    ):
        if place < len(data):
            data[place] = value
    kind = recognise(bytes(data))
    assert kind == kind.lower()
    assert not contradicts(kind, kind)
    for read_as in (kind, *{made for _, made in SAMPLES.values() if made.startswith("image/")}):
        try:
            size = picture_size(bytes(data), read_as)
        except TooManyPixels:
            continue
        assert size is None or 0 < size.width * size.height <= MOST_PIXELS


@given(st.binary(max_size=600))
def test_random_bytes_are_something_or_unknown(data: bytes) -> None:
    assert recognise(data).count("/") == 1


def test_a_long_directory_is_read_in_bounded_steps() -> None:
    """Each of these asks a reader to go round for ever, or through millions of entries."""
    circle = bytearray(ole("a", "b", "c", "d", "e"))
    circle[512 + 4 : 512 + 12] = struct.pack("<II", 2, 1)  # two sectors that follow each other
    assert recognise(bytes(circle)) == "application/x-ole-storage"
    family = bytearray(ole("a", "b"))
    family[1024 + 128 + 72 : 1024 + 128 + 76] = struct.pack("<I", 1)  # a sibling of itself
    assert recognise(bytes(family)) == "application/x-ole-storage"
    small = bytearray(ole().ljust(4096, b"\0"))
    small[30], small[48], small[68] = 6, 1, 1  # sectors too short for an entry, of which the first follows itself
    assert recognise(bytes(small)) == "application/x-ole-storage"
    archive = zipped(*(f"{n}" for n in range(2_100)), "[Content_Types].xml", "word/document.xml")
    assert recognise(archive) == "application/zip"
    assert picture_size(b"\xff\xd8" + b"\xff\xe1\x00\x02" * 10_000 + jpeg(4, 3)[2:], "image/jpeg") is None
    assert picture_size(b"\xff\xd8" + b"\xff\xe1\x00\x02" * 100 + jpeg(4, 3)[2:], "image/jpeg") == PictureSize(4, 3)
