"""A network in memory: the whole pipeline on SQLite, with a roster and rooms that are there already."""

import sqlite3
import tempfile
from collections.abc import AsyncGenerator, Generator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

from sqlalchemy import Engine, select

from bot.app import Machinery
from bot.capabilities import Registry, discover
from bot.config import Config
from bot.matrix.interface import MatrixError, Message, SyncBatch, Trust
from storage import models
from storage.base import Base, Database, Transaction
from storage.ids import CountryCode, DeviceId, EventId, RoomId, UserId
from storage.members import AuthorityKind, Member, Members, Role
from storage.rooms import Binding, BindingKind, Rooms
from storage.timers import Timer, Timers, TimerState
from tests.fakes.gateway import BOT, FakeGateway, FakeRoom
from tests.fakes.heard import Heard, Reply

IN_MEMORY = "sqlite://"
START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

PEOPLE: dict[str, tuple[Role, str | None, AuthorityKind, str, str, str]] = {
    "coordinator": (Role.COORDINATOR, None, AuthorityKind.INTERNATIONAL, "Co Ordinator", "SESN Secretariat", "UTC"),
    "ghana": (Role.OFFICIAL, "GH", AuthorityKind.ENVIRONMENT, "Ama Example", "EPA Ghana", "Africa/Accra"),
    "ghana2": (Role.OFFICIAL, "GH", AuthorityKind.CUSTOMS, "Kofi Sample", "Ghana Customs", "Africa/Accra"),
    "netherlands": (Role.OFFICIAL, "NL", AuthorityKind.ENVIRONMENT, "Jan Voorbeeld", "ILT", "Europe/Amsterdam"),
    "belgium": (Role.OFFICIAL, "BE", AuthorityKind.POLICE, "Eva Exemple", "Federal Police", "Europe/Brussels"),
    "germany": (Role.MEMBER, "DE", AuthorityKind.PORT, "Max Muster", "Port of Hamburg", "Europe/Berlin"),
}
COUNTRY_ROOMS = {"ghana": "GH", "netherlands": "NL", "belgium": "BE", "germany": "DE"}


def _preset_rooms() -> Iterator[tuple[str, set[str], BindingKind, str]]:
    for name, country in COUNTRY_ROOMS.items():
        people = {person for person in PEOPLE if person.startswith(name)} | {"coordinator"}
        yield name, people, BindingKind.COUNTRY, country
    yield "network", set(PEOPLE), BindingKind.NETWORK, ""
    yield "coordination", {"coordinator"}, BindingKind.COORDINATION, ""


_idle: list[Database] = []
_copy_folder = tempfile.TemporaryDirectory(prefix="sesn-tests-")
_copy = Path(_copy_folder.name) / "preset.db"


class Network:
    """The bot's pipeline with a preset roster and rooms, and a clock that the test sets."""

    def __init__(self, database: Database, config: Config, registry: Registry | None = None) -> None:
        self.now = START
        self.gateway = FakeGateway()
        self.database = database
        self._config, self._registry = config, registry
        self.restart()
        self._names: dict[str, RoomId] = {}
        self._batches = 0
        self._is_paused = False

    def restart(self) -> None:
        """Let the bot start anew: of what went before it knows what stands in the database."""
        self.machinery = Machinery(
            self.database, self.gateway, self._config, now=lambda: self.now, registry=self._registry
        )

    @classmethod
    @asynccontextmanager
    async def open(
        cls, *, url: str = IN_MEMORY, is_preset: bool = False, **settings: Mapping[str, Any]
    ) -> AsyncGenerator[Self]:
        """Open a network; `settings` are sections of the configuration, such as alerts={...}.

        The database of `url` is empty, or holds the roster and the bindings already (`is_preset`).
        """
        models.load()
        config = Config.read(
            {
                "matrix": {"homeserver": "http://test", "user_id": BOT},
                "network": {"name": "Seaport Environmental Security Network", "coordinators": ["@coordinator:test"]},
                **settings,
            },
            registry := discover(),
        )
        # An engine that compiled its statements once is used again: closed, it has forgotten its database in memory.
        idle = _idle if url == IN_MEMORY else []
        database = Database(idle.pop().engine) if idle else Database.open(url)
        net = cls(database, config, registry)
        try:
            if is_preset:
                pass
            elif url != IN_MEMORY:
                await net._create()
            elif not _copy.exists():
                await net._create()
                net._keep_copy()
            else:
                net._restore_copy()
            net._furnish()
            yield net
        finally:
            await database.close()
            if url == IN_MEMORY:
                _idle.append(database)

    async def _create(self) -> None:
        """Make the tables, the roster and the bindings."""
        async with self.database.connection() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with self.transaction() as tx:
            for name, (role, nation, kind, full_name, authority, zone) in PEOPLE.items():
                member = Member(
                    user_id=self.person(name),
                    name=full_name,
                    authority=authority,
                    kind=kind,
                    country=CountryCode(nation) if nation else None,
                    role=role,
                    language="en",
                    zone=zone,
                    added_by=BOT,
                    added_at=START,
                )
                await Members(tx).save(member)
            for name, _people, binding, value in _preset_rooms():
                await Rooms(tx).bind(
                    Binding(room_id=RoomId(f"!{name}:test"), kind=binding, value=value, bound_by=BOT, bound_at=START)
                )

    def _keep_copy(self) -> None:
        """Keep what was created: a copy of it is ten times as fast as making it anew for each test."""
        with self._driver() as driver, closing(sqlite3.connect(_copy)) as copy:
            driver.backup(copy)

    def _restore_copy(self) -> None:
        with self._driver() as driver, closing(sqlite3.connect(_copy)) as copy:
            copy.backup(driver)

    @contextmanager
    def _driver(self) -> Generator[sqlite3.Connection]:
        engine = self.database.engine
        assert isinstance(engine, Engine)
        with engine.connect() as connection:
            driver = connection.connection.driver_connection
            assert isinstance(driver, sqlite3.Connection)
            yield driver

    def _furnish(self) -> None:
        """Put the persons into their rooms."""
        for name, people, _kind, _value in _preset_rooms():
            self._place(name, people, encrypted=True)

    def _place(self, name: str, people: set[str], *, encrypted: bool) -> RoomId:
        room_id = RoomId(f"!{name}:test")
        joined = {self.person(person) for person in people}
        self.gateway.rooms[room_id] = FakeRoom(room_id, joined, name.capitalize(), encrypted)
        self._names[name] = room_id
        return room_id

    async def add_room(
        self, name: str, people: set[str], bindings: Sequence[tuple[BindingKind, str]] = (), *, encrypted: bool = True
    ) -> RoomId:
        """Make a room with these persons, bound as said."""
        room_id = self._place(name, people, encrypted=encrypted)
        async with self.transaction() as tx:
            for kind, value in bindings:
                await Rooms(tx).bind(Binding(room_id=room_id, kind=kind, value=value, bound_by=BOT, bound_at=self.now))
        return room_id

    def person(self, name: str) -> UserId:
        return UserId(f"@{name}:test")

    def room(self, name: str) -> RoomId:
        return self._names[name]

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Transaction]:
        async with self.database.transaction() as tx:
            yield tx

    async def direct(self, name: str) -> RoomId:
        """Return the direct chat of a person with the bot, made when there is none."""
        found = await self.gateway.direct_room(self.person(name))
        if found is None:
            found = RoomId(f"!direct-{name}:test")
            self.gateway.rooms[found] = FakeRoom(found, {self.person(name)})
        return found

    async def say(
        self,
        text: str,
        *,
        as_: str = "ghana",
        room: str | None = None,
        thread: EventId | None = None,
        reply_to: EventId | None = None,
        trust: Trust = Trust.SIGNED,
        sent_at: datetime | None = None,
        mentioned: bool = False,
        event_id: EventId | None = None,
        file: Mapping[str, Any] | None = None,
    ) -> Reply:
        """Say something in a room (without one: in the direct chat) and return what the bot answers there.

        With `file`, the content of a message that carries one, the text is what stands beside it.
        """
        room_id = self._names[room] if room is not None else await self.direct(as_)
        facts = self.gateway.rooms[room_id]
        event_id = event_id or self.gateway.event_id()
        message = Message(
            event_id=event_id,
            room_id=room_id,
            sender=self.person(as_),
            sent_at=sent_at or self.now,
            body=text,
            trust=trust if facts.encrypted else Trust.CLEAR,
            device_id=DeviceId("PHONE"),
            room_encrypted=facts.encrypted,
            direct=room is None,
            mentioned=mentioned,
            thread_root=thread,
            reply_to=reply_to,
            file=self.gateway.incoming.carried(file, event_id) if file is not None else None,
        )
        before = {one.event_id for one in facts.heard}
        await self.receive(message)
        return Reply(message.event_id, tuple(one for one in facts.heard if one.event_id not in before))

    def uploaded(self, data: bytes, *, name: str, mimetype: str) -> dict[str, Any]:
        """Upload a file as a member's client does, and return the content of its message."""
        file = self.gateway.media.put(data).content()
        info = {"mimetype": mimetype, "size": len(data)}
        return {"msgtype": "m.file", "body": name, "filename": name, "file": file, "info": info}

    async def receive(self, *events: Any) -> None:
        """Offer events as one sync answer, handle them and send what follows."""
        self._batches += 1
        await self.machinery.journal(SyncBatch(f"s{self._batches}", events))
        await self.settle()

    async def settle(self) -> None:
        """Handle, fire and send until nothing is left to do now."""
        parts = self.machinery

        async def work() -> bool:
            return (
                await parts.dispatcher.handle_next()
                or (not self._is_paused and await parts.clock.fire_next())
                or await parts.fetcher.fetch_next()
            )

        left = True
        while left:
            while await work():
                pass
            await parts.sender.drain()
            left = await work()

    @contextmanager
    def paused(self) -> Iterator[Self]:
        """Let no clock fire by itself until the block is left."""
        self._is_paused = True
        try:
            yield self
        finally:
            self._is_paused = False

    async def forward(self, by: timedelta) -> None:
        """Let time pass: every clock fires at the moment when it is due, in order."""
        end = self.now + by
        while True:
            async with self.transaction() as tx:
                due = await Timers(tx).next_due()
            if due is None or due > end:
                break
            self.now = max(self.now, due)
            await self.settle()
        self.now = end
        await self.settle()

    async def clocks(self, kind: str) -> Sequence[Timer]:
        """Return the clocks of a kind that have still to fire."""
        async with self.transaction() as tx:
            wanted = select(Timer).where(Timer.kind == kind, Timer.state == TimerState.PENDING)
            return (await tx.session.scalars(wanted)).all()

    def heard(self, room: str) -> list[Heard]:
        """Return all that the bot said in a room, edits included."""
        return list(self.gateway.rooms[self._names[room]].heard)

    async def heard_by(self, name: str) -> list[Heard]:
        """Return all that the bot said in the direct chat of a person."""
        return list(self.gateway.rooms[await self.direct(name)].heard)

    def clear_heard(self) -> None:
        for room in self.gateway.rooms.values():
            room.heard.clear()

    def redacted(self, room: str) -> list[Heard]:
        """Return what the bot said in a room and took away again, edits included."""
        return list(self.gateway.rooms[self._names[room]].redacted)

    def is_redacted(self, room: str, event_id: EventId) -> bool:
        return any(one.event_id == event_id for one in self.redacted(room))

    def latest(self, room: str, event_id: EventId) -> str:
        """Return the text of a message after its edits."""
        return [heard.body for heard in self.heard(room) if event_id in {heard.event_id, heard.replaces}][-1]

    def fail_room(self, room: str, error: MatrixError | None) -> None:
        """Let every send to the room fail (None: work again)."""
        self.gateway.rooms[self._names[room]].failure = error
