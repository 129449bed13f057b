"""The databases that the storage tests run on: SQLite in memory, and a PostgreSQL of the tests' own."""

import itertools
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_numbers = itertools.count(1)

CopyOf = Callable[[str | None], str]
"""Makes the URL of a copy of a database (by its URL) that nobody uses, or of an empty one."""


class Postgres:
    """A PostgreSQL server in a temporary folder, reached through its socket alone."""

    def __init__(self, server: object, socket: Path) -> None:
        self._server = server
        self._socket = socket

    def new_database(self, like: str = "template1") -> str:
        """Make a database and return its URL: an empty one, or a copy of another (its name) that nobody uses."""
        name = f"sesn{next(_numbers)}"
        self.command(f"CREATE DATABASE {name} TEMPLATE {like}")
        return self.url(name)

    def url(self, name: str) -> str:
        return f"postgresql+asyncpg://postgres@/{name}?host={self._socket}"

    def databases(self) -> list[str]:
        """Return the names of the databases there are."""
        return self.command("COPY (SELECT datname FROM pg_database) TO STDOUT").split()

    def command(self, sql: str) -> str:
        """Carry out a command and return what the server's client prints."""
        return str(self._server.psql(sql))  # type: ignore[attr-defined]  # the package has no types


@contextmanager
def server(folder: Path) -> Iterator[Postgres]:
    """Start the server whose data are in the folder, made when there are none; it is stopped at the end.

    Run by root, the server takes a user of its own, who must reach the folder.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")  # unset on a build machine, and not needed
        from pgserver.postgres_server import get_server

        started = get_server(folder, cleanup_mode="stop")
        try:
            yield Postgres(started, folder)
        finally:
            started.cleanup()


@contextmanager
def postgres() -> Iterator[Postgres]:
    """Start the server; it is stopped and its folder removed at the end."""
    with tempfile.TemporaryDirectory(prefix="sesn-pg-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        with server(Path(folder) / "data") as running:
            # Nothing of it outlives the tests: to wait for the disk at each commit, and for every file of every
            # database when it stops, was most of the time that these tests took.
            for setting in ("fsync", "full_page_writes", "synchronous_commit"):
                running.command(f"ALTER SYSTEM SET {setting} = off")
            running.command("SELECT pg_reload_conf()")
            yield running
