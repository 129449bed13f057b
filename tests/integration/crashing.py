"""The bot, killed at a step of a message's way: `python -m tests.integration.crashing STEP NTH --config FILE`.

It is the real assembly with an observer; the bot itself knows nothing of crashing.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path

from bot import logs
from bot.app import App
from bot.config import Config


async def main(step: str, nth: int, path: Path) -> None:
    config = Config.load(path)
    logs.configure("info", "json")
    left = nth

    def observe(reached: str) -> None:
        nonlocal left
        if reached == step and (path.parent / "armed").exists():
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    async with App.open(config, observer=observe) as app:
        await app.run(asyncio.Event())


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[4])))
