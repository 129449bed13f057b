"""What a process of the bot does not load until it needs it: memory and the time of a start."""

import subprocess
import sys
from pathlib import Path

OPENING = """
import asyncio, sys
sys.modules["greenlet"] = None  # only a database server needs it
import bot.cli
from bot import capabilities
from storage import schema
from storage.base import Database
capabilities.discover()

async def open_it():
    schema.make_folder(sys.argv[1])
    database = Database.open(sys.argv[1])
    await schema.upgrade(database)
    print(await schema.current(database) == schema.revisions()[-1])
    await database.close()

asyncio.run(open_it())
print("nio" in sys.modules)
import bot.matrix.client
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def _open(url: str, folder: Path) -> tuple[str, set[str]]:
    """Open a database in a new process; return what it said of the schema, and the packages that were loaded."""
    root = str(Path(__file__).parent.parent)
    program = [sys.executable, "-c", OPENING, url]
    ended = subprocess.run(
        program, cwd=folder, env={"PYTHONPATH": root}, capture_output=True, text=True, check=False, timeout=120
    )
    assert ended.returncode == 0, ended.stderr[-2000:]
    newest, nio_came_first, packages = ended.stdout.splitlines()
    assert nio_came_first == "False", "what speaks Matrix is loaded while the secret is stretched, not before"
    return newest, set(packages.split())


def test_a_start_loads_no_more_than_it_needs(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'sesn.db'}"
    newest, packages = _open(url, tmp_path)
    assert newest == "True"
    assert "alembic" in packages, "an empty database is migrated"

    newest, packages = _open(url, tmp_path)
    assert newest == "True"
    assert {"sqlalchemy", "nio", "pydantic"} <= packages
    unneeded = {"alembic", "asyncpg", "fpdf", "fontTools", "mako", "phonenumbers", "PIL", "rapidfuzz", "stdnum"}
    assert packages & unneeded == set()
