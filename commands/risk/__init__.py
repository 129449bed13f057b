"""The risk of a shipment, as points that anybody can check: each line with its weight, its reason and its source."""

from dataclasses import dataclass
from typing import Annotated

from commands.arguments import About, Choice, Form, Ref, Word
from commands.base import Args, Context, Event, Refusal, Role
from commands.document import Code, Doc, Message, Moment, _, bullets, doc
from commands.network import named, tell_coordination
from commands.risk import renewing
from commands.risk.declaration import capability
from commands.risk.lines import MOST_POINTS, TABLE, Line
from commands.risk.renewing import RISK, weigh_all_anew
from commands.risk.weighing import assess, in_words, outcome_of, points_of
from commands.visibility import ALERT, answer_about, find, shown_here
from storage.alerts import AlertState
from storage.members import Member, Members
from storage.risk import RisksShown, RiskWeight, RiskWeights

__all__ = ["capability", "renewing"]

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
    lines = await assess(alert, lambda case: shown_here(case, context), context.now, context.tx)
    row = await answer_about(alert, in_words(alert, lines, context.now, context.zone), context, part=RISK)
    await RisksShown(context.tx).note(row.id, alert, points_of(lines), outcome_of(lines))


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
        return doc(_("{line} weighs {points} already.", line=Code(args.line.value), points=args.points))
    weight = await RiskWeights(context.tx).change(
        args.line.value, args.points, by=context.member.user_id, at=context.now
    )
    context.audit("risk weight changed", f"risk:{args.line.value}", **{"from": before, "to": args.points})
    await context.emit(WeightChanged(weight, before, context.member))
    await weigh_all_anew(context)
    return doc(
        _("{line} weighs {points} from now on, before it was {before}.", line=Code(args.line.value),
          points=args.points, before=before)
    )  # fmt: skip


_KEYS = frozenset(line.value for line in Line)


async def _table(current: dict[Line, int], context: Context) -> Doc:
    shown = doc(
        _(
            "What each line of the risk weighs. Change one: {example}",
            example=Code(f"{context.prefix}risk weights codes 3"),
        ),
        bullets(_weight(line, points) for line, points in current.items()),
    )
    changes = await RiskWeights(context.tx).changes(latest=_CHANGES)
    if not changes:
        return shown
    told = [await _change(change, context) for change in changes]
    return shown + doc(_("The latest changes:"), bullets(told))


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
