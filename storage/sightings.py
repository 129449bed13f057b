"""Sightings: a container or a ship was seen somewhere, or was looked for there and not found."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from sqlalchemy import ForeignKey, Index, Text, func, select
from sqlalchemy.orm import Mapped, mapped_column

from storage.alerts import Tlp
from storage.base import Base, Transaction
from storage.ids import CountryCode, UserId
from storage.members import Member


@dataclass(frozen=True, slots=True)
class Thing:
    """What was seen: a container or a ship, and the keys under which it is found however it was written."""

    kind: str
    shown: str
    keys: Sequence[str]
    doubt: str | None = None
    """The number with the right check digit, where that of `shown` is wrong."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where: a UN/LOCODE, or the code of a country where no port is known; and how people read it."""

    code: str
    shown: str

    @property
    def country(self) -> CountryCode:
        return CountryCode(self.code[:2])


class Sighting(Base):
    """What one member reported. It is never changed: who was wrong reports that it is not there."""

    __tablename__ = "sightings"
    __table_args__ = (Index("ix_sightings_author_reported_at", "author", "reported_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    shown: Mapped[str]
    doubt: Mapped[str | None]
    found: Mapped[bool]
    """False: it is not there, or it was another one."""
    place: Mapped[str]
    place_shown: Mapped[str]
    seen_at: Mapped[datetime]
    reported_at: Mapped[datetime]
    current_until: Mapped[datetime]
    """From then on it is shown as old."""
    text: Mapped[str | None] = mapped_column(Text)
    """What was written, where it says more than what, where and when; None once its time is over."""
    tlp: Mapped[Tlp]
    exercise: Mapped[bool]
    author: Mapped[UserId]
    author_authority: Mapped[str]
    author_country: Mapped[CountryCode | None]

    @classmethod
    def report(
        cls,
        thing: Thing,
        spot: Spot,
        *,
        found: bool,
        seen_at: datetime,
        current_until: datetime,
        text: str | None,
        tlp: Tlp,
        exercise: bool,
        by: Member,
        at: datetime,
    ) -> Self:
        return cls(
            kind=thing.kind, shown=thing.shown, doubt=thing.doubt, found=found, place=spot.code,
            place_shown=spot.shown, seen_at=seen_at, reported_at=at, current_until=current_until, text=text, tlp=tlp,
            exercise=exercise, author=by.user_id, author_authority=by.authority, author_country=by.country,
        )  # fmt: skip

    @property
    def country(self) -> CountryCode:
        """The country of the place."""
        return CountryCode(self.place[:2])

    @property
    def countries(self) -> frozenset[CountryCode]:
        """The countries concerned by the sighting itself, whatever alert it belongs to."""
        return frozenset({self.country})

    @property
    def named(self) -> frozenset[UserId]:
        return frozenset()

    @property
    def was_circulated(self) -> bool:
        return True

    def is_current(self, now: datetime) -> bool:
        return now < self.current_until


class SightingKey(Base):
    """A key under which a sighting is found."""

    __tablename__ = "sighting_keys"

    key: Mapped[str] = mapped_column(primary_key=True)
    sighting_id: Mapped[int] = mapped_column(ForeignKey("sightings.id"), primary_key=True)


_PRACTICE = "exercise "


def _key(key: str, *, exercise: bool) -> str:
    """Keep what is practised apart from what is real."""
    return f"{_PRACTICE}{key}" if exercise else key


class Sightings:
    """Where and when containers and ships were seen, found by what was seen."""

    def __init__(self, tx: Transaction) -> None:
        self._session = tx.session

    async def add(self, sighting: Sighting, keys: Sequence[str]) -> Sighting:
        """Keep a sighting, to be found under these keys."""
        self._session.add(sighting)
        await self._session.flush()
        found_by = dict.fromkeys(_key(key, exercise=sighting.exercise) for key in keys)
        self._session.add_all(SightingKey(key=key, sighting_id=sighting.id) for key in found_by)
        await self._session.flush()
        return sighting

    async def get(self, sighting_id: int) -> Sighting | None:
        return await self._session.get(Sighting, sighting_id)

    async def keys_of(self, sighting: Sighting) -> Sequence[str]:
        query = select(SightingKey.key).where(SightingKey.sighting_id == sighting.id)
        keys = (await self._session.scalars(query.order_by(SightingKey.key))).all()
        return [key.removeprefix(_PRACTICE) for key in keys]

    async def about(self, keys: Collection[str], *, exercise: bool, limit: int) -> Sequence[Sighting]:
        """Return the sightings under these keys that were reported last; what was seen latest comes first."""
        if not keys:
            return ()
        wanted = sorted(_key(key, exercise=exercise) for key in keys)
        matching = select(SightingKey.sighting_id).where(SightingKey.key.in_(wanted)).distinct()
        latest = matching.order_by(SightingKey.sighting_id.desc()).limit(limit)
        ids = (await self._session.scalars(latest)).all()
        if not ids:
            return ()
        query = select(Sighting).where(Sighting.id.in_(ids))
        return (await self._session.scalars(query.order_by(Sighting.seen_at.desc(), Sighting.id.desc()))).all()

    async def count_since(self, author: UserId, since: datetime) -> int:
        """Return how many a member reported since then."""
        query = select(func.count()).where(Sighting.author == author, Sighting.reported_at >= since)
        return await self._session.scalar(query) or 0
