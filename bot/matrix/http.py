"""One way to ask the homeserver: JSON in, JSON out, a deadline on every request, every failure a MatrixError."""

import asyncio
import io
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Self
from urllib.parse import quote

import aiohttp

from bot.matrix.errors import failure
from bot.matrix.interface import MatrixError, Rejected, Unavailable
from bot.matrix.parsing import parsed

CLIENT = "/_matrix/client/v3"
_KEEP = timedelta(seconds=30)
_CHUNK = 65_536  # bytes
_LONGEST_TOLD = 65_536  # bytes of an answer about bytes
_PAUSE = 1.0
"""Seconds between requests to a homeserver that keeps failing."""


class AnswerTooLong(MatrixError):
    """An answer is longer than what was asked for; the rest was not read."""


def path_of(*parts: str) -> str:
    """Return a client API path; each part is escaped, so that an id with a slash stays one part."""
    return f"{CLIENT}/{escaped(*parts)}"


def escaped(*parts: str) -> str:
    """Return parts of a path, each escaped, with a slash between them."""
    return "/".join(quote(part, safe="") for part in parts)


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
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._sleep = sleep
        self.homeserver = homeserver.rstrip("/")
        self.token = token
        self.timeout = timeout
        self._proxy = proxy
        self._session: aiohttp.ClientSession | None = None
        self._failing = False
        self._asked_at = 0.0
        self._gate = asyncio.Lock()

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
        query: Mapping[str, str] | Sequence[tuple[str, str]] | None = None,
        deadline: timedelta | None = None,
        listed: bool = False,
    ) -> Any:
        """Return the parsed JSON of a 2xx answer: an object, or with `listed` a list.

        Raises:
            Throttled, Unavailable, Rejected, LoggedOut: see `bot.matrix.errors.failure`. Unavailable also stands for no
                answer within `deadline` (default: the session's), a cut connection, and a 2xx that is not such JSON.
        """
        async with self._asked(method, path, deadline or self.timeout, params=query, json=body) as answer:
            raw = await answer.read()
        try:
            told = parsed(raw) if raw else None
        except ValueError:
            told = None
        if not 200 <= answer.status < 300:
            raise failure(answer.status, answer.headers, told, datetime.now(UTC))
        if not isinstance(told, list if listed else dict):
            raise Unavailable(f"{answer.status}, but not the JSON asked for")
        return told

    async def fetch(self, path: str, *, limit_bytes: int, deadline: timedelta) -> bytearray:
        """Return the bytes of a 2xx answer, at most `limit_bytes`, whatever length the answer announces.

        Raises:
            AnswerTooLong: it is longer.
            Rejected: also for an answer that names another place, and for what is too large for the homeserver itself.
            Throttled, Unavailable, LoggedOut: see `request`.
        """
        # Bytes come as they are: an answer that unfolds has a length that nobody can limit beforehand.
        async with self._asked("GET", path, deadline, headers={"Accept-Encoding": "identity"}) as answer:
            if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
                raise Unavailable("answered in an encoding that was not asked for")
            if 200 <= answer.status < 300:
                return await _read(answer, limit_bytes)
            told = await _told(answer)
        if answer.status < 400:
            raise Rejected(answer.status, "M_UNKNOWN", "named another place")
        if isinstance(told, dict) and told.get("errcode") == "M_TOO_LARGE":
            raise Rejected(answer.status, "M_TOO_LARGE")
        raise failure(answer.status, answer.headers, told, datetime.now(UTC))

    async def upload(self, path: str, data: bytes, *, content_type: str, deadline: timedelta) -> Any:
        """Post bytes and return the parsed JSON of a 2xx answer.

        Raises:
            Throttled, Unavailable, Rejected, LoggedOut: see `request`.
        """
        headers = {"Content-Type": content_type}
        async with self._asked("POST", path, deadline, headers=headers, data=io.BytesIO(data)) as answer:
            told = await _told(answer)
        if not 200 <= answer.status < 300:
            raise failure(answer.status, answer.headers, told, datetime.now(UTC))
        if told is None:
            raise Unavailable(f"{answer.status}, but not JSON")
        return told

    @asynccontextmanager
    async def _asked(
        self, method: str, path: str, deadline: timedelta, *, headers: Mapping[str, str] | None = None, **what: Any
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Ask, and have the answer read inside the block.

        While the homeserver keeps failing, one request a second is made, whoever asks.
        """
        if self._failing:
            await self._wait_for_turn()
        self._asked_at = time.monotonic()
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None, sock_connect=10))
        known = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        tries = 0

        async def each(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
            # aiohttp repeats what may be repeated when the connection was cut: no sooner than anybody else would.
            nonlocal tries
            tries += 1
            if tries > 1:
                self._failing = True
                await self._wait_for_turn()
            return await handler(request)

        try:
            async with (
                asyncio.timeout(deadline.total_seconds()),
                self._session.request(
                    method,
                    self.homeserver + path,
                    headers={**known, **(headers or {})},
                    proxy=self._proxy,
                    allow_redirects=False,
                    middlewares=(each,),
                    **what,
                ) as answer,
            ):
                yield answer
                self._failing = answer.status >= 500
        except TimeoutError as error:
            self._failing = True
            raise Unavailable(f"no answer in time: {method}") from error
        except (aiohttp.ClientError, OSError) as error:
            self._failing = True
            raise Unavailable(f"{type(error).__name__}: {method}") from error

    async def _wait_for_turn(self) -> None:
        """Wait until a second after whoever asked before, as long as nothing has worked."""
        async with self._gate:
            rest = self._asked_at + _PAUSE - time.monotonic()
            if self._failing and rest > 0:
                await self._sleep(rest)
            self._asked_at = time.monotonic()


async def _read(answer: aiohttp.ClientResponse, limit_bytes: int) -> bytearray:
    """Return what an answer holds. Raises AnswerTooLong, as soon as it is known."""
    if (answer.content_length or 0) > limit_bytes:
        raise AnswerTooLong(f"more than {limit_bytes} bytes announced")
    read = bytearray()
    async for chunk in answer.content.iter_chunked(_CHUNK):
        if len(read) + len(chunk) > limit_bytes:
            raise AnswerTooLong(f"more than {limit_bytes} bytes")
        read += chunk
    return read


async def _told(answer: aiohttp.ClientResponse) -> Any:
    """Return a short answer as parsed JSON, None for what is none."""
    try:
        return parsed(await _read(answer, _LONGEST_TOLD))
    except (AnswerTooLong, ValueError):
        return None
