"""The steps of a message's way. A test stops the bot at each and shows that nothing is lost and nothing doubled."""

from collections.abc import Callable
from enum import StrEnum


class Step(StrEnum):
    SYNC_ANSWERED = "sync.answered"  # the homeserver's answer is here, nothing is written
    JOURNALLED = "journalled"  # inbox and token are committed
    HANDLING = "handling"  # the handler ran, nothing of it is committed
    HANDLED = "handled"  # answer, clocks and the inbox mark are committed
    SENDING = "send.before_put"  # keys are shared, the event is not sent
    PUT = "send.after_put"  # the homeserver has the event, the row does not know it
    MARKING = "marking"  # the row is marked in the transaction, not committed
    MARKED = "marked"  # the row is marked sent


Observer = Callable[[str], None]


def nobody(step: str) -> None:
    """Observe nothing: the bot as it runs for real."""
