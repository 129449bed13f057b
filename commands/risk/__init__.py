"""The risk of a shipment, as points that anybody can check: each line with its weight, its reason and its source."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from commands.arguments import About, Choice, Form, Ref, Word
from commands.base import Args, Capability, Context, Event, Refusal, Role
from commands.document import Code, Doc, Message, Moment, Strong, _, _n, bullets, doc
from commands.network import named, tell_coordination
from commands.risk.lines import MOST_POINTS, TABLE, Line
from commands.risk.profile import EarlierCase, Input, Scored, profile
from commands.shipment import Kind, Place, Shipment
from commands.visibility import ALERT, answer_about, find, shown_here
from storage.alerts import Alert, AlertState, Mark, marks_of
from storage.audit import Audit
from storage.members import Member, Members
from storage.risk import EarlierCases, RiskWeight, RiskWeights

__all__ = ["capability"]

capability = Capability("risk", _("The risk of a shipment, in points"))

_RECURRENT = (Kind.CONTAINER, Kind.VESSEL, Kind.COMPANY)
_WASTE = (Kind.BASEL, Kind.EWC, Kind.HS)
_LOOKED_AT = 20
"""Earlier cases that are looked at; of those only what may be seen here counts."""
_CHANGES = 10


class Risk(Args):
    about: Annotated[Ref, About(ALERT, ask=_("Which alert? Answer with its number."))]


@capability.command(
    "alert risk",
    role=Role.OFFICIAL,
    reads=True,
    summary=_("Show the risk of a shipment, line by line"),
    examples=["alert risk A-2026-0001", "alert risk"],
)
async def risk(args: Risk, context: Context) -> None:
    """Work out the points of an alert from its facts as they stand now."""
    alert = await find(args.about, context)
    if alert.state is AlertState.WITHDRAWN:
        raise Refusal(_("Alert {number} was withdrawn, so there is nothing to weigh.", number=alert.number))
    lines = await assess(alert, context)
    await answer_about(alert, _in_words(alert, lines, context), context)


async def assess(alert: Alert, context: Context) -> Sequence[Scored]:
    """Return every line of the profile for an alert; earlier cases count as far as they may be seen here."""
    shipment = Shipment.of(alert)
    named = {mark: fact.shown for mark, fact in marks_of(shipment.all(*_RECURRENT)).items()}
    waste = {kind.value: shipment.values(kind) for kind in _WASTE}
    cases = EarlierCases(context.tx)
    earlier = await cases.naming(alert, list(named), limit=_LOOKED_AT)
    similar = await cases.on_the_same_lane(
        alert,
        waste,
        origins=shipment.countries(Place.ORIGIN),
        destinations=shipment.countries(Place.DESTINATION),
        limit=_LOOKED_AT,
    )
    given = Input(
        shipment,
        context.now.date(),
        [_case(one, named) for one in earlier if shown_here(one, context)],
        [EarlierCase(one.number, ()) for one in similar if shown_here(one, context)],
    )
    return profile(given, await RiskWeights(context.tx).current())


def _case(case: Alert, named: Mapping[Mark, str]) -> EarlierCase:
    there = marks_of(Shipment.of(case).all(*_RECURRENT))
    return EarlierCase(case.number, [shown for mark, shown in named.items() if mark in there])


def _in_words(alert: Alert, lines: Sequence[Scored], context: Context) -> Doc:
    points = sum(line.points for line in lines)
    counted = [line for line in lines if line.result.applies]
    cleared = [line for line in lines if line.result.applies is False]
    unknown = [line for line in lines if line.result.applies is None]
    could_add = sum(line.weight for line in unknown)
    heading = Strong(
        _n("Risk of alert {number}: {count} point", "Risk of alert {number}: {count} points", points,
           number=alert.number)
    )  # fmt: skip
    when = Moment(context.now, context.zone)
    words = doc(
        heading, _("From what is known on {when}. Advice, and no finding: one line alone proves nothing.", when=when)
    )
    if counted:
        words += doc(Strong(_("These count:")), bullets(_line(line) for line in counted))
    if unknown:
        open_ = _n(
            "Not known ({count} more point at most). To find out:",
            "Not known ({count} more points at most). To find out:",
            could_add,
        )
        words += doc(Strong(open_), bullets(_line(line) for line in unknown))
    if cleared:
        words += doc(Strong(_("These do not apply, 0 points:")), bullets(_line(line) for line in cleared))
    return words


def _line(line: Scored) -> Message:
    entry = TABLE[line.line]
    points = _points(line)
    if line.result.why is None:
        return _("{points}: {name}. Source: {source}", points=points, name=entry.name, source=entry.source)
    return _(
        "{points}: {name} ({why}). Source: {source}",
        points=points, name=entry.name, why=line.result.why, source=entry.source,
    )  # fmt: skip


def _points(line: Scored) -> Message:
    if line.result.applies is None:
        return _("? of {weight}", weight=line.weight)
    return _("{points} of {weight}", points=line.points, weight=line.weight)


# Weights


@dataclass(frozen=True)
class WeightChanged(Event):
    """A coordinator changed what a line weighs."""

    weight: RiskWeight
    before: int
    by: Member


def _points_form() -> Form:
    """Read the points of a line: a whole number from 0 to 9."""
    return Form(lambda value: int(str(value)) if str(value).isdecimal() else value, form=f"0-{MOST_POINTS}")


class Weights(Args):
    line: Annotated[Line | None, Choice(Line), Word(ask=_("Which line?"))] = None
    points: Annotated[int | None, _points_form(), Word(ask=_("How many points?"))] = None


@capability.command(
    "risk weights",
    role=Role.COORDINATOR,
    summary=_("See what each line of the risk weighs, or change it"),
    examples=["risk weights", "risk weights check-digit 2"],
)
async def weights(args: Weights, context: Context) -> Doc:
    """Show the table of weights with its latest changes, or change one."""
    current = {line: entry.points for line, entry in TABLE.items()}
    current |= {Line(key): points for key, points in (await RiskWeights(context.tx).current()).items() if key in _KEYS}
    if args.line is None:
        return await _table(current, context)
    if args.points is None or not 0 <= args.points <= MOST_POINTS:
        example = Code(f"{context.prefix}risk weights {args.line.value} {TABLE[args.line].points}")
        raise Refusal(
            _("Say how many points, from 0 (does not count) to {most}: {example}", most=MOST_POINTS, example=example)
        )
    before = current[args.line]
    if before == args.points:
        return doc(_("{line} weighs {points} already.", line=Code(args.line.value), points=args.points), notice=True)
    weight = await RiskWeights(context.tx).change(
        args.line.value, args.points, by=context.member.user_id, at=context.now
    )
    _record(args.line, before, args.points, context)
    await context.emit(WeightChanged(weight, before, context.member))
    return doc(
        _("{line} weighs {points} from now on, before it was {before}.", line=Code(args.line.value),
          points=args.points, before=before)
    )  # fmt: skip


_KEYS = frozenset(line.value for line in Line)


def _record(line: Line, before: int, after: int, context: Context) -> None:
    Audit(context.tx).record(
        context.now,
        context.member.user_id,
        "risk weight changed",
        "ok",
        subject=f"risk:{line.value}",
        room_id=context.room.id,
        details={"from": before, "to": after},
    )


async def _table(current: dict[Line, int], context: Context) -> Doc:
    shown = doc(
        _(
            "What each line of the risk weighs. Change one: {example}",
            example=Code(f"{context.prefix}risk weights codes 3"),
        ),
        bullets(_weight(line, points) for line, points in current.items()),
        notice=True,
    )
    changes = await RiskWeights(context.tx).changes(latest=_CHANGES)
    if not changes:
        return shown
    told = [await _change(change, context) for change in changes]
    return shown + doc(_("The latest changes:"), bullets(told), notice=True)


def _weight(line: Line, points: int) -> Message:
    entry = TABLE[line]
    if points == entry.points:
        return _("{line}: {points}, {name}", line=Code(line.value), points=points, name=entry.name)
    return _("{line}: {points} (by default {default}), {name}", line=Code(line.value), points=points,
             default=entry.points, name=entry.name)  # fmt: skip


async def _change(change: RiskWeight, context: Context) -> Message:
    members = Members(context.tx)
    who = await members.get(change.changed_by) or await members.removed(change.changed_by)
    return _(
        "{when}: {line} to {points}, by {who}",
        when=Moment(change.changed_at, context.zone), line=Code(change.line), points=change.points,
        who=named(who) if who is not None else Code(change.changed_by),
    )  # fmt: skip


@capability.announces(WeightChanged)
async def announce(event: WeightChanged, context: Context) -> None:
    """Let the other coordinators know that the profile counts differently."""
    line = Line(event.weight.line)
    words = _(
        "{who} changed the risk profile: {line} ({name}) weighs {points} instead of {before}.",
        who=named(event.by), line=Code(line.value), name=TABLE[line].name, points=event.weight.points,
        before=event.before,
    )  # fmt: skip
    await tell_coordination(doc(words), context, but=context.room.id)
