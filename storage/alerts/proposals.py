"""Proposals: a correction that somebody else than the owner of an alert wants; the owner accepts or declines."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from sqlalchemy import ForeignKey, Text, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, mapped_column

from storage.alerts.entity import Alert
from storage.alerts.record import HistoryLine, What
from storage.alerts.refusals import NotPossible, Why
from storage.base import Base, Transaction
from storage.ids import CountryCode, UserId
from storage.members import Member


class ProposalState(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"


class AlertProposal(Base):
    """A correction as it was proposed, and what became of it. It is kept beside the facts that it changed."""

    __tablename__ = "alert_proposals"
    __table_args__ = (UniqueConstraint("alert_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    alert_id: Mapped[int] = mapped_column(ForeignKey("alerts.id"))
    number: Mapped[int]
    """Counted within the alert."""
    changes: Mapped[dict[str, Any]]
    """What to set, by the names of the keys: lists of texts as they were typed."""
    why: Mapped[str] = mapped_column(Text)
    state: Mapped[ProposalState]
    proposed_by: Mapped[UserId]
    proposed_authority: Mapped[str]
    proposed_country: Mapped[CountryCode | None]
    proposed_at: Mapped[datetime]
    decided_by: Mapped[UserId | None]
    decided_authority: Mapped[str | None]
    decided_at: Mapped[datetime | None]

    @classmethod
    def make(cls, alert: Alert, changes: Mapping[str, Sequence[str]], why: str, *, by: Member, at: datetime) -> Self:
        """Propose a correction; its number is given when it is added. Raises NotPossible."""
        alert.must_be_open()
        return cls(
            alert_id=alert.id, changes={key: list(values) for key, values in changes.items()}, why=why,
            state=ProposalState.OPEN, proposed_by=by.user_id, proposed_authority=by.authority,
            proposed_country=by.country, proposed_at=at, decided_by=None, decided_authority=None, decided_at=None,
        )  # fmt: skip

    @property
    def name(self) -> str:
        """How people write it: "P1"."""
        return f"P{self.number}"

    @property
    def is_open(self) -> bool:
        return self.state is ProposalState.OPEN

    def made(self, alert: Alert, *, by: Member, at: datetime) -> HistoryLine:
        return alert.record(What.PROPOSED, by, at, text=self.why, details=self._details())

    def accept(self, alert: Alert, *, by: Member, at: datetime) -> HistoryLine:
        self._decide(ProposalState.ACCEPTED, alert, by, at)
        return alert.record(What.ACCEPTED, by, at, details=self._details())

    def decline(self, alert: Alert, text: str, *, by: Member, at: datetime) -> HistoryLine:
        self._decide(ProposalState.DECLINED, alert, by, at)
        return alert.record(What.DECLINED, by, at, text=text, details=self._details())

    def _decide(self, state: ProposalState, alert: Alert, by: Member, at: datetime) -> None:
        alert.must_be_open()
        if not self.is_open:
            raise NotPossible(Why.SAID_BEFORE)
        self.state = state
        self.decided_by = by.user_id
        self.decided_authority = by.authority
        self.decided_at = at

    def _details(self) -> dict[str, Any]:
        return {"proposal": self.number, "changes": dict(self.changes)}


class AlertProposals:
    """The proposals about alerts."""

    def __init__(self, tx: Transaction) -> None:
        self._session = tx.session

    async def add(self, proposal: AlertProposal) -> AlertProposal:
        highest = select(func.max(AlertProposal.number)).where(AlertProposal.alert_id == proposal.alert_id)
        proposal.number = (await self._session.scalar(highest) or 0) + 1
        self._session.add(proposal)
        await self._session.flush()
        return proposal

    async def of(self, alert: Alert, *, is_open: bool = False) -> Sequence[AlertProposal]:
        """Return the proposals about an alert in the order they were made."""
        query = select(AlertProposal).where(AlertProposal.alert_id == alert.id)
        if is_open:
            query = query.where(AlertProposal.state == ProposalState.OPEN)
        return (await self._session.scalars(query.order_by(AlertProposal.number))).all()

    async def numbered(self, alert: Alert, number: int) -> AlertProposal | None:
        query = select(AlertProposal).where(AlertProposal.alert_id == alert.id, AlertProposal.number == number)
        return (await self._session.scalars(query)).first()
