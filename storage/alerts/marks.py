"""What alerts name, in the form by which they are compared: found by index, however many alerts there are."""

from collections.abc import Iterable, Sequence

from sqlalchemy import ForeignKey, bindparam, select
from sqlalchemy.orm import Mapped, mapped_column

from storage.alerts.entity import Alert
from storage.alerts.likeness import Mark, marks_of
from storage.base import Base, Transaction


class AlertMark(Base):
    """One thing that an alert names now. Only of alerts that were circulated and not withdrawn."""

    __tablename__ = "alert_marks"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - what SQLAlchemy asks for

    series: Mapped[str] = mapped_column(primary_key=True)
    """That of the alert: exercises are never found beside real ones."""
    kind: Mapped[str] = mapped_column(primary_key=True)
    mark: Mapped[str] = mapped_column(primary_key=True)
    """As `storage.alerts.mark_of` makes it, such as "CSQU305438"."""
    alert_id: Mapped[int] = mapped_column(ForeignKey("alerts.id"), primary_key=True, index=True)


_WITH = select(AlertMark.alert_id).where(
    AlertMark.series == bindparam("series"), AlertMark.kind == bindparam("kind"), AlertMark.mark == bindparam("mark")
)
_NEWEST = _WITH.order_by(AlertMark.alert_id.desc()).limit(bindparam("limit"))
_NEWEST_BEFORE = _NEWEST.where(AlertMark.alert_id < bindparam("before"))


class AlertMarks:
    """By what alerts are found that name the same."""

    def __init__(self, tx: Transaction) -> None:
        self._session = tx.session

    async def put(self, alert: Alert) -> None:
        """Bring what is found of an alert up to date with its facts; nothing of a draft or of what was withdrawn."""
        stands = alert.was_circulated and not alert.is_withdrawn
        wanted = set(marks_of(alert.current_facts)) if stands else set()
        kept = (await self._session.scalars(select(AlertMark).where(AlertMark.alert_id == alert.id))).all()
        for one in kept:
            mark = Mark(one.kind, one.mark)
            if mark in wanted:
                wanted.remove(mark)
            else:
                await self._session.delete(one)
        self._session.add_all(
            AlertMark(series=alert.series, kind=mark.kind, mark=mark.value, alert_id=alert.id) for mark in wanted
        )
        await self._session.flush()

    async def of(self, alert_ids: Iterable[int]) -> Sequence[tuple[int, Mark]]:
        """Return what these alerts name, as (id of the alert, mark)."""
        query = select(AlertMark.alert_id, AlertMark.kind, AlertMark.mark).where(AlertMark.alert_id.in_(alert_ids))
        return [(alert_id, Mark(kind, mark)) for alert_id, kind, mark in (await self._session.execute(query)).all()]

    async def newest_with(self, series: str, mark: Mark, *, limit: int, before: int | None = None) -> Sequence[int]:
        """Return the ids of the newest alerts of a series that name this; `before` is the id from which to go on."""
        values = {"series": series, "kind": mark.kind, "mark": mark.value, "limit": limit}
        if before is not None:
            return (await self._session.scalars(_NEWEST_BEFORE, {**values, "before": before})).all()
        return (await self._session.scalars(_NEWEST, values)).all()
