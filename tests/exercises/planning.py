"""Planning exercises, and looking at what was said of them, as tests about them do again and again."""

from datetime import datetime

from storage.exercises import Exercise, Exercises
from storage.timers import Timers
from tests.fakes import Heard, Network, Reply

IN_TEN_DAYS = 'start="2026-12-03 09:00" end="2026-12-05 17:00" tz=UTC'
ROOMS = ("ghana", "netherlands", "belgium", "germany", "network", "coordination")


async def planned(net: Network, times: str = IN_TEN_DAYS, countries: str = "GH,NL,BE") -> Reply:
    return await net.say(f'exercise new title="Clean Quay" {times} countries={countries}', as_="coordinator")


async def known(net: Network, number: str = "1") -> Exercise:
    async with net.transaction() as tx:
        found = await Exercises(tx).find(number, net.now)
        assert found is not None
        return found


async def timers(net: Network) -> dict[str, datetime]:
    async with net.transaction() as tx:
        pending = await Timers(tx).pending(f"exercise:{(await Exercises(tx).coming(net.now))[0].id}")
        return {timer.kind: timer.due_at for timer in pending}


def reminders(net: Network, room: str) -> list[Heard]:
    return [heard for heard in net.heard(room) if heard.body.startswith("Reminder")]
