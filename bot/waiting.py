"""How long what could not be done waits for its next try."""

from collections.abc import Callable
from datetime import timedelta

_LONGEST = timedelta(minutes=5)


def backoff(attempts: int, jitter: Callable[[], float]) -> timedelta:
    """Return the pause after so many tries: doubling from a second to five minutes, and not the same for all."""
    seconds = min(2.0 ** min(attempts, 10), _LONGEST.total_seconds())
    return timedelta(seconds=seconds * (0.75 + jitter() / 2))
