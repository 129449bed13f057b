"""Cross-signing: an identity of one's own (master, self-signing, user-signing key), and judging the devices of others.

Source: Matrix specification v1.18, client-server API, "Cross-signing" and "Signing JSON". Keys and signatures are
unpadded base64; what is signed is canonical JSON without `signatures` and `unsigned`. Device keys that get signed come
from the local account, never from what a server returned.
"""

import base64
import binascii
import json
import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from vodozemac import Ed25519PublicKey, Ed25519Signature

from bot.matrix.answers import is_id
from bot.matrix.errors import AuthenticationNeeded, IdentityConflict
from bot.matrix.http import path_of
from bot.matrix.interface import Rejected

_SEED_BYTES = 32
ROLES = ("master", "self_signing", "user_signing")
Json = dict[str, Any]


class Request(Protocol):
    """How this module asks the homeserver; `bot.matrix.http.Http.request` is one."""

    def __call__(self, method: str, path: str, body: Any = None, /) -> Awaitable[Any]: ...


_KEY_BYTES = 32


def unpadded(data: bytes) -> str:
    """Return base64 without padding."""
    return base64.b64encode(data).decode().rstrip("=")


def from_unpadded(text: str) -> bytes:
    """Read base64 with or without padding. Raises ValueError."""
    try:
        return base64.b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error


def canonical(value: Mapping[str, Any]) -> bytes:
    """Return the canonical JSON that gets signed: sorted, no spaces, UTF-8, without `signatures` and `unsigned`."""
    signed = {key: part for key, part in value.items() if key not in {"signatures", "unsigned"}}
    return json.dumps(signed, ensure_ascii=False, separators=(",", ":"), sort_keys=True, allow_nan=False).encode()


def verified(value: Any, user: str, public: str) -> bool:
    """Say whether `value` carries a valid signature of `user`'s Ed25519 key `public` (unpadded base64).

    The key's id in `signatures` is `ed25519:` + `public`, as for cross-signing keys.
    """
    return _signature_holds(value, user, public, public)


def signed_by_device(value: Any, user: str, device: str, ed25519: str) -> bool:
    """Say whether `value` carries a valid signature of a device whose key (unpadded base64) is known."""
    return _signature_holds(value, user, device, ed25519)


def device_keys_hold(value: Any, user: str, device: str) -> bool:
    """Say whether device keys belong to this user and device and carry the device's own valid signature."""
    if not isinstance(value, dict) or value.get("user_id") != user or value.get("device_id") != device:
        return False
    keys = value.get("keys")
    if not isinstance(keys, dict) or not isinstance(keys.get(f"curve25519:{device}"), str):
        return False
    public = keys.get(f"ed25519:{device}")
    return isinstance(public, str) and _signature_holds(value, user, device, public)


def _signature_holds(value: Any, user: str, key_id: str, public: str) -> bool:
    try:
        if len(from_unpadded(public)) != _KEY_BYTES:
            return False  # on any other length the library panics, which is no Exception and would end the program
        signature = Ed25519Signature.from_base64(value["signatures"][user][f"ed25519:{key_id}"].rstrip("="))
        Ed25519PublicKey.from_base64(public.rstrip("=")).verify_signature(canonical(value), signature)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        return False
    return True


@dataclass(frozen=True, slots=True)
class PublicIdentity:
    """What an answer to /keys/query proves of one user: `self_signing` hangs on `master`, `signed` on `self_signing`.

    `signed` maps the ids of devices whose whole chain holds to their Ed25519 keys; `devices` those of all devices that
    carry their own valid signature to their Ed25519 and Curve25519 keys.
    """

    user: str
    master: str | None = None
    self_signing: str | None = None
    signed: Mapping[str, str] = field(default_factory=dict)
    devices: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def vouches_for(self, device: str, ed25519: str) -> bool:
        """Say whether the owner signed this device with this very key."""
        return self.signed.get(device) == ed25519


def read_identity(answer: Mapping[str, Any], user: str) -> PublicIdentity:
    """Verify the chain master -> self-signing -> devices of `user` in an answer to /keys/query."""
    shown = _section(answer, "device_keys").get(user)
    held = {
        device: keys
        for device, keys in (shown.items() if isinstance(shown, dict) else ())
        if is_id(device) and device_keys_hold(keys, user, device)
    }
    devices = {
        device: (keys["keys"][f"ed25519:{device}"], keys["keys"][f"curve25519:{device}"])
        for device, keys in held.items()
    }
    master = _cross_key(answer, "master", user)
    if master is None:
        return PublicIdentity(user, devices=devices)
    self_signing = _cross_key(answer, "self_signing", user)
    if self_signing is None or not verified(_section(answer, "self_signing_keys").get(user), user, master):
        return PublicIdentity(user, master, devices=devices)
    signed = {device: devices[device][0] for device, keys in held.items() if verified(keys, user, self_signing)}
    return PublicIdentity(user, master, self_signing, signed, devices)


def _section(answer: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = answer.get(name)
    return part if isinstance(part, dict) else {}


def _cross_key(answer: Mapping[str, Any], role: str, user: str) -> str | None:
    value = _section(answer, f"{role}_keys").get(user)
    if not isinstance(value, dict) or value.get("user_id") != user or not isinstance(value.get("keys"), dict):
        return None
    if value.get("usage") != [role] or len(value["keys"]) != 1:
        return None
    ((key_id, public),) = value["keys"].items()
    return public if isinstance(public, str) and key_id == f"ed25519:{public}" else None


@dataclass(frozen=True, slots=True)
class ChainStatus:
    """How the own chain stands on the homeserver, verified with the own keys."""

    master_on_server: str | None
    ours: bool  # the master key on the server is the one of the seeds
    self_signing_holds: bool
    device_signed: bool
    master_signed_by_device: bool

    @property
    def complete(self) -> bool:
        """Nothing is left to repair."""
        return self.ours and self.self_signing_holds and self.device_signed and self.master_signed_by_device


class CrossSigningIdentity:
    """The three private keys of one user. `seeds` must be kept, encrypted, before anything is uploaded."""

    def __init__(self, user: str, seeds: Mapping[str, str]) -> None:
        """Restore an identity from `seeds` (role -> unpadded base64 of 32 bytes). Raises ValueError."""
        raw = {role: from_unpadded(seeds[role]) for role in ROLES}
        if any(len(seed) != _SEED_BYTES for seed in raw.values()):
            raise ValueError("a cross-signing seed has 32 bytes")
        self.user = user
        self._keys = {role: Ed25519PrivateKey.from_private_bytes(seed) for role, seed in raw.items()}

    @classmethod
    def create(cls, user: str, random: Callable[[int], bytes] = os.urandom) -> "CrossSigningIdentity":
        """Make a new identity; `random` returns so many secret random bytes."""
        return cls(user, {role: unpadded(random(_SEED_BYTES)) for role in ROLES})

    @property
    def seeds(self) -> dict[str, str]:
        """The secret: role -> unpadded base64 of the 32-byte seed."""
        return {role: unpadded(key.private_bytes_raw()) for role, key in self._keys.items()}

    def public(self, role: str) -> str:
        """Return the public key of a role, unpadded base64."""
        return unpadded(self._keys[role].public_key().public_bytes_raw())

    @property
    def fingerprint(self) -> str:
        """The master key as people compare it: groups of four."""
        public = self.public("master")
        return " ".join(public[start : start + 4] for start in range(0, len(public), 4))

    def key_json(self, role: str) -> Json:
        """Return a public key as it is uploaded; those other than the master key are signed by it."""
        public = self.public(role)
        value: Json = {"user_id": self.user, "usage": [role], "keys": {f"ed25519:{public}": public}}
        return value if role == "master" else self.signed(value, "master")

    def signed(self, value: Mapping[str, Any], role: str) -> Json:
        """Return `value` with the role's signature added to those it has."""
        signature = unpadded(self._keys[role].sign(canonical(value)))
        signatures = {user: dict(made) for user, made in value.get("signatures", {}).items()}
        signatures.setdefault(self.user, {})[f"ed25519:{self.public(role)}"] = signature
        return {**value, "signatures": signatures}

    async def upload(self, request: Request, password: Callable[[], str] | None = None) -> None:
        """Upload the public keys. When the server wants proof (it does for a replacement) the password is given.

        Raises:
            Rejected: also when proof is wanted and there is no password.
        """
        path = path_of("keys", "device_signing", "upload")
        body: Json = {f"{role}_key": self.key_json(role) for role in ROLES}
        try:
            await request("POST", path, body)
        except AuthenticationNeeded as needed:
            if password is None or ["m.login.password"] not in needed.flows:
                raise
            proof: Json = {
                "type": "m.login.password",
                "identifier": {"type": "m.id.user", "user": self.user},
                "password": password(),
            }
            if needed.session is not None:
                proof["session"] = needed.session
            await request("POST", path, {**body, "auth": proof})

    async def status(self, request: Request, device_keys: Mapping[str, Any]) -> ChainStatus:
        """Ask the server for the own chain and verify it. `device_keys`: of this device, from the local account."""
        device = str(device_keys["device_id"])
        ed25519 = str(device_keys["keys"][f"ed25519:{device}"])
        answer = await request("POST", path_of("keys", "query"), {"device_keys": {self.user: []}})
        shown = read_identity(answer, self.user)
        ours = shown.master == self.public("master")
        chained = ours and shown.self_signing == self.public("self_signing")
        master = _section(answer, "master_keys").get(self.user)
        return ChainStatus(
            master_on_server=shown.master,
            ours=ours,
            self_signing_holds=chained,
            device_signed=chained and shown.vouches_for(device, ed25519),
            master_signed_by_device=ours and _signature_holds(master, self.user, device, ed25519),
        )

    async def ensure(
        self,
        request: Request,
        device_keys: Mapping[str, Any],
        sign_with_device: Callable[[bytes], str],
        *,
        password: Callable[[], str] | None = None,
        replace: bool = False,
    ) -> ChainStatus:
        """Make the chain on the server complete: upload what is missing, sign the device, let it sign the master key.

        The device's own keys must have been uploaded before. `device_keys` is the object uploaded for this device, from
        the local account; `sign_with_device` returns the unpadded Ed25519 signature of the account over the bytes.

        Raises:
            IdentityConflict: the server shows another master key and `replace` is not set, or shows other keys for this
                device than the local account has, or the chain does not hold although everything was uploaded.
        """
        status = await self.status(request, device_keys)
        if status.master_on_server is not None and not status.ours and not replace:
            raise IdentityConflict(
                f"The homeserver shows a cross-signing identity for {self.user} that is not the one in this store. "
                "Either the store is not the account's (restore the right one from a backup), or somebody else set up "
                "the account. If you are sure that the identity may be replaced, start once with --reset-identity; "
                "every member then sees that the bot's identity changed."
            )
        if not status.self_signing_holds:
            await self.upload(request, password)
        if not status.complete:
            await self._upload_signatures(request, device_keys, sign_with_device)
            status = await self.status(request, device_keys)
        if not status.complete:
            raise IdentityConflict(
                f"The cross-signing chain of {self.user} does not hold after it was uploaded: the homeserver shows "
                "other keys for this device or this identity than the local store has."
            )
        return status

    async def _upload_signatures(
        self, request: Request, device_keys: Mapping[str, Any], sign_with_device: Callable[[bytes], str]
    ) -> None:
        device = str(device_keys["device_id"])
        master = self.key_json("master")
        by_device = {self.user: {f"ed25519:{device}": sign_with_device(canonical(master))}}
        signed = {
            device: self.signed(device_keys, "self_signing"),
            self.public("master"): {**master, "signatures": by_device},
        }
        answer = await request("POST", path_of("keys", "signatures", "upload"), {self.user: signed})
        failures = answer.get("failures")
        if failures:
            reasons = {part.get("errcode", "") for part in failures.get(self.user, {}).values()}
            raise Rejected(200, ",".join(sorted(reasons)) or "M_UNKNOWN", "signatures refused")
