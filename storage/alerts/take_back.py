"""From the confirmed finding to the return: the State of export is informed, and the 30 days of Basel 9(2) count."""

from datetime import datetime, timedelta

from storage.alerts.core import AlertCore
from storage.alerts.record import HistoryLine, What
from storage.alerts.refusals import NotPossible, Why
from storage.alerts.states import AlertState
from storage.ids import CountryCode
from storage.members import Member

_DAY = timedelta(days=1)

WITHIN = timedelta(days=30)
"""Within this the State of export sees to the take-back, "or such other period as States concerned shall agree"."""


class TakeBack(AlertCore):
    """What the States do about a shipment that is illegal traffic."""

    __abstract__ = True

    def inform_export_state(self, when: datetime, proof: str, *, by: Member, at: datetime) -> HistoryLine:
        """Record when the State of export was informed, and what proves it. The 30 days count from then."""
        self.must_be_open()
        if when > at:
            raise NotPossible(Why.IN_FUTURE)
        self._move(AlertState.EXPORT_STATE_INFORMED)
        self.informed_at = when
        self.take_back_by = when + WITHIN
        details = {"informed_at": when.isoformat(), "by": self.take_back_by.isoformat()}
        return self.record(What.INFORMED, by, at, text=proof, details=details)

    def extend(self, until: datetime, with_: CountryCode, text: str, *, by: Member, at: datetime) -> HistoryLine:
        """Record another period, on which the States agreed."""
        self.must_be_open()
        if not self.take_back_runs or self.take_back_by is None:
            raise NotPossible(Why.NOT_ALLOWED_NOW)
        if until <= max(self.take_back_by, at):
            raise NotPossible(Why.NOT_LATER)
        details = {"from": self.take_back_by.isoformat(), "to": until.isoformat(), "with": with_}
        self.take_back_by = until
        return self.record(What.EXTENDED, by, at, country=with_, text=text, details=details)

    def agree_take_back(self, text: str, *, by: Member, at: datetime) -> HistoryLine:
        return self._step(AlertState.TAKE_BACK_AGREED, What.TAKE_BACK_AGREED, text, by, at)

    def ship(self, text: str, *, by: Member, at: datetime) -> HistoryLine:
        """Record that it is on its way back."""
        return self._step(AlertState.IN_RETURN, What.SHIPPED, text, by, at)

    def receive(self, text: str, *, by: Member, at: datetime) -> HistoryLine:
        """Record that it is back in the State of export."""
        return self._step(AlertState.RECEIVED, What.RECEIVED, text, by, at)

    def treat(self, text: str, *, by: Member, at: datetime) -> HistoryLine:
        """Record that it is disposed of in an environmentally sound manner where it is."""
        return self._step(AlertState.LOCAL_TREATMENT, What.TREATED, text, by, at)

    def dispute(self, text: str, *, by: Member, at: datetime) -> HistoryLine:
        return self._step(AlertState.DISPUTED, What.DISPUTED, text, by, at)

    def take_back_due(self, *, at: datetime) -> HistoryLine:
        """Record that the States were reminded of the deadline."""
        if not self.take_back_runs:
            raise NotPossible(Why.NOT_ALLOWED_NOW)
        return self.record(What.TAKE_BACK_DUE, None, at, details={"days": self.days_left(at)})

    def days_left(self, now: datetime) -> int:
        """Return the days left for the take-back, a day begun counted whole; 0 or less from the deadline on."""
        assert self.take_back_by is not None
        return days_left(self.take_back_by, now)

    def _step(self, state: AlertState, what: What, text: str, by: Member, at: datetime) -> HistoryLine:
        self.must_be_open()
        self._move(state)
        return self.record(what, by, at, text=text)


def days_left(by: datetime, now: datetime) -> int:
    """Return the days left until a deadline, a day begun counted whole; 0 or less from the deadline on."""
    return -((now - by) // _DAY)
