"""The bot's own chain of signatures at each start, against a homeserver that is played, honest or not."""

import copy
from collections.abc import AsyncIterator, Callable
from typing import Any, cast

import pytest

from bot.matrix.client.opening import sign_up
from bot.matrix.crypto import Crypto
from bot.matrix.errors import AuthenticationNeeded, IdentityConflict
from bot.matrix.http import Http
from bot.matrix.interface import Rejected, Unavailable
from bot.matrix.signing import CrossSigningIdentity, read_identity
from bot.matrix.vault import Secrets, Vault
from storage.base import Database
from storage.ids import DeviceId
from tests.played import BOT, CHEAP, SECRET, Json, Person

PASSWORD = "the bot's password"


class Account:
    """The bot's account on a homeserver: what was uploaded is shown, and replacing an identity asks for a password."""

    def __init__(self) -> None:
        self.devices: Json = {}
        self.keys: Json = {}
        self.asked: list[str] = []
        self.before: Callable[[str], None] = lambda _path: None
        self.shown: Callable[[Json], Json] = lambda answer: answer

    async def request(self, _method: str, path: str, body: Any = None, **_more: Any) -> Any:
        path = path.removeprefix("/_matrix/client/v3")
        self.asked.append(path)
        self.before(path)
        match path:
            case "/keys/upload":
                if "device_keys" in body:
                    self.devices["BOT"] = body["device_keys"]
                return {"one_time_key_counts": {"signed_curve25519": 50}}
            case "/keys/device_signing/upload":
                if self.keys and body.get("auth", {}).get("password") != PASSWORD:
                    raise AuthenticationNeeded("session", [["m.login.password"]])
                self.keys = {role: body[f"{role}_key"] for role in ("master", "self_signing", "user_signing")}
                return {}
            case "/keys/signatures/upload":
                for name, signed in body[BOT].items():
                    self._add(self.devices[name] if name in self.devices else self.keys["master"], signed)
                return {}
            case "/keys/query":
                answer = {"device_keys": {BOT: self.devices}}
                answer |= {f"{role}_keys": {BOT: key} for role, key in self.keys.items()}
                return self.shown(copy.deepcopy(answer))
        raise AssertionError(path)

    def _add(self, value: Json, signed: Json) -> None:
        ours = value.setdefault("signatures", {}).setdefault(BOT, {})
        ours |= signed["signatures"][BOT]

    @property
    def signed(self) -> set[str]:
        answer = {"device_keys": {BOT: self.devices}, **{f"{role}_keys": {BOT: key} for role, key in self.keys.items()}}
        return set(read_identity(answer, BOT).signed)


@pytest.fixture
async def database(migrated_sqlite: str) -> AsyncIterator[Database]:
    database = Database.open(migrated_sqlite)
    yield database
    await database.close()


async def start(
    database: Database, account: Account, *, reset: bool = False, password: str = PASSWORD
) -> CrossSigningIdentity:
    """Sign up as a start does, and return the identity."""
    http = cast("Http", account)
    async with Vault.open(database, BOT, SECRET, cost=CHEAP) as vault:
        if vault.secrets is None:
            await vault.keep(Secrets(BOT, "BOT"))
        crypto = await Crypto.load(database, vault, http, DeviceId("BOT"))
        identity = await sign_up(http, vault, crypto, lambda: password, reset=reset)
        await crypto.chest.commit()
        return identity


async def test_the_chain_is_made_once_and_stays(database: Database) -> None:
    account = Account()
    first = await start(database, account)
    assert account.signed == {"BOT"}
    made = copy.deepcopy((account.devices, account.keys))
    account.asked.clear()
    assert (await start(database, account)).fingerprint == first.fingerprint
    assert (account.devices, account.keys) == made
    assert account.asked == ["/keys/query"], "it is looked at, at each start"


async def test_a_signature_that_is_gone_is_made_again(database: Database) -> None:
    account = Account()
    await start(database, account)
    for value in (account.devices["BOT"], account.keys["master"]):
        kept = {name: made for name, made in value["signatures"][BOT].items() if name == "ed25519:BOT"}
        value["signatures"][BOT] = kept if value is account.devices["BOT"] else {}
        await start(database, account)
        assert account.signed == {"BOT"}
        assert "ed25519:BOT" in account.keys["master"]["signatures"][BOT]


async def test_the_seeds_are_kept_before_anybody_sees_their_keys(database: Database) -> None:
    account = Account()

    def cut(path: str) -> None:
        if path == "/keys/signatures/upload":
            raise Unavailable("cut")

    account.before = cut
    with pytest.raises(Unavailable):
        await start(database, account)
    shown = account.keys["master"]
    account.before = lambda _path: None
    identity = await start(database, account)
    assert identity.key_json("master")["keys"] == shown["keys"], "and no other identity was made"
    assert account.signed == {"BOT"}


async def test_what_the_homeserver_shows_of_the_own_device_is_not_what_is_signed(database: Database) -> None:
    account, other = Account(), Person(BOT)
    other.add("BOT")

    def exchanged(answer: Json) -> Json:
        answer["device_keys"][BOT] = {"BOT": other.keys("BOT")}
        return answer

    account.shown = exchanged
    with pytest.raises(IdentityConflict, match="other keys for this device"):
        await start(database, account)
    ours = account.devices["BOT"]["keys"]
    assert ours != other.keys("BOT")["keys"]
    assert account.signed == {"BOT"}, "of the own keys alone"


async def test_another_identity_in_the_own_place_stops_the_start_until_the_operator_says_so(
    database: Database,
) -> None:
    account = Account()
    mine = await start(database, account)
    account.keys = {role: Person(BOT).identity.key_json(role) for role in account.keys}
    foreign = copy.deepcopy(account.keys)
    with pytest.raises(IdentityConflict, match="reset-identity"):
        await start(database, account)
    assert account.keys == foreign
    with pytest.raises(Rejected):
        await start(database, account, reset=True, password="another")
    assert account.keys == foreign, "to replace one needs the password"
    assert (await start(database, account, reset=True)).fingerprint == mine.fingerprint
    assert account.signed == {"BOT"}
