"""How an alert ends, and how it begins again."""

from datetime import datetime
from typing import Self

from storage.alerts.core import AlertCore
from storage.alerts.kinds import CostBearer, Outcome
from storage.alerts.record import HistoryLine, What
from storage.alerts.refusals import NotPossible, Why
from storage.alerts.states import FOUND_ILLEGAL, AlertState
from storage.members import Member

_S = AlertState

OUTCOMES: dict[AlertState, frozenset[Outcome]] = {
    _S.CLEARED: frozenset({Outcome.CLEARED, Outcome.OTHER}),
    _S.NOT_LOCATED: frozenset({Outcome.NOT_LOCATED, Outcome.OTHER}),
    _S.RECEIVED: frozenset({Outcome.RETURNED, Outcome.PROSECUTED, Outcome.OTHER}),
    _S.LOCAL_TREATMENT: frozenset({Outcome.TREATED, Outcome.PROSECUTED, Outcome.OTHER}),
    **dict.fromkeys(
        FOUND_ILLEGAL - {_S.RECEIVED, _S.LOCAL_TREATMENT},
        frozenset({Outcome.RETURNED, Outcome.TREATED, Outcome.PROSECUTED, Outcome.OTHER}),
    ),
}
"""The outcomes that do not contradict what was found; of states that are not listed, any."""


class Ending(AlertCore):
    """Closing, withdrawing, merging; reopening."""

    __abstract__ = True

    def close(
        self,
        outcome: Outcome,
        text: str,
        *,
        cost: CostBearer | None = None,
        sanction: str | None = None,
        by: Member,
        at: datetime,
    ) -> HistoryLine:
        """End it with its outcome, and say who bears the cost and what the sanction was, where there was one."""
        self.must_be_open()
        if outcome not in OUTCOMES.get(self.state, frozenset(Outcome)):
            raise NotPossible(Why.CONTRADICTS_FINDING)
        self._move(AlertState.CLOSED)
        self.outcome = outcome
        self.cost_bearer = cost
        self.sanction = sanction
        self.ended_at = at
        details = {"outcome": outcome.value}
        details |= {"cost": cost.value} if cost is not None else {}
        details |= {"sanction": sanction} if sanction is not None else {}
        return self.record(What.CLOSED, by, at, text=text, details=details)

    def hand_over(self, to: Member, *, by: Member, at: datetime) -> HistoryLine:
        """Make another member of the same country the author. Raises NotPossible where it has ended or is theirs."""
        if self.state in {_S.WITHDRAWN, _S.MERGED}:
            raise NotPossible(Why.ENDED)
        if to.user_id == self.author:
            raise NotPossible(Why.SAME)
        self.author, self.author_authority = to.user_id, to.authority
        return self.record(What.HANDED_OVER, by, at)

    def withdraw(self, reason: str, *, by: Member, at: datetime) -> HistoryLine:
        self._must_not_have_ended()
        self._move(AlertState.WITHDRAWN)
        self.ended_at = at
        return self.record(What.WITHDRAWN, by, at, text=reason)

    def merge(self, into: Self, text: str, *, by: Member, at: datetime) -> HistoryLine:
        """End it in favour of another one, which is about the same shipment and goes on."""
        self._must_not_have_ended()
        if into.id == self.id:
            raise NotPossible(Why.SAME)
        self._move(AlertState.MERGED)
        self.merged_into = into.id
        self.ended_at = at
        return self.record(What.MERGED, by, at, text=text, details={"into": into.id})

    def reopen(self, reason: str, *, by: Member, at: datetime) -> HistoryLine:
        """Go on with a closed alert. Each country controls and finds anew; what it found before is on record."""
        if not self.has_ended:
            raise NotPossible(Why.NOT_ALLOWED_NOW)
        self._move(AlertState.REOPENED)
        self.ended_at = self.outcome = self.cost_bearer = self.sanction = None
        self.ground = self.informed_at = self.take_back_by = None
        for entry in self.addressees:
            entry.held_at = entry.inspected_at = entry.control_authority = entry.finding = entry.found_at = None
        return self.record(What.REOPENED, by, at, text=reason)
