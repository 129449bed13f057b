"""Reading the code tables that are shipped beside this package."""

import csv
from collections.abc import Iterator
from datetime import date
from importlib.resources import files


def cells(name: str) -> Iterator[list[str]]:
    """Return the lines of a table, its header first.

    Raises:
        FileNotFoundError: no such table is shipped.
    """
    text = files("storage.reference").joinpath("data", name).read_text(encoding="utf-8")
    return csv.reader(text.removesuffix("\n").split("\n"))


def rows(name: str) -> Iterator[dict[str, str]]:
    """Yield the rows of a table by its column names.

    Raises:
        FileNotFoundError: no such table is shipped.
    """
    lines = cells(name)
    header = next(lines)
    for line in lines:
        yield dict(zip(header, line, strict=True))


def yes_no(text: str) -> bool | None:
    """Return what a cell says; None when it is empty or says something else ("conditional"): not known."""
    return {"yes": True, "no": False}.get(text)


def day(text: str) -> date | None:
    """Return the date in a cell (ISO 8601), None when it is empty."""
    return date.fromisoformat(text) if text else None
