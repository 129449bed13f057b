"""The login is ended while the bot runs, and the homeserver is not well: the bot waits, and ends only on a refusal."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot import cli
from bot.config import Config
from bot.matrix.client.login import log_in
from bot.matrix.errors import LoginRefused, TokenRejected
from bot.matrix.http import Http
from bot.matrix.interface import MatrixError, Rejected, Throttled, Unavailable
from bot.matrix.vault import Secrets, Vault
from storage import schema
from storage.base import Database
from tests.fakes import IN_MEMORY
from tests.played import BOT, CHEAP

Run = Callable[[asyncio.Event], Awaitable[None]]


async def logged_out(_stop: asyncio.Event) -> None:
    raise ExceptionGroup("a worker ended", [TokenRejected(soft=True)])


async def stopped(stop: asyncio.Event) -> None:
    stop.set()


async def served(monkeypatch: pytest.MonkeyPatch, *runs: Run | Exception) -> list[float]:
    """Let the bot run: each start fails, or runs as told. Return the pauses, in seconds."""
    starts, pauses = list(runs), list[float]()

    @asynccontextmanager
    async def opened(*_: Any, **__: Any) -> AsyncIterator[Any]:
        start = starts.pop(0)
        if isinstance(start, Exception):
            raise start
        yield SimpleNamespace(run=start)

    async def rest(_stop: asyncio.Event, seconds: float) -> None:
        pauses.append(seconds)

    monkeypatch.setattr(cli, "App", SimpleNamespace(open=opened))
    monkeypatch.setattr(cli, "_rest", rest)
    await cli._serve(cast("Config", None))
    assert starts == []
    return pauses


async def test_a_homeserver_that_fails_is_asked_again_ever_more_slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    faults = [Unavailable("502"), Unavailable("502"), Throttled(timedelta(seconds=90)), Rejected(404, "M_UNKNOWN")]
    pauses = await served(monkeypatch, logged_out, *faults, stopped)
    assert pauses[0] == cli.LOG_IN_AGAIN_AFTER
    assert all(pause >= 1.0 for pause in pauses)
    assert pauses[3] == 90.0
    assert pauses[4] > pauses[1]


@pytest.mark.parametrize("error", [LoginRefused("no"), Unavailable("502")])
async def test_what_is_wrong_at_the_first_start_is_said_at_once(
    monkeypatch: pytest.MonkeyPatch, error: MatrixError
) -> None:
    with pytest.raises(type(error)):
        await served(monkeypatch, error)


async def test_a_refusal_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LoginRefused):
        await served(monkeypatch, logged_out, Unavailable("502"), LoginRefused("no"))


class Homeserver:
    """Knows the token no more, and answers logins as prepared."""

    token: str | None = None

    def __init__(self, *answers: Exception) -> None:
        self._answers = list(answers)
        self.asked: list[str] = []

    async def request(self, _method: str, path: str, body: Any = None, **_more: Any) -> Any:
        self.asked.append(path.removeprefix("/_matrix/client/v3/"))
        if path.endswith("whoami"):
            raise TokenRejected(soft=True)
        if self._answers:
            raise self._answers.pop(0)
        return {"user_id": BOT, "device_id": body["device_id"], "access_token": "new"}


@pytest.fixture
async def vault() -> AsyncIterator[Vault]:
    database = Database.open(IN_MEMORY)
    await schema.upgrade(database)
    async with Vault.open(database, BOT, "secret", cost=CHEAP) as vault:
        await vault.keep(Secrets(BOT, "DEVICE", token="old"))
        yield vault
    await database.close()


@pytest.mark.parametrize("error", [Unavailable("502"), Rejected(404, "M_UNRECOGNIZED"), Rejected(400, "M_UNKNOWN")])
async def test_a_fault_is_no_refusal_and_the_next_try_is_one_request(vault: Vault, error: MatrixError) -> None:
    server = Homeserver(error)
    with pytest.raises(type(error)):
        await log_in(cast("Http", server), vault, lambda: "password", "SESN")
    session = await log_in(cast("Http", server), vault, lambda: "password", "SESN")
    assert (session.device_id, session.fresh) == ("DEVICE", False)
    assert server.asked == ["account/whoami", "login", "login"]


@pytest.mark.parametrize("error", [Rejected(403, "M_FORBIDDEN"), Rejected(403, "M_USER_DEACTIVATED")])
async def test_a_refusal_is_one(vault: Vault, error: MatrixError) -> None:
    with pytest.raises(LoginRefused):
        await log_in(cast("Http", Homeserver(error)), vault, lambda: "password", "SESN")
