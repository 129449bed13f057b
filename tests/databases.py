"""The databases that the storage tests run on: SQLite in memory, and a PostgreSQL of the tests' own."""

import itertools
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_numbers = itertools.count(1)


class Postgres:
    """A PostgreSQL server in a temporary folder, reached through its socket alone."""

    def __init__(self, server: object, socket: Path) -> None:
        self._server = server
        self._socket = socket

    def new_database(self) -> str:
        """Make an empty database and return its URL."""
        name = f"sesn{next(_numbers)}"
        self._server.psql(f"CREATE DATABASE {name}")  # type: ignore[attr-defined]  # the package has no types
        return f"postgresql+asyncpg://postgres@/{name}?host={self._socket}"


@contextmanager
def postgres() -> Iterator[Postgres]:
    """Start the server; it is stopped and its folder removed at the end."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")  # unset on a build machine, and not needed
        from pgserver.postgres_server import get_server

        with tempfile.TemporaryDirectory(prefix="sesn-pg-", ignore_cleanup_errors=True) as folder:
            Path(folder).chmod(0o755)  # run by root, the server takes a user of its own, who must reach its folder
            server = get_server(Path(folder) / "data", cleanup_mode="stop")
            try:
                yield Postgres(server, Path(folder) / "data")
            finally:
                server.cleanup()
