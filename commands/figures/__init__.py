"""Figures: what was raised, what came of it, how long it took, who owes feedback."""

import asyncio
from datetime import timedelta
from typing import Annotated

from commands.arguments import Country, Option
from commands.base import Args, Capability, Context, Role
from commands.document import Code, Doc, Moment, Strong, _, doc
from commands.figures.counting import Figures, count
from commands.figures.drawing import NothingToShow, chart
from commands.figures.period import Period, TimeSpan, days_before, in_utc
from commands.figures.words import figures_words, heading
from commands.files import MadeFile
from commands.visibility import may_see
from storage.figures import Counted, CountedAlert
from storage.ids import CountryCode

__all__ = ["NothingToShow", "capability", "charted"]

capability = Capability("figures", _("Figures of the alerts"))

USUAL_DAYS = 30
"""The period when none is given."""

_AT_ONCE = timedelta(days=31)


class Stats(Args):
    country: Annotated[CountryCode | None, Country(), Option()] = None
    period: Annotated[TimeSpan | None, Period(), Option()] = None


@capability.command(
    "alert stats",
    role=Role.OFFICIAL,
    reads=True,
    summary=_("Figures: raised, acknowledged, confirmed, outcomes, quantities, times"),
    examples=["alert stats", "alert stats country=GH period=2026", "alert stats period=2026-Q3"],
)
async def stats(args: Stats, context: Context) -> Doc:
    """Count the alerts of a period that this member may see in this room; no other leaves a trace in any number."""
    span = args.period or days_before(context.now, USUAL_DAYS, context.zone)
    figures = await gather(span, args.country, context)
    title = doc(Strong(heading(span, args.country)), notice=True)
    other = Code(f"{context.prefix}alert stats period=2026 country=GH")
    small = _(
        "As of {when}. Exercises are not counted. Another period or country: {example}",
        when=Moment(context.now, context.zone),
        example=other,
    )
    if not figures.raised and not figures.withdrawn and not figures.merged:
        return title + doc(_("None."), small, notice=True)
    return title + figures_words(figures).quietly() + doc(small, notice=True)


async def charted(span: TimeSpan, country: CountryCode | None, context: Context) -> MadeFile:
    """Draw the figures of what may be seen here; the chart is for this room alone. Raises NothingToShow."""
    figures = await gather(span, country, context)
    return await asyncio.to_thread(chart, figures, span, country)


async def gather(span: TimeSpan, country: CountryCode | None, context: Context) -> Figures:
    """Return the figures of what may be seen here. Read a month at a time: only what is counted is kept."""
    since, until = in_utc(span)
    seen: list[CountedAlert] = []
    while since < until:
        end = min(since + _AT_ONCE, until)
        found = await Counted(context.tx).circulated(since, end, country=country)
        seen += [alert for alert in found if may_see(alert, context.member, context.room)]
        since = end
    return count(seen, context.now, country=country)
