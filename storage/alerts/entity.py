"""An alert: a suspicion that others must hear of, from the first word to the last outcome."""

from datetime import datetime
from typing import Self

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import WriteOnlyMapped, relationship

from storage.alerts.control import Control
from storage.alerts.ending import Ending
from storage.alerts.kinds import AlertType, Tlp, Urgency
from storage.alerts.numbers import EXERCISE, REAL
from storage.alerts.parts import Wording
from storage.alerts.preparing import Preparing
from storage.alerts.record import HistoryLine, What
from storage.alerts.states import AlertState
from storage.alerts.take_back import TakeBack
from storage.members import Member


class Alert(Preparing, Control, TakeBack, Ending):
    """A suspicion that others must hear of. It is never deleted; its number is for good.

    What changes it returns the line for its history, or what is new. Times are aware, UTC.

    Raises:
        NotPossible: from every method that changes it, with why: it has ended, is not sent yet, ...
    """

    __tablename__ = "alerts"
    __table_args__ = (
        UniqueConstraint("series", "year", "sequence"),
        Index("ix_alerts_author", "author", "state"),
        Index("ix_alerts_author_id", "author", "id"),
        Index("ix_alerts_open", "is_open", "id"),
        Index("ix_alerts_country", "author_country", "id"),
        Index("ix_alerts_country_open", "author_country", "is_open", "id"),
    )

    history: WriteOnlyMapped[HistoryLine] = relationship(order_by=HistoryLine.id)

    @classmethod
    def draft(
        cls,
        text: str,
        *,
        by: Member,
        at: datetime,
        tlp: Tlp,
        urgency: Urgency,
        type_: AlertType = AlertType.ALERT,
        exercise: bool = False,
    ) -> Self:
        """Begin an alert; its number is given when it is added to the repository."""
        alert = cls(
            series=EXERCISE if exercise else REAL, type=type_, state=AlertState.DRAFT, tlp=tlp, urgency=urgency,
            drafted_at=at, author=by.user_id, author_authority=by.authority, author_country=by.country,
            circulated_at=None, ended_at=None, outcome=None, verified_at=None,
            verified_by=None, verified_authority=None, ground=None, informed_at=None, take_back_by=None,
            cost_bearer=None, sanction=None, merged_into=None,
            wording=Wording(text=text), facts=[], addressees=[], persons=[],
        )  # fmt: skip
        alert.record(What.DRAFTED, by, at)
        return alert
