"""The tour of the demo, step by step against the real thing; what is left standing after it; and the program itself."""

import asyncio
import os
import pty
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio

from bot.demo.console import Console
from bot.demo.member import MemberClient
from bot.demo.screen import Screen
from bot.demo.stage import NETWORK_ROOM, Stage
from bot.demo.tour import STEPS, Step, Tour, another_container, perform
from bot.demo.transcript import to_svg
from bot.demo.watching import Watch

PROGRAM = [sys.executable, "-m", "bot", "demo"]
WITHIN = 170.0  # seconds for the whole program; it takes less than forty on an idle machine


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with Stage.open(tmp_path_factory.mktemp("demo")) as stage:
        yield stage


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def tour(stage: Stage) -> Tour:
    screen = Screen(quiet=True)
    return Tour(stage, screen, Watch(stage, screen))


async def test_secrets_lie_in_files_that_their_owner_alone_can_read(stage: Stage) -> None:
    for name in ("password", "store"):
        file = stage.folder / "secrets" / name
        assert file.stat().st_mode & 0o777 == 0o600
        assert file.read_text() not in (stage.folder / "config.toml").read_text()


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.play.__name__)
async def test_step(step: Step, tour: Tour) -> None:
    """Each step builds on those before it, as in the demo."""
    tour.watch.step = STEPS.index(step) + 1
    await step.play(tour)
    said = [entry for entry in tour.screen.entries if entry.step == tour.watch.step]
    assert any(entry.by_bot for entry in tour.screen.entries)
    assert said or step.play.__name__ in {"understand", "cards_arrive"}


async def test_the_bot_s_log_tells_of_no_fault_and_of_no_words(stage: Stage) -> None:
    log = stage.bot.log.read_text()
    assert [line for line in log.splitlines() if '"level": "error"' in line] == []
    assert "CSQU3054383" not in log
    assert "broken refrigerators" not in log


async def test_the_picture_tells_the_alert_s_way(tour: Tour) -> None:
    rooms = list(dict.fromkeys(entry.room for entry in tour.picture))
    assert rooms == ["Ghana", "Netherlands"]
    assert tour.picture[0].text.startswith("!alert Container")
    assert "has acknowledged" in tour.picture[-1].text
    assert tour.number in to_svg(tour.picture)


async def test_prepared_accounts_are_invited_and_no_client_has_used_them(stage: Stage) -> None:
    assert {person.localpart for person in stage.unused} >= {"coordinator-americas", "ghana-customs"}
    # The cross-signing identity that this client makes would be refused if there were one.
    opening = MemberClient.open(
        stage.server.url, stage.server.user_id("ghana-customs"), stage.password, auto_join=False, strict=True
    )
    async with opening as kofi:
        await kofi.is_invited(stage.room_of("GH"))
        await kofi.is_invited(stage.rooms[NETWORK_ROOM])
        await kofi.join(stage.room_of("GH"))
        mark = kofi.mark()
        event_id = await kofi.say(stage.room_of("GH"), "!me")
        answer = await kofi.hears(
            stage.room_of("GH"), lambda one: one.reply_to == event_id, since=mark, by=stage.bot_id
        )
        assert "Kofi Sample-Boateng" in answer.body


async def test_the_chat_line_speaks_as_members_and_answers_questions(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    screen = Screen()
    console = Console(stage, screen, Watch(stage, screen))
    coordinator = stage.members["coordinator"]
    assert (console.who, console.room) == ("ghana", "Ghana")
    assert await console.take("/as nobody")
    assert await console.take("/as coord")
    assert (console.who, console.room) == ("coordinator", "Coordination")
    assert await console.take("/room neth")
    assert console.room == "Netherlands"
    assert await console.take("/room co")
    since = coordinator.mark()
    assert await console.take("!announce to=all The chat line works")
    await coordinator.hears(stage.rooms["Coordination"], "Answer send", since=since, by=stage.bot_id)
    assert await console.take("send")
    await coordinator.hears(stage.rooms[NETWORK_ROOM], "The chat line works", since=since, by=stage.bot_id)
    capsys.readouterr()
    assert await console.take("/rooms")
    assert "* Coordination" in capsys.readouterr().out
    ghana = stage.members["ghana"]
    assert await console.take("/as ghana")
    assert await console.take("/room direct")
    since = ghana.mark()
    assert await console.take("me")
    await ghana.hears(None, "Local time", since=since, by=stage.bot_id)
    assert not ghana.timeline(stage.rooms["direct"])
    assert await console.take("/accounts")
    assert stage.server.url in (told := capsys.readouterr().out)
    assert "@ghana-customs:localhost" in told
    assert await console.take("/nonsense")
    assert await console.take("")
    assert not await console.take("/quit")


async def test_an_alert_s_way_is_played_again_for_who_came_in_with_a_client_of_their_own(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    screen = Screen()
    console = Console(stage, screen, Watch(stage, screen))
    assert await console.take("/again")
    told = " ".join(capsys.readouterr().out.split())  # lines are as long as the terminal is wide
    assert "✗" not in told
    assert "the cards in all rooms show where it was seen, who holds it and what was found" in told
    assert another_container(1) in told


async def test_a_step_that_does_not_hold_fails_the_tour_and_says_what_was_heard(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    async def broken(tour: Tour) -> None:
        await tour.stage.asks("ghana", "Ghana", "!me", "something else", within=3)

    async def never(_tour: Tour) -> None:
        raise RuntimeError("the steps after a broken one are not played")

    screen = Screen()
    tour = Tour(stage, screen, Watch(stage, screen))
    assert not await perform(tour, [Step("A broken one", broken), Step("Another", never)])
    told = capsys.readouterr().out
    assert "✗ Step 1 failed: A broken one" in told
    assert "Ama Example-Mensah" in told, "what was heard instead"


async def test_without_the_bot_the_tour_fails_and_says_so(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    """The last test on this stage: it stops the bot."""

    async def alone(tour: Tour) -> None:
        await tour.stage.asks("ghana", "Ghana", "!help", within=1)

    assert await stage.bot.stop() == 0
    screen = Screen()
    assert not await perform(Tour(stage, screen, Watch(stage, screen)), [Step("Nobody answers", alone)])
    assert "the bot ended with status 0" in capsys.readouterr().out


@pytest.mark.long
async def test_make_demo_without_a_terminal_ends_well_and_leaves_nothing(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        picture = tmp_path / "picture.svg"
        process = await asyncio.create_subprocess_exec(
            *PROGRAM, "--port", str(port), "--transcript", str(picture),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**os.environ, "TMPDIR": str(tmp_path)},
        )  # fmt: skip
        output, _nothing = await asyncio.wait_for(process.communicate(), WITHIN)
    told = output.decode()
    assert process.returncode == 0, told
    assert f"Port {port} is taken" in told
    assert f"The tour is over: {len(STEPS)} steps" in told
    assert "\x1b[" not in told
    assert left_in(tmp_path) == ["picture.svg"]
    assert first_line(picture).startswith("<svg")


@pytest.mark.long
async def test_with_a_terminal_it_stays_open_until_ctrl_c(tmp_path: Path) -> None:
    async with on_terminal(tmp_path) as (process, terminal):
        told = await terminal.shows("[Ama Example-Mensah", WITHIN)
        assert "The network stays open" in told
        address = re.search(r"homeserver +http://127\.0\.0\.1:(\d+)", told)
        assert address is not None
        terminal.types("!help alert")
        await terminal.shows("SESN · Ghana", 20, since=len(told))
        process.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(process.wait(), 30) == 0
        with pytest.raises(OSError, match=r"refused|Connect"):
            await asyncio.open_connection("127.0.0.1", int(address.group(1)))
    assert left_in(tmp_path) == []


async def test_it_can_be_stopped_while_it_sets_up(tmp_path: Path) -> None:
    async with on_terminal(tmp_path) as (process, terminal):
        await terminal.shows("starting the bot", 60)
        process.send_signal(signal.SIGTERM)
        await terminal.shows("Stopped.", 30)
        assert await asyncio.wait_for(process.wait(), 30) == 128 + signal.SIGTERM
    assert left_in(tmp_path) == []


@asynccontextmanager
async def on_terminal(folder: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, "Terminal"]]:
    """Run the demo on a terminal of its own, with its files in `folder`."""
    near, far = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        *PROGRAM, stdin=far, stdout=far, stderr=far,
        env={**os.environ, "TMPDIR": str(folder), "NO_COLOR": "1"}, start_new_session=True,
    )  # fmt: skip
    os.close(far)
    terminal = Terminal(near)
    try:
        yield process, terminal
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()
        terminal.close()


def left_in(folder: Path) -> list[str]:
    return [entry.name for entry in folder.iterdir()]


def first_line(file: Path) -> str:
    return file.read_text(encoding="utf-8").splitlines()[0]


class Terminal:
    """The far end of a pseudo-terminal: all that was printed on it so far."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._text = ""
        self._more = asyncio.Event()
        asyncio.get_running_loop().add_reader(descriptor, self._read)

    def _read(self) -> None:
        try:
            self._text += os.read(self._descriptor, 65536).decode(errors="replace")
        except OSError:  # the program has ended
            asyncio.get_running_loop().remove_reader(self._descriptor)
        self._more.set()

    def types(self, line: str) -> None:
        """Type a line."""
        os.write(self._descriptor, f"{line}\n".encode())

    async def shows(self, text: str, within: float, *, since: int = 0) -> str:
        """Wait until a text is shown behind the first `since` characters, and return all that was printed."""
        try:
            async with asyncio.timeout(within):
                while text not in self._text[since:]:
                    self._more.clear()
                    await self._more.wait()
        except TimeoutError:
            raise AssertionError(f"{text!r} is not shown:\n{self._text[-3000:]}") from None
        return self._text

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._descriptor)
        os.close(self._descriptor)
