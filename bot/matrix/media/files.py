"""What a message says of a file, parsed strictly, and the message that sends one. No I/O."""

import base64
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from bot.matrix.media.errors import Malformed, Unencrypted
from bot.matrix.media.pictures import PictureSize
from storage.reference.text import strip_controls

FILE_TYPES = ("m.file", "m.image", "m.video", "m.audio")
"""The values of `msgtype` under which a message carries a file; no set, as what a message says may be unhashable."""

# Matrix specification, "Matrix Content (mxc://) URIs": what is not of this alphabet is refused, so that no address can
# lead to another endpoint. A server name starts with a letter or digit, which keeps "." and ".." out of the path.
_MXC = re.compile(
    r"mxc://((?:[A-Za-z0-9][A-Za-z0-9.\-]{0,229}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?)/([A-Za-z0-9_\-]{1,255})"
)
_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+\-]{0,62}/[a-z0-9][a-z0-9!#$&^_.+\-]{0,126}")
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode categories of controls, of what reorders text, of halves of characters, of odd ends of lines."""
_LONGEST_NAME = 120  # characters; file systems take 255 bytes
_LONGEST_EXTENSION = 12
_LONGEST_CAPTION = 60_000  # more than an event holds
_LARGEST_NUMBER = 2**53 - 1  # Matrix specification, "Canonical JSON"
_SHOWN = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
"""What members' clients show as a picture; they offer everything else for saving."""


@dataclass(frozen=True, slots=True)
class EncryptedFile:
    """Where the ciphertext of a file is, and how it opens: the `file` of the specification's "Sending encrypted
    attachments". Whoever holds it can read the file, so it is as secret as the file itself.
    """

    server: str
    media_id: str
    key: bytes = field(repr=False)  # 32 bytes, AES-256
    iv: bytes = field(repr=False)  # 16 bytes: the first counter block of AES-CTR
    sha256: bytes  # 32 bytes, of the ciphertext

    @classmethod
    def of(cls, value: Any) -> Self:
        """Return what stands in the `file` of a message, or in the database.

        Base64 is taken with or without padding, as clients differ in it.

        Raises:
            Malformed: something is missing, of another version or algorithm, or of the wrong length.
        """
        told = _mapping(value, "file")
        if told.get("v") != "v2":
            raise Malformed("file: not of version v2")
        place = cls.place(told.get("url"))
        if place is None:
            raise Malformed("file: no address in a media repository")
        key = _mapping(told.get("key"), "key")
        operations = key.get("key_ops")
        if (key.get("kty"), key.get("alg")) != ("oct", "A256CTR") or key.get("ext") is not True:
            raise Malformed("key: not for AES-256 in counter mode")
        if not isinstance(operations, list) or not all(use in operations for use in ("encrypt", "decrypt")):
            raise Malformed("key: not for encrypting and decrypting")
        return cls(
            *place,
            key=_decoded(key.get("k"), 32, "key", altchars=b"-_"),
            iv=_decoded(told.get("iv"), 16, "iv"),
            sha256=_decoded(_mapping(told.get("hashes"), "hashes").get("sha256"), 32, "hash"),
        )

    @staticmethod
    def place(url: Any) -> tuple[str, str] | None:
        """Return server and media id of an address in a media repository, None when it is none."""
        address = _MXC.fullmatch(url) if isinstance(url, str) else None
        return None if address is None else (address[1], address[2])

    @property
    def url(self) -> str:
        """The address of the ciphertext, `mxc://server/id`."""
        return f"mxc://{self.server}/{self.media_id}"

    def content(self) -> dict[str, Any]:
        """Return the `file` of a message; `of` makes the same value of it again."""
        return {
            "v": "v2",
            "url": self.url,
            "key": {
                "kty": "oct",
                "key_ops": ["encrypt", "decrypt"],
                "alg": "A256CTR",
                "k": _encoded(self.key, altchars=b"-_"),
                "ext": True,
            },
            "iv": _encoded(self.iv),
            "hashes": {"sha256": _encoded(self.sha256)},
        }


@dataclass(frozen=True, slots=True)
class Attachment:
    """What a message says of the file it carries. Type and size are the sender's words: shown, never relied on."""

    file: EncryptedFile
    name: str
    """Without folders, controls and what reorders text; never empty."""
    declared_type: str | None
    """Lower case, without parameters; None when there is none or it is no media type."""
    declared_bytes: int | None
    caption: str | None
    """What was written to the file, None when nothing was."""

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Self:
        """Return what the (decrypted) content of an m.room.message with a `msgtype` of FILE_TYPES says.

        A thumbnail, if one is named, is left out.

        Raises:
            Unencrypted: there is a plain `url`, alone or beside the encrypted file, of which people would see either.
            Malformed: see `EncryptedFile.of`; or this is no message with a file.
        """
        if content.get("msgtype") not in FILE_TYPES:
            raise Malformed("not a message with a file")
        if content.get("url") is not None:
            raise Unencrypted("the file lies unencrypted")
        file = EncryptedFile.of(content.get("file"))
        info = content.get("info")
        told: Mapping[str, Any] = info if isinstance(info, Mapping) else {}
        body, filename = content.get("body"), content.get("filename")
        # Matrix specification, "Media captions": with a `filename` that differs, the body is a caption.
        caption = body if isinstance(filename, str) and isinstance(body, str) and body != filename else ""
        return cls(
            file=file,
            name=clean_name(filename if isinstance(filename, str) else body),
            declared_type=_declared_type(told.get("mimetype")),
            declared_bytes=_declared_bytes(told.get("size")),
            caption=_readable(caption).strip() or None,
        )


def content_of(
    file: EncryptedFile,
    name: str,
    *,
    size_bytes: int,
    content_type: str,
    picture: PictureSize | None = None,
    caption: str | None = None,
) -> dict[str, Any]:
    """Return the content of a message that carries an encrypted file, to be sent to encrypted rooms only.

    A JPEG, PNG, GIF or WEBP with its `picture` size becomes an m.image, everything else an m.file: a video or a sound
    is offered for saving and starts nowhere by itself. `caption` stands beside the file; for a chart it is the text
    that says the same. `content_type` is what `recognise` said, not what a sender declared.
    """
    name = clean_name(name)
    info: dict[str, Any] = {"size": size_bytes, "mimetype": content_type}
    shown = picture is not None and content_type in _SHOWN
    if picture is not None and shown:
        info |= {"w": picture.width, "h": picture.height}
    return {
        "msgtype": "m.image" if shown else "m.file",
        "body": caption or name,
        "filename": name,
        "file": file.content(),
        "info": info,
        "m.mentions": {},
    }


def clean_name(value: Any) -> str:
    """Return a file name that is safe to show and to store: the last part of a path, of at most 120 characters.

    Controls, and characters that reorder or hide text, are gone: "invoice<RLO>fdp.exe" no longer reads as a PDF. A long
    name keeps its extension. What leaves nothing is called "file".
    """
    text = _readable(value) if isinstance(value, str) else ""
    name = " ".join(re.split(r"[/\\]", text)[-1].split()).strip(". ")
    if len(name) > _LONGEST_NAME:
        stem, dot, extension = name.rpartition(".")
        tail = dot + extension if stem and len(extension) <= _LONGEST_EXTENSION else ""
        name = name[: _LONGEST_NAME - len(tail)].rstrip(". ") + tail
    return name or "file"


def _readable(text: str) -> str:
    """Return a text without halves of characters, without controls other than line feed and tab."""
    text = strip_controls(text[:_LONGEST_CAPTION])
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in _UNSEEN)


def _declared_type(value: Any) -> str | None:
    if not isinstance(value, str):
        return None
    kind = value[:255].partition(";")[0].strip().lower()
    return kind if _TYPE.fullmatch(kind) else None


def _declared_bytes(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LARGEST_NUMBER else None


def _mapping(value: Any, what: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise Malformed(f"{what}: missing")
    return value


def _encoded(data: bytes, *, altchars: bytes = b"+/") -> str:
    return base64.b64encode(data, altchars).rstrip(b"=").decode()


def _decoded(value: Any, length: int, what: str, *, altchars: bytes = b"+/") -> bytes:
    """Return bytes from base64 of exactly one spelling, so that equal files have equal contents."""
    text = value.rstrip("=") if isinstance(value, str) and len(value) <= 2 * length else ""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars, validate=True)
    except ValueError:
        data = b""
    if len(data) != length or _encoded(data, altchars=altchars) != text:
        raise Malformed(f"{what}: not {length} bytes in base64")
    return data
