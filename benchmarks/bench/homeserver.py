"""Synapse on PostgreSQL, on loopback, as a network would run it but for the limits."""

import tempfile
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bot.demo.homeserver import Homeserver


@asynccontextmanager
async def homeserver(folder: Path) -> AsyncIterator[Homeserver]:
    """Start both with their data in `folder`, which must not hold any, and stop them when the block is left."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")  # unset on a build machine, and not needed
        from pgserver.postgres_server import get_server

        # Run by root, the server takes a user of its own, who must reach its folder; its socket wants a short path.
        with tempfile.TemporaryDirectory(prefix="bench-pg-", ignore_cleanup_errors=True) as data:
            Path(data).chmod(0o755)
            postgres: Any = get_server(Path(data) / "data", cleanup_mode="stop")
            try:
                # Synapse wants the C locale, so that its indexes do not change with the system's libraries.
                postgres.psql("CREATE DATABASE synapse ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
                settings = {
                    "database": {
                        "name": "psycopg2",
                        "args": {
                            "user": "postgres",
                            "dbname": "synapse",
                            "host": f"{data}/data",
                            "cp_min": 5,
                            "cp_max": 10,
                        },
                    },
                    # Synapse's own defaults, where the demo saves memory.
                    "caches": {"global_factor": 0.5},
                    "event_cache_size": "10K",
                }
                async with Homeserver.start(folder, settings=settings) as server:
                    yield server
            finally:
                postgres.cleanup()
