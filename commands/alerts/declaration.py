"""The capability itself and its settings; the commands stand in the modules beside this one."""

from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from commands.base import Capability, Settings, Subject
from commands.document import _
from commands.when import NotATime, parse_duration
from storage.alerts import Alert, Outline, Urgency

KIND = "alert"
"""The kind of subject under which everything that is said about an alert stands in the outbox."""

CARD, LINE, DRAFT, REPORT = "card", "line", "draft", "report"
"""The parts that messages have in an alert."""

LONGEST_TEXT = 10_000
"""Characters of an alert or a note."""


def subject_of(alert: Alert | Outline) -> Subject:
    """Return what stands in the outbox for an alert."""
    return Subject(KIND, alert.id)


def _duration(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return parse_duration(value)
    except NotATime as error:
        raise ValueError('write a length of time such as "30m" or "2h"') from error


_Within = Annotated[timedelta, BeforeValidator(_duration), Field(gt=timedelta(0), le=timedelta(days=30))]

_Kept = Annotated[timedelta, BeforeValidator(_duration), Field(ge=timedelta(days=1), le=timedelta(days=3660))]


class AlertSettings(Settings):
    """The section [alerts] of config.toml."""

    acknowledge_within: _Within = timedelta(minutes=30)
    """How long a country concerned has to acknowledge a routine alert before its room is reminded; the same time passes
    between one step and the next. An urgent alert halves it, an immediate one divides it by three."""

    verify_first: bool = False
    """Whether a routine alert waits for a second pair of eyes before it is sent; an urgent one never does. Otherwise an
    author may ask for it, and what was sent without is verified afterwards."""

    verify_within: _Within = timedelta(hours=24)
    """How long what was sent unverified may stay so before the author's country is reminded; as long again until the
    coordinators are. 24 hours is what the European Union's rapid alert system asks for."""

    send_within: _Within = timedelta(hours=48)
    """Within how long after it was drafted an alert is to be sent. Its author is reminded at half of it and when it is
    over. 48 hours is what the European Union's rapid alert system asks for."""

    names_kept: _Kept = timedelta(days=730)
    """How long after an alert has ended the names of persons in it are kept, with every text that may hold some. Two
    years: long enough for a take-back that drags on and a court, and for the record to be asked for a year later."""

    largest_file_mb: Annotated[int, Field(ge=1, le=100)] = 20
    """Millions of bytes of the largest photo or document that is taken to an alert. While it is looked into, a file is
    held in memory, for a moment twice; two are looked into at a time."""

    @property
    def largest_file_bytes(self) -> int:
        return self.largest_file_mb * 1_000_000

    def time_to_acknowledge(self, urgency: Urgency) -> timedelta:
        """Return how long a country has at each step: all, half or a third of `acknowledge_within`."""
        parts = {Urgency.ROUTINE: 1, Urgency.URGENT: 2, Urgency.IMMEDIATE: 3}
        return self.acknowledge_within / parts[urgency]


capability = Capability("alerts", _("Alerts about suspect waste shipments"), settings=AlertSettings)
