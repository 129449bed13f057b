"""After the tour: accounts for the person's own client, and a line in the terminal to speak as a member."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bot.demo.screen import Screen
from bot.demo.stage import ACKNOWLEDGE_WITHIN, COORDINATION_ROOM, NETWORK_ROOM, SPEAKERS, Stage
from bot.demo.tour import ONCE_MORE, Tour, another_container, perform
from bot.demo.watching import Watch
from bot.matrix.interface import MatrixError

HELP = """\
Type what the member shall say, for example: !help   !alert Container CSQU3054383 in Tema …   !contact tema police
  /as NAME     speak as coordinator, ghana, netherlands or belgium
  /room NAME   speak in another room; the beginning of its name will do; direct is the bot's chat
  /rooms       list the rooms of this member
  /accounts    show the homeserver's address and the accounts for a client of your own
  /again       play an alert's way once more, so that you see it arrive in your own client
  /help        show this
  /quit        stop everything (so does Ctrl-C)
What does not begin with ! or / is said in the thread of the bot's latest answer here: so are its questions answered."""


@dataclass
class Console:
    """Who speaks where, and what a typed line does."""

    stage: Stage
    screen: Screen
    watch: Watch
    who: str = "ghana"
    room: str = field(init=False)
    _played: int = 0
    """How often an alert's way was played again."""

    def __post_init__(self) -> None:
        self.room = self._rooms()[0]

    async def run(self) -> None:
        """Take lines from the terminal until the person leaves. Raises BotFailed when the bot ends before."""
        self.show_accounts()
        self.screen.say()
        self.screen.say(HELP)
        self.screen.say()
        ended = asyncio.create_task(self.stage.bot.process.wait(), name="end of the bot")
        try:
            async with self.watch.watching(), _typed() as lines:
                self._show_prompt()
                while True:
                    line = asyncio.create_task(lines.get(), name="next line")
                    await asyncio.wait({line, ended}, return_when=asyncio.FIRST_COMPLETED)
                    if ended.done():
                        line.cancel()
                        self.stage.bot.check()
                    typed = await line
                    self.screen.prompt = ""
                    if typed is None or not await self.take(typed):
                        return
                    self._show_prompt()
        finally:
            self.screen.prompt = ""
            ended.cancel()

    async def take(self, line: str) -> bool:
        """Do what a line says; False when the person wants to leave."""
        line = line.strip()
        word, _space, rest = line.partition(" ")
        match word.casefold():
            case "":
                pass
            case "/quit" | "/exit" | "/q":
                return False
            case "/help":
                self.screen.say(HELP)
            case "/accounts":
                self.show_accounts()
            case "/again":
                await self._play_again()
            case "/rooms":
                self._show_rooms()
            case "/as":
                self._speak_as(rest)
            case "/room":
                self._enter(rest)
            case _ if word.startswith("/"):
                self.screen.say(f"There is no {word}. /help shows what there is.")
            case _:
                await self._say(line)
        return True

    def show_accounts(self) -> None:
        """Print where a client of the person's own finds the network, and as whom."""
        say = self.screen.say
        say()
        say("The network stays open. To see it in a Matrix client of your own (Element, nheko, ...):", bold=True)
        say(f"  homeserver  {self.stage.server.url}   (type it as it stands, with http://)")
        say(f"  password    {self.stage.password}   (for each of these)")
        for person in self.stage.unused:
            country = self.stage.sample.country(person.country).name if person.country else "international"
            user_id = person.user_id(self.stage.server.server_name)
            say(f"  user        {user_id:<31} {person.name}, {person.role}, {country}")
        say(
            "No client has used these accounts yet: yours sets up its keys. Accept the three invitations, and wait for "
            "the bot's welcome in the direct chat. What was said before you came in cannot be read: /again plays an "
            "alert's way once more. Or raise one in your country's room: !alert Container CSQU3054383 in Tema …"
        )
        say(f"Alerts are reminded after {ACKNOWLEDGE_WITHIN} seconds here, not after 30 minutes.")

    async def _play_again(self) -> None:
        """Play an alert's way again; when it does not hold, say so and go on."""
        self._played += 1
        await perform(Tour(self.stage, self.screen, self.watch, another_container(self._played)), ONCE_MORE)
        self.watch.step = 0

    def _rooms(self) -> Sequence[str]:
        """Return the names of the rooms that who speaks is in, the own country's first."""
        names = self._places()
        return sorted(names, key=lambda name: (name in {NETWORK_ROOM, "direct"}, name != COORDINATION_ROOM, name))

    def _places(self) -> Mapping[str, str]:
        """Return the ids of the rooms that who speaks is in, by name; "direct" is the own chat with the bot."""
        client = self.stage.members[self.who]
        places = {name: room_id for name, room_id in self.stage.rooms.items() if room_id in client.rooms}
        others = client.rooms - set(places.values())
        for one in client.timeline():
            if one.room_id in others and one.sender == self.stage.bot_id:
                places["direct"] = one.room_id
        return places

    def _show_rooms(self) -> None:
        for name in self._rooms():
            self.screen.say(f"  {'*' if name == self.room else ' '} {self._shown(name)}")

    def _shown(self, name: str) -> str:
        return "direct (chat with the bot)" if name == "direct" else name

    def _speak_as(self, name: str) -> None:
        wanted = name.strip().casefold()
        found = [speaker for speaker in SPEAKERS if wanted and speaker.startswith(wanted)]
        if len(found) != 1:
            self.screen.say(f"Speak as {', '.join(SPEAKERS[:-1])} or {SPEAKERS[-1]}.")
            return
        self.who = found[0]
        self.room = self._rooms()[0]

    def _enter(self, name: str) -> None:
        wanted = name.strip().casefold()
        found = [room for room in self._rooms() if wanted and room.casefold().startswith(wanted)]
        if "network".startswith(wanted) and wanted and NETWORK_ROOM in self._rooms():
            found.append(NETWORK_ROOM)
        if len(found) != 1:
            self.screen.say(f"There are: {', '.join(map(self._shown, self._rooms()))}; and for short: network.")
            return
        self.room = found[0]

    async def _say(self, text: str) -> None:
        client, room_id = self.stage.members[self.who], self._places()[self.room]
        thread = None
        if not text.startswith("!"):
            said = [one for one in client.timeline(room_id) if one.sender == self.stage.bot_id and not one.replaces]
            thread = said[-1].thread_root if said else None
        try:
            await client.say(room_id, text, thread=thread)
        except MatrixError as error:
            self.screen.say(f"That could not be sent: {error}")

    def _show_prompt(self) -> None:
        name = self.stage.name_of(self.stage.members[self.who].user_id)
        room = "direct chat" if self.room == "direct" else self.room
        self.screen.ask(f"[{name} · {room}] ")


@asynccontextmanager
async def _typed() -> AsyncIterator["asyncio.Queue[str | None]"]:
    """Give the lines typed into the terminal; None when there will be no more.

    The terminal is read only when it has a line, and stays in its blocking mode: it is shared with whoever started us.
    """
    lines: asyncio.Queue[str | None] = asyncio.Queue()
    loop, terminal = asyncio.get_running_loop(), sys.stdin.fileno()
    rest = b""

    def read() -> None:
        nonlocal rest
        try:
            got = os.read(terminal, 4096)
        except OSError:  # the terminal is gone
            got = b""
        if not got:
            loop.remove_reader(terminal)
            lines.put_nowait(None)
            return
        *whole, rest = (rest + got).split(b"\n")
        for line in whole:
            lines.put_nowait(line.decode(errors="replace"))

    loop.add_reader(terminal, read)
    try:
        yield lines
    finally:
        loop.remove_reader(terminal)
