"""A private Matrix homeserver for the demo and the integration tests: Synapse as a child process on loopback.

It talks to nobody: no federation, no key servers, no statistics, no URL previews. Everything it writes lies in one
folder; started again on the same folder it has the same users, rooms and devices.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import os
import secrets
import socket
import sys
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp

SERVER_NAME = "localhost"
_LOOPBACK = "127.0.0.1"
_READY_WITHIN = 60.0  # seconds; a cold start takes about five on two slow cores
_STOP_WITHIN = 10.0  # seconds between SIGTERM and SIGKILL
_ATTEMPTS = 3  # somebody else may take the free port between our look and Synapse's bind

# The child reads its standard input, on which nothing is ever written: its end means that the parent is gone, however
# it died. This works on every POSIX system and, unlike a parent-death signal, does not depend on the parent's thread.
_CHILD = """
import os, threading
def follow_parent():
    while os.read(0, 64):
        pass
    os._exit(3)
threading.Thread(target=follow_parent, daemon=True).start()
from synapse.app.homeserver import main
main()
"""

# Every limiter that Synapse knows, nested as its configuration nests them.
_LIMITERS = (
    "rc_message",
    "rc_registration",
    "rc_registration_token_validity",
    "rc_login.address",
    "rc_login.account",
    "rc_login.failed_attempts",
    "rc_admin_redaction",
    "rc_joins.local",
    "rc_joins.remote",
    "rc_joins_per_room",
    "rc_key_requests",
    "rc_invites.per_room",
    "rc_invites.per_user",
    "rc_invites.per_issuer",
    "rc_media_create",
    "rc_delayed_event_mgmt",
    "rc_room_creation",
    "rc_reports",
    "rc_user_directory",
    "rc_profile",
)


class HomeserverFailed(Exception):
    """The homeserver did not start, or refused an account; the message ends with the last lines of its log."""


class Homeserver:
    """One Synapse on loopback. Made by `start`; use it only inside its `async with`."""

    def __init__(
        self, folder: Path, port: int, *, rate_limits: bool, settings: Mapping[str, Any] | None = None
    ) -> None:
        self.folder = folder.absolute()
        self.port = port
        self.server_name = SERVER_NAME
        self._rate_limits = rate_limits
        self._settings = settings or {}
        self._secret = ""
        self._process: asyncio.subprocess.Process | None = None

    @classmethod
    @asynccontextmanager
    async def start(
        cls,
        folder: Path,
        *,
        port: int | None = None,
        rate_limits: bool = False,
        settings: Mapping[str, Any] | None = None,
    ) -> AsyncIterator["Homeserver"]:
        """Run a homeserver whose data lies in `folder` (made if missing) until the block is left.

        `port` is a wish: when it is taken another one is used, and `.port` says which. With `rate_limits` Synapse
        keeps its own limits, otherwise nothing is throttled. `settings` take the place of ours of the same name (such
        as `database`), as Synapse's configuration names them.

        Raises:
            HomeserverFailed: it died, or did not answer within 60 seconds.
        """
        server = cls(folder, _free_port(port), rate_limits=rate_limits, settings=settings)
        try:
            await server._launch()
            yield server
        finally:
            await server.stop()

    @property
    def url(self) -> str:
        """The base address for clients, without a slash at the end."""
        return f"http://{_LOOPBACK}:{self.port}"

    @property
    def process(self) -> asyncio.subprocess.Process:
        """The running child."""
        if self._process is None:
            raise HomeserverFailed("the homeserver is stopped")
        return self._process

    @property
    def log_file(self) -> Path:
        """Synapse's own log, warnings and worse."""
        return self.folder / "homeserver.log"

    def user_id(self, localpart: str) -> str:
        """Return the full user id of an account of this server."""
        return f"@{localpart}:{self.server_name}"

    async def register(
        self, localpart: str, password: str, *, admin: bool = False, display_name: str | None = None
    ) -> str:
        """Make an account and return its user id. No device is made: the account's first client sets up its keys.

        Uses the shared-secret registration of Synapse's admin API, whose MAC is described there.

        Raises:
            HomeserverFailed: the name is taken or not allowed.
        """
        address = f"{self.url}/_synapse/admin/v1/register"
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as http:
            async with http.get(address) as answer:
                nonce = (await answer.json())["nonce"]
            signed = "\0".join([nonce, localpart, password, "admin" if admin else "notadmin"])
            mac = hmac.new(self._secret.encode(), signed.encode(), hashlib.sha1).hexdigest()
            body = {"nonce": nonce, "username": localpart, "password": password, "admin": admin, "mac": mac}
            if display_name is not None:
                body["displayname"] = display_name
            # Without a device the answer carries no access token that would have to be thrown away again.
            async with http.post(address, json=body | {"inhibit_login": True}) as answer:
                told: dict[str, Any] = await answer.json()
        if answer.status != 200:
            raise HomeserverFailed(f"no account {localpart!r}: {told.get('errcode')} {told.get('error')}")
        return str(told["user_id"])

    async def stop(self) -> None:
        """Stop the child: SIGTERM, and SIGKILL after ten seconds. Does nothing when it is not running."""
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(_STOP_WITHIN):
                await process.wait()
        except TimeoutError:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        finally:
            if process.stdin is not None:
                process.stdin.close()

    async def resume(self) -> None:
        """Start again after `stop`, on the same data and port.

        Raises:
            HomeserverFailed: it did not come up, or its port was taken meanwhile.
        """
        if self._process is None:
            await self._launch(move=False)

    async def restart(self) -> None:
        """Stop and start again on the same data and port; connections of clients are cut."""
        await self.stop()
        await self.resume()

    async def _launch(self, *, move: bool = True) -> None:
        for attempt in range(_ATTEMPTS):
            try:
                await self._launch_once()
            except HomeserverFailed as failure:
                await self.stop()
                taken = "CannotListenError" in str(failure) or "Address already in use" in str(failure)
                if not (taken and move) or attempt == _ATTEMPTS - 1:
                    raise
                self.port = _free_port(None)
            else:
                return

    async def _launch_once(self) -> None:
        config = self._prepare()
        with (self.folder / "homeserver.out").open("wb") as output:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",
                "-c",
                _CHILD,
                "--config-path",
                str(config),
                stdin=asyncio.subprocess.PIPE,
                stdout=output,
                stderr=asyncio.subprocess.STDOUT,
                cwd=self.folder,
                env=_environment(),
                start_new_session=True,  # Ctrl-C in a terminal reaches us, and we stop it in order
            )
        await self._ready()

    async def _ready(self) -> None:
        address = f"{self.url}/_matrix/client/versions"
        try:
            async with (
                asyncio.timeout(_READY_WITHIN),
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as http,
            ):
                while True:
                    if self.process.returncode is not None:
                        said = f"the homeserver ended with status {self.process.returncode}"
                        raise HomeserverFailed(f"{said}:\n{self._last_words()}")
                    with suppress(aiohttp.ClientError, TimeoutError):
                        async with http.get(address) as answer:
                            if answer.status == 200:
                                return
                    await asyncio.sleep(0.05)
        except TimeoutError:
            said = f"the homeserver did not answer within {_READY_WITHIN:.0f} s"
            raise HomeserverFailed(f"{said}:\n{self._last_words()}") from None

    def _prepare(self) -> Path:
        """Write the configuration; keys and secrets of an earlier start stay as they are."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.log_file.unlink(missing_ok=True)
        seed = base64.b64encode(secrets.token_bytes(32)).decode().rstrip("=")
        _keep(self.folder / "signing.key", f"ed25519 a_demo {seed}\n")
        secret = self.folder / "registration.secret"
        _keep(secret, secrets.token_urlsafe(32))
        self._secret = secret.read_text()
        _keep(self.folder / "macaroon.secret", secrets.token_urlsafe(32))
        logging = {
            "version": 1,
            "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
            "handlers": {
                "file": {
                    "class": "logging.FileHandler",
                    "filename": str(self.log_file),
                    "formatter": "line",
                    "encoding": "utf8",
                }
            },
            "root": {"level": "WARNING", "handlers": ["file"]},
            "disable_existing_loggers": False,
        }
        (self.folder / "logging.yaml").write_text(json.dumps(logging))  # JSON is YAML
        config = self.folder / "homeserver.yaml"
        config.write_text(json.dumps(self._config(), indent=1))
        return config

    def _config(self) -> Mapping[str, Any]:
        """Return Synapse's configuration; names as in its configuration manual."""
        folder = self.folder
        config: dict[str, Any] = {
            "server_name": self.server_name,
            "public_baseurl": f"{self.url}/",
            "serve_server_wellknown": False,
            "listeners": [
                {
                    "port": self.port,
                    "bind_addresses": [_LOOPBACK],
                    "type": "http",
                    "tls": False,
                    "resources": [{"names": ["client"], "compress": False}],
                }
            ],
            "database": {
                "name": "sqlite3",
                "args": {"database": str(folder / "homeserver.db")},
            },
            "log_config": str(folder / "logging.yaml"),
            "media_store_path": str(folder / "media"),
            "signing_key_path": str(folder / "signing.key"),
            "registration_shared_secret": self._secret,
            "macaroon_secret_key": (folder / "macaroon.secret").read_text(),
            "form_secret": self._secret,
            "enable_registration": False,
            "bcrypt_rounds": 4,  # the cheapest: these passwords guard nothing
            "report_stats": False,
            "federation_domain_whitelist": [],
            "trusted_key_servers": [],
            "suppress_key_server_warning": True,
            "url_preview_enabled": False,
            "enable_metrics": False,
            "presence": {"enabled": False},
            "push": {"enabled": False},
            "user_directory": {"enabled": False},
            "caches": {"global_factor": 0.25},
            "event_cache_size": "1K",
        }
        if not self._rate_limits:
            unlimited = {"per_second": 1_000_000, "burst_count": 1_000_000}
            for limiter in _LIMITERS:
                outer, _, inner = limiter.partition(".")
                if inner:
                    config.setdefault(outer, {})[inner] = unlimited
                else:
                    config[outer] = unlimited
        return {**config, **self._settings}

    def _last_words(self, lines: int = 15) -> str:
        words: deque[str] = deque(maxlen=lines)
        for file in (self.log_file, self.folder / "homeserver.out"):
            with suppress(FileNotFoundError), file.open(encoding="utf8", errors="replace") as text:
                words.extend(f"{file.name}: {line.rstrip()}" for line in text if line.strip())
        return "\n".join(words) or f"(nothing in {self.log_file.name})"


def _keep(file: Path, text: str) -> None:
    """Write a secret, readable by its owner alone, unless it is already there."""
    with suppress(FileExistsError):
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as handle:
            handle.write(text)


def _environment() -> dict[str, str]:
    """Return our environment without what is the bot's own business."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("SESN_", "SYNAPSE_"))}
    return kept | {"PYTHONWARNINGS": "ignore"}


def _free_port(wish: int | None) -> int:
    """Return `wish` when it can be bound on loopback, else a port that the system says is free."""
    for port in (wish, 0):
        if port is None:
            continue
        with socket.socket() as probe, suppress(OSError):
            # As Synapse binds: a port whose last connections are only waiting out their time counts as free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((_LOOPBACK, port))
            return int(probe.getsockname()[1])
    raise HomeserverFailed("no free port on loopback")
