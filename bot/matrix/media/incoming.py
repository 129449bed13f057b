"""Files that members send: what the rest of the bot is told of them, and their keys, which only this package opens.

Whoever holds the key of a file can read it for as long as the homeserver keeps it. So it leaves this package sealed,
bound to the message that it came with, and is written down only so.
"""

import base64
import binascii
import json
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bot.matrix.interface import CarriedFile, FileRefused, Rejected, SealedFile, SeenFile
from bot.matrix.media.errors import (
    Elsewhere,
    HashMismatch,
    Malformed,
    MediaError,
    NotFound,
    TooLarge,
    TooManyPixels,
    Unencrypted,
)
from bot.matrix.media.files import FILE_TYPES, Attachment, EncryptedFile, clean_name, content_of
from bot.matrix.media.kinds import contradicts
from bot.matrix.media.pictures import PictureSize
from bot.matrix.media.transfer import Media
from storage.files import FileFault
from storage.ids import EventId

_NONCE_BYTES = 12
_PROGRAMS = frozenset({"application/vnd.microsoft.portable-executable", "application/x-executable"})


class Seals:
    """Seals where a file is and how it opens with AES-256-GCM, under a key of 32 bytes from the operator's secret."""

    def __init__(self, key: bytes) -> None:
        self._box = AESGCM(key)

    def close(self, file: EncryptedFile, event_id: EventId) -> str:
        """Return text that only `open` reads, with the id of the same event."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        plain = json.dumps(file.content(), separators=(",", ":")).encode()
        return base64.b64encode(nonce + self._box.encrypt(nonce, plain, event_id.encode())).decode()

    def open(self, sealed: SealedFile) -> EncryptedFile:
        """Raises FileRefused: it was sealed under another secret, for another message, or it is damaged."""
        try:
            box = base64.b64decode(sealed.text, validate=True)
            plain = self._box.decrypt(box[:_NONCE_BYTES], box[_NONCE_BYTES:], sealed.event_id.encode())
            return EncryptedFile.of(json.loads(plain))
        except (InvalidTag, binascii.Error, ValueError, Malformed) as error:
            raise FileRefused(FileFault.MALFORMED) from error


class IncomingMedia:
    """What the gateway does with files that members send."""

    def __init__(self, media: Media, seals: Seals) -> None:
        self._media = media
        self._seals = seals

    def carried(self, content: Mapping[str, Any], event_id: EventId) -> CarriedFile | None:
        """Return what a message says of the file it carries, None when it carries none."""
        if content.get("msgtype") not in FILE_TYPES:
            return None
        try:
            told = Attachment.of(content)
        except Malformed as error:
            fault = FileFault.UNENCRYPTED if isinstance(error, Unencrypted) else FileFault.MALFORMED
            name, body = content.get("filename"), content.get("body")
            return CarriedFile(clean_name(name if isinstance(name, str) else body), fault=fault)
        sealed = self._seals.close(told.file, event_id)
        return CarriedFile(told.name, told.declared_type, told.declared_bytes, sealed)

    async def look_into(
        self, sealed: SealedFile, declared_type: str | None, *, limit_bytes: int, deadline: timedelta
    ) -> SeenFile:
        """See `bot.matrix.interface.Gateway.look_into`."""
        file = self._seals.open(sealed)
        try:
            fetched = await self._media.download(file, limit_bytes=limit_bytes, deadline=deadline)
        except MediaError as error:
            raise FileRefused(_fault(error)) from error
        except Rejected as error:
            raise FileRefused(FileFault.NOT_THERE) from error
        if fetched.content_type in _PROGRAMS:
            raise FileRefused(FileFault.PROGRAM)
        if contradicts(declared_type, fetched.content_type):
            raise FileRefused(FileFault.NOT_AS_DECLARED)
        pixels = (fetched.picture.width, fetched.picture.height) if fetched.picture is not None else None
        return SeenFile(fetched.sha256, len(fetched.data), fetched.content_type, pixels)

    def forwarded(self, sealed: SealedFile, name: str, seen: SeenFile, caption: str) -> dict[str, Any]:
        """See `bot.matrix.interface.Gateway.forwarded`."""
        return content_of(
            self._seals.open(sealed),
            name,
            size_bytes=seen.size_bytes,
            content_type=seen.content_type,
            picture=PictureSize(*seen.pixels) if seen.pixels is not None else None,
            caption=caption,
        )


def _fault(error: MediaError) -> FileFault:
    match error:
        case Unencrypted():
            return FileFault.UNENCRYPTED
        case Malformed():
            return FileFault.MALFORMED
        case TooLarge():
            return FileFault.TOO_LARGE
        case TooManyPixels():
            return FileFault.TOO_MANY_PIXELS
        case HashMismatch():
            return FileFault.WRONG_HASH
        case NotFound() | Elsewhere():
            return FileFault.NOT_THERE
        case _:
            return FileFault.MALFORMED
