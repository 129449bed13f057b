"""The words for files: what they are, how large, and why one is not taken."""

from commands.alerts.declaration import AlertSettings
from commands.document import Inline, Message, Text, _
from storage.files import FileFault

_PICTURES = {"image/jpeg": "JPEG", "image/png": "PNG", "image/heic": "HEIC", "image/tiff": "TIFF", "image/gif": "GIF",
             "image/webp": "WebP", "image/avif": "AVIF", "image/heif": "HEIF"}  # fmt: skip
_ARCHIVES = frozenset(
    {"application/zip", "application/gzip", "application/x-7z-compressed", "application/vnd.rar"}
)  # fmt: skip


def type_of_file(content_type: str | None) -> Message:  # noqa: PLR0911 - one return for each kind
    """Say what a file is, from the media type that its content showed."""
    kind = content_type or ""
    if kind in _PICTURES:
        return _("a picture ({format})", format=_PICTURES[kind])
    if "macroenabled" in kind:
        return _("a document with macros, which may hold a program")
    if kind == "application/pdf":
        return _("a PDF")
    if kind.startswith("video/"):
        return _("a video")
    if kind.startswith("audio/"):
        return _("a sound recording")
    if kind.startswith("text/"):
        return _("a text")
    if kind in _ARCHIVES:
        return _("an archive")
    if "officedocument" in kind or "opendocument" in kind or kind.startswith("application/vnd.ms-") or (
        kind in {"application/msword", "application/rtf"}
    ):  # fmt: skip
        return _("an office document")
    return _("a file of a type that I do not know")


def size_words(size: int | None) -> Text:
    """Show a number of bytes: 812 B, 45 kB, 2.1 MB."""
    count = size or 0
    if count < 1_000:
        return Text(f"{count} B")
    if count < 1_000_000:
        return Text(f"{count / 1_000:.0f} kB")
    return Text(f"{count / 1_000_000:.1f} MB")


def declined_words(name: str, why: Inline) -> Message:
    return _("I did not take the file “{name}”: {why}.", name=Text(name), why=why)


def fault_words(fault: FileFault, name: str, settings: AlertSettings) -> Message:
    """Say why a file is not taken, and what its sender can do."""
    most = f"{settings.largest_file_mb} MB"
    words = {
        FileFault.UNENCRYPTED: _("it is not encrypted. Send it with an app that encrypts files, such as Element"),
        FileFault.MALFORMED: _("your app did not say where it is and how it opens. Send it again, or with another app"),
        FileFault.TOO_LARGE: _("it is larger than {most}. Send a smaller one, or in parts", most=most),
        FileFault.TOO_MANY_PIXELS: _(
            "it has more pixels than a telephone can show. Send it smaller, or cut out a part"
        ),
        FileFault.WRONG_HASH: _(
            "what the homeserver holds is not what you sent: its SHA-256 is another one. Send it again"
        ),
        FileFault.NOT_THERE: _("the homeserver does not have it, or does not give it to me. Send it again"),
        FileFault.UNREACHABLE: _("the homeserver where it lies did not answer. Send it again later"),
        FileFault.NOT_AS_DECLARED: _(
            "its content is of another type than your app says, so it may deceive who opens it. Send it under its own "
            "type"
        ),
        FileFault.PROGRAM: _("it is a program, and those who open it would run it. Describe it, or send a picture"),
    }
    return declined_words(name, words[fault])
