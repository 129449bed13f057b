"""What a start does with the own keys: upload them, and make the chain of signatures above them complete."""

import secrets
from collections.abc import Callable

import structlog

from bot.matrix.crypto import Crypto
from bot.matrix.http import Http
from bot.matrix.machine import Machine
from bot.matrix.signing import CrossSigningIdentity
from bot.matrix.vault import Vault

log = structlog.get_logger()


def own_keys(machine: Machine, identity: CrossSigningIdentity) -> dict[str, str]:
    """Return what a verification vouches for: this device and the master key above it."""
    key_id, master = f"ed25519:{machine.device_id}", identity.public("master")
    return {key_id: str(machine.device_keys()["keys"][key_id]), f"ed25519:{master}": master}


async def sign_up(
    http: Http, vault: Vault, crypto: Crypto, password: Callable[[], str], *, reset: bool
) -> CrossSigningIdentity:
    """Upload the device's keys if that was never done, and make the chain above them complete."""
    assert vault.secrets is not None
    machine: Machine = crypto.machine
    if not machine.account.shared:
        await crypto.upload_keys(first=True)
    if vault.secrets.seeds is None:
        # Kept before anything is uploaded: a crash in between must not leave keys on the server that nobody has.
        identity = CrossSigningIdentity.create(vault.user_id, secrets.token_bytes)
        shown = await identity.status(http.request, machine.device_keys())
        if shown.master_on_server is None or reset:
            await vault.change(seeds=identity.seeds)
    else:
        identity = CrossSigningIdentity(vault.user_id, vault.secrets.seeds)
    await identity.ensure(http.request, machine.device_keys(), machine.sign, password=password, replace=reset)
    log.info("signing.chain_complete", device=machine.device_id, fingerprint=identity.fingerprint)
    return identity
