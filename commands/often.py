"""What somebody can set off again and again: the first few times of a day are told at once, the others counted.

How often, and of whom, is a clock of its own (`timer`): when it fires, whoever asked for it sums up what was not told.
One person's flood so takes nothing from what is told of another.
"""

from datetime import datetime, timedelta

from commands.base import Context
from storage.timers import Timer, Timers

AT_ONCE = 3
"""How often within a day the same is told at once."""
WITHIN = timedelta(days=1)


async def is_told(timer: str, subject: str, context: Context, *, at_once: int = AT_ONCE) -> bool:
    """Say whether what has happened again is told now; what is not is counted for the clock of this kind."""
    clock = await _clock(timer, subject, context)
    if clock is None:
        await context.timers().schedule(timer, subject, context.now + WITHIN, _window(context.now))
        return True
    told, untold = int(clock.payload["told"]), int(clock.payload["untold"])
    now_told = told < at_once
    clock.payload = {**clock.payload, "told": told + now_told, "untold": untold + (not now_told)}
    return now_told


async def untold(timer: str, subject: str, context: Context) -> bool:
    """Say whether something of this is still to be summed up."""
    clock = await _clock(timer, subject, context)
    return clock is not None and int(clock.payload["untold"]) > 0


async def sum_up(clock: Timer, context: Context) -> tuple[int, datetime]:
    """Return how often something was not told, and since when; what comes next is told as after a first time."""
    count, since = int(clock.payload["untold"]), datetime.fromisoformat(clock.payload["since"])
    if count:
        await context.timers().schedule(clock.kind, clock.subject, context.now + WITHIN, _window(context.now))
    return count, since


async def _clock(timer: str, subject: str, context: Context) -> Timer | None:
    return next((one for one in await Timers(context.tx).pending(subject) if one.kind == timer), None)


def _window(now: datetime) -> dict[str, int | str]:
    return {"told": 1, "untold": 0, "since": now.isoformat()}
