"""What a file is, told by its content: the type that a sender declares, and the end of a name, prove nothing.

The table is our own, of what officials send and of what should not pass unnoticed (programs, macros). The libraries for
this know hundreds of formats that nobody here sends, guess with a confidence instead of saying "unknown", or do not
tell a document of an office suite from an archive; none of them was written for hostile bytes. Here every look is
bounded, whatever the length of the file, and text alone is read to its end.
"""

import csv
import re
import struct
from collections.abc import Iterator

UNKNOWN = "application/octet-stream"
"""What a file is called that no rule fits."""

TEXT = "text/plain"
_OLE, _ZIP = "application/x-ole-storage", "application/zip"
_EXE, _OOXML = "application/vnd.microsoft.portable-executable", "application/vnd.openxmlformats-officedocument."

# What a file begins with; `_inside` looks further into those of several kinds.
_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"PK\x03\x04", _ZIP),
    (b"PK\x05\x06", _ZIP),  # an empty one
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", _OLE),
    (b"{\\rtf", "application/rtf"),
    (b"ID3", "audio/mpeg"),
    (b"OggS", "audio/ogg"),
    (b"#!AMR\n", "audio/amr"),
    (b"#!AMR-WB\n", "audio/amr-wb"),
    (b"fLaC", "audio/flac"),
    (b"\x1aE\xdf\xa3", "video/x-matroska"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"\x1f\x8b\x08", "application/gzip"),
    (b"\x7fELF", "application/x-executable"),
    (b"MZ", _EXE),
)
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
_BRANDS = {
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"), "image/heic"),
    **dict.fromkeys((b"mif1", b"msf1"), "image/heif"),
    **dict.fromkeys((b"avif", b"avis"), "image/avif"),
    **dict.fromkeys((b"M4A ", b"M4B "), "audio/mp4"),
    b"qt  ": "video/quicktime",
}
_OFFICE = {
    b"word/": (_OOXML + "wordprocessingml.document", "application/vnd.ms-word.document.macroenabled.12"),
    b"xl/": (_OOXML + "spreadsheetml.sheet", "application/vnd.ms-excel.sheet.macroenabled.12"),
    b"ppt/": (_OOXML + "presentationml.presentation", "application/vnd.ms-powerpoint.presentation.macroenabled.12"),
}
_OLD_OFFICE = {
    "WordDocument": "application/msword",
    "Workbook": "application/vnd.ms-excel",
    "Book": "application/vnd.ms-excel",
    "PowerPoint Document": "application/vnd.ms-powerpoint",
    "__properties_version1.0": "application/vnd.ms-outlook",
}
_OPEN_DOCUMENT = re.compile(rb"application/vnd\.oasis\.opendocument\.[a-z\-]{1,40}")
_CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")  # all but tab, ends of line and page, escape
_MOST_ENTRIES = 2_048  # of an archive's directory, or of a compound file's
_SAMPLE = 65_536  # bytes of a text in which columns are looked for

_ALIASES = {
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "image/x-png": "image/png",
    "image/tif": "image/tiff",
    "application/x-pdf": "application/pdf",
    "application/x-zip": _ZIP,
    "application/x-zip-compressed": _ZIP,
    "application/x-rar-compressed": "application/vnd.rar",
    "application/x-gzip": "application/gzip",
    "text/rtf": "application/rtf",
    "audio/mp3": "audio/mpeg",
    "audio/x-wav": "audio/wav",
    "audio/wave": "audio/wav",
    "audio/vnd.wave": "audio/wav",
    "audio/x-flac": "audio/flac",
    "audio/x-m4a": "audio/mp4",
    "audio/m4a": "audio/mp4",
    "audio/opus": "audio/ogg",
    "application/ogg": "audio/ogg",
    "video/avi": "video/x-msvideo",
    "application/x-msdownload": _EXE,
    "application/x-msdos-program": _EXE,
    "application/x-dosexec": _EXE,
}
# Types that share one container, between which telephones and browsers choose loosely.
_RELATED = (
    frozenset({"video/mp4", "audio/mp4", "video/quicktime", "video/3gpp", "audio/3gpp", "video/x-m4v"}),
    frozenset({"audio/ogg", "video/ogg"}),
    frozenset({"video/webm", "audio/webm", "video/x-matroska", "audio/x-matroska"}),
    frozenset({"image/heic", "image/heif"}),
)
_SAY_NOTHING = frozenset({UNKNOWN, "binary/octet-stream", "application/x-download", "application/unknown"})
_CONTAINERS = frozenset({UNKNOWN, _ZIP, _OLE, "application/gzip", "video/mp4", "audio/ogg"})
"""Types under which formats are found that are not in the table."""
_TEXTS = frozenset(
    {"application/json", "application/xml", "application/yaml", "application/csv", "application/javascript"}
    | {"message/rfc822", "image/svg+xml", "application/vnd.google-earth.kml+xml"}
)
_ZIPPED = frozenset(kind for pair in _OFFICE.values() for kind in pair)
_KNOWN = frozenset(
    {kind for _, kind in _SIGNATURES} | {*_RIFF.values(), *_BRANDS.values(), *_OLD_OFFICE.values()} | _ZIPPED
    | {"application/pdf", "video/mp4", "video/3gpp", "video/webm", "video/ogg"}
)  # fmt: skip


def recognise(data: bytes) -> str:
    """Return the media type (lower case, without parameters) that the content shows, else UNKNOWN.

    Text is "text/plain", "text/csv" or "text/tab-separated-values": UTF-8, UTF-16 with its mark, or an older
    encoding of one byte a character; in it is not told apart what else is text (HTML, JSON, a mail). A document with
    macros has a type of its own. Never raises.
    """
    for signature, kind in _SIGNATURES:
        if data.startswith(signature):
            found = _inside(kind, data)
            if found is not None:
                return found
    if data[:4] == b"RIFF" and data[8:12] in _RIFF:
        return _RIFF[data[8:12]]
    if data[4:8] == b"ftyp":
        return _of_brand(data)
    if data[4:8] in {b"moov", b"mdat", b"wide"} and data[:1] == b"\0":
        return "video/quicktime"
    if data[:64].removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"%PDF-"):
        return "application/pdf"
    if _is_mpeg_audio(data):
        return "audio/mpeg"
    return _text(data) or UNKNOWN


def contradicts(declared: str | None, found: str) -> bool:
    """Say whether a declared type and the one that `recognise` found cannot both be true.

    Nothing contradicts a declaration that says nothing. A declared format that is not in the table is believed possible
    where its container was found (a map in an archive), and what is in the table must have been found.
    """
    if declared is None or (declared := _ALIASES.get(declared, declared)) in _SAY_NOTHING or declared == found:
        return False
    if any(declared in related and found in related for related in _RELATED):
        return False
    if found.startswith("text/"):
        # Browsers on Windows declare a CSV file as what opens it.
        return not (_is_text(declared) or (declared == "application/vnd.ms-excel" and found == "text/csv"))
    if declared == _ZIP and (found in _ZIPPED or "opendocument" in found):
        return False
    if declared == _OLE and found in _OLD_OFFICE.values():
        return False
    return found not in _CONTAINERS or declared in _KNOWN or _is_text(declared)


def _is_text(declared: str) -> bool:
    return declared in _TEXTS or declared.startswith("text/") or declared.endswith(("+xml", "+json"))


def _inside(kind: str, data: bytes) -> str | None:
    """Return the exact type of a file that begins like `kind`, None when it only begins so."""
    if kind == _ZIP:
        return _zipped(data)
    if kind == _OLE:
        return next((_OLD_OFFICE[name] for name in _storage(data) if name in _OLD_OFFICE), _OLE)
    if kind == _EXE:
        place = int.from_bytes(data[60:64], "little")
        return _EXE if data[place : place + 4] == b"PE\0\0" else None
    if kind == "audio/ogg":
        return "video/ogg" if data[28:35] == b"\x80theora" else kind
    if kind == "video/x-matroska":
        return "video/webm" if b"webm" in data[:64] else kind
    return kind


def _of_brand(data: bytes) -> str:
    """ISO/IEC 14496-12, 4.3: the major brand, then those that the file is compatible with."""
    major, end = data[8:12], min(int.from_bytes(data[:4], "big"), 256)
    found = _BRANDS.get(major)
    if found == "image/heif":  # a container of pictures: which coding is among the others
        compatible = {_BRANDS.get(data[at : at + 4]) for at in range(16, end - 3, 4)}
        return next((kind for kind in ("image/heic", "image/avif") if kind in compatible), found)
    return found or ("video/3gpp" if major[:2] == b"3g" else "video/mp4")


def _zipped(data: bytes) -> str:
    """Return the type of an office document, else that of an archive."""
    # OpenDocument 1.3, part 2, 3.3: the first entry holds the type, not compressed, at this place.
    if data[30:38] == b"mimetype" and (told := _OPEN_DOCUMENT.match(data, 38)):
        return told[0].decode()
    names = list(_names(data))
    if b"[Content_Types].xml" in names:
        for folder, (document, with_macros) in _OFFICE.items():
            inside = [name for name in names if name.startswith(folder)]
            if inside:
                return with_macros if any(name.endswith(b"/vbaProject.bin") for name in inside) else document
    return _ZIP


def _names(data: bytes) -> Iterator[bytes]:
    """Yield the first names in an archive's directory (APPNOTE 6.3.10, 4.3.12 and 4.3.16)."""
    end = data.rfind(b"PK\x05\x06", max(0, len(data) - 65_557))
    if end < 0 or len(data) < end + 22:
        return
    (at,) = struct.unpack_from("<I", data, end + 16)
    for _ in range(_MOST_ENTRIES):
        if data[at : at + 4] != b"PK\x01\x02" or len(data) < at + 46:
            return
        name, extra, comment = struct.unpack_from("<HHH", data, at + 28)
        yield data[at + 46 : at + 46 + name]
        at += 46 + name + extra + comment


def _storage(data: bytes) -> Iterator[str]:
    """Yield the names in the root of a compound file ([MS-CFB] 2.2, 2.3, 2.6): siblings form a tree."""
    if len(data) < 512:
        return
    size = 1 << min(int.from_bytes(data[30:32], "little"), 12)
    entries: list[bytes] = []
    sector, seen = int.from_bytes(data[48:52], "little"), set[int]()
    while sector not in seen and size * (sector + 1) < len(data) and len(entries) < _MOST_ENTRIES:
        seen.add(sector)
        block = data[size * (sector + 1) : size * (sector + 2)]
        entries += (block[at : at + 128] for at in range(0, len(block) - 127, 128))
        # Which sector follows is in a sector whose number is in the header, for the first seven megabytes at least.
        table, place = divmod(sector, size // 4) if size >= 4 else (109, 0)
        if table >= 109:
            break
        start = size * (int.from_bytes(data[76 + 4 * table : 80 + 4 * table], "little") + 1) + 4 * place
        sector = int.from_bytes(data[start : start + 4], "little") if start + 4 <= len(data) else len(data)
    waiting, looked = [int.from_bytes(entries[0][76:80], "little")] if entries else [], set[int]()
    while waiting:
        number = waiting.pop()
        if number in looked or number >= len(entries):
            continue
        looked.add(number)
        entry = entries[number]
        length = int.from_bytes(entry[64:66], "little")
        yield entry[: max(0, min(length, 64) - 2)].decode("utf-16-le", "replace")
        waiting += (int.from_bytes(entry[at : at + 4], "little") for at in (68, 72))


def _is_mpeg_audio(data: bytes) -> bool:
    """Say whether two frames of MPEG audio, layer III, follow each other (ISO/IEC 11172-3, 2.4.1.3)."""
    length = _frame(data[:4])
    return length > 0 and _frame(data[length : length + 4]) > 0


def _frame(header: bytes) -> int:
    """Return the length in bytes of the frame that a header announces, 0 when it is none."""
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE6 != 0xE2:
        return 0
    version, rate, sampling = header[1] >> 3 & 3, header[2] >> 4, header[2] >> 2 & 3
    if version == 1 or rate in {0, 15} or sampling == 3:
        return 0
    first = version == 3
    kilobits = (0, *((32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320) if first
                     else (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)))[rate]  # fmt: skip
    hertz = (44_100, 48_000, 32_000)[sampling] // {3: 1, 2: 2, 0: 4}[version]
    return (144 if first else 72) * kilobits * 1000 // hertz + (header[2] >> 1 & 1)


def _text(data: bytes) -> str | None:
    if not data:
        return None
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        try:
            text = data.decode("utf-16")
        except UnicodeDecodeError:
            return None
        return None if "\0" in text else _columns(text[:_SAMPLE], whole=len(text) <= _SAMPLE)
    if _CONTROLS.search(data):
        return None
    sample, whole = data[:_SAMPLE], len(data) <= _SAMPLE
    try:
        data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _columns(sample.decode("latin-1"), whole=whole)
    return _columns(sample.decode("utf-8-sig", "ignore"), whole=whole)


def _columns(text: str, *, whole: bool) -> str:
    """Return the type of a text: a table when all its lines (two at least) have the same number of columns."""
    lines = text.splitlines()
    if not whole:
        lines.pop()  # cut in the middle
    for delimiter, kind in ((";", "text/csv"), (",", "text/csv"), ("\t", "text/tab-separated-values")):
        rows = [row for row in csv.reader(lines, delimiter=delimiter) if row]
        if len(rows) > 1 and len(rows[0]) > 1 and len({len(row) for row in rows}) == 1:
            return kind
    return TEXT
