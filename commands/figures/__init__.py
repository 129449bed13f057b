"""Figures: what was raised, what came of it, how long it took, who owes feedback."""

import asyncio
from datetime import timedelta
from typing import Annotated

from commands.arguments import Country, Option
from commands.base import Args, Capability, Context, Post, Role
from commands.document import Code, Doc, Moment, Strong, _, doc
from commands.figures.counting import Figures, count
from commands.figures.drawing import chart
from commands.figures.period import Period, TimeSpan, days_before, in_utc
from commands.figures.words import figures_words, heading
from commands.files import MadeFile
from commands.visibility import may_see
from storage.figures import Counted, CountedAlert
from storage.ids import CountryCode

__all__ = ["capability"]

capability = Capability("figures", _("Figures of the alerts"))

USUAL_DAYS = 30
"""The period when none is given."""

_AT_ONCE = timedelta(days=31)


class Stats(Args):
    country: Annotated[CountryCode | None, Country(), Option()] = None
    period: Annotated[TimeSpan | None, Period(), Option()] = None
    chart: Annotated[bool, Option()] = False


@capability.command(
    "alert stats",
    role=Role.OFFICIAL,
    reads=True,
    summary=_("Figures: raised, acknowledged, confirmed, outcomes, quantities, times"),
    examples=["alert stats", "alert stats country=GH period=2026", "alert stats period=2026-Q3 chart=yes"],
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
    if args.chart and figures.raised:
        await _post_chart(await asyncio.to_thread(chart, figures, span, args.country), context)
    return title + figures_words(figures).quietly() + doc(small, notice=True)


async def _post_chart(made: MadeFile, context: Context) -> None:
    reply_to = None if context.thread_root else context.source
    await context.post(Post(room=context.room.id, file=made, thread_root=context.thread_root, reply_to=reply_to))


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
