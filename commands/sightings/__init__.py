"""Sightings: where and when a container or ship was seen, or that it is not there; kept also without an alert."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import Field

from commands.arguments import About, Choice, Option, Reading, Ref, Rest
from commands.base import Answer, Args, Capability, Context, Refusal, Role, RoomView, Settings, Subject
from commands.document import Code, Doc, Inline, Message, Moment, Strong, Text, _, doc, joined
from commands.happenings import AlertSighted, SightingReported
from commands.matching import alerts_with, thing_key
from commands.moments import Length, Past
from commands.shipment import Kind
from commands.sighted import LOOKED_AT, listed, sighting_words, sightings_of
from commands.sightings.reading import Place, read_place, read_report, read_thing
from commands.visibility import (
    ALERT,
    SIGHTING,
    answer_about,
    find,
    may_see_sighting,
    room_may_see_sighting,
    shown_here,
)
from storage.alerts import Alert, Alerts, Tlp
from storage.ids import RoomId
from storage.members import Members
from storage.outbox import Outbox, OutboxRow
from storage.sightings import Sighting, Sightings, Spot, Thing
from storage.timers import Timer

__all__ = ["SightingSettings", "capability"]

LONGEST_TEXT = 2000
MOST_THINGS = 10
MOST_A_DAY = 200
ALERTS_AT_MOST = 20
"""Alerts that one sighting is shown with: the newest that carry it."""

_CLOCK_SKEW = timedelta(minutes=5)
_DAY = timedelta(days=1)
_OLDEST = timedelta(days=5 * 366)
_OLD = "sighting.old"
_TELL = "sighting.tell"
_FORGET = "sighting.forget"
_WHERE = "sighting.where"


class SightingSettings(Settings):
    """The section [sightings] of config.toml."""

    current_for: Annotated[Length, Field(gt=timedelta(0), le=timedelta(days=366))] = timedelta(days=7)
    """How long after it was seen a sighting is shown as current; later it is shown as old."""

    text_kept: Annotated[Length, Field(gt=timedelta(0), le=timedelta(days=3653))] = timedelta(days=730)
    """How long what was written with a sighting is kept: it may name persons."""


capability = Capability("sightings", _("Where a container or ship was seen"), settings=SightingSettings)


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
    place = read_place(answer.text, _reading(context))
    if place is None:
        raise Refusal(_no_place(answer.text))
    alert = await find(Ref(id=told.alert), context) if told.alert is not None else None
    return await _go_on(told, place, alert, context)


async def _go_on(told: _Told, place: Place | None, alert: Alert | None, context: Context) -> Doc | None:
    """Keep what was reported, or ask for the place where it is missing or not sure."""
    _check_marking(told, context)
    report = read_report(told.text, _reading(context), context.member.country)
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
        spots = joined(Text(spot.shown) for spot in place.spots[:5])
        question = _("Which one do you mean: {spots}? Answer with its code. I did nothing yet.", spots=spots)
        return await context.ask(doc(question), _WHERE, replace(told, when=when).data())
    text = " ".join(told.text.split()) if report.says_more else None
    kept = [await _keep(thing, place.spots[0], when, text, told, context) for thing in things]
    return await _answer(kept, alert, context)


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


def _reading(context: Context) -> Reading:
    return Reading(context.now, context.zone, context.member.language)


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


async def _keep(
    thing: Thing, spot: Spot, when: datetime, text: str | None, told: _Told, context: Context
) -> tuple[Sighting, Sequence[Alert]]:
    """Keep a sighting and tell those who may hear of it; return it with the alerts that carry it."""
    current_until = when + context.settings(SightingSettings).current_for
    sighting = Sighting.report(
        thing, spot, found=told.found, seen_at=when, current_until=current_until, text=text, tlp=told.tlp,
        exercise=told.exercise, by=context.member, at=context.now,
    )  # fmt: skip
    await Sightings(context.tx).add(sighting, thing.keys)
    if current_until > context.now:
        await context.timers().schedule(_OLD, f"sighting:{sighting.id}", current_until, {"sighting": sighting.id})
    alerts = await alerts_with(thing.keys, exercise=told.exercise, tx=context.tx, limit=ALERTS_AT_MOST)
    await _tell_each(sighting, alerts, context, is_news=True)
    await context.emit(SightingReported(sighting))
    if text is not None:
        forget_at = context.now + context.settings(SightingSettings).text_kept
        await context.timers().schedule(_FORGET, f"sighting:{sighting.id}", forget_at, {"sighting": sighting.id})
    return sighting, alerts


async def _tell_each(sighting: Sighting, alerts: Sequence[Alert], context: Context, *, is_news: bool) -> None:
    """Have the cards of each alert brought up to date in a transaction of its own, however many rooms each has."""
    for alert in alerts:
        payload = {"sighting": sighting.id, "alert": alert.id, "news": is_news}
        await context.timers().schedule(_TELL, f"sighting:{sighting.id}:alert:{alert.id}", context.now, payload)


@capability.timer(_TELL)
async def tell(timer: Timer, context: Context) -> None:
    """Bring the cards of an alert up to date with a sighting, unless the alert was withdrawn meanwhile."""
    sighting = await Sightings(context.tx).get(int(timer.payload["sighting"]))
    alert = await Alerts(context.tx).get(int(timer.payload["alert"]))
    if sighting is not None and alert is not None and not alert.is_withdrawn:
        await context.emit(AlertSighted(alert, sighting, is_news=bool(timer.payload["news"])))


@capability.timer(_OLD)
async def become_old(timer: Timer, context: Context) -> None:
    """Show it as old on the cards of the alerts that go on."""
    sightings = Sightings(context.tx)
    sighting = await sightings.get(int(timer.payload["sighting"]))
    if sighting is None:
        return
    keys = await sightings.keys_of(sighting)
    alerts = await alerts_with(keys, exercise=sighting.exercise, tx=context.tx, limit=ALERTS_AT_MOST)
    await _tell_each(sighting, [alert for alert in alerts if alert.is_open], context, is_news=False)


@capability.timer(_FORGET)
async def forget_text(timer: Timer, context: Context) -> None:
    """Delete what was written with a sighting: it may name persons. What, where and when stays."""
    sighting = await Sightings(context.tx).get(int(timer.payload["sighting"]))
    if sighting is not None:
        sighting.text = None


@capability.shows(SIGHTING)
async def may_still_be_said(subject: Subject, row: OutboxRow, context: Context) -> bool:
    """Decide anew whether one person may still be told of a sighting: by itself, or beside an alert."""
    sightings = Sightings(context.tx)
    sighting = await sightings.get(subject.id)
    member = await Members(context.tx).get(row.user_id) if row.user_id is not None else None
    if sighting is None or member is None:
        return False
    room = RoomView(row.room_id or RoomId(""), direct=True)
    if may_see_sighting(sighting, None, member, room):
        return True
    keys = await sightings.keys_of(sighting)
    beside = await alerts_with(keys, exercise=sighting.exercise, tx=context.tx, limit=ALERTS_AT_MOST)
    return any(may_see_sighting(sighting, alert, member, room) for alert in beside)


async def _answer(
    kept: Sequence[tuple[Sighting, Sequence[Alert]]], alert: Alert | None, context: Context
) -> Doc | None:
    """Say what was kept, and with which alerts it stands, as far as they may be seen here.

    It is the same answer whether there are others or none.
    """
    shown: dict[int, Alert] = {}
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
        if alert is not None and alert.was_circulated and not any(alert in alerts for _sighting, alerts in kept):
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


def _stands_here(sighting: Sighting, alert: Alert, context: Context) -> bool:
    if context.room.direct:
        return True
    return room_may_see_sighting(sighting, alert, context.room.bindings)


async def _heard_in_this_thread(shown: dict[int, Alert], alert: Alert | None, context: Context) -> bool:
    """Whether the line that everybody gets has just been said in this very thread: then it is the answer."""
    if alert is None or alert.id not in shown or context.room.direct or context.thread_root is None:
        return False
    row = await Outbox(context.tx).by_event(context.thread_root)
    return row is not None and row.part == "card" and row.subject == f"{ALERT}:{alert.id}"


class Look(Args):
    about: Annotated[Ref | None, About(ALERT, ask=_("Which alert? Answer with its number."))] = None
    text: Annotated[str, Rest(ask=_("Which container or ship?"))] = ""


@capability.command(
    "sightings",
    role=Role.MEMBER,
    reads=True,
    summary=_("List where a container or ship was seen"),
    examples=["sightings CSQU3054383", "sightings MV Ever Given", "sightings A-2026-0001"],
)
async def look(args: Look, context: Context) -> Doc | None:
    """List the sightings that may be shown here: by themselves, or with an alert that may be shown here."""
    text = " ".join(args.text.split())[:120]
    if not text and args.about is None:
        raise Refusal(
            _("Which container or ship? Write it like {container} or {ship}.",
              container=Code(f"{context.prefix}sightings CSQU3054383"),
              ship=Code(f"{context.prefix}sightings MV Ever Given"))
        )  # fmt: skip
    if not text:
        assert args.about is not None
        alert = await find(args.about, context)
        found = await sightings_of(alert, context.tx)
        shown = [one for one in found if _may_show(one, [alert], context)]
        await answer_about(alert, _listing(shown, context, exercise=alert.is_exercise), context)
        return None
    return await _about_thing(text, context)


async def _about_thing(text: str, context: Context) -> Doc:
    thing = read_thing(text, _reading(context))
    if thing is None:
        raise Refusal(_("I cannot read {text} as a container number or a ship.", text=Text(f"“{text[:60]}”")))
    words = doc()
    for exercise in (False, True):
        alerts = await alerts_with(thing.keys, exercise=exercise, tx=context.tx, limit=ALERTS_AT_MOST)
        found = await Sightings(context.tx).about(thing.keys, exercise=exercise, limit=LOOKED_AT)
        shown = [one for one in found if _may_show(one, alerts, context)]
        if shown:
            words += _listing(shown, context, exercise=exercise)
    if words.blocks:
        return words.quietly()
    return doc(_("I know no sighting of {thing} that I may show here.", thing=Text(thing.shown)), notice=True)


def _may_show(sighting: Sighting, alerts: Sequence[Alert], context: Context) -> bool:
    """Decide whether a sighting may stand in the answer; where it may for an alert, the answer goes with that alert."""
    if may_see_sighting(sighting, None, context.member, context.room):
        return True
    beside = [alert for alert in alerts if may_see_sighting(sighting, alert, context.member, context.room)]
    context.names(*(Subject(ALERT, alert.id) for alert in beside[:1]))
    return bool(beside)


def _listing(shown: Sequence[Sighting], context: Context, *, exercise: bool) -> Doc:
    if not shown:
        return doc(_("I know no sighting of it that I may show here."), notice=True)
    words = listed(shown, context.zone, context.now)
    return doc(Strong(_("EXERCISE."))) + words if exercise else words
