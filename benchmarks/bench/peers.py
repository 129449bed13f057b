"""The other libraries' bots: an environment of their own, so that this project's lock stays as it is."""

import asyncio
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.bench.fleet import PASSWORD, say
from benchmarks.bench.processes import ROOT, Process, environment

PACKAGES = ("matrix-nio[e2e]==0.26.0", "mautrix[encryption]==0.21.1", "asyncpg", "aiosqlite")
_ENVIRONMENT = ROOT / "benchmarks" / ".peers"
SCRIPTS = {"nio": "plain_nio", "mautrix": "mautrix_echo"}


async def interpreter() -> Path:
    """Return the Python of the peers' environment, which is made when it is missing or was for other packages."""
    python = _ENVIRONMENT / "bin" / "python"
    note = _ENVIRONMENT / "packages.txt"
    wanted = "\n".join(PACKAGES)
    if note.exists() and note.read_text() == wanted:
        return python
    say(f"  making the peers' environment: {', '.join(PACKAGES)}")
    await _run([sys.executable, "-m", "venv", "--clear", str(_ENVIRONMENT)])
    uv = shutil.which("uv") or (str(ROOT / ".tools/bin/uv") if (ROOT / ".tools/bin/uv").exists() else None)
    if uv is not None:
        await _run([uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", str(python), *PACKAGES])
    else:
        await _run([str(python), "-m", "pip", "install", "--quiet", *PACKAGES])
    note.write_text(wanted)
    return python


async def _run(command: Sequence[str]) -> None:
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, env=environment())
    if await process.wait():
        raise SystemExit(f"could not make the peers' environment: {' '.join(command[:4])} failed")


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
