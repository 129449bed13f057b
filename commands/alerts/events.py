"""What happens to an alert."""

from dataclasses import dataclass, field

from commands.base import Event
from commands.document import Message
from storage.alerts import Alert, HistoryLine


@dataclass(frozen=True)
class AlertChanged(Event):
    """A line was added to the history of an alert that is circulated, or that this line circulates."""

    alert: Alert
    line: HistoryLine
    changed: tuple[Message, ...] = field(default=())
    """Of a correction: the names of what was corrected."""
    goes_on: bool = False
    """Whether another such event follows in the same transaction: the cards are brought up to date by that one."""
