"""Logging in once, and staying the same device at every later start."""

import secrets
import string
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from bot.matrix.errors import IdentityConflict, LoginRefused, TokenRejected
from bot.matrix.http import Http, path_of
from bot.matrix.interface import Rejected
from bot.matrix.machine import Machine
from bot.matrix.store import KeyStore, Secrets

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Session:
    """A valid login. `fresh`: its device is new."""

    machine: Machine
    fresh: bool


async def log_in(http: Http, kept: KeyStore, password: Callable[[], str], device_name: str) -> Session:
    """Take up the kept login, or log in; sets `http.token`.

    The device id is chosen and kept before it is used, so that a crash in between leaves no second device behind. A
    token that was rejected softly is renewed for the same device; otherwise the device is gone, and a new one is made
    that can still read what the old one could.

    Raises:
        LoginRefused, IdentityConflict, MatrixError
    """
    if kept.secrets is None:
        kept.keep(Secrets(kept.user_id, _new_device_id()))
    elif kept.secrets.token is not None:
        try:
            await _resume(http, kept.secrets)
        except TokenRejected as rejected:
            if rejected.soft:
                log.warning("login.renewed", device=kept.secrets.device_id)
            else:
                lost = kept.secrets.device_id
                log.critical(
                    "login.device_lost", device=lost, hint="somebody logged this device out; a new one is made"
                )
                kept.change(device_id=_new_device_id(), token=None, before=lost)
        else:
            return Session(_machine(kept, kept.secrets.device_id), fresh=False)
    assert kept.secrets is not None
    device_id, before = kept.secrets.device_id, kept.secrets.before
    fresh = before is not None or not kept.database_of(device_id).exists()
    token = await _login(http, kept.user_id, password(), device_id, device_name)
    machine = _machine(kept, device_id)
    if before is not None:
        _carry_over(kept, before, machine)
    kept.change(token=token, before=None)
    http.token = token
    return Session(machine, fresh)


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
        raise LoginRefused(
            f"The homeserver refuses to log {user_id} in ({error.errcode}): check user and password."
        ) from error
    if answer.get("user_id") != user_id or answer.get("device_id") != device_id:
        raise LoginRefused(f"The homeserver logged in {answer.get('user_id')} instead of {user_id}.")
    return str(answer["access_token"])


def _machine(kept: KeyStore, device_id: str) -> Machine:
    return Machine(kept.user_id, device_id, kept.olm_store(device_id))


def _carry_over(kept: KeyStore, before: str, machine: Machine) -> None:
    """Copy the room keys of a lost device, so that its messages can be found and late ones still be read."""
    if not kept.database_of(before).exists():
        return
    old = kept.olm_store(before)
    try:
        for session in old.load_inbound_group_sessions():
            if machine.inbound_group_store.add(session):
                machine.save_inbound_group_session(session)
        machine.store.save_encrypted_rooms(old.load_encrypted_rooms())
    finally:
        old.database.close()


def _new_device_id() -> str:
    return "SESN" + "".join(secrets.choice(string.ascii_uppercase) for _ in range(8))
