"""Logging in once, and staying the same device at every later start."""

import secrets
import string
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from bot.matrix.errors import IdentityConflict, LoginRefused, TokenRejected
from bot.matrix.http import Http, path_of
from bot.matrix.interface import Rejected
from bot.matrix.vault import Secrets, Vault
from storage.ids import DeviceId

log = structlog.get_logger()

_FORBIDDEN = 403
_REFUSALS = frozenset({"M_FORBIDDEN", "M_USER_DEACTIVATED", "M_INVALID_USERNAME"})


@dataclass(frozen=True, slots=True)
class Session:
    """A valid login. `fresh`: its device is new."""

    device_id: DeviceId
    fresh: bool


async def log_in(http: Http, vault: Vault, password: Callable[[], str], device_name: str) -> Session:
    """Take up the kept login, or log in; sets `http.token`.

    The device id is chosen and kept before it is used, so that a crash in between leaves no second device behind. A
    token that was rejected softly is renewed for the same device; otherwise the device is gone, and a new one is made
    that can still read what the old one could.

    Raises:
        LoginRefused: user or password are not accepted; nothing else is for good.
        IdentityConflict, MatrixError
    """
    fresh = vault.secrets is None
    if vault.secrets is None:
        await vault.keep(Secrets(vault.user_id, _new_device_id()))
    elif vault.secrets.token is not None:
        try:
            await _resume(http, vault.secrets)
        except TokenRejected as rejected:
            if rejected.soft:
                log.warning("login.renewed", device=vault.secrets.device_id)
                await vault.change(token=None)  # should logging in fail, it is not asked for again
            else:
                lost = vault.secrets.device_id
                log.critical(
                    "login.device_lost", device=lost, hint="somebody logged this device out; a new one is made"
                )
                await vault.change(device_id=_new_device_id(), token=None, before=lost)
        else:
            return Session(DeviceId(vault.secrets.device_id), fresh=False)
    assert vault.secrets is not None
    device_id = vault.secrets.device_id
    fresh = fresh or vault.secrets.before is not None
    http.token = await _login(http, vault.user_id, password(), device_id, device_name)
    await vault.change(token=http.token, before=None)
    return Session(DeviceId(device_id), fresh)


async def _resume(http: Http, known: Secrets) -> None:
    http.token = known.token
    try:
        answer = await http.request("GET", path_of("account", "whoami"))
    except TokenRejected:
        http.token = None
        raise
    if answer.get("user_id") != known.user_id or answer.get("device_id") != known.device_id:
        http.token = None
        raise IdentityConflict(
            f"The kept access token belongs to {answer.get('user_id')} on device {answer.get('device_id')}, not to "
            f"{known.user_id} on {known.device_id}: is this the right homeserver?"
        )


async def _login(http: Http, user_id: str, password: str, device_id: str, device_name: str) -> str:
    body = {
        "type": "m.login.password",
        "identifier": {"type": "m.id.user", "user": user_id},
        "password": password,
        "device_id": device_id,
        "initial_device_display_name": device_name,
    }
    try:
        answer = await http.request("POST", path_of("login"), body)
    except Rejected as error:
        if error.status != _FORBIDDEN and error.errcode not in _REFUSALS:
            raise  # what stands before a homeserver may answer in its place while it is down
        raise LoginRefused(
            f"The homeserver refuses to log {user_id} in ({error.errcode}): check user and password."
        ) from error
    if answer.get("user_id") != user_id or answer.get("device_id") != device_id:
        raise LoginRefused(f"The homeserver logged in {answer.get('user_id')} instead of {user_id}.")
    return str(answer["access_token"])


def _new_device_id() -> str:
    return "SESN" + "".join(secrets.choice(string.ascii_uppercase) for _ in range(8))
