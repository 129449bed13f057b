"""Who the bot is, sealed: device, access token, cross-signing seeds.

They lie in one row of the project's database, sealed with AES-256-GCM under a key that scrypt makes from the operator's
secret; salt and costs stand beside it in clear and are sealed in as associated data. Olm and Megolm keys are pickled
under a second key from the same stretching, and what opens the files that members send is sealed under a third.
"""

import asyncio
import json
import os
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from bot.matrix.errors import DamagedStore, ForeignStore, StoreInUse, WrongSecret
from bot.matrix.signing import from_unpadded, unpadded
from storage.base import Database, InUse
from storage.ids import UserId
from storage.keys import Keys

_FORMAT = 1
_SALT_BYTES = 16
_NONCE_BYTES = 12
_MOST_MEMORY = 256 * 2**20
"""Bytes that stretching may take, four times of what it takes by itself: more in a header is damage, not a wish."""
_MOST_WORK = 4 * _MOST_MEMORY
"""Bytes that stretching may go through in all its passes together."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What stretching the secret costs: 2**log2_n * r * 128 bytes of memory (scrypt, RFC 7914)."""

    log2_n: int = 16
    r: int = 8
    p: int = 1


@dataclass(frozen=True, slots=True)
class Secrets:
    """What is kept sealed. `token` is None between choosing a device id and having logged in with it; `before` is the
    lost device in whose place it comes."""

    user_id: str
    device_id: str
    token: str | None = None
    seeds: Mapping[str, str] | None = None
    before: str | None = None

    def __repr__(self) -> str:
        return f"Secrets({self.user_id}, {self.device_id})"


class Vault:
    """The open vault of one user. Made by `Vault.open`; `secrets` is None until the first `keep`."""

    def __init__(self, database: Database, user_id: UserId, header: dict[str, Any], stretched: bytes) -> None:
        self.user_id = user_id
        self.secrets: Secrets | None = None
        self._database = database
        self._header = header
        self._box = AESGCM(_derive(stretched, b"secrets"))
        self.pickle_key = unpadded(_derive(stretched, b"olm pickles"))
        self.files_key = _derive(stretched, b"keys of files")

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        database: Database,
        user_id: UserId,
        secret: str,
        *,
        cost: Cost | None = None,
        random: Callable[[int], bytes] = os.urandom,
        meanwhile: Callable[[], object] = lambda: None,
    ) -> AsyncIterator["Vault"]:
        """Open the vault of `user_id`, or prepare a new one (nothing is written before `keep`).

        While it is open no other process may use the same database. `meanwhile` is called while another thread
        stretches the secret, which takes some tenths of a second.

        Raises:
            WrongSecret, ForeignStore, DamagedStore: nothing was changed.
            StoreInUse: another process holds it.
        """
        if not secret:
            raise WrongSecret(
                "The key store needs a secret: set SESN_STORE_SECRET or name a file in the configuration."
            )
        try:
            async with database.sole_use():
                stretch = partial(_stretched, secret, meanwhile=meanwhile)
                yield await cls._load(database, user_id, stretch, cost or Cost(), random)
        except InUse as error:
            raise StoreInUse("The key store is in use: another process of the bot works on this database.") from error

    @classmethod
    async def _load(
        cls,
        database: Database,
        user_id: UserId,
        stretch: Callable[[Mapping[str, Any]], Awaitable[bytes]],
        cost: Cost,
        random: Callable[[int], bytes],
    ) -> "Vault":
        async with database.transaction() as tx:
            written = await Keys(tx).vault(user_id)
            has_keys = await Keys(tx).has_account()
            others = [owner for owner in await Keys(tx).owners() if owner != user_id]
        if others:
            raise ForeignStore(f"The key store belongs to {others[0]}, not to {user_id}.")
        if written is None and has_keys:
            raise DamagedStore("The database holds keys but not their vault: restore it from a backup.")
        if written is None:
            header = {"format": _FORMAT, "user_id": user_id, "kdf": "scrypt", **asdict(cost)}
            header["salt"] = unpadded(random(_SALT_BYTES))
            return cls(database, user_id, header, await stretch(header))
        header, nonce, box = written
        try:
            if header["format"] != _FORMAT or header["kdf"] != "scrypt":
                raise DamagedStore("The key store was written by another version of this program.")
            if not _affordable(header):
                raise DamagedStore(
                    "To open the key store would cost more memory or time than this program ever asks for: its costs "
                    "were changed in the database. Restore the database from a backup."
                )
            vault = cls(database, user_id, header, await stretch(header))
            vault.unseal(from_unpadded(nonce), from_unpadded(box))
        except InvalidTag as error:
            raise WrongSecret(
                "The secret does not open the key store: it is another one than at the first start. "
                "Put back the secret of that time; without it the keys cannot be read."
            ) from error
        except (ValueError, KeyError, TypeError) as error:
            raise DamagedStore("The key store cannot be read: restore the database from a backup.") from error
        return vault

    def unseal(self, nonce: bytes, box: bytes) -> None:
        """Read sealed secrets. Raises InvalidTag."""
        self.secrets = Secrets(**json.loads(self._box.decrypt(nonce, box, _sealed_in(self._header))))

    async def keep(self, kept: Secrets) -> None:
        """Write the secrets durably, in place of those before."""
        nonce = secrets.token_bytes(_NONCE_BYTES)  # never from a seeded source: a repeated nonce breaks the seal
        box = self._box.encrypt(nonce, json.dumps(asdict(kept)).encode(), _sealed_in(self._header))
        async with self._database.transaction() as tx:
            await Keys(tx).keep_vault(self.user_id, self._header, unpadded(nonce), unpadded(box))
        self.secrets = kept

    async def change(self, **changes: Any) -> Secrets:
        """Keep the secrets with some fields changed. Needs secrets to be there."""
        assert self.secrets is not None
        await self.keep(replace(self.secrets, **changes))
        return self.secrets


def _affordable(header: Mapping[str, Any]) -> bool:
    """Say whether opening costs what it may. Whoever writes into the database must not halt the bot with it."""
    costs = [header[name] for name in ("log2_n", "r", "p")]
    if not all(type(cost) is int and 1 <= cost <= _MOST_WORK for cost in costs):
        return False
    log2_n, r, p = costs
    memory: int = 128 * r << min(log2_n, 64)
    return memory <= _MOST_MEMORY and memory * p <= _MOST_WORK


async def _stretched(secret: str, header: Mapping[str, Any], *, meanwhile: Callable[[], object]) -> bytes:
    stretching = asyncio.get_running_loop().run_in_executor(None, _stretch, secret, header)
    meanwhile()
    return await stretching


def _stretch(secret: str, header: Mapping[str, Any]) -> bytes:
    kdf = Scrypt(salt=from_unpadded(header["salt"]), length=32, n=2 ** header["log2_n"], r=header["r"], p=header["p"])
    return kdf.derive(secret.encode())


def _derive(stretched: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"sesn " + purpose).derive(stretched)


def _sealed_in(header: Mapping[str, Any]) -> bytes:
    return json.dumps(header, sort_keys=True, separators=(",", ":")).encode()
