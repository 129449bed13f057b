"""What countries owe: acknowledgements, findings, answers, take-backs."""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum, auto
from typing import Annotated, NamedTuple
from zoneinfo import ZoneInfo

from commands.alerts.declaration import KIND, capability
from commands.alerts.pursuing.requests import open_here
from commands.alerts.showing.cards import zone_of
from commands.alerts.showing.words import days_words
from commands.alerts.typed import SHORT
from commands.arguments import Country, Option
from commands.base import Args, Context, Role, Subject
from commands.document import Block, Code, CountryName, Doc, Inline, Message, Moment, Strong, Text, _, bullets, doc
from commands.visibility import may_see
from storage.alerts import Outline, Outlines, days_left
from storage.ids import CountryCode
from storage.rooms import Rooms

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
    debts = [*await _debts(args.country, context), *await _answers(args.country, context)]
    untold = await _without_room(args.country, context)
    if not debts:
        return doc(_("No country owes feedback on an alert that I may show here."), *untold)
    debts.sort(key=lambda debt: (not debt.is_late, debt.country))
    shown = debts[:_SHOWN]
    context.names(*(Subject(KIND, debt.alert.id) for debt in shown))
    zone = context.zone if context.room.direct else zone_of(context.room.bindings)
    blocks: list[Message | Block] = [
        _("Feedback that is owed:"), bullets(_line(debt, zone, context.now) for debt in shown), *untold,
    ]  # fmt: skip
    if len(debts) > _SHOWN:
        narrow = Code(f"{context.prefix}alert owed country=GH")
        blocks.append(_("And more. Narrow it down: {narrow}", narrow=narrow))
    return doc(*blocks)


async def _without_room(country: CountryCode | None, context: Context) -> Sequence[Message]:
    """Say of the country that is asked about that it owes nothing because nobody tells it anything."""
    if country is None or await Rooms(context.tx).of_country(country):
        return ()
    create = Code(f"{context.prefix}room create country={country}")
    words = _("{country} has no room: what I could tell nobody there it does not owe. A coordinator gives it one with "
              "{create}", country=CountryName(country), create=create)  # fmt: skip
    return (words,)


class _What(Enum):
    ACKNOWLEDGEMENT = auto()
    FINDING = auto()
    ANSWER = auto()
    TAKE_BACK = auto()


class _Debt(NamedTuple):
    """One thing that a country owes. Most of them are not shown, so they are put into words late."""

    what: _What
    alert: Outline
    country: CountryCode
    due: datetime | None
    is_late: bool
    request: str = ""


async def _debts(country: CountryCode | None, context: Context) -> Sequence[_Debt]:
    """Return what the alerts themselves wait for."""
    outlines = Outlines(context.tx)
    found = await outlines.owing(country=country, limit=_LOOKED_AT)
    alerts = {alert.id: alert for alert in found if may_see(alert, context.member, context.room)}
    debts: list[_Debt] = []
    for part in await outlines.owing_parts(alerts, country=country):
        alert = alerts[part.alert_id]
        if part.owes_acknowledgement:
            due = part.acknowledge_by
            is_late = due is not None and due < context.now
            debts.append(_Debt(_What.ACKNOWLEDGEMENT, alert, part.country, due, is_late))
        elif part.owes_finding:
            debts.append(_Debt(_What.FINDING, alert, part.country, None, is_late=False))
        if part.is_origin and alert.take_back_runs and alert.take_back_by is not None:
            is_late = days_left(alert.take_back_by, context.now) <= 0
            debts.append(_Debt(_What.TAKE_BACK, alert, part.country, alert.take_back_by, is_late))
    return debts


async def _answers(country: CountryCode | None, context: Context) -> Sequence[_Debt]:
    """Return what countries were asked and have not answered, as far as they were told."""
    asked = await open_here(country, context)
    untold = await Outlines(context.tx).untold({alert.id for alert, _one in asked})
    return [
        _Debt(_What.ANSWER, alert, one.country, one.due_at, one.is_overdue(context.now), one.name)
        for alert, one in asked
        if (alert.id, one.country) not in untold
    ]


def _line(debt: _Debt, zone: ZoneInfo, now: datetime) -> Inline:
    words = _words(debt, zone, now)
    return _("OVERDUE: {what}", what=words) if debt.is_late else words


def _words(debt: _Debt, zone: ZoneInfo, now: datetime) -> Message:
    number: Inline = Strong(Text(debt.alert.number))
    if debt.alert.is_exercise:
        number = _("EXERCISE {number}", number=number)
    places: dict[str, Inline] = {"country": CountryName(debt.country), "alert": number}
    if debt.due is None:
        if debt.what is _What.FINDING:
            return _("{country}, {alert}: to say what it found", **places)
        return _("{country}, {alert}: to acknowledge", **places)
    match debt.what:
        case _What.TAKE_BACK:
            return _("{country}, {alert}: to take back, {days}", **places, days=days_words(days_left(debt.due, now)))
        case _What.ANSWER:
            return _("{country}, {alert}: to answer {request} by {due}", **places, request=Text(debt.request),
                     due=Moment(debt.due, zone))  # fmt: skip
        case _:
            return _("{country}, {alert}: to acknowledge by {by}", **places, by=Moment(debt.due, zone))
