"""Country profiles: what every inspector should know of a country's seaports, section by section, with its history."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base, Transaction
from storage.ids import CountryCode, UserId
from storage.members import Member


class Section(StrEnum):
    """The sections of a country profile, in the order in which they are read."""

    AUTHORITIES = "authorities"
    PORTS = "ports"
    LEGISLATION = "legislation"
    PROCEDURES = "procedures"
    WASTE_STREAMS = "waste-streams"
    CONTACTS = "contacts"
    TAKE_BACK = "take-back"
    LANGUAGES = "languages"


class ProfileVersion(Base):
    """One version of one section. The one with the highest number stands; the earlier ones are its history."""

    __tablename__ = "profile_versions"
    __table_args__ = (UniqueConstraint("country", "section", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    country: Mapped[CountryCode]
    section: Mapped[Section]
    number: Mapped[int]
    """Counts from 1 in each section of each country."""
    text: Mapped[str]
    author: Mapped[UserId]
    authority: Mapped[str]
    """The authority for which the author spoke at the time."""
    at: Mapped[datetime]


class Profiles:
    """What members wrote about countries, by section, every version of it."""

    def __init__(self, tx: Transaction) -> None:
        self._session = tx.session

    async def write(
        self, country: CountryCode, section: Section, text: str, by: Member, at: datetime
    ) -> ProfileVersion | None:
        """Write the next version of a section; None when the text is what stands there already."""
        standing = await self.section(country, section)
        if standing is not None and standing.text == text:
            return None
        version = ProfileVersion(
            country=country,
            section=section,
            number=1 if standing is None else standing.number + 1,
            text=text,
            author=by.user_id,
            authority=by.authority,
            at=at,
        )
        self._session.add(version)
        await self._session.flush()
        return version

    async def section(self, country: CountryCode, section: Section) -> ProfileVersion | None:
        """Return what stands in a section."""
        query = (
            select(ProfileVersion)
            .where(ProfileVersion.country == country, ProfileVersion.section == section)
            .order_by(ProfileVersion.number.desc())
            .limit(1)
        )
        return (await self._session.scalars(query)).first()

    async def of_country(self, country: CountryCode) -> Sequence[ProfileVersion]:
        """Return what stands in each section that somebody wrote, in the order in which a profile is read."""
        latest = (
            select(ProfileVersion.section, func.max(ProfileVersion.number).label("number"))
            .where(ProfileVersion.country == country)
            .group_by(ProfileVersion.section)
            .subquery()
        )
        query = (
            select(ProfileVersion)
            .join(latest, (latest.c.section == ProfileVersion.section) & (latest.c.number == ProfileVersion.number))
            .where(ProfileVersion.country == country)
        )
        order = list(Section)
        return sorted((await self._session.scalars(query)).all(), key=lambda version: order.index(version.section))

    async def history(self, country: CountryCode, section: Section) -> Sequence[ProfileVersion]:
        """Return every version of a section, the latest first."""
        query = (
            select(ProfileVersion)
            .where(ProfileVersion.country == country, ProfileVersion.section == section)
            .order_by(ProfileVersion.number.desc())
        )
        return (await self._session.scalars(query)).all()

    async def version(self, country: CountryCode, section: Section, number: int) -> ProfileVersion | None:
        query = select(ProfileVersion).where(
            ProfileVersion.country == country, ProfileVersion.section == section, ProfileVersion.number == number
        )
        return (await self._session.scalars(query)).first()
