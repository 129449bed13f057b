"""The draft before its author and before the second pair of eyes, kept up to date wherever it was shown."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from commands.alerts.audience import Plan, may_see, plan
from commands.alerts.circulating.circulation import names_of
from commands.alerts.circulating.duplicates import same_words
from commands.alerts.circulating.retracting import empty_messages, may_stay
from commands.alerts.declaration import DRAFT, capability, subject_of
from commands.alerts.matching import Match, find_outlined, remember
from commands.alerts.second_pair import second_pair
from commands.alerts.showing.cards import Reader, withdrawn_card
from commands.alerts.showing.draft_card import audience_words, draft_card, sent_draft
from commands.alerts.showing.words import marked
from commands.base import Context, Post, Priority, RoomView
from commands.document import Block, Doc, Message, Strong, _, doc
from storage.alerts import Alert, AlertAttachments, Alerts, AlertState, Outline, Urgency
from storage.ids import RoomId, UserId
from storage.members import Member, Members
from storage.outbox import Outbox, OutboxRow
from storage.rooms import Rooms
from storage.timers import Timer

SHOW, RENEW = "alert.show", "alert.drafts"
_AT_ONCE, _BATCH = 3, 6
"""Persons who are shown a draft, or a new state of it, in the transaction that made it so, and in each after it."""

DIRECT = RoomView(RoomId(""), direct=True)


async def post_draft(alert: Alert, context: Context) -> Doc | None:
    """Show the author the draft where the command came from, or in the direct chat where the room may not see it."""
    here = may_see(alert, context.member, context.room)
    words = await _draft_words(alert, alert.author, context.room if here else DIRECT, None, context)
    await context.post(
        Post(
            doc=words,
            room=context.room.id if here else None,
            person=None if here else context.member.user_id,
            thread_root=context.thread_root if here else None,
            reply_to=context.source if here and not context.thread_root else None,
            subject=subject_of(alert),
            part=DRAFT,
            origin=alert.author,
        )
    )
    if here:
        return None
    return marked(
        alert, doc(_("This room may not see the draft, so I put it into your direct chat with me. Go on there."))
    )


async def show_to_second_pair(
    alert: Alert, members: Sequence[Member], context: Context, common: "Common | None" = None
) -> None:
    """Show a submitted alert to those who may verify it, each in the direct chat: a few now, the others by a clock."""
    await _show_to_next(alert, members, common, context, most=_AT_ONCE, due=context.now)


@capability.timer(SHOW)
async def show_on(timer: Timer, context: Context) -> None:
    """Show it to the next ones, while it still waits for somebody to look at it."""
    alert = await _alert_of(timer, context)
    if alert is None or alert.state is not AlertState.SUBMITTED:
        return
    after = str(timer.payload["after"])
    left = [one for one in await second_pair(alert, context) if one.user_id > after]
    # What is urgent goes on before all that came later; everything else lets that pass.
    due = timer.due_at if alert.urgency is Urgency.URGENT else context.now
    await _show_to_next(alert, left, None, context, most=_BATCH, due=due)


async def _show_to_next(
    alert: Alert, members: Sequence[Member], common: "Common | None", context: Context, *, most: int, due: datetime
) -> None:
    common = common or await common_of(alert, context)
    members = sorted(members, key=lambda one: one.user_id)
    posts = [
        Post(
            doc=marked(alert, await draft_in_full(alert, member, DIRECT, context, common)),
            person=member.user_id,
            subject=subject_of(alert),
            part=DRAFT,
            origin=alert.author,
            priority=Priority.ALERT,
        )
        for member in members[:most]
    ]
    await context.post_all(posts)
    if len(members) > most:
        payload = {"after": members[most - 1].user_id}
        await context.timers().schedule(SHOW, f"alert:{alert.id}:show", due, payload)


async def refresh_draft(alert: Alert, context: Context) -> "Common | None":
    """Bring the draft cards up to date: still a draft, sent, or withdrawn. Its author's now, most others by a clock.

    Who may not see it any more loses it at once. Returns what a draft says to every reader, while it is one.
    """
    rows = await Outbox(context.tx).about(str(subject_of(alert)), DRAFT)
    stays = await _those_that_stay(alert, rows, context)
    own = [row for row in stays if _reader_of(row, alert) == alert.author]
    others = [row for row in stays if _reader_of(row, alert) != alert.author]
    common = await common_of(alert, context) if alert.is_draft else None
    await context.post_all([await _anew(alert, row, common, context) for row in [*own, *others[:_AT_ONCE]]])
    if len(others) > _AT_ONCE:
        payload = {"after": others[_AT_ONCE - 1].id}
        await context.timers().schedule(RENEW, f"alert:{alert.id}:drafts", context.now, payload)
    author = await Members(context.tx).get(alert.author)
    if not own and alert.is_draft and author is not None and may_see(alert, author, DIRECT):
        await context.post(
            Post(
                doc=await _draft_words(alert, alert.author, DIRECT, common, context),
                person=alert.author,
                subject=subject_of(alert),
                part=DRAFT,
                origin=alert.author,
            )
        )
    return common


@capability.timer(RENEW)
async def renew_on(timer: Timer, context: Context) -> None:
    """Bring the next cards of a draft up to date, as it stands now."""
    alert = await _alert_of(timer, context)
    if alert is None:
        return
    after = int(timer.payload["after"])
    rows = await Outbox(context.tx).about(str(subject_of(alert)), DRAFT, after=after, limit=_BATCH)
    stays = await _those_that_stay(alert, rows, context)
    common = await common_of(alert, context) if alert.is_draft else None
    others = [row for row in stays if _reader_of(row, alert) != alert.author]
    await context.post_all([await _anew(alert, row, common, context) for row in others])
    if len(rows) == _BATCH:
        await context.timers().schedule(RENEW, timer.subject, context.now, {"after": rows[-1].id})


async def take_from_second_pair(alert: Alert, context: Context) -> None:
    """Take a draft away from those who were to look at it and need not any more; its author keeps it."""
    await _those_that_stay(alert, await Outbox(context.tx).about(str(subject_of(alert)), DRAFT), context)


async def _those_that_stay(alert: Alert, rows: Sequence[OutboxRow], context: Context) -> Sequence[OutboxRow]:
    """Return the messages that may still show the alert where they stand; the others are taken away."""
    stays: list[OutboxRow] = []
    gone: list[OutboxRow] = []
    for row in rows:
        (stays if await may_stay(alert, row, context) else gone).append(row)
    await empty_messages(alert, gone, context)
    return stays


async def _alert_of(timer: Timer, context: Context) -> Alert | None:
    return await Alerts(context.tx).get(int(timer.subject.split(":")[1]))


def _reader_of(row: OutboxRow, alert: Alert) -> UserId:
    return row.user_id or row.origin_user or alert.author


async def _anew(alert: Alert, row: OutboxRow, common: "Common | None", context: Context) -> Post:
    """Return what brings a message that shows a draft up to date."""
    room = await _room_of(row, context)
    return Post(
        doc=await _draft_words(alert, _reader_of(row, alert), room, common, context),
        room=row.room_id,
        person=row.user_id if row.room_id is None else None,
        subject=subject_of(alert),
        part=DRAFT,
        replaces=row.id,
        origin=alert.author,
    )


async def _room_of(row: OutboxRow, context: Context) -> RoomView:
    bindings = await Rooms(context.tx).of_room(row.room_id) if row.room_id is not None else ()
    # Where nothing is bound only direct chats were ever answered in.
    return RoomView(row.room_id, direct=False, bindings=bindings) if row.room_id and bindings else DIRECT


async def _draft_words(alert: Alert, person: UserId, room: RoomView, common: "Common | None", context: Context) -> Doc:
    member = await Members(context.tx).get(person)
    reader = Reader(ZoneInfo(member.zone if member is not None else "UTC"), context.prefix)
    if alert.is_draft:
        words = await draft_in_full(alert, member, room, context, common)
    elif alert.was_circulated:
        words = sent_draft(alert, reader)
    else:
        words = withdrawn_card(alert, reader, await Alerts(context.tx).ending(alert))
    return marked(alert, words)


@dataclass(frozen=True, slots=True)
class Common:
    """What a draft says to every reader: who would be told, how many files it has, what names the same."""

    coming: Plan
    files: int
    matches: Sequence[Match[Outline]]
    """Other alerts that name the same, whoever may see them."""
    audience: Sequence[Block | Message | Strong]
    """Who would be told, in words: of a large network the longest part of a draft, made once."""
    shown: dict[tuple[int, ...], Doc] = field(default_factory=dict)
    """The draft in words as others than the author see it, by the matches that they may see."""


async def common_of(alert: Alert, context: Context) -> Common:
    """Find out what is the same for every reader of a draft."""
    coming = await plan(alert, context)
    names = await names_of(coming.listeners, context)
    files = await AlertAttachments(context.tx).count(alert)
    told = audience_words(alert, coming, names, context.prefix)
    return Common(coming, files, await find_outlined(alert, context.tx), told)


async def draft_in_full(
    alert: Alert, reader: Member | None, room: RoomView, context: Context, common: Common | None = None
) -> Doc:
    """Show what would be sent and to whom, and which alerts name the same that this reader may see in this room."""
    common = common or await common_of(alert, context)
    for_author = reader is None or reader.user_id == alert.author
    found = [match for match in common.matches if reader is not None and may_see(match.other, reader, room)]
    key = tuple(match.other.id for match in found)
    if key in common.shown and not for_author:
        return common.shown[key]
    await remember(alert, found, context)
    same = await same_words(alert, reader, found, context) if reader is not None else ()
    words = draft_card(alert, common.audience, context.prefix, for_author=for_author, same=same, files=common.files)
    words = words.naming(subject_of(match.other) for match in found)
    if not for_author:
        common.shown[key] = words
    return words
