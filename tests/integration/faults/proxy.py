"""A proxy between the bot and the homeserver, which passes everything through, keeps a record, and fails on demand.

What happens to a request is decided by a fault: a function that gets the `Exchange`, one request under way, and returns
the answer or cuts the connection. `FaultProxy.on` says to which requests it happens, and how many times:

    with proxy.on("PUT", "/sendToDevice/", failing(502, html=True), times=2) as rule:
        await bot.gateway.send(...)

Faults stand in `tests.integration.faults.kinds`.

A client that stops waiting does not take back its request: what was held is carried out later, as it may be in reality.
"""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import unquote

import aiohttp
from aiohttp import web
from yarl import URL

_LOOPBACK = "127.0.0.1"
ANY = "*"
WITHIN = 30.0  # seconds that a test waits for anything
_OF_ONE_CONNECTION = {"connection", "keep-alive", "transfer-encoding", "content-length", "host", "accept-encoding"}


class Cut(Exception):
    """The connection ends here, after the first half of `told` if something is told."""

    def __init__(self, told: "Answer | None" = None) -> None:
        super().__init__("cut")
        self.told = told


@dataclass(frozen=True, slots=True)
class Answer:
    """What the client is told."""

    status: int
    body: bytes
    headers: Mapping[str, str]

    @classmethod
    def of(cls, status: int, told: Any, headers: Mapping[str, str] | None = None) -> Self:
        """Return an answer in JSON."""
        return cls(status, json.dumps(told).encode(), {"Content-Type": "application/json", **(headers or {})})

    @property
    def told(self) -> Any:
        """The JSON of the answer."""
        return json.loads(self.body)


@dataclass(slots=True)
class Exchange:
    """One request, and what becomes of it."""

    method: str
    target: str  # path and query as they were written
    headers: Mapping[str, str]
    body: bytes
    at: float  # seconds of the monotonic clock
    _homeserver: Callable[["Exchange"], Awaitable[Answer]]
    by_homeserver: Answer | None = None
    """What the homeserver said, whether the client was told so or not; None when it was not asked (yet)."""
    answer: Answer | None = None
    """What the client was told, None when it was told nothing (yet)."""

    @property
    def path(self) -> str:
        """Path and query for people: nothing is escaped."""
        return unquote(self.target)

    @property
    def token(self) -> str:
        """The access token, empty when there is none."""
        return self.headers.get("Authorization", "").removeprefix("Bearer ")

    @property
    def said(self) -> Any:
        """The JSON of the request."""
        return json.loads(self.body)

    def ask(self, **query: str) -> None:
        """Change parameters of the query before it is passed on."""
        self.target = str(URL(self.target, encoded=True).update_query(query))

    async def passed_on(self) -> Answer:
        """Let the homeserver carry out the request, and return its answer."""
        self.by_homeserver = await self._homeserver(self)
        return self.by_homeserver


Fault = Callable[[Exchange], Awaitable[Answer]]


@dataclass(slots=True)
class Rule:
    """Where a fault happens: to requests of `method` (or ANY) whose path and query fit `pattern`, so many `times`."""

    method: str
    pattern: re.Pattern[str]
    fault: Fault
    times: int | None
    token: str | None
    met: int = 0
    """How many requests it has happened to."""
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    def fits(self, exchange: Exchange) -> bool:
        return (
            (self.times is None or self.met < self.times)
            and self.method in {ANY, exchange.method}
            and self.token in {None, exchange.token}
            and self.pattern.search(exchange.path) is not None
        )

    async def happens_to(self, exchange: Exchange) -> Answer:
        self.met += 1
        async with self._changed:
            self._changed.notify_all()
        return await self.fault(exchange)

    async def until_met(self, times: int = 1) -> None:
        """Wait until it has happened so many times. Raises TimeoutError after 30 seconds."""
        async with asyncio.timeout(WITHIN), self._changed:
            await self._changed.wait_for(lambda: self.met >= times)


class FaultProxy:
    """The proxy. Made by `start`; `url` is the homeserver's address for the client."""

    def __init__(self, homeserver: str) -> None:
        self.homeserver = homeserver
        self.url = ""
        self.record: list[Exchange] = []
        """Every request, in the order in which it came."""
        self._rules: list[Rule] = []
        self._answered = asyncio.Condition()
        self._session: aiohttp.ClientSession | None = None
        self._broken: list[Exception] = []

    @classmethod
    @asynccontextmanager
    async def start(cls, homeserver: str) -> AsyncIterator[Self]:
        """Listen on a free port of loopback until the block is left.

        Raises:
            ExceptionGroup: a fault was not what it should be, and broke.
        """
        proxy = cls(homeserver)
        app = web.Application(client_max_size=2**26)
        app.router.add_route("*", "/{path:.*}", proxy._handle)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        # A connection for each request: on a kept one the session would ask again by itself when it is cut.
        connector = aiohttp.TCPConnector(force_close=True, limit=0)
        async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout()) as proxy._session:
            await runner.setup()
            try:
                site = web.TCPSite(runner, _LOOPBACK, 0)
                await site.start()
                proxy.url = f"http://{_LOOPBACK}:{runner.addresses[0][1]}"
                yield proxy
            finally:
                await runner.cleanup()
        if proxy._broken:
            raise ExceptionGroup("the proxy broke", proxy._broken)

    @contextmanager
    def on(
        self, method: str, pattern: str, fault: Fault, *, times: int | None = None, token: str | None = None
    ) -> Iterator[Rule]:
        """Let a fault happen, inside the block, to what fits: the newest rule that fits decides, alone.

        `pattern` is searched in path and query; `token` narrows it to requests with this access token. Without `times`
        it happens until the block is left.
        """
        rule = Rule(method, re.compile(pattern), fault, times, token)
        self._rules.insert(0, rule)
        try:
            yield rule
        finally:
            self._rules.remove(rule)

    def requests(self, method: str, pattern: str, *, since: int = 0) -> list[Exchange]:
        """Return what was asked, from place `since` of the record on."""
        wanted = re.compile(pattern)
        return [one for one in self.record[since:] if method in {ANY, one.method} and wanted.search(one.path)]

    async def until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait until a condition holds, looking again after each answer.

        Raises:
            AssertionError: it did not hold within 30 seconds.
        """
        try:
            async with asyncio.timeout(WITHIN), self._answered:
                await self._answered.wait_for(condition)
        except TimeoutError:
            raise AssertionError(f"waited in vain: {what}") from None

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        exchange = Exchange(
            request.method, request.raw_path, request.headers, await request.read(), time.monotonic(), self._ask
        )
        self.record.append(exchange)
        rule = next((rule for rule in self._rules if rule.fits(exchange)), None)
        try:
            exchange.answer = await (exchange.passed_on() if rule is None else rule.happens_to(exchange))
        except Cut as cut:
            return await _cut_off(request, cut.told)
        except aiohttp.ClientError:
            return await _cut_off(request, None)
        except Exception as error:
            self._broken.append(error)
            raise
        finally:
            async with self._answered:
                self._answered.notify_all()
        return web.Response(
            status=exchange.answer.status, body=exchange.answer.body, headers=dict(exchange.answer.headers)
        )

    async def _ask(self, exchange: Exchange) -> Answer:
        assert self._session is not None
        async with self._session.request(
            exchange.method,
            URL(self.homeserver + exchange.target, encoded=True),
            data=exchange.body or None,
            headers={**_kept(exchange.headers), "Accept-Encoding": "identity"},
            allow_redirects=False,
        ) as answer:
            return Answer(answer.status, await answer.read(), _kept(answer.headers))


async def _cut_off(request: web.Request, told: Answer | None) -> web.StreamResponse:
    response = web.StreamResponse()
    if told is not None:
        response.set_status(told.status)
        response.headers.update(told.headers)
        response.content_length = len(told.body)
        await response.prepare(request)
        await response.write(told.body[: len(told.body) // 2])
    if request.transport is not None:
        if told is None:
            request.transport.abort()
        else:
            request.transport.close()  # what was written still goes out
    return response


def _kept(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() not in _OF_ONE_CONNECTION}
