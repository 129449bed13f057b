"""The faults that any request may meet, and what the tests of them share."""

import asyncio
from collections.abc import Awaitable, Callable, Container
from typing import Any

from bot.demo.member import MemberClient
from bot.matrix.interface import Throttled, Unavailable
from storage.ids import EventId, RoomId, UserId
from tests.integration.faults.kinds import cut_after, cut_before, cut_within, failing, lost, throttled
from tests.integration.faults.proxy import Fault, FaultProxy
from tests.integration.matrix.running import Bot, text

FAULTS: dict[str, Fault] = {
    "429": throttled(),
    "429 with retry_after_ms": throttled(100),
    "429 with Retry-After": throttled(header="1"),
    # What plain nio takes for the end of the login.
    "500 in JSON": failing(500, errcode="M_UNKNOWN_TOKEN"),
    "500 in HTML": failing(500, html=True),
    "502 in JSON": failing(502),
    "502 in HTML": failing(502, html=True),
    "502 of what was carried out": lost(502),
    "cut before it was carried out": cut_before,
    "cut after it was carried out": cut_after,
    "cut in the middle of the answer": cut_within,
}
ONE_TIME_KEYS = 50
"""How many the homeserver holds for a device when none is missing."""
_TRIES = 50


class Pauses:
    """A sleep that takes no time and remembers for how many seconds it was asked."""

    def __init__(self) -> None:
        self.asked: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.asked.append(seconds)
        await asyncio.sleep(0)


async def persistently(attempt: Callable[[], Awaitable[Any]]) -> Any:
    """Try again, as the outbox does but at once, until it succeeds or is refused for good."""
    for _ in range(_TRIES):
        try:
            return await attempt()
        except (Throttled, Unavailable):
            await asyncio.sleep(0)
    raise AssertionError(f"no success in {_TRIES} tries")


async def sent(bot: Bot, room: RoomId, body: str) -> EventId:
    """Send a message as a row of the outbox is sent: under one transaction id at each try."""
    event_id = await persistently(lambda: bot.gateway.send(room, text(body), f"row {body}"))
    return EventId(event_id)


async def read_once(who: MemberClient, room: RoomId, *bodies: str) -> None:
    """Wait until the client shows the last of these messages of others, and see that it shows each once, in order."""
    await who.hears(room, bodies[-1])
    assert [one.body for one in who.timeline(room) if one.body in bodies] == list(bodies)
    assert all(one.encrypted for one in who.timeline(room) if one.body in bodies)


async def knows(bot: Bot, device: MemberClient) -> None:
    """Wait until the bot knows a device, and that its owner signed it."""
    async with asyncio.timeout(20):
        while device.device_id not in _signed(bot, UserId(device.user_id)):  # noqa: ASYNC110  a sync brings it
            await asyncio.sleep(0.02)


def _signed(bot: Bot, user: UserId) -> Container[str]:
    identity = bot.gateway._crypto.people.identity(user)
    return identity.signed if identity is not None else ()


async def until_replenished(proxy: FaultProxy) -> None:
    """Wait until the homeserver tells in a sync, from now on, that it holds all one-time keys."""
    place = len(proxy.record)

    def whole() -> bool:
        syncs = proxy.requests("GET", "/sync", since=place)
        told = [one.answer.told for one in syncs if one.answer is not None and one.answer.status == 200]
        return any(sync["device_one_time_keys_count"].get("signed_curve25519") == ONE_TIME_KEYS for sync in told)

    await proxy.until(whole, "the homeserver holds all one-time keys")
