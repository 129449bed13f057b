"""config.toml as a pydantic model: read once, passed in, never imported as a value.

Relative paths mean the folder of the configuration file. Secrets stand in the environment or in files that the
configuration names, never in the configuration itself. Each capability brings its own section.
"""

import os
import tomllib
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlparse

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from bot.capabilities import Registry, discover
from bot.rendering import render
from commands.arguments import BadValue, Duration, did_you_mean
from commands.base import Settings
from commands.document import doc
from storage.ids import UserId, parse_user_id

PASSWORD_VARIABLE = "SESN_MATRIX_PASSWORD"  # noqa: S105 - the name of a variable
STORE_SECRET_VARIABLE = "SESN_STORE_SECRET"  # noqa: S105 - the name of a variable
SHORTEST_STORE_SECRET = 12


class ConfigError(Exception):
    """The configuration cannot be used; each line says which key and what is allowed."""


def _homeserver(value: str) -> str:
    parts = urlparse(value)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise ValueError('must be a URL such as "https://matrix.example.org"')
    return value.rstrip("/")


def _user(value: str) -> UserId:
    try:
        return parse_user_id(value)
    except ValueError:
        raise ValueError('must be a full Matrix id such as "@sesn:example.org"') from None


def _positive(value: timedelta) -> timedelta:
    if value <= timedelta():
        raise ValueError('must be longer than nothing, such as "15m"')
    return value


User = Annotated[UserId, AfterValidator(_user)]
Span = Annotated[timedelta, Duration(), AfterValidator(_positive)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class MatrixSection(_Section):
    homeserver: Annotated[str, AfterValidator(_homeserver)]
    user_id: User
    password_file: Path | None = None
    store_secret_file: Path | None = None
    device_name: str = "SESN bot"
    display_name: str = "SESN"


class StorageSection(_Section):
    url: str = "sqlite:///data/sesn.db"


class NetworkSection(_Section):
    name: str = "Seaport Environmental Security Network"
    coordinators: list[User] = Field(min_length=1)


class CommandsSection(_Section):
    prefix: Annotated[str, Field(min_length=1, max_length=3, pattern=r"^[^\w\s]+$")] = "!"
    too_old: Span = timedelta(minutes=15)


class SendingSection(_Section):
    in_flight: Annotated[int, Field(ge=1, le=64)] = 8
    give_up_after: Span = timedelta(hours=24)


class LogSection(_Section):
    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["auto", "human", "json"] = "auto"


class Config(_Section):
    matrix: MatrixSection
    storage: StorageSection = StorageSection()
    network: NetworkSection
    commands: CommandsSection = CommandsSection()
    sending: SendingSection = SendingSection()
    log: LogSection = LogSection()
    folder: Path = Path()
    """Where relative paths begin: the folder of the configuration file."""
    capabilities: Mapping[type[Settings], Settings] = Field(default_factory=dict)

    @classmethod
    def read(cls, data: Mapping[str, Any], registry: Registry, *, folder: Path = Path()) -> Self:
        """Check a parsed configuration. Raises ConfigError, with every fault at once."""
        own = set(cls.model_fields) - {"folder", "capabilities"}
        faults: list[str] = []
        sections: dict[type[Settings], Settings] = {}
        for name, model in registry.settings.items():
            try:
                sections[model] = model.model_validate(data.get(name, {}))
            except ValidationError as error:
                faults += _faults(error, model, (name,))
        known = own | set(registry.settings)
        for name in data:
            if name not in known:
                near = did_you_mean(name, sorted(known))
                faults.append(f"[{name}]: there is no such section" + (f"; did you mean [{near}]?" if near else ""))
        config: Self | None = None
        try:
            config = cls.model_validate(
                {**{name: data[name] for name in own if name in data}, "folder": folder, "capabilities": sections}
            )
        except ValidationError as error:
            faults += _faults(error, cls, ())
        if faults or config is None:
            raise ConfigError("\n".join(faults))
        return config

    @classmethod
    def load(cls, path: Path, registry: Registry | None = None) -> Self:
        """Read a configuration file. Raises ConfigError."""
        try:
            data = tomllib.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise ConfigError(f"there is no file {path}; copy config.example.toml and change it") from None
        except OSError as error:
            raise ConfigError(f"{path} cannot be read: {error.strerror}") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigError(f"{path} is not valid TOML: {error}") from None
        return cls.read(data, registry or discover(), folder=path.resolve().parent)

    def path(self, path: Path) -> Path:
        """Return a path of the configuration as an absolute one."""
        return path if path.is_absolute() else self.folder / path

    @property
    def database_url(self) -> str:
        """The storage URL, with the path of an SQLite file made absolute."""
        marker = "sqlite:///"
        url = self.storage.url.replace("sqlite+aiosqlite:", "sqlite:", 1)  # as earlier versions had it
        if not url.startswith(marker) or url.startswith((f"{marker}/", f"{marker}:")) or url == marker:
            return url
        return f"{marker}{self.path(Path(url.removeprefix(marker)))}"

    def password(self) -> str:
        """Return the bot's Matrix password. Raises ConfigError."""
        return self._secret(PASSWORD_VARIABLE, self.matrix.password_file, "matrix.password_file")

    def store_secret(self) -> str:
        """Return the passphrase of the key store. Raises ConfigError."""
        secret = self._secret(STORE_SECRET_VARIABLE, self.matrix.store_secret_file, "matrix.store_secret_file")
        if len(secret) < SHORTEST_STORE_SECRET:
            raise ConfigError(f"matrix.store_secret_file: the secret has fewer than {SHORTEST_STORE_SECRET} characters")
        return secret

    def _secret(self, variable: str, file: Path | None, key: str) -> str:
        if os.environ.get(variable):
            return os.environ[variable]
        if file is None:
            raise ConfigError(f"{key} is not set, and neither is the environment variable {variable}")
        try:
            secret = self.path(file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise ConfigError(f"{key}: {self.path(file)} cannot be read (or set {variable})") from None
        if not secret:
            raise ConfigError(f"{key}: {self.path(file)} is empty")
        return secret


def _faults(error: ValidationError, model: type[BaseModel], place: tuple[str, ...]) -> list[str]:
    return [_fault(entry, model, place) for entry in error.errors()]


def _fault(entry: Any, model: type[BaseModel], place: tuple[str, ...]) -> str:
    location = [*place, *(str(part) for part in entry["loc"])]
    key = f"[{location[0]}] {'.'.join(location[1:])}" if len(location) > 1 else f"[{location[0]}]"
    if entry["type"] == "extra_forbidden":
        near = did_you_mean(location[-1], sorted(_keys(model, location[len(place) : -1])))
        return f"{key}: there is no such key" + (f"; did you mean {near}?" if near else "")
    if entry["type"] == "missing":
        return f"{key}: is missing"
    cause = entry.get("ctx", {}).get("error")
    if isinstance(cause, BadValue):
        return f"{key}: {render(doc(cause.words), 'en')[0].body}"
    if isinstance(cause, ValueError):
        return f"{key}: {cause}"
    message = entry["msg"]
    return f"{key}: {message[0].lower()}{message[1:]}"


def _keys(model: type[BaseModel], path: list[str]) -> set[str]:
    for part in path:
        info = model.model_fields.get(part)
        if info is None or not (isinstance(info.annotation, type) and issubclass(info.annotation, BaseModel)):
            return set()
        model = info.annotation
    return set(model.model_fields)
