"""The roster: who belongs to the network, for which authority and country, and with which rights."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import NamedTuple

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base, IntEnumType, Transaction
from storage.ids import CountryCode, UserId
from storage.questions import Question
from storage.reference.text import words


class Role(IntEnum):
    """What a member may do; each role may do what the lower ones may."""

    MEMBER = 1
    OFFICIAL = 2
    COORDINATOR = 3


class AuthorityKind(StrEnum):
    """The kinds of authority that fight illegal waste shipments through seaports."""

    ENVIRONMENT = "environment"
    REGULATORY = "regulatory"
    CUSTOMS = "customs"
    POLICE = "police"
    PORT = "port"
    MARITIME = "maritime"
    INTERNATIONAL = "international"


class LastCoordinator(Exception):
    """The network would be left without a coordinator."""


class CountryMissing(Exception):
    """Only an international organisation belongs to no country."""


@dataclass(frozen=True, slots=True)
class RecordChange:
    """What changed in a member's record: the values before, by field, of what is different now."""

    member: "Member"
    before: dict[str, object]

    @property
    def fields(self) -> frozenset[str]:
        return frozenset(self.before)


class Member(Base):
    """A person on the roster. Removal keeps the record and ends every right."""

    __tablename__ = "members"

    user_id: Mapped[UserId] = mapped_column(primary_key=True)
    name: Mapped[str]
    authority: Mapped[str]
    kind: Mapped[AuthorityKind]
    country: Mapped[CountryCode | None] = mapped_column(index=True)
    """None for an international organisation."""
    role: Mapped[Role] = mapped_column(IntEnumType(Role))
    language: Mapped[str] = mapped_column(default="en")
    """ISO 639-1, the language the bot speaks to this person."""
    zone: Mapped[str] = mapped_column(default="UTC")
    """IANA time zone in which this person's times are read and shown."""
    added_by: Mapped[UserId]
    added_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]

    def is_official_of(self, country: CountryCode) -> bool:
        return self.role >= Role.OFFICIAL and self.country == country

    def change(
        self,
        *,
        coordinators: int,
        role: Role | None = None,
        country: CountryCode | None = None,
        authority: str | None = None,
        kind: AuthorityKind | None = None,
        name: str | None = None,
        language: str | None = None,
        zone: str | None = None,
    ) -> RecordChange:
        """Change what is given; `coordinators` is how many there are now.

        Raises:
            LastCoordinator: the only coordinator would become something else.
            CountryMissing: a national authority would belong to no country.
        """
        if role is not None and role < Role.COORDINATOR <= self.role and coordinators <= 1:
            raise LastCoordinator
        if (kind or self.kind) is not AuthorityKind.INTERNATIONAL and (country or self.country) is None:
            raise CountryMissing
        wanted: dict[str, object] = {
            "role": role,
            "country": country,
            "authority": authority,
            "kind": kind,
            "name": name,
            "language": language,
            "zone": zone,
        }
        before = {}
        for field, value in wanted.items():
            if value is not None and value != getattr(self, field):
                before[field] = getattr(self, field)
                setattr(self, field, value)
        return RecordChange(self, before)

    def remove(self, at: datetime, *, coordinators: int) -> None:
        """End every right at once; the record stays.

        Raises:
            LastCoordinator: this is the only coordinator.
        """
        if self.role >= Role.COORDINATOR and coordinators <= 1:
            raise LastCoordinator
        self.removed_at = at


class Named(NamedTuple):
    """What somebody on the roster is looked for by."""

    user_id: UserId
    name: str
    country: CountryCode | None
    role: Role
    words: frozenset[str]
    """The folded words of the name."""


_ON_ROSTER = select(Member.user_id).where(Member.removed_at.is_(None))


class Members:
    """The roster, with those who were removed from it."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._session = tx.session

    async def get(self, user_id: UserId) -> Member | None:
        """Return the member with exactly this Matrix id, unless removed."""
        member = await self._tx.recall(user_id, (Member,), lambda: self._tx.find(Member, user_id))
        return None if member is None or member.removed_at is not None else member

    async def removed(self, user_id: UserId) -> Member | None:
        """Return the record of a person who was removed."""
        member = await self._session.get(Member, user_id)
        return member if member is not None and member.removed_at is not None else None

    async def save(self, member: Member) -> Member:
        """Add the member, or put the record in the place of an earlier one of the same Matrix id."""
        saved = await self._session.merge(member)
        await self._session.flush()
        return saved

    async def all(
        self,
        *,
        country: CountryCode | None = None,
        at_least: Role = Role.MEMBER,
        exactly: Role | None = None,
        limit: int | None = None,
        offset: int = 0,
    ) -> Sequence[Member]:
        """Return the members, by country and name; with `limit`, so many of them from the one at `offset` on."""
        query = select(Member).where(Member.role >= at_least, *_like(country, exactly))
        query = query.order_by(Member.country, Member.name, Member.user_id).limit(limit).offset(offset or None)
        return (await self._session.scalars(query)).all()

    async def count(self, *, country: CountryCode | None = None, exactly: Role | None = None) -> int:
        query = select(func.count()).select_from(Member).where(*_like(country, exactly))
        return await self._session.scalar(query) or 0

    async def officials_of(self, country: CountryCode) -> Sequence[Member]:
        """Return the officials of a country, and its coordinators, by name; from memory while nobody changes."""
        key = ("officials", country)
        return await self._tx.recall(key, (Member,), lambda: self.all(country=country, at_least=Role.OFFICIAL))

    async def drop_questions(self, user_id: UserId) -> None:
        """Delete what the bot asked this person: an answer would no longer count."""
        await self._session.execute(delete(Question).where(Question.user_id == user_id))

    async def names(self) -> Sequence[Named]:
        """Return everybody on the roster, by country and name; from memory while nobody changes."""

        async def read() -> Sequence[Named]:
            query = select(Member.user_id, Member.name, Member.country, Member.role).where(Member.removed_at.is_(None))
            rows = await self._session.execute(query.order_by(Member.country, Member.name, Member.user_id))
            return tuple(Named(*row, frozenset(words(row.name))) for row in rows)

        return await self._tx.recall("names", (Member,), read)

    async def ids(self) -> frozenset[UserId]:
        """Return who is on the roster, nothing else of them."""

        async def read() -> frozenset[UserId]:
            return frozenset(row[0] for row in await self._tx.run(_ON_ROSTER, {}))

        return await self._tx.recall("ids", (Member,), read)

    async def several(self, user_ids: Collection[UserId]) -> Sequence[Member]:
        """Return those of these persons who are on the roster, by country and name."""
        query = select(Member).where(Member.user_id.in_(user_ids), Member.removed_at.is_(None))
        return (await self._session.scalars(query.order_by(Member.country, Member.name))).all() if user_ids else ()

    async def coordinators(self) -> Sequence[Member]:
        return await self._tx.recall(Role.COORDINATOR, (Member,), lambda: self.all(at_least=Role.COORDINATOR))


def _like(country: CountryCode | None, exactly: Role | None) -> list[ColumnElement[bool]]:
    """Return what holds of everybody on the roster who is of this country and has exactly this role."""
    conditions: list[ColumnElement[bool]] = [Member.removed_at.is_(None)]
    if country is not None:
        conditions.append(Member.country == country)
    if exactly is not None:
        conditions.append(Member.role == exactly)
    return conditions
