"""Says every command to the bot on a database, and takes the time; what a command did is undone each time."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import perf_counter, process_time

from benchmarks.bench.fleet import say
from benchmarks.bench.results import percentile
from benchmarks.bench.scale.cases import Case, cases_of, said
from bot import garbage
from bot.app import Machinery
from bot.capabilities import Registry, discover
from bot.config import Config
from bot.context import BotContext, nowhere
from bot.dispatch import Dispatcher
from bot.matrix.interface import Message, SyncBatch, Trust
from storage.base import Database, Transaction
from storage.ids import DeviceId, RoomId, UserId
from storage.inbox import InboxRow
from storage.timers import Timer, Timers, TimerState
from tests.fakes import BOT, PEOPLE, START, FakeGateway, FakeRoom

WARM_UP = 3
"""Times that each thing is said before its time counts: statements are put together at the first."""


CLOCKS = (
    "alert.call", "alert.cards", "alert.matches", "alert.mentions", "alert.show", "exercise.tell", "figures.count",
    "watch.look",
)  # fmt: skip
"""Clocks that commands set for at once: they do, a batch at a time, what a command does not wait for."""


class Undone(Exception):
    """Raised at the end of each transaction, so that nothing stays of it."""


@dataclass(slots=True)
class Timed:
    """What was taken of one thing said: seconds of the handling, and what became of it."""

    command: str
    note: str
    seconds: list[float] = field(default_factory=list)
    outcomes: set[str] = field(default_factory=set)
    is_refused: bool = False
    """Whether that is what is to come of it."""

    @property
    def name(self) -> str:
        return f"{self.command} ({self.note})" if self.note else self.command

    @property
    def odd(self) -> set[str]:
        """What should not have become of it."""
        good = ("refused",) if self.is_refused else ("did ", "asked ")
        return {one for one in self.outcomes if not one.startswith(good)}

    @property
    def median(self) -> float:
        """Milliseconds."""
        return percentile(self.seconds, 0.5) * 1000 if self.seconds else 0.0

    @property
    def p95(self) -> float:
        """Milliseconds."""
        return percentile(self.seconds, 0.95) * 1000 if self.seconds else 0.0


class House:
    """The bot's pipeline on a large database: rooms and persons are there, nothing is ever sent."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock
        self._gateway = FakeGateway()
        config = Config.read(
            {
                "matrix": {"homeserver": "http://test", "user_id": BOT},
                "network": {"name": "Seaport Environmental Security Network", "coordinators": ["@coordinator:test"]},
            },
            discover(),
        )
        self._machinery = Machinery(database, self._gateway, config, now=lambda: START)
        self._dispatcher = Dispatcher(
            database, self._machinery.house, too_old=config.commands.too_old, look_ahead=self._end
        )
        self._outcome = ""
        self.batches: dict[str, list[float]] = {}
        """Seconds of each batch of the clocks that fired after what was said, by their kind."""
        self._count = 0
        self._furnish()

    @property
    def registry(self) -> Registry:
        return self._machinery.house.registry

    def _furnish(self) -> None:
        rooms = {name: {name, f"{name}2", "coordinator"} for name in PEOPLE if name != "ghana2"}
        rooms["network"] = set(PEOPLE)
        rooms["coordination"] = {"coordinator"}
        rooms["empty"] = {"coordinator"}
        for name, people in rooms.items():
            joined = {UserId(f"@{one}:test") for one in people if one in PEOPLE}
            room = RoomId(f"!{name}:test")
            self._gateway.rooms[room] = FakeRoom(room, joined, name.capitalize())

    async def _end(self, tx: Transaction) -> None:
        """See what became of the command, and undo it: the next one finds everything as this one did."""
        await tx.flush()
        row = await tx.session.get(InboxRow, self._handled)
        self._outcome = (row.outcome or "") if row is not None else ""
        await tx.write_collected()
        self._stopped = self._clock()
        await self._fire(tx)
        raise Undone

    async def _fire(self, tx: Transaction) -> None:
        """Fire the clocks that the command set for at once, one batch of each."""
        from sqlalchemy import select

        due = select(Timer).where(Timer.state == TimerState.PENDING, Timer.due_at <= START).order_by(Timer.id)
        for timer in (await tx.session.scalars(due)).all():
            Timers(tx).mark_fired(timer, START)
            context = BotContext(self._machinery.house, tx, START, nowhere())
            begun = self._clock()
            await self._machinery.house.registry.timers[timer.kind](timer, context)
            await tx.flush()
            await tx.write_collected()
            self.batches.setdefault(timer.kind, []).append(self._clock() - begun)

    async def say(self, case: Case, text: str) -> tuple[float, str]:
        """Say something once; return the seconds from the reading of its row to the last statement, and the outcome.

        The commit itself, which waits for the disk, is left out.
        """
        self._count += 1
        person = UserId(f"@{case.as_}:test")
        room = RoomId(f"!{case.room}:test") if case.room else RoomId(f"!direct-{case.as_}:test")
        self._gateway.rooms.setdefault(room, FakeRoom(room, {person}))
        message = Message(
            event_id=self._gateway.event_id(), room_id=room, sender=person, sent_at=START,
            body=text if case.room is None else f"!{text}", trust=Trust.SIGNED, device_id=DeviceId("PHONE"),
            room_encrypted=True, direct=case.room is None, mentioned=False, thread_root=None, reply_to=None,
        )  # fmt: skip
        await self._machinery.journal(SyncBatch(f"s{self._count}", [message]))
        async with self._database.transaction() as tx:
            self._handled = await _newest(tx, message.event_id)
        begun = self._clock()
        try:
            await self._dispatcher.handle_next()
        except Undone:
            taken = self._stopped - begun
        async with self._database.transaction() as tx:
            row = await tx.session.get(InboxRow, self._handled)
            await tx.session.delete(row)
        return taken, self._outcome

    async def time(self, case: Case, command: str, rows: Sequence[Sequence[object]], times: int) -> Timed:
        """Say something so many times, each time about another row while there are any."""
        timed = Timed(command, case.note, is_refused=case.is_refused)
        for turn in range(WARM_UP + times):
            taken, outcome = await self.say(case, said(case, rows[turn % len(rows)]))
            if turn >= WARM_UP:
                timed.seconds.append(taken)
                timed.outcomes.add(outcome)
        return timed


async def _newest(tx: Transaction, key: str) -> int:
    from sqlalchemy import select

    return (await tx.session.scalars(select(InboxRow.seq).where(InboxRow.key == key))).one()


async def measure(database: Database, *, times: int, only: str = "", cpu: bool = False) -> list[Timed]:
    """Say every command of the registry and return what was taken; with `cpu`, of this process's processor time.

    SQLite works in this process, so that its processor time is the handling without what other programs take away.
    """
    from sqlalchemy import delete, text

    async with database.transaction() as tx:  # of a run that was broken off
        await tx.session.execute(delete(InboxRow).where(InboxRow.handled_at.is_(None)))
    house = House(database, process_time if cpu else perf_counter)
    found = []
    garbage.once_loaded()  # as the bot does
    for command in house.registry.commands:
        if not command.name.startswith(only):
            continue
        for case in cases_of(command):
            rows: list[Sequence[object]] = [()]
            if case.about is not None:
                async with database.transaction() as tx:
                    rows = [tuple(row) for row in await tx.session.execute(text(case.about))]
                random.Random(5).shuffle(rows)  # noqa: S311 - the same at each run
            if not rows:
                found.append(Timed(command.name, case.note, outcomes={"nothing to say it about"}))
                continue
            timed = await house.time(case, command.name, rows, times)
            say(f"  {timed.name}: {timed.median:.1f} ms, {', '.join(sorted(timed.outcomes))}")
            found.append(timed)
    return found if only else [*found, *(_batches_of(kind, house) for kind in CLOCKS)]


def _batches_of(kind: str, house: House) -> Timed:
    seconds = house.batches.get(kind, [])
    return Timed("clock", kind, seconds, {"did fire"} if seconds else {"never fired"})
