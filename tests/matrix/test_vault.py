"""The vault opens to its owner with the secret, and to nobody else; on SQLite and on PostgreSQL."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import delete

from bot.matrix.crypto import Crypto
from bot.matrix.errors import DamagedStore, ForeignStore, StoreInUse, WrongSecret
from bot.matrix.http import Http
from bot.matrix.vault import Cost, Secrets, Vault
from storage.base import Database
from storage.ids import DeviceId, UserId
from storage.keys import Keys, tables

BOT = UserId("@sesn:localhost")
GHANA = UserId("@ghana:localhost")
CHEAP = Cost(log2_n=4)
KEPT = Secrets(BOT, "DEVICE", token="t0ken", seeds={"master": "s33d"})
Row = tuple[dict[str, Any], str, str]


@pytest.fixture
async def url(migrated_url: str) -> str:
    """A database with the kept secrets in it."""
    database = Database.open(migrated_url)
    async with Vault.open(database, BOT, "secret", cost=CHEAP) as vault:
        assert vault.secrets is None
        await vault.keep(KEPT)
    await database.close()
    return migrated_url


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    database = Database.open(url)
    yield database
    await database.close()


async def row(database: Database) -> Row:
    async with database.transaction() as tx:
        found = await Keys(tx).vault(BOT)
    assert found is not None
    return found


async def write(database: Database, header: dict[str, Any], nonce: str, box: str) -> None:
    async with database.transaction() as tx:
        await Keys(tx).keep_vault(BOT, header, nonce, box)


async def test_the_vault_opens_again_with_its_secret(database: Database) -> None:
    async with Vault.open(database, BOT, "secret") as vault:
        assert vault.secrets == KEPT
        assert await vault.change(token="new") == replace(KEPT, token="new")
        first = vault.pickle_key
    async with Vault.open(database, BOT, "secret") as vault:
        assert vault.secrets is not None
        assert (vault.secrets.token, vault.pickle_key) == ("new", first)
    text = str(await row(database))
    assert "t0ken" not in text
    assert "s33d" not in text
    assert "s33d" not in repr(KEPT)


@pytest.mark.parametrize(
    ("user", "secret", "error"),
    [
        (BOT, "wrong", WrongSecret),
        (BOT, "", WrongSecret),
        (GHANA, "secret", ForeignStore),
        (GHANA, "wrong", ForeignStore),
    ],
)
async def test_it_refuses_others_and_stays_as_it_was(
    database: Database, user: UserId, secret: str, error: type[Exception]
) -> None:
    before = await row(database)
    with pytest.raises(error):
        async with Vault.open(database, user, secret):
            pass
    assert await row(database) == before


async def test_the_secret_is_stretched_with_what_stands_beside_it(migrated_sqlite: str) -> None:
    """The same secret makes other keys elsewhere, and to try one out costs what the header says."""
    made = set[str]()
    for cost in (CHEAP, CHEAP, Cost(log2_n=5)):
        database = Database.open(migrated_sqlite)
        async with Vault.open(database, BOT, "secret", cost=cost) as vault:  # nothing is kept, so each is a new one
            made |= {vault.pickle_key, vault.files_key.hex()}
        await database.close()
    assert len(made) == 6
    with_one_salt = set[str]()
    for cost in (CHEAP, Cost(log2_n=5), CHEAP):
        database = Database.open(migrated_sqlite)
        async with Vault.open(database, BOT, "secret", cost=cost, random=bytes) as vault:
            with_one_salt.add(vault.pickle_key)
        await database.close()
    assert len(with_one_salt) == 2, "salt and cost alone decide"
    assert Cost().log2_n >= 15, "what an attacker pays by default: 32 MiB for each try, and more"


async def test_without_a_secret_no_store_is_begun(migrated_sqlite: str) -> None:
    database = Database.open(migrated_sqlite)
    with pytest.raises(WrongSecret, match="needs a secret"):
        async with Vault.open(database, BOT, ""):
            pass
    async with database.transaction() as tx:
        assert await Keys(tx).vault(BOT) is None
    await database.close()


@pytest.mark.parametrize("header", [{}, {"format": 99}, {"format": 1, "kdf": "scrypt", "log2_n": 99}])
async def test_a_damaged_vault_is_said_to_be_damaged(database: Database, header: dict[str, Any]) -> None:
    _, nonce, box = await row(database)
    await write(database, header, nonce, box)
    with pytest.raises(DamagedStore):
        async with Vault.open(database, BOT, "secret"):
            pass


@pytest.mark.parametrize(
    "costs",
    [
        {"log2_n": 22},
        {"r": 2**20},
        {"p": 2**30},
        {"log2_n": 10**9},
        {"p": 10**30},
        {"r": 0},
        {"p": -1},
        {"log2_n": 4.5},
        {"r": True},
        {"p": "1"},
    ],
)
async def test_a_header_that_asks_for_too_much_is_refused_before_it_costs_anything(
    database: Database, costs: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    header, nonce, box = await row(database)
    await write(database, header | {"log2_n": 16} | costs, nonce, box)

    def stretched(*_: object) -> bytes:
        raise AssertionError("it was tried")

    monkeypatch.setattr("bot.matrix.vault._stretch", stretched)
    with pytest.raises(DamagedStore, match="more memory or time"):
        async with Vault.open(database, BOT, "secret"):
            pass


async def test_a_tampered_header_does_not_open(database: Database) -> None:
    header, nonce, box = await row(database)
    await write(database, header | {"p": 2}, nonce, box)
    with pytest.raises(WrongSecret):
        async with Vault.open(database, BOT, "secret"):
            pass


async def test_keys_without_their_vault_are_not_started_over(database: Database) -> None:
    async with Vault.open(database, BOT, "secret") as vault, Http("http://127.0.0.1:1") as http:
        crypto = await Crypto.load(database, vault, http, DeviceId("DEVICE"))
        await crypto.chest.commit()
    async with database.transaction() as tx:
        await tx.session.execute(delete(tables.Vault))
    with pytest.raises(DamagedStore):
        async with Vault.open(database, BOT, "secret"):
            pass


async def test_nothing_secret_lies_in_the_database_in_clear(database: Database) -> None:
    async with Vault.open(database, BOT, "secret") as vault, Http("http://127.0.0.1:1") as http:
        crypto = await Crypto.load(database, vault, http, DeviceId("DEVICE"))
        await crypto.chest.commit()
        async with database.transaction() as tx:
            saved = await Keys(tx).load()
        assert saved.account is not None
        assert '"' not in saved.account, "a pickle that is not encrypted is JSON"
    async with Vault.open(database, BOT, "secret") as vault, Http("http://127.0.0.1:1") as http:
        again = await Crypto.load(database, vault, http, DeviceId("DEVICE"))
    assert again.machine.account.identity_keys == crypto.machine.account.identity_keys


async def test_one_process_at_a_time(url: str, database: Database) -> None:
    other = Database.open(url)
    try:
        async with Vault.open(database, BOT, "secret"):
            with pytest.raises(StoreInUse):
                async with Vault.open(other, BOT, "secret"):
                    pass
        async with Vault.open(other, BOT, "secret") as vault:
            assert vault.secrets == KEPT
    finally:
        await other.close()
