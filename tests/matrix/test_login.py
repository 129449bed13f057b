"""A start goes on as the device that it was, or says why not: played, as a real homeserver does not mix devices up."""

from collections.abc import AsyncIterator
from typing import Any, cast

import pytest

from bot.matrix.client.login import log_in
from bot.matrix.errors import IdentityConflict, LoginRefused, TokenRejected
from bot.matrix.http import Http
from bot.matrix.vault import Secrets, Vault
from storage.base import Database
from tests.played import BOT, CHEAP, GHANA, SECRET, Json

KEPT = Secrets(BOT, "BOT", token="t0ken", seeds={"master": "seed"})


class Homeserver:
    """Says whose token it is, and logs in whoever asks as the device that is asked for, if not told otherwise."""

    def __init__(self, who: Json | TokenRejected, *, logs_in: Json | None = None) -> None:
        self.who, self.logs_in = who, logs_in or {}
        self.token: str | None = None
        self.logins: list[Json] = []

    async def request(self, _method: str, path: str, body: Any = None, **_more: Any) -> Any:
        if path.endswith("/whoami"):
            if isinstance(self.who, TokenRejected):
                raise self.who
            return self.who
        assert path.endswith("/login")
        self.logins.append(body)
        return {"user_id": BOT, "device_id": body["device_id"], "access_token": "new", **self.logs_in}


@pytest.fixture
async def vault(migrated_sqlite: str) -> AsyncIterator[Vault]:
    database = Database.open(migrated_sqlite)
    async with Vault.open(database, BOT, SECRET, cost=CHEAP) as vault:
        await vault.keep(KEPT)
        yield vault
    await database.close()


async def test_the_device_stays_the_same(vault: Vault) -> None:
    server = Homeserver({"user_id": BOT, "device_id": "BOT"})
    session = await log_in(cast("Http", server), vault, lambda: "password", "SESN")
    assert (session.device_id, session.fresh, server.token) == ("BOT", False, "t0ken")
    assert (server.logins, vault.secrets) == ([], KEPT)


@pytest.mark.parametrize(
    "who", [{"user_id": BOT, "device_id": "OTHER"}, {"user_id": GHANA, "device_id": "BOT"}, {"user_id": BOT}]
)
async def test_a_store_whose_token_is_of_another_user_or_device_is_refused(vault: Vault, who: Json) -> None:
    server = Homeserver(who)
    with pytest.raises(IdentityConflict, match="is this the right homeserver"):
        await log_in(cast("Http", server), vault, lambda: "password", "SESN")
    assert (server.token, server.logins, vault.secrets) == (None, [], KEPT)


@pytest.mark.parametrize("soft", [True, False])
async def test_after_a_soft_logout_the_device_lives_on(vault: Vault, *, soft: bool) -> None:
    server = Homeserver(TokenRejected(soft=soft))
    session = await log_in(cast("Http", server), vault, lambda: "password", "SESN")
    assert (session.device_id == "BOT", session.fresh) == (soft, not soft)
    assert server.logins[0]["device_id"] == session.device_id
    assert vault.secrets is not None
    assert (vault.secrets.token, vault.secrets.seeds) == ("new", KEPT.seeds), "the identity stays in any case"


@pytest.mark.parametrize("logs_in", [{"user_id": GHANA}, {"device_id": "OTHER"}])
async def test_a_login_as_somebody_else_is_none(vault: Vault, logs_in: Json) -> None:
    server = Homeserver(TokenRejected(soft=True), logs_in=logs_in)
    with pytest.raises(LoginRefused):
        await log_in(cast("Http", server), vault, lambda: "password", "SESN")
    assert server.token is None
    assert vault.secrets is not None
    assert vault.secrets.token is None


async def test_a_crash_when_the_homeserver_has_logged_in_leaves_no_second_device(migrated_sqlite: str) -> None:
    class Ended(BaseException):
        """The program ends before it hears the answer."""

    class Ending(Homeserver):
        async def request(self, _method: str, path: str, body: Any = None, **_more: Any) -> Any:
            answer = await super().request(_method, path, body)
            if len(self.logins) == 1:
                raise Ended
            return answer

    server = Ending(TokenRejected(soft=False))
    database = Database.open(migrated_sqlite)
    async with Vault.open(database, BOT, SECRET, cost=CHEAP) as vault:
        with pytest.raises(Ended):
            await log_in(cast("Http", server), vault, lambda: "password", "SESN")
    async with Vault.open(database, BOT, SECRET, cost=CHEAP) as vault:
        await log_in(cast("Http", server), vault, lambda: "password", "SESN")
    await database.close()
    assert len({login["device_id"] for login in server.logins}) == 1
    assert len(server.logins) == 2
