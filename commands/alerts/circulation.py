"""Telling those who may hear: the card in each room, the line in its thread, the draft before its author."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from commands.alerts.audience import (
    Listener,
    coordinators_may_see,
    listeners,
    may_see,
    may_show_author,
    room_may_see,
    unreached,
)
from commands.alerts.beside import words_beside
from commands.alerts.cards import (
    Reader,
    card,
    retracted,
    unreached_words,
    zone_of,
)
from commands.alerts.declaration import KIND, capability
from commands.alerts.matching import Match, known_matches
from commands.alerts.words import marked
from commands.base import Context, Post, Priority, RoomView, Subject
from commands.document import Code, Doc, Strong, Words, _, doc
from commands.sighted import sightings_of
from commands.visibility import Marked, answer_about
from storage.alerts import (
    Alert,
    AlertAttachments,
    AlertCard,
    AlertRequest,
    AlertRequests,
    Alerts,
    HistoryLine,
    Outline,
    Tlp,
)
from storage.ids import CountryCode, RoomId, UserId
from storage.members import Members
from storage.outbox import Outbox, OutboxRow, RowKind, RowState
from storage.rooms import BindingKind, Rooms
from storage.sightings import Sighting
from storage.timers import Timer

CARD, LINE, DRAFT, REPORT = "card", "line", "draft", "report"
"""The parts that messages have in an alert."""

DELIVERY = "alert"

REDACT = "alert.redact"
_AT_ONCE, _REDACTIONS = 5, 20
"""Redactions that are written in the transaction that asks for them, and in each after it."""

LineFor = Callable[[Listener], Doc | None]


def subject_of(alert: Alert) -> Subject:
    return Subject(KIND, alert.id)


async def tell_everyone(
    alert: Alert, line: LineFor, context: Context, *, priority: Priority = Priority.ANSWER, openly: bool = True
) -> None:
    """Bring every card up to date and post a line into its thread.

    Rooms and persons who may hear of it and have no card yet get one; a card whose room may no longer show it is
    emptied, and so are the lines in its thread. What is not said `openly` waits where outsiders read, also under CLEAR.
    """
    alerts = Alerts(context.tx)
    entitled = await listeners(context.tx, alert)
    same = await _same_for_all(alert, entitled, context)
    wanted = {(one.room, one.person): one for one in entitled}
    cards = await alerts.cards(alert)
    _held = await Outbox(context.tx).several([existing.row_id for existing in cards])
    for existing in cards:
        one = wanted.pop((existing.room_id, existing.user_id), None) or await _still_reads(alert, existing, context)
        if one is None:
            await _retract(alert, existing, context)
            continue
        words = await _card_for(alert, one, same, context)
        await _post(alert, one, words, CARD, context, priority=priority, replaces=existing.row_id)
        said = line(one)
        if said is not None:
            row = existing.row_id
            await _post(alert, one, said, LINE, context, priority=priority, thread_row=row, openly=openly)
    if alert.is_open:
        for one in wanted.values():
            await _show_card(alert, one, same, context)


async def _still_reads(alert: Alert, existing: AlertCard, context: Context) -> Listener | None:
    """Return who has a card and is not told of it anew, and yet may go on seeing it: a person once named."""
    one = Listener(room=existing.room_id, person=existing.user_id)
    if existing.room_id is not None:
        one = Listener(room=existing.room_id, bindings=tuple(await Rooms(context.tx).of_room(existing.room_id)))
    return one if await listener_may_see(alert, one, context) else None


async def say_below_cards(
    alert: Alert,
    line: Callable[[Listener], Awaitable[Doc | None]],
    context: Context,
    *,
    priority: Priority,
    at_most: int,
    but: UserId | None = None,
) -> int:
    """Say something in the threads of at most so many cards; return how many that were. `but` is not told."""
    said = 0
    for existing in await Alerts(context.tx).cards(alert):
        one = await _still_reads(alert, existing, context)
        words = await line(one) if one is not None and (but is None or one.person != but) else None
        if one is None or words is None:
            continue
        if said == at_most:
            break
        await context.post(
            Post(
                doc=marked(alert, words), room=one.room, person=one.person, priority=priority,
                subject=subject_of(alert), part=LINE, thread_row=existing.row_id, origin=alert.author,
            )
        )  # fmt: skip
        said += 1
    return said


async def renew_cards(
    alert: Alert,
    where: Callable[[Listener], Awaitable[bool]],
    context: Context,
    *,
    priority: Priority,
    at_most: int | None = None,
) -> int:
    """Bring the cards up to date of those to whom `where` says yes, without a line; return how many that were."""
    entitled = await listeners(context.tx, alert)
    there = {(one.room, one.person): one for one in entitled}
    same = await _same_for_all(alert, entitled, context)
    renewed = 0
    for existing in await Alerts(context.tx).cards(alert):
        one = there.get((existing.room_id, existing.user_id)) or await _still_reads(alert, existing, context)
        if one is None or not await where(one):
            continue
        if at_most is not None and renewed == at_most:
            break
        words = await _card_for(alert, one, same, context)
        await _post(alert, one, words, CARD, context, priority=priority, replaces=existing.row_id)
        renewed += 1
    return renewed


async def _show_card(alert: Alert, one: Listener, same: "_SameForAll", context: Context) -> None:
    words = await _card_for(alert, one, same, context)
    row = await _post(alert, one, words, CARD, context, priority=Priority.ALERT, report=DELIVERY)
    await Alerts(context.tx).add_card(alert, row.id, room=one.room, person=one.person, at=context.now)
    if one.room is not None and not await context.people.in_room(one.room):
        await Rooms(context.tx).owe_greeting(one.room)  # nobody reads it: it is shown again to who comes first


async def bring(alert: Alert, room: RoomId, context: Context, *, anew: bool) -> None:
    """Show a room an alert that it may hear of and has no card of; with `anew` also one that it has."""
    entitled = await listeners(context.tx, alert)
    shown = [card for card in await Alerts(context.tx).cards(alert) if card.room_id == room]
    for one in entitled:
        if one.room == room and (anew or not shown):
            for card_ in shown:
                await _retract(alert, card_, context)
            await _show_card(alert, one, await _same_for_all(alert, entitled, context), context)


async def show_card_again(alert: Alert, room: RoomId, context: Context) -> None:
    """Bring the card of a room up to date: one that stands in the room before it is said anew."""
    entitled = await listeners(context.tx, alert)
    there = {one.room: one for one in entitled}
    for shown in await Alerts(context.tx).cards(alert):
        if shown.room_id == room and room in there:
            card_ = await _card_for(alert, there[room], await _same_for_all(alert, entitled, context), context)
            await _post(alert, there[room], card_, CARD, context, priority=Priority.ALERT, replaces=shown.row_id)


async def _post(
    alert: Alert,
    one: Listener,
    words: Doc,
    part: str,
    context: Context,
    *,
    priority: Priority,
    replaces: int | None = None,
    thread_row: int | None = None,
    report: str | None = None,
    openly: bool = True,
) -> OutboxRow:
    shown = marked(alert, words)
    return await context.post(
        Post(
            doc=shown.openly() if openly and alert.tlp is Tlp.CLEAR and part == LINE else shown,
            room=one.room,
            person=one.person,
            priority=priority,
            subject=subject_of(alert),
            part=part,
            replaces=replaces,
            thread_row=thread_row,
            report=report,
            origin=alert.author,
        )
    )


@dataclass(frozen=True, slots=True)
class _SameForAll:
    """What an alert's cards are made of, whoever reads them: found once, however many cards there are."""

    missed: Sequence[CountryCode]
    matches: Sequence[Match]
    ending: HistoryLine | None
    requests: Sequence[AlertRequest]
    files: int
    sightings: Sequence[Sighting]
    target: Alert | None
    """The alert that this one was merged into."""


async def _same_for_all(alert: Alert, entitled: Sequence[Listener], context: Context) -> _SameForAll:
    alerts = Alerts(context.tx)
    return _SameForAll(
        missed=unreached(alert, entitled),
        matches=await known_matches(alert, context.tx),
        ending=await alerts.ending(alert),
        requests=await AlertRequests(context.tx).of(alert, is_open=True),
        files=await AlertAttachments(context.tx).count(alert),
        sightings=await sightings_of(alert, context.tx),
        target=await alerts.get(alert.merged_into) if alert.merged_into is not None else None,
    )


async def _card_for(alert: Alert, one: Listener, same: _SameForAll, context: Context) -> Doc:
    zone = zone_of(one.bindings)
    if one.person is not None and (person := await Members(context.tx).get(one.person)) is not None:
        zone = ZoneInfo(person.zone)
    shown = [match for match in same.matches if await listener_may_see(match.other, one, context)]
    is_told = same.target is not None and await listener_may_see(same.target, one, context)
    into = same.target.number if same.target is not None and is_told else None
    reader = Reader(zone, context.prefix, merged_into=into, matches=shown, files=same.files)
    for_anybody = alert.tlp is Tlp.CLEAR and await _outsiders_read(one, context)
    if for_anybody:
        # Anybody may know of the alert, and yet not who wrote it, nor of others that are not for anybody.
        reader = replace(reader, matches=[match for match in shown if match.other.tlp is Tlp.CLEAR])
    elif may_show_author(alert, one.bindings, one.person):
        reader = replace(reader, author_name=await name_of_author(alert, context))
    seen = await words_beside(same.sightings, alert, one, zone, context, for_anybody=for_anybody)
    words = card(
        alert, reader, now=context.now, unreached=same.missed, ending=same.ending, requests=same.requests,
        sightings=seen,
    )  # fmt: skip
    return words.openly() if for_anybody else words


async def number_of_target(alert: Alert, one: Listener, context: Context) -> str | None:
    """Return the number of the alert that this one was merged into, where this listener may see it."""
    target = await Alerts(context.tx).get(alert.merged_into) if alert.merged_into is not None else None
    if target is None or not await listener_may_see(target, one, context):
        return None
    return target.number


async def listener_may_see(alert: Marked, one: Listener, context: Context) -> bool:
    """Decide whether an alert other than the one it was told of may be named before a listener."""
    if one.room is not None:
        return room_may_see(alert, one.bindings)
    member = await Members(context.tx).get(one.person) if one.person is not None else None
    return member is not None and may_see(alert, member, RoomView(RoomId(""), direct=True))


async def _outsiders_read(one: Listener, context: Context) -> bool:
    if one.room is None:
        return False
    return bool(await Rooms(context.tx).strangers(one.room, await context.people.readers(one.room)))


async def name_of_author(alert: Alert, context: Context) -> str | None:
    members = Members(context.tx)
    author = await members.get(alert.author) or await members.removed(alert.author)
    return author.name if author is not None else None


async def _retract(alert: Alert, existing: AlertCard, context: Context) -> None:
    """Take back a card and the lines in its thread, and say in its place that it was."""
    existing.retracted_at = context.now
    card_ = await Outbox(context.tx).get(existing.row_id)
    assert card_ is not None
    await context.tx.flush()
    for row in await Outbox(context.tx).with_thread(str(subject_of(alert)), existing.row_id):
        await empty_message(alert, row, context)
    room = card_.sent_room or card_.room_id
    words = marked(alert, retracted(alert)).openly()
    if card_.state is RowState.SENT:
        # Part of no thread and of no alert: a command in reply to it means none.
        person = card_.user_id if card_.room_id is None else None
        await context.post(
            Post(doc=words, room=None if person else room, person=person, priority=Priority.ALERT, harmless=True)
        )


async def empty_message(alert: Alert, row: OutboxRow, context: Context) -> None:
    """Take a message away with all its edits: not sent if it waits, redacted if it was."""
    await context.post(
        Post(
            kind=RowKind.REDACT,
            doc=marked(alert, retracted(alert)),
            replaces=row.id,
            harmless=True,
            priority=Priority.ALERT,
        )
    )


async def empty_messages(alert: Alert, rows: Sequence[OutboxRow], context: Context) -> None:
    """Take messages away: none of them is sent any more from now on, and what was sent of them is redacted.

    Where they are many, most of the redactions are written by a clock, a batch at a time.
    """
    for row in rows[:_AT_ONCE]:
        await empty_message(alert, row, context)
    if len(rows) > _AT_ONCE:
        await Outbox(context.tx).empty_all([row.id for row in rows[_AT_ONCE:]], context.now)
        await context.timers().schedule(REDACT, f"alert:{alert.id}:redact", context.now, {})


@capability.timer(REDACT)
async def redact_next(timer: Timer, context: Context) -> None:
    """Write the redactions of the next messages that were emptied."""
    alert = await Alerts(context.tx).get(int(timer.subject.split(":")[1]))
    if alert is None:
        return
    rows = await Outbox(context.tx).emptied(str(subject_of(alert)), limit=_REDACTIONS)
    for row in rows:
        await empty_message(alert, row, context)
    if len(rows) == _REDACTIONS:
        await context.timers().schedule(REDACT, timer.subject, context.now, {})


async def retract_elsewhere(alert: Alert, context: Context, *, drafts: bool = True) -> None:
    """Take back every message about an alert, or that names it among others, where it may no longer be seen.

    Cards are taken back by `tell_everyone`, with the lines in their threads; drafts also by `refresh_draft`.
    """
    await context.tx.flush()
    stays: dict[tuple[RoomId | None, UserId | None], bool] = {}
    gone = []
    for row in await Outbox(context.tx).naming(str(subject_of(alert))):
        is_own = row.subject == str(subject_of(alert))
        if is_own and (row.part == CARD or (row.part == DRAFT and not drafts)):
            continue
        place = (row.room_id, row.user_id)
        if place not in stays:
            stays[place] = await may_stay(alert, row, context)
        if not stays[place]:
            gone.append(row)
    await empty_messages(alert, gone, context)


async def retract_part(alert: Alert, part: str, context: Context) -> None:
    """Take back every message that has this part in an alert."""
    await empty_messages(alert, await Outbox(context.tx).about(str(subject_of(alert)), part), context)


async def retract_all(alert: Alert, context: Context) -> None:
    """Take back everything that was ever said of an alert, wherever it stands; a card comes anew when it goes on."""
    for existing in await Alerts(context.tx).cards(alert):
        existing.retracted_at = context.now
    await context.tx.flush()
    await empty_messages(alert, await Outbox(context.tx).naming(str(subject_of(alert))), context)


async def may_stay(alert: Alert | Outline, row: OutboxRow, context: Context) -> bool:
    """Whether an alert may still be shown where a message stands: by the room's bindings, or before the one person."""
    if row.room_id is not None:
        bindings = await Rooms(context.tx).of_room(row.room_id)
        if bindings or row.user_id is None:
            return room_may_see(alert, bindings)
    member = await Members(context.tx).get(row.user_id) if row.user_id is not None else None
    return member is not None and may_see(alert, member, RoomView(row.room_id or RoomId(""), direct=True))


async def answer(alert: Alert, words: Doc, context: Context) -> None:
    """Answer with something about an alert, so that the answer can be emptied should its room lose the right to it."""
    await answer_about(alert, marked(alert, words), context)


async def zone_of_author(alert: Alert, context: Context) -> ZoneInfo:
    author = await Members(context.tx).get(alert.author)
    return ZoneInfo(author.zone if author is not None else "UTC")


async def names_of(found: Sequence[Listener], context: Context) -> dict[str, str]:
    """Return the names of rooms and persons, by their Matrix id."""
    names: dict[str, str] = {}
    for one in found:
        if one.room is not None:
            name = await context.people.name_of(one.room)
            names[one.room] = name or ", ".join(binding.value or binding.kind.value for binding in one.bindings)
        elif one.person is not None:
            member = await Members(context.tx).get(one.person)
            names[one.person] = member.name if member is not None else one.person
    return names


async def tell_of_unreached(alert: Alert, missed: Sequence[CountryCode], context: Context) -> None:
    """Let the coordinators know of countries concerned that cannot be told, where they may hear of the alert."""
    if not missed or not coordinators_may_see(alert):
        return
    for country in missed:
        bind = Code(f"{context.prefix}room create country={country}")
        words = doc(Strong(unreached_words(alert, country)), _("Give it a room: {bind}", bind=bind))
        await tell_coordinators(alert, words, context, priority=Priority.ALERT)


async def tell_coordinators(alert: Alert, words: Doc, context: Context, *, priority: Priority) -> None:
    """Say something to the coordinators: in the threads of their cards, or to each directly where there is none.

    The caller has made sure that they may hear of the alert.
    """
    rooms = await Rooms(context.tx).bound_to(BindingKind.COORDINATION)
    if await say_in_threads(alert, rooms, words, context, priority=priority):
        return
    for coordinator in await Members(context.tx).coordinators():
        await tell_person(alert, coordinator.user_id, words, context, priority=priority)


async def say_in_threads(
    alert: Alert, rooms: Iterable[RoomId], words: Doc, context: Context, *, priority: Priority
) -> bool:
    """Say something in the threads of the cards in these rooms; False when none of them has one."""
    wanted = set(rooms)
    cards = [one for one in await Alerts(context.tx).cards(alert) if one.room_id in wanted]
    for one in cards:
        await _post(alert, Listener(room=one.room_id), words, LINE, context, priority=priority, thread_row=one.row_id)
    return bool(cards)


async def tell_person(alert: Alert, person: UserId, words: Doc, context: Context, *, priority: Priority) -> None:
    """Say something to one person in their direct chat. The caller has made sure that they may hear of the alert."""
    await _post(alert, Listener(person=person), words, LINE, context, priority=priority)


async def unless_heard(alert: Alert, context: Context, *words: Words) -> Doc | None:
    """Answer, except in the thread of a card: the line that everybody gets is the answer there."""
    cards = await Alerts(context.tx).cards(alert)
    rows = await Outbox(context.tx).several([card.row_id for card in cards])
    threads = {row.event_id for row in rows.values() if row.event_id is not None}
    return None if context.thread_root in threads else marked(alert, doc(*words))
