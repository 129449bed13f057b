"""What happens to an alert."""

from dataclasses import dataclass, field

from commands.base import Event
from commands.document import Message
from storage.alerts import Alert, HistoryLine


@dataclass(frozen=True)
class AlertChanged(Event):
    """A line was added to the history of an alert that is circulated, or that this line circulates.

    Of one command there is one such event, and so one message to each reader, however many lines it adds.
    """

    alert: Alert
    line: HistoryLine
    changed: tuple[Message, ...] = field(default=())
    """Of a correction: the names of what was corrected."""
    earlier: tuple[HistoryLine, ...] = field(default=())
    """Lines that the same command added before it."""

    @property
    def lines(self) -> tuple[HistoryLine, ...]:
        return (*self.earlier, self.line)
