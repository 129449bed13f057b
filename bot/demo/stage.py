"""Sets the stage for the tour: a homeserver, accounts, the bot, members' clients, and rooms with who belongs in them.

What the tour needs of its own countries is said by the coordinator in the bot's real commands. The contacts and
profiles of the other countries of the sample network are written to the database before the bot starts: typing them
would take a minute and show nothing new.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from bot.app import open_database
from bot.config import Config
from bot.demo.hearing import Heard, Mark, Wanted
from bot.demo.homeserver import Homeserver
from bot.demo.member import MemberClient
from bot.demo.process import BotProcess, write_config
from bot.demo.sample import SampleContact, SampleNetwork, SamplePerson, load_sample
from storage.base import Transaction
from storage.contacts import Contact, Contacts
from storage.ids import CountryCode, Locode, UserId
from storage.members import Member, Role
from storage.profiles import Profiles

BOT = "sesn"
COUNTRIES = ("GH", "NL", "BE")
"""The countries whose people take part."""
SPEAKERS = ("coordinator", "ghana", "netherlands", "belgium")
"""Members with a client of their own from the start; the others' accounts no client has used."""
STRANGER = "stranger"
NETWORK_ROOM = "Seaport Environmental Security Network"
COORDINATION_ROOM = "Coordination"
ACKNOWLEDGE_WITHIN = 8
"""Seconds after which a country that has not acknowledged is reminded; thirty minutes in earnest."""

Progress = Callable[[str], AbstractContextManager[object]]
"""Told what is begun; the context is left when it is done."""


def silent(_what: str) -> AbstractContextManager[object]:
    """A `Progress` that says nothing."""
    return nullcontext()


@dataclass
class Stage:
    """The network as it stands when the curtain rises. Made by `open`; use it only inside its `async with`."""

    server: Homeserver
    bot: BotProcess
    sample: SampleNetwork
    password: str
    """Of the accounts that no client has used."""
    folder: Path
    members: dict[str, MemberClient] = field(default_factory=dict)
    """Clients by localpart: SPEAKERS and the STRANGER."""
    rooms: dict[str, str] = field(default_factory=dict)
    """Room ids by name; the coordinator's direct chat with the bot is "direct"."""

    @classmethod
    @asynccontextmanager
    async def open(
        cls, folder: Path, *, port: int | None = None, progress: Progress = silent
    ) -> AsyncIterator["Stage"]:
        """Set everything up in `folder`, an existing empty one, and take it down when the block is left.

        `port` is a wish for the homeserver; `server.port` is what it got.

        Raises:
            HomeserverFailed, BotFailed: one of them did not start.
            MatrixError: the homeserver refused something.
            AssertionError: the bot did not answer a command as it should.
        """
        sample = load_sample()
        async with AsyncExitStack() as stack:
            with progress("starting a homeserver on loopback"):
                server = await stack.enter_async_context(Homeserver.start(folder / "homeserver", port=port))
            password, hidden = f"demo-{secrets.token_hex(4)}", secrets.token_urlsafe(24)
            people = [person for person in sample.people if person.country in {*COUNTRIES, None}]
            with progress(f"making accounts for {len(people)} members, a stranger and the bot"):
                names = {person.localpart: password for person in people}
                names |= dict.fromkeys((*SPEAKERS, STRANGER, BOT), hidden)
                shown = {person.localpart: person.name for person in people}
                await asyncio.gather(
                    *(server.register(name, given, display_name=shown.get(name)) for name, given in names.items())
                )
            config = write_config(
                folder,
                homeserver=server.url,
                user_id=server.user_id(BOT),
                password=hidden,
                coordinator=server.user_id(sample.coordinator.localpart),
                acknowledge_within=f"{ACKNOWLEDGE_WITHIN}s",
            )
            with progress("writing contacts and profiles of nine more countries into the bot's database"):
                await _prefill(config, sample, server)
            with progress("starting the bot as a process of its own"):
                bot = await stack.enter_async_context(BotProcess.start(config))
            stage = cls(server, bot, sample, password, folder)
            with progress("opening encrypted, cross-signed clients of four members and a stranger"):
                opened = (stage._client(stack, name, hidden) for name in (*SPEAKERS, STRANGER))
                await asyncio.gather(*opened)
            with progress("the coordinator meets the bot in a direct chat"):
                await stage._meet()
            with progress("the coordinator puts people, contacts and profiles on record, by command"):
                await stage._enter_records()
            with progress("the coordinator lets the bot make the rooms, by command; members join"):
                await stage._make_rooms()
            yield stage

    @property
    def bot_id(self) -> str:
        return self.server.user_id(BOT)

    @property
    def unused(self) -> Sequence[SamplePerson]:
        """Those on the roster whose accounts no client has used yet."""
        people = (person for person in self.sample.people if person.country in {*COUNTRIES, None})
        return [person for person in people if person.localpart not in SPEAKERS]

    def name_of(self, user_id: str) -> str:
        """Return a person's name, as the sample network has it."""
        names = {self.server.user_id(person.localpart): person.name for person in self.sample.people}
        names |= {self.bot_id: "SESN", self.server.user_id(STRANGER): "a stranger"}
        return names.get(user_id, user_id)

    def room_of(self, country: str) -> str:
        """Return the id of a country's room."""
        return self.rooms[self.sample.country(country).name]

    async def asks(
        self, who: str, room: str, text: str, wanted: Wanted = "", *, thread: str | None = None, within: float = 20.0
    ) -> Heard:
        """Let a member say something in a room and return the bot's answer to just that message.

        Raises:
            AssertionError: no such answer came within so many seconds; the message says what did.
            BotFailed: because the bot has ended.
        """
        client, room_id = self.members[who], self.rooms[room]
        mark = client.mark()
        event_id = await client.say(room_id, text, thread=thread)
        return await self.answered(who, room_id, event_id, wanted, since=mark, within=within)

    async def answered(
        self, who: str, room_id: str, event_id: str, wanted: Wanted, *, since: Mark, within: float = 20.0
    ) -> Heard:
        """Wait for the bot's answer to a message: a reply to it, or a message in the thread it began."""

        def is_answer(one: Heard) -> bool:
            return event_id in {one.reply_to, one.thread_root} and _fits(one, wanted)

        try:
            return await self.members[who].hears(room_id, is_answer, within=within, since=since, by=self.bot_id)
        except AssertionError:
            self.bot.check()
            raise

    async def _client(self, stack: AsyncExitStack, name: str, password: str) -> None:
        opening = MemberClient.open(
            self.server.url,
            self.server.user_id(name),
            password,
            strict=True,
            auto_join=name != STRANGER,
            device_name=f"the demo's client of {name}",
        )
        self.members[name] = await stack.enter_async_context(opening)

    async def _meet(self) -> None:
        coordinator = self.members["coordinator"]
        direct = await coordinator.dm(self.bot_id)
        self.rooms["direct"] = direct
        await self._sees("coordinator", direct, {self.bot_id})
        person = self.sample.coordinator
        words = (
            f'!member set {coordinator.user_id} name="{person.name}" authority="{person.authority}" tz={person.zone}'
        )
        await self.asks("coordinator", "direct", words, person.name)

    async def _enter_records(self) -> None:
        own = self.sample.coordinator.localpart
        people = [person for person in self.sample.people if person.country in {*COUNTRIES, None}]
        countries = [self.sample.country(code) for code in COUNTRIES]
        orders = [(self._member_add(person), "is on the roster.") for person in people if person.localpart != own]
        for country in countries:
            orders += [(self._contact_add(contact), "is in the directory.") for contact in country.contacts]
            orders += [
                (f"!profile set {country.country} section={section} {text}", "has a section now")
                for section, text in country.profile.items()
            ]
        await self._all(orders)

    async def _all(self, orders: Iterable[tuple[str, str]]) -> None:
        """Let the coordinator give all these commands and wait until each is answered as expected."""
        coordinator, direct = self.members["coordinator"], self.rooms["direct"]
        mark = coordinator.mark()
        given = [(await coordinator.say(direct, text), expected) for text, expected in orders]
        for event_id, expected in given:
            await self.answered("coordinator", direct, event_id, expected, since=mark)

    async def _make_rooms(self) -> None:
        names = {f"country={code}": self.sample.country(code).name for code in COUNTRIES}
        names |= {"network": NETWORK_ROOM, "coordination": COORDINATION_ROOM}
        await self._all([(f"!room create {what}", "is made; ") for what in names])
        wanted = {name: {"coordinator"} for name in names.values()}
        for code, speaker in zip(COUNTRIES, SPEAKERS[1:], strict=True):
            wanted[self.sample.country(code).name].add(speaker)
        wanted[NETWORK_ROOM] |= set(SPEAKERS)
        for name, people in wanted.items():
            for person in people:
                self.rooms[name] = await self.members[person].enters_named(name)
        await asyncio.gather(*(self._all_there(name, people) for name, people in wanted.items()))

    async def _all_there(self, name: str, people: set[str]) -> None:
        """Wait until everybody knows that everybody is in the room, and the bot has greeted it."""
        ids = {self.server.user_id(person) for person in people}
        room_id = self.rooms[name]
        for person in people:
            await self._sees(person, room_id, ids)
        first = [self.members[person].hears(room_id, "I am the bot of the", by=self.bot_id) for person in people]
        done, waiting = await asyncio.wait(
            [asyncio.ensure_future(one) for one in first], return_when=asyncio.FIRST_COMPLETED
        )
        for task in waiting:
            task.cancel()
        for task in done:
            task.result()

    async def _sees(self, who: str, room_id: str, people: set[str]) -> None:
        """Wait until a member's client knows that all of these have joined a room."""
        client = self.members[who]

        def there() -> set[str]:
            return {user for user, known in client.client.rooms[room_id].users.items() if not known.invited}

        def missing() -> str:
            return f"{', '.join(sorted(people - there()))} did not join {room_id} within 20 s, as {who} sees it"

        await client.hearing.until(lambda: people <= there(), 20.0, missing)

    def _member_add(self, person: SamplePerson) -> str:
        country = f" country={person.country}" if person.country else ""
        return (
            f"!member add {person.user_id(self.server.server_name)} role={person.role}{country}"
            f' authority="{person.authority}" kind={person.kind} name="{person.name}" tz={person.zone}'
        )

    def _contact_add(self, contact: SampleContact) -> str:
        options = {
            "name": f'"{contact.name}"',
            "role": f'"{contact.role}"',
            "authority": f'"{contact.authority}"',
            "phone": f'"{contact.phone}"',
            "email": contact.email,
            "languages": ",".join(contact.languages),
            "tz": contact.zone,
            "hours": f'"{contact.hours}"' if contact.hours else None,
            "port": contact.port,
            "member": self.server.user_id(contact.member) if contact.member else None,
            "duty": "yes" if contact.on_duty else None,
        }
        written = " ".join(f"{key}={value}" for key, value in options.items() if value is not None)
        return f"!contact add country={contact.country} kind={contact.kind} {written}"


def _fits(one: Heard, wanted: Wanted) -> bool:
    if isinstance(wanted, str):
        return wanted in one.body
    return wanted(one) if callable(wanted) else wanted.search(one.body) is not None


async def _prefill(config: Path, sample: SampleNetwork, server: Homeserver) -> None:
    """Write contacts and profiles of the countries that do not take part, as the coordinator's."""
    now = datetime.now(UTC)
    person = sample.coordinator
    by = Member(
        user_id=UserId(server.user_id(person.localpart)),
        name=person.name,
        authority=person.authority,
        kind=person.kind,
        country=None,
        role=Role.COORDINATOR,
        zone=person.zone,
        added_by=UserId(server.user_id(BOT)),
        added_at=now,
    )
    database = await open_database(Config.load(config))
    try:
        async with database.transaction() as tx:
            for country in sample.countries:
                if country.country not in COUNTRIES:
                    for contact in country.contacts:
                        await _add_contact(contact, by, now, tx)
                    for section, text in country.profile.items():
                        await Profiles(tx).write(CountryCode(country.country), section, text, by, now)
    finally:
        await database.close()


async def _add_contact(contact: SampleContact, by: Member, now: datetime, tx: Transaction) -> None:
    row = Contact(
        country=CountryCode(contact.country),
        kind=contact.kind,
        name=contact.name,
        role=contact.role,
        authority=contact.authority,
        phone="".join(contact.phone.split()),
        email=contact.email,
        languages=list(contact.languages),
        zone=contact.zone,
        hours=contact.hours,
        port=Locode(contact.port) if contact.port else None,
        member=None,
        on_duty=contact.on_duty,
        added_by=by.user_id,
        added_at=now,
        confirmed_by=by.user_id,
        confirmed_at=now,
    )
    await Contacts(tx).add(row, by, now)
