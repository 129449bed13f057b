"""The size of a picture, read from its header alone: nothing is decoded, so nothing can unfold in memory.

Only the first picture of a file is looked at; how many frames an animation has is not.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from bot.matrix.media.errors import TooManyPixels

MOST_PIXELS = 120_000_000
"""Pixels of the largest picture taken: above the 108 million of telephones, far below what fills a reader's memory."""

_FULL_BOX = 4  # bytes of version and flags with which a meta box begins
_MOST_STEPS = 4_096  # segments, boxes or directory entries that are looked at: a photo has some dozens


@dataclass(frozen=True, slots=True)
class PictureSize:
    """Pixels, as stored: a camera's note that the picture is to be turned is not followed."""

    width: int
    height: int


def picture_size(data: bytes, content_type: str, *, most_pixels: int = MOST_PIXELS) -> PictureSize | None:
    """Return what the header says, None for other types than `recognise` knows as pictures and for broken headers.

    Raises:
        TooManyPixels: width times height is above `most_pixels`.
    """
    match content_type:
        case "image/png":
            size = _png(data)
        case "image/jpeg":
            size = _jpeg(data)
        case "image/gif":
            size = _pair("<HH", data, 6)
        case "image/webp":
            size = _webp(data)
        case "image/tiff":
            size = _tiff(data)
        case "image/heic" | "image/heif" | "image/avif":
            size = _heif(data)
        case _:
            size = None
    if size is None or 0 in size:
        return None
    width, height = size
    if width * height > most_pixels:
        raise TooManyPixels(width, height, most_pixels)
    return PictureSize(width, height)


def _pair(layout: str, data: bytes, at: int) -> tuple[int, int] | None:
    """Return two numbers, None where the data ends before them."""
    if len(data) < at + struct.calcsize(layout):
        return None
    first, second = struct.unpack_from(layout, data, at)
    return int(first), int(second)


def _png(data: bytes) -> tuple[int, int] | None:
    """PNG specification, 11.2.1: IHDR comes first."""
    return _pair(">II", data, 16) if data[12:16] == b"IHDR" else None


def _jpeg(data: bytes) -> tuple[int, int] | None:
    """ITU-T T.81, B.2.2: the frame header is one of the SOF segments, height before width."""
    at = 2
    for _ in range(_MOST_STEPS):
        if len(data) < at + 4 or data[at] != 0xFF:
            return None
        marker = data[at + 1]
        if marker == 0xFF:  # padding
            at += 1
        elif marker == 0x01 or 0xD0 <= marker <= 0xD8:  # markers that stand alone
            at += 2
        elif marker in {0xD9, 0xDA}:  # the end, or the picture itself: no frame header came
            return None
        elif 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:
            size = _pair(">HH", data, at + 5)
            return size and (size[1], size[0])
        else:
            at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return None


def _webp(data: bytes) -> tuple[int, int] | None:
    """RFC 9649, sections 2.5 to 2.7: one of three first chunks."""
    match data[12:16]:
        case b"VP8X" if len(data) >= 30:
            return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
        case b"VP8L" if len(data) >= 25 and data[20] == 0x2F:
            bits = int.from_bytes(data[21:25], "little")
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8 " if data[23:26] == b"\x9d\x01\x2a":
            size = _pair("<HH", data, 26)
            return size and (size[0] & 0x3FFF, size[1] & 0x3FFF)
    return None


def _tiff(data: bytes) -> tuple[int, int] | None:
    """TIFF 6.0, section 2: ImageWidth (256) and ImageLength (257) of the first directory, as SHORT or LONG."""
    order = "<" if data[:2] == b"II" else ">"
    if len(data) < 8:
        return None
    (at,) = struct.unpack_from(order + "I", data, 4)
    if len(data) < at + 2:
        return None
    (entries,) = struct.unpack_from(order + "H", data, at)
    found: dict[int, int] = {}
    for number in range(min(entries, _MOST_STEPS)):
        entry = at + 2 + 12 * number
        if len(data) < entry + 12:
            break
        tag, kind, count = struct.unpack_from(order + "HHI", data, entry)
        if tag in {256, 257} and kind in {3, 4} and count == 1:
            (found[tag],) = struct.unpack_from(order + ("H" if kind == 3 else "I"), data, entry + 8)
    return (found[256], found[257]) if len(found) == 2 else None


def _heif(data: bytes) -> tuple[int, int] | None:
    """ISO/IEC 23008-12, 6.5.3: the properties (ispe) name the size of the picture and of each of its tiles."""
    start, end = 0, len(data)
    for name, skipped in ((b"meta", 0), (b"iprp", _FULL_BOX), (b"ipco", 0)):
        found = next(_boxes(data, start + skipped, end, name), None)
        if found is None:
            return None
        start, end = found
    sizes = (_pair(">II", data[at:stop], 4) for at, stop in _boxes(data, start, end, b"ispe") if stop - at < 64)
    return max((size for size in sizes if size), key=lambda size: size[0] * size[1], default=None)


def _boxes(data: bytes, at: int, end: int, wanted: bytes) -> Iterator[tuple[int, int]]:
    """Yield start and end of what is in each box of a kind (ISO/IEC 14496-12, 4.2) that stands between two places."""
    for _ in range(_MOST_STEPS):
        if at + 8 > end:
            return
        length, start = int.from_bytes(data[at : at + 4], "big"), at + 8
        if length == 1:
            length, start = int.from_bytes(data[at + 8 : at + 16], "big"), at + 16
        stop = end if length == 0 else at + length
        if stop < start or stop > end:
            return
        if data[at + 4 : at + 8] == wanted:
            yield start, stop
        at = stop
