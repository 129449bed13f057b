"""What the homeserver takes at most: bodies encrypted beforehand, put into rooms by a client that does nothing else.

Run as `python -m benchmarks.bench.raw FILE`, where FILE holds JSON: `url`, `token`, `connections`, `bodies` (path and
body of each request) and `filter`; with a filter it syncs beside the sending, as a bot must.
"""

import asyncio
import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiohttp


async def _greet(http: aiohttp.ClientSession, url: str) -> None:
    """Open a connection and let the homeserver learn the token, before anything is timed."""
    async with http.get(f"{url}/_matrix/client/v3/account/whoami") as answer:
        await answer.read()


async def _put(http: aiohttp.ClientSession, url: str, waiting: list[Any]) -> None:
    while waiting:
        path, body = waiting.pop()
        async with http.put(url + path, data=body, headers={"Content-Type": "application/json"}) as answer:
            await answer.read()
            if answer.status != 200:
                raise SystemExit(f"{answer.status} for {path}")


async def _sync(http: aiohttp.ClientSession, url: str, sync_filter: str) -> None:
    query = {"filter": sync_filter, "timeout": "0"}
    while True:
        async with http.get(f"{url}/_matrix/client/v3/sync", params=query) as answer:
            told = await answer.json()
        query |= {"since": told["next_batch"], "timeout": "30000"}


async def main(asked: dict[str, Any]) -> None:
    """Send everything."""
    headers = {"Authorization": f"Bearer {asked['token']}"}
    connector = aiohttp.TCPConnector(limit=asked["connections"] + 1)
    async with aiohttp.ClientSession(connector=connector, headers=headers) as http:
        syncing = asyncio.create_task(_sync(http, asked["url"], asked["filter"])) if asked["filter"] else None
        if syncing is not None:
            await asyncio.sleep(2)  # past the first answer, which has everything
        await asyncio.gather(*(_greet(http, asked["url"]) for _ in range(asked["connections"])))
        waiting = [(path, json.dumps(body)) for path, body in asked["bodies"]]
        await asyncio.gather(*(_put(http, asked["url"], waiting) for _ in range(asked["connections"])))
        if syncing is not None:
            syncing.cancel()
            with suppress(asyncio.CancelledError):
                await syncing


if __name__ == "__main__":
    asyncio.run(main(json.loads(Path(sys.argv[1]).read_text())))
