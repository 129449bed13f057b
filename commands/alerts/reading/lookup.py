"""Reading alerts: one in full, or the list of those that this member and this room may see."""

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo

from commands.alerts.audience import Listener, listeners, may_see, may_show_author, unreached
from commands.alerts.circulating.circulation import answer
from commands.alerts.circulating.drafts import draft_in_full
from commands.alerts.declaration import KIND, capability, subject_of
from commands.alerts.facts import WASTE_KINDS, Slot, kinds_of
from commands.alerts.finding import find
from commands.alerts.matching import known_matches
from commands.alerts.showing.beside import sightings_beside
from commands.alerts.showing.cards import QUOTED, Reader, card, zone_of
from commands.alerts.showing.composing import name_of_author, number_of_target
from commands.alerts.showing.lines import sentence
from commands.alerts.showing.terms import STATE_WORDS
from commands.alerts.showing.words import who
from commands.alerts.typed import SHORT
from commands.arguments import About, Choice, Country, Option, Ref, Word
from commands.base import Args, Context, Role, RoomView, Subject
from commands.document import (
    Code,
    CountryName,
    Doc,
    Inline,
    Message,
    Moment,
    Quote,
    Strong,
    Text,
    _,
    _n,
    bullets,
    doc,
    joined,
)
from storage.alerts import (
    Alert,
    AlertAttachments,
    AlertRequests,
    Alerts,
    AlertState,
    Gist,
    Gists,
    HistoryLine,
    Outline,
    Outlines,
    Step,
    What,
)
from storage.ids import CountryCode, RoomId
from storage.members import Member

AT_MOST = 20
"""Alerts in one answer."""

COUNTED_AT_MOST = 500
"""Alerts that are looked through for one answer beyond those shown."""

_KINDS_OF_SLOTS = (kinds_of(Slot.CONTAINER), kinds_of(Slot.VESSEL), kinds_of(Slot.WASTE))
"""What a list shows of an alert, in this order."""
_SHOWN_KINDS = [kind for kinds in _KINDS_OF_SLOTS for kind in kinds]

_LINES = 30
_EXCERPT = 200


class Show(Args):
    about: Annotated[Ref, About(KIND, ask=_("Which alert? Answer with its number."))]


@capability.command(
    "alert show",
    role=Role.MEMBER,
    reads=True,
    summary=_("Show an alert with all that happened to it"),
    examples=["alert show A-2026-0001"],
)
async def show(args: Show, context: Context) -> None:
    """Show an alert in full, as far as it may be seen here."""
    alert = await find(args.about, context)
    await answer(alert, await _in_full(alert, context), context)


async def _in_full(alert: Alert, context: Context) -> Doc:
    if alert.is_draft:
        return await draft_in_full(alert, context.member, context.room, context)
    zone = context.zone if context.room.direct else zone_of(context.room.bindings)
    alerts = Alerts(context.tx)
    here = Listener(context.room.id, bindings=tuple(context.room.bindings))
    one = Listener(person=context.member.user_id) if context.room.direct else here
    known = await known_matches(alert, context.tx)
    same = [match for match in known if may_see(match.other, context.member, context.room)]
    into = await number_of_target(alert, one, context)
    if into is not None and alert.merged_into is not None:
        context.names(Subject(KIND, alert.merged_into))
    context.names(*(subject_of(match.other) for match in same))
    reader = Reader(zone, context.prefix, merged_into=into, matches=same)
    reader = replace(reader, is_asked=context.thread_root is None)
    reader = replace(reader, files=await AlertAttachments(context.tx).count(alert))
    if may_show_author(alert, context.room.bindings, context.member.user_id if context.room.direct else None):
        reader = replace(reader, author_name=await name_of_author(alert, context))
    missed = unreached(alert, await listeners(context.tx, alert))
    asked = await AlertRequests(context.tx).of(alert, is_open=True)
    ending = await alerts.ending(alert)
    seen = await sightings_beside(alert, one, zone, context)
    shown = card(alert, reader, now=context.now, unreached=missed, ending=ending, requests=asked, sightings=seen)
    if alert.state is AlertState.WITHDRAWN:
        return shown
    lines = await alerts.history(alert, latest=_LINES)
    cut = len(alert.text) > QUOTED and alert.purged_at is None  # else all of it stands above
    written = doc(_("All that was written:"), Quote(alert.text)) if cut else doc()
    return (
        shown
        + written
        + doc(
            _("What happened:"),
            bullets(_line_words(alert, line, zone, reader.merged_into) for line in lines),
        )
    )


def _line_words(alert: Alert, line: HistoryLine, zone: ZoneInfo, into: str | None) -> Message:
    when = Moment(line.at, zone)
    text = " ".join(line.text.split())
    excerpt = Text(text if len(text) <= _EXCERPT else f"{text[:_EXCERPT].rstrip()} …")
    short = _what_words(line)
    if short is None:
        what = sentence(line, alert.number, zone, into=into)
        if text:
            return _("{when}: {what} “{text}”", when=when, what=what, text=excerpt)
        return _("{when}: {what}", when=when, what=what)
    if text:
        return _("{when}: {what}: “{text}”", when=when, what=short, text=excerpt)
    return _("{when}: {what}", when=when, what=short)


def _what_words(line: HistoryLine) -> Message | None:  # noqa: PLR0911 - one return for each kind of line
    """Return the short form of what needs no sentence beneath its own alert; None for the rest."""
    by = who(line.authority or "", line.actor_country)
    match line.what:
        case What.DRAFTED:
            return _("drafted by {by}", by=by)
        case What.CORRECTED:
            return _("corrected by {by}", by=by)
        case What.MARKED:
            before, tlp = str(line.details["from"]), str(line.details["to"])
            return _("marked TLP:{tlp} instead of TLP:{before} by {by}", tlp=tlp, before=before, by=by)
        case What.CIRCULATED:
            return _("sent by {by}", by=by)
        case What.ACKNOWLEDGED:
            return _("acknowledged by {by}", by=by)
        case What.NOTED:
            return _("note by {by}", by=by)
        case What.WITHDRAWN:
            return _("withdrawn by {by}", by=by)
        case What.REMINDED:
            return _reminded(Step(line.details["step"]), CountryName(line.country or CountryCode("")))
        case _:
            return None


def _reminded(step: Step, country: CountryName) -> Message:
    match step:
        case Step.ROOM:
            return _("{country} reminded", country=country)
        case Step.ON_DUTY:
            return _("the contacts on duty of {country} called", country=country)
        case Step.COORDINATORS:
            return _("help called, {country} keeping silent", country=country)


class Which(StrEnum):
    OPEN = "open"
    MINE = "mine"


class ListAlerts(Args):
    which: Annotated[Which | None, Choice(Which), SHORT, Word(ask=_("Open ones, or yours?"))] = None
    country: Annotated[CountryCode | None, Country(), SHORT, Option()] = None
    waste: Annotated[str | None, Option()] = None


@capability.command(
    "alert list",
    role=Role.MEMBER,
    reads=True,
    summary=_("List the alerts that you may see here"),
    examples=["alert list", "alert list open", "alert list mine country=GH", "alert list waste=A1181"],
)
async def list_alerts(args: ListAlerts, context: Context) -> Doc:
    """List alerts, newest first: only those that this member and this room may see, counts included."""
    looked_at = await Outlines(context.tx).newest(
        limit=AT_MOST + COUNTED_AT_MOST,
        is_open=args.which is Which.OPEN,
        author=context.member.user_id if args.which is Which.MINE else None,
        country=args.country,
        fact=(WASTE_KINDS, " ".join(args.waste.split())[:100]) if args.waste else None,
    )
    seen = [alert for alert in looked_at if may_see(alert, context.member, context.room)]
    is_all = len(looked_at) < AT_MOST + COUNTED_AT_MOST
    return await _listing(seen[:AT_MOST], len(seen[AT_MOST:]), context, is_all=is_all)


async def _listing(shown: Sequence[Outline], more: int, context: Context, *, is_all: bool) -> Doc:
    if not shown:
        return doc(_("There is no such alert that I may show here."))
    context.names(*(Subject(KIND, alert.id) for alert in shown))
    gists = await Gists(context.tx).of([alert.id for alert in shown], kinds=_SHOWN_KINDS)
    heading = _n("{count} alert:", "{count} alerts, newest first:", len(shown))
    found = doc(heading, bullets(_summary(alert, gists[alert.id]) for alert in shown))
    if not more and is_all:
        return found
    narrow = Code(f"{context.prefix}alert list open country=GH")
    if is_all:
        rest = _n("And {count} older one. Narrow it down: {narrow}", "And {count} older ones. Narrow it down: {narrow}",
                  more, narrow=narrow)  # fmt: skip
    else:
        rest = _("And older ones. Narrow it down: {narrow}", narrow=narrow)
    return found + doc(rest)


def _summary(alert: Outline, gist: Gist) -> Message:
    words = _summary_words(alert, gist)
    return _("EXERCISE {summary}", summary=words) if alert.is_exercise else words


def _summary_words(alert: Outline, gist: Gist) -> Message:
    told = joined(CountryName(country) for country in gist.countries)
    countries: Inline = told if gist.countries else _("no country yet")
    of_each = ([shown for kind, shown in gist.facts if kind in kinds] for kinds in _KINDS_OF_SLOTS)
    parts = [shown for some in of_each for shown in some[:2]]
    if alert.state is AlertState.WITHDRAWN:
        return _(
            "{number}, {state}, TLP:{tlp} ({countries})",
            number=Strong(Text(alert.number)), state=STATE_WORDS[alert.state], tlp=alert.tlp.value,
            countries=countries,
        )  # fmt: skip
    text = " ".join(gist.text.split())
    what: Inline = Text(text if len(text) <= 60 else f"{text[:60].rstrip()} …")
    if parts:
        what = joined(parts)
    return _(
        "{number}, {state}, TLP:{tlp}: {what} ({countries})",
        number=Strong(Text(alert.number)), state=STATE_WORDS[alert.state], tlp=alert.tlp.value, what=what,
        countries=countries,
    )  # fmt: skip


@capability.duties
async def duties(member: Member, context: Context) -> Sequence[Message]:
    """Name the alerts that this member raised and that have not ended, as far as who asks may hear of them."""
    direct = RoomView(RoomId(""), direct=True) if context.room.direct else context.room
    alerts = await Alerts(context.tx).unfinished_of(member.user_id, limit=AT_MOST + 1)
    shown = [alert for alert in alerts if may_see(alert, context.member, direct)]
    context.names(*(Subject(KIND, alert.id) for alert in shown))
    named = [
        _("author of alert {number} (EXERCISE), which has not ended", number=alert.number)
        if alert.is_exercise
        else _("author of alert {number}, which has not ended", number=alert.number)
        for alert in shown[:AT_MOST]
    ]
    if shown:
        hand_over = Code(f"{context.prefix}alert hand-over {shown[0].number} @name:server")
        named.append(_("give each of these alerts another author: {hand_over}", hand_over=hand_over))
    return named if len(shown) <= AT_MOST else [*named, _("author of more alerts that have not ended")]
