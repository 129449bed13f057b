"""The faults: what a homeserver, or what stands before it, does to a request."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from yarl import URL

from tests.integration.faults.proxy import WITHIN, Answer, Cut, Exchange, Fault


def throttled(retry_after_ms: int | None = None, *, header: str | None = None) -> Fault:
    """429, which says how long to wait in its body, in its header, or not at all."""
    told: dict[str, Any] = {"errcode": "M_LIMIT_EXCEEDED", "error": "Too many requests"}
    if retry_after_ms is not None:
        told["retry_after_ms"] = retry_after_ms

    async def fault(_: Exchange) -> Answer:
        return Answer.of(429, told, {"Retry-After": header} if header is not None else None)

    return fault


def failing(status: int, *, html: bool = False, errcode: str = "M_UNKNOWN") -> Fault:
    """An error of the homeserver's (JSON) or of the web server before it (HTML). Nothing was carried out."""
    page = Answer(status, b"<html><h1>Bad Gateway</h1></html>", {"Content-Type": "text/html"})
    told = Answer.of(status, {"errcode": errcode, "error": "Internal server error"})

    async def fault(_: Exchange) -> Answer:
        return page if html else told

    return fault


def expired(*, soft: bool) -> Fault:
    """The access token is no longer accepted; `soft`: the device still exists."""
    told = {"errcode": "M_UNKNOWN_TOKEN", "error": "Access token has expired", "soft_logout": soft}

    async def fault(_: Exchange) -> Answer:
        return Answer.of(401, told)

    return fault


async def cut_before(_: Exchange) -> Answer:
    """Cut the connection before the homeserver has heard of the request."""
    raise Cut


async def cut_after(exchange: Exchange) -> Answer:
    """Cut the connection after the request was carried out: the answer is lost."""
    await exchange.passed_on()
    raise Cut


async def cut_within(exchange: Exchange) -> Answer:
    """Cut the connection in the middle of the answer."""
    raise Cut(await exchange.passed_on())


def lost(status: int) -> Fault:
    """The homeserver carries the request out, and the web server before it, which waited no longer, says it failed."""

    async def fault(exchange: Exchange) -> Answer:
        await exchange.passed_on()
        return await failing(status, html=True)(exchange)

    return fault


def changed(change: Callable[[Any], None]) -> Fault:
    """The homeserver's answer, after `change` had its JSON. Other answers than 200 stay as they are."""

    async def fault(exchange: Exchange) -> Answer:
        answer = await exchange.passed_on()
        if answer.status != 200:
            return answer
        told = answer.told
        change(told)
        return Answer.of(answer.status, told)

    return fault


async def narrowed(exchange: Exchange) -> Answer:
    """A sync that brings the last event of each room only: the homeserver itself is asked for no more."""
    wanted = json.loads(URL(exchange.target, encoded=True).query["filter"])
    wanted.setdefault("room", {}).setdefault("timeline", {})["limit"] = 1
    exchange.ask(filter=json.dumps(wanted))
    return await exchange.passed_on()


class Held:
    """A fault: requests wait, before the homeserver hears of them or (`after`) with their answers, until `release`.

    What becomes of them then is `then`'s business, by default what becomes of any.
    """

    def __init__(self, *, after: bool = False, then: Fault | None = None) -> None:
        self._after = after
        self._then = then
        self._released = asyncio.Event()
        self._waiting = 0
        self._changed = asyncio.Condition()

    def release(self) -> None:
        """Let go what waits, and hold nothing more."""
        self._released.set()

    async def until_waiting(self, number: int = 1) -> None:
        """Wait until so many requests are held. Raises TimeoutError after 30 seconds."""
        async with asyncio.timeout(WITHIN), self._changed:
            await self._changed.wait_for(lambda: self._waiting >= number)

    async def __call__(self, exchange: Exchange) -> Answer:
        answer = await exchange.passed_on() if self._after else None
        async with self._changed:
            self._waiting += 1
            self._changed.notify_all()
        await self._released.wait()
        if self._then is not None:
            return await self._then(exchange)
        return answer or await exchange.passed_on()


class LateKeys:
    """Room keys, and all else that is sent to devices, that syncs leave out for a while and bring later."""

    def __init__(self) -> None:
        self.late: list[Any] = []

    def leave_out(self, told: Any) -> None:
        self.late += told.pop("to_device", {}).get("events", [])

    def bring(self, told: Any) -> None:
        """Bring them with every answer from now on: one that is not journalled is asked for again."""
        told["to_device"] = {"events": list(self.late)}

    def bring_once(self, told: Any) -> None:
        told.setdefault("to_device", {}).setdefault("events", []).extend(self.late)
        self.late.clear()
