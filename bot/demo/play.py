"""`sesn-bot demo`: sets the stage, plays the tour and, with a terminal, stays open for the person in front of it."""

import asyncio
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from bot.demo.console import Console
from bot.demo.homeserver import HomeserverFailed
from bot.demo.process import BotFailed
from bot.demo.screen import Screen
from bot.demo.stage import Stage
from bot.demo.tour import STEPS, Tour, perform
from bot.demo.transcript import to_markdown, to_svg
from bot.demo.watching import Watch
from bot.matrix.interface import MatrixError

PORT = 8008
"""Where a Matrix client looks for a homeserver by habit; another one is used when it is taken."""
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


async def play(*, stay: bool, port: int | None, transcript: Path | None = None) -> int:
    """Play the demo and return the exit code: 0, 1 when something failed, 128 + the signal that cut it short.

    With `stay` it goes on after the tour until the person leaves. `transcript` is a file that is written when the
    tour has ended well: with .svg a picture of an alert's way, else the whole conversation in Markdown.
    """
    screen = Screen()
    if find_spec("synapse") is None:
        screen.cross("The demo needs a homeserver, which is not installed. Install it with: pip install sesn-bot[demo]")
        return 1
    folder = Path(tempfile.mkdtemp(prefix="sesn-demo-"))
    keep = False
    stopped: list[signal.Signals] = []
    try:
        with _stopping(screen, stopped):
            keep = not await _play(folder, screen, stay=stay, wish=port or PORT, transcript=transcript)
    except (AssertionError, MatrixError, BotFailed, HomeserverFailed) as failure:
        screen.cross("The demo could not be set up.")
        screen.say(f"     {type(failure).__name__}: {failure}")
        keep = True
    except asyncio.CancelledError:
        if not stopped:
            raise
        screen.say("Stopped.")
        return 0 if stay and stopped[0] is signal.SIGINT else 128 + stopped[0]
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)
    if keep:
        screen.say(f"The logs are kept: {folder / 'bot.log'} (the bot), {folder / 'homeserver' / 'homeserver.log'}")
    return 1 if keep else 0


async def _play(folder: Path, screen: Screen, *, stay: bool, wish: int, transcript: Path | None) -> bool:
    """Return whether all went well."""
    begun = time.monotonic()
    async with Stage.open(folder, port=wish, progress=screen.progress) as stage:
        if stage.server.port != wish:
            screen.note(f"Port {wish} is taken on this machine, so the homeserver listens on {stage.server.port}.")
        ready = time.monotonic()
        screen.say(f"Ready in {ready - begun:.0f} s. The tour: every message below is real, encrypted, and checked.")
        tour = Tour(stage, screen, Watch(stage, screen))
        if not await perform(tour):
            return False
        screen.say()
        screen.say(f"The tour is over: {len(STEPS)} steps in {time.monotonic() - ready:.0f} s.", bold=True)
        if transcript is not None:
            picture = transcript.suffix == ".svg"
            _write(transcript, to_svg(tour.picture) if picture else to_markdown(screen.entries))
        if stay:
            await Console(stage, screen, tour.watch).run()
        with screen.progress("stopping the bot"):
            code = await stage.bot.stop()
        if code != 0:
            screen.cross(f"The bot should have ended with status 0, and ended with {code}.")
            return False
    return True


def _write(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")


@contextmanager
def _stopping(screen: Screen, stopped: list[signal.Signals]) -> Iterator[None]:
    """Turn the first signal to stop into a cancellation, so that everything started is stopped in order."""
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    assert task is not None

    def stop(number: signal.Signals) -> None:
        if stopped:
            screen.say("Still stopping …")
            return
        stopped.append(number)
        screen.prompt = ""
        screen.say()
        screen.say("Stopping everything that was started …")
        task.cancel()

    for number in _SIGNALS:
        loop.add_signal_handler(number, stop, number)
    try:
        yield
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)
