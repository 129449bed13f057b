"""Members with keys, and a homeserver that shows them: played, for what a real one shows only when it is hostile."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

from nio.crypto import OlmAccount

from bot.matrix.crypto import Crypto
from bot.matrix.http import Http
from bot.matrix.signing import CrossSigningIdentity, canonical
from bot.matrix.vault import Cost, Secrets, Vault
from storage.base import Database
from storage.ids import DeviceId, UserId

BOT = UserId("@sesn:localhost")
GHANA, BENIN = UserId("@ghana:localhost"), UserId("@benin:localhost")
SECRET = "a secret of the operator"
CHEAP = Cost(log2_n=4)
Json = dict[str, Any]


class Person:
    """A member with an identity and devices, as the homeserver shows them."""

    def __init__(self, user: UserId) -> None:
        self.user = user
        self.identity = CrossSigningIdentity.create(user)
        self.devices: dict[str, OlmAccount] = {}

    def add(self, name: str) -> OlmAccount:
        self.devices[name] = OlmAccount()
        return self.devices[name]

    def keys(self, name: str) -> Json:
        account = self.devices[name]
        pair = {f"{kind}:{name}": account.identity_keys[kind] for kind in ("curve25519", "ed25519")}
        keys: Json = {"algorithms": [], "device_id": name, "user_id": self.user, "keys": pair}
        by_itself = str(account.sign(canonical(keys).decode()))
        return self.identity.signed({**keys, "signatures": {self.user: {f"ed25519:{name}": by_itself}}}, "self_signing")


class Homeserver:
    """Shows the keys of people. `failures` are servers it could not ask."""

    def __init__(self, *people: Person) -> None:
        self.people = {person.user: person for person in people}
        self.failures: set[str] = set()
        self.asked: list[tuple[str, Any]] = []

    async def request(self, _method: str, path: str, body: Any = None, **_more: Any) -> Any:
        self.asked.append((path.removeprefix("/_matrix/client/v3"), body))
        shown = [self.people[user] for user in body["device_keys"] if not self.failures]
        return {
            "failures": {name: {} for name in self.failures},
            "device_keys": {one.user: {name: one.keys(name) for name in one.devices} for one in shown},
            "master_keys": {one.user: one.identity.key_json("master") for one in shown},
            "self_signing_keys": {one.user: one.identity.key_json("self_signing") for one in shown},
        }


@asynccontextmanager
async def opened(database: Database, server: Any, device: str = "BOT") -> AsyncIterator[Crypto]:
    """Load the keys that a database holds, as a start of the bot does."""
    async with Vault.open(database, BOT, SECRET, cost=CHEAP) as vault:
        if vault.secrets is None:
            await vault.keep(Secrets(BOT, device))
        yield await Crypto.load(database, vault, cast("Http", server), DeviceId(device))
