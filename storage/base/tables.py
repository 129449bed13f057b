"""`Base` of every table, and the columns that databases do not have by themselves."""

from datetime import UTC, datetime
from enum import Enum as PyEnum
from enum import IntEnum
from typing import Any, Generic, TypeVar, cast

from sqlalchemy import JSON, DateTime, Dialect, Enum, Integer, MetaData, String, Table
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

from storage.ids import CountryCode, DeviceId, EventId, Locode, RoomId, UserId


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime, kept in UTC. SQLite forgets zones, so they are put back when read."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime reached the database")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


E = TypeVar("E", bound=IntEnum)


class IntEnumType(TypeDecorator[E], Generic[E]):
    """An IntEnum kept as its number, so that "at least" and "most urgent" are comparisons of the database."""

    impl = Integer
    cache_ok = True

    def __init__(self, enum: type[E]) -> None:
        super().__init__()
        self.enum = enum

    def process_bind_param(self, value: E | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        return None if value is None else int(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> E | None:  # noqa: ARG002
        return None if value is None else self.enum(value)


def _enum_values(enum: type[PyEnum]) -> list[str]:
    return [str(member.value) for member in enum]


_IDS: tuple[Any, ...] = (CountryCode, DeviceId, EventId, Locode, RoomId, UserId)
_TYPES: dict[Any, Any] = {
    datetime: UtcDateTime,
    dict[str, Any]: JSON,
    list[str]: JSON,
    PyEnum: Enum(PyEnum, native_enum=False, length=40, values_callable=_enum_values),
    **dict.fromkeys(_IDS, String),
}


class Base(DeclarativeBase):
    """Every table. Enums are stored by value as text, so a new state needs no new type in PostgreSQL."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = _TYPES


def columns_of(entity: type[Base]) -> Any:
    """Return the columns of a table by their names, for what is read without making entities of it."""
    return cast(Table, entity.__table__).c
