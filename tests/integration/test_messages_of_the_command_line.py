"""What the operator reads when the homeserver is away, or the bot is running."""

import asyncio
import socket
import sys
from pathlib import Path

from click.testing import CliRunner

from bot.app import open_database
from bot.capabilities import discover
from bot.cli import main
from bot.config import Config
from storage.ids import UserId

SECRET = "a secret of the operator"
USER = UserId("@sesn:localhost")


def _configured(folder: Path, port: int) -> Path:
    (folder / "password").write_text("secret", encoding="utf-8")
    (folder / "store").write_text(SECRET, encoding="utf-8")
    config = folder / "config.toml"
    config.write_text(
        f"""
        [matrix]
        homeserver = "http://127.0.0.1:{port}"
        user_id = "{USER}"
        password_file = "password"
        store_secret_file = "store"
        [network]
        coordinators = ["@coordinator:localhost"]
        """,
        encoding="utf-8",
    )
    return config


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


async def test_a_homeserver_that_does_not_answer_is_said_in_a_sentence(tmp_path: Path) -> None:
    config = _configured(tmp_path, _free_port())
    command = (sys.executable, "-m", "bot", "run", "--config", str(config))
    process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
    async with asyncio.timeout(40):
        _output, said = await process.communicate()
    assert process.returncode == 1
    assert said.decode().startswith("The homeserver does not answer (")
    assert "Traceback" not in said.decode()


async def _versions(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    body = b'{"versions": ["v1.15"]}'
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    writer.write(head.encode() + b"Connection: close\r\n\r\n" + body)
    await writer.drain()
    writer.close()
    await writer.wait_closed()


async def test_the_check_of_a_running_bot_finds_no_fault_in_that_it_runs(tmp_path: Path) -> None:
    server = await asyncio.start_server(_versions, "127.0.0.1", 0)
    async with server:
        config = _configured(tmp_path, server.sockets[0].getsockname()[1])
        database = await open_database(Config.load(config, discover()))
        async with database.sole_use():
            result = await asyncio.to_thread(lambda: CliRunner().invoke(main, ["check", "--config", str(config)]))
        await database.close()
    assert "! login, cross-signing chain and rooms: not tried, because the bot is running" in result.output
    assert "Everything the bot needs is there." in result.output
    assert result.exit_code == 0
