"""`sesn-bot check`: each thing the bot needs, tried in turn, with a tick or what to do."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from bot.app import open_database, open_gateway
from bot.capabilities import discover
from bot.config import Config, ConfigError
from bot.matrix.client import MatrixGateway, reachable
from bot.matrix.errors import SetupError, StoreInUse
from bot.matrix.interface import MatrixError
from storage import schema
from storage.base import Database, StorageError, Transaction
from storage.inbox import Inbox
from storage.outbox import Lanes
from storage.pins import Pins
from storage.rooms import BindingKind, Rooms

Say = Callable[[str], None]
_CLOCK_TOLERANCE = timedelta(seconds=30)
_SPANS = {"24 hours": timedelta(hours=24), "7 days": timedelta(days=7)}
_UNREADABLE_AT_MOST = 0.02
"""From this share of unreadable messages on, something is wrong beyond single devices."""


class _Report:
    def __init__(self, say: Say) -> None:
        self._say = say
        self.good = True

    def ok(self, what: str, detail: str = "") -> None:
        self._say(f"✓ {what}" + (f": {detail}" if detail else ""))

    def bad(self, what: str, advice: str) -> None:
        self.good = False
        self._say(f"✗ {what}: {advice}")

    def note(self, what: str, advice: str) -> None:
        self._say(f"! {what}: {advice}")


async def check_everything(path: Path, say: Say) -> bool:
    """Try everything and report through `say`; True when nothing is missing that the bot needs to run."""
    report = _Report(say)
    config = _configuration(path, report)
    if config is None:
        return False
    secrets = _secrets(config, report)
    online = await _homeserver(config, report)
    if secrets and online:
        await _matrix(config, report)
    _clock(config, report)
    await _database(config, report)
    say("Everything the bot needs is there." if report.good else "Mend what is marked with ✗ and check again.")
    return report.good


def _configuration(path: Path, report: _Report) -> Config | None:
    try:
        config = Config.load(path, discover())
    except ConfigError as error:
        report.bad("configuration", str(error))
        return None
    report.ok("configuration", str(path))
    return config


def _secrets(config: Config, report: _Report) -> bool:
    found = True
    for read in (config.password, config.store_secret):
        try:
            read()
        except ConfigError as error:
            report.bad("secrets", str(error))
            found = False
    if not found:
        return False
    for file in (config.matrix.password_file, config.matrix.store_secret_file):
        if file is not None and config.path(file).exists() and config.path(file).stat().st_mode & 0o077:
            report.note("secrets", f"{file} can be read by others on this machine; chmod 600 {file}")
    report.ok("secrets")
    return True


async def _homeserver(config: Config, report: _Report) -> bool:
    try:
        versions = await reachable(config.matrix.homeserver)
    except MatrixError:
        url = config.matrix.homeserver
        report.bad("homeserver", f"{url} does not answer; is the address right, and reachable from here?")
        return False
    report.ok("homeserver", f"{config.matrix.homeserver} speaks Matrix {versions[-1] if versions else '(unknown)'}")
    return True


async def _matrix(config: Config, report: _Report) -> None:
    try:
        database = await open_database(config)
    except StorageError:
        return  # said where the database is looked at
    try:
        await _gateway(config, database, report)
    finally:
        await database.close()


async def _gateway(config: Config, database: Database, report: _Report) -> None:
    try:
        async with open_gateway(config, database) as gateway:
            report.ok("login", f"{gateway.user_id}, device {gateway.device_id}")
            status = await gateway.chain()
            if status.complete:
                report.ok("cross-signing chain", f"master key {gateway.fingerprint}")
            else:
                report.bad("cross-signing chain", "it is not complete; start the bot, which repairs it")
            await _bindings(database, gateway, report)
    except StoreInUse:
        advice = "not tried, because the bot is running and holds its keys; stop it to have them checked too"
        report.note("login, cross-signing chain and rooms", advice)
    except SetupError as error:
        report.bad("login and keys", str(error))
    except MatrixError:
        report.bad("login and keys", "the homeserver refused; see the log of the homeserver")


async def _bindings(database: Database, gateway: MatrixGateway, report: _Report) -> None:
    async with database.transaction() as tx:
        bindings = await Rooms(tx).all()
    joined = set(await gateway.joined_rooms())
    for binding in bindings:
        if binding.room_id not in joined:
            report.bad("rooms", f"{binding.room_id} is bound, but the bot is not in it; invite it, or unbind the room")
    kinds = {binding.kind for binding in bindings}
    if not bindings:
        report.note("rooms", "no room is bound yet; invite the bot and say !room bind country=GH in the room")
    elif BindingKind.COORDINATION not in kinds:
        report.note("rooms", "no room is bound to coordination: nobody hears of what cannot be delivered")
    else:
        report.ok("rooms bound", str(len({binding.room_id for binding in bindings})))


def _clock(config: Config, report: _Report) -> None:
    """Compare the machine's clock with the homeserver's: late commands and legal deadlines depend on it."""
    try:
        with urlopen(f"{config.matrix.homeserver}/_matrix/client/versions", timeout=10) as answer:  # noqa: S310
            said = answer.headers.get("Date")
    except (HTTPError, URLError, OSError):
        return
    if not said:
        return
    difference = abs(datetime.now(UTC) - parsedate_to_datetime(said))
    if difference > _CLOCK_TOLERANCE:
        report.bad("clock", f"it differs from the homeserver's by {difference.total_seconds():.0f} s; set it by NTP")
    else:
        report.ok("clock")


async def _work(tx: Transaction, report: _Report) -> None:
    """Say what waits, what could not be read, and whose keys wait for a coordinator."""
    waiting, held = await Lanes(tx).count_waiting(), await Lanes(tx).count_held()
    if waiting:
        report.note("outbox", f"{waiting} messages wait to be sent")
    if held:
        report.note("outbox", f"{held} of them wait for a coordinator's decision: somebody in the room is on no roster")
    frozen = await Pins(tx).frozen()
    if frozen:
        report.note("members' keys", f"{len(frozen)} changed, and no coordinator confirmed them: !member confirm")
    now = datetime.now(UTC)
    tallies = {words: await Inbox(tx).tally(now - span) for words, span in _SPANS.items()}
    figures = ", ".join(f"{words}: {one.unreadable} of {one.messages}" for words, one in tallies.items())
    if any(one.unreadable > one.messages * _UNREADABLE_AT_MOST for one in tallies.values()):
        report.note("messages that could not be read", f"{figures}; see event.unreadable in the log")
    else:
        report.ok("messages that could not be read", figures)


async def _database(config: Config, report: _Report) -> None:
    try:
        database = await open_database(config)
    except StorageError as error:
        report.bad("database", str(error))
        return
    try:
        differences = await schema.drift(database)
        if differences:
            report.bad("database", f"its tables differ from the program's in {len(differences)} places")
        else:
            report.ok("database and migrations", f"revision {await schema.current(database)}")
        async with database.transaction() as tx:
            await _work(tx, report)
    finally:
        await database.close()
