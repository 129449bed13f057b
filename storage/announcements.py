"""Announcements: what was said to whom, and whether it arrived."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, cast

from sqlalchemy import ForeignKey, Table, bindparam, case, delete, func, select, update
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.orm.attributes import set_committed_value

from storage.alerts.kinds import Tlp
from storage.base import Base, Transaction
from storage.ids import RoomId, UserId
from storage.outbox import Failure


class AudienceKind(StrEnum):
    ALL = "all"
    COUNTRY = "country"
    REGION = "region"
    ROLE = "role"


class AnnouncementState(StrEnum):
    DRAFT = "draft"
    SENT = "sent"
    CANCELLED = "cancelled"


class Fate(StrEnum):
    """What became of an announcement on its way to one room or person."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    NOT_DELIVERED = "not delivered"


class AlreadyDecided(Exception):
    """The announcement was sent or cancelled before."""

    def __init__(self, state: AnnouncementState) -> None:
        super().__init__(state.value)
        self.state = state


@dataclass(frozen=True, slots=True)
class Sent:
    """An announcement is on its way."""

    announcement: "Announcement"


@dataclass(frozen=True, slots=True)
class Cancelled:
    """An announcement is not sent."""

    announcement: "Announcement"


class AnnouncementTarget(Base):
    """One room, or one person in the direct chat, that an announcement goes to."""

    __tablename__ = "announcement_targets"

    id: Mapped[int] = mapped_column(primary_key=True)
    announcement_id: Mapped[int] = mapped_column(ForeignKey("announcements.id", ondelete="CASCADE"), index=True)
    room_id: Mapped[RoomId | None]
    user_id: Mapped[UserId | None]
    name: Mapped[str]
    """The name of the room or person at the time of writing; the room id when it has none."""
    people: Mapped[int]
    row_id: Mapped[int | None] = mapped_column(index=True)
    """The outbox row that carries it."""
    fate: Mapped[Fate] = mapped_column(default=Fate.WAITING)
    failure: Mapped[Failure | None]
    settled_at: Mapped[datetime | None]

    @property
    def address(self) -> str:
        """The room or user id."""
        return str(self.room_id or self.user_id)


class Announcement(Base):
    """A text of a coordinator, written to an audience; sent only after its author confirmed both."""

    __tablename__ = "announcements"

    id: Mapped[int] = mapped_column(primary_key=True)
    author: Mapped[UserId]
    audience: Mapped[AudienceKind]
    value: Mapped[str]
    """Country codes with commas between, the region, the role; empty for all."""
    text: Mapped[str]
    persons: Mapped[int]
    """How many different people it reaches, as counted when its author was asked."""
    tlp: Mapped[Tlp] = mapped_column(default=Tlp.GREEN)
    state: Mapped[AnnouncementState] = mapped_column(default=AnnouncementState.DRAFT, index=True)
    drafted_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    targets: Mapped[list[AnnouncementTarget]] = relationship(
        lazy="selectin", cascade="all, delete-orphan", order_by=AnnouncementTarget.id
    )

    @property
    def addresses(self) -> frozenset[str]:
        return frozenset(target.address for target in self.targets)

    def with_fate(self, fate: Fate) -> list[AnnouncementTarget]:
        return [target for target in self.targets if target.fate is fate]

    def send(self, at: datetime) -> Sent:
        """Raises AlreadyDecided."""
        self.must_be_draft()
        self.state, self.decided_at = AnnouncementState.SENT, at
        return Sent(self)

    def cancel(self, at: datetime) -> Cancelled:
        """Raises AlreadyDecided."""
        self.must_be_draft()
        self.state, self.decided_at = AnnouncementState.CANCELLED, at
        return Cancelled(self)

    def must_be_draft(self) -> None:
        """Raises AlreadyDecided."""
        if self.state is not AnnouncementState.DRAFT:
            raise AlreadyDecided(self.state)


@dataclass(frozen=True, slots=True)
class Progress:
    """How many messages carry an announcement, how many of them are still to be sent, and how many have arrived."""

    messages: int
    waiting: int
    delivered: int = 0

    def is_worth_telling(self, settled: int) -> bool:
        """Whether the last `settled` of them have reached another fifth of the way, so that a report on hundreds of
        rooms is not edited hundreds of times."""
        part = max(1, self.messages // 5)
        return -(-self.waiting // part) < -(-(self.waiting + settled) // part)


class Settled(NamedTuple):
    """What became of the message that an outbox row carried."""

    row_id: int
    fate: Fate
    failure: Failure | None
    at: datetime


_TARGETS = cast(Table, AnnouncementTarget.__table__)
_SETTLED = (
    update(_TARGETS)
    .where(_TARGETS.c.row_id == bindparam("row"))
    .values(fate=bindparam("settled"), failure=bindparam("why"), settled_at=bindparam("at"))
)
_FATES = (
    select(_TARGETS.c.fate, func.count())
    .where(_TARGETS.c.announcement_id == bindparam("announcement"))
    .group_by(_TARGETS.c.fate)
)


class Announcements:
    """Announcements, with those to whom they go."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._session = tx.session

    async def draft(
        self,
        author: UserId,
        audience: AudienceKind,
        value: str,
        text: str,
        *,
        tlp: Tlp,
        targets: Sequence[AnnouncementTarget],
        persons: int,
        now: datetime,
    ) -> Announcement:
        announcement = Announcement(
            author=author,
            audience=audience,
            value=value,
            text=text,
            tlp=tlp,
            persons=persons,
            state=AnnouncementState.DRAFT,
            drafted_at=now,
        )
        self._session.add(announcement)
        await self._session.flush()
        await self._address(announcement, targets)
        return announcement

    async def retarget(
        self, announcement: Announcement, targets: Sequence[AnnouncementTarget], *, persons: int
    ) -> None:
        """Give a draft another audience than the one shown before. Raises AlreadyDecided."""
        announcement.must_be_draft()
        await self._session.execute(delete(AnnouncementTarget).where(_TARGETS.c.announcement_id == announcement.id))
        announcement.persons = persons
        await self._address(announcement, targets)

    async def _address(self, announcement: Announcement, targets: Sequence[AnnouncementTarget]) -> None:
        """Write to whom an announcement goes: hundreds at once."""
        for target in targets:
            target.announcement_id = announcement.id
        await self._tx.write(targets)
        set_committed_value(announcement, "targets", list(targets))

    async def get(self, announcement_id: int) -> Announcement | None:
        return await self._session.get(Announcement, announcement_id)

    async def latest_sent(self, *, limit: int) -> Sequence[Announcement]:
        """Return the announcements that were sent, the latest first."""
        query = select(Announcement).where(Announcement.state == AnnouncementState.SENT)
        return (await self._session.scalars(query.order_by(Announcement.id.desc()).limit(limit))).all()

    async def settle(self, settled: Sequence[Settled]) -> None:
        """Write down what became of messages, past the session: many at once."""
        rows = [{"row": row, "settled": fate, "why": failure, "at": at} for row, fate, failure, at in settled]
        await self._tx.run(_SETTLED, rows if len(rows) > 1 else rows[0])

    async def progress(self, announcement_id: int) -> Progress:
        """Count what became of an announcement's messages, without loading them."""
        fates = dict(await self._tx.run(_FATES, {"announcement": announcement_id}))
        return Progress(sum(fates.values()), fates.get(Fate.WAITING, 0), fates.get(Fate.DELIVERED, 0))

    async def first_targets(
        self, announcement_id: int, order: Sequence[Fate], *, limit: int
    ) -> Sequence[AnnouncementTarget]:
        """Return the first targets of an announcement, by their fate in this order."""
        place = case({fate: place for place, fate in enumerate(order)}, value=AnnouncementTarget.fate)
        query = select(AnnouncementTarget).where(AnnouncementTarget.announcement_id == announcement_id)
        return (await self._session.scalars(query.order_by(place, AnnouncementTarget.id).limit(limit))).all()
