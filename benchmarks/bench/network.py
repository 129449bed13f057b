"""The bot with a network around it: many encrypted rooms, all members on the roster, each room bound to a country."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.bench.bot import Bot
from benchmarks.bench.fleet import Fleet, Room, fleet, say
from benchmarks.bench.homeserver import homeserver
from benchmarks.bench.member import Account, Member
from benchmarks.bench.traffic import Traffic
from bot.demo.homeserver import Homeserver
from bot.matrix.http import path_of
from storage.base import Transaction
from storage.ids import CountryCode, DeviceId, RoomId, UserId
from storage.members import AuthorityKind, Members, Role
from storage.members import Member as OnRoster
from storage.reference.countries import countries
from storage.rooms import Binding, BindingKind, Rooms


@dataclass(frozen=True)
class Network:
    """What a benchmark works with. The bot has been started once and stopped."""

    server: Homeserver
    crew: Fleet
    traffic: Traffic
    bot: Bot
    account: Account
    """The bot's account by a token that is not the bot's, on a device without keys."""
    rooms: tuple[Room, ...]
    coordination: Room

    @property
    def coordinator(self) -> Member:
        return self.coordination.members[0]

    async def device_id(self) -> DeviceId:
        """Return the bot's own device."""
        told = await self.account.request("GET", path_of("devices"))
        (device,) = {one["device_id"] for one in told["devices"]} - {self.account.device_id}
        return DeviceId(device)


@asynccontextmanager
async def network(folder: Path, rooms: int, members: int) -> AsyncIterator[Network]:
    """Set everything up: a homeserver, `rooms` rooms of `members` members each, a coordination room, the bot."""
    async with AsyncExitStack() as stack:
        say("starting Synapse on PostgreSQL")
        server = await stack.enter_async_context(homeserver(folder / "homeserver"))
        crew = await stack.enter_async_context(fleet(server))
        account = await crew.account("sesn")
        made = await crew.rooms(account, "m", rooms, members)
        (coordination,) = await crew.rooms(account, "c", 1, 2)
        traffic = await stack.enter_async_context(Traffic.watch(server.port))
        coordinators = [member.user_id for member in coordination.members]
        bot = await stack.enter_async_context(Bot.prepared(folder / "bot", traffic, account.user_id, coordinators))
        say("first start of the bot")
        await bot.start(within=300)
        await traffic.settle()
        await bot.stop()
        async with bot.database() as database, database.transaction() as tx:
            await _enrol(tx, made, coordination, UserId(account.user_id))
        yield Network(server, crew, traffic, bot, account, tuple(made), coordination)


async def _enrol(tx: Transaction, rooms: list[Room], coordination: Room, by: UserId) -> None:
    """Put every member on the roster, and bind each room to a country and the last one to the coordinators."""
    now = datetime.now(UTC)
    known = [country.code for country in countries()]
    for index, room in enumerate(rooms):
        country = CountryCode(known[index % len(known)])
        await Rooms(tx).bind(_binding(room, BindingKind.COUNTRY, country, by, now))
        for member in room.members:
            record = OnRoster(
                user_id=UserId(member.user_id),
                name=member.user_id[1:].partition(":")[0],
                authority="Environment agency",
                kind=AuthorityKind.ENVIRONMENT,
                country=country,
                role=Role.MEMBER,
                language="en",
                zone="UTC",
                added_by=by,
                added_at=now,
            )
            await Members(tx).save(record)
    await Rooms(tx).bind(_binding(coordination, BindingKind.COORDINATION, "", by, now))


def _binding(room: Room, kind: BindingKind, value: str, by: UserId, now: datetime) -> Binding:
    return Binding(room_id=RoomId(room.room_id), kind=kind, value=value, bound_by=by, bound_at=now)
