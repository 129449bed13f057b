"""One way to ask the homeserver: JSON in, JSON out, a deadline on every request, every failure a MatrixError."""

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Self
from urllib.parse import quote

import aiohttp

from bot.matrix.errors import failure
from bot.matrix.interface import Unavailable

CLIENT = "/_matrix/client/v3"
_KEEP = timedelta(seconds=30)


def path_of(*parts: str) -> str:
    """Return a client API path; each part is escaped, so that an id with a slash stays one part."""
    return "/".join([CLIENT, *(quote(part, safe="") for part in parts)])


class Http:
    """A session with one homeserver. `token` may be set later; it is sent as soon as it is there.

    Redirects are not followed: the token goes to the configured homeserver and nowhere else.
    """

    def __init__(
        self,
        homeserver: str,
        *,
        token: str | None = None,
        timeout: timedelta = _KEEP,
        proxy: str | None = None,
    ) -> None:
        self.homeserver = homeserver.rstrip("/")
        self.token = token
        self.timeout = timeout
        self._proxy = proxy
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: Mapping[str, str] | None = None,
        deadline: timedelta | None = None,
    ) -> Any:
        """Return the parsed JSON of a 2xx answer.

        Raises:
            Throttled, Unavailable, Rejected, LoggedOut: see `bot.matrix.errors.failure`. Unavailable also stands for no
                answer within `deadline` (default: the session's), a cut connection, and a 2xx that is not JSON.
        """
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None, sock_connect=10))
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        try:
            async with (
                asyncio.timeout((deadline or self.timeout).total_seconds()),
                self._session.request(
                    method,
                    self.homeserver + path,
                    params=query,
                    json=body,
                    headers=headers,
                    proxy=self._proxy,
                    allow_redirects=False,
                ) as answer,
            ):
                status, answered, raw = answer.status, answer.headers, await answer.read()
        except TimeoutError as error:
            raise Unavailable(f"no answer in time: {method}") from error
        except (aiohttp.ClientError, OSError) as error:
            raise Unavailable(f"{type(error).__name__}: {method}") from error
        try:
            told = json.loads(raw) if raw else None
        except (ValueError, RecursionError):
            told = None
        if not 200 <= status < 300:
            raise failure(status, answered, told, datetime.now(UTC))
        if told is None:
            raise Unavailable(f"{status}, but not JSON")
        return told
