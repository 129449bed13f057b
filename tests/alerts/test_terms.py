"""Whatever an alert can be has its words."""

from enum import Enum

import pytest

from commands.alerts.showing import terms

TABLES = {name: table for name, table in vars(terms).items() if name.endswith("_WORDS")}


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_every_member_of_an_enumeration_has_its_words(table: dict[Enum, object]) -> None:
    (kind,) = {type(one) for one in table}
    assert set(table) == set(kind)
