"""The key store: one folder, of one user, opened with one secret, by one process at a time.

`secrets.json` holds who we are (device, access token, cross-signing seeds), sealed with AES-256-GCM under a key that
scrypt makes from the operator's secret; salt and costs stand beside it in clear and are sealed in as associated data.
The Olm and Megolm keys lie in a nio database whose pickles are encrypted under a second key from the same stretching.
"""

import fcntl
import hashlib
import json
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from nio.store import SqliteStore

from bot.matrix.errors import DamagedStore, ForeignStore, StoreInUse, WrongSecret
from bot.matrix.signing import from_unpadded, unpadded

_FORMAT = 1
_SALT_BYTES = 16
_NONCE_BYTES = 12
_MAX_LOG2_COST = 22  # 4 GiB at r=8: more in a file is damage, not a wish


@dataclass(frozen=True, slots=True)
class Cost:
    """What stretching the secret costs: 2**log2_n * r * 128 bytes of memory (scrypt, RFC 7914)."""

    log2_n: int = 16
    r: int = 8
    p: int = 1


@dataclass(frozen=True, slots=True)
class Secrets:
    """What is kept sealed. `token` is None between choosing a device id and having logged in with it; `before` is the
    lost device whose room keys the new one still has to take over."""

    user_id: str
    device_id: str
    token: str | None = None
    seeds: Mapping[str, str] | None = None
    before: str | None = None

    def __repr__(self) -> str:
        return f"Secrets({self.user_id}, {self.device_id})"


class KeyStore:
    """The open store. Made by `KeyStore.open`; `secrets` is None until the first `keep`."""

    def __init__(self, folder: Path, user_id: str, header: dict[str, Any], stretched: bytes) -> None:
        self.folder = folder
        self.user_id = user_id
        self.secrets: Secrets | None = None
        self._header = header
        self._box = AESGCM(_derive(stretched, b"secrets.json"))
        self.pickle_key = unpadded(_derive(stretched, b"olm pickles"))

    @classmethod
    @contextmanager
    def open(
        cls,
        folder: Path,
        user_id: str,
        secret: str,
        *,
        cost: Cost | None = None,
        random: Callable[[int], bytes] = os.urandom,
    ) -> Iterator["KeyStore"]:
        """Open the store of `user_id`, or prepare a new one (nothing but the folder is written before `keep`).

        Raises:
            WrongSecret, ForeignStore, DamagedStore: nothing was changed.
            StoreInUse: another process holds it.
        """
        if not secret:
            raise WrongSecret(
                "The key store needs a secret: set SESN_STORE_SECRET or name a file in the configuration."
            )
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.chmod(0o700)
        with _locked(folder / "lock"):
            yield cls._load(folder, user_id, secret, cost or Cost(), random)

    @classmethod
    def _load(cls, folder: Path, user_id: str, secret: str, cost: Cost, random: Callable[[int], bytes]) -> "KeyStore":
        file = folder / "secrets.json"
        if not file.exists():
            if any(folder.glob("keys-*.db")):
                raise DamagedStore(f"{folder} holds keys but no secrets.json: restore the folder from a backup.")
            header = {"format": _FORMAT, "user_id": user_id, "kdf": "scrypt", **asdict(cost)}
            header["salt"] = unpadded(random(_SALT_BYTES))
            return cls(folder, user_id, header, _stretch(secret, header))
        try:
            written = json.loads(file.read_text())
            header, nonce, box = written["header"], from_unpadded(written["nonce"]), from_unpadded(written["box"])
            owner, supported = header["user_id"], _supported(header)
            store = cls(folder, user_id, header, _stretch(secret, header)) if supported and owner == user_id else None
        except (ValueError, KeyError, TypeError) as error:
            raise DamagedStore(f"{file} cannot be read: restore it from a backup.") from error
        if not supported:
            raise DamagedStore(f"{file} was written by another version of this program.")
        if store is None:
            raise ForeignStore(f"The key store in {folder} belongs to {owner}, not to {user_id}.")
        try:
            store.unseal(nonce, box)
        except InvalidTag as error:
            raise WrongSecret(
                f"The secret does not open the key store in {folder}: it is another one than at the first start. "
                "Put back the secret of that time; without it the keys cannot be read."
            ) from error
        return store

    def unseal(self, nonce: bytes, box: bytes) -> None:
        """Read sealed secrets. Raises InvalidTag."""
        self.secrets = Secrets(**json.loads(self._box.decrypt(nonce, box, _sealed_in(self._header))))

    def keep(self, kept: Secrets) -> None:
        """Write the secrets durably, in place of those before; a crash leaves either the old or the new file."""
        nonce = secrets.token_bytes(_NONCE_BYTES)  # never from a seeded source: a repeated nonce breaks the seal
        box = self._box.encrypt(nonce, json.dumps(asdict(kept)).encode(), _sealed_in(self._header))
        text = json.dumps({"header": self._header, "nonce": unpadded(nonce), "box": unpadded(box)}, indent=1)
        new = self.folder / "secrets.json.new"
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self.folder / "secrets.json")
        handle = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
        self.secrets = kept

    def change(self, **changes: Any) -> Secrets:
        """Keep the secrets with some fields changed. Needs secrets to be there."""
        assert self.secrets is not None
        self.keep(replace(self.secrets, **changes))
        return self.secrets

    def database_of(self, device_id: str) -> Path:
        """Return the file of a device's Olm and Megolm keys; device ids are opaque, so the name is a digest."""
        return self.folder / f"keys-{hashlib.sha256(device_id.encode()).hexdigest()[:16]}.db"

    def olm_store(self, device_id: str) -> SqliteStore:
        """Open the device's key database, made if missing, readable by its owner alone."""
        file = self.database_of(device_id)
        os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
        return SqliteStore(self.user_id, device_id, str(self.folder), self.pickle_key, file.name)


def _supported(header: Mapping[str, Any]) -> bool:
    return header["format"] == _FORMAT and header["kdf"] == "scrypt" and 1 <= int(header["log2_n"]) <= _MAX_LOG2_COST


def _stretch(secret: str, header: Mapping[str, Any]) -> bytes:
    kdf = Scrypt(salt=from_unpadded(header["salt"]), length=32, n=2 ** header["log2_n"], r=header["r"], p=header["p"])
    return kdf.derive(secret.encode())


def _derive(stretched: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"sesn " + purpose).derive(stretched)


def _sealed_in(header: Mapping[str, Any]) -> bytes:
    return json.dumps(header, sort_keys=True, separators=(",", ":")).encode()


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    handle = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StoreInUse(f"The key store in {file.parent} is in use by another process.") from error
        yield
    finally:
        os.close(handle)
