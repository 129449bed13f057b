"""What alerts name, in the form by which they are compared: found by index, however many alerts there are."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import ForeignKey, bindparam, literal_column, select, union_all
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


_AT_ONCE = 30
"""Marks that one statement asks for."""


@cache
def newest_of_each(number: int) -> Sequence[Any]:
    """Return what selects the newest alerts that name the first of so many marks, the second, and so on.

    Each is a table of its own, with the place of the mark and the id of the alert. For the values see `with_marks`.
    """
    return [
        select(literal_column(str(place)).label("place"), AlertMark.alert_id)
        .where(
            AlertMark.series == bindparam("series"),
            AlertMark.kind == bindparam(f"kind{place}"),
            AlertMark.mark == bindparam(f"mark{place}"),
        )
        .order_by(AlertMark.alert_id.desc())
        .limit(bindparam("limit"))
        .subquery()
        for place in range(number)
    ]


@cache
def _newest(number: int) -> Any:
    return union_all(*(select(each.c.place, each.c.alert_id) for each in newest_of_each(number)))


def with_marks(series: str, marks: Sequence[Mark], *, limit: int) -> dict[str, Any]:
    """Return the values of such a statement: of each mark the `limit` newest alerts of a series."""
    kinds = {f"kind{place}": mark.kind for place, mark in enumerate(marks)}
    return {"series": series, "limit": limit, **kinds, **{f"mark{n}": mark.value for n, mark in enumerate(marks)}}


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

    async def newest_with(self, series: str, marks: Sequence[Mark], *, limit: int) -> Mapping[Mark, Sequence[int]]:
        """Return for each of some marks the ids of the newest alerts of a series that name it."""
        found: dict[Mark, list[int]] = {mark: [] for mark in marks}
        for start in range(0, len(marks), _AT_ONCE):
            some = marks[start : start + _AT_ONCE]
            values = with_marks(series, some, limit=limit)
            for place, alert_id in (await self._session.execute(_newest(len(some)), values)).all():
                found[some[place]].append(alert_id)
        return found
