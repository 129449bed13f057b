"""How long the sender waits after what went wrong: one pause for all rooms, and one for each row."""

from collections.abc import Callable
from datetime import datetime, timedelta

from bot.context import House
from bot.waiting import backoff


class Pauses:
    def __init__(self, house: House, jitter: Callable[[], float]) -> None:
        self._house = house
        self._jitter = jitter
        self.until: datetime | None = None
        """When the homeserver takes messages again, as it said itself."""

    def pause(self, length: timedelta) -> None:
        """Send nothing to any room for so long."""
        until = self._house.now() + length
        # Two rooms may be told different pauses at once: the longer one holds.
        self.until = max(self.until or until, until)

    def are_on(self) -> bool:
        """Whether nothing may be sent now."""
        return self.until is not None and self._house.now() < self.until

    def backoff(self, attempts: int) -> timedelta:
        """Return how long a row waits that was tried so often; not all come back at once."""
        return backoff(attempts, self._jitter)
