"""How long the sender waits after what went wrong, and how much it dares at once after it was throttled."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import Enum, auto

from bot.context import House
from bot.waiting import backoff
from storage.outbox import Priority

_AT_LEAST = timedelta(seconds=1)
"""Between two messages to a homeserver that refuses them without saying for how long."""
_LONGEST_FOR_AN_ALERT = timedelta(seconds=30)
"""After which an alert is tried again when the homeserver is back from an outage, however long that was."""
_IN_VAIN = 3
"""Refusals of one urgency in a row after which others are tried first: it may be one room alone that is refused."""


class Limit(Enum):
    """What homeservers count apart from messages: being told to wait with one says nothing of the others."""

    ROOMS = auto()
    INVITATIONS = auto()
    JOINS = auto()
    FILES = auto()


class Pauses:
    """When something may be sent again after a 429, and how many rooms at a time.

    How long to wait, where the homeserver says it, holds for messages of every urgency. Where it does not say it, each
    urgency finds out for itself and for what is less urgent, so that a flood of announcements that is refused again and
    again makes no alert wait. After any refusal rooms are tried one by one, the most urgent first, until it goes well:
    the homeserver lets through whichever comes first, and that must not be left to chance.
    """

    def __init__(self, house: House, jitter: Callable[[], float], in_flight: int) -> None:
        self._house = house
        self._jitter = jitter
        self._in_flight = in_flight
        self._width = in_flight
        self._in_vain: Counter[Priority] = Counter()
        self._unexplained: Counter[Priority | Limit] = Counter()
        self._own: dict[Priority | Limit, datetime] = {}
        self.until: datetime | None = None
        """When the homeserver takes messages again, as it said itself."""

    @property
    def width(self) -> int:
        """How many rooms may be sent to at the same time."""
        return self._width

    @property
    def strained(self) -> bool:
        """Whether messages were refused lately and not enough went well since."""
        return self._width < self._in_flight

    def refused(self, urgency: Priority, asked: timedelta | None) -> timedelta | None:
        """The homeserver does not take messages, for as long as it `asked`.

        Return how long the row that met this waits by itself: now and then a moment longer than all others.
        """
        now = self._house.now()
        if asked is not None and (self._in_vain or not asked):  # a time too short, said again and again, is no time
            asked = max(asked, _AT_LEAST)
        is_first = self.until is None or now >= self.until
        # Two rooms may be told different pauses at once: the longer one holds.
        self.until = max(self.until or now, now + (_AT_LEAST if asked is None else asked))
        self._width = 1
        if not is_first:  # rooms that were on their way together are refused together: that is one refusal
            return None
        self._in_vain[urgency] += 1
        pause = asked
        if pause is None:
            pause = max(self._next_guess(urgency), _AT_LEAST)
            for each in Priority:
                if each >= urgency:
                    self._own[each] = max(self._own.get(each, now), now + pause)
        return pause + _AT_LEAST if self._in_vain[urgency] % _IN_VAIN == 0 else None

    def worked(self, urgency: Priority) -> None:
        """The homeserver took a message."""
        self._width = min(self._width * 2, self._in_flight)
        if self._in_vain:
            del self._in_vain[urgency]
            del self._unexplained[urgency]

    def are_on(self, urgency: Priority) -> bool:
        """Whether nothing as urgent as this may be sent now."""
        if self.until is None:
            return False
        now = self._house.now()
        return now < self.until or now < self._own.get(urgency, now)

    @property
    def next_end(self) -> datetime | None:
        """When something more may be sent than now; None when nothing is held up."""
        now = self._house.now()
        own = (end for name, end in self._own.items() if isinstance(name, Priority))
        return min((end for end in (*own, self.until) if end is not None and end > now), default=None)

    def rest_of(self, limit: Limit) -> timedelta | None:
        """Return how long there is still to wait with one thing that is counted apart."""
        end = self._own.get(limit)
        rest = end - self._house.now() if end is not None else timedelta(0)
        return rest if rest > timedelta(0) else None

    def put_off(self, limit: Limit, asked: timedelta | None) -> timedelta:
        """The homeserver does not do what is counted apart, for as long as it `asked`; return for how long that is."""
        pause = max(self._next_guess(limit) if asked is None else asked, _AT_LEAST)
        now = self._house.now()
        self._own[limit] = max(self._own.get(limit, now), now + pause)
        return self._own[limit] - now

    def done(self, limit: Limit) -> None:
        """The homeserver did what is counted apart."""
        if self._unexplained:
            del self._unexplained[limit]

    def _next_guess(self, of: Priority | Limit) -> timedelta:
        self._unexplained[of] += 1
        return self.backoff(self._unexplained[of] - 1)

    def backoff(self, attempts: int, urgency: Priority | None = None) -> timedelta:
        """Return how long a row waits that was tried so often; not all come back at once, and an alert soon."""
        pause = backoff(attempts, self._jitter)
        return min(pause, _LONGEST_FOR_AN_ALERT) if urgency is Priority.ALERT else pause
