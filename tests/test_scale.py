"""The benchmark of scale on a small database: every command has something that is said, and is understood."""

from pathlib import Path

import pytest

from benchmarks.bench.scale.cases import CASES, cases_of
from benchmarks.bench.scale.filling import Size, sqlite
from benchmarks.bench.scale.measuring import measure
from bot.capabilities import discover


async def test_a_small_database_is_filled_and_commands_are_timed_on_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("benchmarks.bench.scale.measuring.WARM_UP", 0)
    async with sqlite(Size(alerts=600, contacts=50), tmp_path) as database:
        timed = [*await measure(database, times=1, only="alert list"), *await measure(database, times=1, only="me")]
        again = await measure(database, times=1, only="alert note")

    assert len(timed) > 10
    assert all(one.seconds and one.seconds[0] > 0 for one in timed)
    assert {outcome for one in timed for outcome in one.outcomes} >= {"did alert list", "did me", "did member list"}
    # What a command did is undone: the database is as it was made.
    assert {outcome for one in again for outcome in one.outcomes} == {"did alert note"}


def test_every_command_has_something_that_is_said() -> None:
    commands = discover().commands
    assert all(list(cases_of(command)) for command in commands)
    assert set(CASES) <= {command.name for command in commands}
