"""Files between the bot and a member's client with an encryption of its own, through a real homeserver."""

import hashlib
import io
import struct
import zlib
from dataclasses import replace
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from nio import UploadResponse
from nio.crypto.attachments import decrypt_attachment

from bot.demo.member import MemberClient
from bot.matrix.http import Http
from bot.matrix.interface import LoggedOut, Rejected, Unavailable
from bot.matrix.media import (
    Attachment,
    EncryptedFile,
    HashMismatch,
    Media,
    NotFound,
    PictureSize,
    TooLarge,
    content_of,
    contradicts,
)
from tests.integration.conftest import NewMember
from tests.integration.matrix.running import Start, together

SOON = timedelta(seconds=30)
LIMIT = 25_000_000


def png(width: int, height: int) -> bytes:
    """A whole picture, of one colour."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + bytes(width)) * height)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


async def puts(member: MemberClient, data: bytes) -> dict[str, Any]:
    """Upload as a member's client does; return the `file` of a message."""
    answer, keys = await member.client.upload(io.BytesIO(data), encrypt=True, filesize=len(data))
    assert isinstance(answer, UploadResponse)
    assert keys is not None
    return {**keys, "url": answer.content_uri}


async def reads(member: MemberClient, file: dict[str, Any]) -> bytes:
    """Fetch as a member's client does, and decrypt by the other implementation."""
    place = file["url"].removeprefix("mxc://")
    address = f"{member.client.homeserver}/_matrix/client/v1/media/download/{place}"
    headers = {"Authorization": f"Bearer {member.client.access_token}"}
    async with aiohttp.ClientSession() as session, session.get(address, headers=headers) as answer:
        assert answer.status == 200
        data = decrypt_attachment(await answer.read(), file["key"]["k"], file["hashes"]["sha256"], file["iv"])
        assert isinstance(data, bytes)
        return data


async def test_a_members_photo_is_read_and_forwarded_without_another_upload(start: Start, member: NewMember) -> None:
    photo = png(300, 200)
    async with together(start, member) as (bot, ghana, room):
        media = Media(bot.gateway._http)
        # A document by its words, a photo by its bytes.
        info = {"mimetype": "application/pdf", "size": 1}
        said = {"msgtype": "m.file", "body": "../seal.png", "file": await puts(ghana, photo), "info": info}
        await ghana.send_raw(room, "m.room.message", said)
        attachment = Attachment.of((await ghana.hears(room, "../seal.png", own=True)).content)
        fetched = await media.download(attachment.file, limit_bytes=LIMIT, deadline=SOON)
        assert (fetched.data, fetched.sha256) == (photo, hashlib.sha256(photo).hexdigest())
        assert (fetched.content_type, fetched.picture) == ("image/png", PictureSize(300, 200))
        assert contradicts(attachment.declared_type, fetched.content_type)

        forwarded = content_of(
            attachment.file,
            attachment.name,
            size_bytes=len(fetched.data),
            content_type=fetched.content_type,
            picture=fetched.picture,
        )
        await bot.gateway.send(room, forwarded, "row-1")
        heard = await ghana.hears(room, "seal.png", by=start.user)
        assert (heard.msgtype, heard.content["file"], heard.encrypted) == ("m.image", said["file"], True)
        assert await reads(ghana, heard.content["file"]) == photo


async def test_a_member_reads_what_the_bot_uploads(start: Start, member: NewMember) -> None:
    record = b"%PDF-1.7\n" + bytes(range(256)) * 20_000
    async with together(start, member) as (bot, ghana, room):
        media = Media(bot.gateway._http)
        file = await media.upload(record)
        content = content_of(file, "alert-7.pdf", size_bytes=len(record), content_type="application/pdf")
        await bot.gateway.send(room, content, "row-1")
        heard = await ghana.hears(room, "alert-7.pdf")
        assert (heard.msgtype, heard.content["info"]["size"]) == ("m.file", len(record))
        assert await reads(ghana, heard.content["file"]) == record
        again = await media.download(EncryptedFile.of(heard.content["file"]), limit_bytes=LIMIT, deadline=SOON)
        assert again.data == record


async def test_what_the_homeserver_does_not_have_or_give(member: NewMember) -> None:
    ghana = await member("ghana")
    file = EncryptedFile.of(await puts(ghana, b"lading"))
    async with Http(ghana.client.homeserver, token=ghana.client.access_token) as http:
        media = Media(http)
        assert (await media.download(file, limit_bytes=6, deadline=SOON)).data == b"lading"
        with pytest.raises(TooLarge):
            await media.download(file, limit_bytes=5, deadline=SOON)
        with pytest.raises(HashMismatch):
            await media.download(replace(file, sha256=bytes(32)), limit_bytes=LIMIT, deadline=SOON)
        for place in (replace(file, media_id="nothing"), replace(file, server="unreachable.invalid")):
            with pytest.raises(NotFound):
                await media.download(place, limit_bytes=LIMIT, deadline=SOON)
    async with Http(ghana.client.homeserver, token="not a token") as http:
        with pytest.raises(LoggedOut):
            await Media(http).download(file, limit_bytes=LIMIT, deadline=SOON)


async def test_the_homeservers_own_limit_is_a_clear_error(member: NewMember) -> None:
    ghana = await member("ghana")
    async with Http(ghana.client.homeserver, token=ghana.client.access_token) as http:
        media = Media(http)
        limit = await media.upload_limit(deadline=SOON)
        assert limit is not None
        with pytest.raises(TooLarge) as known:
            await media.upload(bytes(limit + 1))
        assert known.value.limit_bytes == limit
        media._limit = None  # as if it had not said so: the homeserver refuses, or hangs up before that can be read
        with pytest.raises(TooLarge) as refused:
            await media.upload(bytes(limit + 1))
        assert refused.value.limit_bytes == limit
        assert isinstance(refused.value.__cause__, Rejected | Unavailable)
