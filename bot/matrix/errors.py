"""HTTP answers become exceptions here and nowhere else; so do the failures of opening a gateway."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from bot.matrix.interface import LoggedOut, MatrixError, Rejected, Throttled, Unavailable

_LIMIT = "M_LIMIT_EXCEEDED"
_LONGEST_PAUSE = timedelta(days=1)


class TokenRejected(LoggedOut):
    """The access token is no longer accepted; with `soft` the device still exists and may log in again."""

    def __init__(self, *, soft: bool) -> None:
        super().__init__("access token rejected" + (" (soft logout)" if soft else ""))
        self.soft = soft


class AuthenticationNeeded(Rejected):
    """The request wants interactive authentication: `session` is to be given back with the proof."""

    def __init__(self, session: str | None, flows: list[list[str]]) -> None:
        super().__init__(401, "M_UNAUTHORIZED", "interactive authentication needed")
        self.session = session
        self.flows = flows


class SetupError(MatrixError):
    """The gateway cannot be opened; the message tells the operator what to do."""


class WrongSecret(SetupError):
    """The store's secret does not open the store. Nothing was changed."""


class ForeignStore(SetupError):
    """The store belongs to another user."""


class StoreInUse(SetupError):
    """Another process has the store open."""


class DamagedStore(SetupError):
    """The store's file is not what this program wrote."""


class LoginRefused(SetupError):
    """The homeserver does not accept the user id and password."""


class IdentityConflict(SetupError):
    """The homeserver shows a cross-signing identity or a device that is not the one in the store."""


def failure(status: int, headers: Mapping[str, str], body: Any, now: datetime) -> MatrixError:
    """Return the exception that an answer other than 2xx stands for.

    `body` is the parsed JSON or None; `now` (aware) is what a Retry-After date is measured from.
    """
    told: dict[str, Any] = body if isinstance(body, dict) else {}
    errcode = told["errcode"] if isinstance(told.get("errcode"), str) else "M_UNKNOWN"
    if status == 429 or errcode == _LIMIT:
        return Throttled(pause(headers, told, now))
    if status >= 500 or status == 408 or status < 400:
        return Unavailable(f"{status} {errcode}")
    if status == 401:
        if errcode in {"M_UNKNOWN_TOKEN", "M_MISSING_TOKEN"}:
            return TokenRejected(soft=told.get("soft_logout") is True)
        if isinstance(told.get("flows"), list):
            flows = [flow["stages"] for flow in told["flows"] if isinstance(flow, dict) and "stages" in flow]
            session = told.get("session")
            return AuthenticationNeeded(session if isinstance(session, str) else None, flows)
    message = told.get("error")
    return Rejected(status, errcode, message if isinstance(message, str) else "")


def pause(headers: Mapping[str, str], told: Mapping[str, Any], now: datetime) -> timedelta | None:
    """Return how long a 429 asks to wait: `Retry-After` (seconds or a date), else the older `retry_after_ms`."""
    header = headers.get("Retry-After", "").strip()
    asked: timedelta | None = None
    if header.isdecimal():
        asked = timedelta(seconds=min(int(header), _LONGEST_PAUSE.total_seconds()))
    elif header:
        try:
            date = parsedate_to_datetime(header)
        except ValueError:
            date = None
        if date is not None:
            asked = (date if date.tzinfo else date.replace(tzinfo=UTC)) - now
    if asked is None:
        milliseconds = told.get("retry_after_ms")
        if isinstance(milliseconds, int | float) and not isinstance(milliseconds, bool):
            asked = timedelta(milliseconds=min(milliseconds, _LONGEST_PAUSE / timedelta(milliseconds=1)))
    return None if asked is None else min(max(asked, timedelta(0)), _LONGEST_PAUSE)
