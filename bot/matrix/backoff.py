"""Pauses between tries, so that a failing homeserver or database is never asked in a tight loop."""

from collections.abc import Awaitable, Callable

from bot.matrix.interface import Throttled

_SHORTEST, _LONGEST = 1.0, 60.0  # seconds


class Backoff:
    """Pauses that double from 1 s to 60 s, with jitter; a Retry-After is honoured in full."""

    def __init__(self, sleep: Callable[[float], Awaitable[None]], random: Callable[[], float]) -> None:
        self._sleep = sleep
        self._random = random
        self._failures = 0

    def reset(self) -> None:
        """Something worked."""
        self._failures = 0

    async def pause(self, error: Exception) -> float:
        """Sleep before the next try and return for how many seconds."""
        ceiling: float = min(_LONGEST, _SHORTEST * 2.0 ** min(self._failures, 16))
        self._failures += 1
        delay = max(_SHORTEST, ceiling * (0.5 + self._random() / 2))
        if isinstance(error, Throttled) and error.retry_after is not None:
            delay = max(delay, error.retry_after.total_seconds())
        await self._sleep(delay)
        return delay
