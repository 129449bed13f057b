"""A bot on plain matrix-nio, as its own examples have it: sync_forever, a store, keys for every device.

`echo` answers every message; `start` syncs with full state, as nio's documentation advises, and stays.
"""

import argparse
import asyncio
import json
from pathlib import Path

from nio import AsyncClient, AsyncClientConfig, LoginResponse, MatrixRoom, RoomMessageText


async def main(asked: argparse.Namespace) -> None:
    """Log in once, then with what was stored."""
    folder: Path = asked.folder
    config = AsyncClientConfig(store_sync_tokens=True, encryption_enabled=True)
    client = AsyncClient(asked.homeserver, asked.user, store_path=str(folder), config=config)
    kept = folder / "login.json"
    if kept.exists():
        login = json.loads(kept.read_text())
        client.restore_login(asked.user, login["device_id"], login["access_token"])
    else:
        answer = await client.login(asked.password)
        assert isinstance(answer, LoginResponse), answer
        kept.write_text(json.dumps({"device_id": answer.device_id, "access_token": answer.access_token}))

    async def echo(room: MatrixRoom, event: RoomMessageText) -> None:
        if event.sender == client.user_id:
            return
        content = {
            "msgtype": "m.notice",
            "body": "x" * asked.body,
            "format": "org.matrix.custom.html",
            "formatted_body": "y" * asked.html,
        }
        await client.room_send(room.room_id, "m.room.message", content, ignore_unverified_devices=True)

    client.add_event_callback(echo, RoomMessageText)
    await client.sync_forever(timeout=30_000, full_state=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for name in ("--homeserver", "--user", "--password"):
        parser.add_argument(name, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--body", type=int, default=100, help="characters of the answer")
    parser.add_argument("--html", type=int, default=100, help="characters of its HTML")
    asyncio.run(main(parser.parse_args()))
