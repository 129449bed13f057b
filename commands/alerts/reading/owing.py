"""What countries owe: acknowledgements, findings, answers, take-backs."""

from collections.abc import Sequence
from typing import Annotated

from commands.alerts.declaration import capability
from commands.alerts.pursuing.requests import open_here
from commands.alerts.showing.cards import zone_of
from commands.alerts.showing.words import days_words
from commands.alerts.typed import SHORT
from commands.arguments import Country, Option
from commands.base import Args, Context, Role
from commands.document import Block, Code, CountryName, Doc, Inline, Message, Moment, Strong, Text, _, bullets, doc
from commands.visibility import shown_here
from storage.alerts import Outline, Outlines, days_left
from storage.ids import CountryCode

_LOOKED_AT = 200
_SHOWN = 40


class Owed(Args):
    country: Annotated[CountryCode | None, Country(), SHORT, Option()] = None


@capability.command(
    "alert owed",
    role=Role.MEMBER,
    reads=True,
    summary=_("Show which countries owe feedback on alerts"),
    examples=["alert owed", "alert owed country=NL"],
)
async def owed(args: Owed, context: Context) -> Doc:
    """List acknowledgements, findings, answers and take-backs that are owed, of alerts that may be shown here."""
    lines: list[tuple[bool, CountryCode, Inline]] = []
    for alert in await Outlines(context.tx).owing(country=args.country, limit=_LOOKED_AT):
        if shown_here(alert, context):
            lines += _owed_on(alert, args.country, context)
    for alert, one in await open_here(args.country, context):
        zone = context.zone if context.room.direct else zone_of(context.room.bindings)
        late = one.is_overdue(context.now)
        words = _(
            "{country}, {alert}: to answer {request} by {due}",
            country=CountryName(one.country), alert=_number(alert), request=Text(one.name),
            due=Moment(one.due_at, zone),
        )  # fmt: skip
        lines.append((late, one.country, words))
    if not lines:
        return doc(_("No country owes feedback on an alert that I may show here."), notice=True)
    lines.sort(key=lambda line: (not line[0], line[1]))
    shown = [_("OVERDUE: {what}", what=what) if late else what for late, _country, what in lines[:_SHOWN]]
    blocks: list[Message | Block] = [_("Feedback that is owed:"), bullets(shown)]
    if len(lines) > _SHOWN:
        narrow = Code(f"{context.prefix}alert owed country=GH")
        blocks.append(_("And more. Narrow it down: {narrow}", narrow=narrow))
    return doc(*blocks, notice=True)


def _number(alert: Outline) -> Inline:
    number = Strong(Text(alert.number))
    return _("EXERCISE {number}", number=number) if alert.is_exercise else number


def _owed_on(alert: Outline, only: CountryCode | None, context: Context) -> Sequence[tuple[bool, CountryCode, Inline]]:
    zone = context.zone if context.room.direct else zone_of(context.room.bindings)
    found: list[tuple[bool, CountryCode, Inline]] = []
    for entry in alert.parts:
        if only is not None and entry.country != only:
            continue
        places: dict[str, Inline] = {"country": CountryName(entry.country), "alert": _number(alert)}
        if entry.acknowledged_at is None:
            by = entry.acknowledge_by
            late = by is not None and by < context.now
            words: Message = _("{country}, {alert}: to acknowledge", **places)
            if by is not None:
                words = _("{country}, {alert}: to acknowledge by {by}", **places, by=Moment(by, zone))
            found.append((late, entry.country, words))
        elif entry.has_control and entry.finding is None:
            found.append((False, entry.country, _("{country}, {alert}: to say what it found", **places)))
        if alert.take_back_runs and alert.take_back_by is not None and "origin" in entry.reasons:
            days = days_left(alert.take_back_by, context.now)
            words = _("{country}, {alert}: to take back, {days}", **places, days=days_words(days))
            found.append((days <= 0, entry.country, words))
    return found
