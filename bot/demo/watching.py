"""Shows on the screen what is said in the rooms, as members' own clients read it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from bot.demo.hearing import Heard, Mark
from bot.demo.screen import Entry, Screen
from bot.demo.stage import COORDINATION_ROOM, NETWORK_ROOM, Stage

_LOOK_EVERY = 0.2  # seconds
_EDITS_REST = 0.6  # seconds without a further edit after which an edited message is shown again
_ROOMS_APART = 0.4  # seconds within which what is said in several rooms arrives, to be shown as one


@dataclass
class Watch:
    """Shows each message once, through the eyes of one member in each room.

    The same words in several rooms, which arrive one after the other, are shown together; several quick edits as one.
    """

    stage: Stage
    screen: Screen
    step: int = 0
    only: str | None = None
    """The room that is shown; what is said in others meanwhile is shown when this is None again."""
    _messages: list[tuple[Heard, float]] = field(default_factory=list)
    """Messages that were not shown yet, and when each was first seen."""
    _marks: dict[str, Mark] = field(default_factory=dict)
    _edits: dict[str, tuple[Heard, float]] = field(default_factory=dict)
    """The newest edit of each message that was not shown yet, and when it was first seen."""

    def __post_init__(self) -> None:
        self.skip()

    def skip(self) -> None:
        """Leave out what was said up to now."""
        self._marks = {name: client.mark() for name, client in self.stage.members.items()}

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Show what arrives as it arrives, until the block is left."""

        async def look() -> None:
            while True:
                self.show_new()
                await asyncio.sleep(_LOOK_EVERY)

        looking = asyncio.create_task(look(), name="the screen")
        try:
            yield
        finally:
            looking.cancel()
            with suppress(asyncio.CancelledError):
                await looking

    def show_new(self, *, everything: bool = False) -> None:
        """Show what is new: messages after a moment, edits once no further one has come; at once with `everything`."""
        now = asyncio.get_running_loop().time()
        for name, client in self.stage.members.items():
            since, self._marks[name] = self._marks[name], client.mark()
            for one in client.timeline(since=since):
                if one.kind != "m.room.message" or self._reader(one) != name:
                    continue
                if one.replaces is None:
                    self._messages.append((one, now))
                else:
                    self._edits[one.replaces] = (one, now)
        ready = [one for one, _seen in self._messages if self._is_shown(one)]
        oldest = min((seen for one, seen in self._messages if self._is_shown(one)), default=now)
        if everything or now - oldest > _ROOMS_APART:
            self._messages = [(one, seen) for one, seen in self._messages if not self._is_shown(one)]
            self.screen.show([self.entry(one) for one in sorted(ready, key=lambda one: one.at)])
        rested = {
            edited: one
            for edited, (one, seen) in self._edits.items()
            if self._is_shown(one) and (everything or now - seen > _EDITS_REST)
        }
        for edited in rested:
            del self._edits[edited]
        self.screen.show([self.entry(one) for one in rested.values()])

    def _is_shown(self, one: Heard) -> bool:
        return self.only is None or self._rooms().get(one.room_id) == self.only

    def _reader(self, one: Heard) -> str:
        """Return through whose client a room is watched: its country's, or the coordinator's; else whoever is in it."""
        names = self._rooms()
        eyes = {COORDINATION_ROOM: "coordinator", NETWORK_ROOM: "coordinator", "direct": "coordinator"}
        for code, name in (("GH", "ghana"), ("NL", "netherlands"), ("BE", "belgium")):
            eyes[self.stage.sample.country(code).name] = name
        known = names.get(one.room_id)
        if known in eyes:
            return eyes[known]
        return next(name for name, client in self.stage.members.items() if one.room_id in client.rooms)

    def _rooms(self) -> Mapping[str, str]:
        return {room_id: name for name, room_id in self.stage.rooms.items()}

    def room_name(self, room_id: str) -> str:
        """Return the name under which a room is shown."""
        known = self._rooms().get(room_id)
        if known == NETWORK_ROOM:
            return "the network's room"
        if known is not None and known != "direct":
            return known
        someone = next((client.user_id for client in self.stage.members.values() if room_id in client.rooms), "")
        return f"direct chat of {self.stage.name_of(someone)}"

    def entry(self, one: Heard) -> Entry:
        """Return a message as the screen and the transcript have it."""
        return Entry(
            who=self.stage.name_of(one.sender),
            room=self.room_name(one.room_id),
            text=one.body,
            at=one.at,
            by_bot=one.sender == self.stage.bot_id,
            edited=one.replaces is not None,
            step=self.step,
            threaded=one.thread_root is not None,
        )
