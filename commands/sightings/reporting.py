"""Saying where a container or ship was seen, or that it is not there."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated, Any

from commands.arguments import About, Choice, Option, Ref, Rest
from commands.base import Answer, Args, Context, Refusal, Role
from commands.document import Code, Doc, Inline, Message, Moment, Strong, Text, _, doc, either, joined
from commands.matching import thing_key
from commands.moments import Past
from commands.shipment import Kind
from commands.sighted import sighting_words
from commands.sightings.declaration import SightingSettings, capability
from commands.sightings.keeping import keep
from commands.sightings.reading import Place, read_place, read_report, reading_of
from commands.visibility import ALERT, answer_about, find, room_may_see_sighting, shown_here
from storage.alerts import Alert, Outline, Tlp
from storage.outbox import Outbox
from storage.sightings import Sighting, Sightings, Thing

LONGEST_TEXT = 2000
MOST_THINGS = 10
MOST_A_DAY = 200

_CLOCK_SKEW = timedelta(minutes=5)
_DAY = timedelta(days=1)
_OLDEST = timedelta(days=5 * 366)
_WHERE = "sighting.where"


class Seen(Args):
    about: Annotated[Ref | None, About(ALERT, ask=_("Which alert? Answer with its number."))] = None
    tlp: Annotated[Tlp, Choice(Tlp), Option()] = Tlp.AMBER
    when: Annotated[datetime | None, Past(), Option()] = None
    exercise: Annotated[bool, Option()] = False
    text: Annotated[
        str,
        Rest(
            ask=_("What was seen where, and when? For example {example}.", example=Code("CSQU3054383 at NLRTM 14:00"))
        ),
    ]


@dataclass(frozen=True, slots=True)
class _Told:
    """What somebody says, without the place where that has still to be asked for."""

    text: str
    found: bool
    tlp: Tlp
    when: datetime | None
    exercise: bool
    alert: int | None

    def data(self) -> dict[str, Any]:
        """Return what is kept of it while a question is open."""
        when = self.when.isoformat() if self.when is not None else None
        return {
            "text": self.text, "found": self.found, "tlp": self.tlp.value, "when": when, "exercise": self.exercise,
            "alert": self.alert,
        }  # fmt: skip

    @classmethod
    def of(cls, data: dict[str, Any]) -> "_Told":
        when = datetime.fromisoformat(data["when"]) if data["when"] is not None else None
        return cls(data["text"], data["found"], Tlp(data["tlp"]), when, data["exercise"], data["alert"])


@capability.command(
    "seen",
    role=Role.MEMBER,
    summary=_("Say where and when you saw a container or ship"),
    examples=[
        "seen CSQU3054383 at NLRTM",
        "seen CSQU3054383 at Rotterdam yesterday 14:00",
        "seen MV Ever Given at Tema 2h ago, draught 14 m",
    ],
)
async def seen(args: Seen, context: Context) -> Doc | None:
    """Keep a sighting and show it with the alerts that carry what was seen."""
    return await _begin(args, context, found=True)


@capability.command(
    "seen not",
    role=Role.MEMBER,
    summary=_("Say that a container or ship is not where it was said to be, or was another one"),
    examples=["seen not CSQU3054383 at NLRTM", "seen not CSQU3054383 at Rotterdam, it was another box"],
)
async def seen_not(args: Seen, context: Context) -> Doc | None:
    """Keep that it is not there: earlier sightings at that place are shown as refuted."""
    return await _begin(args, context, found=False)


async def _begin(args: Seen, context: Context, *, found: bool) -> Doc | None:
    if len(args.text) > LONGEST_TEXT:
        raise Refusal(
            _("What you write of a sighting has {length} characters; I keep at most {most}.", length=len(args.text),
              most=LONGEST_TEXT)
        )  # fmt: skip
    alert = await find(args.about, context) if args.about is not None else None
    exercise = alert.is_exercise if alert is not None else args.exercise
    told = _Told(args.text, found, args.tlp, args.when, exercise, alert.id if alert is not None else None)
    return await _go_on(told, None, alert, context)


@capability.answer(_WHERE)
async def answer_where(answer: Answer, context: Context) -> Doc | None:
    """Go on with the place that was asked for."""
    told = _Told.of(answer.data)
    if answer.text.casefold().strip(" .!") in {"no", "n", "non", "cancel", "never mind"}:
        return doc(_("Good, I leave it."), notice=True)
    place = read_place(answer.text, reading_of(context))
    if place is None:
        raise Refusal(_no_place(answer.text))
    alert = await find(Ref(id=told.alert), context) if told.alert is not None else None
    return await _go_on(told, place, alert, context)


async def _go_on(told: _Told, place: Place | None, alert: Alert | None, context: Context) -> Doc | None:
    """Keep what was reported, or ask for the place where it is missing or not sure."""
    _check_marking(told, context)
    report = read_report(told.text, reading_of(context), context.member.country)
    things = report.things or _carried_by(alert, told, context)
    when = _checked(told.when or report.when or context.now, context)
    if len(things) > MOST_THINGS:
        raise Refusal(_("You name {count} containers or ships; report at most {most} at a time.", count=len(things),
                        most=MOST_THINGS))  # fmt: skip
    await _check_how_many(len(things), context)
    place = place or report.place
    if place is None:
        question = _("Where? Answer with a port, for example {code} or {name}.", code=Code("NLRTM"),
                     name=Code("Rotterdam"))  # fmt: skip
        return await context.ask(doc(question), _WHERE, replace(told, when=when).data())
    if len(place.spots) > 1:
        spots = either(Text(spot.shown) for spot in place.spots[:5])
        question = _("Which one do you mean: {spots}? Answer with its code. I did nothing yet.", spots=spots)
        return await context.ask(doc(question), _WHERE, replace(told, when=when).data())
    text = " ".join(told.text.split()) if report.says_more else None
    kept = []
    for thing in things:
        sighting = Sighting.report(
            thing, place.spots[0], found=told.found, seen_at=when, text=text, tlp=told.tlp, exercise=told.exercise,
            current_until=when + context.settings(SightingSettings).current_for, by=context.member, at=context.now,
        )  # fmt: skip
        kept.append((sighting, await keep(sighting, thing, context)))
    answer = await _answer(kept, alert, context)
    if place.written is None:
        return answer
    taken = doc(_as_read(place, things[0] if told.found else None, context))
    return taken if answer is None else answer + taken


def _as_read(place: Place, thing: Thing | None, context: Context) -> Message:
    """Say for which place a misspelt one was taken, and how what was seen is taken back."""
    if thing is None:
        return _("I read “{written}” as {place}.", written=Text(place.written or ""), place=Text(place.spots[0].shown))
    back = Code(f"{context.prefix}seen not {thing.shown} at {place.spots[0].code}")
    return _("I read “{written}” as {place}. If it was another place: {back}, and report it anew.",
             written=Text(place.written or ""), place=Text(place.spots[0].shown), back=back)  # fmt: skip


async def _check_how_many(more: int, context: Context) -> None:
    """Raises Refusal where all that is reported now would be more than is taken in a day."""
    done = await Sightings(context.tx).count_since(context.member.user_id, context.now - _DAY)
    if done >= MOST_A_DAY:
        raise Refusal(_("You reported {count} sightings within a day, and that is the most I take.", count=MOST_A_DAY))
    if done + more > MOST_A_DAY:
        raise Refusal(
            _("You reported {count} sightings within a day, and {most} is the most I take: report {left} more at most. "
              "I kept none of these.", count=done, most=MOST_A_DAY, left=MOST_A_DAY - done)
        )  # fmt: skip


def _check_marking(told: _Told, context: Context) -> None:
    if told.tlp is Tlp.RED:
        raise Refusal(
            _("A sighting is at most TLP:AMBER+STRICT. What only named persons may hear is an alert: {alert}",
              alert=Code(f"{context.prefix}alert ... tlp=red person=@name:server"))
        )  # fmt: skip


def _checked(when: datetime, context: Context) -> datetime:
    if when > context.now + _CLOCK_SKEW:
        raise Refusal(
            _("{moment} has not come yet: it is {now}. Say when it was seen, for example {example}.",
              moment=Moment(when, context.zone), now=Moment(context.now, context.zone),
              example=Code("yesterday 14:00"))
        )  # fmt: skip
    if context.now - when > _OLDEST:
        raise Refusal(_("{moment} is more than five years ago. Check the year.", moment=Moment(when, context.zone)))
    return when


def _no_place(text: str) -> Message:
    return _(
        "I know no port or country {text}. Write its name or its UN/LOCODE, for example {code}.",
        text=Text(f"“{' '.join(text.split())[:60]}”"), code=Code("NLRTM"),
    )  # fmt: skip


def _carried_by(alert: Alert | None, told: _Told, context: Context) -> Sequence[Thing]:
    """Return the only container of the alert whose thread this is, or its only ship. Raises Refusal."""
    text = Text(f"“{' '.join(told.text.split())[:60]}”")
    if alert is None:
        raise Refusal(
            _("I find no container number and no ship in {text}. Write it like {container} or {ship}.",
              text=text, container=Code(f"{context.prefix}seen CSQU3054383 at NLRTM"),
              ship=Code(f"{context.prefix}seen MV Ever Given at NLRTM"))
        )  # fmt: skip
    for kind in (Kind.CONTAINER, Kind.VESSEL):
        known: dict[str, Thing] = {}
        for fact in alert.current_facts:
            if fact.kind == kind and (key := thing_key(kind, fact.value)) is not None:
                wrong = fact.alternatives[0] if fact.doubt == "check digit" and fact.alternatives else None
                known.setdefault(key, Thing(kind.value, fact.shown, [key], wrong))
        if len(known) == 1:
            return list(known.values())
        if known:
            options: Inline = joined(Code(thing.shown) for thing in list(known.values())[:10])
            raise Refusal(
                _("Alert {number} names several: {options}. Say which one was seen.", number=alert.number,
                  options=options)
            )  # fmt: skip
    raise Refusal(
        _("Alert {number} names no container and no ship. Say what was seen: {example}", number=alert.number,
          example=Code(f"{context.prefix}seen CSQU3054383 at NLRTM"))
    )  # fmt: skip


async def _answer(
    kept: Sequence[tuple[Sighting, Sequence[Outline]]], alert: Alert | None, context: Context
) -> Doc | None:
    """Say what was kept, and with which alerts it stands, as far as they may be seen here.

    It is the same answer whether there are others or none.
    """
    shown: dict[int, Outline] = {}
    for sighting, alerts in kept:
        for one in alerts:
            if _stands_here(sighting, one, context) and shown_here(one, context):
                shown.setdefault(one.id, one)
    if await _heard_in_this_thread(shown, alert, context):
        return None
    exercise = [Strong(_("EXERCISE."))] if kept[0][0].exercise else []
    words = doc(
        *exercise, *(_("Noted: {sighting}.", sighting=sighting_words(one, context.zone)) for one, _alerts in kept)
    )
    if not shown:
        words += doc(
            _("It is kept, marked TLP:{tlp}, and stands beside each alert about it, for those who may see both.",
              tlp=kept[0][0].tlp.value)
        )  # fmt: skip
        named_by = {one.id for _sighting, alerts in kept for one in alerts}
        if alert is not None and alert.was_circulated and alert.id not in named_by:
            add = Code(f"{context.prefix}alert set {alert.number} container=+CSQU3054383")
            words += doc(
                _("Alert {number} does not name it. Who raised it can add it: {add}", number=alert.number, add=add)
            )
        return words
    numbers = joined(Strong(Text(one.number)) for one in shown.values())
    words += doc(_("It stands on the card of {numbers}, marked TLP:{tlp}.", numbers=numbers,
                   tlp=kept[0][0].tlp.value))  # fmt: skip
    await answer_about(next(iter(shown.values())), words, context)
    return None


def _stands_here(sighting: Sighting, alert: Outline, context: Context) -> bool:
    if context.room.direct:
        return True
    return room_may_see_sighting(sighting, alert, context.room.bindings)


async def _heard_in_this_thread(shown: dict[int, Outline], alert: Alert | None, context: Context) -> bool:
    """Whether the line that everybody gets has just been said in this very thread: then it is the answer."""
    if alert is None or alert.id not in shown or context.room.direct or context.thread_root is None:
        return False
    row = await Outbox(context.tx).by_event(context.thread_root)
    return row is not None and row.part == "card" and row.subject == f"{ALERT}:{alert.id}"
