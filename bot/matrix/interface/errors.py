"""What may go wrong between the bot and Matrix: one family of errors."""

from datetime import timedelta
from enum import StrEnum

from storage.files import FileFault
from storage.ids import UserId


class MatrixError(Exception):
    """Any failure of the homeserver or the way to it. Never shown to a room."""


class Throttled(MatrixError):
    """429: the homeserver asks for a pause."""

    def __init__(self, retry_after: timedelta | None) -> None:
        super().__init__(f"throttled, retry after {retry_after}")
        self.retry_after = retry_after


class Unavailable(MatrixError):
    """No answer, a cut connection, a time-out or a 5xx: the request may or may not have been carried out."""


class Rejected(MatrixError):
    """The homeserver said no for good (4xx other than 401 and 429)."""

    def __init__(self, status: int, errcode: str, message: str = "") -> None:
        super().__init__(f"{status} {errcode} {message}")
        self.status = status
        self.errcode = errcode


class LoggedOut(MatrixError):
    """The access token is no longer accepted."""


class WhyUnsafe(StrEnum):
    """Why a room gets nothing of substance."""

    NOT_JOINED = "not joined"
    NOT_ENCRYPTED = "not encrypted"
    TOMBSTONED = "closed in favour of another room"
    ENCRYPTION_HIDDEN = "encrypted before, and now its state does not say so"
    WORLD_READABLE = "readable by everybody"


class RoomUnsafe(MatrixError):
    """The room may not be sent to."""

    def __init__(self, why: WhyUnsafe) -> None:
        super().__init__(why.value)
        self.why = why


class Strangers(MatrixError):
    """The room holds people who were not named as its readers."""

    def __init__(self, users: frozenset[UserId]) -> None:
        super().__init__(f"{len(users)} people in the room are not among its readers")
        self.users = users


class FileRefused(MatrixError):
    """A file was fetched, or tried to be, and is not what may be taken. Another try helps only with WRONG_HASH."""

    def __init__(self, fault: FileFault) -> None:
        super().__init__(fault.value)
        self.fault = fault
