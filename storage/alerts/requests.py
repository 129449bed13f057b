"""Requests to a country about an alert: directed, to be answered by a time, reminded, taken further, closed."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Self

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint, bindparam, func, select
from sqlalchemy.orm import Mapped, mapped_column

from storage.alerts.entity import Alert
from storage.alerts.record import HistoryLine, What
from storage.alerts.refusals import NotPossible, Why
from storage.base import Base, Transaction
from storage.base.tables import columns_of
from storage.ids import CountryCode, UserId
from storage.members import Member


class RequestState(StrEnum):
    OPEN = "open"
    ANSWERED = "answered"
    CLOSED = "closed"  # no longer needed
    DROPPED = "dropped"  # the alert ended before; once that goes on it may still be answered


class RequestStep(StrEnum):
    """How a country that owes an answer is reminded, in this order."""

    COMING = "coming"  # before it is due
    DUE = "due"
    COORDINATORS = "coordinators"

    @property
    def following(self) -> "RequestStep | None":
        steps = tuple(RequestStep)
        place = steps.index(self) + 1
        return steps[place] if place < len(steps) else None


def name_of(number: int) -> str:
    """Return how people write a request of an alert: "R1"."""
    return f"R{number}"


class AlertRequest(Base):
    """What a country is asked about an alert, and what it answered."""

    __tablename__ = "alert_requests"
    __table_args__ = (
        UniqueConstraint("alert_id", "number"),
        Index("ix_alert_requests_country", "country", "state", "due_at"),
        Index("ix_alert_requests_due", "state", "due_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    alert_id: Mapped[int] = mapped_column(ForeignKey("alerts.id"))
    number: Mapped[int]
    """Counted within the alert."""
    country: Mapped[CountryCode]
    text: Mapped[str] = mapped_column(Text)
    state: Mapped[RequestState]
    asked_by: Mapped[UserId]
    asked_authority: Mapped[str]
    asked_country: Mapped[CountryCode | None]
    asked_at: Mapped[datetime]
    due_at: Mapped[datetime]
    reminded: Mapped[RequestStep | None]
    answer: Mapped[str | None] = mapped_column(Text)
    answered_by: Mapped[UserId | None]
    answered_authority: Mapped[str | None]
    ended_at: Mapped[datetime | None]

    @classmethod
    def ask(cls, alert: Alert, country: CountryCode, text: str, *, due: datetime, by: Member, at: datetime) -> Self:
        """Ask a country; its number is given when it is added. Raises NotPossible."""
        alert.must_be_open()
        if alert.addressee(country) is None:
            raise NotPossible(Why.NOT_ADDRESSED)
        return cls(
            alert_id=alert.id, country=country, text=text, state=RequestState.OPEN, asked_by=by.user_id,
            asked_authority=by.authority, asked_country=by.country, asked_at=at, due_at=due, reminded=None,
            answer=None, answered_by=None, answered_authority=None, ended_at=None,
        )  # fmt: skip

    @property
    def name(self) -> str:
        return name_of(self.number)

    @property
    def is_open(self) -> bool:
        return self.state is RequestState.OPEN

    def is_overdue(self, now: datetime) -> bool:
        return self.is_open and now > self.due_at

    def asked(self, alert: Alert, *, by: Member, at: datetime) -> HistoryLine:
        details = {"request": self.number, "due": self.due_at.isoformat()}
        return alert.record(What.REQUESTED, by, at, country=self.country, text=self.text, details=details)

    def give_answer(self, alert: Alert, text: str, *, by: Member, at: datetime) -> HistoryLine:
        """Answer it; also when nobody waited any more, because the alert was closed meanwhile and goes on again."""
        if self.state is not RequestState.DROPPED:
            self._must_be_open()
        self.state = RequestState.ANSWERED
        self.answer = text
        self.answered_by = by.user_id
        self.answered_authority = by.authority
        self.ended_at = at
        return alert.record(What.ANSWERED, by, at, country=self.country, text=text, details={"request": self.number})

    def close(self, alert: Alert, text: str, *, by: Member, at: datetime) -> HistoryLine:
        """Say that no answer is needed any more."""
        self._must_be_open()
        self.state, self.ended_at = RequestState.CLOSED, at
        return alert.record(
            What.REQUEST_CLOSED, by, at, country=self.country, text=text, details={"request": self.number}
        )

    def drop(self, at: datetime) -> None:
        """Wait no longer: the alert has ended."""
        self.state = RequestState.DROPPED
        self.ended_at = at

    def remind(self, alert: Alert, step: RequestStep, *, at: datetime) -> HistoryLine:
        self._must_be_open()
        self.reminded = step
        details = {"request": self.number, "step": step.value, "due": self.due_at.isoformat()}
        return alert.record(What.REQUEST_REMINDED, None, at, country=self.country, details=details)

    def _must_be_open(self) -> None:
        if not self.is_open:
            raise NotPossible(Why.SAID_BEFORE)


_asked = columns_of(AlertRequest)


class OpenRequest(NamedTuple):
    """A request that waits for its answer, without what was asked."""

    id: int
    alert_id: int
    number: int
    country: CountryCode
    due_at: datetime

    @property
    def name(self) -> str:
        return name_of(self.number)

    def is_overdue(self, now: datetime) -> bool:
        return now > self.due_at


_OF = select(AlertRequest).where(AlertRequest.alert_id == bindparam("alert")).order_by(AlertRequest.number)
_OPEN_OF = _OF.where(AlertRequest.state == RequestState.OPEN)


class AlertRequests:
    """The requests about alerts."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._session = tx.session

    async def add(self, request: AlertRequest) -> AlertRequest:
        highest = select(func.max(AlertRequest.number)).where(AlertRequest.alert_id == request.alert_id)
        request.number = (await self._session.scalar(highest) or 0) + 1
        self._session.add(request)
        await self._session.flush()
        return request

    async def get(self, request_id: int) -> AlertRequest | None:
        return await self._session.get(AlertRequest, request_id)

    async def of(self, alert: Alert, *, is_open: bool = False) -> Sequence[AlertRequest]:
        """Return the requests about an alert in the order they were made."""
        return (await self._session.scalars(_OPEN_OF if is_open else _OF, {"alert": alert.id})).all()

    async def numbered(self, alert: Alert, number: int) -> AlertRequest | None:
        query = select(AlertRequest).where(AlertRequest.alert_id == alert.id, AlertRequest.number == number)
        return (await self._session.scalars(query)).first()

    async def waiting(self, country: CountryCode | None, *, limit: int) -> Sequence[OpenRequest]:
        """Return what is to be answered, by one country or by any; what is due first comes first."""
        query = select(_asked.id, _asked.alert_id, _asked.number, _asked.country, _asked.due_at)
        query = query.where(_asked.state == RequestState.OPEN)
        if country is not None:
            query = query.where(_asked.country == country)
        return [OpenRequest(*row) for row in await self._tx.rows(query.order_by(_asked.due_at).limit(limit))]
