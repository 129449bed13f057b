"""Members whose devices are not as they should be: without keys, or under an identity that took another's place."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from nio.crypto import OlmAccount

from bot.demo.member import MemberClient
from bot.matrix.http import Http, path_of
from bot.matrix.signing import CrossSigningIdentity, canonical
from tests.integration.conftest import PASSWORD

ALGORITHMS = ["m.olm.v1.curve25519-aes-sha2", "m.megolm.v1.aes-sha2"]


def signer(account: OlmAccount) -> Callable[[bytes], str]:
    """Return what signs with a device's own key."""
    return lambda data: str(account.sign(data.decode()))


def keys_of(user: str, device: str, account: OlmAccount) -> dict[str, Any]:
    """Return a device's public keys, signed by itself."""
    pair = {f"{kind}:{device}": account.identity_keys[kind] for kind in ("curve25519", "ed25519")}
    keys: dict[str, Any] = {"algorithms": ALGORITHMS, "device_id": device, "user_id": user, "keys": pair}
    return {**keys, "signatures": {user: {f"ed25519:{device}": signer(account)(canonical(keys))}}}


class Bare:
    """A device that was logged in and does nothing by itself."""

    def __init__(self, http: Http, user: str, device: str) -> None:
        self.http = http
        self.user_id = user
        self.device_id = device
        self.account = OlmAccount()

    @classmethod
    @asynccontextmanager
    async def open(cls, server: str, user: str) -> AsyncIterator["Bare"]:
        async with Http(server) as http:
            login = {
                "type": "m.login.password",
                "identifier": {"type": "m.id.user", "user": user},
                "password": PASSWORD,
            }
            told = await http.request("POST", path_of("login"), login)
            http.token = told["access_token"]
            yield cls(http, user, told["device_id"])

    async def upload_keys(self, identity: CrossSigningIdentity) -> None:
        """Show device keys that `identity` has signed, but none with which a message could be sent to the device."""
        keys = keys_of(self.user_id, self.device_id, self.account)
        await self.http.request("POST", path_of("keys", "upload"), {"device_keys": keys})
        signed = {self.device_id: identity.signed(keys, "self_signing")}
        await self.http.request("POST", path_of("keys", "signatures", "upload"), {self.user_id: signed})

    async def upload_one_time_keys(self, number: int) -> None:
        """Show keys with which the device can be reached."""
        self.account.generate_one_time_keys(number)
        shown: dict[str, Any] = {}
        for name, key in self.account.one_time_keys["curve25519"].items():
            by = {self.user_id: {f"ed25519:{self.device_id}": signer(self.account)(canonical({"key": key}))}}
            shown[f"signed_curve25519:{name}"] = {"key": key, "signatures": by}
        await self.http.request("POST", path_of("keys", "upload"), {"one_time_keys": shown})


async def takes_on(member: MemberClient, identity: CrossSigningIdentity) -> None:
    """Put another identity in the place of a member's, as whoever knows the password can, and sign the device anew."""
    account = member.client.olm.account
    keys = keys_of(member.user_id, member.device_id, account)
    await identity.ensure(member.request, keys, signer(account), password=lambda: PASSWORD, replace=True)
    member.identity = identity
