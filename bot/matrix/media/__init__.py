"""Files in encrypted rooms: what a message says of one, fetching and checking it, sending one.

    attachment = Attachment.of(content)  # of an m.file, m.image, m.video or m.audio message
    fetched = await media.download(attachment.file, limit_bytes=20_000_000, deadline=timedelta(seconds=60))
    contradicts(attachment.declared_type, fetched.content_type)

    file = await media.upload(chart)
    size = PictureSize(800, 600)
    content_of(file, "alerts.png", size_bytes=len(chart), content_type="image/png", picture=size, caption="...")

A file that was received is forwarded without another upload: `content_of` takes its `EncryptedFile` as it is. Nothing
here decodes a picture or unpacks an archive, and no thumbnail is ever made: what strangers send is hashed, named by its
first bytes and passed on. Turning hostile bytes into pixels is left to the reader's own client.
"""

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
from bot.matrix.media.incoming import IncomingMedia, Seals
from bot.matrix.media.kinds import UNKNOWN, contradicts, recognise
from bot.matrix.media.pictures import MOST_PIXELS, PictureSize, picture_size
from bot.matrix.media.transfer import Downloaded, Media

__all__ = [
    "FILE_TYPES",
    "MOST_PIXELS",
    "UNKNOWN",
    "Attachment",
    "Downloaded",
    "Elsewhere",
    "EncryptedFile",
    "HashMismatch",
    "IncomingMedia",
    "Malformed",
    "Media",
    "MediaError",
    "NotFound",
    "PictureSize",
    "Seals",
    "TooLarge",
    "TooManyPixels",
    "Unencrypted",
    "clean_name",
    "content_of",
    "contradicts",
    "picture_size",
    "recognise",
]
