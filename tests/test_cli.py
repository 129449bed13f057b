"""The command line without a homeserver: help, exit codes, and sentences where something is missing. And the logs."""

import asyncio
import io
import json
import logging
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import structlog
from click.testing import CliRunner, Result

from bot import logs
from bot.app import open_database
from bot.capabilities import discover
from bot.cli import main
from bot.config import Config
from storage.ids import DeviceId, RoomId, UserId
from storage.keys import Keys, OlmSessionRow, OutboundRow, ShareRow, UserRow

GOOD = """
[matrix]
homeserver = "http://127.0.0.1:9"
user_id = "@sesn:test"
password_file = "password"
store_secret_file = "store"
[network]
coordinators = ["@coordinator:test"]
"""
SECRET = "xylophone"
"""A word that must not be in any log."""


@pytest.fixture(autouse=True)
def _loggers_as_before() -> Iterator[None]:
    root, hook = logging.getLogger(), sys.excepthook
    handlers, level = list(root.handlers), root.level
    nio = logging.getLogger("nio").level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.getLogger("nio").setLevel(nio)
    sys.excepthook = hook


def invoke(*arguments: str) -> Result:
    result = CliRunner().invoke(main, arguments)
    assert "Traceback" not in result.output
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def configured(folder: Path, config: str = GOOD) -> str:
    path = folder / "config.toml"
    path.write_text(config, encoding="utf-8")
    return str(path)


def test_the_program_itself_says_what_it_can() -> None:
    program = Path(sys.executable).with_name("sesn-bot")
    ended = subprocess.run([program, "--help"], capture_output=True, text=True, check=False)
    assert ended.returncode == 0
    for command in ("run", "check", "demo", "migrate"):
        assert f"\n  {command} " in ended.stdout


@pytest.mark.parametrize("command", ["run", "check", "demo", "migrate"])
def test_every_command_explains_itself(command: str) -> None:
    result = invoke(command, "--help")
    assert result.exit_code == 0
    assert "Usage: " in result.output
    assert result.output.count("--") >= 1


def test_the_version_is_told() -> None:
    project = tomllib.loads((Path(logs.__file__).parent.parent / "pyproject.toml").read_text(encoding="utf-8"))
    assert invoke("--version").output == f"sesn-bot, version {project['project']['version']}\n"


@pytest.mark.parametrize("arguments", [["fly"], ["run", "--fast"], ["demo", "--port", "99999"]])
def test_what_is_no_command_is_refused_with_code_2(arguments: list[str]) -> None:
    assert invoke(*arguments).exit_code == 2


FAULTS = {
    "[matrix": "is not valid TOML",
    "": "[matrix]: is missing",
    GOOD.replace("homeserver =", "homesever ="): "did you mean homeserver?",
    GOOD.replace('"http://127.0.0.1:9"', '"localhost"'): "must be a URL",
    GOOD.replace('"@sesn:test"', '"sesn"'): "must be a full Matrix id",
    GOOD.replace('["@coordinator:test"]', "[]"): "[network] coordinators",
    GOOD + '[comands]\nprefix = "!"\n': "did you mean [commands]?",
    GOOD + '[commands]\ntoo_old = "soon"\n': "[commands] too_old",
}


@pytest.mark.parametrize(("config", "words"), FAULTS.items(), ids=FAULTS.values())
def test_a_broken_configuration_is_said_in_a_sentence(tmp_path: Path, config: str, words: str) -> None:
    path = configured(tmp_path, config)
    for command in ("run", "migrate"):
        result = invoke(command, "--config", path)
        assert (result.exit_code, words in result.output) == (2, True), result.output
    result = invoke("check", "--config", path)
    assert result.exit_code == 1
    assert "✗ configuration" in result.output
    assert words in result.output


@pytest.mark.parametrize("command", ["run", "migrate", "check"])
def test_a_missing_configuration_says_what_to_copy(tmp_path: Path, command: str) -> None:
    result = invoke(command, "--config", str(tmp_path / "nowhere.toml"))
    assert result.exit_code == (1 if command == "check" else 2)
    assert "there is no file" in result.output
    assert "config.example.toml" in result.output


def test_missing_secrets_are_named_with_the_variable_that_holds_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("SESN_MATRIX_PASSWORD", "SESN_STORE_SECRET"):
        monkeypatch.delenv(variable, raising=False)
    path = configured(tmp_path)
    result = invoke("run", "--config", path)
    assert result.exit_code == 2
    assert "SESN_" in result.output
    checked = invoke("check", "--config", path)
    assert checked.exit_code == 1
    assert checked.output.count("✗ secrets") == 2
    assert "SESN_MATRIX_PASSWORD" in checked.output
    assert "SESN_STORE_SECRET" in checked.output
    (tmp_path / "password").write_text("secret", encoding="utf-8")
    (tmp_path / "store").write_text("short", encoding="utf-8")
    assert "fewer than 12 characters" in invoke("check", "--config", path).output


def test_migrate_makes_the_database_and_says_its_revision(tmp_path: Path) -> None:
    path = configured(tmp_path)
    first = invoke("migrate", "--config", path)
    assert first.exit_code == 0
    assert "The database is at revision" in first.output
    assert (tmp_path / "data" / "sesn.db").exists()
    assert invoke("migrate", "--config", path).output == first.output


@pytest.mark.parametrize("url", ["mysql://localhost/x", "nonsense", "sqlite:////proc/nowhere/x.db"])
def test_a_database_that_cannot_be_used_is_said_in_a_sentence(tmp_path: Path, url: str) -> None:
    result = invoke("migrate", "--config", configured(tmp_path, f'{GOOD}[storage]\nurl = "{url}"\n'))
    assert result.exit_code == 1
    assert len(result.output.splitlines()) == 1


# Logs


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What is written to the log, as JSON."""
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    logging.getLogger().handlers.clear()
    logs.configure("info", "json")
    return written


def _fail() -> None:
    try:
        int(SECRET)
    except ValueError as error:
        raise KeyError(SECRET) from error


def test_an_exception_is_written_as_its_types_and_places(lines: io.StringIO) -> None:
    log = structlog.get_logger()
    try:
        _fail()
    except KeyError:
        log.exception("it.failed", reference="abcd")
    entry = json.loads(lines.getvalue())
    assert (entry["event"], entry["level"], entry["reference"]) == ("it.failed", "error", "abcd")
    assert entry["error"] == "KeyError < ValueError"
    assert "_fail:" in entry["at"]
    assert entry["timestamp"].endswith("Z")
    assert SECRET not in lines.getvalue()


def test_an_exception_that_is_passed_is_written_alike(lines: io.StringIO) -> None:
    structlog.get_logger().error("it.failed", exc_info=OSError(SECRET))
    assert json.loads(lines.getvalue())["error"] == "OSError"
    assert SECRET not in lines.getvalue()


def test_the_libraries_write_neither_messages_nor_the_texts_of_exceptions(lines: io.StringIO) -> None:
    try:
        _fail()
    except KeyError:
        logging.getLogger("asyncio").exception("Task failed: %s", SECRET)
    logging.getLogger("nio.client").error("event %s", SECRET)
    assert "asyncio" in lines.getvalue()
    assert "KeyError" in lines.getvalue()
    assert SECRET not in lines.getvalue()
    assert "nio" not in lines.getvalue()


def test_what_is_less_than_the_level_is_not_written(lines: io.StringIO) -> None:
    structlog.get_logger().debug("chatter")
    assert lines.getvalue() == ""


def test_people_read_lines_without_braces(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    logs.configure("info", "human")
    structlog.get_logger().info("bot.running", device="ABC")
    assert "bot.running" in written.getvalue()
    assert "{" not in written.getvalue()


async def _tables_with_rows(path: str) -> set[str]:
    """Fill each table of the keys that a command must drop, or read which of them hold something."""
    database = await open_database(Config.load(Path(path), discover()))
    try:
        async with database.transaction() as tx:
            saved = await Keys(tx).load()
            found = {name for name in ("sessions", "outbound", "shares", "users") if getattr(saved, name)}
            if await Keys(tx).owners():
                found.add("vault")
            return found
    finally:
        await database.close()


async def _fill(path: str) -> None:
    database = await open_database(Config.load(Path(path), discover()))
    now, user, device, room = datetime.now(UTC), UserId("@sesn:test"), DeviceId("D"), RoomId("!r")
    async with database.transaction() as tx:
        keys = Keys(tx)
        await keys.keep_vault(user, {}, "", "")
        await keys.keep_sessions([OlmSessionRow("curve", "id", "pickle", now, now)])
        await keys.keep_outbound([OutboundRow(room, "session", "pickle", now, 3)])
        await keys.keep_shares([ShareRow("session", user, device, None)])
        await keys.keep_users([UserRow(user, None, None, {}, stale=True)])
    await database.close()


def test_after_a_restore_no_session_is_written_with_again(tmp_path: Path) -> None:
    path = configured(tmp_path)
    asyncio.run(_fill(path))
    result = invoke("after-restore", "--config", path)
    assert result.exit_code == 0
    assert asyncio.run(_tables_with_rows(path)) == {"vault", "users"}


def test_keys_whose_passphrase_is_lost_are_deleted_when_that_is_confirmed(tmp_path: Path) -> None:
    path = configured(tmp_path)
    asyncio.run(_fill(path))
    assert invoke("forget-keys", "--config", path).exit_code == 1
    assert asyncio.run(_tables_with_rows(path)) == {"sessions", "outbound", "shares", "users", "vault"}
    result = invoke("forget-keys", "--yes", "--config", path)
    assert "run --reset-identity" in result.output
    assert asyncio.run(_tables_with_rows(path)) == set()


@pytest.mark.parametrize("command", ["after-restore", "forget-keys"])
def test_keys_of_a_running_bot_are_not_touched(tmp_path: Path, command: str) -> None:
    path = configured(tmp_path)
    asyncio.run(_fill(path))

    async def held() -> Result:
        database = await open_database(Config.load(Path(path), discover()))
        async with database.sole_use():
            result = await asyncio.to_thread(
                invoke, command, *(["--yes"] if "forget" in command else []), "--config", path
            )
        await database.close()
        return result

    result = asyncio.run(held())
    assert "the bot is running on this database: stop it first" in result.output
    assert result.exit_code == 1
    assert asyncio.run(_tables_with_rows(path)) == {"sessions", "outbound", "shares", "users", "vault"}
