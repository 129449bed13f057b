"""The other libraries' bots: an environment of their own, so that this project's lock stays as it is."""

from pathlib import Path

from benchmarks.bench import environments
from benchmarks.bench.fleet import PASSWORD
from benchmarks.bench.processes import ROOT, Process

PACKAGES = ("matrix-nio[e2e]==0.26.0", "mautrix[encryption]==0.21.1", "asyncpg", "aiosqlite")
SCRIPTS = {"nio": "plain_nio", "mautrix": "mautrix_echo"}


async def interpreter() -> Path:
    """Return the Python of the peers' environment."""
    return await environments.interpreter(".peers", PACKAGES, "the peers'")


async def start(name: str, folder: Path, url: str, user_id: str, *, body: int = 100, html: int = 100) -> Process:
    """Start a peer on a folder of its own; its answers have so many characters of text and of HTML."""
    folder.mkdir(parents=True, exist_ok=True)
    script = ROOT / "benchmarks" / "peers" / f"{SCRIPTS[name]}.py"
    options = {"homeserver": url, "user": user_id, "password": PASSWORD, "folder": str(folder)}
    sizes = {"body": str(body), "html": str(html)}
    command = [str(await interpreter()), str(script)]
    for option, value in (options | sizes).items():
        command += [f"--{option}", value]
    return await Process.start(command, folder / "log")
