"""Statements that are made once for each table: to put one together costs as much as to carry it out."""

from functools import cache
from typing import Any, cast

from sqlalchemy import ColumnDefault, Table, bindparam, insert, select
from sqlalchemy.dialects import sqlite

from storage.base.tables import Base


def _insert(entity: type[Base], *, postgres: bool) -> Any:
    table = cast(Table, entity.__table__)
    if postgres:
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(table)
    return sqlite.insert(table)


@cache
def upsert(entity: type[Base], *, postgres: bool) -> Any:
    """Return what inserts rows, or puts them in the place of those with the same primary key.

    Rows of a table that has nothing but its key stay as they are.
    """
    statement = _insert(entity, postgres=postgres)
    table = cast(Table, entity.__table__)
    keys = [column.name for column in table.primary_key]
    others = {column.name: statement.excluded[column.name] for column in table.c if column.name not in keys}
    if not others:
        return statement.on_conflict_do_nothing(index_elements=keys)
    return statement.on_conflict_do_update(index_elements=keys, set_=others)


@cache
def insert_new(entity: type[Base], key: str, *, postgres: bool) -> Any:
    """Return what inserts a row unless there is one with the same `key`; its primary key comes back when it is new."""
    statement = _insert(entity, postgres=postgres).on_conflict_do_nothing(index_elements=[key])
    return statement.returning(*cast(Table, entity.__table__).primary_key)


@cache
def by_key(entity: type[Base]) -> Any:
    """Return what selects the row whose primary key is the parameter `key`."""
    (column,) = cast(Table, entity.__table__).primary_key
    return select(entity).where(column == bindparam("key"))


@cache
def insertion(entity: type[Base]) -> tuple[Any, list[tuple[str, Any]]]:
    """Return the statement that inserts rows, and the columns it wants with what stands in them by default.

    It returns their primary keys, in the order of the rows.
    """
    table = cast(Table, entity.__table__)
    columns = [column for column in table.c if not column.primary_key]
    defaults = [(one.name, one.default.arg if isinstance(one.default, ColumnDefault) else None) for one in columns]
    return insert(table).returning(*table.primary_key, sort_by_parameter_order=True), defaults
