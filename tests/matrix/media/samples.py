"""Files of every kind, made by hand."""

import io
import struct
import zipfile
import zlib

from bot.matrix.media import UNKNOWN


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

NO_LENGTH = b"\xff\xd8\xff\xe1\x00\x00" + jpeg(4, 3)[2:]
