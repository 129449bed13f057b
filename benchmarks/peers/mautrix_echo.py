"""An echo bot on mautrix-python: its client, its Olm machine, its SQL stores on SQLite."""

import argparse
import asyncio
from pathlib import Path

from mautrix.client import Client
from mautrix.crypto import OlmMachine, PgCryptoStore
from mautrix.crypto.store.asyncpg import PgCryptoStateStore
from mautrix.types import EventType, Format, MessageEvent, MessageType, TextMessageEventContent
from mautrix.util.async_db import Database


async def main(asked: argparse.Namespace) -> None:
    """Log in, open the stores and answer every text."""
    database = Database.create(f"sqlite:///{asked.folder / 'mautrix.db'}", upgrade_table=PgCryptoStore.upgrade_table)
    await database.start()
    await PgCryptoStateStore.upgrade_table.upgrade(database)
    state = PgCryptoStateStore(database)
    crypto_store = PgCryptoStore(account_id=asked.user, pickle_key="benchmark", db=database)
    await crypto_store.open()
    client = Client(mxid=asked.user, base_url=asked.homeserver, sync_store=crypto_store, state_store=state)
    await client.login(asked.user, password=asked.password, device_name="benchmark")
    await crypto_store.put_device_id(client.device_id)
    machine = OlmMachine(client, crypto_store, state)
    await machine.load()
    client.crypto = machine
    await machine.share_keys()

    async def echo(event: MessageEvent) -> None:
        if event.sender == client.mxid:
            return
        content = TextMessageEventContent(
            msgtype=MessageType.NOTICE, body="x" * asked.body, format=Format.HTML, formatted_body="y" * asked.html
        )
        await client.send_message_event(event.room_id, EventType.ROOM_MESSAGE, content)

    client.add_event_handler(EventType.ROOM_MESSAGE, echo)
    await client.start(None)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for name in ("--homeserver", "--user", "--password"):
        parser.add_argument(name, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--body", type=int, default=100, help="characters of the answer")
    parser.add_argument("--html", type=int, default=100, help="characters of its HTML")
    asyncio.run(main(parser.parse_args()))
