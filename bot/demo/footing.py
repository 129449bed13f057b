"""What a member's device stands on: a client of nio with its store, small secrets, and answers that are checked."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
from nio import AsyncClient, AsyncClientConfig, ErrorResponse
from nio.store import SqliteMemoryStore, SqliteStore

from bot.matrix.interface import LoggedOut, Unavailable

DEADLINE = 30.0  # seconds for anything that is asked of the homeserver, waiting out a restart of it included

Answer = TypeVar("Answer")


class Kept:
    """Small secrets in a folder, readable by its owner alone; without a folder nothing is kept."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def read(self, name: str) -> dict[str, Any] | None:
        if self._folder is None:
            return None
        try:
            kept: dict[str, Any] = json.loads((self._folder / f"{name}.json").read_text())
        except FileNotFoundError:
            return None
        return kept

    def write(self, name: str, value: Mapping[str, Any]) -> None:
        if self._folder is not None:
            descriptor = os.open(self._folder / f"{name}.json", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w") as file:
                json.dump(value, file)


def client_of(server_url: str, user_id: str, store: Path | None) -> AsyncClient:
    """Return a client that keeps its keys in the folder, or in memory without one; nobody is logged in yet."""
    config = AsyncClientConfig(
        store=SqliteMemoryStore if store is None else SqliteStore,
        store_name="keys.db",
        encryption_enabled=True,
        store_sync_tokens=False,
        max_timeouts=0,  # retrying is the sync loop's and `request`'s business
        request_timeout=DEADLINE,
    )
    return AsyncClient(server_url, user_id, store_path="" if store is None else str(store), config=config)


async def close(client: AsyncClient) -> None:
    """Close a client and the database of its keys."""
    await client.close()
    if client.store is not None:
        client.store.database.close()


async def checked(answering: Any, wanted: type[Answer]) -> Answer:
    """Return nio's answer when it is of the wanted class; nio returns errors, it does not raise them."""
    try:
        answer = await answering
    except (aiohttp.ClientError, TimeoutError) as error:
        raise Unavailable(type(error).__name__) from error
    if isinstance(answer, wanted):
        return answer
    code = str(answer.status_code) if isinstance(answer, ErrorResponse) else "M_UNKNOWN"
    if code in {"M_UNKNOWN_TOKEN", "M_MISSING_TOKEN"}:
        raise LoggedOut(code)
    raise Unavailable(code)
