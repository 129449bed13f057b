"""Environments of what is measured: the bot with what it needs and nothing more, and the peers with theirs.

The development environment holds packages that some libraries load when they find them, which costs time and memory
that no installation of the bot has.
"""

import asyncio
import shutil
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

from benchmarks.bench.fleet import say
from benchmarks.bench.processes import ROOT, environment


async def of_the_bot() -> Path:
    """Return the Python that the bot runs on, as an operator installs it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return await interpreter(".bot", project["dependencies"], "the bot's", more=["--editable", str(ROOT)])


async def interpreter(folder: str, packages: Sequence[str], whose: str, *, more: Sequence[str] = ()) -> Path:
    """Return the Python of an environment, which is made when it is missing or was for other packages.

    `more`: what the installer is told beside them.
    """
    place = ROOT / "benchmarks" / folder
    python = place / "bin" / "python"
    note = place / "packages.txt"
    wanted = "\n".join((*packages, *more))
    if note.exists() and note.read_text(encoding="utf-8") == wanted:
        return python
    say(f"  making {whose} environment: {', '.join(packages)}")
    await _run([sys.executable, "-m", "venv", "--clear", str(place)])
    uv = shutil.which("uv") or (str(ROOT / ".tools/bin/uv") if (ROOT / ".tools/bin/uv").exists() else None)
    if uv is not None:
        await _run([uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", str(python), *packages, *more])
    else:
        await _run([str(python), "-m", "pip", "install", "--quiet", *packages, *more])
    note.write_text(wanted, encoding="utf-8")
    return python


async def _run(command: Sequence[str]) -> None:
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, env=environment())
    if await process.wait():
        raise SystemExit(f"could not make an environment: {' '.join(command[:4])} failed")
