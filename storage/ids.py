"""The identifiers that everything is named by, parsed once at the edge and never raw strings after it."""

import re
from typing import NewType

RoomId = NewType("RoomId", str)
EventId = NewType("EventId", str)
DeviceId = NewType("DeviceId", str)
UserId = NewType("UserId", str)
CountryCode = NewType("CountryCode", str)
"""ISO 3166-1 alpha-2, upper case."""
Locode = NewType("Locode", str)
"""UN/LOCODE, five characters, upper case, without a space."""

# Matrix specification, appendix "User identifiers": historical localparts may hold any printable ASCII.
_USER = re.compile(r"@[!-9;-~]*:[A-Za-z0-9.\-]+(:\d{1,5})?|@[!-9;-~]*:\[[0-9A-Fa-f:.]+\](:\d{1,5})?")


def parse_user_id(text: str) -> UserId:
    """Return the Matrix user id that stands in `text`.

    Raises:
        ValueError: it is not of the form @name:server, or longer than 255 bytes.
    """
    text = text.strip()
    if len(text.encode()) > 255 or not _USER.fullmatch(text):
        raise ValueError(text)
    return UserId(text)


def server_of(user: UserId) -> str:
    """Return the homeserver part of a user id."""
    return user.partition(":")[2]
