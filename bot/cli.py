"""The command line: one command, one function. Exit codes: 0 done, 1 something failed, 2 the configuration is wrong."""

import asyncio
import random
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, NoReturn

import click
import structlog

from bot import garbage, logs
from bot.app import App, open_database
from bot.auditing import verify_audit
from bot.config import Config, ConfigError
from bot.matrix.backoff import Backoff
from bot.matrix.errors import SetupError
from bot.matrix.interface import LoggedOut, MatrixError, Unavailable
from storage import schema
from storage.audit import Head
from storage.base import StorageError
from storage.keys import Keys

STOP_WITHIN = 9.0
"""Seconds after which a stop that hangs is ended; a service manager waits ten."""

LOG_IN_AGAIN_AFTER = 5.0
"""Seconds before a new login, so that a homeserver that ends every login is not asked in a loop."""

_config_option = click.option(
    "--config",
    "path",
    type=click.Path(path_type=Path),
    default=Path("config.toml"),
    show_default=True,
    help="The configuration file.",
)


@click.group()
@click.version_option(version("sesn-bot"), prog_name="sesn-bot")
def main() -> None:
    """Chat bot of the Seaport Environmental Security Network."""


@main.command()
@_config_option
@click.option(
    "--reset-identity",
    is_flag=True,
    help="Replace a cross-signing identity of the account that is not in the key store. Every member sees the change.",
)
def run(path: Path, reset_identity: bool) -> None:
    """Run the bot until it is told to stop (Ctrl-C or SIGTERM)."""
    config = _load(path)
    logs.configure(config.log.level, config.log.format)
    _run(_serve(config, reset_identity=reset_identity))


@main.command()
@_config_option
def check(path: Path) -> None:
    """Try what the bot needs, and say what to do where it fails."""
    from bot.check import check_everything

    logs.configure("error", "auto")
    good = _run(check_everything(path, click.echo))
    sys.exit(0 if good else 1)


@main.command()
@click.option("--tour-only", is_flag=True, help="Play the tour and stop, also on a terminal.")
@click.option("--port", type=click.IntRange(1, 65535), help="The port of the demo's homeserver.")
@click.option("--transcript", type=click.Path(dir_okay=False, path_type=Path), hidden=True)
def demo(tour_only: bool, port: int | None, transcript: Path | None) -> None:
    """Play the tour in a private network on this machine."""
    try:
        from bot.demo.play import play
    except ModuleNotFoundError as error:
        _fail(f"The demo needs the package {error.name}: install sesn-bot[demo].", 1)
    logs.configure("error", "auto")
    stay = sys.stdin.isatty() and sys.stdout.isatty() and not tour_only
    sys.exit(_run(play(stay=stay, port=port, transcript=transcript)))


@main.command("after-restore")
@_config_option
def after_restore(path: Path) -> None:
    """Make a database restored from a backup safe to start on."""
    _change_keys(path, Keys.forget_sessions)
    click.echo("Done: the bot makes new sessions instead of using those of the backup a second time.")


@main.command("forget-keys")
@_config_option
@click.confirmation_option(
    prompt="The bot's keys and identity are deleted for good; every member will see that its identity changed. Go on?"
)
def forget_keys(path: Path) -> None:
    """Delete the bot's keys, when their passphrase is lost.

    Afterwards start it once with: run --reset-identity.
    """
    _change_keys(path, Keys.forget_everything)
    click.echo("The keys are gone. Start the bot once with: sesn-bot run --reset-identity")


@main.command()
@_config_option
def migrate(path: Path) -> None:
    """Bring the database to the newest schema, as run does."""
    config = _load(path)

    async def work() -> str | None:
        database = await open_database(config)
        try:
            return await schema.current(database)
        finally:
            await database.close()

    click.echo(f"The database is at revision {_run(work())}.")


@main.group()
def audit() -> None:
    """The record of who did what."""


@audit.command("verify")
@_config_option
@click.option("--noted", metavar="LINE:HASH", help="What this command printed earlier, kept outside of this machine.")
def audit_verify(path: Path, noted: str | None) -> None:
    """Find any line of the audit that was changed, removed or moved. Changes nothing; the bot may be running."""
    try:
        head = Head.parse(noted) if noted is not None else None
    except ValueError:
        _fail("--noted takes what this command printed, such as 1200:9f86d081...", 2)
    logs.configure("error", "auto")
    sys.exit(0 if _run(verify_audit(_load(path), head, click.echo)) else 1)


def _change_keys(path: Path, change: Callable[[Keys], Awaitable[None]]) -> None:
    """Change the keys of a bot that does not run, in one transaction."""
    config = _load(path)

    async def work() -> None:
        database = await open_database(config)
        try:
            async with database.sole_use(), database.transaction() as tx:
                await change(Keys(tx))
        finally:
            await database.close()

    _run(work())


async def _serve(config: Config, *, reset_identity: bool = False) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    backoff, ran = Backoff(partial(_rest, stop), random.random), False
    while not stop.is_set():
        try:
            async with App.open(config, reset_identity=reset_identity) as app:
                reset_identity = False  # once: a later login keeps the identity that was made
                ran = True
                backoff.reset()
                garbage.once_loaded()
                try:
                    await _work(app, stop)
                except* LoggedOut:
                    # The homeserver ended the login; opening again makes a new one, with a new device.
                    structlog.get_logger().warning("bot.logged_out")
                    await _rest(stop, LOG_IN_AGAIN_AFTER)
        except SetupError:
            raise
        except MatrixError as error:
            # At the first start somebody is there to read what is wrong. A bot that has run waits until it can again.
            if not ran:
                raise
            structlog.get_logger().warning("bot.not_logged_in", error=type(error).__name__)
            await backoff.pause(error)


async def _rest(stop: asyncio.Event, seconds: float) -> None:
    """Wait, but no longer than until `stop` is set."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stop.wait()


async def _work(app: App, stop: asyncio.Event) -> None:
    """Run until `stop` is set or a worker fails; a stop that hangs is ended."""
    running = asyncio.create_task(app.run(stop))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not running.done():
        await asyncio.wait({running}, timeout=STOP_WITHIN)
        running.cancel()
    if not running.cancelled():
        await running


def _load(path: Path) -> Config:
    try:
        return Config.load(path)
    except ConfigError as error:
        _fail(str(error), 2)


def _run(work: Coroutine[Any, Any, Any]) -> Any:
    """Run a command's work and turn what can be expected to fail into a sentence and an exit code."""
    try:
        return asyncio.run(work)
    except KeyboardInterrupt:
        sys.exit(130)
    except ConfigError as error:
        _fail(str(error), 2)
    except (StorageError, SetupError) as error:
        _fail(str(error), 1)
    except Unavailable as error:
        _fail(f"The homeserver does not answer ({error}): is its address right, and is it up? Try: sesn-bot check", 1)
    except MatrixError as error:
        _fail(f"The homeserver does not do what the bot needs: {error}. Try: sesn-bot check", 1)


def _fail(text: str, code: int) -> NoReturn:
    click.echo(text, err=True)
    sys.exit(code)
