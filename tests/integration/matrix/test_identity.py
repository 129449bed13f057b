"""Who the bot is: its login, its device, its cross-signing chain."""

from pathlib import Path

import pytest

from bot.demo.homeserver import Homeserver
from bot.matrix.client import reachable
from bot.matrix.errors import IdentityConflict, LoginRefused, WrongSecret
from bot.matrix.http import Http, path_of
from bot.matrix.interface import (
    Trust,
)
from bot.matrix.signing import CrossSigningIdentity, read_identity
from bot.matrix.vault import Secrets, Vault
from tests.integration.conftest import NewMember
from tests.integration.matrix.running import CHEAP, SECRET, Start, text, together


async def test_the_chain_is_made_kept_and_checked_by_an_independent_eye(
    server: Homeserver, start: Start, member: NewMember
) -> None:
    async with start.open() as first:
        status = await first.chain()
        assert status.complete
        assert first.fresh_login
        fingerprint, device = first.fingerprint, first.device_id
    async with start.open(password="not needed any more") as again:
        assert (again.fingerprint, again.device_id, again.fresh_login) == (fingerprint, device, False)
        told = await again._http.request("GET", path_of("account", "whoami"))
        assert told["device_id"] == device
        assert (await again.chain()).complete
    ghana = await member("ghana")
    answer = await ghana.request("POST", path_of("keys", "query"), {"device_keys": {start.user: []}})
    assert device in read_identity(answer, start.user).signed
    assert "v1.11" in await reachable(server.url)


async def test_a_crash_after_the_seeds_were_kept_is_mended_at_the_next_start(start: Start) -> None:
    """The store holds device and seeds, the server knows neither: the state after a crash before the upload."""
    seeds = CrossSigningIdentity.create(start.user).seeds
    database = await start.open_database()
    async with Vault.open(database, start.user, SECRET, cost=CHEAP) as vault:
        await vault.keep(Secrets(start.user, "CHOSEN", seeds=seeds))
    await database.close()
    async with start.open() as gateway:
        assert gateway.device_id == "CHOSEN"
        assert gateway.fingerprint == CrossSigningIdentity(start.user, seeds).fingerprint
        assert (await gateway.chain()).complete


async def test_a_foreign_identity_on_the_server_stops_the_start_until_it_is_reset(start: Start, tmp_path: Path) -> None:
    async with start.open() as gateway:
        fingerprint = gateway.fingerprint
    start.folder = tmp_path / "another store"
    with pytest.raises(IdentityConflict, match="--reset-identity"):
        async with start.open():
            pass
    async with start.open(reset_identity=True) as gateway:
        assert gateway.fingerprint != fingerprint
        assert (await gateway.chain()).complete


async def test_a_wrong_secret_or_password_is_said_clearly(start: Start) -> None:
    with pytest.raises(LoginRefused):
        async with start.open(password="wrong"):
            pass
    async with start.open():
        pass
    with pytest.raises(WrongSecret):
        async with start.open(secret="wrong"):
            pass


async def test_a_device_that_was_logged_out_is_replaced_and_finds_what_was_sent(
    start: Start, member: NewMember
) -> None:
    async with together(start, member) as (bot, ghana, room):
        sent = await bot.gateway.send(room, text("before"), "row-1")
        device, fingerprint = bot.gateway.device_id, bot.gateway.fingerprint
        token = bot.gateway._http.token
        since = bot.token
    async with Http(start.server.url, token=token) as http:
        await http.request("POST", path_of("logout"), {})
    async with start(since) as bot:
        assert bot.gateway.fresh_login
        assert bot.gateway.device_id != device
        assert bot.gateway.fingerprint == fingerprint
        assert (await bot.gateway.chain()).complete
        assert await bot.gateway.find_sent(room, "row-1") == sent.event_id
        await ghana.say(room, "still there?")
        assert (await bot.hears(room, "still there?")).trust is Trust.SIGNED
