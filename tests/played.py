"""Members with keys, and a homeserver that shows them: played, for what a real one shows only when it is hostile."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

from nio.crypto import OlmAccount

from bot.matrix.crypto import Crypto
from bot.matrix.http import Http
from bot.matrix.interface import Rejected
from bot.matrix.signing import CrossSigningIdentity, canonical
from bot.matrix.vault import Cost, Secrets, Vault
from storage.base import Database
from storage.ids import DeviceId, UserId

BOT = UserId("@sesn:localhost")
GHANA, BENIN = UserId("@ghana:localhost"), UserId("@benin:localhost")
TOGO = UserId("@togo:elsewhere")
SECRET = "a secret of the operator"
CHEAP = Cost(log2_n=4)
Json = dict[str, Any]


class Person:
    """A member with an identity and devices, as the homeserver shows them."""

    def __init__(self, user: UserId) -> None:
        self.user = user
        self.identity = CrossSigningIdentity.create(user)
        self.devices: dict[str, OlmAccount] = {}
        self.sessions: list[Any] = []
        """Olm sessions with the bot."""

    def add(self, name: str) -> OlmAccount:
        self.devices[name] = OlmAccount()
        return self.devices[name]

    def keys(self, name: str) -> Json:
        account = self.devices[name]
        pair = {f"{kind}:{name}": account.identity_keys[kind] for kind in ("curve25519", "ed25519")}
        keys: Json = {"algorithms": [], "device_id": name, "user_id": self.user, "keys": pair}
        by_itself = str(account.sign(canonical(keys).decode()))
        return self.identity.signed({**keys, "signatures": {self.user: {f"ed25519:{name}": by_itself}}}, "self_signing")

    def one_time_key(self, name: str) -> Json:
        """Return a new one-time key of a device, as the homeserver gives it out."""
        account = self.devices[name]
        account.generate_one_time_keys(1)
        ((key_id, key),) = account.one_time_keys["curve25519"].items()
        account.mark_keys_as_published()
        by_itself = str(account.sign(canonical({"key": key}).decode()))
        signatures = {self.user: {f"ed25519:{name}": by_itself}}
        return {f"signed_curve25519:{key_id}": {"key": key, "signatures": signatures}}


class Homeserver:
    """Shows and gives out the keys of people, and takes messages to their devices, so many in a request.

    `failures` are servers it could not ask; `without_keys` are devices whose one-time keys have run out.
    """

    def __init__(self, *people: Person, most: int = 10**6) -> None:
        self.people = {person.user: person for person in people}
        self.most = most
        self.failures: set[str] = set()
        self.without_keys: set[str] = set()
        self.asked: list[tuple[str, Any]] = []
        self.taken: list[list[tuple[str, str]]] = []
        """To whom the messages of each request were that was not too large."""

    async def request(self, _method: str, path: str, body: Any = None, **_more: Any) -> Any:
        path = path.removeprefix("/_matrix/client/v3")
        self.asked.append((path, body))
        if path == "/keys/upload":
            return {"one_time_key_counts": {"signed_curve25519": 50}}
        if path == "/keys/claim":
            return self._claimed(body["one_time_keys"])
        if path.startswith("/sendToDevice/"):
            to = [(user, name) for user, devices in body["messages"].items() for name in devices]
            self._refuse_more_than(len(to))
            self.taken.append(to)
            return {}
        return self._shown(body)

    def _refuse_more_than(self, number: int) -> None:
        if number > self.most:
            raise Rejected(413, "M_TOO_LARGE")

    def _claimed(self, wanted: Json) -> Json:
        self._refuse_more_than(sum(map(len, wanted.values())))
        return {
            "one_time_keys": {
                user: {
                    name: self.people[UserId(user)].one_time_key(name)
                    for name in devices
                    if name not in self.without_keys
                }
                for user, devices in wanted.items()
            }
        }

    def _shown(self, body: Json) -> Json:
        there = [user for user in body["device_keys"] if user.partition(":")[2] not in self.failures]
        shown = [self.people[user] for user in there if user in self.people]
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
