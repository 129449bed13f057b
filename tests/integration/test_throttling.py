"""A homeserver with its usual limits: what the bot has to say arrives complete, once and in order, alerts first."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from bot.app import Machinery, seed_coordinators
from bot.capabilities import discover
from bot.config import Config
from bot.demo.homeserver import Homeserver
from bot.demo.member import MemberClient
from bot.matrix.client import MatrixGateway
from bot.matrix.interface import NewRoom
from bot.matrix.vault import Cost, Vault
from bot.outgoing import write
from commands.base import Post
from commands.document import doc
from storage import models, schema
from storage.base import Database
from storage.ids import UserId
from storage.outbox import Lanes, Priority
from tests.integration.conftest import PASSWORD

BURST = 11
"""One more than the homeserver lets through at once, and an alert: it holds the sender up, and holds it up again."""


async def test_a_burst_arrives_complete_once_and_in_order(tmp_path: Path) -> None:
    async with Homeserver.start(tmp_path / "limited", rate_limits=True) as server:
        ghana_id, user = await server.register("ghana", PASSWORD), await server.register("sesn", PASSWORD)
        models.load()
        database = Database.open(f"sqlite:///{tmp_path / 'sesn.db'}")
        await schema.upgrade(database)
        async with (
            Vault.open(database, UserId(user), "a secret of the tests", cost=Cost(log2_n=4)) as vault,
            MatrixGateway.open(homeserver=server.url, password=PASSWORD, database=database, vault=vault) as gateway,
            MemberClient.open(server.url, ghana_id, PASSWORD) as ghana,
        ):
            room = await gateway.create_room(NewRoom(request="burst", name="Burst", invite=[UserId(ghana_id)]))
            await ghana.enters(room)
            elsewhere = await gateway.create_room(NewRoom(request="alert", name="Alert", invite=[UserId(ghana_id)]))
            await ghana.enters(elsewhere)
            config = Config.read(
                {
                    "matrix": {"homeserver": server.url, "user_id": user},
                    "network": {"coordinators": [ghana_id]},
                },
                discover(),
            )
            await seed_coordinators(database, config)  # who is not on the roster stops what is said there
            machinery = Machinery(database, gateway, config, now=lambda: datetime.now(UTC))
            tasks = [asyncio.create_task(gateway.sync_forever(machinery.journal, since=None))]
            try:
                # Who is not seen to have joined is given no key.
                async with asyncio.timeout(60):
                    for each in (room, elsewhere):
                        while ghana_id not in (await gateway.room(each)).joined:  # noqa: ASYNC110 - a sync brings it
                            await asyncio.sleep(0.05)
                async with database.transaction() as tx:
                    for number in range(BURST):
                        said = doc(f"message {number} of the burst")
                        words = Post(doc=said, room=room, priority=Priority.ANNOUNCEMENT)
                        await write(tx, words, device=gateway.device_id, now=datetime.now(UTC))
                tasks.append(asyncio.create_task(machinery.sender.run()))
                pauses = machinery.sender._pauses
                async with asyncio.timeout(120):
                    while not pauses.are_on(Priority.ALERT):  # noqa: ASYNC110 - the homeserver decides when
                        await asyncio.sleep(0.01)
                async with database.transaction() as tx:
                    words = Post(doc=doc("an alert"), room=elsewhere, priority=Priority.ALERT)
                    await write(tx, words, device=gateway.device_id, now=datetime.now(UTC))
                    waiting = await Lanes(tx).count_waiting() - 1
                assert waiting, "nothing is left that the alert could wait for"
                await ghana.hears(elsewhere, "an alert", by=user, within=60)
                async with database.transaction() as tx:
                    assert await Lanes(tx).count_waiting() >= waiting - 1, "the alert waited for bulk"
                await ghana.hears(room, f"message {BURST - 1} of the burst", by=user, within=240)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
            heard = [one.body for one in ghana.timeline(room) if one.sender == user]
            assert heard == [f"message {number} of the burst" for number in range(BURST)]
        await database.close()
