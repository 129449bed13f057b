"""Fetching and sending encrypted files, through the homeserver and nowhere else."""

import asyncio
import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import structlog
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR

from bot.matrix.http import AnswerTooLong, Http, escaped
from bot.matrix.interface import MatrixError, Rejected, Unavailable
from bot.matrix.media.errors import Elsewhere, HashMismatch, Malformed, NotFound, TooLarge
from bot.matrix.media.files import EncryptedFile
from bot.matrix.media.kinds import UNKNOWN, recognise
from bot.matrix.media.pictures import MOST_PIXELS, PictureSize, picture_size

_DOWNLOAD = "/_matrix/client/v1/media/download"
_DOWNLOAD_BEFORE = "/_matrix/media/v3/download"  # until version 1.11 of the specification
_UPLOAD = "/_matrix/media/v3/upload"
_CONFIG = "/_matrix/client/v1/media/config"
_UPLOAD_WITHIN = timedelta(minutes=2)
_BLOCK = 16  # bytes, AES
_BLOCKS = 1 << 64

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Downloaded:
    """A file as its sender encrypted it, checked and opened."""

    data: bytes = field(repr=False)
    sha256: str
    """Of the plaintext, in lower case hexadecimal: what two people compare who hold the file."""
    content_type: str
    """What the content shows; UNKNOWN when it shows nothing known. See `contradicts` for what was declared."""
    picture: PictureSize | None
    """None for what is no picture, or has no readable header."""


class Media:
    """Encrypted files on the homeserver. Every method raises MatrixError and nothing else."""

    def __init__(self, http: Http) -> None:
        self._http = http
        self._limit: int | None = None
        self._asked_limit = False

    async def download(
        self,
        file: EncryptedFile,
        *,
        limit_bytes: int,
        deadline: timedelta,
        most_pixels: int = MOST_PIXELS,
    ) -> Downloaded:
        """Fetch a file, check that it is the one the message names, open it and look what it is.

        Never more than `limit_bytes` are taken, whatever length the homeserver announces; `deadline` is for all of it.
        The file is held in memory, twice for a moment.

        Raises:
            TooLarge, TooManyPixels: it is above a limit.
            NotFound, Elsewhere: the homeserver does not give it.
            HashMismatch: it gave something else.
            Malformed: the counter of the encryption starts where clients disagree on how it goes on.
            Unavailable, Throttled, LoggedOut, Rejected: as for every request; the first two are worth another try.
        """
        try:
            async with asyncio.timeout(deadline.total_seconds()):
                ciphertext = await self._fetch(file, limit_bytes, deadline)
                return await asyncio.to_thread(_opened, file, ciphertext, most_pixels)
        except TimeoutError as late:
            raise Unavailable("the file did not come in time") from late

    async def upload(self, data: bytes, *, deadline: timedelta = _UPLOAD_WITHIN) -> EncryptedFile:
        """Encrypt a file under a key of its own and put it on the homeserver, which learns its length and nothing else.

        Raises:
            TooLarge: the homeserver does not take so much.
            Unavailable, Throttled, LoggedOut, Rejected: as for every request. After another try a file that was
                uploaded before stays on the homeserver, unreadable.
        """
        try:
            async with asyncio.timeout(deadline.total_seconds()):
                limit = await self.upload_limit(deadline=deadline)
                if limit is not None and len(data) > limit:
                    raise TooLarge(limit)
                # The lower half of the counter starts at zero, as the specification asks, and never runs over.
                key, iv = secrets.token_bytes(32), secrets.token_bytes(8) + bytes(8)
                ciphertext, digest = await asyncio.to_thread(_closed, data, key, iv)
                told = await self._put(ciphertext, deadline)
        except TimeoutError as late:
            raise Unavailable("the file was not taken in time") from late
        address = told.get("content_uri") if isinstance(told, dict) else None
        place = EncryptedFile.place(address)
        if place is None:
            raise Unavailable("the homeserver took a file and did not say where it is")
        return EncryptedFile(*place, key=key, iv=iv, sha256=digest)

    async def upload_limit(self, *, deadline: timedelta) -> int | None:
        """Return how many bytes of a file the homeserver takes, None when it does not say.

        It is asked once, and again after an upload that failed.

        Raises:
            Unavailable, Throttled, LoggedOut: as for every request.
        """
        if not self._asked_limit:
            try:
                told = await self._http.request("GET", _CONFIG, deadline=deadline)
            except Rejected as refused:
                log.info("media.limit_unknown", status=refused.status, errcode=refused.errcode)
                told = None
            size = told.get("m.upload.size") if isinstance(told, dict) else None
            self._limit = size if isinstance(size, int) and not isinstance(size, bool) and size >= 0 else None
            self._asked_limit = True
        return self._limit

    async def _put(self, ciphertext: bytes, deadline: timedelta) -> Any:
        """Upload, and if that fails see whether the size was why."""
        try:
            return await self._http.upload(_UPLOAD, ciphertext, content_type=UNKNOWN, deadline=deadline)
        except Rejected as refused:
            if refused.status != 413 and refused.errcode != "M_TOO_LARGE":
                raise
            self._asked_limit = (
                False  # it was another when it was asked for, or something before the homeserver has one
            )
            limit = await self.upload_limit(deadline=deadline)
            raise TooLarge(limit if limit is not None and len(ciphertext) > limit else None) from refused
        except Unavailable as cut:
            # A homeserver may hang up on what it will not take before its 413 can be read.
            self._asked_limit = False
            limit = await self.upload_limit(deadline=deadline)
            if limit is not None and len(ciphertext) > limit:
                raise TooLarge(limit) from cut
            raise

    async def _fetch(self, file: EncryptedFile, limit: int, deadline: timedelta) -> bytearray:
        place = escaped(file.server, file.media_id)
        try:
            try:
                return await self._http.fetch(f"{_DOWNLOAD}/{place}", limit_bytes=limit, deadline=deadline)
            except Rejected as refused:
                if refused.errcode != "M_UNRECOGNIZED":
                    raise
                return await self._http.fetch(f"{_DOWNLOAD_BEFORE}/{place}", limit_bytes=limit, deadline=deadline)
        except AnswerTooLong as long:
            raise TooLarge(limit) from long
        except Rejected as refused:
            raise _why(refused) from refused


def _why(refused: Rejected) -> MatrixError:
    if refused.status in {403, 404} and refused.errcode != "M_UNRECOGNIZED":
        return NotFound()
    if refused.errcode == "M_TOO_LARGE":  # of a file on another homeserver, which ours did not fetch
        return TooLarge(None)
    return Elsewhere() if refused.status < 400 else refused


def _opened(file: EncryptedFile, ciphertext: bytearray, most_pixels: int) -> Downloaded:
    if hashlib.sha256(ciphertext).digest() != file.sha256:
        raise HashMismatch
    # Some clients count in 64 bits and some in 128: past this point they would see different files.
    if int.from_bytes(file.iv[8:], "big") + -(-len(ciphertext) // _BLOCK) > _BLOCKS:
        raise Malformed("iv: the counter runs over")
    data = Cipher(AES(file.key), CTR(file.iv)).decryptor().update(ciphertext)
    kind = recognise(data)
    picture = picture_size(data, kind, most_pixels=most_pixels)
    return Downloaded(data, hashlib.sha256(data).hexdigest(), kind, picture)


def _closed(data: bytes, key: bytes, iv: bytes) -> tuple[bytes, bytes]:
    """Return the ciphertext and its SHA-256."""
    ciphertext = Cipher(AES(key), CTR(iv)).encryptor().update(data)
    return ciphertext, hashlib.sha256(ciphertext).digest()
