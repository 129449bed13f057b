"""Why a file was not had, believed or sent. Trying again helps with none of these, unless it says so."""

from bot.matrix.interface import MatrixError


class MediaError(MatrixError):
    """A file could not be fetched, read or sent. The text holds nothing that a message or a library said."""


class Malformed(MediaError):
    """The message does not say, as the specification wants it, where an encrypted file is and how it opens."""


class Unencrypted(Malformed):
    """The file lies unencrypted on the homeserver; such a file is neither fetched nor passed on."""


class TooLarge(MediaError):
    """The file has more bytes than are taken. `limit_bytes`: how many are, None when the homeserver does not say."""

    def __init__(self, limit_bytes: int | None) -> None:
        super().__init__("more bytes than are taken" + ("" if limit_bytes is None else f": {limit_bytes}"))
        self.limit_bytes = limit_bytes


class TooManyPixels(MediaError):
    """The header of a picture promises more pixels than a reader's device should be asked to unfold."""

    def __init__(self, width: int, height: int, most: int) -> None:
        super().__init__(f"{width} x {height} pixels, at most {most} are taken")
        self.width = width
        self.height = height
        self.most = most


class HashMismatch(MediaError):
    """What the homeserver gave is not what the sender encrypted: changed, or cut short on the way.

    A second try helps when the connection was cut in a way that looked like the end.
    """

    def __init__(self) -> None:
        super().__init__("not the ciphertext whose SHA-256 the message names")


class NotFound(MediaError):
    """The homeserver has no such file, or does not give it: never uploaded, removed, or out of its reach."""

    def __init__(self) -> None:
        super().__init__("no such file")


class Elsewhere(MediaError):
    """The homeserver names another place to fetch the file from; the bot goes nowhere but to its homeserver."""

    def __init__(self) -> None:
        super().__init__("the homeserver sends on to another place")
