"""Telling who watches: of alerts and sightings that they may see at that moment, each once for a watch.

The event only looks whether anybody watches for it; who may be told is decided by a clock that fires at once, a batch
at a time, so that however many watch, what is being done to the alert does not wait for them.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from commands.base import Context, Post, Priority, RoomView, Subject
from commands.document import Code, Doc, Message, Quote, Strong, Text, _, doc
from commands.happenings import AlertStands, SightingReported
from commands.matching import alerts_with, keys_of, place_keys
from commands.sighted import said_by, sighting_words
from commands.visibility import ALERT, SIGHTING, may_see, may_see_sighting
from commands.watches.declaration import capability
from commands.watches.terms import terms_words
from storage.alerts import Alert, Alerts
from storage.ids import RoomId, UserId
from storage.members import Member, Members
from storage.outbox import Outbox, OutboxRow, RowKind, RowState
from storage.sightings import Sighting, Sightings
from storage.timers import Timer
from storage.watches import Watch, Watches, WatchState

_TOLD = "watch"
"""The part that what watches find has in an alert."""

_LOOK, _WITHDRAWN = "watch.look", "watch.withdrawn"
_BATCH = 20
"""Watches that are told in one transaction."""

_ALERTS_AT_MOST = 20
DIRECT = RoomView(RoomId(""), direct=True)


@dataclass(frozen=True, slots=True)
class _News:
    """What there is to tell: an alert, or a sighting with the alerts that carry what was seen."""

    about: Subject
    keys: frozenset[str]
    """By which watches are found."""
    alerts: Sequence[Alert]
    sighting: Sighting | None = None

    def for_member(self, watch: Watch, member: Member) -> tuple[bool, Alert | None]:
        """Return whether this watch asks for it and its owner may see it; and the alert with which, if any.

        What a member may not see does not help a watch to match either; what they said themselves is no news to them.
        """
        if member.user_id == (self.sighting or self.alerts[0]).author:
            return False, None
        if self.sighting is None:
            alert = self.alerts[0]
            return may_see(alert, member, DIRECT) and watch.matches(self.keys), alert
        for alert in self.alerts:
            if may_see_sighting(self.sighting, alert, member, DIRECT) and watch.matches(self.keys | keys_of(alert)):
                return True, alert
        return may_see_sighting(self.sighting, None, member, DIRECT) and watch.matches(self.keys), None


@capability.announces(AlertStands)
async def alert_stands(event: AlertStands, context: Context) -> None:
    """See to it that those are told who watch for what the alert names; or, who were told, that it is withdrawn."""
    if event.alert.is_withdrawn:
        about = Subject(ALERT, event.alert.id)
        await context.timers().schedule(_WITHDRAWN, f"watched {about}", context.now, {"alert": event.alert.id})
    if event.alert.is_open:
        await _look(Subject(ALERT, event.alert.id), keys_of(event.alert), context)


@capability.announces(SightingReported)
async def sighting_reported(event: SightingReported, context: Context) -> None:
    """See to it that those are told who watch for what was seen, or for the place."""
    sighting = event.sighting
    await _look(Subject(SIGHTING, sighting.id), await _keys_of_sighting(sighting, context), context)


async def _look(about: Subject, keys: Collection[str], context: Context) -> None:
    if await Watches(context.tx).found_by(keys, limit=1):
        await context.timers().schedule(_LOOK, f"watched {about}", context.now, {"about": str(about), "after": 0})


async def _keys_of_sighting(sighting: Sighting, context: Context) -> frozenset[str]:
    return frozenset([*await Sightings(context.tx).keys_of(sighting), *place_keys(sighting.place)])


@capability.timer(_LOOK)
async def look(timer: Timer, context: Context) -> None:
    """Tell the next watches that this is for, and go on after them."""
    about = Subject.parse(str(timer.payload["about"]))
    news = await _news(about, context)
    if news is None:
        return
    watches = Watches(context.tx)
    found = await watches.found_by(news.keys, after=int(timer.payload["after"]), limit=_BATCH)
    told = await watches.told(found, str(about))
    telling = [(watch, post) for watch in found if watch.id not in told and (post := await _post(watch, news, context))]
    rows = await context.post_all([post for _watch, post in telling])
    tellings = {watch.id: row.id for (watch, _post_), row in zip(telling, rows, strict=True)}
    await watches.tell(tellings, str(about), context.now)
    if len(found) == _BATCH:
        payload = {"about": str(about), "after": found[-1].id}
        await context.timers().schedule(_LOOK, timer.subject, context.now, payload)


@capability.timer(_WITHDRAWN)
async def withdraw(timer: Timer, context: Context) -> None:
    """Take back what was told of an alert that is withdrawn: whoever watches may have no card that says so."""
    alert = await Alerts(context.tx).get(int(timer.payload["alert"]))
    if alert is None or not alert.is_withdrawn:
        return
    about = Subject(ALERT, alert.id)
    words = doc(Strong(_("Alert {number} is withdrawn. Do not act on it.", number=alert.number)))
    if alert.is_exercise:
        words = doc(Strong(_("EXERCISE."))) + words
    reached: set[UserId] = set()
    gone, posts = doc(_("This may no longer be shown.")), list[Post]()
    for row in await Outbox(context.tx).about(str(about), _TOLD):
        if row.state is RowState.SENT and row.user_id is not None:
            reached.add(row.user_id)
        posts.append(Post(kind=RowKind.REDACT, doc=gone, replaces=row.id, harmless=True, priority=Priority.ALERT))
    await context.post_all(posts)
    for person in sorted(reached):
        member = await Members(context.tx).get(person)
        if member is not None and may_see(alert, member, DIRECT):
            await context.post(
                Post(person=person, doc=words, priority=Priority.ALERT, subject=about, part="shown", origin=person,
                     language=member.language)
            )  # fmt: skip


async def _news(about: Subject, context: Context) -> _News | None:
    """Return what is to be told, as it stands now; None when it is none any more."""
    if about.kind == ALERT:
        alert = await Alerts(context.tx).get(about.id)
        return _News(about, keys_of(alert), [alert]) if alert is not None and alert.is_open else None
    sightings = Sightings(context.tx)
    sighting = await sightings.get(about.id)
    if sighting is None:
        return None
    keys = await _keys_of_sighting(sighting, context)
    things = await sightings.keys_of(sighting)
    alerts = await alerts_with(things, exercise=sighting.exercise, tx=context.tx, limit=_ALERTS_AT_MOST)
    return _News(about, keys, alerts, sighting)


async def _post(watch: Watch, news: _News, context: Context) -> Post | None:
    """Return what the owner of a watch is told; None when it is not for them."""
    member = await entitled(watch, context)
    if member is None:
        return None
    is_for, alert = news.for_member(watch, member)
    if not is_for:
        return None
    return Post(
        person=member.user_id,
        doc=_words(watch, news, alert, member, context).naming([news.about]),
        priority=Priority.ALERT if news.sighting is None else Priority.ANSWER,
        # Under the alert, so that it is emptied should the marking no longer let this member see it.
        subject=Subject(ALERT, alert.id) if alert is not None else news.about,
        part=_TOLD,
        origin=member.user_id,
        language=member.language,
    )


@capability.unsaid
async def was_not_said(row: OutboxRow, context: Context) -> None:
    """Count as not told what did not reach who watches: it is told once they may hear of it again."""
    if row.part == _TOLD:
        await Watches(context.tx).untell(row.id)


async def entitled(watch: Watch, context: Context) -> Member | None:
    """Return the owner of a watch; None when removed from the roster. With changed keys they read it later."""
    member = await Members(context.tx).get(watch.owner)
    if member is None:  # every right has ended, and with it this one
        watch.end(WatchState.STOPPED, context.now)
        await Watches(context.tx).index(watch)
    return member


def _words(watch: Watch, news: _News, alert: Alert | None, member: Member, context: Context) -> Doc:
    heading = _("Your watch {number} ({terms}):", number=watch.number, terms=terms_words(watch.terms))
    if news.sighting is not None:
        said: Message = sighting_words(news.sighting, ZoneInfo(member.zone))
        is_exercise = news.sighting.exercise
    else:
        assert alert is not None
        said = alert_words(alert)
        is_exercise = alert.is_exercise
    words = doc(heading, Strong(said))
    if news.sighting is not None and news.sighting.text is not None:
        words += doc(Quote(news.sighting.text))
    if is_exercise:
        words = doc(Strong(_("EXERCISE."))) + words
    if alert is not None:
        words += doc(_("All of it: {show}", show=Code(f"{context.prefix}alert show {alert.number}")))
    return words


def alert_words(alert: Alert) -> Message:
    """Name an alert before who may see it."""
    by = said_by(alert.author_authority, alert.author_country)
    return _("Alert {number}, TLP:{tlp}, raised by {by}", number=Text(alert.number), tlp=alert.tlp.value, by=by)
