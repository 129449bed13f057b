"""Telling those who may hear: the card in each room, the line in its thread, the draft before its author."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from commands.alerts.audience import Listener, listeners
from commands.alerts.circulating.retracting import retract_card
from commands.alerts.circulating.told import note_told_before
from commands.alerts.declaration import CARD, LINE, capability, subject_of
from commands.alerts.showing.composing import SameForAll, card_for, listener_may_see, same_for_all
from commands.alerts.showing.words import marked
from commands.base import Context, Post, Priority
from commands.document import Doc, Words, doc
from commands.visibility import answer_about
from storage.alerts import Alert, AlertCard, Alerts, Tlp, Urgency
from storage.ids import RoomId, UserId
from storage.members import Members
from storage.outbox import Outbox
from storage.rooms import BindingKind, Rooms
from storage.timers import Timer

DELIVERY = "alert"
CARDS = "alert.cards"
_AT_ONCE, _BATCH = 4, 4
"""Cards that are brought up to date or shown in the transaction of what happened, of more than that none: each of them
has its line, which comes first; and in each transaction after it."""

LineFor = Callable[[Listener], Doc | None]


async def tell_everyone(
    alert: Alert,
    line: LineFor,
    context: Context,
    *,
    priority: Priority = Priority.ANSWER,
    openly: bool = True,
) -> None:
    """Bring every card up to date and post a line into its thread.

    Rooms and persons who may hear of it and have no card yet get one; a card whose room may no longer show it is
    emptied, and so are the lines in its thread. What is not said `openly` waits where outsiders read, also under CLEAR.
    Where they are many, the line goes to all of them now, and the cards follow by a clock.
    """
    alerts = Alerts(context.tx)
    entitled = await listeners(context.tx, alert)
    wanted = {(one.room, one.person): one for one in entitled}
    cards = await alerts.cards(alert)
    readers: list[tuple[int, Listener]] = []
    for existing in cards:
        one = wanted.pop((existing.room_id, existing.user_id), None) or await _still_reads(alert, existing, context)
        if one is None:
            await retract_card(alert, existing, context)
        else:
            readers.append((existing.row_id, one))
    same = await same_for_all(alert, entitled, context) if len(readers) <= _AT_ONCE else None
    posts: list[Post] = []
    for row, one in readers:
        if same is not None:
            posts.append(await _card_anew(alert, one, row, same, context, priority=priority))
        said = line(one)
        if said is not None:
            posts.append(saying(alert, one, said, LINE, priority=priority, thread_row=row, openly=openly))
    await context.post_all(posts)
    until = readers[-1][0] if readers else 0
    if same is None:
        await _go_on(alert, 0, until, priority, context.now, context)
        return
    room_for = _AT_ONCE - len(readers)
    new = _nearest_first(alert, wanted.values(), room_for) if alert.is_open else []
    await _show_cards(alert, new[:room_for], same, context)
    if len(new) > room_for:
        await _go_on(alert, until, until, priority, context.now, context)


async def _go_on(alert: Alert, after: int, until: int, priority: Priority, due: datetime, context: Context) -> None:
    """Let the other cards follow: those written after one row of the outbox and until another, then the new ones."""
    payload = {"after": after, "until": until, "priority": int(priority)}
    await context.timers().schedule(CARDS, f"alert:{alert.id}:cards", due, payload)


@capability.timer(CARDS)
async def bring_up_cards(timer: Timer, context: Context) -> None:
    """Bring the next cards up to date, as the alert stands now, and show it to those who have no card yet."""
    alert = await Alerts(context.tx).get(int(timer.subject.split(":")[1]))
    if alert is None:
        return
    after, until = int(timer.payload["after"]), int(timer.payload["until"])
    priority = Priority(int(timer.payload["priority"]))
    # What is urgent goes on before all that came later; everything else lets that pass.
    due = timer.due_at if alert.urgency is not Urgency.ROUTINE else context.now
    entitled = await listeners(context.tx, alert)
    same = await same_for_all(alert, entitled, context)
    cards = await Alerts(context.tx).cards(alert)
    there = {(one.room, one.person): one for one in entitled}
    old = [existing for existing in cards if after < existing.row_id <= until]
    posts: list[Post] = []
    for existing in old[:_BATCH]:
        one = there.get((existing.room_id, existing.user_id)) or await _still_reads(alert, existing, context)
        if one is None:
            await retract_card(alert, existing, context)
        else:
            posts.append(await _card_anew(alert, one, existing.row_id, same, context, priority=priority))
    await context.post_all(posts)
    if len(old) > _BATCH:
        await _go_on(alert, old[_BATCH - 1].row_id, until, priority, due, context)
        return
    have = {(existing.room_id, existing.user_id) for existing in cards}
    room_for = _BATCH - len(old)
    missing = [one for key, one in there.items() if key not in have] if alert.is_open else []
    new = _nearest_first(alert, missing, room_for)
    await _show_cards(alert, new[:room_for], same, context)
    if len(new) > room_for:
        await _go_on(alert, until, until, priority, due, context)


def _nearest_first(alert: Alert, found: Iterable[Listener], room_for: int) -> Sequence[Listener]:
    """Put the coordinators and the countries concerned first, where not all can be told at once."""
    some = list(found)
    if len(some) <= room_for:
        return some
    return sorted(
        some, key=lambda one: (not one.is_bound_to(BindingKind.COORDINATION), one.countries.isdisjoint(alert.countries))
    )


async def _card_anew(
    alert: Alert, one: Listener, row: int, same: SameForAll, context: Context, *, priority: Priority
) -> Post:
    words = await card_for(alert, one, same, context)
    return saying(alert, one, words, CARD, priority=priority, replaces=row)


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
    posts: list[Post] = []
    for existing in await Alerts(context.tx).cards(alert):
        if len(posts) == at_most:
            break
        one = await _still_reads(alert, existing, context)
        words = await line(one) if one is not None and (but is None or one.person != but) else None
        if one is None or words is None:
            continue
        posts.append(saying(alert, one, words, LINE, priority=priority, thread_row=existing.row_id, openly=False))
    await context.post_all(posts)
    return len(posts)


@dataclass(frozen=True, slots=True)
class Renewed:
    """How many cards were brought up to date, and after which one to go on; None when that were all."""

    count: int
    goes_on_after: int | None


async def renew_cards(
    alert: Alert,
    where: Callable[[Listener], Awaitable[bool]],
    context: Context,
    *,
    priority: Priority,
    at_most: int,
    after: int = 0,
) -> Renewed:
    """Bring cards up to date of those to whom `where` says yes, without a line: those after a row of the outbox."""
    entitled = await listeners(context.tx, alert)
    there = {(one.room, one.person): one for one in entitled}
    found: list[tuple[int, Listener]] = []
    goes_on = False
    for existing in await Alerts(context.tx).cards(alert):
        one = there.get((existing.room_id, existing.user_id)) or await _still_reads(alert, existing, context)
        if existing.row_id <= after or one is None or not await where(one):
            continue
        if len(found) == at_most:
            goes_on = True
            break
        found.append((existing.row_id, one))
    if not found:
        return Renewed(0, None)
    same = await same_for_all(alert, entitled, context)
    await context.post_all([await _card_anew(alert, one, row, same, context, priority=priority) for row, one in found])
    return Renewed(len(found), found[-1][0] if goes_on else None)


async def _show_cards(alert: Alert, found: Sequence[Listener], same: SameForAll, context: Context) -> None:
    posts = [
        saying(alert, one, await card_for(alert, one, same, context), CARD, priority=Priority.ALERT, report=DELIVERY)
        for one in found
    ]
    for one, row in zip(found, await context.post_all(posts), strict=True):
        await Alerts(context.tx).add_card(alert, row.id, room=one.room, person=one.person, at=context.now)
        if one.room is None or await context.people.in_room(one.room):
            alert.note_told(one.countries, context.now)
        else:
            await Rooms(context.tx).owe_greeting(one.room)  # nobody reads it: it is shown again to who comes first


async def bring(alert: Alert, room: RoomId, context: Context, *, anew: bool) -> None:
    """Show a room an alert that it may hear of and has no card of; with `anew` also one that it has."""
    entitled = await listeners(context.tx, alert)
    shown = [card for card in await Alerts(context.tx).cards(alert) if card.room_id == room]
    for one in entitled:
        if one.room != room:
            continue
        if anew or not shown:
            for card_ in shown:
                await retract_card(alert, card_, context)
            await _show_cards(alert, [one], await same_for_all(alert, entitled, context), context)
        else:
            await note_told_before(alert, context)


async def show_card_again(alert: Alert, room: RoomId, context: Context) -> None:
    """Bring the card of a room up to date: one that stands in the room before it is said anew."""
    entitled = await listeners(context.tx, alert)
    there = {one.room: one for one in entitled}
    for shown in await Alerts(context.tx).cards(alert):
        if shown.room_id == room and room in there:
            same = await same_for_all(alert, entitled, context)
            priority = Priority.ALERT
            await context.post(await _card_anew(alert, there[room], shown.row_id, same, context, priority=priority))


def saying(
    alert: Alert,
    one: Listener,
    words: Doc,
    part: str,
    *,
    priority: Priority,
    replaces: int | None = None,
    thread_row: int | None = None,
    report: str | None = None,
    openly: bool = True,
) -> Post:
    """Return what says something of an alert to a room or a person."""
    shown = marked(alert, words)
    return Post(
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


async def answer(alert: Alert, words: Doc, context: Context) -> None:
    """Answer with something about an alert, so that the answer can be emptied should its room lose the right to it."""
    await answer_about(alert, marked(alert, words), context)


async def zone_of_author(alert: Alert, context: Context) -> ZoneInfo:
    """Return the zone in which the author reads times; UTC when they have left the network."""
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


async def unless_heard(alert: Alert, context: Context, *words: Words) -> Doc | None:
    """Answer, except in the thread of a card: the line that everybody gets is the answer there."""
    thread = await Outbox(context.tx).by_event(context.thread_root) if context.thread_root is not None else None
    is_heard = thread is not None and any(card.row_id == thread.id for card in await Alerts(context.tx).cards(alert))
    return None if is_heard else marked(alert, doc(*words))
