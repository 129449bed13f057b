"""The audit is a chain: whatever is changed, removed or moved in it is found, and the first wrong line is named."""
# ruff: noqa: S608 - who tampers with the database writes SQL as they please

import asyncio
import json
import re
from collections.abc import AsyncGenerator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from bot.cli import main
from storage import schema
from storage.audit import BEGINNING, Audit, Head, Wrong, chained, verify
from storage.base import Database, Transaction
from tests.fakes import START, Network

LINES = 7


@pytest.fixture
async def database(migrated_url: str) -> AsyncGenerator[Database]:
    """A migrated database of each kind with seven lines, two of them written by one flush."""
    database = Database.open(migrated_url)
    for number in range(1, LINES, 2):
        await write(database, f"first {number}", f"second {number}")
    await write(database, "last")
    yield database
    await database.close()


async def write(database: Database, *actions: str) -> None:
    async with database.transaction() as tx:
        for action in actions:
            Audit(tx).record(START, "@ghana:test", action, "ok", subject="alert:7", details={"b": 1, "a": ["é", None]})


async def tamper(database: Database, *statements: str) -> None:
    async with database.connection() as connection:
        for statement in statements:
            await connection.execute(text(statement))


async def wrong(database: Database, noted: Head | None = None) -> tuple[int, Wrong] | None:
    found = (await verify(database, noted)).wrong
    return None if found is None else (found.line, found.what)


async def test_what_was_written_is_whole(database: Database) -> None:
    verdict = await verify(database)
    assert (verdict.lines, verdict.wrong) == (LINES, None)
    assert verdict.head.line == LINES
    assert await wrong(database, verdict.head) is None


async def test_an_empty_audit_is_whole() -> None:
    async with Network.open() as net:
        assert await verify(net.database) == (await verify(net.database, Head(0, BEGINNING)))
        assert (await verify(net.database)).wrong is None


@pytest.mark.parametrize(
    "change",
    [
        "actor = '@belgium:test'",
        "action = 'alert close'",
        "subject = NULL",
        "room_id = ''",
        "outcome = 'refused'",
        "details = '{}'",
        "at = '2026-11-23 09:00:00.000001+00:00'",
        f"hash = '{'0' * 63}1'",
    ],
)
async def test_any_change_of_a_line_is_found_there(database: Database, change: str) -> None:
    if database.engine.dialect.name == "sqlite":
        change = change.replace("+00:00", "")
    await tamper(database, f"UPDATE audit SET {change} WHERE id = 3")
    found = (await verify(database)).wrong
    assert found is not None
    assert (found.line, found.what) == (3, Wrong.CHANGED)


@pytest.mark.parametrize("line", [1, 4])
async def test_a_line_that_was_removed_is_missed(database: Database, line: int) -> None:
    await tamper(database, f"DELETE FROM audit WHERE id = {line}")
    assert await wrong(database) == (line, Wrong.MISSING)


async def test_a_removal_that_closes_the_gap_is_found(database: Database) -> None:
    await tamper(database, "DELETE FROM audit WHERE id = 4", "UPDATE audit SET id = 4 WHERE id = 5")
    assert await wrong(database) == (4, Wrong.CHANGED)


async def test_lines_that_changed_places_are_found(database: Database) -> None:
    await tamper(
        database,
        "UPDATE audit SET id = 99 WHERE id = 2",
        "UPDATE audit SET id = 2 WHERE id = 5",
        "UPDATE audit SET id = 5 WHERE id = 99",
    )
    assert await wrong(database) == (2, Wrong.CHANGED)


async def test_the_last_lines_cannot_be_cut_off_unseen(database: Database) -> None:
    await tamper(database, "DELETE FROM audit WHERE id > 5")
    assert await wrong(database) == (6, Wrong.CUT)
    await write(database, "as if nothing had happened")
    assert await wrong(database) == (6, Wrong.MISSING)


async def test_all_lines_cannot_be_cut_off_unseen(database: Database) -> None:
    await tamper(database, "DELETE FROM audit")
    assert await wrong(database) == (1, Wrong.CUT)


async def test_lines_behind_the_head_are_found(database: Database) -> None:
    head = (await verify(database)).head.hash
    values: tuple[Any, ...] = (LINES + 1, START, "@x:test", "alert close", None, None, "ok", {})
    await tamper(
        database,
        "INSERT INTO audit (id, at, actor, action, outcome, details, hash) VALUES "
        f"({LINES + 1}, '2026-11-23 09:00:00', '@x:test', 'alert close', 'ok', '{{}}', '{chained(head, values)}')",
    )
    assert await wrong(database) == (LINES + 1, Wrong.ADDED)


async def test_a_head_that_is_gone_or_changed_is_found(database: Database) -> None:
    await tamper(database, f"UPDATE audit_head SET hash = '{BEGINNING}'")
    assert await wrong(database) == (LINES, Wrong.HEAD)
    await tamper(database, "DELETE FROM audit_head")
    assert await wrong(database) == (1, Wrong.HEAD)


async def test_a_noted_head_betrays_a_chain_that_was_made_anew(database: Database) -> None:
    noted = (await verify(database)).head
    await tamper(database, "DELETE FROM audit WHERE id > 2", "DELETE FROM audit_head")
    async with database.transaction() as tx:
        last = (await tx.session.execute(text("SELECT hash FROM audit WHERE id = 2"))).scalar_one()
    await tamper(database, f"INSERT INTO audit_head (id, line, hash) VALUES (1, 2, '{last}')")
    assert await wrong(database) is None
    assert await wrong(database, noted) == (3, Wrong.CUT)
    await write(database, "a", "b", "c", "d", "e", "f")
    assert await wrong(database) is None
    assert await wrong(database, noted) == (LINES, Wrong.NOTED)


async def _fail(tx: Transaction) -> None:
    Audit(tx).record(START, "@ghana:test", "undone", "ok")
    await tx.flush()
    raise ZeroDivisionError


async def test_what_is_undone_leaves_no_mark(database: Database) -> None:
    async with database.transaction() as tx:
        with suppress(ZeroDivisionError):
            async with tx.attempt():
                await _fail(tx)
        Audit(tx).record(START, "@ghana:test", "done", "ok")
    with suppress(ZeroDivisionError):
        async with database.transaction() as tx:
            await _fail(tx)
    assert (await verify(database)).lines == LINES + 1
    assert await wrong(database) is None


async def test_many_lines_are_read_in_turns(database: Database) -> None:
    await write(database, *(f"line {number}" for number in range(1200)))
    verdict = await verify(database)
    assert (verdict.lines, verdict.wrong) == (LINES + 1200, None)


TIMES = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the zone is given
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(codec="utf-8")),
    lambda inside: st.lists(inside) | st.dictionaries(st.text(st.characters(codec="utf-8")), inside),
    max_leaves=8,
)


@given(TIMES, JSON, st.text(st.characters(codec="utf-8")))
@settings(deadline=None)
def test_the_canonical_form_outlives_json_and_zones(at: datetime, details: object, action: str) -> None:
    read_back = json.loads(json.dumps(details))
    elsewhere = at.astimezone(UTC).replace(tzinfo=UTC) + timedelta(0)
    assert chained(BEGINNING, (1, at, "a", action, None, None, "ok", details)) == chained(
        BEGINNING, (1, elsewhere, "a", action, None, None, "ok", read_back)
    )
    assert chained(BEGINNING, (1, at, "a", action, "", None, "ok", details)) != chained(
        BEGINNING, (1, at, "a", action, None, "", "ok", details)
    )


async def test_lines_from_before_the_chain_are_chained_by_the_migration(database_url: str) -> None:
    database = Database.open(database_url)
    try:
        await schema.upgrade(database, "0004")
        for number in (1, 4, 5):
            await tamper(
                database,
                "INSERT INTO audit (id, at, actor, action, subject, outcome, details) VALUES "
                f"({number}, '2026-11-23 09:00:0{number}', 'clock', 'old', 'alert:7', 'ok', '{{\"z\": 1, \"a\": 2}}')",
            )
        await schema.upgrade(database)
        await write(database, "new")
        verdict = await verify(database)
        assert (verdict.lines, verdict.wrong) == (4, None)
        async with database.transaction() as tx:
            assert [line.action for line in await Audit(tx).lines("alert:7")] == ["old", "old", "old", "new"]
    finally:
        await database.close()


async def test_commands_and_clocks_are_chained(net: Network) -> None:
    await net.say("!alert 20 drums in CSQU3054383 at Tema, from Antwerp", as_="ghana", room="ghana")
    await net.say("!alert send", as_="ghana", room="ghana")
    await net.forward(timedelta(hours=2))
    verdict = await verify(net.database)
    assert verdict.lines > 3
    assert verdict.wrong is None


def test_a_head_is_read_as_it_is_printed() -> None:
    head = Head(12, "ab" * 32)
    assert Head.parse(f" {head} ") == head
    for text_ in ("", "12", "12:", "x:" + "ab" * 32, "12:" + "ab" * 31, "12:" + "xy" * 32):
        with pytest.raises(ValueError, match=f"^{re.escape(text_)}$"):
            Head.parse(text_)


# The command


CONFIG = """
[matrix]
homeserver = "http://127.0.0.1:9"
user_id = "@sesn:test"
password_file = "password"
store_secret_file = "store"
[storage]
url = "sqlite:///sesn.db"
[network]
coordinators = ["@coordinator:test"]
"""


@pytest.fixture
def folder(tmp_path: Path, migrated_sqlite: str) -> Path:
    """A folder with a configuration and a database of three lines."""
    assert migrated_sqlite == f"sqlite:///{tmp_path / 'sesn.db'}"
    (tmp_path / "config.toml").write_text(CONFIG, encoding="utf-8")
    asyncio.run(_fill(tmp_path))
    return tmp_path


async def _fill(folder: Path, *statements: str) -> None:
    database = Database.open(f"sqlite:///{folder / 'sesn.db'}")
    try:
        if statements:
            await tamper(database, *statements)
            return
        await write(database, "alert send", "alert ack", "alert close")
    finally:
        await database.close()


def audit_verify(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["audit", "verify", "--config", str(folder / "config.toml"), *arguments])


def test_the_command_says_that_all_is_whole_and_what_to_note(folder: Path) -> None:
    result = audit_verify(folder)
    assert result.exit_code == 0, result.output
    assert "3 lines" in result.output
    noted = next(word for word in result.output.split() if word.startswith("3:"))
    assert audit_verify(folder, "--noted", noted).exit_code == 0


def test_the_command_names_the_first_wrong_line(folder: Path) -> None:
    asyncio.run(_fill(folder, "UPDATE audit SET actor = '@x:test' WHERE id >= 2"))
    result = audit_verify(folder)
    assert result.exit_code == 1
    assert "line 2 " in result.output.lower()
    assert "alert ack" in result.output


def test_the_command_tells_a_cut_by_what_was_noted(folder: Path) -> None:
    noted = next(word for word in audit_verify(folder).output.split() if word.startswith("3:"))
    asyncio.run(_fill(folder, "DELETE FROM audit", "DELETE FROM audit_head"))
    assert audit_verify(folder).exit_code == 0
    result = audit_verify(folder, "--noted", noted)
    assert result.exit_code == 1
    assert "line 1 " in result.output.lower()


def test_the_command_refuses_what_is_no_head(folder: Path) -> None:
    assert audit_verify(folder, "--noted", "yesterday").exit_code == 2


def test_the_command_does_not_make_a_database(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(CONFIG, encoding="utf-8")
    assert audit_verify(tmp_path).exit_code == 1
    assert not (tmp_path / "sesn.db").exists()
